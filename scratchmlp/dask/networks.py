"""A network on a cluster: how its rows are prepared, and what training on them needs.

The fit is that of `scratchmlp.estimators.base.BaseMLP`. Only what touches rows is done by workers:
checking and converting them, and evaluating the network on them.
"""

import copy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from distributed import Client
from sklearn.base import _fit_context
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import validate_data

from scratchmlp.batches import Data
from scratchmlp.dask.clients import connected
from scratchmlp.dask.collections import Given, check_features, row_like
from scratchmlp.dask.data import ClusterData
from scratchmlp.dask.objective import ClusterObjective
from scratchmlp.dask.pieces import Conversion, joined_scaler
from scratchmlp.dask.preparation import Checked, check, converted, split_off, with_classes
from scratchmlp.dask.rounds import Rounds
from scratchmlp.dask.scoring import check_scoring, validator
from scratchmlp.estimators.base import BaseMLP
from scratchmlp.estimators.prepared import CHECKED_ROWS, Prepared, Validate
from scratchmlp.estimators.validation import check_validation_rows, has_validation_data
from scratchmlp.objective import Objective


@dataclass(frozen=True)
class PreparedPieces(Prepared):
    """What training on rows of a cluster needs."""

    data: ClusterData
    held_out: ClusterData | None

    def multiplications(self, solver: Any) -> int:
        """Return 0: this process multiplies no matrices."""
        return 0

    def few_rows(self, *, held_out: bool) -> Data:
        """Bring a few of the training rows, or of the held-out rows, to this process."""
        rows = self.held_out if held_out and self.held_out else self.data
        return rows.sample(CHECKED_ROWS)

    def validator(self, estimator: Any) -> Validate | None:
        """Return a function that computes loss and score on the validation data, if any."""
        return validator(estimator, self.held_out, self.n_averaged) if self.held_out else None

    def objective(
        self, alpha: float, random_state: np.random.RandomState | None
    ) -> ClusterObjective:
        """Make the training objective: see `Prepared.objective`."""
        objective = super().objective(alpha, random_state)
        assert isinstance(objective, Objective)
        return ClusterObjective(objective, self.data)


@_fit_context(prefer_skip_nested_validation=True)
def fit_network(
    network: BaseMLP,
    scaler: StandardScaler | None,
    given: Given,
    validation: Given,
    client: Client | None,
    timeout: float,
) -> None:
    """Fit a network, and the scaler in front of it, if there is one: see `scratchmlp.dask.fit`."""
    before, fitted_scaler = getattr(network, "theta_", None), copy.copy(scaler)
    X, y, sample_weight = given.values()
    with connected(client, timeout) as rounds:
        try:
            network._fit_prepared(
                lambda estimator: prepare(estimator, fitted_scaler, rounds, given, validation),
                (X, y, sample_weight),
            )
        finally:  # also after Ctrl-C, when the network keeps what it has learned
            if scaler and getattr(network, "theta_", None) is not before:
                scaler.__dict__ = vars(fitted_scaler)


def prepare(
    estimator: BaseMLP,
    scaler: StandardScaler | None,
    rounds: Rounds,
    given: Given,
    validation: Given,
) -> PreparedPieces:
    """Prepare a fit: check rows on the cluster, and choose those to train and to validate on.

    Parameters
    ----------
    estimator : BaseMLP
        The estimator. This sets the attributes that describe X.
    scaler : StandardScaler or None
        The scaler in front of the network, which is fitted.
    rounds : Rounds
        The rounds of the fit.
    given, validation : Given
        X, y and the weights. All validation data are None if there are none.

    Returns
    -------
    PreparedPieces
        What training needs.
    """
    _refuse_dropout(estimator)
    check_scoring(estimator)
    resuming = estimator._resumes(incremental=False)
    dtype = estimator.theta_.dtype if resuming else (np.float64, np.float32)
    checked = check(estimator, rounds, given, dtype, with_scaler=scaler is not None)
    plain = _learn_features(estimator, scaler, given["X"], checked, reset=not resuming)
    labels, keep_y = checked.labels, estimator.early_stopping
    targets = estimator._learn_targets(labels, resuming=resuming, incremental=False, classes=None)
    loss = estimator._loss_for(targets)
    conversion = Conversion(targets, loss, checked.dtype, plain, keep_y=keep_y)
    conversion = with_classes(rounds, conversion, checked)
    prepared = _prepare_all(estimator, rounds, checked, conversion)
    if has_validation_data(*validation.values()):
        held_out = _validation_rows(estimator, scaler or estimator, rounds, validation, conversion)
        prepared = replace(prepared, held_out=held_out)
    elif estimator.early_stopping:
        prepared = _with_held_out(prepared, estimator.validation_fraction)
    prepared.data.balance()
    return prepared


def _prepare_all(
    estimator: BaseMLP, rounds: Rounds, checked: Checked, conversion: Conversion
) -> PreparedPieces:
    """Make the network and the run, and convert the rows, to train on all of them."""
    targets, loss, dtype = conversion.targets, conversion.loss, conversion.dtype
    by_class = targets.targets_of_classes(loss, dtype)
    n_raw = loss.n_raw(checked.n_targets if by_class is None else len(by_class))
    network, run = estimator._network_and_run(checked.n_features, n_raw, dtype, incremental=False)
    data = converted(rounds, conversion, checked)
    return PreparedPieces(network, loss, targets, run, data, held_out=None)


def _refuse_dropout(estimator: BaseMLP) -> None:
    if np.any(estimator.dropout):
        raise ValueError(
            "dropout is not supported on a cluster, because its random masks would depend on the "
            f"partitions; got dropout={estimator.dropout!r}. Set dropout=0.0, or train on data in "
            "memory."
        )


def _learn_features(
    estimator: BaseMLP, scaler: StandardScaler | None, X: Any, checked: Checked, *, reset: bool
) -> StandardScaler | None:
    """Learn or check the features of X, and fit a scaler. The network knows what that outputs.

    Return what standardizes arrays: the same scaler, but without names and options of the user.
    """
    if scaler is None:
        check_features(estimator, X, checked.n_features, reset=reset)
        return None
    plain = joined_scaler([summary.scaler for summary in checked.summaries])
    scaler.__dict__ |= {name: value for name, value in vars(plain).items() if name[-1] == "_"}
    check_features(scaler, X, checked.n_features, reset=True)
    scaled = scaler.transform(row_like(X, checked.n_features))
    validate_data(estimator, scaled, reset=reset, skip_check_array=True)
    return plain


def _validation_rows(
    estimator: BaseMLP, named: Any, rounds: Rounds, validation: Given, conversion: Conversion
) -> ClusterData:
    """Check the user's validation data, and convert them like the training rows.

    `named` is the network or the scaler in front of it, which knows the features.
    """
    try:
        checked = check(estimator, rounds, validation, conversion.dtype)
        check_features(named, validation["X_val"], checked.n_features, reset=False)
        conversion = replace(conversion, validation=True, keep_y=True)
        data = converted(rounds, conversion, checked)
        check_validation_rows(estimator, data.n_rows)
    except ValueError as error:
        raise ValueError(f"X_val, y_val or sample_weight_val: {error}") from error
    return data


def _with_held_out(prepared: PreparedPieces, fraction: float) -> PreparedPieces:
    """Split off validation rows for early stopping.

    A resumed run keeps the seed of its last split. If the pieces are others, so are the rows that
    are held out: the best weights, which may have been trained on them, are dropped.
    """
    run, starts = prepared.run, prepared.data.starts
    last = run.split or {}
    seed = int(last["seed"] if "seed" in last else run.generator().randint(2**31))
    data, rows = split_off(prepared.data, prepared.targets, fraction, seed)
    same = np.array_equal(last.get("starts", ()), starts)
    run.split = {"seed": seed, "starts": starts}
    run.best_theta = run.best_theta if same else None
    return replace(prepared, data=data, held_out=rows)
