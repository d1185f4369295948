"""The picture of --plot and the page of --report."""

import re
import sys

import numpy as np
import pandas as pd
import pytest
from all_parts import all_parts
from cli_output import png_size
from report_pages import Page

from scratchmlp.cli import main as command_line

pytest.importorskip("jinja2")


@pytest.fixture(scope="module")
def few_rows():
    """Measure with few rows."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name in ("importances", "dependence", "uncertainty"):
            monkeypatch.setattr(f"scratchmlp.reporting.{name}.MOST_ROWS", 20)
        yield


@pytest.mark.usefixtures("brief", "few_rows")
@pytest.mark.parametrize("target", ["y", "signal"])
def test_a_page_on_the_ensemble(target, table, csv, capsys, tmp_path):
    table = table[["signal", "cost in $, with a $", "colour", "day", "infinite", "y"]]
    path = tmp_path / "a report.html"
    command = [csv(table), "--target", target, "--seed", "3", "--report", str(path)]
    with all_parts():
        assert command_line.main(command) == 0
    out, err = capsys.readouterr()
    assert out.endswith(f"Wrote a report on the ensemble: {path}\n")
    assert err.endswith(f"writing {path}\n")
    page = Page(path.read_text(encoding="utf-8"))
    text = " ".join("".join(page.texts).split())
    assert f"How well {target} can be predicted" in text
    best, metric = re.search(r"\n(?:Lowest|Highest) (.*): (.*)\. Fit times", out).groups()[::-1]
    assert f"{best} has the lowest {metric}." in text
    origin = page.table("Origin")
    assert origin["Command"][0].startswith("python -m scratchmlp ")
    assert origin["Command"][0].endswith(f"--target {target} --seed 3 --report '{path}'")
    assert origin["Random state of the report"] == ["3"]
    compared = page.table("Mean ± standard deviation over 5")
    assert len(compared) == 7
    for name, values in compared.items():
        name = name.removesuffix(" (part of the ensemble)")
        line = next(line for line in out.splitlines() if name in line)
        assert all(value in " ".join(line.split()) for value in values)
    text_of_comparison = text.partition("Here, every model was trained again")[2]
    assert "so its scores and weights differ from those here." in text_of_comparison
    weights = [values[0] for values in page.table("The parts of the ensemble").values()]
    assert sum(weights) == pytest.approx(1)


@pytest.mark.usefixtures("brief", "few_rows")
@pytest.mark.parametrize("target", ["y", "signal"])
@pytest.mark.parametrize("identified", [True, False])
def test_rows_are_named_by_the_column_that_identifies_them(
    target, identified, table, csv, tmp_path
):
    """Identifiers may repeat, or be missing. Without them, rows have their number in the file."""
    path, n_missing = tmp_path / "y.html", 7
    table = table[["signal", "colour", "y"]].assign(key=[f"key {i // 2}" for i in range(60)])
    table.loc[: n_missing - 1, target] = None
    table.loc[20:23, "key"] = None
    option = "--id" if identified else "--ignore"
    command = [csv(table), "--target", target, option, "key", "--model", "networks"]
    assert command_line.main([*command, "--report", str(path)]) == 0
    page = Page(path.read_text(encoding="utf-8"))
    caption = "The worst mistakes"
    labels = table["key"].fillna("missing") if identified else table.index.astype(str).to_series()
    assert page.heads[caption][0] == ("key" if identified else "row, counted from 0")
    assert {row[0] for row in page.tables[caption]} <= {*labels[n_missing:]}
    column = page.heads[caption].index("true class" if target == "y" else "true value")
    for row in page.tables[caption]:
        known = table[target][list(labels == row[0])].dropna()
        assert row[column] in [v if target == "y" else pytest.approx(v) for v in known]


@pytest.mark.usefixtures("brief", "few_rows")
def test_rows_in_the_order_of_time(table, csv, capsys, tmp_path):
    path = tmp_path / "y.html"
    table = table[["signal", "day", "y"]]
    options = ["--time", "day", "--model", "networks", "--report", str(path)]
    assert command_line.main([csv(table), "--target", "y", *options]) == 0
    text = " ".join(" ".join(Page(path.read_text(encoding="utf-8")).texts).split())
    n_left_out = re.search(r"(\d+) other rows have no out-of-fold prediction", text)
    assert int(n_left_out[1]) > 40


def test_what_cannot_be_written_is_refused_before_the_work(saved, csv, refused, tmp_path):
    path = csv(saved.table)
    command = [path, "--target", "class", "--report"]
    assert "Its name must end in .html" in refused(*command, "report.pdf")
    assert "there is no folder" in refused(*command, str(tmp_path / "none" / "r.html"))
    same = str(tmp_path / "same.html")
    assert "another argument names the same" in refused(*command, same, "--save", same)
    load = [path, "--load", str(saved.class_model), "--report", same]
    assert "Remove --report" in refused(*load)
    assert "--report needs a table. Add DATA.csv" in refused("--report", same)


def test_a_missing_package_is_named_before_the_work(saved, csv, refused, monkeypatch):
    monkeypatch.setattr("scratchmlp.extras.find_spec", lambda name: None)
    line = refused(csv(saved.table), "--target", "class", "--report", "r.html")
    assert "--report needs jinja2 and matplotlib" in line
    assert 'pip install "scratchmlp[report]"' in line


# Pictures.

TWO_PANELS = 1800, 675


def shown(out):
    """What the command line says about a picture, on one line."""
    lines = out.partition("Saved the picture")[2].splitlines()
    assert max(map(len, lines[1:])) < 100
    return " ".join(lines)


@pytest.mark.usefixtures("brief", "few_rows")
@pytest.mark.parametrize(
    ("target", "left"),
    [
        ("y", "Left: Mean predicted probability of no (horizontal)"),
        ("colour", "Left: Mean predicted probability of the predicted class (horizontal)"),
        ("infinite", "Left: Each point is a row (all rows): its true value"),
    ],
)
def test_a_picture_says_how_right_predictions_are_and_what_matters(
    target, left, table, csv, capsys, tmp_path
):
    table = table[["signal", "cost in $, with a $", "colour", "day", "infinite", "y"]]
    table = table.assign(y=table["y"].replace("$yes$", "$a$"), colour=table["colour"].fillna("$x$"))
    table["infinite"] = np.arange(60.0)
    picture = tmp_path / "picture.PNG"
    assert command_line.main([csv(table), "--target", target, "--plot", str(picture)]) == 0
    out, err = capsys.readouterr()
    assert "training the ensemble on all rows" in err
    assert err.endswith(f"drawing {picture}\n")
    assert png_size(picture) == TWO_PANELS
    assert f" {left}" in shown(out)
    metric = "R²" if target == "infinite" else "log-loss"
    assert f" Right: How much worse the {metric} gets if the values of one column" in shown(out)


@pytest.mark.usefixtures("brief", "few_rows")
@pytest.mark.parametrize("y", ["👍", 3.5])
def test_rows_that_no_member_holds_out_and_names_without_a_glyph(y, csv, tmp_path):
    """With --time, the first rows have no out-of-fold prediction."""
    x = np.random.default_rng(0).normal(size=60).round(3)
    table = pd.DataFrame({"x": x, "z": x**2, "t": np.arange(60)})
    table["y"] = np.where(x > 0, y, "👎") if isinstance(y, str) else y * x
    picture = tmp_path / "picture.png"
    command = [csv(table), "--target", "y", "--time", "t", "--plot", str(picture)]
    assert command_line.main(command) == 0
    assert png_size(picture) == TWO_PANELS


@pytest.mark.usefixtures("brief", "few_rows")
@pytest.mark.parametrize(("ending", "start"), [("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_other_formats_beside_a_page(ending, start, table, csv, tmp_path, monkeypatch):
    """Importances are measured once for both."""
    calls = []
    measure = command_line.importances_of
    monkeypatch.setattr(command_line, "importances_of", lambda e: calls.append(e) or measure(e))
    path, page = tmp_path / f"y.{ending}", tmp_path / "y.html"
    command = [csv(table[["signal", "y"]]), "--target", "y", "--plot", str(path)]
    assert command_line.main([*command, "--report", str(page)]) == 0
    assert path.read_bytes().startswith(start)
    assert len(calls) == 1


def test_picture_is_refused(tmp_path, refused, monkeypatch):
    assert "end in .png, .svg or .pdf" in refused("--plot", "curve.xyz")
    assert "there is no folder" in refused("--plot", str(tmp_path / "none" / "curve.png"))
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert "--plot needs matplotlib" in refused("--plot", "curve.png")
