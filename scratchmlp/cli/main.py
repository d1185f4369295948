"""The command line, ``python -m scratchmlp``: its arguments, and what runs for each of them.

- Without arguments, a comparison on Iris (`article`).
- With a CSV file and its target, a comparison of models on that table, which can save the ensemble.
- With a CSV file and a saved model, predictions.

Results go to stdout; notes and errors go to stderr.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from scratchmlp import __version__
from scratchmlp.cli.article import run_iris
from scratchmlp.cli.comparison import compare, make_plan, models_for
from scratchmlp.cli.figures import check_picture, draw_ensemble
from scratchmlp.cli.files import check_files, load_model, save_model, write
from scratchmlp.cli.messages import InputError, count, say
from scratchmlp.cli.progress import fit
from scratchmlp.cli.report import (
    best_model,
    describe_columns,
    prediction_table,
    score_table,
    unlike_training,
)
from scratchmlp.cli.streams import discard, open_streams
from scratchmlp.cli.table import load_new_table, load_table

USAGE = """\
%(prog)s [--plot FILE.png]
       %(prog)s DATA.csv --target COLUMN [--task TASK]
                            [--ignore COLUMN] [--save MODEL] [--plot FILE.png]
       %(prog)s DATA.csv --load MODEL [--out PREDICTIONS.csv]
"""

DESCRIPTION = """\
Compare four models on your own table: an ensemble of neural networks,
gradient-boosted trees, a linear model and a constant baseline. Save the
ensemble and predict new rows. Without a table, run a demonstration on Iris.

examples:
  Run the demonstration, then run it again and save a picture:
    python -m scratchmlp
    python -m scratchmlp --plot iris.png

  Compare models on your own table:
    python -m scratchmlp customers.csv --target churned

  Save the ensemble, then predict new rows:
    python -m scratchmlp customers.csv --target churned --save churned.model
    python -m scratchmlp new.csv --load churned.model --out predictions.csv
"""

DETAILS = """\
table files:
  DATA.csv is UTF-8 text with a header and comma-separated columns. The file
  may be compressed (for example .gz or .zip).

  These cells are missing values: empty cells, "?", infinite numbers (except in
  a target of classes), and words such as NA, NaN, null and None.

  The rows must be independent of each other. For example, a time series does
  not have independent rows.

columns:
  A column is numeric if all its values are numbers. A column contains dates if
  all its values are dates such as 2024-05-17. A column is boolean if all its
  values are true or false. Any other column is categorical. Missing values do
  not change the type of a column.

  The ensemble ignores a column with a single value. The ensemble also ignores
  a categorical column with more than ten categories and fewer than two rows per
  category on average, for example a column of names. If such a column has
  missing values, the ensemble still uses one thing: whether the value is
  missing. No model uses the columns that --ignore names.

  Use --ignore for a numeric column that identifies rows, such as a customer
  number.

target:
  The task is classification if the target is not numeric.

  The task is also classification if a numeric target has two different values,
  or if it has at most 50 different values and at least three rows per value on
  average. If all targets are numbers, 7 and 07 are the same class.

  Otherwise, the task is regression. Use --task to choose the task yourself.

  Rows without a target value are left out. In classification, classes with
  fewer than three rows are left out too.

comparison:
  All models are evaluated by cross-validation on the same folds. There are 5
  folds, or 3 folds if the table has more than 2,000 rows. There are fewer folds
  if a class has too few rows.

  Higher accuracy and R² are better. Lower log-loss and RMSE are better.

predictions:
  Below a header, the output has one line for each row of DATA.csv, in the same
  order.

  Classification: each line has the predicted class and the probability of each
  class.

  Regression: each line has the prediction and the "std of members". The members
  are the eight neural networks of the ensemble. The "std of members" is the
  standard deviation of their predictions. A large standard deviation means that
  the members disagree. The standard deviation is not the error of the
  prediction.

demonstration:
  Without DATA.csv, the command uses the Iris data. It first trains the network
  of a tutorial article twice: without biases and with biases. Then the command
  compares a tuned network with logistic regression.

security:
  A saved model is a pickle file. Loading a pickle file runs any code that the
  file contains. Load only files that you trust.
"""


class _Parser(argparse.ArgumentParser):
    """A parser that prints an error as one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        _fail(message)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, default=None
        Command-line arguments; None takes those of the process.

    Returns
    -------
    int
        Exit status: 0, or 1 if the reader of stdout or stderr has closed it, or 130 after Ctrl-C.

    Raises
    ------
    SystemExit
        With status 2 if an argument or a file cannot be used, something cannot be written, or
        memory is short; with 0 after ``--help`` and ``--version``.
    """
    try:
        open_streams()
        _run(**_parse(argv))
        sys.stdout.flush()  # here, so that the errors below are caught
    except InputError as error:
        _fail(str(error))
    except MemoryError as error:
        detail = f": {error}" if str(error) else ""
        _fail(
            f"there is not enough memory{detail}. Close other programs, raise the memory limit of "
            "this process, or use a smaller table or model."
        )
    except KeyboardInterrupt:
        _say_before_exit("interrupted")
        return 130
    except BrokenPipeError:  # its reader has left (`| head`)
        discard(sys.stdout)
        discard(sys.stderr)
        return 1
    except OSError as error:  # such as a full disk behind stdout
        discard(sys.stdout)
        _fail(f"cannot write: {error.strerror or error}")
    return 0


def _fail(message: str) -> NoReturn:
    """Print an error as one line, and end with status 2."""
    _say_before_exit(f"error: {' '.join(message.split())}")
    sys.exit(2)


def _say_before_exit(message: str) -> None:
    """Print a note before the process ends; stderr may be what has failed."""
    try:
        say(message)
    except OSError:
        discard(sys.stderr)


def _parse(argv: Sequence[str] | None) -> dict[str, Any]:
    """Parse the arguments; print what ``--help`` and ``--version`` ask for."""
    try:
        return vars(_make_parser().parse_args(argv))
    finally:
        sys.stdout.flush()


def _make_parser() -> _Parser:
    parser = _Parser(
        prog="python -m scratchmlp",
        usage=USAGE,
        description=DESCRIPTION,
        epilog=DETAILS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "data", nargs="?", metavar="DATA.csv", help="table to learn from or to predict"
    )
    parser.add_argument("--version", action="version", version=f"scratchmlp {__version__}")
    _add_training_options(parser)
    add = parser.add_argument_group("predict").add_argument
    add(
        "--load",
        type=Path,
        metavar="MODEL",
        help="predict the rows of DATA.csv with a model that --save has saved. Load only files "
        "that you trust",
    )
    add(
        "--out",
        type=Path,
        metavar="PREDICTIONS.csv",
        help="save the predictions in a file instead of printing them",
    )
    return parser


def _add_training_options(parser: _Parser) -> None:
    """Add the options that compare, train and save."""
    add = parser.add_argument_group("compare and train").add_argument
    add("--target", metavar="COLUMN", help="column of DATA.csv to predict")
    add(
        "--task",
        choices=("classification", "regression"),
        help="task; by default, the values of the target decide",
    )
    add(
        "--ignore",
        action="append",
        default=[],
        metavar="COLUMN",
        help="column that no model uses; repeat --ignore to name several columns",
    )
    add(
        "--save",
        type=Path,
        metavar="MODEL",
        help="train the ensemble on all rows and save the ensemble",
    )
    add(
        "--plot",
        type=Path,
        metavar="FILE.png",
        help="save a picture (.png, .svg or .pdf). With DATA.csv, the picture shows how reliable "
        "the predictions of the ensemble are. Without DATA.csv, the picture shows the losses of "
        "two networks by epoch, and the decision boundary of a third network",
    )


def _run(data: str | None, load: Path | None, out: Path | None, **training: Any) -> None:
    """Check the arguments, then run what they ask for."""
    _check_arguments(data, load, out, training)
    if training["plot"] is not None:
        check_picture(training["plot"])
    check_files(read=[data, load], written=[training["plot"], training["save"], out])
    if data is None:
        run_iris(training["plot"])
    elif load is not None:
        _predict(data, load, out)
    else:
        _train(data, **training)


def _check_arguments(
    data: str | None, load: Path | None, out: Path | None, training: dict[str, Any]
) -> None:
    """Raise an error if the arguments do not belong together."""
    given = [f"--{name}" for name, value in training.items() if value]
    if out is not None and load is None:
        raise InputError("--out saves predictions, which need a model. Add --load MODEL.")
    if load is not None and given:
        raise InputError(f"--load predicts without training. Remove {', '.join(given)}.")
    if data is None and (load or given not in ([], ["--plot"])):
        option = "--load" if load else next(name for name in given if name != "--plot")
        raise InputError(f"{option} needs a table. Add DATA.csv.")
    if data is not None and training["target"] is None and load is None:
        raise InputError(
            f"it is not clear what to do with {data}. Add --target COLUMN to compare models, or "
            "--load MODEL to predict."
        )


def _train(
    data: str,
    target: str,
    task: str | None,
    ignore: list[str],
    save: Path | None,
    plot: Path | None,
) -> None:
    """Compare models on a table; save the ensemble and a picture of it on demand."""
    table = load_table(data, target, task, ignore)
    for rows in table.left_out:
        say(rows)
    X, y, is_class, _ = table
    task = f"classification, {len(np.unique(y))} classes" if is_class else "regression"
    size = f"{count(len(X), 'row')}, {count(X.shape[1], 'column')}"
    print(f"Predicting {target!r} ({task}): {size}")
    print(describe_columns(X), flush=True)
    models, plan = models_for(X, is_class), make_plan(y, is_class)
    results = compare(models, X, y, plan)
    print(f"\nMean ± standard deviation over {plan.description}\n\n{score_table(results, plan)}")
    print(f"\n{best_model(results, plan)} Fit times are means over the folds.", flush=True)
    if save is not None or plot is not None:
        say("training the ensemble on all rows")
        model = fit(next(iter(models.values())), X, y)
        if save is not None:
            save_model(save, model)
            predict = f"python -m scratchmlp NEW.csv --load {save}"
            print(f"Saved {save}. To predict: {predict}", flush=True)
        if plot is not None:
            say(f"drawing {plot}")
            draw_ensemble(plot, model, X, y)


def _predict(data: str, model_file: Path, out: Path | None) -> None:
    """Predict a table with a saved model; print the predictions or save them."""
    model = load_model(model_file)
    X = load_new_table(data, model.encoder_.columns_)
    for difference in unlike_training(model, X):
        say(difference)
    try:
        table = prediction_table(model, X)
    except ValueError as error:  # a model saved from Python may need what a CSV file cannot hold
        raise InputError(str(error)) from error
    if out is None:
        print(table.to_csv(index=False), end="")
    else:
        write(out, lambda path: table.to_csv(path, index=False))
        print(f"Saved {out}: {count(len(X), 'prediction')}")
