import functools
import sys
from copy import deepcopy
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from sklearn.datasets import load_digits, load_iris
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.plotting import NetworkDisplay, TrainingCurveDisplay, WeightsDisplay
from scratchmlp.plotting.network import NEGATIVE, POSITIVE
from scratchmlp.tabular import TabularEnsembleRegressor, TabularMLPRegressor
from scratchmlp.tabular.ensemble import fit as ensembles
from tests.helpers.pictures import legend_of

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::scratchmlp.tabular.MisleadingDataWarning"),
]

SINGLE = [NetworkDisplay, WeightsDisplay]  # they draw a single network
DISPLAYS = [TrainingCurveDisplay, *SINGLE]
IRIS = load_iris(as_frame=True)
DIGITS = load_digits()
LABELS = {
    "loss": "loss",
    "validation_loss": "loss",
    "score": "validation\nscore",
    "learning_rate": "learning\nrate",
}


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


@functools.cache
def regressor(**settings):
    network = ScratchMLPRegressor(hidden_layer_sizes=(5,), max_iter=20, random_state=0, **settings)
    return network.fit(DIGITS.data[:200, :9] / 16, DIGITS.data[:200, 20:22] / 16)


@functools.cache
def iris_network(**settings):
    defaults = {"hidden_layer_sizes": (4,), "max_iter": 20, "random_state": 0}
    network = ScratchMLPClassifier(**{**defaults, **settings})
    return network.fit(IRIS.data, IRIS.target_names[IRIS.target])


@pytest.fixture(scope="module")
def digits_network():
    network = ScratchMLPClassifier((10, 6), max_iter=2, random_state=0)
    return network.fit(DIGITS.data[:200] / 16, DIGITS.target[:200])


def texts_of(ax):
    return [text.get_text() for text in ax.texts]


def dots_of(ax):
    return [tuple(line.get_xydata()[0]) for line in ax.lines if line.get_marker() == "o"]


# All displays.


LINEAR = LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])
NOT_FITTED = (NotFittedError, "not fitted yet")
REFUSED = [
    *[(Display, ScratchMLPClassifier(), *NOT_FITTED) for Display in DISPLAYS],
    (NetworkDisplay, make_pipeline(StandardScaler(), ScratchMLPRegressor()), *NOT_FITTED),
    (TrainingCurveDisplay, TabularMLPRegressor(), *NOT_FITTED),
    *[(Display, LINEAR, TypeError, "got LinearRegression. Pass the network") for Display in SINGLE],
    *[(Display, TabularMLPRegressor(), TypeError, "which has several") for Display in SINGLE],
    (TrainingCurveDisplay, LINEAR, TypeError, r"an estimator of scratchmlp\.tabular or a Pipeline"),
    *[(TrainingCurveDisplay, each, ValueError, "at least one fitted") for each in ([], {}, ())],
]


@pytest.mark.parametrize(("Display", "estimator", "error", "message"), REFUSED)
def test_estimators_that_cannot_be_drawn(Display, estimator, error, message):
    with pytest.raises(error, match=message):
        Display.from_estimator(estimator)


REFUSED_ARGUMENTS = [
    *[(Display, {"max_units": 0}, "max_units == 0, must be >= 1") for Display in SINGLE],
    (NetworkDisplay, {"feature_names": ["a", "b"]}, "each of the 64 features; got 2 names"),
    (NetworkDisplay, {"feature_names": 4}, "each of the 64 features; got 4"),
    (NetworkDisplay, {"feature_names": "abcd"}, "each of the 64 features; got 'abcd'"),
    *[
        (WeightsDisplay, {"image_shape": shape}, r"above 0 with a product of 64, .* got .*[48]")
        for shape in ((8, 9), (2, 4, 8), 8, (-8, -8), (8.0, 8.0), "88")
    ],
]


@pytest.mark.parametrize(("Display", "arguments", "message"), REFUSED_ARGUMENTS)
def test_arguments_that_are_refused(Display, arguments, message, digits_network):
    with pytest.raises(ValueError, match=message):
        Display.from_estimator(digits_network, **arguments)


@pytest.mark.parametrize("Display", DISPLAYS)
def test_matplotlib_is_required(Display, digits_network, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=f"{Display.__name__}.from_estimator requires matplotlib"):
        Display.from_estimator(digits_network)


@pytest.mark.parametrize("Display", DISPLAYS)
def test_given_axes_are_drawn_on_and_others_when_it_is_drawn_again(Display, digits_network):
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 5), layout="constrained")
    display = Display.from_estimator(digits_network, ax=right)
    assert display.figure_ is figure
    assert display.ax_ is right
    figure.canvas.draw()
    assert not left.has_data()
    places = [ax.get_position() for ax in figure.axes if ax is not left]
    assert all(place.x0 > left.get_position().x1 for place in places)
    if Display is TrainingCurveDisplay:
        assert all(upper.y0 > lower.y1 for upper, lower in pairwise(places))
    assert display.plot() is display
    assert display.figure_ is not figure
    assert len(display.figure_.axes) == len(figure.axes) - 1


@pytest.mark.parametrize("Display", [TrainingCurveDisplay, WeightsDisplay])
def test_axes_at_a_fixed_position_cannot_be_divided(Display):
    network = regressor(early_stopping=True)
    ax = plt.figure().add_axes((0.1, 0.1, 0.8, 0.8))
    with pytest.raises(ValueError, match="it must be part of a grid; got axes at the fixed"):
        Display.from_estimator(network, ax=ax)
    assert ax.has_data() is False


@pytest.mark.parametrize("settings", [{}, {"hidden_layer_sizes": ()}, {"max_iter": 1}])
def test_every_kind_of_network_is_drawn(settings):
    network = ScratchMLPClassifier(**{"hidden_layer_sizes": (3,), "max_iter": 20, **settings})
    model = make_pipeline(StandardScaler(), network)
    model.fit(DIGITS.data[:200, 18:22], DIGITS.target[:200] % 3)
    for Display in DISPLAYS:
        Display.from_estimator(model).figure_.canvas.draw()


# Training curves.


STOPPED = {"early_stopping": True, "learning_rate_init": 0.02}
CURVES = [
    (regressor, {"solver": "lbfgs"}, {"loss"}),
    (iris_network, STOPPED, {"loss", "validation_loss", "score"}),
    (iris_network, {"solver": "sgd", "learning_rate": "invscaling"}, {"loss", "learning_rate"}),
]


@pytest.mark.parametrize(("fit", "settings", "columns"), CURVES)
def test_curves_are_the_history_and_the_best_epoch_is_marked(fit, settings, columns):
    network = fit(**settings)
    display = TrainingCurveDisplay.from_estimator(network)
    display.figure_.canvas.draw()
    (lines,) = display.lines_.values()
    assert {*lines} == columns
    for column, line in lines.items():
        np.testing.assert_array_equal(line.get_xdata(), network.history_["epoch"])
        np.testing.assert_array_equal(line.get_ydata(), network.history_[column])
        assert line.axes.get_ylabel() == LABELS[column]
    assert list(dict.fromkeys(line.axes for line in lines.values())) == display.axes_
    assert display.ax_ is display.axes_[0]
    assert display.axes_[-1].get_xlabel() == "epoch"
    entries = ["training", *["validation"] * network.early_stopping]
    assert legend_of(display.ax_) == [*entries, f"best epoch ({network.best_epoch_})"]
    best = network.best_epoch_
    losses = [c for c in ("loss", "validation_loss") if c in columns]
    assert dots_of(display.ax_) == [(best, network.history_[c][best - 1]) for c in losses]
    if network.early_stopping:
        assert best < network.n_iter_
        assert dots_of(display.axes_[1]) == [(best, network.best_validation_score_)]


def test_validation_loss_is_dashed_and_nan_is_left_out():
    losses = {"loss": [3.0, 2.0, 1.0], "validation_loss": [4.0, 2.5, 3.0]}
    history = {"epoch": [1, 2, 3], **losses, "score": [np.nan] * 3, "learning_rate": [0.1] * 3}
    display = TrainingCurveDisplay(histories={"net": history}, best_epochs={"net": 2}).plot()
    lines = display.lines_["net"]
    assert list(lines) == ["loss", "validation_loss"]
    assert [line.get_linestyle() for line in lines.values()] == ["-", "--"]
    assert dots_of(display.ax_) == [(2, 2.0), (2, 2.5)]
    assert legend_of(display.ax_) == ["training", "validation", "best epoch (2)"]
    history["validation_loss"] = [np.nan] * 3
    assert list(display.plot().lines_["net"]) == ["loss"]
    history |= {column: [] for column in history}
    assert display.plot().lines_ == {"net": {}}


SCALES = [([1.0, 0.02], "linear"), ([1.0, 0.002], "log"), ([1.0, 0.0], "linear")]


@pytest.mark.parametrize(("losses", "scale"), SCALES)
def test_scale_of_the_loss(losses, scale):
    rates = [0.1, 1e-5]
    history = {"epoch": [1, 2], "loss": losses, "score": [1e-3, 1.0], "learning_rate": rates}
    display = TrainingCurveDisplay(histories={"net": history}, best_epochs={"net": 2}).plot()
    assert [ax.get_yscale() for ax in display.axes_] == [scale, "linear", "log"]
    for asked in ("linear", "log"):
        assert display.plot(loss_scale=asked).ax_.get_yscale() == asked


def test_networks_in_a_list_are_named_by_differing_parameters_and_have_their_own_color():
    networks = [iris_network(alpha=alpha, max_iter=2) for alpha in range(12)]
    display = TrainingCurveDisplay.from_estimator(networks)
    names = [f"alpha={alpha}" for alpha in range(12)]
    assert legend_of(display.ax_) == [*names, "best epoch"]
    for name, network in zip(names, networks, strict=True):
        np.testing.assert_array_equal(display.lines_[name]["loss"].get_ydata(), network.loss_curve_)
    colors = [line["loss"].get_color() for line in display.lines_.values()]
    assert len(np.unique(colors, axis=0)) == 12
    line_kw = {"c": "red", "lw": 3}
    twins = TrainingCurveDisplay.from_estimator((networks[0], networks[0]), line_kw=line_kw)
    assert list(twins.lines_) == ["network 1", "network 2"]
    line = twins.lines_["network 2"]["loss"]
    assert (line.get_color(), line.get_linewidth()) == ("red", 3)
    assert twins.ax_.get_legend().legend_handles[0].get_color() == "red"


def test_networks_in_a_dict_have_their_names():
    name = r"_$\frac$"  # a legend would hide a leading _, and the formula is invalid
    networks = {name: iris_network(early_stopping=True), "none": regressor()}
    display = TrainingCurveDisplay.from_estimator(networks)
    display.figure_.canvas.draw()
    assert legend_of(display.ax_) == [name, "none", "training", "validation", "best epoch"]
    columns = {each: list(lines) for each, lines in display.lines_.items()}
    assert columns == {name: ["loss", "validation_loss", "score"], "none": ["loss"]}


def test_long_names_leave_the_panels_their_width():
    """The legend is below all panels, and covers no label."""
    history = {"epoch": [1, 2], "loss": [2.0, 1.0], "score": [0.5, 0.6]}
    names = [f"{i}: {'a long name ' * 9}" for i in range(6)]
    histories, best_epochs = dict.fromkeys(names, history), dict.fromkeys(names, 2)
    display = TrainingCurveDisplay(histories=histories, best_epochs=best_epochs).plot()
    display.figure_.canvas.draw()
    places = [ax.get_position() for ax in display.axes_]
    assert all(place.width > 0.85 for place in places)
    assert sum(place.height for place in places) > 0.4
    (legend,) = display.figure_.legends
    legend, label = legend.get_window_extent(), display.axes_[-1].xaxis.label.get_window_extent()
    assert legend.y1 < label.y0
    assert legend.x1 < display.figure_.bbox.x1


def test_ticks_of_a_logarithmic_loss_are_numbers_without_formulas():
    history = {"epoch": [1, 2], "loss": [1.0, 1e-4]}
    display = TrainingCurveDisplay(histories={"net": history}, best_epochs={"net": 2}).plot()
    ticks = {tick.get_text() for tick in display.ax_.get_yticklabels()}
    assert {"1", "0.01", "0.0001"} <= ticks


def test_curves_do_not_change_with_later_training():
    network = deepcopy(iris_network())
    display = TrainingCurveDisplay.from_estimator(network)
    network.partial_fit(IRIS.data, IRIS.target_names[IRIS.target])
    assert len(display.plot().ax_.lines[0].get_xdata()) == 20 < len(network.loss_curve_)


# Networks.


def test_units_and_weights_are_drawn():
    network = iris_network(hidden_layer_sizes=(4, 2))
    display = NetworkDisplay.from_estimator(network)
    assert [len(units.get_offsets()) for units in display.units_] == [4, 4, 2, 3]
    assert [len(edges.get_segments()) for edges in display.edges_] == [16, 8, 6]
    names = list(IRIS.feature_names)
    layers = ["input\n4", "hidden 1\n4", "hidden 2\n2", "output\n3"]
    assert texts_of(display.ax_) == [*layers, *names, "setosa", "versicolor", "virginica"]
    assert not display.ax_.axison


def test_edges_show_sign_and_size():
    network = iris_network()
    display = NetworkDisplay.from_estimator(network)
    ends = pairwise(display.units_)
    for W, edges, (start, end) in zip(network.coefs_, display.edges_, ends, strict=True):
        rank = np.abs(W).argsort(axis=None)
        strength = W.flat[rank] / np.abs(W).max()
        rows, columns = np.unravel_index(rank, W.shape)
        lines = np.stack([start.get_offsets()[rows], end.get_offsets()[columns]], axis=1)
        np.testing.assert_array_equal(edges.get_segments(), lines)
        assert (np.diff(edges.get_linewidths()) >= 0).all()
        warm = edges.get_colors()[:, 0] > edges.get_colors()[:, 2]
        np.testing.assert_array_equal(warm, strength > 0)
        strongest = to_rgb(POSITIVE if strength[-1] > 0 else NEGATIVE)
        np.testing.assert_allclose(edges.get_colors()[-1, :3], strongest)


def test_units_are_filled_by_their_biases():
    network = deepcopy(iris_network())
    network.intercepts_[0] = [0.0, 2.0, -1.0, 1.0]
    inputs, hidden, _ = NetworkDisplay.from_estimator(network).units_
    white = np.ones(3)
    np.testing.assert_array_equal(inputs.get_facecolors()[:, :3], np.tile(white, (4, 1)))
    half = [(white + to_rgb(color)) / 2 for color in (NEGATIVE, POSITIVE)]
    np.testing.assert_allclose(hidden.get_facecolors()[:, :3], [white, to_rgb(POSITIVE), *half])
    without = NetworkDisplay.from_estimator(iris_network(fit_intercept=False))
    assert all((units.get_facecolors() == 1).all() for units in without.units_)


@pytest.mark.parametrize("max_units", [1, 5, 6])
def test_large_layers_are_abridged(max_units, digits_network):
    display = NetworkDisplay.from_estimator(digits_network, max_units=max_units)
    sizes = [64, 10, 6, 10]
    shown = [min(size, max_units) for size in sizes]
    assert [len(units.get_offsets()) for units in display.units_] == shown
    n_edges = [start * end for start, end in pairwise(shown)]
    assert [len(edges.get_segments()) for edges in display.edges_] == n_edges
    counts = [str(n) if n <= max_units else f"{max_units} of {n}" for n in sizes]
    assert [text.split("\n")[1] for text in texts_of(display.ax_)[:4]] == counts
    first, last = -(-max_units // 2), max_units // 2
    names = [f"x{i}" for i in [*range(first), *range(64 - last, 64)]]
    assert texts_of(display.ax_)[4 : 4 + max_units] == names
    assert len(display.ax_.lines) == sum(size > max_units for size in sizes)
    for units in display.units_:
        assert (np.diff(units.get_offsets()[:, 1]) <= -1).all()


ROWS = DIGITS.data[:10, 18:21]


OUTPUTS = [
    (ScratchMLPClassifier, ["no", "yes"] * 5, ["yes"]),
    (ScratchMLPClassifier, ["b", "c" * 30] * 4 + ["a", "$"], ["$", "a", "b", "c" * 23 + "…"]),
    (ScratchMLPClassifier, ["one"] * 10, ["one"]),
    (ScratchMLPClassifier, np.eye(5)[[*range(5)] * 2], list("01234")),
    (ScratchMLPRegressor, ROWS[:, 0], ["y"]),
    (ScratchMLPRegressor, ROWS[:, :2], ["y0", "y1"]),
]


@pytest.mark.parametrize(("Estimator", "y", "names"), OUTPUTS)
def test_outputs_are_named_by_classes_or_numbers_and_features_as_given(Estimator, y, names):
    network = Estimator(hidden_layer_sizes=(2,), max_iter=2).fit(ROWS, y)
    display = NetworkDisplay.from_estimator(network, feature_names=["a", "b", 4])
    assert texts_of(display.ax_)[3:] == ["a", "b", "4", *names]


# Weights of the first layer.


def test_images_are_the_weights(digits_network):
    display, W = WeightsDisplay.from_estimator(digits_network), digits_network.coefs_[0]
    for unit, image in enumerate(display.images_):
        assert image.axes is display.axes_.flat[unit]
        np.testing.assert_array_equal(image.get_array(), W[:, unit].reshape(8, 8))
        assert image.get_clim() == (-np.abs(W).max(), np.abs(W).max())
    assert len(display.images_) == 10
    assert display.axes_.shape == (2, 5)
    assert display.colorbar_.ax.get_ylabel() == "weight"
    settings = {"image_shape": np.array([4, 16]), "max_units": 3, "im_kw": {"cmap": "PuOr"}}
    display = WeightsDisplay.from_estimator(digits_network, **settings)
    assert [image.get_array().shape for image in display.images_] == [(4, 16)] * 3
    assert display.images_[0].get_clim()[1] == np.abs(W[:, :3]).max()
    assert display.images_[0].get_cmap().name == "PuOr"
    assert [ax.axison for ax in display.axes_.flat] == [True, True, True, False]
    assert display.colorbar_.ax.get_ylabel() == "weight (3 of 10 units)"
    zeros = WeightsDisplay(coefs=np.zeros((4, 2)), image_shape=(2, 2)).plot()
    assert zeros.images_[0].get_clim() == (-1, 1)


def test_image_shape_is_required_if_features_do_not_fill_a_square():
    network = ScratchMLPRegressor(max_iter=1).fit(DIGITS.data[:20, :30], DIGITS.target[:20])
    with pytest.raises(ValueError, match=r"product of 30, .* got none, and .* fill a square"):
        WeightsDisplay.from_estimator(network)


# Estimators for tables.


@pytest.fixture(scope="module")
def tabular_networks():
    return TabularMLPRegressor(cv=2, max_iter=5, hidden_layer_sizes=4, random_state=0).fit(
        DIGITS.data[:60, 18:21], DIGITS.data[:60, 20]
    )


def test_each_member_of_an_ensemble_has_a_curve(tabular_networks):
    display = TrainingCurveDisplay.from_estimator(tabular_networks)
    assert list(display.histories) == ["member 0", "member 1"]
    history = tabular_networks.history_
    for number, name in enumerate(display.histories):
        own = history["member"] == number
        line = display.lines_[name]["validation_loss"]
        np.testing.assert_array_equal(line.get_xdata(), np.arange(1, 6))
        np.testing.assert_array_equal(line.get_ydata(), history["validation_loss"][own])
    assert list(display.best_epochs.values()) == tabular_networks.best_epochs_.tolist()
    assert legend_of(display.ax_)[:2] == ["member 0", "member 1"]
    assert len(display.axes_) == 2
    display.figure_.canvas.draw()


def test_curves_of_networks_and_trees(tabular_networks, monkeypatch):
    monkeypatch.setattr(ensembles, "without_negligible", lambda weights, *arguments: weights)
    X, y = DIGITS.data[:60, 18:21], DIGITS.data[:60, 20]
    parts = [
        ("networks", TabularMLPRegressor(hidden_layer_sizes=4, max_iter=2)),
        ("wide", TabularMLPRegressor(hidden_layer_sizes=9, max_iter=2)),
        ("trees", ExtraTreesRegressor(2)),
    ]
    settings = {"cv": 2, "random_state": 0}
    ensemble = TabularEnsembleRegressor(parts[::2], **settings)
    display = TrainingCurveDisplay.from_estimator(make_pipeline("passthrough", ensemble.fit(X, y)))
    assert list(display.histories) == ["member 0", "member 1"]
    ensemble = TabularEnsembleRegressor(parts, **settings).fit(X, y)
    display = TrainingCurveDisplay.from_estimator({"all": ensemble, "alone": tabular_networks})
    names = ("all, networks", "all, wide", "alone")
    assert list(display.histories) == [f"{name}, member {i}" for name in names for i in range(2)]
    trees = TabularEnsembleRegressor(parts[2:], **settings).fit(X, y)
    with pytest.raises(ValueError, match=r"has no networks, only 'trees'\. Add a"):
        TrainingCurveDisplay.from_estimator(trees)
