"""The section on how sure the predictions are: prediction sets and intervals."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scratchmlp.arrays import FloatArray
from scratchmlp.evaluation.evaluated import Evaluated, EvaluatedClasses, Rows
from scratchmlp.evaluation.numbers import Cell, Number, count, number, plain, share
from scratchmlp.reporting.columns import range_of
from scratchmlp.reporting.content import Folded, Section, Table
from scratchmlp.tabular.columns.any_column import Column
from scratchmlp.tabular.uncertainty import HeldOutScores, n_needed, out_of_fold_errors

MOST_ROWS = 2000  # new ones, for which intervals or sets are predicted
LEVEL = 0.9  # of groups
MOST_GROUPS = 8
OTHERS, MISSING = "all other values", "missing value"


class _About(NamedTuple):
    """What is said about intervals or sets, and the coverages that are asked for.

    Attributes
    ----------
    name : str
        What they are.
    meaning : str
        The same for readers who do not know them.
    method : str
        The method of the estimator that predicts them.
    levels : tuple of float
        Coverages.
    inside : str
        That one contains the truth.
    size : str
        What `typical_size` is.
    typical_size : callable
        Mean or median of their sizes.
    """

    name: str
    meaning: str
    method: str
    levels: tuple[float, ...]
    inside: str
    size: str
    typical_size: Callable[[FloatArray], Any]


_INTERVALS = _About(
    "Prediction intervals",
    "Instead of one number, the model can predict an interval. It should contain the true value "
    "for the share of the rows that you ask for, the coverage.",
    "predict_interval",
    (0.5, 0.8, 0.9, 0.95),
    "true value in the interval",
    "median width",
    np.median,
)
_SETS = _About(
    "Prediction sets",
    "Instead of one class, the model can predict a set of classes. The set should contain the true "
    "class for the share of the rows that you ask for, the coverage. It always contains the most "
    "probable class, so the share may be higher. A set of one class means that the model is sure.",
    "predict_set",
    (0.9, 0.95, 0.99),
    "true class in the set",
    "mean number of classes",
    np.mean,
)


class Regions(NamedTuple):
    """Prediction sets or intervals of rows.

    Attributes
    ----------
    rows : ndarray of int
        Numbers of the rows.
    covered : ndarray of bool
        Whether the set or interval contains the truth.
    size : ndarray of float
        Number of classes, or width of the interval.
    """

    rows: Rows
    covered: NDArray[np.bool_]
    size: FloatArray


def uncertainty_section(evaluated: Evaluated, important: Sequence[str]) -> Section | None:
    """Show how often sets or intervals contain the truth, in groups of rows too.

    Parameters
    ----------
    evaluated : Evaluated
        The rows with predictions.
    important : sequence of str
        Columns, the most important first.

    Returns
    -------
    Section or None
        Tables. None if there are too few rows.
    """
    about = _SETS if isinstance(evaluated, EvaluatedClasses) else _INTERVALS
    known = regions_of(evaluated, about.levels)
    if not known:
        return None
    details: list[str | Table] = [*_measured(evaluated, about)]
    if LEVEL in known:
        details += _groups(evaluated, important, known[LEVEL], about)
    parts: list[Any] = [about.meaning, _levels(len(evaluated.y), known, about)]
    if details:
        parts.append(Folded("How this was measured, and groups of rows", details))
    return Section("uncertainty", "How sure is it?", parts)


def _measured(evaluated: Evaluated, about: _About) -> Iterator[str]:
    """Say how sets or intervals were measured."""
    if evaluated.is_of_fit:
        yield (
            "They are made from the out-of-fold predictions: for the rows of each fold by the "
            f"errors on the other folds. In Python, {about.method} makes those of other rows."
        )
    if evaluated.blend.uncertainty.scores.weight is not None:
        yield (
            "The rows of fit had weights. The coverage is meant for rows that are drawn in "
            "proportion to them, but the shares here count all rows alike."
        )


def _levels(n_all: int, known: dict[float, Regions], about: _About) -> Table:
    """Compare the coverage that was asked for with the measured one."""
    n = len(next(iter(known.values())).rows)
    which = f"{n:,} rows" if n == n_all else f"{n:,} random rows out of {n_all:,}"
    rows: list[list[Cell]] = [
        [f"{level:.0%}", share(float(regions.covered.mean())), _size(regions.size, about)]
        for level, regions in known.items()
    ]
    header = ["coverage asked for", about.inside, about.size]
    if about is _SETS:
        header.append("sets of one class")
        for row, regions in zip(rows, known.values(), strict=True):
            row.append(share(float((regions.size == 1).mean())))
    return Table(f"{about.name} of {which}", header, rows)


def _size(sizes: FloatArray, about: _About) -> Number:
    """Return how large sets or intervals are."""
    return number(float(about.typical_size(sizes)))


def regions_of(evaluated: Evaluated, coverages: Sequence[float]) -> dict[float, Regions]:
    """Return sets or intervals for rows that did not help to make them.

    Parameters
    ----------
    evaluated : Evaluated
        The rows with predictions.
    coverages : sequence of float
        Shares of the rows to cover.

    Returns
    -------
    dict of float to Regions
        Sets or intervals by coverage, without coverages for which there are too few rows. For new
        rows, those of `predict_set` or `predict_interval`. For rows of `fit`, those that
        these methods would make with the errors of the other folds alone: sets or intervals around
        the out-of-fold predictions. The expected sizes of errors, to which the widths of intervals
        are proportional, come from models that were fitted without the fold of the row. Errors have
        the weights of `fit`.
    """
    rows, sizes, errors = (_held_out if evaluated.is_of_fit else _new)(evaluated)
    n_known = min(known.n_effective for _, known in errors)
    found = {}
    for coverage in coverages:
        if n_needed(coverage) <= n_known:
            limits = np.empty((len(rows), 1))
            for part, known in errors:
                limits[part] = known.quantile(coverage)
            found[coverage] = _regions(evaluated, rows, limits * sizes)
    return found


def _regions(evaluated: Evaluated, rows: Rows, reach: FloatArray) -> Regions:
    """Make sets or intervals of all targets whose error is at most `reach`."""
    targets = evaluated.blend.targets
    regions: NDArray[Any] = targets.prediction_sets(evaluated.outputs[rows], reach)
    if isinstance(evaluated, EvaluatedClasses):
        covered = regions[np.arange(len(rows)), evaluated.truth[rows]]
        return Regions(rows, covered, regions.sum(axis=1).astype(float))
    y, (low, high) = evaluated.y[rows], regions.T
    return Regions(rows, (low <= y) & (y <= high), high - low)


#: Rows, the expected sizes of their errors, and for parts of them the errors that limits come from.
_Known = tuple[Rows, FloatArray, list[tuple[Any, HeldOutScores]]]


def _new(evaluated: Evaluated) -> _Known:
    """Return new rows, with all errors that `fit` kept."""
    rows, uncertainty = evaluated.sample(MOST_ROWS), evaluated.blend.uncertainty
    return rows, *uncertainty.of_rows(evaluated.encode(rows), evaluated.outputs[rows])


def _held_out(evaluated: Evaluated) -> _Known:
    """Return the rows whose errors `fit` kept; those of each fold with the errors on the others."""
    given, folds, weight = evaluated.fitted.scored_rows()
    rows = np.searchsorted(evaluated.positions, given)
    predicted = evaluated.encode(rows), evaluated.outputs[rows]
    errors, difficulty = evaluated.errors[rows, np.newaxis], evaluated.blend.uncertainty.difficulty
    return rows, *out_of_fold_errors(difficulty, *predicted, errors, folds, weight)


# Groups of rows.


def _groups(
    evaluated: Evaluated, important: Sequence[str], regions: Regions, about: _About
) -> list[Table]:
    """Measure coverage and size in groups of rows, by the most important column that makes some."""
    columns = evaluated.fitted_columns
    for name in important:
        groups = _groups_by(evaluated.table[name].iloc[regions.rows], columns.get(name))
        if len(groups) > 1:
            break
    else:
        return []
    rows = [
        (
            label,
            count(int(inside.sum())),
            share(float(regions.covered[inside].mean())),
            _size(regions.size[inside], about),
        )
        for label, inside in groups
    ]
    caption = f"Coverage in groups of rows, by {plain(name)}, if {LEVEL:.0%} are asked for"
    return [Table(caption, (plain(name), "rows", "contain the truth", about.size), rows)]


def _groups_by(
    column: "pd.Series[Any]", fitted: Column | None
) -> list[tuple[str, NDArray[np.bool_]]]:
    """Return names and rows of groups: quarters of numbers, or the most frequent categories."""
    if fitted is None or fitted.kind not in ("number", "category"):
        return []
    values = column
    if fitted.kind == "number":
        values = fitted.values_of(column)
        groups = _quarters(values)
    else:
        frequent = values.value_counts().index[:MOST_GROUPS]
        groups = [(plain(each), values.isin([each]).to_numpy(bool)) for each in frequent]
    missing = values.isna().to_numpy()
    others = ~np.any([missing, *(inside for _, inside in groups)], axis=0)
    groups += [(OTHERS, others), (MISSING, missing)]
    return [(label, inside) for label, inside in groups if inside.any()]


def _quarters(numbers: "pd.Series[float]") -> list[tuple[str, NDArray[np.bool_]]]:
    """Return the range of each quarter of some numbers, and its rows."""
    quarter = pd.qcut(numbers, 4, labels=False, duplicates="drop")
    parts = [(quarter == each).to_numpy() for each in np.unique(quarter.dropna())]
    return [(range_of(numbers[inside]), inside) for inside in parts]
