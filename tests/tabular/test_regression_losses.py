"""The losses of TabularMLPRegressor: what each is for, and that files and graphs keep it."""

import functools

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.metrics import mean_absolute_error, mean_pinball_loss, mean_poisson_deviance

from scratchmlp.io import load, save
from scratchmlp.losses import HuberLoss, LogLoss, QuantileLoss, SquaredError, losses_for
from scratchmlp.tabular import TabularEnsembleRegressor, TabularMLPRegressor
from scratchmlp.tabular.preparation import problem_of
from tests.helpers.all_parts import all_parts

SMALL = {"cv": 2, "hidden_layer_sizes": 32, "max_iter": 16, "random_state": 0}
RNG = np.random.default_rng(0)
X = RNG.normal(size=(1200, 2))
COUNTS = RNG.poisson(np.exp(1.5 * X[:, 0] - 1)).astype(float)
SKEWED = X[:, 0] + np.exp(X[:, 1]) * RNG.exponential(size=len(X)) ** 2
TRAINING, TEST = slice(600), slice(600, None)


@functools.cache
def networks(name):
    """Fit networks by the name of a loss, or of a quantile."""
    y = COUNTS if name in ("poisson", "squared_error of counts") else SKEWED
    loss = QuantileLoss(quantile=0.9) if name == "0.9" else name.partition(" ")[0]
    return TabularMLPRegressor(loss=loss, **SMALL).fit(X[TRAINING], y[TRAINING])


def test_poisson_predicts_counts_better_than_the_squared_error():
    deviances = [
        mean_poisson_deviance(COUNTS[TEST], np.maximum(networks(name).predict(X[TEST]), 1e-3))
        for name in ("poisson", "squared_error of counts")
    ]
    assert deviances[0] < 0.95 * deviances[1]
    assert (networks("poisson").predict(X) > 0).all()
    assert (networks("poisson").oof_prediction_ > 0).all()


def test_each_other_loss_is_lowest_where_it_was_trained():
    predicted = {
        name: networks(name).predict(X[TEST]) for name in ("squared_error", "absolute_error", "0.9")
    }
    pinball = {n: mean_pinball_loss(SKEWED[TEST], p, alpha=0.9) for n, p in predicted.items()}
    absolute = {n: mean_absolute_error(SKEWED[TEST], p) for n, p in predicted.items()}
    assert min(pinball, key=pinball.get) == "0.9"
    assert min(absolute, key=absolute.get) == "absolute_error"
    assert np.mean(SKEWED[TEST] < predicted["0.9"]) == pytest.approx(0.9, abs=0.05)


def test_intervals_of_counts_cover_and_are_not_negative():
    low, high = networks("poisson").predict_interval(X[TEST]).T
    assert 0.85 < ((low <= COUNTS[TEST]) & (COUNTS[TEST] <= high)).mean() < 0.95
    assert low.min() == 0
    assert networks("squared_error of counts").predict_interval(X[TEST]).min() == 0


def test_predictions_do_not_depend_on_the_unit_of_the_targets():
    """Powers of two, so that nothing is rounded otherwise."""
    for loss, y in (("poisson", COUNTS), ("absolute_error", SKEWED)):
        scaled = TabularMLPRegressor(loss=loss, **SMALL).fit(X[TRAINING], 1024 * y[TRAINING])
        np.testing.assert_allclose(scaled.predict(X), 1024 * networks(loss).predict(X), rtol=1e-5)


def test_files_keep_the_loss(tmp_path):
    pytest.importorskip("skops")
    for name in ("poisson", "0.9"):
        save(networks(name), tmp_path / "model", training_state=False)
        loaded = load(tmp_path / "model")
        np.testing.assert_array_equal(loaded.predict(X), networks(name).predict(X))
        ends = networks(name).predict_interval(X)
        np.testing.assert_array_equal(loaded.predict_interval(X), ends)


def test_ensembles_scale_the_targets_of_poisson_networks():
    y = np.column_stack([COUNTS, 3 * COUNTS])[TRAINING]
    alone = TabularMLPRegressor(loss="poisson", **SMALL).fit(X[TRAINING], y)
    boosting = HistGradientBoostingRegressor(max_iter=20)
    estimators = [("poisson", clone(alone)), ("boosting", boosting)]
    ensemble = TabularEnsembleRegressor(estimators[:1], cv=2, random_state=0).fit(X[TRAINING], y)
    ends = ensemble.predict_interval(X)
    assert ends.min() == 0
    for each in (alone, ensemble.named_estimators_["poisson"]):
        np.testing.assert_allclose(ensemble.predict(X), each.predict(X), rtol=1e-5)
        np.testing.assert_allclose(ends, each.predict_interval(X), rtol=1e-5)
    with all_parts():
        both = TabularEnsembleRegressor(estimators, cv=2, random_state=0).fit(X[TRAINING], y[:, 0])
    assert both.oof_score_ > 0.2
    assert both.only("poisson").predict_interval(X).min() == 0
    assert both.only("boosting").predict_interval(X).min() == 0


def test_counts_are_exact_beside_an_outlier():
    y = np.append(np.arange(8.0), 1e10)
    networks = TabularMLPRegressor(loss="poisson", cv=2)
    problem = networks._for_loss(problem_of(networks, X[:9], y))
    np.testing.assert_allclose(problem.data.Y[:, 0] * problem.targets.deviation, y, rtol=1e-6)


class WholeSquaredError(SquaredError):
    def check_targets(self, Y):
        if (Y % 1).any():
            raise ValueError("whole numbers alone")


class DoubledSquaredError(SquaredError):
    def predictions(self, raw):
        return 2 * raw


class MeanSquaredError(SquaredError):
    def of_error(self, error):
        return 0.5 * (error * error).mean(), error


UNFIT = [
    (DoubledSquaredError(), COUNTS, "defines predictions, which TabularMLPRegressor would not use"),
    (
        MeanSquaredError(),
        COUNTS,
        r"of loss=MeanSquaredError\(\) must return two arrays",
    ),
    ("poisson", COUNTS - 3, r"loss='poisson' needs targets of at least 0; got -3\. Use"),
    (SquaredError().with_output("logistic"), COUNTS, "it can use 'identity' and 'exp' alone"),
    (LogLoss(), COUNTS, "is for a classifier"),
    (HuberLoss(delta=-1), COUNTS, "'delta' parameter of HuberLoss must"),
    ("log_loss", COUNTS, "'loss' parameter of TabularMLPRegressor must be"),
    (WholeSquaredError().with_output("exp"), COUNTS + 0.5, "whole numbers alone"),
]


@pytest.mark.parametrize(("loss", "y", "message"), UNFIT)
def test_losses_that_do_not_fit(loss, y, message):
    networks = TabularMLPRegressor(loss=loss, **SMALL)
    ensemble = TabularEnsembleRegressor([("networks", networks)], cv=2)
    for estimator in (networks, ensemble):
        with pytest.raises(ValueError, match=message):
            estimator.fit(X, y)


@pytest.mark.parametrize("loss", losses_for("regressor"))
def test_equal_targets_and_targets_of_zero(loss):
    networks = TabularMLPRegressor(loss=loss, **SMALL | {"max_iter": 4})
    assert networks.__sklearn_tags__().target_tags.positive_only == (loss == "poisson")
    for value in (0.0, 7.0):
        equal = networks.fit(X[:30], np.full(30, value))
        np.testing.assert_allclose(equal.predict(X[:3]), value, atol=1e-6)
        np.testing.assert_allclose(equal.predict_interval(X[:3]), value, atol=1e-6)
