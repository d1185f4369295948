"""What the user says of the columns of a table."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

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
