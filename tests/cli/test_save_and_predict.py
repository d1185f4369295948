"""Models that are saved and exported, and the predictions of models that are loaded."""

import os
import pickle
import re
import sys
from functools import cache
from importlib.util import find_spec
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from scratchmlp.cli import comparison, reading, saved_model, training
from scratchmlp.cli import main as command_line
from scratchmlp.cli.comparison import compare
from scratchmlp.cli.files import check_files, check_form, write
from scratchmlp.cli.messages import InputError
from scratchmlp.cli.models import NETWORKS_ALONE
from scratchmlp.cli.options import Roles, parse
from scratchmlp.cli.predictions import predict, prediction_table, scores_of_known
from scratchmlp.cli.saved_model import SavedModel, load_model
from scratchmlp.cli.scores import IN_WORDS, Scores
from scratchmlp.cli.table import labels_of, load_table
from scratchmlp.cli.training import compare_and_train
from scratchmlp.evaluation.evaluated import evaluate, explain
from scratchmlp.io import ModelFileError, load, save
from scratchmlp.reporting.quality import frequent_classes, how_right, scores_of
from scratchmlp.tabular import TabularMLPClassifier, TabularMLPRegressor
from scratchmlp.tabular.scoring import Decision
from scratchmlp.utils import atomic_write
from tests.cli.conftest import OUTPUTS, draw_no_pages, train_briefly
from tests.helpers.cli_output import (
    BASELINE,
    ENSEMBLES,
    LINEAR,
    TREES,
    lines_of_models,
    predictions,
    refused,
    run,
    scores,
)
from tests.helpers.damage import with_manifest
from tests.helpers.onnx_runs import check_classes, check_numbers, table_inputs
from tests.helpers.onnx_runs import run as run_onnx
from tests.helpers.patches import Patches
from tests.helpers.report_pages import Page
from tests.helpers.table_files import parquet

pytestmark = pytest.mark.filterwarnings(
    "ignore::scratchmlp.tabular.MisleadingDataWarning"
)  # few rows

TARGETS = ["class", "number"]
PROBABILITIES = ["probability of big", "probability of small"]


def model_of(trained, target):
    return trained[target].folder / "y.model"


def test_a_model_that_cannot_be_written_is_named_with_the_reason(trained, monkeypatch):
    def fail(*args, **kwargs):
        raise ModelFileError("this part has no file")

    for name in ("model_bytes", "to_onnx"):
        monkeypatch.setattr(saved_model, name, fail)
    model = load_model(model_of(trained, "class"))
    for write_to, what in (
        (saved_model.save_model, model),
        (saved_model.export_model, model.model),
    ):
        with pytest.raises(InputError, match="cannot save new: this part has no file"):
            write_to(Path("new"), what)


# Predictions of a saved model.


@pytest.mark.parametrize("target", TARGETS)
def test_a_saved_model_predicts_what_it_does_in_python(target, trained, csv):
    """Also for other columns in another order, and codes of which all look like numbers.

    In training, "size" has missing values, and "size_missing" is another column.
    """
    table, model = trained[target].table, load(model_of(trained, target))
    columns = ["key", "size_missing", "cost in $, with a $", "day", "code", "size"]
    new = table.loc[table["code"] != "x", columns]
    path = csv(new.assign(other="other"))
    predicted = predictions(path, "--load", model_of(trained, target))
    assert predicted.pop("key").tolist() == new["key"].tolist()
    in_python = pd.read_csv(path, dtype={"code": str, "key": str})
    if target == "class":
        assert list(predicted) == ["prediction", *PROBABILITIES]
        expected = model.predict_proba(in_python)
        np.testing.assert_allclose(predicted[PROBABILITIES], expected, atol=1e-6)
        assert predicted[PROBABILITIES].equals(predicted[PROBABILITIES].round(6))
        best = predicted[PROBABILITIES].idxmax(axis="columns")
        assert ("probability of " + predicted["prediction"] == best).all()
        assert (predicted["prediction"].to_numpy() == table["class"][new.index]).mean() > 0.8
    else:
        assert list(predicted) == ["prediction", "low", "high"]
        expected = np.c_[model.predict(in_python), model.predict_interval(in_python)]
        np.testing.assert_allclose(predicted, expected, atol=1e-3)


def test_the_coverage_of_intervals_can_be_chosen(trained):
    path, model = trained["number"].path, model_of(trained, "number")
    X = trained["number"].table
    ends = predictions(path, "--load", model, "--coverage", 0.5)[["low", "high"]]
    np.testing.assert_allclose(ends, load(model).predict_interval(X, 0.5), atol=1e-3)
    out, err = run(path, "--load", model, "--coverage", 0.99)
    assert out.startswith("key,prediction\n")
    assert (
        "scratchmlp: the predictions have no columns 'low' and 'high': coverage=0.99 needs "
        "out-of-fold predictions of at least 99 rows, and fit had 80. Lower coverage, or fit on "
        "more rows.\n"
    ) in err


@pytest.mark.parametrize("scale", [1e-6, 1e9])
def test_predicted_numbers_have_seven_digits_of_their_range(scale):
    X = pd.DataFrame({"a": np.linspace(0, 1, 40)})
    model = TabularMLPRegressor(cv=2, max_iter=8, random_state=0).fit(X, scale * X["a"])
    table = prediction_table(model, predict(model, X))
    expected = model.predict(X)
    np.testing.assert_allclose(table["prediction"], expected, atol=1e-6 * scale, rtol=0)
    assert (table["prediction"] != expected).any()
    lengths = table["prediction"].map(lambda number: len(f"{number / scale:.12g}"))
    assert lengths.max() <= len("0.1234567")


@pytest.mark.usefixtures("brief", "uncompared")
@pytest.mark.parametrize(("labels", "sep"), [(["01", "1"], ","), (["1,0", "1,3"], ";")])
def test_classes_and_identifiers_are_written_as_in_the_file(labels, sep, tmp_path):
    table = pd.DataFrame({"key": [f"{i},5" for i in range(40)], "a": np.arange(40)})
    path, model = tmp_path / "data.csv", tmp_path / "y.model"
    table.assign(y=np.repeat(labels, 20)).to_csv(path, index=False, sep=sep)
    options = ["--target", "y", "--id", "key", "--model", "networks", "--save", model]
    out, err = run(path, *options)
    assert (f"scratchmlp: {path}: columns separated by semicolons\n" in err) == (sep == ";")
    assert f"\n  classes: {labels[0]} 20 (50.0%), {labels[1]} 20 (50.0%)\n" in out
    assert "40 rows with a value of 'y': accuracy " in run(path, "--load", model)[1]
    predicted = predictions(path, "--load", model).astype(str)
    assert list(predicted)[2:] == [f"probability of {label}" for label in sorted(labels)]
    assert predicted["key"].tolist() == table["key"].tolist()


@pytest.mark.usefixtures("brief", "uncompared")
@pytest.mark.parametrize("mark", ",.")
def test_a_saved_model_remembers_the_decimal_marks_of_its_file(mark, csv, tmp_path):
    """A file of one row may not tell them; its target is read with the mark of training too."""
    n, thousands = np.arange(1000, 1080), {",": ".", ".": ","}[mark]
    columns = {"a": [f"{i:,}" for i in n], "b": [f"{i / 10}" for i in n], "y": n / 1000}
    swap = str.maketrans({",": ".", ".": ","} if mark == "," else {})
    table = pd.DataFrame(columns).astype(str).map(lambda cell: cell.translate(swap))
    model = tmp_path / "y.model"
    run(csv(table), "--target", "y", "--model", "networks", "--save", model)
    plain = predictions(csv(b"a,b\n1040,104\n"), "--load", model)
    new = csv(f"a;b;y\n1{thousands}040;104;1{mark}040\n".encode())
    pd.testing.assert_frame_equal(predictions(new, "--load", model), plain)
    (error,) = re.findall("with a value of 'y': RMSE (.*),", run(new, "--load", model)[1])
    assert float(error) < 1


@pytest.mark.usefixtures("brief", "uncompared")
@pytest.mark.parametrize(
    ("kept", "given"),
    [(ENSEMBLES[1], ["--na", "b=-9", "--na", "a=-9.0", "--na", "999"]), ("Ridge", ["--na", "-9"])],
)
def test_values_that_mean_missing_are_remembered(kept, given, csv, tmp_path, monkeypatch):
    monkeypatch.setattr(Scores, "best_kept", lambda scores: kept)
    rng, n = np.random.default_rng(0), 90
    table = pd.DataFrame({"a": rng.integers(0, 99, n) / 8, "b": rng.choice(["x", "y", "z"], n)})
    table["y"] = table["a"] + (table["b"] == "x") + 999 * (np.arange(n) == 5)
    rows = rng.random((n, 2)) < 0.2
    marked, empty = (table.assign(**table[["a", "b"]].mask(rows, m)) for m in (-9, np.nan))
    predicted = []
    for each, na in ((marked, given), (empty, [])):
        options = ["--target", "y", "--keep", "best", "--save", tmp_path / "m", *na]
        out, _ = run(csv(each), *options)
        assert f"a ({rows[:, 0].sum()} missing)" in out
        new = csv(each.drop(columns="y"))
        assert "not seen in training" not in run(new, "--load", tmp_path / "m")[1]
        predicted.append(predictions(new, "--load", tmp_path / "m"))
    pd.testing.assert_frame_equal(*predicted)


def test_a_model_from_python_reads_decimal_commas_itself(csv, tmp_path):
    X = pd.DataFrame({"a": [f"{i / 8:.3f}".replace(".", ",") for i in range(40)]})
    model = TabularMLPRegressor(max_iter=2, cv=2).fit(X, np.arange(40.0))
    save(model, tmp_path / "own.model")
    path = csv(X)
    predicted = predictions(path, "--load", tmp_path / "own.model")["prediction"]
    np.testing.assert_allclose(predicted, model.predict(X), atol=1e-3)


def test_a_model_saved_from_python(csv, tmp_path):
    X = pd.DataFrame({"flag": [True, False] * 10, "size": np.arange(20.0)})
    model = TabularMLPClassifier(max_iter=2, cv=2).fit(X, X["flag"])
    save(model, tmp_path / "own.model")
    out, _ = run(csv(X), "--load", tmp_path / "own.model")
    assert out.startswith("prediction,probability of False,probability of True")
    lengths = X.assign(flag=pd.to_timedelta(X["size"], unit="D"))
    save(model.fit(lengths, X["flag"]), tmp_path / "own.model")
    for given in ([], ["--explain", "0"]):
        line = refused(csv(lengths), "--load", tmp_path / "own.model", *given)
        assert "'flag'" in line
        assert "durations" in line


# The column that identifies the rows.


def test_another_id_column_can_be_named_or_be_missing(trained, csv):
    table, load_ = trained["class"].table, ["--load", model_of(trained, "class")]
    out, err = run(csv(table.assign(size=2)), *load_, "--id", "size")
    assert out.startswith("size,prediction,")
    assert (
        "'size' does not identify the rows: 80 rows have the value of another row, such as '2'"
        in err
    )
    path = csv(table.drop(columns="key"))
    out, err = run(path, *load_)
    assert out.startswith("prediction,")
    assert f"{path} has no column 'key', so the predictions have no --id column" in err


# Scores of rows whose target is known.


def test_known_targets_are_scored_on_stderr(trained, csv):
    table = trained["number"].table
    table = table.assign(number=table["number"].where(table["size_missing"]))
    out, err = run(csv(table), "--load", model_of(trained, "number"))
    assert len(out.splitlines()) == 1 + len(table)
    n_known = table["size_missing"].sum()
    assert f"scratchmlp: {n_known} rows with a value of 'number': RMSE " in err
    _, err = run(trained["class"].path, "--load", model_of(trained, "class"))
    assert "scratchmlp: 80 rows with a value of 'class': accuracy 0.9" in err


@pytest.mark.parametrize("target", ["own", "is_high"])
def test_rows_of_new_persons_are_told_and_scored_apart(target, csv, tmp_path):
    person = np.arange(120) % 30
    own = np.random.default_rng(0).normal(size=30)[person].round(2)
    table = pd.DataFrame({"person": [f"P{n}" for n in person], "x": np.arange(120.0), "own": own})
    table["is_high"] = np.where(own > 0, "yes", "no")
    kind = TabularMLPRegressor if target == "own" else TabularMLPClassifier
    model = kind(cv=2, max_iter=40, inspect_table=False, random_state=0)
    model.fit(table[["person", "x"]], table[target])
    saved_model.save_model(path := tmp_path / "m", SavedModel(model, target))
    new = table[:40].assign(person=table["person"].mask(table.index >= 30, "new"))

    out, err = run(csv(new), "--load", path)
    is_new = pd.read_csv(StringIO(out))["unknown person"]
    assert [*np.flatnonzero(is_new)] == [*range(30, 40)]
    name = "R²" if target == "own" else "accuracy"
    pattern = (
        rf"(\d+) rows? (?:with a value of '{target}'|of an? (\w+) 'person'): .*?{name} (-?[.\d]+)"
    )
    [(_, all_rows, _), (n_known, known, right), (n_new, new_ones, less)] = re.findall(pattern, err)
    assert (all_rows, n_known, known, n_new, new_ones) == ("", "30", "known", "10", "unknown")
    assert float(less) < float(right)
    _, err = run(csv(new[30:]), "--load", path)
    assert f"10 rows with a value of '{target}', all of an unknown 'person': " in err
    expected = f"{model.oof_score_unseen_:#.2g}"
    sentence = f"10 of 40 rows of an unknown 'person': expect {name} {expected} for them"
    assert sentence not in err
    of_known = new.assign(**{target: new[target].where(~is_new)})
    for unscored in (new.drop(columns=target), new.assign(**{target: None}), of_known):
        _, err = run(csv(unscored), "--load", path)
        assert sentence in err
        assert (f"30 rows with a value of '{target}'" in err) == (unscored is of_known)
    assert "scores and intervals from training may not hold for rows that are so different" in err


def test_no_id_has_the_name_of_the_column_that_tells_new_persons(csv, tmp_path):
    person = np.arange(120) % 30
    table = pd.DataFrame({"person_id": [f"P{n}" for n in person], "x": np.arange(120) / 8})
    table["y"], table["unknown person_id"] = person + table["x"], np.arange(120)
    message = "column of the predictions, 'unknown person_id'. Rename it."
    model = TabularMLPRegressor(cv=2, max_iter=2, inspect_table=False, random_state=0)
    model.fit(table[["person_id", "x"]], table["y"])
    saved_model.save_model(path := tmp_path / "m", SavedModel(model, "y", "unknown person_id"))
    assert message in refused(csv(table), "--load", path)
    options = parse([csv(table), "--target", "y", "--id", "unknown person_id"])
    with pytest.raises(InputError, match=re.escape(message)):
        compare_and_train(options.data, options)


def test_scores_are_those_of_the_classes_that_are_written(flags, monkeypatch):
    """Also if the most probable class were not the one to predict."""
    X, models = flags
    modules = [each for name, each in sys.modules.items() if name.startswith("scratchmlp.")]
    for module in [each for each in modules if "most_probable" in vars(each)]:
        monkeypatch.setattr(module, "most_probable", lambda proba: np.zeros(len(proba), int))
    model, y = models["bool"], X["a"] > 9
    predicted = predict(model, X)
    assert not prediction_table(model, predicted)["prediction"].any()
    assert not model.predict(X).any()
    (sentence,) = scores_of_known(model, predicted, y.rename("y"))
    assert sentence.startswith("20 rows with a value of 'y': accuracy 0.500, ")
    page = evaluate(model, X, y, "new", 0)
    assert not page.prediction.any()
    assert scores_of(page)["accuracy"].value == model.score(X, y) == 0.5


@pytest.mark.usefixtures("brief", "undrawn")
@pytest.mark.parametrize(("positive", "other"), [("no", "yes"), ("yes", "no")])
def test_a_threshold_decides_all_predictions_scores_and_pages(positive, other, csv, tmp_path):
    """Those of the comparison, of the report, and of the saved model, which remembers it."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"a": rng.normal(size=90).round(2)})
    table["y"] = np.where(table["a"] + rng.normal(size=90) > 0, "yes", "no")
    path, model, page = csv(table), tmp_path / "m", tmp_path / "r.html"
    given = ["--positive", positive, "--threshold", 0.9, "--model", "networks"]
    outputs = ["--save", model, *(["--report", page] if find_spec("jinja2") else [])]
    out, err = run(path, "--target", "y", *given, *outputs, "--explain", 0)
    said = f"the positive class is '{positive}', which is predicted where its probability is at "
    assert f"  {said}least 0.9\n" in out
    rare = (table["y"] == other).mean()
    baseline = next(line for line in lines_of_models(out) if line.startswith(BASELINE))
    assert scores(baseline)[0] == pytest.approx(rare, abs=0.01)  # its probabilities are below 0.9
    assert f"Row '0': the probability of '{other}' is" in out

    predicted = predictions(path, "--load", model)
    expected = predicted[f"probability of {positive}"] >= 0.9
    assert (predicted["prediction"] == positive).tolist() == expected.tolist()
    assert 0 < expected.mean() < 0.5
    accuracy = (predicted["prediction"] == table["y"]).mean()
    _, err = run(path, "--load", model)
    assert f"scratchmlp: {said}least 0.9\n" in err
    assert f"90 rows with a value of 'y': accuracy {accuracy:#.3}, " in err
    changed = predictions(path, "--load", model, "--threshold", 0.5)
    assert (changed["prediction"] == positive).mean() > expected.mean()
    if page.exists():
        text = Page(page.read_text()).text
        assert f"(the positive class) is {positive}, with" in text
        assert f"It predicts {positive} where the probability is at least 0.9." in text
        assert f"for class {positive}, at each threshold" in text


def test_the_classes_of_a_page_are_those_of_its_threshold(flags):
    X, models = flags
    model, y = models["bool"], X["a"] > 9
    P = model.predict_proba(X)
    page = evaluate(model, X, y, "new", 0, Decision(0, 0.9))
    assert page.prediction.tolist() == [not each for each in P[:, 0] >= 0.9]
    found = scores_of(page)["accuracy"]
    assert found.value == np.mean(page.prediction == y)
    assert found.constant == 0.5
    label = explain(model, X[:1], X, decision=Decision(1, 0.0)).label
    assert label  # although the other class is more probable


def test_the_positive_of_three_classes_has_the_pictures():
    X, y = pd.DataFrame({"a": np.arange(30.0)}), np.repeat(["u", "v", "w"], 10)
    model = TabularMLPClassifier(cv=2, max_iter=4, random_state=0).fit(X, y)
    page = evaluate(model, X, y, "new", 0, Decision(2))
    assert frequent_classes(page, 5).tolist() == [2]
    assert "predicted probability of w (horizontal)" in how_right(page).text
    assert frequent_classes(evaluate(model, X, y, "new", 0), 5).tolist() == [0, 1, 2]


WRONG_NOTES = [
    ({"positive": 1}, "its note of the positive is 1."),
    ({"threshold": "0.3"}, "its note of the threshold is '0.3'."),
    ({"target": ["y"]}, "its note of the target is ['y']."),
    ({"target": 0}, "its note of the target is 0."),
    ({"id": {"key": 1}}, "its note of the id is {'key': 1}."),
    ({"marks": []}, "its note of decimal marks is []."),
    ({"marks": None}, "its note of decimal marks is None."),
    ({"marks": {"size": ";"}}, "its note of decimal marks is {'size': ';'}."),
    ({"marks": {"size": [","]}}, "its note of decimal marks is {'size': [',']}."),
    (["y"], "its notes are ['y']."),
    (None, "its notes are None."),
]


@pytest.mark.parametrize(("notes", "message"), WRONG_NOTES)
def test_crafted_notes_are_refused(notes, message, trained, tmp_path):
    data = model_of(trained, "number").read_bytes()
    (path := tmp_path / "crafted.model").write_bytes(with_manifest(data, notes=notes))
    line = refused(trained["number"].path, "--load", path)
    assert f"{path} is not a model saved with --save: {message} Train and save" in line


def scored(model, X, target):
    known = pd.Series(target, name="y", dtype=object)
    return list(scores_of_known(model, predict(model, X), known))


@pytest.fixture(scope="module")
def flags():
    """A table, and models of its two halves as booleans and as whole numbers."""
    X = pd.DataFrame({"a": np.arange(20.0)})
    model, y = TabularMLPClassifier(cv=2, max_iter=8, random_state=0), X["a"] > 9
    return X, {"bool": clone(model).fit(X, y), "int": clone(model).fit(X, 1 * y)}


@pytest.mark.parametrize(("labels", "text"), [("bool", ["False", "True"]), ("int", ["0", "1.0"])])
def test_targets_are_compared_with_classes_of_any_type(labels, text, flags):
    X, models = flags
    predicted = np.array(text)[1 * models[labels].predict(X)]
    (sentence,) = scored(models[labels], X, predicted)
    assert sentence.startswith("20 rows with a value of 'y': accuracy 1.00, log-loss ")


def test_unknown_classes_and_words_are_named_and_not_scored(flags, trained):
    X, models = flags
    unknown, scores = scored(models["bool"], X, ["x", None, *["True"] * 18])
    assert unknown == "1 row with classes that the model does not know, not scored: 'x'"
    assert scores.startswith("18 rows with a value of 'y': accuracy ")
    assert "AUC undefined" in scores
    assert scored(models["bool"], X, [None] * 20) == []
    unknown, _ = scored(models["int"], X, ["01", "00", *"01" * 9])
    assert unknown == "2 rows with classes that the model does not know, not scored: '01', '00'"
    model, X = load(model_of(trained, "number")), trained["number"].table
    unknown, scores = scored(model, X, ["soon", *["1"] * 79])
    assert unknown == "1 row with targets that are no numbers, not scored: 'soon'"
    assert scores.startswith("79 rows with a value of 'y': RMSE ")


def test_classes_written_as_1_0_are_those_of_a_column_of_floats(flags):
    X, models = flags
    model = clone(models["int"]).fit(X, np.where(X["a"] > 9, "2.0", "1.0"))
    target = pd.Series(np.where(X["a"] > 9, 2.0, 1.0), name="y")
    (sentence,) = scores_of_known(model, predict(model, X), target)
    assert sentence.startswith("20 rows with a value of 'y': accuracy ")


# The prediction of a row, explained.


def explained(out):
    """The prediction, the mean of other rows, and the contribution of each column."""
    first, *lines = out.splitlines()
    pattern = (
        r"Row '(.*)': the (.*) is (\S+)\. The mean of \d+ other rows is (\S+)\. The difference"
    )
    label, what, predicted, mean = re.match(pattern, first).groups()
    parts = {line[:25].strip(): float(line.split()[-1].replace(",", "")) for line in lines}
    return label, what, float(predicted), float(mean), parts


@pytest.mark.parametrize("target", TARGETS)
def test_a_row_is_explained(target, trained, csv, tmp_path):
    table, load_ = trained[target].table, ["--load", model_of(trained, target)]
    out, _ = run(csv(table), *load_, "--explain", "011")
    label, what, predicted, mean, parts = explained(out)
    row = predictions(csv(table), *load_).iloc[11]
    if target == "class":
        expected = row[PROBABILITIES].max()
        assert what == f"probability of '{row['prediction']}'"
    else:
        expected = row["prediction"]
        assert what == "prediction"
    digits = 0.01 if target == "class" else 1
    assert label == "011"
    assert predicted == pytest.approx(expected, abs=digits)
    assert sum(parts.values()) == pytest.approx(predicted - mean, abs=4 * digits)
    assert next(iter(parts)) == "size"
    saved = tmp_path / "p.csv"
    both, _ = run(csv(table), *load_, "--explain", "011", "--out", saved)
    assert both == f"{out}Saved {saved}: 80 predictions\n"
    line = refused(csv(table[:1]), *load_, "--explain", "00")
    assert "but there is one row. Add rows" in line


def test_whole_numbers_identify_rows_without_decimals_although_one_is_missing(trained, csv):
    """The missing one makes the others floats. Training reads them in the same way."""
    numbers = pd.Series(range(80)).mask(lambda n: n == 3)
    path = csv(parquet(trained["class"].table.assign(n=numbers)))
    given = ["--load", model_of(trained, "class"), "--id", "n"]
    for label in ("7", "missing"):
        assert explained(run(path, *given, "--explain", label)[0])[0] == label
        table = load_table(path, "class", roles=Roles(id="n"))
        assert label in labels_of(table.X, table.ids)
    assert predictions(path, *given)["n"].equals(numbers)


@pytest.mark.usefixtures("brief", "uncompared")
@pytest.mark.parametrize(("order", "number"), [([], 7), (["--time", "t"], 57)])
def test_a_row_of_training_is_explained_by_what_did_not_learn_from_it(order, number, csv, tmp_path):
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(60, 2)), columns=["a", "b"])
    table["y"] = 100 * table["a"] * table["b"]
    table.loc[:1, "y"] = np.nan  # numbers of rows are those of the file
    options = ["--target", "y", "--model", "networks", "--save", tmp_path / "y.model", *order]
    out, _ = run(csv(table.assign(t=range(60))), *options, "--explain", number)
    label, _, predicted, _, _ = explained(out.partition("To predict: ")[2].partition("\n")[2])
    networks = load(tmp_path / "y.model")
    row = table.loc[[number], ["a", "b"]].assign(t=number).astype(str)
    (fold,) = (fold for fold, rows in enumerate(networks.held_out_) if number - 2 in rows)
    assert label == str(number)
    assert predicted == pytest.approx(networks.member_predictions(row)[fold, 0], abs=0.5)
    assert abs(predicted - networks.predict(row)[0]) > 1


# The model that `--keep` chooses.


@pytest.fixture(scope="module")
def keep(trained, tmp_path_factory):
    """Keep a model as if it were the best of the comparison; return its folder and the output."""
    compared = {}

    @cache
    def run_once(target, best):
        def compare_once(*arguments):
            if target not in compared:
                compared[target] = compare(*arguments)
            return compared[target]

        folder, outputs = tmp_path_factory.mktemp("kept"), []
        for option, (name, package) in OUTPUTS.items():
            outputs += [option, folder / name] if find_spec(package) else []
        options = ["--target", target, "--id", "key", "--keep", "best", "--explain", "011"]
        with Patches.context() as patch:
            train_briefly(patch)
            draw_no_pages(patch)
            patch.setattr(comparison, "compare", compare_once)
            names = {best, IN_WORDS.get(best)}  # the report has words for models
            patch.setattr(Scores, "best", lambda scores: (names & {*scores.results}).pop())
            return folder, *run(trained[target].path, *options, *outputs)

    return run_once


KEPT = [("class", TREES), ("class", LINEAR[0]), ("number", LINEAR[1]), ("number", BASELINE)]


@pytest.mark.parametrize(("target", "best"), KEPT)
def test_a_kept_model_is_an_ensemble_of_one_part(target, best, keep, trained, csv):
    folder, out, err = keep(target, best)
    called, path = f"the {BASELINE}" if best == BASELINE else best, folder / "y.model"
    assert f"scratchmlp: training {called} on all rows\n" in err
    assert f"\nTrained {called} as an ensemble of one part: predictions are means of 2 fits," in out
    assert f"\nSaved {called} in {path}. To predict: " in out
    assert "\nRow '011': " in out
    model = load(path)
    ((name, part),) = model.estimators
    assert [name] == [*model.weights_] == [best]
    assert "Search" not in repr(part)
    predicted = predictions(csv(trained[target].table), "--load", path)
    if target == "number":
        assert list(predicted) == ["key", "prediction", "low", "high"]
        assert (predicted["low"] < predicted["high"]).all()
    if (page := folder / "a report.html").exists():
        assert out.endswith(f"Wrote a report on {called}, which shows rows of the table: {page}\n")
        text = page.read_text(encoding="utf-8")
        in_words = IN_WORDS.get(best, called)
        assert f"The other sections are about {in_words} trained on all rows" in text


def test_a_kept_model_has_the_setting_that_most_folds_chose(keep, trained, monkeypatch):
    model = load(keep("class", TREES)[0] / "y.model")
    ((_, part),) = model.estimators
    assert (part.max_iter, part.learning_rate in (0.1, 0.2)) == (5, True)
    assert (model.cv, model.max_time, model.random_state) == (2, None, 0)


@pytest.mark.usefixtures("brief", "uncompared")
def test_a_model_that_cannot_be_trained_on_all_rows_is_named(trained, capsys, monkeypatch):
    def fail(*arguments, **settings):
        raise ValueError("no rows to hold out")

    monkeypatch.setattr(training, "_fit", fail)
    with pytest.raises(SystemExit, match="2"):
        command_line.main([str(trained["class"].path), "--target", "class", "--explain", "3"])
    error = "error: TabularEnsembleClassifier cannot use the table: no rows to hold out"
    assert error in capsys.readouterr().err


@pytest.mark.usefixtures("brief")
@pytest.mark.parametrize("keep", ["best", "simplest"])
def test_the_decisive_metric_chooses_the_best(keep, csv, tmp_path):
    """A line without noise is what Ridge predicts best."""
    x = np.random.default_rng(0).normal(size=(90, 2)).clip(-0.5, 0.5)
    table = pd.DataFrame(x, columns=["a", "b"]).assign(y=x @ [3.0, 1.0])
    options = ["--target", "y", "--model", "networks", "--save", tmp_path / "y.model"]
    out, _ = run(csv(table), *options, "--keep", keep)
    assert "\nLowest RMSE: Ridge. " in out
    assert "\nNo simpler model is as good as Ridge.\n" in out
    assert "add --keep" not in out
    assert f"\nSaved Ridge in {tmp_path / 'y.model'}. To predict: " in out


@pytest.mark.usefixtures("brief", "uncompared")
def test_the_networks_alone_are_trained_as_in_the_ensemble(trained, monkeypatch, tmp_path):
    monkeypatch.setattr(Scores, "simplest", lambda scores: NETWORKS_ALONE)
    monkeypatch.setattr(Scores, "verdict", lambda scores: "")
    path, options = trained["class"].path, ["--target", "class", "--id", "key", "--seed", 3]
    assert run(path, *options)[0].endswith(
        "\nTo train the networks alone on all rows, add --keep simplest --save MODEL.\n"
    )
    monkeypatch.setattr(Scores, "best", lambda scores: NETWORKS_ALONE)
    out, _ = run(path, *options, "--keep", "simplest", "--save", tmp_path / "y.model")
    assert f"\nSaved the networks alone in {tmp_path / 'y.model'}. To predict: " in out
    networks = load(tmp_path / "y.model")
    assert (networks.cv, networks.random_state, networks.n_jobs) == (2, 3, 1)


BETTER = [
    (ENSEMBLES[0], [], ""),
    (TREES, ["--keep", "model"], f". To save {TREES}, which has the lowest log-loss"),
    (BASELINE, [], f", the default. To save the {BASELINE}, which has the lowest log-loss"),
]


@pytest.mark.usefixtures("brief", "uncompared")
@pytest.mark.parametrize(("best", "options", "other"), BETTER)
def test_a_better_model_is_named(best, options, other, trained, monkeypatch, tmp_path):
    """What is saved, why, and how to save the other one."""
    monkeypatch.setattr(Scores, "best", lambda scores: best)
    monkeypatch.setattr(Scores, "best_kept", lambda scores: best)
    monkeypatch.setattr(Scores, "verdict", lambda scores: "")
    monkeypatch.setattr(Scores, "simplest", lambda scores: best)
    save = ["--save", tmp_path / "y.model"]
    out, _ = run(trained["class"].path, "--target", "class", *options, *save)
    other = other and f" It is the model of --keep model{other}, add --keep best."
    assert f"\nSaved the ensemble in {tmp_path / 'y.model'}.{other} To predict: " in out


# ONNX models.


EXPORTED = [(target, "ensemble") for target in TARGETS] + KEPT


@pytest.mark.parametrize(("target", "best"), EXPORTED)
def test_an_exported_model_predicts_what_the_saved_one_does(target, best, keep, trained):
    onnx = pytest.importorskip("onnx")
    X = trained[target].table.drop(columns=target)
    if best == "ensemble":
        folder, out, called = trained[target].folder, trained[target].out, "the ensemble"
    else:
        folder, out, _ = keep(target, best)
        called = f"the {BASELINE}" if best == BASELINE else best
    exported, model = folder / "y.onnx", load(folder / "y.model")
    assert f"\nExported {called} to {exported}\n" in out
    network = onnx.load(exported)
    outputs = run_onnx("reference", network, table_inputs(network, X))
    (check_classes if target == "class" else check_numbers)(outputs, model, X)


@pytest.mark.usefixtures("brief", "uncompared")
def test_an_export_alone_trains_the_model(trained, csv, tmp_path):
    pytest.importorskip("onnx")
    table, exported = trained["class"].table[["size", "class"]], tmp_path / "y.onnx"
    out, _ = run(csv(table), "--target", "class", "--export", exported)
    assert exported.exists()
    assert "Saved" not in out


# Files of models.


CONTENTS = {
    "nothing": b"",
    "text": b"no pickle",
    "a dict": pickle.dumps({"a": 1}),
    "half a pickle": pickle.dumps([1.0])[:9],
    "an unfitted model": pickle.dumps(TabularMLPClassifier()),
}


@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize("options", [[], ["--allow-pickle"]], ids=["", "pickle"])
def test_a_file_that_is_no_model_is_refused(content, options, csv):
    path, model = csv(b"a\n1\n"), csv(CONTENTS[content], "broken.model")
    line = refused(path, "--load", model, *options)
    rule = f"scratchmlp: error: {model} is not a model saved with --save"
    assert line.startswith(rule)
    remedy = "Train and save a model with --target COLUMN --save MODEL."
    assert remedy in line
    if not options:
        assert line == (
            f"{rule}. {remedy} If it is a pickle file that you trust, add --allow-pickle: loading "
            "it runs any code that it contains.\n"
        )


def test_a_model_of_two_targets_is_refused(csv, tmp_path):
    table = pd.DataFrame({"a": np.arange(20.0)})
    model = TabularMLPRegressor(cv=2, max_iter=1).fit(table, table[["a", "a"]].to_numpy())
    save(model, tmp_path / "two.model")
    line = refused(csv(b"a\n1\n"), "--load", tmp_path / "two.model")
    assert "predicts 2 numbers for each row, but the command predicts one. Use it in Python" in line


def test_a_pickle_is_loaded_only_on_demand(trained, csv, tmp_path):
    path, old = csv(trained["class"].table[:3]), tmp_path / "old.model"
    model = load_model(model_of(trained, "class")).model
    expected = predictions(path, "--load", model_of(trained, "class")).drop(columns="key")
    for protocol in range(6):
        old.write_bytes(pickle.dumps(model, protocol))
        assert "add --allow-pickle" in refused(path, "--load", old)
        pd.testing.assert_frame_equal(predictions(path, "--load", old, "--allow-pickle"), expected)


OTHERS = [
    ("scratchmlp.__version__", "pickled with scratchmlp 0.0.1 is loaded with scratchmlp "),
    ("sklearn.base.__version__", "unpickle estimator HistGradientBoostingClassifier from version "),
]


@pytest.mark.parametrize(("version", "words"), OTHERS)
def test_a_model_of_another_version_warns_in_one_line(version, words, trained, csv, monkeypatch):
    model = load(model_of(trained, "class"))
    with monkeypatch.context() as patch:
        patch.setattr(version, "0.0.1")
        old = csv(pickle.dumps(model), "old.model")
    _, err = run(csv(trained["class"].table[:3]), "--load", old, "--allow-pickle")
    (line,) = (line for line in err.splitlines() if "version" in line or "pickled" in line)
    assert line.startswith(f"scratchmlp: {old}: ")
    assert words in line


def test_a_damaged_model_is_refused(trained, csv):
    content = bytearray(model_of(trained, "class").read_bytes())
    content[len(content) // 2] ^= 4
    line = refused(trained["class"].path, "--load", csv(bytes(content), "damaged"))
    assert line.startswith("scratchmlp: error: Cannot load ")
    assert "The file is damaged" in line
    assert line.endswith(" Copy the file or save the model again.\n")


class Huge:
    def __reduce__(self):
        return bytearray, (2**60,)


def test_a_model_or_table_that_needs_more_memory_than_there_is(csv, monkeypatch):
    path, model = csv(b"a\n1\n"), csv(pickle.dumps(Huge()), "huge.model")
    line = refused(path, "--load", model, "--allow-pickle")
    assert "there is not enough memory. Close other programs" in line

    def fail(*_):
        raise MemoryError("Unable to allocate 1. EiB")

    monkeypatch.setattr(reading, "_read_bytes", fail)
    line = refused(path, "--target", "a")
    assert "there is not enough memory: Unable to allocate 1. EiB. Close other programs" in line


# Files of predictions.


@pytest.mark.parametrize("name", ["p.CSV", "p.csv.gz", "p.parquet", f"p{80 * 'x'}.csv.gz"])
def test_the_suffix_chooses_the_type_of_file(name, trained, tmp_path):
    command = [trained["number"].path, "--load", model_of(trained, "number")]
    out, _ = run(*command, "--out", tmp_path / name)
    assert out == f"Saved {tmp_path / name}: 80 predictions\n"
    read = pd.read_parquet if name.endswith("parquet") else pd.read_csv
    found, printed = read(tmp_path / name), predictions(*command, "--out", "-")
    pd.testing.assert_frame_equal(found.assign(key=printed["key"]), printed, check_dtype=False)


@pytest.mark.skipif(sys.platform == "win32", reason="links and modes differ")
def test_links_and_modes_of_a_file_are_kept(trained, tmp_path):
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    real.write_text("old")
    real.chmod(0o600)
    link.symlink_to(real)
    run(trained["class"].path, "--load", model_of(trained, "class"), "--out", link)
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o600
    assert real.read_text().startswith("key,prediction")


@pytest.mark.skipif(sys.platform == "win32", reason="there is no /dev/null")
def test_a_device_is_written_directly_and_needs_no_suffix(monkeypatch, tmp_path):
    link, device = tmp_path / "link", Path(os.devnull)
    link.symlink_to(device)
    write(link, b"content")
    assert link.is_symlink()
    check_form("out", device)
    monkeypatch.setattr_in(atomic_write, os, access=lambda path, mode: path == device)
    check_files([], device, {})  # it needs no permission in its folder
