"""The section on how sure the predictions are: probabilities, sets, intervals, members."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scratchmlp.arrays import FloatArray
from scratchmlp.reporting.columns import Columns, range_of, read_values
from scratchmlp.reporting.content import Cell, Number, Section, Table, count, number, plain, share
from scratchmlp.reporting.evaluated import Evaluated, Rows
from scratchmlp.reporting.rows import row_table
from scratchmlp.tabular.conformal import fold_numbers, held_out_scores, n_needed, scored_rows
from scratchmlp.tabular.difficulty import fit_difficulty, inputs

MOST_ROWS = 2000  # that the members predict, or new rows for which intervals or sets are predicted
N_PARTS = 5  # of the rows, by how much the members disagree
#: Limits of the confidence of the groups of rows.
BANDS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)
LEVELS_OF_CLASSES, LEVELS_OF_NUMBERS = (0.9, 0.95, 0.99), (0.5, 0.8, 0.9, 0.95)
LEVEL = 0.9  # of groups and rows
MOST_GROUPS = 8
OTHERS, MISSING = "all other values", "missing value"
N_FOLDS = 5  # if a single member held out all rows, as in fit_difficulty
MOST_SHOWN, MOST_COLUMNS = 5, 8  # rows with the largest sets or intervals


class _Errors(NamedTuple):
    """Held-out rows, their folds, and their errors in units of their expected sizes."""

    rows: Rows
    folds: Rows
    scores: FloatArray
    sizes: FloatArray


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


def uncertainty_section(
    evaluated: Evaluated, columns: Columns, important: Sequence[str]
) -> Section | None:
    """Show how sure the predictions are, and whether this is right.

    Parameters
    ----------
    evaluated : Evaluated
        The rows with predictions.
    columns : dict of str to dict
        What the columns are.
    important : sequence of str
        Columns, the most important first.

    Returns
    -------
    Section or None
        Tables. None for an estimator that does not say how sure it is.
    """
    parts: list[Any] = []
    if evaluated.proba is not None:
        parts.append(_confidence(evaluated))
    parts += coverage_parts(evaluated, columns, important)
    if evaluated.is_tabular:
        parts += _disagreement(evaluated)
    return Section("uncertainty", "How sure the predictions are", parts) if parts else None


def _confidence(evaluated: Evaluated) -> Table:
    """Compare the probability of the predicted class with how often it is right."""
    assert evaluated.proba is not None
    confidence, right = evaluated.proba.max(axis=1), evaluated.prediction == evaluated.y
    rows = []
    for low, high in pairwise(BANDS):
        inside = (confidence >= low) & ((confidence < high) | (high == 1))
        if inside.any():
            rows.append(
                (
                    f"{low:.0%} to {high:.0%}" if low else f"below {high:.0%}",
                    count(int(inside.sum())),
                    share(float(inside.mean())),
                    share(float(confidence[inside].mean())),
                    share(float(right[inside].mean())),
                )
            )
    return Table(
        "Rows by the probability of their predicted class. If probabilities are right, the last "
        "two columns are the same up to chance",
        ("probability", "rows", "share of rows", "mean probability", "predicted correctly"),
        rows,
    )


def _disagreement(evaluated: Evaluated) -> list[Table | str]:
    """Compare how much the members disagree with the errors."""
    rows = evaluated.sample(MOST_ROWS)
    members = evaluated.estimator.member_predictions(evaluated.some(rows))
    spread = _spread(members)
    if evaluated.proba is None:
        errors = np.abs(evaluated.y - evaluated.prediction)[rows]
        error = "mean absolute error"
    else:
        errors = (evaluated.y != evaluated.prediction)[rows].astype(float)
        error = "predicted wrongly"
    # Ties, such as among rows of which all members are sure, are ordered by row number.
    parts = np.array_split(np.argsort(spread, kind="stable"), min(N_PARTS, len(rows)))
    write: Callable[[float], Number] = number if evaluated.proba is None else share
    lines = [
        (
            f"part {i} of {len(parts)}",
            count(len(part)),
            number(float(spread[part].mean()), 2),
            write(float(errors[part].mean())),
        )
        for i, part in enumerate(parts, start=1)
    ]
    what = "prediction" if evaluated.proba is None else "probability of the predicted class"
    members_ = f"{len(members)} members"
    text = (
        f"The estimator is a mean of {members_}, each trained on other rows. Where they disagree, "
        f"the prediction depends on which rows it has learned from. The table orders {len(rows):,} "
        f"rows by the standard deviation of the members' {what}."
    )
    if evaluated.rows == "fit":
        text += (
            " Each of these rows was held out by some members only, so members disagree more about "
            "new rows."
        )
    header = ("rows", "number", "mean standard deviation", error)
    return [text, Table("Disagreement of the members, from low to high", header, lines)]


def _spread(members: FloatArray) -> FloatArray:
    """Return the standard deviation over the members, of the class that their mean predicts."""
    if members.ndim == 3:
        best = members.mean(axis=0).argmax(axis=1)
        members = members[:, np.arange(members.shape[1]), best]
    return np.asarray(members.std(axis=0))


# Prediction sets and intervals.


def coverage_parts(
    evaluated: Evaluated, columns: Columns, important: Sequence[str]
) -> list[Table | str]:
    """Show how often sets or intervals contain the truth, in groups of rows too.

    Parameters
    ----------
    evaluated : Evaluated
        The rows with predictions.
    columns : dict of str to dict
        What the columns are.
    important : sequence of str
        Columns, the most important first.

    Returns
    -------
    list of Table or str
        Nothing if the estimator is no tabular estimator or there are too few rows.
    """
    if not evaluated.is_tabular:
        return []
    levels = LEVELS_OF_NUMBERS if evaluated.proba is None else LEVELS_OF_CLASSES
    known = regions_of(evaluated, levels)
    if not known:
        return []
    parts: list[Table | str] = [_introduction(evaluated), _levels(evaluated, known)]
    if (regions := known.get(LEVEL)) is not None:
        grouped = _groups(evaluated, columns, important, regions)
        parts += [] if grouped is None else [grouped]
        largest = regions.rows[np.argsort(-regions.size, kind="stable")[:MOST_SHOWN]]
        if evaluated.proba is not None:
            largest = np.argsort(evaluated.proba.max(axis=1), kind="stable")[:MOST_SHOWN]
        caption = f"The {len(largest)} rows that the model is least sure of"
        parts.append(row_table(evaluated, largest, important[:MOST_COLUMNS], caption))
    return parts


def _introduction(evaluated: Evaluated) -> str:
    """Say what sets or intervals are, and how they were measured."""
    if evaluated.proba is None:
        what = (
            "predict_interval predicts an interval for each row. It is meant to contain the true "
            "value for a share of the rows that you choose, the coverage."
        )
        how = (
            "Here, the intervals lie around the out-of-fold predictions. Their widths for the rows "
            "of each fold come from the errors on the other folds."
        )
    else:
        what = (
            "predict_set predicts a set of classes for each row. It is meant to contain the true "
            "class for a share of the rows that you choose, the coverage. A set of one class means "
            "that the model is sure."
        )
        how = (
            "Here, the sets are made from the out-of-fold probabilities: for the rows of each fold "
            "by the errors on the other folds."
        )
    return f"{what} {how}" if evaluated.rows == "fit" else what


def _levels(evaluated: Evaluated, known: dict[float, Regions]) -> Table:
    """Compare the coverage that was asked for with the measured one."""
    is_class = evaluated.proba is not None
    rows: list[tuple[Cell, ...]] = []
    for level, regions in known.items():
        line: tuple[Cell, ...] = (f"{level:.0%}", share(float(regions.covered.mean())))
        if is_class:
            one = share(float((regions.size == 1).mean()))
            rows.append((*line, number(float(regions.size.mean())), one))
        else:
            rows.append((*line, number(float(np.median(regions.size)))))
    n = len(next(iter(known.values())).rows)
    if is_class:
        header = ["coverage asked for", "true class in the set", "mean number of classes"]
        return Table(f"Prediction sets of {n:,} rows", (*header, "sets of one class"), rows)
    header = ["coverage asked for", "true value in the interval", "median width"]
    return Table(f"Prediction intervals of {n:,} rows", header, rows)


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
        are proportional, come from models that were fitted without the fold of the row. All rows
        have equal weights.
    """
    make: Callable[[Evaluated, float], Regions | None] = _new_regions
    if evaluated.rows == "fit":
        rows, folds = _folds(evaluated)
        errors = _Errors(rows, folds, *_scores(evaluated, rows, folds))
        make = partial(_held_out_regions, errors=errors)
    found = {coverage: make(evaluated, coverage) for coverage in coverages}
    return {coverage: regions for coverage, regions in found.items() if regions is not None}


def _new_regions(evaluated: Evaluated, coverage: float) -> Regions | None:
    """Predict sets or intervals of new rows."""
    estimator = evaluated.estimator
    if estimator._held_out_scores.n_effective < n_needed(coverage):
        return None
    rows = evaluated.sample(MOST_ROWS)
    X, y = evaluated.some(rows), evaluated.y[rows]
    if evaluated.proba is not None:
        sets = estimator.predict_set(X, coverage)
        covered = sets[np.arange(len(rows)), evaluated.codes[rows]]
        return Regions(rows, covered, sets.sum(axis=1).astype(float))
    low, high = estimator.predict_interval(X, coverage).reshape(-1, 2).T
    return Regions(rows, (low <= y) & (y <= high), high - low)


def _held_out_regions(evaluated: Evaluated, coverage: float, errors: _Errors) -> Regions | None:
    """Make the sets or intervals of each fold with the errors on the other folds."""
    rows, folds, scores, sizes = errors
    limits = np.empty(len(rows))
    for each in np.unique(folds):
        others = folds != each
        if others.sum() < n_needed(coverage):
            return None
        limits[~others] = held_out_scores(scores[others, np.newaxis], None).quantile(coverage)[0]
    if evaluated.proba is None:
        center, reach = evaluated.prediction[rows], limits * sizes
        low, high = center - reach, center + reach
        if evaluated.estimator._output == "exp":
            low = np.maximum(low, 0.0)
        return Regions(rows, scores <= limits, high - low)
    P, each_row = evaluated.proba[rows], np.arange(len(rows))
    sets = limits[:, np.newaxis] >= 1 - P
    sets[each_row, P.argmax(axis=1)] = True
    return Regions(rows, sets[each_row, evaluated.codes[rows]], sets.sum(axis=1).astype(float))


def _folds(evaluated: Evaluated) -> tuple[Rows, Rows]:
    """Return the rows whose errors `fit` kept, and the fold of each."""
    estimator, n_given = evaluated.estimator, len(evaluated.given[1])
    out_of_fold = estimator.oof_prediction_ if evaluated.proba is None else estimator.oof_proba_
    given = scored_rows(out_of_fold)
    folds = fold_numbers(estimator.held_out_, given, n_given)
    if (folds == folds[0]).all():  # a single member held out all of them
        folds = np.arange(len(folds)) % N_FOLDS
    return np.searchsorted(evaluated.numbers, given), folds


def _scores(evaluated: Evaluated, rows: Rows, folds: Rows) -> tuple[FloatArray, FloatArray]:
    """Return the errors of rows in units of their expected sizes, and these."""
    if evaluated.proba is not None:
        errors = 1 - evaluated.proba[rows, evaluated.codes[rows]]
        return errors, np.ones(len(rows))
    estimator, predicted = evaluated.estimator, evaluated.prediction[rows, np.newaxis]
    encoded = estimator._encode(evaluated.some(rows))
    errors = np.abs(evaluated.y[rows, np.newaxis] - predicted)
    X, unit = inputs(encoded, predicted), estimator._deviation
    sizes = fit_difficulty(X, errors, unit, folds, None)[1]
    return (errors / sizes)[:, 0], sizes[:, 0]


# Groups of rows.


def _groups(
    evaluated: Evaluated, columns: Columns, important: Sequence[str], regions: Regions
) -> Table | None:
    """Measure coverage and size in groups of rows, by the most important column that makes some."""
    for name in important:
        labels = _labels(evaluated.table[name].iloc[regions.rows], columns.get(name, {}))
        if labels is not None:
            break
    else:
        return None
    rows: list[tuple[Cell, ...]] = []
    for label in labels.cat.categories:
        inside = (labels == label).to_numpy()
        if inside.any():
            size = np.median if evaluated.proba is None else np.mean
            rows.append(
                (
                    plain(label),
                    count(int(inside.sum())),
                    share(float(regions.covered[inside].mean())),
                    number(float(size(regions.size[inside]))),
                )
            )
    size_name = "median width" if evaluated.proba is None else "mean number of classes"
    return Table(
        f"Coverage in groups of rows, by {plain(name)}, if {LEVEL:.0%} are asked for",
        (plain(name), "rows", "contain the truth", size_name),
        rows,
    )


def _labels(column: "pd.Series[Any]", fitted: dict[str, Any]) -> "pd.Series[Any] | None":
    """Return the group of each row: quarters of numbers, or the most frequent categories."""
    kind = fitted.get("kind")
    if kind == "number":
        labels = _quarters(read_values(column, fitted).astype(float))
    elif kind == "category" and column.notna().any():
        text = column.astype(str)
        frequent = text[column.notna()].value_counts().head(MOST_GROUPS).index
        frequent = frequent.difference([OTHERS, MISSING], sort=False)
        labels = text.astype(pd.CategoricalDtype([*frequent, OTHERS]))
        labels = labels.fillna(OTHERS).mask(column.isna())
    else:
        return None
    if labels is None or not labels.isna().any():
        return labels
    return labels.cat.add_categories(MISSING).fillna(MISSING)


def _quarters(numbers: "pd.Series[float]") -> "pd.Series[Any] | None":
    """Return the quarter of each number, or None if there are too few different numbers."""
    if numbers.nunique() < 2:
        return None
    quarters = pd.qcut(numbers, 4, duplicates="drop").cat.remove_unused_categories()
    names = [range_of(numbers[quarters == each]) for each in quarters.cat.categories]
    if not 1 < len(names) == len({*names}):
        return None
    return quarters.cat.rename_categories(names)
