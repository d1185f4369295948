"""The files that the main job writes."""

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from scratchmlp.cli.table import InputError


def check_writable(path: Path) -> None:
    """Fail before the work rather than after it."""
    if path.is_dir():
        raise InputError(f"cannot save {path}: it is a folder")
    if not path.parent.is_dir():
        raise InputError(f"cannot save {path}: there is no folder {path.parent}")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise InputError(f"cannot save {path}: no permission to write to it")


def write(path: Path, save: Callable[[Path], object]) -> None:
    """Save a file, and then put it into the place of the one that is there, if it is.

    A device, and a file in a folder where no other can be made, is written itself.
    """
    in_place = path.exists() and not (path.is_file() and os.access(path.parent, os.W_OK))
    path = path if in_place else path.resolve()  # what a link points to
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
