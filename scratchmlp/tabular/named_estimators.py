"""Check the estimators that a user names for an ensemble."""

from typing import Any

from sklearn.base import is_classifier, is_regressor

from scratchmlp.tabular.mlp import BaseTabularMLP


def check_estimators(ensemble: Any) -> list[tuple[str, Any]]:
    """Check the named estimators of an ensemble.

    Parameters
    ----------
    ensemble : TabularEnsembleClassifier or TabularEnsembleRegressor
        The ensemble.

    Returns
    -------
    list of tuple of str and estimator
        The estimators, without those that are "drop".

    Raises
    ------
    ValueError
        If they are no pairs of names and estimators, a name is not possible, none is left, one
        is not of the ensemble's kind, or networks have callbacks.
    """
    pairs = ensemble.estimators
    if not pairs or not all(
        isinstance(each, tuple) and len(each) == 2 and isinstance(each[0], str) for each in pairs
    ):
        raise ValueError(
            "estimators must be None or a list of pairs of a name and an estimator, with at least "
            f"one pair; got {pairs!r}."
        )
    ensemble._validate_names([name for name, _ in pairs])
    used = [(name, each) for name, each in pairs if each != "drop"]
    if not used:
        raise ValueError("All estimators are 'drop', but at least one is needed.")
    kind, is_kind = (
        ("classifier", is_classifier) if is_classifier(ensemble) else ("regressor", is_regressor)
    )
    for name, estimator in used:
        is_estimator = hasattr(estimator, "fit") and not isinstance(estimator, type)
        if not is_estimator or not is_kind(estimator):
            raise ValueError(
                f"{type(ensemble).__name__} needs a {kind} as {name!r}; got {estimator!r}."
            )
        if isinstance(estimator, BaseTabularMLP):
            estimator._validate_params()
            if getattr(estimator, "_skl_callbacks", None):
                raise ValueError(
                    f"Only the ensemble calls callbacks, but {name!r} has callbacks of its own. "
                    f"Pass them to set_callbacks of {type(ensemble).__name__}."
                )
    return used
