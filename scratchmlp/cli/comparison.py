"""Models compared on the same folds."""

import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, is_classifier
from sklearn.exceptions import FitFailedWarning

from scratchmlp.arrays import FloatArray
from scratchmlp.cli.baselines import (
    BASELINE_NAMES,
    BoostingSearch,
    chosen_most_often,
    make_baselines,
)
from scratchmlp.cli.columns import typed_settings
from scratchmlp.cli.folds import SMALL, Folds, Split, limited_threads, make_folds
from scratchmlp.cli.messages import InputError, line_of_dots, time_left
from scratchmlp.cli.table import Table
from scratchmlp.evaluation.evaluated import predict
from scratchmlp.evaluation.metrics import (
    Metric,
    MetricError,
    default_metrics,
    find_metric,
    values_of,
)
from scratchmlp.tabular import (
    TabularEnsembleClassifier,
    TabularEnsembleRegressor,
    TabularMLPClassifier,
    TabularMLPRegressor,
)
from scratchmlp.tabular.base import BaseTabular
from scratchmlp.tabular.ensemble.ensemble import BaseTabularEnsemble
from scratchmlp.tabular.fit import fit_inspected
from scratchmlp.tabular.fitted_table import FittedTable, fitted_table
from scratchmlp.tabular.preparation import TableParameters, encoding_hidden
from scratchmlp.tabular.scoring import MOST_PROBABLE, Decision

#: The first model of a comparison by the name that ``--model`` takes: classifier and regressor.
OWN_MODELS: dict[str, tuple[Any, Any]] = {
    "ensemble": (TabularEnsembleClassifier, TabularEnsembleRegressor),
    "networks": (TabularMLPClassifier, TabularMLPRegressor),
}
SHOWN = 4  # metrics, so that a line of the table has less than 100 characters
NETWORKS_ALONE = "networks alone"  # those of an ensemble as a model of their own


class Evaluation(NamedTuple):
    """How models are compared.

    Attributes
    ----------
    folds : Folds
        Folds that every model is evaluated on.
    metrics : list of Metric
        Metrics, in the order in which they are printed.
    decisive : Metric
        The metric that decides which model is the best.
    entities : sequence of str, default=()
        Columns that name what rows belong to, such as persons. Ensembles hide them in training.
    decision : Decision, optional
        How classes follow from probabilities. By default, the most probable one is predicted.
    """

    folds: Folds
    metrics: list[Metric]
    decisive: Metric
    entities: Sequence[str] = ()
    decision: Decision = MOST_PROBABLE


def make_evaluation(
    y: NDArray[Any],
    is_class: bool,
    *,
    metric: str | None = None,
    decision: Decision = MOST_PROBABLE,
    **splits: Any,
) -> Evaluation:
    """Choose folds and metrics.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Target.
    is_class : bool
        Whether the target holds classes.
    metric : str or None, default=None
        Name of the first and decisive metric: see `find_metric`. None lets log-loss or RMSE decide.
    decision : Decision, optional
        How classes follow from probabilities. By default, the most probable one is predicted.
    **splits : object
        How to split the rows: see `make_folds`.

    Returns
    -------
    Evaluation
        Folds and metrics.
    """
    metrics = default_metrics(np.unique(y, return_counts=True)[1] if is_class else None)
    decisive = next(each for each in metrics if each.is_loss)
    if metric is not None:
        try:
            decisive = find_metric(metric, y, is_class)
        except MetricError as error:
            raise InputError(f"--metric {error}") from error
        metrics = [decisive, *(each for each in metrics if each.name != decisive.name)][:SHOWN]
    return Evaluation(make_folds(y, is_class, **splits), metrics, decisive, decision=decision)


def models_for(
    table: Table,
    model: str = "ensemble",
    *,
    effort: str = "thorough",
    seed: int = 0,
    jobs: int | None = None,
    max_time: float | None = None,
    baselines: Sequence[str] = (),
) -> dict[str, BaseEstimator]:
    """Make the ensemble, or its networks alone, and the models that it is compared with.

    Parameters
    ----------
    table : Table
        Table to learn from.
    model : str, default="ensemble"
        Name of the first model, which can be saved: a key of OWN_MODELS.
    effort : {"fast", "thorough"}, default="thorough"
        The parameter of the ensemble; networks have none.
    seed : int, default=0
        Random state.
    jobs : int or None, default=None
        Number of folds for which the ensemble is trained at the same time, and number of threads of
        baselines. None decides from the size.
    max_time : float or None, default=None
        Seconds that a fit of the ensemble may take.
    baselines : sequence of str, default=()
        Other packages whose models are compared: keys of `BASELINES`.

    Returns
    -------
    dict of str to estimator
        Unfitted models by name, for the columns of `read_columns`. The first is the ensemble, which
        does not look for what would mislead: see `misleading`.
    """
    is_class, encoder = table.is_class, typed_settings(table.columns)
    ensemble = _own_model(model, is_class)
    # Training on a small table takes less time than starting other processes.
    n_jobs = jobs or (-1 if len(table.X) > SMALL else 1)
    own = {"n_jobs": n_jobs, "max_time": max_time, "random_state": seed, "inspect_table": False}
    of_ensemble = {"effort": effort} if model == "ensemble" else {}
    others = make_baselines(baselines, is_class, encoder, n_jobs, seed)
    return {ensemble.__name__: ensemble(**own, **of_ensemble, **encoder), **others}


def to_train(name: str, models: Mapping[str, Any], results: Mapping[str, pd.DataFrame]) -> Any:
    """Return what to train on all rows to keep a model of a comparison.

    Parameters
    ----------
    name : str
        Name of the model, which is not one of another package.
    models : dict of str to estimator
        The unfitted models by name. The first is the ensemble or the networks.
    results : dict of str to DataFrame
        Results of `compare`.

    Returns
    -------
    TabularEnsemble* or TabularMLP*
        The ensemble or its networks. Any other model is the only part of an ensemble, which reads
        the raw table, and boosting has the setting that was chosen in most folds. Such fits are
        short, and have no time limit.
    """
    own = next(iter(models.values()))
    if models.get(name) is own:
        return own
    settings = {field.name: getattr(own, field.name) for field in fields(TableParameters)}
    is_class = is_classifier(own)
    if name == NETWORKS_ALONE:
        return _own_model("networks", is_class)(**settings)
    model = models[name][-1]  # the ensemble does what the steps before the last one do
    if isinstance(model, BoostingSearch):
        model = chosen_most_often([each[-1] for each in results[name]["estimator"]])
    settings["max_time"] = None
    return _own_model("ensemble", is_class)(estimators=[(name, model)], **settings)


def _own_model(name: str, is_class: bool) -> Any:
    """Return the class of a model of `OWN_MODELS`."""
    classifier, regressor = OWN_MODELS[name]
    return classifier if is_class else regressor


def compare(
    models: Mapping[str, BaseEstimator], X: pd.DataFrame, y: NDArray[Any], evaluation: Evaluation
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
    evaluation : Evaluation
        Folds and metrics.

    Returns
    -------
    dict of str to DataFrame
        For each model, a row for each fold: each metric, the seconds of the fit as "fit_time", the
        fitted model as "estimator" and, if it is an ensemble, the scores and weights of its
        estimators as "parts".
    """
    splits = evaluation.folds.splits
    results: dict[str, list[dict[str, Any]]] = {name: [] for name in models}
    n_splits, started = len(splits), time.perf_counter()
    for number, split in enumerate(splits):  # all models in each: the first tells how long it takes
        text = f"split {number + 1} of {n_splits}{time_left(started, number, n_splits)}"
        with limited_threads(len(X)), line_of_dots(text) as add_dot:
            for name, model in models.items():
                add_dot()
                results[name].append(_evaluate(name, model, X, y, split, evaluation))
    return {name: pd.DataFrame(rows) for name, rows in results.items()}


def _evaluate(
    name: str, model: Any, X: pd.DataFrame, y: NDArray[Any], split: Split, evaluation: Evaluation
) -> dict[str, Any]:
    """Fit and score a model on a fold; raise an error with its name if it cannot use the table."""
    try:
        return _fit_and_score(model, X, y, split, evaluation)
    except MetricError as error:
        raise InputError(f"--metric {error}") from error
    except Exception as error:
        # Such as text in a column that held numbers before. Baselines raise any type.
        if isinstance(error, ValueError) or name in BASELINE_NAMES:
            raise InputError(f"{name} cannot use the table: {error}") from error
        raise


def _fit_and_score(
    model: Any, X: pd.DataFrame, y: NDArray[Any], split: Split, evaluation: Evaluation
) -> dict[str, Any]:
    """Fit a model to the training rows of a fold, and score it on the others."""
    training, held_out = split
    if is_classifier(model):  # the training rows have the classes 0, 1, ...
        y = np.searchsorted(np.unique(y[training]), y)
    model, arguments = evaluation.folds.for_rows(model, training)
    started = time.perf_counter()
    # `fit_notes` says once for all folds what an ensemble leaves out.
    with warnings.catch_warnings(action="ignore", category=FitFailedWarning):
        if isinstance(model, BaseTabular):
            encode = encoding_hidden(evaluation.entities)
            fit_inspected(model, X.iloc[training], y[training], **arguments, encode=encode)
        else:
            model.fit(X.iloc[training], y[training])
    fit = {"fit_time": time.perf_counter() - started, "estimator": model}

    rows, parts = X.iloc[held_out], {}

    def scores(prediction: FloatArray) -> dict[str, float]:
        decision = evaluation.decision
        return values_of(evaluation.metrics, y[held_out], prediction, decision=decision)

    if isinstance(model, BaseTabularEnsemble):
        fitted: FittedTable = fitted_table(model)
        blend, table = fitted.blend, fitted.encode(rows)
        prediction = blend.predict(table)
        parts = {
            name: {**scores(alone), "weight": model.weights_[name]}
            for name, alone in blend.predict_parts(table).items()
        }
    else:
        prediction = predict(model, rows)
    return {**scores(prediction), **fit, "parts": parts}
