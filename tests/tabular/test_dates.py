"""Dates: days, and where they are in the year, in the week and in the day."""

import pickle
import re
import warnings

import numpy as np
import pandas as pd
import pytest

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


NAIVE = pd.Series(pd.date_range("2024-03-01", periods=40, freq="7h"))
ROME, UTC = NAIVE.dt.tz_localize("Europe/Rome"), NAIVE.dt.tz_localize("UTC")
TEXT = NAIVE.dt.strftime("%Y-%m-%d %H:%M")
NO_ZONE = "The dates of when have no time zone, but the column was fitted to dates in "
SILENT = None
ZONES = [
    (ROME, NAIVE, f"{NO_ZONE}Europe/Rome. Dates without a time zone count as UTC."),
    (ROME, TEXT, f"{NO_ZONE}Europe/Rome"),
    (ROME.astype(object), NAIVE, f"{NO_ZONE}Europe/Rome"),
    (ROME.astype(object), NAIVE.dt.date, f"{NO_ZONE}Europe/Rome"),
    (TEXT + "+01:00", TEXT, f"{NO_ZONE}.01:00"),
    (TEXT + np.resize(["Z", "+0100"], 40), NAIVE, f"{NO_ZONE}.0100"),
    (NAIVE, ROME, "The dates of when are in the time zone Europe/Rome, but .* without one"),
    (TEXT, TEXT + " -05:30", "The dates of when are in the time zone -05:30, but"),
    # All of these have a zone or are in UTC. Dates without a zone count as UTC.
    (ROME, NAIVE.dt.tz_localize("Japan"), SILENT),
    (ROME, UTC, SILENT),
    (ROME, TEXT + "Z", SILENT),
    (UTC, NAIVE, SILENT),
    (NAIVE.dt.tz_localize("Etc/UTC"), TEXT, SILENT),
    (TEXT + "-00:00", NAIVE, SILENT),
    (NAIVE, UTC, SILENT),
    (TEXT + " GMT", TEXT, SILENT),
    (NAIVE, TEXT, SILENT),
    (ROME, NAIVE.where(NAIVE.index < 0), SILENT),  # all are missing
]


@pytest.mark.parametrize(("fitted", "new", "message"), ZONES)
def test_dates_without_the_time_zone_of_the_others_are_named(fitted, new, message):
    encoder = TabularEncoder().fit(pd.DataFrame({"when": fitted}))
    for each in (encoder, pickle.loads(pickle.dumps(encoder))):
        with warnings.catch_warnings(record=True, action="always") as found:
            each.transform(pd.DataFrame({"when": new}).iloc[:9])
        assert len(found) == (message is not None)
        if found:
            assert re.match(message, str(found[0].message))


def test_dates_of_polars_have_their_time_zone():
    pl = pytest.importorskip("polars")
    encoder = TabularEncoder().fit(pd.DataFrame({"when": ROME}))
    frame = pl.DataFrame({"when": ROME.to_list()}).select(
        pl.col("when").dt.convert_time_zone("Europe/Rome")
    )
    with warnings.catch_warnings(action="error"):
        out = encoder.transform(frame)
    np.testing.assert_array_equal(out, encoder.transform(pd.DataFrame({"when": ROME})))
    assert TabularEncoder().fit(frame).columns_ == encoder.columns_
