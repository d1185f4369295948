"""Damaged files raise the named error, and crafted ones run no code and crash nothing.

``SCRATCHMLP_DAMAGED_FILES=20000`` tests so many files instead of a few hundred.
"""

import os
import warnings
from contextlib import suppress

import numpy as np
import pytest
from damage import ACCIDENTS, ATTACKS, LIES, disguise, members_of, signed
from model_files import FITS, Models, predictions, same

from scratchmlp.io import ModelFileError, load, save

pytest.importorskip("skops")

MODELS = Models()
N_FILES = int(os.environ.get("SCRATCHMLP_DAMAGED_FILES", 260))
KINDS = (*ACCIDENTS, *ATTACKS, *LIES)
#: Files of each kind.
N_EACH = -(-N_FILES // len(KINDS))
NAMES = list(FITS)


@pytest.fixture(scope="module")
def contents(tmp_path_factory):
    """Return the files of the models."""
    folder, found = tmp_path_factory.mktemp("models"), {}
    for name in NAMES:
        save(MODELS[name], folder / "model")
        found[name] = (folder / "model").read_bytes()
    return found


def cases(damage):
    """Yield the name of a model and a random generator for each file."""
    for number in range(N_EACH):
        yield NAMES[number % len(NAMES)], np.random.default_rng([KINDS.index(damage), number])


def loaded(data, path):
    """Return the model of a file, or None after the named error."""
    path.write_bytes(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return load(path)
    except ModelFileError:
        return None


@pytest.mark.parametrize("damage", ACCIDENTS)
def test_damage_is_found_or_changes_nothing(damage, contents, tmp_path):
    n_loaded = 0
    for name, rng in cases(damage):
        model = loaded(damage(contents[name], rng), tmp_path / "model")
        n_loaded += model is not None
        assert model is None or same(model, MODELS[name])
    assert n_loaded <= max(N_EACH / 4, 5) or damage.__name__ in (
        "append",
        "flip_bits_of_the_directory",
    )


@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks_run_no_code(attack, contents, tmp_path):
    target = tmp_path / "made by an attack"
    for name, rng in cases(attack):
        model = loaded(attack(contents[name], rng, target), tmp_path / "model")
        assert not target.exists()
        # zipfile finds a model behind a pickle.
        assert model is None or (attack is disguise and same(model, MODELS[name]))


@pytest.mark.parametrize("lie", LIES)
def test_files_that_lie_crash_nothing(lie, contents, tmp_path):
    """What loads may predict other numbers or raise any error."""
    for name, rng in cases(lie):
        with suppress(MemoryError):
            model = loaded(lie(contents[name], rng), tmp_path / "model")
            with suppress(Exception):
                predictions(model)


@pytest.mark.parametrize("name", NAMES)
def test_a_signed_file_is_one_that_loads(name, contents, tmp_path):
    """So the attacks and lies fail for what they change."""
    model = loaded(signed(members_of(contents[name])), tmp_path / "model")
    assert same(model, MODELS[name])
