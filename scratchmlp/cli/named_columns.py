"""Whether the columns that options name exist, and whether options contradict each other."""

from collections.abc import Sequence

from scratchmlp.cli.messages import InputError, did_you_mean, quote, quoted
from scratchmlp.cli.reading import TITLE, RawTable
from scratchmlp.cli.roles import KEPT_BY, NO_FEATURE, Roles

SEPARATOR = "If another character separates its columns, name it with --sep."
TYPES = ("--numeric", "--categorical", "--text", "--date")


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
    options: dict[str, list[str]] = {}  # that name a column
    for option, name in [("--target", target), *roles.named()]:
        check_column(raw, path, option, name)
        of_column = options.setdefault(name, [])
        of_column += [] if option in of_column else [option]
        if two := _contradicting(of_column):
            raise InputError(_contradiction(two[0], two[1], name))


def _contradicting(options: Sequence[str]) -> Sequence[str]:
    """Return two of all options that name a column, if these cannot be true together; else none.

    A column has one type. Only an input has a type, or values that mean missing, and the column of
    --id or --time is one if --date or --numeric names it too.
    """
    if options[0] in ("--target", "--ignore"):  # these come first
        return options[:2] if len(options) > 1 else ()
    types = [each for each in options if each in TYPES]
    if len(types) > 1:
        return types
    is_input = not {*types}.isdisjoint(KEPT_BY)
    of_input = [each for each in options if each in (*TYPES, "--na")]
    of_none = [each for each in options if each in (["--groups"] if is_input else NO_FEATURE)]
    return sorted([of_input[0], of_none[0]], key=options.index) if of_input and of_none else ()


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
