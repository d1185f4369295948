"""The headers of stored arrays, which are checked before memory is taken."""

import io
import math
import warnings
from typing import Any

import numpy as np
from numpy.lib import format as npy

from scratchmlp.io.errors import ContentError, require

_READERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
#: Kinds of numbers, text, dates and structures of these.
_KINDS = "biufcSUmMV"


def array_shape(content: bytes) -> tuple[int, ...]:
    """Return the shape of an array in NumPy's file format.

    Parameters
    ----------
    content : bytes
        The whole file.

    Returns
    -------
    tuple of int
        The shape that the header states.

    Raises
    ------
    ContentError
        If the header cannot be read, holds objects of Python, or announces another size than that
        of the file.
    """
    file = io.BytesIO(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            shape, _, dtype = _READERS[npy.read_magic(file)](file)
    except Exception as error:  # a damaged header can raise any type
        raise ContentError("the header of an array cannot be read.") from error
    known = dtype.kind in _KINDS and not dtype.hasobject and dtype.itemsize > 0
    empty_text = dtype.kind in "SU" and dtype.itemsize == 0
    require(known or empty_text, f"an array holds {dtype!s:.80}.")
    n_bytes = math.prod(shape) * dtype.itemsize
    valid = all(type(n) is int and 0 <= n < 2**48 for n in shape) and len(shape) <= 8
    require(
        valid and n_bytes == len(content) - file.tell() and (n_bytes or math.prod(shape) < 2**16),
        f"an array announces the shape {shape!s:.80} and has {len(content) - file.tell():,} bytes.",
    )
    return tuple(int(n) for n in shape)


def is_number(value: Any) -> bool:
    """Return whether a value is a number, and neither a boolean nor NaN nor infinite."""
    numeric = isinstance(value, int | float | np.integer | np.floating)
    return numeric and not isinstance(value, bool) and bool(np.isfinite(value))
