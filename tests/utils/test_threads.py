"""The number of BLAS threads while several threads of a program fit and predict."""

import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import numpy as np
import pytest
from sklearn.datasets import load_digits
from threadpoolctl import ThreadpoolController, threadpool_info, threadpool_limits

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.utils.threads import one_thread, threads
from tests.helpers.blas_threads import blas_threads

X, Y = load_digits(return_X_y=True)
X /= 16
module = sys.modules[threads.__module__]
SMALL, LARGE = 10, 10**9  # multiplications

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def in_a_thread(function, *args):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function, *args).result()


@pytest.fixture(autouse=True, params=["set", "held"])
def two(request):
    """Two BLAS threads: set once, or held by the main thread, which then controls OpenBLAS.

    After the test, the numbers of threads must be what they were before.
    """
    before = blas_threads()
    if not before:
        pytest.skip("threadpoolctl does not know the BLAS of NumPy, such as Accelerate")
    limits = in_a_thread(threadpool_limits, 2, "blas")
    two = blas_threads()
    assert set(two.values()) == {2}
    if request.param == "set":
        yield two
    else:
        with threadpool_limits(2, user_api="blas"):
            yield two
    after = blas_threads()
    in_a_thread(limits.restore_original_limits)
    assert after == two
    assert blas_threads() == before


@pytest.fixture
def callers():
    """Three threads that call functions one at a time."""
    with ExitStack() as stack:
        pools = [stack.enter_context(ThreadPoolExecutor(1)) for _ in range(3)]
        yield [lambda f, *args, pool=pool: pool.submit(f, *args).result() for pool in pools]


def enter(n_multiplications):
    context = threads(n_multiplications)
    context.__enter__()
    return context


def leave(context):
    context.__exit__(None, None, None)


def test_small_products_run_on_one_thread_and_large_ones_on_those_of_numpy(two):
    with threads(SMALL):
        assert set(blas_threads().values()) == {1}
    assert blas_threads() == two
    with threads(LARGE):
        for package, n_threads in blas_threads().items():
            assert n_threads == (1 if "scipy" in package else 2)
    assert blas_threads() == two


ORDERS = [((SMALL, LARGE, LARGE), order) for order in ((0, 1, 2), (1, 2, 0))]
ORDERS += [(3 * (LARGE,), (1, 2, 0)), (3 * (SMALL,), (2, 1, 0))]


@pytest.mark.parametrize(("sizes", "order"), ORDERS)
def test_the_last_of_several_threads_restores_the_number(callers, two, sizes, order):
    contexts = [call(enter, size) for call, size in zip(callers, sizes, strict=True)]
    assert set(blas_threads().values()) == {1}
    first, second, last = order
    callers[first](leave, contexts[first])
    assert set(blas_threads().values()) == {1}
    callers[second](leave, contexts[second])
    assert (2 in blas_threads().values()) == (sizes[last] == LARGE)  # a large product alone
    callers[last](leave, contexts[last])
    assert blas_threads() == two


def test_a_large_product_in_the_same_thread_is_not_a_competitor():
    """Validation predicts while a fit waits for it."""
    with threads(LARGE), threads(LARGE):
        assert 2 in blas_threads().values()


def test_a_limit_of_one_thread_is_respected(callers):
    with threadpool_limits(1, user_api="blas"):
        for call in callers:
            context = call(enter, LARGE)
            assert set(blas_threads().values()) == {1}
            call(leave, context)
        assert set(blas_threads().values()) == {1}


def test_a_limit_that_ends_while_a_thread_is_inside_ends(callers, two):
    with threadpool_limits(3, user_api="blas"):
        context = callers[0](enter, SMALL)
    late = callers[1](enter, SMALL)
    assert set(blas_threads().values()) == {1}
    callers[0](leave, context)
    callers[1](leave, late)
    assert blas_threads() == two


def test_a_limit_within_the_context_is_kept_and_ends_with_it():
    with threads(SMALL):
        with threadpool_limits(3, user_api="blas"):
            assert set(blas_threads().values()) == {3}
        assert set(blas_threads().values()) == {1}


def test_libraries_are_looked_for_only_if_modules_were_imported(monkeypatch):
    made = []
    monkeypatch.setattr(
        module, "ThreadpoolController", lambda: made.append(1) or ThreadpoolController()
    )
    module._controller.cache_clear()
    for n_made in (1, 1, 2):
        if n_made == 2:
            monkeypatch.setitem(sys.modules, "a_module_with_a_library", object())
        with one_thread():
            assert {pool["num_threads"] for pool in threadpool_info()} == {1}
        assert len(made) == n_made
    module._controller.cache_clear()


def test_ctrl_c_on_the_way_in_or_out_leaves_no_limit(monkeypatch, two):
    def interrupted(*args):
        monkeypatch.undo()
        raise KeyboardInterrupt

    for method in ("enter", "leave"):
        monkeypatch.setattr(module._LIMITS[-1], method, interrupted)
        with pytest.raises(KeyboardInterrupt), threads(SMALL):
            pass
        assert blas_threads() == two


def test_a_caller_that_ctrl_c_kept_from_leaving_is_forgotten(two):
    enter(SMALL)  # and no leave: the context is deleted
    with threads(LARGE):
        assert 2 in blas_threads().values()
    assert blas_threads() == two


class PerThread(threading.local):
    """A library with a number of threads for each thread of the program: OpenBLAS with OpenMP."""

    num_threads = 4

    def set_num_threads(self, n):
        self.num_threads = n


def test_a_library_with_a_number_for_each_thread_is_limited_in_each(callers, monkeypatch):
    library = PerThread()
    limit = module._ThreadLimit(library, from_scipy=False)
    monkeypatch.setattr(module, "_LIMITS", [limit])
    first, second, third = callers
    contexts = [first(enter, SMALL), second(enter, SMALL), third(enter, LARGE)]
    assert [call(lambda: library.num_threads) for call in callers] == [1, 1, 4]
    for call, context in zip(callers, contexts, strict=True):
        call(leave, context)
        assert call(lambda: library.num_threads) == 4


# Estimators.


def net(max_iter):
    return ScratchMLPClassifier((30,), max_iter=max_iter, random_state=0, tol=0)


def test_fits_and_large_predictions_are_limited_and_single_rows_are_not(monkeypatch):
    sizes = []

    @contextmanager
    def recording(n_multiplications):
        sizes.append(n_multiplications)
        yield

    for name in ("estimators.base", "prediction"):
        monkeypatch.setattr(f"scratchmlp.{name}.threads", recording)
    X = np.random.default_rng(0).normal(size=(3000, 20))
    network = ScratchMLPRegressor(hidden_layer_sizes=(30, 40), max_iter=1, batch_size=100)
    network.fit(X, X[:, 0])
    # The check of the last step takes 200 rows.
    assert sizes == [100 * 30 * 40, 200 * 30 * 40]
    network.predict(X)
    assert sizes[2:] == [512 * 30 * 40]
    network.predict(X[:1])
    assert len(sizes) == 3


def test_threads_predict_while_other_estimators_are_fitted(two):
    fitted, expected = net(2).fit(X, Y), [net(n).fit(X, Y).theta_ for n in (10, 3)]
    probabilities = fitted.predict_proba(X)
    with ThreadPoolExecutor(6) as pool:
        fits = [pool.submit(net(n).fit, X, Y) for n in (10, 3)]
        predictions = [pool.submit(fitted.predict_proba, X) for _ in range(100)]
    assert blas_threads() == two
    for fit, reference in zip(fits, expected, strict=True):
        np.testing.assert_array_equal(fit.result().theta_, reference)
    for prediction in predictions:
        np.testing.assert_array_equal(prediction.result(), probabilities)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_process_forked_during_a_fit_in_another_thread(callers, two):
    """The child has no fit in progress: nothing limits it, and no lock stays closed."""
    expected = net(2).fit(X, Y).theta_
    context, lock = callers[0](enter, SMALL), module._LIMITS[0].lock
    callers[1](lock.acquire)  # as if another thread were entering
    child = os.fork()
    if child == 0:
        status = 1
        signal.alarm(60)  # ends a child that waits for the lock
        try:
            same = np.array_equal(net(2).fit(X, Y).theta_, expected)
            status = 0 if same and blas_threads() == two else 2
        finally:
            os._exit(status)
    callers[1](lock.release)
    callers[0](leave, context)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
