"""Logarithms of positive numbers as inputs of the members of a regressor."""

import numpy as np
import pandas as pd
import pytest

from scratchmlp.tabular import TabularEncoder, TabularMLPClassifier, TabularMLPRegressor
from scratchmlp.tabular.columns.encoder import encode_with
from scratchmlp.tabular.inputs.logarithms import Logarithms, positive_numbers


def encode(X):
    """Fit an encoder and logarithms to a table, and return a function that computes these."""
    encoder = TabularEncoder().fit(X)
    fitted = Logarithms.fit(encode_with(encoder, X)[0], positive_numbers(encoder._columns))
    return lambda new: fitted.transform(encode_with(encoder, new)[0])


@pytest.fixture
def amounts():
    return pd.DataFrame({"amount": np.random.RandomState(0).lognormal(3, 1, 500)})


def test_logarithms_are_zero_at_the_median_and_one_between_deciles(amounts):
    logarithms = np.log(amounts)
    low, median, high = logarithms.quantile([0.1, 0.5, 0.9]).to_numpy()
    expected = (logarithms - median) / ((high - low) / 2)
    np.testing.assert_allclose(encode(amounts)(amounts), expected, atol=1e-3)


def test_only_skewed_numbers_of_a_wide_range_that_are_never_negative_have_logarithms(amounts):
    X = amounts.assign(
        year=np.linspace(1950, 2020, 500),
        change=amounts["amount"] - 50,
        share=np.linspace(0, 1, 500),
        color=["red", "green"] * 250,
        mostly_zero=np.where(np.arange(500) < 400, 0.0, amounts["amount"]),
        rarely_zero=np.where(np.arange(500) < 20, 0.0, amounts["amount"]),
        huge=np.where(np.arange(500) < 240, 1e300, 1e-300),
        day=pd.date_range("1971-01-01", periods=500, freq="40D"),
        waited=pd.to_timedelta(amounts["amount"], unit="D"),
    )
    alone = {name: encode(X[[name]])(X[[name]]) for name in X}
    with_logarithms = [name for name in X if alone[name].shape[1]]
    assert with_logarithms == ["amount", "rarely_zero", "waited"]
    together = np.hstack([alone[name] for name in with_logarithms])
    np.testing.assert_allclose(encode(X)(X), together, atol=1e-6)


def test_logarithms_of_new_numbers_are_finite(amounts):
    found = encode(amounts)(pd.DataFrame({"amount": [np.nan, 0.0, -5.0, 1e-300, 1e300]}))[:, 0]
    assert found[0] == 0  # a missing number is taken for the median
    assert found[1] == found[2] == found[3] < -2
    assert 2 < found[4] < np.inf


@pytest.mark.parametrize(
    ("Estimator", "n_more"), [(TabularMLPRegressor, 1), (TabularMLPClassifier, 0)]
)
def test_members_of_a_regressor_have_logarithms(amounts, Estimator, n_more):
    y = np.arange(500) % 2
    settings = {"cv": 2, "max_iter": 1, "random_state": 0}
    wide, narrow = (Estimator(**settings).fit(X, y) for X in (amounts, amounts + 1e6))
    for more, fewer in zip(wide.members_, narrow.members_, strict=True):
        assert more.network.sizes[0] - fewer.network.sizes[0] == n_more
