"""What the user says of a table: the format of its file, and what its columns are."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

#: Options whose column is no feature, unless one of `KEPT_BY` names the column of --id or --time.
NO_FEATURE = ("--ignore", "--id", "--groups", "--time")
KEPT_BY = ("--date", "--numeric")


class FileFormat(NamedTuple):
    """How a file is read; by default, its content decides.

    Attributes
    ----------
    sep : str or None
        Separator of the columns of a text file.
    decimal : {",", "."} or None
        Decimal mark.
    encoding : str or None
        Encoding of a text file.
    keep_na : sequence of str or True
        Names of the columns in which words such as NA are values; True stands for all columns.
    marks : mapping of str to {",", "."}
        Decimal marks of the columns in training, for those whose cells do not tell.
    header : int or None
        Number of the row of the header, counted from 0 as pandas counts: blank lines of a text file
        do not count. None takes the first row that is not empty.
    sheet : str or None
        Name of a sheet of a workbook, or its number, counted from 0. None takes the first.
    """

    sep: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    keep_na: Literal[True] | Sequence[str] = ()
    marks: Mapping[str, str] = MappingProxyType({})
    header: int | None = None
    sheet: str | None = None


class Roles(NamedTuple):
    """What the user says of columns other than the target.

    Attributes
    ----------
    ignore : sequence of str
        Columns that no model uses.
    numeric, categorical, text, date : sequence of str
        Columns whose type the user knows.
    id : str or None
        Column that identifies the rows.
    groups : str or None
        Column with the group of each row.
    time : str or None
        Column by which the rows are ordered.
    na : sequence of tuple of two str
        Values that mean missing, each after its column; "" stands for all columns.
    """

    ignore: Sequence[str] = ()
    numeric: Sequence[str] = ()
    categorical: Sequence[str] = ()
    text: Sequence[str] = ()
    date: Sequence[str] = ()
    id: str | None = None
    groups: str | None = None
    time: str | None = None
    na: Sequence[tuple[str, str]] = ()

    def named(self) -> Iterator[tuple[str, str]]:
        """Yield each option with each column that it names."""
        in_one = [column for column, _ in self.na if column]
        for field, names in (self._asdict() | {"na": in_one}).items():
            for name in [names] if isinstance(names, str) else names or ():
                yield f"--{field}", name

    def not_features(self) -> list[str]:
        """Return the columns that are no features."""
        kept = {name for option, name in self.named() if option in KEPT_BY}
        named = [name for option, name in self.named() if option in NO_FEATURE]
        return [name for name in named if name not in kept]

    def encoder_settings(self, features: Collection[str]) -> dict[str, Any]:
        """Return the parameters of an encoder or an ensemble that the user's choices set.

        Parameters
        ----------
        features : collection of str
            Columns of the table.

        Returns
        -------
        dict
            Parameters by name.
        """

        def known(names: Sequence[str]) -> list[str] | None:
            return [name for name in names if name in features] or None

        category = known(self.categorical)
        return {
            "categorical_features": ["from_dtype", *category] if category else "from_dtype",
            "numeric_features": known(self.numeric),
            "text_features": known(self.text),
            "date_features": known(self.date),
            "missing_values": self.missing_values(features) or None,
        }

    def missing_values(self, features: Iterable[str]) -> dict[str, list[str]]:
        """Return the values that mean missing, by column; columns without any are left out."""
        values = {
            name: [value for column, value in self.na if column in ("", name)] for name in features
        }
        return {name: each for name, each in values.items() if each}


DEFAULT, NO_ROLES = FileFormat(), Roles()
