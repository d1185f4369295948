"""What a table contains: its columns, its target, the order of its rows, and tables to predict."""

import re

import numpy as np
import pandas as pd
import pytest

from scratchmlp.cli.columns import (
    decide_columns,
    describe_columns,
)
from scratchmlp.cli.messages import InputError
from scratchmlp.cli.models import read_columns, typed_settings
from scratchmlp.cli.new_table import load_new_table, select_features, unlike_training
from scratchmlp.cli.options import FileFormat, Roles
from scratchmlp.cli.table import in_order, load_table
from scratchmlp.cli.target import choose_target, describe_classes
from scratchmlp.io import load
from scratchmlp.tabular.columns.categories import ManyCodes
from scratchmlp.tabular.columns.encoder import fitted_columns
from tests.helpers.cli_output import refused, run
from tests.helpers.table_files import excel, parquet

N = 40
MAY_NOT_HOLD = "scores and intervals from training may not hold for rows that are so different"


def text(values):
    return pd.Series([str(value) for value in values], dtype=object)


# Tables as they are read.


def test_cells_are_text_without_blanks_and_question_marks_are_missing(csv):
    rows = b"01,?, u,,\nx ,FALSE,v ,,\n1,,u,,\n" * 3
    table = load_table(csv(b"code, flag,y ,,\n" + rows), "y")
    assert table.X["code"].tolist() == ["01", "x", "1"] * 3
    assert table.X["flag"].fillna("missing").tolist() == ["missing", "FALSE", "missing"] * 3
    assert list(table.X) == ["code", "flag"]
    assert list(table.y) == [*"uvu"] * 3


NA_NO, NA_NULL = b"a,y\n" + b"1,NA\n2,no\n" * 9, b"a,y\n" + b"1,NA\n2,null\n" * 9
NONE_ONE = b"a,y\n" + b"1,None\n2,one\n3,two\n" * 9
TWENTY = pd.DataFrame({"a": range(20), "y": range(20)})
AS_CLASSES, AS_NUMBERS = ["--task", "classification"], ["--task", "regression"]
KEPT = [*AS_NUMBERS, "--keep-na"]

REFUSED = [
    (b"a:y\n1:2\n", [], "If another character separates its columns, name it with --sep."),
    (b"Report 2024,,\na,b,y\nm,n,u\no,p,v\n", [], "If titles stand above the header, add"),
    (b"y\nu\nv\n" * 9, [], "no column is left to predict from"),
    (b"a,y\n" + b",u\n,v\n" * 9, [], "no column can inform a prediction: a (no values)"),
    (b"a,y\n" + b"1,\n" * 9, [], "column 'y' has no values"),
    (b"a,y\n" + b"1,u\n" * 9, [], "column 'y' is constant: every value is 'u'"),
    (b"a,y\n1,u\n1,u\n1,u\n1,v\n1,w\n", [], "Classes of that size: 1, with 3 of 5 rows."),
    (b"a,y\n" + b"1,8\n" * 8 + b"1,2\n" * 2, [], "8 of 10 rows. Add rows of the rare classes"),
    (b"a,y\n" + b"1,%d\n" * 9 % (*range(9),), [],
     "has 9 finite numbers and 9 different values. Regression needs at least 10 finite numbers"),
    (b"a,y\n" + b"1,2e-309\n2,3e-309\n" * 9, AS_NUMBERS,
     "column 'y' cannot be learned. The largest absolute value of targets must be 0 or between"),
    (b"t,x,y\n" + b",1,2\n,3,4\n" * 9, ["--time", "t"], "column 't' has no values"),
    (b"a,y\n" + b"1,u\n2,v\n" * 9, AS_NUMBERS, "column 'y' is not numeric: it contains 'u'"),
    (TWENTY, AS_CLASSES, "20 different values in 20 rows, too many for classes. Choose --task"),
    (TWENTY // 2, AS_CLASSES, "of that size: 0, with 0 of 20 rows. Choose --task regression."),
    # Words for missing values may be what is missing.
    (NA_NO, [], "values. 'NA' in 9 rows counts as a missing value; if it is a value, add --kee"),
    (NA_NULL, [], "has no values: 'NA' in 9 rows, 'null' in 9 rows count as missing values; if"),
    (NONE_ONE, AS_NUMBERS, "column 'y' is not numeric: it contains 'one'"),
    (NONE_ONE, [*KEPT, "y"], "it contains 'None'"),
    (NONE_ONE, KEPT, "it contains 'None'"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "options", "message"), REFUSED)
def test_a_table_without_anything_to_learn_is_refused(content, options, message, csv):
    assert message in refused(csv(content), "--target", "y", *options)


def test_a_separator_is_no_remedy_for_files_of_other_formats(csv):
    assert "--sep" not in refused(csv(parquet(pd.DataFrame({"a": [1]}))), "--target", "y")


# Columns.


def columns_of(X, **roles):
    """Return the fitted columns of a table."""
    return fitted_columns(decide_columns(X, Roles(**roles))[0])


def described(columns, **roles):
    """Return the lines about columns of text, and the notes."""
    X = pd.DataFrame(columns)
    encoder, notes = decide_columns(X, Roles(**roles))
    return describe_columns(X, fitted_columns(encoder)).splitlines(), notes


def test_a_line_for_each_kind_of_column_with_what_is_not_plain():
    numbers = np.random.default_rng(0).normal(size=N).round(3)
    columns = {
        "key": text(f"k{i}" for i in range(N)),
        "one": "u",
        "size": text(numbers),
        "price": text(f"${x:.2f}" for x in numbers),
        "plan": ["basic", "full"] * (N // 2),
        "flag": ["True", "false"] * (N // 2),
        "day": text(f"{1 + i % 28}.3.2020" for i in range(N)),
        "leak": ["5", None] * (N // 2),
        "labels": pd.Series([1.0, 2.0, np.nan, 4.0] * (N // 4), dtype="category"),
        "empty": np.nan,
    }
    lines, _ = described(columns)
    assert lines == [
        "  numeric: size, price (numbers with $)",
        "  dates: day (dates written as day.month.year)",
        "  boolean: flag",
        "  categorical: plan (2 values), labels (3 values, 10 missing)",
        "  used only for whether the value is missing: leak (20 missing)",
        "  left out: key (every value is different), one (every value is 'u'), empty (no values). "
        "To use a column whose values are all different, name it in --text or --numeric.",
    ]


def test_what_is_guessed_is_said_with_what_to_do():
    numbers = np.random.default_rng(0).normal(size=N).round(3)
    columns = {
        "err": text(numbers).where(np.arange(N) > 0, "err"),
        "day": text(f"{1 + i % 12}/3/2020" for i in range(N)),
        "zip": text(np.arange(N) % 4),
    }
    lines, notes = described(columns)
    assert "  categorical: zip (4 values, named like a code)" in lines
    codes, unreadable, order = notes
    assert unreadable == (
        "1 of 40 values of err is not a number: 'err'. Such values count as missing. Name columns "
        "of categories in --categorical."
    )
    assert "day-first or month-first" in order
    assert order.endswith("If this is wrong, write the dates as 2024-05-17.")
    assert codes == (
        "took whole numbers for codes, and encoded them as categories and as numbers: "
        "zip. If they are quantities, name them in --numeric."
    )


def test_what_is_guessed_of_several_columns_is_one_sentence():
    numbers = text(np.random.default_rng(0).normal(size=N).round(3))
    columns = {name: numbers.where(np.arange(N) > 0, name) for name in ("bad", "err")}
    assert described(columns)[1] == [
        "1 of 40 values of bad is not a number: 'bad'; 1 of 40 values of err is not a number: "
        "'err'. Such values count as missing. Name columns of categories in --categorical."
    ]


def test_columns_in_which_no_value_or_word_repeats():
    words = [chr(ord("a") + i) for i in range(12)]
    columns = {"size": np.arange(12) / 8, "word": text(2 * a for a in words)}
    lines, _ = described(columns, categorical=["word"])
    assert lines[1].startswith("  left out: word (every value is different). To use a column whose")
    columns["word"] = text(f"{a} {a}" for a in words)
    lines, notes = described(columns, text=["word"])
    assert lines[1] == "  left out: word (no word occurs twice)"
    assert notes == []


def test_the_user_says_what_a_column_is():
    columns = {
        "zip": text([10_001, 10_002] * (N // 2)),
        "day": text(range(20200301, 20200301 + 30)).reindex(range(N)),
        "id": text([*range(N - 1), "none"]),
    }
    lines, notes = described(columns, categorical=["zip"], date=["day"], numeric=["id"])
    assert lines == [
        "  numeric: id",
        "  dates: day (dates written as yearmonthday, 10 missing)",
        "  categorical: zip (2 values, your choice)",
    ]
    assert [note.partition(".")[0] for note in notes] == [
        "1 of 40 values of id is not a number: 'none'"
    ]
    assert described(columns, numeric=["zip"])[0][0] == "  numeric: zip"


def test_numbers_that_may_identify_rows_are_named():
    different = "different in each row: name it in --id if it identifies the rows"
    columns = {"customer": text(range(100, 100 + N)), "price": text(np.arange(N) / 2)}
    assert described(columns)[0] == [f"  numeric: customer ({different}), price"]
    columns["customer"] = text([100, *range(100, 99 + N)])
    assert described(columns)[0] == ["  numeric: customer, price"]


DAYS_APART = [np.datetime64("300000000-01-01", "s"), np.datetime64("2000-01-01", "s")]
WORDS = {"a": text(f"a{i % 3}" for i in range(N))}
NOTHING = {"key": text(f"k{i}" for i in range(N)), "one": "u", "empty": np.nan}

UNUSABLE = [
    (WORDS, {"date": ["a"]}, "--date names 'a', but none of its values is a date"),
    (WORDS, {"numeric": ["a"]}, r"--numeric names 'a', but .* one is 'a0'\. Remove"),
    (NOTHING, {}, r"no column can inform a prediction: key \(every value is different\), one "
                  r"\(every value is 'u'\), empty \(no values\)\."),
    ({"day": pd.Series(DAYS_APART), "b": [1, 2]}, {},
     r"^(Out of bounds|Cannot cast).*\. The error is about column 'day'\.$"),  # of pandas 3 or 2
]  # fmt: skip


@pytest.mark.parametrize(("columns", "roles", "message"), UNUSABLE)
def test_columns_that_cannot_be_used_are_refused(columns, roles, message):
    with pytest.raises(InputError, match=message):
        described(columns, **roles)


def test_columns_are_read_once_for_the_comparison():
    """A part of the rows could be read in another way: a word may be frequent in it."""
    columns = {
        "number": text([*(i % 50 for i in range(100)), *["err"] * 4]),
        "day": text(f"{1 + i % 28}/{1 + i % 12}/2020" for i in range(104)),
        "word": text(["err", "u"] * 52),
        "zip": text(10_000 + 997 * (i % 50) for i in range(104)),
        "key": [None, *text(f"k{i}" for i in range(103))],
        "one": "x",
    }
    X = pd.DataFrame(columns)
    fitted = columns_of(X, categorical=["zip"])
    typed = read_columns(X, fitted)
    assert typed["number"].isna().sum() == 4
    assert typed["day"].dt.day.to_list()[:3] == [1, 2, 3]
    assert typed["key"].to_list()[:2] == [True, False]
    pd.testing.assert_series_equal(typed["word"], X["word"])
    assert "one" not in typed
    settings = {"categorical_features": ["word", "zip", "key"], "text_features": []}
    assert typed_settings(fitted) == settings


def test_models_get_many_codes_as_categories_and_as_numbers():
    X = pd.DataFrame({"route": text(10_000 + 997 * (i % 70) for i in range(150)), "x": range(150)})
    fitted = columns_of(X)
    typed = read_columns(X, fitted)
    pd.testing.assert_series_equal(typed["route as a number"], typed["route"], check_names=False)
    assert typed_settings(fitted)["categorical_features"] == ["route"]
    X["route as a number"] = X["x"] / 8  # also if a column has the name of the numbers
    typed = read_columns(X, columns_of(X))
    assert [*typed] == ["route as a number_", "route", "x", "route as a number"]
    pd.testing.assert_series_equal(typed["route as a number"], X["route as a number"])


def test_models_get_no_numbers_of_codes_that_training_hides():
    X = pd.DataFrame({"patient_id": 10_000 + 997 * (np.arange(150) % 70), "x": np.arange(150) / 8})
    fitted = columns_of(X)
    assert fitted["patient_id"].names_entity
    assert isinstance(fitted["patient_id"], ManyCodes)
    assert [*read_columns(X, fitted)] == ["patient_id", "x"]


# The target.


def read(values, task=None, name="y"):
    """Read a target; return whether it holds classes, its values and the notes."""
    known = text(values).rename(name)
    y, is_class, notes = choose_target(known, known, task)
    return is_class, y.to_numpy(), notes


FEW_AND_MANY = [(np.arange(60) % 7, True), (np.repeat(np.arange(60), 4), False)]


@pytest.mark.parametrize("task", [None, "classification", "regression"])
@pytest.mark.parametrize(("values", "few"), FEW_AND_MANY)
def test_the_task_can_be_chosen(values, few, task, csv):
    table = load_table(csv(pd.DataFrame({"a": range(len(values)), "y": values})), "y", task)
    assert table.is_class == (few if task is None else task == "classification")
    assert table.y.astype(float).tolist() == values.tolist()
    assert (table.y.dtype == float) == (not table.is_class)


#: Labels of which not all are whole numbers, written in one way only.
TEXT_LABELS = [
    *("007 7 07", "1e3 1000 1e+3", "1.0 1 =1+1", "9007199254740992 9007199254740993 5"),
    *("\N{ARABIC-INDIC DIGIT THREE} 3 4", "True False true", "1.0 2.5 3.0"),
]


@pytest.mark.parametrize("words", ["0 1 2", *TEXT_LABELS])
def test_classes_are_whole_numbers_or_the_text_of_the_file(words, csv):
    labels = words.split()
    values = [f" {label}" for label in labels] * 4
    table = load_table(csv(pd.DataFrame({"a": range(13), "y": [*values, None]})), "y")
    assert table.is_class
    assert table.y.tolist() == (labels if words in TEXT_LABELS else [0, 1, 2]) * 4
    assert table.notes == ["left out 1 row without a value of 'y'"]


@pytest.mark.parametrize("write", [excel, parquet])
def test_typed_whole_numbers_are_classes_without_decimals(write, csv):
    table = pd.DataFrame({"a": range(12), "y": [1, 2, None] * 4})
    assert load_table(csv(write(table)), "y").y.tolist() == [1, 2] * 4


def test_words_for_missing_targets_are_named(csv):
    path = csv(b"a,the y\n3,\n" + b"1,None\n2,no\n3,yes\n" * 9)
    assert load_table(path, "the y").notes == [
        "left out 10 rows without a value of 'the y': 'None' in 9 rows counts as a missing value; "
        "if it is a value, add --keep-na 'the y'"
    ]


def test_the_largest_classes_are_counted():
    y = np.repeat(["no", "yes"], [5174, 1869])
    assert describe_classes(y) == "classes: no 5,174 (73.5%), yes 1,869 (26.5%)"
    line = describe_classes(np.repeat(np.arange(200), np.arange(3, 203)))
    assert line.startswith("classes: 199 202 (1.0%), 198 201 (1.0%), ")
    assert line.endswith(" and 192 others")
    assert line.count(",") == 7
    line = describe_classes(np.repeat(["x" * 50, *"abcdefgh"], [3, *[2] * 8]))
    assert line.startswith(f"classes: {'x' * 40} 3")
    assert line.endswith(" and 1 other")


SIXTY, MANY = np.arange(60), np.arange(300)
COUNTS = np.minimum(MANY % 27, MANY // 9)  # 0 to 26; large ones are rare
MAY_BE_COUNTS = "are taken as classes. If they are counts or amounts, add --task regression"
MAY_BE_CLASSES = "are predicted as quantities. If they are classes, add --task classification"


TARGETS = [
    ("visits", COUNTS, MAY_BE_CLASSES),
    ("grade", COUNTS / 2, MAY_BE_CLASSES),
    ("digit", MANY % 10, MAY_BE_COUNTS),
    ("rate", [f"{10 * (i % 5)}%" for i in SIXTY], MAY_BE_COUNTS),
    ("occupation", 10_000 + 1001 * (MANY % 12), MAY_BE_COUNTS),
    ("product_code", MANY % 27, MAY_BE_COUNTS),
    ("kind", SIXTY % 3, None),
    ("letter", ["abcd"[i % 4] for i in SIXTY], None),
    ("class", [f"{i % 60:03}" for i in MANY], None),
    ("price", [f"${10 + i % 2}" for i in SIXTY], None),
]


@pytest.mark.parametrize(("name", "values", "note"), TARGETS)
def test_numbers_are_classes_if_they_are_few_or_codes(name, values, note):
    """What the user has not chosen is said, unless it is plain."""
    is_class, y, notes = read(values, name=name)
    assert is_class == (note != MAY_BE_CLASSES)
    assert len(y) == len(values)
    assert notes == ([f"the numbers of '{name}' {note}"] if note else [])
    assert read(values, "classification", name)[2] == []


def test_regression_is_no_advice_for_codes_with_leading_zeros():
    codes = ["007", "7", "07", "7.0", "07.0", *(f"{i:03}" for i in range(5))] * 2
    with pytest.raises(InputError, match="too few rows per class") as error:
        read(codes)
    assert "regression" not in str(error.value)


NUMBERS = np.random.default_rng(0).uniform(1000, 9999, 60).round(2)
READ_AS = "'y' is read as numbers, and predicted without "
UNITS = "The signs are dropped. Convert the numbers to one unit."


FORMS = [("{:,.2f}", None), ("€{:,.2f}", f"{READ_AS}€"), ("{:.2f}%", f"{READ_AS}%")]


@pytest.mark.parametrize(("form", "note"), FORMS)
def test_numbers_are_read_however_they_are_written(form, note):
    is_class, y, notes = read([form.format(x) for x in NUMBERS])
    assert not is_class
    np.testing.assert_allclose(y, NUMBERS)
    assert notes == [note] * (note is not None)


def test_numbers_of_different_units_are_named():
    _, y, notes = read([f"{'$€'[i % 2]}{x}" for i, x in enumerate(NUMBERS)])
    np.testing.assert_allclose(y, NUMBERS)
    assert notes == [f"{READ_AS}$ €", f"the numbers of y have different signs: $, €. {UNITS}"]
    _, _, notes = read(["0.125", *(f"{x}%" for x in NUMBERS[1:]), "err"])
    some = "only some of the numbers of y have the sign %"
    assert notes[1:] == [f"{READ_AS}%", f"{some}. {UNITS}"]


def test_rows_without_a_number_are_left_out_and_named(csv):
    values = [f"{x:,}" for x in NUMBERS]
    values[3:6] = ["err", "inf", "err"]
    table = load_table(csv(pd.DataFrame({"a": NUMBERS, "y": values})), "y")
    assert not table.is_class
    np.testing.assert_allclose(table.y, np.delete(NUMBERS, [3, 4, 5]))
    assert len(table.X) == 57
    assert table.notes == [
        "left out 2 rows where 'y' is not a number: 'err'",
        "left out 1 row with infinite targets",
    ]


def test_dates_and_columns_that_identify_rows_are_no_target():
    with pytest.raises(InputError, match="To predict dates or times, convert them to numbers"):
        read(pd.date_range("2020-01-01", periods=60))
    with pytest.raises(InputError, match=r"'y' has 55 different .* It seems to identify rows"):
        read([f"C{max(i, 5):03d}" for i in range(60)])


# The order of rows in time, and groups.

DAYS = pd.date_range("2019-12-25", periods=20)


@pytest.mark.parametrize("written", [DAYS.strftime("%d.%m.%Y"), 1000 * np.arange(20) - 5000])
def test_rows_are_sorted_by_dates_or_numbers(written):
    shuffled = pd.DataFrame({"t": text(written)}).sample(frac=1, random_state=0)
    table, times, notes = in_order(shuffled, "t")
    assert list(table.index) == list(times) == list(range(20))
    assert notes == []


SAME, NO_TIMES = "'t' has 3 different values in 5 rows. Rows of the same value", "where 't' is not"


TIMES = [
    (text([2, 1, 1, 2, 3]), [1, 2, 0, 3, 4], [0, 0, 1, 1, 2], SAME),
    (text([*range(20), "soon"]), [*range(20)], [*range(20)], f"left out 1 row {NO_TIMES} a n"),
    ([3.0, np.inf, 1.0, -np.inf], [2, 0], [0, 1], f"left out 2 rows {NO_TIMES} a number"),
]


@pytest.mark.parametrize(("values", "order", "times", "note"), TIMES)
def test_equal_times_and_values_that_are_no_times(values, order, times, note):
    table, numbers, (said,) = in_order(pd.DataFrame({"t": values}), "t")
    assert (list(table.index), list(numbers)) == (order, times)
    assert said.startswith(note)


def test_text_is_no_time():
    with pytest.raises(InputError, match="column 't' cannot order the rows: it contains 'u'"):
        in_order(pd.DataFrame({"t": ["u", "v"]}), "t")


@pytest.fixture
def visits(csv):
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"t": rng.permutation(DAYS.astype(str)), "g": np.arange(20) // 4})
    table = table.assign(x=rng.normal(size=20).round(3), y=rng.normal(size=20))
    table.loc[2, "t"] = table.loc[3, "g"] = None
    return csv(table)


@pytest.mark.parametrize("date", [[], ["t"]])
def test_a_table_in_the_order_of_time(date, visits):
    table = load_table(visits, "y", roles=Roles(time="t", date=date))
    assert list(table.times) == list(range(19))
    assert table.groups is None
    assert ("t" in table.X) == bool(date)
    assert "left out 1 row without a value of 't'" in table.notes
    expected = pd.read_csv(visits).dropna(subset="t").sort_values("t")
    np.testing.assert_array_equal(table.y, expected["y"])
    assert list(table.X["x"].astype(float)) == list(expected["x"])


@pytest.mark.parametrize(("date", "column"), [([], ""), (["t"], ""), (["t"], "t")])
def test_a_time_that_means_missing_is_none(date, column, visits):
    """A column of --time is an input with --date, and thus may have values that mean missing."""
    na = [(column, str(DAYS[7].date()))]
    table = load_table(visits, "y", roles=Roles(time="t", date=date, na=na))
    assert len(table.y) == 18
    assert "left out 2 rows without a value of 't'" in table.notes


@pytest.mark.parametrize("named", [{"time": "year"}, {"id": "year", "time": "year"}])
def test_numbers_that_order_or_identify_the_rows_may_stay_an_input(named, csv):
    path = csv(pd.DataFrame({"year": 2020 - np.arange(20), "y": np.arange(20) % 7}))
    table = load_table(path, "y", roles=Roles(**named, numeric=["year"]))
    assert [*table.X["year"].astype(int)] == [*range(2001, 2021)]
    assert fitted_columns(table.encoder)["year"].kind == "number"


def test_a_table_with_groups(visits):
    table = load_table(visits, "y", roles=Roles(groups="g", id="t"))
    assert list(table.groups) == [0, 0, 0, *np.repeat([1, 2, 3, 4], 4)]
    assert list(table.X) == ["x"]
    assert "left out 1 row without a value of 'g'" in table.notes
    table = load_table(visits, "y", roles=Roles(groups="g", na=[("", "2")]))
    assert list(table.groups) == [0, 0, 0, *np.repeat([1, 2, 3], 4)]


# A table to predict.


def test_missing_columns_are_named_with_those_of_similar_names_that_the_model_does_not_know(csv):
    path = csv(pd.DataFrame({"Size": [1], "prize": [2], "prices": [3]}))
    X = pd.DataFrame(dict.fromkeys(["size", "price", "prices", "zip"], np.arange(20) / 8))
    with pytest.raises(InputError) as error:
        select_features(load_new_table(path, {}), path, columns_of(X))
    assert str(error.value) == (
        f"{path} lacks columns that the model was trained on: 'size', 'price', 'zip'. Rename "
        "'Size' to 'size', 'prize' to 'price' if they are the same, or add the missing columns; "
        "their cells may be empty."
    )


def test_a_table_below_a_title_is_read_in_training_and_in_prediction(trained, csv):
    model, table = trained["class"].folder / "y.model", trained["class"].table
    title, empty = ([text, *[None] * (len(table.columns) - 1)] for text in ("Report", None))
    rows = [title, empty, list(table), *table.to_numpy().tolist()]
    path, plain = csv(excel(pd.DataFrame(rows), header=False), "titled.xlsx"), csv(table)
    for options in ([], ["--header", 2]):
        out, err = run(path, "--load", model, *options)
        assert out == run(plain, "--load", model)[0]
        note = f"scratchmlp: {path}: the row above the header is not read: 'Report'; if the first "
        assert (note in err) == (options == [])
        how = FileFormat(header=options[1] if options else None)
        learned = load_table(path, "class", file_format=how)
        assert list(learned.X) == list(load_table(plain, "class").X)
    line = refused(path, "--load", model, "--header", 3)
    assert "cells may be empty. If titles stand above the header, add --header with the" in line


def test_what_differs_from_training_is_said(trained, csv):
    """The model replaces what is missing by what it has learned: this must not pass in silence."""
    model, table = trained["class"].folder / "y.model", trained["class"].table
    err = run(csv(table.assign(code="X", size=np.nan)), "--load", model)[1]
    for sentence in (
        "column 'code' contains categories not seen in training, in 80 of 80 rows: 'X'",
        "column 'size' has no values here, but the model learned from its values in training. The "
        "predictions do without them.",
    ):
        assert f"scratchmlp: {sentence}\n" in err
    X = table.assign(
        code=table["code"].where(table["size_missing"])
    )  # missing values are not unseen
    missing, scores = unlike_training(X, load(model).encoder_._columns)
    assert re.fullmatch(
        "column 'code' has clearly changed: .* % are missing, but 0.0 % were in training",
        missing,
    )
    assert scores == MAY_NOT_HOLD
    assert list(unlike_training(table, load(model).encoder_._columns)) == []


def test_what_clearly_changed_is_said_in_a_few_lines():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.random((400, 9))).add_prefix("x")
    X["rate"] = rng.choice(["fixed", "free"], 400)
    assert differences(X[::2], X[1::2]) == []
    new = X.mask(rng.random(X.shape) < 0.5).replace({"rate": {"fixed": "FIXED"}})
    first, *changed, more, scores = differences(X, new)
    assert first.startswith("column 'rate' contains categories not seen in training, in 1")
    assert re.search(r" of 400 rows: 'FIXED'; [45]\d\.\d % are missing, but 0\.0 % ", first)
    assert [each.split("'")[1] for each in changed] == ["x0", "x1", "x2", "x3", "x4"]
    assert more == "4 more columns clearly changed: drift(X) of the model, in Python, says how"
    assert scores == MAY_NOT_HOLD


@pytest.mark.parametrize("new", [{"n": "rotary"}, {"w": "unseen"}])
def test_scores_hold_for_rows_of_which_one_has_another_value(new):
    """What is said of a few values says nothing of the rows."""
    X = pd.DataFrame({"n": (np.arange(68) / 8).astype(str), "w": ["u", "v"] * 34})
    table = X.iloc[::2].assign(w=X["w"][:34].to_numpy()).reset_index(drop=True)
    for name, value in new.items():
        table.loc[3, name] = value
    [sentence] = differences(X, table)
    assert re.search("1 of 34", sentence)


def differences(X, new, **roles):
    """Return what is said about a table to predict, after training on another one."""
    return list(unlike_training(new, columns_of(X, **roles)))


@pytest.mark.parametrize(("n", "named"), [(9, []), (10, ["a"]), (20, ["a", "rare"])])
def test_empty_columns_are_named_if_values_matter_and_it_is_hardly_chance(n, named):
    """The command line names the same columns as the warnings in Python."""
    X = pd.DataFrame({"a": np.arange(40) / 8, "rare": [None] * 24 + [1.5, 2.5] * 8})
    X = X.assign(only_missing_or_not=[1.0, np.nan] * 20, few=[1.0, *[np.nan] * 39], none=np.nan)
    new = X[:n].drop(columns="none") * np.nan
    empty = [each for each in differences(X, new) if "no values here" in each]
    assert [each.split("'")[1] for each in empty] == named


def test_dates_without_the_time_zone_of_training_are_named():
    naive = pd.date_range("2024-03-01", periods=40, freq="7h")
    X, new = (pd.DataFrame({"t": each}) for each in (naive.tz_localize("Europe/Rome"), naive))
    assert differences(X, X) == []
    assert differences(X, new) == [
        "the dates of t have no time zone, but the column was fitted to dates in Europe/Rome. "
        "Dates without a time zone count as UTC."
    ]


MARCH = pd.date_range("2020-03-01", periods=N).strftime("%Y-%m-%d")


OTHER_KINDS = [
    ({"s": range(N)}, "'s' contains numbers, such as '0', but contained text in training. Con"),
    ({"s": pd.Timestamp(0)}, "'s' contains dates, such as '1970-01-01 00:00:00', but contain"),
    ({"n": "high"}, "'n' contains text, such as 'high', but contained numbers in training. C"),
    ({"few": "x"}, "'few' contains text, such as 'x', but contained numbers in training"),
    ({"day": "06/04/2022"}, "month-first. Write them as 2024-05-17"),
    ({"n": True, "s": np.nan}, None),
]


@pytest.mark.parametrize(("new", "message"), OTHER_KINDS)
def test_columns_of_another_kind_are_refused_before_anything_else_is_said(new, message):
    X = pd.DataFrame({"w": ["u", "v"] * (N // 2), "s": ["a", "b"] * (N // 2), "day": MARCH})
    X = X.assign(n=np.arange(N) / 8, few=[1.0, *[np.nan] * (N - 1)])
    sentences = unlike_training(X.assign(w="unseen", **new), columns_of(X))
    if message is None:
        assert ["unseen" in each for each in sentences] == [True, False, False, False]
        return
    with pytest.raises(InputError) as error:
        next(sentences)
    assert message in str(error.value)
    assert "astype" not in str(error.value)
