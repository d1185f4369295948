"""What the user says of the columns of a table, and whether it can be followed."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from scratchmlp.cli.messages import InputError, did_you_mean, quote, quoted
from scratchmlp.cli.reading import RawTable

SEPARATOR = "If another character separates its columns, name it with --sep."
TITLE = "The first line must name the columns: if it is a title, delete it."
#: Pairs of options that may name the same column.
COMPATIBLE = (
    {"--id", "--groups"},
    {"--id", "--time"},
    {"--id", "--date"},
    {"--time", "--date"},
    *({"--na", f"--{field}"} for field in ("numeric", "categorical", "text", "date")),
)
#: Options whose column is no feature, unless --date names it too.
NO_FEATURE = ("--ignore", "--id", "--groups", "--time")


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
        named = [name for option, name in self.named() if option in NO_FEATURE]
        return [name for name in named if name not in self.date]

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


NO_ROLES = Roles()


def check_roles(raw: RawTable, path: str, target: str, roles: Roles) -> None:
    """Check that the columns that the user names exist, and that no two options contradict.

    Parameters
    ----------
    raw : RawTable
        Table as it was read.
    path : str
        Name of its file, for messages.
    target : str
        Column to predict.
    roles : Roles
        What the user says of the other columns.

    Raises
    ------
    InputError
        If a column does not exist, or two options cannot name the same column.
    """
    first: dict[str, list[str]] = {}
    for option, name in [("--target", target), *roles.named()]:
        check_column(raw, path, option, name)
        for other in first.setdefault(name, []):
            if other != option and {other, option} not in COMPATIBLE:
                raise InputError(_contradiction(other, option, name))
        first[name].append(option)


def check_column(raw: RawTable, path: str, option: str, name: str) -> None:
    """Check that a table has the column that an option names.

    Parameters
    ----------
    raw : RawTable
        The table.
    path : str
        Name of its file.
    option : str
        Option that names the column.
    name : str
        Name of the column.

    Raises
    ------
    InputError
        If it has no such column.
    """
    if name in raw.frame:
        return
    names = [*map(str, raw.frame)]
    hint = f" {SEPARATOR}" if raw.sep and len(names) == 1 else ""
    if sum(each.startswith("Unnamed: ") for each in names) > 1:
        hint = f" {TITLE}"
    raise InputError(
        f"{path} has no column {quote(name)}, which {option} names.{did_you_mean(name, names)} "
        f"Its columns: {quoted(names)}.{hint}"
    )


def _contradiction(first: str, second: str, name: str) -> str:
    """Say why two options cannot name the same column, and what to change."""
    if first == "--target":
        return (
            f"{second} names {quote(name)}, the column to predict. Models never see the target: "
            f"remove it from {second}, or choose another --target."
        )
    without = [option for option in (first, second) if option in NO_FEATURE]
    rule = "A column has one type."
    if without:
        rule = f"No model uses the column of {' or '.join(without)}."
    return (
        f"{first} and {second} name the same column, {quote(name)}. {rule} "
        "Remove it from one of them."
    )
