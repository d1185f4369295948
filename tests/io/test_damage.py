"""Damaged and hostile files: they run no code, and raise nothing but the named error.

``SCRATCHMLP_DAMAGED_FILES=20000`` tests so many files instead of a few hundred.
"""

import os
import time
import tracemalloc
import warnings
from collections import Counter
from contextlib import nullcontext, suppress

import numpy as np
import pytest
from damage import ACCIDENTS, ATTACKS, LIES, members_of, signed
from model_files import FITS, Models, predictions, same

from scratchmlp.io import ModelFileError, load, save

pytest.importorskip("skops")

MODELS = Models()
N_FILES = int(os.environ.get("SCRATCHMLP_DAMAGED_FILES", 260))
KINDS = (*ACCIDENTS, *ATTACKS, *LIES)
#: Files of each kind.
N_EACH = -(-N_FILES // len(KINDS))
NAMES = list(FITS)
#: Models whose other parts are scikit-learn's, which raise errors of their own.
OF_SKLEARN = ("pipeline", "search")


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
def test_attacks_run_no_code_and_take_neither_memory_nor_time(attack, contents, tmp_path):
    target = tmp_path / "made by an attack"
    for name, rng in cases(attack):
        data = attack(contents[name], rng, target)
        (tmp_path / "model").write_bytes(data)
        started = time.monotonic()
        tracemalloc.start()
        try:
            model = loaded(data, tmp_path / "model")
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert model is None, name
        assert not target.exists()
        assert peak < 100 * len(data) + 2**24
        assert time.monotonic() - started < 20


@pytest.mark.parametrize("lie", LIES)
def test_files_that_lie_are_refused_or_predict(lie, contents, tmp_path):
    counts = Counter()
    for name, rng in cases(lie):
        model = loaded(lie(contents[name], rng), tmp_path / "model")
        counts[model is None] += 1
        if model is not None:
            with nullcontext() if name not in OF_SKLEARN else suppress(Exception):
                predictions(model)
    assert counts[True]


@pytest.mark.parametrize("name", NAMES)
def test_a_signed_file_is_one_that_loads(name, contents, tmp_path):
    """So the attacks and lies fail for what they change."""
    model = loaded(signed(members_of(contents[name])), tmp_path / "model")
    assert same(model, MODELS[name])
