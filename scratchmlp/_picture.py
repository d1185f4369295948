"""The picture that the main job saves: learning curves and a decision boundary."""

import os
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.feature_selection import f_classif
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.model_selection import GridSearchCV

from scratchmlp._table import InputError

PICTURES = (".png", ".svg", ".pdf")


def check_picture(path: Path) -> None:
    """Fail before the work rather than after it."""
    try:
        import matplotlib
    except ImportError as error:
        raise InputError("--plot needs matplotlib: pip install matplotlib") from error
    matplotlib.use("Agg")
    if path.suffix.lower() not in PICTURES:
        raise InputError(f"cannot save {path}: a picture's name ends in {', '.join(PICTURES)}")
    if not path.parent.is_dir():
        raise InputError(f"cannot save {path}: there is no folder {path.parent}")
    if not os.access(path.parent, os.W_OK):
        raise InputError(f"cannot save {path}: no permission to write to {path.parent}")


def most_related(X: pd.DataFrame, y: NDArray[Any]) -> pd.DataFrame | None:
    """Find the two columns of numbers that differ most between classes, by ANOVA's F."""
    numbers = X.select_dtypes("number")
    numbers = numbers.fillna(numbers.median()).loc[:, numbers.nunique() > 1]
    if numbers.shape[1] < 2:
        return None
    with np.errstate(divide="ignore"):  # a column that is constant within each class
        F, _ = f_classif(numbers, y)
    return numbers[pd.Series(F, numbers.columns).nlargest(2).index]


def draw(
    path: Path,
    losses: "dict[str, pd.Series[float]]",
    loss_name: str,
    search: GridSearchCV,
    X: pd.DataFrame | None,
    y: NDArray[Any],
) -> None:
    """Save the learning curves and, if there are two columns X, the decision boundary on them."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"text.parse_math": False}):  # a name may hold a dollar sign
        n_panels = 1 if X is None else 2
        figure = Figure(figsize=(6 * n_panels, 4.5), dpi=150, layout="constrained")
        axes = figure.subplots(1, n_panels, squeeze=False)[0]
        _plot_losses(axes[0], losses, loss_name)
        if X is not None:
            _plot_boundary(axes[1], search.fit(X, y), X, y)
        try:
            figure.savefig(path)
        except OSError as error:
            raise InputError(f"cannot save {path}: {error.strerror or error}") from error


def _plot_losses(ax: Any, losses: "dict[str, pd.Series[float]]", loss_name: str) -> None:
    styles = product(("#0072B2", "#D55E00"), ("-", "--"))  # told apart by colour-blind readers
    for (label, loss), (color, line) in zip(losses.items(), styles, strict=False):
        ax.plot(loss.index, loss, line, color=color, label=label)
    ax.set(title="Learning curve", xlabel="epoch", ylabel=loss_name, xscale="log")
    ax.xaxis.set_major_formatter("{x:,.0f}")
    ax.xaxis.set_minor_formatter("")
    ax.legend()


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
        vmin=0,
        vmax=last,
    )
    shown = np.random.default_rng(0).permutation(len(y))[:1_000]  # no class hides another
    codes = np.searchsorted(model.classes_, y[shown])
    style = {"cmap": "viridis", "vmin": 0, "vmax": last, "edgecolor": "black", "linewidth": 0.4}
    points = ax.scatter(*X.iloc[shown].to_numpy().T, s=18, c=codes, **style)
    ax.set_title("Network tuned on these two columns alone")
    if last < 10:
        handles, _ = points.legend_elements(num=list(range(last + 1)))
        names = [label[:30] for label in model.classes_]
        ax.legend(handles, names, loc="upper left", bbox_to_anchor=(1, 1))
