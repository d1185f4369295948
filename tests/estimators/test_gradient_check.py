"""check_gradient compares backpropagation with central differences, and finds mistakes."""

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.datasets import make_multilabel_classification
from sklearn.pipeline import make_pipeline

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor, check_gradient
from scratchmlp.losses import HuberLoss, LogLoss
from tests.helpers.estimator_examples import X_IRIS, Y_IRIS, fails, snapshot

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = X_IRIS[::3], Y_IRIS[::3]
SMALL = {"hidden_layer_sizes": (5, 3), "activation": "tanh", "random_state": 0, "max_iter": 3}
CASES = {
    "label smoothing": ScratchMLPClassifier(**SMALL, loss=LogLoss(label_smoothing=0.1)),
    "focal": ScratchMLPClassifier(**SMALL, loss="focal", class_weight="balanced"),
    "no biases": ScratchMLPClassifier(**SMALL, loss="squared_error", fit_intercept=False),
    "penalty": ScratchMLPClassifier(**SMALL, alpha=100.0),
    "dropout": ScratchMLPClassifier(**SMALL, dropout=0.5),
    "linear": ScratchMLPClassifier(**SMALL | {"hidden_layer_sizes": ()}),
    "huber": ScratchMLPRegressor(**SMALL, loss=HuberLoss(delta=0.5)),
    "poisson": ScratchMLPRegressor(**SMALL, loss="poisson"),
}


@pytest.mark.parametrize("estimator", CASES.values(), ids=CASES)
def test_both_gradients_of_a_new_or_fitted_network_are_the_same(estimator):
    for _ in range(2):
        before = snapshot(estimator)
        analytic, numerical, difference = check_gradient(estimator, X, Y)
        assert snapshot(estimator) == before
        assert len(analytic) == len(numerical) == len(difference)
        assert max(difference) < 1e-6
        for layer in analytic:
            assert np.abs(layer.weight).max() > 1e-8
        estimator.fit(X, Y)


def test_a_fitted_network_is_checked_where_it_stands_on_any_of_its_classes():
    network = ScratchMLPClassifier(**SMALL).fit(X.astype(np.float32), Y)
    check = check_gradient(network, X[:5], Y[:5])
    assert max(check.difference) < 1e-6
    for layers in (check.analytic, check.numerical):
        assert [layer.weight.shape for layer in layers] == [W.shape for W in network.coefs_]
        assert [layer.bias.shape for layer in layers] == [b.shape for b in network.intercepts_]
    network.coefs_[0] *= 0
    other = check_gradient(network, X[:5], Y[:5])
    assert not np.allclose(other.analytic[1].weight, check.analytic[1].weight)
    bare = ScratchMLPClassifier(**SMALL, fit_intercept=False)
    assert {layer.bias for layer in check_gradient(bare, X, Y).numerical} == {None}


class Wrong(LogLoss):
    """A loss with a wrong gradient, which ignores the targets."""

    def value_and_gradient(self, Y, raw):
        value, gradient = super().value_and_gradient(Y, raw)
        return value, gradient + Y


def test_mistakes_of_a_loss_are_found_in_all_layers():
    wrong = check_gradient(ScratchMLPClassifier(**SMALL, loss=Wrong()), X, Y)
    assert min(wrong.difference) > 0.01


def test_data_of_any_kind():
    A, B = make_multilabel_classification(n_samples=20, n_features=5, random_state=0)
    labels = ScratchMLPClassifier(**SMALL)
    assert max(check_gradient(labels, csr_array(A), B).difference) < 1e-6
    check = check_gradient(labels, A.astype(np.float32), B, np.arange(20.0))
    assert max(check.difference) < 1e-6
    assert check.analytic[0].weight.dtype == np.float64
    flat = ScratchMLPRegressor(hidden_layer_sizes=(), fit_intercept=False, alpha=0.0)
    assert check_gradient(flat, 0 * A, B[:, 0]).difference == [0.0]  # all gradients are 0


def test_rules_of_fit_hold():
    network = ScratchMLPClassifier()
    with pytest.raises(TypeError, match=r"got Pipeline\. Pass the network inside it"):
        check_gradient(make_pipeline(network), X, Y)
    with fails(network, ValueError, "NaN"):
        check_gradient(network, np.full((4, 2), np.nan), [0, 1, 0, 1])
    for step in (0, -1e-6, np.inf, "small"):
        with fails(network, ValueError, "'step' parameter of check_gradient must be"):
            check_gradient(network, X, Y, step=step)
    with pytest.raises(ValueError, match="'alpha' parameter"):
        check_gradient(ScratchMLPClassifier(alpha=-1), X, Y)
