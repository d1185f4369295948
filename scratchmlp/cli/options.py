"""The arguments of the command line: how each is read, and which of them belong together."""

import argparse
import math
import shlex
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, NoReturn, TypeAlias

from scratchmlp import __version__
from scratchmlp.cli.help import (
    ABOUT_COLUMNS,
    ABOUT_COMPARISON,
    ABOUT_FILE,
    ABOUT_PREDICTIONS,
    ABOUT_ROWS,
    DESCRIPTION,
    DETAILS,
    USAGE,
)
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
    """The arguments. Those that were not given are None, [], or what `COMPARISON_DEFAULTS` says."""

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
    model: str
    effort: str
    baselines: list[str]
    metric: str | None
    folds: int | None
    seed: int
    jobs: int | None
    max_time: float | None
    keep: str | None
    save: Path | None
    export: Path | None
    plot: Path | None
    report: Path | None

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


#: What stands for arguments of a comparison that were not given.
COMPARISON_DEFAULTS = {"model": "ensemble", "effort": "thorough", "seed": 0}
#: How `--sep` and `--decimal` may name characters.
_NAMES = {"tab": "\t", r"\t": "\t", "semicolon": ";", "bar": "|", "comma": ",", "space": " "}
_DECIMALS = {"comma": ",", "point": ".", ",": ",", ".": "."}
#: Options that take several names of columns, and what these are.
LISTS = {
    "ignore": "columns that no model uses",
    "numeric": "columns of numbers, which could be taken for codes or identifiers",
    "categorical": "columns of categories, such as codes that look like numbers",
    "text": "columns of sentences or other text",
    "date": "columns of dates, with or without a time of the day",
}
#: Packages whose models ``--with`` adds: each is the name to import and to install.
BASELINE_PACKAGES = ("catboost", "lightgbm")
Settings: TypeAlias = dict[str, Any]  # of an option, for argparse


def _separator(text: str) -> str:
    """Return the separator that ``--sep`` names, by a character or by a word."""
    found = _NAMES.get(text.lower(), text)
    if len(found) != 1 or found.isalnum() or found in "\"'.-+_\r\n":
        raise InputError(
            f"--sep is {quote(text)}, which cannot separate columns. Choose comma, semicolon, tab, "
            'bar or space, or another punctuation mark, in quotes: for example --sep ":".'
        )
    return found


def _decimal_mark(text: str) -> str:
    """Return the decimal mark that ``--decimal`` names: "," or "."."""
    if text.lower() not in _DECIMALS:
        raise InputError(f"--decimal is {quote(text)}. Choose comma or point.")
    return _DECIMALS[text.lower()]


def _encoding(text: str) -> str:
    """Return the encoding that ``--encoding`` names; raise an error if Python has none."""
    try:
        b"abcd".decode(text)
    except (LookupError, ValueError) as error:
        raise InputError(
            f"--encoding is {quote(text)}, which is no encoding of text. Choose one that Python "
            "has, for example utf-8, utf-16, cp1252, cp1251, shift_jis or gb18030."
        ) from error
    return text


def _output(text: str) -> Path | None:
    """Return the file that ``--out`` names; "-" names stdout, for which None stands."""
    return None if text == "-" else Path(text)


def _value_for_missing(text: str) -> tuple[str, str]:
    """Return a column, "" for all, and a value that means missing in it."""
    column, _, value = text.rpartition("=")
    return column, value


def _number(
    convert: type[int] | type[float], is_valid: Callable[[Any], bool], rule: str
) -> Callable[[str], float]:
    """Return a function that converts an argument to a number that follows a rule."""

    def read(text: str) -> float:
        try:
            number = convert(text)
        except ValueError:
            number = math.nan
        if not is_valid(number):
            raise argparse.ArgumentTypeError(f"{text!r} is not {rule}")
        return number

    return read


def _column(description: str) -> Settings:
    """Describe an option that takes the name of a column."""
    return {"metavar": "COLUMN", "help": description}


def _file(metavar: str, description: str) -> Settings:
    """Describe an option that takes the path of a file."""
    return {"type": Path, "metavar": metavar, "help": description}


# The options of each group, with the settings of argparse.

_TRAIN = "train the ensemble, or the model of --keep, on all rows and"
_SEVERAL: Settings = {"nargs": "+", "action": "extend", "default": []}
_FILE: dict[str, Settings] = {
    "--sep": {
        "type": _separator,
        "help": "separator of the columns: comma, semicolon, tab, bar, space or another character",
    },
    "--decimal": {
        "type": _decimal_mark,
        "metavar": "MARK",
        "help": "decimal mark, comma or point: it decides whether 1,234 is 1.234 or 1234",
    },
    "--encoding": {
        "type": _encoding,
        "help": "encoding of the text, such as utf-8 or cp1252",
    },
    "--header": {
        "type": _number(int, lambda n: n >= 0, "a whole number from 0"),
        "metavar": "N",
        "help": "number of the row that names the columns, counted from 0 as pandas does: 2 below "
        "two lines of title. Blank lines count in Excel files only. By default, the first row that "
        "is not empty, below titles in a row of their own",
    },
    "--sheet": {
        "metavar": "SHEET",
        "help": "sheet of an Excel file: its name, or its number, counted from 0 as pandas does; "
        "the first by default",
    },
    "--keep-na": {
        "nargs": "*",
        "metavar": "COLUMN",
        "help": "columns in which words such as NA are values, and only empty cells are "
        "missing; without names, all columns",
    },
}
_TRAINING: dict[str, Settings] = {
    "--target": _column(
        "column to predict. Rows without a value and classes of fewer than three rows are left out"
    ),
    "--task": {
        "choices": ("classification", "regression"),
        "help": "by default, classification if the target is not numeric, has leading zeros, "
        "has two different values, or has at most ten different values (50 if the numbers are "
        "codes, such as zip codes) and at least three rows per value on average; otherwise "
        "regression",
    },
    "--save": _file("MODEL", f"{_TRAIN} save it"),
    "--export": _file(
        "MODEL.onnx",
        f"{_TRAIN} save it as an ONNX model, which programs in other languages and browsers can "
        "run. Columns of text cannot be exported",
    ),
    "--keep": {
        "choices": ("model", "best", "simplest"),
        "help": "what --save, --export, --plot, --report and --explain train on all rows: the "
        "model of --model, which is the default; or the best model of the comparison, or the "
        "simplest that is as good, except for those of --with. Trees, a linear model and the "
        "baseline are trained in folds, as an ensemble of one part",
    },
    "--plot": _file(
        "FILE.png",
        f"{_TRAIN} save a picture (.png, .svg or .pdf) of how right its predictions are and which "
        "columns matter, or save a picture of the demonstration",
    ),
    "--report": _file(
        "FILE.html",
        f"{_TRAIN} write a page about it: how good it is, what it depends on, how sure it is, and "
        "its worst mistakes, with values of the table",
    ),
}
_COLUMNS: dict[str, Settings] = {
    **{f"--{name}": _column(what) | _SEVERAL for name, what in LISTS.items()},
    "--na": {
        "type": _value_for_missing,
        "metavar": "[COLUMN=]VALUE",
        "action": "append",
        "default": [],
        "help": "value that means missing, such as 999, in all columns but the target, or as in "
        "age=999 in one. Repeat the option for more. A saved model remembers the values",
    },
    "--id": _column(
        "column that identifies the rows. No model uses it, unless --date or --numeric names it "
        "too. Predictions begin with it, and a report names rows by it. A saved model remembers "
        "it. With --load, --id names another one"
    ),
}
_ROWS: dict[str, Settings] = {
    "--groups": _column(
        "column with the group of each row, such as a patient; at least three groups. All rows "
        "of a group are in the same fold, so the scores are those of predictions for new "
        "groups. No model uses the column"
    ),
    "--time": _column(
        "column of dates or numbers that orders the rows; at least nine different values. "
        "Models predict later rows from earlier rows. No model uses the column, unless --date "
        "or --numeric names it too, for example because the month or a trend over years matters"
    ),
}
_COMPARISON: dict[str, Settings] = {
    "--model": {
        "choices": ("ensemble", "networks"),
        "help": "model to compare with the others, and to save: the ensemble of networks and "
        "trees, which is the default, or its networks alone, which predict faster",
    },
    "--fast": {
        "dest": "effort",
        "action": "store_const",
        "const": "fast",
        "help": "make the ensemble of boosted trees and a linear model, without networks, where "
        "such trees are possible: a fit takes a fifth to a quarter of the time, and predictions "
        "are usually worse",
    },
    "--with": {
        **_SEVERAL,
        "dest": "baselines",
        "choices": BASELINE_PACKAGES,
        "help": "packages whose models are compared too. A random fifth of their "
        "training rows decides the number of trees: up to 1,000 of CatBoost, and up to 2,000 of "
        "LightGBM, whose learning rate is 0.05 and whose trees have 8 leaves for classes. Other "
        "settings are the defaults. Install them with pip. Their models cannot be saved",
    },
    "--metric": {
        "help": "metric that decides which model is the best: accuracy, log-loss, AUC, "
        '"balanced accuracy", RMSE, R2, MAE, "median absolute error", or a scorer of scikit-learn '
        "such as f1_macro. By default, log-loss or RMSE",
    },
    "--folds": {
        "type": _number(int, lambda n: n > 1, "a whole number above 1"),
        "metavar": "N",
        "help": "number of folds of the comparison; 3 by default. More folds take longer, and tell "
        "small differences between models more surely",
    },
    "--seed": {
        "type": _number(int, lambda n: 0 <= n < 2**32, "a whole number from 0 to 4294967295"),
        "metavar": "N",
        "help": "random state of folds and models; 0 by default",
    },
    "--jobs": {
        "type": _number(int, lambda n: n == -1 or n > 0, "a whole number above 0, or -1"),
        "metavar": "N",
        "help": "number of folds for which the ensemble is trained at the same time, and of "
        "threads of the models of --with; -1 means the number of processors. By default, -1 for "
        "more than 2,000 rows, otherwise 1",
    },
    "--max-time": {
        "type": _number(float, lambda s: 0 < s < math.inf, "a number of seconds above 0"),
        "metavar": "SECONDS",
        "help": "time limit of each fit of the ensemble: one fit for each fold, and one for "
        "--save, --export, --plot, --report or --explain",
    },
}
_PREDICTIONS: dict[str, Settings] = {
    "--load": _file(
        "MODEL",
        "predict the rows of DATA.csv with a model saved with --save. Loading a model runs no code",
    ),
    "--allow-pickle": {
        "action": "store_true",
        "help": "let --load read a pickle file too. Loading a pickle runs any code that the "
        "file contains: load only files that you trust",
    },
    "--positive": {
        "metavar": "CLASS",
        "help": "class that --threshold, curves, the picture of --plot and metrics such as "
        "precision are about; the second of two in sorted order by default. A saved model "
        "remembers it. With --load, --positive names another one",
    },
    "--threshold": {
        "type": _number(float, lambda p: 0 <= p <= 1, "a probability from 0 to 1"),
        "metavar": "P",
        "help": "predict the positive one of two classes where its probability is at least P, for "
        "scores, reports and predictions. By default, the most probable class is predicted. A "
        "saved model remembers it. With --load, --threshold sets another one",
    },
    "--coverage": {
        "type": _number(float, lambda share: 0 < share < 1, "a number above 0 and below 1"),
        "metavar": "SHARE",
        "help": "share of the rows in which the true number is meant to be between low and "
        "high; 0.9 by default",
    },
    "--explain": {
        "metavar": "ROW",
        "help": "print which values of a row moved its prediction, and by how much, in comparison "
        "with the other rows of DATA.csv. ROW is the value of --id or, without --id, the number "
        "of the row, counted from 0. With --load, other predictions are not printed. With "
        "--target, the prediction is that of the members of the ensemble that did not learn from "
        "the row. With --time, these exist for about the latest fifth of the rows",
    },
    "--out": {
        "type": _output,
        "metavar": "PREDICTIONS.csv",
        "help": "save the predictions in a file (.csv, .csv.gz or .parquet) instead of printing "
        "them",
    },
}

#: The description and the options of each group, by its title.
GROUPS = {
    "table file": (ABOUT_FILE, _FILE),
    "compare and train": (None, _TRAINING),
    "columns": (ABOUT_COLUMNS, _COLUMNS),
    "rows that depend on each other": (ABOUT_ROWS, _ROWS),
    "how to compare and train": (ABOUT_COMPARISON, _COMPARISON),
    "predict": (ABOUT_PREDICTIONS, _PREDICTIONS),
}
#: The arguments of the options that only comparisons use.
FOR_TRAINING = {
    name: settings.get("dest", name[2:].replace("-", "_"))
    for name, settings in (_TRAINING | _COLUMNS | _ROWS | _COMPARISON).items()
    if name != "--id"
}


# From the command line to the arguments.


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
    for name, default in COMPARISON_DEFAULTS.items():
        setattr(options, name, getattr(options, name) or default)
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
    if options.effort is not None and options.model == "networks":
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
