"""`explain`: contributions of the values of a row to its prediction."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import is_classifier
from sklearn.ensemble import HistGradientBoostingRegressor

from scratchmlp.tabular import (
    TabularEncoder,
    TabularEnsembleClassifier,
    TabularEnsembleRegressor,
    TabularMLPClassifier,
    TabularMLPRegressor,
)
from scratchmlp.tabular.columns.encoded_table import layout_of
from scratchmlp.tabular.columns.encoder import encode_with
from scratchmlp.tabular.inspection import explanations
from scratchmlp.tabular.inspection.explanations import contributions_of

pytestmark = pytest.mark.filterwarnings(
    "ignore::scratchmlp.tabular.MisleadingDataWarning"
)  # few rows

N = 60
rng = np.random.default_rng(0)
NUMBERS = pd.DataFrame(rng.uniform(-1, 1, size=(N, 4)), columns=[*"abcd"])
MIXED = pd.DataFrame(
    {
        "size": np.where(rng.random(N) < 0.2, np.nan, NUMBERS["a"]),
        "color": rng.choice(["red", "green", "blue"], N),
        "key": [f"k{i}" for i in range(N)],
        "note": rng.choice(["very good", "not so good", "bad and slow"], N),
        "since": pd.date_range("2020-01-01", periods=N, freq="5D"),
    }
)
TEXT = {"text_features": ["note"]}


def contributions(table, function, row, n=N, ranks=None, **settings):
    """Explain what a function of the outputs predicts for a row, compared with the first n rows."""
    encoder = TabularEncoder(**settings).fit(table)
    encoded, _ = encode_with(encoder, table)

    def predict(rows):
        return function(rows.to_array().astype(np.float64))

    places = layout_of(encoder._columns).places
    if ranks is None:
        ranks = np.random.default_rng(0).random((n, len(places))).argsort(axis=1)
    background = encoded[: len(ranks)]
    found = contributions_of(predict, encoded[[row]], background, [*places.values()], ranks)
    return found, predict(encoded), encoded.to_array().astype(np.float64)


def test_contributions_to_a_linear_prediction_are_exact():
    coefficients = np.array([2.0, -1.0, 0.0, 0.5])
    found, _, X = contributions(NUMBERS, lambda X: X @ coefficients, row=3, n=7)
    np.testing.assert_allclose(found, coefficients * (X[3] - X[:7].mean(axis=0)), atol=1e-12)


def test_two_columns_share_their_product_in_halves():
    """Each order is used with its reverse, so the shares are exact."""
    found, predicted, X = contributions(NUMBERS, lambda X: X[:, 0] * X[:, 1], n=1, row=5)
    (a, b), (c, d) = X[0, :2], X[5, :2]
    np.testing.assert_allclose(found[:2], [(c - a) * (b + d) / 2, (d - b) * (a + c) / 2])
    np.testing.assert_allclose(found.sum(), predicted[5] - predicted[0])
    np.testing.assert_array_equal(found[2:], 0)


def test_columns_with_the_same_role_contribute_the_same():
    """They share the product of three columns equally if all orders are used."""
    same = pd.DataFrame({name: np.r_[np.full(6, 0.5), np.linspace(-1, 1, 50)] for name in "abc"})
    orders = np.array([*permutations(range(3))])
    found, predicted, _ = contributions(same, lambda X: X.prod(axis=1), row=55, ranks=orders)
    np.testing.assert_allclose(found, np.full(3, (predicted[55] - predicted[0]) / 3))


@pytest.mark.filterwarnings("ignore:Left out identifiers")
@pytest.mark.parametrize("at_once", [1, 100, 10**6])
def test_columns_of_all_kinds_add_up_to_the_difference(at_once, monkeypatch):
    monkeypatch.setattr(explanations, "_ROWS", at_once)

    def function(X):
        return np.c_[np.sin(X.sum(axis=1)), X.prod(axis=1), np.abs(X).max(axis=1)]

    found, predicted, _ = contributions(MIXED, function, row=7, **TEXT)
    np.testing.assert_allclose(found.sum(axis=0), predicted[7] - predicted.mean(axis=0))
    assert found.shape == (5, 3)
    np.testing.assert_array_equal(found[2], 0)  # an identifier has no outputs
    first, _, _ = contributions(MIXED, lambda X: X[:, :2].sum(axis=1), row=7, **TEXT)
    np.testing.assert_array_equal(first[1:], 0)


def test_the_text_of_a_row_contributes():
    words = MIXED[["note", "color"]]
    encoder = TabularEncoder(**TEXT).fit(words)
    encoded, _ = encode_with(encoder, words)

    def predict(rows):
        return rows.terms[0].sum(axis=1).astype(float)

    ranks = np.tile([[1, 0]], (N, 1))
    places = [*layout_of(encoder._columns).places.values()]
    for row in range(3):
        note, color = contributions_of(predict, encoded[[row]], encoded, places, ranks)
        counts = predict(encoded)
        assert note == pytest.approx(counts[row] - counts.mean())
        assert color == 0


CLASSES = np.where(NUMBERS["a"] + NUMBERS["b"] > 0.4, "x", np.where(NUMBERS["c"] > 0, "y", "z"))
TARGETS = {
    "classes": (TabularMLPClassifier, CLASSES),
    "ensemble": (TabularEnsembleClassifier, CLASSES),
    "number": (TabularMLPRegressor, NUMBERS["a"] * 3),
    "numbers": (TabularMLPRegressor, NUMBERS[["a", "b"]]),
}


@pytest.mark.parametrize(("Estimator", "y"), TARGETS.values(), ids=TARGETS)
def test_contributions_of_an_estimator(Estimator, y):
    model = Estimator(cv=2, random_state=0).fit(NUMBERS, y)
    predict = model.predict_proba if is_classifier(model) else model.predict
    result = model.explain(NUMBERS[:3], NUMBERS[10:], random_state=0)
    assert (result.names, result.n_rows) == ([*"abcd"], 50)
    np.testing.assert_allclose(result.predictions, predict(NUMBERS[:3]))
    np.testing.assert_allclose(result.baseline, predict(NUMBERS[10:]).mean(axis=0), rtol=1e-6)
    total = result.baseline + result.contributions.sum(axis=1)
    np.testing.assert_allclose(total, result.predictions, atol=1e-5)
    again = model.explain(NUMBERS[1:2], NUMBERS[10:], random_state=0)
    np.testing.assert_allclose(again.contributions[0], result.contributions[1], atol=1e-6)
    few = model.explain(NUMBERS[:1], NUMBERS[7:10], random_state=0)
    np.testing.assert_allclose(few.baseline, predict(NUMBERS[7:10]).mean(axis=0), rtol=1e-6)
    assert few.n_rows == 3
    fold = int(4 in model.held_out_[1])
    unseen = model.explain(NUMBERS[4:5], NUMBERS, folds=[fold], random_state=0)
    np.testing.assert_allclose(unseen.predictions, model.member_predictions(NUMBERS[4:5])[fold])
    total = unseen.baseline + unseen.contributions.sum(axis=1)
    np.testing.assert_allclose(total, unseen.predictions, atol=1e-5)


def test_what_explain_refuses():
    model = TabularMLPRegressor(cv=2, max_iter=2, random_state=0).fit(NUMBERS, NUMBERS["a"])
    for X, background in ((NUMBERS[:0], NUMBERS), (NUMBERS, NUMBERS[:0])):
        with pytest.raises(ValueError, match="The table has 0 rows"):
            model.explain(X, background)
    with pytest.raises(
        ValueError, match=r"'max_samples' parameter of TabularMLPRegressor\.explain"
    ):
        model.explain(NUMBERS[:1], NUMBERS, max_samples=0)
    for folds in ([], [2], [0.0]):
        with pytest.raises(ValueError, match="folds must list at least one whole number from 0 to"):
            model.explain(NUMBERS[:1], NUMBERS, folds=folds)


def test_a_fold_may_be_named_more_than_once_and_in_an_array():
    """Boosted trees of all folds predict together, but only if all of them are asked."""
    boosting = HistGradientBoostingRegressor(max_iter=5, min_samples_leaf=5)
    model = TabularEnsembleRegressor([("boosting", boosting)], cv=3, random_state=0)
    model.fit(NUMBERS, NUMBERS["a"] + NUMBERS["b"])
    once, three_times = (
        model.explain(NUMBERS[:2], NUMBERS, folds=np.array(folds), random_state=0).predictions
        for folds in ([0], [0, 0, 0])
    )
    np.testing.assert_allclose(three_times, once)
