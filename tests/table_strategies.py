"""Hypothesis strategies: tables with columns of every kind, and ways to split their rows."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from importlib.util import find_spec

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from sklearn.model_selection import (
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    LeaveOneOut,
    PredefinedSplit,
    RepeatedKFold,
    ShuffleSplit,
    StratifiedKFold,
    TimeSeriesSplit,
)
from strategies import SEED

NUMBERS = [0, 1, -1, 2.5, 1e-300, 1e300, -7e18, 3, 100, 5e-324]
INTEGERS = [0, 1, 2, 3, 100, 127]
DATES = ["2020-01-01", "1970-01-01T12:30", "2024-02-29", "1999-12-31T23:59:59.999999"]
TEXT = ["a", "b", "", "ä", "2020-01-01", "2020-13-45", "1", "1.5", "nan", "\x00", "x" * 300]
MIXED = [
    *(1, "a", None, 2.5, True, np.nan, pd.NA, pd.NaT, b"bytes", (1, 2), Decimal("1.5"), 1j),
    *(Fraction(1, 3), dt.date(2020, 1, 1), dt.timedelta(1), pd.Timestamp("2020", tz="Japan")),
    *(pd.Timestamp("2020"), pd.Interval(0, 1), pd.Period("2020"), frozenset([1]), "\ud800"),
    *(np.float32(0.5), np.str_("b"), 10**30, -(2**63), 2**64 - 1, float, dt.time(1), np.int8(1)),
]
UNUSUAL = [*MIXED, [1], {"a": 1}, np.ones(2), 10**400, np.inf, Decimal("nan"), Decimal("inf")]


def of_dtype(values, dtype):
    """Return a function that makes columns of a dtype from some of the values."""
    return lambda rng, n: pd.Series(
        [values[i] for i in rng.integers(0, len(values), n)], dtype=dtype
    )


def _categories(values, *, ordered=False, unused=()):
    categories = pd.Index([*values, *unused])

    def column(rng, n):
        codes = rng.integers(-1, len(values), n)
        return pd.Series(pd.Categorical.from_codes(codes, categories, ordered=ordered))

    return column


def _dates(unit, zone=None, missing=True):
    def column(rng, n):
        chosen = [DATES[i] for i in rng.integers(0, len(DATES), n)]
        dates = pd.Series(pd.to_datetime(chosen, format="ISO8601")).dt.as_unit(unit)
        dates = dates if zone is None else dates.dt.tz_localize(zone)
        return dates.where(rng.random(n) < 0.75) if missing else dates

    return column


def _intervals(rng, n):
    return pd.Series(pd.arrays.IntervalArray.from_breaks(np.sort(rng.normal(size=n + 1))))


def _durations(unit):
    def column(rng, n):
        days = pd.Series(pd.to_timedelta(rng.normal(size=n), unit="D")).dt.as_unit(unit)
        return days.where(rng.random(n) < 0.75)

    return column


COLUMNS = {
    "float64": of_dtype(NUMBERS, "float64"),
    "normal": lambda rng, n: pd.Series(rng.normal(size=n)),
    "float32": of_dtype([0, 1, 2.5, -3e38], "float32"),
    "float16": of_dtype([0, 1, 2.5, 6e4], "float16"),
    "missing": of_dtype([0, 1, 2.5, np.nan], "float64"),
    "int64": of_dtype([0, 1, 2**63 - 1, -(2**63)], "int64"),
    "int8": of_dtype(INTEGERS, "int8"),
    "uint64": of_dtype([0, 1, 2**64 - 1], "uint64"),
    "bool": of_dtype([True, False], "bool"),
    "Int64": of_dtype([*INTEGERS, pd.NA], "Int64"),
    "UInt8": of_dtype([*INTEGERS, pd.NA], "UInt8"),
    "Float32": of_dtype([0, 1, 2.5, pd.NA], "Float32"),
    "Float64": of_dtype([*NUMBERS, pd.NA], "Float64"),
    "boolean": of_dtype([True, False, pd.NA], "boolean"),
    "str": of_dtype([*TEXT, np.nan], "str"),
    "string": of_dtype([*TEXT, pd.NA], pd.StringDtype("python")),
    "text": of_dtype([*TEXT, "\ud800", np.nan], object),
    "iso": of_dtype(DATES, object),
    "iso with others": of_dtype([*DATES, "x", pd.NA], object),
    "category": _categories(["a", "b", "c"], unused=["d"]),
    "ordered": _categories([3, 1, 2], ordered=True, unused=[7]),
    "dates as categories": _categories(list(pd.to_datetime(["2020", "2021"]))),
    "intervals as categories": _categories(list(pd.interval_range(0, 3))),
    "booleans as categories": _categories([True, False]),
    "floats as categories": _categories([0.5, np.inf, 1e300]),
    "mixed categories": _categories([1, "a", 2.5]),
    "interval": _intervals,
    "period": lambda rng, n: pd.Series(pd.period_range("2020", periods=n, freq="M")),
    "week": of_dtype(["2020-01-06", "2020-01-13", pd.NaT], "period[W]"),
    "date": _dates("ns"),
    "second": _dates("s", missing=False),
    "zone": _dates("us", zone="America/New_York"),
    "UTC": _dates("ms", zone="UTC"),
    "timedelta": _durations("ns"),
    "timedelta in s": _durations("s"),
    "complex": of_dtype([0, 1j], "complex128"),
    "sparse": lambda rng, n: pd.Series(pd.arrays.SparseArray(rng.integers(0, 2, n) * 1.0)),
    "sparse integers": lambda rng, n: pd.Series(pd.arrays.SparseArray(rng.integers(0, 3, n))),
    "object": of_dtype(MIXED, object),
    "unusual": of_dtype(UNUSUAL, object),
    "integers as objects": of_dtype([1, 2, 2**70, None], object),
    "decimals": of_dtype([Decimal("1.5"), Decimal(2), Decimal("nan")], object),
    "days as objects": of_dtype([dt.date(2020, 1, 1), dt.date(1, 1, 1), pd.NaT], object),
    "times": of_dtype([dt.time(1), dt.time(2)], object),
    "zones as objects": of_dtype(
        [pd.Timestamp("2020", tz="UTC"), pd.Timestamp("2021", tz="Japan"), pd.NaT], object
    ),
    "far dates": of_dtype([dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31)], object),
    "all missing": lambda rng, n: pd.Series([np.nan] * n),
    "all None": lambda rng, n: pd.Series([None] * n, dtype=object),
    "all NA": lambda rng, n: pd.Series([pd.NA] * n, dtype="Int64"),
    "no category": lambda rng, n: pd.Series(pd.Categorical([None] * n)),
    "constant": lambda rng, n: pd.Series([3.0] * n),
    "key": lambda rng, n: pd.Series([f"key {i}" for i in rng.permutation(n)]),
    "infinite": of_dtype([0.0, np.inf], "float64"),
}
if find_spec("pyarrow"):
    import pyarrow as pa

    ARROW = {
        "int64": (pa.int64(), INTEGERS),
        "uint8": (pa.uint8(), INTEGERS),
        "float32": (pa.float32(), [0.5, 1.0]),
        "float64": (pa.float64(), [0.5, np.nan, np.inf]),
        "bool": (pa.bool_(), [True, False]),
        "string": (pa.string(), TEXT),
        "large_string": (pa.large_string(), TEXT),
        "binary": (pa.binary(), [b"a", b""]),
        "date32": (pa.date32(), [dt.date(2020, 1, 1), dt.date(1, 1, 1)]),
        "date64": (pa.date64(), [dt.date(2020, 1, 1)]),
        "timestamp": (pa.timestamp("us"), [dt.datetime(2020, 1, 1), dt.datetime(9999, 12, 31)]),
        "zone": (pa.timestamp("ns", "Japan"), [pd.Timestamp("2020", tz="Japan")]),
        "duration": (pa.duration("s"), [dt.timedelta(1), dt.timedelta(-1)]),
        "time": (pa.time64("us"), [dt.time(1), dt.time(2)]),
        "decimal": (pa.decimal128(5, 2), [Decimal("1.5"), Decimal("-2.25")]),
        "list": (pa.list_(pa.int64()), [[1], []]),
        "struct": (pa.struct([("a", pa.int64())]), [{"a": 1}]),
        "null": (pa.null(), [None]),
        "dictionary": (pa.dictionary(pa.int8(), pa.string()), ["a", "b"]),
    }
    COLUMNS |= {
        f"arrow {name}": of_dtype([*values, pd.NA], pd.ArrowDtype(kind))
        for name, (kind, values) in ARROW.items()
    }
    COLUMNS["arrow str"] = of_dtype([*TEXT, pd.NA], pd.StringDtype("pyarrow"))

#: Kinds of columns that the encoder refuses, always or by default.
REFUSED = [
    name
    for name in ("complex", "unusual", "infinite", "arrow list", "arrow struct", "arrow float64")
    if name in COLUMNS
]

NAMES = ["a", "b", "a_b", "b_missing", "ä", "", " ", "a\nb", "x0", "\x00"]
ODD_NAMES = [*NAMES, 1, 0, None, np.nan, ("a", 1), 2.5, True, pd.Timestamp("2020"), "\ud800"]


@st.composite
def names(draw, n):
    kind = draw(st.sampled_from(["text"] * 6 + ["odd", "repeated", "range", "levels"]))
    if kind == "range":
        return pd.RangeIndex(n)
    if kind == "levels":
        return pd.MultiIndex.from_tuples([("a", i) for i in range(n)])
    if kind == "repeated":
        return ["a"] * n
    chosen = st.sampled_from(NAMES if kind == "text" else ODD_NAMES)
    drawn = draw(st.lists(chosen, min_size=n, max_size=n, unique_by=repr))
    return drawn if kind == "text" else pd.Index(drawn, dtype=object, tupleize_cols=False)


@st.composite
def indexes(draw, n):
    return draw(
        st.sampled_from(
            [
                pd.RangeIndex(n),
                pd.Index(np.arange(n)[::-1]),
                pd.Index(["same"] * n),
                pd.Index([np.nan] * n),
                pd.date_range("2020", periods=n),
                pd.MultiIndex.from_tuples([(i, "a") for i in range(n)], names=["a", None]),
            ]
        )
    )


#: Kinds of columns that an encoder accepts; of the others, some tables have one.
ORDINARY = [name for name in COLUMNS if name not in REFUSED]


@st.composite
def headers(draw, at_most=4):
    """Draw the kinds and the names of the columns of a table."""
    kinds = draw(st.lists(st.sampled_from(ORDINARY), min_size=1, max_size=at_most))
    if draw(st.integers(0, 9)) == 9:
        kinds[0] = draw(st.sampled_from(REFUSED))
    return kinds, draw(names(len(kinds)))


def _as_polars(frame):
    import polars as pl

    if any(dtype.kind == "O" for dtype in frame.dtypes):  # polars panics on some objects
        return frame
    table = pl.DataFrame(
        {
            str(name): column.astype(object).where(column.notna(), None).tolist()
            for name, column in frame.items()
        }
    )
    return frame if pl.Object in table.dtypes else table  # polars cannot pickle objects


def _as_arrow(frame):
    import pyarrow as pa

    table = pa.Table.from_pandas(frame, preserve_index=False)
    for column in table.columns:
        if pa.types.is_dictionary(column.type) and column.null_count == len(column):
            return frame  # pyarrow cannot convert a dictionary without values to NumPy
    return table


CONTAINERS = [
    *[lambda frame: frame] * 8,
    lambda frame: frame.to_numpy(dtype=object),
    lambda frame: frame.astype(object).to_numpy().tolist(),
    _as_polars,
    _as_arrow,
]


@st.composite
def tables(draw, n_rows, kinds, columns):
    """Draw a table with columns of the given kinds."""
    rng = np.random.default_rng(draw(SEED))
    frame = pd.concat([COLUMNS[kind](rng, n_rows) for kind in kinds], axis=1)
    return frame.set_axis(columns, axis=1).set_axis(draw(indexes(n_rows)), axis=0)


@st.composite
def containers(draw):
    """Draw a function that turns a pandas frame into what users may pass instead."""
    convert = draw(st.sampled_from(CONTAINERS))

    def container(frame):
        try:
            return convert(frame)
        except Exception:  # the library cannot hold such a table, or is not installed
            return frame

    return container


# Splits of the rows.


def _masks(n):
    held_out = np.arange(n) % 2 == 0
    return [(~held_out, held_out), (held_out, ~held_out)]


def _overlapping(n):
    return [(np.arange(n), np.arange(n)), (np.arange(n)[1:], np.arange(n)[-2:])]


#: Functions of the number of rows that return a value of `cv`.
SPLITS = {
    "2": lambda n: 2,
    "3": lambda n: 3,
    "100": lambda n: 100,
    "KFold": lambda n: KFold(2),
    "StratifiedKFold": lambda n: StratifiedKFold(2),
    "RepeatedKFold": lambda n: RepeatedKFold(n_splits=2, n_repeats=2, random_state=0),
    "ShuffleSplit": lambda n: ShuffleSplit(2, test_size=0.4, random_state=0),
    "one ShuffleSplit": lambda n: ShuffleSplit(1, test_size=1, random_state=0),
    "LeaveOneOut": lambda n: LeaveOneOut() if n < 5 else 2,
    "TimeSeriesSplit": lambda n: TimeSeriesSplit(2),
    "PredefinedSplit": lambda n: PredefinedSplit(np.arange(n) % 3 - 1),
    "GroupKFold": lambda n: GroupKFold(2),
    "GroupShuffleSplit": lambda n: GroupShuffleSplit(2, random_state=0),
    "list": lambda n: list(KFold(2).split(np.empty(n))) if n > 1 else [],
    "generator": lambda n: KFold(2).split(np.empty(max(n, 2))),
    "one split": lambda n: [(range(n // 2), range(n // 2, n))],
    "masks": _masks,
    "lists of booleans": lambda n: [(a.tolist(), b.tolist()) for a, b in _masks(n)],
    "overlapping": _overlapping,
    "negative": lambda n: [([0, -1], [-2, 1])],
    "repeated rows": lambda n: [([0, 0, 0, 1], [1, 1])],
    "none": lambda n: [],
    "empty part": lambda n: [(np.arange(n), [])],
    "beyond the rows": lambda n: [([0], [n])],
    "floats": lambda n: [([0.0], [1.0])],
    "text": lambda n: [(["a"], ["b"])],
    "three parts": lambda n: [([0], [1], [2])],
    "numbers": lambda n: [0, 1],
    "0": lambda n: 0,
    "1": lambda n: 1,
}
GROUPS = [
    *[lambda n: None] * 3,
    lambda n: np.arange(n) % 3,
    lambda n: [f"g{i % 2}" for i in range(n)],
    lambda n: np.zeros(n),
    lambda n: np.where(np.arange(n) % 2, np.nan, 1.0),
    lambda n: pd.Series(pd.Categorical(["a", "b"] * n)[:n]),
    lambda n: np.array([1, "a", (1, 2)] * n, dtype=object)[:n],
    lambda n: np.arange(2 * n).reshape(n, 2),
    lambda n: [0],
]
