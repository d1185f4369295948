"""The pictures that ``--plot`` saves."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from itertools import product
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.feature_selection import f_classif
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.metrics import PredictionErrorDisplay

from scratchmlp.cli.files import write
from scratchmlp.cli.kinds import encoder_settings
from scratchmlp.cli.messages import InputError
from scratchmlp.cli.roles import NO_ROLES
from scratchmlp.reporting.classes import events_of, plot_calibration
from scratchmlp.tabular.column_kinds import read_column

PICTURES = (".png", ".svg", ".pdf")
GRID = 300  # points of a decision boundary's picture along each axis
WIDTH = 99  # characters of a line that says what a picture shows
MOST_NAMED = 20  # classes in a legend
MOST_POINTS = 1000  # rows
_CALIBRATION = (
    "how often the class is {} (vertical), by the predicted probability of this class "
    "(horizontal), in ten groups of rows that the predicting networks and trees had not seen. On "
    "the dotted line, the probabilities are right."
)
_BOUNDARY = (
    "Right: the class that a model of the two columns alone predicts (background), and the true "
    "class of {} (points)."
)
_ERRORS = (
    "Left: true values (vertical) by predicted values (horizontal) of {} that the predicting "
    "networks and trees had not seen. On the dashed line, predictions are right."
)
POINTS = {"s": 12, "alpha": 0.5, "color": "#0072B2"}


def check_picture(path: Path) -> None:
    """Check, before any training, that a picture can be drawn.

    Parameters
    ----------
    path : Path
        File that will be written.

    Raises
    ------
    InputError
        If matplotlib is not installed, or the file name ends in another format than PICTURES.
    """
    try:
        import matplotlib
    except ImportError as error:
        raise InputError("--plot needs matplotlib. Install it: pip install matplotlib") from error
    matplotlib.use("Agg")
    if path.suffix.lower() not in PICTURES:
        raise InputError(
            f"cannot save {path} as a picture. Its name must end in .png, .svg or .pdf."
        )


def most_related(X: pd.DataFrame, y: NDArray[Any]) -> pd.DataFrame | None:
    """Select the two numeric columns that differ most between classes, by the ANOVA F-value.

    Parameters
    ----------
    X : DataFrame of shape (n_samples, n_features)
        Columns of numbers and others.
    y : ndarray of shape (n_samples,)
        Classes.

    Returns
    -------
    DataFrame of shape (n_samples, 2) or None
        The columns, with medians for missing values; None if fewer than two columns vary.
    """
    numbers = X.select_dtypes("number")
    numbers = numbers.fillna(numbers.median()).loc[:, numbers.nunique() > 1]
    if numbers.shape[1] < 2:
        return None
    with np.errstate(divide="ignore"):  # a column that is constant within each class
        F, _ = f_classif(numbers, y)
    return numbers[pd.Series(F, numbers.columns).nlargest(2).index]


def draw_network(
    path: Path,
    losses: "dict[str, pd.Series[float]]",
    search: Any,
    model: BaseEstimator,
    X: pd.DataFrame,
    y: NDArray[Any],
) -> str:
    """Save learning curves, the scores of a search, and a decision boundary.

    Parameters
    ----------
    path : Path
        File to write.
    losses : dict of str to Series
        Loss by epoch; the keys are the labels of the curves.
    search : StackedGridSearchCV
        Fitted search over learning rates and hidden units.
    model : classifier
        Classifier fitted to `X`.
    X : DataFrame of shape (n_samples, 2)
        The two features of the boundary.
    y : ndarray of shape (n_samples,)
        Classes.

    Returns
    -------
    str
        What the picture shows.
    """
    with _panels(path, 3) as axes:
        _plot_losses(axes[0], losses, "loss (half the squared error)")
        _plot_search(axes[1], search)
        _plot_boundary(axes[2], model, X, y)
        axes[2].set_title("Network tuned on these two columns only")
    return (
        "Left: the loss of the article's network after each epoch. The lower, the better.\n"
        "Middle: the log-loss in cross-validation of each learning rate and number of hidden "
        f"units. The lower,\nthe better.\n{_boundary(y)}"
    )


def draw_ensemble(path: Path, model: Any, X: pd.DataFrame, y: NDArray[Any]) -> str:
    """Save a picture of how reliable an ensemble's out-of-fold predictions are.

    A classifier gets its calibration curve. If the table has two numeric columns, a second panel
    shows the decision boundary of another ensemble, fitted to the two columns that differ most
    between classes. A regressor gets actual values and residuals, both against predictions.

    Parameters
    ----------
    path : Path
        File to write.
    model : TabularMLPClassifier or TabularMLPRegressor
        Ensemble fitted to `X` and `y`.
    X : DataFrame of shape (n_samples, n_features)
        Raw table.
    y : ndarray of shape (n_samples,)
        Target.

    Returns
    -------
    str
        What the picture shows: a sentence for each panel.
    """
    columns = most_related(_numbers(X, model), y) if is_classifier(model) else X
    with _panels(path, 1 if columns is None else 2) as axes:
        if is_classifier(model):
            event = _plot_calibration(axes[0], model, y)
            calibration = _CALIBRATION.format(event)
            if columns is not None:
                alone = clone(model).set_params(**encoder_settings(NO_ROLES, []))
                _plot_boundary(axes[1], alone.fit(columns, y), columns, y)
                axes[1].set_title("Ensemble fitted to these two columns only")
            if columns is None:
                return fill(f"It shows {calibration}", WIDTH)
            return f"{fill(f'Left: {calibration}', WIDTH)}\n{_boundary(y)}"
        return _plot_errors(axes, model, y)


def _boundary(y: NDArray[Any]) -> str:
    """Say what the picture of a decision boundary shows."""
    return fill(_BOUNDARY.format(_which(len(y))), WIDTH)


def _plot_errors(axes: Any, model: Any, y: NDArray[Any]) -> str:
    """Draw actual values and residuals against out-of-fold predictions; say what is drawn."""
    from matplotlib.ticker import AutoLocator

    seen = np.flatnonzero(np.isfinite(model.oof_prediction_))  # with --time, not the first rows
    shown = seen[_some(len(seen))]
    for ax, kind in zip(axes, ("actual_vs_predicted", "residual_vs_predicted"), strict=True):
        PredictionErrorDisplay.from_predictions(
            y[shown],
            model.oof_prediction_[shown],
            kind=kind,
            ax=ax,
            subsample=None,  # which would draw rows with replacement
            scatter_kwargs=POINTS,
        )
        ax.set_title("Out-of-fold predictions")
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_locator(AutoLocator())  # ticks at round numbers
    left = fill(_ERRORS.format(_which(len(seen))), WIDTH)
    return f"{left}\nRight: the errors, true minus predicted values, of these rows."


def _some(n_rows: int) -> NDArray[np.intp]:
    """Choose the rows to draw: in random order, in which no class hides another."""
    return np.random.default_rng(0).permutation(n_rows)[:MOST_POINTS]


def _which(n_rows: int) -> str:
    """Say which rows `_some` chooses."""
    if n_rows <= MOST_POINTS:
        return f"all {n_rows:,} rows"
    return f"{MOST_POINTS:,} random rows out of {n_rows:,}"


def _numbers(X: pd.DataFrame, model: Any) -> pd.DataFrame:
    """Return the columns that contain numbers, as the model reads them."""
    columns = model.encoder_.columns_
    names = [name for name, fitted in columns.items() if fitted["kind"] == "number"]
    numbers = {name: read_column(name, X[name], columns[name])[0] for name in names}
    return pd.DataFrame(numbers, index=X.index).astype(float)


@contextmanager
def _panels(path: Path, n_panels: int) -> Iterator[Any]:
    """Yield axes side by side; save the picture when the block ends."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"text.parse_math": False}):  # names may contain dollar signs
        figure = Figure(figsize=(6 * n_panels, 4.5), dpi=150, layout="constrained")
        yield figure.subplots(1, n_panels, squeeze=False)[0]
        picture = BytesIO()  # matplotlib does not raise OSError for each file that it cannot write
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph")  # missing ones, such as emoji
            figure.savefig(picture, format=path.suffix[1:])
        write(path, lambda new: new.write_bytes(picture.getvalue()))


def _plot_losses(ax: Any, losses: "dict[str, pd.Series[float]]", loss_name: str) -> None:
    """Draw the loss by epoch; colors suit color-blind readers."""
    styles = product(("#0072B2", "#D55E00"), ("-", "--"))
    for (label, loss), (color, line) in zip(losses.items(), styles, strict=False):
        ax.plot(loss.index, loss, line, color=color, label=label)
    ax.set(title="Learning curve", xlabel="epoch", ylabel=loss_name, xscale="log")
    ax.xaxis.set_major_formatter("{x:,.0f}")
    ax.xaxis.set_minor_formatter("")
    ax.legend()


def _plot_search(ax: Any, search: Any) -> None:
    """Draw the mean log-loss of each learning rate and number of hidden units as a heat map."""
    results = search.cv_results_
    rates, sizes = (
        next(values for name, values in results.items() if name.endswith(end))
        for end in ("learning_rate_init", "hidden_layer_sizes")
    )
    units = [hidden[0] for hidden in sizes]
    scores = pd.DataFrame({"loss": -results["mean_test_score"], "rate": rates, "units": units})
    table = scores.pivot_table("loss", "units", "rate")
    image = ax.imshow(table, cmap="viridis_r", origin="lower", aspect="auto")
    ax.set_xticks(range(table.shape[1]), [f"{rate:g}" for rate in table.columns])
    ax.set_yticks(range(table.shape[0]), table.index)
    for (row, column), loss in np.ndenumerate(table.to_numpy()):
        color = "white" if image.norm(loss) > 0.5 else "black"
        ax.text(column, row, f"{loss:.3f}", ha="center", va="center", color=color)
    ax.set(title="Log-loss of the search", xlabel="learning rate", ylabel="hidden units")


def _plot_calibration(ax: Any, model: Any, y: NDArray[Any]) -> str:
    """Draw the calibration curve of out-of-fold probabilities; return the name of the class.

    With two classes it is that of the second class, with more that of the predicted class.
    """
    seen = np.isfinite(model.oof_proba_[:, 0])  # with --time, the first rows have none
    events = events_of(y[seen], model.oof_proba_[seen], model.classes_)
    plot_calibration(ax, events)
    ax.set_title("Calibration of out-of-fold predictions")
    return events.name


def _plot_boundary(ax: Any, model: BaseEstimator, X: pd.DataFrame, y: NDArray[Any]) -> None:
    """Draw the predicted class as the background of random rows."""
    margin = 0.05 * (X.max() - X.min())
    corners = pd.DataFrame([X.min() - margin, X.max() + margin])
    last = len(model.classes_) - 1
    DecisionBoundaryDisplay.from_estimator(
        model,
        corners,
        eps=0,
        grid_resolution=GRID,
        plot_method="pcolormesh",
        response_method="predict",
        multiclass_colors="viridis",  # the default colormap of two classes, for any number
        ax=ax,
        alpha=0.35,
        rasterized=True,  # as vectors, the cells take 19 MB
        vmin=0,
        vmax=last,
    )
    shown = _some(len(y))
    codes = np.searchsorted(model.classes_, y[shown])
    style = {"cmap": "viridis", "vmin": 0, "vmax": last, "edgecolor": "black", "linewidth": 0.4}
    points = ax.scatter(*X.iloc[shown].to_numpy().T, s=18, c=codes, **style)
    _add_legend(ax, points, model.classes_, y)


def _add_legend(ax: Any, points: Any, classes: NDArray[Any], y: NDArray[Any]) -> None:
    """Name the colors of the classes, or of the most frequent ones if there are many."""
    counts = np.bincount(np.searchsorted(classes, y), minlength=len(classes))
    named = np.sort(np.argsort(-counts, kind="stable")[:MOST_NAMED])
    title = None
    if len(named) < len(classes):
        title = f"the {MOST_NAMED} most frequent\nof {len(classes)} classes"
    handles, _ = points.legend_elements(num=list(named))
    names = [str(label)[:30] for label in classes[named]]
    size = "medium" if len(named) < 10 else "x-small"  # so that all lines fit
    ax.legend(handles, names, loc="upper left", bbox_to_anchor=(1, 1), title=title, fontsize=size)
