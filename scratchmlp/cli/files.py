"""The files that the command line writes, among them tables of predictions and pictures."""

import gzip
from collections.abc import Iterable, Mapping
from pathlib import Path
from textwrap import fill
from typing import NamedTuple

import pandas as pd

from scratchmlp.cli.messages import WIDTH, InputError
from scratchmlp.reporting.content import Picture, side_by_side
from scratchmlp.reporting.page import PACKAGES
from scratchmlp.utils.atomic_write import check_writable, write_atomically
from scratchmlp.utils.extras import check_installed


def check_files(
    read: Iterable[str | Path | None], model: Path | None, written: Mapping[str, Path | None]
) -> None:
    """Check, before any training, that every output file can be written.

    Parameters
    ----------
    read : iterable of str, Path or None
        Files that are read. None stands for an argument that was not given.
    model : Path or None
        File to save a model in.
    written : dict of str to Path or None
        Files of other forms that will be written: see `check_form`.

    Raises
    ------
    InputError
        If a file cannot be written, or two arguments name the same file.
    """
    for option, file in written.items():
        check_form(option, file)
    taken = {Path(name).resolve() for name in read if name is not None}
    for path in (model, *written.values()):
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
    extra : str
        The extra of this package that installs what it needs.
    packages : dict of str to tuple of str
        How the names of such files may end, and the packages that they need.
    """

    name: str
    extra: str
    packages: dict[str, tuple[str, ...]]


#: The form that an option writes, by the name of the option.
FORMS = {
    "plot": Form("a picture", "plot", dict.fromkeys((".png", ".svg", ".pdf"), ("matplotlib",))),
    "export": Form("an ONNX model", "onnx", {".onnx": ("onnx",)}),
    "report": Form("a report", "report", dict.fromkeys((".html", ".htm"), PACKAGES)),
    "out": Form("a table", "files", {".csv": (), ".csv.gz": (), ".parquet": ("pyarrow",)}),
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
        If the name of the file ends in another way, or a package is missing.
    """
    if path is None or (option == "out" and path.exists() and not path.is_file()):
        return  # a device gets CSV
    form = FORMS[option]
    suffix = next((each for each in form.packages if path.name.lower().endswith(each)), None)
    if suffix is None:
        ends = " or ".join(", ".join(form.packages).rsplit(", ", 1))
        raise InputError(f"cannot save {path} as {form.name}. Its name must end in {ends}.")
    try:
        check_installed(f"--{option}", form.extra, *form.packages[suffix])
    except ImportError as error:
        raise InputError(f"cannot save {path}: {error}") from error


def write(path: Path, content: bytes) -> None:
    """Write a file as a whole with `write_atomically`.

    Parameters
    ----------
    path : Path
        File to write.
    content : bytes
        What to write.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    try:
        write_atomically(path, lambda new: new.write_bytes(content))
    except OSError as error:
        raise InputError(f"cannot save {path}: {error.strerror or error}") from error


def save_table(path: Path, table: pd.DataFrame) -> None:
    """Save a table in a file of the type that its suffix names: CSV, also compressed, or Parquet.

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
    if path.suffix.lower() == ".parquet":
        content = table.to_parquet(index=False)
    else:
        content = table.to_csv(index=False).encode()
    write(path, gzip.compress(content) if path.suffix.lower() == ".gz" else content)


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
    write(path, side_by_side([left, right], path.suffix[1:].lower()))
    return "\n".join(fill(text, WIDTH) for text in (f"Left: {left.text}", f"Right: {right.text}"))
