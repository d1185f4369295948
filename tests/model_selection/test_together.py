"""Networks that are fitted together are those that are fitted alone."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris

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
