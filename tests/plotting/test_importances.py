import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.utils import Bunch

from scratchmlp import ScratchMLPClassifier
from scratchmlp.plotting import ImportancesDisplay
from scratchmlp.tabular import TabularMLPRegressor

pytestmark = pytest.mark.filterwarnings(
    "ignore::scratchmlp.tabular.MisleadingDataWarning"
)  # few rows


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


def result(n=5, **changed):
    """Importances of n columns, of which each matters less than the one before."""
    importances = np.linspace(1, 0, n)[:, None] + [[-0.01, 0.0, 0.04]]
    names = [f"column {i}" for i in range(n)]
    found = {"importances": importances, "names": names, "scoring": "r2", "correlated": []}
    return Bunch(**found | changed)


def labels_of(ax):
    return [label.get_text() for label in ax.get_yticklabels()]


def test_bars_are_sorted_means_and_dots_are_repeats():
    found = result()
    order = [2, 0, 4, 1, 3]
    names = [found.names[i] for i in order]
    shuffled = result(importances=found.importances[order], names=names, scoring="auc")
    display = ImportancesDisplay.from_importances(shuffled)
    widths = [bar.get_width() for bar in display.bars_]
    np.testing.assert_allclose(widths, found.importances.mean(axis=1))
    assert labels_of(display.ax_) == found.names
    dots = display.dots_.get_offsets()
    np.testing.assert_allclose(dots[:, 0], found.importances.ravel())
    assert display.ax_.yaxis_inverted()
    assert display.ax_.get_xlabel() == "auc gets worse by"
    loss = ImportancesDisplay.from_importances(result(scoring="neg_log_loss"))
    assert loss.ax_.get_xlabel() == "log-loss gets worse by"
    assert display.ax_.get_title() == ""
    display.figure_.canvas.draw()


def test_only_the_largest_are_drawn_and_the_title_counts_the_others():
    display = ImportancesDisplay.from_importances(result(30))
    assert len(display.bars_) == 20
    mean = result(30).importances.mean(axis=1)[20]
    assert display.ax_.get_title() == f"10 more columns: at most {mean:.2g}"
    display.plot(max_columns=29)
    assert display.ax_.get_title() == "1 more column: at most 0.01"
    nothing = result(4, importances=np.array([[1.0], [-0.2], [0.0], [-0.1]]))
    others = ImportancesDisplay.from_importances(nothing, max_columns=1)
    assert others.ax_.get_title() == "3 more columns: 0"
    _, ax = plt.subplots()
    display.plot(ax, max_columns=3, bar_kw={"color": "red"})
    assert display.ax_ is ax
    assert len(display.bars_) == 3
    for n_columns in (0, -1):
        with pytest.raises(ValueError, match=f"max_columns == {n_columns}, must be >= 1"):
            display.plot(max_columns=n_columns)


def test_correlated_columns_are_marked_with_the_most_correlated_one():
    pairs = [("column 0", "column 3", 0.8), ("column 3", "column 1", 0.9)]
    display = ImportancesDisplay.from_importances(result(correlated=pairs))
    texts = [text.get_text() for text in display.ax_.texts]
    assert texts == [
        "shared with column 3 (0.80)", "shared with column 3 (0.90)", "shared with column 1 (0.90)",
    ]  # fmt: skip
    colors = [bar.get_facecolor() for bar in display.bars_]
    assert colors[0] == colors[1] == colors[3] != colors[2] == colors[4]


def test_long_names_are_shortened_and_dollars_are_no_formulas():
    display = ImportancesDisplay.from_importances(result(2, names=["$a$ in $", "b" * 99]))
    assert labels_of(display.ax_) == ["$a$ in $", "b" * 31 + "…"]
    display.figure_.canvas.draw()


def test_from_estimator_measures_for_estimators_of_tables():
    X = np.random.default_rng(0).normal(size=(60, 3))
    model = TabularMLPRegressor(cv=2, max_iter=4, random_state=0).fit(X, X[:, 1])
    kwargs = {"columns": {"first": ["x0"], "rest": ["x1", "x2"]}, "random_state": 0}
    display = ImportancesDisplay.from_estimator(model, X, X[:, 1], n_repeats=2, **kwargs)
    assert labels_of(display.ax_) == ["rest", "first"]
    expected = model.oof_importances(X, X[:, 1], n_repeats=2, **kwargs).importances
    np.testing.assert_array_equal(display.importances, expected)
    message = r"one of scratchmlp\.tabular.*got ScratchMLPClassifier.*last step"
    with pytest.raises(TypeError, match=message):
        ImportancesDisplay.from_estimator(ScratchMLPClassifier(), X, X[:, 1])
