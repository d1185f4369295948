"""Run ONNX models with the interpreters that are installed, and compare them with estimators."""

import json
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest

#: Names of the interpreters.
RUNTIMES = [
    "reference",
    pytest.param(
        "onnxruntime",
        marks=pytest.mark.skipif(not find_spec("onnxruntime"), reason="needs onnxruntime"),
    ),
]
#: The interpreters that are installed.
INSTALLED = ["reference", *(["onnxruntime"] if find_spec("onnxruntime") else [])]


def run(runtime, model, inputs):
    """Return the outputs of a model, by name."""
    if runtime == "reference":
        from onnx.reference import ReferenceEvaluator

        outputs = ReferenceEvaluator(model).run(None, inputs)
    else:
        from onnxruntime import InferenceSession, SessionOptions

        options = SessionOptions()
        options.intra_op_num_threads = 1  # several would cost more time than they save
        outputs = InferenceSession(model.SerializeToString(), options).run(None, inputs)
    return dict(zip([each.name for each in model.graph.output], outputs, strict=True))


def table_inputs(model, table):
    """Return the columns of a table as inputs of a model."""
    from onnx import TensorProto

    inputs = {}
    for each in model.graph.input:
        column = table[each.name]
        if each.type.tensor_type.elem_type == TensorProto.STRING:
            values = column.astype(object).where(column.notna(), "").to_numpy(object)
        elif column.dtype.kind in "Mm":
            epoch = pd.Timestamp(0) if column.dtype.kind == "M" else pd.Timedelta(0)
            values = ((column - epoch) / pd.Timedelta(days=1)).to_numpy(np.float64)
        else:
            values = column.astype(object).where(column.notna(), np.nan).to_numpy(np.float64)
        inputs[each.name] = values.reshape(-1, 1)
    return inputs


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


def check_numbers(outputs, regressor, X):
    """Check predictions, relative to the size of all of them."""
    y = regressor.predict(X)
    assert outputs["prediction"].shape == y.shape
    assert outputs["prediction"].dtype == np.float32
    np.testing.assert_allclose(outputs["prediction"], y, rtol=0, atol=1e-5 * max(1, abs(y).max()))
