"""Write a file so that it is whole at any time, even if its writer is killed."""

import errno
import fnmatch
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

if sys.platform != "win32":
    import fcntl


def write_atomically(path: Path, save: Callable[[Path], object]) -> None:
    """Write a file; if that fails, or the process is killed, an existing file stays as it was.

    The content goes to a hidden temporary file in the same folder, with ".part" in its name, which
    then replaces `path`. This needs permission to create files in the folder. Devices and pipes are
    written directly.

    Parameters
    ----------
    path : Path
        File to write. A link stays, and the file that it points to is replaced.
    save : callable
        Writes the content to the path that it is given.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    OSError
        If the file cannot be written.

    Notes
    -----
    Each writer has a temporary file of its own, so writers of the same file do not wait for each
    other, and each leaves a whole file: the last one stays. A process that is killed leaves its
    temporary file behind; the next write of the same file removes it. A writer holds a lock on its
    temporary file. The system releases the lock when the process and those that it has forked
    meanwhile have ended, however they end: a temporary file that can be locked has no writer. A
    process number in the name would be less reliable, as numbers are reused and containers that
    share a folder count on their own, and so would the age of the file, as a process can be
    suspended. Windows does not rename files that are open, so there is no lock on Windows, and what
    killed processes leave stays.
    """
    if path.exists() and not path.is_file():
        save(path)
        return
    check_folder(path)
    path = path.resolve()
    with _temporary_file(path) as new:
        save(new)
        if path.exists():
            shutil.copymode(path, new)
        os.replace(new, path)


def check_writable(path: Path) -> None:
    """Raise an OSError, before any work, if a file cannot be written."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "it is a folder. Add a file name.")
    check_folder(path)
    denied = "you have no permission to"
    if path.exists() and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, f"{denied} write to it. Choose another file.")
    folder, is_device = path.resolve().parent, path.exists() and not path.is_file()
    if not (is_device or os.access(folder, os.W_OK | os.X_OK)):
        raise PermissionError(
            errno.EACCES, f"{denied} create files in {folder}. Choose another folder."
        )


def check_folder(path: Path) -> None:
    """Raise FileNotFoundError if the folder of a file to write does not exist."""
    folder = path.resolve().parent
    if not folder.is_dir():
        raise FileNotFoundError(errno.ENOENT, f"there is no folder {folder}. Create it first.")


@contextmanager
def _temporary_file(path: Path) -> Iterator[Path]:
    """Yield the path of a temporary file, which is removed at the end if it still exists."""
    start, end = f".{path.stem[:50]}.", f".part{path.suffix}"  # the system limits long names
    new = path.with_name(f"{start}{uuid4().hex}{end}")
    try:
        if sys.platform == "win32":
            yield new
        else:
            _remove_abandoned(path.parent, escape(start) + 32 * "[0-9a-f]" + escape(end))
            with _create_locked(new):
                yield new
    finally:
        with suppress(OSError):
            new.unlink(missing_ok=True)


def _remove_abandoned(folder: Path, pattern: str) -> None:
    """Remove the temporary files that no process has locked."""
    names: list[str] = []
    with suppress(OSError):  # not every folder can be listed
        names = fnmatch.filter(os.listdir(folder), pattern)  # faster than Path.glob
    for name in names:
        with suppress(OSError), open(folder / name, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            os.unlink(folder / name)


def _create_locked(new: Path) -> BinaryIO:
    """Create a file that is locked until it is closed."""
    while True:
        file = open(new, "xb")  # noqa: SIM115 - the caller closes it
        with suppress(OSError):  # not every file system has locks
            fcntl.flock(file, fcntl.LOCK_EX)
        if new.exists():  # another writer may have removed it before it was locked
            return file
        file.close()
