"""scikit-learn's own estimator checks."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor

SETTINGS = (
    {},
    {"solver": "sgd"},
    {"solver": "adamw"},
    {"solver": "adagrad"},
    {"solver": "rmsprop"},
    {"solver": "nadam"},
    {"learning_rate": "cosine"},
    # scikit-learn's own harness gives its MLP so many iterations.
    {"solver": "lbfgs", "max_iter": 100},
    {"solver": "lbfgs", "max_iter": 100, "hidden_layer_sizes": ()},
    {"fit_intercept": False},
    {"activation": ["gelu"], "weight_init": "he_normal"},
    {"early_stopping": True},
    {"batch_size": 10},
)
SPLIT = "the check's data leave too few rows for a validation split of 10%"
FEW = "two held-out rows of the heavy class are soon right, long before 87% of new rows go to it"
DRAWS = "weights and repeated rows are split and shuffled differently, so they train differently"
WEIGHTS = ("dense", "sparse")


def expected_failures(estimator):
    """Name the checks that no network of this kind passes, scikit-learn's own included."""
    failures = {}
    if estimator.early_stopping or estimator.batch_size == 10:
        for kind in WEIGHTS:
            failures[f"check_sample_weight_equivalence_on_{kind}_data"] = DRAWS
    if estimator.early_stopping:
        failures |= dict.fromkeys(["check_estimators_nan_inf", "check_fit2d_1feature"], SPLIT)
        if isinstance(estimator, ScratchMLPClassifier):
            failures["check_class_weight_classifiers"] = FEW
        else:
            failures["check_regressors_no_decision_function"] = SPLIT
    return failures


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore:Got batch_size=10")
@parametrize_with_checks(
    [
        *(ScratchMLPClassifier(**settings) for settings in SETTINGS),
        *(ScratchMLPRegressor(**settings) for settings in SETTINGS),
        ScratchMLPClassifier(loss="squared_error", output_activation="identity"),
        ScratchMLPClassifier(output_activation="logistic"),
        ScratchMLPClassifier(loss="focal"),
        ScratchMLPRegressor(loss="huber"),
        ScratchMLPRegressor(loss="poisson", solver="lbfgs"),
    ],
    expected_failed_checks=expected_failures,
)
def test_scikit_learn_check(estimator, check):
    check(estimator)
