"""What the user, or the training table, says of the format of a file."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal, NamedTuple


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


DEFAULT = FileFormat()
