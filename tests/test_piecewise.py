"""Piecewise-linear encoding."""

from sklearn.utils.estimator_checks import parametrize_with_checks

from scratchmlp.tabular import PiecewiseLinearEncoder


@parametrize_with_checks(
    [
        *(PiecewiseLinearEncoder(encoding=e) for e in ("linear", "steps", "both", "auto")),
        PiecewiseLinearEncoder(strategy="tree"),
        PiecewiseLinearEncoder(strategy="tree", encoding="auto"),
    ]
)
def test_scikit_learn_check(estimator, check):
    check(estimator)
