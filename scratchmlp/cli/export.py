"""The ONNX models that ``--export`` writes."""

from pathlib import Path

from scratchmlp.cli.files import write
from scratchmlp.cli.kinds import Columns
from scratchmlp.cli.messages import InputError
from scratchmlp.cli.saved_model import Model
from scratchmlp.io import to_onnx
from scratchmlp.io.onnx.graph import check_installed
from scratchmlp.io.onnx.table import check_columns


def check_export(path: Path | None) -> None:
    """Check, before any work, that models can be exported.

    Parameters
    ----------
    path : Path or None
        File to write; None if there is none.

    Raises
    ------
    InputError
        If onnx is not installed, or the name of the file does not end in .onnx.
    """
    if path is None:
        return
    try:
        check_installed("onnx", "--export")
    except ImportError as error:
        raise InputError(f"cannot save {path}: {error}") from error
    if path.suffix.lower() != ".onnx":
        raise InputError(
            f"cannot save {path} as an ONNX model. Its name must end in .onnx. --save keeps models "
            "for this command and for Python."
        )


def check_exported_columns(path: Path | None, columns: Columns) -> None:
    """Check, before any training, that a model of these columns can be exported.

    Parameters
    ----------
    path : Path or None
        File to write; None if there is none.
    columns : dict of str to dict
        `TabularEncoder.columns_`.

    Raises
    ------
    InputError
        If ONNX has no expression for a column.
    """
    if path is None:
        return
    try:
        check_columns(columns)
    except ValueError as error:
        raise InputError(
            f"cannot save {path}: {error} Here, --ignore leaves a column out, and --categorical "
            "makes it categorical. --save keeps models of any columns."
        ) from error


def export_model(path: Path, model: Model) -> None:
    """Export a fitted model as an ONNX file.

    Parameters
    ----------
    path : Path
        File to write.
    model : estimator
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
    write(path, lambda new: new.write_bytes(content))
