"""What a column is, what its values mean, and what the user is told: a table of examples."""

import json
import pickle
import warnings
from decimal import Decimal
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.exceptions import DataConversionWarning

from scratchmlp.tabular import TabularEncoder
from scratchmlp.tabular.reading.values import ColumnError


class Example(NamedTuple):
    """A column, and what is expected of it beside a column of numbers."""

    kind: str
    values: Any
    notes: tuple[str, ...] = ()  # a part of each warning of `fit`
    entry: Any = None  # some entries of `columns_`
    means: Any = None  # the same values in a usual dtype; None compares nothing
    new: Any = None  # values of another table, and what they mean
    outputs: Any = None  # suffixes of the outputs; None checks none
    name: str = "column"
    settings: Any = None  # parameters of the encoder


def example(kind, values, *notes, **expected):
    """Return an example. What is no field of it is an entry of `columns_`."""
    fields = {key: expected.pop(key) for key in Example._fields if key in expected}
    return Example(kind, values, **{"notes": notes, "entry": expected, **fields})


ONE_VALUE = ["Left out columns with a single value: column. Drop"]
constant = partial(example, "constant", outputs=[], notes=ONE_VALUE)
number, date, duration, category, text = (
    partial(example, kind) for kind in ("number", "date", "duration", "category", "text")
)


def code(values, name):
    return category(values, TOOK_CODES + name, name=name, reason="named like a code")


def written(kind, means, *columns):
    """Return an example for each column of the same values, written in another way."""
    return {repr(values[0]): kind(values, means=means) for values in columns}


def left_out(values, note, reason, name="column"):
    return example(
        "identifier", values, f"{note}: {name}. Drop", name=name, reason=reason, outputs=[]
    )


def rng():
    return np.random.default_rng(0)


N = 600
MONEY, WHOLE = [1234567.5, -1234.5, 20.25], [1234567, -1234, 20]
DAYS = ["2020-03-17", "2019-12-05", "2021-01-31"]
MONTHS = ["2020-03-01", "2019-12-01", "2021-01-01"]
MOMENTS = ["2020-03-17 14:05", "2019-12-05 00:30", "2021-01-31 12:00"]
MARCH = [f"{day}.03.2020" for day in range(1, 31)]
TEXTS = [str(x) for x in rng().normal(size=1500)]
LONG_WORD = "mon" * 333_333
PERSONS = rng().permutation(np.repeat(rng().choice(1000, 75, replace=False), 8))
ZIPS = pd.Series(rng().choice(rng().integers(10_000, 99_999, 100), N))
DIFFERENT = rng().permutation(2 * N)[:N]
EARLY = pd.to_datetime(["1970-01-02", "1970-01-03", "1970-01-06"])
WAITED = pd.Series(pd.to_timedelta(["12h", "1D", None, "4D"]))
MONTH, HOUR = ([f"_{part}{form}" for form in ("", "_sin", "_cos")] for part in ("month", "hour"))
WEEK = [f"_weekday_{day}" for day in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")]
UNLIKE = ("Left out identifiers, which are different in each row", "every value is different")
ROWS = ("Left out row numbers", "row numbers")
TOOK_CODES = "Took whole numbers for codes, and encoded them as categories and as numbers: "
TOOK_NUMBERS = "Took text of whole numbers for numbers, although they could be codes: "
REPEAT = "whole numbers of 5 digits that repeat"
ORDER = "dates written as "
NO_CATEGORIES = {"categorical_features": None}
CATEGORY = {"categorical_features": ["column"]}
CATEGORIES = {"categorical_features": ["from_dtype", "column"]}
NUMERIC = {"numeric_features": ["column"]}
DATES = {"date_features": ["column"]}
READ, UNREAD = "values of column are numbers", "values of column are not numbers"

#: Columns by what they show. A new kind of column needs some rows here.
EXAMPLES = {
    # Numbers of every dtype.
    **{
        f"numbers of dtype {dtype}": number(pd.Series([1, 2, 5], dtype=dtype), means=[1, 2, 5])
        for dtype in ("int8", "uint64", "float16", "Int64", "Float32", "Sparse[float64]", object)
    },
    "decimals": number([Decimal(1), Decimal(2), None], means=[1, 2, None]),
    "several types": number([1, 2.5, np.float32(5), pd.NA], means=[1, 2.5, 5, None]),
    "equal quartiles": number([1] * 7 + [11.0], reason="numbers", center=1.0, scale=5.0),
    "flags by choice": number([True, False], settings=NUMERIC, reason="your choice"),
    # Numbers that are written as text.
    **written(number, MONEY,
        ["1234567.5", "-1234.5", "20.25"],
        ["1,234,567.50", "-1,234.50", "20.25"],
        ["$1,234,567.50", "-$1,234.50", "$ 20.25"],
        ["1234567.50 €", "-1234.50 €", "20.25 €"],
        ["CHF 1,234,567.50", "CHF -1,234.50", "CHF 20.25"],
        ["1234567,50", "-1234,5", "20,25"],
        ["1.234.567,50", "-1.234,50", "20,25"],
        ["1\u202f234\u202f567.50", "-1 234.50", "20.25"],
        ["1'234'567.50", "-1\N{RIGHT SINGLE QUOTATION MARK}234.50", "20.25"],
        ["1,234,567.5", "(1,234.5)", "20.25"],
        ["1234567.50%", "-1234.5 %", "20.25%"],
        ["1234567.5 kg", "-1234.5 kg", "20.25 kg"],
        [" 1234567.5  ", " -1234.5", "20.25 "],
        ["1.2345675e6", "-12345E-1", "+2025e-02"],
    ),
    "thousands": number(["1,234,567", "(1,234)", "20"], means=WHOLE),
    "points for thousands": number(["1.234.567", "-1.234", "20"], means=WHOLE),
    "lakhs": number(["12,34,567", "-1,234", "20"], means=WHOLE),
    "signs of typographers": number(["\N{MINUS SIGN}3.5", "\N{EN DASH}2"], means=[-3.5, -2]),
    "a comma before two digits": number(["1,234", "3,75"], means=[1.234, 3.75], decimal=","),
    "a comma after a zero": number(["1,234", "0,125"], means=[1.234, 0.125], decimal=","),
    "degrees": number(["21.5 °C", "-3 °C"], means=[21.5, -3], reason="numbers with °C"),
    "units in capitals": number(["3.5 KW", "2 KW"], means=[3.5, 2], units="KW"),
    "a unit of one letter": number(["3.5 m", "2 m"], means=[3.5, 2], units="m"),
    "units and commas": number(["€3,5", "€1,25"], reason="numbers with € and decimal commas"),
    "whole numbers that could be codes": number([*"1234567"], TOOK_NUMBERS + "column. Convert"),
    "text and numbers": number([0.5, 12, "7.25"], means=[0.5, 12, 7.25]),
    "different signs": number(["$5", "€7", "€8"], "The numbers of column have different signs: "
        "$, €. The signs are dropped. Convert", means=[5, 7, 8], units="$ €"),
    "some signs": number(["12%", "0.12"], "Only some of the numbers of column have the sign %"),
    # How numbers are written in another table.
    "text for numbers": number([1.0, 5, 9], new={"1,234": 1234, "$5": 5, "9 %": 9, "n.a.": None}),
    "fit tells what a lone point means": number(["€1.234,50", "€3,25"], new={"1.234": 1234}),
    "fit tells the decimal mark": number(["3,326.37", "20.50"],
        new={"20.50": 20.5, "5,678": 5678, "3.326,37": None, "20,50": None, "1.234.567": None}),
    "whole numbers have a decimal point": number([*"1234567"], TOOK_NUMBERS,
        new={"1.5": 1.5, "12,5": None}),
    "fit tells the unit": number(["5 kg", "2.5 kg"],
        new={"7 kg": 7, "7": 7, "7 €": 7, "5 g": None, "7,5 kg": None}),
    "a unit from 1,001 different values on": number([f"{i / 8} kg" for i in range(1001)],
        units="kg"),
    # Values that are no numbers are missing if they are few.
    "two signs": number([*TEXTS[:199], "+€-8"], "1 of 200 values of column is not a number"),
    "a sign in parentheses": number([*TEXTS[:199], "(-8)"], "1 of 200 values of column is not a"),
    "a word": number([*TEXTS[:199], "err"], "1 of 200 values of column is not a number: 'err'. "
        "Such values count as missing. Correct them, or name the column in categorical_features="
        "['from_dtype', ...] if they are", indicator=True, unreadable=["err"]),
    "several words": number([*"abcd", *TEXTS[4:]], f"4 of 1,500 {UNREAD}: 'a', 'b', 'c', ...."),
    "two words of few": category([*TEXTS[:11] * 2, "x", "y"], f"22 of 24 {READ}"),
    "too many words": category([*"abcdefghij", *TEXTS[:100]] * 2, f"200 of 220 {READ}, but"),
    "many missing values": number([*TEXTS[:9], *["unknown"] * 90], "90 of 99", indicator=True),
    "a word that may be a number": number([*TEXTS[:50], *["unlimited"] * 50], "50 of 100 values"),
    "more words than numbers": category([*TEXTS[:50], *["unlimited"] * 51]),
    "infinity": number([*TEXTS[:50], "inf"], "1 of 51 values of column is not a number: 'inf'."),
    "a word of a million letters": number([*TEXTS[:50], LONG_WORD], f"number: '{LONG_WORD[:40]}…'"),
    "a long number": category(["1" * 100_000 + ",x", "2"] * 9),  # read in linear time
    "a unit and a missing value": number(["61.5 kg", "n.a."], "number: 'n.a.'.", units="kg"),
    "one leading zero": number([*TEXTS[:199], "00"]),
    "whole numbers by choice in text": number([*"123"], settings=NUMERIC, reason="numbers"),
    "two numbers like dates": number(["20200317", "20191205"], TOOK_NUMBERS),
    "words by choice": number(["1.5", "none", "A"], f"2 of 3 {UNREAD}: 'none', 'A'.",
        means=[1.5, None, None], settings=NUMERIC),
    # Other text with digits.
    "leading zeros": category(["00", "01", "007", "12"] * 9, expected="text"),
    "codes of four digits": category([f"{i % 37:04}" for i in range(200)], expected="text"),
    "few numbers and a category": category(["0", "1", "2", "3+"] * 10),
    "a third are no numbers": category([*map(str, range(100)), *(f"A{i}" for i in range(50))] * 2,
        f"200 of 300 {READ}, but not 'A0', 'A1', 'A2', .... The column is encoded as categories. "
        "Name it in numeric_features if the other values are missing ones, or correct them."),
    "half have a unit": category([f"{x}{unit}" for x in range(30) for unit in (" kg", "")] * 2,
        f"60 of 120 {READ}, but not '0 kg', '1 kg'"),
    "versions": category(["1.2.3", "1.10.0"] * 50),
    "seats": category([f"{row}A" for row in range(1, 30)] * 2),
    "addresses of computers": category([f"10.{i % 7}.101.{i % 9}" for i in range(90)]),
    "rooms": category([f"{i % 9}E{i % 7}" for i in range(90)]),
    # Booleans are categories, unless you name the categories.
    **{
        f"booleans of dtype {dtype}": category(pd.Series([True, False, None], dtype=dtype),
            expected="flag", outputs=["_True"], new={1: True, 0: False, 2: None})
        for dtype in ("boolean", object, "category")
    },
    "text of booleans": category(["TRUE", "false", None], means=[True, False, None],
        reason="every value is true or false"),
    "no categories": number([True, False, True], means=[1, 0, 1], settings=NO_CATEGORIES),
    "text of no categories": number(["true", "FALSE"], means=[1, 0], settings=NO_CATEGORIES),
    "whole numbers by choice": category([1, 2, 3], outputs=["_1", "_2", "_3"],
        new={1.0: 1, 3.5: None, None: None}, settings=CATEGORY),
    # Dates that are written as text.
    **written(date, DAYS,
        DAYS,
        ["17.03.2020", "05.12.2019", "31.01.2021"],
        ["03/17/2020", "12/05/2019", "01/31/2021"],
        ["17/3/2020", "5/12/2019", "31/1/2021"],
        ["2020/03/17", "2019/12/05", "2021/01/31"],
        ["17-03-20", "05-12-19", "31-01-21"],
        ["17 March 2020", "5 Dec. 2019", "31 january 2021"],
        ["March 17, 2020", "December 05, 2019", "Jan 31 2021"],
        ["17-Mar-20", "05-Dec-19", "31-Jan-21"],
        ["2020 Mar 17", "2019 Dec 5", "2021 Jan 31"],
        ["Tue, 17 Mar 2020", "Thursday 5 Dec 2019", "Sun. 31 Jan 2021"],
        ["17th March 2020", "5th Dec 2019", "31st Jan 2021"],
        ["20200317", "20191205", "20210131"],
        [20200317, 20191205, 20210131],
    ),
    **written(date, MONTHS,
        ["2020-03", "2019-12", "2021-01"],
        ["03/2020", "12/2019", "01/2021"],
        ["Mar 2020", "Dec 2019", "Jan 2021"],
        ["2020 Mar", "2019 December", "2021 Jan"],
    ),
    "quarters": date(["1979 Q3", "1980Q1", "1980-Q4", "Q2 1981"],
        means=["1979-07-01", "1980-01-01", "1980-10-01", "1981-04-01"]),
    "numbers like 20200317 with gaps": date([20200317, 20191205, None, 20210131],
        means=[*DAYS[:2], None, DAYS[2]]),
    "a fraction among them": number([20200317.5, 20191205, 20210131]),
    "seasons": category([f"{year}-{(year + 1) % 100:02}" for year in range(2000, 2012)] * 3),
    "numbers for text": date(["20200317", "20191205", "20210131"],
        new={20191205: DAYS[1], 20209999: None, 5: None}),
    # Times of dates, in UTC.
    **written(date, MOMENTS,
        MOMENTS,
        ["17.03.2020 14:05", "05.12.2019 0:30", "31.01.2021 12:00"],
        ["2020-03-17T14:05:00", "2019-12-05T00:30", "2021-01-31T12:00:00Z"],
        ["03/17/2020 2:05 PM", "12/05/2019 12:30 a.m.", "01/31/2021, 12:00pm"],
        ["17 Mar 2020 14:05:00 GMT", "5 Dec 2019 00:30 UTC", "31 Jan 2021 12:00Z"],
        ["17.03.2020 16:05+02:00", "04.12.2019 19:00-05:30", "31.01.2021 12:00:00+0000"],
    ),
    "seconds": date(["17.03.2020 14:05:06,5", "5.12.2019 0:30:59"],
        means=["2020-03-17 14:05:06.5", "2019-12-05 00:30:59"]),
    "in any ISO format": date(["2024-05-17", "2024-05-18 12:00", None, "2024-05-20T00:00:00Z"],
        means=["2024-05-17", "2024-05-18 12:00", None, "2024-05-20"],
        new={"2024-05-17": "2024-05-17", "17.5.2024": None, "03/04/2021": None, "soon": None}),
    # The order of day and month.
    "a day above 12 first": date(["13/02/2020", "1/2/2020"], new={"01/02/2020": "2020-02-01"}),
    "a day above 12 second": date(["02/13/2020", "1/2/2020"], new={"01/02/2020": "2020-01-02"}),
    "hyphens": date(["02-13-20", "01-02-20"], new={"01-02-20": "2020-01-02"}),
    "slashes and no day above 12": date(["03/04/2020", "05/06/2021"],
        "No day of column is above 12, so 03/04/2020 could be day-first or month-first: it is read "
        "as month/day/year. Convert the column with pandas.to_datetime to choose the order.",
        means=["2020-03-04", "2021-05-06"]),
    "points and no day above 12": date(["03.04.2020", "05.06.2021"],
        "it is read as day.month.year.", means=["2020-04-03", "2021-06-05"]),
    "hyphens and no day above 12": date(["03-04-20", "05-06-21"], "it is read as day-month-year.",
        means=["2020-04-03", "2021-06-05"]),
    "a slash in a word": date([*MARCH, "n/a"], "a date: 'n/a'", reason=ORDER + "day.month.year"),
    "fit tells the order": date(["17/03/2020", "01/02/2020"], new={"03/04/2021": "2021-04-03",
        "05/06/2021": "2021-06-05", "02/13/2022": None, "2022-02-13": "2022-02-13"}),
    "fit tells the order for its mark": date(["01.05.2021", "03.06.2021"], "read as day.month.year",
        new={"03.04.2021": "2021-04-03", "03/04/2021": None, "03/04/21": None, "03.04.21": None,
            "13/04/2021": "2021-04-13"}),
    "dates with two marks": date(["13.02.2020", "1/2/2020"],
        new={"03.04.2021": "2021-04-03", "03/04/2021": "2021-04-03", "03-04-2021": None}),
    # Text that is not all dates.
    "a word among dates": date([*MARCH, "soon"], "1 of 31 values of column is not a date: 'soon'.",
        indicator=True),
    "a long word among dates": date([*MARCH, LONG_WORD], f"a date: '{LONG_WORD[:40]}…'. Such"),
    "dates by choice": date(["17.03.2020", "soon", "later"],
        "2 of 3 values of column are not dates: 'soon', 'later'",
        means=[DAYS[0], None, None], settings=DATES),
    "numbers by choice": date([20200317, 20191205], means=DAYS[:2], settings=DATES),
    "categories by choice": category(DAYS, reason="your choice", settings=CATEGORY),
    "categories may all look like dates": category([*DAYS, "soon"], expected="text",
        new={DAYS[0]: DAYS[0]}),
    **{
        f"{text} is no date": category([text, "2024-05-17"] * 3, expected="text")
        for text in ("2024-05-32", "17.5.2024", "2024-05", "99.99.2020", "maya 2020", "12-34-56-78",
            "Mar-20", "2020")
    },
    # Times of the day are durations.
    **written(duration, ["14:05:00", "00:30:00", "12:00:00"],
        ["14:05", "0:30", "12:00"],
        ["14:05:00", "00:30:00", "12:00:00"],
        ["02:05 PM", "12:30 AM", "12:00 p.m."],
    ),
    "times": duration(["14:05", "0:30"], reason="times of the day"),
    "more than a day": duration(["25:10", "100:30:00"], means=["25:10:00", "100:30:00"]),
    # Dates and durations of every dtype.
    **{
        f"dates of {what}": date(column, means=EARLY, center=2.0, scale=2.0,
            new={None: None, DAYS[0]: DAYS[0]})
        for what, column in {
            "seconds": EARLY.as_unit("s"),
            "nanoseconds": EARLY.as_unit("ns"),
            "UTC": EARLY.tz_localize("UTC"),
            "another zone": (EARLY + pd.Timedelta("9h")).tz_localize("Japan"),
            "periods": EARLY.to_period("D"),
            "Python": pd.Series(EARLY.date, dtype=object),
            "NumPy": pd.Series([*EARLY.to_numpy()], dtype=object),
        }.items()
    },
    "text for dates": date(EARLY, new={"17.03.2020": "2020-03-17", "Mar 17, 2020": "2020-03-17",
        "2020-03": "2020-03-01", "03.04.2020": None, "03/17/2020 14:05": "2020-03-17 14:05"}),
    "periods that are no categories": date(pd.Series(EARLY.to_period("D")).astype("category"),
        means=EARLY, settings=NO_CATEGORIES),
    "durations": duration(WAITED.dt.as_unit("s"), center=1.0, scale=1.75, indicator=True),
    "durations of Python": duration(WAITED.astype(object), means=WAITED),
    # Month, weekday and hour have outputs if they differ.
    "Mondays in March": date(pd.date_range("2024-03-04", periods=3, freq="7D"), outputs=[""]),
    "Wednesdays in March": date(pd.date_range("2020-03-04", periods=3, freq="364D"), outputs=[""]),
    "two weekdays": date(pd.date_range("2024-03-04", periods=2), outputs=["", *WEEK[:2]]),
    "one hour": date(pd.date_range("2024-03-04 08:10", periods=3, freq="10min"), outputs=[""]),
    "two hours": date(pd.date_range("2024-03-04 08:00", periods=2, freq="h"), outputs=["", *HOUR]),
    "two months": date(pd.date_range("2024-03-25", periods=2, freq="7D"), outputs=["", *MONTH]),
    "all": date(pd.date_range("2022", periods=99, freq="79h"), outputs=["", *MONTH, *HOUR, *WEEK]),
    # Whole numbers that are codes.
    "zip codes": category(ZIPS, TOOK_CODES + "column. Name them in", reason=REPEAT,
        new={str(ZIPS[0]): ZIPS[0], float(ZIPS[1]): ZIPS[1]}),
    "zip codes as text": category(ZIPS.astype(str), TOOK_CODES, TOOK_NUMBERS, reason=REPEAT),
    "zip codes with gaps": category(ZIPS.where(ZIPS.index % 9 > 0), TOOK_CODES),
    **{
        f"codes named {name}": code(np.arange(N) % 4, name)
        for name in ("zip_home", "Postal Code", "PLZ", "id", "CustomerID", "phone no", "tel2")
    },
    "negative codes": code(np.arange(N) % 4 - 1, "zip"),
    "codes of any length": code(rng().integers(0, 10**6, N), "zip"),
    "codes as text": category([*"1234"], TOOK_CODES + "zip", TOOK_NUMBERS + "zip", name="zip"),
    "zip by choice": number(np.arange(N) % 4, name="zip", settings={"numeric_features": ["zip"]}),
    # Whole numbers and text that name what rows belong to.
    "persons": category(PERSONS, TOOK_CODES + "nr", name="nr", reason="named like a code",
        names_entity=True),
    "a part of their rows": category(PERSONS[:400], TOOK_CODES, name="nr", names_entity=True),
    "some are not known": category(pd.Series(PERSONS).where(PERSONS > 99), TOOK_CODES, name="nr",
        names_entity=True),
    "no name tells": number(PERSONS),
    "eighteen of them": category(308 + np.repeat(3 * np.arange(18), 10), TOOK_CODES,
        name="Subject", names_entity=True),
    **{
        f"named {name}": category(np.arange(N) % 60, TOOK_CODES, name=name,
            reason="named like a code", names_entity=True)
        for name in ("subject", "PatientID", "nr", "class_teacher")
    },
    "named school, of different sizes": number(
        np.repeat(rng().choice(9000, 60, replace=False), rng().integers(2, 30, 60)), name="School"),
    "quantities of households": number(
        np.repeat(100 * rng().choice(9000, 60, replace=False), rng().integers(2, 30, 60)),
        name="income_per_household"),
    "named class, not evenly repeated": number(np.minimum(np.arange(N) % 90, 40), name="class"),
    "named after persons": category([f"P{i % 60}" for i in range(N)], name="person",
        names_entity=True),
    "persons by choice": number(PERSONS, name="nr", settings={"numeric_features": ["nr"]}),
    "persons as categories": category(PERSONS, settings=CATEGORIES, reason="your choice"),
    "persons of two rows": category(np.repeat(np.unique(PERSONS), 2), TOOK_CODES, name="nr"),
    "repeated by chance": number(rng().integers(0, 200, N), name="child"),
    "each person has one row": number(rng().choice(10**4, 30, replace=False), name="subject"),
    "a person has many rows": category(
        np.repeat(rng().choice(1000, 20, replace=False), 51), TOOK_CODES, name="nr"),
    "few persons": number(np.repeat(rng().choice(1000, 10, replace=False), 8), name="nr"),
    "weeks of a panel": number(PERSONS, name="week_no"),
    "codes that are floats on purpose": number(np.arange(N) % 4 / 1, name="zip"),
    # Whole numbers that are quantities.
    **{
        f"quantities named {name}": number(np.arange(N) % 40, name=name)
        for name in ("phone_calls", "valid", "number", "telemetry", "DAYS_ID_PUBLISH")
    },
    "whole numbers with a unit": number([f"{x} kg" for x in DIFFERENT], units="kg"),
    "even": number(ZIPS // 2 * 2),
    "one is negative": number([*ZIPS, -10_001]),
    "years of birth": number(rng().integers(1950, 2020, N)),
    "rounded": number(rng().choice(np.arange(20_000, 90_000, 500), N)),
    "prices": number(rng().choice([12_999, 14_999, 19_995, 24_999, 29_999, 34_950, 39_999], N)),
    "dense": number(3 * rng().integers(4000, 4200, N)),
    "few different": number(rng().choice(12_341 * np.arange(1, 8), N)),
    "four digits": number(ZIPS // 10),
    "of different lengths": number(ZIPS * 3),
    "hardly repeating": number(rng().integers(10_000, 99_999, N)),
    # Columns that are left out.
    "row numbers from 0": left_out(range(8), *ROWS, name="Unnamed: 0"),
    "row numbers from 1": left_out(range(1, 9), *ROWS, name="index"),
    "row numbers of R": left_out(range(1, 9), *ROWS, name="rownames"),
    "named index with gaps": number([1, 2, 5, 9], name="index"),
    "named index and repeated": number([0, 0, 1, 2], name="index"),
    "spread": left_out(DIFFERENT, *UNLIKE),
    "spread as text": left_out(DIFFERENT.astype(str), *UNLIKE),
    "consecutive": left_out(np.arange(N) + 5000, *UNLIKE, name="customer_no"),
    "spread widely": left_out(rng().permutation(2000)[:200], *UNLIKE),
    "long": left_out(5 * 10**8 + np.cumsum(rng().integers(1, 10**5, N)), *UNLIKE),
    "named user_id": left_out(rng().choice(10**7, N, replace=False), *UNLIKE, name="user_id"),
    "named user_id with gaps": example("identifier", [*DIFFERENT, None], UNLIKE[0], name="user_id",
        outputs=["_missing"]),
    "few codes named id": code([7, 3, 9, 5], "id"),
    "few codes of text": category(["C1", "C2", "C3"]),
    "numbered text": left_out([f"key {i}" for i in range(11)], *UNLIKE),
    "numbered codes": left_out([f"C-{i:06d}" for i in rng().permutation(N)], *UNLIKE),
    "numbered reviews": left_out([f"a review of {w} words" for w in range(30)], *UNLIKE),
    "long hashes": left_out([f"{i * 10**20:032x}" for i in range(60)], *UNLIKE),
    "words named key": left_out([f"{word} {word}" for word in "abcdefghijkl"], *UNLIKE, name="key"),
    "codes with gaps": example("identifier", [None if i % 3 else f"C{i}" for i in range(90)],
        UNLIKE[0], outputs=["_missing"], indicator=True),
    "a single value": constant([1, 1], reason="every value is '1'", indicator=False),
    "a single number as text": constant(["2013"] * 3, reason="every value is '2013'"),
    "a single word": constant(["x", "x"], reason="every value is 'x'"),
    "no value": example("missing", [None, None], "Left out columns without any value", outputs=[]),
    "a single value that may be missing": number([1, None, 1], outputs=["_missing"]),
    "a single word that may be missing": category(["x", None, "x"], outputs=["_x"]),
    # Whole numbers that differ in each row, but may inform.
    "few large numbers": number(rng().choice(10**6, 200, replace=False)),
    "years that differ": number(rng().choice(np.arange(1850, 2090), 120, replace=False)),
    "consecutive, but counts": number(np.arange(N), name="no_of_calls"),
    "few long numbers": number(5 * 10**9 + np.cumsum(rng().integers(1, 10**6, 50))),
    "eight digits": number(10**7 + rng().choice(9 * 10**7, 200, replace=False)),
    "fractions": number(np.arange(100) / 2),
    "ranks": number(rng().permutation(100)),
    "equal distances": number(np.arange(0, 500, 5)),
    "prices of six digits": number(rng().choice(900_000, 900, replace=False) + 100_000),
    "few rows": number(range(8)),
    "seconds since 1970": number(1_600_000_000 + np.cumsum(rng().integers(1, 10**4, N))),
    "named like a time": number(DIFFERENT, name="event_time"),
    "some are missing": number([*DIFFERENT, None]),
    "identifiers by choice": number(DIFFERENT, settings=NUMERIC),
    "identifiers as categories": category(DIFFERENT // 2, settings=CATEGORY),
    # Text has several words and many different values; other text is categories.
    "names with a number": category([f"user {i}" for i in rng().integers(0, 1000, N)]),
    "few sentences": category([f"{chr(97 + i % 7)} {chr(97 + i % 11)}" for i in range(350)]),
    "many sentences": text([" ".join(each) for each in rng().choice([*"abcdefghijklm"], (200, 2))]),
    "different sentences": text([" ".join(each) for each in rng().choice([*"abcdefg"], (40, 8))]),
    "e-mail addresses": text([f"name{i}@mail{i % 3}.org" for i in range(80)]),
    "paths": text([f"/files/{i % 7}/{i}" for i in range(80)]),
    "codes whose letters inform": text([f"{'AB' if i % 2 else 'CD'}-{i}" for i in range(60)]),
    "Chinese": text(["这个产品非常好用我很喜欢" + chr(0x4E00 + i) for i in range(60)]),
    "text by choice": text(["fine", "bad"] * 20, settings={"text_features": ["column"]}),
}  # fmt: skip


def table(values, name="column"):
    return pd.DataFrame({name: values, "other": rng().normal(size=len(values))})


def warnings_of(function, X):
    """Call a function with a table; return its warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        function(X)
    assert all(warning.category is DataConversionWarning for warning in caught)
    return [str(warning.message) for warning in caught]


@pytest.fixture(scope="module")
def fitted(request):
    """Fit an encoder to an example; return both, the warnings, the table and its encoding."""
    given = EXAMPLES[request.param]
    encoder, X = TabularEncoder(**given.settings or {}), table(given.values, given.name)
    notes = warnings_of(encoder.fit, X)
    with warnings.catch_warnings(action="error"):  # `fit` has told of what cannot be read
        return given, encoder, notes, X, encoder.transform(X)


def test_numbers_that_are_text_are_noted_only_beside_columns_that_are_none():
    X = pd.DataFrame({"size": [*"1234567"], "weight": ["1.5", "2", *"34567"], "empty": None})
    told = warnings_of(TabularEncoder().fit, X)
    assert not any(note.startswith(TOOK_NUMBERS) for note in told)
    told = warnings_of(TabularEncoder().fit, X.astype({"weight": float}))
    assert any(note.startswith(TOOK_NUMBERS + "size.") for note in told)


#: Columns whose writing `fit` learns, and cells in every writing.
WRITINGS = {
    "points": ["3,326.37", "20.50"],
    "commas": ["3.326,37", "20,50"],
    "no mark": ["1,234", "5,678"],
    "plain": ["1.234", "2.5", "12"],
    "typed numbers": [1.5, 2.5, 3.5],
    "percent": ["50 %", "12.5 %"],
    "some percent": ["12%", "0.12"],
    "euros": ["€ 1.234,50", "€ 3,20"],
    "kilograms": ["5 kg", "2.5 kg"],
    "day first": ["17/03/2020", "01/02/2020"],
    "month first": ["03/17/2020", "01/02/2020"],
    "points between": ["01.05.2021", "03.06.2021"],
    "two digits": ["17-03-20", "05-12-19"],
    "ISO": ["2020-03-17", "2019-12-05"],
    "compact": ["20200317", "20191205", "20210131"],
    "compact numbers": [20200317, 20191205, 20210131],
    "names of months": ["17 Mar 2020", "5 Dec 2019"],
    "typed dates": EARLY,
    "times": ["14:05", "0:30"],
    "booleans": ["true", "false", "TRUE"],
    "booleans as numbers": ["true", "FALSE"],
}
CELLS = [
    "1,234", "5,678", "12,5", "1.234", "1.234.567", "1,234,567", "3,326.37", "3.326,37", "12",
    "0.5", "50 %", "$5", "7 €", "5 kg", "2,5 kg", "5 g", "03/04/2021", "05/06/2021", "02/13/2022",
    "13/02/2022", "03.04.2021", "31.12.2021", "03/04/21", "13-02-21", "2021-04-03", "20210403",
    "20219999", "17 Mar 2020", "March 17, 2020", "Mar 2020", "2020-03", "14:05", "2:05 PM", "true",
    "False", "unknown", "soon", "1900-01-01 00:00", "2021-04-03T10:00Z", "03/04/2021 10:00",
]  # fmt: skip


@cache
def encoder_of(name):
    settings = NO_CATEGORIES if name == "booleans as numbers" else {}
    return TabularEncoder(**settings).fit(pd.DataFrame({"a": WRITINGS[name]}))


def read_or_refused(encoder, cells):
    """Return the encoding of a column, or None if none of its values can be read."""
    try:
        return encoder.transform(pd.DataFrame({"a": cells}))
    except ColumnError:
        return None


@pytest.mark.random
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.DataConversionWarning")
@given(st.sampled_from([*WRITINGS]), st.lists(st.sampled_from(CELLS), min_size=2, max_size=4))
def test_a_value_means_the_same_whatever_other_values_a_table_has(name, cells):
    encoder = encoder_of(name)
    missing, out = encoder.transform(pd.DataFrame({"a": [None]})), read_or_refused(encoder, cells)
    for i, cell in enumerate(cells):
        alone = read_or_refused(encoder, [cell])
        in_table = missing if out is None else out[i : i + 1]
        np.testing.assert_array_equal(in_table, missing if alone is None else alone, str(cell))


def typed(values, kind):
    """Convert values to the usual dtype of a kind."""
    column = pd.Series([*values], dtype=object)
    if kind == "date":
        return pd.to_datetime(column, format="ISO8601")
    return {"number": pd.to_numeric, "duration": pd.to_timedelta}.get(kind, pd.Series)(column)


def those_with(field):
    names = [name for name, each in EXAMPLES.items() if getattr(each, field) is not None]
    return pytest.mark.parametrize("fitted", names, indirect=True)


@those_with("kind")
def test_the_kind_of_a_column(fitted):
    given, encoder, notes, *_ = fitted
    entry = encoder.columns_[given.name]
    json.dumps(entry)  # plain data
    assert entry["kind"] == given.kind
    assert entry.items() >= given.entry.items()
    assert len(notes) == len(given.notes), notes
    for note, expected in zip(notes, given.notes, strict=True):
        assert expected in note


@those_with("outputs")
def test_the_outputs_of_a_column(fitted):
    given, encoder, *_ = fitted
    names = [f"{given.name}{suffix}" for suffix in given.outputs]
    assert [*encoder.get_feature_names_out()] == [*names, "other"]


@those_with("means")
@pytest.mark.filterwarnings("ignore:The dates of column have no time zone")
def test_the_meaning_of_values(fitted):
    given, encoder, _, X, out = fitted
    meaning = X.assign(column=typed(given.means, given.kind))
    np.testing.assert_allclose(encoder.transform(meaning), out, atol=1e-6)


@those_with("new")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.DataConversionWarning")
def test_the_meaning_of_values_of_another_table(fitted):
    given, encoder, *_ = fitted
    out = encoder.transform(table([*given.new]))
    meaning = table(typed(given.new.values(), given.kind))
    np.testing.assert_allclose(out, encoder.transform(meaning), atol=1e-6)


@those_with("kind")
def test_a_row_alone_is_read_in_the_same_way_by_a_copy(fitted):
    _, encoder, _, X, out = fitted
    copy = pickle.loads(pickle.dumps(encoder))
    np.testing.assert_array_equal(copy.transform(X[-1:]), out[-1:])


ORDERS = [
    (["{}/3/2020"], "day/month/year, as in b"),
    (["3/{}/2020"], "month/day/year, as in b"),
    (["{}/3/2020", "{}/4/2020"], "day/month/year, as in c"),
    (["{}/3/2020", "3/{}/2020"], "month/day/year"),  # they differ
    (["{}/3/2020", "2021/12/{}"], "day/month/year, as in b"),
    (["{}.3.2020"], "month/day/year"),
    (["{}/3/20"], "month/day/year"),
]


@pytest.mark.parametrize(("others", "reason"), ORDERS)
def test_columns_written_with_the_same_marks_may_tell_the_order(others, reason):
    X = pd.DataFrame({"a": [f"{day}/2/2020" for day in range(1, 13)]})
    for name, form in zip("bc", others, strict=False):
        X[name] = [form.format(day) for day in range(11, 23)]
    encoder = TabularEncoder()
    notes = warnings_of(encoder.fit, X)
    fitted = encoder.columns_["a"]
    assert fitted["reason"] == f"dates written as {reason}"
    assert fitted["date_format"].startswith("%d" if reason.startswith("day") else "%m")
    assert any("day of a is above 12" in note for note in notes) == ("as in" not in reason)


def test_arrays_are_taken_as_they_are():
    """An array has no names, and one dtype for all columns: nothing is left out of it."""
    X = np.column_stack([np.arange(100), rng().permutation(100), np.ones(100), MONEY[:1] * 100])
    X[0, 3] = 5
    with warnings.catch_warnings(action="error"):
        assert TabularEncoder().fit_transform(X).shape == (100, 3)
        assert TabularEncoder().fit_transform(X.astype(int)[:, :2]).shape == (100, 2)


WRONG_ROLES = [
    (["numeric_features"], ["x", "y"], "numeric_features names column 'a', .* is 'x'. Convert"),
    (["numeric_features"], pd.Categorical(["1", "2"]), "names column 'a', .* one is '1'"),
    (["date_features"], ["x", "y"], "date_features names column 'a', .* one is 'x'. Convert"),
    (["date_features", "text_features"], ["x", "y"], "'a' is named in two of .* Remove it"),
]


@pytest.mark.parametrize(("parameters", "values", "message"), WRONG_ROLES)
def test_a_column_has_one_role_which_its_values_suit(parameters, values, message):
    with pytest.raises(ValueError, match=message):
        TabularEncoder(**{each: ["a"] for each in parameters}).fit(pd.DataFrame({"a": values}))


# What is said of the values of another table.

KNOWN = {
    "plan": ["basic", "plus"] * 50,
    "zip": ["01234", "07777", "00501", "02139"] * 25,
    "city": [f"city {i % 30}" for i in range(90)] + [f"once {i}" for i in range(10)],
    "name": ["A", "B"] * 20 + [f"N{i}" for i in range(60)],  # nearly all names occur once
    "age": [str(i / 2) for i in range(100)],
    "share": [f"{i / 4} %" for i in range(100)],
    "day": pd.date_range("2019-01-05", periods=100).strftime("%Y-%m-%d"),
    "time": ["10:05", "11:30"] * 50,
    "flag": ["true", "false"] * 50,
    "note": [f"number {i} of some" for i in range(100)],
}
EMPTY = "No values, although there were some in fit, in columns: "
UNSEEN = "Only categories not known from fit, in columns: "


NEW = [
    # All categories are unseen.
    ({"plan": ["premium"] * 10, "zip": ["1234"] * 10, "city": ["city x"] * 10},
        f"{UNSEEN}plan (such as 'premium'), zip (such as '1234'), city (such as 'city x'). "
        "Predictions are less accurate. Check that the values are written as in fit."),
    ({"plan": ["premium"] * 9},),  # few rows, such as those that a server receives
    ({"plan": ["premium"] * 99 + ["basic"]},),
    ({"plan": [None, "basic"] + [None] * 10},),
    ({"city": [None] * 20 + ["once 1"] * 9},),
    ({"name": [f"N{i}" for i in range(60, 80)]},),
    # Nothing can be read.
    ({"age": ["unknown"] * 9, "flag": ["unknown"] * 9},),
    ({"age": [r"\N"] * 9, "day": [r"\N"] * 9},),
    (dict.fromkeys(["age", "day", "time", "flag"], ["unknown", None] * 10),
        f"{EMPTY}age, day, time, flag. Predictions are less accurate without them. Pass"),
    ({"plan": [None] * 10, "note": [np.nan] * 10}, f"{EMPTY}plan, note."),
    # Some values cannot be read. It is too late for another choice.
    ({"age": ["x1", *KNOWN["age"][1:]]},
        "1 of 100 values of age is not a number: 'x1'. Such values count as missing. Correct"),
    ({"age": ["12,5", "7,25", *KNOWN["age"][2:]]},
        "2 of 100 values of age are not numbers with a decimal point: '12,5', '7,25'. Such"),
    # The unit of fit holds.
    ({"share": ["0.5", "12 €", *KNOWN["share"][2:]]}, "2 of 100 values of share are not in the "
        "unit of fit (%): '0.5', '12 €'. The numbers count without conversion. Write them as in"),
    ({"share": [0.5]},),  # the user has converted the column
    ({"age": ["1 %", *KNOWN["age"][1:]]},
        "1 of 100 values of age has a unit, unlike in fit: '1 %'. The numbers"),
    # Dates without an order are dates, and need another remedy than words.
    ({"day": ["03/04/2021", "soon", "05.06.2021 10:00", "12/20/2021", *KNOWN["day"][4:]]},
        "2 of 100 values of day are not dates in the order year-month-day: 'soon', '12/20/2021'",
        "2 of 100 values of day could be day-first or month-first: '03/04/2021', "
        "'05.06.2021 10:00' (write dates as 2024-05-17)"),
]  # fmt: skip


@pytest.fixture(scope="module")
def encoder_of_known():
    encoder = TabularEncoder(["from_dtype", "name"], text_features=["note"])
    return encoder.fit(pd.DataFrame(KNOWN))


@pytest.mark.parametrize("case", NEW)
def test_what_is_said_of_new_values(encoder_of_known, case):
    columns, *expected = case
    n_rows = max(map(len, columns.values()))
    X = pd.DataFrame(KNOWN)[:n_rows].assign(**columns)
    notes = warnings_of(encoder_of_known.transform, X)
    assert len(notes) == len(expected), notes
    for note, beginning in zip(notes, expected, strict=True):
        assert note.startswith(beginning)
        assert "categorical_features" not in note


SHARES = [
    (0, 9, False),  # a server must not warn of each row
    (0, 10, True),
    (50, 10, True),
    (60, 10, False),  # 0.6 ** 10 is above 0.001
    (60, 20, True),
]


@pytest.mark.parametrize(("n_missing", "n_rows", "is_named"), SHARES)
def test_an_empty_column_is_named_if_this_is_hardly_chance(n_missing, n_rows, is_named):
    X = pd.DataFrame({"x": np.arange(100) / 8, "c": ["a", "b"] * 50, "day": KNOWN["day"]})
    X.iloc[:n_missing] = None
    with warnings.catch_warnings(action="ignore"):
        encoder = TabularEncoder().fit(X)
    notes = warnings_of(encoder.transform, X[:n_rows].assign(**dict.fromkeys(X, None)))
    assert [note.startswith(f"{EMPTY}x, c, day.") for note in notes] == [True] * is_named


def test_the_reason_is_known_in_a_word_too():
    table = pd.DataFrame({"zip": [10, 20] * 9, "x": [1.5, 2] * 9, "chosen": [1, 2] * 9, "one": 3})
    table["written"] = ["1,5", "2,5"] * 9
    with warnings.catch_warnings(action="ignore"):
        encoder = TabularEncoder(categorical_features=["from_dtype", "chosen"]).fit(table)
    words = {name: column.get("why") for name, column in encoder.columns_.items()}
    chosen = {"chosen": "choice", "one": "one value", "written": "writing"}
    assert words == {"zip": "code", "x": None, **chosen}
    assert [name for name, column in encoder._columns.items() if not column.remarks] == ["x"]
