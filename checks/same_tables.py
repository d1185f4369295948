"""What is done with columns, tables and estimators for them, for `same_numbers.py`."""

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache, partial
from importlib.util import find_spec
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import issparse

from checks.same_networks import Outputs, unpickled
from scratchmlp import report
from scratchmlp.io import load, save, to_onnx
from scratchmlp.tabular import PiecewiseLinearEncoder, TabularEncoder
from tests.configurations import Case
from tests.configurations.columns import (
    COLUMNS,
    EXTREME_CHANGES,
    ORDINARY,
    ORDINARY_CHANGES,
    emptied,
    table_of,
)
from tests.configurations.networks import inputs, labels, numbers, weights
from tests.configurations.tables import TARGETS, case

Configurations = Iterator[tuple[str, Callable[[], Outputs]]]

DAY = pd.Timedelta(days=1)


def loaded(model: Any) -> Any:
    """Save and load."""
    with tempfile.TemporaryDirectory() as folder:
        save(model, Path(folder) / "model.skops")
        return load(Path(folder) / "model.skops")


def exported(model: Any, *tables: pd.DataFrame) -> Outputs:
    """Run what an ONNX file of an encoder or of an estimator holds."""
    from onnx.reference import ReferenceEvaluator

    onnx = to_onnx(model)
    expected = {given.name: given.doc_string for given in onnx.graph.input}
    found: Outputs = {"inputs": expected}
    for number, table in enumerate(tables):
        inputs = {name: input_of(table[name], expected[name]) for name in expected}
        found[f"outputs {number}"] = ReferenceEvaluator(onnx).run(None, inputs)
    return found


def input_of(column: Any, expected: str) -> np.ndarray:
    """Return a column as an input of an ONNX model. What cannot be converted is missing."""
    column = column.astype(object)
    if expected.startswith("string"):
        values = column.where(column.notna(), "").to_numpy(object)
    elif expected.startswith("days since"):
        dates = pd.to_datetime(column.astype(str), errors="coerce", utc=True, format="mixed")
        values = dates.dt.tz_localize(None).to_numpy("datetime64[us]").astype(float) / 86.4e9
    elif expected.startswith("days"):
        values = (pd.to_timedelta(column.astype(str), errors="coerce") / DAY).to_numpy(float)
    else:
        text = column.astype(str).replace({"True": "1", "False": "0"})
        values = text.str.extract(r"(\d+\.?\d*)")[0].to_numpy(float)
    return values.reshape(-1, 1)


# Columns.


def described(encoder: TabularEncoder, *rows: pd.DataFrame) -> Outputs:
    """Return the fitted attributes, and encode rows."""
    return {
        "columns_": repr(encoder.columns_),
        "notes_": encoder.notes_,
        "text_encoders_": [*encoder.text_encoders_],
        "numeric_outputs_": encoder.numeric_outputs_,
        "names": encoder.get_feature_names_out(),
        "encoded": [encoder.transform(each) for each in rows],
    }


READERS: dict[str, Any] = {
    "pickled": lambda encoder, *rows: described(unpickled(encoder), *rows),
    "saved": lambda encoder, *rows: described(loaded(encoder), *rows),
    **({"exported": exported} if find_spec("onnx") else {}),
}


@cache
def encoder_of(name: str) -> TabularEncoder:
    """Fit an encoder for several configurations."""
    return TabularEncoder().fit(table_of([name, "numbers"]))


def read(name: str, reader: Any, **parameters: Any) -> Outputs:
    """Fit an encoder to a column, and read it."""
    seen, new = table_of([name, "numbers"]), table_of([name, "numbers"], 40, 1)
    return reader(TabularEncoder(**parameters).fit(seen), seen, new)


def change(name: str, changed: Any, n_rows: int) -> Outputs:
    """Encode a column that has changed since the fit."""
    new = table_of([name, "numbers"], n_rows, 1)
    new[name] = changed(new[name])
    return {"encoded": encoder_of(name).transform(new)}


def leave_out(name: str) -> Outputs:
    """Encode a table without the column."""
    return {"encoded": encoder_of(name).transform(table_of(["numbers", "text"], 40, 1))}


def columns() -> Configurations:
    """Visit every column: with most readers and changes if it is ordinary, else with a few."""
    roles = cycle(f"{role}_features" for role in ("numeric", "text", "date"))
    refused, more = cycle(EXTREME_CHANGES), cycle(ORDINARY_CHANGES)
    for name in COLUMNS:
        parameters: list[Outputs] = [{}]
        changes = [next(more)]
        if name in ORDINARY:
            parameters += [{"categorical_features": [name]}, {next(roles): [name]}]
            changes = [*ORDINARY_CHANGES, next(refused)]
        for chosen in parameters:
            yield f"{name}: described, {chosen}", partial(read, name, described, **chosen)
        for word, reader in READERS.items():
            yield f"{name}: {word}", partial(read, name, reader, max_categories=3)
        for changed in changes:
            yield f"{name}: {changed.__name__}", partial(change, name, changed, 40)
        yield f"{name}: emptied, few rows", partial(change, name, emptied, 5)
    yield "left out", partial(leave_out, "skewed")
    yield "customer_id left out", partial(leave_out, "customer_id")


# Numbers.


def bins(choose: Any) -> tuple[str, Callable[[], Outputs]]:
    """Choose an encoder of numbers and its data."""
    n_rows, n_columns = choose([60, 150]), choose([1, 3])
    options = {"strategy": ["quantile", "tree"], "encoding": ["linear", "steps", "both", "auto"]}
    options |= {"n_bins": [2, 8], "min_samples_leaf": [1, 10]}
    encoder = PiecewiseLinearEncoder(**{name: choose(each) for name, each in options.items()})
    X, new = (inputs(choose, n, n_columns) for n in (n_rows, 20))
    X, new = (each.toarray() if issparse(each) else each for each in (X, new))
    y, weight = choose([labels, numbers])(choose, n_rows), weights(choose, n_rows)

    def encode() -> Outputs:
        encoder.fit(X, y, weight)
        found = {"bin_edges_": encoder.bin_edges_, "encodings_": encoder.encodings_}
        found |= {"names": encoder.get_feature_names_out()}
        return found | {"seen": encoder.transform(X), "new": encoder.transform(new)}

    return repr(encoder), encode


# Estimators for tables, and readers of fitted ones.

ATTRIBUTES = (
    *("n_iter_", "best_epochs_", "temperature_", "oof_proba_", "oof_prediction_", "oof_score_"),
    *("classes_", "n_features_in_", "feature_names_in_", "predict", "predict_proba"),
    *("predict_log_proba", "member_predictions", "weights_", "oof_scores_", "errors_", "floor_"),
    *("held_out_", "predict_set", "predict_interval"),
)
REPORTED = ('"importance"', '"dependence"', '"data"')  # sections of a report


def learned(model: Any, X: Any) -> Outputs:
    """Return the fitted attributes of a tabular estimator, and what it predicts."""
    found = {name: getattr(model, name) for name in ATTRIBUTES if hasattr(model, name)}
    return {name: value(X) if callable(value) else value for name, value in found.items()}


def nothing(model: Any, case: Case) -> Outputs:
    """Read no more than every configuration does."""
    return {}


def alone(model: Any, case: Case) -> Outputs:
    """Predict with each estimator of an ensemble."""
    return {name: learned(model.only(name), case.new) for name in getattr(model, "weights_", {})}


def copied(model: Any, case: Case) -> Outputs:
    """Describe what a pickle and a model file hold."""
    copies = {"pickled": unpickled(model), "saved": loaded(model)}
    return {name: learned(each, case.new) for name, each in copies.items()}


def in_onnx(model: Any, case: Case) -> Outputs:
    """Run what an ONNX file holds."""
    return exported(model, case.X, case.new) if find_spec("onnx") else {}


def measured(model: Any, case: Case) -> Outputs:
    """Measure which columns matter."""
    names, repeats = [*case.X], {"n_repeats": 2, "random_state": 0}
    given = {"columns": {"some": names[:2], "all": names}, "sample_weight": weight_of(case)}
    each = model.oof_importances(case.X, case.y, **repeats)
    return {"each": each, "groups": model.oof_importances(case.X, case.y, **given, **repeats)}


def weight_of(case: Case) -> np.ndarray:
    """Return weights of the rows, some of which are 0."""
    return np.arange(len(case.X)) % 4 / 2


def reported(model: Any, case: Case) -> Outputs:
    """Return what a report says of the columns."""
    sections = re.split("<section aria-labelledby=", report(model, case.X, case.y))
    texts = [re.sub(r"<svg.*?</svg>|<[^>]*>", " ", text, flags=re.DOTALL) for text in sections]
    return {text.split('"')[1]: text for text in texts if text.startswith(REPORTED)}


def tables(choose: Any) -> tuple[str, Callable[[], Outputs]]:
    """Choose an estimator, a table and a reader."""
    chosen = case(choose)
    reader = choose([nothing, nothing, nothing, alone, reported, copied, measured, in_onnx])

    def fit() -> Outputs:
        model = chosen.estimator.fit(**chosen.arguments)
        found = {"columns_": repr(model.encoder_.columns_)}
        found |= {"encoded": model.encoder_.transform(chosen.X), **learned(model, chosen.new)}
        return found | {reader.__name__: reader(model, chosen)}

    names = ", ".join(map(repr, chosen.X))
    return f"{reader.__name__}, {chosen.estimator}, {names}", fit


# The command line.

WRITTEN = (
    *("numbers", "numbers, gaps", "skewed", "kilograms", "two labels", "labels of strings"),
    *("booleans", "many labels, gaps", "zip", "moments, gaps", "months", "customer_id, gaps"),
)


def command(folder: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder."""
    run = [sys.executable, "-m", "scratchmlp", *arguments]
    return subprocess.run(run, cwd=folder, capture_output=True, text=True)


def predict_from_files() -> Outputs:
    """Fit and save networks, and predict, from text files."""
    X, new = table_of(WRITTEN, 30), table_of(WRITTEN, 20, 1)
    X["target"] = TARGETS["two classes"](X["numbers"].to_numpy() - 50)
    with tempfile.TemporaryDirectory() as folder:
        X.to_csv(Path(folder) / "table.csv", index=False)
        new.to_csv(Path(folder) / "new.csv", index=False)
        fit = ["table.csv", "--target", "target", "--model", "networks", "--save", "model"]
        fitted, predicted = command(folder, *fit), command(folder, "new.csv", "--load", "model")
    return {
        "columns": [line for line in fitted.stdout.splitlines() if line.startswith("  ")],
        "predictions": predicted.stdout.split(),
        "messages": [fitted.stderr, predicted.stderr],
    }


def command_line() -> Configurations:
    """Run the command line once."""
    yield "networks from files", predict_from_files
