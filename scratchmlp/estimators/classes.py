"""The classes of labels, and their weights."""

from typing import Any

import numpy as np
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target, unique_labels

from scratchmlp.arrays import FloatArray


@np.errstate(over="ignore", invalid="ignore")  # scikit-learn compares with integers and sums
def classes_of(y: Any) -> Any:
    """Check that targets are class labels, and return the sorted classes."""
    if y.ndim == 1 and y.dtype.kind in "biuU":  # booleans, integers and strings are labels
        return np.unique(y)
    if type_of_target(y) == "multiclass-multioutput":
        raise ValueError(
            "y has several columns that are no yes-or-no labels. Fit one classifier for each, as "
            "sklearn.multioutput.MultiOutputClassifier does."
        )
    check_classification_targets(y)
    return unique_labels(y)


def class_weights(
    y: Any, classes: Any, class_weight: Any, sample_weight: FloatArray | None
) -> FloatArray:
    """Compute the weight of each class as scikit-learn does, but without rows of weight 0.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Labels of the training rows.
    classes : ndarray of shape (n_classes,)
        All classes.
    class_weight : dict or "balanced"
        The parameter of the classifier.
    sample_weight : ndarray of shape (n_samples,) or None
        Weights of the rows.

    Returns
    -------
    ndarray of shape (n_classes,)
        Class weights. With "balanced", a class without rows has weight 0.

    Raises
    ------
    ValueError
        If class_weight names unknown classes, or a weight is negative or not finite.
    """
    if sample_weight is not None:
        y, sample_weight = y[sample_weight > 0], sample_weight[sample_weight > 0]
    weights = np.zeros(len(classes))
    known = np.isin(classes, y) if class_weight == "balanced" else np.full(len(classes), True)
    try:
        weights[known] = compute_class_weight(
            class_weight, classes=classes[known], y=y, sample_weight=sample_weight
        )
        if not (np.isfinite(weights).all() and (weights >= 0).all()):
            raise ValueError("Weights must be finite and at least 0.")
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(
            f"class_weight maps classes to numbers; got {class_weight!r} for the classes "
            f"{classes.tolist()}. {error}"
        ) from error
    return weights


def check_total_weight(total: Any, class_weight: Any) -> None:
    """Check the sum of the weights of all rows, multiplied by those of their classes.

    Parameters
    ----------
    total : float
        The sum.
    class_weight : dict, list of dict or "balanced"
        The parameter of the classifier.

    Raises
    ------
    ValueError
        If it is 0 or not finite.
    """
    if not 0 < total < np.inf:
        raise ValueError(
            f"With class_weight={class_weight!r}, the weights of the rows of `y` sum to {total:g}, "
            "but the sum must be above 0 and finite. Weigh at least one of its classes, and none "
            "near the limits of floating point."
        )
