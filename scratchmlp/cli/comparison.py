"""Models side by side, for the main job: cross-validated on the same folds."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import (
    KFold,
    RepeatedStratifiedKFold,
    StratifiedKFold,
    cross_validate,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OrdinalEncoder
from threadpoolctl import threadpool_limits

from scratchmlp.cli.progress import steps
from scratchmlp.cli.table import listed
from scratchmlp.tabular import TabularEncoder, TabularMLPClassifier, TabularMLPRegressor

SMALL = 2_000  # rows; larger tables get fewer folds
CLASSIFICATION = {"accuracy": "accuracy", "log-loss": "neg_log_loss"}
KINDS = {"number": "numbers", "date": "dates", "category": "categories"}
REGRESSION = {"RMSE": "neg_root_mean_squared_error", "R²": "r2"}


class Plan(NamedTuple):
    """How models are compared.

    Attributes
    ----------
    folds : splitter
        The folds that all models are judged on.
    words : str
        These, in words.
    measures : dict
        What is measured, and the name of scikit-learn's scorer for it.
    """

    folds: Any
    words: str
    measures: dict[str, str]


def plan(y: NDArray[Any], is_class: bool, n_repeats: int = 1) -> Plan:
    """Plan by the size of the table; no fold may be without a row of the rarest class."""
    n_splits = 5 if len(y) <= SMALL else 3
    if not is_class:
        folds = KFold(n_splits, shuffle=True, random_state=0)
        return Plan(folds, f"{n_splits} folds", REGRESSION)
    n_splits = min(n_splits, rarest(y))
    folds = RepeatedStratifiedKFold(n_splits=n_splits, n_repeats=n_repeats, random_state=0)
    times = f"{n_repeats} × " if n_repeats > 1 else ""
    return Plan(folds, f"{times}{n_splits} stratified folds", CLASSIFICATION)


def inner_folds(y: NDArray[Any]) -> StratifiedKFold:
    """Split the training rows of a fold once more, for a search."""
    return StratifiedKFold(min(3, rarest(y) - 1), shuffle=True, random_state=0)


def rarest(y: NDArray[Any]) -> int:
    """Count the rows of the rarest class."""
    return int(np.unique(y, return_counts=True)[1].min())


def columns(X: pd.DataFrame) -> str:
    """Say what the columns of a table are taken for."""
    groups: dict[str, list[str]] = {}
    for name, fitted in TabularEncoder().fit(X).columns_.items():
        used = fitted.get("scale", 0) > 0 or fitted.get("encoding") in ("one-hot", "sign")
        indicator = fitted.get("indicator") or fitted.get("encoding") == "missing"
        kind = KINDS[fitted["kind"]] if used else ("whether missing" if indicator else "ignored")
        missing = int(X[name].isna().sum())
        notes = [f"{fitted['n_levels']}"] if used and fitted["kind"] == "category" else []
        notes += [f"{missing:,} missing"] if missing else []
        groups.setdefault(kind, []).append(f"{name} ({', '.join(notes)})" if notes else name)
    ignored = groups.pop("ignored", [])
    if ignored:
        groups["ignored, as nearly every row differs, or none does"] = ignored
    return "\n".join(f"  {kind}: {listed(names)}" for kind, names in groups.items())


def models_for(X: pd.DataFrame, is_class: bool) -> dict[str, BaseEstimator]:
    """Make the ensemble of networks, and what one would try beside it, for a raw table."""
    ensemble = TabularMLPClassifier if is_class else TabularMLPRegressor
    constant = DummyClassifier(strategy="prior") if is_class else DummyRegressor()
    linear = LogisticRegression(max_iter=1_000) if is_class else Ridge()
    trees = HistGradientBoostingClassifier if is_class else HistGradientBoostingRegressor
    # Trees take categories as numbers, in the first columns; the encoder keeps the order of others.
    text = list(X.select_dtypes(exclude=["number", "datetime"]))
    codes = OrdinalEncoder(
        handle_unknown="use_encoded_value",
        unknown_value=np.nan,
        encoded_missing_value=np.nan,
        max_categories=255,
    )
    for_trees = make_column_transformer((codes, text), remainder=TabularEncoder())
    trees = trees(categorical_features=range(len(text)), random_state=0)
    in_double = FunctionTransformer(np.asarray, kw_args={"dtype": np.float64})
    # Small tables are trained in the time that other processes need to begin.
    n_jobs = -1 if len(X) > SMALL else 1
    return {
        ensemble.__name__: ensemble(n_jobs=n_jobs, random_state=0),
        type(trees).__name__: make_pipeline(for_trees, trees),
        type(linear).__name__: make_pipeline(TabularEncoder(), in_double, linear),
        "always the same": constant,
    }


def compare(
    models: Mapping[str, BaseEstimator], X: pd.DataFrame, y: NDArray[Any], plan: Plan
) -> dict[str, pd.DataFrame]:
    """Cross-validate every model on the same folds; return a row of results for each fold."""
    splits = list(plan.folds.split(X, y))
    # On small tables threads wait for each other longer than they work.
    one_thread = threadpool_limits(1 if len(X) <= SMALL else None)
    results: dict[str, list[pd.DataFrame]] = {name: [] for name in models}
    with one_thread, steps(len(models) * len(splits)) as begin:
        for name, model in models.items():
            for split in splits:
                begin(name)
                fold = cross_validate(
                    model,
                    X,
                    y,
                    cv=[split],
                    scoring=plan.measures,
                    return_estimator=True,
                    error_score="raise",
                )
                results[name].append(pd.DataFrame(fold))
    return {name: pd.concat(rows) for name, rows in results.items()}


def summary(results: Mapping[str, pd.DataFrame], plan: Plan) -> str:
    """Write the table of means and standard deviations over the folds."""
    table = pd.DataFrame(index=list(results))
    for measure, scorer in plan.measures.items():
        scores = {
            name: _sign(scorer) * result[f"test_{measure}"] for name, result in results.items()
        }
        table[measure] = _means_and_deviations(pd.DataFrame(scores))
    table["fit time (s)"] = [f"{result['fit_time'].mean():.3f}" for result in results.values()]
    return table.to_string()


def best(results: Mapping[str, pd.DataFrame], plan: Plan) -> str:
    """Say which model has the lowest loss."""
    loss = next(measure for measure, scorer in plan.measures.items() if _sign(scorer) < 0)
    means = {name: -result[f"test_{loss}"].mean() for name, result in results.items()}
    return f"Lowest {loss}: {min(means, key=lambda name: means[name])}."


def _sign(scorer: str) -> int:
    """Return -1 for losses, which scikit-learn's scorers negate."""
    return -1 if scorer.startswith("neg_") else 1


def _means_and_deviations(scores: pd.DataFrame) -> "pd.Series[str]":
    """Write those of each column with three decimals, or as many as small numbers need."""
    means, deviations = scores.mean(), scores.std(ddof=0)
    largest = means.abs().max()
    n_decimals = max(3, int(1 - np.floor(np.log10(largest)))) if largest else 3
    pairs = zip(means, deviations, strict=True)
    written = [f"{mean:,.{n_decimals}f} ± {std:,.{n_decimals}f}" for mean, std in pairs]
    return pd.Series(written, scores.columns)
