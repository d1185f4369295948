"""Reading the user's table: types of columns, the target, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from table_files import excel, parquet

from scratchmlp.cli.kinds import Roles
from scratchmlp.cli.messages import InputError
from scratchmlp.cli.table import in_order, load_new_table, load_table, select_features
from scratchmlp.tabular.columns.base import LeftOutColumn
from scratchmlp.tabular.columns.numeric import DateColumn, NumberColumn
from scratchmlp.tabular.reading.findings import Reading

USED = NumberColumn(reason="numbers", reading=Reading(), center=0.0, scale=1.0, indicator=False)

# The target.


def test_the_task_can_be_chosen(csv):
    y = np.arange(60) % 7
    path = csv(pd.DataFrame({"a": range(60), "y": y}))
    assert load_table(path, "y").is_class
    numbers = load_table(path, "y", "regression")
    assert not numbers.is_class
    np.testing.assert_array_equal(numbers.y, y)
    assert numbers.y.dtype == float
    path = csv(pd.DataFrame({"a": range(240), "y": np.repeat(np.arange(60), 4)}))
    assert not load_table(path, "y").is_class
    assert load_table(path, "y", "classification").is_class


@pytest.mark.parametrize(
    "labels",
    [
        ["007", "7", "07"],
        ["01", "02", "03"],
        ["1e3", "1000", "1e+3"],
        ["1.0", "1", "=1+1"],
        ["9007199254740992", "9007199254740993", "5"],
        ["\N{ARABIC-INDIC DIGIT THREE}", "3", "4"],
    ],
)
def test_classes_are_the_text_of_the_file(labels, csv):
    table = pd.DataFrame({"a": range(12), "y": labels * 4})
    y = load_table(csv(table.assign(y=" " + table["y"])), "y").y
    assert y.tolist() == labels * 4


@pytest.mark.parametrize("write", [excel, parquet])
@pytest.mark.parametrize("values", [[1, 2, None], [1, 2, 2]])
def test_typed_whole_numbers_are_classes_without_decimals(write, values, csv):
    table = pd.DataFrame({"a": range(12), "y": values * 4})
    assert load_table(csv(write(table)), "y").y.tolist() == [
        each for each in values * 4 if each is not None
    ]


@pytest.mark.parametrize(
    ("target", "classes"),
    [
        (lambda x: x > 0, ["False", "True"]),
        (lambda x: np.digitize(x, [-0.5, 0.5]), [0, 1, 2]),
        (lambda x: np.where(x > 0, 2.0, 1.0), ["1.0", "2.0"]),
        (lambda x: np.where(x > 0, 2.5, 1.0), ["1.0", "2.5"]),
    ],
    ids=["bool", "int", "whole", "float"],
)
@pytest.mark.parametrize("missing", [0, 4])
def test_target_of_any_type(target, classes, missing, table, csv):
    """With missing values, pandas would read integers and booleans as another type."""
    x = np.random.default_rng(1).normal(size=len(table))
    y = pd.Series(target(x)).astype(object).where(np.arange(len(x)) >= missing)
    table = table[["signal"]].assign(y=y)
    X, y, is_class, left_out, *_ = load_table(csv(table), "y")
    assert is_class
    assert len(X) == len(y) == len(table) - missing
    assert list(np.unique(y)) == classes
    assert left_out == ([f"left out {missing} rows without a value of 'y'"] if missing else [])


def test_rows_that_cannot_be_used_are_left_out_with_a_note(table, csv):
    table = table[["signal"]].assign(y=np.arange(60.0))
    table.loc[3, "y"] = np.inf
    X, y, is_class, left_out, *_ = load_table(csv(table), "y")
    assert not is_class
    assert len(X) == len(y) == 59
    assert left_out == ["left out 1 row with infinite targets"]
    table["y"] = ["rare", *["u", "v"] * 29, None]
    X, y, is_class, left_out, *_ = load_table(csv(table), "y")
    assert is_class
    assert len(X) == len(y) == 58
    assert left_out == [
        "left out 1 row without a value of 'y'",
        "left out 1 row of classes with fewer than 3 rows: 'rare'",
    ]


def test_words_for_missing_targets_are_named(csv, refused):
    path = csv(b"a,the y\n" + b"1,NA\n2,no\n" * 9)
    line = refused(path, "--target", "the y")
    assert "column 'the y' is constant: every value is 'no'" in line
    remedy = "counts as a missing value; if it is a value, add --keep-na 'the y'"
    assert line.endswith(f"'NA' in 9 rows {remedy}.\n")
    path = csv(b"a,the y\n3,\n" + b"1,None\n2,no\n3,yes\n" * 9)
    assert load_table(path, "the y").notes == [
        f"left out 10 rows without a value of 'the y': 'None' in 9 rows {remedy}"
    ]
    path = csv(b"a,y\n" + b"1,NA\n2,null\n" * 9)
    assert (
        "has no values: 'NA' in 9 rows, 'null' in 9 rows count as missing values; if they are "
        "values, add --keep-na y. Choose"
    ) in refused(path, "--target", "y")


# Columns.


def test_separators_and_question_marks_of_the_classic_data_sets(csv):
    path = csv(b"a, b, y\n1, ?, u\n2, x, u\n?, x, v\n4, z, v\n5, z, v\n6, z, u\n")
    X, y, *_ = load_table(path, "y")
    assert X.isna().sum().to_dict() == {"a": 1, "b": 1}
    assert list(y) == ["u", "u", "v", "v", "v", "u"]


def test_a_comma_at_the_end_of_each_row_adds_no_column(csv):
    X, y, *_ = load_table(csv(b"a,y\n" + b"1,u,\n2,v,\n" * 9), "y")
    assert list(X["a"]) == ["1", "2"] * 9
    assert list(y) == ["u", "v"] * 9


def test_spaces_around_names_and_labels_are_ignored(csv):
    path = csv(b"a ,b,y \n1,x,u\n2,x ,u \n3,z, v\n4,z,u\n5,z,v\n6,z,v\n")
    X, y, *_ = load_table(path, "y")
    assert list(X) == ["a", "b"]
    assert sorted(set(X["b"])) == ["x", "z"]
    assert list(y) == ["u", "u", "v", "u", "v", "v"]


def test_columns_without_a_name_or_a_value_are_dropped(csv):
    X, y, *_ = load_table(csv(b"a,y,,\n" + b"1,u,,\n2,v,,\n" * 3), "y")
    assert list(X) == ["a"]
    assert list(y) == ["u", "v"] * 3


def test_dates_huge_numbers_and_mixed_text(csv):
    path = csv(b"day,huge,key,y\n" + b"2024-05-17,1e300,a1,u\n2024-05-18 12:00,,2,v\n" * 9)
    table = load_table(path, "y")
    X, columns = table.X, table.columns
    assert isinstance(columns["day"], DateColumn)
    assert columns["huge"].center == 1e300
    assert list(X["key"][:2]) == ["a1", "2"]


def test_text_is_kept_as_it_is_in_the_file(csv):
    X, y, *_ = load_table(csv(b"code,flag,y\n01,true,TRUE\nx,FALSE,False\n1,,TRUE\n" * 3), "y")
    assert list(X["code"][:3]) == ["01", "x", "1"]
    assert X["flag"].to_list()[:2] == ["true", "FALSE"]
    assert set(y) == {"TRUE", "False"}


def test_a_title_above_the_header_is_suspected(csv):
    path = csv(b"Report 2024,,\na,b,y\n1,2,u\n3,4,v\n")
    with pytest.raises(InputError, match="if it is a title, delete it"):
        load_table(path, "y")


def test_columns_can_be_left_out(table, csv, refused):
    path = csv(table)
    assert list(load_table(path, "y", roles=Roles(ignore=["signal", "day"])).X)[:2] == [
        "cost in $, with a $",
        "colour",
    ]


# A new table.


def test_a_new_table_gets_the_columns_of_training(csv):
    path = csv(b"b,other,a,day\nTRUE,1,01,2024-05-17\n,2,x,\n")
    unused = LeftOutColumn(kind="constant", reason="", reading=Reading(), indicator=False)
    columns = {"a": USED, "left out": unused, "b": USED, "day": USED}
    table = load_new_table(path, columns)
    X = select_features(table, path, columns)
    assert list(X) == ["a", "b", "day"]
    assert list(X["a"]) == ["01", "x"]
    with pytest.raises(InputError, match=r"lacks columns that the model was trained on: 'c', 'd'"):
        select_features(table, path, {"c": USED, "a": USED, "d": USED})


def test_columns_with_similar_names_are_named_if_the_model_does_not_know_them(csv):
    path = csv(pd.DataFrame({"Size": [1], "prize": [2], "prices": [3]}))
    raw = load_new_table(path, {})
    columns = dict.fromkeys(["size", "price", "prices", "zip"], USED)
    with pytest.raises(InputError) as error:
        select_features(raw, path, columns)
    assert str(error.value) == (
        f"{path} lacks columns that the model was trained on: 'size', 'price', 'zip'. Rename "
        "'Size' to 'size', 'prize' to 'price' if they are the same, or add the missing columns; "
        "their cells may be empty."
    )


# Errors.


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "data.csv is empty. It needs a header and rows"),
        (b"a:y\n1:2\n", "If another character separates its columns, name it with --sep."),
        (b"a,y\n", "has no rows"),
        (b"y\nu\nv\n" * 9, "no column is left to predict from"),
        (b"a,y\n" + b",u\n,v\n" * 9, "no column is left to predict from"),
        (b"a,y\n" + b"1,\n" * 9, "column 'y' has no values"),
        (b"a,y\n" + b"1,u\n" * 9, "column 'y' is constant: every value is 'u'"),
        (b"a,y\n1,\n" + b"1,2\n" * 9, "column 'y' is constant: every value is '2"),
        (b"a,y\n1,u\n1,u\n1,u\n1,v\n1,w\n", "Classes of that size: 1, with 3 of 5 rows."),
        (b"a,y\n" + b"1,8\n" * 8 + b"1,2\n" * 2, "8 of 10 rows. Add rows of the rare classes"),
        (b"a,y\n" + b"1,%d\n" * 9 % tuple(range(9)), "has 9 finite numbers and 9 different"),
        (
            b"a,y\n" + b"1,%d\n" * 9 % tuple(range(9)),
            "10 finite numbers and two different values. Add rows.",
        ),
    ],
)
def test_table_is_refused(content, message, csv, refused):
    assert message in refused(csv(content), "--target", "y")


def test_the_chosen_task_has_to_suit_the_target(csv, refused):
    path = csv(b"a,y\n" + b"1,u\n2,v\n" * 9)
    line = refused(path, "--target", "y", "--task", "regression")
    assert "column 'y' is not numeric: it contains 'u'" in line
    table = pd.DataFrame({"a": range(20), "y": range(20)})
    command = ["--target", "y", "--task", "classification"]
    line = refused(csv(table), *command)
    assert "column 'y' has 20 different values in 20 rows, too many for classes. Choose" in line
    assert line.endswith("Choose --task regression.\n")
    line = refused(csv(table.assign(y=table["y"] // 2)), *command)
    assert "Classes of that size: 0, with 0 of 20 rows. Choose --task regression.\n" in line


def test_unknown_target_is_refused(table, csv, refused):
    line = refused(csv(table), "--target", "Y")
    assert "no column 'Y', which --target names. Did you mean 'y'? Its columns: 'signal', " in line
    assert line.endswith("'y'.\n")
    wide = pd.DataFrame(np.ones((3, 60)), columns=[f"c{i}" for i in range(60)])
    assert refused(csv(wide), "--target", "y").endswith("'c19' and 40 more.\n")


# The order of rows in time.


DAYS = pd.date_range("2019-12-25", periods=20)


def text(values):
    return pd.DataFrame({"t": pd.Series([str(value) for value in values], dtype=object)})


@pytest.mark.parametrize(
    "written",
    [
        DAYS.astype(str),
        DAYS.strftime("%d.%m.%Y"),
        np.arange(20) - 5,
        [f"{1000 * i:,}" for i in range(20)],
    ],
    ids=["ISO", "day.month.year", "numbers", "thousands"],
)
def test_rows_are_sorted_by_dates_or_numbers(written):
    shuffled = text(written).sample(frac=1, random_state=0)
    table, times, notes = in_order(shuffled, "t")
    assert list(table.index) == list(range(20))
    assert list(times) == list(range(20))
    assert notes == []


def test_equal_times_stay_in_the_order_of_the_file():
    table, times, notes = in_order(text([2, 1, 1, 2, 3]), "t")
    assert list(table.index) == [1, 2, 0, 3, 4]
    assert list(times) == [0, 0, 1, 1, 2]
    assert notes == [
        "4 rows have the same 't' as another row. They are on the same side of each split"
    ]


def test_times_that_cannot_be_read_are_left_out():
    table, times, (note,) = in_order(text([*range(20), "soon"]), "t")
    assert len(table) == len(times) == 20
    assert note == "left out 1 row where 't' is not a number"


def test_text_is_no_time():
    with pytest.raises(InputError, match="column 't' cannot order the rows: it contains 'u'"):
        in_order(text(["u", "v"]), "t")


@pytest.fixture
def path(csv):
    rng = np.random.default_rng(0)
    table = text(DAYS.astype(str)).sample(frac=1, random_state=0).reset_index(drop=True)
    table["g"] = np.arange(20) // 4
    table["x"] = rng.normal(size=20).round(3)
    table["y"] = rng.normal(size=20)
    table.loc[2, "t"] = table.loc[3, "g"] = None
    return csv(table)


@pytest.mark.parametrize("date", [[], ["t"]])
def test_a_table_in_the_order_of_time(date, path):
    table = load_table(path, "y", roles=Roles(time="t", date=date))
    assert list(table.times) == list(range(19))
    assert table.groups is None
    assert ("t" in table.X) == bool(date)
    assert "left out 1 row without a value of 't'" in table.notes
    expected = pd.read_csv(path).dropna(subset="t").sort_values("t")
    np.testing.assert_array_equal(table.y, expected["y"])
    assert list(table.X["x"].astype(float)) == list(expected["x"])


def test_a_table_with_groups(path):
    table = load_table(path, "y", roles=Roles(groups="g", id="t"))
    assert list(table.groups) == [0, 0, 0, *np.repeat([1, 2, 3, 4], 4)]
    assert list(table.X) == ["x"]
    assert "left out 1 row without a value of 'g'" in table.notes


def test_a_column_without_values_orders_nothing(csv):
    path = csv(b"t,x,y\n" + b",1,2\n,3,4\n" * 9)
    with pytest.raises(InputError, match="column 't' has no values"):
        load_table(path, "y", roles=Roles(time="t"))


def test_rows_of_an_infinite_time_are_left_out():
    table, numbers, notes = in_order(pd.DataFrame({"t": [3.0, np.inf, 1.0, -np.inf]}), "t")
    assert list(table["t"]) == [1, 3]
    assert list(numbers) == [0, 1]
    assert notes == ["left out 2 rows where 't' is not a number"]
