"""The section on how good predicted numbers are: predictions and residuals."""

from typing import Any

import numpy as np
from sklearn.metrics import PredictionErrorDisplay

from scratchmlp.reporting.content import Picture, Table, number
from scratchmlp.reporting.evaluated import Evaluated
from scratchmlp.reporting.pictures import COLORS, draw

MOST_POINTS = 1000
_POINTS = {"s": 9, "alpha": 0.45, "color": COLORS[0], "linewidths": 0}
_SHARES = (0.5, 0.8, 0.9, 0.95, 0.99)


def quality_of_numbers(evaluated: Evaluated) -> list[Picture | Table]:
    """Show how good predicted numbers are.

    Parameters
    ----------
    evaluated : Evaluated
        The rows with predictions.

    Returns
    -------
    list of Picture or Table
        True against predicted values, residuals against predicted values, and quantiles of the
        errors.
    """
    shown = evaluated.sample(MOST_POINTS)
    of = f"{len(shown):,} random rows" if len(shown) < len(evaluated.y) else "all rows"

    def plot(kind: str, ax: Any) -> None:
        PredictionErrorDisplay.from_predictions(
            evaluated.y[shown],
            evaluated.prediction[shown],
            kind=kind,
            ax=ax,
            subsample=None,
            scatter_kwargs=_POINTS,
        )
        ax.set(
            xlabel="predicted",
            ylabel="true" if kind == "actual_vs_predicted" else "true minus predicted",
        )
        _choose_ticks(ax)

    truth = draw(
        "predicted",
        "True and predicted values",
        f"Each point is a row ({of}). On the dashed line, the prediction is the true value.",
        lambda ax: plot("actual_vs_predicted", ax),
    )
    residuals = draw(
        "residuals",
        "Errors",
        f"Each point is a row ({of}). Above the dashed line, the true value is higher than "
        "predicted. Points should lie around the line in the same way everywhere.",
        lambda ax: plot("residual_vs_predicted", ax),
    )
    return [truth, residuals, _errors(evaluated)]


def _choose_ticks(ax: Any) -> None:
    """Choose ticks at round numbers. The display has ticks at its limits."""
    from matplotlib.ticker import MaxNLocator

    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(5))
        axis.set_major_formatter("{x:,.6g}")


def _errors(evaluated: Evaluated) -> Table:
    """Return quantiles of the absolute errors."""
    errors = np.abs(evaluated.y - evaluated.prediction)
    rows = [(f"{share:.0%} of the rows", number(np.quantile(errors, share))) for share in _SHARES]
    return Table("How large the errors are", ("of", "absolute error at most"), rows)
