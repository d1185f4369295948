"""Parameters of the estimators: order, defaults, invalid values and effects."""

import inspect
from dataclasses import dataclass
from itertools import cycle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import mean_absolute_error
from sklearn.neural_network import MLPClassifier, MLPRegressor

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.activations import ACTIVATIONS, Tanh
from scratchmlp.initializers import INITIALIZERS, he_uniform
from scratchmlp.losses import LOSSES, LogLoss
from scratchmlp.optimizers import OPTIMIZERS, SGD, Adam
from scratchmlp.schedules import SCHEDULES, Cosine, InverseScaling
from scratchmlp.utils.names import ELSEWHERE
from tests.helpers.estimator_examples import SMALL, X_IRIS, Y_IRIS, OwnTanh, fails, partial_fit

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

PAIRS = [(ScratchMLPClassifier, MLPClassifier), (ScratchMLPRegressor, MLPRegressor)]


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_scikit_learn_s_parameters_come_first_with_their_order_and_defaults(ours, theirs):
    mine = inspect.signature(ours).parameters
    reference = inspect.signature(theirs).parameters
    assert list(mine)[: len(reference)] == list(reference)
    for name, parameter in reference.items():
        assert mine[name].kind == parameter.kind
    assert theirs().get_params().items() <= ours().get_params().items()
    new = list(mine)[len(reference) :]
    expected = ["output_activation", "fit_intercept", "weight_init", "dropout", "scoring"]
    assert new == (
        ["loss", *expected, "class_weight"] if ours is ScratchMLPClassifier else expected
    )
    assert all(mine[name].kind is inspect.Parameter.KEYWORD_ONLY for name in new)


# Invalid values.

FOR_EACH_LAYER = r"must be .* each of the 2 .*"
WEIGHTS = r"\(4, 6\) and \(6,\).*got \[\(\), \(\)\]. Return both"


def infinite(random_state, n_in, n_out, activation):
    return np.full((n_in, n_out), np.inf), np.ones(n_out)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("activation", "swish", "'activation' parameter.*'relu'.*Got 'swish'.* mean 'silu'"),
        ("activation", np.tanh, r"Got <ufunc 'tanh'> instead\. Did you mean 'tanh'\?"),
        ("activation", ("relu", "sigmoid"), r"Got 'sigmoid' instead\. Did you mean 'logistic'\?"),
        ("activation", (("relu", "relu"), "relu"), r"Got \('relu', 'relu'\)"),
        ("activation", ["relu"], FOR_EACH_LAYER + r"got \['relu'\], which has 1"),
        ("activation", object(), "'activation' parameter.*implementing 'forward' and 'backward'"),
        ("activation", Tanh, "implementing 'forward' and 'backward'.*Got <class"),
        ("dropout", 1.0, r"'dropout' parameter.*in the range \[0.0, 1.0\).*Got 1.0"),
        ("dropout", -1e-9, r"'dropout' parameter.*in the range \[0.0, 1.0\).*Got -1e-09"),
        ("dropout", (0.5, 1.5), r"'dropout' parameter.*in the range \[0.0, 1.0\).*Got 1.5"),
        ("dropout", (0.1, 0.2, 0.3), FOR_EACH_LAYER + "which has 3"),
        ("scoring", "auc", "'scoring' parameter.*Got 'auc' instead. Did you mean 'roc_auc'?"),
        ("solver", "Adma", "Got 'Adma' instead. Did you mean 'adam'?"),
        ("loss", "MSE", r"Got 'MSE' instead\. Did you mean 'squared_error'\?"),
        ("solver", Adam(beta_2=1.0), "'beta_2' parameter of Adam.*Got 1.0"),
        ("loss", LogLoss(label_smoothing=1.0), "'label_smoothing' parameter of LogLoss.*Got 1.0"),
        ("weight_init", "ones", "'weight_init' parameter.*'glorot_uniform'.*Got 'ones'"),
        ("weight_init", lambda *_: (0.0, 0.0), WEIGHTS),
        ("weight_init", infinite, "must return finit"),
        ("weight_init", Cosine, "a callable, not a class. Got <class"),
        ("hidden_layer_sizes", (5, 0), r"hidden_layer_sizes must be > 0.*got \(5, 0\)"),
        ("hidden_layer_sizes", ((1, 2), 3), r"hidden_layer_sizes must be > 0.*\(\(1, 2\), 3\)"),
        ("hidden_layer_sizes", np.array(2), r"hidden_layer_sizes must be > 0.*got array\(2\)"),
        ("hidden_layer_sizes", (True,), r"hidden_layer_sizes must be > 0.*got \(True,\)"),
        ("learning_rate", "linear", "'cosine'.*a callable.*Got 'linear'"),
        ("learning_rate", Cosine(n_epochs=0), "'n_epochs' parameter of Cosine.*Got 0"),
        ("learning_rate", Cosine, "a callable, not a class.*Got <class"),
        ("learning_rate", 0.1, "pass a number as learning_rate_init.*Got 0.1"),
    ],
)
def test_bad_parameters_are_named_with_their_rule_and_value(Estimator, name, value, message):
    estimator = Estimator(hidden_layer_sizes=(6, 5), max_iter=1).fit(X_IRIS, Y_IRIS)
    estimator.set_params(**{name: value})
    with fails(estimator, ValueError, f"(?s){message}"):
        estimator.fit(X_IRIS, Y_IRIS)


@pytest.mark.parametrize("loss", ["mae", "L1", mean_absolute_error])
def test_the_absolute_error_by_other_names(loss):
    with pytest.raises(ValueError, match=r"instead\. Did you mean 'absolute_error'\?"):
        ScratchMLPRegressor(loss=loss).fit(X_IRIS, Y_IRIS)


def test_names_of_other_libraries_lead_to_names_of_this_one():
    ours = ACTIVATIONS.keys() | LOSSES.keys() | INITIALIZERS.keys() | OPTIMIZERS.keys()
    assert set(ELSEWHERE.values()) <= ours
    assert not ELSEWHERE.keys() & ours


def test_partial_fit_validates_parameters_every_time(Estimator):
    estimator = partial_fit(Estimator(**SMALL), X_IRIS, Y_IRIS).set_params(alpha=-5.0)
    with fails(estimator, ValueError, f"The 'alpha' parameter of {Estimator.__name__}"):
        partial_fit(estimator, X_IRIS, Y_IRIS)


def test_partial_fit_exists_for_first_order_solvers_only(Estimator):
    assert hasattr(Estimator(solver="adamw"), "partial_fit")
    assert hasattr(Estimator(solver=SGD()), "partial_fit")
    with pytest.raises(AttributeError) as error:
        _ = Estimator(solver="lbfgs").partial_fit
    assert "only available for stochastic optimizers" in str(error.value.__cause__)


# Effects.

SOLVERS = [*OPTIMIZERS, "lbfgs"]


@pytest.mark.parametrize(("activation", "solver"), [*zip(ACTIVATIONS, cycle(SOLVERS))])
def test_every_solver_and_every_activation_learns(Estimator, activation, solver):
    rate = {"sgd": 0.1, "adagrad": 0.2, "rmsprop": 0.005}.get(solver, 0.02)
    settings = {"hidden_layer_sizes": (10,), "max_iter": 500, "n_iter_no_change": 50}
    settings |= {"activation": activation, "solver": solver, "learning_rate_init": rate}
    estimator = Estimator(**settings, random_state=0).fit(X_IRIS, Y_IRIS)
    assert estimator.score(X_IRIS, Y_IRIS) > 0.9


SGD_SCHEDULES = [
    ({"solver": "sgd", "learning_rate": name}, {"solver": "sgd", "learning_rate": schedule()})
    for name, schedule in SCHEDULES.items()
]


NAMED_AND_GIVEN = [
    *SGD_SCHEDULES,
    *(({"solver": name}, {"solver": optimizer()}) for name, optimizer in OPTIMIZERS.items()),
    ({"learning_rate": "cosine"}, {"learning_rate": Cosine()}),
    ({"learning_rate": "invscaling"}, {}),  # acts only with SGD, as the next one
    ({"learning_rate": "adaptive"}, {"learning_rate": lambda progress: 1.0}),
    ({"solver": "sgd", "momentum": 0.5}, {"solver": SGD(momentum=0.5)}),
    ({"solver": "sgd", "nesterovs_momentum": False}, {"solver": SGD(nesterov=False)}),
    ({"solver": "adam", "beta_2": 0.5}, {"solver": Adam(beta_2=0.5)}),
    ({"weight_init": "he_uniform"}, {"weight_init": he_uniform}),
    ({"activation": "tanh"}, {"activation": OwnTanh()}),
    ({"activation": "tanh"}, {"activation": [OwnTanh(), "tanh"]}),
    ({"activation": "gelu"}, {"activation": ("gelu", ACTIVATIONS["gelu"])}),
    ({"dropout": 0.3}, {"dropout": [0.3, np.float64(0.3)]}),
    ({"batch_size": 200}, {"batch_size": "auto"}),
]


@pytest.mark.parametrize(("named", "given"), NAMED_AND_GIVEN)
def test_a_name_is_what_its_object_is_and_one_value_that_of_every_layer(Estimator, named, given):
    settings = {"batch_size": 40, **SMALL, "hidden_layer_sizes": (6, 5)}
    X, y = np.tile(X_IRIS, (2, 1)), np.tile(Y_IRIS, 2)
    one = Estimator(**settings | named).fit(X, y)
    other = Estimator(**settings | given).fit(X, y)
    np.testing.assert_array_equal(one.theta_, other.theta_)
    assert one.history_["learning_rate"] == other.history_["learning_rate"]


@dataclass(eq=False, repr=False)
class Slow(Adam):
    beta_2: float = 0.5


def test_a_named_solver_has_defaults_of_its_own(Estimator, monkeypatch):
    """It does not take `beta_2` from the estimator, unless that documents so."""
    monkeypatch.setitem(OPTIMIZERS, "slow", Slow)
    monkeypatch.setitem(Estimator._parameter_constraints, "solver", [str, Slow])
    named, given = (Estimator(**SMALL, solver=solver) for solver in ("slow", Slow()))
    thetas = [each.fit(X_IRIS, Y_IRIS).theta_ for each in (named, given)]
    np.testing.assert_array_equal(*thetas)


@pytest.mark.parametrize("Kind", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_numbers_of_numpy_train_float32_as_those_of_python_do(Estimator, Kind):
    plain = Kind(weight_decay=0.1, max_grad_norm=0.5)
    numbers = {name: value for name, value in vars(plain).items() if isinstance(value, float)}
    of_numpy = Kind(**vars(plain) | {name: np.float64(value) for name, value in numbers.items()})
    X = X_IRIS.astype(np.float32)
    one, other = (Estimator(solver=each, **SMALL).fit(X, Y_IRIS) for each in (plain, of_numpy))
    np.testing.assert_array_equal(one.theta_, other.theta_)


NEW = [
    ("learning_rate", "constant", InverseScaling(1.0), {"solver": "adam"}),
    ("learning_rate__n_epochs", 1, 8, {"learning_rate": Cosine(5)}),
    ("beta_2", 0.999, 0.9, {"solver": "adamw"}),
    ("epsilon", 1e-8, 1.0, {"solver": "adagrad"}),
    ("epsilon", 1e-8, 1.0, {"solver": "rmsprop"}),
    ("solver__max_grad_norm", 1e-3, 1.0, {"solver": SGD()}),
    ("solver__weight_decay", 1e-3, 1.0, {"solver": Adam()}),
    ("batch_size", 20, "full", {}),
    ("weight_init", "glorot_uniform", "standard_normal", {}),
    ("dropout", 0.0, 0.5, {}),
    ("dropout", [0.3], (0.4,), {"solver": "sgd"}),
]


@pytest.mark.parametrize(("name", "one", "other", "settings"), NEW)
def test_parameters_that_scikit_learn_lacks_act(Estimator, name, one, other, settings):
    estimator = Estimator(**SMALL | {"batch_size": 40} | settings)
    thetas = [
        clone(estimator).set_params(**{name: value}).fit(X_IRIS, Y_IRIS).theta_
        for value in (one, other)
    ]
    assert not np.array_equal(*thetas)
