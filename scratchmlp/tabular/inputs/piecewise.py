"""Piecewise linear encoding of numbers, which makes it easy for a network to fit steps and bends.

An edge between two bins is the midpoint of two neighboring distinct values of a column, u_k and
u_(k+1). Both strategies choose a *cut*, the position k, from the order of the values alone, so that
neither scale nor outliers affect the choice.
"""

from dataclasses import KW_ONLY, dataclass
from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn.utils import Tags
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted, validate_data

from scratchmlp.arrays import FloatArray
from scratchmlp.estimators.mixins import PickledWithVersion
from scratchmlp.estimators.scaling import exponents
from scratchmlp.estimators.validation import check_weights
from scratchmlp.tabular.reading.values import LARGEST, Floats
from scratchmlp.utils.atomic_fit import all_at_once

_TINY = float(np.finfo(np.float64).tiny)
SPIKE = 0.1  # 'auto' encodes a column as steps if one value has at least this share of the rows


@dataclass(eq=False, repr=False)
class PiecewiseLinearEncoder(PickledWithVersion, TransformerMixin, BaseEstimator):
    """Encode each number as several numbers in [0, 1], one for each bin or bin edge.

    The edges b_0 < ... < b_T divide the range of a column in `fit` into T bins. Numbers beyond are
    clipped, and missing ones become zeros. Constant and empty columns have no outputs.

    Parameters
    ----------
    n_bins : int, default=8
        Largest number of bins per column, at least 2.
    strategy : {'quantile', 'tree'}, default='quantile'
        Inner edges: quantiles, or thresholds of a decision tree that predicts `y` from the column
        (a regression tree if `y` is continuous, which integers are not).
    encoding : {'linear', 'steps', 'both', 'auto'}, default='linear'
        Outputs for a number x.

        - 'linear': clip((x - b_(t-1)) / (b_t - b_(t-1)), 0, 1) for t = 1, ..., T.
        - 'steps': whether x >= b_t, for each inner edge.
        - 'both': 'linear', then 'steps'.
        - 'auto': 'steps' if one value makes up a tenth of the column, otherwise 'linear'.
    min_samples_leaf : int, default=1
        Smallest number of rows on each side of a threshold.

    Attributes
    ----------
    bin_edges_ : list of ndarray of shape (n_edges,), float64
        b_0, ..., b_T of each column; one edge if it is constant, none if it is empty.
    encodings_ : list of {'linear', 'steps', 'both'}
        Encoding of each column.
    n_features_in_, feature_names_in_ : int, ndarray of str
        Number of columns, and their names if strings.

    Raises
    ------
    ValueError
        If `X` holds infinity, 'tree' has no `y`, or all weights are 0.

    References
    ----------
    Gorishniy, Rubachev and Babenko, "On embeddings for numerical features in tabular deep
    learning", NeurIPS 2022, equation 1; there, the first and the last bin have no limit.

    Examples
    --------
    >>> from scratchmlp.tabular import PiecewiseLinearEncoder
    >>> X = [[0.0], [1.0], [2.0], [3.0], [4.0]]
    >>> encoder = PiecewiseLinearEncoder(n_bins=2).fit(X)
    >>> encoder.bin_edges_
    [array([0. , 2.5, 4. ])]
    >>> encoder.transform([[0.5], [3.25], [9.0]])
    array([[0.2, 0. ],
           [1. , 0.5],
           [1. , 1. ]])
    """

    n_bins: int = 8
    _: KW_ONLY
    strategy: str = "quantile"
    encoding: str = "linear"
    min_samples_leaf: int = 1

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_bins": [Interval(Integral, 2, None, closed="left")],
        "strategy": [StrOptions({"quantile", "tree"})],
        "encoding": [StrOptions({"linear", "steps", "both", "auto"})],
        "min_samples_leaf": [Interval(Integral, 1, None, closed="left")],
    }

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Find the edges of each column.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Numbers. Missing ones are NaN.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Targets. Required by 'tree' and ignored by 'quantile'.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows, at least 0. None gives every row a weight of 1.

        Returns
        -------
        PiecewiseLinearEncoder
            The fitted encoder itself.
        """
        with all_at_once(self) as fitted:
            fitted._fit(X, y, sample_weight)
        return self

    def transform(self, X: Any) -> FloatArray:
        """Encode numbers.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Numbers. Missing ones are NaN.

        Returns
        -------
        ndarray of shape (n_samples, n_features_out)
            Numbers in [0, 1], in the order of the columns of `X`: float32 if `X` is float32,
            otherwise float64. A DataFrame after ``set_output(transform="pandas")``.
        """
        check_is_fitted(self)
        return self._encode(self._check(X, reset=False))

    def _encode(self, X: FloatArray) -> FloatArray:
        """Encode checked numbers."""
        counts = [_count_outputs(*fitted) for fitted in self._edges_and_encodings()]
        widths = [*map(sum, counts)]
        out = np.empty((len(X), sum(widths)), X.dtype)
        end = 0
        for column, edges, (n_linear, n_steps) in zip(
            _bounded(X.T), self.bin_edges_, counts, strict=True
        ):
            start, end = end, end + n_linear + n_steps
            if n_linear:
                _write_linear(column, edges, out[:, start : start + n_linear])
            if n_steps:
                steps = out[:, end - n_steps : end]
                np.greater_equal(column[:, None], edges[1:-1], out=steps, casting="unsafe")
        missing = np.isnan(X)
        if missing.any():
            out[missing.repeat(widths, axis=1)] = 0
        return np.clip(out, 0, 1, out=out)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the names of the outputs.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Names of the columns, if they had none in `fit`. None names them "x0", "x1", ...

        Returns
        -------
        ndarray of shape (n_features_out,), object
            "age_bin0", "age_bin1", ... for 'linear', "age>=35.5" for 'steps'.
        """
        check_is_fitted(self)
        names = _check_feature_names_in(self, input_features)
        outputs = [
            f"{name}{suffix}"
            for name, fitted in zip(names, self._edges_and_encodings(), strict=True)
            for suffix in _bin_suffixes(*fitted)
        ]
        return np.array(outputs, dtype=object)

    def _fit(self, X: Any, y: Any, sample_weight: Any) -> None:
        """Find the edges and the encoding of each column."""
        X, y = self._validate(X, y)
        weight = check_weights(sample_weight, X)
        weight = np.ldexp(weight, -exponents(weight))  # of which sums and squares are finite
        tree = None if y is None else self._tree(y)
        self.bin_edges_, self.encodings_ = [], []
        for column in X.T:
            used = ~np.isnan(column) & (weight > 0)
            values, codes = np.unique(_bounded(column[used]), return_inverse=True)
            cuts = self._cuts(codes, None if y is None else y[used], weight[used], tree)
            self.bin_edges_.append(_edges(values, cuts))
            self.encodings_.append(self._choose_encoding(codes, weight[used]))

    def _edges_and_encodings(self) -> list[tuple[Floats, str]]:
        """Return the edges and the encoding of each column."""
        return list(zip(self.bin_edges_, self.encodings_, strict=True))

    def _validate(self, X: Any, y: Any) -> tuple[FloatArray, NDArray[Any] | None]:
        """Validate the arguments of `fit`. Targets become None if no tree needs them."""
        if self.strategy == "quantile":
            return self._check(X), None
        X, y = self._check(X, y, multi_output=True)
        return X, y.ravel() if y.ndim == 2 and y.shape[1] == 1 else y

    @np.errstate(over="ignore", invalid="ignore")  # scikit-learn sums the values
    def _check(self, *arguments: Any, **settings: Any) -> Any:
        """Validate numbers, which may be missing."""
        numeric = {"dtype": [np.float64, np.float32], "ensure_all_finite": "allow-nan"}
        return validate_data(self, *arguments, **settings, **numeric)

    @np.errstate(invalid="ignore")  # type_of_target compares numbers of any size with integers
    def _tree(self, y: NDArray[Any]) -> BaseEstimator:
        """Return a classification or a regression tree, whichever suits the targets."""
        continuous = type_of_target(y, raise_unknown=True).startswith("continuous")
        # A tree with one feature draws nothing at random. The seed avoids NumPy's global generator.
        return (DecisionTreeRegressor if continuous else DecisionTreeClassifier)(
            max_leaf_nodes=self.n_bins, min_samples_leaf=self.min_samples_leaf, random_state=0
        )

    def _cuts(
        self, codes: NDArray[np.intp], y: Any, weight: Floats, tree: BaseEstimator | None
    ) -> NDArray[np.intp]:
        """Choose the cuts of a column; a constant column has none."""
        if not codes.any():
            return np.array([], np.intp)
        if tree is None:
            return _quantile_cuts(codes, weight, self.n_bins)
        return _tree_cuts(tree, codes, y, weight)

    def _choose_encoding(self, codes: NDArray[np.intp], weight: Floats) -> str:
        """Return the encoding of a column, which 'auto' chooses by its most frequent value."""
        if self.encoding != "auto":
            return self.encoding
        shares = np.bincount(codes, weight) / weight.sum() if len(codes) else np.ones(1)
        return "steps" if shares.max() >= SPIKE else "linear"

    def __sklearn_tags__(self) -> Tags:
        """Declare that missing values are accepted, and whether targets are required."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.target_tags.required = self.strategy == "tree"
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _bounded(numbers: FloatArray) -> Floats:
    """Convert numbers to float64, and clip them so that their differences stay finite."""
    return np.clip(numbers.astype(np.float64), -LARGEST, LARGEST)


def _quantile_cuts(codes: NDArray[np.intp], weight: Floats, n_bins: int) -> NDArray[np.intp]:
    """Return a cut after every quantile, and one before each value that is several quantiles.

    Parameters
    ----------
    codes : ndarray of shape (n_samples,)
        Positions of the numbers of a column among its distinct values, at least two of them.
    weight : ndarray of shape (n_samples,)
        Weights of the rows, above 0.
    n_bins : int
        Largest number of bins.

    Returns
    -------
    ndarray of shape (n_cuts,)
        Cuts in ascending order, at most n_bins - 1. The cut k lies between the distinct values at
        the positions k and k + 1.
    """
    weights = np.bincount(codes, weight)
    share_up_to = np.cumsum(weights) / weights.sum()
    inner = np.arange(1, n_bins) / n_bins
    # The factor keeps rounding errors from moving a quantile to the next value.
    quantiles = np.searchsorted(share_up_to, inner * (1 - 1e-12))
    found, times = np.unique(quantiles, return_counts=True)
    after = np.minimum(found, len(weights) - 2)  # no cut after the last value
    cuts = np.union1d(after, found[times > 1] - 1)
    return cuts[cuts >= 0]


def _tree_cuts(
    tree: BaseEstimator, codes: NDArray[np.intp], y: NDArray[Any], weight: Floats
) -> NDArray[np.intp]:
    """Return the cuts of a tree that predicts `y` from positions; see `_quantile_cuts`."""
    fitted = tree.fit(codes[:, None], y, sample_weight=weight).tree_
    thresholds = fitted.threshold[fitted.children_left >= 0]
    return np.unique(np.floor(thresholds).astype(np.intp))


def _edges(values: Floats, cuts: NDArray[np.intp]) -> Floats:
    """Return the edges: the smallest value, the midpoint at each cut, and the largest value."""
    below, above = values[cuts], values[cuts + 1]
    middle = below + (above - below) / 2
    # Two adjacent floats have no midpoint: the upper one becomes the edge.
    inner = np.where(middle > below, middle, above)
    return np.unique(np.concatenate([values[:1], inner, values[-1:]]))


def _count_outputs(edges: Floats, encoding: str) -> tuple[int, int]:
    """Return the numbers of linear outputs and of steps of a column."""
    n_bins = max(0, len(edges) - 1)
    linear = n_bins * (encoding in ("linear", "both"))
    return linear, max(0, n_bins - 1) * (encoding in ("steps", "both"))


def _bin_suffixes(edges: Floats, encoding: str) -> list[str]:
    """Return a suffix for each output of a column, which is appended to the column's name."""
    n_linear, n_steps = _count_outputs(edges, encoding)
    inner = [float(edge) for edge in edges[1 : 1 + n_steps]]
    short = [f">={edge:.6g}" for edge in inner]
    steps = short if len(set(short)) == n_steps else [f">={edge!r}" for edge in inner]
    return [f"_bin{t}" for t in range(n_linear)] + steps


def _write_linear(column: Floats, edges: Floats, out: FloatArray) -> None:
    """Write the linear outputs of known numbers, which are yet to be clipped to [0, 1].

    The position of a number among the edges is interpolated; output t is the part of it from t to
    t + 1.
    """
    position = np.interp(column, edges, np.arange(len(edges)))
    if (edges[1:] - edges[:-1]).min() < _TINY:  # the slope in a bin overflows
        bins = np.searchsorted(edges, column, side="right") - 1
        position = np.clip(position, bins, bins + 1)
    np.subtract(position[:, None], np.arange(len(edges) - 1), out=out, casting="same_kind")
