"""Models side by side, for the main job: cross-validated on the same folds."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import (
    KFold,
    RepeatedStratifiedKFold,
    StratifiedKFold,
    cross_validate,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

from scratchmlp._progress import steps
from scratchmlp.tabular import TabularEncoder, TabularMLPClassifier, TabularMLPRegressor

SMALL = 2_000  # rows; larger tables get fewer folds
CLASSIFICATION = {"accuracy": "accuracy", "log-loss": "neg_log_loss"}
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


def models_for(X: pd.DataFrame, is_class: bool) -> dict[str, BaseEstimator]:
    """Make the ensemble of networks, and what one would try beside it, for a raw table."""
    ensemble = TabularMLPClassifier if is_class else TabularMLPRegressor
    linear = LogisticRegression(max_iter=1_000) if is_class else Ridge()
    trees = HistGradientBoostingClassifier if is_class else HistGradientBoostingRegressor
    # Categories as numbers, for trees; numbers that are centred and scaled are the same to them.
    text = list(X.select_dtypes(exclude=["number", "datetime"]))
    codes = OrdinalEncoder(
        handle_unknown="use_encoded_value",
        unknown_value=np.nan,
        encoded_missing_value=np.nan,
        max_categories=255,
    )
    for_trees = make_column_transformer(
        (codes, text), remainder=TabularEncoder(), verbose_feature_names_out=False
    ).set_output(transform="pandas")
    return {
        ensemble.__name__: ensemble(n_jobs=-1, random_state=0),
        type(linear).__name__: make_pipeline(TabularEncoder(), linear),
        trees.__name__: make_pipeline(for_trees, trees(categorical_features=text, random_state=0)),
    }


def compare(
    models: Mapping[str, BaseEstimator], X: pd.DataFrame, y: NDArray[Any], plan: Plan
) -> dict[str, pd.DataFrame]:
    """Cross-validate every model on the same folds; return a row of results for each fold."""
    splits = list(plan.folds.split(X, y))
    results: dict[str, list[pd.DataFrame]] = {name: [] for name in models}
    with steps(len(models) * len(splits)) as begin:
        for name, model in models.items():
            for split in splits:
                begin(name)
                fold = cross_validate(
                    model, X, y, cv=[split], scoring=plan.measures, return_estimator=True
                )
                results[name].append(pd.DataFrame(fold))
    return {name: pd.concat(rows) for name, rows in results.items()}


def summary(results: Mapping[str, pd.DataFrame], plan: Plan) -> str:
    """Write the table of means and standard deviations over the folds."""
    rows = {}
    for name, result in results.items():
        cells = {}
        for measure, scorer in plan.measures.items():
            sign = -1 if scorer.startswith("neg_") else 1
            cells[measure] = _mean_and_std(sign * result[f"test_{measure}"])
        rows[name] = cells | {"fit time (s)": f"{result['fit_time'].mean():.3f}"}
    return pd.DataFrame(rows).T.to_string()


def _mean_and_std(scores: "pd.Series[float]") -> str:
    """Write both with three decimals, or with as many as a small mean needs."""
    mean, deviation = scores.mean(), scores.std(ddof=0)
    magnitude = np.floor(np.log10(abs(mean))) if mean else 0
    n_decimals = max(3, int(1 - magnitude))
    return f"{mean:,.{n_decimals}f} ± {deviation:,.{n_decimals}f}"
