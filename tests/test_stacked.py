"""Networks that train together are those that train one by one."""

import copy
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scratchmlp import DivergenceError, ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.activations import ACTIVATIONS
from scratchmlp.estimators.in_memory import prepare
from scratchmlp.losses import HuberLoss, LogLoss
from scratchmlp.optimizers import OPTIMIZERS, SGD, Adam
from scratchmlp.schedules import SCHEDULES
from scratchmlp.stacked import stackable, train_together

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(0)
X = RNG.standard_normal((47, 4))
WEIGHT = RNG.integers(1, 4, 47).astype(float)
SCORES = X @ RNG.standard_normal((4, 3)) + 0.1 * RNG.standard_normal((47, 3))
TARGETS = {
    "binary": (SCORES[:, 0] > 0).astype(int),
    "multiclass": SCORES.argmax(axis=1),
    "multilabel": (SCORES > 0).astype(int),
    "number": SCORES[:, 0],
    "numbers": SCORES,
    "counts": np.abs(SCORES[:, 0]).round(),
}
SMALL = {"hidden_layer_sizes": 5, "max_iter": 6, "batch_size": 20}

CASES = {
    **{f"solver {name}": ("multiclass", {"solver": name}) for name in OPTIMIZERS},
    **{f"activation {name}": ("multiclass", {"activation": name}) for name in ACTIVATIONS},
    **{f"rate {name}": ("number", {"solver": "sgd", "learning_rate": name}) for name in SCHEDULES},
    **{f"target {name}": (name, {}) for name in ("binary", "multilabel", "numbers")},
    "plain descent": ("multiclass", {"solver": SGD(momentum=0.0)}),
    "momentum": ("multiclass", {"solver": SGD(nesterov=False)}),
    "decay": ("multiclass", {"solver": Adam(weight_decay=0.3)}),
    "clipping": ("number", {"solver": Adam(max_grad_norm=0.5)}),
    "adaptive": ("binary", {"solver": "sgd", "learning_rate": "adaptive", "n_iter_no_change": 1}),
    "callable": ("binary", {"learning_rate": lambda progress: 1 / (1 + progress.epoch)}),
    "smoothing": ("multiclass", {"loss": LogLoss(label_smoothing=0.2)}),
    "squared error of classes": ("multiclass", {"loss": "squared_error"}),
    "huber": ("numbers", {"loss": HuberLoss(delta=0.3)}),
    "poisson": ("counts", {"loss": "poisson"}),
    "early stopping": ("multiclass", {"early_stopping": True, "n_iter_no_change": 1}),
    "early stopping by a scorer": ("binary", {"early_stopping": True, "scoring": "roc_auc"}),
    "stops": ("number", {"tol": 10.0, "n_iter_no_change": 2}),
    "full batch": ("multiclass", {"batch_size": "full"}),
    "deep": ("number", {"hidden_layer_sizes": (4, 3), "activation": ("tanh", "relu")}),
    "not shuffled, no biases": ("number", {"shuffle": False, "fit_intercept": False}),
    "no hidden layer": ("multiclass", {"hidden_layer_sizes": ()}),
    "class weights": ("binary", {"class_weight": "balanced"}),
}


def network(target, **parameters):
    is_class = TARGETS[target].dtype.kind == "i"
    return (ScratchMLPClassifier if is_class else ScratchMLPRegressor)(**SMALL | parameters)


def fit_together(networks, y, dtype=np.float64, weight=None):
    """Fit networks in one stack. Return the errors of those that diverge."""
    rows = [prepare(each, X.astype(dtype), y, weight) for each in networks]
    for each, prepared in zip(networks, rows, strict=True):
        each._describe(prepared)
    trainings = [
        stackable(each._training(prepared)) for each, prepared in zip(networks, rows, strict=True)
    ]
    assert len({training.key for training in trainings}) == 1
    for training in trainings:
        training.monitor.rescore_best(training.run)  # some go on with their training
    errors = train_together(trainings)
    for each, prepared, training, error in zip(networks, rows, trainings, errors, strict=True):
        if error is None:
            each._keep(prepared, training)
    return errors


def assert_same(together, alone, rtol=1e-9):
    np.testing.assert_allclose(together.theta_, alone.theta_, rtol=rtol, atol=rtol)
    assert together.history_.keys() == alone.history_.keys()
    for name in together.history_.keys() - {"seconds"}:
        np.testing.assert_allclose(together.history_[name], alone.history_[name], rtol, rtol)
    for name in ("n_iter_", "best_epoch_", "stop_reason_", "t_"):
        assert getattr(together, name) == getattr(alone, name)
    ours, theirs = (each._run["optimizer_state"] for each in (together, alone))
    assert ours.keys() == theirs.keys()
    for name, value in theirs.items():
        np.testing.assert_allclose(ours[name], value, rtol, rtol)


def assert_each_is_the_one_alone(target, settings):
    y = TARGETS[target]
    together = [network(target, **each) for each in settings]
    assert fit_together(together, y) == [None] * len(settings)
    for one, parameters in zip(together, settings, strict=True):
        assert_same(one, network(target, **parameters).fit(X, y))
    return together


@pytest.mark.parametrize("name", CASES)
def test_each_network_is_the_one_that_trains_alone(name):
    target, parameters = CASES[name]
    differing = [
        {"random_state": 0},
        {"random_state": 1, "learning_rate_init": 0.02, "momentum": 0.5, "beta_1": 0.5},
        {"random_state": 2, "alpha": 0.3, "beta_2": 0.9, "epsilon": 1e-3},
        {"random_state": 0, "max_iter": 3},
    ]
    assert_each_is_the_one_alone(target, [parameters | each for each in differing])


def test_each_network_has_its_own_optimizer():
    solvers = [*OPTIMIZERS, SGD(momentum=0.0), Adam(weight_decay=0.3, max_grad_norm=0.5)]
    assert_each_is_the_one_alone("multiclass", [{"solver": s, "random_state": 0} for s in solvers])


@pytest.mark.parametrize("target", ["multiclass", "numbers"])
def test_float32_and_weights(target):
    y, weight = TARGETS[target], WEIGHT.astype(np.float32)
    together = [network(target, random_state=seed) for seed in range(3)]
    fit_together(together, y, np.float32, weight)
    for seed, each in enumerate(together):
        alone = network(target, random_state=seed).fit(X.astype(np.float32), y, weight)
        assert each.theta_.dtype == np.float32
        assert_same(each, alone, rtol=1e-4)


def test_a_network_that_diverges_leaves_the_others_alone():
    y = TARGETS["number"]
    parameters = {"solver": "sgd", "random_state": 0, "max_iter": 20}
    rates = [1e-3, 1e3, 1e-4]
    together = [network("number", learning_rate_init=rate, **parameters) for rate in rates]
    errors = fit_together(together, y)
    with pytest.raises(DivergenceError) as error:
        network("number", learning_rate_init=1e3, **parameters).fit(X, y)
    assert [str(each) if each else None for each in errors] == [None, str(error.value), None]
    assert_same(together[2], network("number", learning_rate_init=1e-4, **parameters).fit(X, y))


def test_a_network_that_diverges_after_its_best_epoch():
    parameters = {"solver": "sgd", "random_state": 0, "max_iter": 30, "early_stopping": True}
    settings = [parameters | {"learning_rate_init": rate} for rate in (0.45, 0.01, 0.02)]
    first, *_ = assert_each_is_the_one_alone("number", settings)
    assert "are kept" in first.stop_reason_


def test_a_schedule_that_fails_ends_the_training_of_its_network_only():
    y = TARGETS["number"]

    def failing(progress):
        return 1 / (2 - progress.epoch)

    rates = ["constant", failing, failing, "constant"]
    together = [network("number", learning_rate=each, random_state=0) for each in rates]
    first, *failed, last = fit_together(together, y)
    assert first is last is None
    assert [type(each) for each in failed] == [ZeroDivisionError] * 2
    assert_same(together[3], network("number", random_state=0).fit(X, y))
    assert all(fit_together([network("number", learning_rate=failing)] * 2, y))  # none is left


def test_training_can_go_on_alone_or_together():
    y, other = TARGETS["number"], -TARGETS["number"]
    settings = {"solver": "sgd", "learning_rate": "adaptive", "tol": 10.0, "n_iter_no_change": 1}
    settings |= {"early_stopping": True, "warm_start": True}
    together = [network("number", **settings, random_state=seed) for seed in range(3)]
    alone = network("number", **settings, random_state=1).fit(X, y)
    fit_together(together, y)
    assert_same(copy.deepcopy(together[1]).fit(X, y), copy.deepcopy(alone).fit(X, y))
    for rate in ("constant", "adaptive"):
        for each in (*together, alone):
            each.set_params(learning_rate=rate)
        fit_together(together, other)
        assert_same(together[1], alone.fit(X, other))


@pytest.mark.random
@settings(max_examples=15 * settings.default.max_examples // 100)
@given(
    target=st.sampled_from(sorted(TARGETS.keys() - {"counts"})),
    solver=st.sampled_from(sorted(OPTIMIZERS)),
    activation=st.sampled_from(sorted(ACTIVATIONS)),
    early_stopping=st.booleans(),
    learning_rate=st.sampled_from(["adaptive", *sorted(SCHEDULES)]),
    batch_size=st.integers(1, 60),
    sizes=st.lists(st.integers(1, 6), max_size=3).map(tuple),
    seeds=st.lists(st.integers(0, 99), min_size=1, max_size=4),
)
def test_any_networks(target, seeds, sizes, **parameters):
    with warnings.catch_warnings(action="ignore"):  # batch_size is clipped
        parameters |= {"hidden_layer_sizes": sizes, "max_iter": 3}
        assert_each_is_the_one_alone(target, [parameters | {"random_state": s} for s in seeds])
