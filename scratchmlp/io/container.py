"""The container of a model: a zip file of skops, with a manifest that says what is in it.

All members are stored, not compressed. So no size that a file announces can be larger than the
file, and skops can read the file too. The manifest is a member of its own. It holds the version of
the format, the version of scratchmlp, a digest of all members, and notes of the caller. The digest
finds damage. It is no signature: whoever changes a file on purpose can compute it anew.
"""

import io
import json
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, NamedTuple
from zipfile import ZIP_STORED, ZipFile

from scratchmlp import __version__
from scratchmlp.io.errors import ContentError, ModelFileError, require

#: Major and minor version of the format. Files of a newer major version cannot be read.
FORMAT = (1, 0)
MANIFEST, SCHEMA = "scratchmlp.json", "schema.json"

_ARRAY = re.compile(r"\d{1,20}\.npy", re.ASCII)
_ENCRYPTED = 0x1


class Contents(NamedTuple):
    """The contents of a model file.

    Attributes
    ----------
    members : dict of str to bytes
        The schema and the arrays, by their names.
    notes : dict
        Notes of the caller, such as the name of the target column.
    """

    members: dict[str, bytes]
    notes: dict[str, Any]


def to_bytes(contents: Contents) -> bytes:
    """Return the bytes of a model file."""
    manifest: dict[str, Any] = {
        "format": list(FORMAT),
        "version": __version__,
        "notes": contents.notes,
    }
    manifest["sha256"] = _digest(manifest, contents.members)
    buffer = io.BytesIO()
    with ZipFile(buffer, "w", ZIP_STORED) as file:
        file.writestr(MANIFEST, json.dumps(manifest))
        for name, content in contents.members.items():
            file.writestr(name, content)
    return buffer.getvalue()


def from_bytes(data: bytes) -> Contents:
    """Read the bytes of a model file, and check that they are as they were written.

    Parameters
    ----------
    data : bytes
        Content of the file.

    Returns
    -------
    Contents
        The members and the notes.

    Raises
    ------
    ContentError
        If the file is damaged, or is no model.
    ModelFileError
        If its format is too new.
    """
    require(data[:4] == b"PK\x03\x04", "it does not begin like one.")
    try:
        with ZipFile(io.BytesIO(data)) as file:
            members = _members(file, len(data))
    except (MemoryError, ModelFileError):
        raise
    except Exception as error:  # a damaged zip file can raise any type
        raise ContentError(f"{error!s:.200}.") from error
    require(MANIFEST in members, f"it has no {MANIFEST}.{_remedy_for(members)}")
    manifest = _manifest(members.pop(MANIFEST))
    require(SCHEMA in members, f"it has no {SCHEMA}.")
    expected = manifest.pop("sha256")
    require(
        _digest(manifest, members) == expected,
        "its contents do not have the digest that the file states.",
    )
    return Contents(members, manifest["notes"])


def _members(file: ZipFile, n_bytes: int) -> dict[str, bytes]:
    """Read the members of a zip file. Their sizes are checked before memory is taken."""
    infos = file.infolist()
    names = [each.filename for each in infos]
    require(len(set(names)) == len(names), "it contains a name twice.")
    require(not file.comment, "it has a comment.")
    total = 0
    for each in infos:
        known = each.filename in (MANIFEST, SCHEMA) or _ARRAY.fullmatch(each.filename)
        require(known, f"it contains {each.filename!r:.80}.")
        stored = each.compress_type == ZIP_STORED and each.compress_size == each.file_size
        plain = stored and not each.flag_bits & _ENCRYPTED
        require(plain, f"{each.filename} is compressed or encrypted.")
        total += each.file_size
    require(total <= n_bytes, f"it announces {total:,} bytes, and has {n_bytes:,}.")
    return {name: file.read(name) for name in names}


def _manifest(content: bytes) -> dict[str, Any]:
    """Read the manifest, and check the version of the format."""
    try:
        manifest = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ContentError(f"{MANIFEST} cannot be read: {error!s:.200}") from error
    expected = {"format": list, "version": str, "notes": dict, "sha256": str}
    require(isinstance(manifest, dict), f"{MANIFEST} holds no entries.")
    number = manifest.get("format")
    valid = isinstance(number, list) and len(number) == 2 and {*map(type, number)} == {int}
    require(valid, f"{MANIFEST} states no format.")
    written = manifest.get("version")
    if number[0] > FORMAT[0]:
        raise ModelFileError(
            f"The file has the format {number[0]}.{number[1]} of scratchmlp {written!s:.40}, and "
            f"scratchmlp {__version__} reads formats up to {FORMAT[0]}. Update scratchmlp."
        )
    entries = {name: type(value) for name, value in manifest.items()}
    # A newer minor version may have added entries, which do not matter here.
    require(entries.items() >= expected.items(), f"{MANIFEST} is not complete.")
    return manifest


def _digest(manifest: Mapping[str, Any], members: Mapping[str, bytes]) -> str:
    """Return a digest of the manifest and of the names and contents of the members."""
    digest = sha256(json.dumps(manifest, sort_keys=True).encode())
    for name in sorted(members):
        digest.update(f"\n{name} {len(members[name])}\n".encode())
        digest.update(members[name])
    return digest.hexdigest()


def _remedy_for(members: Mapping[str, bytes]) -> str:
    """Return what to do with a file that skops has written itself."""
    if SCHEMA not in members:
        return ""
    return (
        " If you trust who wrote it, read a file of skops.io.dump with "
        "skops.io.load(path, trusted=scratchmlp.io.TRUSTED)."
    )
