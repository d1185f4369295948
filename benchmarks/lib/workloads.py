"""The work that `speed.py` times: a table of cases, the data they run on and the bars they have.

Data are made in float64, with a fixed seed, and cast before anything is timed.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.datasets import load_digits, load_iris, make_classification
from sklearn.preprocessing import scale

Data = tuple[Any, np.ndarray]

DTYPES = ("float32", "float64")
Bars = tuple[float | None, float | None]
NO_BARS = (None, None)
N_CLASSES = 10  # of the synthetic data, unless a case says otherwise


@dataclass(frozen=True)
class Case:
    """One piece of work, which we and other candidates do.

    The bars of a candidate are for one thread: its least time in ours, of each of `DTYPES`.
    """

    title: str
    data: Callable[[], Data]
    hidden: tuple[int, ...]
    epochs: int  # of each fit; nothing ends it earlier
    against: dict[str, Bars]
    kind: str = "fit"  # or another of `timed.CANDIDATES`
    batch: int = 200
    shuffle: bool = True  # before each epoch; MLPClassifier shuffles even a full batch
    solver: str = "adam"  # or "sgd", without momentum
    learning_rate: float = 1e-3
    runs: int = 5  # of each candidate
    repeat: int = 1  # calls in each run; the time of a run is that of one call

    def load(self, dtype: str) -> Data:
        """Make the data in one dtype."""
        X, y = self.data()
        return X.astype(dtype), y


def iris() -> Data:
    """Iris, scaled."""
    X, y = load_iris(return_X_y=True)
    return scale(X), y


def digits() -> Data:
    """Handwritten digits, grey levels in [0, 1]."""
    X, y = load_digits(return_X_y=True)
    return X / 16, y


@cache
def dense(n_rows: int, n_features: int, n_classes: int = N_CLASSES) -> Data:
    """Clusters in a subspace of 12 dimensions, a tenth of the labels wrong, so gradients stay."""
    X, y = make_classification(
        n_rows,
        n_features,
        n_informative=min(12, n_features),
        n_redundant=min(2, n_features - min(12, n_features)),
        n_classes=n_classes,
        n_clusters_per_class=1,
        flip_y=0.1,
        random_state=0,
    )
    return scale(X), y


@cache
def sparse_rows() -> Data:
    """20,000×5,000, 1% non-zero, in ten classes that a linear map tells apart."""
    rng = np.random.default_rng(0)
    X = sparse.random_array((20_000, 5_000), density=0.01, format="csr", rng=rng)
    return X, (X @ rng.standard_normal((5_000, N_CLASSES))).argmax(axis=1)


def new_rows(n_rows: int) -> Data:
    """Rows of 64 features to predict on; their classes are only there to be alike in form."""
    X = np.random.default_rng(1).standard_normal((n_rows, 64))
    return X, np.arange(n_rows) % N_CLASSES


IRIS = Case(
    "Iris, (4,), full batch, SGD",
    iris,
    (4,),
    epochs=2_000,
    against={"MLPClassifier": (None, 5), "torch": (4.5, None)},
    batch=150,
    solver="sgd",
    learning_rate=0.1,
)
ONE_ROW = Case(
    "predict_proba, 1×64, (100,)",
    partial(new_rows, 1),
    (100,),
    epochs=1,
    against={"MLPClassifier": (1.3, 1.3), "torch": NO_BARS},
    kind="predict",
    repeat=1_000,
)
#: A few rows in each call; bars for MLPClassifier alone.
SMALL_CALLS = {"MLPClassifier": (1.2, 1.2)}
CASES = {
    "iris": IRIS,
    "iris-in-order": replace(
        IRIS,
        title="Iris, the same, shuffle=False",
        against={"MLPClassifier": NO_BARS},
        shuffle=False,
    ),
    "digits": Case(
        "digits, (100,), Adam",
        digits,
        (100,),
        epochs=30,
        against={"MLPClassifier": (3, 2.2), "torch": (2.5, None)},
    ),
    "20000x16": Case(
        "20,000×16, (100,), 26 classes",
        partial(dense, 20_000, 16, 26),
        (100,),
        epochs=10,
        against={"MLPClassifier": (3, 2.4), "torch": (2.5, None)},
    ),
    "20000x784": Case(
        "20,000×784, (256, 128)",
        partial(dense, 20_000, 784),
        (256, 128),
        epochs=4,
        against={"MLPClassifier": (1.8, 1.4), "torch": (1.1, None)},
        runs=3,
    ),
    "wide-layers": Case(
        "5,000×64, (1024, 1024)",
        partial(dense, 5_000, 64),
        (1024, 1024),
        epochs=2,
        against={"MLPClassifier": NO_BARS, "torch": NO_BARS},
        runs=3,
    ),
    "large-batches": Case(
        "20,000×784, (256, 128), batches of 1,000",
        partial(dense, 20_000, 784),
        (256, 128),
        epochs=4,
        against={"MLPClassifier": NO_BARS, "torch": NO_BARS},
        batch=1_000,
        runs=3,
    ),
    "sparse": Case(
        "sparse 20,000×5,000, (64,)",
        sparse_rows,
        (64,),
        epochs=3,
        against={"MLPClassifier": (2, 2)},
        runs=3,
    ),
    "one-row": ONE_ROW,
    "one-row-list": replace(
        ONE_ROW, title="the same row as a list", kind="list", against=SMALL_CALLS
    ),
    "one-row-frame": replace(
        ONE_ROW, title="the same row as a DataFrame", kind="frame", against=SMALL_CALLS
    ),
    "stream": replace(
        ONE_ROW,
        title="predict and partial_fit, 1×64",
        kind="stream",
        batch=1,
        against=SMALL_CALLS,
    ),
    "warm-fit": Case(
        "Iris, one more epoch, warm_start",
        iris,
        (100,),
        epochs=1,
        against=SMALL_CALLS,
        kind="warm fit",
        batch=150,
        repeat=200,
    ),
    "wide": Case(
        "predict_proba, 10,000×64, (1024, 1024)",
        partial(new_rows, 10_000),
        (1024, 1024),
        epochs=1,
        against={"MLPClassifier": NO_BARS, "torch": NO_BARS},
        kind="predict",
        runs=3,
    ),
    "many-rows": Case(
        "predict_proba, 100,000×64, (100,)",
        partial(new_rows, 100_000),
        (100,),
        epochs=1,
        against={"MLPClassifier": (1.2, None), "torch": (0.9, None)},
        kind="predict",
        repeat=3,
    ),
}
