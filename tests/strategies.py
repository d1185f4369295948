"""Hypothesis strategies: parameters of the networks, and the data that they are fitted to.

Values come from NumPy, with a seed that hypothesis draws: this is many times faster than to draw
every number, and a failure still shrinks to few rows, columns and parameters.
"""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from scipy import sparse

from scratchmlp import ScratchMLPClassifier
from scratchmlp.activations import ACTIVATIONS
from scratchmlp.initializers import INITIALIZERS, he_normal
from scratchmlp.losses import (
    AbsoluteError,
    FocalLoss,
    HuberLoss,
    LogLoss,
    PoissonLoss,
    QuantileLoss,
    SquaredError,
    losses_for,
)
from scratchmlp.optimizers import OPTIMIZERS
from scratchmlp.schedules import SCHEDULES, Cosine, CosLog4, InverseScaling, OneCycle

SEED = st.integers(0, 99)

# Parameters.

SMALL = st.sampled_from([0.0, 1e-300, 1e-8, 1e-4, 0.5])
POSITIVE = st.sampled_from([1e-300, 1e-8, 1e-3, 0.1, 1.0, 1e10, 1e300])
DECAY = st.sampled_from([0.0, 1e-300, 0.5, 0.9, 1 - 1e-16])
LAYERS = st.sampled_from([(), 1, 4, (3,), [2, 3], np.array([3]), (2, 2, 2)])
COUNT = st.integers(1, 70)


@st.composite
def some_of(draw, options, at_most):
    """Draw values of a few of the options."""
    names = draw(st.lists(st.sampled_from(sorted(options)), max_size=at_most, unique=True))
    return {name: draw(options[name]) for name in names}


def one_or_tuple(values):
    return values | st.lists(values, max_size=3).map(tuple)


@st.composite
def optimizers(draw):
    """Draw an optimizer object with a few hyper-parameters."""
    optimizer = OPTIMIZERS[draw(st.sampled_from(sorted(OPTIMIZERS)))]()
    hyper = {
        "weight_decay": SMALL,
        "max_grad_norm": st.none() | POSITIVE,
        "momentum": DECAY | st.just(1.0),
        "nesterov": st.booleans(),
        "beta_1": DECAY,
        "beta_2": DECAY,
        "rho": DECAY,
        "epsilon": POSITIVE,
    }
    own = {name: hyper[name] for name in optimizer.get_params()}
    return optimizer.set_params(**draw(some_of(own, 3)))


def _harmonic(progress):
    return 1 / (1 + progress.epoch)


def _nan(progress):
    return np.nan


SCHEDULE_OBJECTS = st.one_of(
    st.builds(InverseScaling, POSITIVE),
    st.builds(Cosine, st.none() | st.integers(1, 5)),
    st.builds(CosLog4, st.none() | st.integers(1, 5)),
    st.builds(OneCycle, st.none() | st.integers(1, 5), warmup=st.sampled_from([0.0, 0.3])),
    st.sampled_from([_harmonic, _nan]),
)
LOSS_OBJECTS = st.one_of(
    st.builds(LogLoss, st.sampled_from([0.0, 0.1, 0.999])),
    st.builds(FocalLoss, st.sampled_from([0.0, 0.5, 2.0, 100.0])),
    st.builds(HuberLoss, POSITIVE),
    st.builds(QuantileLoss, st.sampled_from([1e-300, 0.1, 0.5])),
    st.sampled_from([SquaredError(), AbsoluteError(), PoissonLoss()]),
)
SCORING = {
    "classifier": ["accuracy", "balanced_accuracy", "roc_auc", "neg_log_loss", "f1_macro"],
    "regressor": ["r2", "neg_mean_squared_error", "neg_max_error", "neg_mean_gamma_deviance"],
}


def _score(estimator, X, y):
    return float(np.sum(estimator.coefs_[0]))


def options(kind):
    """Return a strategy for each parameter of a classifier or a regressor."""
    chosen = {
        "hidden_layer_sizes": LAYERS,
        "activation": one_or_tuple(st.sampled_from([*ACTIVATIONS, ACTIVATIONS["gelu"]])),
        "solver": st.sampled_from(["lbfgs", *OPTIMIZERS]) | optimizers(),
        "alpha": SMALL | POSITIVE,
        "batch_size": st.sampled_from(["auto", "full"]) | COUNT,
        "learning_rate": st.sampled_from(["adaptive", *SCHEDULES]) | SCHEDULE_OBJECTS,
        "learning_rate_init": POSITIVE,
        "power_t": SMALL,
        "max_iter": st.integers(1, 5),
        "shuffle": st.booleans(),
        "random_state": st.sampled_from([1, 2**32 - 1]) | st.builds(np.random.RandomState, SEED),
        "tol": SMALL | POSITIVE,
        "verbose": st.booleans(),
        "warm_start": st.booleans(),
        "momentum": DECAY | st.just(1.0),
        "nesterovs_momentum": st.booleans(),
        "early_stopping": st.just(True),
        "validation_fraction": st.sampled_from([0.0, 1e-300, 0.1, 0.5, 1 - 1e-16]),
        "beta_1": DECAY,
        "beta_2": DECAY,
        "epsilon": POSITIVE,
        "n_iter_no_change": st.sampled_from([1, 3, np.inf]),
        "max_fun": st.sampled_from([1, 2, 15000]),
        "loss": st.sampled_from(sorted(losses_for(kind))) | LOSS_OBJECTS,
        "output_activation": st.sampled_from(["auto", "softmax", "logistic", "identity"]),
        "fit_intercept": st.booleans(),
        "weight_init": st.sampled_from([*INITIALIZERS, he_normal]),
        "dropout": one_or_tuple(st.sampled_from([0.0, 1e-300, 0.5, 1 - 1e-16])),
        "scoring": st.sampled_from(["loss", None, _score, *SCORING[kind]]),
    }
    if kind == "classifier":
        chosen["class_weight"] = st.none()  # `cases` draws one that suits the labels
    return chosen


OPTIONS = {kind: options(kind) for kind in SCORING}

# Data.

ROWS = st.sampled_from(range(1, 61))  # st.integers would draw 1 far too often
EXPONENTS = st.integers(-300, 300)


def spread(draw, values):
    """Multiply numbers by a power of ten, or each column by one of its own."""
    kind = draw(st.sampled_from(["one", "one", "one", "all", "columns"]))
    if kind == "one":
        return values
    n = values.shape[-1] if kind == "columns" and values.ndim > 1 else 1
    return values * 10.0 ** np.array([draw(EXPONENTS) for _ in range(n)])


DTYPES = ["float64", "float64", "float32", "float16", "int64", "int8", "uint16", "bool", "object"]


def frozen(values):
    values = values.copy()
    values.flags.writeable = False
    return values


def strided(values):
    wide = np.zeros((2 * values.shape[0], *values.shape[1:]), values.dtype)
    wide[::2] = values
    return wide[::2]


LAYOUTS = [
    np.ascontiguousarray,
    np.asfortranarray,
    frozen,
    strided,
    lambda values: values[::-1].copy()[::-1],
    lambda values: values.byteswap().view(values.dtype.newbyteorder()),
]
SPARSE = [
    *(sparse.csr_array, sparse.csc_array, sparse.coo_array),
    *(sparse.csr_matrix, sparse.csc_matrix, sparse.coo_matrix),
    *(sparse.lil_array, sparse.dok_array, sparse.dia_array, sparse.bsr_array),
]


@st.composite
def inputs(draw, n_rows, n_columns):
    """Draw X: numbers of any magnitude, dtype, memory layout and sparse format."""
    rng, shape = np.random.default_rng(draw(SEED)), (n_rows, n_columns)
    values = {
        "normal": rng.normal(size=shape),
        "counts": rng.integers(0, 3, shape),
        "constant": np.full(shape, rng.choice([0, 1, -7])),
    }[draw(st.sampled_from(["normal", "normal", "counts", "constant"]))]
    dtype = draw(st.sampled_from(DTYPES))
    with np.errstate(all="ignore"):
        values = (spread(draw, values) if dtype in ("float64", "object") else values).astype(dtype)
    container = draw(st.sampled_from(["array"] * 4 + ["sparse"] * 2 + ["frame", "list"]))
    if container == "sparse" and dtype not in ("object", "float16"):
        return draw(st.sampled_from(SPARSE))(values)
    if container == "frame":
        return pd.DataFrame(values, columns=[f"c{i}" for i in range(n_columns)])
    if container == "list":
        return values.tolist()
    return draw(st.sampled_from(LAYOUTS))(values)


TEXT = ["no", "yes", "", "ä", "\ud800"]
LABELS = [
    lambda numbers: numbers,
    lambda numbers: 4 - 3 * numbers,
    lambda numbers: numbers.astype("uint8"),
    lambda numbers: numbers.astype("float64"),
    lambda numbers: np.array(TEXT)[numbers],
    lambda numbers: np.array(TEXT, dtype=object)[numbers],
    lambda numbers: numbers > 0,
    lambda numbers: numbers[:, np.newaxis],
    lambda numbers: numbers.tolist(),
    lambda numbers: pd.Series(numbers).astype("category"),
    lambda numbers: pd.Series([TEXT[i] for i in numbers], dtype=object),
]


@st.composite
def labels(draw, n_rows):
    """Draw class labels."""
    rng = np.random.default_rng(draw(SEED))
    return draw(st.sampled_from(LABELS))(rng.integers(0, draw(st.integers(1, 5)), n_rows))


@st.composite
def classes(draw, n_rows):
    """Draw the targets of a classifier."""
    kind = draw(st.sampled_from(["labels"] * 5 + ["multilabel", "sparse"]))
    if kind == "labels":
        return draw(labels(n_rows))
    rng = np.random.default_rng(draw(SEED))
    Y = rng.integers(0, 2, (n_rows, draw(st.integers(1, 3))))
    return sparse.csr_array(Y) if kind == "sparse" else Y


@st.composite
def numbers(draw, n_rows):
    """Draw the targets of a regressor."""
    rng = np.random.default_rng(draw(SEED))
    shape = draw(st.sampled_from([(n_rows,), (n_rows,), (n_rows, 1), (n_rows, 3)]))
    y = {
        "normal": rng.normal(size=shape),
        "uniform": rng.uniform(size=shape),
        "counts": rng.poisson(2, shape),
        "constant": np.full(shape, rng.choice([0, 1, -7])),
        "shares": rng.dirichlet(np.ones(3), n_rows),
    }[draw(st.sampled_from(["normal", "normal", "uniform", "counts", "constant", "shares"]))]
    with np.errstate(all="ignore"):
        y = spread(draw, y).astype(draw(st.sampled_from(["float64", "float64", "float32", "int"])))
    return draw(st.sampled_from(LAYOUTS))(y)


@st.composite
def weights(draw, n_rows):
    """Draw weights of rows, or None."""
    kind = draw(st.sampled_from([*["none"] * 4, "ones", "random", "few", "one", "zeros"]))
    if kind == "none":
        return None
    w = np.random.default_rng(draw(SEED)).uniform(size=n_rows)
    w = {
        "ones": np.ones(n_rows),
        "random": w,
        "few": w * (w > 0.7),
        "one": (np.arange(n_rows) == 0) * 1.0,
        "zeros": np.zeros(n_rows),
    }[kind]
    w *= 10.0 ** draw(st.sampled_from([0, 0, 0, -300, -40, 30, 300]))
    kinds = [np.asarray, np.float32, np.ndarray.tolist, pd.Series, frozen, lambda w: w[:, None]]
    with np.errstate(all="ignore"):
        return draw(st.sampled_from(kinds))(w)


@dataclass
class Case:
    """An estimator, and the arguments of its methods."""

    estimator: Any
    X: Any
    y: Any
    sample_weight: Any
    new: Any  # rows to predict
    validation: dict = field(default_factory=dict)

    @property
    def arguments(self):
        return {"X": self.X, "y": self.y, "sample_weight": self.sample_weight, **self.validation}

    @property
    def inputs(self):
        return [*self.arguments.values(), self.new]


FACTORS = st.sampled_from([0, 0.5, 1, 3, 1e-300, 1e300])


@st.composite
def class_weights(draw, y):
    """Draw "balanced", or the weights of the classes in y."""
    if draw(st.booleans()):
        return "balanced"
    if getattr(y, "ndim", 1) == 2 and y.shape[1] > 1:
        return [{0: draw(FACTORS), 1: draw(FACTORS)} for _ in range(y.shape[1])]
    labels = y.toarray() if sparse.issparse(y) else np.asarray(y)
    return {label: draw(FACTORS) for label in np.unique(labels.ravel()).tolist()}


@st.composite
def validation_data(draw, y, targets, n_columns):
    """Draw validation data, whose targets are those of some training rows or others."""
    n_val = draw(st.integers(1, 10))
    y_val = y[:n_val] if draw(st.booleans()) else draw(targets(n_val))
    n_val = y_val.shape[0] if hasattr(y_val, "shape") else len(y_val)
    return {
        "X_val": draw(inputs(n_val, n_columns)),
        "y_val": y_val,
        "sample_weight_val": draw(weights(n_val)),
    }


@st.composite
def cases(draw, Estimator, n_columns=None):
    """Draw an estimator with parameters, and data."""
    kind = "classifier" if Estimator is ScratchMLPClassifier else "regressor"
    targets = classes if kind == "classifier" else numbers
    parameters = {"max_iter": 2, "hidden_layer_sizes": (3,), "random_state": 0}
    parameters |= draw(some_of(OPTIONS[kind], 6))
    n_rows, n_columns = draw(ROWS), n_columns or draw(st.integers(1, 4))
    y = draw(targets(n_rows))
    if "class_weight" in parameters:
        parameters["class_weight"] = draw(class_weights(y))
    validated = draw(st.sampled_from([False, False, True]))
    return Case(
        Estimator(**parameters),
        draw(inputs(n_rows, n_columns)),
        y,
        draw(weights(n_rows)),
        draw(inputs(draw(st.integers(1, 5)), n_columns)),
        draw(validation_data(y, targets, n_columns)) if validated else {},
    )


# What is no parameter and no data, or only by accident. Not among them are functions, which may
# raise what they like, and integers beyond float64: Python itself says that they are too large.

JUNK = [
    *(None, True, 0, -1, 2, 0.5, np.nan, np.inf, -np.inf, 1e-320, 1j),
    *("", "no such name", (), [], {}, set(), object()),
    *((None,), (-1,), (0.5, "relu"), [[2]], np.float32(0.5), np.int8(3), np.array(2), np.ones(2)),
    *({0: "a"}, {None: 1}, {"a": np.nan}, [{0: 1}], np.ones((2, 2)), pd.NA, pd.NaT, Fraction(1, 2)),
]
DATA = [
    *(None, 3, "text", [], [[]], [[1], [1, 2]], {}, {"a": [1]}, {1, 2}, object(), range(2)),
    *(np.zeros((2, 2, 2)), np.array(1.0), np.zeros((0, 2)), np.zeros((2, 0)), [[1j], [2]]),
    *([[None], [1]], [["a"], [1]], [["1"], ["2"]], [[Fraction(1, 2)], [2]]),
    *([[np.nan], [1]], [[np.inf], [1]], [[1, 2], [3, 4]], [[True], [False]], ["a", "b"], [0, 1]),
    *([0.5, 1.5], [None, 1], [b"a", b"b"], [np.nan, 1.0], ["a", 1], [(0, 1), (1,)], [True, False]),
    *(np.array(["2020", "2021"], "M8[D]"), np.array([1, 2], "m8[s]"), np.ones(2, "f4,i4")),
    *(np.ma.masked_array([[1.0], [2]], [[True], [False]]), np.longdouble([[1], [2]])),
    *(np.array(["a", "b"], "S"), pd.Series([1, None], dtype="Int64"), pd.Series(["a", "b"])),
    *(pd.Categorical(["a", "b"]), pd.DataFrame({"a": [1, 2], 3: [1, 2]}), pd.Index([1, 2])),
    *(pd.DataFrame([[1, 2], [3, 4]], columns=["a", "a"]), pd.DataFrame({"a": ["x", None]})),
    *(pd.DataFrame({"a": pd.Series([1, None], dtype="Int64")}), pd.interval_range(0, 2)),
    *(sparse.csr_array([[1, 0], [0, np.nan]]), sparse.csr_array([[1, 0], [0, 1]], dtype=complex)),
    *(sparse.csr_array((2, 2)), sparse.coo_array([1, 2]), sparse.csr_array([[1], [0]], dtype=bool)),
]
