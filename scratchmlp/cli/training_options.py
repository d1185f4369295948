"""The options of the command line that say what to learn, and how to compare and train."""

import argparse
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scratchmlp.cli.help import COMPARISON


def add_training_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what to learn, and what to keep of it."""
    add = parser.add_argument_group("compare and train").add_argument
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


def add_comparison_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the comparison and of the training of the ensemble."""
    add = parser.add_argument_group("how to compare and train", COMPARISON).add_argument
    add(
        "--model",
        choices=("ensemble", "networks"),
        help="model to compare with the others, and to save: the ensemble of networks and trees, "
        "which is the default, or its networks alone, which train faster",
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
        help="number of folds for which the ensemble is trained at the same time; -1 means the "
        "number of processors. By default, -1 for more than 2,000 rows, otherwise 1",
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
