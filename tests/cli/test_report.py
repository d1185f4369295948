"""What is printed about columns, scores and predictions."""

import numpy as np
import pandas as pd
import pytest

from scratchmlp.cli import main as command_line
from scratchmlp.cli.comparison import make_plan
from scratchmlp.cli.files import load_model
from scratchmlp.cli.report import (
    best_model,
    describe_columns,
    prediction_table,
    score_table,
    unlike_training,
)
from scratchmlp.cli.table import load_table
from scratchmlp.tabular import TabularMLPClassifier

# Columns.


def test_a_column_of_which_only_missing_values_are_used(csv):
    table = pd.DataFrame({"a": np.arange(40) % 7, "leak": np.where(np.arange(40) % 2, 5.0, np.nan)})
    X = load_table(csv(table.assign(y=np.arange(40) % 2)), "y").X
    assert describe_columns(X) == (
        "  numeric: a\n  used only for whether the value is missing: leak (20 missing)"
    )


def test_ignored_columns_come_last_with_the_reason():
    n = 40
    X = pd.DataFrame({"key": [f"k{i}" for i in range(n)], "one": "u", "five": 5, "a": range(n)})
    assert describe_columns(X.assign(b=["u", "v"] * 20)) == (
        "  numeric: a\n  categorical: b (2 values)\n  ignored (constant): one, five\n"
        "  ignored (fewer than two rows per category): key"
    )


# Scores.


@pytest.fixture(scope="module")
def results():
    def folds(accuracy, loss):
        return pd.DataFrame({"test_accuracy": accuracy, "test_log-loss": loss, "fit_time": 0.25})

    return {"low": folds([0.5, 0.7], [-1.0, -0.5]), "high": folds([0.9, 0.9], [-0.9, -0.8])}


def test_scores_are_means_and_deviations_over_the_folds(results):
    plan = make_plan(np.repeat([0, 1], 9), is_class=True)
    header, *rows = score_table(results, plan).splitlines()
    assert header.split() == ["accuracy", "log-loss", "fit", "time", "(s)"]
    assert [row.split() for row in rows] == [
        ["low", "0.600", "±", "0.100", "0.750", "±", "0.250", "0.250"],
        ["high", "0.900", "±", "0.000", "0.850", "±", "0.050", "0.250"],
    ]


def test_the_best_model_has_the_lowest_loss(results):
    plan = make_plan(np.repeat([0, 1], 9), is_class=True)
    assert best_model(results, plan) == "Lowest log-loss: low."


def test_small_scores_get_more_decimals():
    folds = pd.DataFrame({"test_RMSE": [-0.00001, -0.00003], "test_R²": [0.0, 0.0], "fit_time": 1})
    table = score_table({"a": folds}, make_plan(np.arange(9.0), is_class=False))
    assert "0.000020 ± 0.000010" in table
    assert "0.000 ± 0.000" in table


# Predictions.


def test_categories_not_seen_in_training_are_named(saved, csv, capsys):
    new = saved.table.assign(code="X", flag=saved.table["flag"].astype(str).str.upper())
    assert command_line.main([csv(new), "--load", str(saved.class_model)]) == 0
    err = capsys.readouterr().err
    assert err == (
        "scratchmlp: column 'code' contains categories not seen in training, in 80 of 80 rows: "
        "'X'\n"
    )


def test_missing_values_are_not_unseen(saved):
    X = saved.table.assign(code=saved.table["code"].where(saved.table["size"] > 0))
    assert list(unlike_training(load_model(saved.class_model), X)) == []


def test_columns_without_any_value_are_named(saved, csv, capsys):
    """The model replaces what is missing by what it has learned: this must not pass in silence."""
    new = saved.table.assign(size=np.nan, code=np.nan)
    assert command_line.main([csv(new), "--load", str(saved.class_model)]) == 0
    err = capsys.readouterr().err
    assert err == (
        "scratchmlp: 2 columns without any value, but with values in training: 'size', 'code'\n"
    )


def test_columns_whose_values_the_model_does_not_use_may_be_empty():
    X = pd.DataFrame({"a": np.arange(20.0), "few": [1.0, *[np.nan] * 19], "none": np.nan})
    X["length"] = pd.to_timedelta(X["a"], unit="D")
    model = TabularMLPClassifier(max_iter=2).fit(X, X["a"] > 9)
    assert list(unlike_training(model, X.assign(few=np.nan))) == []
    assert list(unlike_training(model, X.assign(length=pd.NaT))) == [
        "1 column without any value, but with values in training: 'length'"
    ]


def test_predictions_of_numbers_come_with_the_deviation_of_the_members(saved):
    model = load_model(saved.number_model)
    X = saved.table.assign(code=saved.table["code"].astype(str))
    predictions = prediction_table(model, X)
    assert list(predictions) == ["prediction", "std of members"]
    np.testing.assert_array_equal(predictions["prediction"], model.predict(X))
    members = np.array(model.member_predictions(X))
    assert len(members) == 3
    np.testing.assert_allclose(predictions["std of members"], members.std(axis=0))
