"""scikit-learn's own estimator checks."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor

CLASSES = (ScratchMLPClassifier, ScratchMLPRegressor)
SETTINGS = (
    {},
    {"solver": "sgd"},
    {"solver": "adamw"},
    {"solver": "adagrad"},
    {"solver": "rmsprop"},
    # scikit-learn's own harness gives its MLP so many iterations.
    {"solver": "lbfgs", "max_iter": 100},
    {"solver": "lbfgs", "max_iter": 100, "hidden_layer_sizes": ()},
)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks([cls(**settings) for cls in CLASSES for settings in SETTINGS])
def test_scikit_learn_check(estimator, check):
    check(estimator)
