import numpy as np
import pytest

from scratchmlp.run import Run
from scratchmlp.schedules import (
    SCHEDULES,
    Adaptive,
    HorizonSchedule,
    InverseScaling,
    OneCycle,
    Progress,
)

OVER_HORIZON = [name for name in SCHEDULES if issubclass(SCHEDULES[name], HorizonSchedule)]

# The factors at 0, 1/4, 1/2, 3/4 and 1 of the horizon, worked out from the equations.
HALF_ROOT = np.sqrt(0.5)
VALUES = {
    "constant": [1, 1, 1, 1, 1],
    "invscaling": [1 / np.sqrt(150 * epoch + 1) for epoch in (0, 10, 20, 30, 40)],
    "cosine": [1, (1 + HALF_ROOT) / 2, 0.5, (1 - HALF_ROOT) / 2, 0],
    "coslog4": [0.5 - np.cos(2 * np.pi * np.log2(1 + 15 * t)) / 2 for t in (0, 0.25, 0.5, 0.75, 1)],
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


@pytest.mark.parametrize("name", SCHEDULES)
def test_values(name):
    factors = [at(SCHEDULES[name](), t) for t in (0, 0.25, 0.5, 0.75, 1)]
    np.testing.assert_allclose(factors, VALUES[name], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", OVER_HORIZON)
def test_beyond_the_horizon_the_last_value_stays(name):
    schedule = SCHEDULES[name]()
    assert at(schedule, 1.01) == at(schedule, 7) == at(schedule, 1)


@pytest.mark.parametrize("name", OVER_HORIZON)
@pytest.mark.parametrize("n_epochs", [80, np.int64(80)])
def test_a_horizon_of_its_own_wins(name, n_epochs):
    schedule = SCHEDULES[name](n_epochs=n_epochs)
    for t in (0, 0.3, 1, 2, 3):
        assert at(schedule, t) == at(SCHEDULES[name](), t / 2)


@pytest.mark.parametrize("name", SCHEDULES)
def test_only_stepwise_schedules_change_within_an_epoch(name):
    """Others are called once per epoch."""
    schedule = SCHEDULES[name]()
    factors = {schedule(Progress(300, epoch, 40)) for epoch in (25, 25.5)}
    assert len(factors) == 1 + schedule.stepwise


def test_one_cycle_without_a_warm_up_falls_from_the_beginning():
    schedule = OneCycle(warmup=0.0, end=0.2)
    assert [at(schedule, t) for t in (0, 0.5, 1)] == pytest.approx([1, 0.6, 0.2])


@pytest.mark.parametrize("power_t", [0, 0.5, np.int64(1)])
def test_inverse_scaling(power_t):
    schedule = InverseScaling(power_t)
    assert schedule(Progress(samples_seen=0, epoch=0, n_epochs=9)) == 1
    factor = schedule(Progress(samples_seen=150, epoch=1.5, n_epochs=9))
    assert factor == pytest.approx(1 / 151**power_t)


def test_the_smallest_rate_is_not_lowered():
    run = Run(theta=np.zeros(2), random_state=np.random.RandomState(0))
    assert not Adaptive().lower(run, Adaptive.SMALLEST)
    assert Adaptive().lower(run, np.nextafter(Adaptive.SMALLEST, 1))
    assert run.rate_drops == 1
