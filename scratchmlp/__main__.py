"""The main job, ``python -m scratchmlp``: a network that learns, and how it compares.

Without arguments it trains the article's network on Iris, with and without biases, and compares a
tuned network with LogisticRegression there. With a CSV file it makes the same comparison on that.
Results go to stdout; what it is doing, and errors, go to stderr.
"""

import argparse
import os
import sys
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    RepeatedStratifiedKFold,
    StratifiedKFold,
    cross_validate,
    train_test_split,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from scratchmlp import ScratchMLPClassifier, __version__
from scratchmlp._picture import check_picture, draw, most_related
from scratchmlp._table import InputError, load, make_preprocessor
from scratchmlp.losses import SquaredError

LEARNING_RATES = (0.001, 0.005, 0.03)
HIDDEN_UNITS = (8, 32)
SMALL = 2_000  # rows; larger tables get fewer folds and epochs
REPEATS = 3
EPOCHS = np.unique(np.geomspace(1, 10_000, 41).round().astype(int))

EXAMPLES = """\
examples:
  python -m scratchmlp                                   the article's network, on Iris
  python -m scratchmlp --plot iris.png                   the same, with a picture
  python -m scratchmlp customers.csv --target churned    your own table
  python -m scratchmlp customers.csv --target churned --plot churned.png

DATA.csv is UTF-8 text, separated by commas, with a header, also compressed (.gz, .zip, ...). Empty
cells, "?" and what pandas takes for missing (NA, NaN, null, None, ...) are missing values, and so
are infinite numbers. Columns of numbers are scaled; all others, dates included, are categories,
of which rare ones are taken together. The target may be text, true/false or up to 50 different
numbers; classes of fewer than 3 rows are left out. Tables of more than 2,000 rows get fewer folds
and epochs.
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
        _say("interrupted")
        return 130
    except BrokenPipeError:
        # The reader has left (`| head`): keep Python from writing to it once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


def _make_parser() -> _Parser:
    parser = _Parser(
        prog="python -m scratchmlp",
        description="Compare a tuned, hand-written neural network with logistic regression, on "
        "Iris or on your own table.\nOn Iris, watch the article's network learn, too.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("data", nargs="?", metavar="DATA.csv", help="a table; without it, Iris")
    parser.add_argument("--target", metavar="COLUMN", help="the column of DATA.csv to predict")
    parser.add_argument(
        "--plot",
        type=Path,
        metavar="FILE.png",
        help="save a picture: learning curves, and the decision boundary on two columns",
    )
    parser.add_argument("--version", action="version", version=f"scratchmlp {__version__}")
    return parser


def _run(data: str | None, target: str | None, plot: Path | None) -> None:
    if plot is not None:
        check_picture(plot)
    with warnings.catch_warnings():
        # Every network here trains for a number of epochs set on purpose.
        warnings.filterwarnings("ignore", "Stochastic Optimizer: Maximum", ConvergenceWarning)
        if data is None and target is None:
            _run_iris(plot)
        elif data is None:
            raise InputError("--target needs a table: python -m scratchmlp DATA.csv --target ...")
        elif target is None:
            raise InputError(f"say which column of {data} to predict: --target COLUMN")
        else:
            _run_table(data, target, plot)


def _run_iris(plot: Path | None) -> None:
    curves = {biases: _train_article(biases) for biases in ("without biases", "with biases")}
    print("The article's network on Iris, 120 training and 30 test rows\n")
    table = pd.concat(curves, axis=1, names=["", "epoch"]).loc[10 ** np.arange(5)]
    print(table.to_string(float_format="{:.3f}".format))
    iris = load_iris(as_frame=True)
    X, y = iris.data, iris.target_names[iris.target]
    search = _make_search(StandardScaler(), y)
    print("\nTuned network and LogisticRegression on Iris, 150 rows", flush=True)
    _compare(search, X, y)
    if plot is not None:
        losses = {f"{p}, {b}": curves[b][f"{p} loss"] for b in curves for p in ("train", "test")}
        _say(f"drawing {plot}")
        draw(plot, losses, "mean of half the squared distance", search, X.iloc[:, 2:], y)


def _run_table(data: str, target: str, plot: Path | None) -> None:
    X, y, left_out = load(data, target)
    for rows in left_out:
        _say(rows)
    search = _make_search(make_preprocessor(), y)
    print(
        f"Tuned network and LogisticRegression, {len(X):,} rows, {X.shape[1]} columns", flush=True
    )
    _compare(search, X, y)
    if plot is not None:
        _say("tuning the network on all rows, for its learning curve")
        network = search.fit(X, y).best_estimator_[-1]
        losses = {"train": pd.Series(network.loss_curve_, index=network.history_["epoch"])}
        _say(f"drawing {plot}")
        draw(plot, losses, "mean log-loss and penalty", search, most_related(X, y), y)


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
    _say(f"training the article's network {biases}, {EPOCHS[-1]:,} epochs")
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


class Plan(NamedTuple):
    """How much work a comparison may be."""

    rarest: int
    n_splits: int
    n_repeats: int
    inner_splits: int
    max_iter: int


def _plan(y: NDArray[Any]) -> Plan:
    """Plan by the size of the table; no fold may be without a row of the rarest class."""
    rarest = int(np.unique(y, return_counts=True)[1].min())
    if len(y) > SMALL:
        return Plan(rarest, min(3, rarest), 1, 2, 30)
    return Plan(rarest, min(5, rarest), REPEATS, min(3, rarest - 1), 100)


def _make_search(preprocessor: BaseEstimator, y: NDArray[Any]) -> GridSearchCV:
    # The penalty of LogisticRegression with its default C=1: alpha=1 on the full batch; each of
    # the mini-batches of 200 rows that make up a larger table bears its share.
    alpha = min(1.0, 200 / len(y))
    network = ScratchMLPClassifier(alpha=alpha, max_iter=_plan(y).max_iter, random_state=0)
    return GridSearchCV(
        make_pipeline(preprocessor, network),
        {
            "scratchmlpclassifier__learning_rate_init": LEARNING_RATES,
            "scratchmlpclassifier__hidden_layer_sizes": [(units,) for units in HIDDEN_UNITS],
        },
        scoring="neg_log_loss",
        cv=StratifiedKFold(_plan(y).inner_splits, shuffle=True, random_state=0),
    )


def _compare(search: GridSearchCV, X: pd.DataFrame, y: NDArray[Any]) -> None:
    """Print the scores of both models on the same folds; the search is nested in each of them."""
    plan = _plan(y)
    _say(
        f"{len(y):,} rows, {plan.rarest:,} in the rarest class: {plan.n_repeats} × {plan.n_splits} "
        f"folds, {plan.max_iter} epochs"
    )
    folds = RepeatedStratifiedKFold(
        n_splits=plan.n_splits, n_repeats=plan.n_repeats, random_state=0
    )
    linear = make_pipeline(search.estimator[0], LogisticRegression(max_iter=1_000))
    models = {"tuned ScratchMLPClassifier": search, "LogisticRegression": linear}
    scores = {name: _cross_validate(name, models[name], X, y, folds) for name in models}
    print(f"Mean ± standard deviation over {plan.n_repeats} × {plan.n_splits} stratified folds\n")
    print(pd.DataFrame({name: _summarize(scores[name]) for name in models}).T.to_string())
    print("\nFit times are means over the folds; the tuned network's includes its grid search.")
    print(_most_chosen(scores["tuned ScratchMLPClassifier"]["estimator"]), flush=True)


def _cross_validate(
    name: str,
    model: BaseEstimator,
    X: pd.DataFrame,
    y: NDArray[Any],
    folds: RepeatedStratifiedKFold,
) -> pd.DataFrame:
    """Cross-validate, with a dot on stderr for each fold; one row of scores for each."""
    scores = []
    _say(f"{name}, {folds.get_n_splits()} folds ", end="")
    try:
        for fold in folds.split(X, y):
            score = ("accuracy", "neg_log_loss")
            scores.append(
                cross_validate(model, X, y, cv=[fold], scoring=score, return_estimator=True)
            )
            print(".", end="", file=sys.stderr, flush=True)
    finally:
        print(file=sys.stderr)
    return pd.concat(map(pd.DataFrame, scores))


def _summarize(scores: pd.DataFrame) -> dict[str, str]:
    return {
        "accuracy": _mean_and_std(scores["test_accuracy"]),
        "log-loss": _mean_and_std(-scores["test_neg_log_loss"]),
        "fit time (s)": f"{scores['fit_time'].mean():.3f}",
    }


def _mean_and_std(scores: "pd.Series[float]") -> str:
    return f"{scores.mean():.3f} ± {scores.std(ddof=0):.3f}"


def _most_chosen(searches: Any) -> str:
    """Say which settings won the grid search in most folds."""
    networks = [search.best_estimator_[-1] for search in searches]
    chosen = Counter((n.learning_rate_init, *n.hidden_layer_sizes) for n in networks)
    (rate, units), times = chosen.most_common(1)[0]
    setting = f"learning rate {rate} and {units} hidden units"
    return f"Chosen most often: {setting}, in {times} of {len(networks)} folds."


def _say(message: str, end: str = "\n") -> None:
    """Tell the user on stderr."""
    print(f"scratchmlp: {message}", end=end, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
