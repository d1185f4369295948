"""Files of earlier versions load, and files of newer formats are refused with a sentence."""

import json
import platform
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
import sklearn

from scratchmlp import __version__
from scratchmlp.io import ModelFileError, load, save
from scratchmlp.io.container import FORMAT, MANIFEST, read_notes
from scratchmlp.io.files import model_bytes
from tests.helpers.damage import with_manifest, zipped
from tests.helpers.model_files import CLASSES, X, fitted, inputs, predictions

pytest.importorskip("skops")

#: Those that `write_versions.py` has written for each release.
FILES = sorted((Path(__file__).parent / "files").glob("*/*.skops"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_file_of_an_earlier_version_predicts_what_it_did(path):
    with warnings.catch_warnings(
        action="ignore"
    ):  # another version of scikit-learn may have saved it
        model = load(path)
    found = predictions(model, inputs(model)[:9])
    with np.load(path.parent / "expected.npz") as expected:
        keys = [key for key in expected.files if key.startswith(f"{path.stem}/")]
        assert keys
        for key in keys:
            values, wanted = found[key.partition("/")[2]], expected[key]
            if wanted.dtype.kind == "f":  # another processor may round differently
                np.testing.assert_allclose(values, wanted, rtol=1e-4, atol=1e-5, err_msg=key)
            else:
                np.testing.assert_array_equal(values, wanted, err_msg=key)


def change_manifest(path, **entries):
    path.write_bytes(with_manifest(path.read_bytes(), **entries))


@pytest.fixture
def path(tmp_path):
    save(fitted("regressor"), tmp_path / "model.skops")
    return tmp_path / "model.skops"


def test_a_newer_format_is_refused(path):
    major, _ = FORMAT
    change_manifest(path, format=[major + 1, 0], version="3.7", more=[])
    message = r"format 2\.0 of scratchmlp 3\.7, .*Update scratchmlp"
    with pytest.raises(ModelFileError, match=message):
        load(path)


def test_a_newer_minor_version_loads(path):
    change_manifest(path, format=[FORMAT[0], FORMAT[1] + 1], version="0.9", more=[])
    load(path)


def test_a_file_says_when_and_with_which_versions_it_was_written(path):
    with ZipFile(path) as file:
        manifest = json.loads(file.read(MANIFEST))
    wrote = {"version": __version__, "scikit-learn": sklearn.__version__, "numpy": np.__version__}
    assert manifest.items() >= (wrote | {"python": platform.python_version()}).items()
    assert datetime.now(UTC) - datetime.fromisoformat(manifest["date"]) < timedelta(hours=1)


def test_a_file_of_a_newer_scikit_learn_loads_with_a_warning(path):
    change_manifest(path, **{"scikit-learn": "99.1", "date": "2030-01-02T03:04:05+00:00"})
    message = r"on 2030-01-02 with scikit-learn 99\.1, and this one is older: .*Update scikit-learn"
    with pytest.warns(UserWarning, match=message) as caught:
        load(path)
    assert caught[0].filename == __file__
    change_manifest(path, **{"scikit-learn": "1.9.0"})
    load(path)  # without a warning


@pytest.mark.parametrize("wrong", [None, 1, [1], ["1", 0], [1, 0, 0]])
def test_a_file_without_a_format_is_refused(wrong, path):
    change_manifest(path, format=wrong)
    with pytest.raises(ModelFileError, match="The file is damaged"):
        load(path)


def test_notes_are_read_and_the_model_can_train_on(tmp_path):
    path, model = tmp_path / "model.skops", fitted("classifier")
    notes = {"target": "y", "id": None, "marks": {"a": ","}}
    path.write_bytes(model_bytes(model, notes=notes))
    assert read_notes(path) == notes
    load(path).partial_fit(X, CLASSES)


def test_a_file_of_skops_alone_is_refused_with_a_remedy(path):
    import skops.io

    skops.io.dump(load(path), path)
    with pytest.raises(ModelFileError, match=r"skops\.io\.load\(path, trusted=scratchmlp\.io\.TRU"):
        load(path)
    path.write_bytes(zipped({}))
    with pytest.raises(ModelFileError, match=r"no scratchmlp\.json\.\. Copy the file"):
        load(path)
