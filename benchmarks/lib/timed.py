"""Who does the work of a case: both estimators, and torch.

A candidate is a function of a case and its data, in the case's dtype, that prepares what is not
timed and returns the work that is.
"""

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from sklearn.neural_network import MLPClassifier

from benchmarks.lib.workloads import N_CLASSES, Case, new_rows
from scratchmlp import ScratchMLPClassifier

Work = Callable[[], Any]

ALPHA = 1e-4  # the estimators' default
ESTIMATORS = {"ours": ScratchMLPClassifier, "MLPClassifier": MLPClassifier}


def estimator(cls: type, case: Case) -> Any:
    """Return an estimator that trains for exactly the epochs of the case."""
    return cls(
        hidden_layer_sizes=case.hidden,
        solver=case.solver,
        alpha=ALPHA,
        batch_size=case.batch,
        shuffle=case.shuffle,
        learning_rate_init=case.learning_rate,
        momentum=0.0,
        nesterovs_momentum=False,
        max_iter=case.epochs,
        tol=0.0,
        n_iter_no_change=case.epochs,
        random_state=0,
    )


def fit(cls: type, case: Case, X: Any, y: np.ndarray) -> Work:
    """Fit an estimator from new weights."""

    def work() -> None:
        model = estimator(cls, case).fit(X, y)
        assert model.n_iter_ == case.epochs

    return work


def predict(
    cls: type, case: Case, X: Any, y: np.ndarray, form: Callable[[Any], Any] = np.asarray
) -> Work:
    """Predict with an estimator fitted on other rows; its weights do not change the time."""
    rows, classes = new_rows(200)
    model = estimator(cls, case).fit(form(rows.astype(X.dtype)), classes)
    given = form(X)
    return lambda: model.predict_proba(given)


def frame(X: np.ndarray) -> pd.DataFrame:
    """Return rows as a data frame with names."""
    return pd.DataFrame(X, columns=[f"x{i}" for i in range(X.shape[1])])


def stream(cls: type, case: Case, X: Any, y: np.ndarray) -> Work:
    """Predict rows, and then train on them."""
    rows, classes = new_rows(200)
    model = estimator(cls, case).fit(rows.astype(X.dtype), classes)

    def work() -> None:
        model.predict(X)
        model.partial_fit(X, y)

    return work


def warm_fit(cls: type, case: Case, X: Any, y: np.ndarray) -> Work:
    """Fit again with a warm start."""
    model = estimator(cls, case).set_params(warm_start=True).fit(X, y)
    return lambda: model.fit(X, y)


def torch_model(case: Case, X: np.ndarray, n_classes: int) -> Any:
    """Return linear layers with ReLU between them."""
    import torch
    from torch import nn

    layers: list[Any] = []
    for n_in, n_out in pairwise((X.shape[1], *case.hidden, n_classes)):
        layers += [nn.Linear(n_in, n_out, dtype=getattr(torch, X.dtype.name)), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def torch_fit(case: Case, X: np.ndarray, y: np.ndarray) -> Work:
    """Train the same network on the same batches, eagerly, with fused optimizers.

    The optimizer applies the penalty, to the biases too, which is less work than leaving them out.
    A full batch is not shuffled.
    """
    import torch

    optimizer_class = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}[case.solver]
    rows, classes, loss = torch.from_numpy(X), torch.from_numpy(y), torch.nn.CrossEntropyLoss()

    def work() -> None:
        model = torch_model(case, X, int(y.max()) + 1)
        optimizer = optimizer_class(
            model.parameters(), lr=case.learning_rate, weight_decay=ALPHA / case.batch, fused=True
        )

        def step(X: Any, y: Any) -> float:
            optimizer.zero_grad()
            value = loss(model(X), y)
            value.backward()
            optimizer.step()
            return value.item() * len(X)  # for the mean loss, which scikit-learn computes, too

        for _ in range(case.epochs):
            if case.batch >= len(X):
                step(rows, classes)
            else:
                for batch in torch.randperm(len(X)).split(case.batch):
                    step(rows[batch], classes[batch])

    return work


def torch_predict(case: Case, X: np.ndarray, y: np.ndarray) -> Work:
    """Compute probabilities without recording for a backward pass."""
    import torch

    model, rows = torch_model(case, X, N_CLASSES), torch.from_numpy(X)

    @torch.inference_mode()
    def work() -> None:
        torch.softmax(model(rows), dim=1)

    return work


MAKERS: dict[str, dict[str, Callable[[Case, Any, np.ndarray], Work]]] = {
    "fit": {
        "ours": partial(fit, ScratchMLPClassifier),
        "MLPClassifier": partial(fit, MLPClassifier),
        "torch": torch_fit,
    },
    "predict": {
        "ours": partial(predict, ScratchMLPClassifier),
        "MLPClassifier": partial(predict, MLPClassifier),
        "torch": torch_predict,
    },
    **{
        kind: {name: partial(work, cls) for name, cls in ESTIMATORS.items()}
        for kind, work in {
            "list": partial(predict, form=np.ndarray.tolist),
            "frame": partial(predict, form=frame),
            "stream": stream,
            "warm fit": warm_fit,
        }.items()
    },
}
