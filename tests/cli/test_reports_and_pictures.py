"""The picture of --plot and the page of --report."""

import re
from contextlib import redirect_stderr, redirect_stdout
from io import BytesIO, TextIOWrapper

import numpy as np
import pandas as pd
import pytest

from scratchmlp.cli import main as command_line
from scratchmlp.cli import training
from tests.helpers.cli_output import BASELINE, ENSEMBLES, LINEAR, TREES, png_size, run
from tests.helpers.report_pages import Page

pytest.importorskip("jinja2")
pytestmark = pytest.mark.usefixtures("brief")
TARGETS = ["class", "number"]
#: What a page, whose readers need not know Python, calls the models.
IN_WORDS = {
    **dict.fromkeys(ENSEMBLES, "ensemble"),
    TREES: "gradient boosting",
    **dict(zip(LINEAR, ("logistic regression", "ridge regression"), strict=True)),
    BASELINE: BASELINE,
}
TWO_PANELS = 1800, 675


def page_in(path):
    return Page(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("target", TARGETS)
def test_a_page_on_the_ensemble(target, trained):
    out, err, path = trained[target].out, trained[target].err, trained[target].folder
    path /= "a report.html"
    assert out.endswith(f"Wrote a report on the ensemble, which shows rows of the table: {path}\n")
    assert re.search(rf"writing {re.escape(str(path))}\nscratchmlp: wall time: .*\n$", err)
    page = page_in(path)
    assert f"How well {target} can be predicted" in page.text
    metric, best = re.search(r"\nLowest (.*): (.*)\. Fit times", out).groups()
    best = IN_WORDS.get(best, best)
    verdict = rf"Of the models compared, (the )?{best} has the lowest {metric}\."
    assert len(re.findall(verdict, page.text)) == 1
    assert not [name for name in (*ENSEMBLES, TREES, *LINEAR) if name in page.text]
    assert len(re.findall("No simpler model|simplest model that is as good", page.text)) == 1
    origin = page.table("Origin")
    assert origin["Command"][0].startswith("python -m scratchmlp ")
    assert f" --target {target} --id key --seed 3 " in origin["Command"][0]
    assert f" --report '{path}' " in origin["Command"][0]
    assert origin["Random state of the report"] == ["3"]
    compared = page.table("Mean ± standard deviation over 3")
    number, parts = TARGETS.index(target), ("networks", "boosting", "extra trees")
    parts = [f"{name}, weight 0.33, part of the ensemble" for name in parts]
    models = [ENSEMBLES[number], *parts, TREES, LINEAR[number], BASELINE]
    assert [*compared] == [IN_WORDS.get(name, name) for name in models]
    for model, values in zip(models, compared.values(), strict=True):
        name = model.removesuffix(", part of the ensemble")
        line = next(line for line in out.splitlines() if name in line)
        assert all(value in " ".join(line.split()) for value in values)
    text_of_comparison = page.text.partition("Here, every model was trained again")[2]
    assert "so its scores and weights differ from those here." in text_of_comparison
    weights = [values[0] for values in page.table("The parts of the ensemble").values()]
    assert sum(weights) == pytest.approx(1)


@pytest.mark.usefixtures("uncompared", "undrawn")
@pytest.mark.parametrize(("target", "identified"), [("class", True), ("number", False)])
def test_rows_are_named_by_the_column_of_id(target, identified, trained, csv, tmp_path):
    """Identifiers may repeat, or be missing. Without them, rows have their number in the file."""
    path, n_missing = tmp_path / "y.html", 7
    table = trained[target].table[["size", target]]
    table = table.assign(key=[f"key {i // 2}" for i in range(80)])
    table.loc[: n_missing - 1, target] = None
    table.loc[20:23, "key"] = None
    options = ["--id" if identified else "--ignore", "key", "--model", "networks"]
    run(csv(table), "--target", target, *options, "--report", path)
    page, caption = page_in(path), "The worst mistakes"
    labels = table["key"].fillna("missing") if identified else table.index.astype(str).to_series()
    assert page.heads[caption][0] == ("key" if identified else "row, counted from 0")
    assert {row[0] for row in page.tables[caption]} <= {*labels[n_missing:]}
    column = page.heads[caption].index("true class" if target == "class" else "true value")
    for row in page.tables[caption]:
        known = table[target][list(labels == row[0])].dropna()
        assert row[column] in [v if target == "class" else pytest.approx(v) for v in known]


@pytest.mark.usefixtures("uncompared", "undrawn")
def test_a_page_names_the_options_that_help(csv, tmp_path):
    rng, path = np.random.default_rng(0), tmp_path / "y.html"
    y = rng.choice(["no", "yes"], 300)
    table = pd.DataFrame({"after": y, "weeks": rng.choice([1, 2, 3, 4, 999], 300), "y": y})
    run(csv(table), "--target", "y", "--model", "networks", "--report", path)
    page = page_in(path)
    box = page.text.partition("trust the scores. ")[2].partition(" How good is it? ")[0]
    assert box.startswith("Will you know after before you know y? The column after alone predicts")
    assert "If not, add --ignore 'after'. " in box
    assert "Does 999 in weeks mean that the value is missing?" in box
    assert box.endswith(" add --na 'weeks=999'.")
    assert "How well y can be predicted from" in page.text


@pytest.mark.parametrize("target", TARGETS)
def test_a_picture_says_how_right_predictions_are_and_what_matters(target, trained):
    out, err, picture = trained[target].out, trained[target].err, trained[target].folder / "y.PNG"
    assert "training the ensemble on all rows" in err
    assert f"\nscratchmlp: drawing {picture}\n" in err
    assert png_size(picture) == TWO_PANELS
    assert f"Saved the picture {picture} of out-of-fold predictions, each by a part of" in out
    lines = out.partition("Saved the picture")[2].partition("Wrote")[0].splitlines()
    assert max(map(len, lines[1:])) < 100
    shown = " ".join(lines)
    left = {
        "class": "Left: Mean predicted probability of small (horizontal)",
        "number": "Left: Each point is a row (all rows): its true value",
    }
    assert f" {left[target]}" in shown
    metric = {"class": "log-loss", "number": "R²"}[target]
    assert f" Right: How much worse the {metric} gets if the values of one column" in shown


PICTURES = [
    (["👍", "👎"], "y.png", b"\x89PNG"),
    (["$a$", "b", "c$"], "y.svg", b"<?xml"),
    (None, "y.pdf", b"%PDF"),
]


@pytest.mark.usefixtures("uncompared")
@pytest.mark.parametrize(("classes", "name", "start"), PICTURES)
def test_pictures_of_some_rows_and_of_names_without_a_glyph(classes, name, start, csv, tmp_path):
    x = np.random.default_rng(0).normal(size=60).round(3)
    table = pd.DataFrame({"x": x, "t": np.arange(60), "y": 3.5 * x})
    if classes:
        table["y"] = np.take(classes, np.digitize(x, [-0.5, 0.5]) % len(classes))
    options = ["--time", "t", "--model", "networks", "--plot", tmp_path / name]
    out, _ = run(csv(table), "--target", "y", *options)
    assert (tmp_path / name).read_bytes().startswith(start)
    several = "\nLeft: Mean predicted probability of the predicted class (horizontal)"
    assert (several in out) == (classes is not None and len(classes) > 2)


@pytest.mark.usefixtures("uncompared", "undrawn")
def test_a_page_in_the_order_of_time_beside_a_picture(csv, tmp_path, monkeypatch):
    """Importances are measured once for both. The first rows have no out-of-fold prediction."""
    calls, measure = [], training.importances_of
    monkeypatch.setattr(training, "importances_of", lambda e: calls.append(e) or measure(e))
    page, picture, x = tmp_path / "page.html", tmp_path / "y.png", np.arange(60.0)
    table = pd.DataFrame({"x": x % 7, "t": x, "y": x % 7})
    options = ["--time", "t", "--model", "networks", "--plot", picture, "--report", page]
    run(csv(table), "--target", "y", "--task", "regression", *options)
    assert len(calls) == 1
    n_left_out = re.search(r"(\d+) other rows could not be tested", page_in(page).text)
    assert int(n_left_out[1]) > 40


@pytest.mark.usefixtures("uncompared", "undrawn")
def test_what_is_printed_comes_before_the_steps_that_follow(trained, csv, tmp_path):
    """In a file for both streams, too, although stdout has a buffer."""
    both = BytesIO()
    out, err = TextIOWrapper(both, "utf-8"), TextIOWrapper(both, "utf-8", write_through=True)
    arguments = [csv(trained["class"].table[["size", "class"]]), "--target", "class"]
    arguments += ["--model", "networks", "--save", str(tmp_path / "y.model")]
    arguments += ["--plot", str(tmp_path / "y.png"), "--report", str(tmp_path / "y.html")]
    with redirect_stdout(out), redirect_stderr(err):
        assert command_line.main(arguments) == 0
    order = ["Predicting", "split 1 of", "Mean ±", "training", "Saved the networks", "measuring"]
    order += ["drawing", "Saved the picture", "writing", "Wrote a report"]
    text = both.getvalue().decode()
    assert sorted(order, key=text.index) == order
