"""The plot of the importance of columns."""

from collections.abc import Sequence
from numbers import Integral
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_scalar
from sklearn.utils._optional_dependencies import check_matplotlib_support

from scratchmlp.arrays import FloatArray
from scratchmlp.plotting.shared import COLORS
from scratchmlp.tabular.base import BaseTabular
from scratchmlp.utils.names import shortened
from scratchmlp.utils.public import public

MAX_NAME_LENGTH = 31
MAX_PARTNER_LENGTH = 15  # of a name beside a bar, which would displace the bars
#: What scores measure, in words, by the name of the scorer.
SCORES = {"neg_log_loss": "log-loss", "r2": "R²", "neg_root_mean_squared_error": "RMSE"}


@public("scratchmlp.plotting")
class ImportancesDisplay:
    """The importance of the columns of a table: a bar for each, the largest first.

    A bar is the mean over the repeats, and a dot one repeat. Bars of strongly correlated columns
    may be too short: they are paler, beside the name of the other column. Create a display with
    `from_estimator` or `from_importances`.

    Parameters
    ----------
    importances : ndarray of shape (n_columns, n_repeats)
        Importance of each column in each repeat.
    names : list of str
        Names of the columns.
    scoring : str
        Name of the scorer.
    correlated : list of tuple of (str, str, float), default=()
        Pairs of correlated columns, and their correlation.

    Attributes
    ----------
    ax_, figure_, bars_, dots_ : matplotlib Axes, Figure, BarContainer, PathCollection
        What is drawn; bars from top to bottom.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from scratchmlp.plotting import ImportancesDisplay
    >>> from scratchmlp.tabular import TabularMLPRegressor
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> regressor = TabularMLPRegressor(cv=4, max_iter=48, random_state=0).fit(X, y)
    >>> display = ImportancesDisplay.from_estimator(regressor, X, y, random_state=0)
    >>> display.ax_.get_xlabel()
    'R² gets worse by'
    """

    def __init__(
        self,
        *,
        importances: FloatArray,
        names: Sequence[str],
        scoring: str,
        correlated: Sequence[tuple[str, str, float]] = (),
    ) -> None:
        self.importances = importances
        self.names = names
        self.scoring = scoring
        self.correlated = correlated

    @classmethod
    def from_estimator(
        cls, estimator: Any, X: Any, y: Any, *, ax: Any = None, max_columns: int = 20, **kwargs: Any
    ) -> Self:
        """Measure and draw the importance of columns.

        Parameters
        ----------
        estimator : estimator
            A fitted estimator for raw tables, such as
            :class:`~scratchmlp.tabular.TabularEnsembleClassifier`.
        X, y : DataFrame or array-like
            The table and the targets that were passed to `fit`, with the same rows in the same
            order.
        ax : matplotlib Axes, default=None
            Axes to draw on; see `plot`.
        max_columns : int, default=20
            Largest number of bars; see `plot`.
        **kwargs : dict
            Passed to `oof_importances`, such as `columns`, `scoring` and `random_state`.

        Returns
        -------
        ImportancesDisplay
            The display, drawn.

        Raises
        ------
        TypeError
            If the estimator is not one for raw tables.
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        if not isinstance(estimator, BaseTabular):
            raise TypeError(
                "The estimator must be one of scratchmlp.tabular, such as TabularEnsembleClassifier"
                f"; got {type(estimator).__name__}. Pass the estimator inside it, such as the last "
                "step of a Pipeline. For others, pass the importances that scikit-learn's "
                "permutation_importance measures to ImportancesDisplay, and call `plot`."
            )
        return cls.from_importances(estimator.oof_importances(X, y, **kwargs), ax, max_columns)

    @classmethod
    def from_importances(cls, result: Any, ax: Any = None, max_columns: int = 20) -> Self:
        """Draw importances that were measured before.

        Parameters
        ----------
        result : Bunch
            Result of `oof_importances`.
        ax : matplotlib Axes, default=None
            Axes to draw on; see `plot`.
        max_columns : int, default=20
            Largest number of bars; see `plot`.

        Returns
        -------
        ImportancesDisplay
            The display, drawn.
        """
        names = ("importances", "names", "scoring", "correlated")
        return cls(**{name: result[name] for name in names}).plot(ax, max_columns=max_columns)

    def plot(
        self, ax: Any = None, *, max_columns: int = 20, bar_kw: dict[str, Any] | None = None
    ) -> Self:
        """Draw the bars.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on. None creates a new figure.
        max_columns : int, default=20
            Largest number of bars. The columns that matter most are drawn, and the title says how
            many are not.
        bar_kw : dict, default=None
            Keyword arguments for ``Axes.barh``.

        Returns
        -------
        ImportancesDisplay
            The display itself.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        import matplotlib.pyplot as plt

        check_scalar(max_columns, "max_columns", Integral, min_val=1)
        means = self.importances.mean(axis=1)
        order = np.argsort(-means, kind="stable")[:max_columns]
        if ax is None:
            _, ax = plt.subplots(figsize=(7.2, 1.4 + 0.28 * len(order)), layout="constrained")
        partners = self._partners()
        labels = [shortened(self.names[i], MAX_NAME_LENGTH) for i in order]
        colors = ["#9CC9E3" if self.names[i] in partners else COLORS[0] for i in order]
        places = np.arange(len(order))
        self.bars_ = ax.barh(places, means[order], **({"color": colors} | (bar_kw or {})))
        repeated = np.repeat(places, self.importances.shape[1])
        self.dots_ = ax.scatter(self.importances[order].ravel(), repeated, 7, "black", zorder=3)
        ax.axvline(0, color="0.3", linewidth=0.8)
        ax.set_yticks(places, labels, parse_math=False)
        ax.set_ylim(len(order) - 0.4, -0.6)
        ax.set_xlabel(f"{SCORES.get(self.scoring, self.scoring)} gets worse by")
        self._write_partners(ax, order, partners)
        if len(order) < len(means):
            n_left, largest = len(means) - len(order), np.sort(means)[: -len(order)].max()
            columns = "1 more column" if n_left == 1 else f"{n_left} more columns"
            most = f": at most {largest:.2g}" if largest > 0 else ": 0"
            ax.set_title(columns + most, fontsize="medium")
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _partners(self) -> dict[str, tuple[str, float]]:
        """Return the column with which each correlated column is most correlated."""
        partners: dict[str, tuple[str, float]] = {}
        for one, other, correlation in sorted(self.correlated, key=lambda pair: -pair[2]):
            partners.setdefault(one, (other, correlation))
            partners.setdefault(other, (one, correlation))
        return partners

    def _write_partners(
        self, ax: Any, order: NDArray[np.intp], partners: dict[str, tuple[str, float]]
    ) -> None:
        """Write beside a bar with what its column is correlated."""
        for place, i in enumerate(order):
            if self.names[i] in partners:
                name, correlation = partners[self.names[i]]
                ax.annotate(
                    f"shared with {shortened(name, MAX_PARTNER_LENGTH)} ({correlation:.2f})",
                    (max(self.importances[i].max(), 0), place),
                    (6, 0),
                    textcoords="offset points",
                    va="center",
                    fontsize="small",
                    color="0.3",
                    parse_math=False,
                )
