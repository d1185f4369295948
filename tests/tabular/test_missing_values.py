"""Values that mean missing, which the user names."""

import warnings

import numpy as np
import pandas as pd
import pytest

from scratchmlp import io
from scratchmlp.tabular import MisleadingDataWarning, TabularEncoder, TabularMLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.DataConversionWarning")

SMALL = {"hidden_layer_sizes": 4, "max_iter": 4, "cv": 3, "random_state": 0}
ROWS = np.random.default_rng(0)
NUMBERS, WHOLE = ROWS.normal(size=200), ROWS.integers(0, 20, 200)
LETTERS, DAYS = ROWS.choice([*"abc"], 200), ROWS.integers(18_000, 19_000, 200)
IS_MISSING = ROWS.random(200) < 0.1

#: The values of a column, those that stand for missing ones in it, and the parameter.
COLUMNS = {
    "floats": (NUMBERS, 999.0, 999),
    "float32": (pd.Series(NUMBERS, dtype="float32"), np.float32(-9.99), -9.99),
    "float16": (pd.Series(NUMBERS, dtype="float16"), np.float16(-9.99), [-9.99, 999_999]),
    "infinity": (NUMBERS, np.inf, np.inf),
    "whole numbers": (pd.Series(WHOLE, dtype="Int64"), 999, "999"),
    "numbers as text": ([f"{x:.2f} €" for x in NUMBERS], "999.00 €", 999),
    "decimal commas": ([f"{x:.2f}".replace(".", ",") for x in NUMBERS], "-999", -999.0),
    "thousands": ([f"{x + 7_000:,}" for x in WHOLE], "999,999", [1, 999_999]),
    "units": ([f"{x} kg" for x in WHOLE], "999 kg", 999),
    "categories": (LETTERS, "none", "none"),
    "dtype category": (pd.Categorical(LETTERS), "9", 9),
    "many of dtype category": (pd.Categorical([f"{x},5" for x in DAYS]), "9,5", 9.5),
    "codes": ([f"{x:03}" for x in WHOLE], "9", 9),
    "dates": (pd.to_datetime(DAYS, unit="D"), pd.Timestamp("1900-01-01"), "1900-01-01"),
    **{
        f"dates in {zone}": (
            pd.to_datetime(DAYS, unit="D").tz_localize(zone),
            pd.Timestamp("1900-01-01", tz=zone),
            "1900-01-01",
        )
        for zone in ("UTC", "Europe/Amsterdam")  # in 1900, 20 minutes and some seconds from UTC
    },
    "dates with a time": (
        pd.to_datetime(DAYS, unit="D"),
        pd.Timestamp("1900-01-01"),
        "1900-01-01 00:00:00",
    ),
    "dates with a zone as text": (
        [f"2020-01-{1 + x % 28:02}T00:00:00Z" for x in DAYS],
        "1900-01-01T00:00:00Z",
        "1900-01-01",
    ),
    "dates as text": ([f"{1 + x % 28}.12.2020" for x in DAYS], "1.1.1900", ["1.1.1900"]),
    "booleans": (pd.Series(NUMBERS > 0, dtype=object), -1, -1),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_values_that_mean_missing_are_encoded_as_missing_ones(name):
    values, value, missing_values = COLUMNS[name]
    known = pd.DataFrame({"x": values, "other": NUMBERS})
    dtype = "category" if "category" in name else known["x"].dtype
    given = known.assign(x=known["x"].astype(object).mask(IS_MISSING, value).astype(dtype))
    before, missing = given.copy(), known.assign(x=known["x"].mask(IS_MISSING))
    encoder, expected = TabularEncoder(missing_values=missing_values), TabularEncoder()
    encoded, as_nan = encoder.fit_transform(given), expected.fit_transform(missing)
    np.testing.assert_array_equal(encoded, as_nan)
    assert encoder.columns_ == expected.columns_
    for row in (IS_MISSING.argmax(), IS_MISSING.argmin()):
        np.testing.assert_array_equal(encoder.transform(given[row : row + 1]), as_nan[[row]])
    pd.testing.assert_frame_equal(given, before)
    if name not in ("infinity", "booleans"):
        assert not np.array_equal(TabularEncoder().fit_transform(given), as_nan)


def test_a_value_means_missing_whatever_other_values_a_table_has():
    encoder = TabularEncoder(missing_values=5678)
    encoder.fit(pd.DataFrame({"x": ["1,234.50", "2.25", "5,678", "3.5"]}))
    missing, *_ = encoder.transform(pd.DataFrame({"x": ["5,678", "2.25", "12,5", "7,5"]}))
    np.testing.assert_array_equal(missing, encoder.transform(pd.DataFrame({"x": [None]}))[0])


def test_codes_that_begin_with_zeros_are_no_numbers():
    table = pd.DataFrame({"code": [*["009", "9", "010"] * 4]})
    encoder = TabularEncoder(missing_values=9).fit(table)
    assert encoder.columns_["code"]["levels"] == ["009", "010"]
    assert encoder.columns_["code"]["share_missing"] == 1 / 3


def test_columns_have_values_of_their_own_by_name_or_by_position():
    table = pd.DataFrame({"a": [1.0, 9, 3, 4], "b": [1.0, 9, 3, -1]})
    for X, key in ((table, "b"), (table, 1), (table.to_numpy(), 1), (table.to_numpy(), "x1")):
        encoder = TabularEncoder(missing_values={key: [9, -1]}).fit(X)
        assert [each.get("share_missing") for each in encoder.columns_.values()] == [None, 0.5]
    shuffled = encoder.set_params(missing_values={"b": 9}).fit(table).transform(table[["b", "a"]])
    np.testing.assert_array_equal(shuffled, encoder.transform(table))


WRONG = [
    ({"c": 9}, "names column 'c', which the table does not have. Its columns: 'a', 'b'. Name one"),
    ({2: 9}, "names column 2, which the table does not have"),
    ([None], "contains None, but values that mean missing are numbers and text. Write dates as"),
    (np.array(2), r"contains array\(2\)"),
    ({"a": [pd.Timestamp(0)]}, "contains Timestamp.* Write dates as text, such as '1900-01-01'"),
    (object(), "'missing_values' parameter of TabularEncoder must be an array-like, an instance"),
]


@pytest.mark.parametrize(("missing_values", "message"), WRONG)
def test_what_cannot_mean_missing_is_an_error(missing_values, message):
    with pytest.raises(ValueError, match=message):
        TabularEncoder(missing_values=missing_values).fit(pd.DataFrame({"a": [1, 2], "b": [1, 2]}))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_fit_follows_the_remedy_and_a_file_keeps_it(tmp_path):
    y = np.random.default_rng(1).normal(size=200)
    known = pd.DataFrame({"size": NUMBERS.round(2), "other": WHOLE})
    given = known.assign(size=known["size"].mask(IS_MISSING, 999))
    with pytest.warns(MisleadingDataWarning, match=r"Then set missing_values={'size': 999}\."):
        TabularMLPRegressor(**SMALL).fit(given, y)
    with warnings.catch_warnings(action="error", category=MisleadingDataWarning):
        model = TabularMLPRegressor(**SMALL, missing_values={"size": 999}).fit(given, y)
    expected = TabularMLPRegressor(**SMALL).fit(known.mask(given == 999), y)
    np.testing.assert_array_equal(model.oof_prediction_, expected.oof_prediction_)
    io.save(model, tmp_path / "m")
    for each in (model, io.load(tmp_path / "m")):
        assert each.missing_values == {"size": 999}
        predicted = expected.predict(known[:9].mask(given[:9] == 999))
        np.testing.assert_array_equal(each.predict(given[:9]), predicted)
