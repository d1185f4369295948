"""Sentences and tables that the command line prints: columns, scores and predictions."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import is_classifier

from scratchmlp.cli.comparison import Plan
from scratchmlp.cli.files import Model
from scratchmlp.cli.messages import count, listed, quote
from scratchmlp.tabular import TabularEncoder

USES = {"number": "numeric", "date": "date", "category": "categorical"}
ONLY_MISSING = "used only for whether the value is missing"
IGNORED = {
    "constant": "ignored (constant)",
    "keys": "ignored (fewer than two rows per category)",
}
STD = "std of members"


def describe_columns(X: pd.DataFrame) -> str:
    """Describe how the ensemble uses each column.

    Parameters
    ----------
    X : DataFrame of shape (n_samples, n_features)
        Raw table.

    Returns
    -------
    str
        A line for each type of column, with the names of its columns.
    """
    groups: dict[str, list[str]] = {}
    for name, fitted in TabularEncoder().fit(X).columns_.items():
        use, missing = _use(fitted), int(X[name].isna().sum())
        notes = [count(fitted["n_levels"], "value")] if use == USES["category"] else []
        notes += [f"{missing:,} missing"] if missing else []
        groups.setdefault(use, []).append(f"{name} ({', '.join(notes)})" if notes else name)
    order = [use for use in groups if use not in IGNORED.values()]
    order += [use for use in IGNORED.values() if use in groups]
    return "\n".join(f"  {use}: {listed(groups[use])}" for use in order)


def _use(fitted: Mapping[str, Any]) -> str:
    """Say how the encoder uses a column, from its entry in `TabularEncoder.columns_`."""
    if _uses_values(fitted):
        return USES[fitted["kind"]]
    if fitted.get("indicator") or fitted.get("encoding") == "missing":
        return ONLY_MISSING
    return IGNORED["keys" if fitted.get("n_levels", 1) > 1 else "constant"]


def _uses_values(fitted: Mapping[str, Any]) -> bool:
    """Return whether the encoder uses the values of a column, not only that some are missing."""
    return fitted.get("scale", 0) > 0 or fitted.get("encoding") in ("one-hot", "sign")


def score_table(results: Mapping[str, pd.DataFrame], plan: Plan) -> str:
    """Write the mean and standard deviation over the folds of each metric.

    Parameters
    ----------
    results : dict of str to DataFrame
        Results of `compare`.
    plan : Plan
        Folds and metrics.

    Returns
    -------
    str
        A line for each model.
    """
    table = pd.DataFrame(index=list(results))
    for metric, scorer in plan.metrics.items():
        scores = {
            name: _sign(scorer) * result[f"test_{metric}"] for name, result in results.items()
        }
        table[metric] = _means_and_deviations(pd.DataFrame(scores))
    table["fit time (s)"] = [f"{result['fit_time'].mean():.3f}" for result in results.values()]
    return table.to_string()


def best_model(results: Mapping[str, pd.DataFrame], plan: Plan) -> str:
    """Say which model has the lowest mean loss.

    Parameters
    ----------
    results : dict of str to DataFrame
        Results of `compare`.
    plan : Plan
        Folds and metrics.

    Returns
    -------
    str
        A sentence.
    """
    loss = next(metric for metric, scorer in plan.metrics.items() if _sign(scorer) < 0)
    means = {name: -result[f"test_{loss}"].mean() for name, result in results.items()}
    return f"Lowest {loss}: {min(means, key=lambda name: means[name])}."


def _sign(scorer: str) -> int:
    """Return -1 for losses, because scikit-learn's scorers negate them."""
    return -1 if scorer.startswith("neg_") else 1


def _means_and_deviations(scores: pd.DataFrame) -> "pd.Series[str]":
    """Write mean ± standard deviation of each column, with three decimals or more."""
    means, deviations = scores.mean(), scores.std(ddof=0)
    largest = means.abs().max()
    n_decimals = max(3, int(1 - np.floor(np.log10(largest)))) if largest else 3
    pairs = zip(means, deviations, strict=True)
    written = [f"{mean:,.{n_decimals}f} ± {std:,.{n_decimals}f}" for mean, std in pairs]
    return pd.Series(written, scores.columns)


def unlike_training(model: Model, X: pd.DataFrame) -> Iterator[str]:
    """Name the columns that contain no value, or categories not seen in training.

    Parameters
    ----------
    model : TabularMLPClassifier or TabularMLPRegressor
        Fitted model.
    X : DataFrame of shape (n_samples, n_features)
        Table to predict.

    Yields
    ------
    str
        A sentence about one or more columns.
    """
    columns = model.encoder_.columns_
    used = [name for name, fitted in columns.items() if _uses_values(fitted)]
    if empty := [quote(name) for name in used if X[name].isna().all()]:
        what = f"{count(len(empty), 'column')} without any value, but with values in training"
        yield f"{what}: {listed(empty)}"
    for name, fitted in columns.items():
        levels = fitted.get("levels")
        # The model keeps only part of the categories if there were many: unseen is unknown then.
        if not levels or len(levels) < fitted["n_levels"]:
            continue
        new = X[name][X[name].notna() & ~X[name].isin(levels)]
        if len(new):
            yield (
                f"column {quote(name)} contains categories not seen in training, in {len(new):,} "
                f"of {count(len(X), 'row')}: {listed([*map(quote, new.unique())])}"
            )


def prediction_table(model: Model, X: pd.DataFrame) -> pd.DataFrame:
    """Predict a table.

    Parameters
    ----------
    model : TabularMLPClassifier or TabularMLPRegressor
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
        table = pd.DataFrame(P, columns=[f"probability of {label}" for label in model.classes_])
        table.insert(0, "prediction", model.classes_[P.argmax(axis=1)])
        return table
    members = model.member_predictions(X)
    return pd.DataFrame({"prediction": model.predict(X), STD: np.std(members, axis=0)})
