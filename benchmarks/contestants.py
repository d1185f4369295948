"""Who does the work of a case: both estimators, and torch.

A contestant is a function of a case and its data, in the case's dtype, that prepares what is not
timed and returns the work that is.
"""

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier

from benchmarks.workloads import N_CLASSES, Case, new_rows
from scratchmlp import ScratchMLPClassifier
from scratchmlp.model_selection import StackedGridSearchCV

Work = Callable[[], None]

GRID = {
    "learning_rate_init": [0.001, 0.003, 0.01, 0.03],
    "hidden_layer_sizes": [(4,), (8,), (16,), (32,)],
}
ALPHA = 1e-4  # the estimators' default


def estimator(cls: type, case: Case, **changes: Any) -> Any:
    """Return an estimator that trains for exactly the epochs of the case."""
    parameters = {
        "hidden_layer_sizes": case.hidden,
        "solver": case.solver,
        "alpha": ALPHA,
        "batch_size": case.batch,
        "shuffle": case.shuffle,
        "learning_rate_init": case.learning_rate,
        "momentum": 0.0,
        "nesterovs_momentum": False,
        "max_iter": case.epochs,
        "tol": 0.0,
        "n_iter_no_change": case.epochs,
        "random_state": 0,
    }
    return cls(**(parameters | changes))


def sizes(case: Case, X: Any, y: np.ndarray) -> tuple[int, ...]:
    """Units of each layer, from the input to the classes."""
    return X.shape[1], *case.hidden, int(y.max()) + 1


def fit(cls: type, case: Case, X: Any, y: np.ndarray) -> Work:
    """Fit an estimator from new weights."""

    def work() -> None:
        model = estimator(cls, case).fit(X, y)
        assert model.n_iter_ == case.epochs

    return work


def search(cls: type, case: Case, X: Any, y: np.ndarray, *, search: type = GridSearchCV) -> Work:
    """Search the grid in five folds, and fit the best on all rows."""

    def work() -> None:
        model = estimator(cls, case, batch_size="auto")
        found = search(model, GRID, cv=5, n_jobs=1).fit(X, y)
        assert found.best_estimator_.n_iter_ == case.epochs

    return work


def stacked_search(case: Case, X: Any, y: np.ndarray) -> Work:
    """Do the same with networks that train together."""
    return search(ScratchMLPClassifier, case, X, y, search=StackedGridSearchCV)


def predict(cls: type, case: Case, X: Any, y: np.ndarray) -> Work:
    """Predict with an estimator fitted on other rows; its weights do not change the time."""
    rows, classes = new_rows(200)
    model = estimator(cls, case).fit(rows.astype(X.dtype), classes)

    def work() -> None:
        model.predict_proba(X)

    return work


def torch_model(layer_sizes: tuple[int, ...], dtype: str) -> Any:
    """Return linear layers with ReLU between them."""
    import torch
    from torch import nn

    layers: list[Any] = []
    for n_in, n_out in pairwise(layer_sizes):
        layers += [nn.Linear(n_in, n_out, dtype=getattr(torch, dtype)), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def torch_fit(case: Case, X: np.ndarray, y: np.ndarray) -> Work:
    """Train the same network on the same batches, eagerly, with fused optimizers.

    The optimizer applies the penalty, to the biases too, which is less work than leaving them out.
    """
    import torch

    layer_sizes, dtype = sizes(case, X, y), X.dtype.name
    X, y = torch.from_numpy(X), torch.from_numpy(y)
    optimizer_class = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}[case.solver]

    def work() -> None:
        model, loss = torch_model(layer_sizes, dtype), torch.nn.CrossEntropyLoss()
        optimizer = optimizer_class(
            model.parameters(), lr=case.learning_rate, weight_decay=ALPHA / case.batch, fused=True
        )
        for _ in range(case.epochs):
            torch_epoch(model, loss, optimizer, X, y, case.batch)

    return work


def torch_epoch(model: Any, loss: Any, optimizer: Any, X: Any, y: Any, batch: int) -> float:
    """Take one step for each batch of shuffled rows; return the mean loss, as scikit-learn does."""
    import torch

    if batch >= len(X):  # a full batch has no order
        return torch_step(model, loss, optimizer, X, y)
    total = 0.0
    for rows in torch.randperm(len(X)).split(batch):
        total += torch_step(model, loss, optimizer, X[rows], y[rows]) * len(rows)
    return total / len(X)


def torch_step(model: Any, loss: Any, optimizer: Any, X: Any, y: Any) -> float:
    """Take one step and return the loss before it."""
    optimizer.zero_grad()
    value = loss(model(X), y)
    value.backward()
    optimizer.step()
    return value.item()


def torch_predict(case: Case, X: np.ndarray, y: np.ndarray) -> Work:
    """Compute probabilities without recording for a backward pass."""
    import torch

    model, X = torch_model((X.shape[1], *case.hidden, N_CLASSES), X.dtype.name), torch.from_numpy(X)

    @torch.inference_mode()
    def work() -> None:
        torch.softmax(model(X), dim=1)

    return work


CONTESTANTS: dict[str, dict[str, Callable[[Case, Any, np.ndarray], Work]]] = {
    "fit": {
        "ours": partial(fit, ScratchMLPClassifier),
        "MLPClassifier": partial(fit, MLPClassifier),
        "torch": torch_fit,
    },
    "search": {
        "ours": stacked_search,
        "one by one": partial(search, ScratchMLPClassifier),
        "MLPClassifier": partial(search, MLPClassifier),
    },
    "predict": {
        "ours": partial(predict, ScratchMLPClassifier),
        "MLPClassifier": partial(predict, MLPClassifier),
        "torch": torch_predict,
    },
}
