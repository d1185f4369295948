"""Fits that go on: warm starts, partial fits and checkpoints, for `same_numbers.py`."""

import copy
import pickle
import tempfile
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from grid import (
    DENSE,
    EITHER,
    FORMS,
    NAMES,
    REGRESSORS,
    TASKS,
    Configurations,
    Outputs,
    all_given,
    describe,
    fits,
    load,
    network,
    validation,
    weighted,
)

from scratchmlp.callbacks import ModelCheckpoint, TimeLimit


def twice(task: str, form: str, parameters: Outputs, between: Any) -> Outputs:
    """Fit, do something with the estimator, and fit again; on other rows if it says so."""
    X, y = load(task, form)
    model = network(task, {"warm_start": True} | parameters)
    if between in (validation, all_given):
        for _ in range(2):
            model.fit(X, y, **between(X, y))
        return describe(model, X, y)
    model.fit(X, y)
    first = describe(model, X, y)
    model, rows = between(model) if between else (model, slice(None))
    return {"first": first, "second": describe(model.fit(X[rows], y[rows]), X, y)}


def pickled(model: Any) -> tuple[Any, slice]:
    """Store and load."""
    return pickle.loads(pickle.dumps(model)), slice(None)


def copied_for_fewer_rows(model: Any) -> tuple[Any, slice]:
    """Copy; go on with half of the rows."""
    return copy.deepcopy(model), slice(None, None, 2)


def edited(model: Any) -> tuple[Any, slice]:
    """Change weights in place."""
    model.coefs_[0][:2] *= 0.5
    return model, slice(None)


def assigned(model: Any) -> tuple[Any, slice]:
    """Give the estimator other weights."""
    model.coefs_ = [W + 0.01 for W in model.coefs_]
    model.intercepts_[-1] = np.full_like(model.intercepts_[-1], 0.1)
    return model, slice(None)


def changed(model: Any) -> tuple[Any, slice]:
    """Change the solver, the horizon and the stopping."""
    stopping = not model.early_stopping
    return model.set_params(solver="nadam", max_iter=4, early_stopping=stopping), slice(None)


def continued(model: Any) -> tuple[Any, slice]:
    """Set warm_start after the first fit, which has not kept its split."""
    return model.set_params(warm_start=True), slice(None)


def steadied(model: Any) -> tuple[Any, slice]:
    """Go back to the first learning rate."""
    return model.set_params(learning_rate="constant"), slice(None)


def failed(model: Any) -> tuple[Any, slice]:
    """Fit anew, without targets for the validation data, which is refused."""
    X = np.zeros((4, model.n_features_in_))
    with suppress(ValueError):
        model.set_params(warm_start=False).fit(X, [3, 4, 5, 6], X_val=X)
    return model.set_params(warm_start=True), slice(None)


def seeded(model: Any) -> tuple[Any, slice]:
    """Hand over a generator."""
    return model.set_params(random_state=np.random.RandomState(3)), slice(None)


def warm_starts() -> Configurations:
    """Go on in a second fit."""
    betweens = (None, pickled, copied_for_fewer_rows, edited, assigned, changed, seeded, failed)
    options = {"early_stopping": EITHER, "solver": ["adam", "sgd", "lbfgs"]}
    again = partial(fits, work=twice)
    yield from again(["binary", "number"], ["float64", "frame float32"], betweens, **options)
    yield from again(["multiclass"], ["sparse float32"], betweens, **options)
    yield from again(TASKS, DENSE, (None, validation, all_given), early_stopping=EITHER)
    rates = ["adaptive", "cosine", "invscaling", "one_cycle"]
    options = {"learning_rate": rates, "tol": [0.05], "n_iter_no_change": [1], "solver": ["sgd"]}
    yield from again(["multiclass"], DENSE, (None, pickled, steadied), max_iter=[20], **options)
    yield from again(["multiclass"], DENSE, (None, pickled), solver=list(NAMES), dropout=[0.0, 0.2])
    options = {"early_stopping": EITHER, "solver": ["adam", "lbfgs"]}
    yield from again(["multiclass"], DENSE, (None, continued), warm_start=[False], **options)
    steep = {"learning_rate_init": [30.0], "activation": ["identity"], "solver": ["sgd"]}
    yield from again(REGRESSORS, DENSE, (None, validation), early_stopping=[True], **steep)
    yield from again(["multiclass"], DENSE, (edited,), fit_intercept=[False], shuffle=EITHER)


def pieces(task: str, form: str, parameters: Outputs, given: Any) -> Outputs:
    """Call partial_fit on some rows after the others, then fit on all."""
    X, y = load(task, form)
    model, found = network(task, parameters), {}
    known = {} if task in REGRESSORS else {"classes": np.unique(y)}
    known = {"classes": np.arange(y.shape[1])} if task == "multilabel" else known
    for call in range(9):
        rows = slice(call % 3, None, 3)
        gifts = given(X[rows], y[rows]) if given else {}
        model.partial_fit(X[rows], y[rows], **known, **gifts)
        known = {}
    found["pieces"] = describe(model, X, y)
    model = pickle.loads(pickle.dumps(model)).set_params(warm_start=True, max_iter=3)
    return found | {"then all": describe(model.fit(X, y), X, y)}


def partial_fits() -> Configurations:
    """Rows that come piece by piece."""
    part = partial(fits, work=pieces)
    given = (None, weighted, validation, all_given)
    yield from part(TASKS, DENSE, given, early_stopping=EITHER)
    yield from part(["multiclass"], FORMS, solver=list(NAMES[:-1]), learning_rate=["cosine"])
    options = {"learning_rate": ["adaptive", "invscaling"], "tol": [0.1], "n_iter_no_change": [1]}
    yield from part(["number"], DENSE, given[::2], solver=["sgd"], **options)
    weight = [{"malignant": 3.0}]
    yield from part(["binary"], DENSE, given, class_weight=weight, n_iter_no_change=[1])


def interrupted(task: str, form: str, parameters: Outputs, best: str) -> Outputs:
    """Save each epoch, and go on from the file."""
    X, y = load(task, form)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.pickle"
        model = network(task, {"warm_start": True} | parameters)
        model.set_callbacks(ModelCheckpoint(path, weights=best), TimeLimit(1e6)).fit(X, y)
        saved = pickle.loads(path.read_bytes())
    found = {"fitted": describe(model, X, y), "saved": describe(saved, X, y)}
    saved.set_params(max_iter=15)
    return found | {"resumed": describe(saved.fit(X, y), X, y)}


def checkpoints() -> Configurations:
    """Callbacks that save and stop."""
    options = {"early_stopping": EITHER, "solver": ["adam", "lbfgs"]}
    yield from fits(TASKS, DENSE, ("best", "latest"), work=interrupted, **options)


GROUPS = (warm_starts, partial_fits, checkpoints)
