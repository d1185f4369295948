"""How good predictions are.

Examples
--------
Four predictions, of which the two in the upper bin are right and the others are half right:

>>> y = np.array([0, 1, 0, 1])
>>> P = np.array([[0.95, 0.05], [0.05, 0.95], [0.7, 0.3], [0.7, 0.3]])
>>> calibration_error(y, P)  # (2 |1 - 0.95| + 2 |1/2 - 0.7|) / 4
0.125
>>> {name: round(float(value), 3) for name, value in classification(y, P).items()}
{'error': 0.25, 'log_loss': 0.416, 'auc': 0.875, 'ece': 0.125}
>>> regression(np.array([1.0, 2.0]), np.array([1.0, 4.0]), scale=2.0)
{'rmse': 0.7071067811865476}
"""

import numpy as np
from sklearn.metrics import log_loss, roc_auc_score, root_mean_squared_error

N_BINS = 15
# Some candidates return float32, in which a softmax rounds to 0 sooner. The smallest probability
# that scikit-learn's log_loss allows for float32 is the smallest for all.
LEAST = float(np.finfo(np.float32).eps)


def classification(y: np.ndarray, P: np.ndarray) -> dict[str, float]:
    """Compute measures of predicted probabilities of the classes 0, 1, ..., all of which occur.

    They are ``error``, the share of wrong labels; ``log_loss`` in nats; ``auc``, the mean over
    classes of the area under the curve of one against the rest; ``ece``, see `calibration_error`.
    """
    P = P.astype(np.float64)
    P /= P.sum(axis=1, keepdims=True)
    return {
        "error": float(np.mean(P.argmax(axis=1) != y)),
        "log_loss": log_loss(y, np.clip(P, LEAST, 1 - LEAST)),
        "auc": float(roc_auc_score(y, P[:, 1] if P.shape[1] == 2 else P, multi_class="ovr")),
        "ece": calibration_error(y, P),
    }


def calibration_error(y: np.ndarray, P: np.ndarray) -> float:
    """Compute the expected calibration error of the top label, over bins of equal width.

    It is the mean of abs(accuracy - confidence) over the bins, weighted by their rows.
    """
    confidence = P.max(axis=1)
    gap = (P.argmax(axis=1) == y) - confidence
    bins = np.minimum((confidence * N_BINS).astype(int), N_BINS - 1)
    return float(np.abs(np.bincount(bins, gap, N_BINS)).sum() / len(y))


def regression(y: np.ndarray, prediction: np.ndarray, scale: float) -> dict[str, float]:
    """Compute the root mean squared error as a share of `scale`."""
    return {"rmse": float(root_mean_squared_error(y, prediction)) / scale}
