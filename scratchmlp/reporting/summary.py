"""The first sections: what can mislead the reader, and what was predicted how well, in words."""

from collections.abc import Callable

import numpy as np

from scratchmlp.evaluation.evaluated import Evaluated, EvaluatedClasses
from scratchmlp.evaluation.metrics import values_of
from scratchmlp.evaluation.numbers import Number, number, plain, share
from scratchmlp.reporting.columns import DESCRIBED_COLUMNS
from scratchmlp.reporting.content import Folded, Section, Table
from scratchmlp.reporting.importances import Importances
from scratchmlp.reporting.quality import Scores
from scratchmlp.tabular.fitted_table import FittedTable
from scratchmlp.tabular.folds import of_known_values
from scratchmlp.tabular.notes import WORDINGS, Note, entities_in, questions
from scratchmlp.utils.names import listed

MOST_NAMED = 3  # columns
MAIN_CLASSES, MAIN_NUMBERS = ("accuracy", "log-loss"), ("R2", "RMSE")
_INTRODUCTION = "The answers decide whether you can trust the scores."
_DRIFT = (
    "These rows are unlike those that the model was trained on. If a unit, the writing of a "
    "category or a source of data is different, correct it. Otherwise, train on recent rows."
)


def questions_section(evaluated: Evaluated, remedy_of: Callable[[Note], str]) -> Section | None:
    """Ask about what `fit` has found that would mislead the reader.

    Parameters
    ----------
    evaluated : Evaluated
        The rows with predictions.
    remedy_of : callable
        Function that says what to do about a note.

    Returns
    -------
    Section or None
        A question for each, with what was found, and the remedy folded; None if there are none.
    """
    parts: list[str | Folded] = []
    for note in questions(evaluated.estimator.findings_):
        wording = WORDINGS[note.case]
        names = {"column": plain(note.column), "target": plain(evaluated.target)}
        question = wording.question.format(**{**note.values, **names})
        clause = plain(note.clause, 1000)
        parts += [
            f"{question} {clause[0].upper()}{clause[1:]}.",
            Folded(wording.when, [plain(remedy_of(note), 1000)]),
        ]
    return Section("check", "What should I check?", [_INTRODUCTION, *parts]) if parts else None


def drift_section(evaluated: Evaluated) -> Section | None:
    """Name the columns of new rows that are unlike those of `fit`.

    Parameters
    ----------
    evaluated : Evaluated
        The rows with predictions.

    Returns
    -------
    Section or None
        A table; None for rows of `fit`, or if no column has clearly changed.
    """
    if evaluated.is_of_fit:
        return None
    drift = evaluated.estimator.drift(evaluated.given[0])
    changed = drift.loc[drift["changed"], "why"].head(DESCRIBED_COLUMNS)
    if changed.empty:
        return None
    rows = [(plain(name), plain(why, 200)) for name, why in changed.items()]
    table = Table("Columns that have clearly changed", ("column", "what has changed"), rows)
    return Section("drift", "What has changed since it was trained?", [_DRIFT, table])


def summary_section(
    evaluated: Evaluated, scores: Scores, importances: Importances, compared: str = ""
) -> Section:
    """Summarize a report.

    Parameters
    ----------
    evaluated : Evaluated
        The rows with predictions.
    scores : dict of str to Score
        Scores of the predictions.
    importances : Importances
        Importances of the columns.
    compared : str, default=""
        A sentence about other models.

    Returns
    -------
    Section
        How good the model is, one score and one loss, and what to do next.
    """
    if isinstance(evaluated, EvaluatedClasses):
        quality, shown = _classes(evaluated, scores), MAIN_CLASSES
    else:
        quality, shown = _numbers(evaluated, scores), MAIN_NUMBERS
    numbers = {each.metric.name: each.cell for name in shown if (each := scores.get(name))}
    end = " ".join(filter(None, [compared, _important(importances), _next(evaluated)]))
    parts: list[str | dict[str, Number]] = [
        _task(evaluated),
        " ".join(quality),
        numbers,
        end,
    ]
    return Section("summary", "In short", parts)


def _next(evaluated: Evaluated) -> str:
    """Say what to do with the page, if there is something."""
    steps = []
    if questions(evaluated.estimator.findings_):
        steps.append("answer the questions below")
    if (evaluated.prediction != evaluated.y).any():
        steps.append("look at the rows that it is most wrong about")
    return f"What to do next: {', and '.join(steps)}." if steps else ""


def _task(evaluated: Evaluated) -> str:
    """Say what is predicted, and for which rows."""
    n, target, unused = len(evaluated.y), plain(evaluated.target), evaluated.unused
    what = "a number"
    if isinstance(evaluated, EvaluatedClasses):
        what = f"one of {len(evaluated.classes)} classes"
    n_columns = len(evaluated.columns) - len(unused)
    columns = "1 column" if n_columns == 1 else f"{n_columns:,} columns"
    if unused:
        columns += f" (left out: {listed([plain(name, 40) for name in unused])})"
    rows = f"{n:,} rows that it was not trained on."
    if evaluated.is_of_fit:
        rows = f"{n:,} rows, each predicted by models that were trained without it."
    sentence = f"The model predicts {target}, {what}, from {columns}. It was tested on {rows}"
    if (lost := len(evaluated.given[1]) - n) > 0:
        names = listed([plain(name, 40) for name in evaluated.entities])
        which = f" by any part that knows their {names}," if names else ""
        sentence += f" {lost:,} other rows could not be tested this way{which} and are left out."
    if evaluated.is_of_fit:
        rows = plain(_scored(evaluated.fitted), 200)
        sentence += f" Expect this quality, or slightly less, for {rows}."
        if evaluated.fitted.scored == "later rows":
            sentence += (
                " These follow directly on the training rows: errors may grow further ahead."
            )
        sentence += _of_new(evaluated)
    else:
        sentence += _of_known_and_new(evaluated)
    if evaluated.sample_weight is not None:
        sentence += " The scores use the weights that the rows had in fit."
    return sentence


def _scored(fitted: FittedTable) -> str:
    """Say for which rows the scores of out-of-fold predictions hold."""
    if fitted.scored != "random rows":
        return fitted.scored
    return of_known_values("other rows like these", entities_in(fitted.findings))


def _of_new(evaluated: Evaluated) -> str:
    """Say how good predictions are for new entities, such as persons."""
    score = getattr(evaluated.estimator, "oof_score_unseen_", None)
    if score is None:
        return ""
    names = listed([plain(name, 40) for name in evaluated.entities])
    return (
        f" For rows with a new value of {names}, expect {evaluated.measure.name} "
        f"{number(score).text}{evaluated.fitted.how_sure_unseen}, "
        f"where known values have {number(evaluated.estimator.oof_score_).text}."
    )


def _of_known_and_new(evaluated: Evaluated) -> str:
    """Say how many new rows are of new entities, such as persons, and how good both kinds are."""
    table = evaluated.encode(np.arange(len(evaluated.y)))
    is_new, names = table.is_unknown, map(plain, table.layout.known_entities)
    of_new = f"an unknown value of {' or '.join(names)}"
    if is_new.all() or not is_new.any():
        which = "All" if is_new.any() else "None"
        return f" {which} of them have {of_new}." if table.layout.known_entities else ""
    measure = evaluated.measure
    parts = (
        (evaluated.truth[rows], evaluated.outputs[rows], None, evaluated.decision)
        for rows in (is_new, ~is_new)
    )
    new, known = (number(values_of([measure], *part)[measure.name]) for part in parts)
    return (
        f" {is_new.sum():,} of them have {of_new}: their {measure.name} is {new.text}, that of the "
        f"others {known.text}."
    )


def _classes(evaluated: EvaluatedClasses, scores: Scores) -> list[str]:
    """Say how good predicted classes are."""
    accuracy = scores["accuracy"]
    most = plain(evaluated.classes[evaluated.counts.argmax()])
    right = share(accuracy.value)
    sentences = [
        f"{right} of the predictions are right. Always predicting the most frequent class, "
        f"{most}, would be right for {share(accuracy.constant)}."
    ]
    loss = scores.get("log-loss")
    if loss is None:
        return [*sentences, "The model knows a single class."]
    if loss.value >= loss.constant:
        sentences.append(
            "The predicted probabilities are no better than the shares of the classes: the model "
            "has found nothing in the columns that predicts the class."
        )
    return sentences


def _numbers(evaluated: Evaluated, scores: Scores) -> list[str]:
    """Say how good predicted numbers are."""
    half, rmse = scores["median absolute error"], scores["RMSE"]
    sentences = [
        f"Half of the predictions are off by less than {half.cell}. If the prediction were always "
        f"the mean, half would be off by less than {number(half.constant)}."
    ]
    if np.ptp(evaluated.y) == 0:
        sentences.append(
            "All true values are equal, so these rows cannot tell whether the model is better than "
            "the mean."
        )
    elif rmse.value >= rmse.constant:
        sentences.append(
            "The predictions are no better than the mean: the model has found nothing in the "
            "columns that predicts the target."
        )
    elif half.value >= half.constant:
        sentences.append("Its large errors are smaller than those of the mean, as the RMSE shows.")
    return sentences


def _important(importances: Importances) -> str:
    """Name the most important columns."""
    pairs = zip(importances.names, importances.means, strict=True)
    names = [plain(name, 40) for name, mean in pairs if mean > 0][:MOST_NAMED]
    if not names:
        return ""
    which = names[0] if len(names) == 1 else f"{listed(names[:-1])} and {names[-1]}"
    return f"The predictions depend most on {which}."
