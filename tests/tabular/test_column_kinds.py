"""What a column is: the kinds, their reasons, and what the user is told."""

import json
import warnings
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import DataConversionWarning

from scratchmlp.tabular import TabularEncoder
from scratchmlp.tabular.reading import kinds
from scratchmlp.tabular.reading.kinds import find_kind
from scratchmlp.tabular.reading.values import different_values

N = 1500


def rng():
    return np.random.default_rng(0)


def fit(values, name="column", **settings):
    """Fit an encoder on a column beside another one; return its entry and the warnings."""
    table = pd.DataFrame({name: values, "other": rng().normal(size=len(values))})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        encoder = TabularEncoder(**settings).fit(table)
    assert all(warning.category is DataConversionWarning for warning in caught)
    json.dumps(encoder.columns_)  # plain data
    return encoder.columns_[name], [str(warning.message) for warning in caught]


def encoded(values, **settings):
    """Return the first output of a column."""
    table = pd.DataFrame({"column": values, "other": rng().normal(size=len(values))})
    with warnings.catch_warnings(action="ignore"):
        return TabularEncoder(**settings).fit_transform(table)[:, 0]


def as_text(numbers, form):
    return [form(number) for number in numbers]


# Numbers that are written as text.

MONEY = rng().uniform(-5e5, 5e5, 200).round(2)
FORMS = {
    "plain": lambda x: f"{x}",
    "thousands": lambda x: f"{x:,.2f}",
    "whole thousands": lambda x: f"{x:,.0f}",
    "dollars": lambda x: f"${x:,.2f}",
    "euros after": lambda x: f"{x:.2f} €",
    "code before": lambda x: f"CHF {x:,.2f}",
    "per cent": lambda x: f"{x}%",
    "per cent with a blank": lambda x: f"{x:.2f} %",
    "decimal commas": lambda x: f"{x:.2f}".replace(".", ","),
    "points and commas": lambda x: f"{x:,.2f}".translate(str.maketrans(",.", ".,")),
    "blanks for thousands": lambda x: f"{x:,.2f}".replace(",", "\u202f"),
    "apostrophes": lambda x: f"{x:,.2f}".replace(",", "'"),
    "in parentheses": lambda x: f"({-x:,.2f})" if x < 0 else f"{x:,.2f}",
    "whole in parentheses": lambda x: f"({-x:,.0f})" if x < 0 else f"{x:,.0f}",
    "typographers' minus": lambda x: f"{x:.2f}".replace("-", "\N{MINUS SIGN}"),
    "blanks around": lambda x: f"  {x} ",
    "a unit": lambda x: f"{x} kg",
    "exponents": lambda x: f"{x:.6e}",
}


@pytest.mark.parametrize("form", FORMS)
def test_numbers_are_read_however_they_are_written(form):
    text = as_text(MONEY, FORMS[form])
    entry, notes = fit(text)
    assert entry["kind"] == "number"
    assert notes == []
    expected = encoded(MONEY if "whole" not in form else MONEY.round())
    np.testing.assert_allclose(encoded(text), expected, atol=1e-5)


def test_thousands_alone_are_no_decimal_commas():
    """Without another sign, "1,234" is 1234, as in English."""
    numbers = rng().integers(1000, 999_999, 200)
    np.testing.assert_allclose(encoded([f"{x:,}" for x in numbers]), encoded(numbers * 1.0))
    entry, _ = fit(["1,234", "2,500", "3,75", "0,5"] * 5)
    assert entry["decimal"] == ","


def test_the_way_numbers_were_written_is_kept_for_other_tables():
    train = pd.DataFrame({"price": [f"€{x}" for x in ("1.234,50", "20,00", "3,25")] * 5})
    encoder = TabularEncoder().fit(train)
    assert encoder.columns_["price"]["decimal"] == ","
    assert encoder.columns_["price"]["units"] == "€"
    typed = pd.DataFrame({"price": [1234.5, 1234.0]})
    text = pd.DataFrame({"price": ["1.234,5", "1.234"]})  # the point alone would be ambiguous
    np.testing.assert_array_equal(encoder.transform(text), encoder.transform(typed))


def test_numbers_of_fit_may_be_text_in_transform():
    encoder = TabularEncoder().fit(pd.DataFrame({"x": [1.0, 5, 9]}))
    out = encoder.transform(pd.DataFrame({"x": ["1,234", "$5", "9 %"]}))
    np.testing.assert_array_equal(out, encoder.transform(pd.DataFrame({"x": [1234.0, 5, 9]})))


def test_text_and_numbers_in_one_column_are_numbers():
    """As pandas reads a column of a sheet that contains a word."""
    numbers = rng().normal(size=50)
    entry, notes = fit(pd.Series([*numbers, "n.a."], dtype=object))
    assert entry["kind"] == "number"
    assert notes == [
        "1 of 51 values of column is not a number: 'n.a.'. Such values count as missing. Correct "
        "them, or name the column in categorical_features=['from_dtype', ...] if they are "
        "categories."
    ]


@pytest.mark.parametrize(
    ("bad", "clause"),
    [
        (["err"], "1 of 1,500 values of num_err is not a number: 'err'"),
        (["err", "err"], "2 of 1,500 values of num_err are not numbers: 'err'"),
        (["a", "b", "c", "d"], "4 of 1,500 values of num_err are not numbers: 'a', 'b', 'c', ..."),
        (["unknown"] * 700, "700 of 1,500 values of num_err are not numbers: 'unknown'"),
        (["unlimited"] * 300, "300 of 1,500 values of num_err are not numbers: 'unlimited'"),
        (["5 x 7"], "1 of 1,500 values of num_err is not a number: '5 x 7'"),
        (["inf"], "1 of 1,500 values of num_err is not a number: 'inf'"),
    ],
)
def test_a_few_values_that_are_no_numbers_are_missing_and_named(bad, clause):
    numbers = rng().normal(size=N - len(bad))
    entry, notes = fit([*bad, *map(str, numbers)], "num_err")
    assert entry["kind"] == "number"
    assert entry["indicator"]
    assert [note.partition(". ")[0] for note in notes] == [clause]


@pytest.mark.parametrize(
    "values",
    [
        ["0", "1", "2", "3+"] * 10,  # categories beside a few numbers
        [*map(str, range(100)), *(f"A{i}" for i in range(50))] * 2,  # a third are no numbers
        [*map(str, range(100)), *["unlimited"] * 120],  # most are no numbers
        ["1.2.3", "1.10.0"] * 50,
    ],
)
def test_other_text_with_digits_is_categorical(values):
    entry, notes = fit(values)
    assert entry["kind"] == "category"
    assert all("values of column are numbers, but not" in note for note in notes)


def test_values_that_cannot_be_read_in_transform_are_named_once():
    numbers = [*map(str, rng().normal(size=99)), "err"]
    with pytest.warns(DataConversionWarning, match="'err'"):
        encoder = TabularEncoder().fit(pd.DataFrame({"x": numbers}))
    with warnings.catch_warnings(action="error"):
        encoder.transform(pd.DataFrame({"x": numbers}))  # fit has told of it
    new = pd.DataFrame({"x": [*numbers[:50], "oops"]})
    with pytest.warns(DataConversionWarning, match="1 of 51 values of x is not a number: 'oops'"):
        out = encoder.transform(new)
    assert out[-1].tolist() == [0, 1]


def test_text_of_whole_numbers_is_numbers_which_is_said():
    entry, notes = fit([*"1234567"] * 5)
    assert entry["kind"] == "number"
    assert "Took text of whole numbers for numbers" in notes[0]
    assert "dtype category" in notes[0]


def test_different_units_are_named():
    _, notes = fit(["$5", "€7", "€8"] * 5)
    assert "different signs: $, €" in notes[0]


@pytest.mark.parametrize("values", [["TRUE", "false"], ["True", "False", None]])
def test_text_true_and_false_is_boolean(values):
    entry, _ = fit(pd.Series(values * 5, dtype=object))
    assert (entry["kind"], entry["labels"]) == ("category", "flag")
    encoder = TabularEncoder().fit(pd.DataFrame({"x": values}))
    out = encoder.transform(pd.DataFrame({"x": [True, False]}))
    np.testing.assert_array_equal(out, [[1], [-1]])


# Dates and times that are written as text.

DAYS = pd.Series(pd.date_range("2019-01-05", periods=300, freq="31h").floor("min"))
DATE_FORMS = [
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%Y/%m/%d",
    "%d-%m-%y",
    "%d %b %Y",
    "%d %B %Y",
    "%B %d, %Y",
    "%d-%b-%Y",
    "%a, %d %b %Y",
    "%Y%m%d",
    "%Y-%m",
    "%b %Y",
    "%d.%m.%Y %H:%M",
    "%Y-%m-%dT%H:%M:%S",
    "%m/%d/%Y %I:%M %p",
    "%d %b %Y %H:%M:%S GMT",
    "%d.%m.%Y %H:%M:00+00:00",
]


@pytest.mark.parametrize("form", DATE_FORMS)
def test_dates_are_read_however_they_are_written(form):
    text = DAYS.dt.strftime(form)
    entry, notes = fit(text)
    assert (entry["kind"], notes) == ("date", [])
    floor = "M" if "%d" not in form else "D" if "%M" not in form else "min"
    days = DAYS.dt.to_period(floor).dt.to_timestamp()
    np.testing.assert_allclose(encoded(text), encoded(days), atol=1e-5)


def test_integers_such_as_20200317_are_dates():
    text = DAYS.dt.strftime("%Y%m%d").drop_duplicates()
    entry, _ = fit(text.astype(int))
    assert entry["kind"] == "date"
    encoder = TabularEncoder().fit(pd.DataFrame({"day": text.astype(int)}))
    as_text, as_dates = pd.DataFrame({"day": text}), pd.DataFrame({"day": pd.to_datetime(text)})
    np.testing.assert_array_equal(encoder.transform(as_text), encoder.transform(as_dates))


def test_quarters_and_zones():
    quarters = pd.Series(["1979 Q3", "1980Q1", "1980-Q4"] * 5)
    days = pd.to_datetime(pd.Series(["1979-07-01", "1980-01-01", "1980-10-01"] * 5))
    np.testing.assert_array_equal(encoded(quarters), encoded(days))
    zones = pd.Series(["01.05.2020 14:00+02:00", "13.05.2020 7:00-05:00", "14.05.2020 1:30 PM"] * 5)
    utc = pd.to_datetime(
        pd.Series(["2020-05-01 12:00", "2020-05-13 12:00", "2020-05-14 13:30"] * 5)
    )
    np.testing.assert_allclose(encoded(zones), encoded(utc), atol=1e-6)


@pytest.mark.parametrize(
    ("values", "order", "first"),
    [
        (["13/02/2020", "01/02/2020"], "day/month/year", "2020-02-01"),
        (["02/13/2020", "01/02/2020"], "month/day/year", "2020-01-02"),
        (["13.02.2020", "01.02.2020"], "day.month.year", "2020-02-01"),
        (["02-13-20", "01-02-20"], "month-day-year", "2020-01-02"),
    ],
)
def test_a_day_above_12_tells_the_order_of_the_whole_column(values, order, first):
    entry, notes = fit(values * 10)
    assert entry["reason"] == f"dates written as {order}"
    assert notes == []
    encoder = TabularEncoder().fit(pd.DataFrame({"day": values}))
    text, date = pd.DataFrame({"day": values[1:]}), pd.DataFrame({"day": [first]})
    np.testing.assert_array_equal(encoder.transform(text), encoder.transform(date))


@pytest.mark.parametrize(
    ("mark", "order"), [("/", "month/day/year"), (".", "day.month.year"), ("-", "day-month-year")]
)
def test_without_a_day_above_12_the_order_is_guessed_and_said(mark, order):
    values = [mark.join(parts) for parts in (("03", "04", "2020"), ("05", "06", "2021"))]
    entry, notes = fit(values * 10)
    assert entry["reason"].endswith(order)
    assert f"no day of column is above 12, so {values[0]} could be" in notes[0].lower()
    assert f"it is read as {order}. Convert the column with pandas.to_datetime" in notes[0]


@pytest.mark.parametrize(
    ("others", "reason"),
    [
        (["{}/3/2020"], "day/month/year, as in b"),
        (["3/{}/2020"], "month/day/year, as in b"),
        (["{}/3/2020", "{}/4/2020"], "day/month/year, as in c"),
        (["{}/3/2020", "3/{}/2020"], "month/day/year"),  # they differ
        (["{}.3.2020"], "month/day/year"),
        (["{}/3/20"], "month/day/year"),
    ],
)
def test_columns_written_with_the_same_marks_may_tell_the_order(others, reason):
    table = pd.DataFrame({"a": [f"{day}/2/2020" for day in range(1, 13)]})
    for name, form in zip("bc", others, strict=False):
        table[name] = [form.format(day) for day in range(11, 23)]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        encoder = TabularEncoder().fit(table)
    fitted = encoder.columns_["a"]
    assert fitted["reason"] == f"dates written as {reason}"
    assert fitted["date_format"].startswith("%d" if reason.startswith("day") else "%m")
    assert any("day of a is above 12" in str(each.message) for each in caught) == (
        "as in" not in reason
    )


def test_a_few_values_that_are_no_dates_are_missing_and_named():
    entry, notes = fit(["soon", *DAYS.dt.strftime("%d.%m.%Y")])
    assert (entry["kind"], entry["indicator"]) == ("date", True)
    assert "1 of 301 values of column is not a date: 'soon'" in notes[0]


@pytest.mark.parametrize("form", ["%H:%M", "%H:%M:%S", "%I:%M %p"])
def test_times_of_the_day_are_durations_since_midnight(form):
    entry, notes = fit(DAYS.dt.strftime(form))
    assert (entry["kind"], notes) == ("duration", [])
    since = DAYS - DAYS.dt.normalize()
    np.testing.assert_allclose(encoded(DAYS.dt.strftime(form)), encoded(since), atol=1e-6)


@pytest.mark.parametrize("text", ["99.99.2020", "maya 2020", "12-34-56-78", "Mar-20", "2020"])
def test_what_is_no_date(text):
    entry, _ = fit([text, "x"] * 20)
    assert entry["kind"] == "category"


# Codes.


@pytest.mark.parametrize("as_type", [str, int])
def test_zip_codes_are_categories(as_type):
    codes = rng().choice(rng().integers(10_000, 99_999, 200), N)
    entry, notes = fit(pd.Series(codes).astype(as_type))
    assert entry["kind"] == "category"
    assert entry["reason"] == "whole numbers of 5 digits that repeat"
    assert any("Took whole numbers for codes" in note for note in notes)
    with pytest.warns(DataConversionWarning, match="for codes"):
        encoder = TabularEncoder().fit(pd.DataFrame({"zip": codes}))
    new = codes[:5]
    out = encoder.transform(pd.DataFrame({"zip": new}))
    for other in (new.astype(float), new.astype(str)):
        np.testing.assert_array_equal(out, encoder.transform(pd.DataFrame({"zip": other})))


def test_codes_with_gaps_are_floats_in_pandas():
    codes = pd.Series(rng().choice(rng().integers(10_000, 99_999, 200), N))
    entry, _ = fit(codes.where(codes.index % 9 > 0))
    assert entry["kind"] == "category"


def test_leading_zeros_make_codes():
    entry, notes = fit([f"{code:04}" for code in rng().integers(0, 40, 200)])
    assert (entry["kind"], entry["labels"], notes) == ("category", "text", [])


def test_a_name_tells_codes_that_do_not_repeat():
    codes = rng().integers(10_000, 99_999, N)
    assert fit(codes, "amount")[0]["kind"] == "number"
    assert fit(codes, "zip_code")[0]["kind"] == "category"
    assert fit(codes.astype(float), "zip_code")[0]["kind"] == "number"  # converted on purpose


@pytest.mark.parametrize(
    "name", ["zip", "zip_home", "Postal Code", "PLZ", "id", "CustomerID", "phone no", "tel2"]
)
@pytest.mark.parametrize("as_type", [str, int])
@pytest.mark.parametrize(
    "values", [np.arange(N) % 4, np.arange(N) % 4 - 1, rng().integers(0, 10**6, N)]
)
def test_a_column_named_like_a_code_is_categorical_whatever_its_values(name, as_type, values):
    entry, notes = fit(pd.Series(values).astype(as_type), name)
    assert (entry["kind"], entry["reason"]) == ("category", "named like a code")
    assert notes[0].startswith(
        f"Took whole numbers for codes, and encoded them as categories: {name}. Name them in "
    )
    assert fit(values, name, numeric_features=[name])[0]["kind"] == "number"


@pytest.mark.parametrize("name", ["phone_calls", "valid", "number", "telemetry", "DAYS_ID_PUBLISH"])
def test_other_names_do_not_make_codes(name):
    for n_different in (4, 40):
        assert fit(np.arange(N) % n_different, name)[0]["kind"] == "number"


@pytest.mark.parametrize(
    "quantity",
    [
        rng().integers(1950, 2020, N),  # years
        rng().choice(np.arange(20_000, 90_000, 500), N),  # rounded
        rng().choice([999, 1299, 1499, 1995, 2499, 2999, 3495, 3999, 4999, 5995, 7999, 8999], N),
        rng().integers(100, 999, N),  # dense
        rng().normal(50_000, 10_000, N).astype(int),
        rng().poisson(3, N),
        rng().integers(-999, -100, N),
    ],
)
def test_quantities_stay_numbers(quantity):
    entry, notes = fit(quantity)
    assert (entry["kind"], notes) == ("number", [])


# Columns that are left out.


@pytest.mark.parametrize("name", ["Unnamed: 0", "index", "rownames"])
@pytest.mark.parametrize("start", [0, 1])
def test_row_numbers_are_left_out(name, start):
    entry, notes = fit(range(start, start + 8), name)
    assert (entry["kind"], entry["reason"]) == ("identifier", "row numbers")
    assert notes == [f"Left out row numbers: {name}. Drop them to silence this warning."]


IDENTIFIERS = {
    "sparse": rng().permutation(2 * N)[:N],
    "customer_no": np.arange(N) + 5000,
    "long": 5 * 10**9 + np.cumsum(rng().integers(1, 10**6, N)),
    "keys": [f"key {i}" for i in range(N)],
    "codes": [f"C-{i:06d}" for i in rng().permutation(N)],
    "hashes": [f"{i * 10**20:032x}" for i in map(int, rng().permutation(N))],
    "user_id": rng().choice(10**7, N, replace=False),
    "PatientID": rng().choice(10**7, N, replace=False),
}


@pytest.mark.parametrize("name", IDENTIFIERS)
@pytest.mark.parametrize("as_type", [None, str])
def test_identifiers_are_left_out(name, as_type):
    values = pd.Series(IDENTIFIERS[name]).astype(as_type or object).infer_objects()
    entry, notes = fit(values, name)
    assert (entry["kind"], entry["reason"]) == ("identifier", "every value is different")
    assert notes[-1].startswith(f"Left out identifiers, which are different in each row: {name}.")


@pytest.mark.parametrize(
    "values",
    [
        rng().choice(10**6, 200, replace=False),  # chance makes few equal pairs
        np.arange(1900, 2000),  # years
        np.arange(100) / 2,
        np.arange(100),  # times or ranks
        np.arange(0, 500, 5),
        rng().permutation(100),
        rng().choice(10**6, 900, replace=False) % 900_000 + 100_000,  # prices of six digits
        np.arange(8),
    ],
)
def test_other_numbers_that_differ_are_kept(values):
    assert fit(values)[0]["kind"] == "number"


def test_times_in_seconds_are_kept():
    seconds = 1_600_000_000 + np.cumsum(rng().integers(1, 10**4, N))
    assert fit(seconds, "event_time")[0]["kind"] == "number"


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        ([f"user {i}" for i in rng().integers(0, 1000, N)], "category"),
        ([" ".join(words) for words in rng().choice([*"abcdefghijklm"], (N, 3))], "text"),
        ([f"{w} is the one" for w in rng().choice([f"w{i}" for i in range(50)], N)], "category"),
        ([f"name{i}@mail{i % 3}.org" for i in range(N)], "text"),
        ([f"/files/{i % 7}/{i}" for i in range(N)], "text"),
    ],
)
def test_text_has_several_words_and_many_different_values(texts, kind):
    assert fit(texts)[0]["kind"] == kind


def test_whether_there_is_an_identifier_may_inform():
    cabins = [None if i % 3 else f"C{i}" for i in range(90)]
    encoder_entry, _ = fit(pd.Series(cabins, dtype=object))
    assert encoder_entry["kind"] == "identifier"
    np.testing.assert_array_equal(encoded(cabins), [bool(i % 3) for i in range(90)])


@pytest.mark.parametrize("choice", [["x"], ["from_dtype", "x"]])
def test_the_choice_of_the_user_has_priority(choice):
    assert fit(range(100), "x", categorical_features=choice)[0]["kind"] == "category"


def test_columns_of_one_value_and_of_none_are_left_out_and_named():
    table = pd.DataFrame({"a": 1, "b": "x", "c": None, "d": [1.0, 2, 4]})
    with pytest.warns(DataConversionWarning) as caught:
        encoder = TabularEncoder().fit(table)
    assert [str(warning.message).partition(". ")[0] for warning in caught] == [
        "Left out columns with a single value: a, b",
        "Left out columns without any value: c",
    ]
    assert encoder.columns_["a"] == {
        "kind": "constant", "reason": "every value is '1'", "indicator": False
    }  # fmt: skip
    assert encoder.columns_["c"]["kind"] == "missing"


def test_columns_that_are_left_out_are_not_required_later():
    table = pd.DataFrame({"id": range(100), "one": 1, "x": rng().normal(size=100)})
    with pytest.warns(DataConversionWarning):
        encoder = TabularEncoder().fit(table)
    np.testing.assert_array_equal(encoder.transform(table[["x"]]), encoder.transform(table))
    with pytest.raises(ValueError, match=r"these are missing: 'x'"):
        encoder.transform(table[["id"]])


def test_a_column_that_informed_and_is_empty_now_is_named():
    table = pd.DataFrame({"x": [1.0, 2, 3, 4, 5] * 2, "c": ["a", "b"] * 5})
    encoder = TabularEncoder().fit(table)
    with pytest.warns(DataConversionWarning, match="in columns: x, c"):
        encoder.transform(table.assign(x=np.nan, c=None))


@pytest.mark.parametrize(
    ("n_missing", "n_rows", "is_named"),
    [
        (0, 1, False),  # a server must not warn of each row
        (0, 9, False),
        (0, 10, True),
        (50, 10, True),
        (60, 10, False),  # 0.6 ** 10 is above 0.001
        (60, 20, True),
        (95, 100, False),
    ],
)
def test_an_empty_column_is_named_if_this_is_hardly_chance(n_missing, n_rows, is_named):
    columns = {"x": np.arange(100) / 8, "c": ["a", "b"] * 50, "day": DAYS[:100]}
    table = pd.DataFrame(columns | {"text": [f"number {i} of some" for i in range(100)]})
    table.iloc[:n_missing] = None
    encoder = TabularEncoder(text_features=["text"])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        encoder.fit(table).transform(table[:n_rows].assign(**dict.fromkeys(table, None)))
    named = "No values, although there were some in fit, in columns: x, c, day, text"
    assert [str(each.message).partition(". ")[0] for each in caught] == [named] * is_named


KNOWN = {
    "plan": ["basic", "plus"] * 50,
    "zip": ["01234", "07777", "00501", "02139"] * 25,
    "city": [f"city {i % 30}" for i in range(90)] + [f"once {i}" for i in range(10)],
    "name": ["A", "B"] * 20 + [f"N{i}" for i in range(60)],  # nearly all names occur once
    "age": [str(i / 2) for i in range(100)],
    "day": DAYS[:100].dt.strftime("%Y-%m-%d"),
    "time": ["10:05", "11:30"] * 50,
    "flag": ["true", "false"] * 50,
}


def notes_of_new(**columns):
    """Fit an encoder to KNOWN, and return its warnings about a table with other columns."""
    encoder = TabularEncoder(["from_dtype", "name"]).fit(pd.DataFrame(KNOWN))
    n = max(len(column) for column in columns.values())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        encoder.transform(pd.DataFrame(KNOWN)[:n].assign(**columns))
    return [str(warning.message) for warning in caught]


def test_columns_with_only_unseen_categories_are_named():
    new = {"plan": "premium", "zip": "1234", "city": "city x"}
    assert notes_of_new(**{name: [value] * 10 for name, value in new.items()}) == [
        "Only categories not known from fit, in columns: plan (such as 'premium'), zip (such as "
        "'1234'), city (such as 'city x'). Predictions are less accurate. Check that the values "
        "are written as in fit."
    ]


@pytest.mark.parametrize(
    "columns",
    [
        {"plan": ["premium"] * 9},  # few rows, such as those that a server receives
        {"plan": ["premium"] * 99 + ["basic"]},
        {"plan": [None, "basic"] + [None] * 10},
        {"city": [None] * 20 + ["once 1"] * 9},
        {"name": [f"N{i}" for i in range(60, 80)]},
        {"age": ["unknown"] * 9, "flag": ["unknown"] * 9},
    ],
)
def test_single_rows_and_rare_categories_are_not_noted(columns):
    assert notes_of_new(**columns) == []


def test_columns_of_words_for_missing_values_have_no_values():
    columns = dict.fromkeys(["age", "day", "time", "flag"], ["unknown", None] * 10)
    assert [note.partition(". ")[0] for note in notes_of_new(**columns)] == [
        "No values, although there were some in fit, in columns: age, day, time, flag"
    ]


def test_categories_cannot_be_chosen_after_fit():
    (note,) = notes_of_new(age=["x1", *KNOWN["age"][1:]])
    assert note == (
        "1 of 100 values of age is not a number: 'x1'. Such values count as missing. Correct them."
    )


@pytest.mark.parametrize(("name", "kind"), [("age", "number"), ("day", "date")])
def test_a_value_of_a_million_characters_is_named_by_its_beginning(name, kind):
    """Reading it also ends: weekdays were once searched in quadratic time."""
    values = [*KNOWN[name][:20], "mon" * 333_333]
    message = f"1 of 21 values of {name} is not a {kind}: '{'mon' * 13}m'. Such values count"
    for notes in (fit(values, name)[1], notes_of_new(**{name: values})):
        assert [note[: len(message)] for note in notes] == [message]


def test_dates_that_could_be_day_first_or_month_first_are_named():
    """Such a value is a date, and needs another remedy than one that is none."""
    days = ["03/04/2021", "soon", "05.06.2021 10:00", "12/20/2021", *KNOWN["day"][4:]]
    assert [note.partition(". ")[0] for note in notes_of_new(day=days)] == [
        "2 of 100 values of day are not dates: 'soon', '12/20/2021'",
        "2 of 100 values of day could be day-first or month-first: '03/04/2021', '05.06.2021 "
        "10:00' (write dates as 2024-05-17)",
    ]
    with pytest.raises(ValueError, match=r"'06/04/2022' could be day-first or month-first\. Write"):
        notes_of_new(day=["06/04/2022", "soon"])


def test_lost_leading_zeros_have_a_remedy():
    with pytest.raises(ValueError, match=r"pandas\.read_csv\(\.\.\., dtype=\{'zip': str\}\)"):
        notes_of_new(zip=[1234, 7777])


def test_arrays_are_taken_as_they_are():
    """An array has no names, and one dtype for all columns: nothing is left out of it."""
    X = np.column_stack(
        [np.arange(100), rng().permutation(100), np.ones(100), rng().normal(size=100)]
    )
    with warnings.catch_warnings(action="error"):
        assert TabularEncoder().fit_transform(X).shape == (100, 3)
        assert TabularEncoder().fit_transform(X.astype(int)[:, :2]).shape == (100, 2)


# Roles.


def test_text_features_and_date_features():
    table = pd.DataFrame(
        {"note": ["fine", "bad"] * 20, "day": ["17.03.2020", "soon", "later", "18.03.2020"] * 10}
    )
    encoder = TabularEncoder(text_features=["note"], date_features=["day"])
    with pytest.warns(DataConversionWarning, match="20 of 40 values of day are not dates"):
        encoder.fit(table)
    kinds = [entry["kind"] for entry in encoder.columns_.values()]
    assert kinds == ["text", "date"]


def test_numeric_features():
    table = pd.DataFrame({"id": range(50), "zip": rng().choice([12345, 24680, 98765], 50)})
    table["grade"] = [*"123", "none", "A"] * 10
    encoder = TabularEncoder(numeric_features=["id", "zip", "grade"])
    with pytest.warns(DataConversionWarning, match="20 of 50 values of grade are not numbers"):
        encoder.fit(table)
    assert {entry["kind"] for entry in encoder.columns_.values()} == {"number"}
    with pytest.raises(
        ValueError, match=r"numeric_features names column 'a', .* one is 'x'\. Conv"
    ):
        TabularEncoder(numeric_features=["a"]).fit(pd.DataFrame({"a": ["x", "y"]}))


def test_a_column_has_one_role():
    table = pd.DataFrame({"a": ["x", "y"]})
    with pytest.raises(ValueError, match=r"Column 'a' is named in two of .* Remove it"):
        TabularEncoder(["from_dtype", "a"], text_features=["a"]).fit(table)


def test_date_features_must_contain_dates():
    table = pd.DataFrame({"a": ["x", "y"]})
    with pytest.raises(
        ValueError, match=r"date_features names column 'a', .* one is 'x'\. Convert"
    ):
        TabularEncoder(date_features=["a"]).fit(table)


# Other tables than the one of fit.


def test_what_fit_could_not_read_may_come_alone():
    """A row is read in the same way, whatever rows come with it."""
    numbers = [*map(str, rng().normal(size=196)), *["n.a."] * 4]
    entry, _ = fit(numbers, "v")
    assert entry["kind"] == "number"
    with warnings.catch_warnings(action="ignore"):
        encoder = TabularEncoder().fit(pd.DataFrame({"v": numbers}))
        alone = encoder.transform(pd.DataFrame({"v": ["n.a."]}))
        assert alone.tolist() == encoder.transform(pd.DataFrame({"v": numbers}))[-1:].tolist()
        chosen = TabularEncoder(numeric_features=["v"])
        table = pd.DataFrame({"v": ["x"] * 120 + numbers[:80]})
        assert chosen.fit(table).transform(table)[:120, 1].all()


def test_one_row_of_compact_dates():
    days = pd.DataFrame({"day": DAYS.dt.strftime("%Y%m%d").drop_duplicates().astype(int)})
    encoder = TabularEncoder().fit(days)
    np.testing.assert_array_equal(encoder.transform(days[:1]), encoder.transform(days)[:1])


def test_values_of_another_table_tell_how_they_are_written():
    """A model may be trained on an export of one country, and used on one of another."""
    train = pd.DataFrame(
        {"price": ["3,326.37", "20.50"] * 9, "day": ["03/17/2020", "01/02/2020"] * 9}
    )
    encoder = TabularEncoder().fit(train)
    new = pd.DataFrame({"price": ["3.326,37", "20,50"], "day": ["17.03.2020", "02.01.2020"]})
    np.testing.assert_array_equal(encoder.transform(new), encoder.transform(train[:2]))


def test_a_unit_may_be_missing_beside_words_for_missing_values():
    weights = [*(f"{x:.1f} kg" for x in rng().normal(70, 9, 50)), "n.a."]
    assert fit(weights)[0]["units"] == "kg"


def test_signs_of_some_numbers_only_are_named():
    _, notes = fit(["12%", "0.12", "5%"] * 9)
    assert "only some of the numbers of column have the sign %" in notes[0].lower()


@pytest.mark.parametrize(
    "texts",
    [
        [f"{row}{seat}" for row in range(1, 30) for seat in "A"],  # no unit
        [f"{x}{unit}" for x in range(30) for unit in (" kg", "")],  # some have a unit
        [f"10.{i % 7}.101.{i % 9}" for i in range(90)],  # addresses
        [f"{i % 9}E{i % 7}" for i in range(90)],  # rooms
        [f"{year}-{(year + 1) % 100:02}" for year in range(2000, 2012)] * 3,  # seasons
        ["00", "01", "007", "12"] * 9,
    ],
)
def test_what_is_no_number_and_no_date(texts):
    assert fit(texts * 2)[0]["kind"] == "category"


def test_many_numbers_among_text_are_named():
    values = [*map(str, rng().normal(size=160).round(3)), *["<0.01"] * 20, *[">100"] * 20]
    entry, notes = fit(values, "lab")
    assert entry["kind"] == "category"
    assert notes == [
        "160 of 200 values of lab are numbers, but not '<0.01', '>100'. The column is encoded as "
        "categories. Name it in numeric_features if the other values are missing ones, or correct "
        "them."
    ]


def test_one_zero_does_not_make_codes():
    assert fit([*map(str, rng().normal(size=199)), "00"])[0]["kind"] == "number"


def test_a_word_with_a_slash_does_not_tell_the_order():
    entry, _ = fit(["05.03.2020", "06.04.2020", "n/a"] * 9)
    assert entry["reason"] == "dates written as day.month.year"


def test_durations_of_more_than_a_day():
    entry, _ = fit(["25:10", "3:00", "100:30:00"] * 9)
    assert entry["kind"] == "duration"
    assert entry["centre"] == pytest.approx(25.1667 / 24, abs=1e-4)


def test_long_numbers_in_text_are_read_in_linear_time():
    fit(["1" * 100_000 + ",x", "2"] * 9)


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        ([f"{'AB' if i % 2 else 'CD'}-{i}" for i in range(60)], "text"),  # the letters may inform
        (["这个产品非常好用我很喜欢" + chr(0x4E00 + i) for i in range(60)], "text"),
        ([f"a review of {w} words" for w in range(30)], "identifier"),
        ([" ".join(words) for words in rng().choice([*"abcdefg"], (40, 8))], "text"),
        ([f"{a:05x}{b:04x}" for a, b in rng().integers(16**4, size=(60, 2))], "identifier"),
    ],
)
def test_text_that_is_different_in_each_row(texts, kind):
    assert fit(texts)[0]["kind"] == kind


def test_flags_are_numbers_by_choice():
    encoder = TabularEncoder(numeric_features=["x"]).fit(pd.DataFrame({"x": [True, False] * 5}))
    assert (encoder.columns_["x"]["kind"], encoder.columns_["x"]["reason"]) == (
        "number",
        "your choice",
    )


@pytest.mark.parametrize("values", [["a", "b"] * 50, [f"{i} {i * i} words" for i in range(100)]])
def test_the_different_values_of_text_are_found_once(values, monkeypatch):
    find = Mock(side_effect=different_values)
    monkeypatch.setattr(kinds, "different_values", find)
    assert find_kind("column", pd.Series(values, dtype=object)).kind in ("category", "text")
    find.assert_called_once()
