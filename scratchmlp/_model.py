"""The model that the main job keeps and predicts with."""

import os
import pickle
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import numpy as np
import pandas as pd
from sklearn.base import is_classifier

from scratchmlp._table import InputError, listed, quote
from scratchmlp.tabular import TabularMLPClassifier, TabularMLPRegressor

Model = TabularMLPClassifier | TabularMLPRegressor


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


def load_model(path: Path) -> Model:
    """Read a fitted model from a file, which runs the code that the file holds."""
    if not path.exists():
        raise InputError(f"there is no file {str(path)!r}")
    try:
        model = pickle.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except Exception as error:  # a damaged pickle raises whatever its bytes happen to say
        raise InputError(f"{path} is no model that --save has kept") from error
    if not isinstance(model, Model) or not hasattr(model, "feature_names_in_"):
        raise InputError(f"{path} is no model that --save has kept, but of {type(model)}")
    return model


def unseen(model: Model, X: pd.DataFrame) -> Iterator[str]:
    """Say which columns hold categories that there were none of in training."""
    for name, fitted in model.encoder_.columns_.items():
        levels = fitted.get("levels")
        if not levels or len(levels) < fitted["n_levels"]:  # or rare ones were left out then
            continue
        new = X[name][X[name].notna() & ~X[name].isin(levels)]
        if len(new):
            yield (
                f"column {quote(name)}: {len(new):,} of {len(X):,} rows hold categories that "
                f"training had none of: {listed([*map(quote, new.unique())])}"
            )


def predictions(model: Model, X: pd.DataFrame) -> pd.DataFrame:
    """Predict, and say how sure that is, with a line for each row."""
    if is_classifier(model):
        P = model.predict_proba(X)
        table = pd.DataFrame(P, columns=[f"probability of {label}" for label in model.classes_])
        table.insert(0, "prediction", model.classes_[P.argmax(axis=1)])
        return table
    members = model.member_predictions(X)
    return pd.DataFrame(
        {"prediction": model.predict(X), "spread of the members": np.std(members, axis=0)}
    )
