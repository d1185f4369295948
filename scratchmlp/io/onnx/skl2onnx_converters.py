"""Converters for skl2onnx, for pipelines and searches that hold networks of this package."""

from typing import Any

import numpy as np

from scratchmlp.estimators.classifier import ScratchMLPClassifier
from scratchmlp.estimators.regressor import ScratchMLPRegressor
from scratchmlp.io.onnx.graph import Graph, Value
from scratchmlp.io.onnx.layers import label_array
from scratchmlp.io.onnx.perceptron import (
    class_numbers,
    decisions,
    is_multilabel,
    predictions,
    probabilities,
    raw_scores,
)
from scratchmlp.utils.extras import check_installed


def register_skl2onnx_converters() -> None:
    """Let skl2onnx convert ScratchMLPClassifier and ScratchMLPRegressor.

    Afterwards, ``skl2onnx.to_onnx`` converts pipelines, fitted searches and other estimators of
    scikit-learn that hold these two. Call it once in a process. A second call changes nothing.

    The options of the classifier are those of scikit-learn's classifiers: "zipmap" (True, False or
    "columns"), "nocl" (class numbers instead of labels) and "raw_scores" (scores instead of
    probabilities; two classes have opposite scores). As in skl2onnx, labels are strings or
    integers, also for booleans, and a regressor with one output predicts a column. Of subclasses,
    skl2onnx converts only those of Pipeline, and ignores what they override.

    Raises
    ------
    ImportError
        If skl2onnx is not installed.

    See Also
    --------
    to_onnx : Convert a single estimator of this package, without skl2onnx.

    Examples
    --------
    >>> import skl2onnx
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from scratchmlp import ScratchMLPClassifier
    >>> from scratchmlp.io import register_skl2onnx_converters
    >>> X, y = load_iris(return_X_y=True)
    >>> network = ScratchMLPClassifier((8,), solver="lbfgs", alpha=1.0, random_state=0)
    >>> pipeline = make_pipeline(StandardScaler(), network).fit(X, y)
    >>> register_skl2onnx_converters()
    >>> model = skl2onnx.to_onnx(pipeline, X[:1].astype("float32"), options={"zipmap": False})
    >>> [output.name for output in model.graph.output]
    ['label', 'probabilities']
    """
    check_installed("register_skl2onnx_converters", "onnx", "skl2onnx")
    from skl2onnx import update_registered_converter

    update_registered_converter(
        ScratchMLPClassifier,
        "ScratchMLPClassifier",
        _set_classifier_types,
        _convert_classifier,
        options={
            "zipmap": [True, False, "columns"],
            "output_class_labels": [False, True],
            "nocl": [True, False],
            "raw_scores": [True, False],
        },
    )
    update_registered_converter(
        ScratchMLPRegressor, "ScratchMLPRegressor", _set_regressor_types, _convert_regressor
    )


def _set_classifier_types(operator: Any) -> None:
    """Tell skl2onnx the types and shapes of the outputs of a classifier."""
    from skl2onnx.common.data_types import Int64TensorType
    from skl2onnx.common.shape_calculator import calculate_linear_classifier_output_shapes

    calculate_linear_classifier_output_shapes(operator)
    if is_multilabel(operator.raw_operator):
        shape = [operator.inputs[0].get_first_dimension(), operator.raw_operator.n_outputs_]
        operator.outputs[0].set_type(Int64TensorType(shape))


def _set_regressor_types(operator: Any) -> None:
    """Tell skl2onnx the type and the shape of the output of a regressor."""
    from skl2onnx.common.shape_calculator import calculate_linear_regressor_output_shapes

    calculate_linear_regressor_output_shapes(operator)
    shape = operator.outputs[0].type.shape
    operator.outputs[0].type.shape = [shape[0], operator.raw_operator.n_outputs_]


def _convert_classifier(scope: Any, operator: Any, container: Any) -> None:
    """Add a classifier to skl2onnx's graph."""
    from skl2onnx.common.utils_classifier import get_label_classes

    classifier, (label, scores) = operator.raw_operator, operator.outputs
    options = container.get_options(classifier, {"raw_scores": False})
    raw = raw_scores(classifier, _begin(scope, operator))
    index = class_numbers(classifier, raw)
    if is_multilabel(classifier):
        index = index.astype(np.int64)
    else:
        classes = label_array(np.asarray(get_label_classes(scope, classifier)))
        classes = classes if classes.dtype == object else classes.astype(np.int64)
        index = raw.graph.constant(classes).take(index, axis=0)
    as_scores = options["raw_scores"] or classifier.out_activation_ == "identity"
    output = (decisions if as_scores else probabilities)(classifier, raw)
    _end(container, {label.full_name: index, scores.full_name: output})


def _convert_regressor(scope: Any, operator: Any, container: Any) -> None:
    """Add a regressor to skl2onnx's graph."""
    y = predictions(operator.raw_operator, _begin(scope, operator))
    _end(container, {operator.outputs[0].full_name: y})


def _begin(scope: Any, operator: Any) -> Value:
    """Return the input of an empty graph, as float32 or float64."""
    from skl2onnx.common.data_types import guess_numpy_type

    graph = Graph(prefix=f"{scope.get_unique_variable_name('scratchmlp')}_")
    given = operator.inputs[0]
    x = Value(graph, given.full_name, guess_numpy_type(given.type))
    return x if x.dtype in (np.float32, np.float64) else x.astype(np.float32)


def _end(container: Any, outputs: dict[str, Value]) -> None:
    """Add a graph to that of skl2onnx. `outputs` maps names there to values of the graph."""
    from onnx import helper

    graph = next(iter(outputs.values())).graph
    container.initializers.extend(graph.initializers)
    for node in graph.nodes:
        attributes = {each.name: helper.get_attribute_value(each) for each in node.attribute}
        container.add_node(node.op_type, [*node.input], [*node.output], node.domain, **attributes)
    for name, value in outputs.items():
        container.add_node("Identity", value.name, name)
