"""The metrics of a comparison, and those that --metric names."""

from contextlib import suppress

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    balanced_accuracy_score,
    f1_score,
    get_scorer_names,
    log_loss,
    roc_auc_score,
)

from scratchmlp.cli.messages import InputError
from scratchmlp.cli.metrics import find_metric, score
from scratchmlp.reporting.scores import default_metrics

TWO, THREE = np.arange(90) % 2, np.arange(90) % 3
NUMBERS = np.arange(90.0)


def names(*counts):
    return [metric.name for metric in default_metrics(np.array(counts))]


def test_metrics_of_classes_depend_on_their_number_and_how_uneven_they_are():
    assert names(10, 19) == ["accuracy", "log-loss", "AUC"]
    assert names(10, 20) == ["accuracy", "log-loss", "AUC", "balanced accuracy"]
    assert names(9, 9, 9) == ["accuracy", "log-loss", "macro AUC"]
    assert [metric.name for metric in default_metrics(None)] == ["RMSE", "R²"]


@pytest.mark.parametrize(
    ("given", "y", "name"),
    [
        ("log_loss", TWO, "log-loss"),
        ("neg_log_loss", TWO, "log-loss"),
        ("Balanced Accuracy", TWO, "balanced accuracy"),
        ("auc", TWO, "AUC"),
        ("roc_auc_ovr", THREE, "macro AUC"),
        ("f1", TWO, "f1"),
        ("neg_brier_score", TWO, "brier_score"),
        ("brier_score", THREE, "brier_score"),
        ("rmse", NUMBERS, "RMSE"),
        ("R²", NUMBERS, "R²"),
        ("r2", NUMBERS, "R²"),
        ("neg_mean_absolute_error", NUMBERS, "mean absolute error"),
        ("MAE", NUMBERS, "mean absolute error"),
        ("median_absolute_error", NUMBERS, "median absolute error"),
    ],
)
def test_names_of_metrics(given, y, name):
    metric = find_metric(given, y, is_class=y is not NUMBERS)
    assert metric.name == name
    losses = ("log-loss", "brier_score", "RMSE", "mean absolute error", "median absolute error")
    assert metric.is_loss == (name in losses)


@pytest.mark.parametrize("name", get_scorer_names())
def test_all_scorers_of_scikit_learn_can_be_used_or_are_refused(name):
    for y, is_class in ((TWO, True), (THREE, True), (NUMBERS, False)):
        with suppress(InputError):
            find_metric(name, y, is_class)


@pytest.mark.parametrize(
    ("name", "y", "message"),
    [
        ("r2", TWO, "--metric r2 is not a metric of classification."),
        ("f1", NUMBERS, "--metric f1 is not a metric of regression. Choose one of RMSE, R2, MAE"),
        ("f1_makro", THREE, "classification. Did you mean 'f1_macro'? Choose one of accuracy, log"),
        ("aucc", TWO, "'AUC'? Choose one of accuracy, log-loss, AUC, \"balanced accuracy\", or "),
        ("f1", THREE, "--metric f1 cannot be computed here: Target is multiclass"),
    ],
)
def test_a_metric_that_cannot_be_used(name, y, message):
    with pytest.raises(InputError) as error:
        find_metric(name, y, is_class=y is not NUMBERS)
    assert message in str(error.value)


@pytest.mark.parametrize("y", [TWO, THREE], ids=["two", "three"])
def test_scores_equal_those_of_scikit_learn(y):
    X = pd.DataFrame({"a": y + np.random.default_rng(0).normal(size=len(y))})
    model = LogisticRegression().fit(X, y)
    P = model.predict_proba(X)
    metrics = [*default_metrics(np.array([1] * P.shape[1] + [9])), find_metric("f1_macro", y, True)]
    metrics = [metric._replace(name=metric.name.removeprefix("macro ")) for metric in metrics]
    assert score(model, X, y, metrics) == pytest.approx(
        {
            "accuracy": model.score(X, y),
            "log-loss": log_loss(y, P),
            "AUC": roc_auc_score(y, P if P.shape[1] > 2 else P[:, 1], multi_class="ovr"),
            "balanced accuracy": balanced_accuracy_score(y, model.predict(X)),
            "f1_macro": f1_score(y, model.predict(X), average="macro"),
        }
    )


def test_squared_errors_may_be_infinite():
    y = np.array([1e200, 2.0, 3.0])
    model = DummyRegressor(strategy="constant", constant=0.0).fit(y[:, None], y)
    scores = score(model, y[:, None], y, default_metrics(None))
    assert scores["RMSE"] == np.inf
    assert np.isnan(scores["R²"])


def test_rows_without_some_of_the_classes_can_be_scored():
    X = pd.DataFrame({"a": THREE})
    model = DummyClassifier().fit(X, THREE)
    for present in ([0, 1], [2]):
        rows = np.isin(THREE, present)
        scores = score(model, X[rows], THREE[rows], default_metrics(np.array([30, 30, 99])))
        assert scores["log-loss"] == pytest.approx(np.log(3))
        assert np.isnan(scores["macro AUC"]) == (len(present) == 1)
