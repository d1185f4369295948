"""The boosting of a comparison, which chooses among three settings."""

import warnings

import numpy as np
import pytest

from scratchmlp.cli.baselines import careful_boosting, chosen_most_often

rng = np.random.default_rng(0)
X = rng.normal(size=(200, 3))
CLASSES = np.where(X[:, 0] + rng.logistic(size=200) > 0, "yes", "no")


FEW = {  # counts of rows of each class: whether there is a search
    (28, 2): False,
    (27, 3): True,
    (15, 14): False,
    (39, 3, 3): True,
    (38, 3, 3): False,
    (1, 1): False,
}


@pytest.mark.parametrize(("counts", "is_searched"), FEW.items())
def test_boosting_of_few_rows_is_not_searched(counts, is_searched):
    y = np.repeat(np.arange(len(counts)), counts)
    model = careful_boosting(True, 0)
    with warnings.catch_warnings(action="error"):
        model.fit(X[: len(y)], y)
    assert hasattr(model, "cv_results_") == is_searched
    assert model.predict_proba(X).shape == (200, len(counts))
    assert model.classes_.tolist() == [*range(len(counts))]


def test_boosting_of_few_numbers_is_not_searched():
    for n_rows, is_searched in ((14, False), (15, True)):
        model = careful_boosting(False, 0).fit(X[:n_rows], X[:n_rows, 0])
        assert hasattr(model, "cv_results_") == is_searched
        assert model.predict(X).shape == (200,)


def test_the_setting_that_most_searches_chose():
    searches = [careful_boosting(True, 0) for _ in range(5)]
    for search, leaves in zip(searches, [8, 16, 31, 16, 8], strict=True):
        search.best_estimator_ = search.estimator.set_params(max_leaf_nodes=leaves)
    assert chosen_most_often(searches).max_leaf_nodes == 8  # the first of two
    assert chosen_most_often(searches[1:]).max_leaf_nodes == 16
    assert not hasattr(chosen_most_often(searches), "classes_")
