"""The main job: what it prints, draws, keeps and refuses."""

import io
import pickle
import re
import signal
import struct
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_wine

import scratchmlp
from scratchmlp.cli import comparison
from scratchmlp.cli import main as job
from scratchmlp.cli.table import load
from scratchmlp.tabular import TabularMLPClassifier

CURVES = "The article's network"
ENSEMBLES = ("TabularMLPClassifier", "TabularMLPRegressor")
LINEAR = ("LogisticRegression", "Ridge")
TREES = ("HistGradientBoostingClassifier", "HistGradientBoostingRegressor")
CONSTANT = "always the same"
MODELS = ("tuned ScratchMLPClassifier", *ENSEMBLES, *LINEAR, *TREES, CONSTANT)


COMMAND = [sys.executable, "-m", "scratchmlp"]


def png_size(path):
    header = path.read_bytes()[:24]
    assert header.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack(">II", header[16:])


def lines_of_models(out):
    return [line for line in out.splitlines() if line.startswith(MODELS)]


def scores(line):
    """Mean and standard deviation of accuracy and of log-loss, and the fit time."""
    return [float(number) for number in re.findall(r"\d+\.\d+", line)]


@pytest.fixture(scope="module")
def iris(tmp_path_factory):
    picture = tmp_path_factory.mktemp("iris") / "iris.png"
    command = [sys.executable, "-W", "error", *COMMAND[1:], "--plot", str(picture)]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return run, picture


@pytest.fixture
def table():
    """Columns of every kind, with holes; `signal` tells the classes apart."""
    rng, n = np.random.default_rng(0), 60
    signal = rng.normal(size=n)
    frame = pd.DataFrame(
        {
            "signal": signal.round(3),
            "cost in $, with a $": rng.normal(scale=1e4, size=n),
            "colour": rng.choice(["red", "green", None], n),
            "flag": rng.choice([True, False], n),
            "flag with holes": rng.choice(np.array([True, False, None]), n),
            "key": [f"key {i}" for i in range(n)],
            "day": pd.date_range("2020-01-01", periods=n),
            "infinite": np.where(np.arange(n) % 9, np.arange(n), np.inf),
            "constant": 5,
            "empty": np.nan,
            "nearly empty": [*[np.nan] * (n - 1), 3.0],
        }
    )
    frame.loc[::7, "signal"] = np.nan
    return frame.assign(y=np.where(signal > 0.3, "$yes$", "no"))


@pytest.fixture
def csv(tmp_path):
    def write(content, name="data.csv"):
        path = tmp_path / name
        if isinstance(content, pd.DataFrame):
            content.to_csv(path, index=False)
        else:
            path.write_bytes(content)
        return str(path)

    return write


def refused(capsys, *arguments):
    """Run into an error; return its line."""
    with pytest.raises(SystemExit) as stop:
        job.main(arguments)
    out, err = capsys.readouterr()
    assert stop.value.code == 2
    assert out == ""
    assert err.startswith("scratchmlp: error: ")
    assert err.count("\n") == 1
    assert err.endswith("\n")
    return err


# Iris.


def test_iris_shows_the_article_learning(iris):
    out = iris[0].stdout
    assert out.startswith(CURVES)
    assert re.search(r"without biases +with biases", out)
    rows = re.findall(r"^(10*)((?: +\d\.\d{3}){8})$", out, flags=re.M)
    assert [epoch for epoch, _ in rows] == ["1", "10", "100", "1000", "10000"]
    first, *_, last = (np.array(values.split(), float).reshape(2, 2, 2) for _, values in rows)
    accuracy, loss = last[..., 0], last[..., 1]
    assert (accuracy > first[..., 0]).all()
    assert (loss < first[..., 1]).all()
    assert (accuracy[1] > accuracy[0]).all()  # with biases, without
    assert (accuracy[1] >= 0.9).all()


def test_iris_tables_are_aligned(iris):
    out = iris[0].stdout
    header = next(line for line in out.splitlines() if "fit time" in line)
    curve = re.findall(r"^(?:epoch|10*) .*$", out, flags=re.M)
    assert {len(line) for line in (header, *lines_of_models(out))} == {len(header)}
    assert {len(line) for line in curve} == {len(curve[0])}


def test_iris_network_is_within_a_standard_deviation_of_logistic_regression(iris):
    out = iris[0].stdout
    network, linear = map(scores, lines_of_models(out))
    assert network[0] >= linear[0] - linear[1]
    assert network[2] <= linear[2] + linear[3]
    assert "over 3 × 5 stratified folds" in out
    assert re.search(
        r"Chosen most often: learning rate 0\.\d+ and \d+ hidden units, in \d+ of 15", out
    )


def test_iris_says_on_stderr_what_it_does(iris):
    run, picture = iris
    lines = run.stderr.splitlines()
    assert all(line.startswith("scratchmlp: ") for line in lines)
    dots = [f"scratchmlp: {name} {'.' * 15}" for name in (job.TUNED, "LogisticRegression")]
    assert [line for line in lines if ".." in line] == dots
    assert lines[-1] == f"scratchmlp: drawing {picture}"


def test_iris_picture(iris):
    assert png_size(iris[1]) == (1800, 675)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_article_is_one_training(monkeypatch):
    """Looking at the network on its way changes nothing."""
    monkeypatch.setattr(job, "EPOCHS", np.array([1, 10, 500]))
    looked_at = job._train_article("with biases")
    monkeypatch.setattr(job, "EPOCHS", np.array([500]))
    pd.testing.assert_frame_equal(looked_at.loc[[500]], job._train_article("with biases"))
    assert looked_at["train loss"].is_monotonic_decreasing


# A table of the user's.


def test_table_of_every_kind_of_column(table, csv, capsys, tmp_path):
    picture = tmp_path / "trust.png"
    assert job.main([csv(table), "--target", "y", "--plot", str(picture)]) == 0
    out, err = capsys.readouterr()
    ensemble, trees, linear, constant = map(scores, lines_of_models(out))
    assert ensemble[0] >= max(linear[0], trees[0]) - linear[1]
    assert ensemble[0] > 0.75 > constant[0]
    lowest = min(lines_of_models(out), key=lambda line: scores(line)[2])
    assert f"Lowest log-loss: {lowest.split('  ')[0]}." in out
    for line in (
        r"  numbers: signal \(9 missing\), cost in \$, with a \$, infinite \(7 missing\)\n",
        r"  dates: day\n",
        r"  categories: colour \(2, \d+ missing\), flag \(2\), flag with holes \(2, \d+ miss",
        r"  whether missing: nearly empty \(59 missing\)\n",
        r"  ignored, as nearly every row differs, or none does: key, constant\n",
    ):
        assert re.search(line, out)
    assert "over 5 stratified folds" in out
    assert "article" not in out
    assert "all rows" in err
    assert png_size(picture) == (1800, 675)


def test_table_without_numbers_gets_one_panel(table, csv, capsys, tmp_path):
    picture = tmp_path / "trust.png"
    table = table[["colour", "key", "y"]]
    assert job.main([csv(table), "--target", "y", "--plot", str(picture)]) == 0
    assert len(lines_of_models(capsys.readouterr().out)) == 4
    assert png_size(picture) == (900, 675)


def test_three_classes_get_a_picture(csv, tmp_path):
    picture = tmp_path / "trust.png"
    X, y = load_wine(return_X_y=True, as_frame=True)
    path = csv(X.iloc[:, :3].assign(y=y))
    assert job.main([path, "--target", "y", "--plot", str(picture)]) == 0
    assert png_size(picture) == (1800, 675)


def test_numbers_as_targets(table, csv, capsys, tmp_path):
    picture = tmp_path / "errors.png"
    table = table.assign(y=1e4 * table["signal"].fillna(0) + np.arange(len(table)))
    table.loc[3, "y"] = np.inf
    assert job.main([csv(table), "--target", "y", "--plot", str(picture)]) == 0
    out, err = capsys.readouterr()
    rows = lines_of_models(out)
    assert [row.split()[0] for row in rows] == [ENSEMBLES[1], TREES[1], LINEAR[1], "always"]
    assert float(re.findall(r"[-\d.,]+", rows[0])[2]) > 0.8  # R²
    assert "Predicting 'y', numbers: 59 rows, 10 columns" in out
    assert "left out 1 rows of infinite targets" in err
    assert png_size(picture) == (1800, 675)


def test_the_task_can_be_chosen(csv):
    y = np.arange(60) % 7
    path = csv(pd.DataFrame({"a": range(60), "y": y}))
    assert load(path, "y").is_class
    numbers = load(path, "y", "regression")
    assert not numbers.is_class
    np.testing.assert_array_equal(numbers.y, y)
    assert numbers.y.dtype == float
    path = csv(pd.DataFrame({"a": range(120), "y": np.repeat(np.arange(40), 3)}))
    assert load(path, "y").is_class
    path = csv(pd.DataFrame({"a": range(240), "y": np.repeat(np.arange(60), 4)}))
    assert not load(path, "y").is_class
    assert load(path, "y", "classification").is_class


def test_numbers_that_floats_cannot_tell_apart_are_different_classes(csv):
    table = pd.DataFrame({"a": range(12), "y": [2**53, 2**53 + 1, 5] * 4})
    assert set(load(csv(table), "y").y) == {"9007199254740992", "9007199254740993", "5"}
    assert set(load(csv(table.assign(y=["007", "7", "8.0"] * 4)), "y").y) == {7, 8}


@pytest.mark.parametrize(
    ("target", "classes"),
    [
        (lambda x: x > 0, ["False", "True"]),
        (lambda x: np.digitize(x, [-0.5, 0.5]), [0, 1, 2]),
        (lambda x: np.where(x > 0, 2.0, 1.0), [1, 2]),
        (lambda x: np.where(x > 0, 2.5, 1.0), [1, 2.5]),
    ],
    ids=["bool", "int", "whole", "float"],
)
@pytest.mark.parametrize("missing", [0, 4])
def test_target_of_any_type(target, classes, missing, table, csv):
    """With missing values, integers and booleans are read as something else."""
    x = np.random.default_rng(1).normal(size=len(table))
    y = pd.Series(target(x)).astype(object).where(np.arange(len(x)) >= missing)
    X, y, is_class, left_out = load(csv(table.assign(y=y)), "y")
    assert is_class
    assert len(X) == len(y) == len(table) - missing
    assert list(np.unique(y)) == classes
    assert left_out == ([f"left out {missing} rows without a value of 'y'"] if missing else [])


@pytest.mark.parametrize(("n_rare", "n_folds", "left_out"), [(2, 5, True), (3, 3, False)])
def test_rare_classes(n_rare, n_folds, left_out, table, csv, capsys):
    table.loc[: n_rare - 1, "y"] = "rare"
    assert job.main([csv(table), "--target", "y"]) == 0
    out, err = capsys.readouterr()
    assert f"over {n_folds} stratified folds" in out
    assert (f"left out {n_rare} rows of classes with fewer than 3 rows" in err) == left_out


def test_large_table_gets_fewer_folds(monkeypatch):
    y = np.repeat(["yes", "no"], 30)
    assert comparison.plan(y, True).words == "5 stratified folds"
    monkeypatch.setattr(comparison, "SMALL", 50)
    assert comparison.plan(y, True).words == "3 stratified folds"
    assert comparison.plan(np.arange(60.0), False).words == "3 folds"
    assert comparison.plan(y, True, n_repeats=2).words == "2 × 3 stratified folds"


@pytest.mark.parametrize("n_folds", [3, 4, 5, 9])
def test_no_fold_is_without_a_row_of_the_rarest_class(n_folds):
    y = np.repeat(["common", "rare"], [50, n_folds])
    folds = comparison.plan(y, True).folds
    assert 2 <= folds.get_n_splits() <= n_folds
    for train, test in folds.split(y, y):
        assert set(y[test]) == {"common", "rare"}
        for _, held_out in comparison.inner_folds(y).split(train, y[train]):
            assert set(y[train][held_out]) == {"common", "rare"}


def test_separators_and_question_marks_of_the_classic_data_sets(csv):
    X, y, *_ = load(csv(b"a, b, y\n1, ?, u\n2, x, u\n?, x, v\n4, z, v\n5, z, v\n6, z, u\n"), "y")
    assert X.isna().sum().to_dict() == {"a": 1, "b": 1}
    assert list(y) == ["u", "u", "v", "v", "v", "u"]


def test_a_comma_at_the_end_of_each_row_adds_no_column(csv):
    X, y, *_ = load(csv(b"a,y\n" + b"1,u,\n2,v,\n" * 9), "y")
    assert list(X["a"]) == [1, 2] * 9
    assert list(y) == ["u", "v"] * 9


def test_blanks_around_names_and_labels_do_not_count(csv):
    X, y, *_ = load(csv(b"a ,b,y \n1,x,u\n2,x ,u \n3,z, v\n4,z,u\n5,z,v\n6,z,v\n"), "y")
    assert list(X) == ["a", "b"]
    assert sorted(set(X["b"])) == ["x", "z"]
    assert list(y) == ["u", "u", "v", "u", "v", "v"]


def test_columns_without_a_name_or_a_value_do_no_harm(csv):
    X, y, *_ = load(csv(b"a,y,,\n" + b"1,u,,\n2,v,,\n" * 3), "y")
    assert list(X) == ["a"]
    assert list(y) == ["u", "v"] * 3


def test_dates_are_numbers_and_numbers_without_bounds_are_welcome(csv):
    X, *_ = load(
        csv(b"day,huge,key,y\n" + b"2024-05-17,1e300,a1,u\n2024-05-18 12:00,,2,v\n" * 9), "y"
    )
    assert X["day"].dtype.kind == "M"
    assert X["huge"].max() == 1e300
    assert list(X["key"][:2]) == ["a1", "2"]


def test_text_is_kept_as_it_stands_in_the_file(csv):
    X, y, *_ = load(csv(b"code,flag,y\n01,true,TRUE\nx,FALSE,False\n1,,TRUE\n" * 3), "y")
    assert list(X["code"][:3]) == ["01", "x", "1"]
    assert X["flag"].to_list()[:2] == [True, False]
    assert set(y) == {"TRUE", "False"}


# Predictions by a model that was kept.


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A table, and models of its classes and of its numbers."""
    folder, rng, n = tmp_path_factory.mktemp("kept"), np.random.default_rng(0), 80
    size = rng.normal(size=n)
    table = pd.DataFrame(
        {
            "size": size.round(3),
            "code": rng.choice(["01", "1", "x"], n),
            "day": pd.date_range("2020-01-01", periods=n),
            "flag": rng.choice([True, False], n),
            "class": np.where(size > 0, "big", "small"),
            "number": 100 * size,
        }
    )
    table.loc[::7, "size"] = np.nan
    path = folder / "data.csv"
    for target in ("class", "number"):
        table.drop(columns={"class": "number", "number": "class"}[target]).to_csv(path, index=False)
        command = [str(path), "--target", target, "--save", str(folder / target)]
        assert job.main(command) == 0
    return table, folder


def test_a_model_that_is_kept_predicts_classes(kept, csv, capsys, tmp_path):
    table, folder = kept
    out = tmp_path / "predictions.csv"
    # Other columns, another order, and codes that look like numbers, as all of them are here.
    new = table[table["code"] != "x"][["number", "flag", "day", "code", "size"]]
    assert job.main([csv(new), "--load", str(folder / "class"), "--out", str(out)]) == 0
    assert capsys.readouterr().out == f"Saved {out}: {len(new)} predictions\n"
    predictions = pd.read_csv(out)
    names = ["prediction", "probability of big", "probability of small"]
    assert list(predictions) == names
    model = pickle.loads((folder / "class").read_bytes())
    expected = model.predict_proba(new.assign(day=new["day"], code=new["code"].astype(str)))
    np.testing.assert_allclose(predictions[names[1:]], expected)
    assert (predictions["prediction"] == table["class"][new.index].to_numpy()).mean() > 0.8


def test_a_model_that_is_kept_predicts_numbers_on_stdout(kept, csv, capsys):
    table, folder = kept
    assert job.main([csv(table), "--load", str(folder / "number")]) == 0
    predictions = pd.read_csv(io.StringIO(capsys.readouterr().out))
    assert list(predictions) == ["prediction", "spread of the members"]
    assert len(predictions) == len(table)
    assert np.corrcoef(predictions["prediction"], table["number"])[0, 1] > 0.8
    assert (predictions["spread of the members"] > 0).all()


def test_what_a_model_cannot_use_is_refused(kept, csv, capsys, tmp_path):
    table, folder = kept
    load_class = ("--load", str(folder / "class"))
    line = refused(capsys, csv(table.drop(columns=["code", "size"])), *load_class)
    assert "lacks what the model was trained on: 'size', 'code'" in line
    line = refused(capsys, csv(table.assign(size="large")), *load_class)
    assert "column 'size' held numbers in training, and now 'large'" in line
    assert "has no rows" in refused(capsys, csv(table[:0]), *load_class)
    path = csv(table)
    assert "there is no file" in refused(capsys, path, "--load", str(tmp_path / "none"))
    assert "cannot read" in refused(capsys, path, "--load", str(tmp_path))
    broken = tmp_path / "broken.model"
    for content in (b"", b"no pickle", pickle.dumps({"a": 1}), pickle.dumps([1.0])[:9]):
        broken.write_bytes(content)
        assert "is no model that --save has kept" in refused(capsys, path, "--load", str(broken))
    missing = str(tmp_path / "none" / "p.csv")
    assert "there is no folder" in refused(capsys, path, *load_class, "--out", missing)
    assert "it is a folder" in refused(capsys, path, *load_class, "--out", str(tmp_path))


def test_a_model_is_the_same_in_python(kept, csv, tmp_path):
    table, folder = kept
    path, out = csv(table), tmp_path / "p.csv"
    assert job.main([path, "--load", str(folder / "class"), "--out", str(out)]) == 0
    again = pd.read_csv(path, skipinitialspace=True, na_values="?", dtype={"code": str})
    assert again["day"].dtype.kind != "M"
    assert again["flag"].dtype == bool
    model = pickle.loads((folder / "class").read_bytes())
    probabilities = pd.read_csv(out).filter(like="probability")
    np.testing.assert_allclose(model.predict_proba(again), probabilities)


def test_classes_that_are_numbers_stay_numbers(csv, capsys, tmp_path):
    table = pd.DataFrame({"a": np.arange(40.0), "y": np.repeat([1, 2], 20)})
    path = csv(table)
    assert job.main([path, "--target", "y", "--save", str(tmp_path / "y.model")]) == 0
    model = pickle.loads((tmp_path / "y.model").read_bytes())
    assert model.score(table, table["y"]) > 0.9


def test_a_cell_that_is_no_date_does_not_change_the_folds(csv, capsys):
    rng = np.random.default_rng(0)
    days = pd.date_range("2024-01-01", periods=60).astype(str).to_series(index=range(60))
    table = pd.DataFrame({"a": rng.normal(size=60), "day": days, "y": np.arange(60) % 2})
    table.loc[7, "day"] = "unknown"
    assert job.main([csv(table), "--target", "y"]) == 0
    out = capsys.readouterr().out
    assert "ignored, as nearly every row differs, or none does: day\n" in out
    assert "nan" not in out


def test_a_column_of_which_only_missing_cells_tell_is_named(csv, capsys):
    table = pd.DataFrame({"a": np.arange(40) % 7, "leak": np.where(np.arange(40) % 2, 5.0, np.nan)})
    assert job.main([csv(table.assign(y=np.arange(40) % 2)), "--target", "y"]) == 0
    assert "  whether missing: leak (20 missing)\n" in capsys.readouterr().out


def test_a_model_of_ones_own(csv, capsys, tmp_path):
    X = pd.DataFrame({"flag": [True, False] * 10, "size": np.arange(20.0)})
    model = TabularMLPClassifier(max_iter=2).fit(X, X["flag"])
    (tmp_path / "own.model").write_bytes(pickle.dumps(model))
    assert job.main([csv(X), "--load", str(tmp_path / "own.model")]) == 0
    assert capsys.readouterr().out.startswith("prediction,probability of False,probability of True")
    lengths = X.assign(flag=pd.to_timedelta(X["size"], unit="D"))
    (tmp_path / "own.model").write_bytes(pickle.dumps(model.fit(lengths, X["flag"])))
    line = refused(capsys, csv(lengths), "--load", str(tmp_path / "own.model"))
    assert "Column 'flag' held durations" in line


def test_categories_that_training_had_none_of_are_named(kept, csv, capsys):
    table, folder = kept
    new = table.assign(code="X", flag=table["flag"].astype(str).str.upper())
    assert job.main([csv(new), "--load", str(folder / "class")]) == 0
    err = capsys.readouterr().err
    assert err == (
        "scratchmlp: column 'code': 80 of 80 rows hold categories that training had none of: 'X'\n"
    )


def test_columns_can_be_left_out(table, csv, capsys):
    path = csv(table)
    assert list(load(path, "y", ignore=["signal", "day"]).X)[:2] == [
        "cost in $, with a $",
        "colour",
    ]
    assert "has no column 'Day'" in refused(capsys, path, "--target", "y", "--ignore", "Day")


def test_names_of_columns_do_not_matter(csv, capsys):
    """Encoders would name the column of where `a` is missing like the second one."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"a": rng.normal(size=40), "a_missing": rng.choice(["u", "v"], 40)})
    table["y"] = table["a"] > 0
    table.loc[::5, "a"] = np.nan
    assert job.main([csv(table), "--target", "y"]) == 0
    assert len(lines_of_models(capsys.readouterr().out)) == 4


def test_no_file_that_is_needed_is_written_over(kept, csv, capsys, tmp_path):
    table, folder = kept
    path, model = csv(table), str(folder / "class")
    before = (tmp_path / "data.csv").read_bytes(), (folder / "class").read_bytes()
    for command in (
        [path, "--target", "class", "--save", path],
        [path, "--load", model, "--out", f"{tmp_path}/../{tmp_path.name}/data.csv"],
        [path, "--load", model, "--out", model],
    ):
        assert "that file is needed" in refused(capsys, *command)
    picture = str(tmp_path / "one.png")
    command = [path, "--target", "class", "--save", picture, "--plot", picture]
    assert "that file is needed" in refused(capsys, *command)
    assert before == ((tmp_path / "data.csv").read_bytes(), (folder / "class").read_bytes())


def test_a_write_that_fails_leaves_what_was_there(kept, csv, capsys, monkeypatch, tmp_path):
    table, folder = kept
    path, out = csv(table), tmp_path / "p.csv"
    out.write_text("what was there")

    def fail(_, file, **__):
        file.write_text("half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", fail)
    line = refused(capsys, path, "--load", str(folder / "class"), "--out", str(out))
    assert line.endswith("p.csv: No space left on device\n")
    assert out.read_text() == "what was there"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["data.csv", "p.csv"]


@pytest.mark.skipif(sys.platform == "win32", reason="links and modes differ")
def test_links_modes_and_compression_of_a_file_are_kept(kept, csv, tmp_path):
    table, folder = kept
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    real.write_text("old")
    real.chmod(0o600)
    link.symlink_to(real)
    path, load_class = csv(table), ["--load", str(folder / "class")]
    assert job.main([path, *load_class, "--out", str(link)]) == 0
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o600
    assert job.main([path, *load_class, "--out", str(tmp_path / "p.csv.gz")]) == 0
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "p.csv.gz"), pd.read_csv(real))


def test_bars_in_a_terminal_and_dots_elsewhere(table, csv, capsys, monkeypatch, tmp_path):
    command = [csv(table), "--target", "y", "--save", str(tmp_path / "y.model")]
    assert job.main(command) == 0
    out, err = capsys.readouterr()
    names = (ENSEMBLES[0], TREES[0], LINEAR[0], CONSTANT)
    dots = "".join(f"scratchmlp: {name} .....\n" for name in names)
    assert err == f"{dots}scratchmlp: training the ensemble on all rows\n"
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert job.main(command) == 0
    with_bars, err = capsys.readouterr()
    assert "TabularMLPClassifier - member" in err
    assert ".." not in err
    assert without_times(with_bars) == without_times(out)
    model = pickle.loads((tmp_path / "y.model").read_bytes())
    assert not getattr(model, "_skl_callbacks", [])


def without_times(out):
    return re.sub(r"\d+\.\d+$", "", out, flags=re.M)


# Errors: status 2 and one line.


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "data.csv is empty"),
        (bytes(range(255, -1, -1)), "it is not UTF-8 text"),
        ("é,y\n1,2\n".encode("latin-1"), "it is not UTF-8 text"),
        ("a,y\n1,2\n".encode("utf-16"), "it is not UTF-8 text"),
        (b"\x00\x01\n\x00", "has no column 'y'"),
        (b"a;y\n1;2\n", "Are its columns separated by commas?"),
        (b"a,y\n" + b"1,u,7\n2,v,8\n" * 9, "have more fields than its header. Are its columns"),
        (b"y,a,y\n" + b"u,1,u\nv,2,v\n" * 9, "has two columns named 'y'"),
        (b"a,y\n1,2\n1,2,3\n", "as CSV: Error tokenizing"),
        (b"a,y\n", "has no rows"),
        (b"y\nu\nv\n" * 9, "no column is left to predict from"),
        (b"a,y\n" + b",u\n,v\n" * 9, "no column is left to predict from"),
        (b"a,y\n" + b"1,\n" * 9, "column 'y' has no values"),
        (b"a,y\n" + b"1,u\n" * 9, "column 'y' is constant: every value is 'u'"),
        (b"a,y\n1,\n" + b"1,2\n" * 9, "column 'y' is constant: every value is '2"),
        (b"a,y\n1,u\n1,u\n1,u\n1,v\n1,w\n", "3 rows have one that occurs 3 times"),
        (b"a,y\n" + b"1,%d\n" * 9 % tuple(range(9)), "predicting numbers needs 10 rows"),
    ],
)
def test_table_is_refused(content, message, csv, capsys):
    assert message in refused(capsys, csv(content), "--target", "y")


@pytest.mark.parametrize("name", ["data.csv.gz", "data.csv.zip", "data.csv.xz", "data.csv.bz2"])
def test_broken_archive_is_refused(name, csv, capsys):
    path = csv(b"no archive", name)
    assert f"cannot read {path}" in refused(capsys, path, "--target", "y")


def test_missing_file_is_refused(tmp_path, capsys):
    assert "there is no file" in refused(capsys, f"{tmp_path}/none.csv", "--target", "y")
    assert f"cannot read {tmp_path}: Is a" in refused(capsys, str(tmp_path), "--target", "y")
    assert "there is no file" in refused(capsys, "https://example.org/data.csv", "--target", "y")


def test_file_without_permission_is_refused(csv, capsys, monkeypatch):
    def forbid(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(pd, "read_csv", forbid)
    path = csv(b"a,y\n1,2\n")
    assert f"cannot read {path}: Permission denied" in refused(capsys, path, "--target", "y")


def test_unknown_column_is_refused(table, csv, capsys):
    line = refused(capsys, csv(table), "--target", "Y")
    assert "no column 'Y'; it has 'signal', " in line
    assert line.endswith("'y'.\n")
    wide = pd.DataFrame(np.ones((3, 60)), columns=[f"c{i}" for i in range(60)])
    assert refused(capsys, csv(wide), "--target", "y").endswith("'c19' and 40 more.\n")


def test_arguments_are_refused(csv, capsys):
    path = csv(b"a,y\n1,2\n")
    assert "--target COLUMN" in refused(capsys, path)
    assert "name your table" in refused(capsys, "--target", "y")
    assert "name your table" in refused(capsys, "--load", "y.model")
    assert "need a model: --load" in refused(capsys, path, "--target", "y", "--out", "p.csv")
    assert "leave --target" in refused(capsys, path, "--target", "y", "--load", "y.model")
    assert "invalid choice: 'guess'" in refused(capsys, path, "--task", "guess")
    assert "unrecognized arguments: --bogus" in refused(capsys, "--bogus")


def test_picture_is_refused(tmp_path, capsys, monkeypatch):
    assert "ends in .png, .svg, .pdf" in refused(capsys, "--plot", "curve.xyz")
    assert "there is no folder" in refused(capsys, "--plot", str(tmp_path / "none" / "curve.png"))
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert "pip install matplotlib" in refused(capsys, "--plot", "curve.png")


# The process.


def test_help_and_version(capsys):
    with pytest.raises(SystemExit, match="0"):
        job.main(["--help"])
    assert "python -m scratchmlp customers.csv --target churned" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="0"):
        job.main(["--version"])
    assert capsys.readouterr().out == f"scratchmlp {scratchmlp.__version__}\n"


@pytest.mark.skipif(sys.platform == "win32", reason="signals differ")
def test_interrupt():
    with subprocess.Popen(COMMAND, stderr=subprocess.PIPE, text=True) as process:
        process.stderr.readline()
        process.send_signal(signal.SIGINT)
        err = process.stderr.read()
    assert process.returncode == 130
    assert err.endswith("scratchmlp: interrupted\n")
    assert "Traceback" not in err


def test_reader_that_leaves():
    with subprocess.Popen(
        COMMAND, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        process.stdout.close()
        err = process.stderr.read()
    assert process.returncode == 1
    assert all(line.startswith("scratchmlp: ") for line in err.splitlines())
