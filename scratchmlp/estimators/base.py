"""What the classifier and the regressor share: validation of data, fit and partial_fit.

`BaseMLP` stands between users and the core. It checks the data that users give and turns them
into arrays, calls `scratchmlp.training.train` once, and keeps the outcome as arrays and plain data.
The parameters are those of `scratchmlp.estimators.parameters`. The subclasses add only targets
and outputs.
"""

import copy
import math
import warnings
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from inspect import signature
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from scipy.sparse import issparse
from sklearn.base import is_classifier, is_regressor
from sklearn.callback import CallbackSupportMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import check_scoring
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state, column_or_1d
from sklearn.utils.sparsefuncs import mean_variance_axis
from sklearn.utils.validation import _check_sample_weight, validate_data

from scratchmlp.arrays import FloatArray
from scratchmlp.batches import Data
from scratchmlp.estimators.callback_tasks import FitTasks
from scratchmlp.estimators.parameters import Parameters, hidden_sizes
from scratchmlp.estimators.state import FittedAttributes
from scratchmlp.initializers import initialize
from scratchmlp.losses import Loss
from scratchmlp.monitor import Monitor
from scratchmlp.network import Network
from scratchmlp.objective import Objective
from scratchmlp.optimizers import SGD
from scratchmlp.rollback import unchanged_on_failure
from scratchmlp.run import Run
from scratchmlp.training import LBFGS, Descent, train


class BaseMLP(CallbackSupportMixin, FittedAttributes, Parameters, ABC):
    """Base class of ScratchMLPClassifier and ScratchMLPRegressor, which document the parameters."""

    _metric: ClassVar[str]  # what `scoring=None` measures

    # What the subclasses add.

    @abstractmethod
    def _encode_targets(
        self, y: Any, dtype: Any, *, resume: bool, incremental: bool, classes: Any
    ) -> tuple[Any, FloatArray | None, Loss]:
        """Check validated targets; return them and their code, as in `Data`, and the loss."""

    @abstractmethod
    def _encode_validation(self, y: Any, dtype: Any, loss: Loss) -> Any:
        """Check validated targets of validation data; return them as `_encode_targets` does."""

    @abstractmethod
    def _score_raw(self, y: Any, raw: FloatArray, sample_weight: Any) -> float:
        """Score raw scores of validation data against its targets."""

    def _weigh(
        self, y: Any, sample_weight: FloatArray | None, dtype: Any, *, training: Any = None
    ) -> FloatArray | None:
        """Weights of rows, from those that the user gave.

        `training` are the targets and weights of the training rows, where the rows are others.
        """
        return sample_weight

    def _strata(self, Y: Any) -> Any:
        """Classes to stratify the validation split by, if any."""
        return None

    # Training.

    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        validation: tuple[Any, Any, Any] = (None, None, None),
        incremental: bool = False,
        classes: Any = None,
    ) -> Self:
        """Train from new weights, or go on: one pass if `incremental`, max_iter epochs if not."""
        fitted = hasattr(self, "theta_")
        if incremental and fitted:  # scikit-learn validates the first call only
            self._validate_params()
        resume = fitted and (self.warm_start or incremental)
        # Callbacks begin before the block that undoes a failure: they are torn down after it.
        tasks = None if incremental else self._fit_tasks(X, y, sample_weight)
        with unchanged_on_failure(self):
            network, loss, run, data, y, sample_weight = self._prepare(
                X, y, sample_weight, resume=resume, incremental=incremental, classes=classes
            )
            weight = data.weight
            held_out = self._validation_data(*validation, data, loss, (y, sample_weight))
            if weight is not None and not weight.all():
                rows = np.flatnonzero(weight)  # rows of weight zero are not trained on
                data, y = data.rows(rows), y[rows]
                sample_weight = None if sample_weight is None else sample_weight[rows]
            # Where the last fit has not ended, as in a checkpoint, this one is the rest of it.
            if resume and not incremental and self.stop_reason_:
                run.renew_patience()
            if held_out is None and self.early_stopping and not incremental:
                training, rows = self._split(run, data.Y)
                data, held_out = data.rows(training), (data.rows(rows), y[rows])
            solver = self._make_solver(data.X.shape[0], 1 if incremental else self.max_iter)
            monitor = self._make_monitor(solver, self._validator(network, loss, held_out), tasks)
            self._measure_best(run, monitor)
            # A call of partial_fit does not see all rows: there class weights act as they are.
            weight = sample_weight if incremental else data.weight
            mean_weight = 1.0 if weight is None else weight.mean()
            objective = Objective(network, loss, self.alpha, mean_weight, run.random_state)
            interrupted = train(objective, solver, monitor, run, data)
            ended = monitor.finished or interrupted
            if incremental and monitor.n_iter and not ended:  # without an epoch it diverged
                monitor.stop_reason, ended = "partial_fit trains for one epoch", True
            self.__dict__.update(self._fitted_state(run, monitor))
            if not ended:
                self._warn_not_converged(data.X, solver)
            if tasks and not interrupted:
                tasks.end()
        if interrupted:
            raise KeyboardInterrupt
        return self

    def _prepare(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        *,
        resume: bool,
        incremental: bool = False,
        classes: Any = None,
    ) -> tuple[Network, Loss, Run, Data, Any, FloatArray | None]:
        """Check what users give, and make of it what training needs; y and weights come back."""
        dtype = self.theta_.dtype if resume else (np.float64, np.float32)
        X, y, sample_weight = self._validate(X, y, sample_weight, dtype, reset=not resume)
        Y, code, loss = self._encode_targets(
            y, X.dtype, resume=resume, incremental=incremental, classes=classes
        )
        self.out_activation_ = loss.output
        n_outputs = Y.shape[1] if code is None else len(code)
        network = self._make_network(
            (X.shape[1], *hidden_sizes(self.hidden_layer_sizes), n_outputs)
        )
        run = self._go_on(network) if resume else self._start(network, X.dtype)
        self._describe(network)
        data = Data(X, Y, self._weigh(y, sample_weight, X.dtype), code)
        return network, loss, run, data, y, sample_weight

    def _fit_tasks(self, X: Any, y: Any, sample_weight: Any) -> FitTasks | None:
        """Begin the tasks of a fit, if callbacks are to hear of them."""
        if not getattr(self, "_skl_callbacks", None):
            return None
        return FitTasks(self, X, y, sample_weight)

    def _validate(
        self, X: Any, y: Any, sample_weight: Any, dtype: Any, *, reset: bool
    ) -> tuple[Any, Any, Any]:
        """Check X, y and weights, and give X one of the types `dtype`."""
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse="csr",
            dtype=dtype,
            multi_output=True,
            y_numeric=is_regressor(self),
            reset=reset,
        )
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(
                sample_weight, X, dtype=X.dtype, ensure_non_negative=True
            )
        return X, y, sample_weight

    def _validation_data(
        self, X: Any, y: Any, sample_weight: Any, training: Data, loss: Loss, given: Any
    ) -> tuple[Data, Any] | None:
        """Check the user's validation data, if there are any; return them with their labels.

        `given` are the targets and the weights that the user gave for the training rows.
        """
        if X is None and y is None and sample_weight is None:
            return None
        if X is None or y is None:
            missing = " and ".join(k for k, v in {"X_val": X, "y_val": y}.items() if v is None)
            raise ValueError(
                "Validation data are X_val and y_val together, with sample_weight_val if rows "
                f"have weights; {missing} was not given."
            )
        dtype = training.X.dtype
        try:
            X, y, sample_weight = self._validate(X, y, sample_weight, dtype, reset=False)
            Y = self._encode_validation(y, dtype, loss)
            if training.Y.shape[1:] != Y.shape[1:]:
                raise ValueError(f"y has shape {training.Y.shape}, and y_val {Y.shape}.")
            if self.early_stopping and X.shape[0] < 2:
                raise ValueError(
                    f"Early stopping needs at least 2 rows to validate on; got {X.shape[0]}. Pass "
                    "more, or set early_stopping=False."
                )
            weight = self._weigh(y, sample_weight, dtype, training=given)
        except ValueError as error:
            raise ValueError(f"X_val, y_val or sample_weight_val: {error}") from error
        return Data(X, Y, weight, training.code), y

    def _validator(
        self, network: Network, loss: Loss, held_out: tuple[Data, Any] | None
    ) -> Callable[[FloatArray], tuple[float, float]] | None:
        """Make what measures parameters on validation data: their mean loss, and their score."""
        if held_out is None:
            return None
        data, y = held_out
        X, Y, weight = data.decoded()
        model = copy.copy(self)
        model.__dict__.pop("feature_names_in_", None)  # X has become an array
        scorer, weights = None, {}
        if self.scoring not in (None, "loss"):
            scorer = check_scoring(self, self.scoring)
            # scikit-learn's scorers take weights, and hand them on to metrics that may take none.
            metric = getattr(scorer, "_score_func", scorer)
            if weight is not None and "sample_weight" in signature(metric).parameters:
                weights = {"sample_weight": weight}

        @np.errstate(over="ignore", invalid="ignore")  # the monitor reports divergence
        def validate(theta: FloatArray) -> tuple[float, float]:
            raw = network.raw_scores(theta, X)
            value = float(np.average(loss.value(Y, raw), weights=weight))
            if not math.isfinite(value):
                return value, np.nan
            if scorer:
                model.theta_ = theta
                return value, self._checked_score(scorer(model, X, y, **weights))
            return value, -value if self.scoring else self._score_raw(y, raw, weight)

        return validate

    def _checked_score(self, score: Any) -> float:
        if not (isinstance(score, Real) and score < np.inf):  # the worst may be -inf
            raise ValueError(
                "scoring must give a number for the validation data, neither nan nor inf; "
                f"scoring={self.scoring!r} gave {score!r}. Choose a scorer that is defined on "
                "them, or other validation data."
            )
        return float(score)

    def _make_monitor(
        self,
        solver: Descent | LBFGS,
        validate: Callable[[FloatArray], tuple[float, float]] | None,
        tasks: FitTasks | None,
    ) -> Monitor:
        sgd = isinstance(solver, Descent) and isinstance(solver.optimizer, SGD)
        early_stopping = self.early_stopping and validate is not None
        # L-BFGS stops by the size of the gradient, and by the monitor on validation data alone.
        own_stop = isinstance(solver, LBFGS) and not early_stopping
        return Monitor(
            self.tol,
            np.inf if own_stop else self.n_iter_no_change,
            adaptive=sgd and self.learning_rate == "adaptive",
            validate=validate,
            early_stopping=early_stopping,
            metric="score" if callable(self.scoring) else self.scoring or self._metric,
            tasks=tasks,
            verbose=self.verbose,
        )

    def _measure_best(self, run: Run, monitor: Monitor) -> None:
        """Measure the best weights so far on the validation data of now, where they must hold."""
        best = np.nan
        if run.best_theta is not None and monitor.early_stopping and monitor.validate:
            best = monitor.validate(run.best_theta)[1]
        if np.isnan(best):
            run.best_theta = None  # nothing measures weights now, or not these: none are the best
        run.best_score = float(np.nan_to_num(best, nan=-np.inf))

    def _start(self, network: Network, dtype: Any) -> Run:
        random_state = check_random_state(self.random_state)
        theta = initialize(network, self.weight_init, random_state, dtype)
        return Run(theta, random_state, n_epochs=int(self.max_iter))

    def _go_on(self, network: Network) -> Run:
        """Copy where the last fit left off, so that a failure leaves it as it was."""
        if network.sizes != self._sizes or network.bias != self._bias:
            raise ValueError(
                "Training goes on with the network that is there, of layer sizes "
                f"{self._sizes} {_BIASES[self._bias]}; parameters and data now make it "
                f"{network.sizes} {_BIASES[network.bias]}. Set them back, or fit a new "
                "network with warm_start=False."
            )
        random_state = check_random_state(self.random_state)
        if isinstance(self.random_state, Integral) and self._run["random_state"] is not None:
            random_state.set_state(self._run["random_state"])
        stored = self._run | {
            "theta": self._latest(),
            "best_theta": self.theta_ if self._early_stopped else None,
            "random_state": random_state,
        }
        return Run(**stored).copy()

    def _split(self, run: Run, Y: Any) -> tuple[Any, Any]:
        """Draw the validation split, or keep the last one: row numbers of its two parts."""
        n_rows, n_held_out = len(Y), math.ceil(self.validation_fraction * len(Y))
        sizes = [n_rows - n_held_out, n_held_out]
        if run.split is not None and [len(rows) for rows in run.split] == sizes:
            return run.split
        try:
            training, held_out = train_test_split(
                np.arange(n_rows),
                test_size=self.validation_fraction,
                random_state=run.random_state,
                stratify=self._strata(Y),
            )
            if n_held_out < 2:
                raise ValueError("The validation set is too small, and needs at least 2 rows.")
        except ValueError as error:
            why = str(error).rstrip(".")
            raise ValueError(
                f"Early stopping cannot hold out validation_fraction={self.validation_fraction} "
                f"of n_samples={n_rows}. {why}. Change 'validation_fraction' or increase the size "
                f"of your dataset{' (of each class)' if is_classifier(self) else ''}."
            ) from error
        run.split, run.best_theta = (training, held_out), None
        return run.split

    def _describe(self, network: Network) -> None:
        """Set the fitted attributes that say what network this is."""
        self._sizes, self._bias = network.sizes, network.bias
        # A copy: the user may change an object's parameters, and the fitted network stays.
        self._activation = copy.deepcopy(self._by_layer("activation", len(network.sizes) - 2))
        self.n_layers_ = len(network.sizes)
        self.n_outputs_ = network.sizes[-1]
        self.n_parameters_ = network.n_parameters

    def _fitted_state(self, run: Run, monitor: Monitor) -> dict[str, Any]:
        """Make the other fitted attributes: arrays and plain data, each vector once."""
        best = run.best_theta
        state = {k: v for k, v in vars(run).items() if k not in ("theta", "best_theta")}
        if not self.warm_start:
            state |= {"order": None, "split": None}
        # Unless `random_state` is a number, the generator is the user's or NumPy's, and not ours.
        ours = isinstance(self.random_state, Integral)
        state["random_state"] = run.random_state.get_state(legacy=False) if ours else None
        return {
            "theta_": run.theta if best is None else best,
            "_latest_theta": None if best is None else run.theta,
            "_best_checksum": None if best is None else zlib.crc32(best.data),
            "_early_stopped": monitor.early_stopping,
            "_run": state,
            "n_iter_": monitor.n_iter,
            "loss_": run.loss,
            "stop_reason_": monitor.stop_reason,
        }

    def _warn_not_converged(self, X: Any, solver: Descent | LBFGS) -> None:
        if isinstance(solver, Descent) and self.n_iter_ == solver.max_iter:
            message = (
                f"Stochastic Optimizer: Maximum iterations ({solver.max_iter}) reached and the "
                "optimization hasn't converged yet. Increase max_iter, or change "
                "learning_rate_init."
            )
        elif isinstance(solver, LBFGS):
            message = (
                f"lbfgs failed to converge after {self.n_iter_} iteration(s). "
                f"{self.stop_reason_}. Increase max_iter ({solver.max_iter}) or max_fun "
                f"({solver.max_fun}), or scale X."
            )
        else:
            message = f"{self.stop_reason_}."
        spread = _spread(X)
        spread = spread[spread > 0]
        if spread.size and spread.max() > 100 * spread.min():
            message += (
                f" The columns of X differ in scale by a factor of "
                f"{spread.max() / spread.min():.0f}: put a StandardScaler before the network."
            )
        warnings.warn(message, ConvergenceWarning, stacklevel=5)

    # Prediction.

    def _raw_scores(self, X: Any) -> FloatArray:
        """Validate X and compute its raw scores, (n_samples, n_outputs)."""
        network = self._network
        return network.raw_scores(self.theta_, self._validate_inputs(X))

    def _validate_inputs(self, X: Any) -> Any:
        if self._is_valid(X):
            return X
        return validate_data(self, X, accept_sparse="csr", dtype=self.theta_.dtype, reset=False)

    def hidden_activations(self, X: Any, layer: int = -1) -> FloatArray:
        """Compute the outputs of a hidden layer: what the network makes of the inputs.

        They can serve another model as features. There is no dropout here.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Inputs.
        layer : int, default=-1
            Which hidden layer: 0 is the first, -1 the last.

        Returns
        -------
        ndarray of shape (n_samples, n_units)
            Output of each unit of the layer, after its activation.

        Raises
        ------
        ValueError
            If there is no such layer.
        """
        network = self._network
        n_hidden = len(network.activations)
        if not n_hidden:
            raise ValueError(
                f"{type(self).__name__} has no hidden layers here, and layer={layer!r} is none. "
                "Fit with hidden_layer_sizes other than ()."
            )
        if not (isinstance(layer, Integral) and -n_hidden <= layer < n_hidden):
            raise ValueError(
                f"layer must be the number of a hidden layer, between {-n_hidden} and "
                f"{n_hidden - 1}; got {layer!r} for a network with {n_hidden} hidden layers, of "
                f"sizes {network.sizes[1:-1]}. 0 is the first one, -1 the last."
            )
        X = self._validate_inputs(X)
        return network.hidden_activations(self.theta_, X, int(layer) % n_hidden)

    def _is_valid(self, X: Any) -> bool:
        """Tell at a glance whether X is an array that validation would return as it is.

        Validation takes longer than the network does on a single row.
        """
        return (
            type(X) is np.ndarray
            and X.dtype == self.theta_.dtype
            and X.ndim == 2
            and X.shape[1] == self.n_features_in_
            and len(X) > 0
            and not hasattr(self, "feature_names_in_")
            and _sum_is_finite(X)
        )

    def __getstate__(self) -> dict[str, Any]:
        """Leave callbacks out of what a fitted estimator stores; searches send unfitted ones."""
        state = super().__getstate__()
        if "theta_" not in state:
            return state
        return {name: value for name, value in state.items() if name not in _CALLBACK_STATE}

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def _spread(X: Any) -> FloatArray:
    """Compute the standard deviation of each column, on two hundred rows at most."""
    some = X[:: -(-X.shape[0] // 200)]
    with np.errstate(over="ignore", invalid="ignore"):
        return np.sqrt(mean_variance_axis(some, axis=0)[1]) if issparse(some) else some.std(axis=0)


def _sum_is_finite(X: FloatArray) -> bool:
    """Tell whether all of X is finite, where its sum does not overflow."""
    with np.errstate(over="ignore", invalid="ignore"):
        return math.isfinite(X.sum())


#: What scikit-learn's callbacks put into an estimator.
_CALLBACK_STATE = {
    "_skl_callbacks",
    "_skl_callbacks_to_teardown",
    "_callback_fit_ctx",
    "_parent_callback_ctx",
}

_BIASES = {True: "with biases", False: "without biases"}


def _first_order(estimator: BaseMLP) -> bool:
    """Tell whether partial_fit exists, for ``available_if``; it raises an error that says why."""
    if estimator.solver == "lbfgs":
        raise AttributeError(
            "partial_fit is only available for stochastic optimizers. lbfgs is not stochastic."
        )
    return True
