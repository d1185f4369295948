"""Time the parts of a training step: passes, loss, penalty, optimizer and the rest.

The parts are timed inside a fit, as they follow each other, on one thread. The products are those
that `speed.py` calls the floor, timed by themselves.

Usage: python -m benchmarks step [CASE ...]
"""

import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable
from typing import Any

from contestants import estimator, floor_fit
from machine import describe
from measuring import seconds, threads
from sklearn.exceptions import ConvergenceWarning
from workloads import CASES, Case

from scratchmlp import ScratchMLPClassifier
from scratchmlp.losses import LogLoss
from scratchmlp.network import Network
from scratchmlp.objective import ObjectiveAt
from scratchmlp.optimizers import SGD, Adam

PARTS = {
    "forward pass": (Network, "forward"),
    "loss": (LogLoss, "value_and_gradient"),
    "backward pass": (Network, "backward"),
    "objective": (ObjectiveAt, "__call__"),
    "optimizer": ({"adam": Adam, "sgd": SGD}, "step"),
}
ROWS = (*PARTS, "batches, history, validation", "one step", "its products alone")


def timed(function: Callable[..., Any], part: str, spent: Counter[str]) -> Callable[..., Any]:
    """Add up the time of each call."""

    def wrapper(*args: Any) -> Any:
        start = time.perf_counter()
        result = function(*args)
        spent[part] += time.perf_counter() - start
        return result

    return wrapper


def profile(case: Case, dtype: str) -> dict[str, float]:
    """Time the parts of a fit; return microseconds a step."""
    X, y = case.load(dtype)
    steps = case.epochs * -(-len(y) // case.batch) / 1e6
    spent: Counter[str] = Counter()
    originals = []
    for part, (owner, name) in PARTS.items():
        owner = owner[case.solver] if isinstance(owner, dict) else owner
        originals.append((owner, name, getattr(owner, name)))
        setattr(owner, name, timed(getattr(owner, name), part, spent))
    fit = seconds(lambda: estimator(ScratchMLPClassifier, case).fit(X, y), repeat=1)
    for owner, name, original in originals:
        setattr(owner, name, original)
    products = seconds(floor_fit(case, X, y), repeat=1)
    rest = fit - spent["objective"] - spent["optimizer"]
    inside = sum(spent[part] for part in ("forward pass", "loss", "backward pass"))
    parts = [spent[part] for part in PARTS] + [rest, fit, products]
    parts[list(PARTS).index("objective")] -= inside  # what is its own: weights, means, penalty
    return {row: part / steps for row, part in zip(ROWS, parts, strict=True)}


def main() -> None:
    """Print a column for each case and dtype, the best of three fits."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    names = sys.argv[1:] or ["iris", "digits", "20000x784"]
    cells = [(name, dtype) for name in names for dtype in ("float32", "float64")]
    with threads(1):
        columns = [
            min((profile(CASES[name], dtype) for _ in range(3)), key=lambda c: c["one step"])
            for name, dtype in cells
        ]
    print(describe() + ", 1 thread; microseconds\n")
    print(" " * 30 + "".join(f"{name + ' ' + dtype:>19}" for name, dtype in cells))
    for row in ROWS:
        print(f"{row:<30}" + "".join(f"{column[row]:>19.1f}" for column in columns))


if __name__ == "__main__":
    main()
