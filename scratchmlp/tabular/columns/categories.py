"""Categorical columns: the choice of levels, their codes, and the outputs that encode them."""

from dataclasses import dataclass
from itertools import repeat
from numbers import Real
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scratchmlp.tabular.columns.fitted_column import Encoded, FittedColumn, LevelEncoding
from scratchmlp.tabular.columns.numeric import ScaledColumn, quantiles
from scratchmlp.tabular.notes import NoteCase
from scratchmlp.tabular.reading.values import Floats, different_values, kind_of, to_numbers
from scratchmlp.tabular.vocabulary import ColumnKind, Use, ValueKind

FEW_LEVELS = 10  # if there are more, levels that occur once get no column
FREQUENT = 10  # rows of a level with a column of its own, among more than `max_categories` levels

#: How a column of categories is encoded. The last two do not tell levels apart: there is only an
#: indicator of missing values, or no output.
CategoryEncoding = Literal[LevelEncoding, "missing", "none"]


@dataclass(frozen=True, eq=False, kw_only=True)
class CategoricalColumn(FittedColumn):
    """A column of categories; `expected` is the kind of their labels.

    Attributes
    ----------
    levels : tuple
        Levels with an output of their own.
    n_levels : int
        Number of levels in `fit`.
    encoding : CategoryEncoding
        How the column is encoded.
    counts : tuple of int
        Rows of each of `coded_levels` in `fit`.
    """

    levels: tuple[Any, ...]
    n_levels: int
    encoding: CategoryEncoding
    counts: tuple[int, ...]
    kind: ColumnKind = "category"

    @property
    def coded_levels(self) -> tuple[Any, ...]:
        """The levels that are told apart. The code of a level is its position."""
        return self.levels

    @property
    def coded_as(self) -> LevelEncoding | None:
        """The encoding, if its outputs tell levels apart."""
        match self.encoding:
            case "missing" | "none":
                return None
            case encoding:
                return encoding

    @property
    def _use_of_values(self) -> Use:
        return super()._use_of_values if self.expected == "flag" else "categorical"

    @property
    def remarks(self) -> list[str]:
        """What is not plain about the column, in words."""
        if self.use == "left out":
            return ["every value is different" if self.all_different else "a single value"]
        return super().remarks

    @property
    def all_different(self) -> bool:
        """Whether the column is left out because no level repeats."""
        return self.use == "left out" and self.n_levels > 1

    def unseen(self, values: "pd.Series[Any]") -> "pd.Series[bool]":
        """Return which values are unseen: none if the column keeps only part of the levels."""
        are_kept = len(self.levels) == self.n_levels
        return values.notna() & ~values.isin(self.levels) & are_kept

    def is_like(self, received: ValueKind) -> bool:
        """Return whether labels of a kind may be those of `fit`."""
        # Labels of several kinds may come as labels of one kind, and the other way round.
        return super().is_like(received) or "mixed" in (received, self.expected)

    @property
    def new_is_missing(self) -> bool:
        """Whether values without a code are missing: where training hides the column."""
        return self.is_hidden

    @property
    def hidden_numbers(self) -> dict[str, float] | None:
        """The outputs of a missing value, by suffix, if training hides the column."""
        if not self.is_hidden or self.coded_as is None:
            return None
        missing = self.encode(pd.Series([np.nan])).numbers
        return {suffix: float(number[0]) for suffix, number in missing.items()}

    def codes_of(self, labels: NDArray[np.object_]) -> NDArray[np.int32]:
        """Return the code of each label; -1 for missing and unseen ones.

        Raises
        ------
        TypeError
            If a label cannot be hashed.
        """
        code_of = {level: code for code, level in enumerate(self.coded_levels)}
        return np.fromiter(map(code_of.get, labels, repeat(-1)), np.int32, len(labels))


@dataclass(frozen=True, eq=False, kw_only=True)
class FewLevels(CategoricalColumn):
    """A column of up to `max_categories` levels that are no codes, or of levels that occur once."""

    @property
    def unrepeated(self) -> NoteCase | None:
        """Case of the `Note` if no level repeats, or there is only one."""
        if self.coded_as:
            return None
        return "constant" if self.n_levels == 1 else "unrepeated"

    def level_suffixes(self) -> list[str]:
        """Return a suffix for each level with an output."""
        shown = {"one-hot": self.levels, "sign": self.levels[1:]}
        return [f"_{level}" for level in shown.get(self.encoding, ())]

    def number_suffixes(self) -> list[str]:
        """Return "_missing" if only this is encoded."""
        return ["_missing"] if self.encoding == "missing" else []

    def encode(self, values: "pd.Series[Any]") -> Encoded:
        """Return the codes, or the indicator of missing values."""
        labels = values.to_numpy(dtype=object)
        codes = self.codes_of(labels)
        missing = {"_missing": pd.isna(labels)} if self.encoding == "missing" else {}
        return Encoded(missing, codes if self.coded_as else None)


@dataclass(frozen=True, eq=False, kw_only=True)
class ManyLevels(CategoricalColumn):
    """A column of more than `max_categories` levels, or of codes: frequent ones have an output.

    Attributes
    ----------
    other_levels : tuple
        Further levels that repeat.
    indicator : bool
        Whether an output tells that the value is missing.
    """

    other_levels: tuple[Any, ...]
    indicator: bool

    @property
    def coded_levels(self) -> tuple[Any, ...]:
        """The levels that are told apart. The code of a level is its position."""
        return self.levels + self.other_levels

    @property
    def frequencies(self) -> Floats:
        """Logarithm of the count of each coded level, divided by the largest; 0 for the code -1."""
        log_counts = np.log([*self.counts, 1])
        return log_counts / (log_counts.max() or 1.0)

    def level_suffixes(self) -> list[str]:
        """Return a suffix for each level with an output."""
        return [f"_{level}" for level in self.levels]

    def number_suffixes(self) -> list[str]:
        """Return "_frequency" and perhaps "_missing"."""
        return ["_frequency", *["_missing"] * self.indicator]

    def encode(self, values: "pd.Series[Any]") -> Encoded:
        """Return the frequency, the indicator of missing values, and the codes."""
        labels = values.to_numpy(dtype=object)
        codes = self.codes_of(labels)
        is_missing = codes < 0 if self.new_is_missing else pd.isna(labels)
        missing = {"_missing": is_missing} if self.indicator else {}
        return Encoded({"_frequency": self.frequencies[codes], **missing}, codes)


@dataclass(frozen=True, eq=False, kw_only=True)
class ManyCodes(ManyLevels, ScaledColumn):
    """A column of whole numbers that may be codes: categories and numbers.

    Neighbours such as zip codes may be alike, and what looks like a code may be a quantity. So
    training hides the categories alone, unless the numbers are clearly those of an identifier.
    """

    has_ratios: ClassVar[bool] = False

    @property
    def new_is_missing(self) -> bool:
        """Whether values without a code are missing: hidden ones of an identifier."""
        return self.is_hidden and self.why == "identifier"

    @property
    def hidden_numbers(self) -> dict[str, float] | None:
        """The outputs of a missing value, by suffix: the frequency alone, unless all are hidden."""
        hidden = super().hidden_numbers
        if hidden is None or self.new_is_missing:
            return hidden
        return {"_frequency": hidden["_frequency"]}

    def is_like(self, received: ValueKind) -> bool:
        """Return whether values of a kind are numbers, unlike labels of several kinds."""
        return FittedColumn.is_like(self, received)

    def number_suffixes(self) -> list[str]:
        """Return the suffixes of numbers, and "_frequency"."""
        return [*ScaledColumn.number_suffixes(self), "_frequency"]

    def encode(self, values: "pd.Series[Any]") -> Encoded:
        """Return the outputs of numbers, the frequency, and the codes."""
        numbers = to_numbers(values, self.expected)
        codes = self.codes_of(values.to_numpy(dtype=object))
        known = np.where(codes < 0, np.nan, numbers) if self.new_is_missing else numbers
        scaled = self._encode_numbers(known)
        return Encoded({**scaled, "_frequency": self.frequencies[codes]}, codes)


def fit_categories(
    values: "pd.Series[Any]", max_categories: int, **common: Any
) -> FewLevels | ManyLevels:
    """Choose the levels that get an output of their own.

    Parameters
    ----------
    values : Series of shape (n_samples,)
        Labels, of which at least one is not missing.
    max_categories : int
        Largest number of levels with an output of their own.
    **common : object
        Fields of `FittedColumn`.

    Returns
    -------
    FewLevels or ManyLevels
        The fitted column: `ManyCodes` if there are more than two codes.

    Raises
    ------
    TypeError
        If a label cannot be hashed.
    """
    common["expected"] = kind_of(values)
    different = different_values(values)
    counts, n_levels = different.counts, len(different.unique)
    # In a small table every level counts. Otherwise, one row says nothing about other rows. But a
    # person with one row is no new one.
    all_count = n_levels <= FEW_LEVELS or common["names_entity"]
    informative = np.flatnonzero((counts > 1) | all_count)
    levels = [_python_object(different.unique[i]) for i in informative]
    order = sorted(range(len(levels)), key=lambda i: _rank(levels[i]))
    # The sort is stable: equally frequent levels are kept in the order of `_rank`.
    by_count = sorted(order, key=lambda i: -counts[informative[i]])
    least = FREQUENT if n_levels > max(max_categories, FEW_LEVELS) else 1
    n_kept = sum(counts[informative[i]] >= least for i in by_count[:max_categories])
    chosen, others = set(by_count[:n_kept]), by_count[n_kept:]
    kept = [i for i in order if i in chosen]
    common |= {
        "levels": tuple(levels[i] for i in kept),
        "n_levels": n_levels,
        "counts": tuple(int(counts[informative[i]]) for i in (*kept, *others)),
    }
    missing = bool(different.codes.min() < 0)
    are_codes = common["why"] in ("code", "identifier") and n_levels > 2
    if not levels or (n_levels <= max_categories and not are_codes):
        return FewLevels(encoding=_encoding(len(levels), n_levels, missing), **common)
    common |= {"encoding": "many", "other_levels": tuple(levels[i] for i in others)}
    if are_codes:
        scale = quantiles(to_numbers(values, "number"))
        # Trees then tell hidden numbers from the median, which would replace them.
        scale["indicator"] |= common["names_entity"] and common["why"] == "identifier"
        return ManyCodes(**scale, **common)
    return ManyLevels(indicator=missing, **common)


def _python_object(level: Any) -> Any:
    """Return a level that is a number of NumPy as one of Python."""
    return level.item() if isinstance(level, np.generic) else level


def _rank(level: Any) -> tuple[Any, ...]:
    """Return a sort key for levels of any type, which puts numbers first."""
    return (0, level) if isinstance(level, Real) else (1, type(level).__name__, str(level))


def _encoding(n_columns: int, n_levels: int, missing: bool) -> CategoryEncoding:
    """Choose the encoding of a categorical column.

    Of its `n_levels` levels, `n_columns` get a column of their own.
    """
    if n_columns == 0:
        return "missing" if missing else "none"
    if n_levels == 1 and not missing:
        return "none"
    return "sign" if n_columns == n_levels == 2 else "one-hot"
