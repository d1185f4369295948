"""The files that the command line writes, among them tables of predictions and pictures."""

from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from textwrap import fill
from typing import NamedTuple

import pandas as pd

from scratchmlp.cli.messages import WIDTH, InputError
from scratchmlp.reporting.content import Picture, side_by_side
from scratchmlp.reporting.page import PACKAGES
from scratchmlp.utils.atomic_write import check_writable, write_atomically
from scratchmlp.utils.extras import check_installed, install_command


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
        try:
            check_writable(path)
        except OSError as error:
            raise InputError(f"cannot save {path}: {error.strerror}") from error


class Form(NamedTuple):
    """A form of file that an option writes.

    Attributes
    ----------
    name : str
        What it is called, such as "a picture".
    suffixes : tuple of str
        How the names of such files may end.
    extra : str
        The extra of this package that installs what it needs.
    packages : tuple of str
        Packages that it needs.
    """

    name: str
    suffixes: tuple[str, ...]
    extra: str
    packages: tuple[str, ...]


#: The form that an option writes, by the name of the option.
FORMS = {
    "plot": Form("a picture", (".png", ".svg", ".pdf"), "plot", ("matplotlib",)),
    "export": Form("an ONNX model", (".onnx",), "onnx", ("onnx",)),
    "report": Form("a report", (".html", ".htm"), "report", PACKAGES),
}


def check_form(option: str, path: Path | None) -> None:
    """Check, before any work, that an option can write a file of this name.

    Parameters
    ----------
    option : str
        A key of `FORMS`.
    path : Path or None
        File to write; None if there is none.

    Raises
    ------
    InputError
        If a package is missing, or the name of the file ends in another way.
    """
    if path is None:
        return
    form = FORMS[option]
    try:
        check_installed(f"--{option}", form.extra, *form.packages)
    except ImportError as error:
        raise InputError(f"cannot save {path}: {error}") from error
    if path.suffix.lower() not in form.suffixes:
        ends = " or ".join(", ".join(form.suffixes).rsplit(", ", 1))
        raise InputError(f"cannot save {path} as {form.name}. Its name must end in {ends}.")


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


# Tables.

STDOUT = Path("-")
SUFFIXES = (".csv", ".csv.gz", ".parquet")


def check_table_name(path: Path | None) -> Path | None:
    """Check, before any work, that a table can be saved under a name.

    Parameters
    ----------
    path : Path or None
        The name.

    Returns
    -------
    Path or None
        The file to write; None stands for stdout, which "-" names.

    Raises
    ------
    InputError
        If the suffix is not one of `SUFFIXES`, or a package is missing.
    """
    if path is None or path == STDOUT:
        return None
    is_device = path.exists() and not path.is_file()  # it gets CSV
    if not is_device and not path.name.lower().endswith(SUFFIXES):
        raise InputError(
            f"cannot save {path}: its type is not known. Choose a name that ends in .csv, .csv.gz "
            "or .parquet, or - for stdout."
        )
    if _is_parquet(path) and not find_spec("pyarrow"):
        raise InputError(
            f"cannot save {path}: Parquet files need another package. Install it with "
            f"{install_command('files')}, or choose a name that ends in .csv."
        )
    return path


def save_table(path: Path, table: pd.DataFrame) -> None:
    """Save a table in a file of the type that its suffix names: one of `SUFFIXES`.

    Parameters
    ----------
    path : Path
        File to write.
    table : DataFrame
        The table, which is saved without its index.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    if _is_parquet(path):
        write(path, lambda new: new.write_bytes(table.to_parquet(index=False)))
    elif path.suffix.lower() == ".gz":
        write(path, lambda new: table.to_csv(new, index=False, compression="gzip"))
    else:
        write(path, lambda new: table.to_csv(new, index=False, compression=None))


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() == ".parquet"


# Pictures.


def save_pictures(path: Path, left: Picture, right: Picture) -> str:
    """Save two pictures side by side, and say what they show.

    Parameters
    ----------
    path : Path
        File to write.
    left, right : Picture
        The pictures.

    Returns
    -------
    str
        What each one shows.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    content = side_by_side([left, right], path.suffix[1:].lower())
    write(path, lambda new: new.write_bytes(content))
    return "\n".join(fill(text, WIDTH) for text in (f"Left: {left.text}", f"Right: {right.text}"))
