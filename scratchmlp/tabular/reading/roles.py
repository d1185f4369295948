"""What the user says that columns are, by the parameters of the encoder."""

from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import _check_categorical_features

FROM_DTYPE = "from_dtype"
#: What a column is for the user. "no category" means that `categorical_features` names all
#: categorical columns, and not this one.
Role = Literal["category", "number", "text", "date", "no category"]

#: Parameters that say what columns are, and which values they take.
ROLE_CONSTRAINTS: dict[str, list[Any]] = {
    "categorical_features": ["array-like", StrOptions({FROM_DTYPE}), None],
    "numeric_features": ["array-like", None],
    "text_features": ["array-like", None],
    "date_features": ["array-like", None],
}
_ROLES: dict[str, Role] = {
    "categorical_features": "category",
    "numeric_features": "number",
    "text_features": "text",
    "date_features": "date",
}


def column_roles(
    table: pd.DataFrame, categorical_features: Any, **features: Any
) -> list[Role | None]:
    """Return the role that the user gave to each column.

    Parameters
    ----------
    table : DataFrame of shape (n_samples, n_features)
        The table.
    categorical_features : array-like, 'from_dtype' or None
        Parameter of `TabularEncoder`.
    **features : array-like or None
        The other parameters of `ROLE_CONSTRAINTS`.

    Returns
    -------
    list of Role or None
        Role of each column. None means that dtype and values decide.

    Raises
    ------
    ValueError
        If a parameter names a column that does not exist, or two of them name the same column.
    """
    choice, added = _split_choice(categorical_features)
    features["categorical_features"] = choice if added is None else added
    chosen = {_ROLES[name]: _mask(table, name, each) for name, each in features.items()}
    twice = np.sum(list(chosen.values()), axis=0) > 1
    if twice.any():
        name = next(iter(table.columns[twice]))
        raise ValueError(
            f"Column {name!r} is named in two of {', '.join(ROLE_CONSTRAINTS)}, but a column has "
            "one role. Remove it from one of them."
        )
    roles = np.full(table.shape[1], None if added is not None else "no category", dtype=object)
    for role, mask in chosen.items():
        roles[mask] = role
    return list(roles)


def _split_choice(choice: Any) -> tuple[Any, Any]:
    """Return `categorical_features`, and what it adds to the dtypes: None unless they decide."""
    if isinstance(choice, str):
        return choice, []
    if choice is None or np.ndim(choice) != 1:
        return choice, None
    added = [each for each in choice if not (isinstance(each, str) and each == FROM_DTYPE)]
    return (choice, None) if len(added) == len(choice) else (FROM_DTYPE, added)


def _mask(table: pd.DataFrame, parameter: str, choice: Any) -> NDArray[np.bool_]:
    """Return which columns a parameter chooses by names, positions or a boolean mask."""
    if choice is None or np.size(choice) == 0:
        return np.zeros(table.shape[1], bool)
    if np.ndim(choice) != 1 and not isinstance(choice, str):
        raise ValueError(
            f"{parameter} must be a list of columns; got an array of shape {np.shape(choice)}. "
            "Pass their names, their positions or a mask, in one dimension."
        )
    try:
        return _check_categorical_features(table, choice)
    except ValueError as error:  # it names the only such parameter of scikit-learn
        message = str(error).replace("categorical_features", parameter, 1)
        if FROM_DTYPE in [*choice]:
            message += f" Only categorical_features may contain {FROM_DTYPE!r}."
        raise ValueError(message) from error
