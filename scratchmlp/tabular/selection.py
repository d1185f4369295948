"""Which epochs an ensemble is made of, and how sure of itself it may be."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from scratchmlp.arrays import FloatArray
from scratchmlp.losses import LogLoss
from scratchmlp.tabular.member import Candidate, Course


def choose_epochs(courses: list[Course]) -> list[Candidate]:
    """Choose the epoch of each member around which its parameters are averaged.

    A fold of few rows says little of one epoch, and the mean over all folds is much surer; but
    members differ, and their own folds know. An epoch is judged by the sum of both losses. Of
    equally good ones the last is taken.

    Parameters
    ----------
    courses : list of Course
        What the training of each member left.

    Returns
    -------
    list of Candidate
        The best one of each member.
    """
    common = np.nanmean(_losses(courses), axis=0)
    return [
        min(course.candidates, key=lambda c: (c.loss + common[c.epoch], -c.epoch))
        for course in courses
    ]


def honest_scores(
    courses: list[Course], held_out: list[NDArray[np.intp]], reach: int
) -> list[FloatArray]:
    """Take each member's raw scores of its own fold at an epoch that these rows did not choose.

    It is the best one on the folds of other members that share no row with this one, or the last
    where there are none. The scores are averaged over as many epochs as parameters are.

    Parameters
    ----------
    courses : list of Course
        What the training of each member left.
    held_out : list of ndarray of int
        The rows of each member's fold.
    reach : int
        Epochs on either side of the best one.

    Returns
    -------
    list of ndarray of shape (n_held_out, n_outputs)
        Raw scores of the rows that each member held out.
    """
    scores = []
    for course, rows in zip(courses, held_out, strict=True):
        others = [
            other
            for other, others_rows in zip(courses, held_out, strict=True)
            if not np.intersect1d(rows, others_rows).size
        ]
        stored = np.array(list(course.raw))
        best = stored[-1]
        if others:  # as far as this member and any other came
            common = np.nanmean(_losses(others), axis=0)
            stored = stored[stored < len(common)]
            best = stored[np.argmin(common[stored])]
        around = [raw for epoch, raw in course.raw.items() if abs(epoch - best) <= reach]
        scores.append(np.mean(around, axis=0))
    return scores


def _losses(courses: list[Course]) -> FloatArray:
    """Put the losses of all members side by side; nan where a limit of time ended one earlier."""
    table = np.full((len(courses), max(len(course.losses) for course in courses)), np.nan)
    for row, course in zip(table, courses, strict=True):
        row[: len(course.losses)] = course.losses
    return table


def fit_temperature(Y: FloatArray, raw: FloatArray, weight: FloatArray | None) -> float:
    """Find the number that raw scores have to be divided by for the lowest log-loss.

    A few rows that are all right would ask for the surest scores. A standard normal distribution
    of the temperature's logarithm, taken for granted beforehand, keeps it from extremes there; with
    more rows it is soon outweighed.

    Parameters
    ----------
    Y : ndarray of shape (n_samples, n_classes)
        Targets, one-hot.
    raw : ndarray of shape (n_samples, n_classes)
        Raw scores of rows that were not trained on.
    weight : ndarray of shape (n_samples,) or None
        Weight of each row.

    Returns
    -------
    float
        The temperature, between 1/16 and 16. Above 1, scores were too sure of themselves.

    References
    ----------
    Guo, Pleiss, Sun and Weinberger, "On calibration of modern neural networks", ICML 2017.
    """
    loss = LogLoss().with_output("softmax")
    # As many rows of one weight would say as much.
    n_rows = len(Y) if weight is None else float(weight.sum() ** 2 / (weight**2).sum())

    def negative_log_posterior(log_temperature: float) -> float:
        losses = loss.value(Y, raw / np.exp(log_temperature))
        return n_rows * float(np.average(losses, weights=weight)) + log_temperature**2 / 2

    bound = np.log(16)
    found = minimize_scalar(negative_log_posterior, bounds=(-bound, bound), method="bounded")
    return float(np.exp(found.x))
