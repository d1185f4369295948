"""What the command shows without a table: two networks that learn Iris, and what to do next.

The first network is that of the article from which the package started.
"""

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
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from scratchmlp import ScratchMLPClassifier
from scratchmlp.cli.comparison import compare
from scratchmlp.cli.evaluation import make_evaluation
from scratchmlp.cli.files import save_pictures
from scratchmlp.cli.messages import say
from scratchmlp.cli.scores import FIT_TIMES, Scores
from scratchmlp.losses import SquaredError
from scratchmlp.plotting.shared import COLORS
from scratchmlp.reporting.content import Picture

LEARNING_RATES = (0.003, 0.01, 0.03)
HIDDEN_UNITS = (4, 8, 32)
GRID = 300  # points of the decision boundary along each axis
TUNED = "tuned ScratchMLPClassifier"
WHAT_THIS_IS = (
    "scratchmlp: neural networks written in NumPy, and predictions from tables.\n"
    "In this demonstration, networks learn to tell three species of iris apart."
)
WHY_BIASES = (
    "With a bias, the border of a unit may lie anywhere. Without biases, all borders go through the"
    " mean of the flowers."
)
WHAT_NEXT = """\
Next, paste one of these two commands. A network in a pipeline, on handwritten digits:

python -c "
from sklearn.datasets import load_digits
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from scratchmlp import ScratchMLPClassifier
network = make_pipeline(StandardScaler(), ScratchMLPClassifier(random_state=0))
print(cross_val_score(network, *load_digits(return_X_y=True)).round(2))"

Your own CSV file, with the column to predict:

python -m scratchmlp my.csv --target COLUMN"""
#: Epochs after which accuracy and loss are measured.
EPOCHS = np.unique(np.geomspace(1, 10_000, 41).round().astype(int))


def run_iris(plot: Path | None) -> None:
    """Print what this is, how two networks learn Iris, and what to do next.

    Parameters
    ----------
    plot : Path or None
        Where to save a picture; None saves none.
    """
    with warnings.catch_warnings():
        # The number of epochs is fixed here: no network has to converge.
        warnings.filterwarnings("ignore", "Stochastic Optimizer: Maximum", ConvergenceWarning)
        print(f"{WHAT_THIS_IS}\n", flush=True)
        curves = {biases: _train_article(biases) for biases in ("without biases", "with biases")}
        print("A network of four hidden units learns from 120 flowers; 30 others test it\n")
        table = pd.concat(curves, axis=1, names=["", "epoch"]).loc[10 ** np.arange(5)]
        print(f"{table.to_string(float_format='{:.3f}'.format)}\n\n{WHY_BIASES}")
        iris = load_iris(as_frame=True)
        X, y = iris.data, iris.target_names[iris.target]
        print(
            "\nA network whose settings are searched, and logistic regression: 150 flowers",
            flush=True,
        )
        search = _make_search()
        _compare_with_linear(search, X, y)
        if plot is not None:
            say(f"drawing {plot}")
            two = X.iloc[:, 2:]
            boundary = _boundary(clone(search).fit(two, y), two, y)
            text = save_pictures(plot, _learning_curve(curves), boundary)
            print(f"\nSaved {plot}.\n{text}")
        print(f"\n{WHAT_NEXT}")


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
    say(f"training a small network {biases}, {EPOCHS[-1]:,} epochs")
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


def _make_search() -> GridSearchCV:
    """Make a grid search over learning rates and numbers of hidden units."""
    # On the full batch, alpha=1 is the penalty of LogisticRegression's default, C=1.
    network = ScratchMLPClassifier(alpha=1.0, max_iter=100, random_state=0)
    return GridSearchCV(
        make_pipeline(StandardScaler(), network),
        {
            "scratchmlpclassifier__learning_rate_init": LEARNING_RATES,
            "scratchmlpclassifier__hidden_layer_sizes": [(units,) for units in HIDDEN_UNITS],
        },
        scoring="neg_log_loss",
        cv=StratifiedKFold(3, shuffle=True, random_state=0),
    )


def _compare_with_linear(search: GridSearchCV, X: pd.DataFrame, y: NDArray[Any]) -> None:
    """Print the scores of both models on the same folds; every fold repeats the search."""
    linear = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1_000))
    evaluation = make_evaluation(y, is_class=True, n_splits=5)
    results = compare({TUNED: search, "LogisticRegression": linear}, X, y, evaluation)
    scores = Scores(results, evaluation)
    print(f"{scores.title}\n\n{scores.table()}")
    print(f"\n{FIT_TIMES} The tuned network's includes its grid search.")
    networks = [search.best_estimator_[-1] for search in results[TUNED]["estimator"]]
    chosen = Counter((n.learning_rate_init, *n.hidden_layer_sizes) for n in networks)
    (rate, units), times = chosen.most_common(1)[0]
    setting = f"learning rate {rate} and {units} hidden units"
    print(f"Chosen most often: {setting}, in {times} of {len(networks)} folds.", flush=True)


# The picture.


def _learning_curve(curves: dict[str, pd.DataFrame]) -> Picture:
    """Draw the loss of the article's network by epoch."""

    def plot(ax: Any) -> None:
        for (biases, curve), line in zip(curves.items(), ("-", "--"), strict=True):
            for part, color in (("train", COLORS[0]), ("test", COLORS[1])):
                loss = curve[f"{part} loss"]
                ax.plot(loss.index, loss, line, color=color, label=f"{part}, {biases}")
        ax.set(xlabel="epoch", ylabel="loss (half the squared error)", xscale="log")
        ax.xaxis.set_major_formatter("{x:,.0f}")
        ax.legend()

    text = "The loss of the small network after each epoch. The lower, the better."
    return Picture("Learning curve", text, plot)


def _boundary(model: Any, X: pd.DataFrame, y: NDArray[Any]) -> Picture:
    """Draw the predicted class as the background of the rows, which have two columns."""
    last = len(model.classes_) - 1
    codes = np.searchsorted(model.classes_, y)

    def plot(ax: Any) -> None:
        DecisionBoundaryDisplay.from_estimator(
            model,
            X,
            eps=0.3,
            grid_resolution=GRID,
            plot_method="pcolormesh",
            response_method="predict",
            multiclass_colors="viridis",
            ax=ax,
            alpha=0.35,
            rasterized=True,  # as vectors, the cells take 19 MB
            vmin=0,
            vmax=last,
        )
        style = {"cmap": "viridis", "edgecolor": "black", "linewidth": 0.4}
        points = ax.scatter(*X.to_numpy().T, s=18, c=codes, **style)
        handles, _ = points.legend_elements()
        ax.legend(handles, model.classes_, loc="upper left", bbox_to_anchor=(1, 1))

    return Picture(
        "Network tuned on these two columns only",
        "The class that a model of the two columns alone predicts (background), and the true class "
        f"of all {len(y)} rows (points).",
        plot,
    )
