"""Rows in memory, and how a fit prepares them: check, encode, hold out some, and score those."""

import copy
import math
from dataclasses import dataclass, replace
from inspect import signature
from numbers import Real
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.metrics import check_scoring
from sklearn.model_selection import train_test_split

from scratchmlp.arrays import FloatArray
from scratchmlp.batches import Data
from scratchmlp.estimators.prepared import CHECKED_ROWS, Checked, Prepared, Source, Validate
from scratchmlp.estimators.targets import ClassLabels, RegressionTargets
from scratchmlp.estimators.validation import (
    check_total_weight,
    check_validation_rows,
    has_validation_data,
    validate_rows,
)
from scratchmlp.losses import Loss
from scratchmlp.network import Network
from scratchmlp.prediction import raw_scores
from scratchmlp.run import Run
from scratchmlp.solvers import LBFGS, Descent


@dataclass(frozen=True)
class PreparedRows(Prepared):
    """What training on rows in memory needs.

    Attributes
    ----------
    y : ndarray or sparse matrix
        Targets of the training rows as the user passed them.
    factors : list of ndarray or None
        Weights of the classes: see `ClassLabels.factors`. None if there are none.
    mean_of : ndarray of shape (n_samples,) or None
        Weights by whose mean the objective is divided. In a call of `partial_fit`, which may lack
        some classes, they do not include the weights of classes.
    y_held_out : ndarray, sparse matrix or None
        Targets of the validation rows as the user passed them.
    """

    data: Data
    held_out: Data | None
    y: Any
    factors: list[FloatArray] | None
    mean_of: FloatArray | None
    y_held_out: Any = None

    def rows(self, index: Any) -> "PreparedRows":
        """Return a copy with the selected training rows only."""
        mean_of = None if self.mean_of is None else self.mean_of[index]
        return replace(self, data=self.data.rows(index), y=self.y[index], mean_of=mean_of)

    @property
    def mean_weight(self) -> float:
        """Mean by which the objective is divided: see `mean_of`."""
        return self.data._replace(sample_weight=self.mean_of).mean_weight

    def multiplications(self, solver: Descent | LBFGS) -> int:
        """Count the multiplications of the largest matrix product of a step of training."""
        n_rows = solver.batch_size if isinstance(solver, Descent) else self.data.n_rows
        return self.network.multiplications(n_rows, self.data.X)

    def few_of(self, rows: Data) -> Data:
        """Return the first training rows, or all held-out rows."""
        return rows if rows is self.held_out else rows.rows(slice(0, CHECKED_ROWS))

    def validator(self, estimator: Any) -> Validate | None:
        """Return a function that computes loss and score on the validation data, if any."""
        if self.held_out is None:
            return None
        network, loss, y, scoring = self.network, self.loss, self.y_held_out, estimator.scoring
        targets, n_averaged = self.targets, self.n_averaged
        X, Y, weight = self.held_out.as_batch()
        model = copy.copy(estimator)
        model.__dict__.pop("feature_names_in_", None)  # X is an array by now, without names
        scorer, weights = _scorer(estimator, weight)

        @np.errstate(over="ignore", invalid="ignore")  # the monitor reports divergence
        def validate(theta: FloatArray) -> tuple[float, float]:
            raw = raw_scores(network, theta, X)
            value = float(np.average(loss.value(Y, raw), weights=weight)) / n_averaged
            if not math.isfinite(value):
                return value, np.nan
            if scorer:
                model.theta_ = theta
                return value, _checked(scorer(model, X, y, **weights), scoring)
            # Without a scorer, scoring is "loss" or None.
            return value, -value if scoring else targets.score(y, raw, loss, weight)

        return validate


@dataclass(frozen=True)
class RowsInMemory(Source):
    """The rows of a fit: arrays, lists, data frames or sparse matrices.

    Parameters
    ----------
    given : tuple of X, y and sample_weight
        What the user passed.
    validation : tuple of X_val, y_val and sample_weight_val
        The user's validation data. All three are None if there are none.
    incremental, classes : object
        See `scratchmlp.estimators.prepared.Source`.
    """

    given: tuple[Any, Any, Any]
    validation: tuple[Any, Any, Any] = (None, None, None)
    incremental: bool = False
    classes: Any = None

    def check(self, estimator: Any, dtype: Any, *, reset: bool) -> Checked:
        """Check the rows: see `Source.check`."""
        X, y, _ = rows = validate_rows(estimator, *self.given, dtype, reset=reset)
        return Checked(rows, X.shape[1], 1 if y.ndim == 1 else y.shape[1], X.dtype, y)

    def convert(
        self,
        checked: Checked,
        network: Network,
        loss: Loss,
        targets: ClassLabels | RegressionTargets,
        run: Run,
    ) -> PreparedRows:
        """Encode the targets and weigh the rows: see `Source.convert`."""
        (X, y, sample_weight), dtype = checked.rows, checked.dtype
        Y, class_targets = targets.encode(y, loss, dtype), targets.targets_of_classes(loss, dtype)
        factors = None
        if isinstance(targets, ClassLabels) and targets.class_weight is not None:
            factors = targets.factors(targets.sums(y, sample_weight))
        weight = _weigh(targets, factors, y, sample_weight, dtype, all_zero=self.may_lack_classes)
        data = Data(X, Y, weight, class_targets)
        mean_of = sample_weight if self.incremental else weight
        return PreparedRows(network, loss, targets, run, data, None, y, factors, mean_of)

    def hold_out(self, prepared: PreparedRows, estimator: Any) -> PreparedRows:
        """Choose rows to train and to validate on: see `Source.hold_out`.

        Rows of weight zero are left out, unless a call of `partial_fit` has no others.
        """
        held_out = _validation_data(estimator, prepared, *self.validation)
        weight = prepared.data.sample_weight
        if weight is not None and weight.any() and not weight.all():
            prepared = prepared.rows(np.flatnonzero(weight))
        if held_out is None and estimator.early_stopping and not self.incremental:
            training, rows = _split(estimator, prepared)
            held_out = prepared.data.rows(rows), prepared.y[rows]
            prepared = prepared.rows(training)
        if held_out is None:
            return prepared
        return replace(prepared, held_out=held_out[0], y_held_out=held_out[1])


@np.errstate(over="ignore")  # an infinite product is reported
def _weigh(
    targets: Any, factors: Any, y: Any, sample_weight: Any, dtype: Any, *, all_zero: bool = False
) -> Any:
    """Multiply the weights of rows by those of their classes, if any, and check the sum.

    It may be 0 if some classes may be absent, as `all_zero` tells.
    """
    if factors is None:
        return sample_weight
    weight = targets.weigh(factors, y, sample_weight, dtype)
    if weight.any() or not all_zero:
        check_total_weight(weight.sum(), targets.class_weight)
    return weight


def _validation_data(
    estimator: Any, prepared: PreparedRows, X: Any, y: Any, sample_weight: Any
) -> tuple[Data, Any] | None:
    """Check the user's validation data. Return encoded rows, and their targets as they are."""
    if not has_validation_data(X, y, sample_weight):
        return None
    data, targets, dtype = prepared.data, prepared.targets, prepared.data.X.dtype
    try:
        X, y, sample_weight = validate_rows(estimator, X, y, sample_weight, dtype, reset=False)
        Y = targets.encode_validation(y, prepared.loss, dtype)
        if data.Y.shape[1:] != Y.shape[1:]:
            raise ValueError(f"y has shape {data.Y.shape}, and y_val {Y.shape}.")
        check_validation_rows(estimator, X.shape[0])
        weight = _weigh(targets, prepared.factors, y, sample_weight, dtype)
    except ValueError as error:
        raise ValueError(f"X_val, y_val or sample_weight_val: {error}") from error
    return Data(X, Y, weight, data.class_targets), y


def _split(estimator: Any, prepared: PreparedRows) -> tuple[Any, Any]:
    """Return row numbers for training, and row numbers for validation.

    A resumed run keeps its last split if the numbers of rows still agree. A new split drops the
    best weights of the run, because they may have been trained on rows that are now held out.
    """
    run, Y, fraction = prepared.run, prepared.data.Y, estimator.validation_fraction
    n_rows, n_held_out = len(Y), math.ceil(fraction * len(Y))
    sizes = {"training": n_rows - n_held_out, "held_out": n_held_out}
    if run.split and {name: np.size(rows) for name, rows in run.split.items()} == sizes:
        return run.split["training"], run.split["held_out"]
    try:
        training, held_out = train_test_split(
            np.arange(n_rows),
            test_size=fraction,
            random_state=run.generator(),
            stratify=prepared.targets.strata(Y),
        )
        if n_held_out < 2:
            raise ValueError("The validation set is too small, and needs at least 2 rows.")
    except ValueError as error:
        why = str(error).rstrip(".")
        raise ValueError(
            f"Early stopping cannot hold out validation_fraction={fraction} "
            f"of n_samples={n_rows}. {why}. Change 'validation_fraction' or increase the size "
            f"of your dataset{' (of each class)' if is_classifier(estimator) else ''}."
        ) from error
    run.split, run.best_theta = {"training": training, "held_out": held_out}, None
    return training, held_out


def _scorer(estimator: Any, weight: FloatArray | None) -> tuple[Any, dict[str, Any]]:
    """Return the user's scorer, if any, and the weights as keyword arguments for it."""
    if estimator.scoring in (None, "loss"):
        return None, {}
    scorer = check_scoring(estimator, estimator.scoring)
    # Every scorer of scikit-learn accepts weights and passes them to its metric, which may not
    # accept them. So the signature of the metric decides.
    metric = getattr(scorer, "_score_func", scorer)
    takes_weights = "sample_weight" in signature(metric).parameters
    return scorer, {"sample_weight": weight} if weight is not None and takes_weights else {}


def _checked(score: Any, scoring: Any) -> float:
    """Check that a score is a number, neither nan nor inf. It may be -inf, the worst score."""
    if not (isinstance(score, Real) and score < np.inf):
        raise ValueError(
            "scoring must give a number for the validation data, neither nan nor inf; "
            f"scoring={scoring!r} gave {score!r}. Choose a scorer that is defined on "
            "them, or other validation data."
        )
    return float(score)
