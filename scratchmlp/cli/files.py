"""The files that the command line writes, and the models that it saves and loads."""

import os
import pickle
import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

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
    if not path.parent.is_dir():
        raise InputError(f"cannot save {path}: there is no folder {path.parent}. Create it first.")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise InputError(f"cannot save {path}: you have no permission to write there.")


def write(path: Path, save: Callable[[Path], object]) -> None:
    """Write a file; if that fails, an existing file stays as it was.

    The content goes to a temporary file in the same folder, which then replaces `path`. A device
    is written directly, and so is a file in a folder where no other file can be created.

    Parameters
    ----------
    path : Path
        File to write. A link stays, and the file that it points to is replaced.
    save : callable
        Writes the content to the path that it is given.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    in_place = path.exists() and not (path.is_file() and os.access(path.parent, os.W_OK))
    path = path if in_place else path.resolve()
    new = path if in_place else path.with_name(f".{uuid4().hex}{path.suffix}")
    try:
        save(new)
        if not in_place:
            if path.exists():
                shutil.copymode(path, new)
            os.replace(new, path)
    except OSError as error:
        raise InputError(f"cannot save {path}: {error.strerror or error}") from error
    finally:
        if not in_place:
            with suppress(OSError):
                new.unlink(missing_ok=True)


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
    """
    if not path.exists():
        raise InputError(f"there is no model file {quote(path)}. {REMEDY}")
    try:
        model = pickle.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except Exception as error:  # a damaged pickle can raise any type
        raise InputError(f"{path} is not a model saved with --save. {REMEDY}") from error
    if not isinstance(model, Model) or not hasattr(model, "feature_names_in_"):
        raise InputError(
            f"{path} is not a model saved with --save: it contains {type(model)}. {REMEDY}"
        )
    return model
