"""Networks that are fitted together are those that are fitted alone."""

import warnings
from copy import copy

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning

from scratchmlp import DivergenceError, ScratchMLPClassifier
from scratchmlp.model_selection import fit_together

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = load_iris(return_X_y=True)
SMALL = {"hidden_layer_sizes": 4, "max_iter": 8}


def test_networks_of_any_kind():
    kinds = [*({"random_state": seed} for seed in range(5)), {"solver": "lbfgs", "random_state": 0}]
    kinds += [{"warm_start": True, "random_state": 0}]
    networks = [ScratchMLPClassifier(**SMALL | kind) for kind in kinds]
    weight = np.linspace(0.5, 1.5, 150)
    assert fit_together(networks, X, Y, weight) == networks
    for each in networks:
        alone = clone(each).fit(X, Y, weight)
        np.testing.assert_allclose(each.theta_, alone.theta_, rtol=1e-9)


def attributes(networks):
    return [dict(vars(each)) for each in networks]


def with_rates(*rates):
    return [
        ScratchMLPClassifier(**SMALL, solver="sgd", learning_rate_init=rate, random_state=0)
        for rate in rates
    ]


@pytest.mark.parametrize("is_fitted", [False, True])
def test_networks_stay_as_they_were_if_training_fails(is_fitted):
    networks = with_rates(1e200, 0.01, 1e200)
    if is_fitted:
        for each in networks:
            each.set_params(learning_rate_init=0.01).fit(X, Y)
        networks[0].set_params(learning_rate_init=1e200)
    before = attributes(networks)
    with pytest.raises(DivergenceError):
        fit_together(networks, X[:, :3], Y > 0)
    assert attributes([networks[0]]) == before[:1]


def test_an_interruption_leaves_networks_as_they_were(monkeypatch):
    def interrupt(trainings):
        raise KeyboardInterrupt

    networks = fit_together(with_rates(0.01, 0.02, 0.03), X, Y)
    before = attributes(networks)
    monkeypatch.setattr("scratchmlp.model_selection.together.train_together", interrupt)
    with pytest.raises(KeyboardInterrupt):
        fit_together(networks, X[:, :3], Y > 0)
    assert attributes(networks) == before


def test_a_warning_that_is_an_error_leaves_the_network_unfitted():
    networks = with_rates(0.01, 0.02, 0.03)
    with warnings.catch_warnings(action="error"), pytest.raises(ConvergenceWarning):
        fit_together(networks, X, Y)
    assert not any(hasattr(each, "theta_") for each in networks)


def test_a_shared_random_state_is_used_in_order():
    numbers = np.random.RandomState(0), np.random.RandomState(0)
    together, alone = ([ScratchMLPClassifier(**SMALL, random_state=r)] * 4 for r in numbers)
    together, alone = [copy(each) for each in together], [copy(each) for each in alone]
    fit_together((each for each in together), X, Y)  # also from an iterator
    for one, other in zip(together, alone, strict=True):
        np.testing.assert_array_equal(one.theta_, other.fit(X, Y).theta_)


def test_a_subclass_whose_fit_takes_no_weights():
    class Plain(ScratchMLPClassifier):
        def fit(self, X, y):
            return super().fit(X, y)

    (network,) = fit_together([Plain(**SMALL)], X, Y)
    assert hasattr(network, "theta_")


def test_errors_name_the_rule():
    networks = [ScratchMLPClassifier(random_state=0)] * 2
    with pytest.raises(ValueError, match="twice"):
        fit_together(networks, X, Y)
    with pytest.raises(TypeError, match="got int"):
        fit_together([1], X, Y)
    rates = [0.01, 1e200, 0.02]
    networks = [ScratchMLPClassifier(**SMALL, solver="sgd", learning_rate_init=r) for r in rates]
    with pytest.raises(DivergenceError):
        fit_together(networks, X, Y)
