"""Callbacks for training, on scikit-learn's own protocol.

`set_callbacks` gives an estimator its callbacks, and `fit` calls them after each epoch (with
``solver="lbfgs"``, each iteration). `partial_fit` calls none. Those of `sklearn.callback` work as
well: ``ProgressBar``, which in a Pipeline or a search belongs on the outermost object, and
``ScoringMonitor``.

A callback of your own is a class with four methods, see `sklearn.callback.FitCallback`. When its
`on_fit_task_end` returns True training stops; what it then has set as ``context.stop_reason``
becomes `stop_reason_`. All callbacks share the context: set it in no other case.
"""

import os
import pickle
from datetime import UTC, datetime
from numbers import Real
from pathlib import Path
from typing import Any
from uuid import uuid4

from sklearn.utils._param_validation import Interval, StrOptions, validate_params

from scratchmlp.estimators.base import BaseMLP


class _EpochCallback:
    """What the callbacks here share: they act on our estimators, at the end of an epoch."""

    def setup(self, estimator: Any, context: Any) -> None:
        """Check that the estimator has epochs."""
        if not isinstance(estimator, BaseMLP):
            name = type(self).__name__
            remedy = (
                "Give it to the network inside: for a Pipeline, "
                f"pipeline[-1].set_callbacks({name}(...))."
            )
            if hasattr(estimator, "max_time"):  # the tabular ones
                remedy = "That one takes a limit of time as max_time, and is saved when it is done."
            raise TypeError(
                f"{name} belongs on ScratchMLPClassifier or ScratchMLPRegressor, not on "
                f"{type(estimator).__name__}. {remedy}"
            )

    def teardown(self, estimator: Any, context: Any) -> None:
        """Do nothing: nothing is kept from fit to fit."""

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        """Do nothing."""


class TimeLimit(_EpochCallback):
    """Stop training at the end of the first epoch that ends after so many seconds.

    Training then is complete: `stop_reason_` tells of the limit, there is no warning, and with
    early stopping the best weights are restored.

    Parameters
    ----------
    seconds : float
        Time from the beginning of `fit`, in seconds of the clock on the wall.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from scratchmlp import ScratchMLPClassifier
    >>> from scratchmlp.callbacks import TimeLimit
    >>> network = ScratchMLPClassifier(max_iter=10**6, tol=0, n_iter_no_change=10**6)
    >>> network.set_callbacks(TimeLimit(0.1)).fit(*load_iris(return_X_y=True)).stop_reason_
    'the time limit of 0.1 s was reached'
    """

    @validate_params(
        {"seconds": [Interval(Real, 0, None, closed="neither")]}, prefer_skip_nested_validation=True
    )
    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def on_fit_task_end(self, estimator: Any, context: Any) -> bool:
        """Ask to stop where the time since the fit began exceeds the limit."""
        if context.max_subtasks:  # the fit itself, not an epoch
            return False
        over = (datetime.now(UTC) - context.parent.init_time).total_seconds() >= self.seconds
        if over:  # otherwise it would be the reason of another callback that asks to stop
            context.stop_reason = f"the time limit of {self.seconds:g} s was reached"
        return over


class ModelCheckpoint(_EpochCallback):
    """Save the estimator after each epoch, ready to predict and to go on with training.

    The file always holds a whole model: the new one is written beside it, under a name of its own
    that ends in ".part", and then takes its place. A process that is killed loses at most the epoch
    that it was in. To go on, load the file, lower `max_iter` by the model's `n_iter_` and call
    `fit` with ``warm_start=True``; if nothing is left of `max_iter`, the model is complete. With
    ``warm_start=True`` and an integer `random_state` from the start the result is that of an
    uninterrupted fit, bit for bit.

    The fits of a search overwrite each other's file, in the end with the one that is refitted.

    Parameters
    ----------
    path : str or path-like
        The file, a pickle; its folder must exist. Loading a pickle runs code: load only files
        whose origin you trust.
    weights : {'best', 'latest'}, default='best'
        Which weights the saved model predicts with. 'best' is what `fit` itself keeps: those of the
        best epoch so far with `early_stopping`, and the latest without. With 'latest' it
        predicts with those of the last epoch also where early stopping has better ones, which are
        lost to training that goes on.

    Examples
    --------
    >>> import pickle, tempfile
    >>> from pathlib import Path
    >>> from sklearn.datasets import load_iris
    >>> from scratchmlp import ScratchMLPClassifier
    >>> from scratchmlp.callbacks import ModelCheckpoint
    >>> X, y = load_iris(return_X_y=True)
    >>> network = ScratchMLPClassifier(tol=1e-2, n_iter_no_change=5, random_state=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "network.pickle"
    ...     network = network.set_callbacks(ModelCheckpoint(path)).fit(X, y)
    ...     saved = pickle.loads(path.read_bytes())
    >>> saved.n_iter_ == network.n_iter_, (saved.predict(X) == network.predict(X)).all()
    (True, np.True_)
    """

    @validate_params(
        {"path": [str, os.PathLike], "weights": [StrOptions({"best", "latest"})]},
        prefer_skip_nested_validation=True,
    )
    def __init__(self, path: str | os.PathLike[str], *, weights: str = "best") -> None:
        self.path = path
        self.weights = weights

    def setup(self, estimator: Any, context: Any) -> None:
        """Check that there is a network, and a folder to save it in."""
        super().setup(estimator, context)
        folder = Path(self.path).parent
        if not folder.is_dir():
            raise FileNotFoundError(
                f"ModelCheckpoint saves into a folder that exists; got path={str(self.path)!r}, "
                f"and there is no folder {str(folder)!r}. Make it before the fit."
            )

    def on_fit_task_end(
        self, estimator: Any, context: Any, *, fitted_estimator: Any = None
    ) -> None:
        """Save the estimator as it would be if training ended here."""
        if self.weights == "latest":
            fitted_estimator.theta_ = fitted_estimator._latest()
        path = Path(self.path)
        new = path.with_name(f"{path.name}.{uuid4().hex}.part")  # fits of a search may run at once
        try:
            new.write_bytes(pickle.dumps(fitted_estimator))
            os.replace(new, path)
        finally:
            new.unlink(missing_ok=True)
