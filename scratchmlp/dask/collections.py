"""Dask collections as lists of partitions."""

from collections.abc import Mapping
from itertools import repeat
from typing import Any, TypeAlias

import dask.array as da
import numpy as np
import pandas as pd
from dask.base import collections_to_expr
from dask.delayed import Delayed
from dask.highlevelgraph import HighLevelGraph
from scipy.sparse import issparse
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import validate_data

#: Name of the part of a graph that makes the partitions of DataFrames.
_LAYER = "partitions"

#: What the user passed to a fit: dask collections, numbers or None, by the names of the arguments.
#: X comes first. Weights, which have a name that begins with "sample_weight", may be a number.
Given: TypeAlias = Mapping[str, Any]


def divided(given: Given) -> list[tuple[Any, ...]]:
    """Divide several collections like the first of them.

    Parameters
    ----------
    given : Given
        The collections.

    Returns
    -------
    list of tuple
        For each partition, the pieces of the collections. Numbers and None are in each of them.

    Raises
    ------
    TypeError
        If a collection is not a dense dask array, DataFrame or Series.
    ValueError
        If the collections are divided into different numbers of partitions.
    """
    collections = {
        name: value
        for name, value in given.items()
        if value is not None and not (name.startswith("sample_weight") and np.isscalar(value))
    }
    for name, collection in collections.items():
        check_collection(collection, name)
    pieces = _pieces(collections)
    counts = {name: len(parts) for name, parts in pieces.items()}
    if len(set(counts.values())) > 1:
        raise ValueError(
            f"All collections must have the same partitions, but their numbers are {counts}. Make "
            "them from the same collection, or repartition them."
        )
    return list(
        zip(*(pieces.get(name, repeat(value)) for name, value in given.items()), strict=False)
    )


def check_collection(collection: Any, name: str) -> None:
    """Check that an argument is a dask array, DataFrame or Series, and not sparse."""
    if not (isinstance(collection, da.Array) or is_frame(collection)):
        raise TypeError(
            f"{name} must be a dask array, DataFrame or Series; got {type(collection).__name__}. "
            "Convert it, for instance with dask.array.from_array, or call the estimator's own fit, "
            "for data in memory."
        )
    if issparse(getattr(collection, "_meta", None)):
        raise TypeError(
            f"{name} is sparse, which training on a cluster does not support. Convert the blocks "
            "with map_blocks(lambda block: block.toarray()), or call the estimator's own fit."
        )


def check_features(estimator: Any, X: Any, n_features: int, *, reset: bool) -> None:
    """Learn the number and the names of the features of a collection, or check them.

    Parameters
    ----------
    estimator : estimator
        The estimator that stores them.
    X : dask array or DataFrame
        Inputs.
    n_features : int
        Number of columns.
    reset : bool
        True stores the number and the names. False compares them with those that are stored.
    """
    validate_data(estimator, row_like(X, n_features), reset=reset, skip_check_array=True)


def row_like(X: Any, n_features: int) -> Any:
    """Return a row of zeros with the columns of a collection, and their names if it has some."""
    row = np.zeros((1, n_features))
    return pd.DataFrame(row, columns=X.columns) if is_frame(X) else row


def column_names(collection: Any) -> Any:
    """Return the names of the columns of a DataFrame, or None for other collections."""
    return getattr(getattr(collection, "_meta", None), "columns", None)


def is_frame(collection: Any) -> bool:
    """Return whether a dask collection is a DataFrame or a Series."""
    return hasattr(type(collection), "divisions")


def in_row_blocks(array: Any) -> Any:
    """Join the blocks of a dask array that hold different columns of the same rows."""
    if array.ndim > 1 and array.numblocks[1] > 1:
        return array.rechunk({1: -1})
    return array


def _pieces(collections: Mapping[str, Any]) -> dict[str, list[Delayed]]:
    """Return the partitions of collections, divided like the first one if that can be known.

    DataFrames and Series that are made of the same data share the tasks that read them.
    """
    X = next(iter(collections.values()))
    frames = {name: rows for name, rows in collections.items() if is_frame(rows)}
    blocks = {
        name: list(_like(rows, X).to_delayed().ravel())
        for name, rows in collections.items()
        if name not in frames
    }
    return _frame_partitions(frames) | blocks


def _frame_partitions(frames: Mapping[str, Any]) -> dict[str, list[Delayed]]:
    """Return the partitions of DataFrames and Series, which are optimized together."""
    if not frames:
        return {}
    joint = collections_to_expr(list(frames.values())).optimize()
    graph = HighLevelGraph.from_collections(_LAYER, joint.__dask_graph__(), dependencies=())
    return {
        name: [Delayed(key, graph, layer=_LAYER) for key in keys]
        for name, keys in zip(frames, joint.__dask_keys__(), strict=True)
    }


def _like(array: Any, X: Any) -> Any:
    """Divide an array into the same blocks of rows as X, if X is an array and all sizes are known.

    Otherwise, workers compare the sizes.
    """
    array = in_row_blocks(array)
    if not isinstance(X, da.Array) or np.isnan([array.shape[0], X.shape[0]]).any():
        return array
    check_consistent_length(X, array)
    return array.rechunk({0: X.chunks[0]})
