import numpy as np
import pytest

from scratchmlp.schedules import Constant, InverseScaling, Progress


def test_constant():
    assert [Constant()(Progress(t, t)) for t in (0, 5, 500)] == [1, 1, 1]


@pytest.mark.parametrize("power_t", [0, 0.5, 1, np.int64(1)])
def test_inverse_scaling(power_t):
    schedule = InverseScaling(power_t)
    assert schedule(Progress(samples_seen=0, epoch=0)) == 1
    assert schedule(Progress(samples_seen=150, epoch=1)) == pytest.approx(1 / 151**power_t)


@pytest.mark.parametrize("schedule", [Constant(), InverseScaling(1)])
def test_factors_are_python_floats(schedule):
    """A NumPy scalar would turn float32 parameters into float64 ones."""
    assert type(schedule(Progress(10, 1))) is float
