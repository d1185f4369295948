"""The metrics of predictions, and the names that users give them."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score, get_scorer
from sklearn.model_selection import FixedThresholdClassifier

from scratchmlp.cli.options import GROUPS
from scratchmlp.evaluation.metrics import (
    CLASSES,
    MetricError,
    default_metrics,
    find_metric,
    values_of,
)
from scratchmlp.evaluation.metrics import NUMBERS as OF_NUMBERS
from scratchmlp.tabular.scoring import Decision

NUMBERS = np.arange(60.0)
TWO, THREE = np.arange(90) % 2, np.arange(90) % 3
METRICS = [
    ("Balanced Accuracy", TWO, "balanced accuracy", False),
    ("roc_auc_ovr", THREE, "macro AUC", False),
    ("neg_brier_score", TWO, "brier_score", True),
    ("brier_score", THREE, "brier_score", True),
    ("R²", NUMBERS, "R²", False),
    ("neg_mean_absolute_error", NUMBERS, "mean absolute error", True),
    ("MAE", NUMBERS, "mean absolute error", True),
    ("median_absolute_error", NUMBERS, "median absolute error", True),
]


@pytest.mark.parametrize(("given", "y", "name", "is_loss"), METRICS)
def test_names_of_metrics(given, y, name, is_loss):
    metric = find_metric(given, y, is_class=y is not NUMBERS)
    assert (metric.name, metric.is_loss) == (name, is_loss)


REFUSED = [
    ("r2", TWO, "r2 is not a metric of classification."),
    ("f1", NUMBERS, "f1 is not a metric of regression. Choose one of RMSE, R2, MAE"),
    ("f1_makro", THREE, "classification. Did you mean 'f1_macro'? Choose one of accuracy, log"),
    ("aucc", TWO, "'AUC'? Choose one of accuracy, log-loss, AUC, \"balanced accuracy\", or "),
    ("f1", THREE, "f1 cannot be computed here: Target is multiclass"),
]


@pytest.mark.parametrize(("name", "y", "message"), REFUSED)
def test_a_metric_that_cannot_be_used(name, y, message):
    with pytest.raises(MetricError) as error:
        find_metric(name, y, is_class=y is not NUMBERS)
    assert message in str(error.value)


@pytest.mark.parametrize("y", [TWO, THREE], ids=["two", "three"])
def test_scores_equal_those_of_scikit_learn(y):
    X = pd.DataFrame({"a": y + np.random.default_rng(0).normal(size=len(y))})
    model = LogisticRegression().fit(X, y)
    metrics = [*default_metrics(np.array([1] * y.max() + [9])), find_metric("f1_macro", y, True)]
    found = values_of(metrics, y, model.predict_proba(X))
    names = {"accuracy": "accuracy", "balanced accuracy": "balanced_accuracy"}
    names |= {"AUC" if y is TWO else "macro AUC": "roc_auc_ovr", "f1_macro": "f1_macro"}
    expected = {name: get_scorer(scorer)(model, X, y) for name, scorer in names.items()}
    expected["log-loss"] = -get_scorer("neg_log_loss")(model, X, y)
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("positive", [0, 1])
def test_scores_of_a_threshold_equal_those_of_scikit_learn(positive):
    X = pd.DataFrame({"a": TWO + np.random.default_rng(0).normal(size=len(TWO))})
    model = LogisticRegression().fit(X, TWO)
    fixed = FixedThresholdClassifier(
        model, threshold=0.3, pos_label=positive, response_method="predict_proba"
    ).fit(X, TWO)
    metrics = [*default_metrics(np.array([1, 9])), find_metric("f1", TWO, True)]
    how = Decision(positive, 0.3)
    found = values_of(metrics, TWO, model.predict_proba(X), None, how)
    predicted = fixed.predict(X)
    assert (predicted != model.predict(X)).any()
    np.testing.assert_array_equal(how.predicted(model.predict_proba(X)), predicted)
    assert found["accuracy"] == accuracy_score(TWO, predicted)
    assert found["balanced accuracy"] == balanced_accuracy_score(TWO, predicted)
    assert found["f1"] == f1_score(TWO, predicted, pos_label=positive)
    unchanged = values_of(metrics, TWO, model.predict_proba(X))
    assert found["AUC"] == pytest.approx(unchanged["AUC"])
    assert found["log-loss"] == pytest.approx(unchanged["log-loss"])


WEIGHTED = [(TWO, [*CLASSES.values(), find_metric("f1", TWO, True)])]
WEIGHTED += [(NUMBERS, [*OF_NUMBERS.values(), find_metric("mean_squared_error", NUMBERS, False)])]


@pytest.mark.parametrize(("y", "metrics"), WEIGHTED, ids=["classes", "numbers"])
def test_weights_count_rows_several_times_or_not_at_all(y, metrics):
    rng = np.random.default_rng(0)
    y, weight = np.append(y, y[0]), np.append(rng.integers(0, 4, len(y)), 0.0)
    predicted = rng.normal(size=len(y)) if y.dtype.kind == "f" else rng.dirichlet([1, 1], len(y))
    times = np.repeat(np.arange(len(y)), weight.astype(int))
    expected = values_of(metrics, y[times], predicted[times])
    assert values_of(metrics, y, predicted, weight) == pytest.approx(expected)


def test_a_class_without_weight_has_no_scores():
    scores = values_of(CLASSES.values(), THREE, np.full((len(THREE), 3), 1 / 3), 1.0 * (THREE == 0))
    assert scores["balanced accuracy"] == 1
    assert np.isnan(scores["AUC"])


CLOSE, FAR = 0.8, 0.1  # the probability of the true class


def probabilities(y, n_classes, of_truth):
    P = np.full((len(y), n_classes), (1 - of_truth) / (n_classes - 1))
    P[np.arange(len(y)), y] = of_truth
    P[::7] = np.roll(P[::7], 1, axis=1)  # some are wrong
    return P


@pytest.mark.parametrize(
    ("y", "n_classes"), [(TWO, 2), (THREE, 3), (TWO, 3)], ids=["two", "three", "one missing"]
)
@pytest.mark.parametrize("name", CLASSES)
def test_every_metric_of_classes_tells_good_from_bad(name, y, n_classes):
    predicted = (probabilities(y, n_classes, of_truth) for of_truth in (CLOSE, FAR))
    good, bad = (CLASSES[name].function(y, P) for P in predicted)
    assert good < bad if CLASSES[name].is_loss else good > bad


@pytest.mark.parametrize("name", OF_NUMBERS)
def test_every_metric_of_numbers_tells_good_from_bad(name):
    good, bad = (OF_NUMBERS[name].function(NUMBERS, NUMBERS + far) for far in (1.0, 9.0))
    assert good < bad if OF_NUMBERS[name].is_loss else good > bad


@pytest.mark.parametrize("name", [*CLASSES, *OF_NUMBERS])
def test_the_help_lists_every_metric(name):
    assert name in GROUPS["how to compare and train"][1]["--metric"]["help"]


def test_squared_errors_may_be_infinite():
    y = np.array([1e200, 2.0, 3.0])
    scores = values_of(default_metrics(None), y, np.zeros(3))
    assert scores["RMSE"] == np.inf
    assert np.isnan(scores["R²"])


@pytest.mark.parametrize("present", [[0, 1], [2]])
def test_rows_without_some_of_the_classes_can_be_scored(present):
    y = THREE[np.isin(THREE, present)]
    metrics = default_metrics(np.array([30, 30, 99]))
    scores = values_of(metrics, y, np.full((len(y), 3), 1 / 3))
    assert scores["log-loss"] == pytest.approx(np.log(3))
    assert np.isnan(scores["macro AUC"]) == (len(present) == 1)


UNEVEN = [([2, 1], True), ([3, 2], False), ([2, 0, 2], False), ([2, 1, 0], True)]
UNEVEN += [([2, 2, 1, 0], True), ([3, 2, 0], False), ([10, 19], False), ([10, 20], True)]


@pytest.mark.parametrize(("counts", "is_uneven"), UNEVEN)
def test_balanced_accuracy_is_shown_if_a_class_has_twice_the_rows(counts, is_uneven):
    names = [metric.name for metric in default_metrics(np.array(counts))]
    area = "AUC" if len(counts) == 2 else "macro AUC"
    assert names == ["accuracy", "log-loss", area, *["balanced accuracy"] * is_uneven]
