"""Lazy predictions of dask collections."""

from collections.abc import Callable
from functools import wraps
from inspect import getdoc, signature
from typing import Any

import pandas as pd
from dask import is_dask_collection
from dask.delayed import delayed

from scratchmlp.dask.collections import check_collection, in_row_blocks, is_frame
from scratchmlp.estimators.base import BaseMLP

#: What methods that predict say about dask collections.
_LAZY = """Predictions of a dask collection are lazy: those of an array are an array, and those of a
DataFrame a Series or a DataFrame with the same index."""


def lazy(method: Callable[..., Any]) -> Callable[..., Any]:
    """Let a method that predicts take dask collections, too.

    Parameters
    ----------
    method : function
        A method of a local estimator, whose first parameter is X.

    Returns
    -------
    function
        The method of the estimator on a cluster. It predicts each partition of a dask collection
        with `method`, lazily.
    """
    known = signature(method)

    @wraps(method)
    def predict(self: Any, X: Any, *args: Any, **kwargs: Any) -> Any:
        if not is_dask_collection(X):
            return method(self, X, *args, **kwargs)
        given = known.bind(self, X, *args, **kwargs)
        given.apply_defaults()
        _, _, *others = given.arguments.items()
        return self._predict_lazily(method.__name__, X, **dict(others))

    summary, _, rest = (getdoc(method) or "").partition("\n")
    predict.__signature__ = known.replace(return_annotation=Any)  # type: ignore[attr-defined]
    predict.__doc__ = f"{summary}\n\n{_LAZY}\n{rest}"
    return predict


def check_rows(X: Any) -> None:
    """Check that an argument is a dask collection of two dimensions."""
    check_collection(X, "X")
    if X.ndim != 2:
        raise ValueError(
            f"X must have two dimensions, rows and columns, to be predicted; got {X.ndim}. Convert "
            "it, for instance with X[:, np.newaxis], or X.to_frame() for a Series."
        )


def predict_lazily(
    model: Any, method: str, parameters: dict[str, Any], X: Any, like: Any, names: Any
) -> Any:
    """Predict the rows of a dask collection lazily, without checking them before.

    Parameters
    ----------
    model : estimator
        A copy of a fitted estimator, which becomes a part of the graph.
    method : str
        The method that predicts.
    parameters : dict
        Its arguments beside X.
    X : dask array or DataFrame
        The rows.
    like : ndarray of shape (n_some,) or (n_some, n_columns)
        An array with the type and the columns of predictions.
    names : ndarray or None
        Names of the columns of two-dimensional predictions. None means their numbers.

    Returns
    -------
    dask array, or dask DataFrame or Series with the index of `X`
        Predictions.
    """
    columns = None
    if like.ndim == 2:
        columns = list(range(like.shape[1]) if names is None else names)
    sent = delayed(model, traverse=False)
    if is_frame(X):
        meta = _framed(like[:0], X._meta.index[:0], columns)
        return X.map_partitions(
            _predict_frame,
            sent,
            method,
            columns,
            meta,
            parameters,
            meta=meta,
            enforce_metadata=False,
        )
    X = in_row_blocks(X)
    shape: dict[str, Any] = (
        {"drop_axis": 1} if columns is None else {"chunks": (X.chunks[0], (len(columns),))}
    )
    return X.map_blocks(
        _predict_array, sent, method, like[:0], parameters, dtype=like.dtype, meta=like[:0], **shape
    )


def _predict_array(X: Any, model: Any, method: str, empty: Any, parameters: Any) -> Any:
    return getattr(model, method)(X, **parameters) if len(X) else empty


def _predict_frame(
    X: Any, model: Any, method: str, columns: Any, empty: Any, parameters: Any
) -> Any:
    if not len(X):
        return empty
    index = X.index
    if isinstance(model, BaseMLP) and not hasattr(model, "feature_names_in_"):
        X = X.to_numpy(dtype=model.theta_.dtype)
    predictions = _framed(getattr(model, method)(X, **parameters), index, columns)
    return predictions.astype(empty.dtypes)


def _framed(predictions: Any, index: Any, columns: Any) -> Any:
    """Make a Series or a DataFrame of predictions."""
    if columns is None:
        return pd.Series(predictions, index)
    return pd.DataFrame(predictions, index, columns)
