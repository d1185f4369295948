"""What the classifier and the regressor on a cluster share.

The fit is that of `scratchmlp.estimators.base.BaseMLP`. Only what touches rows is done otherwise:
preparing them, and evaluating the network on them.
"""

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from sklearn.base import _fit_context
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted

from scratchmlp.arrays import FloatArray
from scratchmlp.dask.collections import check_features, column_names, is_frame, partitions
from scratchmlp.dask.objective import ClusterPrepared
from scratchmlp.dask.on_cluster import OnCluster, current_rounds
from scratchmlp.dask.pieces import Conversion
from scratchmlp.dask.predictions import lazy
from scratchmlp.dask.preparation import (
    Checked,
    check,
    conversion_of_classes,
    converted,
    held_out,
)
from scratchmlp.dask.scoring import check_scoring, validator
from scratchmlp.estimators.base import BaseMLP
from scratchmlp.estimators.parameters import hidden_sizes
from scratchmlp.estimators.state import forget_training, resumed_run
from scratchmlp.estimators.validation import (
    CHECKED_ROWS,
    check_last_step,
    check_validation_rows,
    has_validation_data,
)
from scratchmlp.monitor import Monitor
from scratchmlp.public import names_class


class DaskMLP(OnCluster, BaseMLP):
    """Base class of the estimators on a cluster, in front of the class of the local estimator."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **OnCluster._parameter_constraints,
        "standardize": ["boolean"],
    }

    _scaling = "Set standardize=True"

    standardize: bool
    scaler_: StandardScaler | None

    # Fit.

    @names_class
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
        """Train the network on the cluster, or continue its training if `warm_start` is True.

        Parameters
        ----------
        X : dask array or DataFrame of shape (n_samples, n_features)
            Input data: finite numbers. Partitions may be empty.
        y : dask array, Series or DataFrame, of shape (n_samples,) or (n_samples, n_outputs)
            Class labels or targets, with the same partitions as X.
        sample_weight : dask array or Series of shape (n_samples,), or number, default=None
            Weight of each sample, with the same partitions as X.
        X_val : dask array or DataFrame, default=None
            Validation data: their loss and score are recorded after each epoch. With
            `early_stopping`, they replace the rows that are held out.
        y_val : dask array, Series or DataFrame, default=None
            Class labels or targets of the validation data.
        sample_weight_val : dask array or Series, or number, default=None
            Weight of each validation sample.

        Returns
        -------
        self
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or the data are invalid; the message names the partition. If `fit` fails,
            the estimator stays unchanged.
        TypeError
            If X, y or another argument is not a dense dask array, DataFrame or Series.
        DivergenceError
            If training diverges: a loss or a weight is not finite, or the loss exceeds 1e10 times
            its first value. Early stopping restores the best weights instead, if there are any.
        TimeoutError
            If the cluster has no workers; see `timeout`.
        RuntimeError
            If workers die again and again in the same round, for instance because their memory is
            full, or if the connection to the scheduler is lost.
        """
        validation = X_val, y_val, sample_weight_val
        with self._rounds():
            return self._fit(X, y, sample_weight, validation=validation)

    def _prepare(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        *,
        resuming: bool,
        incremental: bool = False,
        classes: Any = None,
    ) -> ClusterPrepared:
        """Check the rows on the cluster, and convert them to what training needs."""
        self._refuse_parameters()
        dtype = self.theta_.dtype if resuming else (np.float64, np.float32)
        standardize = self.standardize and not resuming
        parts = partitions(X, y, sample_weight)
        names = column_names(X), column_names(y)
        checked = check(self, current_rounds(), parts, dtype, names=names, with_moments=standardize)
        check_features(self, X, checked.n_features, reset=not resuming)
        targets = self._learn_targets(
            checked.labels, resuming=resuming, incremental=incremental, classes=classes
        )
        if not resuming:
            self.scaler_ = checked.moments.scaler() if standardize else None
        conversion = Conversion(
            targets,
            self._loss_for(targets),
            checked.dtype,
            checked.exponent(sample_weight is not None),
            scaler=self.scaler_,
            keep_y=self.early_stopping and not incremental,
        )
        conversion = conversion_of_classes(conversion, checked)
        return self._prepared(checked, conversion, resuming=resuming)

    def _prepared(
        self, checked: Checked, conversion: Conversion, *, resuming: bool
    ) -> ClusterPrepared:
        """Make the network and the run, and convert the rows."""
        targets, loss, dtype = conversion.targets, conversion.loss, conversion.dtype
        by_class = targets.class_targets(loss, dtype)
        n_targets = checked.n_targets if by_class is None else len(by_class)
        hidden = hidden_sizes(self.hidden_layer_sizes)
        network = self._make_network((checked.n_features, *hidden, loss.n_raw(n_targets)))
        run = resumed_run(self, network) if resuming else self._start(network, dtype)
        data: Any = converted(conversion, checked)
        exponent = conversion.exponent
        return ClusterPrepared(network, loss, targets, run, data, conversion, None, exponent)

    def _refuse_parameters(self) -> None:
        """Raise an error for parameters of the local estimators that make no sense here."""
        if np.any(self.dropout):
            raise ValueError(
                "dropout is not supported on a cluster, because its random masks would depend on "
                f"the partitions; got dropout={self.dropout!r}. Set dropout=0.0, or train with "
                f"{self._local_class.__name__}."
            )
        check_scoring(self)

    # Training and validation rows.

    def _choose_rows(  # type: ignore[override]
        self, prepared: ClusterPrepared, validation: tuple[Any, Any, Any], *, split: bool
    ) -> ClusterPrepared:
        """Choose the training and the validation rows."""
        if has_validation_data(*validation):
            prepared = prepared._replace(held_out=self._validation_rows(prepared, *validation))
        elif self.early_stopping and split:
            prepared = self._with_held_out(prepared)
        prepared.data.balance()
        return prepared

    def _with_held_out(self, prepared: ClusterPrepared) -> ClusterPrepared:
        """Split off validation rows for early stopping. Another split forgets the best weights."""
        run = prepared.run
        seed = self._split_seed(prepared)
        data, rows = held_out(prepared.data, prepared.targets, self.validation_fraction, seed)
        new = np.array([seed]), data.starts
        if run.split is None or not all(map(np.array_equal, run.split, new)):
            run.split, run.best_theta = new, None
        return prepared._replace(data=data, held_out=(rows, None))  # type: ignore[arg-type]

    def _split_seed(self, prepared: ClusterPrepared) -> int:
        """Return the seed of the split: that of the last fit if training resumes."""
        run = prepared.run
        if run.split is not None and len(run.split[0]) == 1:
            return int(run.split[0][0])
        return int(run.generator().randint(2**31))

    def _validation_rows(self, prepared: ClusterPrepared, X: Any, y: Any, weight: Any) -> Any:
        """Check the user's validation data, and convert them like the training rows."""
        conversion = replace(prepared.y, validation=True, keep_y=True)
        try:
            parts = partitions(X, y, weight, "_val")
            names = column_names(X), column_names(y)
            checked = check(self, current_rounds(), parts, conversion.dtype, names=names)
            check_features(self, X, checked.n_features, reset=False)
            conversion = replace(conversion, exponent=checked.exponent(weight is not None))
            data = converted(conversion, checked)
            check_validation_rows(self, data.n_rows)
        except ValueError as error:
            raise ValueError(f"X_val, y_val or sample_weight_val: {error}") from error
        return data, None

    def _make_validator(  # type: ignore[override]
        self, prepared: ClusterPrepared
    ) -> Callable[[FloatArray], tuple[float, float]] | None:
        """Return a function that computes loss and score on the validation data, if there are."""
        if prepared.held_out is None:
            return None
        return validator(self._predictor(), prepared, self.scoring)

    def _check_last_step(self, prepared: ClusterPrepared, monitor: Monitor) -> None:  # type: ignore[override]
        """Evaluate the parameters that a fit keeps, on a few rows."""
        check_last_step(prepared.some(CHECKED_ROWS), monitor)

    # Models without a client.

    def _predictor(self) -> Self:
        """Return a copy that predicts but cannot resume training. It is sent to workers."""
        model = copy.copy(self)
        if hasattr(self, "_run"):
            forget_training(model)
        return model

    def to_local(self) -> Any:
        """Return the fitted network as an estimator without Dask.

        It can be saved with :func:`scratchmlp.io.save`, converted to ONNX, and trained on.

        Returns
        -------
        ScratchMLPClassifier, ScratchMLPRegressor or Pipeline
            A copy. With ``standardize=True``, a Pipeline of a StandardScaler and the network.
        """
        check_is_fitted(self)
        fitted = copy.deepcopy(self._fitted())
        scaler = fitted.pop("scaler_")
        local = self._local(fitted)
        local._run["split"] = None
        if scaler is None:
            return local
        scaler.set_output(transform="default")  # the network was trained without names of columns
        names = local.__dict__.pop("feature_names_in_", None)
        if names is not None:
            scaler.feature_names_in_ = names
        return make_pipeline(scaler, local)

    def _validate_inputs(self, X: Any) -> Any:
        """Validate X for prediction, and standardize it if the network was trained so."""
        X = super()._validate_inputs(X)
        return X if self.scaler_ is None else self.scaler_.transform(X)

    # Predictions of dask collections.

    hidden_activations = lazy(BaseMLP.hidden_activations)

    def _check_columns(self, X: Any) -> None:
        if not np.isnan(X.shape[1]):
            check_features(self, X, X.shape[1], reset=False)

    def _predictor_for(self, X: Any) -> Any:
        model = super()._predictor_for(X)
        if not is_frame(X):
            vars(model).pop("feature_names_in_", None)  # the check has warned of missing names
        return model

    def _like(self, method: str, parameters: dict[str, Any]) -> tuple[Any, Any]:
        row: Any = np.zeros((1, self.n_features_in_), self.theta_.dtype)
        if hasattr(self, "feature_names_in_"):
            row = pd.DataFrame(row, columns=self.feature_names_in_)
        names = None if method == "hidden_activations" else getattr(self, "classes_", None)
        return getattr(self, method)(row, **parameters), names
