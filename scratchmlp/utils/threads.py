"""A limit on the number of threads that BLAS has while we compute."""

import os
import sys
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from scipy.linalg import blas
from threadpoolctl import ThreadpoolController

#: Number of multiplications from which a matrix product is faster with several threads.
_SHARED = 4_000_000


class threads:  # noqa: N801 (it reads like a function, as threadpool_limits does)
    """Limit the number of BLAS threads to what is fastest for the given matrix products.

    Use it in a ``with`` statement. Small products run on one thread, because synchronizing threads
    takes longer than the product itself. For large products, the BLAS of NumPy keeps its threads,
    and the BLAS of SciPy runs on one: the routines of `scratchmlp.kernels` do not become faster
    with more, and the threads of two libraries would compete for the same cores.

    Most BLAS libraries have one number of threads for the whole process. Several threads of your
    program may enter and leave this context in any order. While two or more are inside, all
    products run on one BLAS thread, and the last one to leave restores the number of threads. A
    limit that you set before, for example with ``threadpoolctl.threadpool_limits``, is respected.

    A limit that is set while a thread is inside, and that outlives it, is beyond control: other
    code sees the number 1 and takes it for the one to restore later. Then hold a
    ``threadpool_limits`` of your own around all threads.

    Parameters
    ----------
    n_multiplications : int
        Number of multiplications of the largest product: rows times inputs times outputs of a
        layer. 0 limits BLAS to one thread, as any small number does.
    """

    def __init__(self, n_multiplications: int) -> None:
        self.one_thread = n_multiplications < _SHARED

    def __enter__(self) -> None:
        self.thread = threading.get_ident()
        try:
            for limit in _LIMITS:
                limit.enter(self)
        except BaseException:  # Ctrl-C
            self.__exit__()
            raise

    def __exit__(self, *exc_info: object) -> None:
        try:
            for limit in _LIMITS:
                limit.leave(self)
        except BaseException:  # Ctrl-C: start again, since it does no harm to leave twice
            for limit in _LIMITS:
                limit.leave(self)
            raise


@contextmanager
def one_thread() -> Iterator[None]:
    """Run BLAS and OpenMP on one thread.

    Use it in a ``with`` statement, for work that other threads or processes do at the same time.
    """
    with threads(0), _controller(len(sys.modules)).limit(limits=1, user_api="openmp"):
        yield


@lru_cache(maxsize=1)
def _controller(n_modules: int) -> ThreadpoolController:
    """Return what controls OpenMP, looked for anew after imports, which may bring libraries."""
    return ThreadpoolController()


class _Limit:
    """The number of threads of one BLAS library, while callers are inside `threads`.

    The functions of threadpoolctl are not enough. Since its version 3.8, OpenBLAS obeys only the
    first thread that sets a limit, until this thread removes it. Here, any thread may set the
    limit, and another one may remove it.

    Parameters
    ----------
    library : threadpoolctl.LibController
        The library.
    from_scipy : bool
        Whether the library belongs to SciPy, so that it always runs on one thread.
    """

    def __init__(self, library: Any, *, from_scipy: bool) -> None:
        self.library = library
        self.from_scipy = from_scipy
        self.lock = threading.Lock()
        # The references are weak, because Ctrl-C may prevent the call of `threads.__exit__`.
        self.callers: list[weakref.ref[threads]] = []
        self.unlimited: int = library.num_threads
        self.ours = {self.unlimited}  # the number that was set last; while it changes, both

    def enter(self, caller: threads) -> None:
        with self.lock:
            self.callers.append(weakref.ref(caller))
            self._update()

    def leave(self, caller: threads) -> None:
        with self.lock:
            self.callers = [ref for ref in self.callers if ref() not in (None, caller)]
            self._update()

    def after_fork(self) -> None:
        """Remove what belongs to threads that do not exist in a forked process."""
        self.lock = threading.Lock()
        me = threading.get_ident()
        self.callers = [weakref.ref(c) for c in self._inside() if c.thread == me]
        self._update()

    def _update(self) -> None:
        """Set the number of threads that suits the callers, or the one of before if none is left.

        If the number is not the one that was set here, the program has changed it.
        """
        old = self.library.num_threads
        if old not in self.ours:
            self.unlimited = old
        new = 1 if self._one_thread() else self.unlimited
        if new != old:
            self.ours = {old, new}  # should Ctrl-C end this function here
            set_num_threads = self.library.set_num_threads
            # If a later threadpoolctl lacks the private method, tests/utils/test_threads.py fails.
            getattr(self.library, "_real_set_num_threads", set_num_threads)(new)
        self.ours = {new}

    def _inside(self) -> list[threads]:
        return [caller for ref in self.callers if (caller := ref()) is not None]

    def _one_thread(self) -> bool:
        callers = self._inside()
        if self.from_scipy:
            return bool(callers)
        return len({c.thread for c in callers}) > 1 or any(c.one_thread for c in callers)


class _ThreadLimit(_Limit, threading.local):
    """The limit of a library that has a number of threads for each thread of the program."""


def _blas_limits() -> list[_Limit]:
    """Return a limit for each BLAS library of the process."""
    home = Path(blas.__file__).resolve().parents[1]
    scipys = {home, home.with_name("scipy.libs")}  # where wheels store their libraries
    limits = []
    for library in ThreadpoolController().select(user_api="blas").lib_controllers:
        # According to threadpoolctl, only OpenBLAS with OpenMP has a number for each thread, and
        # not on Windows.
        is_openmp = getattr(library, "threading_layer", "") == "openmp"
        by_thread = library.internal_api == "openblas" and is_openmp and sys.platform != "win32"
        kind = _ThreadLimit if by_thread else _Limit
        from_scipy = not scipys.isdisjoint(Path(library.filepath).resolve().parents)
        limits.append(kind(library, from_scipy=from_scipy))
    return limits


_LIMITS = _blas_limits()

if hasattr(os, "register_at_fork"):  # not on Windows

    def _after_fork() -> None:
        for limit in _LIMITS:
            limit.after_fork()

    os.register_at_fork(after_in_child=_after_fork)
