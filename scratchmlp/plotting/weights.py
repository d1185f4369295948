"""The weights of the first layer as images."""

from collections.abc import Sequence
from math import isqrt
from numbers import Integral
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_scalar
from sklearn.utils._optional_dependencies import check_matplotlib_support

from scratchmlp.plotting.shared import fitted_estimator, grid_cell
from scratchmlp.utils.public import public


@public("scratchmlp.plotting")
class WeightsDisplay:
    """The weights of the first layer as images, one for each hidden unit.

    The features must be the pixels of an image, row by row. All images share one color scale.
    Create a display with `from_estimator`.

    Parameters
    ----------
    coefs : ndarray of shape (n_features, n_units)
        Weights of the first layer.
    image_shape : tuple of two int
        Height and width of the images.

    Attributes
    ----------
    ax_, axes_ : matplotlib Axes, ndarray of matplotlib Axes
        The axes that the images replace; the grid of images, row by row.
    figure_, colorbar_ : matplotlib Figure, Colorbar
        The figure, and the color scale.
    images_ : list of matplotlib AxesImage
        The images.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from scratchmlp import ScratchMLPClassifier
    >>> from scratchmlp.plotting import WeightsDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> network = ScratchMLPClassifier((6,), solver="lbfgs", tol=0.01, random_state=0)
    >>> display = WeightsDisplay.from_estimator(network.fit(X / 16, y))
    >>> [image.get_array().shape for image in display.images_[:2]]
    [(8, 8), (8, 8)]
    """

    def __init__(self, *, coefs: NDArray[Any], image_shape: tuple[int, int]) -> None:
        self.coefs = coefs
        self.image_shape = image_shape

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        image_shape: tuple[int, int] | None = None,
        ax: Any = None,
        **kwargs: Any,
    ) -> Self:
        """Draw the weights of a fitted network's first layer.

        Parameters
        ----------
        estimator : estimator
            The fitted network. If it has no hidden layers, there is an image for each output.
        image_shape : tuple of two int, default=None
            Height and width of the images. None takes square images.
        ax : matplotlib Axes, default=None
            Axes to draw on; see `plot`.
        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        WeightsDisplay
            The display, drawn.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the network is not fitted.
        TypeError
            If the estimator is not a network of this package.
        ValueError
            If the number of features is not the number of pixels.
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        network = fitted_estimator(estimator)
        n, got = network.n_features_in_, f"{image_shape}"
        if image_shape is None:
            image_shape, got = (isqrt(n), isqrt(n)), "none, and the features do not fill a square"
        shape = tuple(np.ravel(image_shape).tolist())
        whole = len(shape) == 2 and all(isinstance(side, int) and side > 0 for side in shape)
        if not whole or shape[0] * shape[1] != n:
            raise ValueError(
                "image_shape must be (height, width), two whole numbers above 0 with a product of "
                f"{n}, the number of features; got {got}."
            )
        display = cls(coefs=network.coefs_[0].copy(), image_shape=shape)
        return display.plot(ax, **kwargs)

    def plot(
        self, ax: Any = None, *, max_units: int = 64, im_kw: dict[str, Any] | None = None
    ) -> Self:
        """Draw the images.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes that the grid of images replaces. None creates a new figure.
        max_units : int, default=64
            Largest number of units to draw. If there are more, the first ones are drawn.
        im_kw : dict, default=None
            Keyword arguments for ``Axes.imshow``, for every image.

        Returns
        -------
        WeightsDisplay
            The display itself.

        Raises
        ------
        ValueError
            If `ax` is not part of a grid, so that it cannot be divided.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        import matplotlib.pyplot as plt

        check_scalar(max_units, "max_units", Integral, min_val=1)
        n = self.coefs.shape[1]
        shown = min(n, max_units)
        # Among the grids that are about square or wider, take the one with the fewest empty cells.
        columns = min(range(isqrt(shown - 1) + 1, 2 * isqrt(shown) + 1), key=lambda c: -shown % c)
        rows = -(-shown // columns)
        if ax is None:
            side = np.sqrt(self.image_shape)
            height, width = 0.75 * side / side[::-1] + (0.25, 0.1)  # with space for a title
            size = 1.4 + width * columns, max(1.8, 0.3 + height * rows)
            _, ax = plt.subplots(figsize=size, layout="constrained")
        self.axes_ = grid_cell(ax).subgridspec(rows, columns).subplots(squeeze=False)
        self.ax_, self.figure_ = ax, ax.figure
        self.images_ = self._draw(self.axes_.flat, shown, im_kw or {})
        self.colorbar_ = self.figure_.colorbar(
            self.images_[0],
            ax=self.axes_.ravel().tolist(),
            label="weight" if shown == n else f"weight ({shown} of {n} units)",
        )
        for empty in [ax, *self.axes_.flat[shown:]]:
            empty.set_axis_off()
        return self

    def _draw(self, axes: Sequence[Any], shown: int, im_kw: dict[str, Any]) -> list[Any]:
        largest = np.abs(self.coefs[:, :shown]).max() or 1.0
        style = {"cmap": "RdBu_r", "vmin": -largest, "vmax": largest, **im_kw}
        images = []
        for unit, (panel, weights) in enumerate(zip(axes, self.coefs.T[:shown], strict=False)):
            images.append(panel.imshow(weights.reshape(self.image_shape), **style))
            panel.set_title(unit, fontsize="x-small", pad=2)
            panel.set(xticks=[], yticks=[])
        return images
