"""Predictions with a saved model, and their scores."""

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import is_classifier

from scratchmlp.arrays import FloatArray
from scratchmlp.cli.columns import check_column
from scratchmlp.cli.explanation import explain_row
from scratchmlp.cli.files import save_table
from scratchmlp.cli.messages import InputError, count, quote, quoted, say, with_notes
from scratchmlp.cli.new_table import load_new_table, select_features, unlike_training
from scratchmlp.cli.options import Options
from scratchmlp.cli.reading import RawTable, as_text
from scratchmlp.cli.saved_model import SavedModel, load_model
from scratchmlp.cli.table import note_repeated
from scratchmlp.cli.target import decide, describe_decision, read_target
from scratchmlp.evaluation.metrics import default_metrics, values_of
from scratchmlp.evaluation.numbers import exponent, significant
from scratchmlp.tabular.base import BaseTabular
from scratchmlp.tabular.columns.encoded_table import layout_of
from scratchmlp.tabular.columns.encoder import values_for_missing
from scratchmlp.tabular.fitted_table import FittedTable, fitted_table
from scratchmlp.tabular.reading.missing import mark_missing
from scratchmlp.tabular.scoring import MOST_PROBABLE, Decision
from scratchmlp.tabular.targets import NumericTargets

PROBABILITY_DECIMALS = 6
COVERAGE = 0.9  # of intervals
DIGITS = 7  # of predicted numbers, counted from the leading digit of their range


def predict_table(data: str, options: Options) -> None:
    """Predict a table with a saved model; print the predictions or save them.

    Parameters
    ----------
    data : str
        Path of the table.
    options : Options
        The arguments.

    Raises
    ------
    InputError
        If the model or the table cannot be used, or the file cannot be written.
    """
    assert options.load is not None
    saved = load_model(options.load, allow_pickle=options.allow_pickle)
    columns, is_class = saved.columns, is_classifier(saved.model)
    raw = load_new_table(data, columns, options.file_format._replace(marks=saved.marks))
    readings = {name: column.reading for name, column in columns.items()}
    X = select_features(raw, data, columns)
    X = mark_missing(X, values_for_missing(fitted_table(saved.model).encoder), readings)
    ids = _ids(raw, data, options.roles.id, saved)
    if is_class and options.coverage is not None:
        raise InputError(
            f"--coverage is about intervals of numbers, but the model in {options.load} predicts "
            "classes. Remove --coverage."
        )
    decision = _decision(options, saved)
    say(*unlike_training(X, columns))
    try:
        if options.explain is not None:
            what = saved.model, X, ids, options.explain
            print(explain_row(*what, is_of_fit=False, decision=decision), flush=True)
            if options.out is None:
                return
        predicted = predict(saved.model, X, options.coverage or COVERAGE)
    # A model saved from Python may need what a CSV file cannot hold.
    except (ValueError, TypeError) as error:
        raise InputError(with_notes(error)) from error
    predictions = prediction_table(saved.model, predicted, decision)
    if ids is not None:
        predictions.insert(0, ids.name, ids.to_numpy())
    _write(options.out, predictions)
    target = pd.Series(np.nan, X.index, dtype=object)
    if saved.target is not None and saved.target in raw.frame:
        target = raw.frame[saved.target] if is_class else raw.readable(saved.target)
    say(*scores_of_known(saved.model, predicted, target, decision))
    if not target[predicted.is_unknown].notna().any():
        say(*expected_of_unknown(saved.model, predicted))


def _decision(options: Options, saved: SavedModel) -> Decision:
    """Return how classes follow from probabilities, as now or else in training, and say so."""
    classes = getattr(saved.model, "classes_", None)
    positive = saved.positive if options.positive is None else options.positive
    threshold = saved.threshold if options.threshold is None else options.threshold
    decision = decide(positive, threshold, classes)
    if clause := describe_decision(decision, classes):
        say(clause)
    return decision


def _ids(raw: RawTable, data: str, given: str | None, saved: SavedModel) -> "pd.Series[Any] | None":
    """Return the column that identifies the rows, if there is one."""
    if given is not None:
        check_column(raw, data, "--id", given)
    name = given or saved.id
    if name is None:
        return None
    if name not in raw.frame:
        say(f"{data} has no column {quote(name)}, so the predictions have no --id column")
        return None
    entities = layout_of(saved.columns).known_entities
    check_id(name, getattr(saved.model, "classes_", None), entities)
    ids = raw.frame[name]
    say(*note_repeated(ids))
    return ids


def _write(path: Path | None, predictions: pd.DataFrame) -> None:
    """Save predictions, or print them without a path."""
    if path is None:
        print(predictions.to_csv(index=False), end="", flush=True)
        return
    save_table(path, predictions)
    print(f"Saved {path}: {count(len(predictions), 'prediction')}")


class Predictions(NamedTuple):
    """Predictions for the rows of a table.

    Attributes
    ----------
    values : ndarray of shape (n_samples, n_classes) or (n_samples,)
        Probabilities of the classes, or predicted numbers.
    ends : ndarray of shape (n_samples, 2) or None
        Lower and upper ends of an interval around each predicted number; None if there are none.
    entities : list of str
        Names of the columns that name what rows belong to, such as persons.
    is_unknown : ndarray of shape (n_samples,)
        Whether the value of at least one of these columns is missing, or new to the model.
    """

    values: FloatArray
    ends: FloatArray | None
    entities: list[str]
    is_unknown: NDArray[np.bool_]

    def of(self, which: str) -> str:
        """Say of which person, say, rows are."""
        return f"of {which} {' or '.join(map(quote, self.entities))}"


def predict(model: BaseTabular, X: pd.DataFrame, coverage: float = COVERAGE) -> Predictions:
    """Predict a table, with each member once, and say why there are no intervals.

    Parameters
    ----------
    model : TabularEnsemble* or TabularMLP*
        Fitted model.
    X : DataFrame of shape (n_samples, n_features)
        Table to predict.
    coverage : float, default=0.9
        Probability that a true number is in its interval.

    Returns
    -------
    Predictions
        The predictions. There are no intervals if the coverage needs more rows than `fit` had.
    """
    fitted: FittedTable = fitted_table(model)
    blend, table = fitted.blend, fitted.encode(X)
    belonging = [*table.layout.known_entities], table.is_unknown
    if is_classifier(model):
        return Predictions(blend.predict(table), None, *belonging)
    try:
        blend.uncertainty.scores.quantile(coverage)
    except ValueError as error:
        say(f"the predictions have no columns 'low' and 'high': {error}")
        return Predictions(blend.predict(table), None, *belonging)
    return Predictions(*blend.predict_with_sets(table, coverage), *belonging)


def prediction_table(
    model: BaseTabular, predicted: Predictions, decision: Decision = MOST_PROBABLE
) -> pd.DataFrame:
    """Write predictions with the digits that matter.

    Parameters
    ----------
    model : TabularEnsemble* or TabularMLP*
        The model that predicted.
    predicted : Predictions
        Its predictions.
    decision : Decision, optional
        How classes follow from probabilities. By default, the most probable one is predicted.

    Returns
    -------
    DataFrame of shape (n_samples, 1 + n_classes), (n_samples, 3) or (n_samples, 1)
        Predicted class and the probability of each class. For regression, the prediction and the
        ends of its interval, if there are intervals. If columns name what rows belong to, a last
        column such as "unknown person" says which rows have a missing or new value in at least one.
    """
    P, ends = predicted.values, predicted.ends
    if is_classifier(model):
        first, *names = _names(model.classes_)
        table = pd.DataFrame(P.round(PROBABILITY_DECIMALS), columns=names)
        table.insert(0, first, model.classes_[decision.predicted(P)])
    else:
        numbers = [P] if ends is None else [P, *ends.T]
        table = pd.DataFrame(dict(zip(_names(), numbers, strict=False))).round(_decimals(model))
    for name in _names_of_unknown(predicted.entities):
        table[name] = predicted.is_unknown
    return table


def _names(classes: Iterable[Any] | None = None) -> list[str]:
    """Return the names of the columns of predictions of classes or, without classes, of numbers."""
    others = ["low", "high"] if classes is None else [f"probability of {c}" for c in classes]
    return ["prediction", *others]


def _names_of_unknown(entities: Collection[str]) -> list[str]:
    """Return the name of the column that says which rows are of unknown persons, say, if any is."""
    return [f"unknown {' or '.join(entities)}"] if entities else []


def _decimals(model: BaseTabular) -> int:
    """Return the decimals that show seven digits of the range in training."""
    targets = fitted_table(model).blend.targets  # files may lack the out-of-fold predictions
    assert isinstance(targets, NumericTargets)
    spread = float(np.max(targets.high) - np.min(targets.low))
    return DIGITS - 1 - exponent(spread) if spread else DIGITS


def check_id(name: str, classes: Iterable[Any] | None, entities: Collection[str] = ()) -> None:
    """Check that predictions can begin with the column that identifies the rows.

    Parameters
    ----------
    name : str
        Name of the column.
    classes : iterable or None
        Classes that are predicted; None for regression.
    entities : collection of str, default=()
        Names of the columns that name what rows belong to, such as persons, as far as known.

    Raises
    ------
    InputError
        If the predictions have a column of the same name.
    """
    if name in [*_names(classes), *_names_of_unknown(entities)]:
        raise InputError(
            f"the column of --id has the name of a column of the predictions, {quote(name)}. "
            "Rename it."
        )


def expected_of_unknown(model: BaseTabular, predicted: Predictions) -> Iterator[str]:
    """Say how many rows are of unknown persons, say, and how good their predictions are.

    Parameters
    ----------
    model : TabularEnsemble* or TabularMLP*
        The model that predicted.
    predicted : Predictions
        Its predictions.

    Yields
    ------
    str
        A sentence, if there are such rows.
    """
    unseen = getattr(model, "oof_score_unseen_", None)  # a model by `only` has none
    n_unknown = int(predicted.is_unknown.sum())
    if unseen is None or not n_unknown:
        return
    sentence = (
        f"{n_unknown:,} of {count(len(predicted.is_unknown), 'row')} {predicted.of('an unknown')}"
    )
    measure = "accuracy" if is_classifier(model) else "R²"
    expected = f"expect {measure} {significant(unseen, 2)} for them"
    yield f"{sentence}: {expected}{fitted_table(model).how_sure_unseen}"


def scores_of_known(
    model: BaseTabular,
    predicted: Predictions,
    target: "pd.Series[Any]",
    decision: Decision = MOST_PROBABLE,
) -> Iterator[str]:
    """Score the predictions of the rows whose target is known.

    Parameters
    ----------
    model : TabularEnsemble* or TabularMLP*
        The model that predicted.
    predicted : Predictions
        Its predictions.
    target : Series of shape (n_samples,)
        The target.
    decision : Decision, optional
        How classes follow from probabilities. By default, the most probable one is predicted.

    Yields
    ------
    str
        A sentence about rows that cannot be scored, or the scores. If columns name what rows belong
        to, such as persons, those of known and of unknown ones, too.
    """
    is_class = is_classifier(model)
    y = _class_numbers(model, target) if is_class else _numbers(as_text(target))
    target = as_text(target)
    known = np.isfinite(y.to_numpy())
    if (others := target.notna() & ~known).any():
        what = "classes that the model does not know" if is_class else "targets that are no numbers"
        names = quoted(target[others].unique())
        yield f"{count(int(others.sum()), 'row')} with {what}, not scored: {names}"
    if not known.any():
        return
    for which, rows in _parts(predicted, known, f"with a value of {quote(target.name)}"):
        truth = y[rows].to_numpy(np.intp if is_class else np.float64)
        counts = np.bincount(truth, minlength=len(model.classes_)) if is_class else None
        metrics, values = default_metrics(counts), predicted.values[rows]
        scores = values_of(metrics, truth, values, decision=decision)
        written = [f"{name} {significant(value, 3)}" for name, value in scores.items()]
        yield f"{count(len(truth), 'row')} {which}: {', '.join(written)}"


def _parts(
    predicted: Predictions, known: NDArray[np.bool_], which: str
) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Yield all rows with a target, and those of known and of unknown persons, say."""
    if not predicted.entities:
        yield which, known
        return
    unknown = predicted.is_unknown
    kinds = {"a known": known & ~unknown, "an unknown": known & unknown}
    parts = {predicted.of(kind): rows for kind, rows in kinds.items() if rows.any()}
    if len(parts) == 1:
        yield f"{which}, all {next(iter(parts))}", known
    else:
        yield which, known
        yield from parts.items()


def _numbers(target: "pd.Series[Any]") -> "pd.Series[float]":
    """Return the target as numbers; other values become missing."""
    numbers = read_target(target.dropna()).numbers
    if numbers is None:
        numbers = pd.to_numeric(target, errors="coerce")
    return numbers.reindex(target.index).astype(float)


def _class_numbers(model: Any, target: "pd.Series[Any]") -> "pd.Series[float]":
    """Return the number of each row's class in `classes_`; nan for other classes."""
    # A whole number may be written as 1 in one file and as 1.0 in another, unless both are text.
    are_numbers = any(each.dtype.kind in "iuf" for each in (model.classes_, target))
    end = ".0" if are_numbers else ""
    numbers = {str(label).removesuffix(end): i for i, label in enumerate(model.classes_)}
    found = as_text(target).map(
        lambda text: numbers.get(text.removesuffix(end)), na_action="ignore"
    )
    return found.astype(float)
