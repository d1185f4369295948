"""The section on how predictions change with the values of a column: partial dependence."""

from typing import Any, NamedTuple, assert_never

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils import _safe_indexing

from scratchmlp.arrays import FloatArray
from scratchmlp.evaluation.evaluated import Evaluated, EvaluatedClasses, predict
from scratchmlp.evaluation.numbers import plain
from scratchmlp.plotting.shared import COLORS
from scratchmlp.reporting.content import OUTER, Folded, Picture, Section, are_near
from scratchmlp.reporting.importances import Importances
from scratchmlp.reporting.quality import frequent_classes
from scratchmlp.tabular.columns.any_column import Column

DRAWN_COLUMNS = 6
AVERAGED_ROWS = 300
N_POINTS = 12  # of a column of numbers
MOST_LEVELS = 10  # of a column of categories
MOST_CURVES = 4
_MEANING = (
    "Each picture shows the mean prediction if all rows had the same value of one column, and "
    "their own values of the others."
)


class Curve(NamedTuple):
    """The partial dependence on a column.

    Attributes
    ----------
    name : str
        Column.
    values : ndarray of shape (n_values,)
        Values of the column.
    means : ndarray of shape (n_outputs, n_values)
        Mean predictions of what is drawn: numbers, the positive one of two classes, or the most
        frequent ones of several.
    is_ordered : bool
        Whether to draw a line. Categories have none, and numbers such as 0 and 1 neither: there are
        no values between them.
    """

    name: str
    values: NDArray[Any]
    means: FloatArray
    is_ordered: bool


def dependence_section(evaluated: Evaluated, importances: Importances) -> Section | None:
    """Show how predictions change with the most important columns.

    Parameters
    ----------
    evaluated : Evaluated
        The rows.
    importances : Importances
        Which columns are important.

    Returns
    -------
    Section or None
        A picture for each of up to six columns. None if there is no column to show.
    """
    rows, columns = evaluated.sample(AVERAGED_ROWS), evaluated.fitted_columns
    X = _readable(evaluated, rows)
    curves: list[Curve] = []
    for name, importance in zip(importances.names, importances.means, strict=True):
        if importance <= 0 or len(curves) == DRAWN_COLUMNS:
            break
        values = _values_of(evaluated.table[name], columns.get(name))
        if len(values) > 1:
            curves.append(_curve(evaluated, X, name, values, columns[name]))
    if not curves:
        return None
    text = (
        "All pictures have the same scale. Combinations of values that do not occur together count "
        "too, so read the curves of correlated columns with care. Up to 2% of the values of a "
        "column at each end are left out, because extreme values would hide the others. "
        f"Computed with {len(rows):,} {'random ' * (len(rows) < len(evaluated.y))}rows, "
        f"for the {len(curves)} most important columns of numbers, dates or categories."
    )
    limits = _limits(curves)
    pictures = [_picture(evaluated, curve, limits) for curve in curves]
    parts: list[Any] = [_MEANING, *pictures, Folded("How to read the pictures", [text])]
    return Section("dependence", "How does the prediction change with a column?", parts)


def _readable(evaluated: Evaluated, rows: NDArray[np.intp]) -> Any:
    """Return some rows, with numbers as floats and dates as dates: they get other values."""
    X = evaluated.some(rows)
    if not isinstance(X, pd.DataFrame):
        return X.astype(np.float64) if X.dtype.kind in "iu" else X
    X, names = X.copy(), X.columns
    X.columns = evaluated.columns
    for name, fitted in evaluated.fitted_columns.items():
        if fitted.kind in ("number", "date") and fitted.uses_values:
            X[name] = fitted.values_of(X[name])
    return X.set_axis(names, axis="columns")


def _values_of(column: "pd.Series[Any]", fitted: Column | None) -> NDArray[Any]:
    """Return the values of a column to predict for; none if it cannot be shown."""
    if fitted is None:
        return np.array([])
    match fitted.kind:
        case "number" | "date":
            known = fitted.values_of(column).dropna()
            return _grid(known) if fitted.uses_values and len(known) else np.array([])
        case "category":
            frequent = column.dropna().value_counts().head(MOST_LEVELS)
            return np.array(list(frequent.index), dtype=object)
        case "duration" | "text" | "identifier" | "constant" | "missing":
            return np.array([])
        case _:
            assert_never(fitted.kind)


def _grid(known: "pd.Series[Any]") -> NDArray[Any]:
    """Return different values at about equal shares of some numbers or dates."""
    near = known[are_near(known)]
    if len(different := near.unique()) <= N_POINTS:
        return np.sort(np.asarray(different))
    shares = np.linspace(OUTER, 1 - OUTER, N_POINTS)
    values = np.unique(np.asarray(known.quantile(shares)))
    if len(values) <= N_POINTS // 2:  # most rows have the same value
        others = near.drop_duplicates().quantile(shares)
        often, least = near.mode()[:1], near.sort_values()[:1]
        values = np.unique(np.concatenate([values, others, often, least]))
    return values


def _curve(evaluated: Evaluated, X: Any, name: str, values: NDArray[Any], fitted: Column) -> Curve:
    """Compute the partial dependence on a column."""
    position = evaluated.columns.index(name)
    is_ordered = fitted.kind == "date" or (fitted.kind == "number" and len(values) > 2)
    predicted = predict(evaluated.estimator, _with_each(values, X, position))
    means = predicted.reshape(len(values), -1, *predicted.shape[1:]).mean(axis=1)
    if isinstance(evaluated, EvaluatedClasses):
        shown = means.T[frequent_classes(evaluated, MOST_CURVES)]
    else:
        shown = means.reshape(1, -1)  # with or without an axis of their own
    return Curve(name, values, shown, is_ordered)


def _with_each(values: NDArray[Any], X: Any, position: int) -> Any:
    """Return copies of all rows, one for each value of a column: a single call predicts them."""
    n_rows = len(X)
    copies = _safe_indexing(X, np.tile(np.arange(n_rows), len(values)))
    column = np.repeat(values, n_rows)
    if isinstance(copies, pd.DataFrame):
        copies.isetitem(position, pd.Series(column, dtype=X.dtypes.iloc[position]).array)
    else:
        copies[:, position] = column
    return copies


def _limits(curves: list[Curve]) -> tuple[float, float]:
    """Return the common limits of the predictions."""
    means = np.hstack([curve.means for curve in curves])
    margin = 0.06 * float(np.ptp(means)) or 0.5
    return means.min() - margin, means.max() + margin


def _picture(evaluated: Evaluated, curve: Curve, limits: tuple[float, float]) -> Picture:
    """Draw the partial dependence on a column."""
    name, n_curves = plain(curve.name, 40), len(curve.means)
    what, labels, classes = f"predicted {plain(evaluated.target, 30)}", [""], ""
    if isinstance(evaluated, EvaluatedClasses):
        shown = evaluated.classes[frequent_classes(evaluated, MOST_CURVES)]
        what = "probability" if n_curves > 1 else f"probability of {plain(shown[0], 30)}"
        labels = [plain(label, 20) for label in shown]
        if 1 < n_curves < len(evaluated.classes):
            classes = f" for the {n_curves} most frequent classes"

    def plot(ax: Any) -> None:
        draw_curve = _draw_ordered if curve.is_ordered else _draw_levels
        for means, label, color in zip(curve.means, labels, COLORS, strict=False):
            draw_curve(ax, curve, means, {"label": label, "color": color})
        ax.set(xlabel=name, ylabel=what) if curve.is_ordered else ax.set(xlabel=what)
        (ax.set_ylim if curve.is_ordered else ax.set_xlim)(*limits)
        (ax.yaxis if curve.is_ordered else ax.xaxis).set_major_formatter("{x:,.6g}")
        if n_curves > 1:
            ax.legend(fontsize="small")

    levels = f"the {len(curve.values)} most frequent values" if not curve.is_ordered else "values"
    return Picture(name, f"Mean {what}{classes} by {levels} of {name}.", plot, (4.2, 3.0))


def _draw_ordered(ax: Any, curve: Curve, means: FloatArray, style: dict[str, Any]) -> None:
    """Draw a line with a dot for each value."""
    from matplotlib.ticker import MaxNLocator

    ax.plot(curve.values, means, marker="o", markersize=3.5, **style)
    if curve.values.dtype.kind == "M":
        from matplotlib import dates

        locator: Any = dates.AutoDateLocator(maxticks=5)  # type: ignore[no-untyped-call]
        ax.xaxis.set_major_locator(locator)
        form: Any = dates.ConciseDateFormatter(locator)  # type: ignore[no-untyped-call]
        ax.xaxis.set_major_formatter(form)
    else:
        ax.xaxis.set_major_locator(MaxNLocator(5))


def _draw_levels(ax: Any, curve: Curve, means: FloatArray, style: dict[str, Any]) -> None:
    """Draw a dot for each category, below each other."""
    from matplotlib.ticker import MaxNLocator

    places = np.arange(len(means))
    ax.xaxis.set_major_locator(MaxNLocator(4))
    ax.plot(means, places, "o", **style)
    texts = [f"{each:.6g}" if isinstance(each, float) else each for each in curve.values]
    ax.set_yticks(places, [plain(each, 22) for each in texts])
    ax.set_ylim(len(means) - 0.5, -0.5)
    ax.grid(axis="y", color="#cccccc", linewidth=0.6)
