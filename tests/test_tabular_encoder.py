"""Encoding of raw tables."""

from sklearn.utils.estimator_checks import parametrize_with_checks

from scratchmlp.tabular import TabularEncoder


@parametrize_with_checks([TabularEncoder(), TabularEncoder([0])])
def test_scikit_learn_check(estimator, check):
    check(estimator)
