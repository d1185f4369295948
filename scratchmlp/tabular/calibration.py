"""Calibration of a classifier: from raw scores to probabilities, fitted on held-out rows."""

from typing import NamedTuple

import numpy as np
from scipy import special
from scipy.optimize import minimize
from scipy.special import expit, log_expit

from scratchmlp.arrays import FloatArray
from scratchmlp.batches import Data
from scratchmlp.tabular.folds import Rows, effective_number

#: Mean of the prior of the floor times the number of classes: the strongest label smoothing.
_MEAN_FLOOR = 0.1
#: Rows, spread evenly over the classes, that the uniform share adds to those of the table.
_PRIOR_ROWS = 0.1
#: Number of scores to which the calibration is fitted. If there are more, rows are left out.
_MOST_SCORES = 2**20


def softmax(scores: FloatArray) -> FloatArray:
    """Return the softmax of each row; of two scores in closed form, which is faster."""
    return expit(_log_odds(scores)) if scores.shape[1] == 2 else special.softmax(scores, axis=1)


def log_softmax(scores: FloatArray) -> FloatArray:
    """Return the logarithms of the softmax of each row; of two scores in closed form."""
    if scores.shape[1] == 2:
        return log_expit(_log_odds(scores))
    return special.log_softmax(scores, axis=1)


def _log_odds(scores: FloatArray) -> FloatArray:
    """Return the log-odds of each of two classes."""
    difference = scores[:, 1] - scores[:, 0]
    return np.stack([-difference, difference], axis=1)


class Calibration(NamedTuple):
    """How probabilities follow from raw scores.

    Raw scores are divided by the temperature before the softmax. Each probability p then becomes
    proportional to p³ / (p² + floor²). This hardly changes probabilities far above the floor, and
    lowers those below it. It undoes label smoothing, which lifts the small probabilities of sure
    predictions, but which a network learns only in part. No temperature can undo it: it would
    change the other probabilities too.

    Last, a share of the uniform distribution is mixed in, because a few hundred rows do not support
    odds of a million to one, even if all of them are predicted well.

    Attributes
    ----------
    temperature : float
        A temperature above 1 means that the probabilities were too extreme before.
    floor : float
        At least 0, which leaves the probabilities as they are.
    uniform_share : float, default=0.0
        Share of the uniform distribution. All probabilities are at least this divided by the number
        of classes.
    """

    temperature: float
    floor: float
    uniform_share: float = 0.0

    def probabilities(self, raw: FloatArray) -> FloatArray:
        """Compute probabilities from raw scores of shape (n_samples, n_classes)."""
        p = softmax(self.scores(raw)) * (1.0 - self.uniform_share)
        p += self.uniform_share / raw.shape[1]
        return p

    def scores(self, raw: FloatArray) -> FloatArray:
        """Compute scores, whose softmax are the probabilities without the uniform share."""
        if self.floor <= 0:
            return raw / self.temperature
        log_p = log_softmax(raw / self.temperature)
        return log_p + log_expit(2 * (log_p - np.log(self.floor)))  # p · p² / (p² + floor²)


#: Leaves probabilities as they are.
NOT_CALIBRATED = Calibration(temperature=1.0, floor=0.0)


def fit_calibration(data: Data, raw: FloatArray, rows: Rows | None = None) -> Calibration:
    """Fit the calibration of probabilities.

    The temperature and the floor minimize the log-loss plus two penalties. They correspond to a
    standard normal prior of the logarithm of the temperature, and to an exponential prior of the
    floor. With few rows, all rows may be classified correctly, and the priors then prevent
    probabilities near 1. With many rows, they have little influence.

    The uniform share is 0.1 / (n + 0.1), where n is the number of rows, or the effective number of
    weighted ones. Adding a tenth of a row, spread evenly over the classes, would change frequencies
    of classes among n rows in the same way.

    Parameters
    ----------
    data : Data
        Rows, whose targets are classes. X is not used.
    raw : ndarray of shape (n_samples, n_classes)
        Raw scores of the rows, from models that were not trained on them.
    rows : ndarray of int or None, default=None
        Numbers of the rows to use. None means all.

    Returns
    -------
    Calibration
        The temperature, between 1/16 and 16, the floor, between 0 and 0.2 divided by the number of
        classes, and the uniform share.

    References
    ----------
    Guo, Pleiss, Sun and Weinberger, "On calibration of modern neural networks", ICML 2017.
    """
    rows = np.arange(len(raw)) if rows is None else rows
    weight = None if data.sample_weight is None else data.sample_weight[rows]
    n_rows, n_classes = float(len(rows)), raw.shape[1]
    if weight is not None:
        n_rows = effective_number(weight)
    used = rows[:: -(-len(rows) * n_classes // _MOST_SCORES)]
    raw, Y, weight = data._replace(X=raw).rows(used).as_batch()
    raw = raw.astype(np.float64)  # the minimization takes differences

    def calibration(parameters: FloatArray) -> Calibration:
        log_temperature, total_floor = parameters
        return Calibration(float(np.exp(log_temperature)), float(total_floor) / n_classes)

    def negative_log_posterior(parameters: FloatArray) -> float:
        log_temperature, total_floor = parameters
        log_p = log_softmax(calibration(parameters).scores(raw))
        loss = -float(np.average((Y * log_p).sum(axis=1), weights=weight))
        return n_rows * loss + log_temperature**2 / 2 + total_floor / _MEAN_FLOOR

    bound = np.log(16)
    found = minimize(
        negative_log_posterior,
        [0.0, _MEAN_FLOOR / 2],
        method="L-BFGS-B",
        bounds=[(-bound, bound), (0, 2 * _MEAN_FLOOR)],
    )
    return calibration(found.x)._replace(uniform_share=_PRIOR_ROWS / (n_rows + _PRIOR_ROWS))
