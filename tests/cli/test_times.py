"""The order of rows in time."""

import numpy as np
import pandas as pd
import pytest

from scratchmlp.cli.messages import InputError
from scratchmlp.cli.roles import Roles
from scratchmlp.cli.table import _in_order as in_order
from scratchmlp.cli.table import load_table

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
