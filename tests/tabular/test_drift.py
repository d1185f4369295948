"""Drift: new rows that are unlike those of `fit` are told, and others are not."""

import functools
import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import fisher_exact

from scratchmlp.io import load, save
from scratchmlp.tabular import (
    TabularEncoder,
    TabularEnsembleRegressor,
    TabularMLPClassifier,
    TabularMLPRegressor,
)
from scratchmlp.tabular.inspection.drift import Counts, drift_table, psi

START = pd.Timestamp("2024-03-01")


@functools.cache
def table(n, seed=0):
    """Draw a table of columns of all kinds. It is shared: nothing may change it."""
    rng = np.random.default_rng(seed)
    days = pd.to_timedelta(rng.integers(0, 31, n), unit="D")
    return pd.DataFrame(
        {
            "price": rng.lognormal(4, 1, n),
            "rooms": rng.poisson(2, n),
            "rate": rng.choice(["fixed", "free", "none"], n, p=[0.5, 0.4, 0.1]),
            "city": [f"city {i}" for i in rng.zipf(1.6, n) % 2000],
            "person": [f"p{i}" for i in rng.integers(0, 300, n)],
            "zip": 10_000 + rng.integers(0, 150, n) * 7,
            "income": np.where(rng.random(n) < 0.2, np.nan, rng.normal(50, 20, n)),
            "member": rng.random(n) < 0.3,
            "day": START + days,
            "waited": days * rng.random(n),
            "note": [" ".join(row) for row in rng.choice(["red", "blue", "light"], (n, 8))],
        }
    )


def fitted(fit, **settings):
    """Fit an encoder without warnings."""
    with warnings.catch_warnings(action="ignore"):
        return TabularEncoder(**settings).fit(fit)


@functools.cache
def fitted_to_table(n):
    """Return the encoder of a shared table."""
    return fitted(table(n))


def compared(fit, new, **settings):
    """Return the drift of new rows."""
    return drift_table(fitted(fit, **settings), new)


def masked(column):
    return column.mask(np.arange(len(column)) % 2 == 0)


CHANGES = [
    ("price", lambda x: 10 * x, "above"),
    ("price", lambda x: 2.54 * x, "above"),
    ("price", lambda x: 1000 * x, "above"),
    ("price", lambda x: x.mask(np.arange(len(x)) % 9 == 0, -99), "below 1"),
    ("rooms", lambda x: 10 * x, "above"),
    ("rooms", lambda x: 2.54 * x, "above"),
    ("rate", lambda x: x.replace("fixed", " fixed "), "unseen, such as ' fixed '"),
    ("rate", lambda x: x.str.upper(), "all values are unseen, such as 'FIXED'"),
    ("rate", lambda x: x.replace("fixed", "free"), "no value is 'fixed', but 5"),
    ("city", lambda x: x.str.upper(), "all values are unseen, such as 'CITY 1'"),
    ("person", lambda x: "other " + x, "all values are unseen"),
    ("income", masked, "% are missing, but "),
    ("income", lambda x: 1000 * x, "above"),
    ("income", lambda x: x.fillna(0), "no value is missing, but "),
    ("member", lambda x: ~x, "% are 'True', but "),
    ("day", lambda x: x + pd.Timedelta(days=31), "above 2024-03-31, the highest in training"),
    ("day", lambda x: x - pd.Timedelta(days=366), "below 2024-03-01, the lowest in training"),
    ("waited", lambda x: 60 * x, "days, the highest in training"),
    ("rooms", lambda x: x.clip(upper=2), "no value is above 2, but 3"),
    ("note", masked, "50.0 % are missing, but 0.0 % were in training"),
]


@pytest.mark.parametrize("dtype", [int, float, str])
def test_codes_are_named_without_decimals(dtype):
    codes = pd.DataFrame({"code": np.tile([1000, 2000, 3000], 40)})
    drift = compared(
        codes, codes.replace(1000, 1055).astype(dtype), categorical_features=["from_dtype", "code"]
    )
    assert "unseen, such as '1055'" in drift.loc["code", "why"]


@pytest.mark.parametrize("n", [400, 5000])
@pytest.mark.parametrize(("column", "change", "why"), CHANGES)
def test_changes_are_told_from_200_rows_on(column, change, why, n):
    new = table(200, seed=1)
    drift = drift_table(fitted_to_table(n), new.assign(**{column: change(new[column])}))
    assert drift.index[drift["changed"]].tolist() == [column]
    assert why in drift.loc[column, "why"]


def test_random_halves_are_alike():
    """Persons and cities may occur once, and the shares of unseen ones are as expected."""
    told = n_columns = 0
    for seed in range(10):
        both = table(1000, seed)
        drift = compared(both[:500], both[500:])
        told, n_columns = told + drift["changed"].sum(), n_columns + len(drift)
        shares = drift.loc[["city", "person", "zip"], ["unseen_fit", "unseen_now"]]
        np.testing.assert_allclose(*shares.to_numpy().T, atol=0.15)
    assert told < n_columns / 100


def test_small_changes_of_large_tables_are_not_told():
    fit, new = table(50_000), table(50_000, seed=1)
    fit, new = fit.drop(columns="person"), new.drop(columns="person")
    new = new.assign(price=1.05 * new["price"], income=new["income"].mask(new["rooms"] > 3))
    new.loc[:40, "rate"] = "new"
    drift = compared(fit, new)
    assert not drift["changed"].any()
    assert drift.loc["income", "missing_now"] > 0.3
    assert drift.loc["price", "psi"] < 0.01


@pytest.mark.parametrize(("n_others", "is_told"), [(0, True), (9, False)])
def test_chance_has_more_occasions_in_wide_tables(n_others, is_told):
    """The probability of 9 missing values, 9e-5, is told of one column, and not of one of ten."""
    flags = pd.DataFrame({name: [True, False] * 200 for name in "abcdefghij"[: n_others + 1]})
    new = flags[:200].astype(object)
    new.loc[:8, "a"] = None
    assert compared(flags, new)["changed"].any() == is_told


@pytest.mark.parametrize(("share", "is_told"), [(0.65, False), (0.67, True)])
def test_an_index_of_a_tenth_is_a_change(share, is_told):
    """With shares of a half in training, 0.65 has an index of 0.092, and 0.67 one of 0.120."""
    fit, new = (
        pd.DataFrame({"rate": np.where(np.arange(4000) < 4000 * each, "free", "fixed")})
        for each in (0.5, share)
    )
    assert compared(fit, new)["changed"].tolist() == [is_told]


UNSEEN = [(40, 44, False), (40, 52, True), (0, 9, True)]


@pytest.mark.parametrize(("n_single", "n_unseen", "is_told"), UNSEEN)
def test_the_share_of_unseen_values_to_expect_is_an_estimate(n_single, n_unseen, is_told):
    """If values of a single row tell it, it varies as if it came from half of the rows."""
    fit = ["common", "usual"] * 200
    fit[::10] = [f"single {i}" for i in range(n_single)] or fit[::10]
    new = [*[f"new {i}" for i in range(n_unseen)], *["common"] * 100, *["usual"] * 100][:200]
    why = compared(pd.DataFrame({"city": fit}), pd.DataFrame({"city": new})).loc["city", "why"]
    assert ("unseen" in why) == is_told


@given(*[st.integers(0, 300)] * 4)
def test_probabilities_are_near_those_of_fishers_exact_test(fit, others, now, others_now):
    n_fit, n_now = fit + others, now + others_now
    p = Counts(fit, n_fit, now, n_now).p_value
    tails = [
        fisher_exact([[now, others_now], [fit, others]], alternative=side).pvalue
        for side in ("less", "greater")
    ]
    exact = min(1.0, 2 * min(tails))
    assert p >= exact * (1 - 1e-6)
    if exact < 1e-3:
        assert p < 2 * exact


def test_the_index_is_that_of_the_field():
    fit, now = np.array([50_000.0, 50_000]), np.array([20_000.0, 80_000])
    assert psi(fit, now) == pytest.approx(0.3 * np.log(8 / 2), rel=1e-3)
    assert psi(fit, 10 * fit) == pytest.approx(0, abs=1e-6)
    assert np.isnan(psi(fit, 0 * now))


def test_columns_without_a_meaning_of_a_share():
    fit = table(300).assign(id=[f"A{i}" for i in range(300)], constant=1.0)
    drift = compared(fit, table(100, seed=1))
    assert [*drift.index] == [*fit]
    assert drift.loc[["id", "constant"]].drop(columns=["changed", "why"]).isna().all(axis=None)
    assert drift["unseen_now"].notna().to_numpy().nonzero()[0].tolist() == [2, 3, 4, 5, 7]
    assert drift.loc["note", ["psi", "out_of_range_now", "unseen_now"]].isna().all()
    assert drift.loc["note", "missing_now"] == 0
    assert drift["changed"].dtype == bool


def test_values_that_mean_missing_and_text_of_numbers_are_read_as_in_fit():
    fit = table(300)
    fit, new = (each.assign(price=each["price"].map("€ {:.2f}".format)) for each in (fit, fit))
    new.loc[::2, "income"] = -99
    assert compared(fit, new).loc["income", "why"].endswith("the lowest in training")
    drift = compared(fit, new, missing_values={"income": -99})
    assert drift.index[drift["changed"]].tolist() == ["income"]
    assert "% are missing, but" in drift.loc["income", "why"]


@pytest.mark.parametrize("n", [1, 2])
def test_single_rows_are_compared(n):
    """One row cannot differ clearly from 400."""
    fit = table(400)[["price", "rate"]]
    drift = compared(fit, fit[:n].assign(price=1e9, rate="new"))
    assert drift["changed"].tolist() == [n > 1] * 2


def test_infinite_numbers_are_named():
    fit = table(400)[["price", "rate"]]
    with pytest.raises(ValueError, match="Column 'price' holds infinity"):
        compared(fit, fit.assign(price=np.inf))


MODELS = [
    TabularMLPClassifier(cv=2, hidden_layer_sizes=4, max_iter=2, random_state=0),
    TabularEnsembleRegressor([("networks", TabularMLPRegressor(max_iter=2))], cv=2),
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("model", MODELS, ids=["networks", "ensemble"])
def test_models_compare_also_when_they_are_loaded(model, tmp_path):
    fit, new = table(300), table(200, seed=1).assign(rooms=12.5)
    model = model.fit(fit, np.arange(300) % 2)
    drift = model.drift(new)
    assert drift.loc["rooms", "changed"]
    save(model, tmp_path / "a.model", training_state=False)
    for again in (load(tmp_path / "a.model"), pickle.loads(pickle.dumps(model))):
        pd.testing.assert_frame_equal(again.drift(new), drift)
    array = model.fit(fit[["price", "rooms"]].to_numpy(), np.arange(300) % 2)
    assert [*array.drift(fit[["price", "rooms"]].to_numpy()).index] == ["x0", "x1"]
    with pytest.raises(ValueError, match="held numbers in fit and holds text now"):
        array.drift(np.array([["a", 1]] * 20, dtype=object))
