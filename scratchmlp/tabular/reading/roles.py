"""What the user says that columns are, by the parameters of the encoder."""

from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils._param_validation import StrOptions

from scratchmlp.tabular.reading.findings import listed

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


def column_roles(table: pd.DataFrame, **features: Any) -> list[Role | None]:
    """Return the role that the user gave to each column.

    Parameters
    ----------
    table : DataFrame of shape (n_samples, n_features)
        The table.
    **features : array-like, 'from_dtype' or None
        The parameters of `ROLE_CONSTRAINTS`.

    Returns
    -------
    list of Role or None
        Role of each column. None means that dtype and values decide.

    Raises
    ------
    ValueError
        If a parameter names a column that does not exist, or two of them name the same column.
    """
    items = {name: _items(choice) for name, choice in features.items()}
    categories = items["categorical_features"]
    named = [each for each in categories if not (isinstance(each, str) and each == FROM_DTYPE)]
    items["categorical_features"] = named
    chosen = {name: _mask(table, name, each) for name, each in items.items()}
    twice = np.sum(list(chosen.values()), axis=0) > 1
    if twice.any():
        name = next(iter(table.columns[twice]))
        raise ValueError(
            f"Column {name!r} is named in two of {', '.join(ROLE_CONSTRAINTS)}, but a column has "
            "one role. Remove it from one of them."
        )
    by_dtype = len(named) < len(categories)
    roles = np.full(table.shape[1], None if by_dtype else "no category", dtype=object)
    for name, mask in chosen.items():
        roles[mask] = _ROLES[name]
    return list(roles)


def _items(choice: Any) -> list[Any]:
    """Return what a parameter holds."""
    return [] if choice is None else list(np.ravel(np.asarray(choice, dtype=object)))


def _mask(table: pd.DataFrame, parameter: str, items: list[Any]) -> NDArray[np.bool_]:
    """Return which columns a parameter chooses by names, positions or a boolean mask."""
    mask = np.zeros(table.shape[1], bool)
    if items and all(isinstance(each, bool | np.bool_) for each in items):
        if len(items) != len(mask):
            raise ValueError(
                f"{parameter} is a boolean mask of {len(items)} values, but the table has "
                f"{len(mask)} columns. Pass one value for each column, or names."
            )
        return np.array(items, bool)
    positions = {name: position for position, name in enumerate(table.columns)}
    mask[[_position(positions, parameter, item) for item in items]] = True
    return mask


def _position(positions: dict[Any, int], parameter: str, item: Any) -> int:
    """Return the position of the column that an item of a parameter names."""
    n_columns = len(positions)
    if isinstance(item, int | np.integer) and not isinstance(item, bool):
        if not 0 <= item < n_columns:
            raise ValueError(
                f"{parameter} has the position {item}, but the table has {n_columns} columns, at "
                f"the positions 0 to {n_columns - 1}. Pass positions of these, or names."
            )
        return int(item)
    if not isinstance(item, str):
        raise ValueError(
            f"{parameter} must hold names of columns, positions or a boolean mask; got {item!r}."
        )
    if item not in positions:
        hint = f" Only categorical_features may hold {FROM_DTYPE!r}." * (item == FROM_DTYPE)
        raise ValueError(
            f"{parameter} names {item!r}, but the columns of the table are "
            f"{listed([repr(name) for name in positions])}. Pass names of these, or "
            f"positions.{hint}"
        )
    return positions[item]
