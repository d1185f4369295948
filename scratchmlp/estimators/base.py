"""What the classifier and the regressor share: fit, partial_fit, and the validation of data.

A fit has three parts. `BaseMLP._prepare` lets the rows check and convert themselves, wherever they
are: see `scratchmlp.estimators.prepared`. `scratchmlp.training.train` trains.
`scratchmlp.estimators.state` turns the result into fitted attributes, which are arrays and plain
data. The subclasses add targets and outputs.
"""

import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from numbers import Integral
from typing import Any, ClassVar, Self, TypeVar

import numpy as np
from sklearn.base import _fit_context
from sklearn.callback import CallbackSupportMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from scratchmlp.arrays import FloatArray
from scratchmlp.estimators.callback_tasks import fitting
from scratchmlp.estimators.in_memory import RowsInMemory
from scratchmlp.estimators.mixins import PickledWithVersion
from scratchmlp.estimators.own_objects import try_objects
from scratchmlp.estimators.parameters import Parameters, hidden_sizes
from scratchmlp.estimators.prepared import Prepared, Source, column_advice
from scratchmlp.estimators.state import (
    FittedAttributes,
    fitted_attributes,
    fitted_network,
    network_attributes,
    resumed_run,
)
from scratchmlp.estimators.targets import ClassLabels, RegressionTargets
from scratchmlp.estimators.validation import check_outputs, validate_inputs
from scratchmlp.initializers import initialize
from scratchmlp.losses import Loss
from scratchmlp.monitor import Monitor, Observer
from scratchmlp.network import Network
from scratchmlp.prediction import hidden_activations, raw_scores
from scratchmlp.run import DivergenceError, Run
from scratchmlp.solvers import LBFGS, Descent
from scratchmlp.training import Training, train
from scratchmlp.utils.atomic_fit import all_at_once
from scratchmlp.utils.public import stacklevel
from scratchmlp.utils.threads import threads

Estimator = TypeVar("Estimator", bound="BaseMLP")


class BaseMLP(PickledWithVersion, CallbackSupportMixin, FittedAttributes, Parameters, ABC):
    """Base class of ScratchMLPClassifier and ScratchMLPRegressor, which document the parameters."""

    _metric: ClassVar[str]  # name of the score if `scoring` is None

    # What the subclasses add.

    @abstractmethod
    def _learn_targets(
        self, y: Any, rows: Source, *, resuming: bool
    ) -> ClassLabels | RegressionTargets:
        """Learn the kind of targets and their classes, or check y against those of earlier fits."""

    @abstractmethod
    def _loss_for(self, targets: Any) -> Loss:
        """Make the loss for these targets, and choose its output activation."""

    # Fit: prepare, train, keep.

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Self:
        """Train the network, or continue its training if `warm_start` is True.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Input data: finite numbers, preferably on a common scale.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets: numbers of a regressor; class labels of any type of a classifier, or an
            indicator matrix for multilabel targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sample, at least 0 and not all 0. None means equal weights. Samples with
            weight 0 are not used in training. On full batches, an integer weight has the same
            effect as that many copies of the sample.
        X_val : {array-like, sparse matrix} of shape (n_val_samples, n_features), default=None
            Validation data. Their loss and score are recorded in `history_` after each epoch.
            With `early_stopping`, they replace the held-out samples, and at least 2 samples are
            required.
        y_val : array-like of shape (n_val_samples,) or (n_val_samples, n_outputs), default=None
            Targets of the validation data. Class labels must also occur in `y`.
        sample_weight_val : array-like of shape (n_val_samples,), default=None
            Weight of each validation sample. None means equal weights.

        Returns
        -------
        self
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or the data are invalid. If `fit` fails, the estimator stays unchanged.
        DivergenceError
            If training diverges: a loss or a weight is not finite, or the loss exceeds 1e10 times
            its first value. Early stopping restores the best weights instead, if there are any.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.model_selection import train_test_split
        >>> from scratchmlp import ScratchMLPClassifier
        >>> X, X_val, y, y_val = train_test_split(*load_iris(return_X_y=True), random_state=0)
        >>> network = ScratchMLPClassifier(solver="lbfgs", early_stopping=True, random_state=0)
        >>> round(network.fit(X, y, X_val=X_val, y_val=y_val).best_validation_score_, 2)
        0.97
        """
        rows = RowsInMemory((X, y, sample_weight), (X_val, y_val, sample_weight_val))
        return fit_rows(self, rows)

    def _set_up(self, X: Any, y: Any, classes: Any = None) -> Self:
        """Draw the weights of a network for such rows, and set the fitted attributes."""
        with all_at_once(self) as fitted:
            for name in ("theta_", "classes_"):  # of an earlier fit
                fitted.__dict__.pop(name, None)
            prepared = fitted._prepare(RowsInMemory((X, y, None), classes=classes))
            fitted._describe(prepared)
            monitor = Monitor(self.tol, self.n_iter_no_change)
            monitor.stop("initialize does not train", finished=False)
            fitted.__dict__.update(fitted_attributes(fitted, prepared.run, monitor))
        return self

    def _describe(self, prepared: Prepared) -> None:
        """Set the fitted attributes that are known before training."""
        network = prepared.network
        activation = self._by_layer("activation", len(network.activations))
        self.__dict__.update(network_attributes(network, activation, prepared.loss))
        self.__dict__.update(prepared.targets.attributes)

    @np.errstate(over="ignore", invalid="ignore")  # divergence is reported
    def _train(self, prepared: Prepared, training: Training, *, incremental: bool) -> bool:
        """Train, which changes `training.run`. Return whether the user interrupted training.

        The monitor records in `stop_reason` and `finished` how training ended.
        """
        run, monitor = training.run, training.monitor
        monitor.rescore_best(run)
        size = np.dot(run.theta, run.theta) if incremental else 0.0
        try:
            with threads(prepared.multiplications(training.solver)):
                interrupted = train(*training)
            # In partial_fit, the check would take about a tenth of a call's time. So it is only
            # made if the call has more than doubled the norm of theta. The next call evaluates
            # theta anyway.
            if not (interrupted or np.dot(run.theta, run.theta) <= 4 * size):
                prepared.check_last_step(monitor)
        except DivergenceError as error:
            error.args = (f"{error}{self._column_advice(prepared)}",)
            raise
        return interrupted

    def _keep(self, prepared: Prepared, training: Training, *, interrupted: bool = False) -> None:
        """Set the fitted attributes that result from training, and warn if it has not converged."""
        monitor = training.monitor
        self.__dict__.update(fitted_attributes(self, training.run, monitor))
        if not (monitor.finished or interrupted):
            message = _not_converged(training)
            if monitor.n_iter == training.run.epoch:  # a warm start does not repeat the advice
                message += self._column_advice(prepared)
            warnings.warn(message, ConvergenceWarning, stacklevel=stacklevel())

    def _column_advice(self, prepared: Prepared) -> str:
        """Advise on the columns of X: an addition to messages about training."""
        return column_advice(prepared, getattr(self, "feature_names_in_", None))

    # Prepare.

    def _prepare(self, rows: Source) -> Prepared:
        """Check the rows, and prepare to train on all of them: see `Source`."""
        resuming = hasattr(self, "theta_") and (self.warm_start or rows.incremental)
        dtype = self.theta_.dtype if resuming else (np.float64, np.float32)
        checked = rows.check(self, dtype, reset=not resuming)
        targets = self._learn_targets(checked.labels, rows, resuming=resuming)
        loss = self._loss_for(targets)
        n_raw = loss.n_raw(targets.n_columns(checked.n_targets, loss))
        sizes = checked.n_features, *hidden_sizes(self.hidden_layer_sizes), n_raw
        network = self._make_network(sizes)
        if resuming:
            run = self._resume(network, incremental=rows.incremental)
        else:
            run = self._start(network, checked.dtype)
        return rows.convert(checked, network, loss, targets, run)

    def _resume(self, network: Network, *, incremental: bool) -> Run:
        """Return the run of the last fit, to go on with it."""
        # A copy of the history would make each partial_fit slower than the last.
        run = resumed_run(self, network, share_history=incremental)
        # After a fit that has ended, the count of epochs without improvement starts again. A
        # checkpoint was saved during a fit and has no stop reason, so the count continues.
        if self.stop_reason_ and not incremental:
            run.renew_patience()
        return run

    def _start(self, network: Network, dtype: Any) -> Run:
        """Draw the initial weights, and return the run of a first fit."""
        random_state = check_random_state(self.random_state)
        theta = initialize(network, self.weight_init, random_state, dtype)
        return Run(theta, random_state, n_epochs=int(self.max_iter))

    def _training(self, prepared: Prepared, observers: Sequence[Observer]) -> Training:
        """Make what trains on prepared rows."""
        solver = self._make_solver(prepared.data.n_rows)
        monitor, run = self._make_monitor(prepared, solver, observers), prepared.run
        random_state = run.generator() if any(prepared.network.dropout_rates) else None
        objective = prepared.objective(self.alpha, random_state)
        return Training(objective, solver, monitor, run, prepared.data)

    # The monitor.

    def _make_monitor(
        self, prepared: Prepared, solver: Descent | LBFGS, observers: Sequence[Observer]
    ) -> Monitor:
        """Make the monitor of a fit."""
        validate = prepared.validator(self)
        early_stopping = self.early_stopping and validate is not None
        # L-BFGS has its own criterion, the size of the gradient. Without early stopping, the
        # monitor must not stop it.
        own_stop = isinstance(solver, LBFGS) and not early_stopping
        return Monitor(
            self.tol,
            np.inf if own_stop else self.n_iter_no_change,
            adaptive=getattr(solver, "adaptive", None),
            validate=validate,
            early_stopping=early_stopping,
            metric="score" if callable(self.scoring) else self.scoring or self._metric,
            observers=observers,
            verbose=self.verbose,
        )

    # Prediction.

    @np.errstate(over="ignore", invalid="ignore")  # the outputs are checked
    def _from_raw(self, X: Any, convert: Callable[[FloatArray], Any]) -> Any:
        """Validate X, compute its raw scores, of shape (n_samples, n_outputs), and convert them."""
        network = fitted_network(self)
        return convert(check_outputs(raw_scores(network, self.theta_, validate_inputs(self, X))))

    def hidden_activations(self, X: Any, layer: int = -1) -> FloatArray:
        """Compute the outputs of a hidden layer.

        These outputs can serve as features of another model. Dropout is not applied.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Inputs.
        layer : int, default=-1
            Number of the hidden layer. 0 is the first hidden layer, and -1 the last.

        Returns
        -------
        ndarray of shape (n_samples, n_units)
            Output of each unit of the layer, after its activation.

        Raises
        ------
        ValueError
            If there is no such layer.
        """
        network = fitted_network(self)
        n_hidden = len(network.activations)
        if not n_hidden:
            raise ValueError(
                f"layer={layer!r} does not exist: this {type(self).__name__} was fitted without "
                "hidden layers. Fit with hidden_layer_sizes other than ()."
            )
        if not (isinstance(layer, Integral) and -n_hidden <= layer < n_hidden):
            raise ValueError(
                f"layer must be the number of a hidden layer, between {-n_hidden} and "
                f"{n_hidden - 1}; got {layer!r} for a network with {n_hidden} hidden layers, of "
                f"sizes {network.sizes[1:-1]}. 0 is the first one, -1 the last."
            )
        with np.errstate(over="ignore", invalid="ignore"):  # the outputs are checked
            X = validate_inputs(self, X)
            return check_outputs(hidden_activations(network, self.theta_, X, int(layer) % n_hidden))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def fit_rows(estimator: Estimator, rows: Source) -> Estimator:
    """Train an estimator on rows, wherever they are, or resume its training.

    If an error occurs, the estimator stays unchanged. Only `fit` calls callbacks, and
    `partial_fit` trains for one epoch.
    """
    incremental = rows.incremental
    is_later_call = incremental and hasattr(estimator, "theta_")
    if is_later_call:  # scikit-learn validates parameters only in the first call of partial_fit
        estimator._validate_params()
    given = None if incremental else rows.given
    with fitting(estimator, given, estimator.max_iter, fitted_attributes) as (fitted, tasks):
        prepared = rows.hold_out(fitted._prepare(rows), fitted)
        fitted._describe(prepared)
        observers = [tasks] if tasks else [_OneEpoch()] if incremental else []
        training = fitted._training(prepared, observers)
        if not is_later_call:  # calls of a stream should be fast
            try_objects(prepared, training.solver)
        with prepared.run.unchanged_history_on_failure():
            interrupted = fitted._train(prepared, training, incremental=incremental)
            fitted._keep(prepared, training, interrupted=interrupted)
            # After an interruption the callback task is not ended: the fit is not complete.
            if tasks and not interrupted:
                tasks.end(fitted=True)
    if interrupted:  # raised outside of the block, so that what was learned is kept
        raise KeyboardInterrupt
    return estimator


class _OneEpoch(Observer):
    """Ends a call of partial_fit. If it has diverged, this is not asked, and the user is warned."""

    def epoch_end(self, run: Run, monitor: Monitor) -> str:
        return "partial_fit trains for one epoch"


def has_partial_fit(estimator: BaseMLP) -> bool:
    """Check whether partial_fit exists, for ``available_if``. If not, raise an error."""
    if estimator.solver == "lbfgs":
        raise AttributeError(
            "partial_fit is only available for stochastic optimizers. lbfgs is not stochastic."
        )
    return True


def _not_converged(training: Training) -> str:
    """Say why training has not converged, and name remedies."""
    solver, monitor = training.solver, training.monitor
    if isinstance(solver, Descent) and monitor.n_iter == solver.max_iter:
        return (
            f"Stochastic Optimizer: Maximum iterations ({solver.max_iter}) reached and the "
            "optimization hasn't converged yet. Increase max_iter, or change learning_rate_init."
        )
    if isinstance(solver, LBFGS):
        return (
            f"lbfgs failed to converge after {monitor.n_iter} iteration(s). "
            f"{monitor.stop_reason}. Increase max_iter ({solver.max_iter}) or max_fun "
            f"({solver.max_fun}), or scale X if it is not scaled yet."
        )
    return f"{monitor.stop_reason}."
