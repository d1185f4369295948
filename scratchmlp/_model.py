"""The model that the main job keeps and predicts with."""

import os
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.base import is_classifier

from scratchmlp._table import InputError
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


def save_model(model: Model, path: Path) -> None:
    """Write a fitted model into a file."""
    path.write_bytes(pickle.dumps(model))


def load_model(path: Path) -> Model:
    """Read a fitted model from a file, which runs the code that the file holds."""
    if not path.exists():
        raise InputError(f"there is no file {str(path)!r}")
    try:
        model = pickle.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except Exception as error:  # a damaged pickle raises whatever its bytes happen to say
        raise InputError(f"{path} is no model that --save has kept: {error}") from error
    if not isinstance(model, Model) or not hasattr(model, "feature_names_in_"):
        raise InputError(f"{path} is no model that --save has kept, but of {type(model)}")
    return model


def predictions(model: Model, X: pd.DataFrame) -> pd.DataFrame:
    """Predict, and say how sure that is, with a line for each row."""
    if is_classifier(model):
        P = model.predict_proba(X)
        table = pd.DataFrame(P, columns=[f"probability of {label}" for label in model.classes_])
        table.insert(0, "prediction", model.classes_[P.argmax(axis=1)])
        return table
    members = model.member_predictions(X)
    return pd.DataFrame({"prediction": model.predict(X), "spread": np.std(members, axis=0)})
