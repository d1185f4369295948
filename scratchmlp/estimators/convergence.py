"""What to tell users if training has not converged."""

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.sparsefuncs import mean_variance_axis

from scratchmlp.batches import Data
from scratchmlp.estimators.prepared import PlannedTraining
from scratchmlp.solvers import LBFGS, Descent


def not_converged(training: PlannedTraining) -> str:
    """Say why training has not converged, and name remedies."""
    solver, monitor = training.solver, training.monitor
    if isinstance(solver, Descent) and monitor.n_iter == solver.max_iter:
        message = (
            f"Stochastic Optimizer: Maximum iterations ({solver.max_iter}) reached and the "
            "optimization hasn't converged yet. Increase max_iter, or change learning_rate_init."
        )
    elif isinstance(solver, LBFGS):
        message = (
            f"lbfgs failed to converge after {monitor.n_iter} iteration(s). "
            f"{monitor.stop_reason}. Increase max_iter ({solver.max_iter}) or max_fun "
            f"({solver.max_fun}), or scale X."
        )
    else:
        message = f"{monitor.stop_reason}."
    if (factor := _scale_factor(training.prepared.data)) > 100:
        message += (
            f" The columns of X differ in scale by a factor of {factor:.0f}: put a StandardScaler "
            "before the network."
        )
    return message


@np.errstate(over="ignore", invalid="ignore")
def _scale_factor(data: Data) -> float:
    """Divide the largest standard deviation of a column by the smallest, from at most 200 rows."""
    some = data.sample(200).X
    spread = np.sqrt(mean_variance_axis(some, axis=0)[1]) if issparse(some) else some.std(axis=0)
    spread = spread[spread > 0]  # constant columns do not count
    return float(spread.max() / spread.min()) if spread.size else 1.0
