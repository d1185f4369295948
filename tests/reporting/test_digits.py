"""Numbers with the digits that matter."""

import numpy as np
import pandas as pd
import pytest

from scratchmlp.reporting.digits import means_and_deviations, seconds, significant


def test_significant_digits():
    numbers = [0.01234, 0.00999, 0.0996, 4.46, 12.34, 99.7, 1234.5, 0.0, np.nan]
    written = ["0.012", "0.010", "0.10", "4.5", "12", "100", "1,200", "0", "undefined"]
    assert [significant(number) for number in numbers] == written
    assert significant(0.98765, 3) == "0.988"
    assert [significant(x, 3) for x in (2.571e-10, np.inf)] == ["2.57e-10", "inf"]


def test_short_times_are_not_told_apart():
    times = [0.0, 0.00061, 0.00999, 0.0101, 0.25, 12.3]
    assert [seconds(time) for time in times] == ["<0.01", "<0.01", "<0.01", "0.010", "0.25", "12"]


def written(*columns):
    """Write columns of a mean and a standard deviation."""
    folds = pd.DataFrame([[mean - std, mean + std] for mean, std in columns]).T
    result = means_and_deviations(folds)
    return list(result), result.name


@pytest.mark.parametrize(
    ("columns", "texts", "unit"),
    [
        ([(0.81234, 0.0123), (0.5, 0.0)], ["0.812 ± 0.012", "0.500 ± 0.000"], ""),
        ([(53.2, 4.23), (61.0, 2.0)], ["53.2 ± 4.2", "61.0 ± 2.0"], ""),
        ([(4321, 234), (5618, 0)], ["4,320 ± 230", "5,620 ± 0"], ""),
        ([(1.0, 0.0), (0.5, 0.0)], ["1.000 ± 0.000", "0.500 ± 0.000"], ""),
        ([(1.234e9, 2.3e7), (3e9, 1e7)], ["1.234 ± 0.023", "3.000 ± 0.010"], " / 1e9"),
        ([(2.34e-6, 1.2e-7), (3e-6, 1e-7)], ["2.34 ± 0.12", "3.00 ± 0.10"], " / 1e-6"),
        ([(0.001, 0.0001), (0.693, 0.0)], ["0.00100 ± 0.00010", "0.693 ± 0.000"], ""),
        ([(0.98333, 0.0), (0.5, 3e-5)], ["0.983 ± 0.000", "0.500000 ± 0.000030"], ""),
        ([(61.23, 0.0), (50, 0.123)], ["61.2 ± 0.0", "50.00 ± 0.12"], ""),
        ([(0.00123, 0.0), (0.5, 0.1)], ["0.00123 ± 0.00000", "0.50 ± 0.10"], ""),
    ],
)
def test_decimals_come_from_the_standard_deviations(columns, texts, unit):
    assert written(*columns) == (texts, unit)


def test_equal_scores_have_no_deviation():
    """The mean of equal scores is rounded, and so they seem to deviate from it."""
    folds = pd.DataFrame({"a": [0.9833, 0.9833, np.nextafter(0.9833, 1)], "b": [0.7] * 3})
    assert list(means_and_deviations(folds)) == ["0.983 ± 0.000", "0.700 ± 0.000"]


def test_one_model_that_is_far_off_does_not_hide_the_digits_of_the_others():
    texts, unit = written((0.5, 0.01), (0.6, 0.02), (0.7, 0.03), (-3e12, 2e12))
    assert texts == ["0.500 ± 0.010", "0.600 ± 0.020", "0.700 ± 0.030", "-3.0e+12 ± 2e+12"]
    assert unit == ""
    texts, _ = written((0.91, 0.02), (0.9, 0.06), (-12.1, 5.3), (-9, 6))
    assert texts == ["0.910 ± 0.020", "0.900 ± 0.060", "-12.100 ± 5.300", "-9.000 ± 6.000"]
