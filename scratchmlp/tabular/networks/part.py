"""Networks as a part of an ensemble."""

from collections.abc import Iterator
from typing import Any

from scratchmlp.arrays import FloatArray
from scratchmlp.estimators.mixins import check_parameters
from scratchmlp.run import DivergenceError
from scratchmlp.tabular.fitted_table import fitted_table, set_fitted
from scratchmlp.tabular.networks.fit import TrainedNetworks, train_networks
from scratchmlp.tabular.networks.mlp import BaseTabularMLP
from scratchmlp.tabular.part import PartEstimator, with_common
from scratchmlp.tabular.prediction import Part
from scratchmlp.tabular.problem import TrainingProblem
from scratchmlp.tabular.uncertainty import Uncertainty


class NetworksPart(PartEstimator):
    """TabularMLPClassifier or TabularMLPRegressor as a part of an ensemble.

    Parameters
    ----------
    estimator : TabularMLPClassifier or TabularMLPRegressor
        The networks, which become fitted as they would be alone, but for out-of-fold predictions.
    max_time : float or None, default=None
        See `PartEstimator`.
    """

    is_preferred = True
    left_out_after = DivergenceError

    def __init__(self, estimator: BaseTabularMLP, max_time: float | None = None) -> None:
        self.estimator, self.max_time = estimator, max_time
        self._trained: TrainedNetworks | None = None  # until the estimator is fitted

    def check_part(self, name: str, ensemble: str) -> None:
        """See `PartEstimator`."""
        check_parameters(self.estimator)
        if getattr(self.estimator, "_skl_callbacks", None):
            raise ValueError(
                f"Only the ensemble calls callbacks, but {name!r} has callbacks of its own. "
                f"Pass them to set_callbacks of {ensemble}."
            )

    def with_parameters(self, given: dict[str, Any]) -> "NetworksPart":
        """See `PartEstimator`."""
        return NetworksPart(with_common(self.estimator, given), given["max_time"])

    def fit_part(self, problem: TrainingProblem, n_trial: int) -> Iterator[FloatArray]:
        """See `PartEstimator`."""
        timed = with_common(self.estimator, {"max_time": self.max_time})
        self._trained = train_networks(timed, problem)
        yield self._trained.oof

    def keep_uncertainty(self, uncertainty: Uncertainty) -> None:
        """See `PartEstimator`."""
        assert self._trained
        set_fitted(self.estimator, self._trained.fitted(uncertainty, oof=None))
        self._trained = None  # with the table

    @property
    def uncertainty(self) -> Uncertainty:
        """See `PartEstimator`."""
        uncertainty: Uncertainty = fitted_table(self.estimator).blend.uncertainty
        return uncertainty

    @property
    def fitted_part(self) -> Part:
        """See `PartEstimator`."""
        part: Part = (self._trained or fitted_table(self.estimator)).part
        return part

    @property
    def named(self) -> BaseTabularMLP:
        """See `PartEstimator`."""
        return self.estimator
