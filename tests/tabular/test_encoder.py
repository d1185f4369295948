import datetime as dt
import json
import pickle
import warnings
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import csr_array
from sklearn import config_context
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import DataConversionWarning
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from scratchmlp import ScratchMLPClassifier
from scratchmlp.tabular import TabularEncoder, TabularMLPClassifier
from scratchmlp.tabular.columns.plain import level_of_plain, plain_level

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.DataConversionWarning")

MISSING = [None, np.nan, pd.NA, pd.NaT]


def table(**columns):
    return pd.DataFrame(columns)


def encode(fitted, new=None, **settings):
    """Fit an encoder, and return the encoded rows of the fitted table or of a new one."""
    encoder = TabularEncoder(**settings).fit(fitted)
    out = encoder.transform(fitted if new is None else new)
    assert out.dtype == np.float32
    assert np.isfinite(out).all()
    return out.tolist()


def names(fitted, **settings):
    return list(TabularEncoder(**settings).fit(fitted).get_feature_names_out())


def rng():
    return np.random.default_rng(0)


def clip(z):
    return np.float32(z / np.sqrt(1 + (z / 3) ** 2))


@parametrize_with_checks([TabularEncoder(), TabularEncoder([0]), TabularEncoder(max_categories=1)])
def test_scikit_learn_check(estimator, check):
    check(estimator)


# Numbers.


def test_numbers_are_scaled_by_quartiles_and_clipped_smoothly():
    x = np.random.default_rng(0).normal(3, 2, 101)
    quarter, median, three_quarters = np.percentile(x, [25, 50, 75])
    expected = clip((x - median) / (three_quarters - quarter))
    out = TabularEncoder().fit_transform(x[:, None])
    np.testing.assert_allclose(out[:, 0], expected, rtol=1e-6)


def test_if_the_interquartile_range_is_0_half_the_range_is_the_scale():
    encoder = TabularEncoder().fit(table(x=[0, 0, 0, 0, 0, 0, 0, 10.0]))
    assert encoder.columns_["x"] == {
        "kind": "number", "reason": "numbers", "centre": 0.0, "scale": 5.0, "indicator": False
    }  # fmt: skip


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([1, 2, 5], dtype="int8"),
        pd.Series([1, 2, 5], dtype="uint64"),
        pd.Series([1, 2, 5], dtype="float16"),
        pd.Series([1, 2, 5], dtype="Int64"),
        pd.Series([1, 2, 5], dtype="Float32"),
        pd.Series([1, 2, 5], dtype="Sparse[float64]"),
        pd.Series([1, 2.0, np.float32(5)], dtype=object),
        pd.Series([Decimal(1), Decimal(2), Decimal(5)]),
        pd.Series([1, 2, 10**30 * 0 + 5], dtype=object),
        [1, 2, 5],
    ],
)
def test_numbers_of_every_dtype(column):
    """A column may have another numeric dtype in transform."""
    expected = [[clip(z)] for z in (-0.5, 0, 1.5)]
    assert encode(table(x=column)) == encode(table(x=[1.0, 2, 5]), table(x=column)) == expected


@pytest.mark.parametrize("missing", MISSING)
def test_missing_numbers_become_the_median_and_have_an_indicator(missing):
    column = pd.Series([1, 2, missing, 5], dtype=object)
    assert names(table(x=column)) == ["x", "x_missing"]
    assert encode(table(x=column)) == [[clip(-0.5), 0], [0, 0], [0, 1], [clip(1.5), 0]]


def test_without_missing_numbers_in_fit_there_is_no_indicator():
    assert encode(table(x=[1, 2, 5]), table(x=[np.nan, 2, 5])) == [[0], [0], [clip(1.5)]]


@pytest.mark.parametrize(
    "column",
    [
        [1e300, -1e300, 0, 5],
        [1.7e308, -1.7e308, 0, 5],
        [1e-320, 0, 1, 1e308],
        [2**63 - 1, -(2**63), 0],
        [0, 0, 5e-324, 5e-324, 1],
        [10**200, -(10**200)],
    ],
)
def test_extreme_numbers(column):
    out = np.array(encode(table(x=column)))
    assert (abs(out) <= 3).all()
    assert out.argmax() == np.argmax(column)
    assert (abs(np.array(encode(table(x=[1, 2, 3]), table(x=column)))) <= 3).all()


@pytest.mark.parametrize("infinite", [np.inf, -np.inf, 10**400])
def test_infinity_is_rejected(infinite):
    message = "Column 'x' holds infinity, .*Replace it"
    with pytest.raises(ValueError, match=message):
        encode(table(x=pd.Series([1, infinite], dtype=object)))
    with pytest.raises(ValueError, match=message):
        encode(table(x=[1, 2]), table(x=pd.Series([1, infinite], dtype=object)))
    with pytest.raises(ValueError, match="Column 'x1' holds infinity"):
        encode(np.array([[1, np.inf], [2, 3]]))


# Dates and durations.


@pytest.mark.parametrize(
    "column",
    [
        pd.to_datetime(["1970-01-02", "1970-01-03", "1970-01-06"]),
        pd.to_datetime(["1970-01-02", "1970-01-03", "1970-01-06"]).as_unit("ns"),
        pd.to_datetime(["1970-01-02", "1970-01-03", "1970-01-06"]).tz_localize("UTC"),
        pd.to_datetime(["1970-01-02T09", "1970-01-03T09", "1970-01-06T09"]).tz_localize("Japan"),
        pd.PeriodIndex(["1970-01-02", "1970-01-03", "1970-01-06"], freq="D"),
        pd.Series([dt.date(1970, 1, day) for day in (2, 3, 6)], dtype=object),
        pd.Series([np.datetime64(f"1970-01-0{day}") for day in (2, 3, 6)], dtype=object),
    ],
)
def test_dates_are_days_since_1970(column):
    encoder = TabularEncoder().fit(table(x=column))
    expected = {"kind": "date", "centre": 2.0, "scale": 2.0, "indicator": False}
    assert encoder.columns_["x"].items() >= expected.items()
    new = table(x=pd.to_datetime(["1970-01-02", None, "1970-01-06"]))
    assert encoder.transform(new)[:, 0].tolist() == [clip(-0.5), 0, clip(1.5)]


def test_dates_of_arrow_may_be_missing():
    pa = pytest.importorskip("pyarrow")
    days = [dt.date(2020, 1, 1), None, dt.date(1, 1, 1), dt.date(2020, 1, 3)]
    expected = TabularEncoder().fit(table(x=pd.Series(days, dtype=object)))
    for dtype in (pa.date32(), pa.date64()):
        column = pd.Series(days, dtype=pd.ArrowDtype(dtype))
        assert TabularEncoder().fit(table(x=column)).columns_ == expected.columns_
        assert encode(table(x=column)) == expected.transform(table(x=column)).tolist()


def test_dates_that_nanoseconds_cannot_hold():
    column = np.array(["0001-01-01", "2000-01-01", "9999-12-31"], "datetime64[s]")
    assert np.argmax(np.array(encode(table(x=column)))[:, 0]) == 2


@pytest.mark.parametrize("dtype", ["timedelta64[s]", object, "category"])
def test_durations_are_days(dtype):
    column = pd.Series(pd.to_timedelta(["12h", "1D", None, "4D"])).astype(dtype)
    encoder = TabularEncoder(None).fit(table(x=column))
    expected = {"kind": "duration", "centre": 1.0, "scale": 1.75, "indicator": True}
    assert encoder.columns_["x"].items() >= expected.items()


@pytest.mark.parametrize("dtype", [None, object])
@pytest.mark.parametrize("unit", ["s", "ms"])
@pytest.mark.parametrize("kind", ["datetime64", "timedelta64"])
def test_dates_and_durations_that_microseconds_cannot_hold_are_rejected(kind, unit, dtype):
    def column(days):
        values = np.array([0, 1, days], f"{kind}[D]").astype(f"{kind}[{unit}]")
        return table(x=pd.Series(values, dtype=dtype))

    near = column(106_000_000)
    assert np.argmax(np.array(encode(near))[:, 0]) == 2
    for far in (column(107_000_000), column(-107_000_000)):
        for tables in ((far,), (near, far)):
            with pytest.raises(ValueError, match=r"[Oo]ut of bounds|overflow"):
                encode(*tables)


# Categories.

COLORS = ["red", "blue", "red", None, "green"]


@pytest.mark.parametrize("dtype", [object, "str", "string", "category"])
@pytest.mark.parametrize("new_dtype", [object, "str", "string", "category"])
def test_text_of_every_dtype(dtype, new_dtype):
    column = pd.Series(COLORS, dtype=dtype)
    new = pd.Series([np.str_("blue"), "grey", None, "red"]).astype(new_dtype)
    assert names(table(x=column)) == ["x_blue", "x_green", "x_red"]
    expected = [[1, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 1]]
    assert encode(table(x=column), table(x=new)) == expected


@pytest.mark.parametrize("missing", MISSING)
def test_missing_labels_are_zeros(missing):
    column = pd.Series(["a", missing, "b", "c"], dtype=object)
    assert encode(table(x=column)) == [[1, 0, 0], [0, 0, 0], [0, 1, 0], [0, 0, 1]]


def test_two_levels_are_one_column():
    fitted = table(x=["no", "yes", None])
    assert names(fitted) == ["x_yes"]
    assert encode(fitted, table(x=["yes", "no", None, "never"])) == [[1], [-1], [0], [0]]


@pytest.mark.parametrize("dtype", ["bool", "boolean", object, "category"])
def test_booleans_are_two_levels(dtype):
    column = pd.Series([True, False, True], dtype=dtype)
    assert names(table(x=column)) == ["x_True"]
    assert encode(table(x=column)) == [[1], [-1], [1]]
    assert encode(table(x=column), table(x=[0, 1, 2])) == [[-1], [1], [0]]


def test_booleans_that_are_not_categorical_are_numbers():
    assert encode(table(x=[False, True, True]), categorical_features=None)[0] == [clip(-2)]


def test_an_encoder_that_is_not_fitted_can_be_pickled():
    encoder = pickle.loads(pickle.dumps(TabularEncoder(max_categories=3)))
    assert repr(encoder) == "TabularEncoder(max_categories=3)"


@pytest.mark.parametrize(
    "level",
    [
        pd.Timestamp("2020-01-02 03:04"),
        pd.Timestamp("2020-01-02 03:04", tz="Europe/Rome"),
        pd.Timedelta(90, "s"),
        dt.date(2020, 1, 2),
        Decimal("1.50"),
    ],
    ids=repr,
)
def test_levels_that_are_no_plain_data_are_written_as_such(level):
    written = json.dumps(plain_level(level))
    again = level_of_plain(json.loads(written))
    assert (type(again), again, str(again)) == (type(level), level, str(level))


def test_levels_of_several_types_are_distinct():
    column = pd.Series([1, "1", "a", 2.5, 1], dtype=object)
    assert names(table(x=column)) == ["x_1", "x_2.5", "x_1_2", "x_a"]
    new = table(x=pd.Series(["1", 1, 1.0], dtype=object))
    assert encode(table(x=column), new) == [[0, 0, 1, 0], [1, 0, 0, 0], [1, 0, 0, 0]]
    assert encode(table(x=column), table(x=["1", "b"])) == [[0, 0, 1, 0], [0, 0, 0, 0]]
    assert encode(table(x=column), table(x=[1, 7])) == [[1, 0, 0, 0], [0, 0, 0, 0]]


def test_categories_without_rows_have_no_column():
    column = pd.Categorical(["b", "c", "a"], categories=["d", "c", "b", "a"])
    assert names(table(x=column)) == ["x_a", "x_b", "x_c"]


@pytest.mark.parametrize(
    ("max_categories", "kept"),
    [(1, ["b"]), (2, ["b", "a"]), (3, ["b", "a", "c"]), (4, ["b", "a", "c", "d"])],
)
def test_the_most_frequent_levels_are_kept(max_categories, kept):
    """c and d are equally frequent: c is kept first, although d occurs first in the table."""
    fitted = table(x=list("bbbaaddcc"))
    found = names(fitted, max_categories=max_categories)
    assert found[: len(kept)] == [f"x_{level}" for level in sorted(kept)]
    out = np.array(encode(fitted, table(x=list("abcde")), max_categories=max_categories))
    np.testing.assert_array_equal(out[:, : len(kept)].sum(axis=1), np.isin(list("abcde"), kept))


def test_two_kept_levels_of_three_have_a_column_each():
    assert encode(table(x=list("aabbc")), max_categories=2)[2:] == [[0, 1, 1]] * 2 + [[0, 0, 0]]


def test_of_more_categories_than_max_categories_the_frequency_counts():
    """It is the logarithm of the count, so that levels that occur once and unseen ones are 0."""
    fitted = table(x=[*"aaaaaaaabbbbccd", None])
    encoder = TabularEncoder(max_categories=2).fit(fitted)
    assert list(encoder.get_feature_names_out()) == ["x_a", "x_b", "x_frequency", "x_missing"]
    out = encoder.transform(table(x=[*"abcde", None]))
    np.testing.assert_allclose(out[:, 2], [1, 2 / 3, 1 / 3, 0, 0, 0], rtol=1e-6)
    np.testing.assert_array_equal(out[:, 3], [0, 0, 0, 0, 0, 1])
    assert encoder.columns_["x"]["other_levels"] == ["c", "d"]
    assert encoder.columns_["x"]["counts"] == [8, 4, 2, 1]


def test_categories_that_all_occur_once_say_nothing():
    keys = [f"key-{i}" for i in range(1000)]
    fitted = table(key=pd.Categorical(keys), x=rng().normal(size=1000))
    encoder = TabularEncoder(["key"]).fit(fitted)
    assert list(encoder.get_feature_names_out()) == ["x"]
    assert encoder.columns_["key"]["n_levels"] == 1000
    assert encoder.columns_["key"]["encoding"] == "none"
    cabins = table(cabin=[None, *keys[:12], None], x=rng().normal(size=14))
    assert names(cabins) == ["cabin_missing", "x"]  # whether there is a cabin may matter
    encoder = TabularEncoder().fit(cabins)
    out = encoder.transform(table(cabin=["another", None], x=[0, 0]))
    assert out[:, 0].tolist() == [0, 1]


@pytest.mark.parametrize("n_levels", [40, 2500])
def test_many_categories_of_few_rows_are_kept_if_they_repeat(n_levels):
    users = [f"u{i}" for i in range(n_levels)]
    repeated = sorted(users[: n_levels // 5])
    found = names(table(user=users + repeated))
    columns = [f"user_{user}" for user in repeated]
    assert found == (columns if n_levels == 40 else ["user_frequency"])


def test_among_many_categories_only_frequent_ones_have_a_column():
    counts = {"a": 12, "b": 10, "c": 9, **{f"u{i}": 2 for i in range(80)}}
    fitted = table(x=np.repeat(list(counts), list(counts.values())))
    assert names(fitted) == ["x_a", "x_b", "x_frequency"]
    assert names(fitted, max_categories=1) == ["x_a", "x_frequency"]
    assert len(names(fitted, max_categories=83)) == 83


def test_rare_levels_have_no_column_among_many():
    column = list("abcdefghij") * 5 + ["x", "y"]
    assert names(table(k=column)) == [f"k_{level}" for level in "abcdefghij"]


def test_in_a_small_table_every_level_counts():
    assert names(table(k=["Oslo", "Rome", "Bonn"])) == ["k_Bonn", "k_Oslo", "k_Rome"]


@pytest.mark.parametrize(
    ("label", "what"), [([1], "list"), ({"a": 1}, "dict"), (np.ones(2), "numpy.ndarray")]
)
def test_labels_that_are_not_hashable_are_rejected(label, what):
    column = pd.Series([label, "a"], dtype=object)
    for tables in ([table(x=column)], [table(x=["a", "b"]), table(x=column)]):
        with pytest.raises(TypeError, match=f"Column 'x' .*unhashable type: '{what}'.*Convert"):
            encode(*tables)


def test_other_errors_about_a_column_name_it_in_a_note():
    months = pd.Series(pd.period_range("2024-01", periods=9, freq="M")).astype("category")
    with pytest.raises(TypeError, match=r"Period.* is not convertible") as error:
        TabularEncoder(categorical_features=None).fit(table(x=months))
    assert error.value.__notes__ == ["The error is about column 'x'."]


@pytest.mark.parametrize("values", [["true", "FALSE", "true"], ["true", None, "false", "?"]])
def test_text_of_booleans_that_are_no_categories_is_read_again(values):
    fitted, n = table(x=values), len(values)
    encoder = TabularEncoder(categorical_features=None)
    encoded = encoder.fit_transform(fitted)
    assert encoder.columns_["x"]["kind"] == "number"
    alone = [encoder.transform(fitted.iloc[[row]])[0] for row in range(n)]
    np.testing.assert_array_equal(alone, encoded)


@pytest.mark.parametrize("choice", [[1, 2], [False, True, True], ["b", "c"], np.array(["c", "b"])])
def test_categorical_features_can_be_given(choice):
    fitted = table(a=[1, 2, 3], b=[1, 2, 3], c=["x", "y", "x"])
    found = names(fitted, categorical_features=choice)
    assert found == ["a", "b_1", "b_2", "b_3", "c_y"]


def test_integer_categories_may_be_floats_in_transform():
    fitted, new = table(a=[1, 2, 3]), table(a=[1.0, np.nan, 3.5])
    expected = [[1, 0, 0], [0, 0, 0], [0, 0, 0]]
    assert encode(fitted, new, categorical_features=["a"]) == expected


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        (None, "Column 'b' holds text, .*Name it in categorical_features"),
        (["a"], "Column 'b' holds text, .*Name it in categorical_features"),
        (["c"], "'c' .* not a valid feature name"),
        ([5], r"must be in \[0, n_features - 1\]"),
        ([True], "boolean mask .* shape"),
        ("dtype", "'categorical_features' parameter .* Got 'dtype'"),
    ],
)
def test_invalid_categorical_features_are_rejected(choice, message):
    with pytest.raises(ValueError, match=message):
        encode(table(a=[1, 2], b=["x", "y"]), categorical_features=choice)


def test_max_categories_must_be_positive():
    with pytest.raises(ValueError, match=r"'max_categories' parameter .* Got 0"):
        TabularEncoder(max_categories=0).fit(table(a=["x"]))


# Dropped columns.


def test_constant_columns_are_dropped_but_not_their_indicators():
    fitted = table(a=[1, 1, 1], b=[1, None, 1], c=["x"] * 3, d=["x", None, "x"], e=[None] * 3)
    assert names(fitted) == ["b_missing", "d_x"]
    assert encode(fitted) == [[0, 1], [1, 0], [0, 1]]
    kinds = [column["kind"] for column in TabularEncoder().fit(fitted).columns_.values()]
    assert kinds == ["constant", "number", "constant", "category", "missing"]


def test_dropped_columns_are_not_read():
    fitted = table(a=[1, 1], b=[None, None], c=["x", "x"], d=[1, 2])
    new = table(a=["text"], b=[np.inf], c=[[]], d=[1.5])
    assert encode(fitted, new) == [[0]]


def test_if_all_columns_are_dropped_the_class_frequencies_can_be_learned():
    fitted, y = table(a=[1, 1, 1, 1], b=[None] * 4), ["x", "x", "x", "y"]
    assert names(fitted) == ["zero"]
    assert encode(fitted) == [[0]] * 4
    net = ScratchMLPClassifier((), solver="lbfgs", alpha=0)
    model = make_pipeline(TabularEncoder(), net).fit(fitted, y)
    np.testing.assert_allclose(model.predict_proba(fitted), [[0.75, 0.25]] * 4, atol=1e-3)


# Tables in transform.

RAW = table(
    n=[1.5, None, 3, 4],
    k=["a", "b", "c", None],
    b=[True, False, True, True],
    d=pd.to_datetime(["2020", "2021", "2022", "2023"]),
)


def test_columns_are_matched_by_name():
    encoder = TabularEncoder().fit(RAW)
    new = RAW[["d", "k", "n", "b"]].assign(more=1, other="x")
    np.testing.assert_array_equal(encoder.transform(new), encoder.transform(RAW))
    with pytest.raises(ValueError, match=r"these are missing: 'k', 'b'\. Add them"):
        encoder.transform(RAW[["d", "n"]])


@pytest.mark.parametrize(
    "column",
    [
        *(pd.Series([missing] * 2, dtype=object) for missing in MISSING),
        *(
            pd.Series([None] * 2, dtype=dtype)
            for dtype in ("category", "float64", "Int64", "str", "string", "datetime64[s]")
        ),
    ],
)
def test_any_column_may_be_without_values_in_transform(column):
    new = pd.DataFrame(dict.fromkeys(RAW, column))
    assert encode(RAW, new) == [[0, 1] + [0] * 9] * 2


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("n", ["x", "y"], "'n' held numbers in fit and holds text now. .* pandas.to_numeric"),
        ("n", RAW["d"], "'n' held numbers in fit and holds dates now"),
        ("n", [1j, 2], "'n' held numbers in fit and holds complex numbers now"),
        ("k", [1, 2], r"'k' held categories made of text .* holds numbers now. .* astype\(str\)"),
        ("k", [True, False], "'k' held categories made of text in fit and holds booleans now"),
        ("d", ["2020", "x"], "'d' held dates in fit and holds text now. .* pandas.to_datetime"),
        ("d", [1, 2], "'d' held dates in fit and holds numbers now"),
    ],
)
def test_another_kind_of_values_is_rejected(column, values, message):
    new = RAW[:2].assign(**{column: pd.Series(values)[:2]})
    with pytest.raises(ValueError, match=f"Column {message}.* fit again"):
        encode(RAW, new)


@pytest.mark.parametrize("column", RAW)
def test_lone_surrogates_are_like_other_words(column):
    def outcome(word):
        try:
            return encode(RAW, RAW.assign(**{column: pd.Series([word] * 4, dtype=object)}))
        except ValueError as error:
            return str(error)

    assert outcome("\ud800") == outcome("x")


def test_invalid_tables_are_rejected():
    for bad in (RAW[:0], RAW[[]]):
        with pytest.raises(ValueError, match="at least one of each is required"):
            TabularEncoder().fit(bad)
    with pytest.raises(TypeError, match="Sparse data"):
        TabularEncoder().fit(csr_array(np.eye(3)))
    with pytest.raises(ValueError, match=r"Column 'x' holds complex numbers.* real part"):
        TabularEncoder().fit(table(x=[1j, 2]))
    with pytest.raises(ValueError, match="has 3 features, but TabularEncoder is expecting 2"):
        encode(np.ones((2, 2)), np.ones((2, 3)))


def test_a_failed_fit_leaves_the_encoder_unchanged():
    encoder = TabularEncoder().fit(RAW)
    with pytest.raises(ValueError, match="infinity"):
        encoder.fit(table(other=[np.inf, 1]))
    np.testing.assert_array_equal(encoder.transform(RAW), TabularEncoder().fit_transform(RAW))


# Warnings.


def test_what_fit_warned_of_is_kept():
    fitted = table(id=range(100, 200), age=[f"{i}.5" for i in range(98)] + ["n.a.", "?"], one=1)
    fitted["key"] = pd.Categorical([f"key-{i}" for i in range(100)])
    fitted["fixed"] = pd.Categorical(["x"] * 100)
    with pytest.warns(DataConversionWarning) as caught:
        encoder = TabularEncoder(["from_dtype", "key", "fixed"]).fit(fitted)
    assert list(encoder.get_feature_names_out()) == ["age", "age_missing"]
    assert encoder.notes_[:3] == [
        ("identifier", "left out identifiers, which are different in each row: id"),
        ("constant", "left out columns with a single value: one, fixed"),
        ("unrepeated", "left out categories that all occur once, in columns: key"),
    ]
    assert [case for case, _ in encoder.notes_[3:]] == ["unreadable"]
    for (_, clause), warning in zip(encoder.notes_, caught, strict=True):
        assert str(warning.message).lower().startswith(clause.lower())
    json.dumps(encoder.notes_)


def test_warnings_as_errors_leave_the_encoder_unchanged():
    encoder = TabularEncoder().fit(RAW)
    with warnings.catch_warnings(action="error"), pytest.raises(DataConversionWarning):
        encoder.fit(table(one=[1, 1], x=[1, 2]))
    assert list(encoder.columns_) == list(RAW)
    assert encoder.notes_ == []


@pytest.mark.parametrize(
    "use",
    [
        lambda X, y: TabularEncoder().fit(X),
        lambda X, y: TabularEncoder().fit_transform(X),
        lambda X, y: TabularMLPClassifier(cv=2, max_iter=1).fit(X, y),
        lambda X, y: cross_validate(make_pipeline(TabularEncoder(), DummyClassifier()), X, y, cv=2),
        lambda X, y: GridSearchCV(TabularMLPClassifier(cv=2, max_iter=1), {}, cv=2).fit(X, y),
    ],
)
def test_warnings_point_to_the_code_of_the_user(use):
    X, y = table(one=1, x=np.arange(20.0)), np.arange(20) % 2
    with pytest.warns(DataConversionWarning) as caught:
        use(X, y)
    assert {warning.filename for warning in caught} == {__file__}


def test_an_ensemble_warns_once_in_fit_and_in_predict():
    ages = pd.Series([f"{i}.5" for i in range(38)] + ["n.a.", "oops"], dtype=object)
    model, y = TabularMLPClassifier(cv=2, max_iter=1), np.arange(40) % 2
    weight = np.where(ages == "oops", 0, 1)
    with pytest.warns(DataConversionWarning) as caught:
        model.fit(table(age=ages), y, weight)
    assert len(caught) == 1
    with pytest.warns(DataConversionWarning) as caught:
        model.predict(table(age=ages))
    assert [warning.filename for warning in caught] == [__file__]


# Containers.


def test_arrays_and_lists():
    """Numbers in a list of numbers and strings remain numbers."""
    rows = [[1, "a"], [2, "b"], [5, "a"]]
    expected = [[clip(-0.5), -1], [0, 1], [clip(1.5), -1]]
    assert encode(rows) == encode(np.array(rows, dtype=object)) == expected
    assert names(np.array(rows, dtype=object)) == ["x0", "x1_b"]
    assert names(np.array(rows)) == ["x0", "x1_b"]  # all text


def test_lists_may_hold_lone_surrogates():
    """pandas would make them strings of Arrow, which are UTF-8."""
    rows = [["\ud800"], ["a"], ["b"]]
    for X in (rows, np.array(rows), np.array(rows, dtype=object)):
        assert encode(X) == [[0, 0, 1], [1, 0, 0], [0, 1, 0]]


def test_columns_with_integer_names_are_matched_by_position():
    assert names(pd.DataFrame([[1, 2], [3, 4]], columns=[7, 5])) == ["x0", "x1"]


def test_names_of_outputs_are_distinct():
    fitted = table(a=["b_c", "d", "e"], a_b=["c", "d", "e"])
    assert names(fitted) == ["a_b_c", "a_d", "a_e", "a_b_c_2", "a_b_d", "a_b_e"]
    encoder = TabularEncoder().fit(np.eye(2))
    assert list(encoder.get_feature_names_out(["u", "v"])) == ["u", "v"]


def test_output_as_a_data_frame():
    new = RAW.set_index(pd.Index([*"pqrs"]))
    encoder = TabularEncoder().fit(RAW)
    with config_context(transform_output="pandas"):
        out = encoder.transform(new)
    assert list(out.index) == [*"pqrs"]
    days = ["d", *(f"d_weekday_{day}" for day in ("Wed", "Fri", "Sat", "Sun"))]
    assert list(out) == ["n", "n_missing", "k_a", "k_b", "k_c", "b_True", *days]
    assert set(out.dtypes) == {np.dtype(np.float32)}


def test_polars_frames():
    pl = pytest.importorskip("polars")
    columns = {
        "n": [1, None, 3],
        "k": ["a", "b", None],
        "c": pl.Series(["u", "v", "u"], dtype=pl.Categorical),
        "e": pl.Series(["u", "v", None], dtype=pl.Enum(["v", "u", "w"])),
        "b": [True, None, False],
        "d": [dt.date(2020, 1, 1), None, dt.date(2021, 1, 1)],
        "t": [dt.datetime(2020, 1, day, tzinfo=dt.UTC) for day in (1, 2, 9)],
        "z": [None, None, None],
    }
    frame = pl.DataFrame(columns)
    encoder = TabularEncoder().fit(frame)
    same = table(**{name: frame[name].to_list() for name in columns})
    assert encoder.columns_ == TabularEncoder().fit(same).columns_
    np.testing.assert_array_equal(encoder.transform(frame[:, ::-1]), encoder.transform(same))
    assert encoder.set_output(transform="polars").transform(frame).columns == names(same)


def test_structs_of_polars_are_refused():
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame({"s": [{"a": 1}, {"a": 2}], "n": [1, 2]})
    with pytest.raises(TypeError, match=r"Column 's' .*unhashable type: 'numpy.ndarray'"):
        TabularEncoder().fit(frame)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_names_of_any_level_can_be_names_of_columns(library):
    """Arrow, which pandas uses if it is there, and Polars reject lone surrogates."""
    pytest.importorskip(library)
    X = table(c=pd.Series(["a", "\udc80", "\\udc80"] * 2, dtype=object))
    encoder = TabularEncoder().set_output(transform=library)
    out = encoder.fit(X).transform(X)
    assert list(out.columns) == ["c_\\udc80", "c_a", "c_\\udc80_2"]
    assert [name.encode() for name in out.columns]
    np.testing.assert_array_equal(np.asarray(out).argmax(axis=1), [1, 2, 0] * 2)


def test_names_of_columns_may_hold_lone_surrogates():
    X = pd.DataFrame([[1, 2], [2, 5]], columns=pd.Index(["a", "\udc80"], dtype=object))
    encoder = TabularEncoder().set_output(transform="pandas").fit(X)
    out = encoder.transform(X.iloc[:, ::-1])
    assert list(out) == ["a", "\\udc80"]
    np.testing.assert_array_equal(out, encoder.transform(X))


# Properties of any table.

VALUES = st.sampled_from([*MISSING, 1, 2.5, -7, "a", "b", "1", True])
TABLES = st.tuples(st.integers(1, 12), st.integers(1, 4)).flatmap(
    lambda shape: arrays(object, shape, elements=VALUES, fill=st.nothing())
)


@given(X=TABLES, data=st.data())
def test_the_encoding_of_a_row_does_not_depend_on_its_position(X, data):
    encoder = TabularEncoder().fit(X)
    out = encoder.transform(X)
    assert out.shape == (len(X), len(encoder.get_feature_names_out()))
    order = data.draw(st.permutations(range(len(X))))
    np.testing.assert_array_equal(encoder.transform(X[order]), out[order])
    np.testing.assert_array_equal(clone(encoder).fit(X[order]).transform(X), out)


@given(X=TABLES, data=st.data())
def test_the_encoding_of_a_column_does_not_depend_on_other_columns(X, data):
    frame = pd.DataFrame(X, columns=[f"c{j}" for j in range(X.shape[1])])
    order = data.draw(st.permutations(list(frame)))
    encoder = TabularEncoder().set_output(transform="pandas")
    out = encoder.fit_transform(frame)
    permuted = encoder.fit_transform(frame[order])
    pd.testing.assert_frame_equal(permuted[list(out)], out)


def test_the_state_is_plain_and_small():
    encoder = TabularEncoder().fit(RAW)
    json.dumps(encoder.columns_)
    again = pickle.loads(pickle.dumps(encoder))
    np.testing.assert_array_equal(again.transform(RAW), encoder.transform(RAW))
    assert len(pickle.dumps(encoder)) < 2000


@pytest.mark.parametrize("dtype", [object, "string"])
def test_text_is_dates_if_every_value_is_a_date(dtype):
    text = pd.Series(["2024-05-17", "2024-05-18 12:00", None, "2024-05-20T00:00:00Z"], dtype=dtype)
    dates = pd.to_datetime(text, format="ISO8601", utc=True)
    encoder = TabularEncoder().fit(text.to_frame("day"))
    assert encoder.columns_["day"]["kind"] == "date"
    expected = TabularEncoder().fit_transform(dates.to_frame("day"))
    for column in (text, dates, text.astype("category")):
        np.testing.assert_allclose(encoder.transform(column.to_frame("day")), expected)
    assert TabularEncoder(["day"]).fit(text.to_frame("day")).columns_["day"]["kind"] == "category"
    text[0] = "unknown"  # text that is not a date counts as missing
    dates[0] = pd.NaT
    np.testing.assert_array_equal(*(encoder.transform(x.to_frame("day")) for x in (text, dates)))
    new = pd.DataFrame({"day": ["2024-05-17", "17.5.2024", "soon"]})
    first = encoder.transform(new[:1])[0, 0]
    assert encoder.transform(new)[:, 0].tolist() == [first, 0, 0]


@pytest.mark.parametrize("wrong", ["soon", "2024-05-32", "17.5.2024", "2024-05"])
def test_other_text_is_categorical(wrong):
    table = pd.DataFrame({"day": ["2024-05-17", wrong] * 3})
    encoder = TabularEncoder().fit(table)
    assert encoder.columns_["day"]["labels"] == "text"
    assert TabularEncoder().fit(table.astype("category")).columns_["day"]["labels"] == "text"
    # A categorical column may happen to hold only dates in transform.
    assert encoder.transform(table[:1]).tolist() == encoder.transform(table)[:1].tolist()
