"""The files that the command line writes."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from scratchmlp.atomic_write import write_atomically
from scratchmlp.cli.messages import InputError


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
