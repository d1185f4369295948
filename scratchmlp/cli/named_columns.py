"""Whether the columns that options name exist, and whether options contradict each other."""

from scratchmlp.cli.messages import InputError, did_you_mean, quote, quoted
from scratchmlp.cli.reading import TITLE, RawTable
from scratchmlp.cli.roles import NO_FEATURE, Roles

SEPARATOR = "If another character separates its columns, name it with --sep."
#: Pairs of options that may name the same column.
COMPATIBLE = (
    {"--id", "--groups"},
    {"--id", "--time"},
    {"--id", "--date"},
    {"--id", "--numeric"},
    {"--time", "--date"},
    {"--time", "--numeric"},
    *({"--na", f"--{field}"} for field in ("numeric", "categorical", "text", "date")),
)


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
    raise InputError(
        f"{path} has no column {quote(name)}, which {option} names.{did_you_mean(name, names)} "
        f"Its columns: {quoted(names)}.{hint_on_names(raw)}"
    )


def hint_on_names(raw: RawTable, none_is_right: bool = False) -> str:
    """Say what may be wrong with the names of columns; "" if they look right.

    Parameters
    ----------
    raw : RawTable
        The table.
    none_is_right : bool, default=False
        Whether it is known that none of them is the name of a column.

    Returns
    -------
    str
        A blank and a sentence.
    """
    names = [*map(str, raw.frame)]
    if raw.sep and len(names) == 1:
        return f" {SEPARATOR}"
    n_nameless = sum(each.startswith("Unnamed: ") for each in names)
    return f" {TITLE}" if none_is_right or n_nameless > 1 else ""


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
