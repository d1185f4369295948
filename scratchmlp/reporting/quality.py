"""The section on how good the predictions are: curves, calibration, confusion, errors."""

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.calibration import CalibrationDisplay
from sklearn.metrics import (
    PrecisionRecallDisplay,
    PredictionErrorDisplay,
    RocCurveDisplay,
    confusion_matrix,
    precision_recall_fscore_support,
    roc_auc_score,
)

from scratchmlp.evaluation.evaluated import Evaluated
from scratchmlp.evaluation.numbers import Cell, count, number, plain, share
from scratchmlp.plotting.shared import COLORS
from scratchmlp.reporting.content import FAINT, Picture, Section, Table, are_near
from scratchmlp.reporting.scores import Scores, score_table

MOST_CURVES = 5
MOST_CLASSES = 20  # in the confusion matrix and in the table of classes
MOST_PAIRS = 20  # of confused classes
N_BINS = 10  # of the calibration curve
MOST_POINTS = 1000
_POINTS = {"s": 9, "alpha": 0.45, "color": COLORS[0], "linewidths": 0}
#: The title, the axes, the corner of good curves, and the display of scikit-learn.
_CURVES = (
    ("ROC curve", "True positive rate by false positive rate", "left", RocCurveDisplay),
    ("Precision and recall", "Precision by recall", "right", PrecisionRecallDisplay),
)
_SHARES = (0.5, 0.8, 0.9, 0.95, 0.99)  # of the rows, by the size of their errors

_WEIGHTED = (
    "The scores above use the weights that the rows had in fit. The other tables and the pictures "
    "of this section count all rows alike."
)


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
        The scores. For classes, ROC and precision-recall curves, calibration, and the confusion
        matrix, or for more than 20 classes the most confused pairs and the worst classes. For
        numbers, true values and residuals against predicted values, and quantiles of the errors.
    """
    parts: list[str | Table | Picture] = [score_table(evaluated, scores)]
    if evaluated.sample_weight is not None:
        parts.append(_WEIGHTED)
    if evaluated.proba is None:
        parts += [how_right(evaluated), _residuals(evaluated), _errors(evaluated)]
        return Section("quality", "How good the predictions are", parts)
    parts += [*_positive(evaluated), *_curves(evaluated), how_right(evaluated)]
    if len(evaluated.classes) > 1:
        few = len(evaluated.classes) <= MOST_CLASSES
        parts.append(_confusion(evaluated) if few else _confused_pairs(evaluated))
    return Section("quality", "How good the predictions are", [*parts, _per_class(evaluated)])


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
    if evaluated.proba is not None:
        return _calibration(evaluated)
    shown, which = _points(evaluated)
    return Picture(
        "True and predicted values",
        f"Each point is a row ({which}): its true value (vertical) by its predicted value "
        "(horizontal). On the dashed line, the two are equal.",
        lambda ax: _plot_errors(ax, evaluated, shown, "actual_vs_predicted", "true"),
    )


# Curves.


def frequent_classes(evaluated: Evaluated, most: int) -> NDArray[np.intp]:
    """Return the number of the positive class or, without one, those of the most frequent ones."""
    if evaluated.positive is not None:
        return np.array([evaluated.positive])
    counts = np.bincount(evaluated.codes, minlength=len(evaluated.classes))
    return np.argsort(-counts, kind="stable")[: min(most, np.count_nonzero(counts))]


def _positive(evaluated: Evaluated) -> list[str]:
    """Say which class the pictures are about, and when it is predicted."""
    if (positive := evaluated.positive) is None:
        return []
    text = (
        f"The positive class of the pictures is {plain(evaluated.classes[positive])}, with "
        f"{share(float(np.mean(evaluated.codes == positive)))} of the rows."
    )
    if (threshold := evaluated.decision.threshold) is not None:
        text += f" It is predicted where its probability is at least {threshold:g}."
    return [text]


def _curves(evaluated: Evaluated) -> list[Picture]:
    """Draw ROC and precision-recall curves of the most frequent classes."""
    if len(np.unique(evaluated.codes)) < 2:
        return []
    shown = frequent_classes(evaluated, MOST_CURVES)
    names = [plain(evaluated.classes[k], 20) for k in shown]
    whose = f"class {names[0]}" if len(names) == 1 else "each class against all others"
    if len(names) < len(evaluated.classes) and evaluated.positive is None:
        whose = f"each of the {len(names)} most frequent classes against all others"
    return [
        Picture(
            title,
            f"{what}, for {whose}, at each threshold of the probability. A good curve passes near "
            f"the upper {corner} corner.",
            partial(_plot_curves, display, evaluated, shown),
            (5.2, 3.6) if len(names) == 1 else (5.9, 3.3),
        )
        for title, what, corner, display in _CURVES
    ]


def _plot_curves(display: Any, evaluated: Evaluated, shown: NDArray[np.intp], ax: Any) -> None:
    """Draw a curve for each of some classes, as a display of scikit-learn does."""
    for k, color in zip(shown, COLORS, strict=False):
        display.from_predictions(
            evaluated.codes == k,
            evaluated.proba[:, k],  # type: ignore[index]
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


def _calibration(evaluated: Evaluated) -> Picture:
    """Draw how often the positive class occurs or, without one, the most probable one is right."""
    assert evaluated.proba is not None
    classes, P, positive = evaluated.classes, evaluated.proba, evaluated.positive
    if positive is not None:
        name, probability = plain(classes[positive], 30), P[:, positive]
        happened, what = evaluated.codes == positive, f"fraction of rows with {name}"
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


def _confusion(evaluated: Evaluated) -> Table:
    """Count the rows by true and predicted class."""
    matrix = confusion_matrix(evaluated.y, evaluated.prediction, labels=evaluated.classes)
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    names = [plain(label, 30) for label in evaluated.classes]
    rows: list[list[Cell]] = [
        [name, *map(count, counts.tolist(), parts.tolist())]
        for name, counts, parts in zip(names, matrix, shares, strict=True)
    ]
    return Table(
        "Confusion matrix: rows by their true class (lines) and their predicted class (columns). "
        "The stronger the color, the larger the share of the true class",
        ("true class", *(f"predicted {name}" for name in names)),
        rows,
    )


def _confused_pairs(evaluated: Evaluated) -> Table:
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


def _per_class(evaluated: Evaluated) -> Table:
    """Score each class, or those with the lowest F1 score if there are many."""
    assert evaluated.proba is not None
    classes, codes, P = evaluated.classes, evaluated.codes, evaluated.proba
    scores = precision_recall_fscore_support(
        evaluated.y, evaluated.prediction, labels=classes, zero_division=np.nan
    )
    precision, recall, f1, support = scores
    present = np.flatnonzero(support)
    several = len(present) > 1  # without rows of others, a class has no AUC
    caption = "Quality by class"
    if len(classes) > MOST_CLASSES:
        present = present[np.argsort(np.nan_to_num(f1[present]), kind="stable")][:MOST_CLASSES]
        caption = f"The {MOST_CLASSES} classes with the lowest F1 score"
    rows = [
        (
            plain(classes[k]),
            count(support[k]),
            share(precision[k]),
            share(recall[k]),
            number(f1[k]),
            number(roc_auc_score(codes == k, P[:, k]) if several else np.nan),
        )
        for k in present
    ]
    header = ("class", "rows", "precision", "recall", "F1 score", "AUC")
    return Table(
        f"{caption}. Precision: share of the rows predicted as this class that are of it. Recall: "
        "share of its rows that are predicted as it",
        header,
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


def _residuals(evaluated: Evaluated) -> Picture:
    """Draw the errors."""
    shown, which = _points(evaluated)
    kind, label = "residual_vs_predicted", "true minus predicted"
    return Picture(
        "Errors",
        f"Each point is a row ({which}). Above the dashed line, the true value is higher than "
        "predicted. Points should lie around the line in the same way everywhere.",
        lambda ax: _plot_errors(ax, evaluated, shown, kind, label),
    )


def _plot_errors(
    ax: Any, evaluated: Evaluated, shown: NDArray[np.intp], kind: str, label: str
) -> None:
    """Draw true values or residuals against predictions, with ticks at round numbers."""
    from matplotlib.ticker import MaxNLocator

    PredictionErrorDisplay.from_predictions(
        evaluated.y[shown],
        evaluated.prediction[shown],
        kind=kind,
        ax=ax,
        subsample=None,  # which would draw rows with replacement
        scatter_kwargs=_POINTS,
    )
    ax.set(xlabel="predicted", ylabel=label)
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
