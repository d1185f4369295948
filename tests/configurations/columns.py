"""Columns of tables: functions of a generator and a number of rows, and changes of a column."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from importlib.util import find_spec

import numpy as np
import pandas as pd

START = pd.Timestamp("2023-02-03")
DAY = pd.Timedelta(days=1)
MONTHS = pd.period_range("2020", periods=4, freq="M")
WORDS = ["good", "bad", "fine", "late", "early", "broken", "cheap", "slow", "kind", "loud"]


def gaps(make):
    """Make a column in which some values are missing."""

    def with_gaps(rng, n):
        column = pd.Series(make(rng, n))
        return column.where(rng.random(n) < 0.85)

    return with_gaps


def one_of(*values, dtype=object):
    """Make a column of some values."""

    def column(rng, n):
        return pd.Series([values[i] for i in rng.integers(0, len(values), n)], dtype=dtype)

    return column


def categories(make):
    return lambda rng, n: pd.Series(make(rng, n)).astype("category")


def written(make, form):
    return lambda rng, n: pd.Series([form.format(each) for each in make(rng, n)])


def some(make, *others):
    """Replace the first values of a column by others."""

    def column(rng, n):
        return pd.Series([*others, *make(rng, n)[len(others) :]][:n], dtype=object)

    return column


def normal(rng, n):
    return rng.normal(50, 9, n).round(3)


def shops(rng, n):
    return np.char.add("shop ", (rng.zipf(1.3, n) % 90).astype(str)).astype(object)


def places(rng, n):
    return [f"{'AB'[i % 2]}/{i}" for i in range(n)]


def persons(rng, n):
    return 1000 + 7 * rng.permutation(np.arange(n) // 4)


def codes(rng, n):
    return 20_000 + 7 * rng.integers(0, 30, n)


def days(rng, n):
    return START + pd.to_timedelta(rng.integers(0, 700, n), unit="D")


def moments(rng, n):
    return START + pd.to_timedelta(rng.integers(0, 700 * 86_400, n), unit="s")


def lengths(rng, n):
    return pd.to_timedelta(rng.integers(0, 99, n), unit="h")


def reviews(rng, n):
    return pd.Series([" ".join(rng.choice(WORDS, 6)) for _ in range(n)], dtype=object)


ORDINARY = {
    # Numbers.
    "numbers": normal,
    "numbers, gaps": gaps(normal),
    "skewed": lambda rng, n: rng.lognormal(10, 2, n),
    "mostly zero": lambda rng, n: rng.integers(1, 9, n) * (rng.random(n) < 0.1),
    "large": lambda rng, n: 1.7e9 + rng.integers(0, 1000, n),
    "float32": lambda rng, n: normal(rng, n).astype(np.float32),
    "integers, gaps": lambda rng, n: gaps(normal)(rng, n).round().astype("Int64"),
    "one number, gaps": gaps(one_of(3.0, dtype=float)),
    "decimals": one_of(*map(Decimal, ("1.5", "2", "3.25"))),
    "sparse": lambda rng, n: pd.Series(pd.arrays.SparseArray(rng.integers(0, 2, n) * 1.0)),
    "complex": one_of(0, 1j, dtype=complex),
    # Numbers that are written as text.
    "text of numbers": written(normal, "{}"),
    "text of whole numbers": written(lambda rng, n: rng.integers(0, 40, n), "{}"),
    "kilograms": gaps(written(normal, "{:.1f} kg")),
    "euros": written(lambda rng, n: 99 * normal(rng, n), "€ {:,.2f}"),
    "decimal commas": lambda rng, n: written(normal, "{:.2f} €")(rng, n).str.replace(".", ","),
    "two units": some(written(normal, "{:.1f} kg"), "3 lb", "4 lb"),
    "unreadable numbers": some(written(normal, "{:.1f}"), "n.a.", "about 50", None, 7),
    "numbers among text": some(written(normal, "{:.1f}"), *["odd", "even"] * 20),
    # Labels.
    "two labels": one_of("no", "yes"),
    "two labels, gaps": one_of("no", "yes", None),
    "one label, gaps": one_of("x", None),
    "labels, gaps": one_of("Oslo", "Rome", "Å", "", None),
    "mixed labels": one_of(1, "a", True, None, 2.5, dt.date(2024, 5, 6)),
    "mixed labels without gaps": one_of(1, "a", 2.5, "1"),
    "many labels": shops,
    "many labels, gaps": gaps(shops),
    "frequent labels, gaps": gaps(lambda rng, n: rng.choice(list("abcdefghijklm"), n)),
    "single labels": categories(places),
    "single labels, gaps": categories(gaps(places)),
    "one label": categories(one_of("x")),
    "labels of strings": one_of("a", "b", pd.NA, dtype="string"),
    "labels of numbers": categories(one_of(0.1, 1e9 + 1, 3)),
    "labels of booleans": categories(one_of(True, False)),
    "labels of dates": categories(days),
    "labels of zones": categories(lambda rng, n: days(rng, n).tz_localize("Asia/Tokyo")),
    "labels of durations": categories(gaps(lengths)),
    "labels of datetime.date": categories(one_of(dt.date(2020, 1, 1), dt.date(2021, 5, 6))),
    "labels of Decimal": categories(one_of(Decimal("1.5"), Decimal(2), Decimal(3), None)),
    "labels of periods": categories(one_of(*MONTHS, dtype=None)),
    "labels of intervals": categories(one_of(*pd.interval_range(0, 3), dtype=None)),
    "ordered labels": lambda rng, n: pd.Categorical(
        rng.choice(list("SML"), n), list("SMLX"), ordered=True
    ),
    "district": codes,
    "zip": codes,
    "zip, gaps": gaps(codes),
    "person": persons,
    "leading zeros": written(lambda rng, n: rng.integers(0, 30, n), "{:03}"),
    # Booleans.
    "booleans": lambda rng, n: rng.random(n) < 0.4,
    "booleans, gaps": one_of(True, False, pd.NA, dtype="boolean"),
    "booleans as text": one_of("true", "false"),
    "booleans as text, gaps": one_of("TRUE", "FALSE", None),
    # Dates.
    "days": days,
    "moments, gaps": gaps(moments),
    "zone": lambda rng, n: (
        moments(rng, n).tz_localize("America/New_York", ambiguous="NaT").as_unit("us")
    ),
    "zones": one_of(pd.Timestamp("2020", tz="UTC"), pd.Timestamp("2021", tz="Japan"), pd.NaT),
    "datetime.date": one_of(dt.date(2020, 1, 1), dt.date(2020, 8, 2), None),
    "far dates": one_of(dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31), dt.datetime(2000, 1, 1)),
    "months": lambda rng, n: pd.Series(days(rng, n).to_period("M")),
    "weeks of one month": one_of(*pd.period_range("2024-04-01", periods=4, freq="W"), dtype=None),
    "one weekday": lambda rng, n: START + 7 * DAY * rng.integers(0, 50, n),
    "compact days": lambda rng, n: days(rng, n).strftime("%Y%m%d").astype(int),
    "compact days as text": written(days, "{:%Y%m%d}"),
    "compact days, gaps": gaps(lambda rng, n: days(rng, n).strftime("%Y%m%d").astype(float)),
    "ISO days": gaps(written(days, "{:%Y-%m-%d}")),
    "ISO moments": written(moments, "{:%Y-%m-%dT%H:%M:%S}"),
    "day first": written(days, "{:%d.%m.%Y}"),
    "month first": written(moments, "{:%m/%d/%Y %I:%M %p}"),
    "unclear order": one_of("01.02.2020", "05.06.2020", "07.11.2021"),
    "named months": written(days, "{:%d %b %Y}"),
    "months as text": written(days, "{:%Y-%m}"),
    "quarters": one_of("2020Q1", "2020Q3", "2021Q4"),
    "unreadable days": some(written(days, "{:%d.%m.%Y}"), "soon", "n.a.", None),
    # Durations.
    "lengths": lengths,
    "lengths, gaps": gaps(lengths),
    "timedelta": one_of(dt.timedelta(1), dt.timedelta(hours=7), None),
    "times": written(moments, "{:%H:%M}"),
    "unreadable times": some(written(moments, "{:%H:%M}"), "noon", None),
    # Text.
    "text": reviews,
    "text, gaps": gaps(reviews),
    "long text": some(reviews, "good bad " * 700),
    "text without terms": lambda rng, n: [
        f"{chr(0x4E00 + 2 * i)} {chr(0x4E01 + 2 * i)}" for i in range(n)
    ],
    "addresses": lambda rng, n: [
        f"{each}{i}@mail.org" for i, each in enumerate(rng.choice(WORDS, n))
    ],
    # What is left out.
    "customer_id": lambda rng, n: rng.permutation(10**6)[:n],
    "customer_id, gaps": gaps(lambda rng, n: [f"C{i:05}" for i in rng.permutation(n)]),
    "keys": lambda rng, n: [f"key {i}" for i in rng.permutation(n)],
    "Unnamed: 0": lambda rng, n: np.arange(n),
    "one number": one_of(3.0, dtype=float),
    "one text": one_of("x"),
    "nothing": one_of(np.nan, dtype=float),
    "no text": one_of(None),
}


# Of unusual dtypes and values.

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


def categorical(values, *, ordered=False, unused=()):
    """Make a categorical column with missing values, and categories that no row has."""
    dtype = pd.CategoricalDtype([*values, *unused], ordered=ordered)
    return lambda rng, n: pd.Series(
        pd.Categorical.from_codes(rng.integers(-1, len(values), n), dtype=dtype)
    )


def dates(unit, zone=None):
    """Make a column of dates of a resolution."""
    moments = pd.Series(pd.to_datetime(DATES, format="ISO8601")).dt.as_unit(unit)
    return one_of(*moments.dt.tz_localize(zone), pd.NaT, dtype=moments.dt.tz_localize(zone).dtype)


EXTREME = {
    "float64": one_of(*NUMBERS, dtype="float64"),
    "float32 of any size": one_of(0, 1, 2.5, -3e38, dtype="float32"),
    "float16": one_of(0, 1, 2.5, 6e4, dtype="float16"),
    "int64": one_of(0, 1, 2**63 - 1, -(2**63), dtype="int64"),
    "int8": one_of(*INTEGERS, dtype="int8"),
    "uint64": one_of(0, 1, 2**64 - 1, dtype="uint64"),
    "Int64": one_of(*INTEGERS, pd.NA, dtype="Int64"),
    "UInt8": one_of(*INTEGERS, pd.NA, dtype="UInt8"),
    "Float32": one_of(0, 1, 2.5, pd.NA, dtype="Float32"),
    "Float64": one_of(*NUMBERS, pd.NA, dtype="Float64"),
    "str": one_of(*TEXT, np.nan, dtype="str"),
    "string": one_of(*TEXT, pd.NA, dtype=pd.StringDtype("python")),
    "any text": one_of(*TEXT, "\ud800", np.nan),
    "ISO": one_of(*DATES),
    "ISO with others": one_of(*DATES, "x", pd.NA),
    "unused category": categorical("abc", unused="d"),
    "ordered numbers": categorical([3, 1, 2], ordered=True, unused=[7]),
    "infinite categories": categorical([0.5, np.inf, 1e300]),
    "mixed categories": categorical([1, "a", 2.5]),
    "no category": lambda rng, n: pd.Series(pd.Categorical([None] * n)),
    "intervals": lambda rng, n: pd.Series(pd.interval_range(rng.normal(), periods=n)),
    "weeks": one_of("2020-01-06", "2020-01-13", pd.NaT, dtype="period[W]"),
    "dates in s": dates("s"),
    "dates in ms, UTC": dates("ms", "UTC"),
    "dates in us, New York": dates("us", "America/New_York"),
    "durations in s": lambda rng, n: gaps(lengths)(rng, n).dt.as_unit("s"),
    "sparse integers": lambda rng, n: pd.Series(pd.arrays.SparseArray(rng.integers(0, 3, n))),
    "objects": one_of(*MIXED),
    "unusual objects": one_of(*UNUSUAL),
    "large integers": one_of(1, 2, 2**70, None),
    "undefined decimals": one_of(Decimal("1.5"), Decimal(2), Decimal("nan")),
    "far days": one_of(dt.date(2020, 1, 1), dt.date(1, 1, 1), pd.NaT),
    "times of day": one_of(dt.time(1), dt.time(2)),
    "no integer": one_of(pd.NA, dtype="Int64"),
    "infinite": one_of(0.0, np.inf, dtype="float64"),
}
#: Columns that the encoder refuses, always or by default.
REFUSED = ["complex", "unusual objects", "infinite"]
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
    EXTREME |= {
        f"arrow {name}": one_of(*values, pd.NA, dtype=pd.ArrowDtype(kind))
        for name, (kind, values) in ARROW.items()
    }
    REFUSED += ["arrow list", "arrow struct", "arrow float64"]
    EXTREME["arrow str"] = one_of(*TEXT, pd.NA, dtype=pd.StringDtype("pyarrow"))

COLUMNS = ORDINARY | EXTREME

#: The others.
ACCEPTED = [name for name in COLUMNS if name not in REFUSED]


def table_of(names, n_rows=200, seed=0):
    """Make a table of columns."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame({name: COLUMNS[name](rng, n_rows) for name in names})


# Changes of a column between fit and transform.


def unseen(column):
    return [f"unseen {i % 3}" for i in range(len(column))]


def partly_unseen(column):
    return column.astype(object).where(np.arange(len(column)) % 3 > 0, "unseen")


def emptied(column):
    return np.full(len(column), np.nan)


def partly_empty(column):
    return column.astype(object).where(np.arange(len(column)) % 3 > 0, None)


def as_object(column):
    return column.astype(object)


def as_text(column):
    return column.astype(str)


def as_category(column):
    return column.astype("category")


def as_numbers(column):
    return pd.to_numeric(column, errors="coerce")


def as_dates(column):
    return START + DAY * np.arange(len(column))


def as_durations(column):
    return DAY * np.arange(len(column))


def numbered(column):
    return np.arange(len(column)) % 9


def infinite(column):
    return np.where(np.arange(len(column)) % 2, np.inf, 1e301)


def lists(column):
    return [[1]] * len(column)


ORDINARY_CHANGES = (partly_empty, as_object, as_category, emptied, partly_unseen, as_text)
ORDINARY_CHANGES += (as_numbers,)
EXTREME_CHANGES = (unseen, as_dates, as_durations, numbered, infinite, lists)
CHANGES = ORDINARY_CHANGES + EXTREME_CHANGES
