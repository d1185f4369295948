"""The section on how sure the predictions are: probabilities, sets, intervals, members."""

from collections.abc import Callable, Sequence
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
from scratchmlp.tabular.conformal import (
    HeldOutScores,
    fold_numbers,
    held_out_scores,
    n_needed,
    scored_rows,
)
from scratchmlp.tabular.difficulty import fit_difficulty, inputs

MOST_ROWS = 2000  # that the members predict, or new rows for which intervals or sets are predicted
N_PARTS = 5  # of the rows, by how much the members disagree
#: Limits of the confidence of the groups of rows.
BANDS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)
LEVELS_OF_CLASSES, LEVELS_OF_NUMBERS = (0.9, 0.95, 0.99), (0.5, 0.8, 0.9, 0.95)
LEVEL = 0.9  # of groups and rows
MOST_GROUPS = 8
MEAN_SIZE, MEDIAN_SIZE = "mean number of classes", "median width"
OTHERS, MISSING = "all other values", "missing value"
N_FOLDS = 5  # if a single member held out all rows, as in fit_difficulty
MOST_SHOWN, MOST_COLUMNS = 5, 8  # rows with the largest sets or intervals


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
        errors = evaluated.errors[rows]
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
    n = len(next(iter(known.values())).rows)
    rows: list[tuple[Cell, ...]] = [
        (f"{level:.0%}", share(float(regions.covered.mean())), _size(evaluated, regions.size))
        for level, regions in known.items()
    ]
    if evaluated.proba is None:
        header = ("coverage asked for", "true value in the interval", MEDIAN_SIZE)
        return Table(f"Prediction intervals of {n:,} rows", header, rows)
    of_one = [share(float((regions.size == 1).mean())) for regions in known.values()]
    return Table(
        f"Prediction sets of {n:,} rows",
        ("coverage asked for", "true class in the set", MEAN_SIZE, "sets of one class"),
        [(*row, one) for row, one in zip(rows, of_one, strict=True)],
    )


def _size(evaluated: Evaluated, sizes: FloatArray) -> Number:
    """Return how large sets or intervals are."""
    return number(float(np.median(sizes) if evaluated.proba is None else np.mean(sizes)))


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
    rows, sizes, errors = (_held_out if evaluated.rows == "fit" else _new)(evaluated)
    n_known = min(known.n_effective for _, known in errors)
    found = {}
    for coverage in coverages:
        if n_needed(coverage) <= n_known:
            limits = np.empty(len(rows))
            for part, known in errors:
                limits[part] = known.quantile(coverage)[0]
            found[coverage] = _regions(evaluated, rows, limits, sizes)
    return found


def _regions(evaluated: Evaluated, rows: Rows, limits: FloatArray, sizes: FloatArray) -> Regions:
    """Make sets or intervals that contain all errors up to a limit, as the estimator does."""
    if evaluated.proba is not None:
        P, each_row = evaluated.proba[rows], np.arange(len(rows))
        sets = limits[:, np.newaxis] >= 1 - P
        sets[each_row, P.argmax(axis=1)] = True
        covered = sets[each_row, evaluated.codes[rows]]
        return Regions(rows, covered, sets.sum(axis=1).astype(float))
    y, center, reach = evaluated.y[rows], evaluated.prediction[rows], limits * sizes
    low, high = center - reach, center + reach
    if evaluated.estimator._is_positive:
        low = np.maximum(low, 0.0)
    return Regions(rows, (low <= y) & (y <= high), high - low)


#: Rows, the expected sizes of their errors, and for parts of them the errors that limits come from.
_Known = tuple[Rows, FloatArray, list[tuple[Any, HeldOutScores]]]


def _new(evaluated: Evaluated) -> _Known:
    """Return new rows, with all errors that `fit` kept."""
    rows, estimator = evaluated.sample(MOST_ROWS), evaluated.estimator
    sizes = np.ones(len(rows))
    if evaluated.proba is None:
        sizes = estimator._difficulty.predict(_inputs(evaluated, rows))[:, 0]
    return rows, sizes, [(slice(None), estimator._held_out_scores)]


def _held_out(evaluated: Evaluated) -> _Known:
    """Return the rows whose errors `fit` kept; those of each fold with the errors on the others."""
    rows, folds = _folds(evaluated)
    errors, sizes = _errors(evaluated, rows, folds)
    scores = (errors / sizes)[:, np.newaxis]
    parts = [
        (folds == each, held_out_scores(scores[folds != each], None)) for each in np.unique(folds)
    ]
    return rows, sizes, parts


def _folds(evaluated: Evaluated) -> tuple[Rows, Rows]:
    """Return the rows whose errors `fit` kept, and the fold of each."""
    estimator, n_given = evaluated.estimator, len(evaluated.given[1])
    out_of_fold = estimator.oof_prediction_ if evaluated.proba is None else estimator.oof_proba_
    given = scored_rows(out_of_fold)
    folds = fold_numbers(estimator.held_out_, given, n_given)
    if (folds == folds[0]).all():  # a single member held out all of them
        folds = np.arange(len(folds)) % N_FOLDS
    return np.searchsorted(evaluated.numbers, given), folds


def _errors(evaluated: Evaluated, rows: Rows, folds: Rows) -> tuple[FloatArray, FloatArray]:
    """Return the errors of rows, and their expected sizes by models without the fold of the row."""
    errors = evaluated.errors[rows]
    if evaluated.proba is not None:
        return errors, np.ones(len(rows))
    X, unit = _inputs(evaluated, rows), evaluated.estimator._deviation
    return errors, fit_difficulty(X, errors[:, np.newaxis], unit, folds, None)[1][:, 0]


def _inputs(evaluated: Evaluated, rows: Rows) -> FloatArray:
    """Return what the expected sizes of errors are predicted from."""
    encoded = evaluated.estimator._encode(evaluated.some(rows))
    return inputs(encoded, evaluated.prediction[rows, np.newaxis])


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
    frame = pd.DataFrame({"covered": regions.covered, "size": regions.size})
    rows = [
        (
            plain(label),
            count(len(part)),
            share(float(part["covered"].mean())),
            _size(evaluated, part["size"].to_numpy()),
        )
        for label, part in frame.groupby(labels.array, observed=True)
    ]
    size_name = MEDIAN_SIZE if evaluated.proba is None else MEAN_SIZE
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
