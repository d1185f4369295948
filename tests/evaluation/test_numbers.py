"""How numbers and values of tables are written."""

import numpy as np
import pandas as pd
import pytest

from scratchmlp.evaluation.numbers import (
    Number,
    cell,
    cells_of,
    decimals,
    exponent,
    means_and_deviations,
    seconds,
    significant,
)
from scratchmlp.tabular import TabularEncoder


def test_mistakes_show_numbers_of_text_with_few_digits():
    text = [f"{i / 7} €" for i in range(38)]
    X = pd.DataFrame(
        {
            "price": ["34.099998474121094 €", "unknown", *text],
            "code": pd.Categorical(["007", "008"] * 20),
            "size": np.array([34.1, 1234567.5] * 20, dtype=np.float32),
        }
    )
    encoder = TabularEncoder()
    with pytest.warns(UserWarning, match="not a number"):
        encoder.fit(X)
    cells = [cells_of(X[name][:2], encoder._columns[name]) for name in X]
    shown = [list(map(str, column)) for column in cells]
    assert shown == [["34.1", "unknown"], ["007", "008"], ["34.1", "1234568"]]


CELLS = [
    (34.099998474121094, "34.1"),
    (np.float32(34.1), "34.1"),
    (0.123456789, "0.123457"),
    (-999999.0, "-999999"),
    (-1e6, "-1000000"),
    (1234567.8, "1234568"),
    (1e15, "1e+15"),
    (12345678, "12345678"),
    (np.int64(7), "7"),
    (True, "True"),
    (b"\xff", "b'\\xff'"),
    (1234, "1234"),
    ("a\nb", "a b"),
    *[(value, "missing") for value in (None, np.nan, pd.NaT, pd.NA)],
    ([1, None], "[1, None]"),
]


@pytest.mark.parametrize(("value", "text"), CELLS)
def test_cells(value, text):
    is_number = isinstance(value, int | float | np.number) and text not in ("missing", "True")
    assert cell(value) == (Number(value, text) if is_number else text)


def test_significant_digits():
    numbers = [0.01234, 0.00999, 0.0996, 4.46, 12.34, 99.7, 1234.5, 0.0, np.nan]
    written = ["0.012", "0.010", "0.10", "4.5", "12", "100", "1,200", "0", "undefined"]
    assert [significant(each) for each in numbers] == written
    assert significant(0.98765, 3) == "0.988"
    assert decimals(-1e-9, 4).text == "0.0000"  # without a sign
    written = ["0.0000257", "2.57e-06", "2.57e-10", "inf"]
    assert [significant(x, 3) for x in (2.571e-5, 2.571e-6, 2.571e-10, np.inf)] == written


def test_short_times_are_not_told_apart():
    times = [0.0, 0.00061, 0.00999, 0.0101, 0.25, 12.3]
    assert [seconds(time) for time in times] == ["<0.01", "<0.01", "<0.01", "0.010", "0.25", "12"]


DECIMALS = [
    ([(0.81234, 0.0123), (0.5, 0.0)], "0.812 ± 0.012, 0.500 ± 0.000", ""),
    ([(4321, 234), (5618, 0)], "4,320 ± 230, 5,620 ± 0", ""),
    ([(1.0, 0.0), (0.5, 0.0)], "1.000 ± 0.000, 0.500 ± 0.000", ""),
    ([(1.234e9, 2.3e7), (3e9, 1e7)], "1.234 ± 0.023, 3.000 ± 0.010", " / 1e9"),
    ([(2.34e-6, 1.2e-7), (3e-6, 1e-7)], "2.34 ± 0.12, 3.00 ± 0.10", " / 1e-6"),
    ([(0.001, 0.0001), (0.693, 0.0)], "0.00100 ± 0.00010, 0.693 ± 0.000", ""),
    ([(0.98333, 0.0), (0.5, 3e-5)], "0.983 ± 0.000, 0.500000 ± 0.000030", ""),
    ([(61.23, 0.0), (50, 0.123)], "61.2 ± 0.0, 50.00 ± 0.12", ""),
    # A model that is far off does not hide the digits of the others.
    ([(0.5, 0.01), (0.6, 0.02), (0.7, 0.03), (-3e12, 2e12)],
     "0.500 ± 0.010, 0.600 ± 0.020, 0.700 ± 0.030, -3.0e+12 ± 2e+12", ""),
    ([(0.91, 0.02), (0.9, 0.06), (-12.1, 5.3), (-9, 6)],
     "0.910 ± 0.020, 0.900 ± 0.060, -12.100 ± 5.300, -9.000 ± 6.000", ""),
    ([(0.5, 0.01), (0.6, 0.01), (9999998, 1e5), (1e7, 1e5)],
     "0.500 ± 0.010, 0.600 ± 0.010, 9,999,998.000 ± 100,000.000, 1.0e+07 ± 1e+05", ""),
    # The lower median of all deviations decides.
    ([(0.5, 1e-4), (0.6, 0.01), (0.7, 0.02)], "0.500 ± 0.000, 0.600 ± 0.010, 0.700 ± 0.020", ""),
]  # fmt: skip


@pytest.mark.parametrize(("columns", "texts", "unit"), DECIMALS)
def test_decimals_come_from_the_standard_deviations(columns, texts, unit):
    folds = pd.DataFrame([[mean - std, mean + std] for mean, std in columns]).T
    result = means_and_deviations(folds)
    assert (", ".join(result), result.name) == (texts, unit)


def test_infinite_scores_can_be_written():
    """Squared errors of numbers that are far off may be infinite."""
    assert exponent(np.inf) == 308
    written = means_and_deviations(pd.DataFrame({"a": [np.inf, 1.0], "b": [np.inf, np.inf]}))
    assert (list(written), written.name) == (["inf", "inf"], "")
    scores = pd.DataFrame({"a": [2e9, 4e9], "b": [np.inf] * 2})
    assert list(means_and_deviations(scores)) == ["3.0 ± 1.0", "inf"]


def test_equal_scores_have_no_deviation():
    """The mean of equal scores is rounded, and so they seem to deviate from it."""
    folds = pd.DataFrame({"a": [0.9833, 0.9833, np.nextafter(0.9833, 1)], "b": [0.7] * 3})
    assert list(means_and_deviations(folds)) == ["0.983 ± 0.000", "0.700 ± 0.000"]
