"""Drift: whether new rows are like those of `fit`, by a test for each column."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
import pandas as pd
from scipy.special import gammaln

from scratchmlp.arrays import FloatArray
from scratchmlp.tabular.columns.any_column import Column, Columns, read_new
from scratchmlp.tabular.columns.categories import CategoricalColumn
from scratchmlp.tabular.columns.encoder import TabularEncoder, fitted_columns, valid_table
from scratchmlp.tabular.columns.numeric import ScaledColumn, counts_between
from scratchmlp.tabular.reading.values import naming_column, to_numbers
from scratchmlp.utils.names import shortened

#: Probability that chance changes any column of a table.
_LEVEL = 1e-3
#: Smallest population stability index of a change: the usual limit of "no change".
_LEAST_PSI = 0.1
#: Smallest share of rows with what never occurred in `fit`.
_LEAST_NEW = 0.01
_MOST_LEVELS = 9  # the most frequent ones, which are compared one by one

DriftCase = Literal["missing", "unseen", "below", "above", "values"]
_Cases: TypeAlias = "dict[DriftCase, tuple[Counts, str]]"


class Counts(NamedTuple):
    """How many rows something holds for, in `fit` and now.

    Attributes
    ----------
    fit, now : float
        Rows for which it holds.
    n_fit, n_now : float
        All rows.
    """

    fit: float
    n_fit: float
    now: float
    n_now: float

    @property
    def p_value(self) -> float:
        """Probability of shares that differ at least as much by chance: an upper bound.

        It is twice a tail of the hypergeometric distribution. Beyond its mode, probabilities fall
        faster than the geometric series of the first two, whose sum is thus an upper bound.
        """
        fit, n_fit, now, n_now = self
        if now * n_fit < fit * n_now:
            fit, n_fit, now, n_now = now, n_now, fit, n_fit
        log_p = _log_binomial(n_fit, fit) + _log_binomial(n_now, now)
        log_p -= _log_binomial(n_fit + n_now, fit + now)
        ratio = fit * (n_now - now) / ((now + 1) * (n_fit - fit + 1))
        return min(1.0, 2 * float(np.exp(log_p)) / (1 - ratio))

    @property
    def shares(self) -> tuple[float, float]:
        """Shares of rows, in `fit` and now; nan without rows."""
        return _share(self.fit, self.n_fit), _share(self.now, self.n_now)

    @property
    def matters(self) -> bool:
        """Whether the change is large, or what is not rare now never occurred in `fit`."""
        is_new = self.fit == 0 and self.now >= _LEAST_NEW * self.n_now
        fit, now = ([count, n - count] for count, n in (self[:2], self[2:]))
        return is_new or psi(np.array(fit), np.array(now)) >= _LEAST_PSI


def _log_binomial(n: float, k: float) -> float:
    return float(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))


def _share(count: float, n: float) -> float:
    return count / n if n else np.nan


def psi(fit: FloatArray, now: FloatArray) -> float:
    """Compute the population stability index, the sum of (q - p) log(q / p) over bins.

    Half a row is added to the rows of each bin, in `fit` and now, so that all shares p and q are
    positive. The index is nan without rows.
    """
    if not (fit.sum() and now.sum()):
        return np.nan
    p, q = ((counts + 0.5) / (counts + 0.5).sum() for counts in (fit, now))
    return float(((q - p) * np.log(q / p)).sum())


class ColumnDrift(NamedTuple):
    """How the values of a column differ from those of `fit`.

    Attributes
    ----------
    counts : dict of DriftCase to Counts
        Rows whose value is missing, and those of the others that are unseen, or below or above the
        range of `fit`.
    psi : float
        Population stability index of the values that are not missing; nan if none is compared.
    changes : dict of DriftCase to str
        What clearly changed, in words.
    """

    counts: dict[DriftCase, Counts]
    psi: float
    changes: dict[DriftCase, str]


class _Compared(NamedTuple):
    """A column before the judgment, which depends on the number of all tests of the table.

    Attributes
    ----------
    cases : dict of DriftCase to tuple of Counts and str
        The counts of `ColumnDrift`, and what these values are, in words, if it is a change.
    bins : tuple of two ndarrays of shape (n_bins,)
        Rows with a value in each bin, in `fit` and now.
    values : list of tuple of Counts and str
        Rows with some of the values that `fit` had too, and which values, in words.
    """

    cases: _Cases
    bins: tuple[FloatArray, FloatArray] = (np.zeros(0), np.zeros(0))
    values: Sequence[tuple[Counts, str]] = ()

    @property
    def n_tests(self) -> int:
        return len(self.cases) + len(self.values)

    def judged(self, level: float) -> ColumnDrift:
        """Return what changed clearly: with a probability below `level` by chance."""
        changes: dict[DriftCase, str] = {}
        for case, (counts, words) in self.cases.items():
            before, now = counts.shares
            is_harmless = case == "unseen" and not now > before  # all persons may be known
            if not is_harmless and counts.matters and counts.p_value < level:
                changes[case] = f"{_are(now)} {words}"
        index = psi(*self.bins)
        has_new_values = not changes.keys() <= {"missing"}  # which explain the index
        if self.values and index >= _LEAST_PSI and not has_new_values:
            counts, which = min(self.values, key=lambda each: each[0].p_value)
            if counts.p_value < level:
                before, now = counts.shares
                changes["values"] = f"{_are(now)} {which}, {_unlike_training(before)}"
        return ColumnDrift({case: each for case, (each, _) in self.cases.items()}, index, changes)


def find_drift(columns: Columns, values: "Mapping[str, pd.Series[Any]]") -> dict[str, ColumnDrift]:
    """Compare new values with those of `fit`, column by column, and return how they differ.

    The values are those of columns that inform predictions, as `read_new` returns them. The
    probability that chance changes any column is at most 0.001.
    """
    compared = {}
    for name, new in values.items():
        with naming_column(name):
            compared[name] = _compare(columns[name], new)
    level = _LEVEL / max(1, sum(each.n_tests for each in compared.values()))
    return {name: each.judged(level) for name, each in compared.items()}


def _compare(column: Column, values: "pd.Series[Any]") -> _Compared:
    """Count the values of a column, in `fit` and now."""
    known, n_now = values.dropna(), len(values)
    n_missing = round(column.share_missing * column.n_rows)
    missing = Counts(n_missing, column.n_rows, n_now - len(known), n_now)
    words = f"missing, {_unlike_training(column.share_missing)}"
    compared, n_known = _Compared({"missing": (missing, words)}), column.n_rows - n_missing
    if isinstance(column, CategoricalColumn) and column.uses_values:
        compared = _with_levels(compared, column, known, n_known)
    if isinstance(column, ScaledColumn) and column.uses_values:
        compared = _with_range(compared, column, known, n_known)
    return compared


def _with_range(
    compared: _Compared, column: ScaledColumn, known: "pd.Series[Any]", n_known: int
) -> _Compared:
    """Add the range of `fit`, and how many numbers are above each decile."""
    numbers, deciles, n_now = to_numbers(known, column.expected), column.deciles, len(known)
    written = [_written(number, column.expected) for number in deciles]
    n_below, n_above = int((numbers < deciles[0]).sum()), int((numbers > deciles[-1]).sum())
    below, above = Counts(0, n_known, n_below, n_now), Counts(0, n_known, n_above, n_now)
    cases: _Cases = {
        "below": (below, f"below {written[0]}, the lowest in training"),
        "above": (above, f"above {written[-1]}, the highest in training"),
    }
    fit = np.array(column.decile_counts, dtype=float)
    now = counts_between(numbers, deciles).astype(float)
    beyond = zip(n_known - fit.cumsum(), n_now - now.cumsum(), written, strict=True)
    values = [
        (Counts(float(before), n_known, float(after), n_now), f"above {decile}")
        for before, after, decile in beyond
    ]
    return _Compared(compared.cases | cases, (fit, now), values[:-1])


def _with_levels(
    compared: _Compared, column: CategoricalColumn, known: "pd.Series[Any]", n_known: int
) -> _Compared:
    """Add unseen levels, and how many rows have each of the most frequent ones.

    Levels of a single row may have no code, and count as unseen. By Good and Turing, the share of
    unseen rows to expect is that of levels of one row. If these have no code, levels that have two
    rows count twice as much: of two draws, either one may be in the other sample.
    """
    codes = column.codes_of(known.to_numpy(dtype=object))
    fit, n_now = np.array(column.counts, dtype=float), len(known)
    now = np.bincount(codes[codes >= 0], minlength=len(fit))
    n_single = column.n_levels - len(fit)
    rare = float(n_single + 2 * (fit == 2).sum() if n_single else (fit == 1).sum())
    n_unseen = int((codes < 0).sum())
    half = 2 if rare else 1  # the estimate varies at most as if it were one of half of the rows
    words = "unseen"
    if n_unseen:
        words += f", such as {_quoted(known[codes < 0].value_counts().index[0])}"
    cases: _Cases = {"unseen": (Counts(rare / half, n_known / half, n_unseen, n_now), words)}
    first = np.argsort(-fit, kind="stable")[:_MOST_LEVELS]
    values = [
        (Counts(fit[i], n_known, int(now[i]), n_now), _quoted(column.coded_levels[i]))
        for i in first
    ]
    fit_rest, now_rest = n_known - rare - fit[first].sum(), now.sum() - now[first].sum()
    bins = (
        np.array([*fit[first], max(0.0, fit_rest), rare]),
        np.array([*now[first], now_rest, n_unseen]),
    )
    return _Compared(compared.cases | cases, bins, values)


def _quoted(level: Any) -> str:
    return repr(shortened(level))


def _written(number: float, kind: str) -> str:
    """Write a number, a date or a duration of so many days."""
    if kind == "date":
        return str(np.datetime64(0, "D") + np.timedelta64(int(np.floor(number)), "D"))
    return f"{number:.6g} days" if kind == "duration" else f"{number:.6g}"


def _are(share: float) -> str:
    """Begin a clause about a share of the values now."""
    if share in (0, 1):
        return "all values are" if share else "no value is"
    return f"{100 * share:.1f} % are"


def _unlike_training(share: float) -> str:
    return f"but {100 * share:.1f} % were in training"


def compared_columns(columns: Columns) -> Columns:
    """Return the columns that inform predictions."""
    return {
        name: column
        for name, column in columns.items()
        if column.n_outputs and column.kind != "identifier"
    }


def drift_table(encoder: TabularEncoder, X: Any) -> pd.DataFrame:
    """Compare a table with that of `fit`, without warnings: see `BaseTabular.drift`."""
    columns = fitted_columns(encoder)
    compared, values = compared_columns(columns), {}
    table = valid_table(encoder, X)
    for name, (_, given) in zip(columns, table.items(), strict=True):
        if name in compared:
            with naming_column(name):
                values[name] = read_new(name, given, compared[name])[0]
    found = find_drift(columns, values)
    return pd.DataFrame([_drift_row(found.get(name)) for name in columns], index=[*columns])


def _drift_row(drift: ColumnDrift | None) -> dict[str, Any]:
    """Return a row of the table; None stands for a column that does not inform."""
    counts, index, changes = drift or ColumnDrift({}, np.nan, {})
    unknown = Counts(0, 0, 0, 0)
    missing, unseen = (counts.get(case, unknown).shares for case in ("missing", "unseen"))
    outside = [counts.get(case, unknown).shares[1] for case in ("below", "above")]
    return {
        "changed": bool(changes),
        "psi": index,
        "missing_fit": missing[0],
        "missing_now": missing[1],
        "unseen_fit": unseen[0],
        "unseen_now": unseen[1],
        "out_of_range_now": sum(outside),
        "why": "; ".join(changes.values()),
    }
