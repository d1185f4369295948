from contextlib import contextmanager

import numpy as np
import pytest
import scipy.sparse

from scratchmlp import ScratchMLPRegressor
from scratchmlp.kernels import add_row, add_scaled


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


@pytest.mark.parametrize("dtype", [">f8", np.float16, np.float64])
def test_arrays_that_blas_does_not_take_are_added_to_as_well(dtype):
    whole = np.zeros((4, 6), dtype)
    Z, y = whole[:, ::2], whole[0, 1::2]
    add_row(Z, np.ones(3, dtype), np.ones(4, dtype))
    add_scaled(y, 2.0, np.ones(3, dtype))
    np.testing.assert_array_equal(whole[1:], [[1, 0] * 3] * 3)
    np.testing.assert_array_equal(whole[0], [1, 2] * 3)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_fits_and_large_predictions_are_limited_and_single_rows_are_not(monkeypatch):
    sizes = []

    @contextmanager
    def recording(n_multiplications):
        sizes.append(n_multiplications)
        yield

    for module in ("estimators.base", "prediction"):
        monkeypatch.setattr(f"scratchmlp.{module}.threads", recording)
    X = np.random.default_rng(0).normal(size=(3000, 20))
    network = ScratchMLPRegressor(hidden_layer_sizes=(30, 40), max_iter=1, batch_size=100).fit(
        X, X[:, 0]
    )
    # The check of the last step takes 200 rows.
    assert sizes == [100 * 30 * 40, 200 * 30 * 40]
    network.predict(X)
    assert sizes[2:] == [512 * 30 * 40]
    network.predict(X[:1])
    assert len(sizes) == 3
    network = ScratchMLPRegressor(hidden_layer_sizes=(30,), max_iter=1)
    network.fit(scipy.sparse.csr_array(X[:100]), X[:100, 0])
    assert sizes[3:] == [100 * 30 * 1]  # the first layer's product is not BLAS's
