"""The comparison of models on the same folds of a table, and questions about the table."""

import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, is_classifier
from sklearn.exceptions import FitFailedWarning
from threadpoolctl import threadpool_limits

from scratchmlp.arrays import FloatArray
from scratchmlp.cli.baselines import BASELINE_NAMES, SMALL
from scratchmlp.cli.columns import describe_columns, sentences
from scratchmlp.cli.evaluation import N_FOLDS, Evaluation, Folds, Split, make_evaluation
from scratchmlp.cli.messages import InputError, line_of_dots, quote, say, time_left
from scratchmlp.cli.models import models_for, read_columns
from scratchmlp.cli.options import Options
from scratchmlp.cli.predictions import check_id
from scratchmlp.cli.scores import Scores, fit_notes
from scratchmlp.cli.table import Table
from scratchmlp.cli.target import decide, describe_target
from scratchmlp.evaluation.evaluated import predict
from scratchmlp.evaluation.metrics import MetricError, values_of
from scratchmlp.tabular import TabularMLPClassifier, TabularMLPRegressor
from scratchmlp.tabular.base import BaseTabular
from scratchmlp.tabular.columns.encoder import fitted_columns, with_codes, with_marks
from scratchmlp.tabular.ensemble.ensemble import BaseTabularEnsemble
from scratchmlp.tabular.fit import fit_inspected
from scratchmlp.tabular.fitted_table import FittedTable, fitted_table
from scratchmlp.tabular.folds import of_known_values
from scratchmlp.tabular.misleading.findings import find_misleading, not_looked_for
from scratchmlp.tabular.notes import (
    WORDINGS,
    Note,
    alike_in,
    codes_in,
    describe,
    entities_in,
    questions,
)
from scratchmlp.tabular.preparation import encoding_hidden, encoding_with, folds_decide, problem_of


@dataclass(frozen=True)
class Comparison:
    """Models that were compared on a table.

    Attributes
    ----------
    options : Options
        The arguments.
    table : Table
        The table.
    models : dict of str to estimator
        Unfitted models by name. The first is that of ``--model``.
    scores : Scores
        Their scores.
    found : list of Note
        What would mislead the user.
    """

    options: Options
    table: Table
    models: dict[str, Any]
    scores: Scores
    found: list[Note]


def compare_models(table: Table, options: Options) -> Comparison:
    """Compare models on a table, and print their scores.

    Parameters
    ----------
    table : Table
        The table.
    options : Options
        The arguments.

    Returns
    -------
    Comparison
        The models and their scores.
    """
    X, y, is_class = table.X, table.y, table.is_class
    classes = np.unique(y) if is_class else None
    evaluation = _evaluation_for(table, classes, options)
    say(*table.notes)
    print(describe_target(str(options.target), y, is_class, X.shape[1], evaluation.decision))
    print(describe_columns(X, fitted_columns(table.encoder), options.roles), flush=True)
    say(*evaluation.folds.left_out)
    found = misleading(table, evaluation.folds, options.seed)
    table, evaluation = _hide_entities(table, evaluation, found)
    if options.roles.id is not None:  # columns of entities are known now
        check_id(options.roles.id, classes, evaluation.entities)
    models = models_for(
        table,
        options.model,
        effort=options.effort,
        seed=options.seed,
        jobs=options.jobs,
        max_time=options.max_time,
        baselines=options.baselines,
    )
    results = compare(models, read_columns(X, fitted_columns(table.encoder)), y, evaluation)
    for result in results.values():
        say(*fit_notes(list(result["estimator"])))
    scores = Scores(results, evaluation)
    print(f"\n{scores.summary(options.keep, next(iter(models)))}", flush=True)
    return Comparison(options, table, models, scores, found)


def _evaluation_for(table: Table, classes: NDArray[Any] | None, options: Options) -> Evaluation:
    """Choose folds and metrics, and how classes follow from probabilities."""
    if options.roles.id is not None:
        check_id(options.roles.id, classes)
    return make_evaluation(
        table.y,
        table.is_class,
        metric=options.metric,
        decision=decide(options.positive, options.threshold, classes),
        n_splits=options.folds or N_FOLDS,
        seed=options.seed,
        groups=table.groups,
        times=table.times,
    )


def _hide_entities(
    table: Table, evaluation: Evaluation, found: list[Note]
) -> tuple[Table, Evaluation]:
    """Return a table and an evaluation of models that hide columns, also those of alike rows."""
    rows = np.arange(len(table.X))
    alike = alike_in(found)
    encoder = with_codes(table.encoder, alike, table.X, rows)
    encoder = with_marks(encoder, alike, names_entity=True)
    entities = [name for name, each in fitted_columns(encoder).items() if each.names_entity]
    description = of_known_values(evaluation.folds.description, entities_in(found))
    folds = evaluation.folds._replace(description=description)
    return table._replace(encoder=encoder), evaluation._replace(folds=folds, entities=entities)


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
    splits, n_threads = evaluation.folds.splits, 1 if len(X) <= SMALL else None
    results: dict[str, list[dict[str, Any]]] = {name: [] for name in models}
    n_splits, started = len(splits), time.perf_counter()
    for number, split in enumerate(splits):  # all models in each: the first tells how long it takes
        text = f"split {number + 1} of {n_splits}{time_left(started, number, n_splits)}"
        with threadpool_limits(n_threads), line_of_dots(text) as add_dot:
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


# What would mislead the user about a table, with the option that helps.


def misleading(table: Table, folds: Folds, seed: int) -> list[Note]:
    """Find what would mislead the user, and say it.

    Parameters
    ----------
    table : Table
        The table.
    folds : Folds
        The folds of the comparison.
    seed : int
        Random state.

    Returns
    -------
    list of Note
        What is found.
    """
    network = TabularMLPClassifier if table.is_class else TabularMLPRegressor
    model, arguments = folds.for_rows(network(random_state=seed), np.arange(len(table.y)))
    if folds.times is not None:  # the fit itself holds out few rows, the latest
        model.set_params(cv=folds.splits)
    with warnings.catch_warnings(action="ignore"):  # the encoder's warnings are said elsewhere
        encode = encoding_with(table.encoder)
        problem = problem_of(model, table.X, table.y, **arguments, encode=encode)
        may_be_alike = not folds_decide(model, arguments.get("groups"))
        found = find_misleading(problem, table.X, which_are_alike=may_be_alike)
    say(*map(with_option, questions(found)), *sentences(describe(codes_in(found))))
    if missed := not_looked_for(problem, which_are_alike=may_be_alike):
        say(missed)
    return found


def with_option(note: Note) -> str:
    """Write what was found, with the option that helps."""
    return f"{note.clause}. {option_for(note)}"


def option_for(note: Note) -> str:
    """Say which option helps.

    Parameters
    ----------
    note : Note
        What would mislead the user.

    Returns
    -------
    str
        One or two sentences.
    """
    value: Any = note.values.get("value")
    cell = quote(f"{note.column}={value}")
    if note.case == "leaks":
        cell = " ".join(map(quote, note.values["columns"]))
    if note.case == "sentinels":
        cell = " ".join(f"--na {quote(f'{name}={each}')}" for name, each in value.items())
    remedy = WORDINGS[note.case]
    words = remedy.fit if remedy.command is None else remedy.command
    return words.format(column=quote(note.column), cell=cell)
