"""The model that the main job keeps and predicts with."""

import pickle
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.base import is_classifier

from scratchmlp.cli.table import InputError, listed, quote
from scratchmlp.tabular import TabularMLPClassifier, TabularMLPRegressor

Model = TabularMLPClassifier | TabularMLPRegressor


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
