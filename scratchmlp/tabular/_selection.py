"""Which epochs an ensemble is made of, and how sure of itself it may be."""

import numpy as np
from scipy.optimize import minimize_scalar

from scratchmlp.activations import FloatArray
from scratchmlp.losses import Loss
from scratchmlp.tabular._member import Candidate, Course


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
    n_epochs = max(len(course.losses) for course in courses)
    table = np.full((len(courses), n_epochs), np.nan)  # a limit of time may end some early
    for row, course in zip(table, courses, strict=True):
        row[: len(course.losses)] = course.losses
    common = np.nanmean(table, axis=0)
    return [
        min(course.candidates, key=lambda c: (c.loss + common[c.epoch], -c.epoch))
        for course in courses
    ]


def fit_temperature(loss: Loss, Y: FloatArray, raw: FloatArray, weight: FloatArray | None) -> float:
    """Find the number that raw scores have to be divided by for the lowest loss.

    Parameters
    ----------
    loss : Loss
        Loss of the raw scores.
    Y : ndarray of shape (n_samples, n_outputs)
        Targets.
    raw : ndarray of shape (n_samples, n_outputs)
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

    def mean_loss(log_temperature: float) -> float:
        return float(np.average(loss.value(Y, raw / np.exp(log_temperature)), weights=weight))

    bound = np.log(16)
    return float(np.exp(minimize_scalar(mean_loss, bounds=(-bound, bound), method="bounded").x))
