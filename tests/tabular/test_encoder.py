"""The encoder: what its outputs are, which tables it takes, and what it warns of."""

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
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import DataConversionWarning
from sklearn.model_selection import cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from scratchmlp.tabular import TabularEncoder, TabularMLPClassifier
from scratchmlp.tabular.columns.encoder import encode_with
from scratchmlp.tabular.columns.plain import from_plain, plain_level
from scratchmlp.tabular.reading.roles import ROLE_CONSTRAINTS
from scratchmlp.tabular.reading.values import ColumnError
from tests.helpers.fuzzing import examples

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.DataConversionWarning")

MISSING = [None, np.nan, pd.NA, pd.NaT]
TEXT_TYPES = [object, "str", "string", "category"]


def table(**columns):
    return pd.DataFrame(columns)


def objects(*values):
    return table(x=pd.Series(values, dtype=object))


def encode(fitted, new=None, **settings):
    """Fit an encoder, and return the encoded rows of the fitted table or of a new one."""
    encoder = TabularEncoder(**settings).fit(fitted)
    out = encoder.transform(fitted if new is None else new)
    assert out.dtype == np.float32
    assert np.isfinite(out).all()
    return out.tolist()


def names(fitted, **settings):
    return list(TabularEncoder(**settings).fit(fitted).get_feature_names_out())


def clip(z):
    return np.float32(z / np.sqrt(1 + (z / 3) ** 2))


@parametrize_with_checks([TabularEncoder(), TabularEncoder([0], max_categories=1)])
def test_scikit_learn_check(estimator, check):
    check(estimator)


# Numbers, dates and durations.


@pytest.mark.parametrize("missing", MISSING)
def test_missing_values_become_the_median_or_no_category(missing):
    numbers, labels = objects(1, 2, missing, 5), objects("a", missing, "b", "c")
    assert names(numbers) == ["x", "x_missing"]
    assert encode(numbers) == [[clip(-0.5), 0], [0, 0], [0, 1], [clip(1.5), 0]]
    assert encode(table(x=[1, 2, 5]), numbers) == [[clip(-0.5)], [0], [0], [clip(1.5)]]
    assert encode(labels) == [[1, 0, 0], [0, 0, 0], [0, 1, 0], [0, 0, 1]]


EXTREME = [
    [1.7e308, -1.7e308, 0, 5],
    [1e-320, 0, 1, 1e308],
    [2**63 - 1, -(2**63), 0],
    [0, 0, 5e-324, 5e-324, 1],
    [10**200, -(10**200)],
]


@pytest.mark.parametrize("column", EXTREME)
def test_extreme_numbers(column):
    out = np.array(encode(table(x=column)))
    assert (abs(out) <= 3).all()
    assert out.argmax() == np.argmax(column)
    assert (abs(np.array(encode(table(x=[1, 2, 3]), table(x=column)))) <= 3).all()


INFINITE = [[objects(1, infinite)] for infinite in (np.inf, -np.inf, 10**400)]


@pytest.mark.parametrize("tables", [*INFINITE, [table(x=[1, 2]), table(x=[1, np.inf])]])
def test_infinity_is_rejected(tables):
    with pytest.raises(ValueError, match=r"Column 'x' holds infinity, .*Replace it"):
        encode(*tables)


def test_dates_of_arrow_may_be_missing():
    pa = pytest.importorskip("pyarrow")
    days = [dt.date(2020, 1, 1), None, dt.date(1, 1, 1), dt.date(2020, 1, 3)]
    expected = TabularEncoder().fit(objects(*days))
    for dtype in (pa.date32(), pa.date64()):
        column = pd.Series(days, dtype=pd.ArrowDtype(dtype))
        assert TabularEncoder().fit(table(x=column)).columns_ == expected.columns_
        assert encode(table(x=column)) == expected.transform(table(x=column)).tolist()
    for dtype in ("int64[pyarrow]", "double[pyarrow]"):
        numbers = pd.Series([20200317, None, 20191205, 20210131], dtype=dtype)
        assert TabularEncoder().fit(table(x=numbers)).columns_["x"]["kind"] == "date"


@pytest.mark.parametrize("dtype", [None, object])
@pytest.mark.parametrize("unit", ["s", "ms"])
@pytest.mark.parametrize("kind", ["datetime64", "timedelta64"])
def test_dates_and_durations_that_microseconds_cannot_hold_are_rejected(kind, unit, dtype):
    def column(days):
        values = np.array([0, 1, days, None], f"{kind}[D]").astype(f"{kind}[{unit}]")
        return table(x=pd.Series(values, dtype=dtype))

    near = column(106_000_000)  # nanoseconds cannot hold it
    far, before = column(107_000_000), column(-107_000_000)
    assert np.argmax(np.array(encode(near))[:, 0]) == 2
    for tables in ((far,), (before,), (near, far), (near, before)):
        with pytest.raises(ValueError, match=r"[Oo]ut of bounds|overflow") as error:
            encode(*tables)
        assert error.value.__notes__ == ["The error is about column 'x'."]


def test_a_missing_number_is_nan_in_the_encoded_table_if_some_were_missing_in_fit():
    encoder = TabularEncoder().fit(table(some=[1, 2, 4, None], none=[1.0, 2, 4, 8]))
    encoded, _ = encode_with(encoder, table(some=[None, 2], none=[None, 2.0]))
    np.testing.assert_array_equal(np.isnan(encoded.numbers), [[1, 0, 0], [0, 0, 0]])
    np.testing.assert_array_equal(encoded.to_array()[0], [0, 1, 0])


# Categories.


@pytest.mark.parametrize(
    ("dtype", "new_dtype"), [*zip(TEXT_TYPES, TEXT_TYPES[1:] + TEXT_TYPES[:1], strict=True)]
)
def test_text_of_every_dtype(dtype, new_dtype):
    column = pd.Series(["red", "blue", "red", None, "green"], dtype=dtype)
    new = pd.Series([np.str_("blue"), "grey", None, "red"]).astype(new_dtype)
    assert names(table(x=column)) == ["x_blue", "x_green", "x_red"]
    expected = [[1, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 1]]
    assert encode(table(x=column), table(x=new)) == expected


def test_two_levels_are_one_column():
    fitted = table(x=["no", "yes", None])
    assert names(fitted) == ["x_yes"]
    assert encode(fitted, table(x=["yes", "no", None, "never"])) == [[1], [-1], [0], [0]]


LEVELS = [
    pd.Timestamp("2020-01-02 03:04"),
    pd.Timestamp("2020-01-02 03:04", tz="Europe/Rome"),
    *(pd.Timedelta(90, "s"), dt.date(2020, 1, 2), Decimal("1.50")),
]


@pytest.mark.parametrize("level", LEVELS, ids=repr)
def test_levels_that_are_no_plain_data_are_written_as_such(level):
    again = from_plain(json.loads(json.dumps(plain_level(level))))
    assert (type(again), again, str(again)) == (type(level), level, str(level))


def test_levels_of_several_types_are_distinct():
    fitted = objects(1, "1", "a", 2.5, 1)
    assert names(fitted) == ["x_1", "x_2.5", "x_1_2", "x_a"]
    text, number, none = [0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 0, 0]
    assert encode(fitted, objects("1", 1, 1.0)) == [text, number, number]
    assert encode(fitted, table(x=["1", "b"])) == [text, none]
    assert encode(fitted, table(x=[1, 7])) == [number, none]


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


def test_many_codes_are_numbers_too_unless_the_user_calls_them_categories():
    routes = pd.Series([*np.arange(10_000, 40_000, 997).repeat(3), None], dtype="Int64")
    fitted, new = table(route=routes), table(route=[10_997, 20_000, None])
    encoder = TabularEncoder(max_categories=1).fit(fitted)
    assert [*encoder.get_feature_names_out()] == ["route", "route_missing", "route_frequency"]
    assert encoder.numeric_outputs_.tolist() == [0]
    assert encoder.columns_["route"].items() >= {"expected": "number", "indicator": True}.items()
    numbers = encode(fitted, new, numeric_features=["route"])
    assert encoder.transform(new)[:, :2].tolist() == numbers
    assert encoder.transform(new)[:, 2].tolist() == [1, 0, 0]
    chosen = TabularEncoder(["route"], max_categories=1).fit(fitted)
    assert [*chosen.get_feature_names_out()] == ["route_frequency", "route_missing"]
    # Trees choose a side for numbers that are missing.
    unseen, missing = encode_with(encoder, new)[0].numbers_and_codes()[1:]
    assert np.isfinite(unseen).all()
    assert np.isnan(missing[0])


def test_categories_that_all_occur_once_say_nothing_except_where_one_is_missing():
    keys = pd.Categorical([f"key-{i}" for i in range(1000)])
    encoder = TabularEncoder(["key"]).fit(table(key=keys, x=np.arange(1000) / 7))
    assert list(encoder.get_feature_names_out()) == ["x"]
    assert encoder.columns_["key"].items() >= {"n_levels": 1000, "encoding": "none"}.items()
    cabins = table(cabin=pd.Categorical([None, *keys[:12], None]))
    assert names(cabins) == ["cabin_missing"]
    assert encode(cabins, table(cabin=["another", None])) == [[0], [1]]


U40, U2500 = ([f"u{i}" for i in range(n)] for n in (40, 2500))
COUNTS = {"a": 12, "b": 10, "c": 9, **{f"u{i}": 2 for i in range(80)}}
MANY = np.repeat(list(COUNTS), list(COUNTS.values()))


OWN_COLUMNS = [
    (["Oslo", "Rome", "Bonn"], 64, ["Bonn", "Oslo", "Rome"]),  # in a small table all count
    ([*"abcdefghij" * 5, "x", "y"], 64, [*"abcdefghij"]),  # among many, rare ones do not
    (U40 + U40[:8], 64, sorted(U40[:8])),  # only those that repeat
    (U2500 + U2500[:500], 64, ["frequency"]),
    (MANY, 64, ["a", "b", "frequency"]),  # frequent ones have ten rows
    (MANY, 1, ["a", "frequency"]),
    (MANY, 83, sorted(COUNTS)),
    ([*"bbbaaddcc"], 3, ["a", "b", "c", "frequency"]),  # c before d, which is as frequent
    (pd.Categorical(["b", "c", "a"], categories=[*"dcba"]), 64, [*"abc"]),
]


@pytest.mark.parametrize(("values", "max_categories", "suffixes"), OWN_COLUMNS)
def test_levels_with_a_column_of_their_own(values, max_categories, suffixes):
    found = names(table(x=values), max_categories=max_categories)
    assert found == [f"x_{suffix}" for suffix in suffixes]


@pytest.mark.parametrize(
    ("label", "what"), [([1], "list"), ({"a": 1}, "dict"), (np.ones(2), "numpy.ndarray")]
)
def test_labels_that_are_not_hashable_are_rejected(label, what):
    for tables in ([objects(label, "a")], [table(x=["a", "b"]), objects(label, "a")]):
        with pytest.raises(TypeError, match=f"Column 'x' .*unhashable type: '{what}'.*Convert"):
            encode(*tables)


CHOICES = [[1, 2], [False, True, True], ["b", "c"], np.array(["c", "b"]), pd.Series([1, 2])]


@pytest.mark.parametrize("choice", CHOICES)
def test_categorical_features_can_be_given(choice):
    fitted = table(a=[1, 2, 3], b=[1, 2, 3], c=["x", "y", "x"])
    found = names(fitted, categorical_features=choice)
    assert found == ["a", "b_1", "b_2", "b_3", "c_y"]


INVALID = [
    ({"categorical_features": None}, "Column 'b' holds text, .*Name it in categorical_feat"),
    ({"categorical_features": "dtype"}, "'categorical_features' parameter .* Got 'dtype'"),
    ({"max_categories": 0}, "'max_categories' parameter .* Got 0"),
]


@pytest.mark.parametrize(("settings", "message"), INVALID)
def test_invalid_parameters_are_rejected(settings, message):
    with pytest.raises(ValueError, match=message):
        encode(table(a=[1, 2], b=["x", "y"]), **settings)


WRONG_CHOICES = [
    (["a", "c"], "has an item value 'c' which is not a valid feature name"),
    ([0, 2], "set as integer indices must be in"),
    ([True], r"set as a boolean mask must have shape \(n_features,\), got: \(1,\)"),
    ([1.0], "must be an array-like of bool, int or str, got: float64"),
    (np.array(1), r"must be a list of columns; got an array of shape \(\)\. Pass their names"),
    (np.ones((2, 2)), r"must be a list of columns; got an array of shape \(2, 2\)"),
]


@pytest.mark.parametrize("parameter", ROLE_CONSTRAINTS)
@pytest.mark.parametrize(("choice", "message"), WRONG_CHOICES)
def test_an_error_about_a_choice_of_columns_names_its_parameter(parameter, choice, message):
    with pytest.raises(ValueError, match=f"^{parameter} {message}"):
        encode(table(a=[1, 2], b=["x", "y"]), **{parameter: choice})


@pytest.mark.parametrize("parameter", [*ROLE_CONSTRAINTS][1:])
def test_only_the_choice_of_categories_may_leave_some_to_dtypes(parameter):
    message = f"^{parameter} has an item value 'from_dtype' .* Only categorical_features may"
    with pytest.raises(ValueError, match=message):
        encode(table(a=[1, 2], b=["x", "y"]), **{parameter: ["from_dtype", "a"]})


# Dropped columns.


def test_dropped_columns_are_not_read_or_required():
    fitted = table(a=[1, 1], b=[None, None], c=["x", "x"], d=[1, 2])
    new = table(a=["text"], b=[np.inf], c=[[]], d=[1.5])
    assert encode(fitted, new) == encode(fitted, new[["d"]]) == [[0]]


def test_if_all_columns_are_dropped_there_is_a_column_of_zeros():
    fitted = table(a=[1, 1, 1, 1], b=[None] * 4)
    assert names(fitted) == ["zero"]
    assert encode(fitted) == [[0]] * 4


# Tables in transform.

RAW = table(n=[1.5, None, 3, 4], k=["a", "b", "c", None], b=[True, False, True, True])
RAW["d"] = pd.to_datetime(["2020", "2021", "2022", "2023"])
SENTENCES = [f"{i} {i % 7} words" for i in range(40)]
ROUTES = np.arange(10_000, 90_000, 601).repeat(2)


def test_columns_are_matched_by_name():
    encoder = TabularEncoder().fit(RAW)
    new = RAW[["d", "k", "n", "b"]].assign(more=1, other="x")
    np.testing.assert_array_equal(encoder.transform(new), encoder.transform(RAW))
    with pytest.raises(ValueError, match=r"these are missing: 'k', 'b'\. Add them"):
        encoder.transform(RAW[["d", "n"]])


EMPTY = [(missing, object) for missing in MISSING]
EMPTY += [(None, dtype) for dtype in ("category", "float64", "Int64", "str", "datetime64[s]")]


@pytest.mark.parametrize(("missing", "dtype"), EMPTY)
def test_any_column_may_be_without_values_in_transform(missing, dtype):
    new = pd.DataFrame(dict.fromkeys(RAW, pd.Series([missing] * 2, dtype=dtype)))
    assert encode(RAW, new) == [[0, 1] + [0] * 9] * 2


OTHER_KINDS = [
    (RAW["n"], ["x", "y"], "numbers in fit and holds text now. .* pandas.to_numeric"),
    (RAW["n"], RAW["d"], "numbers in fit and holds dates now"),
    (RAW["n"], [1j, 2], "numbers in fit and holds complex numbers now"),
    (RAW["k"], [1, 2], r"categories made of text .* now\. If it .* dtype=\{'x': str\}\)"),
    (RAW["k"], [True, False], "categories made of text in fit and holds booleans now"),
    (ROUTES, [10_000, dt.date(2020, 1, 1)], "numbers in fit and holds values of several kinds now"),
    (SENTENCES, [1, 2], "text in fit and holds numbers now"),
    (RAW["d"], ["2020", "x"], "dates in fit and holds text now. .* pandas.to_datetime"),
    (RAW["d"], [20200101, 20210101], "dates in fit and holds numbers now"),
    (["2022-06-04", "2022-06-05"], ["06/04/2022"], "'06/04/2022' could be day-first .* Write"),
    (["01.05.2021", "13.06.2021"], ["03/04/21"], "'03/04/21' could be day-first .* Write"),
    (
        ["13/02/2020", "1/2/2020"],
        ["02/13/2022"],
        "Those of fit were dates in the order day-month-year: write '02/13/2022' in the same way",
    ),
    (["1.5", "2"], ["12,5"], "Those of fit were numbers with a decimal point: write '12,5' in the"),
]


@pytest.mark.parametrize(("fitted", "values", "message"), OTHER_KINDS)
def test_another_kind_of_values_is_rejected(fitted, values, message):
    with pytest.raises(ValueError, match=f"Column 'x' held .*{message}.* fit again"):
        encode(table(x=fitted), table(x=pd.Series(values)[:2]))


def test_an_error_about_a_column_is_data_too():
    """Workers of a cluster send it as a pickle."""
    with pytest.raises(ColumnError) as caught:
        encode(table(x=RAW["n"]), table(x=["x", "y"]))
    error = pickle.loads(pickle.dumps(caught.value))
    assert str(error) == str(caught.value)
    assert (error.case, error.column) == ("kind", "x")
    assert error.values == {
        "expected": "number",
        "received": "text",
        "example": "x",
        "any_order": False,
    }


INVALID_TABLES = [
    (RAW[:0], ValueError, "at least one of each is required"),
    (RAW[[]], ValueError, "at least one of each is required"),
    (csr_array(np.eye(3)), TypeError, "Sparse data"),
    (RAW["n"], ValueError, r"X is a Series, .* pass X\.iloc\[\[0\]\]"),
    (table(x=[1j, 2]), ValueError, "Column 'x' holds complex numbers.* real part"),
]


@pytest.mark.parametrize(("X", "error", "message"), INVALID_TABLES)
def test_invalid_tables_are_rejected(X, error, message):
    with pytest.raises(error, match=message):
        TabularEncoder().fit(X)


# Warnings.


def test_what_fit_warned_of_is_kept():
    keys = pd.Categorical([f"key-{i}" for i in range(100)])
    ages = [f"{i}.5" for i in range(98)] + ["n.a.", "?"]
    fitted = table(id=range(100, 200), age=ages, one=1, key=keys, two=2)
    with pytest.warns(DataConversionWarning) as caught:
        encoder = TabularEncoder(["from_dtype", "key"]).fit(fitted)
    assert encoder.notes_[:3] == [
        ("identifier", "left out identifiers, which are different in each row: id"),
        ("constant", "left out columns with a single value: one, two"),
        ("unrepeated", "left out categories that all occur once, in columns: key"),
    ]
    assert [case for case, _ in encoder.notes_[3:]] == ["unreadable"]
    for (_, clause), warning in zip(encoder.notes_, caught, strict=True):
        assert str(warning.message).lower().startswith(clause.lower())
    json.dumps(encoder.notes_)


@pytest.mark.parametrize("X", [table(other=[np.inf, 1]), table(one=[1, 1], x=[1, 2])])
def test_errors_and_warnings_as_errors_leave_the_encoder_unchanged(X):
    encoder = TabularEncoder().fit(RAW)
    with warnings.catch_warnings(action="error"), pytest.raises((ValueError, Warning)):
        encoder.fit(X)
    assert encoder.notes_ == []
    np.testing.assert_array_equal(encoder.transform(RAW), TabularEncoder().fit_transform(RAW))


USES = [
    lambda X, y: TabularEncoder().fit(X),
    lambda X, y: TabularMLPClassifier(cv=2, max_iter=1).fit(X, y),
    lambda X, y: cross_validate(make_pipeline(TabularEncoder(), DummyClassifier()), X, y, cv=2),
]


@pytest.mark.parametrize("use", USES)
def test_warnings_point_to_the_code_of_the_user(use):
    X, y = table(one=1, x=np.arange(20.0)), np.arange(20) % 2
    with pytest.warns(DataConversionWarning) as caught:
        use(X, y)
    assert {warning.filename for warning in caught} == {__file__}


def test_an_ensemble_warns_once_in_fit_and_in_predict():
    ages = table(age=[f"{i}.5" for i in range(38)] + ["n.a.", "oops"])
    model, y = TabularMLPClassifier(cv=2, max_iter=1), np.arange(40) % 2
    for use in (lambda: model.fit(ages, y, ages["age"] != "oops"), lambda: model.predict(ages)):
        with pytest.warns(DataConversionWarning) as caught:
            use()
        assert [warning.filename for warning in caught] == [__file__]


# Containers.


def test_arrays_and_lists():
    """Numbers in a list of numbers and strings remain numbers."""
    rows = [[1, "a"], [2, "b"], [5, "a"]]
    expected = [[clip(-0.5), -1], [0, 1], [clip(1.5), -1]]
    assert encode(rows) == encode(np.array(rows, dtype=object)) == expected
    assert names(np.array(rows)) == ["x0", "x1_b"]  # all text


def test_lists_may_hold_lone_surrogates():
    """pandas would make them strings of Arrow, which are UTF-8."""
    rows = [["\ud800"], ["a"], ["b"]]
    for X in (rows, np.array(rows), np.array(rows, dtype=object)):
        assert encode(X) == [[0, 0, 1], [1, 0, 0], [0, 1, 0]]


def test_names_of_outputs_are_distinct():
    fitted = table(a=["b_c", "d", "e"], a_b=["c", "d", "e"])
    assert names(fitted) == ["a_b_c", "a_d", "a_e", "a_b_c_2", "a_b_d", "a_b_e"]
    assert names(pd.DataFrame([[1, 2], [3, 4]], columns=[7, 5])) == ["x0", "x1"]
    encoder = TabularEncoder().fit(np.eye(2))
    assert list(encoder.get_feature_names_out(["u", "v"])) == ["u", "v"]


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
    with pytest.raises(TypeError, match=r"Column 's' .*unhashable type: 'numpy.ndarray'"):
        TabularEncoder().fit(pl.DataFrame({"s": [{"a": 1}, {"a": 2}]}))


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_names_of_columns_and_levels_may_hold_lone_surrogates(library):
    """Arrow, which pandas uses if it is there, and Polars reject them."""
    pytest.importorskip(library)
    X = table(x=[1, 2] * 3, c=pd.Series(["a", "\udc80", "\\udc80"] * 2, dtype=object))
    X.columns = pd.Index(["\udc80", "c"], dtype=object)
    out = TabularEncoder().set_output(transform=library).fit(X).transform(X.iloc[:, ::-1])
    assert list(out.columns) == ["\\udc80", "c_\\udc80", "c_a", "c_\\udc80_2"]
    np.testing.assert_array_equal(np.asarray(out)[:, 1:].argmax(axis=1), [1, 2, 0] * 2)


# Properties of any table.

# True and 1 would be one category, of which the first names the output.
VALUES = st.sampled_from([*MISSING, 1, 2.5, -7, "a", "b", "1", False])
TABLES = st.tuples(st.integers(1, 12), st.integers(1, 4)).flatmap(
    lambda shape: arrays(object, shape, elements=VALUES, fill=st.nothing())
)


@pytest.mark.random
@examples(15)
@given(X=TABLES, data=st.data())
def test_rows_and_columns_are_encoded_in_the_same_way_in_any_order(X, data):
    frame = pd.DataFrame(X, columns=[f"c{j}" for j in range(X.shape[1])])
    encoder = TabularEncoder().set_output(transform="pandas")
    out = encoder.fit_transform(frame)
    rows = data.draw(st.permutations(range(len(X))))
    pd.testing.assert_frame_equal(encoder.transform(frame.iloc[rows]), out.iloc[rows])
    permuted = frame.iloc[rows][data.draw(st.permutations(list(frame)))]
    pd.testing.assert_frame_equal(encoder.fit(permuted).transform(frame)[list(out)], out)


def test_the_state_is_small():
    assert len(pickle.dumps(TabularEncoder().fit(RAW))) < 2000
    encoder = pickle.loads(pickle.dumps(TabularEncoder(max_categories=3)))  # not fitted
    assert repr(encoder) == "TabularEncoder(max_categories=3)"
