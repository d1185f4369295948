"""Networks that are fitted together are those that are fitted alone."""

import copy
import warnings
from unittest.mock import Mock

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning

from scratchmlp import DivergenceError, ScratchMLPClassifier
from scratchmlp.model_selection import fit_together, together

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = load_iris(return_X_y=True)
SMALL = {"hidden_layer_sizes": 4, "max_iter": 8, "random_state": 0}


class TakesNoWeights(ScratchMLPClassifier):
    def fit(self, X, y):
        return super().fit(X, y)


def networks(*settings):
    return [ScratchMLPClassifier(**SMALL | each) for each in settings]


def with_rates(*rates):
    return networks(*({"solver": "sgd", "learning_rate_init": rate} for rate in rates))


def attributes(networks):
    return [dict(vars(each)) for each in networks]


SHARED = np.random.RandomState(0)
GROUPS = {
    "of one shape": networks(*({"random_state": seed} for seed in range(5))),
    "of several kinds": networks({}, {"solver": "lbfgs"}, {"warm_start": True}, {"alpha": 1.0}),
    "with a shared random state": networks(*[{"random_state": SHARED}] * 4),
    "a subclass": [TakesNoWeights(**SMALL), *networks({}, {})],
}


@pytest.mark.parametrize("group", GROUPS)
def test_networks_are_those_that_are_fitted_alone(group):
    together, alone = copy.deepcopy(GROUPS[group]), copy.deepcopy(GROUPS[group])
    is_shared = group == "with a shared random state"
    weight = () if is_shared or group == "a subclass" else (np.linspace(0.5, 1.5, 150),)
    assert fit_together((each for each in together), X, Y, *weight) == together
    for one, other in zip(together, alone, strict=True):
        expected = other.fit(X, Y, *weight).theta_
        np.testing.assert_allclose(one.theta_, expected, rtol=0 if is_shared else 1e-9)


@pytest.mark.parametrize("is_fitted", [False, True])
def test_networks_stay_as_they_were_if_training_fails(is_fitted):
    networks = with_rates(0.01, 0.01, 1e200)
    if is_fitted:
        fit_together(networks[:2], X, Y)
    networks[0].set_params(learning_rate_init=1e200)
    before = attributes(networks)
    with pytest.raises(DivergenceError):
        fit_together(networks, X[:, :3], Y > 0)
    assert attributes(networks[:1]) == before[:1]


def test_an_interruption_leaves_networks_as_they_were(monkeypatch):
    networks = fit_together(with_rates(0.01, 0.02, 0.03), X, Y)
    before = attributes(networks)
    monkeypatch.setattr(together, "train_together", Mock(side_effect=KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        fit_together(networks, X[:, :3], Y > 0)
    assert attributes(networks) == before


def test_a_warning_that_is_an_error_leaves_the_network_unfitted():
    networks = with_rates(0.01, 0.02, 0.03)
    with warnings.catch_warnings(action="error"), pytest.raises(ConvergenceWarning):
        fit_together(networks, X, Y)
    assert not any(hasattr(each, "theta_") for each in networks)


REFUSED = [
    (networks({}) * 2, ValueError, "occurs twice. Copy it"),
    ([1], TypeError, "got int. Call its fit"),
]


@pytest.mark.parametrize(("networks", "error", "message"), REFUSED)
def test_errors_name_the_rule(networks, error, message):
    with pytest.raises(error, match=message):
        fit_together(networks, X, Y)
