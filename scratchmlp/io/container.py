"""The container of a model: a zip file of skops, with a manifest that says what is in it.

The manifest is a member of its own. It holds the version of the format, the date, the versions of
what wrote the file, notes of the caller, and a digest of all members. The digest finds damage. It
is no signature: whoever changes a file on purpose can compute it anew.
"""

import io
import json
import os
import platform
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import sklearn
from numpy.lib.format import MAGIC_PREFIX
from sklearn.utils.fixes import parse_version

from scratchmlp import __version__
from scratchmlp.utils.public import public, stacklevel

#: Major and minor version of the format. Files of a newer major version cannot be read.
FORMAT = (1, 0)
MANIFEST, SCHEMA = "scratchmlp.json", "schema.json"


@public("scratchmlp.io")
class ModelFileError(ValueError):
    """A file is not a model, is damaged, or contains what may not be loaded.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from scratchmlp.io import ModelFileError, load
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "network.skops"
    ...     _ = path.write_bytes(b"no model")
    ...     try:
    ...         load(path)
    ...     except ModelFileError:
    ...         print("save the model again")
    save the model again
    """


def to_bytes(members: Mapping[str, bytes], notes: Mapping[str, Any]) -> bytes:
    """Return the bytes of a model file: the schema and the arrays, with a manifest."""
    manifest = {
        "format": list(FORMAT),
        "version": __version__,
        "scikit-learn": sklearn.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "notes": dict(notes),
    }
    manifest["sha256"] = _digest(manifest, members)
    buffer = io.BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as file:
        file.writestr(MANIFEST, json.dumps(manifest))
        for name, content in members.items():
            file.writestr(name, content)
    return buffer.getvalue()


def members_of(data: bytes) -> dict[str, bytes]:
    """Read the bytes of a model file, and check that they are as they were written.

    Parameters
    ----------
    data : bytes
        Content of the file.

    Returns
    -------
    dict of str to bytes
        The schema and the arrays, by their names.

    Raises
    ------
    ModelFileError
        If the format of the file is too new.
    Exception
        Of any type, if the file is damaged or is no model.

    Warns
    -----
    UserWarning
        If a newer scikit-learn has written the file.
    """
    with ZipFile(io.BytesIO(data)) as file:
        members = {name: file.read(name) for name in file.namelist()}
    if MANIFEST not in members:
        raise ValueError(f"it has no {MANIFEST}.{_remedy_for(members)}")
    manifest = json.loads(members.pop(MANIFEST))
    (major, minor), version = manifest["format"], manifest["version"]
    if major > FORMAT[0]:
        raise ModelFileError(
            f"The file has the format {major}.{minor} of scratchmlp {version!s:.40}, and "
            f"scratchmlp {__version__} reads formats up to {FORMAT[0]}. Update scratchmlp."
        )
    if manifest.pop("sha256") != _digest(manifest, members):
        raise ValueError("its contents do not have the digest that the file states")
    for name, content in members.items():  # NumPy would also read a zip file of arrays
        if name.endswith(".npy") and not content.startswith(MAGIC_PREFIX):
            raise ValueError(f"{name} is not an array")
    _warn_if_older(manifest)
    return members


def _warn_if_older(manifest: Mapping[str, Any]) -> None:
    """Warn if this scikit-learn is older than the one that wrote a file."""
    wrote = str(manifest.get("scikit-learn", "0"))  # earlier versions did not say
    if parse_version(wrote) > parse_version(sklearn.__version__):
        warnings.warn(
            f"The file was written on {manifest['date']!s:.10} with scikit-learn {wrote:.40}, and "
            f"this one is older: {sklearn.__version__}. The model may fail or predict other "
            "numbers. Update scikit-learn.",
            UserWarning,
            stacklevel=stacklevel(),
        )


def read_notes(path: str | os.PathLike[str]) -> Any:
    """Return the notes in a model file, which has been loaded before and thus is not damaged."""
    with ZipFile(path) as file:
        return json.loads(file.read(MANIFEST)).get("notes")


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
        "skops.io.load(path, trusted=scratchmlp.io.TRUSTED)"
    )
