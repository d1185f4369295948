"""Save a model to a file of data, and load it."""

import io
import json
import os
import warnings
from collections.abc import Collection
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from sklearn.base import BaseEstimator

from scratchmlp.atomic_write import write_atomically
from scratchmlp.estimators.state import as_local
from scratchmlp.io.checks import check_model
from scratchmlp.io.container import SCHEMA, Contents, from_bytes, to_bytes
from scratchmlp.io.errors import ContentError, ModelFileError, require
from scratchmlp.io.objects import objects_in
from scratchmlp.io.schema import Schema, listed
from scratchmlp.io.training_state import without_training_state


def save(estimator: Any, path: str | os.PathLike[str], *, training_state: bool = True) -> None:
    """Save an estimator to a file that contains data only, no code.

    The file is a zip file of JSON and of arrays, in the format of skops. It is read back before it
    replaces an existing file, so that every file that is written can be loaded. If the process is
    killed, an existing file stays as it was. A warning names the types that are not in `TRUSTED`:
    `load` needs them as ``trusted``.

    Parameters
    ----------
    estimator : estimator
        A classifier, regressor or encoder of this package, or a Pipeline or a search of
        scikit-learn that contains them. Callbacks of a fitted estimator are not saved. Of an
        estimator on a Dask cluster, the file contains what ``to_local()`` returns.
    path : str or path-like
        Path of the file. Its folder must exist. The usual ending is ".skops".
    training_state : bool, default=True
        Whether to save what a fit with ``warm_start=True`` or `partial_fit` continues from, and the
        out-of-fold predictions of ensembles. False saves only what predictions need, and the
        history of training.

    Raises
    ------
    ModelFileError
        If the estimator contains an object that a file cannot contain, such as a lambda.
    TypeError
        If it is no estimator.
    OSError
        If the file cannot be written.

    See Also
    --------
    load : Load the file.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn.datasets import load_iris
    >>> from scratchmlp import ScratchMLPClassifier
    >>> from scratchmlp.io import load, save
    >>> X, y = load_iris(return_X_y=True)
    >>> network = ScratchMLPClassifier(tol=1e-2, random_state=0).fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(network, Path(folder) / "iris.skops")
    ...     loaded = load(Path(folder) / "iris.skops")
    >>> bool((loaded.predict_proba(X) == network.predict_proba(X)).all())
    True
    """
    write_model(estimator, path, training_state=training_state)


def load(path: str | os.PathLike[str], *, trusted: Collection[str | type] = ()) -> Any:
    """Load an estimator from a file of `save`. No code of the file runs.

    All types in the file must be in `TRUSTED`, or in `trusted`. Damage is found by a digest of the
    contents. The values are checked too: parameters as the constructor checks them, and the shapes,
    dtypes and finiteness of what predictions use.

    Parameters
    ----------
    path : str or path-like
        Path of the file.
    trusted : collection of str or type, default=()
        Further types and functions that the file may contain, such as activations, losses and
        optimizers of your own, as classes or by their names with their modules. To load the file
        imports and runs their code.

    Returns
    -------
    estimator
        The estimator. It predicts the same numbers as the one that was saved.

    Raises
    ------
    ModelFileError
        If the file is damaged, is not a file of `save`, was saved by a version that is too new, or
        contains types that are not trusted.
    TypeError
        If ``trusted`` is no collection of types, functions and names.
    OSError
        If the file cannot be read.

    See Also
    --------
    save : Save an estimator.

    Examples
    --------
    >>> from scratchmlp.io import TRUSTED
    >>> "scratchmlp.ScratchMLPClassifier" in TRUSTED, "os.system" in TRUSTED
    (True, False)
    """
    return read_model(path, trusted=trusted)[0]


def write_model(
    estimator: Any,
    path: str | os.PathLike[str],
    *,
    training_state: bool = True,
    notes: dict[str, Any] | None = None,
) -> None:
    """Save an estimator, with notes that JSON can express; see `save`."""
    if not isinstance(estimator, BaseEstimator):
        raise TypeError(f"save needs an estimator, got {estimator!r:.80}. Pass a fitted estimator.")
    estimator = as_local(estimator)
    if not training_state:
        estimator = without_training_state(estimator)
    name = type(estimator).__name__
    try:
        members = _dumped(estimator)
        data = to_bytes(Contents(members, notes or {}))
        schema = Schema(members)
        _built(data, schema, schema.untrusted)
    except ModelFileError as error:
        cause = _cause_in_a_table(estimator)
        raise ModelFileError(f"This {name} cannot be saved: {error}{cause}") from error
    if schema.untrusted:
        names = listed(schema.untrusted)
        warnings.warn(
            f"This {name} contains types that are not in scratchmlp.io.TRUSTED. To load it, pass "
            f"trusted=[{names}] to load.",
            stacklevel=3,
        )
    write_atomically(Path(path), lambda new: new.write_bytes(data))


def read_model(
    path: str | os.PathLike[str], *, trusted: Collection[str | type] = ()
) -> tuple[Any, dict[str, Any]]:
    """Load an estimator and the notes that were saved with it; see `load`."""
    names = _names_of(trusted)
    data = Path(path).read_bytes()
    try:
        contents = from_bytes(data)
        schema = Schema(contents.members)
        schema.check_trusted(names)
        return _built(data, schema, names), contents.notes
    except ContentError as error:
        raise ModelFileError(
            f"Cannot load {os.fspath(path)!r}. The file is damaged, or is not a model saved with "
            f"scratchmlp.io.save: {error} Copy the file or save the model again."
        ) from error
    except ModelFileError as error:
        raise ModelFileError(f"Cannot load {os.fspath(path)!r}. {error}") from error


def _dumped(estimator: Any) -> dict[str, bytes]:
    """Return the schema and the arrays of an estimator, as skops writes them."""
    import skops.io  # takes a quarter of a second

    try:
        with ZipFile(io.BytesIO(skops.io.dumps(estimator))) as file:
            members = {name: file.read(name) for name in file.namelist()}
    except MemoryError:
        raise
    except Exception as error:  # skops and the user's types can raise any type
        raise ModelFileError(f"{error}. Replace what cannot be saved.") from error
    root = json.loads(members.pop(SCHEMA))
    _keep_false_keys(root)
    return {SCHEMA: json.dumps(root, separators=(",", ":")).encode(), **members}


def _cause_in_a_table(estimator: Any) -> str:
    """Return which column of a table has categories that cannot be saved, or nothing."""
    for each in objects_in(estimator):
        if type(each).__name__ == "TabularEncoder" and hasattr(each, "columns_"):
            from scratchmlp.io.column_checks import category_without_text  # needs pandas

            if cause := category_without_text(each.columns_):
                return cause
    return ""


def _keep_false_keys(node: Any) -> None:
    """Write the key False of dicts as an empty text, in place.

    skops reads the key "false" as ``bool("false")``, which is True.
    """
    if isinstance(node, list):
        for each in node:
            _keep_false_keys(each)
    elif isinstance(node, dict):
        if node.get("__loader__") == "DictNode":
            types = [each["__class__"] for each in node["key_types"]["content"]]
            if "bool" in types or "bool_" in types:
                node["content"] = {
                    "" if key == "false" else key: value for key, value in node["content"].items()
                }
        for each in node.values():
            _keep_false_keys(each)


def _built(data: bytes, schema: Schema, trusted: Collection[str]) -> Any:
    """Make the estimator of a file whose types are trusted, and check its values."""
    import skops.io

    names = sorted(schema.types | set(trusted))
    try:
        estimator = skops.io.loads(data, trusted=names)
    except (MemoryError, ModelFileError):
        raise
    except Exception as error:  # the types in the file can raise any type
        raise ContentError(f"{type(error).__name__}: {error!s:.300}.") from error
    require(isinstance(estimator, BaseEstimator), "it contains no estimator.")
    check_model(estimator, schema.types)
    return estimator


def _names_of(trusted: Collection[str | type]) -> set[str]:
    """Return the names that skops gives types and functions."""
    from skops.io._utils import get_module  # finds the modules of functions such as numpy.sin

    if isinstance(trusted, str | bytes) or not isinstance(trusted, Collection):
        raise TypeError(
            f"trusted must be a collection such as [MyActivation], got {trusted!r:.80}. Put it in "
            "a list."
        )
    names = set()
    for each in trusted:
        name: Any = getattr(each, "__name__", None)
        if not isinstance(each, str) and not (callable(each) and isinstance(name, str)):
            raise TypeError(
                f"trusted must contain types, functions or their names, got {each!r:.80}. Pass its "
                "type."
            )
        names.add(each if isinstance(each, str) else f"{get_module(each)}.{name}")
    return names
