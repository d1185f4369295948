"""Compare models by cross-validation on the same folds."""

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
from scratchmlp.tabular import TabularEncoder, TabularMLPClassifier, TabularMLPRegressor

SMALL = 2_000  # rows; larger tables get fewer folds
CLASSIFICATION = {"accuracy": "accuracy", "log-loss": "neg_log_loss"}
REGRESSION = {"RMSE": "neg_root_mean_squared_error", "R²": "r2"}
BASELINE = "constant baseline"


class Plan(NamedTuple):
    """How models are compared.

    Attributes
    ----------
    folds : splitter
        Folds that every model is evaluated on.
    description : str
        The folds in words.
    metrics : dict of str to str
        scikit-learn's scorer of each metric, by the name that is printed.
    """

    folds: Any
    description: str
    metrics: dict[str, str]


def make_plan(y: NDArray[Any], is_class: bool, n_repeats: int = 1) -> Plan:
    """Choose folds and metrics.

    Tables of more than 2,000 rows get three folds, smaller ones five. Every fold has a row of every
    class.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Target.
    is_class : bool
        Whether the target holds classes.
    n_repeats : int, default=1
        How often the table is split again, for classes only.

    Returns
    -------
    Plan
        Folds and metrics.
    """
    n_splits = 5 if len(y) <= SMALL else 3
    if not is_class:
        folds = KFold(n_splits, shuffle=True, random_state=0)
        return Plan(folds, f"{n_splits} folds", REGRESSION)
    n_splits = min(n_splits, _rarest(y))
    folds = RepeatedStratifiedKFold(n_splits=n_splits, n_repeats=n_repeats, random_state=0)
    repeated = f", repeated {n_repeats} times" if n_repeats > 1 else ""
    return Plan(folds, f"{n_splits} stratified folds{repeated}", CLASSIFICATION)


def inner_folds(y: NDArray[Any]) -> StratifiedKFold:
    """Return the folds of a hyper-parameter search within the training rows of an outer fold.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Classes of all rows.

    Returns
    -------
    StratifiedKFold
        At most three folds; each has a row of every class.
    """
    return StratifiedKFold(min(3, _rarest(y) - 1), shuffle=True, random_state=0)


def _rarest(y: NDArray[Any]) -> int:
    """Count the rows of the rarest class."""
    return int(np.unique(y, return_counts=True)[1].min())


def models_for(X: pd.DataFrame, is_class: bool) -> dict[str, BaseEstimator]:
    """Make the ensemble of networks and the models that it is compared with.

    Parameters
    ----------
    X : DataFrame of shape (n_samples, n_features)
        Raw table.
    is_class : bool
        Whether the target holds classes.

    Returns
    -------
    dict of str to estimator
        Unfitted models by name, the ensemble first.
    """
    ensemble = TabularMLPClassifier if is_class else TabularMLPRegressor
    constant = DummyClassifier(strategy="prior") if is_class else DummyRegressor()
    linear = LogisticRegression(max_iter=1_000) if is_class else Ridge()
    trees = HistGradientBoostingClassifier if is_class else HistGradientBoostingRegressor
    # Trees need categories as numbers. They come first; the encoder keeps the order of the others.
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
    # Training on a small table takes less time than starting other processes.
    n_jobs = -1 if len(X) > SMALL else 1
    return {
        ensemble.__name__: ensemble(n_jobs=n_jobs, random_state=0),
        type(trees).__name__: make_pipeline(for_trees, trees),
        type(linear).__name__: make_pipeline(TabularEncoder(), in_double, linear),
        BASELINE: constant,
    }


def compare(
    models: Mapping[str, BaseEstimator], X: pd.DataFrame, y: NDArray[Any], plan: Plan
) -> dict[str, pd.DataFrame]:
    """Cross-validate every model on the same folds.

    Parameters
    ----------
    models : dict of str to estimator
        Models by name.
    X : DataFrame of shape (n_samples, n_features)
        Features.
    y : ndarray of shape (n_samples,)
        Target.
    plan : Plan
        Folds and metrics.

    Returns
    -------
    dict of str to DataFrame
        Results of `sklearn.model_selection.cross_validate` by model, a row for each fold.
    """
    splits = list(plan.folds.split(X, y))
    # On small tables, threads spend more time waiting for each other than computing.
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
                    scoring=plan.metrics,
                    return_estimator=True,
                    error_score="raise",
                )
                results[name].append(pd.DataFrame(fold))
    return {name: pd.concat(rows) for name, rows in results.items()}
