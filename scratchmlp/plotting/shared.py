"""Functions that several displays use."""

from typing import Any

from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor


def fitted_network(estimator: Any) -> Any:
    """Return the fitted network: the estimator itself, or the last step of a Pipeline."""
    network = estimator[-1] if isinstance(estimator, Pipeline) else estimator
    if not isinstance(network, ScratchMLPClassifier | ScratchMLPRegressor):
        raise TypeError(
            "The estimator must be a ScratchMLPClassifier, a ScratchMLPRegressor or a Pipeline "
            f"whose last step is one; got {type(network).__name__}. Pass the network inside it, "
            "such as `best_estimator_` of a search."
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
