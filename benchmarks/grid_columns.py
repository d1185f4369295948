"""Columns of every kind, and what reads fitted ones, for `same_numbers.py`."""

import datetime as dt
import pickle
import tempfile
from collections.abc import Callable
from decimal import Decimal
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from grid import Configurations, Outputs, label

from scratchmlp.io import load, save, to_onnx
from scratchmlp.tabular import TabularEncoder

Column = pd.Series
Make = Callable[[np.random.Generator, int], Any]

N_ROWS = 200
START = pd.Timestamp("2023-02-03")
DAY = pd.Timedelta(days=1)
MIXED = [1, "a", True, None, 2.5, dt.date(2024, 5, 6)]
WORDS = ["good", "bad", "fine", "late", "early", "broken", "cheap", "slow", "kind", "loud"]


# Columns: functions of a generator and a number of rows.


def gaps(make: Make) -> Make:
    """Make a column in which some values are missing."""

    def with_gaps(rng: np.random.Generator, n_rows: int) -> Column:
        column = pd.Series(make(rng, n_rows))
        return column.where(rng.random(n_rows) < 0.85)

    return with_gaps


def one_of(*values: Any, dtype: Any = object) -> Make:
    """Make a column of some values."""

    def column(rng: np.random.Generator, n_rows: int) -> Column:
        return pd.Series([values[i] for i in rng.integers(0, len(values), n_rows)], dtype=dtype)

    return column


def categories(make: Make) -> Make:
    """Make a column of the dtype category."""
    return lambda rng, n_rows: pd.Series(make(rng, n_rows)).astype("category")


def written(make: Make, form: str) -> Make:
    """Write the values of a column as text."""
    return lambda rng, n_rows: pd.Series([form.format(each) for each in make(rng, n_rows)])


def some(make: Make, *others: Any) -> Make:
    """Replace the first values by others."""

    def column(rng: np.random.Generator, n_rows: int) -> Column:
        return pd.Series([*others, *make(rng, n_rows)[len(others) :]][:n_rows], dtype=object)

    return column


def normal(rng: np.random.Generator, n_rows: int) -> Any:
    """Draw numbers with three decimal places."""
    return rng.normal(50, 9, n_rows).round(3)


def shops(rng: np.random.Generator, n_rows: int) -> Any:
    """Draw labels, of which a few are frequent and many are rare."""
    return np.char.add("shop ", (rng.zipf(1.3, n_rows) % 90).astype(str)).astype(object)


def days(rng: np.random.Generator, n_rows: int) -> Any:
    """Draw days."""
    return START + pd.to_timedelta(rng.integers(0, 700, n_rows), unit="D")


def moments(rng: np.random.Generator, n_rows: int) -> Any:
    """Draw days with a time."""
    return START + pd.to_timedelta(rng.integers(0, 700 * 86_400, n_rows), unit="s")


def lengths(rng: np.random.Generator, n_rows: int) -> Any:
    """Draw durations."""
    return pd.to_timedelta(rng.integers(0, 99, n_rows), unit="h")


def reviews(rng: np.random.Generator, n_rows: int) -> Any:
    """Draw sentences."""
    return pd.Series([" ".join(rng.choice(WORDS, 6)) for _ in range(n_rows)], dtype=object)


COLUMNS: dict[str, Make] = {
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
    "numbers among text": lambda rng, n: some(written(normal, "{:.1f}"), *["odd", "even"] * 20)(
        rng, n
    ),
    # Labels.
    "two labels": one_of("no", "yes"),
    "two labels, gaps": one_of("no", "yes", None),
    "one label, gaps": one_of("x", None),
    "labels, gaps": one_of("Oslo", "Rome", "Å", "", None),
    "mixed labels": one_of(*MIXED),
    "mixed labels without gaps": one_of(1, "a", 2.5, "1"),
    "many labels": shops,
    "many labels, gaps": gaps(shops),
    "frequent labels, gaps": gaps(lambda rng, n: rng.choice(list("abcdefghijklm"), n)),
    "single labels": categories(lambda rng, n: [f"{'AB'[i % 2]}/{i}" for i in range(n)]),
    "single labels, gaps": categories(
        gaps(lambda rng, n: [f"{'AB'[i % 2]}/{i}" for i in range(n)])
    ),
    "one label": categories(one_of("x")),
    "labels of strings": one_of("a", "b", pd.NA, dtype="string"),
    "labels of numbers": categories(one_of(0.1, 1e9 + 1, 3)),
    "labels of booleans": categories(one_of(True, False)),
    "labels of dates": categories(days),
    "labels of zones": categories(lambda rng, n: days(rng, n).tz_localize("Asia/Tokyo")),
    "labels of durations": categories(gaps(lengths)),
    "labels of datetime.date": categories(one_of(dt.date(2020, 1, 1), dt.date(2021, 5, 6))),
    "labels of Decimal": categories(one_of(Decimal("1.5"), Decimal(2), Decimal(3), None)),
    "labels of periods": categories(
        one_of(*pd.period_range("2020", periods=4, freq="M"), dtype=None)
    ),
    "labels of intervals": categories(one_of(*pd.interval_range(0, 3), dtype=None)),
    "ordered labels": lambda rng, n: pd.Categorical(
        rng.choice(list("SML"), n), list("SMLX"), ordered=True
    ),
    "district": lambda rng, n: 20_000 + 7 * rng.integers(0, 30, n),
    "zip": lambda rng, n: 20_000 + 7 * rng.integers(0, 30, n),
    "zip, gaps": gaps(lambda rng, n: 20_000 + 7 * rng.integers(0, 30, n)),
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
    "zones": one_of(
        pd.Timestamp("2020", tz="UTC"),
        pd.Timestamp("2021-03-04", tz="Japan"),
        pd.NaT,
    ),
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


def table_of(names: Any, n_rows: int = N_ROWS, seed: int = 0) -> pd.DataFrame:
    """Make a table of columns."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame({name: COLUMNS[name](rng, n_rows) for name in names})


# Changes of a column before transform.


def unseen(column: Column) -> Any:
    """Return three labels that no column holds."""
    return [f"unseen {i % 3}" for i in range(len(column))]


def partly_unseen(column: Column) -> Any:
    """Replace every third value by such a label."""
    return column.astype(object).where(np.arange(len(column)) % 3 > 0, "unseen")


def emptied(column: Column) -> Any:
    """Return missing values."""
    return np.full(len(column), np.nan)


def partly_empty(column: Column) -> Any:
    """Remove every third value."""
    return column.astype(object).where(np.arange(len(column)) % 3 > 0, None)


def as_object(column: Column) -> Any:
    """Hold the same values as objects."""
    return column.astype(object)


def as_text(column: Column) -> Any:
    """Write all values as text."""
    return column.astype(str)


def as_category(column: Column) -> Any:
    """Hold the same values as categories."""
    return column.astype("category")


def as_numbers(column: Column) -> Any:
    """Keep numbers alone."""
    return pd.to_numeric(column, errors="coerce")


def as_dates(column: Column) -> Any:
    """Return dates."""
    return START + DAY * np.arange(len(column))


def as_durations(column: Column) -> Any:
    """Return durations."""
    return DAY * np.arange(len(column))


def numbered(column: Column) -> Any:
    """Return whole numbers."""
    return np.arange(len(column)) % 9


def infinite(column: Column) -> Any:
    """Return infinity and numbers beyond the largest that are read."""
    return np.where(np.arange(len(column)) % 2, np.inf, 1e301)


def lists(column: Column) -> Any:
    """Return values that cannot be hashed."""
    return [[1]] * len(column)


CHANGES = (
    *(unseen, partly_unseen, emptied, partly_empty, as_object, as_text, as_category, as_numbers),
    *(as_dates, as_durations, numbered, infinite, lists),
)


# Readers of a fitted encoder.


def described(encoder: TabularEncoder, *rows: pd.DataFrame) -> Outputs:
    """Return the fitted attributes, and encode rows."""
    return {
        "columns_": repr(encoder.columns_),
        "notes_": encoder.notes_,
        "text_encoders_": [*encoder.text_encoders_],
        "numeric_outputs_": encoder.numeric_outputs_,
        "names": encoder.get_feature_names_out(),
        "encoded": [encoder.transform(each) for each in rows],
    }


def unpickled(model: Any) -> Any:
    """Pickle and unpickle."""
    return pickle.loads(pickle.dumps(model))


def loaded(model: Any) -> Any:
    """Save and load."""
    with tempfile.TemporaryDirectory() as folder:
        save(model, Path(folder) / "model.skops")
        return load(Path(folder) / "model.skops")


def pickled(encoder: TabularEncoder, *rows: pd.DataFrame) -> Outputs:
    """Describe what a pickle holds."""
    return described(unpickled(encoder), *rows)


def saved(encoder: TabularEncoder, *rows: pd.DataFrame) -> Outputs:
    """Describe what a model file holds."""
    return described(loaded(encoder), *rows)


def exported(model: Any, *rows: pd.DataFrame) -> Outputs:
    """Run what an ONNX file of an encoder or of an estimator holds."""
    from onnx.reference import ReferenceEvaluator

    exported, columns = to_onnx(model), getattr(model, "encoder_", model).columns_
    inputs = [(each.name, each.doc_string) for each in exported.graph.input]
    found: Outputs = {"inputs": inputs}
    for number, each in enumerate(rows):
        given = {name: input_of(each[name], columns[name]) for name, _ in inputs}
        found[f"outputs {number}"] = ReferenceEvaluator(exported).run(None, given)
    return found


def input_of(column: Column, fitted: Outputs) -> np.ndarray:
    """Return a column as an input of an ONNX model. What cannot be converted is missing."""
    kind, column = fitted.get("labels", fitted["kind"]), column.astype(object)
    if kind == "text":
        values = column.where(column.notna(), "").to_numpy(object)
    elif kind == "date":
        dates = pd.to_datetime(column.astype(str), errors="coerce", utc=True, format="mixed")
        values = dates.dt.tz_localize(None).to_numpy("datetime64[us]").astype(float) / 86.4e9
    elif kind == "duration":
        values = (pd.to_timedelta(column.astype(str), errors="coerce") / DAY).to_numpy(float)
    else:
        text = column.astype(str).replace({"True": "1", "False": "0"})
        values = text.str.extract(r"(\d+\.?\d*)")[0].to_numpy(float)
    return values.reshape(-1, 1)


READERS = (pickled, saved, *([exported] if find_spec("onnx") else []))


# Configurations.


def columns() -> Configurations:
    """Encode a column of each kind as what it is, and as what the user says."""

    def encode(name: str, reader: Any, **parameters: Any) -> Outputs:
        seen, new = table_of([name, "numbers"]), table_of([name, "numbers"], 40, 1)
        return reader(TabularEncoder(**parameters).fit(seen), seen, new)

    roles = [f"{role}_features" for role in ("categorical", "numeric", "text", "date")]
    few = {"max_categories": 3}
    for name in COLUMNS:
        choices = [{}, few, {"categorical_features": None}, *({role: [name]} for role in roles)]
        for parameters in choices:
            yield label(name, **parameters), partial(encode, name, described, **parameters)
        for reader in READERS:
            yield label(name, reader), partial(encode, name, reader, **few)


@cache
def encoder_of(name: str) -> TabularEncoder:
    """Fit an encoder for several configurations."""
    return TabularEncoder().fit(table_of([name, "numbers"]))


def changed_columns() -> Configurations:
    """Encode a column that has changed since the fit, in many rows and in few."""

    def encode(name: str, change: Any, n_rows: int) -> Outputs:
        new = table_of([name, "numbers"], n_rows, 1)
        new[name] = change(new[name])
        return {"encoded": encoder_of(name).transform(new)}

    def left_out(name: str) -> Outputs:
        return {"encoded": encoder_of(name).transform(table_of(["numbers", "text"], 40, 1))}

    for name in COLUMNS:
        yield label(name, left_out), partial(left_out, name)
        for change in CHANGES:
            yield label(name, change), partial(encode, name, change, 40)
        for change in (unseen, emptied):
            yield label(name, change, "few rows"), partial(encode, name, change, 5)


GROUPS = (columns, changed_columns)
