"""The arguments of the command line, and which of them belong together."""

import argparse
import shlex
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from scratchmlp import __version__
from scratchmlp.cli.file_options import add_file_options, take_file_format
from scratchmlp.cli.help import (
    COLUMNS,
    DESCRIPTION,
    DETAILS,
    PREDICTIONS,
    ROWS,
    USAGE,
)
from scratchmlp.cli.messages import InputError, quote
from scratchmlp.cli.reading import FileFormat
from scratchmlp.cli.roles import Roles
from scratchmlp.cli.training_options import add_comparison_options, add_training_options
from scratchmlp.estimators.suggestions import most_similar
from scratchmlp.tabular.notes import listed

#: Options that take several names of columns.
LISTS = ("ignore", "numeric", "categorical", "text", "date")


class Options(NamedTuple):
    """The arguments, as the user gave them; None and [] for those that were not given."""

    command: str  # the whole command
    data: str | None
    load: Path | None
    allow_pickle: bool
    out: Path | None
    file_format: FileFormat
    target: str | None
    task: str | None
    ignore: list[str]
    numeric: list[str]
    categorical: list[str]
    text: list[str]
    date: list[str]
    id: str | None
    groups: str | None
    time: str | None
    model: str | None
    metric: str | None
    seed: int | None
    jobs: int | None
    max_time: float | None
    save: Path | None
    export: Path | None
    plot: Path | None
    report: Path | None

    @property
    def roles(self) -> Roles:
        """What the user says of columns other than the target."""
        return Roles(*(getattr(self, field) for field in Roles._fields))

    @property
    def own_model(self) -> str:
        """The name of the model that is compared with the others: "ensemble" by default."""
        return self.model or "ensemble"

    @property
    def training(self) -> list[str]:
        """Options that were given and that only a comparison uses."""
        fields = self._fields[self._fields.index("target") :]
        given = [field for field in fields if getattr(self, field) not in (None, [])]
        return [f"--{field.replace('_', '-')}" for field in given if field != "id"]


class _Parser(argparse.ArgumentParser):
    """A parser that raises errors instead of printing them with the usage, or hiding them."""

    def error(self, message: str) -> NoReturn:
        raise InputError(message)

    def print_help(self, file: Any = None) -> None:
        print(self.format_help(), end="", file=file)  # argparse would hide that a disk is full


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
        known, unknown = parser.parse_known_args(argv)
        if unknown:
            raise InputError(_unknown(unknown, parser._option_string_actions))
        arguments = vars(known)
        text = f"{command()} {shlex.join(sys.argv[1:] if argv is None else argv)}"
        options = Options(text, file_format=take_file_format(arguments), **arguments)
    finally:
        sys.stdout.flush()
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
    if options.out is not None and load is None:
        raise InputError("--out saves predictions, which need a model. Add --load MODEL.")
    if options.allow_pickle and load is None:
        raise InputError("--allow-pickle is about the file of --load. Add --load MODEL.")
    if load is not None and given:
        raise InputError(f"--load predicts without training. Remove {', '.join(given)}.")
    if data is not None and options.target is None and load is None:
        raise InputError(
            f"it is not clear what to do with {data}. Add --target COLUMN to compare models, or "
            "--load MODEL to predict."
        )
    if options.groups is not None and options.time is not None:
        raise InputError(
            "--groups and --time split the rows in different ways and cannot be combined. Remove "
            "one of them."
        )


def _check_without_table(options: Options) -> None:
    """Raise an error if options need a table; one of them may have taken its name."""
    for field in LISTS:
        if names := getattr(options, field):
            raise InputError(
                f"there is no table: --{field} takes all names that follow it, here "
                f"{listed([*map(quote, names)])}. Put DATA.csv first, before the options."
            )
    if options.file_format != FileFormat():
        raise InputError(
            "--sep, --decimal, --encoding and --keep-na need a table. Put DATA.csv first."
        )
    given = [option for option in options.training if option != "--plot"]
    given += ["--id"] if options.id else []
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
        help="table to learn from or to predict: a text file with a header, a Parquet file, or the "
        "first sheet of an Excel file. The file may be compressed. Write - to read from stdin",
    )
    parser.add_argument("--version", action="version", version=f"scratchmlp {__version__}")
    add_file_options(parser)
    add_training_options(parser)
    _add_column_options(parser)
    _add_row_options(parser)
    add_comparison_options(parser)
    _add_prediction_options(parser)
    return parser


def _add_column_options(parser: _Parser) -> None:
    """Add the options that say what columns contain."""
    add = parser.add_argument_group("columns", COLUMNS).add_argument
    what = {
        "ignore": "columns that no model uses",
        "numeric": "columns of numbers, which could be taken for codes or identifiers",
        "categorical": "columns of categories, such as codes that look like numbers",
        "text": "columns of sentences or other text",
        "date": "columns of dates, with or without a time of the day",
    }
    for name in LISTS:
        add(
            f"--{name}",
            nargs="+",
            action="extend",
            default=[],
            metavar="COLUMN",
            help=what[name],
        )
    add(
        "--id",
        metavar="COLUMN",
        help="column that identifies the rows. No model uses it. Predictions begin with it, and a "
        "report names rows by it. A saved model remembers it. With --load, --id names another one",
    )


def _add_row_options(parser: _Parser) -> None:
    """Add the options that say which rows depend on each other."""
    add = parser.add_argument_group("rows that depend on each other", ROWS).add_argument
    add(
        "--groups",
        metavar="COLUMN",
        help="column with the group of each row, such as a patient; at least three groups. All "
        "rows of a group are in the same fold, so the scores are those of predictions for new "
        "groups. No model uses the column",
    )
    add(
        "--time",
        metavar="COLUMN",
        help="column of dates or numbers that orders the rows; at least nine different values. "
        "Models predict later rows from earlier rows. No model uses the column, unless --date "
        "names it too, for example because the month matters",
    )


def _add_prediction_options(parser: _Parser) -> None:
    """Add the options that predict."""
    add = parser.add_argument_group("predict", PREDICTIONS).add_argument
    add(
        "--load",
        type=Path,
        metavar="MODEL",
        help="predict the rows of DATA.csv with a model saved with --save. Loading a model runs no "
        "code",
    )
    add(
        "--allow-pickle",
        action="store_true",
        help="let --load read a pickle file too. Loading a pickle runs any code that the file "
        "contains: load only files that you trust",
    )
    add(
        "--out",
        type=Path,
        metavar="PREDICTIONS.csv",
        help="save the predictions in a file (.csv, .csv.gz or .parquet) instead of printing them",
    )
