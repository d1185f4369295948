"""Predictions with a saved model: what is written, and what is said about the new table."""

import io

import numpy as np
import pandas as pd
import pytest

from scratchmlp.cli import main as command_line
from scratchmlp.cli.predictions import predict, prediction_table, scores_of_known
from scratchmlp.cli.saved_model import load_model, save_model
from scratchmlp.io import save
from scratchmlp.tabular import TabularMLPClassifier, TabularMLPRegressor

# Predictions.


@pytest.mark.parametrize("coverage", [None, 0.5])
def test_predictions_of_numbers_come_with_intervals(coverage, saved, csv, capsys):
    model = load_model(saved.number_model).model
    options = [] if coverage is None else ["--coverage", str(coverage)]
    command = [csv(saved.table), "--load", str(saved.number_model), *options]
    assert command_line.main(command) == 0
    predictions = pd.read_csv(io.StringIO(capsys.readouterr().out))
    assert list(predictions) == ["prediction", "low", "high"]
    X = saved.table.assign(code=saved.table["code"].astype(str))
    np.testing.assert_allclose(predictions["prediction"], model.predict(X), atol=1e-4)
    ends = model.predict_interval(X, coverage or 0.9)
    np.testing.assert_allclose(predictions[["low", "high"]], ends, atol=1e-4)


def test_a_coverage_that_needs_more_rows_gives_a_note_and_no_intervals(saved, csv, capsys):
    command = [csv(saved.table), "--load", str(saved.number_model), "--coverage", "0.99"]
    assert command_line.main(command) == 0
    out, err = capsys.readouterr()
    assert out.startswith("prediction\n")
    assert (
        "scratchmlp: the predictions have no columns 'low' and 'high': coverage=0.99 needs "
        "out-of-fold predictions of at least 99 rows, and fit had 80. Lower coverage, or fit on "
        "more rows.\n"
    ) in err


def test_a_coverage_of_classes_is_refused(saved, csv, refused):
    line = refused(csv(saved.table), "--load", str(saved.class_model), "--coverage", "0.8")
    assert "--coverage is about intervals of numbers, but the model in " in line
    assert "predicts classes. Remove --coverage." in line


def test_numbers_are_written_with_the_digits_that_matter(saved, csv, capsys):
    assert command_line.main([csv(saved.table), "--load", str(saved.class_model)]) == 0
    rows = [line.split(",") for line in capsys.readouterr().out.splitlines()[1:]]
    assert max(len(cell) for row in rows for cell in row[1:]) <= len("0.123456")
    for label, *probabilities in rows:
        highest = max(zip(map(float, probabilities), ("big", "small"), strict=True))
        assert highest[1] == label


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e9])
def test_predicted_numbers_have_seven_digits_of_their_range(scale):
    X = pd.DataFrame({"a": np.linspace(0, 1, 40)})
    model = TabularMLPRegressor(cv=2, max_iter=8, random_state=0).fit(X, scale * X["a"])
    predictions = prediction_table(model, predict(model, X))
    expected = model.predict(X)
    np.testing.assert_allclose(predictions["prediction"], expected, atol=1e-6 * scale, rtol=0)
    assert (predictions["prediction"] != expected).any()
    lengths = predictions["prediction"].map(lambda number: len(f"{number / scale:.12g}"))
    assert lengths.max() <= len("0.1234567")


def test_a_model_without_training_state_predicts_the_same(saved, csv, capsys, tmp_path):
    model = load_model(saved.number_model).model
    printed = []
    for training_state in (True, False):
        save(model, tmp_path / "model", training_state=training_state)
        assert command_line.main([csv(saved.table), "--load", str(tmp_path / "model")]) == 0
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]


# The column that identifies the rows.


@pytest.fixture
def keyed(saved, tmp_path):
    """A model that remembers the column `key`, and a table with that column in the middle."""
    model = load_model(saved.class_model)._replace(id="key")
    path = tmp_path / "keyed.model"
    save_model(path, model)
    table = saved.table.drop(columns="class")
    table.insert(2, "key", [f"0{i}" for i in range(len(table))])
    return str(path), table


def test_the_id_column_of_training_is_the_first_one_of_the_predictions(keyed, csv, capsys):
    model, table = keyed
    assert command_line.main([csv(table), "--load", model]) == 0
    predictions = pd.read_csv(io.StringIO(capsys.readouterr().out), dtype={"key": str})
    assert list(predictions)[:2] == ["key", "prediction"]
    assert predictions["key"].tolist() == table["key"].tolist()


def test_another_id_column_can_be_named(keyed, csv, capsys, refused):
    model, table = keyed
    assert command_line.main([csv(table), "--load", model, "--id", "size"]) == 0
    assert capsys.readouterr().out.startswith("size,prediction,")
    line = refused(csv(table), "--load", model, "--id", "Size")
    assert "has no column 'Size', which --id names. Did you mean 'size'?" in line


def test_predictions_without_the_id_column(keyed, csv, capsys, refused):
    model, table = keyed
    path = csv(table.drop(columns="key"))
    assert command_line.main([path, "--load", model]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("prediction,")
    assert f"{path} has no column 'key', so the predictions have no --id column" in err
    path = csv(table.rename(columns={"key": "prediction"}))
    line = refused(path, "--load", model, "--id", "prediction")
    assert "the name of a column of the predictions, 'prediction'. Rename it." in line


@pytest.mark.parametrize(
    ("target", "name"),
    [("class", "prediction"), ("class", "probability of big"), ("number", "low")],
)
def test_an_id_with_the_name_of_a_prediction_is_refused_before_training(
    target, name, saved, csv, refused
):
    table = saved.table.assign(**{name: range(80)})
    line = refused(csv(table), "--target", target, "--id", name)
    assert f"the name of a column of the predictions, '{name}'. Rename it." in line


# Scores of rows whose target is known.


def test_known_targets_are_scored_on_stderr(saved, csv, capsys):
    table = saved.table.assign(number=saved.table["number"].where(saved.table["flag"]))
    n_known = int(table["flag"].sum())
    assert command_line.main([csv(table), "--load", str(saved.number_model)]) == 0
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 1 + len(table)
    assert f"scratchmlp: {n_known} rows with a value of 'number': RMSE " in err
    assert command_line.main([csv(table), "--load", str(saved.class_model)]) == 0
    assert "scratchmlp: 80 rows with a value of 'class': accuracy 0.9" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["class", "number"])
def test_each_member_predicts_once(name, saved, csv, monkeypatch):
    calls = []
    for each in (TabularMLPClassifier, TabularMLPRegressor):
        monkeypatch.setattr(each, "_member_prediction", counted(each._member_prediction, calls))
    model = {"class": saved.class_model, "number": saved.number_model}[name]
    assert command_line.main([csv(saved.table), "--load", str(model)]) == 0
    assert sorted(calls) == [*range(load_model(model).model._n_members)]


def counted(predict, calls):
    return lambda self, number, table: calls.append(number) or predict(self, number, table)


def scored(model, X, target):
    return list(
        scores_of_known(model, predict(model, X), pd.Series(target, name="y", dtype=object))
    )


@pytest.fixture(scope="module")
def flags():
    X = pd.DataFrame({"a": np.arange(20.0)})
    return X, {
        labels: TabularMLPClassifier(cv=2, max_iter=8, random_state=0).fit(X, y)
        for labels, y in {"bool": X["a"] > 9, "int": 1 * (X["a"] > 9)}.items()
    }


@pytest.mark.parametrize("labels", ["bool", "int"])
def test_targets_are_compared_with_classes_of_any_type(labels, flags):
    X, models = flags
    model = models[labels]
    text = {"bool": ["False", "True"], "int": ["0", "1.0"]}[labels]
    predicted = np.array(text)[1 * model.predict(X)]
    (sentence,) = scored(model, X, predicted)
    assert sentence.startswith("20 rows with a value of 'y': accuracy 1.00, log-loss ")


def test_unknown_classes_and_words_are_named_and_not_scored(flags, saved):
    X, models = flags
    unknown, scores = scored(models["bool"], X, ["x", None, *["True"] * 18])
    assert unknown == "1 row with classes that the model does not know, not scored: 'x'"
    assert scores.startswith("18 rows with a value of 'y': accuracy ")
    assert "AUC undefined" in scores
    assert scored(models["bool"], X, [None] * 20) == []
    unknown, _ = scored(models["int"], X, ["01", "00", *"01" * 9])
    assert unknown == "2 rows with classes that the model does not know, not scored: '01', '00'"
    model = load_model(saved.number_model).model
    X = saved.table.assign(code=saved.table["code"].astype(str))
    unknown, scores = scored(model, X, ["soon", *["1"] * 79])
    assert unknown == "1 row with targets that are no numbers, not scored: 'soon'"
    assert scores.startswith("79 rows with a value of 'y': RMSE ")
