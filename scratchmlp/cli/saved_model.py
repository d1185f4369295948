"""The models that ``--save`` saves and ``--load`` loads."""

import pickle
from pathlib import Path
from typing import NamedTuple

from scratchmlp.cli.files import write
from scratchmlp.cli.messages import InputError, quote
from scratchmlp.tabular import (
    TabularEnsembleClassifier,
    TabularEnsembleRegressor,
    TabularMLPClassifier,
    TabularMLPRegressor,
)

REMEDY = "Train and save a model with --target COLUMN --save MODEL."

Model = (
    TabularEnsembleClassifier
    | TabularEnsembleRegressor
    | TabularMLPClassifier
    | TabularMLPRegressor
)


class SavedModel(NamedTuple):
    """A fitted model, and what predictions need to know of its table.

    Attributes
    ----------
    model : estimator
        The ensemble, or its networks alone.
    target : str or None
        Name of the column that the model predicts. None if it is unknown.
    id : str or None
        Name of the column to copy to the predictions, if any.
    """

    model: Model
    target: str | None = None
    id: str | None = None


def save_model(path: Path, saved: SavedModel) -> None:
    """Save a fitted model as a pickle file, which holds a dict of the attributes."""
    write(path, lambda new: new.write_bytes(pickle.dumps(saved._asdict())))


def load_model(path: Path) -> SavedModel:
    """Load a model saved with ``--save``, or an estimator that was pickled in Python.

    Loading a pickle file runs any code that it contains.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    SavedModel
        The fitted model. The names of columns are None if only an estimator was pickled.

    Raises
    ------
    InputError
        If the file cannot be read, or contains something else.
    MemoryError
        If there is not enough memory.
    """
    if not path.exists():
        raise InputError(f"there is no model file {quote(path)}. {REMEDY}")
    try:
        content = pickle.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except MemoryError:
        raise
    except Exception as error:  # a damaged pickle can raise any type
        raise InputError(f"{path} is not a model saved with --save. {REMEDY}") from error
    is_ours = isinstance(content, dict) and set(content) == set(SavedModel._fields)
    saved = SavedModel(**content) if is_ours else SavedModel(content)
    if not isinstance(saved.model, Model) or not hasattr(saved.model, "feature_names_in_"):
        raise InputError(
            f"{path} is not a model saved with --save: it contains {type(content)}. {REMEDY}"
        )
    return saved
