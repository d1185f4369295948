"""The section on what the predictions depend on: how much each column matters."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils import Bunch

from scratchmlp.arrays import FloatArray
from scratchmlp.evaluation.evaluated import Evaluated, calmly
from scratchmlp.evaluation.numbers import decimals, plain
from scratchmlp.plotting import ImportancesDisplay
from scratchmlp.plotting.importances import SCORES
from scratchmlp.plotting.shared import COLORS
from scratchmlp.reporting.content import Folded, Picture, Section, Table
from scratchmlp.tabular.inspection.associations import associations_with
from scratchmlp.tabular.inspection.importances import importances_of_new

N_REPEATS = 5
MEASURED_COLUMNS = 200
MEASURED_ROWS, FEWEST_ROWS = 2000, 500
MOST_PREDICTIONS = 200_000  # predicted rows: of all columns and repeats, if there are many columns
MOST_BARS, MOST_LINES = 12, 40
MOST_PAIRS = 20  # of correlated columns
_MEANING = (
    "The longer the bar of a column, the worse the predictions get without its information. This "
    "says what the predictions depend on, not what causes the target."
)
_CORRELATED = (
    "The following columns are strongly correlated. Each of them tells much of what the other one "
    "tells, so both can look less important than they are together."
)
_OUTLINE = {"edgecolor": COLORS[0], "linewidth": 0.8}  # pale bars alone are hard to see


class Importances(NamedTuple):
    """How much worse predictions get without the information of each column.

    Attributes
    ----------
    names : list of str
        Columns, the most important first.
    repeats : ndarray of shape (n_columns, n_repeats)
        Importance in each repeat.
    metric : str
        Name of the score that gets worse.
    n_rows : int
        Number of rows that were used.
    correlated : list of tuple of (str, str, float)
        Pairs of strongly correlated columns.
    """

    names: list[str]
    repeats: FloatArray
    metric: str
    n_rows: int
    correlated: list[tuple[str, str, float]]

    @property
    def means(self) -> FloatArray:
        """Mean importance of each column."""
        return np.asarray(self.repeats.mean(axis=1))


def importances_of(evaluated: Evaluated) -> Importances:
    """Measure the importances of the columns by permutation.

    Parameters
    ----------
    evaluated : Evaluated
        The rows.

    Returns
    -------
    Importances
        Those of the columns that the estimator uses. For rows of `fit`, the result of
        `oof_importances`, otherwise the same with predictions of all folds. Of a wide table, only
        the `MEASURED_COLUMNS` columns that are most correlated with the predictions are measured.
    """
    permute = _out_of_fold if evaluated.is_of_fit else _of_new
    with calmly():
        found = permute(evaluated, _most_related(evaluated))
    # Rounding errors depend on how many rows are predicted at the same time.
    is_rounding = np.isclose(found.score - found.importances, found.score)
    repeats = np.where(is_rounding, 0, found.importances)
    order = np.argsort(-repeats.mean(axis=1), kind="stable")
    order = order[[found.names[i] not in evaluated.unused for i in order]]
    return Importances(
        [found.names[i] for i in order],
        repeats[order],
        SCORES.get(found.scoring, str(found.scoring)),
        found.n_rows,
        found.correlated,
    )


def _n_rows(evaluated: Evaluated) -> int:
    """Return how many rows to use at most: fewer if there are many columns."""
    n_rows = MOST_PREDICTIONS // (N_REPEATS * len(evaluated.columns))
    return min(MEASURED_ROWS, max(FEWEST_ROWS, n_rows))


def _most_related(evaluated: Evaluated) -> list[str]:
    """Name all columns, or in a wide table those most correlated with the predictions."""
    names = [*evaluated.fitted_columns]  # a new table may have others
    if len(names) <= MEASURED_COLUMNS:
        return names
    rows = evaluated.sample(_n_rows(evaluated))
    table, values = evaluated.encode(rows), evaluated.outputs.reshape(len(evaluated.y), -1)[rows]
    places = table.layout.places
    related = associations_with(table, [places[name] for name in names], values)
    most = np.argsort(-related, kind="stable")[:MEASURED_COLUMNS]
    return [names[i] for i in np.sort(most)]


def _out_of_fold(evaluated: Evaluated, names: Sequence[str]) -> Bunch:
    """Measure on the rows that each member held out."""
    weight = None
    if evaluated.sample_weight is not None:
        weight = np.zeros(len(evaluated.given[1]))
        weight[evaluated.positions] = evaluated.sample_weight
    return evaluated.estimator.oof_importances(
        *evaluated.given,
        sample_weight=weight,
        columns=names,
        n_repeats=N_REPEATS,
        max_samples=_n_rows(evaluated),
        random_state=evaluated.random_state,
    )


def _of_new(evaluated: Evaluated, names: Sequence[str]) -> Bunch:
    """Measure on rows that were not in `fit`."""
    rows = evaluated.sample(_n_rows(evaluated))
    table, y = evaluated.encode(rows), evaluated.y[rows]
    places = table.layout.places
    return importances_of_new(
        evaluated.blend,
        table,
        y,
        {name: places[name] for name in names},
        N_REPEATS,
        np.random.RandomState(evaluated.random_state),
    )


def importance_section(evaluated: Evaluated, importances: Importances) -> Section | None:
    """Show the importances.

    Parameters
    ----------
    evaluated : Evaluated
        The rows.
    importances : Importances
        The importances.

    Returns
    -------
    Section or None
        A picture, a table, and the pairs of correlated columns. None if no column is used, or if
        there is a single row, which cannot be permuted.
    """
    if not importances.names or importances.n_rows == 1:
        return None
    measured = [
        f"Measured on {_rows(evaluated, importances)}, {N_REPEATS} times for each column.",
        _left_out(evaluated),
    ]
    details: list[Any] = [" ".join(filter(None, measured)), _table(importances)]
    if importances.correlated:
        details += [_CORRELATED, _pairs(importances)]
    parts: list[Any] = [_MEANING, what_matters(importances), Folded("The numbers", details)]
    return Section("importance", "What does it look at?", parts)


def _rows(evaluated: Evaluated, importances: Importances) -> str:
    """Say on which rows importances are measured, and why not on all."""
    n, n_all = importances.n_rows, len(evaluated.y)
    kind = "held-out" if evaluated.is_of_fit else "new"
    if n == n_all:
        return f"{n:,} {kind} rows"
    return f"{n:,} random rows of the {n_all:,} {kind} ones, because all would take longer"


def _left_out(evaluated: Evaluated) -> str:
    """Say which columns of a wide table are not measured, if there are any."""
    if (n_columns := len(evaluated.fitted_columns)) <= MEASURED_COLUMNS:
        return ""
    remedy = "sklearn.inspection.permutation_importance measures all columns, which takes longer."
    if evaluated.is_of_fit:
        remedy = "oof_importances(X, y, columns=[...]) measures the columns that you name."
    return (
        f"Of the {n_columns:,} columns, only the {MEASURED_COLUMNS} that are most correlated with "
        "the predictions are measured here, and compared with each other. Others may matter too. "
        f"{remedy}"
    )


def what_matters(importances: Importances) -> Picture:
    """Draw a bar for each of the most important columns.

    Parameters
    ----------
    importances : Importances
        The importances, of one column at least.

    Returns
    -------
    Picture
        The picture.
    """
    n_bars, metric = min(MOST_BARS, len(importances.names)), importances.metric

    def plot(ax: Any) -> None:
        ImportancesDisplay(
            importances=importances.repeats,
            names=[plain(name, len(name)) for name in importances.names],  # the display shortens
            scoring=metric,
            correlated=[
                (plain(a, len(a)), plain(b, len(b)), r) for a, b, r in importances.correlated
            ],
        ).plot(ax, max_columns=n_bars, bar_kw=_OUTLINE)

    which = "the most important columns" if n_bars < len(importances.names) else "all columns"
    text = (
        f"How much worse the {metric} gets if the values of one column are exchanged at random "
        f"among the rows: a bar for {which}, a dot for each repeat."
    )
    if importances.correlated:
        text += " Columns that are strongly correlated with another one have paler bars."
    size = 6.0, max(1.6, 0.9 + 0.28 * n_bars)
    return Picture("Importance of the columns", text, plot, size)


def _table(importances: Importances) -> Table:
    """List the importances."""
    deviations = importances.repeats.std(axis=1)
    lines = zip(importances.names, importances.means, deviations, strict=True)
    rows = [(plain(name), decimals(mean, 4), decimals(std, 4)) for name, mean, std in lines]
    caption = "Importance of each column"
    if len(rows) > MOST_LINES:
        caption = f"Importance of the first {MOST_LINES} of {len(rows):,} columns"
    header = ("column", f"{importances.metric} gets worse by", "standard deviation")
    return Table(caption, header, rows[:MOST_LINES])


def _pairs(importances: Importances) -> Table:
    """List the most strongly correlated columns."""
    pairs = importances.correlated[:MOST_PAIRS]
    rows = [(plain(a), plain(b), decimals(r, 2)) for a, b, r in pairs]
    return Table("The most strongly correlated columns", ("column", "and", "correlation"), rows)
