from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from scratchmlp.blas import add_row, add_scaled, threads


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("step", [1, 2], ids=["contiguous", "strided"])
def test_add_scaled_works_in_place_and_in_the_dtype(dtype, step):
    whole, x = np.arange(20, dtype=dtype), np.linspace(1, 2, 20, dtype=dtype)[::step]
    y = whole[::step]
    expected = y + 3 * x
    add_scaled(y, 3.0, x)
    np.testing.assert_allclose(whole[::step], expected, rtol=1e-6)
    assert y.dtype == dtype


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(5, 3), (1, 3), (5, 1), (1, 1)])
def test_add_row_works_in_place_in_either_layout(dtype, order, shape):
    Z = np.asarray(np.random.default_rng(0).normal(size=shape), dtype, order=order)
    row = np.arange(1, shape[1] + 1, dtype=dtype)
    expected = Z + row
    add_row(Z, row, np.ones(shape[0], dtype))
    np.testing.assert_allclose(Z, expected, rtol=1e-6)


def blas_threads():
    """Count the threads of each BLAS, by the package that brings it."""
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    return {Path(pool["filepath"]).parent.name: pool["num_threads"] for pool in pools}


def test_threads_are_limited_where_they_do_not_help():
    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        with threads(1_000):
            assert set(blas_threads().values()) == {1}
        assert blas_threads() == before
        with threads(1_000_000_000):
            now = blas_threads()
        assert blas_threads() == before
    for package, n_threads in now.items():
        assert n_threads == (1 if "scipy" in package else before[package])
