"""The first box: what can mislead the reader about the model and its scores."""

from collections.abc import Callable
from typing import get_args

from scratchmlp.evaluation.evaluated import Evaluated
from scratchmlp.evaluation.numbers import plain
from scratchmlp.reporting.content import Section
from scratchmlp.tabular.reading.findings import MisleadingCase, Note

_INTRODUCTION = (
    "Check this in the table that the model was trained on, before you trust the scores below."
)


def misleading_section(evaluated: Evaluated, write: Callable[[Note], str]) -> Section | None:
    """Write what `fit` has found that would mislead the reader.

    Parameters
    ----------
    evaluated : Evaluated
        The rows with predictions.
    write : callable
        Function that writes a finding with its remedy.

    Returns
    -------
    Section or None
        A paragraph for each; None if there are none.
    """
    notes = evaluated.estimator.findings_
    found = [_on_one_line(note) for note in notes if note.case in get_args(MisleadingCase)]
    if not found:
        return None
    sentences = [text[0].upper() + text[1:] for text in map(write, found)]
    return Section("misleading", "What can mislead you", [_INTRODUCTION, *sentences])


def _on_one_line(note: Note) -> Note:
    """Return a note with names and values of the table as the page shows them."""
    values = {
        name: plain(value) if isinstance(value, str) else value
        for name, value in note.values.items()
    }
    return Note(note.case, plain(note.column), values)
