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
from scratchmlp.dask.collections import Given, check_features, row_like
from scratchmlp.dask.data import ClusterData
from scratchmlp.dask.objective import ClusterObjective
from scratchmlp.dask.pieces import Conversion, joined_scaler
from scratchmlp.dask.preparation import check, converted, split_off, with_classes
from scratchmlp.dask.rounds import Rounds, find_client
from scratchmlp.dask.scoring import check_scoring, validator
from scratchmlp.estimators.base import BaseMLP, fit_rows
from scratchmlp.estimators.options import refuse_options
from scratchmlp.estimators.prepared import CHECKED_ROWS, Checked, Prepared, Source, Validate
from scratchmlp.estimators.state import FittedModel
from scratchmlp.estimators.targets import ClassLabels, RegressionTargets
from scratchmlp.estimators.validation import check_validation_rows, has_validation_data
from scratchmlp.losses import Loss
from scratchmlp.network import Network
from scratchmlp.objective import Objective
from scratchmlp.run import Run


@dataclass(frozen=True)
class PreparedPieces(Prepared):
    """What training on rows of a cluster needs."""

    data: ClusterData
    held_out: ClusterData | None
    conversion: Conversion

    def multiplications(self, solver: Any) -> int:
        """Return 0: this process multiplies no matrices."""
        return 0

    def few_of(self, rows: ClusterData) -> Data:
        """Bring a few of the training rows, or of the held-out rows, to this process."""
        return rows.sample(CHECKED_ROWS)

    def validator(self, estimator: Any) -> Validate | None:
        """Return a function that computes loss and score on the validation data, if any."""
        if self.held_out is None:
            return None
        model = FittedModel(self.network, self.run.theta, self.loss, self.targets)
        return validator(estimator.scoring, model, self.held_out, self.n_averaged)

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
    with Rounds(find_client(client), timeout) as rounds:
        try:
            fit_rows(
                network,
                RowsOnCluster(
                    (X, y, sample_weight), validation, fitted_scaler, rounds, network.early_stopping
                ),
            )
        finally:  # also after Ctrl-C, when the network keeps what it has learned
            if scaler and getattr(network, "theta_", None) is not before:
                scaler.__dict__ = vars(fitted_scaler)


@dataclass(frozen=True)
class RowsOnCluster(Source):
    """The rows of a fit: dask collections.

    Parameters
    ----------
    given : tuple of X, y and sample_weight
        What the user passed.
    validation : Given
        X_val, y_val and sample_weight_val. All are None if there are no validation data.
    scaler : StandardScaler or None
        The scaler in front of the network, which is fitted.
    rounds : Rounds
        The rounds of the fit.
    keep_y : bool
        Whether rows that are held out need their targets as the user passed them.
    """

    given: tuple[Any, Any, Any]
    validation: Given
    scaler: StandardScaler | None
    rounds: Rounds
    keep_y: bool

    def check(self, estimator: BaseMLP, dtype: Any, *, reset: bool) -> Checked:
        """Check the rows on the cluster, and fit the scaler: see `Source.check`."""
        refuse_options(estimator, "cluster")
        check_scoring(estimator)
        given = dict(zip(("X", "y", "sample_weight"), self.given, strict=True))
        checked = check(estimator, self.rounds, given, dtype, with_scaler=self.scaler is not None)
        self._learn_features(estimator, checked, reset=reset)
        return checked

    def _learn_features(self, estimator: BaseMLP, checked: Checked, *, reset: bool) -> None:
        """Learn or check the features of X. The network knows what the scaler outputs."""
        scaler, X, n_features = self.scaler, self.given[0], checked.n_features
        if scaler is None:
            check_features(estimator, X, n_features, reset=reset)
            return
        fitted = vars(self._plain_scaler(checked)).items()
        scaler.__dict__ |= {name: value for name, value in fitted if name[-1] == "_"}
        check_features(scaler, X, n_features, reset=True)
        scaled = scaler.transform(row_like(X, n_features))
        validate_data(estimator, scaled, reset=reset, skip_check_array=True)

    def _plain_scaler(self, checked: Checked) -> StandardScaler | None:
        """Return a scaler that is fitted to all rows and returns arrays, if there is one."""
        if self.scaler is None:
            return None
        return joined_scaler([summary.scaler for summary in checked.rows.summaries])

    def convert(
        self,
        checked: Checked,
        network: Network,
        loss: Loss,
        targets: ClassLabels | RegressionTargets,
        run: Run,
    ) -> PreparedPieces:
        """Convert partitions to pieces: see `Source.convert`."""
        scaler = self._plain_scaler(checked)
        conversion = Conversion(targets, loss, checked.dtype, scaler, keep_y=self.keep_y)
        conversion = with_classes(conversion, checked.rows)
        data = converted(conversion, checked.rows)
        return PreparedPieces(network, loss, targets, run, data, None, conversion)

    def hold_out(self, prepared: PreparedPieces, estimator: BaseMLP) -> PreparedPieces:
        """Choose rows to train and to validate on: see `Source.hold_out`."""
        if has_validation_data(*self.validation.values()):
            held_out = self._validation_rows(estimator, prepared.conversion)
            prepared = replace(prepared, held_out=held_out)
        elif estimator.early_stopping:
            prepared = _with_held_out(prepared, estimator.validation_fraction)
        return prepared

    def _validation_rows(self, estimator: BaseMLP, conversion: Conversion) -> ClusterData:
        """Check the user's validation data, and convert them like the training rows."""
        try:
            checked = check(estimator, self.rounds, self.validation, conversion.dtype)
            named = self.scaler or estimator  # which knows the features
            check_features(named, self.validation["X_val"], checked.n_features, reset=False)
            conversion = replace(conversion, validation=True, keep_y=True)
            data = converted(conversion, checked.rows)
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
