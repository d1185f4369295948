"""The scores of a report, beside those of a constant prediction."""

from typing import NamedTuple

import numpy as np

from scratchmlp.evaluation.evaluated import Evaluated, EvaluatedClasses
from scratchmlp.evaluation.metrics import NUMBERS, Metric, default_metrics, values_of
from scratchmlp.evaluation.numbers import Number
from scratchmlp.reporting.content import Table


class Score(NamedTuple):
    """A score of predictions, beside that of a constant prediction.

    Attributes
    ----------
    metric : Metric
        The metric.
    value : float
        Score of the predictions.
    constant : float
        Score of a constant prediction: the shares of the classes, or the mean.
    """

    metric: Metric
    value: float
    constant: float

    @property
    def cell(self) -> Number:
        """The score as a cell."""
        return self.metric.cell(self.value)


Scores = dict[str, Score]


def scores_of(evaluated: Evaluated) -> Scores:
    """Return the scores of predictions, by the names of metrics that users type.

    Parameters
    ----------
    evaluated : Evaluated
        The rows with predictions.

    Returns
    -------
    dict of str to Score
        Scores, the most important first. Those that are undefined for the rows are left out.
    """
    y, predicted, weight = evaluated.truth, evaluated.outputs, evaluated.sample_weight
    if isinstance(evaluated, EvaluatedClasses):
        counts = evaluated.counts
        constant = np.tile(counts / counts.sum(), (len(y), 1))
        metrics = {metric.name: metric for metric in default_metrics(counts)}
    else:
        constant, metrics = np.full(len(y), np.average(y, weights=weight)), dict(NUMBERS)
        if np.ptp(y) == 0:
            del metrics["R2"]  # there is no variance to explain
    values = values_of(metrics.values(), y, predicted, weight, evaluated.decision)
    constants = values_of(metrics.values(), y, constant, weight)
    return {
        name: Score(metric, values[metric.name], constants[metric.name])
        for name, metric in metrics.items()
        if np.isfinite(values[metric.name])
    }


def score_table(evaluated: Evaluated, scores: Scores) -> Table:
    """Return a table of the scores, beside those of a constant prediction."""
    is_class = isinstance(evaluated, EvaluatedClasses)
    constant = "the shares of the classes" if is_class else "the mean"
    rows = [
        (each.metric.name, each.cell, each.metric.cell(each.constant), each.metric.meaning)
        for each in scores.values()
    ]
    header = ("score", "this model", f"always predicting {constant}", "meaning")
    return Table("Scores of the predictions", header, rows)
