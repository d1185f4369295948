"""Estimators of scikit-learn that an ensemble has fitted once for each fold, as nodes of ONNX."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.utils import get_tags

from scratchmlp.arrays import FloatArray
from scratchmlp.io.onnx.encoded_table import TableValues
from scratchmlp.io.onnx.graph import OPSETS, Value, concat
from scratchmlp.io.onnx.inputs import fold_inputs
from scratchmlp.io.onnx.layers import softmax
from scratchmlp.io.onnx.skl2onnx_converters import register_skl2onnx_converters
from scratchmlp.io.onnx.trees import AVERAGED, add_trees
from scratchmlp.tabular.columns.numeric import undo_clip
from scratchmlp.tabular.ensemble.boosted_trees import BOOSTING
from scratchmlp.tabular.ensemble.fold_model import FoldModel
from scratchmlp.tabular.inputs.levels import Levels, frequency_places
from scratchmlp.utils.extras import check_installed

_LINEAR = (LogisticRegression, Ridge)
#: Rows on which a converted estimator must predict what the estimator predicts.
_N_PROBES = 256
#: Largest difference of these predictions, divided by the largest of them if that is above 1.
_TOLERANCE = 1e-5
_REMEDY = "Fit an ensemble without it, or convert one of the others alone, with only()."


def fold_predictions(
    table: TableValues, array: Value, name: str, models: Sequence[FoldModel]
) -> Value:
    """Add the predictions of an estimator that was fitted once for each fold.

    Parameters
    ----------
    table : TableValues
        The encoded table.
    array : Value
        Result of `add_array`.
    name : str
        Name of the estimator in the ensemble.
    models : sequence of FoldModel
        What was fitted for each fold.

    Returns
    -------
    Value
        Probabilities, or numbers as in `FoldModel.scores`, of shape
        (n_folds, n_samples, n_outputs), float64.

    Raises
    ------
    ImportError
        If the estimator is neither linear nor constant nor made of trees, and skl2onnx is not
        installed.
    ValueError
        If skl2onnx cannot convert the estimator, or converts it to a model that predicts other
        numbers.
    """
    estimator = models[0].estimator
    if isinstance(models[0].inputs, Levels):
        return _normalized(models, _stack(models, add_levels(table, models)))
    if get_tags(estimator).input_tags.allow_nan:
        shared, n_shared = _numbers_and_codes(table)
    else:
        shared, n_shared = array, table.layout.n_outputs
    inputs: Any = [each.inputs for each in models]
    widths = [each.estimator.n_features_in_ for each in models]
    features, positions = fold_inputs(table, shared, n_shared, inputs, widths)
    pairs = zip(models, positions, strict=True)
    if type(estimator) in (*BOOSTING, *AVERAGED):
        y = add_trees(features, positions, models)
    elif type(estimator) in _LINEAR:
        folds = [add_linear(each.estimator, features.take(own)) for each, own in pairs]
        y = _stack(models, folds)
    elif _is_constant(estimator):
        folds = [add_constant(each.estimator, features.take(own), len(own)) for each, own in pairs]
        y = _stack(models, folds)
    else:
        described = f"{type(estimator).__name__}, the estimator {name!r} of the ensemble"
        check_installed(f"The conversion of {described},", "onnx", "skl2onnx")
        register_skl2onnx_converters()
        folds = [_fold(described, each, features.take(own), len(own)) for each, own in pairs]
        y = _stack(models, folds)
    return _normalized(models, y)


def _normalized(models: Sequence[FoldModel], y: Value) -> Value:
    """Add what `FoldModel.scores_of` does with probabilities; numbers stay as they are."""
    if not is_classifier(models[0].estimator):
        return y
    y = y.at_least(np.array([each.least for each in models])[:, np.newaxis, np.newaxis])
    return y / y.apply("ReduceSum", np.array([-1], np.int64), keepdims=1)


def _stack(models: Sequence[FoldModel], folds: list[Value]) -> Value:
    """Add a first axis for folds, and columns of zeros for classes that a fold has no rows of."""
    parts = []
    for model, y in zip(models, folds, strict=True):
        classes = getattr(model.estimator, "classes_", range(model.n_outputs))
        if len(classes) < model.n_outputs:
            y = y @ np.eye(model.n_outputs)[classes]
        parts.append(y.apply("Unsqueeze", np.array([0], np.int64)))
    return concat(parts, axis=0)


def _numbers_and_codes(table: TableValues) -> tuple[Value, int]:
    """Add `EncodedTable.numbers_and_codes`, and return how many columns it has."""
    parts = [table.numbers] if table.numbers else []
    if table.codes:
        parts.append(table.codes.astype(np.float32))
    columns = table.layout.columns.values()
    return concat(parts), sum(len(each.numbers) + len(each.place.codes) for each in columns)


# Linear models.


def add_linear(linear: Any, x: Value) -> Value:
    """Add the probabilities of a LogisticRegression, or the numbers of a Ridge, float64.

    Their shape is (n_samples, n_classes), or (n_samples, n_outputs).
    """
    W, b = _coefficients(linear)
    z = x.astype(np.float64) @ W + b
    return softmax(z) if is_classifier(linear) else z


def _coefficients(linear: Any) -> tuple[FloatArray, FloatArray]:
    """Return coefficients, of shape (n_inputs, n_outputs), and intercepts for each output."""
    W, b = np.atleast_2d(linear.coef_).T, np.ravel(linear.intercept_)
    if is_classifier(linear) and W.shape[1] == 1:  # the softmax of 0 and z is the logistic of z
        W, b = np.c_[np.zeros(len(W)), W], np.r_[0.0, b]
    return W, b


def add_levels(table: TableValues, models: Sequence[FoldModel]) -> list[Value]:
    """Add what linear models of `Levels` predict, for one fold after the other.

    The coefficient of a level is looked up. The last level, of code -1, is that of unknown values.
    """
    numbers = None if table.imputed is None else undo_clip(table.imputed.astype(np.float64))
    return [_levels_of_fold(table, numbers, model) for model in models]


def _levels_of_fold(table: TableValues, numbers: Value | None, model: FoldModel) -> Value:
    """Add what a linear model of `Levels` predicts; `numbers` are not clipped."""
    W, b = _coefficients(model.estimator)
    inputs: Any = model.inputs
    of_numbers, *of_levels = np.split(W, inputs.starts(table.layout))
    terms = []
    if numbers is not None:
        terms.append(_scaled_numbers(table, numbers, inputs) @ of_numbers + b)
    for number, coefficients in enumerate(of_levels):
        assert table.codes is not None
        looked_up = table.codes.graph.constant(coefficients)
        terms.append(looked_up.take(table.codes.take(number), axis=0))
    first, *others = terms
    z = first.apply("Sum", *others) if others else first
    z = z if numbers is not None else z + b
    return softmax(z) if is_classifier(model.estimator) else z


def _scaled_numbers(table: TableValues, numbers: Value, inputs: Levels) -> Value:
    """Scale the numbers. Frequencies of unknown levels become 0, the mean."""
    z: Value = (numbers - inputs.means) / inputs.deviations
    places = frequency_places(table.layout)
    if table.codes is None or not places:
        return z
    columns = [*table.layout.columns.values()]
    belongs = np.zeros((sum(len(each.place.codes) for each in columns), len(inputs.means)))
    belongs[[code for _, code in places], [number for number, _ in places]] = 1
    is_unknown = (table.codes == np.int64(-1)).astype(np.float64) @ belongs
    return z * (1 - is_unknown)


# Constant baselines.


def _is_constant(estimator: Any) -> bool:
    """Return whether an estimator is a dummy that predicts the mean, or shares of the classes."""
    is_prior = type(estimator) is DummyClassifier and estimator.strategy == "prior"
    return is_prior or type(estimator) is DummyRegressor


def add_constant(dummy: Any, x: Value, n_inputs: int) -> Value:
    """Add what a dummy predicts for all rows, of shape (n_samples, n_outputs), float64."""
    known = dummy.class_prior_ if is_classifier(dummy) else np.ravel(dummy.constant_)
    return x.astype(np.float64) @ np.zeros((n_inputs, len(known))) + known


# Other estimators: skl2onnx.


def _fold(described: str, model: FoldModel, x: Value, n_inputs: int) -> Value:
    """Add the predictions for one fold, of shape (n_samples, n_outputs), float64."""
    estimator = model.estimator
    converted = _convert(described, estimator, n_inputs)
    _check(described, estimator, converted, n_inputs)
    output = converted.graph.output[-1].name
    y = x.graph.inline(converted, {"X": x}, output).astype(np.float64)
    if is_classifier(estimator):
        return y
    return y.apply("Reshape", np.array([-1, model.n_outputs], np.int64))


def _convert(described: str, estimator: Any, n_inputs: int) -> Any:
    """Convert an estimator with skl2onnx."""
    import skl2onnx
    from skl2onnx.common.data_types import FloatTensorType

    options = {id(estimator): {"zipmap": False}} if is_classifier(estimator) else None
    try:
        return skl2onnx.convert_sklearn(
            estimator,
            initial_types=[("X", FloatTensorType([None, n_inputs]))],
            options=options,
            target_opset=OPSETS,
        )
    except Exception as error:
        raise ValueError(
            f"skl2onnx cannot convert {described}: {str(error)[:200]}. {_REMEDY}"
        ) from error


def _check(described: str, estimator: Any, converted: Any, n_inputs: int) -> None:
    """Raise an error if a converted estimator predicts other numbers than the estimator."""
    from onnx.reference import ReferenceEvaluator

    X = _probes(estimator, n_inputs)
    expected = estimator.predict_proba(X) if is_classifier(estimator) else estimator.predict(X)
    outputs: Any = ReferenceEvaluator(converted).run(None, {"X": X})
    found = outputs[-1].reshape(expected.shape)
    if not np.allclose(found, expected, rtol=0, atol=_TOLERANCE * max(1.0, abs(expected).max())):
        raise ValueError(
            f"skl2onnx converts {described}, to a model that predicts other numbers. {_REMEDY}"
        )


def _probes(estimator: Any, n_inputs: int) -> FloatArray:
    """Return rows like those of training, with missing values if the estimator accepts them.

    Numbers of an encoded table are in [-3, 3]; levels, indicators and codes are whole numbers.
    """
    rng = np.random.default_rng(0)
    X = np.clip(rng.normal(size=(_N_PROBES, n_inputs)), -3.0, 3.0)
    whole = rng.random(X.shape) < 0.5
    X[whole] = rng.integers(-1, 4, size=whole.sum())
    if get_tags(estimator).input_tags.allow_nan:
        X[rng.random(X.shape) < 0.2] = np.nan
    return X.astype(np.float32)
