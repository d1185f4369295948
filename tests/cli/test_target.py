"""The target: classes or numbers, and what is said about it."""

import numpy as np
import pandas as pd
import pytest

from scratchmlp.cli.messages import InputError
from scratchmlp.cli.target import describe_classes, is_classification, usable_target

N = 60


def read(values, task=None):
    """Read a target; return whether it holds classes, its values and the notes."""
    known = pd.Series([str(value) for value in values], name="y", dtype=object)
    is_class = is_classification(known, task)
    y, notes = usable_target(known, is_class, task)
    return is_class, y.to_numpy(), notes


def test_the_largest_classes_are_counted():
    y = np.repeat(["no", "yes"], [5174, 1869])
    assert describe_classes(y) == "classes: no 5,174 (73.5%), yes 1,869 (26.5%)"
    line = describe_classes(np.repeat(np.arange(200), np.arange(3, 203)))
    assert line.startswith("classes: 199 202 (1.0%), 198 201 (1.0%), ")
    assert line.endswith(" and 192 others")
    assert line.count(",") == 7
    assert describe_classes(np.repeat(["x" * 50, *"abcdefgh"], 2)).endswith(" and 1 other")
    assert describe_classes(np.repeat(["x" * 50, "y"], [3, 1])).startswith(f"classes: {'x' * 40} 3")


def test_classes_that_are_left_out_are_named():
    _, y, notes = read([*"uv" * 29, "rare", "other"])
    assert set(y) == {"u", "v"}
    assert notes == ["left out 2 rows of classes with fewer than 3 rows: 'rare', 'other'"]


@pytest.mark.parametrize(
    ("values", "task", "told"),
    [
        (np.arange(N) % 4, None, True),
        ([f"{10 * (i % 5)}%" for i in range(N)], None, True),
        (np.arange(N) % 3, None, False),
        (np.arange(N) % 4, "classification", False),
        (["abcd"[i % 4] for i in range(N)], None, False),
    ],
)
def test_numbers_taken_as_classes_may_be_counts(values, task, told):
    is_class, _, notes = read(values, task)
    assert is_class
    note = (
        "the numbers of 'y' are taken as classes. If they are counts or amounts, add --task "
        "regression"
    )
    assert notes == [note] * told


COUNTS = np.minimum(np.arange(300) % 27, np.arange(300) // 9)  # 0 to 26; large ones are rare


@pytest.mark.parametrize(
    ("values", "name", "is_class"),
    [
        (COUNTS, "visits", False),
        (COUNTS / 2, "grade", False),
        (np.arange(300) % 10, "digit", True),
        (3 + np.arange(300) % 6, "quality", True),
        ([f"{i % 27:02}" for i in range(300)], "class", True),
        ([f"{i % 60:03}" for i in range(300)], "class", True),
        (np.arange(300) % 12 * 1000 + 10_000 + np.arange(300) % 12, "occupation", True),
        (np.arange(300) % 27, "product_code", True),
    ],
)
def test_numbers_are_classes_if_they_are_few_or_codes(values, name, is_class):
    known = pd.Series([str(value) for value in values], name=name, dtype=object)
    assert is_classification(known, None) == is_class
    y, notes = usable_target(known, is_class, None)
    assert len(y) == 300
    note = (
        f"the numbers of '{name}' are predicted as quantities. If they are classes, add --task "
        "classification"
    )
    assert (note in notes) == (not is_class)
    assert is_classification(known, "classification")


def test_regression_is_no_advice_for_codes_with_leading_zeros():
    codes = ["007", "7", "07", "7.0", "07.0", *(f"{i:03}" for i in range(5))] * 2
    with pytest.raises(InputError, match="too few rows per class") as error:
        read(codes)
    assert "regression" not in str(error.value)
    is_class, y, notes = read([f"{i % 4:02}" for i in range(N)])
    assert is_class
    assert set(y) == {"00", "01", "02", "03"}
    assert notes == []


NUMBERS = np.random.default_rng(0).uniform(1000, 9999, N).round(2)


@pytest.mark.parametrize(
    ("form", "unit"),
    [
        (lambda x: f"\u20ac{x:,.2f}", "\u20ac"),
        (lambda x: f"{x:,.2f}", ""),
        (lambda x: f"{x:.2f}%", "%"),
        (lambda x: f"{x:,.2f}".translate(str.maketrans(",.", ".,")), ""),
    ],
    ids=["euros", "thousands", "per cent", "decimal commas"],
)
def test_numbers_are_read_however_they_are_written(form, unit):
    is_class, y, notes = read([form(x) for x in NUMBERS])
    assert not is_class
    np.testing.assert_allclose(y, NUMBERS)
    note = f"the values of 'y' are read as numbers, and predicted without {unit}"
    assert notes == [note] * bool(unit)


def test_numbers_of_different_units_are_named():
    read_as = "the values of 'y' are read as numbers, and predicted without "
    _, y, notes = read([f"{'$€'[i % 2]}{x}" for i, x in enumerate(NUMBERS)])
    np.testing.assert_allclose(y, NUMBERS)
    assert notes == [f"{read_as}$ €, although their signs differ. Convert the numbers to one unit"]
    _, _, notes = read(["0.125", *(f"{x}%" for x in NUMBERS[1:]), "err"])
    assert notes[1] == (
        f"{read_as}%, although there is no % in 1 of 60 values, such as '0.125'. If they have "
        "another unit, convert the numbers to one unit"
    )


def test_rows_without_a_number_are_left_out_and_named():
    values = [f"{x:,}" for x in NUMBERS]
    values[3:6] = ["err", "inf", "err"]
    is_class, y, notes = read(values)
    assert not is_class
    np.testing.assert_allclose(y, np.delete(NUMBERS, [3, 4, 5]))
    assert notes == [
        "left out 2 rows where 'y' is not a number: 'err'",
        "left out 1 row with infinite targets",
    ]


def test_dates_are_explained():
    days = pd.date_range("2020-01-01", periods=N).astype(str)
    with pytest.raises(InputError, match="To predict dates or times, convert them to numbers"):
        read(days)


@pytest.mark.parametrize("n_repeated", [0, 4])
def test_a_column_that_identifies_rows_is_no_target(n_repeated):
    names = [f"C{max(i, n_repeated):03d}" for i in range(N)]
    message = f"'y' has {N - n_repeated} different values in {N} rows, too many for classes. "
    with pytest.raises(InputError, match=f"{message}It seems to identify rows. Choose another"):
        read(names)


def test_prices_with_few_values_stay_text():
    _, y, _ = read([f"${10 + i % 2}" for i in range(N)])
    assert set(y) == {"$10", "$11"}
