"""The models that ``--save`` and ``--export`` write, and ``--load`` loads."""

import pickle
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from sklearn.exceptions import InconsistentVersionWarning

from scratchmlp.cli.files import write
from scratchmlp.cli.messages import InputError, say
from scratchmlp.io import to_onnx
from scratchmlp.io.container import ModelFileError, read_notes
from scratchmlp.io.files import load, model_bytes
from scratchmlp.io.onnx.encoded_table import check_columns
from scratchmlp.tabular.base import BaseTabular
from scratchmlp.tabular.columns.any_column import Columns
from scratchmlp.tabular.fitted_table import FittedTable, fitted_table
from scratchmlp.tabular.targets import NumericTargets

REMEDY = "Train and save a model with --target COLUMN --save MODEL."


class SavedModel(NamedTuple):
    """A fitted model, and what predictions need to know of its table.

    Attributes
    ----------
    model : TabularEnsemble* or TabularMLP*
        The model.
    target : str or None
        Name of the column that the model predicts. None if it is unknown.
    id : str or None
        Name of the column to copy to the predictions, if any.
    marks : dict of str to {",", "."}
        Decimal marks of the columns of text in training, where they are known.
    positive : str or None
        The class of ``--positive``, if the user chose one.
    threshold : float or None
        The probability of ``--threshold``, if the user chose one.
    """

    model: BaseTabular
    target: str | None = None
    id: str | None = None
    marks: Mapping[str, str] = MappingProxyType({})
    positive: str | None = None
    threshold: float | None = None

    @property
    def columns(self) -> Columns:
        """The fitted columns, by name."""
        fitted: FittedTable = fitted_table(self.model)
        return fitted.columns


def save_model(path: Path, saved: SavedModel) -> None:
    """Save a fitted model with `scratchmlp.io`, and the names of columns with it.

    Raises
    ------
    InputError
        If the model cannot be saved.
    """
    notes = {name: each for name, each in saved._asdict().items() if name != "model"}
    notes["marks"] = dict(saved.marks)
    try:
        data = model_bytes(saved.model, notes=notes)
    except ModelFileError as error:
        raise InputError(f"cannot save {path}: {error}") from error
    write(path, data)


def load_model(path: Path, *, allow_pickle: bool = False) -> SavedModel:
    """Load a model saved with ``--save``, or an estimator saved in Python.

    Parameters
    ----------
    path : Path
        The file.
    allow_pickle : bool, default=False
        Whether the file may be a pickle. Loading a pickle runs any code that it contains.

    Returns
    -------
    SavedModel
        The fitted model. The names of columns are None if only an estimator was saved, and the
        decimal marks are those that its encoder has found.

    Raises
    ------
    InputError
        If the file cannot be read, or contains something else.
    MemoryError
        If there is not enough memory.
    """
    with warnings.catch_warnings(
        record=True, action="always", category=InconsistentVersionWarning
    ) as warned:
        saved = _open(path, allow_pickle)
    _check_model(path, saved.model)
    for each in warned[:1]:  # of another version, each part of the model warns
        say(f"{path}: {' '.join(str(each.message).split())}")
    if saved.target is None:  # saved in Python
        read = {name: column.reading.decimal for name, column in saved.columns.items()}
        return saved._replace(marks={name: mark for name, mark in read.items() if mark})
    return saved


def _open(path: Path, allow_pickle: bool) -> SavedModel:
    """Read a model file, or a pickle if it is allowed."""
    try:
        with open(path, "rb") as file:
            is_file_of_ours = file.read(2) == b"PK"
        if is_file_of_ours:
            return _read(path)
        if allow_pickle:
            return _unpickle(path)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}. {REMEDY}") from error
    raise InputError(
        f"{path} is not a model saved with --save. {REMEDY} If it is a pickle file that you trust, "
        "add --allow-pickle: loading it runs any code that it contains."
    )


def _check_model(path: Path, model: object) -> None:
    """Check that a model predicts a column from a table with names."""
    if not (isinstance(model, BaseTabular) and hasattr(model, "feature_names_in_")):
        raise InputError(
            f"{path} is not a model saved with --save: it contains {type(model)}. {REMEDY}"
        )
    targets = fitted_table(model).blend.targets
    if isinstance(targets, NumericTargets) and (n_targets := len(targets.low)) > 1:
        raise InputError(
            f"{path} predicts {n_targets} numbers for each row, but the command predicts one. Use "
            f"it in Python: scratchmlp.io.load({str(path)!r}).predict(table)."
        )


def _read(path: Path) -> SavedModel:
    """Read a model file."""
    try:
        model, notes = load(path), read_notes(path)
    except ModelFileError as error:
        raise InputError(str(error)) from error
    for wrong in _wrong_notes(notes):
        raise InputError(f"{path} is not a model saved with --save: {wrong}. {REMEDY}")
    return SavedModel(model, **{each: notes[each] for each in SavedModel._fields if each in notes})


def _wrong_notes(notes: Any) -> Iterator[str]:
    """Say which notes have other types than `save_model` writes: anyone may change a file."""
    if not isinstance(notes, dict):
        yield f"its notes are {notes!r:.80}"
        return
    for name in ("target", "id", "positive"):
        if not isinstance(notes.get(name), str | None):
            yield f"its note of the {name} is {notes[name]!r:.80}"
    if not isinstance(notes.get("threshold"), float | None):
        yield f"its note of the threshold is {notes['threshold']!r:.80}"
    marks = notes.get("marks", {})
    if not (isinstance(marks, dict) and all(mark in (",", ".") for mark in marks.values())):
        yield f"its note of decimal marks is {marks!r:.80}"


def _unpickle(path: Path) -> SavedModel:
    """Load a pickle of an estimator."""
    try:
        return SavedModel(pickle.loads(path.read_bytes()))
    except (MemoryError, OSError):
        raise
    except Exception as error:  # a damaged pickle can raise any type
        raise InputError(f"{path} is not a model saved with --save: {error} {REMEDY}") from error


# ONNX models.


def check_exported_columns(path: Path, columns: Columns) -> None:
    """Check, before any training, that a model of these columns can be exported.

    Parameters
    ----------
    path : Path
        File to write.
    columns : dict of str to Column
        The fitted columns.

    Raises
    ------
    InputError
        If ONNX has no expression for a column.
    """
    try:
        check_columns(columns)
    except ValueError as error:
        raise InputError(
            f"cannot save {path}: {error} Here, --ignore leaves a column out, and --categorical "
            "makes it categorical. --save keeps models of any columns."
        ) from error


def export_model(path: Path, model: BaseTabular) -> None:
    """Export a fitted model as an ONNX file.

    Parameters
    ----------
    path : Path
        File to write.
    model : TabularEnsemble* or TabularMLP*
        The model.

    Raises
    ------
    InputError
        If the model cannot be exported, or the file cannot be written.
    """
    try:
        content = to_onnx(model).SerializeToString()
    except ValueError as error:
        raise InputError(f"cannot save {path}: {error}") from error
    write(path, content)
