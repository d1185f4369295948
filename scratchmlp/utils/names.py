"""Names and values in messages: short, in a list, and the name that may have been meant."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

#: What other libraries call things that have another name here.
ELSEWHERE = {
    "bce": "log_loss",
    "binary_crossentropy": "log_loss",
    "categorical_crossentropy": "log_loss",
    "cross_entropy": "log_loss",
    "expit": "logistic",
    "gradient_descent": "sgd",
    "l1": "absolute_error",
    "l2": "squared_error",
    "linear": "identity",
    "mae": "absolute_error",
    "mean_absolute_error": "absolute_error",
    "mean_pinball_loss": "quantile",
    "mean_squared_error": "squared_error",
    "mse": "squared_error",
    "nll": "log_loss",
    "none": "identity",
    "pinball": "quantile",
    "rmse": "squared_error",
    "sigmoid": "logistic",
    "smooth_l1": "huber",
    "sparse_categorical_crossentropy": "log_loss",
    "swish": "silu",
    "xavier": "glorot_uniform",
    "xavier_uniform": "glorot_uniform",
}


def is_whole(value: object) -> bool:
    """Return whether a value is a float that is a whole number of at most 15 digits."""
    return isinstance(value, float) and value.is_integer() and abs(value) < 1e15


def shortened(value: object, longest: int = 40) -> str:
    """Write a value, with an ellipsis instead of what follows the first `longest` characters.

    Whole numbers, such as codes, have no decimals.
    """
    text = f"{value:.0f}" if is_whole(value) else str(value)
    return text if len(text) <= longest else f"{text[:longest]}…"


def listed(names: Sequence[str]) -> str:
    """Join names with commas; after the first 20, give only the number of the others."""
    shown = ", ".join(names[:20])
    return shown if len(names) <= 20 else f"{shown} and {len(names) - 20} more"


def most_similar(name: str, names: Iterable[str]) -> str | None:
    """Return the most similar of several names, or None if none is similar."""
    by_lower = {known.lower(): known for known in names}
    close = get_close_matches(name.lower(), by_lower, n=1)
    return by_lower[close[0]] if close else None
