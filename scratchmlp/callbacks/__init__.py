"""Callbacks for training, which follow scikit-learn's callback protocol.

Pass callbacks to the method `set_callbacks` of an estimator. `fit` calls them after each epoch, or
after each iteration with ``solver="lbfgs"``; `partial_fit` does not call them. The callbacks of
`sklearn.callback` work as well: ``ScoringMonitor`` and ``ProgressBar``. If the network is inside a
Pipeline or a search, set a ``ProgressBar`` on the outermost object.

To write a callback of your own, define a class with the four methods of
`sklearn.callback.FitCallback`. Training stops when its `on_fit_task_end` returns True. Set
``context.stop_reason`` before that, and only then, because all callbacks share the context: it
becomes `stop_reason_`.
"""

import os
from datetime import UTC, datetime
from numbers import Real
from pathlib import Path
from typing import Any

from sklearn.utils._param_validation import Interval, StrOptions, validate_params

from scratchmlp.estimators.base import BaseMLP
from scratchmlp.estimators.state import latest_theta
from scratchmlp.io.files import save


class _EpochCallback:
    """Base class of callbacks that act on a scratchmlp network at the end of an epoch."""

    def setup(self, estimator: Any, context: Any) -> None:
        """Check that the estimator is a network of this package."""
        if not isinstance(estimator, BaseMLP):
            name = type(self).__name__
            remedy = (
                "Set it on the network inside, for instance with "
                f"pipeline[-1].set_callbacks({name}(...))."
            )
            if hasattr(estimator, "max_time"):  # the tabular estimators
                remedy = "That estimator takes a limit of time as max_time. Save it after the fit."
            raise TypeError(
                f"{name} can be set on ScratchMLPClassifier and ScratchMLPRegressor, not on "
                f"{type(estimator).__name__}. {remedy}"
            )

    def teardown(self, estimator: Any, context: Any) -> None:
        """Do nothing: the callback has no state."""

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        """Do nothing."""


class TimeLimit(_EpochCallback):
    """Stop training at the end of the first epoch that ends after the time limit.

    The fit then ends normally, without a warning: `stop_reason_` names the limit, and early
    stopping restores the best weights.

    Parameters
    ----------
    seconds : float
        Time limit in seconds, above 0, measured from the start of `fit`.

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
        """Return True to stop training if the time limit is over."""
        if context.max_subtasks:  # the fit itself, not an epoch
            return False
        over = (datetime.now(UTC) - context.parent.init_time).total_seconds() >= self.seconds
        if over:  # otherwise it would replace the reason of another callback
            context.stop_reason = f"the time limit of {self.seconds:g} s was reached"
        return over


class ModelCheckpoint(_EpochCallback):
    """Save the estimator after each epoch, to predict with it or to resume training.

    The file always holds a complete model with finite parameters. A parameter that cannot be saved,
    such as a lambda, ends the fit with `scratchmlp.io.ModelFileError`.

    To resume, load the model, lower `max_iter` by its `n_iter_` and call `fit` with
    ``warm_start=True``; see :doc:`/networks`.

    Parameters
    ----------
    path : str or path-like
        Path of the file, usually ".skops", in an existing folder.
    weights : {'best', 'latest'}, default='best'
        Weights to predict with: those that `fit` would keep, or those of the last epoch. Training
        resumed from these no longer has the best ones.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn.datasets import load_iris
    >>> from scratchmlp import ScratchMLPClassifier
    >>> from scratchmlp.callbacks import ModelCheckpoint
    >>> from scratchmlp.io import load
    >>> X, y = load_iris(return_X_y=True)
    >>> network = ScratchMLPClassifier(tol=1e-2, n_iter_no_change=5, random_state=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = f"{folder}/network.skops"
    ...     network = network.set_callbacks(ModelCheckpoint(path)).fit(X, y)
    ...     saved = load(path)
    >>> bool((saved.predict(X) == network.predict(X)).all())
    True
    """

    @validate_params(
        {"path": [str, os.PathLike], "weights": [StrOptions({"best", "latest"})]},
        prefer_skip_nested_validation=True,
    )
    def __init__(self, path: str | os.PathLike[str], *, weights: str = "best") -> None:
        self.path = path
        self.weights = weights

    def setup(self, estimator: Any, context: Any) -> None:
        """Check that the estimator is a network, and that a file can be at the path."""
        super().setup(estimator, context)
        if Path(self.path).is_dir():
            raise IsADirectoryError(
                f"ModelCheckpoint writes a file, but path={str(self.path)!r} is a folder. Add the "
                'name of a file, for instance "network.skops".'
            )
        folder = Path(self.path).parent
        if not folder.is_dir():
            raise FileNotFoundError(
                f"ModelCheckpoint needs an existing folder; got path={str(self.path)!r}, and "
                f"there is no folder {str(folder)!r}. Make it before the fit."
            )

    def on_fit_task_end(
        self, estimator: Any, context: Any, *, fitted_estimator: Any = None
    ) -> None:
        """Save the estimator as it would be if training ended after this epoch."""
        if self.weights == "latest":
            fitted_estimator.theta_ = latest_theta(fitted_estimator)
        save(fitted_estimator, self.path)
