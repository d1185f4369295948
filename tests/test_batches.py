import numpy as np
import pytest
import scipy.sparse

from scratchmlp.batches import Batches, Data


@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
@pytest.mark.parametrize("coded", [False, True], ids=["targets", "classes"])
def test_batches_hold_every_row_once_in_order(sparse, coded):
    rng = np.random.default_rng(0)
    X, weight, order = rng.normal(size=(10, 3)), rng.random(10), rng.permutation(10)
    code, classes = np.eye(4)[:, :3], rng.integers(0, 3, 10)
    data = Data(
        scipy.sparse.csr_array(X) if sparse else X,
        classes if coded else code.T[classes],
        weight,
        code if coded else None,
    )
    for rows in (order, None):
        index = np.arange(10) if rows is None else rows
        batches = [
            (X.toarray() if sparse else X.copy(), Y.copy(), w.copy())
            for X, Y, w in Batches(data, 4).epoch(rows)
        ]
        assert [len(X) for X, _, _ in batches] == [4, 4, 2]
        for part, expected in zip(
            map(np.concatenate, zip(*batches, strict=True)),
            (X[index], np.eye(4)[classes[index]], weight[index]),
            strict=True,
        ):
            np.testing.assert_array_equal(part, expected)
    assert len(list(Batches(data, 10).epoch(order))) == 1


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
