"""Searches and ensembles whose fits run on a cluster, through joblib's backend "dask"."""

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV

from scratchmlp import ScratchMLPClassifier
from scratchmlp.model_selection import StackedGridSearchCV
from scratchmlp.tabular import TabularMLPClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = load_iris(return_X_y=True)
NETWORK = ScratchMLPClassifier((4,), max_iter=3, random_state=0)
GRID = {"alpha": [0.01, 1.0]}


@pytest.mark.parametrize("search", [GridSearchCV, StackedGridSearchCV])
def test_searches(processes, search):
    local = search(NETWORK, GRID, cv=2).fit(X, Y)
    with processes.as_current(), joblib.parallel_config(backend="dask"):
        found = search(NETWORK, GRID, cv=2, n_jobs=2).fit(X, Y)
    for name in ("split0_test_score", "split1_test_score"):
        np.testing.assert_array_equal(found.cv_results_[name], local.cv_results_[name])
    np.testing.assert_array_equal(found.best_estimator_.theta_, local.best_estimator_.theta_)


def test_members_of_ensembles(processes):
    table = pd.DataFrame(X[::2], columns=list("abcd")).assign(e=np.where(X[::2, 0] > 6, "x", "y"))
    fit = {"cv": 2, "max_iter": 2, "random_state": 0}
    local = TabularMLPClassifier(**fit).fit(table, Y[::2])
    with processes.as_current(), joblib.parallel_config(backend="dask"):
        found = TabularMLPClassifier(n_jobs=2, **fit).fit(table, Y[::2])
    np.testing.assert_array_equal(found.predict_proba(table), local.predict_proba(table))
