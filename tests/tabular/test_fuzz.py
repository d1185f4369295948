"""Properties of the encoders and the tabular estimators that hold for any table: see `fuzzing`."""

import copy
import functools
import pickle

import numpy as np
import pandas as pd
import pytest
from fuzzing import allowed, examples, same, state
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from strategies import (
    DATA,
    JUNK,
    ROWS,
    class_weights,
    inputs,
    labels,
    numbers,
    some_of,
    weights,
)
from table_strategies import COLUMNS, GROUPS, SPLITS, containers, headers, tables

from scratchmlp.tabular import (
    PiecewiseLinearEncoder,
    TabularEncoder,
    TabularMLPClassifier,
    TabularMLPRegressor,
)

pytestmark = pytest.mark.random
for_both = pytest.mark.parametrize("Estimator", [TabularMLPClassifier, TabularMLPRegressor])
SMALL = {"cv": 2, "hidden_layer_sizes": (4,), "max_iter": 2, "random_state": 0}
CATEGORICAL = st.sampled_from(
    ["from_dtype", None, [0], [True], ["a"], [0, 1], [-1], np.array([False, True])]
)
ENCODER = {"categorical_features": CATEGORICAL, "max_categories": st.sampled_from([1, 2, 64])}


def check_fit(estimator, arguments):
    """Fit; return whether it succeeded. A fit that fails must not change the estimator."""
    before = state(estimator)
    with allowed(*arguments.values()) as fit:
        estimator.fit(**arguments)
    assert not fit.error or state(estimator) == before
    return not fit.error


# Encoders.


@examples(60)
@given(data=st.data())
def test_a_table_is_encoded_or_refused_with_a_named_error(data):
    kinds, names = data.draw(headers())
    X = data.draw(containers())(data.draw(tables(data.draw(ROWS), kinds, names)))
    encoder = TabularEncoder(**data.draw(some_of(ENCODER, 2)))
    if not check_fit(encoder, {"X": X}):
        return
    with allowed(X) as transform:
        out = encoder.transform(X)
        unpickled = pickle.loads(pickle.dumps(encoder))
        assert same(unpickled.transform(X), out)
        assert same(clone(encoder).fit_transform(X), out)
    assert not transform.error
    assert out.dtype == np.float32
    assert np.isfinite(out).all()
    assert out.shape == (len(X), len(encoder.get_feature_names_out()))


@examples(40)
@given(data=st.data())
def test_another_table_is_encoded_or_refused_with_a_named_error(data):
    kinds, names = data.draw(headers())
    encoder = TabularEncoder(**data.draw(some_of(ENCODER, 2)))
    X = data.draw(tables(data.draw(ROWS), kinds, names))
    if not check_fit(encoder, {"X": X}):
        return
    kinds = [data.draw(st.just(kind) | st.sampled_from(list(COLUMNS))) for kind in kinds]
    new = data.draw(tables(data.draw(ROWS), kinds, names))
    with allowed(X, new) as transform:
        out = encoder.transform(new)
        frame = encoder.set_output(transform="pandas").transform(new)
    if transform.error:
        check_fit(encoder, {"X": new})
        return
    assert np.isfinite(out).all()
    assert same(frame.to_numpy(), out)
    assert frame.index.equals(new.index)
    if all(isinstance(name, str) for name in new):
        with allowed(new):
            reversed_out = encoder.transform(new.iloc[:, ::-1])
        assert same(reversed_out.to_numpy(), out)


@examples(50)
@given(data=st.data())
def test_numbers_are_encoded_piecewise_or_refused(data):
    n_rows, n_columns = data.draw(ROWS), data.draw(st.integers(1, 3))
    X, new = (data.draw(inputs(n, n_columns)) for n in (n_rows, 3))
    y = data.draw(st.none() | labels(n_rows) | numbers(n_rows))
    options = {
        "n_bins": st.sampled_from([2, 3, 8, 100]),
        "strategy": st.sampled_from(["quantile", "tree"]),
        "encoding": st.sampled_from(["linear", "steps", "both", "auto"]),
        "min_samples_leaf": st.sampled_from([1, 5, 1000]),
    }
    encoder = PiecewiseLinearEncoder(**data.draw(some_of(options, 4)))
    if not check_fit(encoder, {"X": X, "y": y, "sample_weight": data.draw(weights(n_rows))}):
        return
    for table in (X, new):
        with allowed(table) as transform:
            out = encoder.transform(table)
            assert same(pickle.loads(pickle.dumps(encoder)).transform(table), out)
        if not transform.error:
            assert out.shape[1] == len(encoder.get_feature_names_out())
            assert ((out >= 0) & (out <= 1)).all()


# Estimators.


@functools.cache
def fitted(Estimator):
    return Estimator(**SMALL).fit([[0, "a"], [1, "b"], [2, None], [3, "a"]], [0, 0, 1, 1])


@st.composite
def ensembles(draw, Estimator):
    """Draw an estimator that is fitted to a small table, and the arguments of its next fit."""
    n_rows = draw(ROWS)
    options = {
        "cv": st.sampled_from(sorted(SPLITS)).map(lambda name: SPLITS[name](n_rows)),
        "hidden_layer_sizes": st.sampled_from([(), 1, (3, 3)]),
        "max_iter": st.sampled_from([1, 3]),
        "max_time": st.sampled_from([None, 1e-300]),
        "categorical_features": CATEGORICAL,
    }
    y = draw((labels if Estimator is TabularMLPClassifier else numbers)(n_rows))
    if Estimator is TabularMLPClassifier:
        options["class_weight"] = class_weights(y)
    kinds, names = draw(headers(3))
    arguments = {
        "X": draw(containers())(draw(tables(n_rows, kinds, names))),
        "y": y,
        "sample_weight": draw(weights(n_rows)),
        "groups": draw(st.sampled_from(GROUPS))(n_rows),
    }
    return copy.deepcopy(fitted(Estimator)).set_params(**draw(some_of(options, 3))), arguments


def check_predictions(estimator, X):
    predicted = estimator.predict(X)
    if isinstance(estimator, TabularMLPRegressor):
        assert np.isfinite(predicted).all()
        return
    assert np.isin(predicted, estimator.classes_).all()
    proba = estimator.predict_proba(X)
    assert ((proba >= 0) & (proba <= 1)).all()
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-12)
    assert np.isfinite(estimator.predict_log_proba(X)).all()


@for_both
@examples(30)
@given(data=st.data())
def test_a_fit_gives_finite_predictions_or_a_named_error(Estimator, data):
    estimator, arguments = data.draw(ensembles(Estimator))
    X = arguments["X"]
    if not check_fit(estimator, arguments):
        return
    with allowed(X) as prediction:
        check_predictions(estimator, X)
        if isinstance(X, pd.DataFrame) and all(isinstance(name, str) for name in X):
            assert same(estimator.predict(X.iloc[:, ::-1]), estimator.predict(X))
    assert not prediction.error


@for_both
@examples(15)
@given(data=st.data())
def test_copies_and_repeated_fits_predict_the_same(Estimator, data):
    estimator, arguments = data.draw(ensembles(Estimator))
    estimator.set_params(cv=3, max_time=None)
    if not check_fit(estimator, arguments):
        return
    with allowed() as repeated:
        again = clone(estimator).fit(**arguments)
        for other in (again, pickle.loads(pickle.dumps(estimator)), copy.deepcopy(estimator)):
            assert same(other.predict(arguments["X"]), estimator.predict(arguments["X"]))
    assert not repeated.error


@pytest.mark.parametrize("Estimator", [TabularMLPClassifier, TabularMLPRegressor, TabularEncoder])
@examples(60)
@given(data=st.data())
def test_any_object_is_used_or_refused(Estimator, data):
    estimator = TabularEncoder() if Estimator is TabularEncoder else Estimator(**SMALL)
    names = st.sampled_from(sorted(set(estimator.get_params()) - {"n_jobs"}))  # starts processes
    if data.draw(st.booleans()):
        estimator.set_params(**data.draw(st.dictionaries(names, st.sampled_from(JUNK), max_size=2)))
        X, y = [[0, "a"], [1, "b"], [2, None], [3, "a"]], [0, 0, 1, 1]
    else:
        X, y = data.draw(st.sampled_from(DATA)), data.draw(st.sampled_from(DATA))
    check_fit(estimator, {"X": X, "y": y})
