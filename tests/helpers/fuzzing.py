"""What may happen when an estimator meets parameters and data that nobody has chosen.

A call returns something, or it raises one of `ERRORS` with a message that this package or
scikit-learn has written. It emits no warning of NumPy or pandas, and it changes no input.
"""

import linecache
import pickle
import traceback
import warnings
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import sklearn
from hypothesis import settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse import issparse
from sklearn.exceptions import NotFittedError

import scratchmlp

ERRORS = (ValueError, TypeError, NotFittedError, FloatingPointError)
OURS = str(Path(scratchmlp.__file__).parent)
SCIKIT_LEARN = str(Path(sklearn.__file__).parent)


def examples(n):
    """Return settings for `n` examples, or for as many times more as the profile has."""
    return settings(max_examples=n * settings().max_examples // 50)


@st.composite
def drawn(draw, make, *args, **kwargs):
    """Draw what a function of `configurations` makes from what it chooses."""
    return make(lambda options: draw(st.sampled_from(options)), *args, **kwargs)


@contextmanager
def allowed(*inputs):
    """Catch an error that a call may raise, and yield an object that keeps it as `error`.

    Fail if the block raises another error, if it emits a warning that only this package or
    scikit-learn should decide on, or if it changes the inputs.
    """
    before, outcome = fingerprint(inputs), SimpleNamespace(error=None)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = noted = _Warnings()
        try:
            yield outcome
        except ERRORS as error:
            outcome.error = error
    assert not noted.leaked, noted.leaked
    if outcome.error:
        check_author(outcome.error)
    else:
        assert not noted.of_checks, noted.of_checks
    assert fingerprint(inputs) == before, "the call has changed its inputs"


class _Warnings:
    """Take the place of `warnings.showwarning`, and keep the warnings that should not occur.

    `of_checks` are NumPy's warnings in scikit-learn's checks of data. These add up the values, for
    instance inf and -inf, or cast them before they raise an error. So such a warning is accepted if
    an error follows.
    """

    def __init__(self):
        self.leaked, self.of_checks = [], []

    def __call__(self, message, category, *_):
        frames = [
            f for f in traceback.extract_stack()[:-1] if Path(f.filename).name != "warnings.py"
        ]
        last = [f for f in frames if f.filename.startswith((OURS, SCIKIT_LEARN))][-1]
        if issubclass(category, UserWarning) and frames[-1] is last:
            return
        checks = category is RuntimeWarning and last.filename.startswith(f"{SCIKIT_LEARN}/utils")
        text = f"{category.__name__}: {message} ({last.filename}:{last.lineno})"
        (self.of_checks if checks else self.leaked).append(text)


def check_author(error):
    """Check that this package or scikit-learn has written the message of an error.

    An error of another library is raised in its frames or, without a frame, by compiled code. So
    our own last frame must be the last one, and stand at a `raise` statement. scikit-learn's checks
    convert data, so an error in or below one of its frames is a message about the user's data.
    """
    assert not isinstance(error, UnicodeError), error
    frames = traceback.extract_tb(error.__traceback__)
    known = [frame for frame in frames if frame.filename.startswith((OURS, SCIKIT_LEARN))]
    if known[-1].filename.startswith(OURS):
        line = linecache.getline(known[-1].filename, known[-1].lineno).strip()
        assert known[-1] is frames[-1], f"{frames[-1]}: {error!r}"
        assert line.split()[0] == "raise", f"{line}: {error!r}"


def fingerprint(value):
    """Return something that is equal for equal inputs of the same memory layout."""
    if isinstance(value, tuple | list):
        return [type(value), *map(fingerprint, value)]
    if issparse(value):
        names = ("data", "indices", "indptr", "row", "col", "offsets")
        parts = [getattr(value, name) for name in names if hasattr(value, name)]
        return [type(value), value.shape, fingerprint(parts)]
    if isinstance(value, np.ndarray):
        return [value.strides, str(value.flags), pickle.dumps(value)]
    if isinstance(value, pd.DataFrame):  # its pickle also holds caches
        columns = [(str(column.dtype), repr(column.tolist())) for _, column in value.items()]
        return [repr(value.columns.tolist()), repr(value.index.tolist()), columns]
    return repr(value)


def state(estimator):
    """Return the attributes that a failed fit must not change.

    The parameters `cv` and `random_state` may be objects of the user that a fit uses up.
    """
    kept = {k: v for k, v in vars(estimator).items() if k not in ("cv", "random_state")}
    return {name: pickle.dumps(value) for name, value in kept.items()}


def same(a, b):
    """Return whether two predictions, dense or sparse, are equal bit for bit."""
    if issparse(a):
        return issparse(b) and (a != b).nnz == 0
    return a.dtype == b.dtype and np.array_equal(a, b)


def check_call(estimator, method, arguments, inputs):
    """Call a method that fits; return whether it succeeded. If not, nothing may have changed."""
    before = state(estimator)
    with allowed(*inputs) as call:
        getattr(estimator, method)(**arguments)
    assert not call.error or state(estimator) == before
    return not call.error


def check_fit(estimator, **arguments):
    return check_call(estimator, "fit", arguments, arguments.values())


# What is no parameter and no data, or only by accident. Not among them are functions, which may
# raise what they like, and integers beyond float64: Python itself says that they are too large.

JUNK = [
    *(None, True, 0, -1, 2, 0.5, np.nan, np.inf, -np.inf, 1e-320, 1j),
    *("", "no such name", (), [], {}, set(), object()),
    *((None,), (-1,), (0.5, "relu"), [[2]], np.float32(0.5), np.int8(3), np.array(2), np.ones(2)),
    *({0: "a"}, {None: 1}, {"a": np.nan}, [{0: 1}], np.ones((2, 2)), pd.NA, pd.NaT, Fraction(1, 2)),
]
DATA = [
    *(None, 3, "text", [], [[]], [[1], [1, 2]], {}, {"a": [1]}, {1, 2}, object(), range(2)),
    *(np.zeros((2, 2, 2)), np.array(1.0), np.zeros((0, 2)), np.zeros((2, 0)), [[1j], [2]]),
    *([[None], [1]], [["a"], [1]], [["1"], ["2"]], [[Fraction(1, 2)], [2]]),
    *([[np.nan], [1]], [[np.inf], [1]], [[1, 2], [3, 4]], [[True], [False]], ["a", "b"], [0, 1]),
    *([0.5, 1.5], [None, 1], [b"a", b"b"], [np.nan, 1.0], ["a", 1], [(0, 1), (1,)], [True, False]),
    *(np.array(["2020", "2021"], "M8[D]"), np.array([1, 2], "m8[s]"), np.ones(2, "f4,i4")),
    *(np.ma.masked_array([[1.0], [2]], [[True], [False]]), np.longdouble([[1], [2]])),
    *(np.array(["a", "b"], "S"), pd.Series([1, None], dtype="Int64"), pd.Series(["a", "b"])),
    *(pd.Categorical(["a", "b"]), pd.DataFrame({"a": [1, 2], 3: [1, 2]}), pd.Index([1, 2])),
    *(pd.DataFrame([[1, 2], [3, 4]], columns=["a", "a"]), pd.DataFrame({"a": ["x", None]})),
    *(pd.DataFrame({"a": pd.Series([1, None], dtype="Int64")}), pd.interval_range(0, 2)),
    *(sparse.csr_array([[1, 0], [0, np.nan]]), sparse.csr_array([[1, 0], [0, 1]], dtype=complex)),
    *(sparse.csr_array((2, 2)), sparse.coo_array([1, 2]), sparse.csr_array([[1], [0]], dtype=bool)),
]
