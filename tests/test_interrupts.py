"""Ctrl-C at random moments of a fit, a search, the fit of an ensemble and a prediction.

An alarm of the system stands for Ctrl-C: its handler is the one of Ctrl-C. `pytest --nightly`
repeats each test a hundred times.
"""

import copy
import gc
import pickle
import random
import signal
import time
from functools import partial

import numpy as np
import pytest
from sklearn import get_config, set_config
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV

from scratchmlp import ScratchMLPClassifier
from scratchmlp.tabular import TabularMLPClassifier
from tests.helpers.blas_threads import blas_threads

if not hasattr(signal, "setitimer"):
    pytest.skip("needs signal.setitimer", allow_module_level=True)

X, Y = load_iris(return_X_y=True)

nightly = pytest.mark.nightly
pytestmark = [
    pytest.mark.filterwarnings("ignore::scratchmlp.tabular.MisleadingDataWarning"),
    pytest.mark.random,
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    # Python prints and drops an interrupt that comes in a function that cannot raise.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(autouse=True)
def _alarm_as_ctrl_c():
    """Let the alarm raise KeyboardInterrupt. Restore what an interrupt may leave in the process.

    scikit-learn turns off the validation of parameters for a while. Functions that hypothesis adds
    to the garbage collector are not to be interrupted.
    """
    config, handler = get_config(), signal.signal(signal.SIGALRM, signal.default_int_handler)
    gc.disable()
    yield
    gc.enable()
    signal.signal(signal.SIGALRM, handler)
    set_config(**config)


def is_interrupted(work, seconds):
    """Interrupt some work after this time. Return whether it was still running."""
    try:
        try:
            signal.setitimer(signal.ITIMER_REAL, seconds)
            work()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        return True
    return False


def moments(work, n):
    """Yield random moments of some work, the first ones early. Call it to see how long it takes."""
    work()  # a first call may take longer
    started = time.perf_counter()
    work()
    duration = time.perf_counter() - started
    for i in range(n):
        yield random.uniform(1e-6, duration * min(1, (i + 1) / 10))


def net(**settings):
    return ScratchMLPClassifier((20,), max_iter=10, random_state=0, **settings)


MODELS = {
    "adam": net(),
    "early stopping": net(early_stopping=True),
    "warm start": net(warm_start=True),
    "lbfgs": net(solver="lbfgs"),
    "ensemble": TabularMLPClassifier(cv=2, max_iter=3, random_state=0),
}
#: Models that are fitted again in the daily tests, and those that are fitted for the first time.
AGAIN, FIRST = ["early stopping", "warm start", "ensemble"], ["adam", "lbfgs"]
DAILY = [*((name, True) for name in AGAIN), *((name, False) for name in FIRST)]
OTHERS = [pytest.param(name, not fitted, marks=nightly) for name, fitted in DAILY]


@pytest.mark.parametrize(("name", "fitted"), [*DAILY, *OTHERS])
def test_a_fit_that_is_interrupted_leaves_a_model_that_works(name, fitted, rounds):
    """It keeps what it has learned, or the estimator is what it was."""
    model, before = copy.deepcopy(MODELS[name]), blas_threads()
    n_interrupts = 0
    if fitted:
        model.fit(X, Y)
    for moment in moments(lambda: copy.deepcopy(model).fit(X, Y), 4 * rounds):
        interrupted = copy.deepcopy(model)
        n_interrupts += is_interrupted(partial(interrupted.fit, X, Y), moment)
        learned = vars(interrupted).keys() - interrupted.get_params().keys()
        if learned & {"n_iter_", "_fitted"}:
            p = interrupted.predict_proba(X)
            np.testing.assert_allclose(p.sum(axis=1), 1)
            restored = pickle.loads(pickle.dumps(interrupted))
            np.testing.assert_array_equal(p, restored.predict_proba(X))
        else:
            assert not fitted
            assert not learned
        assert interrupted.fit(X, Y).score(X, Y) > 0
        assert blas_threads() == before
    assert n_interrupts or rounds == 1  # a busy machine may be slow only when it is timed


def test_a_search_that_is_interrupted_does_not_go_on():
    n_fits = 0

    def interrupts_the_second_fit(progress):
        nonlocal n_fits
        n_fits += progress.epoch == 0
        if n_fits == 2 and progress.epoch == 3:
            signal.raise_signal(signal.SIGALRM)
        return 0.001

    interrupted = net(learning_rate=interrupts_the_second_fit)
    search, before = GridSearchCV(interrupted, {"alpha": [1e-4, 1e-3, 1e-2]}, cv=2), blas_threads()
    with pytest.raises(KeyboardInterrupt):
        search.fit(X, Y)
    assert n_fits == 2
    assert not hasattr(search, "cv_results_")
    assert blas_threads() == before
    assert search.fit(X, Y).score(X, Y) > 0


@pytest.mark.parametrize("early_stopping", [False, True])
def test_partial_fit_goes_on_after_an_interrupt(early_stopping, rounds):
    model = net(early_stopping=early_stopping).partial_fit(X, Y, classes=[0, 1, 2])
    for moment in moments(lambda: model.partial_fit(X, Y), 20 * rounds):
        n_seen, n_epochs = model.t_, len(model.loss_curve_)
        is_interrupted(lambda: model.partial_fit(X, Y), moment)
        assert model.t_ - n_seen in (0, len(X))
        assert len(model.loss_curve_) - n_epochs in (0, 1)
        assert np.isfinite(model.predict_proba(X)).all()
    assert model.partial_fit(X, Y).loss_ < model.loss_curve_[0]


def test_predictions_that_are_interrupted_limit_no_later_work(rounds):
    """If Ctrl-C comes on the way out, the next use restores the number of BLAS threads."""
    model, before = net().fit(X, Y), blas_threads()
    rows = np.tile(X, (20, 1))
    expected = model.predict_proba(rows)
    for moment in moments(lambda: model.predict_proba(rows), 50 * rounds):
        is_interrupted(lambda: model.predict_proba(rows), moment)
        np.testing.assert_array_equal(model.predict_proba(rows), expected)
        assert blas_threads() == before
