"""Dates: days, and where they are in the year, in the week and in the day."""

import numpy as np
import pandas as pd

from scratchmlp.tabular import TabularEncoder

WEEK = [f"when_weekday_{day}" for day in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")]
ALL_YEAR = pd.Series(pd.date_range("2022-01-01", periods=999, freq="7h"))


def encoded(fitted, new):
    """Return the outputs of new dates by name."""
    encoder = TabularEncoder().set_output(transform="pandas").fit(pd.DataFrame({"when": fitted}))
    return encoder.transform(pd.DataFrame({"when": [pd.Timestamp(each) for each in new]}))


def test_days_of_the_week():
    week = pd.date_range("1969-12-29", periods=7)  # from Monday, before 1970-01-01 and after
    for days in (week, pd.date_range("2024-05-13 23:59", periods=7)):
        np.testing.assert_array_equal(encoded(week, days)[WEEK], np.eye(7))
    workdays = pd.bdate_range("2024-05-13", periods=20)
    weekend = encoded(workdays, ["2024-05-18", "2024-05-17"])
    np.testing.assert_array_equal(weekend.filter(like="weekday"), [[0] * 5, [0, 0, 0, 0, 1]])


def test_hours_are_a_number_and_a_wave():
    out = encoded(ALL_YEAR, ["2024-05-13 00:00", "2030-01-01 06:00", "2024-05-13 18:00"])
    expected = [[-1, 0, 1], [-0.5, 1, 0], [0.5, -1, 0]]
    np.testing.assert_allclose(out.filter(like="hour"), expected, atol=1e-6)


def test_months_are_the_part_of_the_year_that_has_passed():
    out = encoded(ALL_YEAR, ["2021-01-01", "2023-07-02 12:00", "2024-07-02", "2021-12-31"])
    np.testing.assert_allclose(out["when_month"], [-1, 0, 0, 1 - 2 / 365], atol=1e-6)
    np.testing.assert_allclose(out["when_month_cos"], [1, -1, -1, 1], atol=2e-3)
    np.testing.assert_allclose(out["when_month_sin"], [0, 0, 0, 0], atol=2e-2)


def test_missing_dates_are_zeros():
    out = encoded(ALL_YEAR.where(ALL_YEAR.index % 5 > 0), ["2022-03-05 09:00", None])
    assert out["when_missing"].tolist() == [0, 1]
    np.testing.assert_array_equal(out.drop(columns="when_missing").loc[1], 0)
    assert out.loc[0, ["when", "when_month", "when_hour"]].all()


def test_numbers_among_the_outputs_of_a_date_may_have_bins():
    encoder = TabularEncoder().fit(ALL_YEAR.to_frame("when"))
    numeric = encoder.get_feature_names_out()[encoder.numeric_outputs_]
    assert list(numeric) == ["when", "when_month", "when_hour"]


def test_hours_are_exact():
    """Days are floats, of which a time just before the hour must not come out."""
    dates = pd.date_range("1850-01-01", periods=3500, freq="1003h")
    hours = encoded(dates, dates)["when_hour"]
    np.testing.assert_allclose((hours + 1) * 12, dates.hour, atol=1e-5)


def test_periods_are_dates_also_as_categories():
    months = pd.Series(pd.period_range("2024-01", periods=6, freq="M"))
    encoder = TabularEncoder().fit(pd.DataFrame({"when": months}))
    expected = encoder.transform(pd.DataFrame({"when": months}))
    out = encoder.transform(pd.DataFrame({"when": months.astype("category")}))
    np.testing.assert_array_equal(out, expected)
