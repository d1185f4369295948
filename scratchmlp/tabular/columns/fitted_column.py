"""What all fitted columns have in common, and columns that are left out."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from scratchmlp.tabular.notes import Note, NoteCase
from scratchmlp.tabular.reading.found import Reading
from scratchmlp.tabular.reading.from_text import read_column
from scratchmlp.tabular.vocabulary import VALUES, ColumnKind, Use, ValueKind, Why

#: How the codes of levels are encoded: as an output of 0 and 1 for each level, as a single output
#: of -1 and 1, or as the outputs of `ManyLevels`.
LevelEncoding = Literal["one-hot", "sign", "many"]


class Encoded(NamedTuple):
    """What encoding a column returns.

    Attributes
    ----------
    numbers : dict of str to ndarray of shape (n_samples,)
        The outputs that are numbers or indicators, by suffix: see `number_suffixes`.
    codes : ndarray of shape (n_samples,), int32, or None
        Codes of the levels of a categorical column, which tell its other outputs.
    terms : tuple of csr_array of shape (n_samples, n_terms), int8
        Indicators of the terms of a column of text.
    """

    numbers: Mapping[str, NDArray[Any]]
    codes: NDArray[np.int32] | None = None
    terms: tuple[csr_array, ...] = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class FittedColumn(ABC):
    """How a column was read in `fit`, and how it is encoded.

    Attributes
    ----------
    kind : ColumnKind
        Kind of the column, as in `TabularEncoder.columns_`.
    reason : str
        Why the column is of its kind, in words.
    why : Why
        The same in a word, from which decisions are made.
    expected : ValueKind
        The kind of its values, which new ones must have: a key of `VALUES`.
    reading : Reading
        How the values were written, if they were text.
    share_missing : float
        Share of missing values; 0.0 if the column is left out.
    n_rows : int
        Number of rows in `fit`; 0 if the column is left out.
    names_entity : bool
        Whether categories name what rows belong to, such as persons.
    is_held_out : bool
        Whether each fold of an estimator held out all rows of some categories.
    """

    #: Suffixes of the outputs that are numbers in a range.
    ranges: ClassVar[tuple[str, ...]] = ()

    kind: ColumnKind
    reason: str
    expected: ValueKind
    why: Why = "values"
    reading: Reading = Reading()  # noqa: RUF009 - it is frozen
    share_missing: float = 0.0
    n_rows: int = 0
    names_entity: bool = False
    is_held_out: bool = False

    @property
    def is_hidden(self) -> bool:
        """Whether training hides the categories of the column in some rows."""
        return self.names_entity or self.is_held_out

    @abstractmethod
    def number_suffixes(self) -> list[str]:
        """Return a suffix for each output that is a number or an indicator of missing values.

        It is appended to the name of the column: "" is the value itself.
        """

    @abstractmethod
    def encode(self, values: "pd.Series[Any]") -> Encoded:
        """Encode values that `read` has returned.

        Parameters
        ----------
        values : Series of shape (n_samples,)
            The values.

        Returns
        -------
        Encoded
            The outputs.
        """

    def level_suffixes(self) -> list[str]:
        """Return a suffix for each output that the code of the level alone tells."""
        return []

    def suffixes(self) -> list[str]:
        """Return a suffix for each output, in order: first those of levels."""
        return [*self.level_suffixes(), *self.number_suffixes()]

    @property
    def n_outputs(self) -> int:
        """Number of outputs."""
        return len(self.suffixes())

    @property
    def coded_as(self) -> LevelEncoding | None:
        """How the codes of levels are encoded; None without codes."""
        return None

    @property
    def coded_levels(self) -> tuple[Any, ...]:
        """The levels that are told apart. The code of a level is its position."""
        return ()

    @property
    def new_is_missing(self) -> bool:
        """Whether values without a code are missing, also where there is a number."""
        return False

    @property
    def hidden_numbers(self) -> dict[str, float] | None:
        """What outputs become where training hides the column, by suffix; None if it never does."""
        return None

    @property
    def may_miss(self) -> bool:
        """Whether the output "" is NaN if the value is missing."""
        return False

    @property
    def relative_scale(self) -> float:
        """Scale of positive numbers whose ratios have a meaning, divided by the median; else 0."""
        return 0.0

    @property
    def n_terms(self) -> int:
        """Number of arrays of terms."""
        return 0

    @property
    def use(self) -> Use:
        """How the encoder uses the column, in words."""
        if self.uses_values:
            return self._use_of_values
        return "used only for whether the value is missing" if self.n_outputs else "left out"

    @property
    def _use_of_values(self) -> Use:
        """What the values are used as, if an output tells more than that they are missing."""
        return VALUES[self.expected].use

    @property
    def uses_values(self) -> bool:
        """Whether an output tells more than that the value is missing."""
        return self.coded_as is not None or bool({*self.number_suffixes()} - {"_missing"})

    @property
    def unrepeated(self) -> NoteCase | None:
        """Case of the `Note` if the column has no outputs because no value or word repeats."""
        return None

    @property
    def remarks(self) -> list[str]:
        """What is not plain about the column, in words."""
        return [] if self.why == "values" else [self.reason]

    @property
    def all_different(self) -> bool:
        """Whether the column is left out because no value repeats."""
        return self.why == "all different"

    def unseen(self, values: "pd.Series[Any]") -> "pd.Series[bool]":
        """Return which values, that `read` has returned, are categories not seen in `fit`."""
        return pd.Series(False, values.index)

    def read(self, name: str, column: "pd.Series[Any]") -> tuple["pd.Series[Any]", list[Note]]:
        """Read the same column of another table: see `read_column`."""
        return read_column(name, column, self.expected, self.reading)

    def values_of(self, column: "pd.Series[Any]") -> "pd.Series[Any]":
        """Return the values of the same column of another table as they are read."""
        return self.read(str(column.name), column)[0]

    def is_like(self, received: ValueKind) -> bool:
        """Return whether values of a kind may be encoded as those of `fit`."""
        # True equals 1, both as a number and as a label.
        return received == self.expected or {received, self.expected} == {"number", "flag"}

    def plain(self) -> dict[str, Any]:
        """Describe the column by its fields, as in `TabularEncoder.columns_`."""
        return {"kind": self.kind, **_flat(self)}


@dataclass(frozen=True, eq=False, kw_only=True)
class LeftOutColumn(FittedColumn):
    """An identifier, or a column with a single value or without any value.

    Attributes
    ----------
    kind : {'identifier', 'constant', 'missing'}
        Why the column is left out.
    indicator : bool
        Whether an output tells if the value is missing: identifiers may have one.
    """

    indicator: bool
    expected: ValueKind = "missing"  # no kind: its values are not read

    def number_suffixes(self) -> list[str]:
        """Return "_missing" if there is an indicator."""
        return ["_missing"] * self.indicator

    def encode(self, values: "pd.Series[Any]") -> Encoded:
        """Encode whether values are missing, if there is an indicator."""
        return Encoded({"_missing": values.isna().to_numpy()} if self.indicator else {})


def set_fields(record: Any) -> dict[str, Any]:
    """Return the fields of a record, a dataclass, that do not have their default."""
    values = ((each, getattr(record, each.name)) for each in fields(record))
    return {each.name: value for each, value in values if value != each.default}


def _flat(record: Any) -> dict[str, Any]:
    """Return the fields of a record and of the records in it, with lists for tuples."""
    flat: dict[str, Any] = {}
    for name, value in set_fields(record).items():
        if is_dataclass(value):
            flat |= _flat(value)
        else:
            flat[name] = [*value] if isinstance(value, tuple) else value
    return flat
