"""scikit-learn's own estimator checks."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor

# scikit-learn's own harness gives its MLP as many iterations.
SHORT = {"max_iter": 100}
LBFGS = {"solver": "lbfgs", **SHORT}
BOTH = (
    {},
    LBFGS,
    LBFGS | {"hidden_layer_sizes": ()},
    {"early_stopping": True, **SHORT},
    {"batch_size": 10, "solver": "adagrad", "learning_rate_init": 0.02, "max_iter": 50},
)
# Both estimators are trained by the same loops, which know nothing of classes or numbers: of what
# these loops alone see, each estimator has a share.
ESTIMATORS = (
    *(ScratchMLPClassifier(**settings) for settings in BOTH),
    ScratchMLPClassifier(solver="sgd", loss="squared_error", output_activation="identity"),
    ScratchMLPClassifier(solver="nadam", activation=["gelu"], weight_init="he_normal", **SHORT),
    ScratchMLPClassifier(loss="focal", output_activation="logistic", **SHORT),
    *(ScratchMLPRegressor(**settings) for settings in BOTH),
    ScratchMLPRegressor(solver="adamw", fit_intercept=False, **SHORT),
    ScratchMLPRegressor(solver="rmsprop", learning_rate="cosine", loss="huber", **SHORT),
    ScratchMLPRegressor(loss="poisson", **LBFGS),
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
@pytest.mark.filterwarnings("ignore:batch_size=10 is larger")
@parametrize_with_checks(
    ESTIMATORS,
    expected_failed_checks=expected_failures,
)
def test_scikit_learn_check(estimator, check):
    check(estimator)
