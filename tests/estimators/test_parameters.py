"""Parameters of the estimators: order, defaults, invalid values and effects."""

import inspect

import numpy as np
import pytest
from estimator_examples import SMALL, X_IRIS, Y_IRIS
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier, MLPRegressor

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.activations import ACTIVATIONS, Tanh
from scratchmlp.initializers import he_uniform
from scratchmlp.optimizers import OPTIMIZERS, SGD, Adam
from scratchmlp.schedules import Cosine

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

PAIRS = [(ScratchMLPClassifier, MLPClassifier), (ScratchMLPRegressor, MLPRegressor)]


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_scikit_learn_s_parameters_come_first_with_their_order_and_defaults(ours, theirs):
    mine = inspect.signature(ours).parameters
    reference = inspect.signature(theirs).parameters
    assert list(mine)[: len(reference)] == list(reference)
    for name, parameter in reference.items():
        assert mine[name].default == parameter.default
        assert mine[name].kind == parameter.kind
    new = list(mine)[len(reference) :]
    expected = ["output_activation", "fit_intercept", "weight_init"]
    if ours is ScratchMLPClassifier:
        expected = ["loss", *expected, "class_weight"]
    assert new == [*expected, "dropout", "scoring"]
    assert all(mine[name].kind is inspect.Parameter.KEYWORD_ONLY for name in new)


@pytest.mark.parametrize(
    ("name", "value", "fragments"),
    [
        ("activation", "swish", ["'activation' parameter", "'relu'", "'tanh'", "Got 'swish'"]),
        ("activation", ("relu", "swish"), ["'activation' parameter", "'relu'", "Got 'swish'"]),
        ("activation", (("relu", "relu"), "relu"), ["Got ('relu', 'relu')"]),
        (
            "activation",
            ["relu"],
            ["activation must be", "each of the 2", "got ['relu'], which has 1"],
        ),
        (
            "activation",
            object(),
            ["'activation' parameter", "implementing 'forward' and 'backward'"],
        ),
        ("activation", Tanh, ["implementing 'forward' and 'backward'", "Got <class"]),
        ("dropout", 1.0, ["'dropout' parameter", "in the range [0.0, 1.0)", "Got 1.0"]),
        ("dropout", -0.1, ["'dropout' parameter", "Got -0.1"]),
        ("dropout", "half", ["'dropout' parameter", "Got 'half'"]),
        ("dropout", (0.5, 1.5), ["'dropout' parameter", "in the range [0.0, 1.0)", "Got 1.5"]),
        ("dropout", (0.1, 0.2, 0.3), ["dropout must be", "each of the 2", "which has 3"]),
        ("scoring", "auc", ["'scoring' parameter", "Got 'auc' instead. Did you mean 'roc_auc'?"]),
        ("solver", "Adma", ["Got 'Adma' instead. Did you mean 'adam'?"]),
        ("solver", "newton", ["'solver' parameter", "'adagrad'", "'lbfgs'", "Got 'newton'"]),
        ("batch_size", 0, ["'batch_size' parameter", "'full'", "Got 0"]),
        ("alpha", -1.0, ["'alpha' parameter", "Got -1.0"]),
        ("weight_init", "ones", ["'weight_init' parameter", "'glorot_uniform'", "Got 'ones'"]),
        ("weight_init", lambda *_: (0.0, 0.0), ["(4, 6) and (6,)", "got [(), ()]", "Return both"]),
        ("hidden_layer_sizes", (5, 0), ["hidden_layer_sizes must be > 0", "got (5, 0)"]),
        ("hidden_layer_sizes", (2.5,), ["hidden_layer_sizes must be > 0", "got (2.5,)"]),
        ("hidden_layer_sizes", ((2, 3),), ["hidden_layer_sizes must be > 0", "got ((2, 3),)"]),
        ("hidden_layer_sizes", ((1, 2), 3), ["hidden_layer_sizes must be > 0", "got ((1, 2), 3)"]),
        ("hidden_layer_sizes", np.array(2), ["hidden_layer_sizes must be > 0", "got array(2)"]),
        ("hidden_layer_sizes", (True,), ["hidden_layer_sizes must be > 0", "got (True,)"]),
        ("solver", Adam(beta_2=2.0), ["'beta_2' parameter of Adam", "Got 2.0"]),
        ("solver", SGD(momentum=-1.0), ["'momentum' parameter of SGD", "Got -1.0"]),
        ("solver", Adam(max_grad_norm=0), ["'max_grad_norm' parameter of Adam", "Got 0"]),
        ("learning_rate", "linear", ["'cosine'", "'adaptive'", "a callable", "Got 'linear'"]),
        ("learning_rate", Cosine(n_epochs=0), ["'n_epochs' parameter of Cosine", "Got 0"]),
        ("learning_rate", lambda progress: -1, ["a finite number >= 0", "returned -1"]),
        ("learning_rate", Cosine, ["a callable, not a class", "Got <class"]),
        ("learning_rate", 0.1, ["pass a number as learning_rate_init", "Got 0.1"]),
        ("weight_init", Cosine, ["a callable, not a class. Got <class"]),
        (
            "weight_init",
            lambda _, *n: (np.full(n[:2], np.inf), np.ones(n[1])),
            ["must return finit"],
        ),
    ],
)
def test_bad_parameters_are_named_with_their_rule_and_value(Estimator, name, value, fragments):
    estimator = Estimator(hidden_layer_sizes=(6, 5), max_iter=1).fit(X_IRIS, Y_IRIS)
    estimator.set_params(**{name: value})
    before = dict(vars(estimator))
    with pytest.raises(ValueError) as error:  # noqa: PT011 - the fragments say which
        estimator.fit(X_IRIS, Y_IRIS)
    assert all(fragment in str(error.value) for fragment in fragments)
    assert vars(estimator) == before


@pytest.mark.parametrize("sizes", [5, (5,), [5], np.array([5])])
def test_hidden_layer_sizes_may_be_a_number_or_any_sequence(Estimator, sizes):
    estimator = Estimator(hidden_layer_sizes=sizes, max_iter=1).fit(X_IRIS, Y_IRIS)
    assert estimator.coefs_[0].shape == (4, 5)


@pytest.mark.parametrize("solver", [*OPTIMIZERS, "lbfgs"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_solver_learns_with_every_activation(Estimator, solver, activation):
    rate = {"sgd": 0.1, "adagrad": 0.2, "rmsprop": 0.005}.get(solver, 0.02)
    estimator = Estimator(
        hidden_layer_sizes=(10,),
        activation=activation,
        solver=solver,
        learning_rate_init=rate,
        max_iter=500,
        n_iter_no_change=50,
        random_state=0,
    ).fit(X_IRIS, Y_IRIS)
    assert estimator.score(X_IRIS, Y_IRIS) > 0.9


def test_a_solver_object_is_what_its_name_is(Estimator):
    named = Estimator(solver="sgd", momentum=0.5, **SMALL).fit(X_IRIS, Y_IRIS)
    given = Estimator(solver=SGD(momentum=0.5), **SMALL).fit(X_IRIS, Y_IRIS)
    np.testing.assert_array_equal(given.theta_, named.theta_)


def test_a_solver_object_s_parameters_can_be_searched(Estimator):
    search = GridSearchCV(
        Estimator(solver=Adam(), **SMALL), {"solver__beta_1": [0.5, 0.9]}, cv=3
    ).fit(X_IRIS, Y_IRIS)
    assert search.best_estimator_.solver.beta_1 == search.best_params_["solver__beta_1"]
    thetas = [
        clone(search.estimator).set_params(solver__beta_1=beta_1).fit(X_IRIS, Y_IRIS).theta_
        for beta_1 in (0.5, 0.9)
    ]
    assert not np.array_equal(*thetas)


@pytest.mark.parametrize("name", ["solver__max_grad_norm", "solver__weight_decay"])
@pytest.mark.parametrize("solver", OPTIMIZERS)
def test_decay_and_clipping_can_be_set_and_act(Estimator, solver, name):
    estimator = Estimator(solver=OPTIMIZERS[solver](), batch_size=40, **SMALL)
    thetas = [
        clone(estimator).set_params(**{name: value}).fit(X_IRIS, Y_IRIS).theta_
        for value in (1e-3, 1.0)
    ]
    assert not np.array_equal(*thetas)


@pytest.mark.parametrize(
    ("name", "one", "other", "solver"),
    [
        ("momentum", 0.0, 0.9, "sgd"),
        ("nesterovs_momentum", False, True, "sgd"),
        ("power_t", 0.5, 0.1, "sgd"),
        ("learning_rate", "constant", "invscaling", "sgd"),
        ("beta_1", 0.9, 0.5, "adam"),
        ("beta_2", 0.999, 0.9, "adamw"),
        ("epsilon", 1e-8, 1.0, "adagrad"),
        ("epsilon", 1e-8, 1.0, "rmsprop"),
        ("alpha", 0.0, 10.0, "adam"),
        ("batch_size", 20, "full", "adam"),
        ("shuffle", True, False, "adam"),
        ("weight_init", "glorot_uniform", "standard_normal", "adam"),
        ("dropout", 0.0, 0.5, "adam"),
        ("dropout", [0.3], (0.4,), "sgd"),
        ("random_state", 0, 1, "adam"),
        ("max_iter", 2, 3, "lbfgs"),
        ("max_fun", 2, 30, "lbfgs"),
        ("tol", 10.0, 0.0, "lbfgs"),
    ],
)
def test_every_parameter_of_the_solvers_acts(Estimator, name, one, other, solver):
    settings = {"hidden_layer_sizes": (5,), "max_iter": 5, "random_state": 0, "batch_size": 40}
    if name == "power_t":
        settings["learning_rate"] = "invscaling"
    thetas = [
        Estimator(solver=solver, **{**settings, name: value}).fit(X_IRIS, Y_IRIS).theta_
        for value in (one, other)
    ]
    assert not np.array_equal(*thetas)


def test_a_function_may_draw_the_weights(Estimator):
    named = Estimator(weight_init="he_uniform", **SMALL).fit(X_IRIS, Y_IRIS)
    given = Estimator(weight_init=he_uniform, **SMALL).fit(X_IRIS, Y_IRIS)
    np.testing.assert_array_equal(clone(given).fit(X_IRIS, Y_IRIS).theta_, named.theta_)
    np.testing.assert_array_equal(given.theta_, named.theta_)
