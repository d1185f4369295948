"""Every pair of a loss and its output activation, with targets that suit it."""

import numpy as np

from scratchmlp.losses import LOSSES

PAIRS = [(name, output) for name, loss in LOSSES.items() for output in loss.outputs]


def example(output, n_samples=6, n_outputs=3, dtype=np.float64):
    """Scores, and targets that a loss with this output can have."""
    rng = np.random.default_rng(0)
    raw = rng.normal(size=(n_samples, n_outputs)).astype(dtype)
    if output == "softmax":
        return np.eye(n_outputs, dtype=dtype)[np.arange(n_samples) % n_outputs], raw
    if output == "logistic":
        return rng.integers(2, size=raw.shape).astype(dtype), raw
    if output == "exp":
        return rng.poisson(2, size=raw.shape).astype(dtype), raw
    return rng.normal(size=raw.shape).astype(dtype), raw
