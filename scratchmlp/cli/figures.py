"""The pictures that the main job saves."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.calibration import CalibrationDisplay
from sklearn.feature_selection import f_classif
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.metrics import PredictionErrorDisplay

from scratchmlp.cli.files import write
from scratchmlp.cli.table import InputError

PICTURES = (".png", ".svg", ".pdf")
POINTS = {"s": 12, "alpha": 0.5, "color": "#0072B2"}


def check_picture(path: Path) -> None:
    """Fail before the work rather than after it."""
    try:
        import matplotlib
    except ImportError as error:
        raise InputError("--plot needs matplotlib: pip install matplotlib") from error
    matplotlib.use("Agg")
    if path.suffix.lower() not in PICTURES:
        raise InputError(f"cannot save {path}: a picture's name ends in {', '.join(PICTURES)}")


def most_related(X: pd.DataFrame, y: NDArray[Any]) -> pd.DataFrame | None:
    """Find the two columns of numbers that differ most between classes, by ANOVA's F."""
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
    model: BaseEstimator,
    X: pd.DataFrame,
    y: NDArray[Any],
) -> None:
    """Save learning curves, and the decision boundary of a model fitted to two columns X."""
    with _panels(path, 2) as axes:
        _plot_losses(axes[0], losses, "mean of half the squared distance")
        _plot_boundary(axes[1], model, X, y)
        axes[1].set_title("Network tuned on these two columns alone")


def draw_ensemble(path: Path, model: Any, X: pd.DataFrame, y: NDArray[Any]) -> None:
    """Save how far an ensemble's predictions of rows that its members held out can be trusted.

    Beside it is the decision boundary on the two columns of numbers that tell most, if there are
    two; for numbers as targets, what the predictions miss.
    """
    columns = most_related(X, y) if is_classifier(model) else X
    with _panels(path, 1 if columns is None else 2) as axes:
        if is_classifier(model):
            _plot_calibration(axes[0], model, y)
            if columns is not None:
                _plot_boundary(axes[1], clone(model).fit(columns, y), columns, y)
                axes[1].set_title("Another ensemble, of the two numbers that tell most")
            return
        from matplotlib.ticker import AutoLocator

        for ax, kind in zip(axes, ("actual_vs_predicted", "residual_vs_predicted"), strict=True):
            PredictionErrorDisplay.from_predictions(
                y, model.oof_prediction_, kind=kind, ax=ax, random_state=0, scatter_kwargs=POINTS
            )
            ax.set_title("Rows that the members held out")
            for axis in (ax.xaxis, ax.yaxis):
                axis.set_major_locator(AutoLocator())  # round numbers


@contextmanager
def _panels(path: Path, n_panels: int) -> Iterator[Any]:
    """Make axes side by side, and save what is then drawn into them."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"text.parse_math": False}):  # a name may hold a dollar sign
        figure = Figure(figsize=(6 * n_panels, 4.5), dpi=150, layout="constrained")
        yield figure.subplots(1, n_panels, squeeze=False)[0]
        write(path, figure.savefig)


def _plot_losses(ax: Any, losses: "dict[str, pd.Series[float]]", loss_name: str) -> None:
    styles = product(("#0072B2", "#D55E00"), ("-", "--"))  # told apart by colour-blind readers
    for (label, loss), (color, line) in zip(losses.items(), styles, strict=False):
        ax.plot(loss.index, loss, line, color=color, label=label)
    ax.set(title="Learning curve", xlabel="epoch", ylabel=loss_name, xscale="log")
    ax.xaxis.set_major_formatter("{x:,.0f}")
    ax.xaxis.set_minor_formatter("")
    ax.legend()


def _plot_calibration(ax: Any, model: Any, y: NDArray[Any]) -> None:
    """Draw how often a class is the right one, for rows that the members held out."""
    P = model.oof_proba_
    if len(model.classes_) == 2:
        positive, probability = y == model.classes_[1], P[:, 1]
        name = str(model.classes_[1])[:30]
    else:
        positive, probability = y == model.classes_[P.argmax(axis=1)], P.max(axis=1)
        name = "the predicted class"
    CalibrationDisplay.from_predictions(
        positive, probability, n_bins=10, strategy="quantile", ax=ax, name="", color="#0072B2"
    )
    ax.get_legend().remove()
    ax.set(
        title="Rows that the members held out",
        xlabel=f"probability of {name}",
        ylabel="share of rows where this is true",
    )


def _plot_boundary(ax: Any, model: BaseEstimator, X: pd.DataFrame, y: NDArray[Any]) -> None:
    margin = 0.05 * (X.max() - X.min())
    corners = pd.DataFrame([X.min() - margin, X.max() + margin])
    last = len(model.classes_) - 1
    DecisionBoundaryDisplay.from_estimator(
        model,
        corners,
        eps=0,
        grid_resolution=300,
        plot_method="pcolormesh",
        response_method="predict",
        multiclass_colors="viridis",  # which two classes get without asking
        ax=ax,
        alpha=0.35,
        rasterized=True,  # in an SVG or PDF, the 90,000 cells would be 19 MB
        vmin=0,
        vmax=last,
    )
    shown = np.random.default_rng(0).permutation(len(y))[:1_000]  # no class hides another
    codes = np.searchsorted(model.classes_, y[shown])
    style = {"cmap": "viridis", "vmin": 0, "vmax": last, "edgecolor": "black", "linewidth": 0.4}
    points = ax.scatter(*X.iloc[shown].to_numpy().T, s=18, c=codes, **style)
    if last < 10:
        handles, _ = points.legend_elements(num=list(range(last + 1)))
        names = [str(label)[:30] for label in model.classes_]
        ax.legend(handles, names, loc="upper left", bbox_to_anchor=(1, 1))
