"""The main job, ``python -m scratchmlp``: networks that learn, and how they compare.

Without arguments it trains the article's network on Iris, with and without biases, and compares a
tuned network with LogisticRegression there. With a CSV file it compares an ensemble of networks
with linear models and boosted trees on that, and keeps it on demand; with another file it predicts.
Results go to stdout; what it is doing, and errors, go to stderr.
"""

import argparse
import os
import pickle
import sys
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from scratchmlp import ScratchMLPClassifier, __version__
from scratchmlp.cli.comparison import (
    best,
    columns,
    compare,
    inner_folds,
    models_for,
    plan,
    summary,
)
from scratchmlp.cli.figures import check_picture, draw_ensemble, draw_network
from scratchmlp.cli.files import check_writable, write
from scratchmlp.cli.model import load_model, predictions, unseen
from scratchmlp.cli.progress import fit, say
from scratchmlp.cli.table import InputError, load, load_new
from scratchmlp.losses import SquaredError

LEARNING_RATES = (0.001, 0.005, 0.03)
HIDDEN_UNITS = (8, 32)
REPEATS = 3  # of the folds, on Iris
TUNED = "tuned ScratchMLPClassifier"
EPOCHS = np.unique(np.geomspace(1, 10_000, 41).round().astype(int))

EXAMPLES = """\
examples:
  python -m scratchmlp                                   the article's network, on Iris
  python -m scratchmlp --plot iris.png                   the same, with a picture
  python -m scratchmlp customers.csv --target churned    your own table
  python -m scratchmlp customers.csv --target churned --save churned.model
  python -m scratchmlp new.csv --load churned.model --out predictions.csv

DATA.csv is UTF-8 text, separated by commas, with a header, also compressed (.gz, .zip, ...). Empty
cells, "?" and what pandas takes for missing (NA, NaN, null, None, ...) are missing values, and so
are infinite numbers. A column of which every value is a number, a date (2024-05-17) or true/false
holds such; any other one holds categories. So does the target, but up to 50 different numbers are
classes, too (7 and 07 are one), if there are three rows for each on average; --task decides
otherwise. Classes of fewer than 3 rows are left out. Rows are taken for independent of each other.
Tables of more than 2,000 rows are compared on three folds instead of five. Of accuracy and R² more
is better, of log-loss and RMSE less.

Predictions have a line for each row of DATA.csv, in its order: the class and the probability of
each, or the number and the standard deviation of what the members of the ensemble say, which tells
where more data would help, and not how far the truth may be.

A saved model is a pickle. Loading a pickle runs whatever code it holds: load only files whose
origin you trust.
"""


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"scratchmlp: error: {' '.join(message.split())}\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the main job.

    Parameters
    ----------
    argv : sequence of str, default=None
        Command-line arguments; None takes those of the process.

    Returns
    -------
    int
        Exit status: 0, 1 if nobody reads stdout any more, or 130 after Ctrl-C.

    Raises
    ------
    SystemExit
        With status 2 if the arguments or the data cannot be used, with 0 after ``--help`` and
        ``--version``.
    """
    parser = _make_parser()
    try:
        _run(**vars(parser.parse_args(argv)))
    except InputError as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        say("interrupted")
        return 130
    except BrokenPipeError:
        # The reader has left (`| head`): keep Python from writing to it once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:  # such as a full disk behind stdout
        parser.error(f"cannot write: {error.strerror or error}")
    return 0


def _make_parser() -> _Parser:
    parser = _Parser(
        prog="python -m scratchmlp",
        description="Compare hand-written neural networks with what one would try otherwise, on "
        "Iris or on your own table,\nand predict. On Iris, watch the article's network learn, too.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("data", nargs="?", metavar="DATA.csv", help="a table; without it, Iris")
    add("--target", metavar="COLUMN", help="the column of DATA.csv to learn to predict")
    add("--task", choices=("classification", "regression"), help="what the target holds")
    add(
        "--ignore",
        action="append",
        default=[],
        metavar="COLUMN",
        help="a column to leave out, such as a customer's number; may be given several times",
    )
    add("--save", type=Path, metavar="MODEL", help="train on all of DATA.csv, and keep the result")
    add(
        "--plot",
        type=Path,
        metavar="FILE.png",
        help="save a picture: on Iris of learning curves and a decision boundary, on DATA.csv of "
        "how far predictions can be trusted",
    )
    add(
        "--load",
        type=Path,
        metavar="MODEL",
        help="predict for DATA.csv with what --save kept. This runs code of the file: load only "
        "files that you trust",
    )
    add("--out", type=Path, metavar="PREDICTIONS.csv", help="file for these instead of stdout")
    add("--version", action="version", version=f"scratchmlp {__version__}")
    return parser


def _run(data: str | None, load: Path | None, out: Path | None, **training: Any) -> None:
    asked = [f"--{name}" for name, value in training.items() if value]
    if out is not None and load is None:
        raise InputError("--out is for predictions, which need a model: --load MODEL")
    if load is not None and asked:
        raise InputError(f"--load predicts without training: leave {', '.join(asked)} out")
    if data is None and (load or asked not in ([], ["--plot"])):
        raise InputError("name your table: python -m scratchmlp DATA.csv ...")
    if data is not None and training["target"] is None and load is None:
        raise InputError(
            f"say which column of {data} to learn to predict, --target COLUMN, or by what to "
            "predict, --load MODEL"
        )
    if training["plot"] is not None:
        check_picture(training["plot"])
    _check_files([data, load], [training["plot"], training["save"], out])
    if data is None:
        _run_iris(training["plot"])
    elif load is not None:
        _predict(data, load, out)
    else:
        _run_table(data, **training)


def _check_files(read: list[str | Path | None], written: list[Path | None]) -> None:
    """Fail before the work rather than after it, or after a file is lost."""
    taken = {Path(name).resolve() for name in read if name is not None}
    for path in written:
        if path is None:
            continue
        if path.resolve() in taken:
            raise InputError(f"cannot save {path}: that file is needed. Choose another name")
        taken.add(path.resolve())
        check_writable(path)


def _run_iris(plot: Path | None) -> None:
    with warnings.catch_warnings():
        # Every network here trains for a number of epochs set on purpose.
        warnings.filterwarnings("ignore", "Stochastic Optimizer: Maximum", ConvergenceWarning)
        curves = {biases: _train_article(biases) for biases in ("without biases", "with biases")}
        print("The article's network on Iris, 120 training and 30 test rows\n")
        table = pd.concat(curves, axis=1, names=["", "epoch"]).loc[10 ** np.arange(5)]
        print(table.to_string(float_format="{:.3f}".format))
        iris = load_iris(as_frame=True)
        X, y = iris.data, iris.target_names[iris.target]
        print("\nTuned network and LogisticRegression on Iris, 150 rows", flush=True)
        search = _make_search(y)
        _compare_on_iris(search, X, y)
        if plot is not None:
            losses = {
                f"{part}, {b}": curves[b][f"{part} loss"]
                for b in curves
                for part in ("train", "test")
            }
            say(f"drawing {plot}")
            draw_network(plot, losses, search.fit(X.iloc[:, 2:], y), X.iloc[:, 2:], y)


def _run_table(
    data: str,
    target: str,
    task: str | None,
    ignore: list[str],
    save: Path | None,
    plot: Path | None,
) -> None:
    table = load(data, target, task, ignore)
    for rows in table.left_out:
        say(rows)
    X, y, is_class, _ = table
    what = f"{len(np.unique(y))} classes" if is_class else "numbers"
    print(f"Predicting {target!r}, {what}: {len(X):,} rows, {X.shape[1]} columns")
    print(columns(X), flush=True)
    models, how = models_for(X, is_class), plan(y, is_class)
    results = compare(models, X, y, how)
    print(f"\nMean ± standard deviation over {how.words}\n\n{summary(results, how)}")
    print(f"\n{best(results, how)} Fit times are means over the folds.", flush=True)
    if save is not None or plot is not None:
        say("training the ensemble on all rows")
        model = fit(next(iter(models.values())), X, y)
        if save is not None:
            write(save, lambda path: path.write_bytes(pickle.dumps(model)))
            print(f"Saved {save}. To predict: python -m scratchmlp NEW.csv --load {save}")
        if plot is not None:
            say(f"drawing {plot}")
            draw_ensemble(plot, model, X, y)


def _predict(data: str, model_file: Path, out: Path | None) -> None:
    model = load_model(model_file)
    X = load_new(data, model.encoder_.columns_)
    for column in unseen(model, X):
        say(column)
    try:
        table = predictions(model, X)
    except ValueError as error:  # a model of one's own may want what text cannot say
        raise InputError(str(error)) from error
    if out is None:
        print(table.to_csv(index=False), end="")
    else:
        write(out, lambda path: table.to_csv(path, index=False))
        print(f"Saved {out}: {len(X):,} predictions")


# The article's network.


def article_network(**changes: Any) -> ScratchMLPClassifier:
    """Make the article's network, one configuration of the classifier, with changes if any."""
    settings = {
        "hidden_layer_sizes": (4,),
        "activation": "relu",
        "output_activation": "logistic",
        "loss": "squared_error",
        "fit_intercept": False,
        "weight_init": "standard_normal",
        "solver": "sgd",
        "momentum": 0.0,
        "learning_rate_init": 0.5,
        "batch_size": "full",
        "max_iter": 10_000,
        "alpha": 0.0,
        "tol": 0.0,
        "n_iter_no_change": 10_000,
    }
    return ScratchMLPClassifier(**{**settings, **changes})


def article_split() -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """Split Iris as the article does, but scale it by the training rows alone."""
    X, y = load_iris(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=0)
    scaler = StandardScaler().fit(X_train)
    return (scaler.transform(X_train), y_train), (scaler.transform(X_test), y_test)


def _train_article(biases: str) -> pd.DataFrame:
    """Train the article's network once; its accuracy and loss at each of EPOCHS."""
    say(f"training the article's network {biases}, {EPOCHS[-1]:,} epochs")
    train, test = article_split()
    # With warm_start each fit goes on where the last one stopped.
    network = article_network(
        fit_intercept=biases == "with biases", warm_start=True, random_state=0
    )
    rows = []
    for epochs in np.diff(EPOCHS, prepend=0):
        network.set_params(max_iter=int(epochs)).fit(*train)
        rows.append((*_score(network, *train), *_score(network, *test)))
    names = ["train acc.", "train loss", "test acc.", "test loss"]
    return pd.DataFrame(rows, EPOCHS, names)


def _score(network: ScratchMLPClassifier, X: Any, y: Any) -> tuple[float, float]:
    """Accuracy, and half the squared distance between one-hot labels and outputs."""
    one_hot = (y[:, None] == network.classes_).astype(float)
    loss = SquaredError().with_output("logistic").value(one_hot, network.decision_function(X))
    return network.score(X, y), float(loss.mean())


# The tuned network against LogisticRegression.


def _make_search(y: NDArray[Any]) -> GridSearchCV:
    # The penalty of LogisticRegression with its default C=1: alpha=1 on the full batch.
    network = ScratchMLPClassifier(alpha=1.0, max_iter=100, random_state=0)
    return GridSearchCV(
        make_pipeline(StandardScaler(), network),
        {
            "scratchmlpclassifier__learning_rate_init": LEARNING_RATES,
            "scratchmlpclassifier__hidden_layer_sizes": [(units,) for units in HIDDEN_UNITS],
        },
        scoring="neg_log_loss",
        cv=inner_folds(y),
    )


def _compare_on_iris(search: GridSearchCV, X: pd.DataFrame, y: NDArray[Any]) -> None:
    """Print the scores of both models on the same folds; the search is nested in each of them."""
    linear = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1_000))
    how = plan(y, is_class=True, n_repeats=REPEATS)
    results = compare({TUNED: search, "LogisticRegression": linear}, X, y, how)
    print(f"Mean ± standard deviation over {how.words}\n\n{summary(results, how)}")
    print("\nFit times are means over the folds; the tuned network's includes its grid search.")
    networks = [search.best_estimator_[-1] for search in results[TUNED]["estimator"]]
    chosen = Counter((n.learning_rate_init, *n.hidden_layer_sizes) for n in networks)
    (rate, units), times = chosen.most_common(1)[0]
    setting = f"learning rate {rate} and {units} hidden units"
    print(f"Chosen most often: {setting}, in {times} of {len(networks)} folds.", flush=True)
