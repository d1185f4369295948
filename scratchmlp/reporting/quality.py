"""The section on how good the predictions are: scores, curves, calibration, confusion, errors."""

from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.calibration import CalibrationDisplay
from sklearn.metrics import (
    PrecisionRecallDisplay,
    PredictionErrorDisplay,
    confusion_matrix,
)

from scratchmlp.evaluation.evaluated import Evaluated, EvaluatedClasses
from scratchmlp.evaluation.metrics import NUMBERS, Metric, default_metrics, values_of
from scratchmlp.evaluation.numbers import Cell, Number, count, number, plain, share
from scratchmlp.plotting.shared import COLORS
from scratchmlp.reporting.content import FAINT, Folded, Picture, Section, Table, are_near

MOST_CURVES = 5
MOST_CLASSES = 20  # in the confusion matrix
MOST_PAIRS = 20  # of confused classes
N_BINS = 10  # of the calibration curve
MOST_POINTS = 1000
_POINTS = {"s": 9, "alpha": 0.45, "color": COLORS[0], "linewidths": 0}
_SHARES = (0.5, 0.8, 0.9, 0.95, 0.99)  # of the rows, by the size of their errors

#: What a loss is, its value, and that of the simplest guess.
_LOSSES = {
    "log-loss": "The log-loss is an error of the probabilities: lower is better, 0 is perfect. It "
    "is {}. If the probabilities were always the shares of the classes, it would be {}.",
    "RMSE": "The RMSE is a typical error, to which large errors add most. It is {}. If the "
    "prediction were always the mean, it would be {}. R² is 1 for perfect predictions and 0 for "
    "the mean.",
}
_WEIGHTED = (
    "The scores above use the weights that the rows had in fit. The other tables and the pictures "
    "of this section count all rows alike."
)


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


def quality_section(evaluated: Evaluated, scores: Scores) -> Section:
    """Show how good the predictions are.

    Parameters
    ----------
    evaluated : Evaluated
        The rows with predictions.
    scores : dict of str to Score
        Their scores.

    Returns
    -------
    Section
        For classes, calibration, and the confusion matrix, or for more than 20 classes the most
        confused pairs. For numbers, true against predicted values, and quantiles of the errors.
        All scores and precision-recall curves are folded.
    """
    details: list[str | Table | Picture] = [score_table(evaluated, scores)]
    if evaluated.sample_weight is not None:
        details.append(_WEIGHTED)
    parts: list[str | Table | Picture] = [how_right(evaluated)]
    if isinstance(evaluated, EvaluatedClasses):
        if len(evaluated.classes) > 1:
            few = len(evaluated.classes) <= MOST_CLASSES
            parts.append(_confusion(evaluated) if few else _confused_pairs(evaluated))
        parts = [*_positive(evaluated), *parts]
        details += _curves(evaluated)
    else:
        parts.append(_errors(evaluated))
    losses = [(text, scores[name]) for name, text in _LOSSES.items() if name in scores]
    said = [text.format(loss.cell, number(loss.constant)) for text, loss in losses]
    return Section("quality", "How good is it?", [*said, *parts, Folded("All scores", details)])


def how_right(evaluated: Evaluated) -> Picture:
    """Draw what tells most: the calibration of probabilities, or true and predicted numbers.

    Parameters
    ----------
    evaluated : Evaluated
        The rows with predictions.

    Returns
    -------
    Picture
        The picture.
    """
    if isinstance(evaluated, EvaluatedClasses):
        return _calibration(evaluated)
    shown, which = _points(evaluated)
    return Picture(
        "True and predicted values",
        f"Each point is a row ({which}): its true value (vertical) by its predicted value "
        "(horizontal). On the dashed line, the two are equal.",
        lambda ax: _plot_errors(ax, evaluated, shown),
    )


# Curves.


def frequent_classes(evaluated: EvaluatedClasses, most: int) -> NDArray[np.intp]:
    """Return the number of the positive class or, without one, those of the most frequent ones."""
    if evaluated.positive is not None:
        return np.array([evaluated.positive])
    counts = np.bincount(evaluated.truth, minlength=len(evaluated.classes))
    return np.argsort(-counts, kind="stable")[: min(most, np.count_nonzero(counts))]


def _positive(evaluated: EvaluatedClasses) -> list[str]:
    """Say which class the pictures are about, and when it is predicted."""
    if (positive := evaluated.positive) is None:
        return []
    name, is_positive = plain(evaluated.classes[positive]), evaluated.truth == positive
    is_predicted = evaluated.prediction == evaluated.classes[positive]
    text = (
        f"The class that matters here (the positive class) is {name}, with "
        f"{share(float(np.mean(is_positive)))} of the rows. The model finds "
        f"{(is_positive & is_predicted).sum():,} of these {is_positive.sum():,} rows, and takes "
        f"{(is_predicted & ~is_positive).sum():,} others for {name}."
    )
    if (threshold := evaluated.decision.threshold) is not None:
        text += f" It predicts {name} where the probability is at least {threshold:g}."
    return [text]


def _curves(evaluated: EvaluatedClasses) -> list[Picture]:
    """Draw precision-recall curves of the most frequent classes."""
    if len(np.unique(evaluated.truth)) < 2:
        return []
    shown = frequent_classes(evaluated, MOST_CURVES)
    names = [plain(evaluated.classes[k], 20) for k in shown]
    whose = f"class {names[0]}" if len(names) == 1 else "each class against all others"
    if len(names) < len(evaluated.classes) and evaluated.positive is None:
        whose = f"each of the {len(names)} most frequent classes against all others"
    return [
        Picture(
            "Precision and recall",
            f"Precision by recall, for {whose}, at each threshold of the probability. A good curve "
            "passes near the upper right corner.",
            partial(_plot_curves, evaluated, shown),
            (5.2, 3.6) if len(names) == 1 else (5.9, 3.3),
        )
    ]


def _plot_curves(evaluated: EvaluatedClasses, shown: NDArray[np.intp], ax: Any) -> None:
    """Draw a curve for each of some classes, as a display of scikit-learn does."""
    for k, color in zip(shown, COLORS, strict=False):
        PrecisionRecallDisplay.from_predictions(
            evaluated.truth == k,
            evaluated.outputs[:, k],
            ax=ax,
            name=plain(evaluated.classes[k], 20),
            drop_intermediate=True,
            curve_kwargs={"color": color},
            plot_chance_level=bool(k == shown[-1]),
            chance_level_kw={"label": "chance", "color": FAINT},
        )
    if len(shown) > 1:  # beside the square axes
        ax.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize="small")
    labels = (label.partition(" (Positive")[0] for label in (ax.get_xlabel(), ax.get_ylabel()))
    ax.set(**dict(zip(("xlabel", "ylabel"), map(str.lower, labels), strict=True)))


def _calibration(evaluated: EvaluatedClasses) -> Picture:
    """Draw how often the positive class occurs or, without one, the most probable one is right."""
    classes, P, positive = evaluated.classes, evaluated.outputs, evaluated.positive
    if positive is not None:
        name, probability = plain(classes[positive], 30), P[:, positive]
        happened, what = evaluated.truth == positive, f"fraction of rows with {name}"
    else:
        name, what = "the predicted class", "fraction of rows predicted correctly"
        happened, probability = evaluated.prediction == evaluated.y, P.max(axis=1)

    def plot(ax: Any) -> None:
        CalibrationDisplay.from_predictions(
            happened,
            probability,
            n_bins=N_BINS,
            strategy="quantile",
            ax=ax,
            name="",
            color=COLORS[0],
        )
        ax.get_legend().remove()
        ax.set(xlabel=f"predicted probability of {name}", ylabel=what)

    return Picture(
        "Calibration",
        f"Mean predicted probability of {name} (horizontal) and its observed frequency "
        "(vertical), in ten groups of equally many rows. On the dotted line, the two are equal: "
        "the probabilities are calibrated.",
        plot,
    )


# Confusion.


def _confusion(evaluated: EvaluatedClasses) -> Table:
    """Count the rows by true and predicted class."""
    matrix = confusion_matrix(evaluated.y, evaluated.prediction, labels=evaluated.classes)
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    names = [plain(label, 30) for label in evaluated.classes]
    rows: list[list[Cell]] = [
        [name, *map(count, counts.tolist(), parts.tolist())]
        for name, counts, parts in zip(names, matrix, shares, strict=True)
    ]
    return Table(
        "Confusion matrix: rows of each class (lines) by predicted class (columns). The stronger "
        "the color, the larger the share of the class",
        ("true class", *(f"predicted {name}" for name in names)),
        rows,
    )


def _confused_pairs(evaluated: EvaluatedClasses) -> Table:
    """Count the most frequent mistakes."""
    pairs = pd.DataFrame({"true": evaluated.y, "predicted": evaluated.prediction})
    wrong = pairs[pairs["true"] != pairs["predicted"]]
    counts = wrong.groupby(["true", "predicted"], as_index=False).size()
    n_rows = pairs["true"].value_counts()
    rows = [
        (plain(true), plain(predicted), count(n), share(n / n_rows[true]))
        for true, predicted, n in counts.nlargest(MOST_PAIRS, "size").itertuples(index=False)
    ]
    return Table(
        f"The most frequent mistakes among {len(evaluated.classes)} classes",
        ("true class", "predicted class", "rows", "share of the true class"),
        rows,
    )


# Numbers.


def _points(evaluated: Evaluated) -> tuple[NDArray[np.intp], str]:
    """Choose the rows to draw, and say which they are."""
    shown, n = evaluated.sample(MOST_POINTS), len(evaluated.y)
    which = "all rows" if len(shown) == n else f"{len(shown):,} random rows out of {n:,}"
    pairs = pd.DataFrame({"y": evaluated.y[shown], "predicted": evaluated.prediction[shown]})
    near = pairs.apply(are_near).all(axis=1).to_numpy()
    if not near.all():
        which += (
            f" but {np.count_nonzero(~near):,} with extreme values, which would hide the others"
        )
    return shown[near], which


def _plot_errors(ax: Any, evaluated: Evaluated, shown: NDArray[np.intp]) -> None:
    """Draw true values against predictions, with ticks at round numbers."""
    from matplotlib.ticker import MaxNLocator

    PredictionErrorDisplay.from_predictions(
        evaluated.y[shown],
        evaluated.prediction[shown],
        kind="actual_vs_predicted",
        ax=ax,
        subsample=None,  # which would draw rows with replacement
        scatter_kwargs=_POINTS,
    )
    ax.set(xlabel="predicted", ylabel="true")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(5))
        axis.set_major_formatter("{x:,.6g}")


def _errors(evaluated: Evaluated) -> Table:
    """Return quantiles of the absolute errors."""
    rows = [
        (f"{part:.0%} of the rows", number(float(np.quantile(evaluated.errors, part))))
        for part in _SHARES
    ]
    return Table("How large the errors are", ("of", "absolute error at most"), rows)
