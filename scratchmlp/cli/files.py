"""The files that the command line writes, and the models that it saves and loads."""

import os
import pickle
from collections.abc import Callable, Iterable
from pathlib import Path

from scratchmlp.atomic_write import write_atomically
from scratchmlp.cli.messages import InputError, quote
from scratchmlp.tabular import TabularMLPClassifier, TabularMLPRegressor

REMEDY = "Train and save a model with --target COLUMN --save MODEL."

Model = TabularMLPClassifier | TabularMLPRegressor


def check_files(read: Iterable[str | Path | None], written: Iterable[Path | None]) -> None:
    """Check, before any training, that every output file can be written.

    Parameters
    ----------
    read : iterable of str, Path or None
        Files that are read. None stands for an argument that was not given.
    written : iterable of Path or None
        Files that will be written.

    Raises
    ------
    InputError
        If a file cannot be written, or two arguments name the same file.
    """
    taken = {Path(name).resolve() for name in read if name is not None}
    for path in written:
        if path is None:
            continue
        if path.resolve() in taken:
            raise InputError(
                f"cannot save {path}: another argument names the same file. Choose another name."
            )
        taken.add(path.resolve())
        _check_writable(path)


def _check_writable(path: Path) -> None:
    """Raise an error if a file cannot be written."""
    if path.is_dir():
        raise InputError(f"cannot save {path}: it is a folder. Add a file name.")
    folder = path.resolve().parent
    if not folder.is_dir():
        raise InputError(f"cannot save {path}: there is no folder {folder}. Create it first.")
    if path.exists() and not os.access(path, os.W_OK):
        raise InputError(
            f"cannot save {path}: you have no permission to write to it. Choose another file."
        )
    is_device = path.exists() and not path.is_file()
    if not (is_device or os.access(folder, os.W_OK | os.X_OK)):  # see write_atomically
        raise InputError(
            f"cannot save {path}: you have no permission to create files in {folder}. "
            "Choose another folder."
        )


def write(path: Path, save: Callable[[Path], object]) -> None:
    """Write a file as a whole with `write_atomically`.

    Parameters
    ----------
    path : Path
        File to write.
    save : callable
        Writes the content to the path that it is given.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    try:
        write_atomically(path, save)
    except OSError as error:
        raise InputError(f"cannot save {path}: {error.strerror or error}") from error


def save_model(path: Path, model: Model) -> None:
    """Save a fitted model as a pickle file."""
    write(path, lambda new: new.write_bytes(pickle.dumps(model)))


def load_model(path: Path) -> Model:
    """Load a model saved with ``--save``.

    Loading a pickle file runs any code that it contains.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    TabularMLPClassifier or TabularMLPRegressor
        The fitted model.

    Raises
    ------
    InputError
        If the file cannot be read, or contains something else.
    MemoryError
        If there is not enough memory.
    """
    if not path.exists():
        raise InputError(f"there is no model file {quote(path)}. {REMEDY}")
    try:
        model = pickle.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except MemoryError:
        raise
    except Exception as error:  # a damaged pickle can raise any type
        raise InputError(f"{path} is not a model saved with --save. {REMEDY}") from error
    if not isinstance(model, Model) or not hasattr(model, "feature_names_in_"):
        raise InputError(
            f"{path} is not a model saved with --save: it contains {type(model)}. {REMEDY}"
        )
    return model
