"""The article's network on Iris, and a tuned network beside LogisticRegression there."""

import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from scratchmlp import ScratchMLPClassifier
from scratchmlp.cli.comparison import compare, make_plan
from scratchmlp.cli.figures import draw_network
from scratchmlp.cli.folds import inner_folds
from scratchmlp.cli.messages import say
from scratchmlp.cli.report import score_table
from scratchmlp.losses import SquaredError
from scratchmlp.model_selection import StackedGridSearchCV

LEARNING_RATES = (0.003, 0.01, 0.03)
HIDDEN_UNITS = (4, 8, 32)
REPEATS = 3  # of the cross-validation
TUNED = "tuned ScratchMLPClassifier"
#: Epochs after which accuracy and loss are measured.
EPOCHS = np.unique(np.geomspace(1, 10_000, 41).round().astype(int))


def run_iris(plot: Path | None) -> None:
    """Print how the article's network learns, then how a tuned network compares.

    Parameters
    ----------
    plot : Path or None
        Where to save a picture; None saves none.
    """
    with warnings.catch_warnings():
        # The number of epochs is fixed here: no network has to converge.
        warnings.filterwarnings("ignore", "Stochastic Optimizer: Maximum", ConvergenceWarning)
        curves = {biases: _train_article(biases) for biases in ("without biases", "with biases")}
        print("The article's network on Iris: 120 training rows, 30 test rows\n")
        table = pd.concat(curves, axis=1, names=["", "epoch"]).loc[10 ** np.arange(5)]
        print(table.to_string(float_format="{:.3f}".format))
        iris = load_iris(as_frame=True)
        X, y = iris.data, iris.target_names[iris.target]
        print("\nA tuned network and LogisticRegression on Iris: 150 rows", flush=True)
        search = _make_search(y)
        _compare_with_linear(search, X, y)
        if plot is not None:
            losses = {
                f"{part}, {b}": curves[b][f"{part} loss"]
                for b in curves
                for part in ("train", "test")
            }
            say(f"drawing {plot}")
            on_two = clone(search).fit(X.iloc[:, 2:], y)
            shown = draw_network(plot, losses, search.fit(X, y), on_two, X.iloc[:, 2:], y)
            print(f"\nSaved {plot}.\n{shown}")


# The article's network.


def article_network(**changes: Any) -> ScratchMLPClassifier:
    """Make the article's network, a configuration of the classifier.

    Parameters
    ----------
    **changes : dict
        Parameters of `ScratchMLPClassifier` that differ from the article's.

    Returns
    -------
    ScratchMLPClassifier
        The unfitted network.
    """
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
    """Split Iris as the article does, and scale it by its training rows only.

    Returns
    -------
    train : tuple of ndarray
        Features of shape (120, 4), and classes.
    test : tuple of ndarray
        Features of shape (30, 4), and classes.
    """
    X, y = load_iris(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=0)
    scaler = StandardScaler().fit(X_train)
    return (scaler.transform(X_train), y_train), (scaler.transform(X_test), y_test)


def _train_article(biases: str) -> pd.DataFrame:
    """Train the article's network; return its accuracy and loss after each of EPOCHS."""
    say(f"training the article's network {biases}, {EPOCHS[-1]:,} epochs")
    train, test = article_split()
    # With warm_start each fit continues where the last one stopped.
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
    """Return the accuracy and the article's loss: half the squared error of one-hot labels."""
    one_hot = (y[:, None] == network.classes_).astype(float)
    loss = SquaredError().with_output("logistic").value(one_hot, network.decision_function(X))
    return network.score(X, y), float(loss.mean())


# The tuned network beside LogisticRegression.


def _make_search(y: NDArray[Any]) -> StackedGridSearchCV:
    """Make a grid search over learning rates and numbers of hidden units."""
    # On the full batch, alpha=1 is the penalty of LogisticRegression's default, C=1.
    network = ScratchMLPClassifier(alpha=1.0, max_iter=100, random_state=0)
    return StackedGridSearchCV(
        make_pipeline(StandardScaler(), network),
        {
            "scratchmlpclassifier__learning_rate_init": LEARNING_RATES,
            "scratchmlpclassifier__hidden_layer_sizes": [(units,) for units in HIDDEN_UNITS],
        },
        scoring="neg_log_loss",
        cv=inner_folds(y),
    )


def _compare_with_linear(search: StackedGridSearchCV, X: pd.DataFrame, y: NDArray[Any]) -> None:
    """Print the scores of both models on the same folds; every fold repeats the search."""
    linear = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1_000))
    plan = make_plan(y, is_class=True, n_repeats=REPEATS)
    results = compare({TUNED: search, "LogisticRegression": linear}, X, y, plan)
    print(
        f"Mean ± standard deviation over {plan.folds.description}\n\n{score_table(results, plan)}"
    )
    print("\nFit times are means over the folds. The tuned network's includes its grid search.")
    networks = [search.best_estimator_[-1] for search in results[TUNED]["estimator"]]
    chosen = Counter((n.learning_rate_init, *n.hidden_layer_sizes) for n in networks)
    (rate, units), times = chosen.most_common(1)[0]
    setting = f"learning rate {rate} and {units} hidden units"
    print(f"Chosen most often: {setting}, in {times} of {len(networks)} folds.", flush=True)
