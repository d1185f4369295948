"""The function that turns estimators into ONNX models."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.validation import check_is_fitted

from scratchmlp.estimators.classifier import ScratchMLPClassifier
from scratchmlp.estimators.regressor import ScratchMLPRegressor
from scratchmlp.io.onnx.graph import Graph, Value
from scratchmlp.io.onnx.perceptron import export_classifier, export_regressor
from scratchmlp.io.onnx.tabular import encode, export_blend, export_encoder, export_linear
from scratchmlp.tabular import (
    PiecewiseLinearEncoder,
    TabularEncoder,
    TabularEnsembleClassifier,
    TabularEnsembleRegressor,
    TabularMLPClassifier,
    TabularMLPRegressor,
)
from scratchmlp.utils.extras import check_installed

if TYPE_CHECKING:
    from onnx import ModelProto

# Subclasses are refused, because they may predict other numbers.

_ENCODERS = (TabularEncoder, PiecewiseLinearEncoder)
#: What may follow an encoder in a pipeline.
_AFTER_ENCODERS: dict[type, Callable[[Graph, Any, Value], None]] = {
    ScratchMLPClassifier: export_classifier,
    ScratchMLPRegressor: export_regressor,
    LogisticRegression: export_linear,
    Ridge: export_linear,
}
_EXPORTERS: dict[type, Callable[[Graph, Any], None]] = {
    ScratchMLPClassifier: export_classifier,
    ScratchMLPRegressor: export_regressor,
    TabularMLPClassifier: export_blend,
    TabularMLPRegressor: export_blend,
    TabularEnsembleClassifier: export_blend,
    TabularEnsembleRegressor: export_blend,
    TabularEncoder: export_encoder,
    PiecewiseLinearEncoder: export_encoder,
}


def to_onnx(estimator: Any) -> "ModelProto":
    """Convert a fitted estimator to an ONNX model, which runs without this package.

    `onnxruntime <https://onnxruntime.ai>`_ and others run such models, in Python, in other
    languages and in browsers.

    Inputs and outputs depend on the estimator:

    - :class:`~scratchmlp.ScratchMLPClassifier` and :class:`~scratchmlp.ScratchMLPRegressor` have
      one input "X" of shape (n_samples, n_features), float32.
    - The estimators for raw tables and :class:`~scratchmlp.tabular.TabularEncoder` have an input
      of shape (n_samples, 1) for each column, under the name of the column ("x0", "x1", ... if it
      has none). Columns that the encoder leaves out are no inputs. Columns of categories that are
      text are strings, in which an empty string means a missing value. All others are numbers,
      float64, in which NaN means a missing value: dates are days since 1970-01-01 in UTC, durations
      are days, and booleans are 0 and 1. Text that the encoder reads as numbers or dates must be
      read beforehand. The description of each input (`doc_string`) says what it is.
    - :class:`~scratchmlp.tabular.PiecewiseLinearEncoder` has one input "X" of shape (n_samples,
      n_features), float64, in which NaN means a missing value.
    - A pipeline of one of these encoders and one of the first two estimators, or LogisticRegression
      or Ridge of scikit-learn, has the inputs of the encoder. ``FunctionTransformer(np.float64)``
      may stand between them.
    - Classifiers have the outputs "label", with the predicted classes, and "probabilities", of
      shape (n_samples, n_classes), float32. Its columns are in the order of `classes_`, which is
      sorted. The description of the output lists them, and the property "classes" of the model
      (`metadata_props`) is a JSON list of them. If the output activation is the identity, there are
      no probabilities, and the output "scores" contains the decision function (two classes have
      opposite scores).
    - Regressors have the output "prediction", float32, of the shape that `predict` returns.
      Encoders have the output "encoded".

    The model computes networks in float32. Its predictions equal those of the estimator within
    about 1e-5, relative to the largest of them.

    Parameters
    ----------
    estimator : estimator
        A fitted estimator of scratchmlp or scratchmlp.tabular, or a pipeline of an encoder and a
        network or a linear model.

    Returns
    -------
    onnx.ModelProto
        The model, for opset 17 with version 3 of ai.onnx.ml. `SerializeToString()` returns the
        content of a file.

    Raises
    ------
    ImportError
        If onnx is not installed, or an ensemble holds estimators other than networks, trees, linear
        models and dummies, and skl2onnx is not installed.
    TypeError
        If the estimator is neither one of this package nor such a pipeline. Subclasses are refused,
        because they may predict other numbers.
    ValueError
        If ONNX has no expression for something: columns of text or of categories of several kinds,
        the category "", an activation or a loss of your own, numbers to predict that are too large
        or too small for float32, or an estimator of an ensemble that skl2onnx does not convert.

    See Also
    --------
    register_skl2onnx_converters : For other pipelines, and searches, that hold networks.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from scratchmlp import ScratchMLPClassifier
    >>> from scratchmlp.io import to_onnx
    >>> X, y = load_iris(return_X_y=True)
    >>> X = (X - X.mean(axis=0)) / X.std(axis=0)
    >>> network = ScratchMLPClassifier((8,), solver="lbfgs", alpha=1.0, random_state=0).fit(X, y)
    >>> model = to_onnx(network)
    >>> [output.name for output in model.graph.output]
    ['label', 'probabilities']
    >>> model.graph.output[1].doc_string
    'columns in the order of the classes: [0, 1, 2]'
    """
    check_installed("to_onnx", "onnx", "onnx")
    export = _exporter(estimator)
    check_is_fitted(estimator)
    graph = Graph()
    export(graph, estimator)
    return graph.model()


def _exporter(estimator: Any) -> Callable[[Graph, Any], None]:
    """Return the function that exports an estimator."""
    if type(estimator) in _EXPORTERS:
        return _EXPORTERS[type(estimator)]
    got = type(estimator).__name__
    if isinstance(estimator, Pipeline):
        kinds = [type(step) for step in _steps(estimator)]
        is_known = len(kinds) == 2 and kinds[0] in _ENCODERS and kinds[1] in _AFTER_ENCODERS
        if type(estimator) is Pipeline and is_known:
            return _export_pipeline
        got += f" of {' and '.join(kind.__name__ for kind in kinds)}"
    raise TypeError(
        "to_onnx converts ScratchMLPClassifier, ScratchMLPRegressor, the estimators and encoders "
        "of scratchmlp.tabular, and pipelines of an encoder of these and one of the first two, "
        "LogisticRegression or Ridge. It converts no subclasses of these, which may predict other "
        f"numbers; got {got}. For pipelines and searches that hold one of the first two and "
        "transformers of scikit-learn, call scratchmlp.io.register_skl2onnx_converters(), and then "
        "skl2onnx.to_onnx."
    )


def _steps(pipeline: Pipeline) -> list[Any]:
    """Return the steps of a pipeline, without conversions to float64."""
    return [
        step
        for _, step in pipeline.steps
        if not (type(step) is FunctionTransformer and step.func is np.float64)
    ]


def _export_pipeline(graph: Graph, pipeline: Pipeline) -> None:
    """Add an encoder and the network or the linear model that follows it."""
    encoder, model = _steps(pipeline)
    _AFTER_ENCODERS[type(model)](graph, model, encode(graph, encoder))
