"""The user's own activations, losses, optimizers, schedules and initializers.

They give the same results as the equivalent objects of the package.
"""

import copy
import pickle
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.datasets import load_iris, make_multilabel_classification
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import scale

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor, check_gradient
from scratchmlp.activations import Identity
from scratchmlp.initializers import glorot_uniform
from scratchmlp.losses import ErrorLoss, LogLoss, Loss
from scratchmlp.optimizers import Optimizer
from scratchmlp.schedules import Schedule
from tests.helpers.estimator_examples import by_joblib, raw_scores

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = load_iris(return_X_y=True)
X = scale(X)
SMALL = {"max_iter": 5, "random_state": 0, "hidden_layer_sizes": (6, 5)}


# Each is equivalent to one of the package.


class OwnTanh(BaseEstimator):
    def __init__(self, slope=1.0):
        self.slope = slope

    def forward(self, z, out):
        return np.tanh(self.slope * z)  # a new array, as is that of backward

    def backward(self, z, a, delta):
        return delta * self.slope * (1 - a * a)


@dataclass  # with the equality and repr of a plain dataclass, as users would write it
class OwnSquares(Loss):
    factor: float = 1.0

    outputs = ("identity", "softmax", "logistic", "exp")  # all that there are

    def value_and_gradient(self, Y, raw):
        p = self.predictions(raw).astype(float)  # float64 whatever the type of raw
        delta = np.ascontiguousarray(self.factor * (p - Y))
        self.output_activation.backward(raw, p, delta)
        return self.factor * 0.5 * ((p - Y) ** 2).sum(axis=1), delta


@dataclass
class OwnMomentum(Optimizer):
    memory: float = 0.9

    def init(self, theta):
        return {"v": 0.0 * theta, "start": theta}  # theta itself, which training changes in place

    def update(self, theta, grad, state, learning_rate):
        state["v"] = self.memory * state["v"] - learning_rate * grad
        theta += state["v"]
        return theta  # has no effect


@dataclass
class OwnCosine(Schedule):
    lowest: float = 0.0

    def __call__(self, progress):
        t = np.float64(min(progress.epoch / progress.n_epochs, 1))
        return np.maximum((1 + np.cos(np.pi * t)) / 2, self.lowest)


def own_glorot(random_state, n_in, n_out, activation):
    weight, bias = glorot_uniform(random_state, n_in, n_out, activation)
    return weight.tolist(), bias.tolist()


OWN = {"activation": OwnTanh(), "loss": OwnSquares(), "solver": OwnMomentum()}
OWN |= {"learning_rate": OwnCosine(), "weight_init": own_glorot}
BUILT_IN = {"activation": "tanh", "loss": "squared_error", "solver": "sgd"}
BUILT_IN |= {"nesterovs_momentum": False, "learning_rate": "cosine", "learning_rate_init": 0.01}
NESTED = {"activation__slope", "loss__factor", "solver__memory", "learning_rate__lowest"}


def fit(estimator, X, y):
    return estimator.fit(X, y)


def fit_twice(estimator, X, y):
    return estimator.set_params(warm_start=True).fit(X, y).fit(X, y)


def weighted(estimator, X, y):
    return estimator.fit(X, y, sample_weight=np.arange(float(X.shape[0])))


def piecewise(estimator, X, y):
    classes = {"classes": np.unique(y)} if is_classifier(estimator) else {}
    for start in (0, 50, 100):
        estimator.partial_fit(X[start : start + 50], y[start : start + 50], **classes)
        estimator = pickle.loads(pickle.dumps(estimator))
    return estimator


def assert_own_is_built_in(Estimator, X, y, train=fit, **settings):
    own, built_in = (
        train(Estimator(**{**SMALL, **kind, **settings}), X, y)
        for kind in ({**BUILT_IN, "nesterovs_momentum": True, **OWN}, BUILT_IN)
    )
    assert own.theta_.dtype == built_in.theta_.dtype
    tolerance = 1e-4 if own.theta_.dtype == np.float32 else 1e-9
    np.testing.assert_allclose(own.theta_, built_in.theta_, rtol=0, atol=tolerance)
    assert own.predict(X).dtype == built_in.predict(X).dtype
    assert own.n_iter_ == built_in.n_iter_


WAYS = [(fit, np.float32, csr_array), (fit_twice, np.float64, csr_array)]
WAYS += [(weighted, np.float32, np.asarray), (piecewise, np.float32, np.asarray)]
WAYS += [(piecewise, np.float64, csr_array)]


@pytest.mark.parametrize(("train", "dtype", "convert"), WAYS)
def test_own_objects_train_as_the_package_s_do(Estimator, train, dtype, convert):
    assert_own_is_built_in(Estimator, convert(X.astype(dtype)), Y, train)


SETTINGS = [{"solver": "lbfgs", "early_stopping": True}, {"dropout": (0.3, 0.1)}]
SETTINGS += [{"batch_size": "full", "alpha": np.float64(1.0)}]
SETTINGS += [{"hidden_layer_sizes": (), "fit_intercept": False}]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_own_objects_combine_with_every_setting(Estimator, settings):
    assert_own_is_built_in(Estimator, X, Y, **settings)


def test_own_objects_see_every_kind_of_target():
    rows, labels = make_multilabel_classification(50, n_features=4, n_classes=3, random_state=0)
    for y in (labels, Y[:50] == 0, Y[:50], np.array(list("ab") * 25)):
        assert_own_is_built_in(ScratchMLPClassifier, scale(rows), y)
    assert_own_is_built_in(ScratchMLPClassifier, X, Y, output_activation="softmax")
    assert_own_is_built_in(ScratchMLPRegressor, X, np.c_[Y, X[:, 0]])
    assert_own_is_built_in(ScratchMLPRegressor, X, Y / 2, output_activation="logistic")
    assert_own_is_built_in(ScratchMLPRegressor, X[:1], Y[:1])


# As parameters.


def test_own_objects_are_parameters_in_scikit_learn_s_sense(Estimator):
    net = Estimator(**SMALL, **OWN)
    assert set(net.get_params()) > NESTED
    other = clone(net).set_params(**dict.fromkeys(NESTED, 0.5))
    assert other.get_params()["solver"] == OwnMomentum(memory=0.5)
    assert net.get_params()["solver"] == OwnMomentum()
    assert "OwnMomentum(memory=0.5)" in repr(other).replace("\n", "").replace(" ", "")
    assert "OwnTanh" in other._repr_html_()
    grid = [{name: np.array([0.3, 0.9], np.float32)} for name in NESTED]
    search = GridSearchCV(net, grid, cv=2, error_score="raise").fit(X.astype(np.float32), Y)
    assert search.best_estimator_.theta_.dtype == np.float32


@pytest.mark.parametrize("copied", [lambda net: net, copy.deepcopy, by_joblib])
def test_a_fitted_network_keeps_its_activations(Estimator, copied):
    """Also if the user's objects, the list of them, or the parameter change."""
    tanh = OwnTanh()
    activation = [tanh, "relu"]
    net = Estimator(**SMALL, activation=activation).fit(X, Y)
    expected = raw_scores(net, X)
    tanh.slope, activation[1] = 3.0, "softplus"
    np.testing.assert_array_equal(raw_scores(copied(net), X), expected)
    changed = copied(net).set_params(activation="relu")
    np.testing.assert_array_equal(raw_scores(changed, X), expected)
    assert not np.allclose(raw_scores(changed.fit(X, Y), X), expected)


REFUSED = [
    ("exp", Y, r"those of loss=.* are exponentials.*estimator_types"),
    ("softmax", np.eye(3, dtype=int)[Y], r"that has 'logistic' among its outputs; got"),
]


@pytest.mark.parametrize(("outputs", "y", "message"), REFUSED)
def test_a_classifier_refuses_losses_without_outputs_for_its_targets(outputs, y, message):
    loss = OwnSquares()
    loss.outputs = (outputs,)
    ScratchMLPRegressor(loss=loss, **SMALL).fit(X, y)
    with pytest.raises(ValueError, match=message):
        ScratchMLPClassifier(loss=loss, **SMALL).fit(X, y)


# What is refused before training.


class Sharp(LogLoss):
    def predictions(self, raw):
        return super().predictions(3 * raw)


class Twice(OwnSquares):
    def n_raw(self, n_targets):
        return 2 * n_targets


class Logits(OwnSquares):
    output_activation = Identity()


@pytest.mark.parametrize(
    ("loss", "name"), [(Sharp(), "predictions"), (Twice(), "n_raw"), (Logits(), "output_activ")]
)
def test_a_classifier_refuses_losses_that_predict_in_their_own_way(loss, name):
    message = rf"\(.*\) defines {name}.* which ScratchMLPClassifier would not use"
    for y in (Y, Y > 0, np.eye(3, dtype=int)[Y]):
        with pytest.raises(ValueError, match=message):
            ScratchMLPClassifier(loss=loss, **SMALL).fit(X, y)


def returning(change, name="value_and_gradient", base=OwnSquares):
    """Return an object one method of which returns something else."""

    def changed(self, *args):
        return change(getattr(base, name)(self, *args))

    return type("Wrong", (base,), {name: changed})()


def without_effect(self, theta, grad, state, learning_rate):
    return theta - learning_rate * grad


WRONG = [
    ("loss", returning(lambda both: None), "two arrays of floats.*an object of type NoneType"),
    ("loss", returning(lambda both: both[1]), r"It returned an array of type float64 and shape"),
    ("loss", returning(lambda both: (both[0].tolist(), both[1])), "object of type list and an arr"),
    ("loss", returning(lambda both: (both[0].mean(), both[1])), r"of shape \(100,\), .* not over"),
    ("loss", returning(lambda both: (both[0].sum(keepdims=True), both[1])), r"shape \(1,\) "),
    ("loss", returning(lambda both: (both[0], both[1].sum(axis=1))), r"shape \(100,\)\. Ret"),
    ("loss", returning(lambda both: (both[0], both[1] > 0)), "array of type bool"),
    ("loss", returning(lambda both: (both[0], 1j * both[1])), "array of type complex128"),
    ("solver", returning(lambda state: None, "init", OwnMomentum), "a dict .* of type NoneType"),
    ("solver", returning(lambda state: [state], "init", OwnMomentum), "a dict .* of type list"),
    ("solver", type("Wrong", (OwnMomentum,), {"update": without_effect})(), "theta in place"),
]


@pytest.mark.parametrize(("parameter", "wrong", "message"), WRONG)
def test_wrong_returns_are_refused_before_training_with_the_object_s_name(
    Estimator, parameter, wrong, message
):
    net = Estimator(**SMALL, **{parameter: wrong})
    with pytest.raises(ValueError, match=rf"{parameter}=Wrong\(.*{message}"):
        net.fit(X, Y)
    if parameter == "loss":  # gradients need no optimizer
        with pytest.raises(ValueError, match=message):
            check_gradient(net, X, Y)


def test_an_error_within_a_loss_names_it(Estimator):
    class Nothing(ErrorLoss):
        outputs = ("identity", "logistic", "softmax")

        def of_error(self, error):
            return None

    with pytest.raises(TypeError) as error:
        Estimator(**SMALL, loss=Nothing()).fit(X, Y)
    assert error.value.__notes__ == ["The error is from value_and_gradient of loss=Nothing()."]


def test_wrong_predictions_are_refused():
    for loss in (returning(lambda p: p[:, 0], "predictions"), Twice()):
        with pytest.raises(ValueError, match=r"predictions of loss=.*here \(100, 1\)\. For raw"):
            ScratchMLPRegressor(**SMALL, loss=loss).fit(X, Y)


@pytest.mark.parametrize("part", [0, 1])
def test_initial_weights_are_real(Estimator, part):
    def draw(*args):
        return [each * (1j if i == part else 1) for i, each in enumerate(glorot_uniform(*args))]

    with pytest.raises(ValueError, match=r"weight_init must return real.*complex128.* with \.real"):
        Estimator(**SMALL, weight_init=lambda *args: tuple(draw(*args))).fit(X, Y)
