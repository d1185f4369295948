"""Ctrl-C at random moments of a fit, a search, the fit of an ensemble and a prediction.

An alarm of the system stands for Ctrl-C: its handler is the one of Ctrl-C. The moments are random,
from a fixed seed. SCRATCHMLP_FAULT_ROUNDS=100 repeats each test a hundred times.
"""

import copy
import gc
import os
import pickle
import random
import signal
import subprocess
import sys
import time
from functools import partial

import numpy as np
import pytest
from blas_threads import blas_threads
from sklearn import get_config, set_config
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV

from scratchmlp import ScratchMLPClassifier
from scratchmlp.tabular import TabularMLPClassifier

if not hasattr(signal, "setitimer"):
    pytest.skip("needs signal.setitimer", allow_module_level=True)

ROUNDS = int(os.environ.get("SCRATCHMLP_FAULT_ROUNDS", "1"))
X, Y = load_iris(return_X_y=True)

pytestmark = [
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
    rng = random.Random(0)
    work()  # a first call may take longer
    started = time.perf_counter()
    work()
    duration = time.perf_counter() - started
    for i in range(n * ROUNDS):
        yield rng.uniform(1e-6, duration * min(1, (i + 1) / n))


def net(**settings):
    return ScratchMLPClassifier((20,), max_iter=10, random_state=0, **settings)


MODELS = {
    "adam": net(),
    "early stopping": net(early_stopping=True),
    "warm start": net(warm_start=True),
    "lbfgs": net(solver="lbfgs"),
    "ensemble": TabularMLPClassifier(cv=2, max_iter=3, random_state=0),
}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("fitted", [False, True], ids=["new", "fitted"])
def test_a_fit_that_is_interrupted_leaves_a_model_that_works(name, fitted):
    """It keeps what it has learned, or the estimator is what it was."""
    model, before = copy.deepcopy(MODELS[name]), blas_threads()
    n_interrupts = 0
    if fitted:
        model.fit(X, Y)
    for moment in moments(lambda: copy.deepcopy(model).fit(X, Y), 10):
        interrupted = copy.deepcopy(model)
        n_interrupts += is_interrupted(partial(interrupted.fit, X, Y), moment)
        learned = vars(interrupted).keys() - interrupted.get_params().keys()
        if "n_iter_" in learned:
            p = interrupted.predict_proba(X)
            np.testing.assert_allclose(p.sum(axis=1), 1)
            restored = pickle.loads(pickle.dumps(interrupted))
            np.testing.assert_array_equal(p, restored.predict_proba(X))
        else:
            assert not fitted
            assert not learned
        assert interrupted.fit(X, Y).score(X, Y) > 0
        assert blas_threads() == before
    assert n_interrupts or ROUNDS < 10  # a busy machine may be slow only when it is timed
    print(f"{name}: {n_interrupts} interrupts")


def test_a_search_that_is_interrupted_does_not_go_on():
    search, before = GridSearchCV(net(), {"alpha": [1e-4, 1e-3, 1e-2]}, cv=2), blas_threads()
    for moment in moments(lambda: search.fit(X, Y), 10):
        del search.cv_results_
        assert is_interrupted(lambda: search.fit(X, Y), moment) or hasattr(search, "cv_results_")
        assert blas_threads() == before
        assert search.fit(X, Y).score(X, Y) > 0


@pytest.mark.parametrize("early_stopping", [False, True])
def test_partial_fit_goes_on_after_an_interrupt(early_stopping):
    model = net(early_stopping=early_stopping).partial_fit(X, Y, classes=[0, 1, 2])
    for moment in moments(lambda: model.partial_fit(X, Y), 40):
        n_seen, n_epochs = model.t_, len(model.loss_curve_)
        is_interrupted(lambda: model.partial_fit(X, Y), moment)
        assert model.t_ - n_seen in (0, len(X))
        assert len(model.loss_curve_) - n_epochs in (0, 1)
        assert np.isfinite(model.predict_proba(X)).all()
    assert model.partial_fit(X, Y).loss_ < model.loss_curve_[0]


def test_predictions_that_are_interrupted_limit_no_later_work():
    """If Ctrl-C comes on the way out, the next use restores the number of BLAS threads."""
    model, before = net().fit(X, Y), blas_threads()
    rows = np.tile(X, (20, 1))
    expected = model.predict_proba(rows)
    for moment in moments(lambda: model.predict_proba(rows), 100):
        is_interrupted(lambda: model.predict_proba(rows), moment)
        np.testing.assert_array_equal(model.predict_proba(rows), expected)
        assert blas_threads() == before


IN_TWO_PROCESSES = """
import signal
import sys
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from scratchmlp import ScratchMLPClassifier
from scratchmlp.tabular import TabularMLPClassifier

signal.signal(signal.SIGINT, signal.default_int_handler)  # a parent may ignore it: children do too
model = MODEL
print("ready", flush=True)
try:
    model.fit(*load_iris(return_X_y=True))
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.mark.parametrize(
    "model",
    [
        "TabularMLPClassifier(max_iter=10_000, n_jobs=2)",
        "GridSearchCV(ScratchMLPClassifier(max_iter=10**6, tol=0), {'alpha': [1, 2]}, n_jobs=2)",
    ],
    ids=["ensemble", "search"],
)
def test_fits_in_other_processes_are_interrupted(model):
    """Ctrl-C in a terminal goes to all processes."""
    rng = random.Random(0)
    for _ in range(ROUNDS):
        with subprocess.Popen(
            [sys.executable, "-c", IN_TWO_PROCESSES.replace("MODEL", model)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as process:
            assert process.stdout.readline() == b"ready\n"
            time.sleep(rng.uniform(0, 1.5))
            os.killpg(process.pid, signal.SIGINT)
            try:
                assert process.wait(timeout=60) == 130
            finally:
                if process.returncode is None:
                    os.killpg(process.pid, signal.SIGKILL)
