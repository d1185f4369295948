"""Properties of the encoders and the tabular estimators that hold for any table: see `fuzzing`.

Examples that `assume` drops do not count. Hypothesis fails if it drops nearly all.
"""

import copy
import functools
import pickle
from contextlib import suppress

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.base import clone

from scratchmlp.tabular import TabularEncoder, TabularMLPClassifier, TabularMLPRegressor
from tests.configurations import some_of
from tests.configurations.columns import ACCEPTED, CHANGES
from tests.configurations.tables import ENCODER, SMALL, contained, header, table, unusual
from tests.helpers.fuzzing import DATA, JUNK, allowed, check_fit, drawn, examples, same

pytestmark = pytest.mark.random
for_both = pytest.mark.parametrize("Estimator", [TabularMLPClassifier, TabularMLPRegressor])
ROWS = range(1, 61)


# Encoders.


def encoder_and_table(choose):
    """Choose an encoder, a table and the kinds of its columns."""
    kinds, names = header(choose)
    X = table(choose, choose(ROWS), kinds, names)
    return TabularEncoder(**some_of(choose, ENCODER, 2)), X, kinds


def changed(choose, X, kinds):
    """Choose another table with columns of the same names, of which some have other values."""
    kinds = [choose([kind, choose(ACCEPTED)]) for kind in kinds]
    new = table(choose, choose(ROWS), kinds, X.columns)
    if choose([False, False, True]):
        place = choose(range(len(kinds)))
        with suppress(Exception):  # pandas cannot convert all values, such as lone surrogates
            new.isetitem(place, choose(CHANGES)(new.iloc[:, place]))
    return new


@examples(15)
@given(data=st.data())
def test_a_table_is_encoded_or_refused_with_a_named_error(data):
    encoder, X, _ = data.draw(drawn(encoder_and_table))
    X = data.draw(drawn(contained, X))
    assume(check_fit(encoder, X=X))
    with allowed(X) as transform:
        out = encoder.transform(X)
        unpickled = pickle.loads(pickle.dumps(encoder))
        assert same(unpickled.transform(X), out)
        assert same(clone(encoder).fit_transform(X), out)
    assert not transform.error
    assert out.dtype == np.float32
    assert np.isfinite(out).all()
    assert out.shape == (len(X), len(encoder.get_feature_names_out()))


@examples(24)
@given(data=st.data())
def test_another_table_is_encoded_or_refused_with_a_named_error(data):
    encoder, X, kinds = data.draw(drawn(encoder_and_table))
    assume(check_fit(encoder, X=X))
    new = data.draw(drawn(changed, X, kinds))
    with allowed(X, new) as transform:
        out = encoder.transform(new)
        frame = encoder.set_output(transform="pandas").transform(new)
    if transform.error:
        check_fit(encoder, X=new)
        return
    assert np.isfinite(out).all()
    assert same(frame.to_numpy(), out)
    assert frame.index.equals(new.index)
    if all(isinstance(name, str) for name in new):
        with allowed(new):
            reversed_out = encoder.transform(new.iloc[:, ::-1])
        assert same(reversed_out.to_numpy(), out)


# Estimators.


@functools.cache
def fitted(Estimator):
    return Estimator(**SMALL).fit([[0, "a"], [1, "b"], [2, None], [3, "a"]], [0, 0, 1, 1])


def fitted_before(choose, Estimator):
    """Choose an estimator that is fitted to a small table, and the arguments of its next fit."""
    case = unusual(choose, Estimator)
    parameters = case.estimator.get_params()
    return copy.deepcopy(fitted(Estimator)).set_params(**parameters), case.arguments


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
@examples(8)
@given(data=st.data())
def test_a_fit_gives_finite_predictions_or_a_named_error(Estimator, data):
    estimator, arguments = data.draw(drawn(fitted_before, Estimator))
    X = arguments["X"]
    assume(check_fit(estimator, **arguments))
    estimator.set_params(cv=2)  # a generator cannot be pickled
    with allowed(X) as prediction:
        check_predictions(estimator, X)
        if isinstance(X, pd.DataFrame) and all(isinstance(name, str) for name in X):
            assert same(estimator.predict(X.iloc[:, ::-1]), estimator.predict(X))
        for other in (pickle.loads(pickle.dumps(estimator)), copy.deepcopy(estimator)):
            assert same(other.predict(X), estimator.predict(X))
    assert not prediction.error


@pytest.mark.parametrize("Estimator", [TabularMLPClassifier, TabularMLPRegressor, TabularEncoder])
@examples(25)
@given(data=st.data())
def test_any_object_is_used_or_refused(Estimator, data):
    estimator = TabularEncoder() if Estimator is TabularEncoder else Estimator(**SMALL)
    names = st.sampled_from(sorted(set(estimator.get_params()) - {"n_jobs"}))  # starts processes
    if data.draw(st.booleans()):
        estimator.set_params(**data.draw(st.dictionaries(names, st.sampled_from(JUNK), max_size=2)))
        X, y = [[0, "a"], [1, "b"], [2, None], [3, "a"]], [0, 0, 1, 1]
    else:
        X, y = data.draw(st.sampled_from(DATA)), data.draw(st.sampled_from(DATA))
    check_fit(estimator, X=X, y=y)
