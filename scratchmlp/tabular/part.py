"""The contract of a part: an estimator that an ensemble fits once for each fold."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar, Self

from sklearn.base import BaseEstimator, clone

from scratchmlp.arrays import FloatArray
from scratchmlp.tabular.prediction import Part
from scratchmlp.tabular.problem import TrainingProblem
from scratchmlp.tabular.uncertainty import Uncertainty


class PartEstimator(BaseEstimator, ABC):
    """An estimator that fits itself in the folds of an ensemble.

    `CrossFitted` makes one of any estimator of scikit-learn, and `NetworksPart` one of networks.
    The ensemble sets `max_time`: during its fit, the seconds from the start of `fit` until the next
    step must be over, or None.
    """

    # Whether the part has the weight of the prior if no other is clearly better, and no trial.
    is_preferred: ClassVar[bool] = False
    # Errors of its fit after which the ensemble goes on without it.
    left_out_after: ClassVar[type[Exception]] = Exception

    _uncertainty: Uncertainty

    def check_part(self, name: str, ensemble: str) -> None:
        """Check what must be right before any part is fitted."""

    def with_parameters(self, given: dict[str, Any]) -> Self:
        """Return a clone with the parameters of the ensemble, where both have one."""
        return with_common(self, given)

    @abstractmethod
    def fit_part(self, problem: TrainingProblem, n_trial: int) -> Iterator[FloatArray]:
        """Fit in the folds of a problem, in one step or two.

        Parameters
        ----------
        problem : TrainingProblem
            The table, its targets and the folds.
        n_trial : int
            Number of folds of the first step. The second one has the others, if there are any. A
            part that is preferred fits in all folds at once.

        Yields
        ------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            The out-of-fold predictions of all folds so far: probabilities, or numbers as the user
            passed them; nan for rows in none of these folds.
        """

    def keep_uncertainty(self, uncertainty: Uncertainty) -> None:
        """Keep how wrong the out-of-fold predictions are, which the ensemble measures."""
        self._uncertainty = uncertainty

    @property
    def uncertainty(self) -> Uncertainty:
        """What `keep_uncertainty` kept."""
        return self._uncertainty

    @property
    @abstractmethod
    def fitted_part(self) -> Part:
        """What predicts."""

    @property
    @abstractmethod
    def named(self) -> Any:
        """What `named_estimators_` of the ensemble shows."""


def with_common(estimator: Any, given: dict[str, Any]) -> Any:
    """Return a clone of an estimator with those of the given parameters that it has."""
    common = estimator.get_params(deep=False).keys() & given.keys()
    return clone(estimator).set_params(**{name: given[name] for name in common})
