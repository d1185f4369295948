"""Numbers spread over bins, so that a network need not learn where to bend.

Both strategies choose *cuts* between neighbouring distinct values of a column, u_k and u_(k+1), by
their positions k alone. Edges then lie midway, and no scale or outlier changes the choice.
"""

from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn.utils import Tags
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import (
    _check_feature_names_in,
    _check_sample_weight,
    check_is_fitted,
    validate_data,
)

from scratchmlp.arrays import FloatArray
from scratchmlp.rollback import unchanged_on_failure
from scratchmlp.tabular.columns import LARGEST, Floats

SPIKE = 0.1  # share of the rows at one value from which a column is not taken for smooth


class PiecewiseLinearEncoder(TransformerMixin, BaseEstimator):
    """Spread each number over bins, piecewise linearly or in steps.

    With edges b_0 < b_1 < ... < b_T of a column, a number x becomes

    - 'linear': T numbers, clip((x - b_(t-1)) / (b_t - b_(t-1)), 0, 1) for t = 1, ..., T: bins below
      x are 1, those above are 0, and its own says how far x has come in it. Their sum is the
      position of x among the edges, from which x can be told.
    - 'steps': T - 1 indicators x >= b_t of the inner edges, for columns whose values repeat.

    b_0 and b_T are the smallest and the largest number in `fit`; numbers beyond count as these, so
    that all outputs are in [0, 1]. (In the paper the first and the last bin go on for ever.)
    Missing numbers become zeros. Constant columns and those without any number become nothing.

    Parameters
    ----------
    n_bins : int, default=8
        Largest number of bins of a column, T, at least 2. Columns with few distinct values have
        fewer.
    strategy : {'quantile', 'tree'}, default='quantile'
        What the inner edges are.

        - 'quantile': quantiles. A value with the share of two bins or more is cut off on both
          sides.
        - 'tree': thresholds of a decision tree that predicts `y` from this column alone, a
          regression tree if `y` is continuous in the sense of
          :func:`~sklearn.utils.multiclass.type_of_target` (whole numbers are classes).
    encoding : {'linear', 'steps', 'both', 'auto'}, default='linear'
        What a number becomes. 'both' is 'linear' and then 'steps'; 'auto' is 'steps' for a column
        in which at least a tenth of the numbers in `fit` have the same value, as in every one
        with ten values or fewer, and 'linear' for others.
    min_samples_leaf : int, default=1
        Smallest number of rows on each side of a threshold of 'tree', as in scikit-learn's trees.

    Attributes
    ----------
    bin_edges_ : list of ndarray of shape (n_edges,), float64
        b_0, ..., b_T of each column. There is one edge if the column was constant, and none if it
        had no number.
    encodings_ : list of {'linear', 'steps', 'both'}
        Encoding of each column.
    n_features_in_ : int
        Number of columns seen in `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Their names, if these are strings.

    Raises
    ------
    ValueError
        If `X` holds infinity or something that is no number, if `strategy` is 'tree' and there is
        no `y`, or if all weights are 0.

    See Also
    --------
    TabularEncoder : Makes numbers of whole tables; apply it to the other columns.
    sklearn.preprocessing.KBinsDiscretizer : Tells only which bin a number is in.

    References
    ----------
    Gorishniy, Rubachev and Babenko, "On embeddings for numerical features in tabular deep
    learning", NeurIPS 2022, equation 1.

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
    >>> encoder.set_params(strategy="tree", encoding="steps").fit(X, ["a", "b", "b", "b", "b"])
    PiecewiseLinearEncoder(encoding='steps', n_bins=2, strategy='tree')
    >>> encoder.get_feature_names_out(["age"])
    array(['age>=0.5'], dtype=object)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_bins": [Interval(Integral, 2, None, closed="left")],
        "strategy": [StrOptions({"quantile", "tree"})],
        "encoding": [StrOptions({"linear", "steps", "both", "auto"})],
        "min_samples_leaf": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        n_bins: int = 8,
        *,
        strategy: str = "quantile",
        encoding: str = "linear",
        min_samples_leaf: int = 1,
    ) -> None:
        self.n_bins = n_bins
        self.strategy = strategy
        self.encoding = encoding
        self.min_samples_leaf = min_samples_leaf

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Find the edges of each column.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Numbers, with NaN where they are missing.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Targets, for 'tree'. Ignored by 'quantile'.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows, at least 0. None counts every row once.

        Returns
        -------
        PiecewiseLinearEncoder
            The fitted encoder itself.
        """
        with unchanged_on_failure(self):
            self._fit(X, y, sample_weight)
        return self

    def transform(self, X: Any) -> FloatArray:
        """Spread numbers over their bins.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Numbers, with NaN where they are missing.

        Returns
        -------
        ndarray of shape (n_samples, n_features_out)
            Numbers in [0, 1], in float32 if `X` is, otherwise in float64; those of one column of
            `X` side by side. A DataFrame after ``set_output(transform="pandas")``.
        """
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, **_numeric())
        widths = [sum(_widths(*fitted)) for fitted in self._fitted()]
        out = np.empty((len(X), sum(widths)), X.dtype)
        end = 0
        for column, width, (edges, encoding) in zip(X.T, widths, self._fitted(), strict=True):
            end += width
            if width:
                _encode(_bounded(column), edges, encoding, out[:, end - width : end])
        return out

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Name the outputs.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Names of the columns, if they had none in `fit`. By default they are "x0", "x1", ...

        Returns
        -------
        ndarray of shape (n_features_out,), object
            "age_bin0", "age_bin1", ... for 'linear', "age>=35.5" for 'steps'.
        """
        check_is_fitted(self)
        names = _check_feature_names_in(self, input_features)
        return np.array(
            [
                f"{name}{suffix}"
                for name, fitted in zip(names, self._fitted(), strict=True)
                for suffix in _suffixes(*fitted)
            ],
            dtype=object,
        )

    def _fit(self, X: Any, y: Any, sample_weight: Any) -> None:
        """Find edges and encoding of each column."""
        X, y = self._validate(X, y)
        weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        tree = None if y is None else self._tree(y)
        self.bin_edges_, self.encodings_ = [], []
        for column in X.T:
            used = ~np.isnan(column) & (weight > 0)
            values, codes = np.unique(_bounded(column[used]), return_inverse=True)
            cuts = self._cuts(codes, None if y is None else y[used], weight[used], tree)
            self.bin_edges_.append(_edges(values, cuts))
            self.encodings_.append(self._choose_encoding(codes, weight[used]))

    def _fitted(self) -> list[tuple[Floats, str]]:
        """Pair the edges of each column with its encoding."""
        return list(zip(self.bin_edges_, self.encodings_, strict=True))

    def _validate(self, X: Any, y: Any) -> tuple[FloatArray, NDArray[Any] | None]:
        """Validate what `fit` is given; without trees, targets are left out."""
        if self.strategy == "quantile":
            return validate_data(self, X, **_numeric()), None
        X, y = validate_data(self, X, y, multi_output=True, **_numeric())
        return X, y.ravel() if y.ndim == 2 and y.shape[1] == 1 else y

    def _tree(self, y: NDArray[Any]) -> BaseEstimator:
        """Make the tree that suits the targets."""
        continuous = type_of_target(y, raise_unknown=True).startswith("continuous")
        # A tree of one input has nothing to draw; the seed leaves NumPy's own generator alone.
        return (DecisionTreeRegressor if continuous else DecisionTreeClassifier)(
            max_leaf_nodes=self.n_bins, min_samples_leaf=self.min_samples_leaf, random_state=0
        )

    def _cuts(
        self, codes: NDArray[np.intp], y: Any, weight: Floats, tree: BaseEstimator | None
    ) -> NDArray[np.intp]:
        """Choose where to cut a column, if it is not constant."""
        if not codes.any():
            return np.array([], np.intp)
        if tree is None:
            return _quantile_cuts(codes, weight, self.n_bins)
        return _tree_cuts(tree, codes, y, weight)

    def _choose_encoding(self, codes: NDArray[np.intp], weight: Floats) -> str:
        """Choose a column's encoding by its shape, if it is to be chosen."""
        if self.encoding != "auto":
            return self.encoding
        shares = np.bincount(codes, weight) / weight.sum() if len(codes) else np.ones(1)
        return "steps" if shares.max() >= SPIKE else "linear"

    def __sklearn_tags__(self) -> Tags:
        """Say what the encoder accepts, and whether it needs targets."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.target_tags.required = self.strategy == "tree"
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _numeric() -> dict[str, Any]:
    """List the settings of the validation of numbers."""
    return {"dtype": [np.float64, np.float32], "ensure_all_finite": "allow-nan"}


def _bounded(column: FloatArray) -> Floats:
    """Bring numbers to float64, and to a size whose differences stay finite."""
    return np.clip(column.astype(np.float64), -LARGEST, LARGEST)


def _quantile_cuts(codes: NDArray[np.intp], weight: Floats, n_bins: int) -> NDArray[np.intp]:
    """Cut after every quantile, and before a value too that is more than one of them.

    Parameters
    ----------
    codes : ndarray of shape (n_samples,)
        Positions of a column's numbers among its distinct values, of which there are two or more.
    weight : ndarray of shape (n_samples,)
        Weights of the rows, above 0.
    n_bins : int
        Largest number of bins.

    Returns
    -------
    ndarray of shape (n_cuts,)
        Cuts in ascending order, at most n_bins - 1; k is between the k-th value and the next.
    """
    weights = np.bincount(codes, weight)
    share_up_to = np.cumsum(weights) / weights.sum()
    inner = np.arange(1, n_bins) / n_bins
    # Rounding must not move a quantile to the next value.
    quantiles = np.searchsorted(share_up_to, inner * (1 - 1e-12))
    found, times = np.unique(quantiles, return_counts=True)
    after = np.minimum(found, len(weights) - 2)  # there is nothing to cut after the last
    cuts = np.union1d(after, found[times > 1] - 1)
    return cuts[cuts >= 0]


def _tree_cuts(
    tree: BaseEstimator, codes: NDArray[np.intp], y: NDArray[Any], weight: Floats
) -> NDArray[np.intp]:
    """Cut where a tree does that predicts `y` from positions; see `_quantile_cuts`."""
    fitted = tree.fit(codes[:, None], y, sample_weight=weight).tree_
    thresholds = fitted.threshold[fitted.children_left >= 0]
    return np.unique(np.floor(thresholds).astype(np.intp))


def _edges(values: Floats, cuts: NDArray[np.intp]) -> Floats:
    """Put an edge midway at each cut, and at both ends."""
    below, above = values[cuts], values[cuts + 1]
    middle = below + (above - below) / 2
    # Between neighbours among the floats there is no middle: an edge belongs to what is above.
    inner = np.where(middle > below, middle, above)
    return np.unique(np.concatenate([values[:1], inner, values[-1:]]))


def _widths(edges: Floats, encoding: str) -> tuple[int, int]:
    """Count the outputs of a column: linear ones, and steps."""
    n_bins = max(0, len(edges) - 1)
    linear = n_bins * (encoding in ("linear", "both"))
    return linear, max(0, n_bins - 1) * (encoding in ("steps", "both"))


def _suffixes(edges: Floats, encoding: str) -> list[str]:
    """Name the outputs of a column; the suffixes follow its own name."""
    n_linear, n_steps = _widths(edges, encoding)
    inner = [float(edge) for edge in edges[1 : 1 + n_steps]]
    short = [f">={edge:.6g}" for edge in inner]
    steps = short if len(set(short)) == n_steps else [f">={edge!r}" for edge in inner]
    return [f"_bin{t}" for t in range(n_linear)] + steps


def _encode(column: Floats, edges: Floats, encoding: str, out: FloatArray) -> None:
    """Write the outputs of a column."""
    n_linear, n_steps = _widths(edges, encoding)
    if n_linear:
        # The position of a number among the edges, of which each output is one unit.
        position = np.interp(column, edges, np.arange(len(edges)))
        linear = out[:, :n_linear]
        np.subtract(position[:, None], np.arange(n_linear), out=linear, casting="same_kind")
        np.clip(linear, 0, 1, out=linear)
    if n_steps:
        np.greater_equal(column[:, None], edges[1:-1], out=out[:, n_linear:], casting="unsafe")
    out[np.isnan(column)] = 0
