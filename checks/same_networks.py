"""What is done with networks, for `same_numbers.py`: fits, and fits that go on.

A story is a function of `choose` and a case of `tests/configurations`. It returns outputs by name.
Only public names of the package are used, so that versions can be compared.
"""

import copy
import pickle
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.model_selection import GridSearchCV, cross_validate

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor, check_gradient
from scratchmlp.callbacks import ModelCheckpoint, TimeLimit
from scratchmlp.io import load
from tests.configurations import Case
from tests.configurations.networks import network

ATTRIBUTES = (
    *("theta_", "coefs_", "intercepts_", "loss_", "best_loss_", "loss_curve_", "history_"),
    *("n_iter_", "t_", "best_epoch_", "best_validation_score_", "validation_scores_"),
    *("stop_reason_", "out_activation_", "classes_", "n_outputs_", "n_layers_", "n_parameters_"),
)
METHODS = ("predict", "decision_function", "predict_proba", "predict_log_proba")
ALL = slice(None)
OWN = ["Sine", "halved", "striped", "share_of_errors"]  # in model files, next to the package's

Outputs = dict[str, Any]


def predictions(model: Any, X: Any) -> Outputs:
    """Return what each method predicts."""
    return {name: getattr(model, name)(X) for name in METHODS if hasattr(model, name)}


def describe(model: Any, case: Case) -> Outputs:
    """Return the fitted attributes and the predictions of an estimator."""
    found = {name: getattr(model, name) for name in ATTRIBUTES if hasattr(model, name)}
    found |= predictions(model, case.X) | {"of new rows": predictions(model, case.new)}
    for layer in range(model.n_layers_ - 2):
        found[f"hidden_activations {layer}"] = model.hidden_activations(case.X, layer)
    return found | {"score": model.score(case.X, case.y)}


def some_rows(case: Case, rows: slice) -> Outputs:
    """Return some rows of the arguments of fit. Validation data stay as they are."""
    given = {name: case.arguments[name] for name in ("X", "y", "sample_weight")}
    given = {name: each.tocsr() if issparse(each) else each for name, each in given.items()}
    return case.arguments | {
        name: None if each is None else each[rows] for name, each in given.items()
    }


# Single fits.


def fit(choose: Any, case: Case) -> Outputs:
    """Fit, to the data alone or with callbacks."""
    callback = choose([None, None, None, TimeLimit(1e6), TimeLimit(1e-9)])
    model = case.estimator.set_callbacks(callback) if callback else case.estimator
    return describe(model.fit(**case.arguments), case)


def fit_wide(choose: Any, case: Case) -> Outputs:
    """Fit a wide network, and predict far rows, and more rows than fit into one chunk."""
    wide = {"hidden_layer_sizes": (300, 200), "activation": "relu", "dropout": 0.0}
    model = case.estimator.set_params(**wide, max_iter=2).fit(**case.arguments)
    X = case.X.toarray() if issparse(case.X) else np.asarray(case.X, dtype=float)
    found = {"far": predictions(model, 1e6 * X), "many": predictions(model, np.tile(X, (30, 1)))}
    return found | describe(model, case)


def fit_shares(choose: Any, case: Case) -> Outputs:
    """Minimize the squared error of a softmax; numbers are replaced by shares."""
    model = case.estimator.set_params(loss="squared_error", output_activation="softmax")
    arguments = {"X": case.X, "y": case.y, "sample_weight": case.given["sample_weight"]}
    if isinstance(model, ScratchMLPRegressor):
        arguments["y"] = np.random.default_rng(0).dirichlet(np.ones(3), len(case.y))
    return predictions(model.fit(**arguments), case.X)


def gradients(choose: Any, case: Case) -> Outputs:
    """Compute gradients by backpropagation and by central differences."""
    rows = some_rows(case, slice(12))
    rows = {"X": rows["X"], "y": rows["y"], "sample_weight": rows["sample_weight"]}
    model = case.estimator.set_params(hidden_layer_sizes=choose([(3,), (2, 2)]), activation="tanh")
    model.set_params(dropout=0.0)
    before = check_gradient(model, **rows)
    return {"before": before, "after": check_gradient(model.fit(**case.arguments), **rows)}


def search(choose: Any, case: Case) -> Outputs:
    """Search for the best parameters."""
    grid = {"alpha": [0.1, 1.0]}
    model = case.estimator.set_params(activation="relu", dropout=0.0)
    found = GridSearchCV(model, grid, cv=2, error_score="raise").fit(case.X, case.y)
    return {"cv_results_": found.cv_results_, **describe(found.best_estimator_, case)}


def validate(choose: Any, case: Case) -> Outputs:
    """Cross-validate."""
    scores = {"return_train_score": True, "error_score": "raise"}
    return cross_validate(case.estimator, case.X, case.y, cv=choose([2, 3]), **scores)


# Fits that go on.


def failed(model: Any) -> Any:
    """Fit anew, without targets for the validation data, which is refused."""
    X = np.zeros((4, model.n_features_in_))
    with suppress(ValueError):
        model.set_params(warm_start=False).fit(X, [3, 4, 5, 6], X_val=X)
    return model


def edited(model: Any) -> Any:
    """Change weights in place."""
    model.coefs_[0][:2] *= 0.5
    return model


def assigned(model: Any) -> Any:
    """Give the estimator other weights."""
    model.coefs_ = [W + 0.01 for W in model.coefs_]
    model.intercepts_[-1] = np.full_like(model.intercepts_[-1], 0.1)
    return model


def unpickled(model: Any) -> Any:
    """Store and load."""
    return pickle.loads(pickle.dumps(model))


CHANGES = (
    *(lambda model: model, unpickled, copy.deepcopy, edited, assigned),
    lambda m: m.set_params(solver="nadam", max_iter=4, early_stopping=not m.early_stopping),
    lambda model: model.set_params(learning_rate="constant"),  # back to the first one
    lambda model: model.set_params(random_state=np.random.RandomState(3)),
    failed,
)


def fit_again(choose: Any, case: Case) -> Outputs:
    """Fit, do something with the estimator, and fit again, perhaps to fewer rows."""
    model = case.estimator.set_params(warm_start=choose([True, True, False]))
    first = describe(model.fit(**case.arguments), case)
    model = choose(CHANGES)(model).set_params(warm_start=True)
    rows = some_rows(case, choose([ALL, ALL, slice(None, None, 2)]))
    return {"first": first, "second": describe(model.fit(**rows), case)}


def fit_in_pieces(choose: Any, case: Case) -> Outputs:
    """Call partial_fit on some rows after the others, then fit to all."""
    model = case.estimator
    if model.solver == "lbfgs":
        model.set_params(solver=choose(["sgd", "adam", "nadam"]))
    known: Outputs = {}
    if isinstance(model, ScratchMLPClassifier):
        several = (np.ndim(case.y) == 2 and case.y.shape[1] > 1) or issparse(case.y)
        classes = np.arange(case.y.shape[1]) if several else np.unique(np.asarray(case.y))
        known = {"classes": classes}
    for call in range(6):
        model.partial_fit(
            **some_rows(case, slice(call % 3, None, 3)), **(known if not call else {})
        )
    found = {"pieces": describe(model, case)}
    model = unpickled(model).set_params(warm_start=True, max_iter=3)
    return found | {"then all": describe(model.fit(**case.arguments), case)}


def fit_from_checkpoint(choose: Any, case: Case) -> Outputs:
    """Save each epoch, and go on from the file."""
    model = case.estimator.set_params(warm_start=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.skops"
        model.set_callbacks(ModelCheckpoint(path, weights=choose(["best", "latest"])))
        model.fit(**case.arguments)
        saved = load(path, trusted=[f"tests.configurations.networks.{name}" for name in OWN])
    found = {"fitted": describe(model, case), "saved": describe(saved, case)}
    saved.set_params(max_iter=model.max_iter + 5)
    return found | {"resumed": describe(saved.fit(**case.arguments), case)}


#: Each is told as often as it is listed.
STORIES = (
    *[fit] * 9,
    *[fit_again] * 5,
    *[fit_in_pieces] * 3,
    *(fit_from_checkpoint, fit_wide, fit_shares, gradients, gradients, search, validate),
)


def networks(choose: Any) -> tuple[str, Callable[[], Outputs]]:
    """Choose a network, its data and a story."""
    story, case = choose(STORIES), network(choose)
    return f"{story.__name__}, {case.estimator}", partial(story, choose, case)
