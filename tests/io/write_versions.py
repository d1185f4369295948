"""Write the files of this version, which all later versions must load.

Run it once for a release: ``python tests/io/write_versions.py 0.1.0``. It does not write over
files.
"""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from scratchmlp.io import save
from tests.helpers.model_files import FITS, VARIED_FITS, fitted, inputs, predictions

FOLDER = Path(__file__).parent / "files"


def main(version):
    folder, expected = FOLDER / version, {}
    folder.mkdir(parents=True)
    for name in FITS | VARIED_FITS:
        model, stem = fitted(name), name.replace(" ", "_")
        save(model, folder / f"{stem}.skops")
        found = predictions(model, inputs(model)[:9])
        found.pop("member_predictions", None)
        expected |= {f"{stem}/{method}": values for method, values in found.items()}
    np.savez_compressed(folder / "expected.npz", **expected)


if __name__ == "__main__":
    main(sys.argv[1])
