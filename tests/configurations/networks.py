"""Networks, and the data that they are fitted to.

Values come from NumPy with a seed that is chosen. This is many times faster than to choose every
number, and hypothesis still shrinks to few rows, columns and parameters.
"""

import copy
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.activations import ACTIVATIONS
from scratchmlp.initializers import INITIALIZERS, he_normal
from scratchmlp.losses import LOSSES, FocalLoss, HuberLoss, LogLoss, QuantileLoss, SquaredError
from scratchmlp.optimizers import OPTIMIZERS, SGD, AdaGrad, Adam, AdamW, NAdam, RMSProp
from scratchmlp.schedules import SCHEDULES, Cosine, CosLog4, FlatCosine, InverseScaling, OneCycle
from tests.configurations import SEEDS, Case, joined, some_of

# Parameters. Ordinary names are spelled out: `same_numbers.py` chooses the same for a checkout in
# which one is not registered. As extreme values, all that are registered are fuzzed.


@dataclass(frozen=True)
class Sine:
    """An activation of a user's own."""

    def forward(self, z, out):
        return np.sin(z, out=out)

    def backward(self, z, a, derivative):
        derivative *= np.cos(z)


def halved(progress):
    return 0.5 ** (progress.epoch // 2)


def undefined(progress):
    return np.nan


def striped(random_state, n_in, n_out, activation):
    W = np.where(np.add.outer(np.arange(n_in), np.arange(n_out)) % 3, 0.1, -0.2)
    return W, np.full(n_out, 0.1)


def mean_weight(estimator, X, y):
    return float(np.mean(estimator.coefs_[0]))


def share_of_errors(estimator, X, y):
    y = y.toarray() if sparse.issparse(y) else np.asarray(y)
    return -float(np.mean(estimator.predict(X) != y))


SOLVERS = ["adam", "sgd", "adagrad", "rmsprop", "adamw", "nadam", "lbfgs"]
FRACTION = [0.5, 0.9]
DECAY = [0.0, 1e-300, 1 - 1e-16]
POSITIVE = [1e-300, 1e-8, 1.0, 1e10, 1e300]
HYPERPARAMETERS = {
    "weight_decay": [0.0, 1e-300, 0.5],
    "max_grad_norm": [None, *POSITIVE],
    "momentum": [*FRACTION, *DECAY, 1.0],
    "nesterov": [False],
    **{name: [*FRACTION, *DECAY] for name in ("beta_1", "beta_2", "rho")},
    "epsilon": POSITIVE,
}
CHANGED_OPTIMIZERS = [
    Kind().set_params(**{name: value})
    for Kind in OPTIMIZERS.values()
    for name in sorted(Kind().get_params())
    for value in HYPERPARAMETERS.get(name, [])  # test_registries.py names one that is missing
]
ORDINARY = {
    "hidden_layer_sizes": [(3,), (), 4, [2, 3], (5, 4, 3), (40, 30)],
    "activation": [
        *("relu", "identity", "logistic", "tanh", "leaky_relu", "elu", "selu", "gelu", "silu"),
        *("mish", "softplus", Sine()),
    ],
    "solver": [
        *SOLVERS * 2,
        *(Kind(weight_decay=0.05) for Kind in (SGD, AdaGrad, RMSProp, Adam, AdamW, NAdam)),
        *(Kind(max_grad_norm=0.3) for Kind in (SGD, AdaGrad, RMSProp, Adam, AdamW, NAdam)),
    ],
    "alpha": [0.0, 0.5, 1.0],
    "batch_size": ["full", 1, 7, 32],
    "learning_rate": [
        *("adaptive", "invscaling", "cosine", "coslog4", "flat_cosine", "one_cycle"),
        *(Cosine(5), CosLog4(20), FlatCosine(8), InverseScaling(0.3)),
        *(OneCycle(warmup=0.0, start=0.1, end=0.0), halved),
    ],
    "learning_rate_init": [0.01, 0.1],
    "power_t": [0.0, 0.2, 1.0],
    "max_iter": [1, 5],
    "shuffle": [False],
    "random_state": [1, np.random.RandomState(3)],
    "tol": [0.0, 1e-2],
    "verbose": [True],
    "warm_start": [True],
    "momentum": [*FRACTION, 0.0, 1.0],
    "nesterovs_momentum": [False],
    "early_stopping": [True],
    "beta_1": [0.0, 0.5],
    "beta_2": FRACTION,
    "epsilon": [1e-3],
    "n_iter_no_change": [1, 3],
    "max_fun": [1, 5],
    "fit_intercept": [False],
    "weight_init": ["he_normal", "he_uniform", "lecun_normal", "standard_normal", striped],
}
EXTREME = {
    "hidden_layer_sizes": [1, np.array([3])],
    "activation": [*ACTIVATIONS, (), ("relu",), ("tanh", "relu"), [ACTIVATIONS["gelu"]]],
    "solver": [*[*OPTIMIZERS, "lbfgs"] * 12, *CHANGED_OPTIMIZERS],
    "alpha": POSITIVE,
    "batch_size": range(1, 70),
    "learning_rate": [
        *SCHEDULES,
        *(InverseScaling(value) for value in POSITIVE),
        *(Kind(n) for Kind in (Cosine, CosLog4, OneCycle) for n in (None, 1, 5)),
        undefined,
    ],
    "learning_rate_init": POSITIVE,
    "power_t": [1e-300, 1e-8, 0.5],
    "random_state": [2**32 - 1, *(np.random.RandomState(seed) for seed in range(9))],
    "tol": POSITIVE,
    "momentum": DECAY,
    "validation_fraction": [0.0, 1e-300, 0.1, 0.5, 1 - 1e-16],
    "beta_1": DECAY,
    "beta_2": DECAY,
    "epsilon": POSITIVE,
    "n_iter_no_change": [np.inf],
    "max_fun": [2, 15_000],
    "output_activation": ["softmax", "logistic", "identity"],
    "weight_init": [*INITIALIZERS, he_normal],
    "dropout": [0.0, 1e-300, 0.5, 1 - 1e-16, (0.5,), (0.0, 0.5)],
    "loss": [
        *LOSSES,
        *(LogLoss(value) for value in (0.0, 0.999)),
        *(FocalLoss(value) for value in (0.0, 0.5, 100.0)),
        *(HuberLoss(value) for value in POSITIVE),
        *(QuantileLoss(value) for value in (1e-300, 0.5)),
    ],
    "scoring": ["loss", None, mean_weight],
}
OF_KIND = {
    "classifier": {
        "loss": ["log_loss", "focal", "squared_error", LogLoss(0.1), FocalLoss(0.5)],
        "scoring": [
            *("accuracy", "balanced_accuracy", "neg_log_loss", "f1_macro", "roc_auc"),
            share_of_errors,
        ],
        "class_weight": ["balanced"],  # `case` chooses others that suit the labels
    },
    "regressor": {
        "loss": [
            *("squared_error", "poisson", "absolute_error", "huber", "quantile"),
            *(HuberLoss(0.2), QuantileLoss(0.9), SquaredError()),
        ],
        "scoring": ["r2", "neg_mean_squared_error", "neg_max_error", share_of_errors],
    },
}


def options(kind, *, extreme=True):
    """Return the values of each parameter of a classifier or a regressor."""
    ordinary = ORDINARY | OF_KIND[kind]
    return joined(ordinary, EXTREME) if extreme else ordinary


ADAPTIVE = {"solver": "sgd", "learning_rate": "adaptive"}
DIVERGING = {"solver": "sgd", "learning_rate_init": 30.0, "activation": "identity"}
#: Settings that say something together. Each case changes one of them a little.
TOGETHER = [
    {},
    {"early_stopping": True, "n_iter_no_change": 2, "max_iter": 25},
    {"early_stopping": True, "scoring": "loss", "validation_fraction": 0.3},
    {"solver": "lbfgs", "max_iter": 10},
    ADAPTIVE | {"learning_rate_init": 0.1, "tol": 0.05, "n_iter_no_change": 1, "max_iter": 30},
    {"hidden_layer_sizes": (6, 5), "activation": ("tanh", Sine()), "dropout": (0.0, 0.5)},
    {"hidden_layer_sizes": (9, 8), "dropout": 0.3},
    DIVERGING | {"early_stopping": True, "n_iter_no_change": np.inf, "max_iter": 40},
]
OUTPUTS = {
    "classifier": [
        *({}, {}, {"loss": "squared_error", "output_activation": "identity"}),
        *({"loss": "focal", "output_activation": "logistic"}, {"output_activation": "logistic"}),
    ],
    "regressor": [{}, {}, {"output_activation": "logistic"}],
}

# X.

EXPONENTS = range(-300, 301)
DTYPES = ["float64", "float64", "float32", "float16", "int64", "int8", "uint16", "bool", "object"]
VALUES = {
    "normal": lambda rng, shape: rng.normal(size=shape),
    "uniform": lambda rng, shape: rng.uniform(size=shape),
    "counts": lambda rng, shape: rng.poisson(2, shape),
    "constant": lambda rng, shape: np.full(shape, rng.choice([0, 1, -7])),
}


def frozen(values):
    values = values.copy()
    values.flags.writeable = False
    return values


def strided(values):
    wide = np.zeros((2 * values.shape[0], *values.shape[1:]), values.dtype)
    wide[::2] = values
    return wide[::2]


LAYOUTS = [
    *(np.ascontiguousarray, np.asfortranarray, frozen, strided),
    lambda values: values[::-1].copy()[::-1],
    lambda values: values.byteswap().view(values.dtype.newbyteorder()),
]
SPARSE = [
    *(sparse.csr_array, sparse.csc_array, sparse.coo_array),
    *(sparse.csr_matrix, sparse.csc_matrix, sparse.coo_matrix),
    *(sparse.lil_array, sparse.dok_array, sparse.dia_array, sparse.bsr_array),
]


def spread(choose, values):
    """Multiply numbers by a power of ten, or each column by one of its own."""
    kind = choose(["one", "one", "one", "all", "columns"])
    if kind == "one":
        return values
    n = values.shape[-1] if kind == "columns" and values.ndim > 1 else 1
    return values * 10.0 ** np.array([choose(EXPONENTS) for _ in range(n)])


def inputs(choose, n_rows, n_columns, *, extreme=False):
    """Choose X: numbers of any dtype, memory layout and sparse format."""
    rng, dtype = np.random.default_rng(choose(SEEDS)), choose(DTYPES)
    make = VALUES[choose(["normal", "normal", "counts", "constant" if extreme else "normal"])]
    values = make(rng, (n_rows, n_columns))
    with np.errstate(all="ignore"):
        wide = extreme and dtype in ("float64", "object")
        values = (spread(choose, values) if wide else values).astype(dtype)
    container = choose(["array"] * 4 + ["sparse"] * 2 + ["frame", "list"])
    if container == "sparse" and dtype not in ("object", "float16"):
        return choose(SPARSE)(values)
    if container == "frame":
        return pd.DataFrame(values, columns=[f"c{i}" for i in range(n_columns)])
    if container == "list":
        return values.tolist()
    return choose(LAYOUTS)(values)


# Targets.

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


def labels(choose, n_rows, *, extreme=False):
    """Choose class labels."""
    rng = np.random.default_rng(choose(SEEDS))
    n_classes = choose(range(1, 6) if extreme else [2, 3, 2, 3, 2, 3, 1])
    return choose(LABELS)(rng.integers(0, n_classes, n_rows))


def classes(choose, n_rows, *, extreme=False):
    """Choose the targets of a classifier."""
    kind = choose(["labels"] * 5 + ["multilabel", "sparse"])
    if kind == "labels":
        return labels(choose, n_rows, extreme=extreme)
    n_outputs = choose([1, 2, 3] if extreme else [2, 3])
    Y = np.random.default_rng(choose(SEEDS)).integers(0, 2, (n_rows, n_outputs))
    return sparse.csr_array(Y) if kind == "sparse" else Y


def numbers(choose, n_rows, *, extreme=False):
    """Choose the targets of a regressor."""
    rng = np.random.default_rng(choose(SEEDS))
    shape = choose([(n_rows,), (n_rows,), (n_rows, 1), (n_rows, 3)])
    kind = choose(["uniform", "uniform", "counts", *(["normal", "constant", "shares"] * extreme)])
    y = rng.dirichlet(np.ones(3), n_rows) if kind == "shares" else VALUES[kind](rng, shape)
    with np.errstate(all="ignore"):
        y = spread(choose, y) if extreme else np.minimum(y, 1)  # for the logistic function
        y = y.astype(choose(["float64", "float64", "float32", *["int"] * extreme]))
    return choose(LAYOUTS)(y)


# What else fit is given.

FACTORS = [1, 0.5, 3]


def weights(choose, n_rows, *, extreme=False):
    """Choose weights of rows, or None."""
    kind = choose([*["none"] * 4, "ones", "random", "few", *["one", "zeros"] * extreme])
    if kind == "none":
        return None
    w = np.random.default_rng(choose(SEEDS)).uniform(size=n_rows)
    one, ones = np.eye(1, n_rows)[0], np.ones(n_rows)
    w = {"ones": ones, "random": w, "few": w * (w > 0.7), "one": one, "zeros": 0 * w}[kind]
    w *= 10.0 ** choose([0, 0, 0, -300, -40, 30, 300] if extreme else [0])
    kinds = [np.asarray, np.float32, np.ndarray.tolist, pd.Series, frozen, lambda w: w[:, None]]
    with np.errstate(all="ignore"):
        return choose(kinds if extreme else kinds[:-1])(w)


def class_weights(choose, y, *, extreme=False):
    """Choose "balanced", or the weights of the classes in y."""
    if choose([True, False]):
        return "balanced"
    factors = [*FACTORS, 0, 1e-300, 1e300] if extreme else FACTORS
    if getattr(y, "ndim", 1) == 2 and y.shape[1] > 1:
        return [{0: choose(factors), 1: choose(factors)} for _ in range(y.shape[1])]
    labels = y.toarray() if sparse.issparse(y) else np.asarray(y)
    return {label: choose(factors) for label in np.unique(labels.ravel()).tolist()}


def validation_data(choose, y, targets, n_columns, *, extreme=False):
    """Choose validation data. Its targets are those of some training rows, or extreme ones."""
    n_val = choose(range(1, 11) if extreme else [10, 20])
    y_val = targets(choose, n_val, extreme=True) if extreme and choose([False, True]) else y[:n_val]
    n_val = y_val.shape[0] if hasattr(y_val, "shape") else len(y_val)
    X_val = inputs(choose, n_val, n_columns, extreme=extreme)
    weight = weights(choose, n_val, extreme=extreme)
    return {"X_val": X_val, "y_val": y_val, "sample_weight_val": weight}


def kind_of(Estimator):
    """Return "classifier" or "regressor"."""
    return "classifier" if Estimator is ScratchMLPClassifier else "regressor"


def case(choose, Estimator, n_columns=None, *, extreme=False):
    """Choose the parameters of a network, and data."""
    kind = kind_of(Estimator)
    targets = classes if kind == "classifier" else numbers
    parameters = {"max_iter": 2 if extreme else 8, "hidden_layer_sizes": (3,), "random_state": 0}
    if not extreme:
        parameters |= choose(TOGETHER) | choose(OUTPUTS[kind])
    parameters |= some_of(choose, options(kind, extreme=extreme), 6 if extreme else 4)
    n_rows = choose(range(1, 61) if extreme else [40, 60, 90])
    n_columns = n_columns or choose(range(1, 5) if extreme else [3, 1, 5, 30])
    y = targets(choose, n_rows, extreme=extreme)
    if "class_weight" in parameters:
        parameters["class_weight"] = class_weights(choose, y, extreme=extreme)
    X = inputs(choose, n_rows, n_columns, extreme=extreme)
    given = {"sample_weight": weights(choose, n_rows, extreme=extreme)}
    if choose([False, False, True]):
        given |= validation_data(choose, y, targets, n_columns, extreme=extreme)
    new = inputs(choose, choose(range(1, 6)), n_columns, extreme=extreme)
    return Case(Estimator(**copy.deepcopy(parameters)), X, y, new, given)


def network(choose):
    """Choose a classifier or a regressor, ordinary parameters, and data."""
    return case(choose, choose([ScratchMLPClassifier, ScratchMLPRegressor]))
