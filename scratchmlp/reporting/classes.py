"""The section on how good predicted classes are: curves, calibration and confusion."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.calibration import CalibrationDisplay
from sklearn.metrics import (
    PrecisionRecallDisplay,
    RocCurveDisplay,
    confusion_matrix,
    precision_recall_fscore_support,
    roc_auc_score,
)

from scratchmlp.arrays import FloatArray
from scratchmlp.reporting.content import Cell, Number, Picture, Table, count, number, plain, share
from scratchmlp.reporting.evaluated import Evaluated
from scratchmlp.reporting.pictures import COLORS, FAINT, SIZE, draw

MOST_CURVES = 5
MOST_CLASSES = 20  # in the confusion matrix and in the table of classes
MOST_PAIRS = 20  # of confused classes
N_BINS = 10  # of the calibration curve


def quality_of_classes(evaluated: Evaluated) -> list[Picture | Table | str]:
    """Show how good predicted classes and probabilities are.

    Parameters
    ----------
    evaluated : Evaluated
        The rows with predictions.

    Returns
    -------
    list of Picture, Table or str
        ROC and precision-recall curves, calibration, and the confusion matrix. For more than 20
        classes, the most confused pairs and the worst classes.
    """
    pictures = [*_curves(evaluated), _calibration(evaluated)]
    if len(evaluated.classes) == 1:
        tables = [_per_class(evaluated)]
    elif len(evaluated.classes) <= MOST_CLASSES:
        tables = [_confusion(evaluated), _per_class(evaluated)]
    else:
        tables = [_confused_pairs(evaluated), _per_class(evaluated)]
    return [*pictures, *tables]


# Curves.


def frequent_classes(evaluated: Evaluated, most: int) -> NDArray[np.intp]:
    """Return the numbers of the most frequent classes; of two classes, only the second."""
    n_classes = len(evaluated.classes)
    if n_classes == 2:
        return np.array([1])
    counts = np.bincount(evaluated.codes, minlength=n_classes)
    return np.argsort(-counts, kind="stable")[: min(most, np.count_nonzero(counts))]


def _curves(evaluated: Evaluated) -> list[Picture]:
    """Draw ROC and precision-recall curves of the most frequent classes."""
    if len(np.unique(evaluated.codes)) < 2:
        return []
    shown = frequent_classes(evaluated, MOST_CURVES)
    names = [plain(evaluated.classes[k], 20) for k in shown]
    whose = f"class {names[0]}" if len(names) == 1 else "each class against all others"
    if len(names) < len(evaluated.classes) > 2:
        whose = f"each of the {len(names)} most frequent classes against all others"
    size = SIZE if len(names) == 1 else (SIZE[0] + 0.7, SIZE[1] - 0.3)
    roc = draw(
        "roc",
        "ROC curve",
        f"True positive rate by false positive rate, for {whose}, at each threshold of the "
        "probability. A good curve passes near the upper left corner.",
        lambda ax: _plot_curves(RocCurveDisplay, ax, evaluated, shown),
        size,
    )
    recall = draw(
        "precision-recall",
        "Precision and recall",
        f"Precision by recall, for {whose}, at each threshold of the probability. A good curve "
        "passes near the upper right corner.",
        lambda ax: _plot_curves(PrecisionRecallDisplay, ax, evaluated, shown),
        size,
    )
    return [roc, recall]


def _plot_curves(display: Any, ax: Any, evaluated: Evaluated, shown: NDArray[np.intp]) -> None:
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


class Events(NamedTuple):
    """What calibration curves compare: events and their predicted probabilities.

    Attributes
    ----------
    happened : ndarray of bool
        Whether the event happened, by row.
    probability : ndarray of float
        Its predicted probability.
    name, share : str
        What is predicted, and the share of rows in which it happened, in words.
    """

    happened: NDArray[np.bool_]
    probability: FloatArray
    name: str
    share: str


def events_of(y: NDArray[Any], P: FloatArray, classes: NDArray[Any]) -> Events:
    """Return the second of two classes, or whether the predicted one of more is right.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Classes.
    P : ndarray of shape (n_samples, n_classes)
        Their predicted probabilities.
    classes : ndarray of shape (n_classes,)
        Class labels.

    Returns
    -------
    Events
        The events.
    """
    if len(classes) == 2:
        name = str(classes[1])[:30]
        return Events(y == classes[1], P[:, 1], name, f"fraction of rows with {name}")
    right = y == classes[P.argmax(axis=1)]
    return Events(
        right, P.max(axis=1), "the predicted class", "fraction of rows predicted correctly"
    )


def plot_calibration(ax: Any, events: Events, color: str = COLORS[0]) -> Any:
    """Draw a calibration curve without a legend.

    Parameters
    ----------
    ax : matplotlib Axes
        Where to draw.
    events : Events
        Events and probabilities.
    color : str
        Color of the curve.

    Returns
    -------
    CalibrationDisplay
        The display of scikit-learn.
    """
    display = CalibrationDisplay.from_predictions(
        events.happened,
        events.probability,
        n_bins=N_BINS,
        strategy="quantile",
        ax=ax,
        name="",
        color=color,
    )
    ax.get_legend().remove()
    ax.set(xlabel=f"predicted probability of {events.name}", ylabel=events.share)
    return display


def _calibration(evaluated: Evaluated) -> Picture:
    """Draw the calibration curve."""
    assert evaluated.proba is not None
    events = events_of(evaluated.y, evaluated.proba, evaluated.classes)
    events = events._replace(name=plain(events.name), share=plain(events.share))
    return draw(
        "calibration",
        "Calibration",
        f"Mean predicted probability of {events.name} (horizontal) and its observed frequency "
        "(vertical), in ten groups of equally many rows. On the dotted line, the two are equal: "
        "the probabilities are calibrated.",
        lambda ax: plot_calibration(ax, events),
    )


# Confusion.


def _confusion(evaluated: Evaluated) -> Table:
    """Count the rows by true and predicted class."""
    matrix = confusion_matrix(evaluated.y, evaluated.prediction, labels=evaluated.classes)
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    names = [plain(label, 30) for label in evaluated.classes]
    rows: list[list[Cell]] = [
        [name, *map(_shaded, counts.tolist(), parts.tolist())]
        for name, counts, parts in zip(names, matrix, shares, strict=True)
    ]
    return Table(
        "Confusion matrix: rows by their true class (lines) and their predicted class (columns). "
        "The stronger the color, the larger the share of the true class",
        ("true class", *(f"predicted {name}" for name in names)),
        rows,
    )


def _shaded(n_rows: int, shade: float) -> Number:
    return Number(n_rows, f"{n_rows:,}", shade)


def _confused_pairs(evaluated: Evaluated) -> Table:
    """Count the most frequent mistakes."""
    matrix = confusion_matrix(evaluated.y, evaluated.prediction, labels=evaluated.classes)
    n_rows = matrix.sum(axis=1)
    np.fill_diagonal(matrix, 0)
    order = np.argsort(-matrix, axis=None, kind="stable")[:MOST_PAIRS]
    pairs = np.column_stack(np.unravel_index(order, matrix.shape))
    names = [plain(label) for label in evaluated.classes]
    rows = [
        (names[i], names[j], count(matrix[i, j]), share(matrix[i, j] / n_rows[i]))
        for i, j in pairs
        if matrix[i, j]
    ]
    return Table(
        f"The most frequent mistakes among {len(evaluated.classes)} classes",
        ("true class", "predicted class", "rows", "share of the true class"),
        rows,
    )


def _per_class(evaluated: Evaluated) -> Table:
    """Score each class, or those with the lowest F1 score if there are many."""
    classes, codes = evaluated.classes, evaluated.codes
    scores = precision_recall_fscore_support(
        evaluated.y, evaluated.prediction, labels=classes, zero_division=np.nan
    )
    precision, recall, f1, support = scores
    present = np.flatnonzero(support)
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
            number(_auc(codes == k, evaluated.proba[:, k])),  # type: ignore[index]
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


def _auc(is_class: NDArray[np.bool_], probability: FloatArray) -> float:
    return float("nan") if is_class.all() else float(roc_auc_score(is_class, probability))
