import re

import numpy as np
import pytest
from scipy.special import xlogy
from sklearn import metrics
from sklearn.base import clone
from sklearn.utils import get_tags

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.losses import (
    AbsoluteError,
    FocalLoss,
    HuberLoss,
    LogLoss,
    Loss,
    QuantileLoss,
    SquaredError,
    losses_for,
)
from tests.helpers.estimator_examples import X_IRIS, Y_IRIS, fails
from tests.helpers.loss_examples import EXAMPLES, LOSSES, OTHERS, example

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

every_loss = pytest.mark.parametrize("loss", EXAMPLES)
every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])
BOUNDED = [each for each in EXAMPLES if each.values[0].output != "exp"]


def assert_gradient_is_central_difference(loss, Y, raw, h=1e-6):
    for j in range(raw.shape[1]):
        step = np.zeros_like(raw)
        step[:, j] = h
        slope = (loss.value(Y, raw + step) - loss.value(Y, raw - step)) / (2 * h)
        np.testing.assert_allclose(loss.gradient(Y, raw)[:, j], slope, rtol=1e-6, atol=1e-9)


def assert_same(ours, theirs, **tolerance):
    """Compare two values and two gradients."""
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, **tolerance)


@every_loss
def test_gradient_equals_central_differences(loss):
    Y, raw = example(loss.output)
    assert_gradient_is_central_difference(loss, Y, raw)
    if loss.output == "logistic":  # targets may lie between 0 and 1
        assert_gradient_is_central_difference(loss, np.abs(Y - 0.3), raw)


@every_loss
@every_dtype
def test_shapes_and_dtype_are_kept_and_arguments_unchanged(loss, dtype):
    Y, raw = example(loss.output, dtype=dtype)
    # NumPy scalars, as a grid search over an array gives them, must not promote float32.
    loss = loss.with_output(loss.output)
    loss.set_params(**{name: np.float64(value) for name, value in loss.get_params().items()})
    before = Y.copy(), raw.copy()
    value, gradient = loss.value_and_gradient(Y, raw)
    assert value.shape == (len(raw),)
    assert gradient.shape == loss.predictions(raw).shape == raw.shape
    assert value.dtype == gradient.dtype == loss.predictions(raw).dtype == dtype
    np.testing.assert_array_equal(Y, before[0])
    np.testing.assert_array_equal(raw, before[1])


@pytest.mark.parametrize("loss", BOUNDED)
@every_dtype
def test_extreme_scores_stay_finite(loss, dtype):
    Y, raw = example(loss.output, dtype=dtype)
    value, gradient = loss.value_and_gradient(Y, np.sign(raw) * dtype(1e4))
    assert np.isfinite(value).all()
    assert np.isfinite(gradient).all()


# Values.

#: The loss of each output by its target y and prediction p, which are summed over the outputs.
FORMULAS = {
    "log_loss": lambda y, p: -y * np.log(p),
    "squared_error": lambda y, p: (p - y) ** 2 / 2,
    "poisson": lambda y, p: p - y + xlogy(y, y / p),
    "focal": lambda y, p: -y * (1 - p) ** 2 * np.log(p),
    "absolute_error": lambda y, p: abs(p - y),
    "huber": lambda y, p: np.where(abs(p - y) < 1, (p - y) ** 2 / 2, abs(p - y) - 0.5),
    "quantile": lambda y, p: abs(p - y) / 2,
    "log_cosh": lambda y, p: np.log(np.cosh(p - y)),
}


@pytest.mark.parametrize("name", LOSSES)
def test_values(name):
    loss = LOSSES[name]()
    loss = loss.with_output(loss.outputs[0])
    Y, raw = example(loss.output)
    terms = FORMULAS[name](Y, loss.predictions(raw))
    np.testing.assert_allclose(loss.value(Y, raw), terms.sum(axis=1), rtol=1e-12)


def test_defaults():
    defaults = {name: LOSSES[name]().get_params() for name in LOSSES}
    assert {name: values for name, values in defaults.items() if values} == {
        "log_loss": {"label_smoothing": 0.0},
        "focal": {"gamma": 2.0},
        "huber": {"delta": 1.0},
        "quantile": {"quantile": 0.5},
    }


def test_every_hyper_parameter_has_another_value_in_the_examples():
    for cls in LOSSES.values():
        for name, default in cls().get_params().items():
            assert [each for each in OTHERS if type(each) is cls and getattr(each, name) != default]


def test_absolute_errors_are_those_of_scikit_learn_s_metrics():
    """Log-loss, squared error and Poisson loss are compared in test_parity.py."""
    Y, raw = example("identity")
    absolute = metrics.mean_absolute_error(Y, raw)
    pinball = metrics.mean_pinball_loss(Y, raw, alpha=0.9)
    for loss, mean in ((AbsoluteError(), absolute), (QuantileLoss(0.9), pinball)):
        assert loss.value(Y, raw).mean() == pytest.approx(mean * Y.shape[1])


@pytest.mark.parametrize("loss", [LogLoss(), FocalLoss(), FocalLoss(0.5), FocalLoss(0)], ids=str)
@pytest.mark.parametrize("sure", [40.0, 1e4])
def test_confident_and_wrong_costs_the_score_not_the_clipped_probability(loss, sure):
    Y = np.array([[1.0, 0.0]])
    value, gradient = loss.value_and_gradient(Y, np.array([[0.0, sure]]))
    assert value == pytest.approx(sure)
    np.testing.assert_allclose(gradient, [[-1, 1]])
    value, gradient = loss.with_output("logistic").value_and_gradient(Y, sure * (1 - 2 * Y))
    assert value == pytest.approx(2 * sure)
    np.testing.assert_allclose(gradient, [[-1, 1]])


@pytest.mark.parametrize("gamma", [0.1, 1.0, 2.0])
@pytest.mark.parametrize("output", FocalLoss.outputs)
@pytest.mark.parametrize("sure", [20.0, 1e4])
def test_confident_and_right_teaches_nothing(gamma, output, sure):
    """Also if p rounds to 1, for every power of 1 - p."""
    loss, Y = FocalLoss(gamma).with_output(output), np.eye(2)
    value, gradient = loss.value_and_gradient(Y, sure * (2 * Y - 1))
    np.testing.assert_allclose(value, 0, atol=1e-8)
    np.testing.assert_allclose(gradient, 0, atol=1e-8)


@pytest.mark.parametrize("gamma", [0, 0.5, 2])
@pytest.mark.parametrize("output", FocalLoss.outputs)
def test_focal_counts_easy_samples_for_less_than_the_log_loss(output, gamma):
    p = np.array([0.9, 0.5, 0.1])
    log_odds = np.log(p / (1 - p))[:, np.newaxis]
    raw = np.hstack([log_odds, 0 * log_odds]) if output == "softmax" else log_odds
    Y = np.zeros_like(raw)
    Y[:, 0] = 1
    losses = FocalLoss(gamma), LogLoss()
    focal, plain = (loss.with_output(output).value(Y, raw) for loss in losses)
    np.testing.assert_allclose(focal / plain, (1 - p) ** gamma)


@pytest.mark.parametrize(
    ("output", "smoothed"), [("softmax", [[0.8, 0.1, 0.1]]), ("logistic", [[0.85, 0.15, 0.15]])]
)
def test_label_smoothing_is_the_log_loss_of_smoothed_targets(output, smoothed):
    Y, raw = np.array([[1.0, 0.0, 0.0]]), np.array([[0.2, -1.0, 3.0]])
    smoothing, plain = (loss.with_output(output) for loss in (LogLoss(0.3), LogLoss()))
    np.testing.assert_allclose(smoothing.smoothed(Y), smoothed)
    expected = plain.value_and_gradient(np.array(smoothed), raw)
    assert_same(smoothing.value_and_gradient(Y, raw), expected, rtol=1e-12)


def test_huber_is_squared_for_small_errors_and_absolute_for_large_ones():
    Y, raw = example("identity")
    expected = SquaredError().value_and_gradient(Y, raw)
    assert_same(HuberLoss(1e6).value_and_gradient(Y, raw), expected, rtol=1e-12)
    # Beyond delta: delta (|e| - delta / 2), here 0.5 (4 - 0.25) and 0.5 (1 - 0.25).
    value, gradient = HuberLoss(0.5).value_and_gradient(np.zeros((1, 2)), np.array([[-4.0, 1.0]]))
    assert value == pytest.approx(0.5 * 3.75 + 0.5 * 0.75)
    np.testing.assert_array_equal(gradient, [[-0.5, 0.5]])


# In the estimators.

ESTIMATORS = {"classifier": ScratchMLPClassifier, "regressor": ScratchMLPRegressor}
TRAINABLE = [(kind, name) for kind in ESTIMATORS for name in losses_for(kind)]
SMALL = {"hidden_layer_sizes": (5,), "max_iter": 10, "random_state": 0}


@pytest.mark.parametrize(("kind", "name"), TRAINABLE)
def test_a_loss_object_is_what_its_name_is(kind, name):
    named = ESTIMATORS[kind](loss=name, **SMALL).fit(X_IRIS, Y_IRIS)
    loss = LOSSES[name]()
    given = ESTIMATORS[kind](loss=loss, **SMALL).fit(X_IRIS, Y_IRIS)
    np.testing.assert_array_equal(given.theta_, named.theta_)
    assert given.loss is loss
    assert vars(loss) == vars(LOSSES[name]())
    assert given.out_activation_ == named.out_activation_
    given_tags, named_tags = get_tags(given).target_tags, get_tags(named).target_tags
    assert given_tags.positive_only == named_tags.positive_only == (name == "poisson")


def test_the_loss_of_the_fit_predicts():
    estimator = ScratchMLPRegressor(loss="poisson", **SMALL).fit(X_IRIS, Y_IRIS)
    expected = estimator.predict(X_IRIS)
    estimator.set_params(loss="squared_error")
    np.testing.assert_array_equal(estimator.predict(X_IRIS), expected)


@pytest.mark.parametrize("copied", [lambda estimator: estimator, clone])
def test_a_loss_keeps_the_output_activation_that_it_was_given(copied):
    loss = SquaredError().with_output("logistic")
    estimator = ScratchMLPRegressor(loss=loss, **SMALL)
    assert copied(estimator).fit(X_IRIS, Y_IRIS / 2).out_activation_ == "logistic"
    assert copied(ScratchMLPClassifier(loss=loss, **SMALL)).fit(X_IRIS, Y_IRIS).out_activation_ == (
        "logistic"
    )
    estimator.set_params(output_activation="identity").fit(X_IRIS, Y_IRIS)
    assert estimator.out_activation_ == "identity"


class Band(Loss):
    """Two raw scores for each target, centre and half-width, and targets of at least 2."""

    outputs = ("identity",)
    estimator_types = ("regressor",)

    def n_raw(self, n_targets):
        return 2 * n_targets

    @property
    def target_range(self):
        return 2.0, np.inf

    def predictions(self, raw):
        return raw[:, ::2].copy()

    def value_and_gradient(self, Y, raw):
        error = raw[:, ::2] - Y
        gradient = np.zeros_like(raw)
        gradient[:, ::2] = error
        return 0.5 * (error * error).sum(axis=1), gradient


def test_a_loss_decides_on_raw_scores_targets_and_predictions():
    y = 2 + np.abs(X_IRIS[:, 0])
    regressor = ScratchMLPRegressor(loss=Band(), **SMALL).fit(X_IRIS, y)
    assert regressor.n_outputs_ == 2
    assert regressor.predict(X_IRIS).shape == (150,)
    assert regressor.__sklearn_tags__().target_tags.positive_only
    with pytest.raises(ValueError, match="from 2 to inf, but y goes from"):
        regressor.fit(X_IRIS, y - 2)


class Nameless(Loss):
    def value_and_gradient(self, Y, raw): ...


class Misnamed(Nameless):
    outputs = ("exp", "swish")


UNKNOWN = "out of 'identity', 'logistic', 'softmax', 'exp'; got {}"
NO_CLASSIFIER = "loss=HuberLoss() is for a regressor, but ScratchMLPClassifier is a classifier. "
NO_CLASSIFIER += "Choose one of 'log_loss', 'squared_error', 'focal'"


REFUSED = [
    ("classifier", HuberLoss(), NO_CLASSIFIER),
    ("regressor", FocalLoss(), "FocalLoss() is for a classifier"),
    ("classifier", LogLoss, "'loss' parameter of ScratchMLPClassifier must be"),
    ("classifier", Nameless(), UNKNOWN.format("None. Write")),
    ("regressor", Misnamed(), UNKNOWN.format("('exp', 'swish')")),
]


@pytest.mark.parametrize(("kind", "loss", "message"), REFUSED)
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_losses_that_cannot_be_trained_with_are_refused(kind, loss, message, method):
    estimator = ESTIMATORS[kind](**SMALL).fit(X_IRIS, Y_IRIS).set_params(loss=loss)
    with fails(estimator, ValueError, re.escape(message)):
        getattr(estimator, method)(X_IRIS, Y_IRIS)
