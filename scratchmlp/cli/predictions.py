"""Predictions with a saved model, and their scores."""

from collections.abc import Collection, Iterable, Iterator
from copy import copy
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import is_classifier

from scratchmlp.cli.messages import InputError, count, quote, quoted
from scratchmlp.cli.metrics import score
from scratchmlp.cli.saved_model import Model
from scratchmlp.cli.target import as_text, find_numbers, plain_numbers
from scratchmlp.reporting.digits import exponent, significant
from scratchmlp.reporting.scores import default_metrics
from scratchmlp.tabular.targets import ClassLabels, Numbers

PROBABILITY_DECIMALS = 6
DIGITS = 7  # of predicted numbers, counted from the leading digit of their range in training


def prediction_table(model: Model, X: pd.DataFrame) -> pd.DataFrame:
    """Predict a table.

    Parameters
    ----------
    model : Model
        Fitted model.
    X : DataFrame of shape (n_samples, n_features)
        Table to predict.

    Returns
    -------
    DataFrame of shape (n_samples, 1 + n_classes) or (n_samples, 2)
        Predicted class and the probability of each class. For regression, the prediction and the
        standard deviation of the members' predictions, which is not the error of the prediction.
    """
    if is_classifier(model):
        P = model.predict_proba(X)
        first, *names = prediction_names(model.classes_)
        table = pd.DataFrame(P.round(PROBABILITY_DECIMALS), columns=names)
        table.insert(0, first, model.classes_[P.argmax(axis=1)])
        return table
    columns = model.predict(X), np.std(model.member_predictions(X), axis=0)
    table = pd.DataFrame(dict(zip(prediction_names(), columns, strict=True)))
    return table.round(_decimals(model))


def prediction_names(classes: Iterable[Any] | None = None) -> list[str]:
    """Return the names of the columns of a table of predictions.

    Parameters
    ----------
    classes : iterable or None, default=None
        Classes; None for regression.

    Returns
    -------
    list of str
        The names.
    """
    others = ["std of members"] if classes is None else [f"probability of {c}" for c in classes]
    return ["prediction", *others]


def _decimals(model: Model) -> int:
    """Return the decimals of predictions that show seven digits of the range in training."""
    targets = model._targets  # files may lack the out-of-fold predictions
    assert isinstance(targets, Numbers)
    spread = float(np.max(targets.high) - np.min(targets.low))
    return DIGITS - 1 - exponent(spread) if spread else DIGITS


def check_id(name: str | None, predictions: Collection[str]) -> None:
    """Check that predictions can begin with the column that identifies the rows.

    Parameters
    ----------
    name : str or None
        Name of the column; None if there is none.
    predictions : collection of str
        Names of the columns of the predictions: `prediction_names`.

    Raises
    ------
    InputError
        If the predictions have a column of the same name.
    """
    if name in predictions:
        raise InputError(
            f"the column of --id has the name of a column of the predictions, {quote(name)}. "
            "Rename it."
        )


def scores_of_known(model: Model, X: pd.DataFrame, target: "pd.Series[Any]") -> Iterator[str]:
    """Score the predictions of the rows whose target is known.

    Parameters
    ----------
    model : Model
        Fitted model.
    X : DataFrame of shape (n_samples, n_features)
        Table to predict.
    target : Series of shape (n_samples,)
        The target.

    Yields
    ------
    str
        A sentence about rows that cannot be scored, or the scores.
    """
    is_class, target = is_classifier(model), as_text(target)
    y = _class_numbers(model, target) if is_class else _numbers(target)
    known = np.isfinite(y)
    if (others := target.notna() & ~known).any():
        what = "classes that the model does not know" if is_class else "targets that are no numbers"
        names = quoted(target[others].unique())
        yield f"{count(int(others.sum()), 'row')} with {what}, not scored: {names}"
    if not known.any():
        return
    truth: NDArray[Any] = y[known].to_numpy()
    counts = None
    if is_class:
        model, truth = copy(model), truth.astype(np.intp)
        numbers = np.arange(len(model.classes_))
        model._targets = ClassLabels(numbers)  # as `score` needs them
        counts = np.bincount(truth, minlength=len(numbers))
    scores = score(model, X[known], truth, default_metrics(counts))
    written = [f"{name} {significant(value, 3)}" for name, value in scores.items()]
    yield f"{count(len(truth), 'row')} with a value of {quote(target.name)}: {', '.join(written)}"


def _numbers(target: "pd.Series[Any]") -> "pd.Series[float]":
    """Return the target as numbers; other values become missing."""
    found = find_numbers(target.dropna()) if target.notna().any() else None
    numbers = plain_numbers(target) if found is None else found.values.reindex(target.index)
    return numbers.astype(float)


def _class_numbers(model: Any, target: "pd.Series[Any]") -> "pd.Series[float]":
    """Return the number of each row's class in `classes_`; nan for other classes."""
    is_number = model.classes_.dtype.kind in "iuf"
    end = ".0" if is_number else ""  # pandas writes 1 as 1.0 beside missing values
    numbers = {str(label).removesuffix(end): i for i, label in enumerate(model.classes_)}
    found = target.map(lambda text: numbers.get(text.removesuffix(end)), na_action="ignore")
    return found.astype(float)
