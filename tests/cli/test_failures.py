"""Estimators that an ensemble leaves out."""

import warnings

import numpy as np
import pytest
from sklearn.dummy import DummyRegressor
from sklearn.exceptions import FitFailedWarning
from sklearn.neighbors import KNeighborsRegressor

from scratchmlp.cli.failures import collect_failures
from scratchmlp.tabular import TabularEnsembleRegressor


def test_estimators_that_are_left_out_are_collected_and_not_printed(recwarn):
    parts = [("neighbours", KNeighborsRegressor(1000)), ("constant", DummyRegressor())]
    with collect_failures() as failures:
        for _ in range(2):  # Python would print the same warning only once
            failures.clear()
            TabularEnsembleRegressor(parts, cv=2).fit(np.arange(20.0)[:, None], np.arange(20))
    ((name, error),) = failures.items()
    assert name == "neighbours"
    assert error.startswith("ValueError: Expected n_neighbors <= n_samples_fit")
    assert not recwarn


@pytest.mark.parametrize("category", [UserWarning, FitFailedWarning])
def test_other_warnings_are_not_collected(category):
    with pytest.warns(category, match="something else"), collect_failures() as failures:
        warnings.warn("something else", category, stacklevel=1)
    assert failures == {}
