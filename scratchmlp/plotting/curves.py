"""The plot of loss, score and learning rate by epoch."""

from collections.abc import Iterator, Mapping, Sequence
from textwrap import fill
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils._optional_dependencies import check_matplotlib_support

from scratchmlp.plotting.shared import COLORS, fitted_estimator, grid_cell
from scratchmlp.tabular.base import BaseTabular
from scratchmlp.tabular.ensemble.ensemble import networks_in
from scratchmlp.utils.public import public

LONGEST = 24  # characters of names in a legend beside the panels
LINE = 80  # characters of a line in a legend below them


@public("scratchmlp.plotting")
class TrainingCurveDisplay:
    """The training of networks: loss, validation score and learning rate by epoch.

    The training loss is solid and the validation loss dashed. A dot marks the best epoch. Each
    member of an estimator for tables has a curve. Create a display with `from_estimator`.

    Parameters
    ----------
    histories : dict of dict
        The `history_` of each network, by name.
    best_epochs : dict of int
        The `best_epoch_` of each network, by name.

    Attributes
    ----------
    ax_, axes_ : matplotlib Axes, list of matplotlib Axes
        The panel of the loss; all panels, from top to bottom.
    figure_ : matplotlib Figure
        The figure.
    lines_ : dict of dict of matplotlib Line2D
        The curves: ``lines_[name]["loss"]``.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from scratchmlp import ScratchMLPClassifier
    >>> from scratchmlp.plotting import TrainingCurveDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> network = ScratchMLPClassifier(learning_rate_init=0.01, early_stopping=True, random_state=0)
    >>> display = TrainingCurveDisplay.from_estimator(network.fit(X / 16, y))
    >>> display.ax_.get_ylabel(), len(display.axes_)
    ('loss', 2)
    """

    def __init__(
        self, *, histories: Mapping[str, Mapping[str, Any]], best_epochs: Mapping[str, int]
    ) -> None:
        self.histories = histories
        self.best_epochs = best_epochs

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Any = None, **kwargs: Any) -> Self:
        """Draw the training curves of one or several networks.

        Parameters
        ----------
        estimator : estimator, or dict, list or tuple of estimators
            The fitted networks, estimators for tables, or Pipelines that end in one. The keys of a
            dict are their names. Those in a list are named by the parameters in which they differ.
        ax : matplotlib Axes, default=None
            Axes to draw on; see `plot`.
        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        TrainingCurveDisplay
            The display, drawn.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If a network is not fitted.
        TypeError
            If an estimator is not one of this package.
        ValueError
            If there is no estimator, or an ensemble has no networks.
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        histories, best_epochs = {}, {}
        fitted = _fitted_by_name(estimator)
        is_named = len(fitted) > 1 or isinstance(estimator, Mapping)
        for name, each in fitted.items():
            for endings, history, best_epoch in _curves(each):
                label = ", ".join([name, *endings] if is_named or not endings else endings)
                histories[label], best_epochs[label] = history, best_epoch
        return cls(histories=histories, best_epochs=best_epochs).plot(ax, **kwargs)

    def plot(
        self, ax: Any = None, *, loss_scale: str = "auto", line_kw: dict[str, Any] | None = None
    ) -> Self:
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on. None creates a new figure. If there are several panels, they divide the
            space of `ax`, which becomes the top panel. With several networks, the legend is to the
            right of `ax`, or at the bottom of the figure if a name is long; create the figure with
            ``layout="constrained"`` to reserve space for it.
        loss_scale : {'auto', 'linear', 'log'}, default='auto'
            Scale of the loss. 'auto' is logarithmic if the largest loss is more than a hundred
            times the smallest.
        line_kw : dict, default=None
            Keyword arguments for ``Axes.plot``, for every curve.

        Returns
        -------
        TrainingCurveDisplay
            The display itself.

        Raises
        ------
        ValueError
            If there are several panels and `ax` is not part of a grid, so that it cannot be
            divided.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        import matplotlib.pyplot as plt
        from matplotlib.ticker import MaxNLocator

        panels = self._panels(loss_scale)
        if ax is None:
            n_names = len(self.histories)
            height = 3.6 + 1.2 * len(panels) + (0.25 * n_names if self._has_long_names() else 0)
            size = 6.4 if n_names == 1 else 8.0, height
            _, ax = plt.subplots(figsize=size, layout="constrained")
        self.axes_ = _stack_panels(ax, len(panels))
        self.ax_, self.figure_ = ax, ax.figure
        self.lines_: dict[str, dict[str, Any]] = {name: {} for name in self.histories}
        for panel, (label, columns, scale) in zip(self.axes_, panels, strict=True):
            for column in columns:
                self._draw(panel, column, line_kw)
            panel.set(ylabel=label, yscale=_choose_scale(panel) if scale == "auto" else scale)
            if panel.get_yscale() == "log":
                panel.yaxis.set_major_formatter("{x:g}")  # needs no formulas, unlike the default
            panel.label_outer()
        last = self.axes_[-1]
        last.set_xlabel("epoch")
        last.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        last.xaxis.set_major_formatter("{x:,.0f}")
        self._add_legend()
        return self

    def _panels(self, loss_scale: str) -> list[tuple[str, tuple[str, ...], str]]:
        """Return the label, columns and scale of each panel that has values to draw."""
        panels = [
            ("loss", ("loss", "validation_loss"), loss_scale),
            ("validation\nscore", ("score",), "linear"),
            ("learning\nrate", ("learning_rate",), "auto"),
        ]
        return [panel for panel in panels if self._has_values(panel[1])] or panels[:1]

    def _has_values(self, columns: Sequence[str]) -> bool:
        """Return whether a network has values in these columns; a learning rate must change."""
        values = [self._values(name, column) for name in self.histories for column in columns]
        n_required = 2 if "learning_rate" in columns else 1
        return any(len(np.unique(each)) >= n_required for each in values)

    def _values(self, name: str, column: str) -> NDArray[np.float64]:
        """Return a column of a network's history, or an empty array if all values are NaN."""
        values = np.asarray(self.histories[name].get(column, []), dtype=np.float64)
        return values[:0] if np.isnan(values).all() else values

    def _draw(self, panel: Any, column: str, line_kw: dict[str, Any] | None) -> None:
        """Draw a column of the history of every network, with a dot at the best epoch."""
        from matplotlib.cbook import normalize_kwargs
        from matplotlib.lines import Line2D

        given = normalize_kwargs(line_kw or {}, Line2D)
        for (name, history), color in zip(self.histories.items(), self._colors(), strict=True):
            values, epochs = self._values(name, column), np.asarray(history["epoch"])
            if not len(values):
                continue
            style = {"color": color, "linestyle": "--" if column == "validation_loss" else "-"}
            (line,) = panel.plot(epochs, values, **(style | given))
            self.lines_[name][column] = line
            best = epochs == self.best_epochs[name]
            if column != "learning_rate":
                panel.plot(epochs[best], values[best], "o", color=line.get_color())

    def _colors(self) -> Sequence[Any]:
        """Return a color for each network, from a colormap if there are more than in COLORS."""
        import matplotlib

        n = len(self.histories)
        if n <= len(COLORS):
            return COLORS[:n]
        return list(matplotlib.colormaps["viridis"](np.linspace(0, 0.9, n)))

    def _add_legend(self) -> None:
        """Add a legend for dashed lines, dots and, if there are several networks, their colors."""
        from matplotlib.lines import Line2D

        lines = [(name, line) for name in self.lines_ for line in self.lines_[name].values()]
        colors = {name: line.get_color() for name, line in lines}
        several = len(self.histories) > 1
        dashed = any("validation_loss" in columns for columns in self.lines_.values())
        grey = "0.3" if several else next(iter(colors.values()), "0.3")
        entries = [(name, {"color": color}) for name, color in colors.items() if several]
        if dashed or not several:
            entries.append(("training", {"color": grey}))
        if dashed:
            entries.append(("validation", {"color": grey, "linestyle": "--"}))
        best = "best epoch" if several else f"best epoch ({next(iter(self.best_epochs.values()))})"
        entries.append((best, {"color": grey, "linestyle": "", "marker": "o"}))
        handles = [Line2D([], [], label=fill(label, LINE), **style) for label, style in entries]
        if self._has_long_names():
            legend = self.figure_.legend(
                handles=handles, loc="outside lower left", fontsize="small"
            )
        else:  # several curves leave no free corner
            beside = {"loc": "upper left", "bbox_to_anchor": (1, 1)}
            legend = self.ax_.legend(handles=handles, **(beside if several else {}))
        for text in legend.get_texts():
            text.set_parse_math(False)

    def _has_long_names(self) -> bool:
        """Return whether names are so long that a legend beside the panels would displace them."""
        return len(self.histories) > 1 and max(map(len, self.histories)) > LONGEST


def _fitted_by_name(estimator: Any) -> dict[str, Any]:
    """Return fitted estimators by name, given one, a list or a dict of them."""
    given = estimator if isinstance(estimator, Mapping | list | tuple) else [estimator]
    if not given:
        raise ValueError(f"Pass at least one fitted estimator; got {estimator!r}.")
    values = given.values() if isinstance(given, Mapping) else given
    fitted = [fitted_estimator(each, or_tabular=True) for each in values]
    names = map(str, given) if isinstance(given, Mapping) else _names_of(fitted)
    return dict(zip(names, fitted, strict=True))


def _curves(estimator: Any) -> Iterator[tuple[list[str], Mapping[str, Any], int]]:
    """Yield the names, the history and the best epoch of each network in an estimator."""
    is_tabular = isinstance(estimator, BaseTabular)
    networks = networks_in(estimator) if is_tabular else {"": estimator}
    if not networks:
        parts = ", ".join(map(repr, estimator.named_estimators_))
        raise ValueError(
            f"The ensemble has no networks, only {parts}. Add a TabularMLPClassifier or "
            "TabularMLPRegressor to its estimators."
        )
    for name, network in networks.items():
        names, history = [name] if len(networks) > 1 else [], network.history_
        if "member" not in history:
            yield names, history, network.best_epoch_
            continue
        for number, best_epoch in enumerate(network.best_epochs_.tolist()):
            own = history["member"] == number
            columns = {column: values[own] for column, values in history.items()}
            yield [*names, f"member {number}"], columns, best_epoch


def _names_of(networks: Sequence[Any]) -> list[str]:
    """Return the parameters in which networks differ as their names, or else number them."""
    settings = [network.get_params(deep=False) for network in networks]
    values = [{key: repr(value) for key, value in each.items()} for each in settings]
    differ = [key for key in values[0] if len({each.get(key) for each in values}) > 1]
    names = [", ".join(f"{key}={each.get(key)}" for key in differ) for each in values]
    if all(names) and len(set(names)) == len(names):
        return names
    return [f"network {i + 1}" for i in range(len(networks))]


def _stack_panels(ax: Any, n_panels: int) -> list[Any]:
    """Divide the space of axes among panels, one below the other; the axes become the first."""
    if n_panels == 1:
        return [ax]
    heights = [3, *[1.2] * (n_panels - 1)]
    grid = grid_cell(ax).subgridspec(n_panels, 1, height_ratios=heights)
    ax.set_subplotspec(grid[0])
    return [ax, *(ax.figure.add_subplot(grid[i], sharex=ax) for i in range(1, n_panels))]


def _choose_scale(ax: Any) -> str:
    """Return "log" if the curves are positive and span more than a factor of 100."""
    values = np.concatenate([line.get_ydata() for line in ax.lines] or [[1.0]])
    low, high = np.nanmin(values), np.nanmax(values)
    return "log" if low > 0 and high > 100 * low else "linear"
