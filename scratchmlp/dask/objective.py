"""The training objective of rows on a cluster."""

from collections.abc import Callable
from typing import Any

import numpy as np
from dask.delayed import delayed

from scratchmlp.arrays import FloatArray, blocks
from scratchmlp.dask.data import ClusterData
from scratchmlp.dask.pieces import Piece
from scratchmlp.dask.rounds import added, reduced, task
from scratchmlp.network import Network
from scratchmlp.objective import Differentiable, Objective
from scratchmlp.utils.threads import threads

#: Bytes of the arrays of a pass. A piece with more rows is evaluated in chunks of rows.
_WORKSPACE = 2**22
#: Fewest rows of a chunk.
_FEWEST_ROWS = 512
#: Bytes of all copies of theta up to which each task gets its own, which saves a task.
_SMALL = 2**18


class ClusterObjective(Differentiable):
    """The objective J of a network, evaluated by a cluster.

    An evaluation is one round. A task for each piece sums the losses and gradients of its rows,
    with BLAS on one thread. A tree of tasks adds the sums in the order of the pieces, and the
    driver adds the penalty. So the same pieces give the same bits on any number of workers, if
    their processors and libraries are the same.

    Parameters
    ----------
    objective : Objective
        The objective of rows in memory.
    data : ClusterData
        The rows.
    """

    def __init__(self, objective: Objective, data: ClusterData) -> None:
        self.objective = objective
        self.data = data

    def at(self, theta: FloatArray) -> Callable[..., tuple[float, FloatArray]]:
        """Return the objective at `theta` as a function of batches; see `Objective.at`."""
        objective, data = self.objective, self.data
        grad = np.empty_like(theta)

        def evaluate(n_rows: int, parts: list[tuple[int, Any]]) -> tuple[float, FloatArray]:
            scale = 1 / (n_rows * objective.mean_weight)
            few = theta.nbytes * len(parts) <= _SMALL
            given = theta.copy() if few else delayed(theta.copy(), traverse=False)
            tasks = [
                task(sums, objective, given, data.futures[i], rows, scale) for i, rows in parts
            ]
            loss, grad[:] = data.rounds.get(reduced(added, tasks))
            return objective.penalized(theta, loss, grad, scale)

        return evaluate

    def reported(self, value: float, theta: FloatArray, n_rows: int) -> float:
        """Return what training reports: see `Objective.reported`."""
        return self.objective.reported(value, theta, n_rows)


@np.errstate(divide="ignore", over="ignore", invalid="ignore")  # the driver reports divergence
def sums(
    objective: Objective, theta: FloatArray, piece: Piece, rows: Any, scale: float
) -> tuple[float, FloatArray]:
    """Sum the losses and gradients of rows of a piece, in a task.

    Parameters
    ----------
    objective : Objective
        The objective.
    theta : ndarray of shape (n_parameters,)
        Parameters.
    piece : Piece
        The piece.
    rows : slice, ndarray or None
        Which of its rows. None means all.
    scale : float
        Factor of the gradient; see `scratchmlp.objective.ObjectiveAt.sums`.

    Returns
    -------
    loss : float
        Sum of the weighted losses.
    grad : ndarray of shape (n_parameters,)
        Gradient of this sum, times the scale.
    """
    data = piece.take(rows)
    evaluate, loss, grad = objective.at(aligned(theta)), 0.0, np.zeros_like(theta)
    with threads(0):
        for chunk in blocks(data.n_rows, chunk_rows(objective.network, theta)):
            X, Y, weight = data.rows(chunk).as_batch(theta.dtype)
            part = evaluate.sums(aligned(X), aligned(Y), weight, scale)
            loss += float(part[0])
            grad += part[1]
    return loss, grad


def chunk_rows(network: Network, theta: FloatArray) -> int:
    """Return the number of rows of a chunk. It does not depend on the machine."""
    row_bytes = 2 * theta.itemsize * sum(network.sizes)
    return max(_FEWEST_ROWS, _WORKSPACE // row_bytes)


def aligned(array: FloatArray) -> FloatArray:
    """Return an array whose entries have addresses that are multiples of their size.

    An array that a worker has received from another one may have any address. NumPy then computes
    some products in another way, with other last bits.
    """
    return np.require(array, requirements="A")
