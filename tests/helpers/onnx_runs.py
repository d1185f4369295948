"""Run ONNX models with the interpreters that are installed, and compare them with estimators."""

import json
from importlib.util import find_spec
from itertools import product

import numpy as np
import pandas as pd

from scratchmlp.io import to_onnx

#: Names of the interpreters that are installed.
RUNTIMES = ["reference", *(["onnxruntime"] if find_spec("onnxruntime") else [])]


def run(runtime, model, inputs):
    """Return the outputs of a model, by name."""
    if runtime == "reference":
        from onnx.reference import ReferenceEvaluator

        with np.errstate(invalid="ignore"):  # OpenBLAS may note it of numbers that do not exist
            outputs = ReferenceEvaluator(model).run(None, inputs)
    else:
        from onnxruntime import InferenceSession, SessionOptions

        options = SessionOptions()
        options.intra_op_num_threads = 1  # several would cost more time than they save
        outputs = InferenceSession(model.SerializeToString(), options).run(None, inputs)
    return dict(zip([each.name for each in model.graph.output], outputs, strict=True))


def table_inputs(model, table):
    """Return the columns of a table as inputs of a model, as their descriptions say."""
    return {
        each.name: _values(table[each.name].astype(object), each).reshape(-1, 1)
        for each in model.graph.input
    }


def _values(column, given):
    from onnx import TensorProto

    if given.type.tensor_type.elem_type == TensorProto.STRING:
        return column.where(column.notna(), "").to_numpy(object)
    if given.doc_string.startswith("days since 1970-01-01"):
        column = (pd.to_datetime(column) - pd.Timestamp(0)) / pd.Timedelta(days=1)
    elif given.doc_string.startswith("days"):
        column = pd.to_timedelta(column) / pd.Timedelta(days=1)
    return pd.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan)


def array_inputs(model, X):
    """Return rows as the only input of a model."""
    from onnx.helper import tensor_dtype_to_np_dtype

    (given,) = model.graph.input
    return {"X": X.astype(tensor_dtype_to_np_dtype(given.type.tensor_type.elem_type))}


def check_exported(estimator, *tables, encoding_error=1e-6):
    """Check that the model of an estimator has the same results, in all interpreters."""
    model = to_onnx(estimator)
    if hasattr(estimator, "classes_"):
        check_description(model, estimator)
    for rows, runtime in product(tables, RUNTIMES):
        inputs = (table_inputs if isinstance(rows, pd.DataFrame) else array_inputs)(model, rows)
        outputs = run(runtime, model, inputs)
        if hasattr(estimator, "classes_"):
            check_classes(outputs, estimator, rows)
        elif hasattr(estimator, "predict"):
            check_numbers(outputs, estimator, rows)
        else:
            check_encoded(outputs, estimator, rows, encoding_error)


def check_description(model, classifier):
    """Check that a model says which column is which class."""
    (properties,), columns = model.metadata_props, model.graph.output[1]
    assert properties.key == "classes"
    assert json.loads(properties.value) == classifier.classes_.tolist()
    assert columns.doc_string == f"columns in the order of the classes: {properties.value}"
    assert columns.type.tensor_type.shape.dim[1].dim_value == len(classifier.classes_)


def check_classes(outputs, classifier, X):
    """Check labels and probabilities. Labels may differ where two classes are equally probable."""
    proba = classifier.predict_proba(X)
    np.testing.assert_allclose(outputs["probabilities"], proba, rtol=0, atol=1e-5)
    if outputs["label"].ndim == 2:
        sure = abs(proba - 0.5) > 1e-5
    else:
        best = np.sort(proba, axis=1)[:, ::-1]
        sure = best[:, 0] - best[:, 1:2].sum(axis=1) > 1e-5
    labels = np.asarray(classifier.predict(X))
    np.testing.assert_array_equal(np.asarray(outputs["label"])[sure], labels[sure])


def check_encoded(outputs, encoder, X, error):
    """Check encoded columns, up to an error."""
    encoded = encoder.transform(X)
    assert outputs["encoded"].shape == encoded.shape
    np.testing.assert_allclose(outputs["encoded"], encoded, rtol=0, atol=error)


def check_numbers(outputs, regressor, X):
    """Check predictions, relative to the size of all of them."""
    y = regressor.predict(X)
    assert outputs["prediction"].shape == y.shape
    assert outputs["prediction"].dtype == np.float32
    np.testing.assert_allclose(outputs["prediction"], y, rtol=0, atol=1e-5 * max(1, abs(y).max()))
