import numpy as np
import pytest
import scipy.sparse
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_diabetes, make_friedman1, make_friedman3
from sklearn.linear_model import PoissonRegressor, Ridge
from sklearn.metrics import root_mean_squared_error
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

from scratchmlp import ScratchMLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X_DIABETES, Y_DIABETES = load_diabetes(return_X_y=True)
X_DIABETES = scale(X_DIABETES)
TARGETS = {
    "one output": scale(Y_DIABETES),
    "two outputs": np.column_stack([scale(Y_DIABETES), -scale(Y_DIABETES) + X_DIABETES[:, 0]]),
    "poisson": Y_DIABETES,
}


@pytest.mark.parametrize("n_outputs", [1, 2])
def test_equals_mlp_regressor_on_diabetes_to_two_digits(n_outputs):
    """With defaults and full training, test errors agree although rounding errors grow."""
    y = Y_DIABETES if n_outputs == 1 else np.column_stack([Y_DIABETES, 300 - Y_DIABETES])
    X_train, X_test, y_train, y_test = train_test_split(X_DIABETES, y, random_state=0)
    errors = [
        root_mean_squared_error(
            y_test, cls(random_state=0, max_iter=500).fit(X_train, y_train).predict(X_test)
        )
        for cls in (ScratchMLPRegressor, MLPRegressor)
    ]
    assert errors[0] == pytest.approx(errors[1], rel=5e-3)


@pytest.mark.parametrize("make", [make_friedman1, make_friedman3])
def test_beats_ridge_on_friedman_s_problems(make):
    X, y = make(n_samples=600, noise=0.1, random_state=0)
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    network = ScratchMLPRegressor(
        hidden_layer_sizes=(30,), solver="lbfgs", alpha=1.0, max_iter=500, random_state=0
    )
    network_error, ridge_error = (
        root_mean_squared_error(
            y_test, make_pipeline(StandardScaler(), model).fit(X_train, y_train).predict(X_test)
        )
        for model in (network, Ridge())
    )
    assert network_error < 0.8 * ridge_error


def test_the_shape_of_y_comes_back():
    for y, shape in ((Y_DIABETES, (442,)), (TARGETS["two outputs"], (442, 2))):
        regressor = ScratchMLPRegressor(max_iter=2).fit(X_DIABETES, y)
        assert regressor.predict(X_DIABETES).shape == shape
    with pytest.warns(UserWarning, match="column-vector y was passed"):
        regressor.fit(X_DIABETES, Y_DIABETES[:, np.newaxis])
    assert regressor.predict(X_DIABETES).shape == (442,)


def test_poisson_is_scikit_learn_s_without_hidden_layers():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 3))
    y = rng.poisson(np.exp(X @ [0.5, -0.3, 0.2] + 0.1))
    network = ScratchMLPRegressor(
        loss="poisson", hidden_layer_sizes=(), solver="lbfgs", alpha=3.0, tol=1e-9, max_iter=1000
    ).fit(X, y)
    reference = PoissonRegressor(alpha=3.0 / 300, tol=1e-9, max_iter=1000).fit(X, y)
    assert network.out_activation_ == "exp"
    np.testing.assert_allclose(network.predict(X), reference.predict(X), rtol=1e-4)


def test_logistic_outputs_stay_between_0_and_1():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 2))
    y = 1 / (1 + np.exp(-3 * X[:, 0]))
    regressor = ScratchMLPRegressor(
        output_activation="logistic", solver="lbfgs", hidden_layer_sizes=(5,), random_state=0
    ).fit(X, y)
    assert regressor.score(X, y) > 0.99
    predicted = regressor.predict(10 * X)
    assert predicted.min() >= 0
    assert predicted.max() <= 1


def test_softmax_outputs_are_shares():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 2))
    y = np.exp(X @ rng.normal(size=(2, 3)))
    y /= y.sum(axis=1, keepdims=True)
    regressor = ScratchMLPRegressor(
        output_activation="softmax", solver="lbfgs", hidden_layer_sizes=(5,), random_state=0
    ).fit(X, y)
    assert regressor.score(X, y) > 0.95
    np.testing.assert_allclose(regressor.predict(X).sum(axis=1), 1)


@pytest.mark.parametrize(
    ("settings", "y", "message"),
    [
        ({"loss": "poisson"}, [-1, 2, 3], "'exp' predicts numbers from 0 to inf.*from -1 to 3"),
        ({"output_activation": "logistic"}, [0, 1, 2], "'logistic' .*0 to 1, but y .*0 to 2"),
        ({"output_activation": "softmax"}, [0, 1, 1], "among two or more targets; got one"),
        (
            {"output_activation": "softmax"},
            [[0.5, 0.5], [0.2, 0.1], [1, 0]],
            r"rows of y do not all sum to 1: their sums go from 0.3 to 1\.",
        ),
        (
            {"loss": "poisson", "output_activation": "identity"},
            [0, 1, 1],
            "loss='poisson' supports these output activations: exp; got .*'identity'",
        ),
    ],
)
def test_targets_that_an_output_cannot_reach_are_refused(settings, y, message):
    with pytest.raises(ValueError, match=message):
        ScratchMLPRegressor(**settings).fit([[0.0], [1.0], [2.0]], y)


def test_sparse_targets_are_refused():
    with pytest.raises(TypeError, match="Sparse data was passed"):
        ScratchMLPRegressor().fit(X_DIABETES, scipy.sparse.csr_array(TARGETS["two outputs"]))


def test_works_inside_a_target_transformer():
    model = TransformedTargetRegressor(
        ScratchMLPRegressor(solver="lbfgs", alpha=10.0, max_iter=300, random_state=0),
        transformer=StandardScaler(),
    )
    assert model.fit(X_DIABETES, Y_DIABETES).score(X_DIABETES, Y_DIABETES) > 0.5


@pytest.mark.parametrize("dtype", ["M8[D]", "m8[s]"])
def test_dates_and_durations_are_no_targets(dtype):
    X, y = np.ones((4, 1)), np.arange(4)
    for arguments in ({"y": y.astype(dtype)}, {"y": y, "X_val": X, "y_val": y.astype(dtype)}):
        with pytest.raises(ValueError, match=r"Targets must be numbers; got .* Convert dates"):
            ScratchMLPRegressor(max_iter=1).fit(X, **arguments)
