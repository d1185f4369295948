"""Trials of losses and optimizers that users have written: what they return, before training."""

from typing import Any

import numpy as np

from scratchmlp.arrays import FloatArray
from scratchmlp.estimators.prepared import Prepared
from scratchmlp.losses import LOSSES, Loss, own_outputs
from scratchmlp.optimizers import OPTIMIZERS
from scratchmlp.prediction import raw_scores
from scratchmlp.solvers import LBFGS, Descent

#: Number of rows of a trial.
TRIED_ROWS = 100


def try_objects(prepared: Prepared, solver: Descent | LBFGS | None = None) -> None:
    """Try the loss and the optimizer, unless they are of this package.

    Parameters
    ----------
    prepared : Prepared
        What training needs.
    solver : Descent, LBFGS or None, default=None
        The solver. None tries the loss alone.

    Raises
    ------
    ValueError
        If one of them does not return what its base class documents.
    """
    theta = prepared.run.theta
    if is_own(prepared.loss):
        X, Y, _ = prepared.data.sample(TRIED_ROWS).as_batch()
        try_loss(prepared.loss, Y, raw_scores(prepared.network, theta, X))
    if isinstance(solver, Descent) and type(solver.optimizer) not in OPTIMIZERS.values():
        _try_optimizer(solver.optimizer, theta)


def is_own(loss: Loss) -> bool:
    """Return whether a loss is the user's own."""
    return type(loss) not in LOSSES.values()


@np.errstate(all="ignore")  # only types and shapes count
def try_loss(loss: Loss, Y: FloatArray, raw: FloatArray) -> None:
    """Check what a loss returns for some rows.

    Parameters
    ----------
    loss : Loss
        The loss.
    Y : ndarray of shape (n_samples, n_targets)
        Targets.
    raw : ndarray of shape (n_samples, n_outputs)
        Raw scores.

    Raises
    ------
    ValueError
        If it does not return the documented arrays.
    """
    if own_outputs(loss) and _shape(predicted := loss.predictions(raw.copy())) != Y.shape:
        raise ValueError(
            f"predictions of loss={loss!r} must return an array of floats of the shape of the "
            f"targets, here {Y.shape}. For raw scores of shape {raw.shape}, it returned "
            f"{_described([predicted])}. Return a column for each target."
        )
    try:
        returned = loss.value_and_gradient(Y, raw)
    except Exception as error:
        error.add_note(f"The error is from value_and_gradient of loss={loss!r}.")
        raise
    parts = returned if isinstance(returned, tuple | list) else [returned]
    if [_shape(part) for part in parts] != [raw.shape[:1], raw.shape]:
        raise ValueError(
            f"value_and_gradient of loss={loss!r} must return two arrays of floats: the loss of "
            f"each row, here of shape {raw.shape[:1]}, and its gradient, of shape {raw.shape}. It "
            f"returned {_described(parts)}. Return arrays of floats: sum over the outputs, not "
            "over the rows."
        )


@np.errstate(all="ignore")
def _try_optimizer(optimizer: Any, theta: FloatArray) -> None:
    """Check what an optimizer returns, and that it changes parameters in place."""
    changed = theta.copy()
    state = optimizer.init(changed)
    if not isinstance(state, dict):
        raise ValueError(
            f"init of solver={optimizer!r} must return a dict of arrays and numbers; it returned "
            f"{_described([state])}. Return {{}} if there is nothing to remember."
        )
    returned = optimizer.update(changed, np.ones_like(theta), state, 0.1)
    if returned is not None and np.array_equal(changed, theta):
        raise ValueError(
            f"update of solver={optimizer!r} must change theta in place; it returned "
            f"{_described([returned])} and left theta as it was. Write theta -= ..., not theta = "
            "theta - ...."
        )


def _shape(part: Any) -> tuple[int, ...] | None:
    """Return the shape of an array of floats, and None for anything else."""
    return part.shape if isinstance(part, np.ndarray) and part.dtype.kind == "f" else None


def _described(parts: Any) -> str:
    return " and ".join(
        f"an array of type {part.dtype} and shape {part.shape}"
        if isinstance(part, np.ndarray)
        else f"an object of type {type(part).__name__}"
        for part in parts
    )
