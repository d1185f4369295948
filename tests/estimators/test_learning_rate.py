"""Learning-rate schedules in the estimators: names, objects, horizons."""

import numpy as np
import pytest
from estimator_examples import SMALL, X_IRIS, Y_IRIS, partial_fit
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV

from scratchmlp.schedules import SCHEDULES, Cosine, HorizonSchedule, InverseScaling

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize("solver", ["sgd", "adam"])
@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_s_name_is_what_its_object_is(Estimator, name, solver):
    """Except for scikit-learn's names, which have an effect only with "sgd"."""
    settings = {"batch_size": 40, "solver": solver, **SMALL}
    named = Estimator(learning_rate=name, **settings).fit(X_IRIS, Y_IRIS)
    acts = solver == "sgd" or issubclass(SCHEDULES[name], HorizonSchedule)
    schedule = SCHEDULES[name]() if acts else (lambda progress: 1.0)
    given = Estimator(learning_rate=schedule, **settings).fit(X_IRIS, Y_IRIS)
    np.testing.assert_array_equal(given.theta_, named.theta_)
    changes = len({*named.history_["learning_rate"]}) > 1
    assert changes == (acts and name != "constant")


def test_schedule_objects_act_with_every_first_order_solver(Estimator):
    estimator = Estimator(learning_rate=InverseScaling(1.0), **SMALL).fit(X_IRIS, Y_IRIS)
    rates = [0.001 / (150 * epoch + 1) for epoch in range(5)]
    assert estimator.history_["learning_rate"] == pytest.approx(rates)


def cosine_rates(n_epochs, horizon):
    return [0.0005 * (1 + np.cos(np.pi * min(e / horizon, 1))) for e in range(n_epochs)]


def test_the_horizon_is_max_iter_of_the_fit_that_began(Estimator):
    estimator = Estimator(learning_rate="cosine", warm_start=True, max_iter=np.int64(4))
    estimator.fit(X_IRIS, Y_IRIS).set_params(max_iter=2).fit(X_IRIS, Y_IRIS)
    assert estimator.history_["learning_rate"] == pytest.approx(cosine_rates(6, 4), abs=1e-15)
    estimator.set_params(warm_start=False).fit(X_IRIS, Y_IRIS)
    assert estimator.history_["learning_rate"] == pytest.approx(cosine_rates(2, 2), abs=1e-15)


def test_partial_fit_has_the_horizon_of_a_fit(Estimator):
    estimator = Estimator(learning_rate="cosine", max_iter=4)
    for _ in range(6):
        partial_fit(estimator, X_IRIS, Y_IRIS)
    assert estimator.history_["learning_rate"] == pytest.approx(cosine_rates(6, 4), abs=1e-15)


def test_a_schedule_s_own_horizon_wins_and_can_be_searched(Estimator):
    estimator = Estimator(learning_rate=Cosine(n_epochs=8), **SMALL).fit(X_IRIS, Y_IRIS)
    assert estimator.history_["learning_rate"] == pytest.approx(cosine_rates(5, 8))
    grid = {"learning_rate__n_epochs": [3, 8]}
    search = GridSearchCV(estimator, grid, cv=3).fit(X_IRIS, Y_IRIS)
    n_epochs = search.best_params_["learning_rate__n_epochs"]
    rates = search.best_estimator_.history_["learning_rate"]
    assert rates == pytest.approx(cosine_rates(5, n_epochs), abs=1e-15)


@pytest.mark.parametrize("name", SCHEDULES)
def test_float32_stays_float32_with_every_schedule(Estimator, name):
    settings = {"learning_rate": SCHEDULES[name](), "batch_size": 40, **SMALL}
    estimator = Estimator(**settings).fit(X_IRIS.astype(np.float32), Y_IRIS)
    assert estimator.theta_.dtype == np.float32


@pytest.mark.filterwarnings("error")
def test_a_schedule_that_has_come_to_its_end_warns_as_any_other(Estimator):
    with pytest.warns(ConvergenceWarning, match="Maximum iterations .2. reached"):
        Estimator(learning_rate="cosine", max_iter=2).fit(X_IRIS, Y_IRIS)
