"""The texts of ``--help``, and the options by group, with how each is read."""

import argparse
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from scratchmlp.cli.messages import InputError, quote
from scratchmlp.utils.extras import install_command

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

  Save the simplest model that is as good as the best:
    %(prog)s customers.csv --target churned --keep simplest \\
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

FILE = f"""\
The command recognizes the separator, the decimal mark and the encoding. It
prints those other than commas, points and UTF-8. Missing values are empty
cells, "?", and words such as NA, NaN, null and None. Excel and Parquet files
need more packages: {install_command("files")}.
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
All models are evaluated by cross-validation on the same folds. There are
fewer than --folds if there are too few rows of a class, groups or times.
"""

PREDICTIONS = """\
With --load, you can use these options, --id and those of the table file.
"""

DETAILS = """\
scores:
  "0.846 ± 0.025" is the mean of the scores of the folds, and their standard
  deviation: how much they vary, not how far the mean may be off. "fit (s)" is
  the mean wall time of a fit, in seconds.

  Lower log-loss, RMSE and MAE are better. Higher accuracy, AUC, balanced
  accuracy and R² are better. "balanced acc." is the mean over the classes of
  the fraction of rows predicted correctly. It is shown if the largest class has
  at least twice as many rows as the smallest class. "macro AUC" is the mean
  over the classes of the AUC of one class against all others. "RMSE / 1e9" is
  the RMSE divided by 1e9. For f1, precision and recall, the positive class is
  that of --positive.

ensemble:
  The rows below the ensemble show its parts, each alone, with their weights in
  the predictions of the ensemble: networks, gradient-boosted trees and, if the
  table is not large, a linear model and a forest. Weights are means over all
  folds, 0 where the ensemble leaves a part out. Scores of a part are means over
  the folds that keep it: before "(1 of 3 folds)", they are not comparable with
  the other rows. The fit time of the ensemble includes its parts.

verdict:
  A model is as good as the best if it is worse in the decisive metric by at
  most the standard error of the difference, which is corrected for training
  sets that overlap. If the 95% confidence interval of the difference contains
  0, it is "not sure" that the model is worse. The networks of the ensemble
  count as a model of their own. From simple to complex, the models are:
  baseline, linear model, trees, networks, ensemble.

predictions:
  The output has a header and one line for each row of DATA.csv, in the same
  order. In classification, a line has the predicted class and the probability
  of each class. In regression, a line has the prediction and the ends of an
  interval, "low" and "high". The intervals are meant to contain the true number
  in 90% of the rows, or in the share that --coverage sets. They are computed
  from the errors of the predictions for rows of the training table, each by the
  members that did not learn from the row. If DATA.csv contains the target, the
  scores of the predictions are printed to stderr.
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
    "table file": (FILE, _FILE),
    "compare and train": (None, _TRAINING),
    "columns": (COLUMNS, _COLUMNS),
    "rows that depend on each other": (ROWS, _ROWS),
    "how to compare and train": (COMPARISON, _COMPARISON),
    "predict": (PREDICTIONS, _PREDICTIONS),
}
#: The arguments of the options that only comparisons use.
FOR_TRAINING = {
    name: settings.get("dest", name[2:].replace("-", "_"))
    for name, settings in (_TRAINING | _COLUMNS | _ROWS | _COMPARISON).items()
    if name != "--id"
}
