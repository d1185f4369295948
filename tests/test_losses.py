import pickle

import numpy as np
import pytest
from loss_examples import EXAMPLES, example
from scipy.special import expit, softmax, xlogy
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.linear_model import QuantileRegressor
from sklearn.metrics import (
    log_loss,
    mean_absolute_error,
    mean_pinball_loss,
    mean_poisson_deviance,
    mean_squared_error,
)
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import scale
from sklearn.utils import get_tags
from sklearn.utils._param_validation import InvalidParameterError

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.losses import (
    LOSSES,
    AbsoluteError,
    FocalLoss,
    HuberLoss,
    LogLoss,
    Loss,
    PoissonLoss,
    QuantileLoss,
    SquaredError,
    losses_for,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

every_loss = pytest.mark.parametrize("loss", EXAMPLES)
every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@every_loss
def test_gradient_equals_central_differences(loss):
    (Y, raw), h = example(loss.output), 1e-6
    for j in range(raw.shape[1]):
        step = np.zeros_like(raw)
        step[:, j] = h
        slope = (loss.value(Y, raw + step) - loss.value(Y, raw - step)) / (2 * h)
        np.testing.assert_allclose(loss.gradient(Y, raw)[:, j], slope, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("loss", [e for e in EXAMPLES if e.values[0].output == "logistic"])
def test_gradient_equals_central_differences_where_targets_lie_between_0_and_1(loss):
    (_, raw), h = example(loss.output), 1e-6
    Y = np.random.default_rng(1).random(raw.shape)
    slope = loss.value(Y[:, :1], raw[:, :1] + h) - loss.value(Y[:, :1], raw[:, :1] - h)
    np.testing.assert_allclose(loss.gradient(Y, raw)[:, 0], slope / (2 * h), rtol=1e-6, atol=1e-9)


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


@every_loss
def test_a_perfect_prediction_costs_least(loss):
    """Its loss is 0 except with label smoothing, where the entropy of the labels remains."""
    Y, raw = example(loss.output)
    least = np.zeros(len(Y))
    if getattr(loss, "label_smoothing", 0):
        Y_smooth = loss.smoothed(Y)
        raw = np.log(Y_smooth) if loss.output == "softmax" else np.log(Y_smooth / (1 - Y_smooth))
        least = -xlogy(Y_smooth, Y_smooth).sum(axis=1)
        if loss.output == "logistic":
            least -= xlogy(1 - Y_smooth, 1 - Y_smooth).sum(axis=1)
    else:
        raw = {
            "softmax": 50 * Y,
            "logistic": 100 * Y - 50,
            "identity": Y,
            "exp": np.log(np.maximum(Y, 1e-30)),
        }[loss.output]
    value, gradient = loss.value_and_gradient(Y, raw)
    np.testing.assert_allclose(value, least, atol=1e-12)
    np.testing.assert_allclose(gradient, 0, atol=1e-12)


@pytest.mark.parametrize("loss", [e for e in EXAMPLES if e.values[0].output != "exp"])
@every_dtype
def test_extreme_scores_stay_finite(loss, dtype):
    Y, raw = example(loss.output, dtype=dtype)
    value, gradient = loss.value_and_gradient(Y, np.sign(raw) * dtype(1e4))
    assert np.isfinite(value).all()
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("loss", [LogLoss(), FocalLoss(), FocalLoss(0.5), FocalLoss(0)], ids=str)
@pytest.mark.parametrize("sure", [40.0, 1e4])
def test_confident_and_wrong_costs_the_score_not_the_clipped_probability(loss, sure):
    value, gradient = loss.value_and_gradient(np.array([[1.0, 0.0]]), np.array([[0.0, sure]]))
    assert value == pytest.approx(sure)
    np.testing.assert_allclose(gradient, [[-1, 1]])
    loss = loss.with_output("logistic")
    value, gradient = loss.value_and_gradient(np.array([[1.0, 0.0]]), np.array([[-sure, sure]]))
    assert value == pytest.approx(2 * sure)
    np.testing.assert_allclose(gradient, [[-1, 1]])


@pytest.mark.parametrize("gamma", [0.1, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("output", FocalLoss.outputs)
@pytest.mark.parametrize("sure", [20.0, 40.0, 1e4])
def test_confident_and_right_teaches_nothing(gamma, output, sure):
    """Also if p rounds to 1, for every power of 1 - p."""
    loss, Y = FocalLoss(gamma).with_output(output), np.eye(2)
    value, gradient = loss.value_and_gradient(Y, sure * (2 * Y - 1))
    np.testing.assert_allclose(value, 0, atol=1e-8)
    np.testing.assert_allclose(gradient, 0, atol=1e-8)


# Hyper-parameters and the output activation.


@pytest.mark.parametrize("name", LOSSES)
def test_an_unbound_loss_has_its_own_output(name):
    loss = LOSSES[name]()
    Y, raw = example(loss.outputs[0])
    bound = loss.with_output(loss.outputs[0])
    assert loss.output == loss.outputs[0]
    np.testing.assert_array_equal(loss.gradient(Y, raw), bound.gradient(Y, raw))


@every_loss
def test_with_output_copies_the_loss_with_its_hyper_parameters(loss):
    unbound = clone(loss)
    before = dict(vars(unbound))
    for output in loss.outputs:
        bound = unbound.with_output(output)
        assert bound.output == output
        assert bound.get_params() == loss.get_params()
    assert vars(unbound) == before


def test_defaults():
    defaults = {name: LOSSES[name]().get_params() for name in LOSSES}
    assert {name: values for name, values in defaults.items() if values} == {
        "log_loss": {"label_smoothing": 0.0},
        "focal": {"gamma": 2.0},
        "huber": {"delta": 1.0},
        "quantile": {"quantile": 0.5},
    }


@every_loss
def test_losses_are_equal_to_nothing_but_themselves_and_may_be_keys(loss):
    assert loss == loss
    assert len({loss, clone(loss), clone(loss)}) == 3


@pytest.mark.parametrize("name", LOSSES)
def test_they_are_printed_as_scikit_learn_prints(name):
    """With the parameters that differ from the defaults."""
    loss = LOSSES[name]()
    assert repr(loss) == f"{type(loss).__name__}()"
    for parameter in loss.get_params():
        changed = clone(loss).set_params(**{parameter: 0.25})
        assert repr(changed) == f"{type(loss).__name__}({parameter}=0.25)"


def test_hyper_parameters_are_scikit_learn_parameters():
    loss = clone(FocalLoss(gamma=3)).set_params(gamma=1)
    assert loss.get_params() == {"gamma": 1}
    assert repr(loss) == "FocalLoss(gamma=1)"


@pytest.mark.parametrize(
    "loss",
    [
        LogLoss(label_smoothing=1),
        LogLoss(label_smoothing=-0.1),
        FocalLoss(gamma=-1),
        HuberLoss(delta=0),
        QuantileLoss(quantile=0),
        QuantileLoss(quantile=1.0),
    ],
    ids=str,
)
def test_hyper_parameters_out_of_range_are_refused(loss):
    ((name, value),) = loss.get_params().items()
    with pytest.raises(
        InvalidParameterError, match=f"'{name}' parameter of .* must be .* Got {value}"
    ):
        loss._validate_params()


# Values.


def test_losses_are_those_of_scikit_learn_s_metrics():
    Y, raw = example("softmax")
    value = LogLoss().value(Y, raw).mean()
    assert value == pytest.approx(log_loss(Y.argmax(axis=1), softmax(raw, axis=1)))

    Y, raw = example("logistic", n_samples=30, n_outputs=1)
    value = LogLoss().with_output("logistic").value(Y, raw).mean()
    assert value == pytest.approx(log_loss(Y.ravel(), expit(raw.ravel())))

    Y, raw = example("identity")
    n_outputs = Y.shape[1]
    metrics = {
        SquaredError(): mean_squared_error(Y, raw) / 2,
        AbsoluteError(): mean_absolute_error(Y, raw),
        QuantileLoss(0.9): mean_pinball_loss(Y, raw, alpha=0.9),
    }
    for loss, metric in metrics.items():
        assert loss.value(Y, raw).mean() == pytest.approx(metric * n_outputs)

    Y, raw = example("exp", n_outputs=1)
    value = PoissonLoss().value(Y, raw).mean()
    assert value == pytest.approx(mean_poisson_deviance(Y.ravel(), np.exp(raw).ravel()) / 2)


@pytest.mark.parametrize("output", LogLoss.outputs)
def test_focal_without_gamma_is_the_log_loss(output):
    Y, raw = example(output, n_samples=50)
    expected = LogLoss().with_output(output).value_and_gradient(Y, raw)
    for ours, theirs in zip(
        FocalLoss(gamma=0).with_output(output).value_and_gradient(Y, raw), expected, strict=True
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("output", FocalLoss.outputs)
def test_focal_counts_easy_samples_for_less(output):
    """The factor is (1 - p)^gamma: 0.01 at p = 0.9, and 1/4 of the log-loss at p = 1/2."""
    p = np.array([0.9, 0.5, 0.1])
    log_odds = np.log(p / (1 - p))[:, np.newaxis]
    raw = np.hstack([log_odds, 0 * log_odds]) if output == "softmax" else log_odds
    Y = np.zeros_like(raw)
    Y[:, 0] = 1
    ratio = FocalLoss(2).with_output(output).value(Y, raw) / LogLoss().with_output(output).value(
        Y, raw
    )
    np.testing.assert_allclose(ratio, [0.01, 0.25, 0.81])


def test_smoothed_labels():
    smoothing = LogLoss(label_smoothing=0.3)
    Y = np.array([[1.0, 0.0, 0.0]])
    np.testing.assert_allclose(smoothing.smoothed(Y), [[0.8, 0.1, 0.1]])
    np.testing.assert_allclose(smoothing.with_output("logistic").smoothed(Y), [[0.85, 0.15, 0.15]])


def test_huber_is_squared_for_small_errors_and_absolute_for_large_ones():
    Y, raw = example("identity")
    ours, squared = HuberLoss(1e6).value_and_gradient(Y, raw), SquaredError()
    np.testing.assert_allclose(ours[0], squared.value(Y, raw), rtol=1e-12)
    np.testing.assert_array_equal(ours[1], squared.gradient(Y, raw))
    # Beyond delta: delta (|e| - delta / 2), here 0.5 (4 - 0.25) and 0.5 (1 - 0.25).
    value, gradient = HuberLoss(0.5).value_and_gradient(np.zeros((1, 2)), np.array([[-4.0, 1.0]]))
    assert value == pytest.approx(0.5 * 3.75 + 0.5 * 0.75)
    np.testing.assert_array_equal(gradient, [[-0.5, 0.5]])


@pytest.mark.parametrize("output", QuantileLoss.outputs)
def test_the_loss_of_the_median_is_half_the_absolute_error(output):
    Y, raw = example(output)
    median, absolute = QuantileLoss(0.5), AbsoluteError()
    for ours, twice in zip(
        median.with_output(output).value_and_gradient(Y, raw),
        absolute.with_output(output).value_and_gradient(Y, raw),
        strict=True,
    ):
        np.testing.assert_allclose(2 * ours, twice, rtol=1e-15)


# In the estimators.

ESTIMATORS = {"classifier": ScratchMLPClassifier, "regressor": ScratchMLPRegressor}
TRAINABLE = [(kind, name) for kind in ESTIMATORS for name in losses_for(kind)]
SMALL = {"hidden_layer_sizes": (5,), "max_iter": 10, "random_state": 0}
X_IRIS, Y_IRIS = load_iris(return_X_y=True)
X_IRIS = scale(X_IRIS)


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


def test_a_fitted_estimator_keeps_its_loss():
    given = HuberLoss(delta=3.0)
    estimator = ScratchMLPRegressor(loss=given, **SMALL).fit(X_IRIS, Y_IRIS)
    given.delta = 0.1
    kept = pickle.loads(pickle.dumps(estimator))._loss
    assert (type(kept), kept.delta, kept.output) == (HuberLoss, 3.0, estimator.out_activation_)


@pytest.mark.parametrize(
    ("kind", "loss", "grid"),
    [
        ("classifier", FocalLoss(), {"loss__gamma": [0.0, 4.0]}),
        ("classifier", LogLoss(), {"loss__label_smoothing": [0.0, 0.5]}),
        ("regressor", HuberLoss(), {"loss__delta": [0.01, 1.0]}),
        ("regressor", QuantileLoss(), {"loss__quantile": np.array([0.1, 0.5])}),
    ],
)
def test_a_loss_object_s_parameters_can_be_searched(kind, loss, grid):
    estimator = ESTIMATORS[kind](loss=loss, **SMALL)
    search = GridSearchCV(estimator, grid, cv=3).fit(X_IRIS, Y_IRIS)
    ((name, values),) = grid.items()
    assert search.best_estimator_.get_params()[name] == search.best_params_[name]
    thetas = [
        clone(estimator).set_params(**{name: value}).fit(X_IRIS, Y_IRIS).theta_ for value in values
    ]
    assert not np.array_equal(*thetas)


@pytest.mark.parametrize(
    ("kind", "loss", "message"),
    [
        (
            "classifier",
            HuberLoss(),
            r"loss=HuberLoss\(\) is for a regressor, but ScratchMLPClassifier is a classifier\. "
            r"Choose one of 'log_loss', 'squared_error', 'focal'",
        ),
        ("regressor", FocalLoss(), r"FocalLoss\(\) is for a classifier.*one of 'squared_error'"),
        ("classifier", FocalLoss(gamma=-1), "'gamma' parameter of FocalLoss must be .* Got -1"),
        ("regressor", QuantileLoss(1.5), "'quantile' parameter of QuantileLoss must be .* Got 1.5"),
        ("classifier", LogLoss, "'loss' parameter of ScratchMLPClassifier must be"),
    ],
)
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_losses_that_cannot_be_trained_with_are_refused(kind, loss, message, method):
    estimator = ESTIMATORS[kind](**SMALL).fit(X_IRIS, Y_IRIS).set_params(loss=loss)
    before = pickle.dumps(vars(estimator))
    with pytest.raises(ValueError, match=message):
        getattr(estimator, method)(X_IRIS, Y_IRIS)
    assert pickle.dumps(vars(estimator)) == before


@pytest.mark.parametrize(
    ("kind", "loss", "output"),
    [
        ("classifier", FocalLoss(), "identity"),
        ("regressor", HuberLoss(), "softmax"),
        ("regressor", PoissonLoss(), "logistic"),
    ],
)
def test_a_loss_object_refuses_an_output_activation_that_it_cannot_have(kind, loss, output):
    outputs = ", ".join(loss.outputs)
    name = type(loss).__name__
    with pytest.raises(
        ValueError, match=rf"loss={name}\(\) supports .*: {outputs}; got .*{output}"
    ):
        ESTIMATORS[kind](loss=loss, output_activation=output).fit(X_IRIS, Y_IRIS)


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


@pytest.mark.parametrize("kind", ESTIMATORS)
@pytest.mark.parametrize("outputs", [None, (), "identity", ("identity", "swish")])
def test_a_loss_must_name_its_outputs(kind, outputs):
    loss = LogCosh()
    loss.outputs = outputs
    known = "'identity', 'logistic', 'softmax', 'exp'"
    with pytest.raises(ValueError, match=rf"loss=LogCosh\(\) .* out of {known}; got .*\. Write"):
        ESTIMATORS[kind](loss=loss, **SMALL).fit(X_IRIS, Y_IRIS)


def test_a_loss_without_outputs_is_refused():
    class Nameless(Loss):
        def value_and_gradient(self, Y, raw): ...

    with pytest.raises(ValueError, match="got None"):
        ScratchMLPRegressor(loss=Nameless()).fit(X_IRIS, Y_IRIS)


class LogCosh(Loss):
    """A user's loss, for both estimators."""

    outputs = ("identity",)

    def __init__(self, scale=1.0):
        self.scale = scale

    def value_and_gradient(self, Y, raw):
        e = (raw - Y) / self.scale
        return (np.logaddexp(e, -e) - np.log(2)).sum(axis=1), np.tanh(e) / self.scale


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_a_loss_of_the_user_s_own(kind):
    estimator = ESTIMATORS[kind](loss=LogCosh(), **SMALL).set_params(solver="lbfgs", max_iter=200)
    assert estimator.set_params(loss__scale=0.5).fit(X_IRIS, Y_IRIS).score(X_IRIS, Y_IRIS) > 0.95
    assert clone(estimator).loss.scale == 0.5
    assert estimator.out_activation_ == "identity"
    assert not hasattr(estimator, "predict_proba")


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize(
    ("kind", "special", "general"),
    [
        ("classifier", LogLoss(), FocalLoss(gamma=0)),
        ("classifier", LogLoss(), LogLoss(label_smoothing=1e-15)),
        ("regressor", SquaredError(), HuberLoss(delta=1e6)),
    ],
)
def test_whole_fits_are_equal_where_losses_are(kind, special, general, solver):
    thetas = [
        ESTIMATORS[kind](loss=loss, solver=solver, **SMALL).fit(X_IRIS, Y_IRIS).theta_
        for loss in (special, general)
    ]
    np.testing.assert_allclose(*thetas, rtol=0, atol=1e-9 * np.abs(thetas[0]).max())


def test_smoothed_labels_keep_probabilities_away_from_0_and_1():
    """The probabilities tend to 1 - ε + ε / K and ε / K, here 0.9 and 0.05."""
    settings = {**SMALL, "hidden_layer_sizes": (20,), "solver": "lbfgs", "max_iter": 300}
    rows = Y_IRIS != 1
    X, y = X_IRIS[rows], Y_IRIS[rows]
    smooth, sharp = (
        ScratchMLPClassifier(loss=LogLoss(label_smoothing=e), alpha=0.0, **settings)
        .fit(X, y)
        .predict_proba(X)
        for e in (0.2, 0.0)
    )
    np.testing.assert_allclose(smooth.max(axis=1), 0.9, atol=0.02)
    assert sharp.max(axis=1).min() > 0.98


def test_focal_keeps_probabilities_moderate():
    settings = {**SMALL, "hidden_layer_sizes": (), "solver": "lbfgs", "max_iter": 200}
    focal, plain = (
        ScratchMLPClassifier(loss=loss, **settings).fit(X_IRIS, Y_IRIS).predict_proba(X_IRIS)
        for loss in ("focal", "log_loss")
    )
    assert focal.max(axis=1).mean() < plain.max(axis=1).mean() - 0.02


def heteroscedastic(n_rows, rng):
    X = rng.uniform(-2, 2, size=(n_rows, 1))
    return X, np.sin(2 * X[:, 0]) + (0.2 + 0.3 * np.abs(X[:, 0])) * rng.standard_normal(n_rows)


@pytest.mark.parametrize("quantile", [0.1, 0.9])
def test_a_quantile_covers_its_share_of_new_targets(quantile):
    """On all rows, and on either half, where the noise is small or large."""
    rng = np.random.default_rng(0)
    X, y = heteroscedastic(8000, rng)
    X_new, y_new = heteroscedastic(8000, rng)
    regressor = ScratchMLPRegressor(
        loss=QuantileLoss(quantile),
        hidden_layer_sizes=(30,),
        batch_size=1000,
        learning_rate_init=0.002,
        n_iter_no_change=20,
        random_state=0,
    ).fit(X, y)
    covered, quiet = y_new <= regressor.predict(X_new), np.abs(X_new[:, 0]) < 1
    for share in (covered.mean(), covered[quiet].mean(), covered[~quiet].mean()):
        assert share == pytest.approx(quantile, abs=0.03)


def test_a_linear_quantile_is_scikit_learn_s():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((200, 3))
    y = X @ [1.0, -2.0, 0.5] + rng.standard_t(3, size=200)
    network = ScratchMLPRegressor(
        loss=QuantileLoss(0.8), hidden_layer_sizes=(), alpha=0.0, random_state=0
    ).set_params(solver="lbfgs", max_iter=1000, tol=1e-8)
    ours, theirs = (
        mean_pinball_loss(y, model.fit(X, y).predict(X), alpha=0.8)
        for model in (network, QuantileRegressor(quantile=0.8, alpha=0.0))
    )
    assert ours == pytest.approx(theirs, rel=1e-4)


@pytest.mark.parametrize("loss", ["absolute_error", "huber", "quantile"])
def test_outliers_pull_little(loss):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((300, 2))
    y = X @ [1.0, -2.0] + 0.1 * rng.standard_normal(300)
    y[:15] += 100
    settings = {"hidden_layer_sizes": (), "alpha": 0.0, "solver": "lbfgs", "random_state": 0}
    robust, squared = (
        ScratchMLPRegressor(loss=name, **settings).fit(X, y) for name in (loss, "squared_error")
    )
    clean = slice(15, None)
    assert mean_absolute_error(y[clean], robust.predict(X[clean])) < 0.2
    assert mean_absolute_error(y[clean], squared.predict(X[clean])) > 1


def test_robust_losses_learn_shares_with_logistic_outputs():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((200, 2))
    y = expit(3 * X[:, 0])
    for loss in ("absolute_error", "huber", "quantile"):
        regressor = ScratchMLPRegressor(loss=loss, output_activation="logistic", **SMALL)
        regressor.set_params(solver="lbfgs", max_iter=200).fit(X, y)
        assert regressor.score(X, y) > 0.98
        assert regressor.predict(10 * X).max() <= 1


class Band(Loss):
    """Two raw scores for each target, centre and half-width, and targets of at least 2."""

    outputs = ("identity",)
    estimator_types = ("regressor",)

    def n_raw(self, n_targets):
        return 2 * n_targets

    @property
    def target_range(self):
        return 2.0, np.inf

    def predictions(self, raw, out=None):
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
