"""What the user says of columns: whether it can be true, and what follows for features."""

from collections.abc import Iterable, Iterator, Sequence

from scratchmlp.cli.messages import InputError, did_you_mean, quote, quoted
from scratchmlp.cli.options import Roles
from scratchmlp.cli.reading import RawTable
from scratchmlp.cli.text_files import TITLE

SEPARATOR = "If another character separates its columns, name it with --sep."
TYPES = ("--numeric", "--categorical", "--text", "--date")
#: Options whose column is no feature, unless one of `KEPT_BY` names the column of --id or --time.
NO_FEATURE = ("--ignore", "--id", "--groups", "--time")
KEPT_BY = ("--date", "--numeric")


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
    for option, name in [("--target", target), *options_of(roles)]:
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


def options_of(roles: Roles) -> Iterator[tuple[str, str]]:
    """Yield each option with each column that it names."""
    in_one = [column for column, _ in roles.na if column]
    for field, names in (roles._asdict() | {"na": in_one}).items():
        for name in [names] if isinstance(names, str) else names or ():
            yield f"--{field}", name


def features_of(raw: RawTable, target: str, roles: Roles) -> list[str]:
    """Return the columns to predict from; raise an error if there are none."""
    kept = {name for option, name in options_of(roles) if option in KEPT_BY}
    named = {name for option, name in options_of(roles) if option in NO_FEATURE}
    features = [name for name in map(str, raw.frame) if name not in {target} | named - kept]
    if not features:
        raise InputError(
            "no column is left to predict from. The table needs a column beside the target and "
            "those that no model uses."
        )
    return features


def missing_values(roles: Roles, columns: Iterable[str]) -> dict[str, list[str]]:
    """Return the values that mean missing, by column; columns without any are left out."""
    values = {
        name: [value for column, value in roles.na if column in ("", name)] for name in columns
    }
    return {name: each for name, each in values.items() if each}
