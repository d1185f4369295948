"""Small fits of every kind, for `same_numbers.py`.

A group is a function that yields configurations.
"""

import io
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any

import numpy as np
from grid import (
    CLASSIFIERS,
    DENSE,
    EITHER,
    FORMS,
    METHODS,
    NAMES,
    REGRESSORS,
    TASKS,
    Configurations,
    Outputs,
    all_given,
    describe,
    fits,
    label,
    load,
    network,
    rows_of,
    validation,
    weighted,
    weights,
)
from scipy.sparse import csr_matrix
from sklearn.ensemble import BaggingClassifier
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from scratchmlp import check_gradient
from scratchmlp.activations import ACTIVATIONS
from scratchmlp.callbacks import TimeLimit
from scratchmlp.losses import FocalLoss, HuberLoss, LogLoss, QuantileLoss, SquaredError
from scratchmlp.optimizers import SGD, AdaGrad, Adam, AdamW, NAdam, RMSProp
from scratchmlp.schedules import (
    SCHEDULES,
    Constant,
    Cosine,
    CosLog4,
    FlatCosine,
    InverseScaling,
    OneCycle,
    Progress,
)

# Groups of single fits.


def solvers() -> Configurations:
    """Every solver on every kind of target and data, and objects with decay and clipping."""
    yield from fits(forms=FORMS, solver=NAMES)
    kinds = (SGD, AdaGrad, RMSProp, Adam, AdamW, NAdam)
    objects = [kind(weight_decay=0.05, max_grad_norm=0.3) for kind in kinds]
    yield from fits(solver=objects)
    yield from fits(["multiclass"], FORMS, solver=[SGD(momentum=0.0), Adam(beta_1=0.5)], tol=[0.0])
    yield from fits(["digits", "number"], ["columns float64", "columns float32"], solver=NAMES)
    yield from fits(["number"], solver=["sgd"], momentum=[0, 0.5, 1], nesterovs_momentum=EITHER)
    yield from fits(["binary"], solver=["adam", "nadam"], beta_1=[0, 0.5], epsilon=[1e-3])
    yield from fits(["binary"], solver=["adagrad", "rmsprop", "adamw"], epsilon=[1e-3])
    yield from fits(["number"], ["float64"], solver=["lbfgs"], max_fun=[5], tol=[1e-4, 1e-7])


@dataclass(frozen=True)
class Sine:
    """An activation of a user's own."""

    def forward(self, z: np.ndarray, out: np.ndarray) -> np.ndarray:
        """Compute sin z."""
        return np.sin(z, out=out)

    def backward(self, z: np.ndarray, a: np.ndarray, delta: np.ndarray) -> None:
        """Multiply by cos z."""
        delta *= np.cos(z)


def activations() -> Configurations:
    """Every activation, by name, as an object and by layer."""
    chosen = [*ACTIVATIONS, Sine(), ("tanh", "relu"), ("gelu", Sine())]
    tasks = ("multiclass", "number")
    yield from fits(tasks, DENSE, activation=chosen, hidden_layer_sizes=[(6, 5)])
    yield from fits(["digits"], FORMS[2:], activation=list(ACTIVATIONS), max_iter=[3])


def losses() -> Configurations:
    """Every loss with every output activation that it goes with, and some that it refuses."""
    options = {"solver": ["adam", "lbfgs"], "output_activation": ["auto", "softmax", "logistic"]}
    chosen = ["log_loss", "squared_error", "focal", LogLoss(label_smoothing=0.1), FocalLoss(1.0)]
    yield from fits(CLASSIFIERS, DENSE, loss=chosen, **options)
    yield from fits(CLASSIFIERS, DENSE, loss=["squared_error"], output_activation=["identity"])
    chosen = ["squared_error", "absolute_error", "huber", "quantile", HuberLoss(0.2)]
    chosen += [QuantileLoss(0.9)]
    options = {"output_activation": ["identity", "logistic"], "learning_rate_init": [0.01]}
    yield from fits(REGRESSORS, DENSE, loss=chosen, **options)
    yield from fits(REGRESSORS, ["float64"], loss=chosen, solver=["lbfgs"])
    yield from fits(REGRESSORS, FORMS, loss=["poisson"], solver=["adam", "lbfgs"])
    given = [SquaredError().with_output("logistic")]
    yield from fits(["numbers", "binary"], DENSE, loss=given)


def softmax(X: Any) -> Outputs:
    """Fit a regressor to targets that sum to one."""
    y = rows_of("numbers")[1]
    model = network("numbers", {"output_activation": "softmax"})
    return describe(model.fit(X, y / y.sum(axis=1, keepdims=True)), X, y)


def sparse_targets(X: Any) -> Outputs:
    """Fit a classifier to a sparse indicator matrix."""
    y = (rows_of("numbers")[1] > 0.5).astype(int)
    return describe(network("multilabel", {}).fit(X, csr_matrix(y)), X, y)


def one_class(X: Any) -> Outputs:
    """Fit a classifier to a single class."""
    y = np.full(X.shape[0], "only")
    return describe(network("binary", {}).fit(X, y), X, y)


def column(X: Any) -> Outputs:
    """Fit a regressor to targets in a column."""
    y = rows_of("number")[1][:, np.newaxis]
    return describe(network("number", {}).fit(X, y), X, y)


def many_rows(X: Any) -> Outputs:
    """Predict rows that do not fit into one chunk, and rows that are far away."""
    y = rows_of("number")[1] > 0.5
    model = network("binary", {"hidden_layer_sizes": (200, 90)}).fit(X, y)
    many = np.tile(X, (200, 1))
    far = {f"{name} far away": getattr(model, name)(1e6 * X) for name in METHODS}
    return far | {"predict_proba": model.predict_proba(many)}


def no_time(X: Any) -> Outputs:
    """Stop after the first epoch, and print each epoch."""
    y = rows_of("number")[1]
    printed = io.StringIO()
    with redirect_stdout(printed):
        model = network("number", {"verbose": True}).set_callbacks(TimeLimit(1e-9)).fit(X, y)
        network("number", {"verbose": True, "early_stopping": True}).fit(X, y)
    return describe(model, X, y) | {"printed message": printed.getvalue()}


def unusual() -> Configurations:
    """Fit unusual targets, and predict and print unusual things."""
    for work in (softmax, sparse_targets, one_class, column, many_rows, no_time):
        for form in (*DENSE, "columns float64"):
            yield label(work, form), partial(work, load("number", form)[0])
    yield from fits(["multiclass", "number"], ["frame float64", "int64"], (None, all_given))
    yield from fits(["multiclass", "number"], ["frame float32"], early_stopping=[True])


def log_of_loss(model: Any, X: Any, y: Any) -> float:
    """Score as a user's function would."""
    return -float(np.abs(model.predict(X) != y).mean())


def early_stopping() -> Configurations:
    """Validate on rows split off and on given ones, with every kind of score."""
    given = (None, weighted, validation, all_given)
    often = {"early_stopping": [True], "n_iter_no_change": [2], "max_iter": [25]}
    yield from fits(given=given, solver=["adam", "lbfgs"], **often)
    yield from fits(TASKS, ["sparse float64"], given, scoring=["loss"], **often)
    scores = ["loss", "balanced_accuracy", "neg_log_loss", log_of_loss]
    yield from fits(["binary"], DENSE, given, scoring=scores, **often)
    scores = ["neg_mean_absolute_error", log_of_loss]
    yield from fits(REGRESSORS, DENSE, (None, all_given), scoring=scores, **often)
    yield from fits(TASKS, DENSE, (validation, all_given), tol=[1e-3])
    yield from fits(["binary"], DENSE, validation_fraction=[0.3], early_stopping=[True])


def halved(progress: Progress) -> float:
    """Halve the rate every two epochs."""
    return 0.5 ** (progress.epoch // 2)


def learning_rates() -> Configurations:
    """Schedules by name, as objects and as a function; the adaptive rate falls."""
    objects = [Cosine(5), CosLog4(20), FlatCosine(8), OneCycle(warmup=0.0, start=0.1, end=0.0)]
    chosen = [*SCHEDULES, *objects, InverseScaling(0.3), Constant(), halved]
    yield from fits(["multiclass"], DENSE, learning_rate=chosen, solver=["sgd", "adam"])
    yield from fits(["digits"], DENSE, learning_rate=["one_cycle", "coslog4"], batch_size=["full"])
    falls = {"learning_rate": ["adaptive"], "tol": [0.05], "n_iter_no_change": [1, 3]}
    falls |= {"max_iter": [60], "learning_rate_init": [0.1]}
    yield from fits(["multiclass", "number"], solver=["sgd"], early_stopping=EITHER, **falls)
    yield from fits(["number"], DENSE, (validation,), solver=["adam", SGD(0.5)], **falls)
    yield from fits(["number"], DENSE, solver=["sgd"], learning_rate=["invscaling"], power_t=[0, 1])


def batches() -> Configurations:
    """Sizes of batches, with and without shuffling."""
    sizes = ["auto", "full", 1, 50, 150, 1_000]
    forms = ("float64", "sparse float32")
    yield from fits(["multiclass"], forms, batch_size=sizes, shuffle=EITHER, max_iter=[4])
    yield from fits(["digits"], FORMS, batch_size=["auto", 64], shuffle=EITHER)
    yield from fits(["number"], FORMS, (weighted,), batch_size=["full", 40], shuffle=EITHER)


def class_weights() -> Configurations:
    """Weights of rows and classes."""
    given, solver = (None, weighted, validation, all_given), ["adam", "lbfgs"]
    skewed = [{"malignant": 3.0, "benign": 0.5}, {"malignant": 2}, "balanced"]
    yield from fits(["binary"], DENSE, given, class_weight=skewed, solver=solver)
    skewed = [{0: 0.0, 1: 1.0, 2: 2.0}, "balanced"]
    yield from fits(["multiclass"], DENSE, given, class_weight=skewed, early_stopping=EITHER)
    skewed = ["balanced", [{0: 1, 1: k + 1} for k in range(4)]]
    yield from fits(["multilabel"], DENSE, given, class_weight=skewed)
    yield from fits(TASKS, FORMS, (weighted,), solver=["sgd", "lbfgs"])


def striped(random_state: Any, n_in: int, n_out: int, activation: Any) -> Any:
    """Draw weights in a way of our own."""
    W = np.where(np.add.outer(np.arange(n_in), np.arange(n_out)) % 3, 0.1, -0.2)
    return W, np.full(n_out, 0.1)


def networks() -> Configurations:
    """Sizes, biases, initial weights, dropout and penalty."""
    sizes = [(), 6, (3,), (8, 7, 6, 5), [40, 30]]
    options = {"fit_intercept": EITHER, "solver": ["adam", "lbfgs"], "max_iter": [5]}
    yield from fits(["binary", "numbers"], FORMS, hidden_layer_sizes=sizes, **options)
    inits = ["he_normal", "he_uniform", "lecun_normal", "standard_normal", striped]
    chosen = {"weight_init": inits, "activation": ["selu", "logistic"]}
    yield from fits(["multiclass", "number"], DENSE, **chosen)
    options = {"hidden_layer_sizes": [(9, 8)], "activation": ["relu", "tanh"]}
    yield from fits(["multiclass", "number"], FORMS, dropout=[0.3, (0.0, 0.5)], **options)
    yield from fits(["multiclass", "number"], DENSE, alpha=[0, 1, 30], solver=["sgd", "lbfgs"])
    yield from fits(["binary"], DENSE, dropout=[0.5], early_stopping=[True], batch_size=["full"])
    wide = {"hidden_layer_sizes": [(300, 200)], "max_iter": [2]}
    yield from fits(["digits"], FORMS, batch_size=[32, "full"], solver=["adam", "lbfgs"], **wide)


def diverging() -> Configurations:
    """Fits that diverge: an error, or the best weights with early stopping."""
    steep = {"learning_rate_init": [30.0, 1e4], "activation": ["identity"], "max_iter": [60]}
    steep |= {"early_stopping": EITHER, "solver": ["sgd"], "batch_size": ["full"]}
    steep |= {"n_iter_no_change": [np.inf], "warm_start": [True]}
    yield from fits(REGRESSORS, DENSE, (None, validation), **steep)


# What scikit-learn does with networks, and gradients.


def searches() -> Configurations:
    """Search, cross-validate and combine networks."""

    def search(form: str, grid: Outputs, **parameters: Any) -> Outputs:
        X, y = load("multiclass", form)
        found = GridSearchCV(network("multiclass", parameters), grid, cv=3).fit(X, y)
        return {"cv_results_": found.cv_results_, **describe(found.best_estimator_, X, y)}

    def validate(task: str, form: str) -> Outputs:
        return cross_validate(network(task, {}), *load(task, form), cv=4, return_train_score=True)

    def bagged(form: str) -> Outputs:
        X, y = load("binary", form)
        model = make_pipeline(StandardScaler(), BaggingClassifier(network("binary", {}), 3))
        model.set_params(baggingclassifier__random_state=0)
        return {"predict_proba": model.fit(X, y).predict_proba(X)}

    for form in DENSE:
        grid = {"solver__beta_1": [0.5, 0.9], "loss__gamma": [1, 2], "hidden_layer_sizes": [4, ()]}
        work = partial(search, form, grid, solver=Adam(), loss=FocalLoss())
        yield label("search", form, **grid), work
        grid = {"alpha": [0.1, 1.0], "solver": ["sgd", "lbfgs"], "early_stopping": EITHER}
        yield label("search", form, **grid), partial(search, form, grid)
        yield label(bagged, form), partial(bagged, form)
    for task, form in product(TASKS, FORMS):
        yield label("cross_validate", task, form), partial(validate, task, form)


def gradient(task: str, form: str, parameters: Outputs, given: Any) -> Outputs:
    """Check the gradient before and after a short fit."""
    X, y = load(task, form)
    X, y = X[::5], y[::5]
    model, found = network(task, {"hidden_layer_sizes": (3,), "max_iter": 1} | parameters), {}
    weight = weights(len(y)) if given else None
    found["before"] = check_gradient(model, X, y, weight)
    found["after"] = check_gradient(model.fit(X, y), X, y, weight)
    return found


def gradients() -> Configurations:
    """Compute gradients by backpropagation and by central differences."""
    yield from fits(TASKS, FORMS, (None, weighted), work=gradient, dropout=[0, 0.3], alpha=[2.0])
    yield from fits(["number"], DENSE, work=gradient, activation=list(ACTIVATIONS))
    chosen = ["log_loss", "focal", "squared_error"]
    yield from fits(["multiclass"], DENSE, work=gradient, loss=chosen, fit_intercept=[False])


GROUPS = (
    *(solvers, activations, losses, unusual, early_stopping, learning_rates, batches),
    *(class_weights, networks, diverging, searches, gradients),
)
