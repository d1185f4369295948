"""What several displays use."""

from typing import Any

from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.tabular.base import BaseTabular

#: The colors of Okabe and Ito, which color-blind readers can distinguish; the pale ones are darker.
COLORS = ("#0072b2", "#c24f00", "#00805d", "#b3528a", "#b87700", "#2f8fc4", "#000000")


def fitted_estimator(estimator: Any, *, or_tabular: bool = False) -> Any:
    """Return the fitted network that was passed, or that is the last step of a Pipeline.

    With `or_tabular`, it may be an estimator for tables.
    """
    network = estimator[-1] if isinstance(estimator, Pipeline) else estimator
    if isinstance(network, BaseTabular) and not or_tabular:
        raise TypeError(
            "The estimator must be a single network, a ScratchMLPClassifier or a "
            f"ScratchMLPRegressor; got {type(network).__name__}, which has several. "
            "TrainingCurveDisplay shows how they trained, and `members_` holds their weights."
        )
    if not isinstance(network, ScratchMLPClassifier | ScratchMLPRegressor | BaseTabular):
        tabular = ", an estimator of scratchmlp.tabular" * or_tabular
        raise TypeError(
            f"The estimator must be a ScratchMLPClassifier, a ScratchMLPRegressor{tabular} or a "
            f"Pipeline whose last step is one; got {type(network).__name__}. Pass the network "
            "inside it, such as `best_estimator_` of a search."
        )
    check_is_fitted(network)
    return network


def grid_cell(ax: Any) -> Any:
    """Return the cell of axes in their grid, or raise an error if they are not in a grid."""
    cell = ax.get_subplotspec()
    if cell is None:
        raise ValueError(
            "ax will be divided into several panels, so it must be part of a grid; got axes at the "
            f"fixed position {ax.get_position().bounds}. Make ax with plt.subplots."
        )
    return cell
