"""The article's network, reproduced: its equations, its Iris run, and its six mistakes."""

import numpy as np
import pytest

from scratchmlp import ScratchMLPClassifier
from scratchmlp.activations import ACTIVATIONS
from scratchmlp.cli.article import article_network, article_split

# Written out again, not imported from the command line: these are the article's settings.
ARTICLE = {"hidden_layer_sizes": (4,), "activation": "relu", "output_activation": "logistic"}
ARTICLE |= {"loss": "squared_error", "fit_intercept": False, "weight_init": "standard_normal"}
ARTICLE |= {"solver": "sgd", "momentum": 0.0, "learning_rate_init": 0.5, "batch_size": "full"}
ARTICLE |= {"max_iter": 10_000, "alpha": 0.0, "tol": 0.0, "n_iter_no_change": 10_000}


def test_the_network_of_the_command_line_is_the_article_s():
    settings = ARTICLE.keys() - {"max_iter", "n_iter_no_change", "tol"}
    assert article_network().get_params().items() >= {(name, ARTICLE[name]) for name in settings}


@pytest.fixture(scope="module")
def iris():
    (X_train, y_train), (X_test, y_test) = article_split()
    return X_train, X_test, y_train, y_test


def fit(X, y, **changes):
    with pytest.warns(match="Maximum iterations"):  # the article runs all of its epochs
        return ScratchMLPClassifier(**{**ARTICLE, **changes}).fit(X, y)


# One step by hand: two samples, two features, two hidden units, two outputs.

X_HAND = np.array([[1.0, 2.0], [-1.0, 1.0]])
Y_HAND = np.array([[1.0, 0.0], [0.0, 1.0]])
W1_HAND = np.array([[1.0, -1.0], [0.5, 1.0]])
W2_HAND = np.array([[1.0, -1.0], [2.0, 0.5]])

P_HAND = 1 / (1 + np.exp(-np.array([[4.0, -1.5], [4.0, 1.0]])))


def step_by_hand():
    """Equations 3 and 4, number by number; returns dL/dW1, dL/dW2 and L = 1/2m Σ (y - ŷ)²."""
    # z1 = X W1: row 1 is (1·1 + 2·0.5, -1 + 2) = (2, 1), row 2 is (-1 + 0.5, 1 + 1) = (-0.5, 2);
    # ReLU turns the -0.5 into 0.
    h = np.array([[2.0, 1.0], [0.0, 2.0]])
    # raw = h W2: row 1 is (2 + 2, -2 + 0.5) = (4, -1.5), row 2 is (4, 1).
    error = (Y_HAND - P_HAND) * P_HAND * (1 - P_HAND)
    dW2 = -h.T @ error / 2  # Equation 3, with m = 2
    # Backward through W2; the dead unit of row 2 has the derivative 0.
    hidden_error = (error @ W2_HAND.T) * [[1, 1], [0, 1]]
    dW1 = -X_HAND.T @ hidden_error / 2  # Equation 4
    return dW1, dW2, ((Y_HAND - P_HAND) ** 2).sum() / (2 * 2)


def test_one_step_is_equations_3_and_4():
    dW1, dW2, loss = step_by_hand()
    indicator = np.array([[1, 0], [0, 1]])  # two logistic outputs, as in the example
    classifier = ScratchMLPClassifier(**{**ARTICLE, "hidden_layer_sizes": (2,)})
    classifier.partial_fit(X_HAND, indicator, classes=[0, 1])
    classifier.coefs_ = [W1_HAND, W2_HAND]
    classifier.partial_fit(X_HAND, indicator)
    np.testing.assert_allclose(classifier.coefs_[0], W1_HAND - 0.5 * dW1, rtol=1e-12)
    np.testing.assert_allclose(classifier.coefs_[1], W2_HAND - 0.5 * dW2, rtol=1e-12)
    assert classifier.loss_ == pytest.approx(loss)


@pytest.mark.parametrize(
    ("fit_intercept", "max_iter"),
    [pytest.param(False, 10_000, marks=pytest.mark.nightly), (True, 1_000)],
)
def test_ten_seeds_on_iris(iris, fit_intercept, max_iter):
    X_train, X_test, y_train, y_test = iris
    changes = {"fit_intercept": fit_intercept, "max_iter": max_iter}
    accuracy = []
    for seed in range(10):
        network = ScratchMLPClassifier(**{**ARTICLE, **changes}, random_state=seed)
        with pytest.warns(match="Maximum iterations"):
            network.fit(X_train, y_train)
        accuracy.append(network.score(X_test, y_test))
    if fit_intercept:
        assert sum(a >= 0.9 for a in accuracy) >= 8
    else:
        assert np.median(accuracy) >= 0.8
        assert max(accuracy) >= 0.9  # what the article reports, for some seeds


# The six mistakes.


def test_mistake_1_the_derivative_of_relu_is_0_or_1():
    """The article's function returns its argument."""
    z = np.array([[-2.0, 3.0, 0.5]])
    delta = np.array([[10.0, 10.0, 10.0]])
    relu = ACTIVATIONS["relu"]
    relu.backward(z, relu.forward(z, np.empty_like(z)), delta)
    np.testing.assert_array_equal(delta, [[0, 10, 10]])


def test_mistake_2_training_accuracy_is_over_the_training_rows(iris):
    """The article divides by all 150 rows, so 120 test rows could reach at most 0.8."""
    X_train, _, y_train, _ = iris
    classifier = fit(X_train, y_train, fit_intercept=True, random_state=0, max_iter=1000)
    hits = (classifier.predict(X_train) == y_train).sum()
    assert classifier.score(X_train, y_train) == hits / 120 > 0.9


def test_mistake_3_every_row_gets_a_class(iris):
    """With the article's rounding, some rows have no output above one half, or several."""
    X_train, X_test, y_train, _ = iris
    classifier = fit(X_train, y_train, random_state=0, max_iter=300)
    outputs = 1 / (1 + np.exp(-classifier.decision_function(X_test)))
    rounded = (outputs > 0.5).sum(axis=1)
    assert (rounded != 1).any()
    np.testing.assert_array_equal(classifier.predict(X_test), outputs.argmax(axis=1))


@pytest.mark.parametrize("n_classes", [2, 3, 7])
def test_mistake_4_sizes_come_from_the_data_and_the_rate_is_a_parameter(n_classes):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(70, 5)), np.arange(70) % n_classes
    slow, fast = (
        fit(X, y, hidden_layer_sizes=(6,), learning_rate_init=rate, max_iter=3, random_state=0)
        for rate in (1e-6, 0.5)
    )
    n_outputs = 1 if n_classes == 2 else n_classes
    assert [W.shape for W in slow.coefs_] == [(5, 6), (6, n_outputs)]
    assert not np.allclose(slow.theta_, fast.theta_)


def test_mistake_5_the_logistic_function_does_not_overflow():
    """np.exp(-z) overflows; warnings are errors here."""
    z = np.array([[-1e4, -800.0, 0.0, 800.0, 1e4]])
    a = ACTIVATIONS["logistic"].forward(z, np.empty_like(z))
    np.testing.assert_array_equal(a, [[0, 0, 0.5, 1, 1]])


def test_mistake_6_the_scaler_learns_from_training_rows_only(iris):
    """The training rows have mean 0, but the test rows do not."""
    X_train, X_test, *_ = iris
    assert (len(X_train), len(X_test)) == (120, 30)
    np.testing.assert_allclose(X_train.mean(axis=0), 0, atol=1e-12)
    assert np.abs(X_test.mean(axis=0)).max() > 0.05
