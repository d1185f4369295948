"""The table to predict: its columns as a model knows them, and what is unlike training."""

from collections.abc import Iterator

import pandas as pd

from scratchmlp.cli.columns import hint_on_names, sentences
from scratchmlp.cli.messages import InputError, count, quote, quoted, say
from scratchmlp.cli.options import DEFAULT, FileFormat
from scratchmlp.cli.reading import RawTable, without_infinite
from scratchmlp.cli.table import read_table
from scratchmlp.tabular.columns.any_column import Columns, read_new
from scratchmlp.tabular.inspection.drift import compared_columns, find_drift
from scratchmlp.tabular.notes import describe
from scratchmlp.tabular.reading.missing import MISSING_IN_FILES
from scratchmlp.tabular.reading.values import ColumnError
from scratchmlp.tabular.vocabulary import VALUES
from scratchmlp.utils.names import listed, most_similar

MOST_CHANGED = 5  # columns that are told apart


def load_new_table(path: str, columns: Columns, file_format: FileFormat = DEFAULT) -> RawTable:
    """Read a table to predict.

    Parameters
    ----------
    path : str
        Path of the file.
    columns : dict of str to Column
        The columns of the model's encoder.
    file_format : FileFormat, optional
        How to read the file.

    Returns
    -------
    RawTable
        All columns, as text unless the file keeps their types.

    Raises
    ------
    InputError
        If the file cannot be read, or has no rows.
    """
    words = [n for n, c in columns.items() if not MISSING_IN_FILES.isdisjoint(c.coded_levels)]
    return read_table(path, file_format, words)


def select_features(raw: RawTable, path: str, columns: Columns) -> pd.DataFrame:
    """Select the columns that a model needs.

    Parameters
    ----------
    raw : RawTable
        Result of `load_new_table`.
    path : str
        Path of its file, for messages.
    columns : dict of str to Column
        The columns of the model's encoder.

    Returns
    -------
    DataFrame of shape (n_samples, n_features)
        The columns of training that the table has. Columns that the model left out may be missing.

    Raises
    ------
    InputError
        If a column is missing.
    """
    table = raw.frame
    used = [name for name, column in columns.items() if column.n_outputs]
    if missing := [name for name in used if name not in table]:
        raise InputError(
            f"{path} lacks columns that the model was trained on: {quoted(missing)}."
            f"{_how_to_add(missing, {*table} - {*columns})}{hint_on_names(raw, missing == used)}"
        )
    features = {
        name: raw.readable(name, column.reading.decimal or ".")
        if column.expected == "number"
        else table[name]
        for name, column in columns.items()
        if name in table
    }
    X, notes = without_infinite(pd.DataFrame(features))
    say(*notes)
    return X


def _how_to_add(missing: list[str], unknown: set[str]) -> str:
    """Say to add missing columns, or to rename those with similar names that no model knows."""
    similar = {name: most_similar(name, sorted(unknown)) for name in missing}
    pairs = [f"{quote(other)} to {quote(name)}" for name, other in similar.items() if other]
    how = "Add them"
    if pairs:
        how = f"Rename {listed(pairs)} if they are the same, or add the missing columns"
    return f" {how}; their cells may be empty."


def unlike_training(X: pd.DataFrame, columns: Columns) -> Iterator[str]:
    """Name the columns that are unlike those of training.

    Parameters
    ----------
    X : DataFrame of shape (n_samples, n_features)
        Table to predict.
    columns : dict of str to Column
        The columns of the model's encoder.

    Yields
    ------
    str
        A sentence about a column that contains no value, unseen categories or values that cannot be
        read, or has clearly changed. Of many columns that have changed, most are only counted. If
        one has changed or is empty, the last sentence says what this means for scores.

    Raises
    ------
    InputError
        If a column contains values of another kind than in training.
    """
    used = compared_columns(columns)
    try:
        read = {name: read_new(name, X[name], column) for name, column in used.items()}
    except ColumnError as error:
        raise InputError(_other_kind(error)) from error
    drift = find_drift(columns, {name: values for name, (values, _) in read.items()})
    changed, is_different = [], False
    for name, (values, notes) in read.items():
        column, changes = used[name], drift[name].changes
        is_different |= bool(changes)
        if column.uses_values:
            yield from sentences(describe(notes), is_new=True)
            if any(note.case == "empty" for note in notes):
                yield (
                    f"column {quote(name)} has no values here, but the model learned from its "
                    "values in training. The predictions do without them."
                )
                changes, is_different = {}, True
        new = X[name][column.unseen(values)]
        if len(new):
            changes = {case: words for case, words in changes.items() if case != "unseen"}
            yield (
                f"column {quote(name)} contains categories not seen in training, in {len(new):,} "
                f"of {count(len(X), 'row')}: {quoted(new.unique())}"
            ) + "".join(f"; {words}" for words in changes.values())
        elif changes:
            words = "; ".join(changes.values())
            changed.append(f"column {quote(name)} has clearly changed: {words}")
    yield from _shortened(changed)
    if is_different:
        yield "scores and intervals from training may not hold for rows that are so different"


def _shortened(changed: list[str]) -> Iterator[str]:
    """Yield the first sentences about changed columns, and the number of the others."""
    yield from changed[:MOST_CHANGED]
    if (n_more := len(changed) - MOST_CHANGED) > 0:
        more = count(n_more, "more column")
        yield f"{more} clearly changed: drift(X) of the model, in Python, says how"


def _other_kind(error: ColumnError) -> str:
    """Say that a column contains values of another kind than in training."""
    found = error.values
    remedy = "Correct its values or leave the cells empty."
    if found["expected"] == "text":
        remedy = "Convert the column to text, or save the table as CSV."
    if found["expected"] == "date":
        remedy = "Write dates as in training, or as 2024-05-17."
    if found["any_order"]:
        remedy = "Such dates could be day-first or month-first. Write them as 2024-05-17."
    return (
        f"column {quote(error.column)} contains {VALUES[found['received']].words}, such as "
        f"{quote(found['example'])}, but contained {VALUES[found['expected']].words} in training. "
        f"{remedy}"
    )
