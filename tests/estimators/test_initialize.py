"""`initialize` draws the weights of a network, from which training begins as without it."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from scratchmlp import ScratchMLPClassifier
from tests.helpers.estimator_examples import SMALL, X_IRIS, Y_IRIS, Y_LABELS, partial_fit

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

SETTINGS = [{}, {"early_stopping": True}, {"solver": "lbfgs"}, {"batch_size": 20, "dropout": 0.2}]


def test_nothing_is_trained(Estimator):
    network = Estimator(**SMALL).initialize(X_IRIS, Y_IRIS)
    assert (network.n_iter_, network.t_, network.loss_curve_) == (0, 0, [])
    assert np.isnan(network.loss_)
    assert network.stop_reason_ == "initialize does not train"
    assert [W.shape for W in network.coefs_] == [(4, 5), (5, network.n_outputs_)]
    assert network.predict(X_IRIS).shape == (150,)


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_a_warm_start_goes_on_as_a_fit_begins(Estimator, settings):
    settings = {**SMALL, **settings, "warm_start": True}
    fitted = Estimator(**settings).fit(X_IRIS, Y_IRIS)
    begun = Estimator(**settings).initialize(X_IRIS, Y_IRIS).fit(X_IRIS, Y_IRIS)
    np.testing.assert_array_equal(begun.theta_, fitted.theta_)
    assert begun.loss_curve_ == fitted.loss_curve_


def test_partial_fit_goes_on_from_weights_that_were_set(Estimator):
    """Without a step, that is with a tiny one, they stay."""
    network = Estimator(**SMALL, learning_rate_init=1e-300).initialize(X_IRIS[:3], Y_IRIS[::50])
    weights = [np.full_like(W, 0.1) for W in network.coefs_]
    network.coefs_ = weights
    partial_fit(network, X_IRIS, Y_IRIS)
    for W, given in zip(network.coefs_, weights, strict=True):
        np.testing.assert_array_equal(W, given)
    assert network.n_iter_ == 1


def test_a_fitted_estimator_begins_anew(Estimator):
    settings = {**SMALL, "warm_start": True}
    network = Estimator(**settings).fit(X_IRIS, Y_IRIS > 0)
    network.initialize(pd.DataFrame(X_IRIS, columns=[*"abcd"]), Y_IRIS)
    assert [*network.feature_names_in_] == [*"abcd"]
    np.testing.assert_array_equal(
        network.theta_, Estimator(**settings).initialize(X_IRIS, Y_IRIS).theta_
    )


def test_classes_may_be_given_without_rows_of_each():
    network = ScratchMLPClassifier(**SMALL)
    network.initialize(scipy.sparse.csr_array(X_IRIS[:1]), Y_IRIS[:1], classes=[0, 1, 2])
    assert network.predict_proba(X_IRIS).shape == (150, 3)
    with pytest.raises(ValueError, match=r"classes not in `self.classes_`: \[2\]"):
        network.initialize(X_IRIS, Y_IRIS, classes=[0, 1])
    assert network.n_outputs_ == 3
    assert network.initialize(X_IRIS, Y_LABELS).n_outputs_ == 4


def test_other_shapes_are_refused(Estimator):
    network = Estimator(**SMALL).initialize(X_IRIS, Y_IRIS)
    with pytest.raises(ValueError, match="shapes of the network's layers"):
        network.coefs_ = [np.ones((4, 2)), np.ones((2, 1))]
