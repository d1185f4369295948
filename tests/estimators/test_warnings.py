"""Messages of training: warnings, and the lines that verbose prints."""

import numpy as np
import pytest
import scipy.sparse
from estimator_examples import X_IRIS, Y_IRIS, partial_fit
from sklearn.base import is_classifier
from sklearn.exceptions import ConvergenceWarning

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.filterwarnings("error")
def test_stopping_at_max_iter_warns_and_says_what_to_try(Estimator):
    with pytest.warns(ConvergenceWarning, match="Maximum iterations .2. reached.*max_iter") as w:
        Estimator(max_iter=2).fit(X_IRIS, Y_IRIS)
    assert w[0].filename == __file__
    assert "StandardScaler" not in str(w[0].message)
    for X in (X_IRIS * [1, 1, 1, 500], scipy.sparse.csr_array(X_IRIS * [1, 1, 1, 500])):
        with pytest.warns(ConvergenceWarning, match="differ in scale .* StandardScaler"):
            Estimator(max_iter=2, learning_rate_init=1e-6).fit(X, Y_IRIS)


@pytest.mark.filterwarnings("error")
def test_lbfgs_warns_when_it_ends_too_early(Estimator):
    with pytest.warns(ConvergenceWarning, match="lbfgs failed to converge after 2 iteration"):
        Estimator(solver="lbfgs", max_iter=2).fit(X_IRIS, Y_IRIS)


@pytest.mark.filterwarnings("error")
def test_converging_and_partial_fit_do_not_warn(Estimator):
    Estimator(max_iter=5000, learning_rate_init=0.01, random_state=0).fit(X_IRIS, Y_IRIS)
    partial_fit(Estimator(), X_IRIS, Y_IRIS)


@pytest.mark.filterwarnings("error")
def test_scales_may_differ_by_any_factor(Estimator):
    X = np.outer([1.0, -1.0] * 5, [1e150, 1e-160])
    with pytest.warns(ConvergenceWarning, match="differ in scale by a factor of inf"):
        Estimator(max_iter=1).fit(X, [0, 1] * 5)


def test_a_batch_larger_than_the_data_warns(Estimator):
    message = r"batch_size=151 .* samples.*clipped to 150\. Choose"
    with pytest.warns(UserWarning, match=message) as in_fit:
        Estimator(batch_size=151, max_iter=1).fit(X_IRIS, Y_IRIS)
    classes = {"classes": np.unique(Y_IRIS)} if is_classifier(Estimator()) else {}
    with pytest.warns(UserWarning, match=message) as in_partial_fit:
        Estimator(batch_size=151).partial_fit(X_IRIS, Y_IRIS, **classes)
    assert [w[0].filename for w in (in_fit, in_partial_fit)] == [__file__] * 2


def test_verbose_prints_each_epoch(Estimator, capsys):
    Estimator(verbose=True, max_iter=3).fit(X_IRIS, Y_IRIS)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(",")[0] for line in lines] == ["Iteration 1", "Iteration 2", "Iteration 3"]
