"""Pictures: their panels, and what is refused."""

import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from cli_output import lines_of_models, png_size
from sklearn.datasets import load_wine

from scratchmlp.cli import figures
from scratchmlp.cli import main as command_line
from scratchmlp.cli.figures import most_related

TWO_PANELS, ONE_PANEL = (1800, 675), (900, 675)


@pytest.fixture(autouse=True)
def coarse_grid(monkeypatch):
    """Predict fewer points; the run on Iris draws the whole grid."""
    monkeypatch.setattr(figures, "GRID", 30)


@pytest.mark.usefixtures("brief")
def test_two_classes_get_calibration_and_a_boundary(table, csv, capsys, tmp_path):
    picture = tmp_path / "calibration.png"
    assert command_line.main([csv(table), "--target", "y", "--plot", str(picture)]) == 0
    err = capsys.readouterr().err
    assert "training the ensemble on all rows" in err
    assert err.endswith(f"drawing {picture}\n")
    assert png_size(picture) == TWO_PANELS


@pytest.mark.usefixtures("brief")
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


@pytest.mark.usefixtures("brief")
def test_three_classes_get_a_picture(csv, tmp_path):
    picture = tmp_path / "calibration.png"
    X, y = load_wine(return_X_y=True, as_frame=True)
    path = csv(X.iloc[:, :3].assign(y=y))
    assert command_line.main([path, "--target", "y", "--plot", str(picture)]) == 0
    assert png_size(picture) == TWO_PANELS


@pytest.mark.usefixtures("brief")
def test_a_table_without_numbers_gets_one_panel(table, csv, capsys, tmp_path):
    picture = tmp_path / "calibration.png"
    table = table[["colour", "key", "y"]]
    assert command_line.main([csv(table), "--target", "y", "--plot", str(picture)]) == 0
    assert len(lines_of_models(capsys.readouterr().out)) == 4
    assert png_size(picture) == ONE_PANEL


@pytest.mark.usefixtures("brief")
def test_regression_gets_two_panels(table, csv, tmp_path):
    picture = tmp_path / "errors.png"
    table = table.assign(y=np.arange(60.0))
    assert command_line.main([csv(table), "--target", "y", "--plot", str(picture)]) == 0
    assert png_size(picture) == TWO_PANELS


@pytest.mark.parametrize(
    ("n_rows", "n_shown", "which"),
    [
        (40, 40, "of all 40 rows that"),
        (4000, 1000, "of 1,000 random rows out of 4,000 that"),
    ],
)
def test_errors_are_drawn_once_and_the_text_says_of_which_rows(n_rows, n_shown, which):
    from matplotlib.figure import Figure

    prediction = np.r_[np.nan, np.arange(n_rows)]  # with --time, the first row has none
    y = 2 * prediction
    axes = Figure().subplots(1, 2)
    text = figures._plot_errors(axes, SimpleNamespace(oof_prediction_=prediction), y)
    assert which in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= figures.WIDTH
    for ax, factor in zip(axes, (2, 1), strict=True):
        drawn, vertical = ax.collections[0].get_offsets().T
        assert len(drawn) == len(np.unique(drawn)) == n_shown
        np.testing.assert_array_equal(vertical, factor * drawn)


@pytest.mark.parametrize(("n_classes", "n_named"), [(3, 3), (12, 12), (30, 20)])
def test_the_legend_names_the_most_frequent_classes(n_classes, n_named):
    from matplotlib.figure import Figure

    codes = np.concatenate([np.arange(n_classes), [n_classes - 1] * 5])
    classes = np.array([f"$c{k:02d}$" for k in range(n_classes)])
    ax = Figure().subplots()
    points = ax.scatter(codes, codes, c=codes, cmap="viridis")
    figures._add_legend(ax, points, classes, classes[codes])
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == sorted(names)
    assert len(names) == n_named
    assert names[-1] == classes[-1]
    title = ax.get_legend().get_title().get_text()
    assert title == ("the 20 most frequent\nof 30 classes" if n_classes == 30 else "")


def test_the_columns_that_differ_most_between_classes():
    y = np.repeat([0, 1], 20)
    noise = np.random.default_rng(0).normal(size=(40, 2))
    X = pd.DataFrame({"noise": noise[:, 0], "weak": noise[:, 1] + 2 * y, "exact": y, "text": "x"})
    assert list(most_related(X.assign(constant=1.0), y)) == ["exact", "weak"]
    assert most_related(X[["noise", "text"]], y) is None


def test_picture_is_refused(tmp_path, refused, monkeypatch):
    assert "end in .png, .svg or .pdf" in refused("--plot", "curve.xyz")
    assert "there is no folder" in refused("--plot", str(tmp_path / "none" / "curve.png"))
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert "pip install matplotlib" in refused("--plot", "curve.png")
