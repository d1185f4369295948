"""The multilayer perceptron, hand-written in NumPy, as a scikit-learn estimator.

Read the core in this order: `activations`, `losses`, `network`, `objective`, `optimizers`,
`schedules`, `training`; then `base`, `classifier` and `regressor` for the estimators.
"""

from scratchmlp.classifier import ScratchMLPClassifier
from scratchmlp.regressor import ScratchMLPRegressor
from scratchmlp.training import DivergenceError

__version__ = "0.1.0.dev0"

__all__ = ["DivergenceError", "ScratchMLPClassifier", "ScratchMLPRegressor", "__version__"]
