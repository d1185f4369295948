"""What a guess costs: columns of whole numbers that are made, read by guess and as you say."""

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.linear_model import Ridge

from benchmarks.guesses import COLUMNS, costs, errors
from scratchmlp.tabular import TabularEnsembleRegressor

#: Some columns of each kind; `python -m benchmarks guesses` has more, and larger ensembles.
QUANTITIES = ["design, named case", "doses", "ages", "counts", "ranks"]
CODES = ["persons, few, named", "persons, uneven", "firms", "zip codes"]


def ensemble(**readings):
    """Return a cheap ensemble."""
    parts = [("trees", ExtraTreesRegressor(20, min_samples_leaf=2)), ("linear", Ridge())]
    return TabularEnsembleRegressor(parts, cv=2, random_state=0, **readings)


SOME = ["design, named case", "firms", "zip codes"]
NIGHTLY = [pytest.param(names, marks=pytest.mark.nightly) for names in (QUANTITIES, CODES)]


@pytest.mark.parametrize("names", [SOME, *NIGHTLY])
def test_a_guess_costs_a_few_percent_at_most(names):
    """Single columns vary more, by what ridge regression makes of 200 rows."""
    ratios = np.array([costs(errors(COLUMNS[n], 0, ensemble, 320))["ratio"] for n in names])
    assert ratios.max() < 1.15
    assert (ratios.mean(axis=0) < 1.03).all()  # of known values, and of new ones
