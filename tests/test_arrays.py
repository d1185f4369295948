"""The arrays that training works in: batches of rows, and what BLAS adds in place."""

import numpy as np
import pytest
import scipy.sparse
from sklearn.utils import gen_batches

from scratchmlp.arrays import blocks
from scratchmlp.batches import Batches, Data
from scratchmlp.kernels import add_row, add_scaled

# Batches.


@pytest.mark.parametrize("n", [1, 3, 4, 9])
def test_blocks_are_the_batches_of_scikit_learn(n):
    assert blocks(n, 4) == [*gen_batches(n, 4)]


@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
@pytest.mark.parametrize("coded", [False, True], ids=["targets", "classes"])
@pytest.mark.parametrize("shuffled", [False, True], ids=["in-order", "shuffled"])
def test_batches_hold_every_row_once_in_order(sparse, coded, shuffled):
    rng = np.random.default_rng(0)
    X, weight, classes = rng.normal(size=(10, 3)), rng.random(10), rng.integers(0, 3, 10)
    class_targets = np.eye(4)[:, :3]
    data = Data(
        scipy.sparse.csr_array(X) if sparse else X,
        classes if coded else class_targets.T[classes],
        weight,
        class_targets if coded else None,
    )
    order = rng.permutation(10) if shuffled else None
    batches = [
        (X.toarray() if sparse else X.copy(), Y.copy(), w.copy())
        for X, Y, w in Batches(data, 4).epoch(order)
    ]
    assert [len(X) for X, _, _ in batches] == [4, 4, 2]
    index = slice(None) if order is None else order
    expected = X[index], np.eye(4)[classes[index]], weight[index]
    for parts, whole in zip(zip(*batches, strict=True), expected, strict=True):
        np.testing.assert_array_equal(np.concatenate(parts), whole)


@pytest.mark.parametrize(
    ("batch_size", "sizes"), [(4, [4, 4]), (5, [5, 5]), (10, [10]), (11, [10])]
)
def test_a_last_batch_that_has_fewer_rows_is_left_out(batch_size, sizes):
    X = np.arange(10.0)[:, np.newaxis]
    batches = Batches(Data(X, X, None), batch_size, drop_last=True)
    order = np.arange(10)[::-1]
    for rows in (order, None):
        given = [X.copy() for X, _, _ in batches.epoch(rows)]
        assert [len(X) for X in given] == sizes
        expected = X if rows is None or len(sizes) == 1 else X[rows]
        np.testing.assert_array_equal(np.concatenate(given), expected[: sum(sizes)])
    assert batches.n_rows == sum(sizes)


# Additions in place.


@pytest.mark.parametrize("dtype", [">f8", np.float16, np.float64])
def test_arrays_that_blas_does_not_take_are_added_to_as_well(dtype):
    whole = np.zeros((4, 6), dtype)
    Z, y = whole[:, ::2], whole[0, 1::2]
    add_row(Z, np.ones(3, dtype), np.ones(4, dtype))
    add_scaled(y, 2.0, np.ones(3, dtype))
    np.testing.assert_array_equal(whole[1:], [[1, 0] * 3] * 3)
    np.testing.assert_array_equal(whole[0], [1, 2] * 3)
