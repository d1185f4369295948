"""What is said about the columns of a table, and of a table to predict."""

import numpy as np
import pandas as pd
import pytest

from scratchmlp.cli import main as command_line
from scratchmlp.cli.kinds import (
    NO_ROLES,
    Roles,
    decide_columns,
    describe_columns,
    read_columns,
    unlike_training,
)
from scratchmlp.cli.messages import InputError
from scratchmlp.cli.saved_model import load_model

N = 40


def text(values):
    return pd.Series([str(value) for value in values], dtype=object)


def described(columns, roles=NO_ROLES):
    """Return the lines about columns of text, and the notes."""
    X = pd.DataFrame(columns)
    columns, notes = decide_columns(X, roles)
    return describe_columns(X, columns).splitlines(), notes


def test_a_column_of_which_only_missing_values_are_used():
    lines, _ = described({"a": ["u", "v"] * (N // 2), "leak": ["5", None] * (N // 2)})
    assert lines[1] == "  used only for whether the value is missing: leak (20 missing)"


def test_a_line_for_each_kind_of_column_with_what_is_not_plain():
    numbers = np.random.default_rng(0).normal(size=N).round(3)
    lines, _ = described(
        {
            "key": text(f"k{i}" for i in range(N)),
            "one": "u",
            "size": text(numbers),
            "price": text(f"${x:.2f}" for x in numbers),
            "plan": ["basic", "full"] * (N // 2),
            "flag": ["True", "false"] * (N // 2),
            "day": text(f"{1 + i % 28}.3.2020" for i in range(N)),
            "empty": np.nan,
        }
    )
    assert lines == [
        "  numeric: size, price (with $)",
        "  dates: day (written as day.month.year)",
        "  boolean: flag",
        "  categorical: plan (2 values)",
        "  left out: key (every value is different), one (every value is 'u'), empty (no values). "
        "To use a column whose values are all different, name it in --text or --numeric.",
    ]


def test_what_is_guessed_is_said_with_what_to_do():
    rng = np.random.default_rng(0)
    err = text(rng.normal(size=N).round(3)).where(np.arange(N) > 0, "err")
    _, notes = described(
        {
            "err": err,
            "day": text(f"{1 + i % 12}/3/2020" for i in range(N)),
            "number": text(rng.integers(9, size=N)),
        }
    )
    unreadable, order = notes
    assert (
        "1 of 40 values of err is not a number: 'err'. Such values count as missing." in unreadable
    )
    assert "day-first or month-first" in order
    assert order.endswith("If this is wrong, write the dates as 2024-05-17.")


def test_a_column_named_like_a_code_is_said_to_be_one():
    lines, notes = described({"size": np.arange(N) / 8, "zip": text(np.arange(N) % 4)})
    assert lines[1] == "  categorical: zip (4 values, named like a code)"
    assert notes == [
        "took whole numbers for codes, and encoded them as categories: zip. If they are "
        "quantities, name them in --numeric."
    ]


def test_columns_in_which_no_value_or_word_repeats():
    words = [chr(ord("a") + i) for i in range(12)]
    columns = {"size": np.arange(12) / 8, "word": text(2 * a for a in words)}
    lines, notes = described(columns, Roles(categorical=["word"]))
    assert lines[1].startswith("  left out: word (every value is different). To use a column whose")
    columns["word"] = text(f"{a} {a}" for a in words)
    lines, _ = described(columns, Roles(text=["word"]))
    assert lines[1] == "  left out: word (no word occurs twice)"
    assert notes == []


def test_categories_that_are_numbers():
    """pandas makes the numbers of a column with missing values to floats."""
    labels = pd.Series([1.0, 2.0, np.nan, 4.0] * (N // 4), dtype="category")
    lines, _ = described({"c": labels, "size": np.arange(N) / 8})
    assert lines[1] == "  categorical: c (3 values, 10 missing)"


def test_columns_are_read_once_for_the_comparison():
    """A part of the rows could be read in another way: a word may be frequent in it."""
    X = pd.DataFrame(
        {
            "number": text([*(i % 50 for i in range(100)), *["err"] * 4]),
            "day": text(f"{1 + i % 28}/{1 + i % 12}/2020" for i in range(104)),
            "word": text(["err", "u"] * 52),
            "zip": text(10_000 + 997 * (i % 50) for i in range(104)),
            "key": [None, *text(f"k{i}" for i in range(103))],
            "one": "x",
        }
    )
    typed, settings = read_columns(X, decide_columns(X, Roles(categorical=["zip"]))[0])
    assert typed["number"].isna().sum() == 4
    assert typed["day"].dt.day.to_list()[:3] == [1, 2, 3]
    assert typed["key"].to_list()[:2] == [True, False]
    pd.testing.assert_series_equal(typed["word"], X["word"])
    assert "one" not in typed
    assert settings == {"categorical_features": ["word", "zip", "key"], "text_features": []}


def test_a_table_of_which_no_column_can_inform_is_refused():
    with pytest.raises(InputError) as error:
        described({"key": text(f"k{i}" for i in range(N)), "one": "u", "empty": np.nan})
    assert (
        "no column can inform a prediction: key (every value is different), "
        "one (every value is 'u'), empty (no values)."
    ) in str(error.value)


def test_the_user_says_what_a_column_is():
    zip_codes = text([10_001, 10_002] * (N // 2))
    columns = {"zip": zip_codes, "day": text(range(20200301, 20200301 + 30)).reindex(range(N))}
    lines, notes = described(columns, Roles(categorical=["zip"], date=["day"]))
    assert "dates: day (written as yearmonthday, 10 missing)" in lines[0]
    assert lines[1].startswith("  categorical: zip (2 values, your choice)")
    assert notes == []
    with pytest.raises(InputError, match="--date names 'zip', but none of its values is a date"):
        described(columns, Roles(date=["zip"]))


def test_what_the_encoder_refuses_is_an_error_of_the_table():
    X = pd.DataFrame({"a": text(range(N)), "b": np.arange(N) + 0.5})
    for wrong in (X.assign(b=X["b"] + 1j), X.assign(b=X["b"].replace(0.5, np.inf))):
        with pytest.raises(InputError, match="'b' holds"):
            decide_columns(wrong, NO_ROLES)


def test_an_error_of_pandas_names_its_column():
    days = pd.Series([np.datetime64("300000000-01-01", "s"), np.datetime64("2000-01-01", "s")])
    with pytest.raises(InputError, match=r"^Out of bounds.*\. The error is about column 'day'\.$"):
        decide_columns(pd.DataFrame({"day": days, "b": [1, 2]}), NO_ROLES)


# A table to predict.


def test_categories_not_seen_in_training_are_named(saved, csv, capsys):
    new = saved.table.assign(code="X", flag=saved.table["flag"].astype(str).str.upper())
    assert command_line.main([csv(new), "--load", str(saved.class_model)]) == 0
    err = capsys.readouterr().err
    assert err.startswith(
        "scratchmlp: column 'code' contains categories not seen in training, in 80 of 80 rows: "
        "'X'\n"
    )


def test_missing_values_are_not_unseen(saved):
    X = saved.table.assign(code=saved.table["code"].where(saved.table["size"] > 0))
    assert list(unlike_training(X, load_model(saved.class_model).model.encoder_._columns)) == []


def test_columns_without_any_value_are_named(saved, csv, capsys):
    """The model replaces what is missing by what it has learned: this must not pass in silence."""
    new = saved.table.assign(size=np.nan, code=np.nan)
    assert command_line.main([csv(new), "--load", str(saved.class_model)]) == 0
    err = capsys.readouterr().err
    for name in ("size", "code"):
        assert (
            f"scratchmlp: column '{name}' has no values here, but the model learned from its "
            "values in training. The predictions do without them.\n"
        ) in err


def test_few_empty_cells_may_be_chance():
    """The command line names the same columns as the warnings in Python."""
    X = pd.DataFrame({"a": np.arange(40) / 8, "rare": [None] * 24 + [1.5, 2.5] * 8})
    columns, _ = decide_columns(X, NO_ROLES)
    named = {
        n: [each.split("'")[1] for each in unlike_training(X[:n] * np.nan, columns)]
        for n in (9, 10, 20)
    }
    assert named == {9: [], 10: ["a"], 20: ["a", "rare"]}


def test_columns_whose_values_the_model_does_not_use_may_be_empty():
    X = pd.DataFrame({"a": np.arange(20.0), "few": [1.0, *[np.nan] * 19], "none": np.nan})
    X["length"] = pd.to_timedelta(X["a"], unit="D")
    columns, _ = decide_columns(X, NO_ROLES)
    assert list(unlike_training(X[["a", "few", "length"]].assign(few=np.nan), columns)) == []
    (sentence,) = unlike_training(X.assign(length=pd.NaT), columns)
    assert sentence.startswith("column 'length' has no values here")


def test_dates_without_order_are_refused_with_how_to_write_them():
    days = pd.date_range("2020-01-13", periods=N)
    X = pd.DataFrame({"day": days.strftime("%Y-%m-%d"), "a": np.arange(N) / 8})
    columns, _ = decide_columns(X, NO_ROLES)
    with pytest.raises(InputError, match=r"month-first\. Write them as 2024-05-17"):
        list(unlike_training(X.assign(day="06/04/2022"), columns))


def test_values_that_cannot_be_read_are_named():
    X = pd.DataFrame({"a": text(np.arange(40) / 8)})
    columns, _ = decide_columns(X, NO_ROLES)
    (sentence,) = unlike_training(X.where(X["a"] != "2.0", "high"), columns)
    assert sentence == "1 of 40 values of a is not a number: 'high'. Such values count as missing."


def test_long_texts_are_named_in_training_and_in_prediction():
    X = pd.DataFrame({"t": [f"row{i % 7} " * 1001 for i in range(40)]})
    columns, notes = decide_columns(X, Roles(text=("t",)))
    cut = "only the first 5,000 characters of 40 of 40 values of t are used"
    assert f"{cut}. To use all of the text, split it into several columns." in notes
    assert list(unlike_training(X, columns)) == [cut]


@pytest.mark.parametrize(
    ("new", "message"),
    [
        (
            {"s": range(N)},
            "'s' contains numbers, such as '0', but contained text in training. Conv",
        ),
        (
            {"s": pd.Timestamp(0)},
            "'s' contains dates, such as '1970-01-01 00:00:00', but contained",
        ),
        (
            {"n": "high"},
            "'n' contains text, such as 'high', but contained numbers in training. Cor",
        ),
        ({"few": "x"}, "'few' contains text, such as 'x', but contained numbers in training"),
        ({"n": True, "s": np.nan}, None),
        ({"n": np.nan}, None),
    ],
)
def test_columns_of_another_kind_are_refused_before_anything_else_is_said(new, message):
    X = pd.DataFrame({"w": ["u", "v"] * (N // 2), "s": ["a", "b"] * (N // 2)})
    X = X.assign(n=np.arange(N) / 8, few=[1.0, *[np.nan] * (N - 1)])
    columns, _ = decide_columns(X, NO_ROLES)
    sentences = unlike_training(X.assign(w="unseen", **new), columns)
    if message is None:
        assert len(list(sentences)) == 2
        return
    with pytest.raises(InputError) as error:
        next(sentences)
    assert message in str(error.value)
    assert "astype" not in str(error.value)


def test_the_user_says_that_codes_and_identifiers_are_numbers():
    X = pd.DataFrame(
        {
            "zip": text(10_000 + 997 * (i % 17) for i in range(N)),
            "id": text([*range(N - 1), "none"]),
            "other": text(f"a{i % 3}" for i in range(N)),
        }
    )
    columns, notes = decide_columns(X, Roles(numeric=["zip", "id"]))
    kinds = [column.plain()["kind"] for column in columns.values()]
    assert kinds == ["number", "number", "category"]
    assert notes == [
        "1 of 40 values of id is not a number: 'none'. Such values count as missing. For "
        "categories, name the column in --categorical."
    ]
    with pytest.raises(InputError, match=r"--numeric names 'other', but .* one is 'a0'\. Remove"):
        decide_columns(X, Roles(numeric=["other"]))
