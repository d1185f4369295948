"""Data, networks and their outputs: the common part of the grids of `same_numbers.py`.

A configuration is a name and a function that returns outputs by name. Only public names of the
package are used, so that versions can be compared.
"""

from collections.abc import Callable, Iterator
from functools import cache, partial
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    make_multilabel_classification,
)
from sklearn.model_selection import ParameterGrid
from sklearn.preprocessing import minmax_scale, scale

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor

Outputs = dict[str, Any]
Configurations = Iterator[tuple[str, Callable[[], Outputs]]]
Rows = tuple[Any, Any]

CLASSIFIERS = ("binary", "multiclass", "multilabel")
REGRESSORS = ("number", "numbers")
TASKS = CLASSIFIERS + REGRESSORS
DENSE = ("float64", "float32")
FORMS = (*DENSE, "sparse float64", "sparse float32")
EITHER = (False, True)
NAMES = ("sgd", "adagrad", "rmsprop", "adam", "adamw", "nadam", "lbfgs")
SMALL = {"hidden_layer_sizes": (7,), "max_iter": 10, "batch_size": 32, "random_state": 0}


# Data.


@cache
def rows_of(task: str) -> Rows:
    """Load the rows of a task, in float64."""
    if task == "binary":
        X, y = load_breast_cancer(return_X_y=True)
        return scale(X)[::4], np.array(["malignant", "benign"])[y[::4]]
    if task == "multiclass":
        X, y = load_iris(return_X_y=True)
        return scale(X), y
    if task == "multilabel":
        X, y = make_multilabel_classification(120, 9, n_classes=4, random_state=0)
        return scale(X), y
    if task == "digits":
        X, y = load_digits(return_X_y=True)
        return X[:300] / 16, y[:300]
    X, y = load_diabetes(return_X_y=True)
    y = minmax_scale(y) if task == "number" else minmax_scale(np.column_stack([y, X[:, 2:4]]))
    return scale(X)[:150], y[:150]


def load(task: str, form: str) -> Rows:
    """Return the rows of a task as an array, a sparse matrix or a table of some dtype."""
    X, y = rows_of(task)
    dtype = form.split()[-1]
    if form.startswith("sparse"):
        X = csr_matrix(np.where(np.abs(X) > 0.5, X, 0.0))
    elif form.startswith("columns"):
        X = np.asfortranarray(X)
    elif form.startswith("frame"):
        X = pd.DataFrame(X, columns=[f"x{number}" for number in range(X.shape[1])])
    return X.astype(dtype), y


def weights(n_rows: int) -> np.ndarray:
    """Draw weights, some of which are 0."""
    weight = np.random.default_rng(0).integers(0, 5, n_rows) / 2
    return weight + (weight.max() == 0)


def weighted(X: Any, y: Any) -> Outputs:
    """Give rows weights."""
    return {"sample_weight": weights(X.shape[0])}


def validation(X: Any, y: Any) -> Outputs:
    """Give every third row for validation."""
    return {"X_val": X[::3], "y_val": y[::3]}


def all_given(X: Any, y: Any) -> Outputs:
    """Give weights, validation data and weights of these."""
    n_rows = len(y[::3])
    return weighted(X, y) | validation(X, y) | {"sample_weight_val": weights(n_rows)}


# Networks, and what they learn.

ATTRIBUTES = (
    *("theta_", "coefs_", "intercepts_", "loss_", "best_loss_", "loss_curve_", "history_"),
    *("n_iter_", "t_", "best_epoch_", "best_validation_score_", "validation_scores_"),
    *("stop_reason_", "out_activation_", "classes_", "n_outputs_", "n_layers_", "n_parameters_"),
)
METHODS = ("predict", "decision_function", "predict_proba", "predict_log_proba")


def network(task: str, parameters: Outputs) -> Any:
    """Make an estimator for a task."""
    estimator = ScratchMLPRegressor if task in REGRESSORS else ScratchMLPClassifier
    return estimator(**(SMALL | parameters))


def describe(model: Any, X: Any, y: Any) -> Outputs:
    """Return the fitted attributes and the predictions of an estimator."""
    found = {name: getattr(model, name) for name in ATTRIBUTES if hasattr(model, name)}
    for name in METHODS:
        if hasattr(model, name):
            found[name] = getattr(model, name)(X)
            found[f"{name} of one row"] = getattr(model, name)(X[:1])
    for layer in range(model.n_layers_ - 2):
        found[f"hidden_activations {layer}"] = model.hidden_activations(X, layer)
    return found | {"score": model.score(X, y)}


def fit(task: str, form: str, parameters: Outputs, given: Any = None) -> Outputs:
    """Fit a network."""
    X, y = load(task, form)
    model = network(task, parameters).fit(X, y, **(given(X, y) if given else {}))
    return describe(model, X, y)


def label(*parts: Any, **parameters: Any) -> str:
    """Join the parts of a configuration's name; a function is named by its own name."""
    words = [getattr(part, "__name__", str(part)) for part in parts if part is not None]
    words += [f"{k}={getattr(v, '__name__', repr(v))}" for k, v in parameters.items()]
    return ", ".join(words)


def fits(
    tasks: Any = TASKS, forms: Any = DENSE, given: Any = (None,), work: Any = fit, **options: Any
) -> Configurations:
    """Cross tasks, forms of data, what fit is given and lists of parameters."""
    for task, form, gift in product(tasks, forms, given):
        for parameters in ParameterGrid(options):
            kind = None if work is fit else work
            name = label(kind, task, form, gift, **parameters)
            yield name, partial(work, task, form, parameters, gift)
