"""Properties of the networks that hold for any parameters and any data: see `fuzzing`.

Examples that `assume` drops do not count. Hypothesis fails if it drops nearly all.
"""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.sparse import issparse
from sklearn.base import clone

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor
from tests.configurations import some_of
from tests.configurations.networks import case as case_of
from tests.configurations.networks import kind_of, options
from tests.helpers.fuzzing import DATA, JUNK, allowed, check_call, check_fit, drawn, examples, same

pytestmark = pytest.mark.random
ARGUMENTS = ("X", "y", "sample_weight", "X_val", "y_val", "sample_weight_val")
METHODS = ["predict", "decision_function", "predict_proba", "predict_log_proba"]

OPTIONS = {kind: options(kind) for kind in ("classifier", "regressor")}


def cases(Estimator, n_columns=None):
    return drawn(case_of, Estimator, n_columns, extreme=True)


def predictions(estimator, X):
    return [getattr(estimator, name)(X) for name in METHODS if hasattr(estimator, name)]


def check_predictions(estimator, X):
    predicted, *scores = predictions(estimator, X)
    assert all(np.isfinite(values).all() for values in scores)
    if isinstance(estimator, ScratchMLPRegressor):
        assert np.isfinite(predicted).all()
    elif not issparse(predicted) and predicted.ndim == 1:
        assert np.isin(predicted, estimator.classes_).all()
    if len(scores) == 3:
        proba = scores[1]
        assert ((proba > 0) & (proba <= 1)).all()
        if predicted.ndim == 1:
            np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-6)


def check_training_rows(estimator, case):
    """Predict X. Rows of weight 0 do not enter training, so that their outputs may overflow."""
    with allowed(*case.inputs) as prediction:
        check_predictions(estimator, case.X)
    weighted = case.given["sample_weight"] is not None or getattr(estimator, "class_weight", None)
    assert weighted or not prediction.error


@examples(12)
@given(data=st.data())
def test_a_fit_gives_finite_predictions_or_a_named_error(Estimator, data):
    case = data.draw(cases(Estimator))
    assume(check_fit(case.estimator, **case.arguments))
    check_training_rows(case.estimator, case)
    with allowed(*case.inputs):
        check_predictions(case.estimator, case.new)


@examples(6)
@given(data=st.data())
def test_copies_and_repeated_fits_predict_the_same(Estimator, data):
    case = data.draw(cases(Estimator))
    again = clone(case.estimator)
    assume(check_fit(case.estimator, **case.arguments))
    with allowed() as prediction:
        predictions(case.estimator, case.X)
    if prediction.error:
        return
    with allowed() as repeated:
        again.fit(**case.arguments)
        unpickled = pickle.loads(pickle.dumps(case.estimator))
        expected = predictions(case.estimator, case.X)
        for other in (again, unpickled, copy.deepcopy(case.estimator)):
            assert all(map(same, predictions(other, case.X), expected))
    assert not repeated.error


@st.composite
def lives(draw, Estimator):
    """Draw cases of the same number of columns, the method to call, and parameters to change."""
    n_columns = draw(st.integers(1, 3))
    first = draw(cases(Estimator, n_columns))
    methods = st.sampled_from(["fit", "partial_fit", "partial_fit"])
    data = st.just(first) | cases(Estimator, n_columns)
    steps = st.tuples(methods, data, drawn(some_of, OPTIONS[kind_of(Estimator)], 2))
    return first.estimator, draw(st.lists(steps, min_size=1, max_size=4))


@examples(12)
@given(data=st.data())
def test_training_goes_on_or_the_call_changes_nothing(Estimator, data):
    estimator, steps = data.draw(lives(Estimator))
    for method, case, parameters in steps:
        estimator.set_params(**parameters)
        if not hasattr(estimator, method):  # partial_fit with L-BFGS
            continue
        arguments = case.arguments
        if method == "partial_fit" and Estimator is ScratchMLPClassifier:
            with allowed():  # not for sparse labels
                arguments["classes"] = np.unique(np.asarray(case.y))
        if check_call(estimator, method, arguments, case.inputs):
            check_training_rows(estimator, case)


@examples(80)
@given(data=st.data())
def test_any_object_is_used_or_refused(Estimator, data):
    estimator = Estimator(hidden_layer_sizes=(3,), max_iter=2)
    if data.draw(st.booleans()):
        names = st.sampled_from(sorted(OPTIONS[kind_of(Estimator)]))
        values = st.dictionaries(names, st.sampled_from(JUNK), min_size=1, max_size=2)
        estimator.set_params(**data.draw(values))
        arguments = {"X": np.arange(12.0).reshape(6, 2) - 6, "y": [0, 1, 0, 1, 0, 1]}
    else:
        names = ARGUMENTS[: data.draw(st.sampled_from([2, 2, 3, 6]))]
        arguments = {name: data.draw(st.sampled_from(DATA)) for name in names}
    if check_fit(estimator, **arguments):
        check_predictions(estimator, arguments["X"])
