"""The bytes of the user's file: read, decompressed, and named for what they are."""

import bz2
import gzip
import importlib
import io
import lzma
import os
import re
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from scratchmlp.cli.messages import InputError, count, quote
from scratchmlp.tabular.notes import listed

STDIN = "-"
REMEDY = "Give a CSV, Excel or Parquet file."

#: First bytes of each kind of file that is not text.
_SIGNATURES = {
    "a Parquet file": rb"PAR1",
    "an old Excel file": rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    "a zip archive": rb"PK(\x03\x04|\x05\x06)",
    "a gzip archive": rb"\x1f\x8b",
    "a bzip2 archive": rb"BZh[1-9](1AY&SY|\x17rE8P\x90)",
    "an xz archive": rb"\xfd7zXZ\x00",
    "a Zstandard archive": rb"\x28\xb5\x2f\xfd",
    "a tar archive": rb".{257}ustar",
    "a 7z archive": rb"7z\xbc\xaf\x27\x1c",
    "a RAR archive": rb"Rar!\x1a\x07",
    "a PDF document": rb"%PDF-",
    "an RTF document": rb"\{\\rtf",
    "a PNG image": rb"\x89PNG",
    "a JPEG image": rb"\xff\xd8\xff",
    "a GIF image": rb"GIF8[79]a",
    "a pickle file": rb"\x80[\x02-\x05][\x00-\xff]",
    "a NumPy array": rb"\x93NUMPY",
    "an HDF5 file": rb"\x89HDF",
    "an SQLite database": rb"SQLite format 3\x00",
    "a Feather file": rb"ARROW1|FEA1",
    "an SPSS file": rb"\$FL[23]@\(#\)",
    "a Stata file": rb"<stata_dta>",
}
#: A name in a zip file that tells what it is, in the order of trial.
_MEMBERS = {
    "a model saved with --save": r"scratchmlp\.json",
    "an Excel file": r"xl/workbook\.(xml|bin)",
    "a Word document": r"word/.*",
    "a PowerPoint presentation": r"ppt/.*",
    "an OpenDocument file": r"META-INF/manifest\.xml",
    "a NumPy archive": r".*\.npy",
}


class Content(NamedTuple):
    """The content of a file.

    Attributes
    ----------
    data : bytes
        The bytes, decompressed.
    kind : str
        What they are, such as "a PDF document"; "text" stands for all that has no signature.
    """

    data: bytes
    kind: str


def read_content(path: str) -> Content:
    """Read a file, and decompress it.

    Parameters
    ----------
    path : str
        Path of the file; "-" stands for stdin.

    Returns
    -------
    Content
        The bytes, and what they are.

    Raises
    ------
    InputError
        If the file cannot be read or decompressed, or is an archive of several files.
    """
    data = _read_stdin() if path == STDIN else _read_file(path)
    content = Content(data, _kind(data))
    for _ in range(2):  # a .tar.gz file is packed twice
        if content.kind in _UNPACK:
            data = _unpack(content, name_of(path))
            content = Content(data, _kind(data))
    return content


def name_of(path: str) -> str:
    """Return the name of a file in messages."""
    return "stdin" if path == STDIN else path


def _read_file(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except FileNotFoundError as error:
        raise InputError(
            f"there is no file {quote(path)}. Give the path of a local CSV, Excel or Parquet file."
        ) from error
    except OSError as error:
        if os.path.isdir(path):
            raise InputError(f"cannot read {path}: it is a folder. {REMEDY}") from error
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error


def _read_stdin() -> bytes:
    if sys.stdin is None or sys.stdin.isatty():
        raise InputError(
            'the table "-" is stdin, but nothing is sent to stdin. Send a file with "< DATA.csv", '
            "or give the path of a file."
        )
    try:
        return sys.stdin.buffer.read()
    except OSError as error:
        raise InputError(f"cannot read stdin: {error.strerror or error}") from error


def _kind(data: bytes) -> str:
    """Return what bytes are; "text" if they have no signature."""
    kinds = (kind for kind, start in _SIGNATURES.items() if re.match(start, data, re.DOTALL))
    kind = next(kinds, "text")
    if kind == "a pickle file" and b"scratchmlp" in data[:200]:
        return "a model saved with --save"
    return _kind_of_zip(data) if kind == "a zip archive" else kind


def _kind_of_zip(data: bytes) -> str:
    """Return what a zip file is: several programs save their documents as zip files."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile:  # _unpack reports it
        names = []
    for kind, pattern in _MEMBERS.items():
        if any(re.fullmatch(pattern, name) for name in names):
            return kind
    return "a zip archive"


# Decompression.


def _unpack(content: Content, name: str) -> bytes:
    """Decompress bytes once."""
    try:
        return _UNPACK[content.kind](content.data, name)
    except (InputError, MemoryError):
        raise
    except ImportError as error:
        raise InputError(
            f"cannot read {name}: it is {content.kind}, which needs the package zstandard. "
            "Install it with pip install zstandard, or decompress the file."
        ) from error
    except Exception as error:  # the decompressors raise many types
        raise InputError(
            f"cannot read {name}: it is {content.kind} that cannot be decompressed ({error}). Copy "
            "or download the file again, or decompress it yourself."
        ) from error


def _unzip(data: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [each for each in archive.namelist() if not re.search(r"/$|^__MACOSX/", each)]
        return archive.read(_only(members, name))


def _untar(data: bytes, name: str) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
        members = [member.name for member in archive if member.isfile()]
        file = archive.extractfile(_only(members, name))
        return file.read() if file else b""


def _only(members: list[str], name: str) -> str:
    """Return the only file of an archive."""
    if len(members) != 1:
        names = f": {listed([*map(quote, members)])}" if members else ""
        raise InputError(
            f"cannot read {name}: it is an archive of {count(len(members), 'file')}{names}. "
            "Extract the file with the table, and give its path."
        )
    return members[0]


def _decompress_zstandard(data: bytes) -> bytes:
    zstandard, parts = importlib.import_module("zstandard"), []
    while data:
        frame = zstandard.ZstdDecompressor().decompressobj()
        parts.append(frame.decompress(data))
        if not frame.eof:
            raise EOFError("the file ends early")
        data = frame.unused_data
    return b"".join(parts)


#: What decompresses each kind of archive.
_UNPACK: dict[str, Callable[[bytes, str], bytes]] = {
    "a gzip archive": lambda data, _: gzip.decompress(data),
    "a bzip2 archive": lambda data, _: bz2.decompress(data),
    "an xz archive": lambda data, _: lzma.decompress(data),
    "a Zstandard archive": lambda data, _: _decompress_zstandard(data),
    "a zip archive": _unzip,
    "a tar archive": _untar,
}
