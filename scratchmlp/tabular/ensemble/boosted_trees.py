"""Boosted trees of all folds, which predict together: QuickScorer.

The leaves of a tree have numbers from left to right, and each leaf has a bit. A split that sends a
row to the right clears the bits of the leaves on its left. The lowest bit that is left is that of
the row's leaf.

What a split does depends on one input. All splits of an input, of all trees, are therefore one
table: its row j has the bits that are left if the input is above j of the thresholds. A row of data
needs one row of the table of each input, and the bits that are left in all of them.
"""

from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import chain, islice
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from scratchmlp.arrays import FloatArray, blocks

#: Gradient boosting of scikit-learn.
BOOSTING = (HistGradientBoostingClassifier, HistGradientBoostingRegressor)
#: Numbers that have a bit for each leaf, by the most leaves.
_BITS = {8: np.uint8, 16: np.uint16, 32: np.uint32, 64: np.uint64}
#: Most bytes of the tables of some scores, and most such tables. Larger ones leave the processor's
#: cache, and more take much memory.
_MOST_BYTES = 2**25
_MOST_TABLES = 8
#: Rows times trees that are looked up at the same time.
_AT_ONCE = 2**17


class _Splits(NamedTuple):
    """Splits of one tree, or of several.

    Attributes
    ----------
    tree : ndarray of shape (n_splits,), int
        Number of the tree.
    feature : ndarray of shape (n_splits,), int
        Which input is compared.
    threshold : ndarray of shape (n_splits,)
        Rows go left if the input is at most this.
    missing_right : ndarray of shape (n_splits,), bool
        Whether missing values go right.
    left_leaves : ndarray of shape (n_splits,), uint64
        Bits of the leaves on the left.
    """

    tree: NDArray[Any]
    feature: NDArray[Any]
    threshold: NDArray[Any]
    missing_right: NDArray[Any]
    left_leaves: NDArray[Any]

    def of_input(self, feature: int) -> "_Splits":
        """Return the splits of one input."""
        return _Splits(*(each[self.feature == feature] for each in self))


class _Score(NamedTuple):
    """The trees of one score of a model, the inputs of the model, and the score before them."""

    trees: list[NDArray[Any]]
    inputs: NDArray[np.intp]
    base: float


class BoostedTrees(NamedTuple):
    """The trees of several scores of models of gradient boosting.

    Attributes
    ----------
    tables : dict of int to tuple of two ndarrays
        For each input: the thresholds in ascending order, and the bits that are left if the input
        is above none, one, ..., all of them, or missing, of shape (n_thresholds + 2, n_trees).
    values : ndarray of shape (n_leaves,)
        What each leaf adds to the score of its model.
    first_leaves : ndarray of shape (n_trees,)
        Where the leaves of each tree begin in `values`.
    first_trees : ndarray of shape (n_scores,)
        Where the trees of each score begin. The scores of a model follow one another.
    base : ndarray of shape (n_scores,)
        The scores before the first tree.

    References
    ----------
    Lucchese, Nardini, Orlando, Perego, Tonellotto and Venturini, "QuickScorer: a fast algorithm to
    rank documents with additive ensembles of regression trees", SIGIR 2015.
    """

    tables: dict[int, tuple[FloatArray, NDArray[Any]]]
    values: FloatArray
    first_leaves: NDArray[np.intp]
    first_trees: NDArray[np.intp]
    base: FloatArray

    def scores(self, X: FloatArray) -> FloatArray:
        """Compute the scores of rows, of shape (n_samples, n_scores).

        They are logarithms of odds for two classes, raw scores for more, and what the link of the
        loss maps to numbers.
        """
        looked_up = [
            (_position(thresholds, X[:, feature]), bits)
            for feature, (thresholds, bits) in self.tables.items()
        ]
        scores = np.empty((len(X), len(self.base)))
        for rows in blocks(len(X), max(1, _AT_ONCE // len(self.first_leaves))):
            left = reduce(np.bitwise_and, (bits.take(at[rows], axis=0) for at, bits in looked_up))
            leaf = np.bitwise_count((left & (~left + 1)) - 1)  # zeros below the lowest bit
            values = self.values.take(leaf + self.first_leaves)
            scores[rows] = np.add.reduceat(values, self.first_trees, axis=1)
        return scores + self.base


def _position(thresholds: FloatArray, column: FloatArray) -> NDArray[np.intp]:
    """Return the row of a table for each value of its input."""
    position = np.searchsorted(thresholds, column)
    position[np.isnan(column)] = len(thresholds) + 1
    return position


def boosted_trees(
    models: Sequence[Any], inputs: Sequence[NDArray[np.intp]]
) -> list[BoostedTrees] | None:
    """Read the trees of fitted models.

    Parameters
    ----------
    models : sequence of HistGradientBoostingClassifier or HistGradientBoostingRegressor
        The models.
    inputs : sequence of ndarray of int
        For each model, which of all inputs are its own.

    Returns
    -------
    list of BoostedTrees or None
        The trees of the first scores, of the next ones, ..., as many together as one set of tables
        holds. None if tables cannot hold them: trees split categories or have more than 64 leaves,
        the tables would be large, or no tree has a split.
    """
    if any(model.is_categorical_ is not None for model in models):
        return None
    scores = [
        _Score([each[score].nodes for each in model._predictors], own, base)
        for model, own in zip(models, inputs, strict=True)
        for score, base in enumerate(np.ravel(model._baseline_prediction))
    ]
    found = [*islice(_in_tables(scores), _MOST_TABLES + 1)]
    tables = [each for each in found if each is not None]
    return tables if len(tables) == len(found) <= _MOST_TABLES else None


def _in_tables(scores: list[_Score]) -> Iterator[BoostedTrees | None]:
    """Read the trees of all scores, or else of each half; None stands for what no table holds."""
    trees = [*chain.from_iterable(each.trees for each in scores)]
    owners = chain.from_iterable([each.inputs] * len(each.trees) for each in scores)
    most_leaves = max(len(nodes) + 1 for nodes in trees) // 2
    if most_leaves > max(_BITS):
        yield None
        return
    splits = [_splits_of(n, *each) for n, each in enumerate(zip(trees, owners, strict=True))]
    joined = _Splits(*map(np.concatenate, zip(*splits, strict=True)))
    of_inputs = {each: joined.of_input(each) for each in np.unique(joined.feature).tolist()}
    bits = next(each for most, each in _BITS.items() if most_leaves <= most)
    n_rows = sum(len(np.unique(each.threshold)) + 2 for each in of_inputs.values())
    if 0 < n_rows * len(trees) * np.dtype(bits).itemsize <= _MOST_BYTES:
        leaves = [nodes["value"][nodes["is_leaf"] != 0] for nodes in trees]
        yield BoostedTrees(
            {feature: _input_table(each, len(trees), bits) for feature, each in of_inputs.items()},
            np.concatenate(leaves),
            _where_begin([len(each) for each in leaves]),
            _where_begin([len(each.trees) for each in scores]),
            np.array([each.base for each in scores]),
        )
    elif n_rows and len(scores) > 1:
        half = len(scores) // 2
        yield from _in_tables(scores[:half])
        yield from _in_tables(scores[half:])
    else:
        yield None


def _splits_of(number: int, nodes: NDArray[Any], inputs: NDArray[np.intp]) -> _Splits:
    """Read the splits of a tree. Its nodes are in depth-first order, the left side first."""
    is_leaf = nodes["is_leaf"] != 0
    leaves_before = (np.cumsum(is_leaf) - is_leaf).astype(np.uint64)
    inner = nodes[~is_leaf]
    low, high = leaves_before[~is_leaf], leaves_before[inner["right"]]
    return _Splits(
        np.full(len(inner), number),
        inputs[inner["feature_idx"]],
        inner["num_threshold"],
        inner["missing_go_to_left"] == 0,
        (np.uint64(1) << high) - (np.uint64(1) << low),
    )


def _input_table(splits: _Splits, n_trees: int, dtype: Any) -> tuple[FloatArray, NDArray[Any]]:
    """Return the thresholds of an input, and the bits that are left: see `BoostedTrees`."""
    thresholds, position = np.unique(splits.threshold, return_inverse=True)
    bits = np.full((len(thresholds) + 2, n_trees), np.iinfo(dtype).max, dtype)
    kept, missing = (~splits.left_leaves).astype(dtype), splits.missing_right
    np.bitwise_and.at(bits, (position + 1, splits.tree), kept)
    np.bitwise_and.accumulate(bits[:-1], axis=0, out=bits[:-1])
    np.bitwise_and.at(bits[-1], splits.tree[missing], kept[missing])
    return thresholds, bits


def _where_begin(lengths: list[int]) -> NDArray[np.intp]:
    """Return where sequences of these lengths begin that follow one another."""
    return np.cumsum([0, *lengths[:-1]])
