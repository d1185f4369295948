"""Write the files of this version, which all later versions must load.

Run it once for a release: ``python tests/io/write_versions.py 0.1``. It does not write over files.
Names of models that follow limit it to these.
"""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from model_files import FITS, VARIED_FITS, fitted, inputs, predictions

from scratchmlp.io import save

FOLDER = Path(__file__).parent / "files"


def main(version, *names):
    folder, expected = FOLDER / version, {}
    folder.mkdir(parents=True)
    for name in names or FITS | VARIED_FITS:
        model = fitted(name)
        save(model, folder / f"{name.replace(' ', '_')}.skops")
        found = predictions(model, inputs(model)[:9])
        found.pop("member_predictions", None)
        expected |= {f"{name}/{method}": values for method, values in found.items()}
    np.savez_compressed(folder / "expected.npz", **expected)


if __name__ == "__main__":
    main(*sys.argv[1:])
