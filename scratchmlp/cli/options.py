"""The arguments of the command line: their help, and which of them belong together."""

import argparse
import math
import shlex
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from scratchmlp import __version__
from scratchmlp.cli.messages import InputError, quote, quoted
from scratchmlp.cli.reading import FileFormat
from scratchmlp.cli.rivals import RIVALS
from scratchmlp.cli.roles import Roles
from scratchmlp.estimators.mixins import most_similar

USAGE = """\
%(prog)s [--plot FILE.png]
       %(prog)s DATA.csv --target COLUMN [options]
       %(prog)s DATA.csv --load MODEL [options]
"""

DESCRIPTION = """\
Compare four models on your own table: an ensemble of neural networks and
trees, gradient-boosted trees alone, a linear model and a constant baseline.
Save the ensemble, or the best of the four, and predict new rows. Without a
table, run a demonstration on Iris.

examples:
  Run the demonstration, then run it again and save a picture:
    %(prog)s
    %(prog)s --plot iris.png

  Compare models on your own table:
    %(prog)s customers.csv --target churned

  Save the ensemble, then predict new rows:
    %(prog)s customers.csv --target churned --save churned.model
    %(prog)s new.csv --load churned.model --out predictions.csv

  Save the best model of the comparison, whichever it is:
    %(prog)s customers.csv --target churned --keep best \\
        --save churned.model

  Compare with the models of other packages too:
    %(prog)s customers.csv --target churned --with catboost lightgbm

  Write a page about the ensemble, for people who ask how good it is:
    %(prog)s customers.csv --target churned --report churned.html

  Save it for programs without Python too, as an ONNX model:
    %(prog)s customers.csv --target churned --export churned.onnx

  Say what columns contain, and copy the customer number to the predictions:
    %(prog)s customers.csv --target churned --categorical zip \\
        --date joined --text complaint --ignore notes plan --id customer

  Predict new patients, or later days:
    %(prog)s visits.csv --target diagnosis --groups patient
    %(prog)s sales.csv --target sold --time day --metric MAE
"""

FILE = """\
The command recognizes the separator, the decimal mark and the encoding. It
prints those other than commas, points and UTF-8. Excel and Parquet files need
more packages: pip install "scratchmlp[files]". Missing values are empty
cells, "?", and words such as NA, NaN, null and None.
"""

COLUMNS = """\
The command decides what each column is, and prints it. Correct it with these
options. Columns with a single value, columns without values and columns that
identify rows are left out; a table to predict does not need them. Put
DATA.csv before these options: an option takes all names that follow it.
"""

ROWS = """\
Without these options, the rows must be independent of each other.
"""

COMPARISON = """\
All models are evaluated by cross-validation on the same 5 folds, or 3 folds
for more than 2,000 rows. There are fewer folds if there are too few rows of
a class, groups or times.
"""

PREDICTIONS = """\
With --load, you can use --id, --out, --coverage, --allow-pickle and the
options of the table file.
"""

DETAILS = """\
scores:
  Lower log-loss, RMSE and MAE are better. Higher accuracy, AUC, balanced
  accuracy and R² are better. "balanced acc." is the mean over the classes of
  the fraction of rows predicted correctly. It is shown if the largest class has
  at least twice as many rows as the smallest class. "macro AUC" is the mean
  over the classes of the AUC of one class against all others. "RMSE / 1e9" is
  the RMSE divided by 1e9. For f1, precision and recall, the positive class is
  the second of the two classes in sorted order.

ensemble:
  The rows below the ensemble show its parts, each alone, with their weights in
  the predictions of the ensemble: networks, gradient-boosted trees and, if the
  table is not large, a linear model and a forest. Scores and weights are means
  over the folds. The fit time of the ensemble includes its parts. The output
  says that the networks alone predict about as well if the gain of the ensemble
  in the decisive metric is at most its standard error over the folds.

predictions:
  The output has a header and one line for each row of DATA.csv, in the same
  order. In classification, a line has the predicted class and the probability
  of each class. In regression, a line has the prediction and the ends of an
  interval, "low" and "high". The intervals are meant to contain the true number
  in 90% of the rows, or in the share that --coverage sets. They are computed
  from the errors of the predictions for rows of the training table, each by the
  members that did not learn from the row. Boosted trees, a linear model and a
  constant baseline, which --keep best may save, have no intervals. If DATA.csv
  contains the target, the scores of the predictions are printed to stderr.
"""


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


class Options(NamedTuple):
    """The arguments, as the user gave them; None and [] for those that were not given."""

    command: str  # the whole command
    training: list[str]  # the options that were given and that only a comparison uses
    data: str | None
    load: Path | None
    allow_pickle: bool
    coverage: float | None
    out: Path | None
    file_format: FileFormat
    target: str | None
    task: str | None
    roles: Roles
    model: str | None
    with_: list[str]
    metric: str | None
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


class _Parser(argparse.ArgumentParser):
    """A parser that raises errors instead of printing them with the usage, or hiding them.

    Attributes
    ----------
    training : list of Action
        Options for training. Predictions use none of them but ``--id``.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.training: list[argparse.Action] = []

    def training_group(self, title: str, description: str | None = None) -> Callable[..., None]:
        """Make a group of options for training; return what adds one."""
        group = self.add_argument_group(title, description)
        return lambda *names, **how: self.training.append(group.add_argument(*names, **how))

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
        text = f"{command()} {shlex.join(sys.argv[1:] if argv is None else argv)}"
        training, arguments = _given_for_training(parser, known), vars(known)
        file_format = _take_file_format(arguments)
        roles = Roles(**{field: arguments.pop(field) for field in Roles._fields})
        options = Options(text, training, file_format=file_format, roles=roles, **arguments)
    finally:
        sys.stdout.flush()
    _check(options)
    return options


def _given_for_training(parser: _Parser, known: argparse.Namespace) -> list[str]:
    """Return the options that were given and that only a comparison uses."""
    actions = [each for each in parser.training if each.dest != "id"]
    given = [each for each in actions if getattr(known, each.dest) not in (None, [])]
    return [action.option_strings[0] for action in given]


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
    if options.keep is not None and options.save is None and options.export is None:
        raise InputError(
            "--keep chooses the model of --save and --export. Add --save MODEL or --export "
            "MODEL.onnx."
        )
    if options.keep == "best" and (shown := options.plot or options.report):
        raise InputError(
            f"cannot save {shown}: it would show out-of-fold predictions, which the best model may "
            "not have. Only the ensemble and the networks have them. Remove --keep best, or remove "
            "--plot and --report."
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
    if options.file_format != FileFormat():
        raise InputError(
            "--sep, --decimal, --encoding and --keep-na need a table. Put DATA.csv first."
        )
    given = [option for option in options.training if option != "--plot"]
    given += ["--id"] if options.roles.id else []
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
    _add_file_options(parser)
    _add_training_options(parser)
    _add_column_options(parser)
    _add_row_options(parser)
    _add_comparison_options(parser)
    _add_prediction_options(parser)
    return parser


def _add_column_options(parser: _Parser) -> None:
    """Add the options that say what columns contain."""
    add = parser.training_group("columns", COLUMNS)
    for name, what in LISTS.items():
        add(f"--{name}", nargs="+", action="extend", default=[], metavar="COLUMN", help=what)
    add(
        "--id",
        metavar="COLUMN",
        help="column that identifies the rows. No model uses it. Predictions begin with it, and a "
        "report names rows by it. A saved model remembers it. With --load, --id names another one",
    )


def _add_row_options(parser: _Parser) -> None:
    """Add the options that say which rows depend on each other."""
    add = parser.training_group("rows that depend on each other", ROWS)
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
        "--coverage",
        type=_number(float, lambda share: 0 < share < 1, "a number above 0 and below 1"),
        metavar="SHARE",
        help="share of the rows in which the true number is meant to be between low and high; 0.9 "
        "by default",
    )
    add(
        "--out",
        type=Path,
        metavar="PREDICTIONS.csv",
        help="save the predictions in a file (.csv, .csv.gz or .parquet) instead of printing them",
    )


# The options, by group.


def _add_file_options(parser: _Parser) -> None:
    """Add ``--sep``, ``--decimal``, ``--encoding`` and ``--keep-na`` to a parser."""
    add = parser.add_argument_group("table file", FILE).add_argument
    add(
        "--sep",
        type=_separator,
        help="separator of the columns: comma, semicolon, tab, bar, space or another character",
    )
    add(
        "--decimal",
        type=_decimal_mark,
        metavar="MARK",
        help="decimal mark, comma or point: it decides whether 1,234 is 1.234 or 1234",
    )
    add("--encoding", type=_encoding, help="encoding of the text, such as utf-8 or cp1252")
    add(
        "--keep-na",
        nargs="*",
        metavar="COLUMN",
        help="columns in which words such as NA are values, and only empty cells are missing; "
        "without names, all columns",
    )


def _take_file_format(arguments: dict[str, Any]) -> FileFormat:
    """Remove the options of `_add_file_options` from parsed arguments, and return their values."""
    sep, decimal, encoding, names = map(arguments.pop, ("sep", "decimal", "encoding", "keep_na"))
    return FileFormat(sep, decimal, encoding, () if names is None else names or True)


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


def _add_training_options(parser: _Parser) -> None:
    """Add the options that say what to learn, and what to keep of it."""
    add = parser.training_group("compare and train")
    add(
        "--target",
        metavar="COLUMN",
        help="column to predict. Rows without a value and classes of fewer than three rows are "
        "left out",
    )
    add(
        "--task",
        choices=("classification", "regression"),
        help="by default, classification if the target is not numeric, has leading zeros, has two "
        "different values, or has at most ten different values (50 if the numbers are codes, such "
        "as zip codes) and at least three rows per value on average; otherwise regression",
    )
    add("--save", type=Path, metavar="MODEL", help="train the ensemble on all rows and save it")
    add(
        "--export",
        type=Path,
        metavar="MODEL.onnx",
        help="train the ensemble on all rows and save it as an ONNX model, which programs in other "
        "languages and browsers can run. Columns of text cannot be exported",
    )
    add(
        "--keep",
        choices=("model", "best"),
        help="what --save and --export train on all rows: the model of --model, which is the "
        "default, or the best model of the comparison, except for those of --with. If that is the "
        "boosted trees or the constant baseline, it can be saved, but not exported",
    )
    add(
        "--plot",
        type=Path,
        metavar="FILE.png",
        help="train the ensemble on all rows and save a picture (.png, .svg or .pdf) of how right "
        "its predictions are and which columns matter, or save a picture of the demonstration",
    )
    add(
        "--report",
        type=Path,
        metavar="FILE.html",
        help="train the ensemble on all rows and write a page about it: how good it is, what it "
        "depends on, how sure it is, and its worst mistakes, with values of the table",
    )


def _add_comparison_options(parser: _Parser) -> None:
    """Add the options of the comparison and of the training of the ensemble."""
    add = parser.training_group("how to compare and train", COMPARISON)
    add(
        "--model",
        choices=("ensemble", "networks"),
        help="model to compare with the others, and to save: the ensemble of networks and trees, "
        "which is the default, or its networks alone, which train faster",
    )
    add(
        "--with",
        dest="with_",
        nargs="+",
        action="extend",
        choices=RIVALS,
        default=[],
        help="packages whose default models are compared too. Install them with pip. Their models "
        "cannot be saved",
    )
    add(
        "--metric",
        help='metric that decides which model is the best: accuracy, log-loss, AUC, "balanced '
        'accuracy", RMSE, R2, MAE, or a scorer of scikit-learn such as f1_macro. By default, '
        "log-loss or RMSE",
    )
    add(
        "--seed",
        type=_number(int, lambda n: 0 <= n < 2**32, "a whole number from 0 to 4294967295"),
        metavar="N",
        help="random state of folds and models; 0 by default",
    )
    add(
        "--jobs",
        type=_number(int, lambda n: n == -1 or n > 0, "a whole number above 0, or -1"),
        metavar="N",
        help="number of folds for which the ensemble is trained at the same time, and of threads "
        "of the models of --with; -1 means the number of processors. By default, -1 for more than "
        "2,000 rows, otherwise 1",
    )
    add(
        "--max-time",
        type=_number(float, lambda s: 0 < s < math.inf, "a number of seconds above 0"),
        metavar="SECONDS",
        help="time limit of each fit of the ensemble: one fit for each fold, and one for --save, "
        "--export, --plot or --report",
    )


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
