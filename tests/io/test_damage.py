"""Damaged files raise the named error, and crafted ones run no code and crash nothing."""

import warnings
from contextlib import suppress
from secrets import randbelow

import numpy as np
import pytest

from scratchmlp.io import ModelFileError, load
from tests.helpers.damage import ACCIDENTS, ATTACKS, LIES, disguise, flip_bits, members_of, signed
from tests.helpers.model_files import FITS, file_of, predictions, same

pytest.importorskip("skops")

KINDS = (*ACCIDENTS, *ATTACKS, *LIES)
#: Files of each kind in a round.
N_FILES = 3


def cases(damage, rounds):
    """Yield the name of a model, and a random generator that damages its file."""
    seed, first = 0 if rounds == 1 else randbelow(2**32), KINDS.index(damage)
    for number in range(first, first + N_FILES * rounds):
        name = list(FITS)[number % len(FITS)]
        print(f"{name}, damaged with default_rng([{seed}, {number}])")
        yield name, np.random.default_rng([seed, number])


def loaded(data, path):
    """Return the model of a file, or None after the named error."""
    path.write_bytes(data)
    try:
        with warnings.catch_warnings(action="ignore"):
            return load(path)
    except ModelFileError:
        return None


@pytest.mark.random
@pytest.mark.parametrize("damage", ACCIDENTS)
def test_damage_is_found_or_changes_nothing(damage, rounds, tmp_path):
    n_loaded = 0
    for name, rng in cases(damage, rounds):
        model = loaded(damage(file_of(name), rng), tmp_path / "model")
        n_loaded += model is not None
        assert model is None or same(model, name)
    # Half of the flipped bits are in the last part of the file, where many tell nothing.
    share = 1 / 2 if damage is flip_bits else 1 / 4
    assert n_loaded <= max(1, share * N_FILES * rounds)


@pytest.mark.random
@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks_run_no_code(attack, rounds, tmp_path):
    target = tmp_path / "made by an attack"
    for name, rng in cases(attack, rounds):
        model = loaded(attack(file_of(name), rng, target), tmp_path / "model")
        assert not target.exists()
        # zipfile finds a model behind a pickle.
        assert model is None or (attack is disguise and same(model, name))


@pytest.mark.random
@pytest.mark.parametrize("lie", LIES)
def test_files_that_lie_crash_nothing(lie, rounds, tmp_path):
    """What loads may predict other numbers or raise any error."""
    for name, rng in cases(lie, rounds):
        with suppress(MemoryError):
            model = loaded(lie(file_of(name), rng), tmp_path / "model")
            with suppress(Exception):
                predictions(model)


def test_a_signed_file_is_one_that_loads(tmp_path):
    """So attacks and lies fail for what they change."""
    for name in ("search", "tabular classifier"):
        model = loaded(signed(members_of(file_of(name))), tmp_path / "model")
        assert same(model, name)
