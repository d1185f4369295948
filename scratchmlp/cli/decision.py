"""How classes follow from probabilities, as --positive and --threshold say."""

from typing import Any

from numpy.typing import NDArray

from scratchmlp.cli.messages import InputError, did_you_mean, quote, quoted
from scratchmlp.tabular.scoring import MOST_PROBABLE, Decision


def decide(positive: str | None, threshold: float | None, classes: NDArray[Any] | None) -> Decision:
    """Return how the class of a row follows from probabilities.

    Parameters
    ----------
    positive : str or None
        The class of ``--positive``, as the file shows it.
    threshold : float or None
        The probability of ``--threshold``.
    classes : ndarray of shape (n_classes,) or None
        Classes of the target, sorted; None for regression.

    Returns
    -------
    Decision
        The number of the positive class, and the threshold.

    Raises
    ------
    InputError
        If the target is numeric, there is no such class, or there are more than two with a
        threshold.
    """
    if classes is None:
        for option, given in (("--positive", positive), ("--threshold", threshold)):
            if given is not None:
                raise InputError(
                    f"{option} is about classes, but the target is numeric. Remove {option}, or "
                    "train with --task classification."
                )
        return MOST_PROBABLE
    names = [*map(str, classes)]
    if positive is not None and positive not in names:
        raise InputError(
            f"--positive is {quote(positive)}, which is not a class of the target."
            f"{did_you_mean(positive, names)} Its classes: {quoted(names)}."
        )
    if threshold is not None and len(names) != 2:
        raise InputError(
            f"--threshold decides between two classes, but the target has {len(names)}. Remove "
            "--threshold, or choose from the probabilities in the predictions."
        )
    return Decision(None if positive is None else names.index(positive), threshold)


def describe_decision(decision: Decision, classes: NDArray[Any] | None) -> str:
    """Say which class is the positive one, and when it is predicted; "" if the user chose neither.

    Parameters
    ----------
    decision : Decision
        How classes follow from probabilities.
    classes : ndarray of shape (n_classes,) or None
        Classes of the target, sorted; None for regression.

    Returns
    -------
    str
        A clause.
    """
    if classes is None or decision == MOST_PROBABLE:
        return ""
    positive = decision.positive_of(len(classes))
    clause = f"the positive class is {quote(str(classes[positive]))}"
    if decision.threshold is None:
        return clause
    return f"{clause}, which is predicted where its probability is at least {decision.threshold:g}"
