"""The arguments of the command line, and which of them belong together."""

import argparse
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Literal, NamedTuple, NoReturn

from scratchmlp import __version__
from scratchmlp.cli.help import DESCRIPTION, DETAILS, FOR_TRAINING, GROUPS, LISTS, USAGE
from scratchmlp.cli.messages import InputError, quote, quoted
from scratchmlp.utils.names import listed, most_similar


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


DEFAULT, NO_ROLES = FileFormat(), Roles()


class Options:
    """The arguments, as the user gave them; None and [] for those that were not given."""

    command: str  # the whole command
    roles: Roles  # what the user says of columns
    file_format: FileFormat  # how to read the table
    data: str | None
    load: Path | None
    allow_pickle: bool
    coverage: float | None
    positive: str | None
    threshold: float | None
    explain: str | None
    out: Path | None
    target: str | None
    task: str | None
    model: str | None
    effort: str | None
    baselines: list[str]
    metric: str | None
    folds: int | None
    seed: int | None
    jobs: int | None
    max_time: float | None
    keep: str | None
    save: Path | None
    export: Path | None
    plot: Path | None
    report: Path | None

    @property
    def own_model(self) -> str:
        """The name of the model that is compared with the others: "ensemble" by default."""
        return self.model or "ensemble"

    @property
    def file_name(self) -> str:
        """The name of the table's file, without its folder."""
        return "stdin" if self.data in (None, "-") else Path(self.data).name

    @property
    def keeps_model(self) -> bool:
        """Whether a model is trained on all rows after the comparison."""
        results = self.save, self.export, self.plot, self.report, self.explain
        return any(each is not None for each in results)

    @property
    def training(self) -> list[str]:
        """The options that were given and that only a comparison uses."""
        given = vars(self) | self.roles._asdict()
        return [name for name, field in FOR_TRAINING.items() if given[field] not in (None, [])]


class _Parser(argparse.ArgumentParser):
    """A parser that raises errors instead of printing them with the usage."""

    def error(self, message: str) -> NoReturn:
        raise InputError(message)


def command() -> str:
    """Return the command that the user typed, as far as Python knows it."""
    return "scratchmlp" if Path(sys.argv[0]).stem == "scratchmlp" else "python -m scratchmlp"


def parse(argv: Sequence[str] | None) -> Options:
    """Parse and check the arguments. Print what ``--help`` and ``--version`` ask for.

    Parameters
    ----------
    argv : sequence of str or None
        Arguments; None takes those of the process.

    Returns
    -------
    Options
        The arguments.

    Raises
    ------
    InputError
        If an argument cannot be used, or the arguments do not belong together.
    SystemExit
        After ``--help`` and ``--version``.
    """
    try:
        parser = _make_parser()
        options, unknown = parser.parse_known_args(argv, Options())
    finally:
        sys.stdout.flush()
    if unknown:
        raise InputError(_unknown(unknown, parser._option_string_actions))
    given = vars(options)
    options.roles = Roles(*(given.pop(field) for field in Roles._fields))
    names = given.pop("keep_na")
    how = {field: given.pop(field) for field in FileFormat._fields if field in given}
    options.file_format = FileFormat(keep_na=() if names is None else names or True, **how)
    options.command = f"{command()} {shlex.join(sys.argv[1:] if argv is None else argv)}"
    _check(options)
    return options


def _unknown(arguments: list[str], options: Iterable[str]) -> str:
    """Say which option does not exist, or that there are several tables."""
    option = next((each for each in arguments if each.startswith("-")), None)
    if option is None:
        return (
            f"it is not clear what {quote(arguments[0])} is: there is one table, DATA.csv. Put "
            "names with blanks in quotes, and list columns after their option."
        )
    option = option.partition("=")[0]
    similar = most_similar(option.lstrip("-"), [each.lstrip("-") for each in options])
    meant = f" Did you mean --{similar}?" if similar else ""
    return f"there is no option {quote(option)}.{meant} {command()} --help lists all options."


def _check(options: Options) -> None:
    """Raise an error if the arguments do not belong together."""
    data, load, given = options.data, options.load, options.training
    if data is None:
        _check_without_table(options)
    for value, what in (
        (options.out, "--out saves predictions, which need a model"),
        (options.allow_pickle, "--allow-pickle is about the file of --load"),
        (options.coverage, "--coverage is about the predictions of --load"),
    ):
        if value and load is None:
            raise InputError(f"{what}. Add --load MODEL.")
    if load is not None and given:
        raise InputError(f"--load predicts without training. Remove {', '.join(given)}.")
    if data is not None and options.target is None and load is None:
        raise InputError(
            f"it is not clear what to do with {data}. Add --target COLUMN to compare models, or "
            "--load MODEL to predict."
        )
    if options.effort is not None and options.own_model != "ensemble":
        raise InputError("--fast is about the ensemble. Remove --fast or --model networks.")
    if options.keep is not None and not options.keeps_model:
        raise InputError(
            "--keep chooses the model of --save, --export, --plot, --report and --explain. Add one "
            "of these."
        )
    if options.roles.groups is not None and options.roles.time is not None:
        raise InputError(
            "--groups and --time split the rows in different ways and cannot be combined. Remove "
            "one of them."
        )


def _check_without_table(options: Options) -> None:
    """Raise an error if options need a table; one of them may have taken its name."""
    for field in LISTS:
        if names := getattr(options.roles, field):
            raise InputError(
                f"there is no table: --{field} takes all names that follow it, here "
                f"{quoted(names)}. Put DATA.csv first, before the options."
            )
    if options.file_format != DEFAULT:
        raise InputError(f"{listed([*GROUPS['table file'][1]])} need a table. Put DATA.csv first.")
    given = [option for option in options.training if option != "--plot"]
    given += ["--id"] if options.roles.id else []
    for name in ("explain", "positive", "threshold"):
        given += [f"--{name}"] if getattr(options, name) is not None else []
    if options.load or given:
        raise InputError(f"{'--load' if options.load else given[0]} needs a table. Add DATA.csv.")


def _make_parser() -> _Parser:
    parser = _Parser(
        prog=command(),
        usage=USAGE,
        description=DESCRIPTION,
        epilog=DETAILS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "data",
        nargs="?",
        metavar="DATA.csv",
        help="table to learn from or to predict: a text file with a header, a Parquet file, or a "
        "sheet of an Excel file. The file may be compressed. Write - to read from stdin",
    )
    parser.add_argument("--version", action="version", version=f"scratchmlp {__version__}")
    for title, (description, options) in GROUPS.items():
        group = parser.add_argument_group(title, description)
        for name, settings in options.items():
            group.add_argument(name, **settings)
    return parser
