"""What a fit on a cluster prepares for training."""

from typing import Any

import numpy as np

from scratchmlp.dask.data import ClusterData
from scratchmlp.dask.objective import ClusterObjective
from scratchmlp.dask.pieces import Conversion
from scratchmlp.estimators.prepared import Prepared
from scratchmlp.solvers import LBFGS, Descent


class ClusterPrepared(Prepared):
    """What training on a cluster needs: `data` is a `ClusterData`, `y` the conversion of rows.

    The driver has neither the targets nor the weights of the rows, so `sample_weight` is None.
    """

    data: ClusterData  # type: ignore[assignment]
    y: Conversion
    held_out: Any

    @property
    def mean_sample_weight(self) -> float:
        """Mean of the weights of the training rows as the user passed them, but scaled."""
        return self.data.mean_sample_weight

    def multiplications(self, solver: Descent | LBFGS) -> int:
        """Return 0: the driver multiplies no matrices."""
        return 0

    def objective(  # type: ignore[override]
        self,
        alpha: float,
        random_state: np.random.RandomState | None,
        *,
        incremental: bool = False,
    ) -> ClusterObjective:
        """Make the objective: see `Prepared.objective`."""
        objective = super().objective(alpha, random_state, incremental=incremental)
        return ClusterObjective(objective, self.data)

    def some(self, n_rows: int) -> Prepared:
        """Bring up to `n_rows` training rows, and as many held-out rows, to the driver."""
        held_out = (self.held_out[0].sample(n_rows), None) if self.held_out else None
        return self._replace(data=self.data.sample(n_rows), held_out=held_out)
