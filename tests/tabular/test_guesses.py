"""What a guess costs: columns of whole numbers that are made, read by guess and as you say."""

import pytest
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.linear_model import Ridge

from benchmarks.guesses import COLUMNS, costs, errors
from scratchmlp.tabular import TabularEnsembleRegressor

#: Columns of each kind; `python -m benchmarks guesses` has more, and larger ensembles.
MADE = ["design", "doses", "ages", "counts", "ranks", "design, named case"]
MADE += ["persons, named", "persons, few, named", "persons, uneven", "firms", "zip codes"]


def ensemble(**readings):
    """Return a cheap ensemble."""
    trees = ExtraTreesRegressor(20, min_samples_leaf=2)
    parts = [("trees", trees), ("linear", Ridge())]
    return TabularEnsembleRegressor(parts, cv=2, random_state=0, **readings)


@pytest.mark.parametrize("name", MADE)
def test_a_guess_costs_a_few_percent_at_most(name):
    found = [each for seed in range(2) for each in errors(COLUMNS[name], seed, ensemble, 320)]
    assert costs(found)["ratio"].max() < 1.06
