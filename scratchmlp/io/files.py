"""Save a model to a file of data, and load it."""

import io
import os
import warnings
from collections.abc import Collection, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from sklearn.base import BaseEstimator

from scratchmlp.io.checks import check_values
from scratchmlp.io.container import SCHEMA, ModelFileError, members_of, to_bytes
from scratchmlp.io.objects import objects_in, without_training_state
from scratchmlp.io.schema import mended, types_in
from scratchmlp.io.trusted import TRUSTED
from scratchmlp.tabular.columns.encoder import TabularEncoder
from scratchmlp.tabular.columns.plain import unstorable_levels
from scratchmlp.utils.atomic_write import write_atomically
from scratchmlp.utils.names import listed
from scratchmlp.utils.public import stacklevel


def save(estimator: Any, path: str | os.PathLike[str], *, training_state: bool = True) -> None:
    """Save an estimator to a file that contains data only, no code.

    The file is a compressed zip file of JSON and of arrays, in the format of skops. It is read back
    before it replaces an existing file, so that every file that is written can be loaded. If the
    process is killed, an existing file stays as it was. A warning names the types that are not in
    `TRUSTED`: `load` needs them as ``trusted``.

    Parameters
    ----------
    estimator : estimator
        A classifier, regressor or encoder of this package, or a Pipeline or a search of
        scikit-learn that contains them. Callbacks of a fitted estimator are not saved.
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
    data = model_bytes(estimator, training_state=training_state)
    write_atomically(Path(path), lambda new: new.write_bytes(data))


def load(path: str | os.PathLike[str], *, trusted: Collection[str | type] = ()) -> Any:
    """Load an estimator from a file of `save`. No code of the file runs.

    All types in the file must be in `TRUSTED`, or in `trusted`. Damage is found by a digest of the
    contents. A file that was crafted on purpose may raise any error or predict wrong numbers.

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
        contains types that are not trusted or cannot be imported.
    TypeError
        If ``trusted`` is no collection of types, functions and names.
    OSError
        If the file cannot be read.

    Warns
    -----
    UserWarning
        If a newer scikit-learn has written the file than the one that is installed.

    See Also
    --------
    save : Save an estimator.

    Examples
    --------
    >>> from scratchmlp.io import TRUSTED
    >>> "scratchmlp.ScratchMLPClassifier" in TRUSTED, "os.system" in TRUSTED
    (True, False)
    """
    names = _names_of(trusted)
    data = Path(path).read_bytes()
    try:
        return _model_in(data, names)
    except (MemoryError, Warning):  # a warning is an error if the user has chosen that
        raise
    except ModelFileError as error:
        raise ModelFileError(f"Cannot load {os.fspath(path)!r}. {error}") from error
    except ImportError as error:
        raise ModelFileError(
            f"Cannot load {os.fspath(path)!r}. {error}. Install the module that defines it, in the "
            "version with which the model was saved."
        ) from error
    except Exception as error:  # a damaged file, and the types in it, can raise any type
        raise ModelFileError(
            f"Cannot load {os.fspath(path)!r}. The file is damaged, or is not a model saved with "
            f"scratchmlp.io.save: {error!s:.300}. Copy the file or save the model again."
        ) from error


def model_bytes(
    estimator: Any, *, training_state: bool = True, notes: Mapping[str, Any] | None = None
) -> bytes:
    """Return the content of a model file, with notes that JSON can express; see `save`."""
    if not isinstance(estimator, BaseEstimator):
        raise TypeError(f"save needs an estimator, got {estimator!r:.80}. Pass a fitted estimator.")
    if not training_state:
        estimator = without_training_state(estimator)
    name = type(estimator).__name__
    try:
        members = _dumped(estimator)
        data = to_bytes(members, notes or {})
        untrusted = types_in(members[SCHEMA]) - {*TRUSTED}
        _model_in(data, untrusted)
    except MemoryError:
        raise
    except ModelFileError as error:
        raise ModelFileError(f"This {name} cannot be saved. {error}") from error
    except Exception as error:  # skops and the user's types can raise any type
        raise ModelFileError(
            f"This {name} cannot be saved: {error!s:.300}. Replace what cannot be saved, such as a "
            "lambda by a function of a module."
        ) from error
    if untrusted:
        names = _quoted(untrusted)
        warnings.warn(
            f"This {name} contains types that are not in scratchmlp.io.TRUSTED. To load it, pass "
            f"trusted=[{names}] to load.",
            stacklevel=stacklevel(),
        )
    return data


def _model_in(data: bytes, trusted: Collection[str]) -> Any:
    """Return the estimator in the content of a model file, if its types are trusted."""
    import skops.io  # takes a quarter of a second

    types = types_in(members_of(data)[SCHEMA])
    if untrusted := types - {*TRUSTED} - {*trusted}:
        names = _quoted(untrusted)
        raise ModelFileError(
            f"The file contains types that are not in scratchmlp.io.TRUSTED: {names}. To load it "
            "runs their code. If they are yours, or you trust them and the file, pass "
            f"trusted=[{names}]."
        )
    _check_imports(types)
    estimator = skops.io.loads(data, trusted=sorted(types | {*trusted}))
    if not isinstance(estimator, BaseEstimator):
        raise TypeError("it contains no estimator")
    check_values(estimator)
    return estimator


def _check_imports(types: Collection[str]) -> None:
    """Raise an ImportError that names a type, if one cannot be imported."""
    for name in sorted(types):
        module, _, attribute = name.rpartition(".")
        try:
            getattr(import_module(module), attribute)
        except Exception as error:  # modules of users can raise any type
            raise ImportError(f"{name!r} cannot be imported: {error}") from error


def _dumped(estimator: Any) -> dict[str, bytes]:
    """Return the schema and the arrays of an estimator, as skops writes them."""
    import skops.io

    for part in objects_in(estimator):
        if isinstance(part, TabularEncoder):
            _check_levels(unstorable_levels(part))
    with ZipFile(io.BytesIO(skops.io.dumps(estimator))) as file:
        members = {name: file.read(name) for name in file.namelist()}
    return members | {SCHEMA: mended(members[SCHEMA])}


def _check_levels(unstorable: Mapping[str, Any]) -> None:
    """Raise an error if an encoder has levels that a file cannot contain."""
    for name, level in unstorable.items():
        raise ModelFileError(
            f"The column {name!r:.80} has the category {level!r:.80} ({type(level).__name__}). "
            "Convert the column to text before you fit."
        )


def _quoted(names: Collection[str]) -> str:
    """Return the first names, in quotes."""
    return listed([f"{name!r:.200}" for name in sorted(names)])


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
