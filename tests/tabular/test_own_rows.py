"""Whole numbers whose own rows tell more of the target than the numbers beside them."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import DataConversionWarning
from sklearn.linear_model import LogisticRegression, Ridge

from scratchmlp.cli.columns import sentences
from scratchmlp.tabular import TabularEnsembleClassifier, TabularEnsembleRegressor
from scratchmlp.tabular.notes import Note, describe

N = 1500
#: Effects of 40 whole numbers: of quantities, and of codes in random order.
QUANTITIES = {
    "nothing": lambda x, rng: 0 * x,
    "a line": lambda x, rng: x / 10,
    "a peak": lambda x, rng: 2 * np.exp(-(((x - 20) / 6) ** 2)),
    "a wave": lambda x, rng: np.sin(x / 4),
    "a step": lambda x, rng: 2.0 * (x > 13),
}
CODES = {
    "weak": lambda x, rng: rng.normal(0, 0.42, 40)[x],
    "strong": lambda x, rng: rng.normal(0, 2, 40)[x],
    "in regions": lambda x, rng: x / 20 + rng.normal(0, 0.8, 40)[x],
}


def table(effect, seed=0, *, even=True):
    """Return a table with a column of whole numbers, and a target."""
    rng = np.random.default_rng(seed)
    share = np.ones(40) if even else rng.exponential(size=40)
    x = rng.choice(40, N, p=share / share.sum())
    other = rng.normal(size=N)
    y = effect(x, rng) + 0.5 * other + rng.normal(size=N)
    return pd.DataFrame({"other": other, "x": 100 + 3 * x}), y


def table_of_classes(seed=0):
    """Return such a table of codes that hardly matter, and two classes."""
    X, y = table(CODES["weak"], seed)
    return X, y > 0


def ensemble(y, **parameters):
    """Return a cheap ensemble."""
    if y.dtype == bool:
        parts = [("linear", LogisticRegression())]
        return TabularEnsembleClassifier(parts, cv=2, random_state=0, **parameters)
    return TabularEnsembleRegressor([("linear", Ridge())], cv=2, random_state=0, **parameters)


def fitted(X, y, **parameters):
    """Fit such an ensemble, and ignore what it says."""
    model = ensemble(y, **parameters)
    with warnings.catch_warnings(action="ignore"):
        return model.fit(X, y)


NIGHTLY = [pytest.param(seed, marks=pytest.mark.nightly) for seed in (1, 2, 3)]
seeds = pytest.mark.parametrize("seed", [0, *NIGHTLY])


@seeds
@pytest.mark.parametrize("even", [True, False])
@pytest.mark.parametrize("effect", QUANTITIES.values(), ids=QUANTITIES)
def test_quantities_stay_numbers(effect, even, seed):
    model = fitted(*table(effect, seed, even=even))
    assert model.findings_ == []
    assert model.encoder_.columns_["x"]["kind"] == "number"


@seeds
@pytest.mark.parametrize("even", [True, False])
@pytest.mark.parametrize("effect", CODES.values(), ids=CODES)
def test_codes_are_found_without_a_name(effect, even, seed):
    X, y = table(effect, seed, even=even)
    model = fitted(X, y)
    assert {note.column for note in model.findings_} == {"x"}
    told = model.encoder_.columns_["x"]
    assert (told["kind"], told["why"]) == ("category", "code")
    is_entity = "entity" in [note.case for note in model.findings_]
    assert told.get("names_entity", False) == is_entity
    assert "x" in model.encoder_.get_feature_names_out()  # the number stays


def test_codes_are_hidden_and_their_numbers_are_not():
    """New values of codes are predicted by what the numbers tell."""
    X, y = table_of_classes()
    model = fitted(X, y)
    assert [note.case for note in model.findings_] == ["codes", "hidden"]
    assert model.weights_unseen_.keys() == model.weights_.keys()
    new = X.iloc[:2].assign(x=[X["x"].max() + 1, X["x"].max() + 2])
    assert len({*model.predict_proba(new)[:, 1]}) == 2


def test_animals_that_grow_are_told_although_time_tells_most():
    rng = np.random.default_rng(0)
    animal, day = np.divmod(np.arange(600), 12)
    y = (5 + rng.normal(0, 1.5, 50)[animal]) * day + rng.normal(size=600)
    X = pd.DataFrame({"day_of_growth": day + 0.5, "mark": rng.permutation(50)[animal] + 200})
    assert ("entity", "mark") in {(note.case, note.column) for note in fitted(X, y).findings_}


def test_what_a_named_person_tells_is_no_code():
    """New persons have other distances, which tell nothing more than the number does."""
    X, y = table(CODES["strong"])
    named = X.rename(columns={"x": "person_id"}).assign(distance=1000 - X["x"])
    model = fitted(named, y)
    assert "distance" not in {note.column for note in model.findings_}
    assert model.encoder_.columns_["distance"]["kind"] == "number"


def test_codes_lower_the_error_of_new_rows():
    X, y = table(CODES["weak"])
    rows, new = np.split(np.arange(N), [1000])
    codes, numbers = (
        fitted(X.iloc[rows], y[rows], **chosen).predict(X.iloc[new])
        for chosen in ({}, {"numeric_features": ["x"]})
    )
    assert np.mean((codes - y[new]) ** 2) < 0.9 * np.mean((numbers - y[new]) ** 2)


def test_one_warning_is_about_all_codes():
    X, y = table_of_classes()
    X["x2"] = -X["x"]
    message = "Took whole numbers for codes, and encoded them as categories and as numbers: x, x2"
    with pytest.warns(DataConversionWarning, match=message):
        ensemble(y).fit(X, y)


@pytest.mark.parametrize(
    "chosen", [{"numeric_features": ["x"]}, {"categorical_features": []}, {"inspect_table": False}]
)
def test_a_choice_decides(chosen):
    model = fitted(*table_of_classes(), **chosen)
    assert model.findings_ == []
    assert model.encoder_.columns_["x"]["kind"] == "number"


def test_numbers_that_have_no_code_stay_numbers():
    """A column of one category has no code, and float64 does not tell larger numbers apart."""
    X, y = table(CODES["strong"])
    X = X.assign(x=X["x"] * 1e19, constant="a")
    model = fitted(X, y, categorical_features=["from_dtype", "constant"])
    assert {note.column for note in model.findings_} == {"constant"}


def test_fewer_than_100_rows_have_no_codes():
    X, y = table(CODES["strong"])
    assert fitted(X[:99], y[:99]).findings_ == []
    assert fitted(X[:100], y[:100]).findings_ != []


def test_the_command_says_all_codes_in_a_sentence():
    notes = [Note("codes", "x"), Note("codes", "x2")]
    assert [*sentences(describe(notes))] == [
        "took whole numbers for codes, and encoded them as categories and as numbers: x, x2. "
        "If they are quantities, name them in --numeric."
    ]


def test_arrays_have_numbers():
    X, y = table_of_classes()
    assert fitted(X.to_numpy(), y).findings_ == []
