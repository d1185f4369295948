"""scikit-learn's own estimator checks."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor

# As many iterations as these checks need for good scores.
SHORT = {"max_iter": 50, "hidden_layer_sizes": (20,), "learning_rate_init": 0.02}
# Both estimators are trained by the same loops, which know nothing of classes or numbers: of what
# these loops alone see, each estimator has a share.
ESTIMATORS = (
    ScratchMLPClassifier(),
    ScratchMLPClassifier(early_stopping=True, **SHORT),
    ScratchMLPRegressor(),
    ScratchMLPRegressor(solver="lbfgs", loss="poisson", **SHORT),
)
AT_NIGHT = (
    ScratchMLPClassifier(solver="lbfgs", hidden_layer_sizes=()),
    ScratchMLPClassifier(loss="focal", output_activation="logistic", solver="nadam", **SHORT),
    ScratchMLPRegressor(early_stopping=True, **SHORT),
    ScratchMLPRegressor(solver="rmsprop", learning_rate="cosine", loss="huber", **SHORT),
)
SPLIT = "the check's data leave too few rows for a validation split of 10%"
FEW = "two held-out rows of the heavy class are soon right, long before 87% of new rows go to it"
DRAWS = "weights and repeated rows are split and shuffled differently, so they train differently"


def expected_failures(estimator):
    """Name the checks that no network of this kind passes, scikit-learn's own included."""
    failures = {}
    if estimator.early_stopping:
        for kind in ("dense", "sparse"):
            failures[f"check_sample_weight_equivalence_on_{kind}_data"] = DRAWS
        failures |= dict.fromkeys(["check_estimators_nan_inf", "check_fit2d_1feature"], SPLIT)
        if isinstance(estimator, ScratchMLPClassifier):
            failures["check_class_weight_classifiers"] = FEW
        else:
            failures["check_regressors_no_decision_function"] = SPLIT
    return failures


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(ESTIMATORS, expected_failed_checks=expected_failures)
def test_scikit_learn_check(estimator, check):
    check(estimator)


@pytest.mark.nightly
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(AT_NIGHT, expected_failed_checks=expected_failures)
def test_scikit_learn_check_at_night(estimator, check):
    check(estimator)
