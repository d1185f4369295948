"""What the displays share."""

from typing import Any

from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor


def fitted_network(estimator: Any) -> Any:
    """Return the fitted network: the estimator itself, or the last step of a Pipeline."""
    network = estimator[-1] if isinstance(estimator, Pipeline) else estimator
    if not isinstance(network, ScratchMLPClassifier | ScratchMLPRegressor):
        raise TypeError(
            "Displays show a ScratchMLPClassifier, a ScratchMLPRegressor, or a Pipeline that ends "
            f"in one; got {type(network).__name__}. Pass the network inside it, such as "
            "`best_estimator_` of a search."
        )
    check_is_fitted(network)
    return network


def place_of(ax: Any) -> Any:
    """Return the place of axes in their grid, which several panels are to share."""
    place = ax.get_subplotspec()
    if place is None:
        raise ValueError(
            "Several panels are to share the place of ax, so it must be part of a grid; got axes "
            f"at the fixed position {ax.get_position().bounds}. Make ax with plt.subplots."
        )
    return place
