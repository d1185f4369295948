import numpy as np
import pytest
from sklearn.base import clone

from scratchmlp.schedules import (
    SCHEDULES,
    Constant,
    Cosine,
    FlatCosine,
    HorizonSchedule,
    InverseScaling,
    OneCycle,
    Progress,
)

OVER_HORIZON = [name for name in SCHEDULES if issubclass(SCHEDULES[name], HorizonSchedule)]

# The factors at 0, 1/4, 1/2, 3/4 and 1 of the horizon, worked out from the equations.
HALF_ROOT = np.sqrt(0.5)
VALUES = {
    "cosine": [1, (1 + HALF_ROOT) / 2, 0.5, (1 - HALF_ROOT) / 2, 0],
    "coslog4": [
        0,
        *(0.5 - np.cos(2 * np.pi * np.log2(1 + 15 * t)) / 2 for t in (0.25, 0.5, 0.75)),
        0,
    ],
    "flat_cosine": [1, 1, 1, 0.5, 0],
    "one_cycle": [
        1 / 25,
        1 / 25 + 24 / 25 * (1 + np.cos(np.pi * (1 - 0.25 / 0.3))) / 2,
        *(4e-6 + (1 - 4e-6) * (1 + np.cos(np.pi * (t - 0.3) / 0.7)) / 2 for t in (0.5, 0.75)),
        4e-6,
    ],
}


def at(schedule, t):
    """Return the factor after a fraction t of 40 epochs of 150 rows."""
    return schedule(Progress(150 * int(40 * t), 40 * t, 40))


@pytest.mark.parametrize("name", OVER_HORIZON)
def test_values_over_the_horizon(name):
    factors = [at(SCHEDULES[name](), t) for t in (0, 0.25, 0.5, 0.75, 1)]
    np.testing.assert_allclose(factors, VALUES[name], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", OVER_HORIZON)
def test_beyond_the_horizon_the_last_value_holds(name):
    schedule = SCHEDULES[name]()
    assert at(schedule, 1.01) == at(schedule, 7) == at(schedule, 1)


@pytest.mark.parametrize("name", OVER_HORIZON)
@pytest.mark.parametrize("n_epochs", [80, np.int64(80)])
def test_a_horizon_of_its_own_wins(name, n_epochs):
    schedule = SCHEDULES[name](n_epochs=n_epochs)
    for t in (0, 0.3, 1, 2, 3):
        assert at(schedule, t) == at(SCHEDULES[name](), t / 2)


@pytest.mark.parametrize("name", SCHEDULES)
def test_factors_are_numbers_between_0_and_1(name):
    factors = [at(SCHEDULES[name](), t) for t in np.linspace(0, 2, 101)]
    assert all(type(factor) in (float, np.float64) for factor in factors)
    assert min(factors) >= 0
    assert max(factors) <= 1


@pytest.mark.parametrize("name", SCHEDULES)
def test_only_stepwise_schedules_change_within_an_epoch(name):
    """Others are called once per epoch."""
    schedule = SCHEDULES[name]()
    factors = {schedule(Progress(300, epoch, 40)) for epoch in (25, 25.5)}
    assert len(factors) == 1 + schedule.stepwise


@pytest.mark.parametrize("name", SCHEDULES)
def test_parameters_are_scikit_learn_parameters(name):
    schedule = SCHEDULES[name]()
    for parameter, value in schedule.get_params().items():
        changed = clone(schedule).set_params(**{parameter: value or 3})
        assert clone(changed).get_params() == {**schedule.get_params(), parameter: value or 3}
    schedule._validate_params()


@pytest.mark.parametrize("name", SCHEDULES)
def test_they_are_printed_as_scikit_learn_prints_and_may_be_keys(name):
    """With the parameters that differ from the defaults."""
    schedule = SCHEDULES[name]()
    assert repr(schedule) == f"{type(schedule).__name__}()"
    for parameter in schedule.get_params():
        changed = clone(schedule).set_params(**{parameter: 0.25})
        assert repr(changed) == f"{type(schedule).__name__}({parameter}=0.25)"
    assert len({schedule, clone(schedule)}) == 2


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        (Cosine(n_epochs=0), "'n_epochs' parameter of Cosine .* Got 0"),
        (FlatCosine(n_epochs=2.5), "'n_epochs' parameter of FlatCosine .* Got 2.5"),
        (OneCycle(warmup=1.0), "'warmup' parameter of OneCycle .* Got 1.0"),
        (OneCycle(start=-1.0), "'start' parameter of OneCycle .* Got -1.0"),
        (OneCycle(end=-1.0), "'end' parameter of OneCycle .* Got -1.0"),
        (OneCycle(n_epochs=-1), "'n_epochs' parameter of OneCycle .* Got -1"),
        (InverseScaling(-0.5), "'power_t' parameter of InverseScaling .* Got -0.5"),
    ],
)
def test_bad_parameters_are_refused(schedule, message):
    with pytest.raises(ValueError, match=message):
        schedule._validate_params()


@pytest.mark.parametrize(
    "schedule",
    [
        *(SCHEDULES[name](n_epochs=1) for name in OVER_HORIZON),
        OneCycle(warmup=0, start=0, end=0),
        OneCycle(warmup=0.99, start=3, end=2),
        InverseScaling(0),
    ],
    ids=str,
)
def test_the_ends_of_ranges_are_legal(schedule):
    schedule._validate_params()


def test_one_cycle_without_a_warm_up_falls_from_the_beginning():
    schedule = OneCycle(warmup=0.0, end=0.2)
    assert [at(schedule, t) for t in (0, 0.5, 1)] == pytest.approx([1, 0.6, 0.2])


def test_constant():
    assert [Constant()(Progress(t, t, 9)) for t in (0, 5, 500)] == [1, 1, 1]


@pytest.mark.parametrize("power_t", [0, 0.5, 1, np.int64(1)])
def test_inverse_scaling(power_t):
    schedule = InverseScaling(power_t)
    assert schedule(Progress(samples_seen=0, epoch=0, n_epochs=9)) == 1
    factor = schedule(Progress(samples_seen=150, epoch=1.5, n_epochs=9))
    assert factor == pytest.approx(1 / 151**power_t)
