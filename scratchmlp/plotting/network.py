"""The drawing of the units of a network and their connections."""

from collections.abc import Sequence
from itertools import pairwise
from numbers import Integral
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_scalar
from sklearn.utils._optional_dependencies import check_matplotlib_support

from scratchmlp.plotting.shared import COLORS, fitted_estimator
from scratchmlp.utils.names import shortened
from scratchmlp.utils.public import public

NEGATIVE, POSITIVE = COLORS[:2]
MAX_NAME_LENGTH = 23


@public("scratchmlp.plotting")
class NetworkDisplay:
    """A drawing of the network: layers are columns of units, and weights are lines between them.

    Color shows the sign of a weight, width and opacity its absolute value relative to the largest
    in the layer. The fill of a unit shows its bias. Create a display with `from_estimator`.

    Parameters
    ----------
    coefs : list of ndarray of shape (n_in, n_out)
        Weights of each layer.
    intercepts : list of ndarray of shape (n_out,)
        Biases of each layer, or zeros.
    feature_names, output_names : list of str
        Names of the inputs and of the outputs.

    Attributes
    ----------
    ax_, figure_ : matplotlib Axes, Figure
        The axes and their figure.
    edges_ : list of matplotlib LineCollection
        The lines, for each weight matrix.
    units_ : list of matplotlib EllipseCollection
        The units, for each layer.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from scratchmlp import ScratchMLPClassifier
    >>> from scratchmlp.plotting import NetworkDisplay
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> network = ScratchMLPClassifier((4,), solver="lbfgs", tol=0.01, random_state=0)
    >>> display = NetworkDisplay.from_estimator(network.fit(X, y))
    >>> [len(edges.get_segments()) for edges in display.edges_]
    [16, 12]
    """

    def __init__(
        self,
        *,
        coefs: Sequence[NDArray[Any]],
        intercepts: Sequence[NDArray[Any]],
        feature_names: Sequence[str],
        output_names: Sequence[str],
    ) -> None:
        self.coefs = coefs
        self.intercepts = intercepts
        self.feature_names = feature_names
        self.output_names = output_names

    @classmethod
    def from_estimator(
        cls, estimator: Any, *, feature_names: Any = None, ax: Any = None, **kwargs: Any
    ) -> Self:
        """Draw a fitted network.

        Parameters
        ----------
        estimator : estimator
            The fitted network.
        feature_names : array-like of shape (n_features,), default=None
            Names of the inputs. None takes `feature_names_in_` if the network has it, otherwise x0,
            x1, ...
        ax : matplotlib Axes, default=None
            Axes to draw on; see `plot`.
        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        NetworkDisplay
            The display, drawn.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the network is not fitted.
        TypeError
            If the estimator is not a network of this package.
        ValueError
            If the number of names is not the number of features.
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        network = fitted_estimator(estimator)
        n = network.n_features_in_
        if feature_names is None:
            feature_names = getattr(network, "feature_names_in_", [f"x{i}" for i in range(n)])
        listed = np.ndim(feature_names) == 1
        if not listed or len(feature_names) != n:
            got = f"{len(feature_names)} names" if listed else repr(feature_names)
            raise ValueError(
                f"feature_names must be a list with a name for each of the {n} features; got "
                f"{got}. Leave it out to number the features."
            )
        display = cls(
            coefs=[W.copy() for W in network.coefs_],
            intercepts=[b.copy() for b in network.intercepts_],
            feature_names=[str(name) for name in feature_names],
            output_names=_output_names(network),
        )
        return display.plot(ax, **kwargs)

    def plot(self, ax: Any = None, *, max_units: int = 12) -> Self:
        """Draw units and weights.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on. None creates a new figure. Names of inputs and outputs are to the left
            and right of `ax`; create the figure with ``layout="constrained"`` to reserve space for
            them.
        max_units : int, default=12
            Largest number of units to draw per layer. If a layer is larger, half of this number is
            drawn from its beginning and half from its end.

        Returns
        -------
        NetworkDisplay
            The display itself.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        import matplotlib.pyplot as plt

        check_scalar(max_units, "max_units", Integral, min_val=1)
        sizes = [len(self.coefs[0]), *(W.shape[1] for W in self.coefs)]
        if ax is None:
            _, ax = plt.subplots(figsize=(max(6.4, 1.5 * len(sizes)), 4.8), layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        layers = _place_layers(sizes, max_units)
        biases = [np.zeros(sizes[0]), *self.intercepts]
        self.edges_ = [
            self._draw_edges(W, *ends) for W, ends in zip(self.coefs, pairwise(layers), strict=True)
        ]
        self.units_ = [self._draw_units(*each) for each in zip(biases, layers, strict=True)]
        self._name_layers(layers)
        self._name_units(layers[0], self.feature_names, -0.5, "right")
        self._name_units(layers[-1], self.output_names, 0.5, "left")
        self._add_legend()
        ax.set(aspect="equal", xlim=(-0.5, layers[-1].x + 0.5), ylim=_limits(layers))
        ax.set_axis_off()
        return self

    def _draw_edges(self, W: NDArray[Any], start: "_Layer", end: "_Layer") -> Any:
        """Draw the weights between two layers, those of largest absolute value on top."""
        from matplotlib.collections import LineCollection

        strength = W[np.ix_(start.units, end.units)] / (np.abs(W).max() or 1.0)
        rows, columns = np.unravel_index(np.abs(strength).argsort(axis=None), strength.shape)
        strength = strength[rows, columns]
        edges = LineCollection(
            list(np.stack([start.positions()[rows], end.positions()[columns]], axis=1)),
            colors=_signed_colors(strength),
            linewidths=0.3 + 2.2 * np.abs(strength),
            zorder=1,
        )
        return self.ax_.add_collection(edges, autolim=False)

    def _draw_units(self, bias: NDArray[Any], layer: "_Layer") -> Any:
        """Draw the units of a layer, filled by bias, and three dots for units not drawn."""
        from matplotlib.collections import EllipseCollection

        diameter = np.full(len(layer.units), 0.64)
        units = EllipseCollection(
            diameter,
            diameter,
            0 * diameter,
            units="xy",
            offsets=layer.positions(),
            offset_transform=self.ax_.transData,
            facecolors=_signed_colors(bias[layer.units] / (np.abs(bias).max() or 1.0)),
            edgecolors="0.2",
            linewidths=0.9,
            zorder=2,
        )
        if layer.gap is not None:
            dots = layer.gap + np.array([-0.2, 0.0, 0.2])
            self.ax_.plot(np.full(3, layer.x), dots, ".", color="0.2", markersize=4)
        return self.ax_.add_collection(units, autolim=False)

    def _name_layers(self, layers: Sequence["_Layer"]) -> None:
        """Write the name and the number of units above each layer."""
        names = ["input", *(f"hidden {i}" for i in range(1, len(layers) - 1)), "output"]
        for name, layer in zip(names, layers, strict=True):
            n = f"{len(layer.units)} of {layer.size}" if layer.gap is not None else layer.size
            top = _limits(layers)[1] + 0.1
            self.ax_.text(layer.x, top, f"{name}\n{n}", ha="center", va="bottom", fontsize="small")

    def _name_units(self, layer: "_Layer", names: Sequence[str], offset: float, side: str) -> None:
        """Write the names of the units of a layer beside them."""
        for unit, (x, y) in zip(layer.units, layer.positions(), strict=True):
            name = shortened(names[unit], MAX_NAME_LENGTH)
            self.ax_.text(x + offset, y, name, ha=side, va="center", parse_math=False)

    def _add_legend(self) -> None:
        """Add a legend for the colors of the two signs."""
        from matplotlib.lines import Line2D

        handles = [
            Line2D([], [], color=color, lw=2.5, marker="o", ms=8, markeredgecolor="0.2")
            for color in (POSITIVE, NEGATIVE)
        ]
        labels = ["positive weight or bias", "negative weight or bias"]
        self.ax_.legend(handles, labels, loc="upper center", bbox_to_anchor=(0.5, 0), ncols=2)


class _Layer(NamedTuple):
    """A layer in the drawing.

    Attributes
    ----------
    size : int
        Number of units of the layer.
    units : ndarray of shape (n_drawn,)
        Indices of the units that are drawn.
    x : float
        x coordinate of the layer.
    y : ndarray of shape (n_drawn,)
        y coordinate of each unit that is drawn.
    gap : float or None
        y coordinate of the dots for the other units; None if all units are drawn.
    """

    size: int
    units: NDArray[np.intp]
    x: float
    y: NDArray[Any]
    gap: float | None

    def positions(self) -> NDArray[np.float64]:
        """Return the coordinates (x, y) of each unit that is drawn."""
        return np.column_stack([np.full(len(self.y), self.x), self.y])


def _place_layers(sizes: Sequence[int], max_units: int) -> list[_Layer]:
    """Place the layers side by side, further apart if they are larger."""
    tallest = max(min(size, max_units + 1) for size in sizes)
    width = max(4, tallest) * max(0.4, 1.4 / (len(sizes) - 1))
    return [_place_layer(size, max_units, width * i) for i, size in enumerate(sizes)]


def _place_layer(size: int, max_units: int, x: float) -> _Layer:
    """Choose the units to draw, and place them at a distance of 1, centered at y = 0."""
    slots = np.arange(min(size, max_units + 1))
    y = (len(slots) - 1) / 2 - slots
    if size <= max_units:
        return _Layer(size, slots, x, y, None)
    gap = (max_units + 1) // 2
    units = np.r_[:gap, size - max_units + gap : size]
    return _Layer(size, units, x, np.delete(y, gap), y[gap])


def _limits(layers: Sequence[_Layer]) -> tuple[float, float]:
    """Return the y coordinates of the lower and the upper end of the tallest layer."""
    half = max(len(layer.y) + (layer.gap is not None) for layer in layers) / 2
    return -half, half


def _output_names(network: Any) -> list[str]:
    """Return the names of the outputs: their classes, or else "y", or "y0", "y1", ...

    A single output for two classes has the name of the second class.
    """
    classes, n = list(getattr(network, "classes_", [])), network.n_outputs_
    if n == 1 and classes:
        classes = classes[-1:]
    if len(classes) != n:
        classes = ["y"] if n == 1 else [f"y{i}" for i in range(n)]
    return [str(name) for name in classes]


def _signed_colors(strength: NDArray[Any]) -> NDArray[np.float64]:
    """Return an RGB color for each number from -1 to 1: white at 0, pure at -1 and 1."""
    from matplotlib.colors import to_rgb

    color = np.where(strength[:, np.newaxis] < 0, to_rgb(NEGATIVE), to_rgb(POSITIVE))
    return 1 - np.abs(strength)[:, np.newaxis] * (1 - color)
