"""How many epochs an ensemble trains, which of them it keeps, and its out-of-fold scores."""

import numpy as np
from numpy.typing import NDArray

from scratchmlp.arrays import FloatArray
from scratchmlp.run import DivergenceError
from scratchmlp.tabular.networks.deadline import OUT_OF_TIME
from scratchmlp.tabular.networks.fold_evaluator import Candidate
from scratchmlp.tabular.networks.member import MemberHistory
from scratchmlp.tabular.networks.recipe import enough_epochs

#: Number of members that are trained before the others, to see how many epochs these need.
N_FIRST = 2


def last_epoch(first: list[MemberHistory], n_epochs: int) -> int:
    """Return the number of epochs that the other members need, of at most `n_epochs`.

    The epoch with the lowest mean loss of the first members shows it: see `enough_epochs`. If they
    lacked the time for all epochs, they do not show how many are needed, and the result is
    `n_epochs`.

    Parameters
    ----------
    first : list of MemberHistory
        What the training of the first members returned.
    n_epochs : int
        Number of epochs of the learning-rate schedule.

    Returns
    -------
    int
        The number of epochs.
    """
    if any(history.stop_reason == OUT_OF_TIME for history in first):
        return n_epochs
    return enough_epochs(1 + int(np.argmin(_mean_losses(first))), n_epochs)


def choose_epochs(histories: list[MemberHistory]) -> list[Candidate]:
    """Choose the epoch that each member keeps.

    The candidates of a member are the epochs with the lowest loss on its own fold: at most 32
    epochs, and as few as 4 if the network is large. Among them, the member keeps the epoch with the
    lowest sum of two losses: the loss on its own fold, and the mean over all members of the loss on
    their folds. The mean is added because the loss on a fold of few rows is a noisy estimate. The
    loss on the own fold is used because members differ. Of equally good epochs, the last is chosen.

    The parameters of a candidate are averaged over the epochs of its window. The losses are those
    of single epochs, without averaging.

    Parameters
    ----------
    histories : list of MemberHistory
        What the training of each member returned.

    Returns
    -------
    list of Candidate
        The epoch that each member keeps, with its averaged parameters.
    """
    mean_losses = _mean_losses(histories)
    return [
        min(history.candidates, key=lambda c: (c.loss + mean_losses[c.epoch], -c.epoch))
        for history in histories
    ]


def check_kept(chosen: list[Candidate], raw: list[FloatArray]) -> None:
    """Check that what members keep predicts finite numbers.

    Parameters
    ----------
    chosen : list of Candidate
        The epoch that each member keeps.
    raw : list of ndarray of shape (n_held_out, n_outputs)
        Raw scores of the member's own fold, with the averaged parameters of this epoch.

    Raises
    ------
    DivergenceError
        If the loss of this epoch or a raw score is not finite.
    """
    for number, (candidate, scores) in enumerate(zip(chosen, raw, strict=True)):
        if not (np.isfinite(candidate.loss) and np.isfinite(scores).all()):
            raise DivergenceError(
                f"Member {number} diverged: in its best epoch, {candidate.epoch + 1}, the loss on "
                f"its fold is {candidate.loss:.3g}, and its outputs must be finite. Clip the "
                "outliers among the targets, or lower max_iter."
            )


def out_of_fold_epochs(
    histories: list[MemberHistory], held_out: list[NDArray[np.intp]], averaging_radius: int
) -> list[list[int]]:
    """Choose the epochs of each member whose raw scores of its own fold are out-of-fold scores.

    They are the averaging window of an epoch that is chosen without these rows: the one with the
    lowest mean loss on the folds of other members. Only folds that share no row with the member's
    own fold are used. If there are none, the last epoch is chosen.

    Out-of-fold scores are the mean of the raw scores in these epochs, whereas a candidate has mean
    parameters. Only epochs whose raw scores were stored can be chosen and averaged. To save memory,
    `FoldEvaluator` may store them only for every second, fourth, ... epoch.

    Parameters
    ----------
    histories : list of MemberHistory
        What the training of each member returned.
    held_out : list of ndarray of int
        Row numbers of each member's fold.
    averaging_radius : int
        Number of epochs on either side of the chosen one in its averaging window.

    Returns
    -------
    list of list of int
        The epochs of each member, counted from 0.
    """
    epochs = []
    for history, rows in zip(histories, held_out, strict=True):
        others = [
            other
            for other, other_rows in zip(histories, held_out, strict=True)
            if not np.intersect1d(rows, other_rows).size
        ]
        stored = np.array(list(history.raw))
        best = stored[-1]
        if others:
            mean_losses = _mean_losses(others)
            stored = stored[stored < len(mean_losses)]  # epochs that some other member reached
            best = stored[np.argmin(mean_losses[stored])]
        epochs.append([epoch for epoch in history.raw if abs(epoch - best) <= averaging_radius])
    return epochs


def _mean_losses(histories: list[MemberHistory]) -> FloatArray:
    """Return the mean loss of the members after each epoch, up to the last epoch of any member.

    A member whose training ended early stays at its last loss. Without it, the mean would change
    where it ends, because some folds are harder than others. The last loss before divergence can be
    huge: such a member stays at its first loss.
    """
    n_epochs = max(len(history.losses) for history in histories)
    table = np.empty((len(histories), n_epochs))
    for row, (losses, *_) in zip(table, histories, strict=True):
        row[: len(losses)] = losses
        row[len(losses) :] = min(losses[0], losses[-1])
    return table.mean(axis=0)
