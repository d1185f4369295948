"""Targets: check what users pass as `y`, encode it for the loss, and turn raw scores back into it.

The classifier uses `ClassLabels`, the regressor `RegressionTargets`. Their `attributes` are the
fitted attributes of the estimator that depend on the targets.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse
from scipy.special import expit, log_expit, log_softmax
from sklearn.metrics import accuracy_score
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import assert_all_finite, check_array
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target, unique_labels

from scratchmlp.activations import OUTPUT_ACTIVATIONS
from scratchmlp.arrays import FloatArray
from scratchmlp.estimators.scaling import scaled_r2
from scratchmlp.losses import Loss

MULTILABEL = "multilabel-indicator"


@dataclass(frozen=True)
class RegressionTargets:
    """Targets of a regressor, which are numbers already."""

    @property
    def attributes(self) -> dict[str, Any]:
        """Fitted attributes that depend on the targets: none."""
        return {}

    @np.errstate(over="ignore", invalid="ignore")  # infinite numbers are reported
    def encode(self, y: Any, loss: Loss, dtype: Any) -> NDArray[Any]:
        """Return targets as an array of shape (n_samples, n_outputs), checked by the loss."""
        if issparse(y) or y.dtype.kind not in "biuf":  # numbers have been checked with X
            y = check_array(y, ensure_2d=False)
        if y.dtype.kind in "mM":
            raise ValueError(
                f"Targets must be numbers; got {y.flat[0]!r}. Convert dates and durations to "
                "numbers."
            )
        Y = y.reshape(y.shape[0], -1).astype(dtype, copy=False)
        if Y.itemsize < y.dtype.itemsize:
            assert_all_finite(Y, input_name="y")
        loss.check_targets(Y)
        return Y

    encode_validation = encode

    def targets_of_classes(self, loss: Loss, dtype: Any) -> None:
        """Return None: there are no classes."""

    def n_columns(self, n_targets: int, loss: Loss) -> int:
        """Return how many columns the encoded targets have: as many as y."""
        return n_targets

    def strata(self, Y: Any) -> None:
        """Return None: a validation split is not stratified."""

    def predictions(self, raw: FloatArray, loss: Loss) -> FloatArray:
        """Turn raw scores into predictions, of shape (n_samples,) if there is one output."""
        p = loss.predictions(raw)
        return p[:, 0] if p.shape[1] == 1 else p

    def score(self, y: Any, raw: FloatArray, loss: Loss, sample_weight: Any) -> float:
        """Compute R² of raw scores."""
        return scaled_r2(y, self.predictions(raw, loss), sample_weight)


@dataclass(frozen=True)
class ClassLabels:
    """Targets of a classifier.

    Parameters
    ----------
    kind : {"binary", "multiclass", "multilabel-indicator"}
        What the targets are.
    classes : ndarray of shape (n_classes,)
        Class labels, sorted.
    binarizer : LabelBinarizer or None
        For multilabel targets: converts predictions to the format of `y`, dense or sparse.
    class_weight : dict, list of dict, "balanced" or None
        The parameter of the classifier.
    """

    kind: str
    classes: NDArray[Any]
    binarizer: Any = None
    class_weight: Any = None

    @classmethod
    def learn(cls, y: Any, present: Any, classes: Any, class_weight: Any) -> "ClassLabels":
        """Learn the kind of targets and their classes.

        Parameters
        ----------
        y : ndarray of shape (n_samples,) or {ndarray, sparse matrix} of shape (n_samples, n_labels)
            Labels.
        present : ndarray of shape (n_classes_present,)
            The classes in y: see `classes_of`.
        classes : ndarray of shape (n_classes,) or None
            All classes. None means the classes in y.
        class_weight : dict, list of dict, "balanced" or None
            The parameter of the classifier.

        Returns
        -------
        ClassLabels
            The kind and the classes.
        """
        if y.ndim == 2:
            return cls(MULTILABEL, present, LabelBinarizer().fit(y), class_weight)
        classes = present if classes is None else classes
        kind = "binary" if len(classes) <= 2 else "multiclass"
        return cls(kind, classes, None, class_weight)

    @property
    def attributes(self) -> dict[str, Any]:
        """Fitted attributes that depend on the targets."""
        return {
            "classes_": self.classes,
            "_kind": self.kind,
            "_binarizer": self.binarizer,
        }

    # From labels to numbers.

    def encode(self, y: Any, loss: Loss, dtype: Any) -> NDArray[Any]:
        """Turn labels into class numbers, or multilabel indicators into a matrix of targets."""
        if self.kind != MULTILABEL:
            return np.searchsorted(self.classes, y)
        Y = (y.toarray() if issparse(y) else y).astype(dtype)
        return 2 * Y - 1 if loss.output == "identity" else Y

    def encode_validation(self, y: Any, loss: Loss, dtype: Any) -> NDArray[Any]:
        """Check the labels of validation data and encode them."""
        self._check_kind(y)
        unseen = np.setdiff1d(classes_of(y), self.classes, assume_unique=True)
        if len(unseen):
            raise ValueError(
                "Validation data must not contain classes that the training data do not, which "
                f"are {self.classes}; got {unseen}. Leave such rows out."
            )
        return self.encode(y, loss, dtype)

    def targets_of_classes(self, loss: Loss, dtype: Any) -> FloatArray | None:
        """Return the targets of each class, as described in `scratchmlp.batches.Data`.

        The result is None for multilabel targets, because `encode` returns the targets themselves.
        """
        if self.kind == MULTILABEL:
            return None
        n_columns, n_classes = self.n_columns(1, loss), len(self.classes)
        if n_columns == 1:
            targets = np.arange(n_classes, dtype=dtype)[np.newaxis]
        else:
            targets = np.eye(n_columns, n_classes, dtype=dtype)
        # With an identity output, the sign of a score tells the classes apart: targets are -1, 1.
        return 2 * targets - 1 if loss.output == "identity" else targets

    def n_columns(self, n_targets: int, loss: Loss) -> int:
        """Return how many columns the encoded targets have, if y has `n_targets`."""
        if self.kind == MULTILABEL:
            return n_targets
        if self.kind == "binary" and loss.output != "softmax":
            return 1  # one output separates two classes
        return max(len(self.classes), 2)  # softmax needs two outputs, even for a single class

    def strata(self, Y: NDArray[Any]) -> NDArray[Any] | None:
        """Return the strata of a validation split. Only splits of two classes are stratified."""
        if self.kind != "binary":
            return None
        return (Y == 1).astype(str)  # so that errors read as scikit-learn's do

    # When training is resumed.

    def check(self, y: Any, present: Any, *, all_classes: bool) -> None:
        """Check that labels have the kind and the classes that training began with.

        Parameters
        ----------
        y : ndarray or sparse matrix
            Labels.
        present : ndarray of shape (n_classes_present,)
            The classes in y.
        all_classes : bool
            Whether every class must be present. `fit` requires this. One call of `partial_fit` may
            see only some of the classes.

        Raises
        ------
        ValueError
            If the kind differs, if a class is new, or if a class is missing although `all_classes`
            is True.
        """
        self._check_kind(y)
        if all_classes and not np.array_equal(present, self.classes):
            raise ValueError(
                "warm_start can only be used where `y` has the same classes as in the previous "
                f"call to fit. Previously got {self.classes}, `y` has {present}. Fit a new "
                "network with warm_start=False, or use partial_fit where classes are missing."
            )
        unseen = np.setdiff1d(present, self.classes, assume_unique=True)
        if len(unseen):
            raise ValueError(
                f"`y` has classes not in `self.classes_`: {unseen}. `self.classes_` has "
                f"{self.classes}. Give all classes to the first call of partial_fit."
            )

    def _check_kind(self, y: Any) -> None:
        if (y.ndim == 2) != (self.kind == MULTILABEL):
            raise ValueError(
                f"`y` has {type_of_target(y)} targets, but training began with {self.kind} "
                "targets. Pass targets of that kind, or fit a new network with warm_start=False."
            )

    # Weights of rows. Only multilabel targets have more than one column.

    def sums(self, y: Any, sample_weight: FloatArray | None) -> NDArray[Any]:
        """Add up the weights of the rows of each class, in each column of y.

        The sums of several parts of the rows can be added.

        Returns
        -------
        ndarray of shape (n_columns, n_classes)
            The sums. Each column of an indicator matrix has the classes 0 and 1.
        """
        classes = self._classes_of_column
        columns = [np.searchsorted(classes, column) for column in self._columns(y)]
        return np.array([np.bincount(column, sample_weight, len(classes)) for column in columns])

    def factors(self, sums: NDArray[Any]) -> list[FloatArray]:
        """Compute the weights of the classes of each column. `class_weight` must not be None.

        Parameters
        ----------
        sums : ndarray of shape (n_columns, n_classes)
            The sums of all training rows: see `sums`.
        """
        allowed: tuple[type, ...] = (dict, str)
        given, n = [self.class_weight], len(sums)
        if self.kind == MULTILABEL and isinstance(self.class_weight, str):
            given *= n
        elif self.kind == MULTILABEL:
            given, allowed = self.class_weight, (dict,)
        if len(given) != n or not all(isinstance(w, allowed) for w in given):
            raise ValueError(
                "class_weight must be a dict, or for multilabel a list with one dict for each "
                f"column of y, or 'balanced'; got {self.class_weight!r} for {n} "
                f"column{'s' * (n > 1)}."
            )
        columns = zip(given, sums, strict=True)
        return [class_weights(self._classes_of_column, w, of_classes) for w, of_classes in columns]

    @np.errstate(over="ignore", invalid="ignore")  # the sum of infinite products is reported
    def weigh(
        self, factors: Sequence[FloatArray], y: Any, sample_weight: FloatArray | None, dtype: Any
    ) -> FloatArray:
        """Multiply the weight of each row by the factors of its classes."""
        weight = np.ones(y.shape[0])
        for by_class, column in zip(factors, self._columns(y), strict=True):
            weight *= by_class[np.searchsorted(self._classes_of_column, column)]
        if sample_weight is not None:
            weight *= sample_weight
        return weight.astype(dtype, copy=False)

    @property
    def _classes_of_column(self) -> NDArray[Any]:
        return np.array([0, 1]) if self.kind == MULTILABEL else self.classes

    def _columns(self, y: Any) -> Sequence[Any]:
        if self.kind != MULTILABEL:
            return [y]
        columns: Sequence[Any] = (y.toarray() if issparse(y) else y).T
        return columns

    # From raw scores to labels and probabilities.

    def decision(self, raw: FloatArray) -> FloatArray:
        """Turn raw scores into values of the decision function."""
        if self.kind != "binary":
            return raw
        return raw[:, 0] if raw.shape[1] == 1 else raw[:, 1] - raw[:, 0]

    def labels(self, raw: FloatArray) -> Any:
        """Turn raw scores into predicted labels."""
        decision = self.decision(raw)
        if self.kind == "multiclass":
            return self.classes[decision.argmax(axis=1)]
        p = expit(decision)  # 0.5 if the score is tiny: a tie, as in scikit-learn
        if self.kind == MULTILABEL:
            return self.binarizer.inverse_transform(p, threshold=0.5)
        # The factor is 1 for two classes. A single class has index 0, whatever the score.
        return self.classes[(p > 0.5) * (len(self.classes) - 1)]

    def probabilities(self, raw: FloatArray, loss: Loss) -> FloatArray:
        """Turn raw scores into probabilities: accurate near 0, but never 0. `raw` may change."""
        if self.kind == MULTILABEL:
            p = np.minimum(expit(raw), 1 - np.finfo(raw.dtype).epsneg)
        elif loss.output == "softmax" and len(self.classes) > 1:
            p = OUTPUT_ACTIVATIONS["softmax"].forward(raw, out=raw)
        else:
            p = np.exp(self._log_probabilities(raw, loss))
        return np.maximum(p, np.finfo(p.dtype).tiny, out=p)

    def log_probabilities(self, raw: FloatArray, loss: Loss) -> FloatArray:
        """Turn raw scores into log-probabilities, none below that of the smallest probability."""
        if self.kind == MULTILABEL:
            return np.log(self.probabilities(raw, loss))
        log_p = self._log_probabilities(raw, loss)
        return np.maximum(log_p, np.log(np.finfo(log_p.dtype).tiny), out=log_p)

    def _log_probabilities(self, raw: FloatArray, loss: Loss) -> FloatArray:
        """Turn raw scores into log-probabilities of exclusive classes."""
        if len(self.classes) == 1:
            return np.zeros((len(raw), 1), raw.dtype)
        if loss.output == "softmax":
            return log_softmax(raw, axis=1)
        if self.kind == "binary":
            return log_expit(np.hstack([-raw, raw]))
        return log_softmax(log_expit(raw), axis=1)

    def score(self, y: Any, raw: FloatArray, loss: Loss, sample_weight: Any) -> float:
        """Compute the accuracy of raw scores."""
        return float(accuracy_score(y, self.labels(raw), sample_weight=sample_weight))


@np.errstate(over="ignore", invalid="ignore")  # scikit-learn compares with integers and sums
def classes_of(y: Any) -> Any:
    """Check that targets are class labels, and return the sorted classes."""
    if y.ndim == 1 and y.dtype.kind in "biuU":  # booleans, integers and strings are labels
        return np.unique(y)
    check_not_mixed(y)
    if type_of_target(y) == "multiclass-multioutput":
        raise ValueError(
            "y has several columns that are no yes-or-no labels. Fit one classifier for each, as "
            "sklearn.multioutput.MultiOutputClassifier does."
        )
    check_classification_targets(y)
    return unique_labels(y)


def check_not_mixed(y: Any) -> None:
    """Check that targets are not strings beside other objects, which cannot be sorted together."""
    if y.dtype != object:
        return
    is_string = np.array([isinstance(label, str) for label in y.flat])
    if is_string.any() and not is_string.all():
        string, other = y.flat[is_string.argmax()], y.flat[is_string.argmin()]
        raise ValueError(
            f"y mixes strings, such as {string!r}, with labels of type {type(other).__name__}, "
            f"such as {other!r}. Labels must be of one type: convert them, for instance with "
            "y.astype(str)."
        )


def class_weights(classes: Any, class_weight: Any, sums: NDArray[Any]) -> FloatArray:
    """Compute the weight of each class as scikit-learn does, but without rows of weight 0.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        All classes.
    class_weight : dict or "balanced"
        The parameter of the classifier.
    sums : ndarray of shape (n_classes,)
        Sum of the weights of the rows of each class.

    Returns
    -------
    ndarray of shape (n_classes,)
        Class weights. With "balanced", a class without rows has weight 0.

    Raises
    ------
    ValueError
        If class_weight names unknown classes, or a weight is negative or not finite.
    """
    weights, present = np.zeros(len(classes)), sums > 0
    known = present if class_weight == "balanced" else np.full(len(classes), True)
    try:
        weights[known] = compute_class_weight(
            class_weight, classes=classes[known], y=classes[present], sample_weight=sums[present]
        )
        if not (np.isfinite(weights).all() and (weights >= 0).all()):
            raise ValueError("Weights must be finite and at least 0.")
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(
            f"class_weight maps classes to numbers; got {class_weight!r} for the classes "
            f"{classes.tolist()}. {error}"
        ) from error
    return weights
