"""The linear part of an ensemble: all levels, numbers as they are, one penalty, a wider range."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import issparse
from sklearn.linear_model import LogisticRegression, Ridge

from scratchmlp.batches import Data
from scratchmlp.io import load, save
from scratchmlp.tabular import TabularEncoder, TabularEnsembleClassifier, TabularEnsembleRegressor
from scratchmlp.tabular.columns.encoder import encode_with
from scratchmlp.tabular.ensemble import fit as ensembles
from scratchmlp.tabular.ensemble.linear import LogRidge
from scratchmlp.tabular.inputs.levels import Levels, LevelsPlan
from scratchmlp.tabular.targets import NumericTargets
from tests.helpers.onnx_runs import check_exported

rng = np.random.default_rng(0)
N, WORDS = 240, ["good", "bad", "new", "old", "fine"]


def table(n=N):
    """Return numbers with missing ones, few and many labels, and words."""
    return pd.DataFrame(
        {
            "size": rng.lognormal(0, 1, n),
            "gap": np.where(rng.random(n) < 0.2, np.nan, rng.normal(size=n)),
            "color": rng.choice(["red", "green", None], n),
            "shop": rng.choice([f"shop {i}" for i in range(90)], n),
            "text": [
                " ".join(rng.choice(["good", "bad", "new", "old", "fine"], 4)) for _ in range(n)
            ],
        }
    )


@pytest.fixture
def alone(monkeypatch):
    """Let the linear part be the only default estimator, and return how to fit it."""

    def fit(X, y, **settings):
        is_class = y.dtype.kind in "OUb"
        linear = [("linear", LogisticRegression() if is_class else Ridge(tol=1e-6))]
        monkeypatch.setattr(ensembles, "default_estimators", lambda *arguments: linear)
        Ensemble = TabularEnsembleClassifier if is_class else TabularEnsembleRegressor
        return Ensemble(**{"cv": 4, "inspect_table": False, "random_state": 0} | settings).fit(X, y)

    return fit


@pytest.mark.parametrize("text", [["text"], []])
def test_inputs_are_numbers_as_they_are_and_each_level(text):
    X = table()[["size", "gap", "color", "shop", *text]]
    encoder = TabularEncoder(text_features=text or None).fit(X)
    encoded, _ = encode_with(encoder, X)
    inputs, supervised = LevelsPlan(None).fit(Data(encoded, rng.normal(size=(N, 1)), None))
    A = inputs.array(encoded)
    assert issparse(A) == (not text)  # which has many numbers
    A = A.toarray() if issparse(A) else A
    assert supervised == ()
    size = encoded.layout.columns["size"].numbers[""]
    expected = (X["size"] - X["size"].mean()) / X["size"].std(ddof=0)
    np.testing.assert_allclose(A[:, size], expected, rtol=1e-3, atol=1e-5)
    starts = inputs.starts(encoded.layout)
    levels = A[:, starts[0] : starts[2] if text else None]
    assert set(np.unique(levels)) == {0, 1}
    np.testing.assert_array_equal(levels.sum(axis=1), 2)  # one of each column
    unknown = A[:, starts[1] - 1]  # the last level of colors
    np.testing.assert_array_equal(unknown, X["color"].isna())
    W = rng.normal(size=(A.shape[1], 3))
    np.testing.assert_allclose(inputs.product(encoded, W), A @ W, atol=1e-10)


def test_levels_and_a_line_beyond_what_was_seen(alone):
    X = table().drop(columns="text")
    level = pd.Series(rng.normal(size=90), [f"shop {i}" for i in range(90)])
    y = 5 * X["size"] + 3 * X["shop"].map(level) + rng.normal(0, 0.1, N)
    largest = X["size"].argmax()
    rest = np.arange(N) != largest
    model = alone(X[rest], y[rest].to_numpy())
    assert model.oof_score_ > 0.97
    assert model.predict(X[~rest])[0] == pytest.approx(y[largest], rel=0.2)


def test_predictions_leave_the_range_only_where_held_out_rows_support_it(alone):
    x = np.sort(rng.uniform(0, 10, N))
    X, beyond = pd.DataFrame({"x": x}), pd.DataFrame({"x": [-50.0, 60.0]})
    line, bounded = 3 * x + rng.normal(0, 0.1, N), np.clip(x, 4, 6) + rng.normal(0, 0.01, N)
    low, high = alone(X, line).predict(beyond)
    assert low < line.min()
    assert high == pytest.approx(line.max() + np.ptp(line))  # which costs held-out rows nothing
    low, high = alone(X, bounded).predict(beyond)
    assert bounded.min() <= low <= high <= bounded.max()


@pytest.mark.parametrize(
    ("low", "high", "wider"),
    [(-1, 3, (-3, 5)), (2, 6, (2 * 6 / 8, 8)), (0, 4, (0, 6)), (-6, -2, (-8, -2 * 6 / 8))],
)
def test_a_wider_range_keeps_the_sign_of_targets(low, high, wider):
    targets = NumericTargets.learn(np.array([low, high], float), np.ones(2)).widened(0.5)
    np.testing.assert_allclose([*targets.low, *targets.high], wider)


def test_one_penalty_for_all_folds_and_a_level_with_few_rows_is_shrunk(alone):
    X = pd.DataFrame({"shop": rng.choice([f"shop {i}" for i in range(60)], N)})
    y = rng.normal(size=N)  # levels mean nothing
    strengths = {model.alpha for model in alone(X, y).named_estimators_.linear}
    assert len(strengths) == 1
    assert strengths.pop() == 10.0


def test_classes_and_unknown_levels(alone):
    X = table()
    y = np.where(X["size"] * (X["color"] == "red") > 0.5, "yes", "no")
    model = alone(X, y)
    new = X.assign(shop=np.where(np.arange(N) < 5, "elsewhere", X["shop"]))
    np.testing.assert_allclose(model.predict_proba(new).sum(axis=1), 1)
    one_by_one = np.vstack([model.predict_proba(new[i : i + 1]) for i in range(5)])
    np.testing.assert_allclose(model.predict_proba(new)[:5], one_by_one, atol=1e-12)


@pytest.mark.parametrize("as_text", [True, False])
def test_how_often_known_levels_occur_says_nothing_of_unknown_ones(alone, as_text):
    """From levels of 16 to 24 rows, a line would go on to one without rows."""
    school = np.repeat(np.arange(120), np.random.default_rng(0).integers(16, 25, 120))
    effects = np.random.default_rng(1).normal(size=120) + 2.0 * np.bincount(school) / 8
    X = pd.DataFrame({"school": [f"s{i}" for i in school] if as_text else 7001 + 3 * school})
    y, known = effects[school], school < 90
    model = alone(X[known], y[known], categorical_features=["from_dtype", "school"])
    errors = model.predict(X[~known]) - y[~known]
    assert abs(errors.mean()) < 0.5 * y.std()
    check_exported(model, X[~known])


def test_effects_that_multiply_are_linear_in_logarithms(alone, tmp_path):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.normal(size=400), "color": rng.choice([*"rgby"], 400)})
    factor = X["color"].map({"r": 1.0, "g": 2.0, "b": 5.0, "y": 9.0})
    y = (1e3 * factor * np.exp(X["a"] + rng.normal(0, 0.3, 400))).to_numpy()
    model, new = alone(X[:300], y[:300]), X[300:]
    of_numbers = alone(X[:300], y[:300] - 1e4)  # the same rows, but some targets are below 0
    assert model.oof_score_ > 0.8 > of_numbers.oof_score_
    assert model.oof_prediction_.mean() == pytest.approx(y[:300].mean(), rel=0.01)
    save(model, tmp_path / "model")
    np.testing.assert_array_equal(load(tmp_path / "model").predict(new), model.predict(new))
    check_exported(model, new)


def test_a_model_of_logarithms_predicts_numbers():
    x = np.linspace(0, 5, 50)[:, np.newaxis]
    model = LogRidge(alpha=1e-6).fit(x, np.exp(2 * x[:, 0]))
    assert model.coef_ == pytest.approx([2.0])
    np.testing.assert_allclose(model.predict(x), np.exp(2 * x[:, 0]), rtol=1e-5)


@pytest.mark.parametrize("ends", [(10, 19), (0, 10), (-1, 10)])
def test_no_logarithms_of_targets_that_are_close_or_not_above_0(alone, ends):
    y = np.linspace(*ends, 60)
    models = alone(pd.DataFrame({"x": np.arange(60.0)}), y).named_estimators_.linear
    assert {type(model) for model in models} == {Ridge}


def test_the_penalties_of_a_fold_share_its_inputs(alone, monkeypatch):
    computed, array = [], Levels.array
    monkeypatch.setattr(Levels, "array", lambda *given: computed.append(1) or array(*given))
    X = table().drop(columns="text")
    alone(X, X["size"].to_numpy())
    assert len(computed) == 4  # the folds
