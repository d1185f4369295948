"""The multilayer perceptron, hand-written in NumPy, as a scikit-learn estimator.

Read the core in this order: `activations`, `blas`, `losses`, `network`, `objective`,
`optimizers`, `schedules`, `monitor`, `training`; then `base`, `classifier` and `regressor` for
the estimators.
"""

from scratchmlp.estimators.classifier import ScratchMLPClassifier
from scratchmlp.estimators.gradient_check import check_gradient
from scratchmlp.estimators.regressor import ScratchMLPRegressor
from scratchmlp.run import DivergenceError

__version__ = "0.1.0.dev0"

__all__ = [
    "DivergenceError",
    "ScratchMLPClassifier",
    "ScratchMLPRegressor",
    "__version__",
    "check_gradient",
]
