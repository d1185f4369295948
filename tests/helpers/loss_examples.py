"""Every loss, and that of CONTRIBUTING, with each output activation; suitable targets."""

import numpy as np
import pytest

from scratchmlp.losses import LOSSES, Loss
from tests.configurations.networks import OF_KIND
from tests.helpers import contributing

LOSSES = LOSSES | {"log_cosh": contributing.EXAMPLES["LogCosh"]}

#: With other hyper-parameters: those that configurations choose.
OTHERS = [
    each
    for values in OF_KIND.values()
    for each in values["loss"]
    if isinstance(each, Loss) and each.get_params()
]
EXAMPLES = [
    pytest.param(loss.with_output(output), id=f"{loss}-{output}")
    for loss in (*(cls() for cls in LOSSES.values()), *OTHERS)
    for output in loss.outputs
]


def example(output, n_samples=6, n_outputs=3, dtype=np.float64):
    """Return raw scores, and targets in the range of this output activation."""
    rng = np.random.default_rng(0)
    raw = rng.normal(size=(n_samples, n_outputs)).astype(dtype)
    if output == "softmax":
        return np.eye(n_outputs, dtype=dtype)[np.arange(n_samples) % n_outputs], raw
    if output == "logistic":
        return rng.integers(2, size=raw.shape).astype(dtype), raw
    if output == "exp":
        return rng.poisson(2, size=raw.shape).astype(dtype), raw
    return rng.normal(size=raw.shape).astype(dtype), raw
