"""Checks of the few loaded values that could run code, or make compiled code leave its arrays.

Compiled code of scikit-learn, SciPy and NumPy uses the checked values as positions in memory. All
other values are free: a wrong one gives an error or wrong predictions.
"""

from itertools import chain, compress
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.ensemble._forest import BaseForest
from sklearn.ensemble._hist_gradient_boosting.gradient_boosting import BaseHistGradientBoosting
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder
from sklearn.tree import BaseDecisionTree
from sklearn.tree._tree import Tree

from scratchmlp.io.container import ModelFileError
from scratchmlp.io.objects import objects_in

_LEAF = -1  # number of the children of a leaf
_CATEGORIES = 256  # that boosting can tell apart
_WORDS = 624  # of the state of NumPy's random number generator


def check_values(model: Any) -> None:
    """Check the values of all objects of a model that compiled code trusts.

    Parameters
    ----------
    model : estimator
        The model.

    Raises
    ------
    ModelFileError
        If a pipeline names a folder.
    Exception
        Of any type, if a value is out of range, has another type or is missing.
    """
    for each in objects_in(model):
        _check(each)
        _check_random_state(each)


def _check(part: Any) -> None:
    """Check an object of a model."""
    match part:
        case Pipeline(memory=folder) if folder is not None:
            raise ModelFileError(
                f"A pipeline has the parameter memory={folder!r:.80}, and a file cannot name a "
                "folder from which a fit reads pickles. Set memory=None."
            )
        case Tree():  # it predicts rows of any width, and only its estimator checks them
            _require(False, "a tree is without its estimator")
        case BaseDecisionTree(tree_=_):
            _check_tree(part)
        case BaseForest(estimators_=trees):  # checks the rows for all its trees
            n_features = [tree.n_features_in_ for tree in trees]
            _require(np.equal(n_features, part.n_features_in_), "a tree has other features")
        case BaseHistGradientBoosting(_predictors=_):
            _check_boosting(part)
        case OneHotEncoder(categories_=_):
            _check_one_hot(part)
        case CountVectorizer(vocabulary_=columns):
            valid = sorted(columns.values()) == [*range(len(columns))]
            _require(valid, "terms have other columns")


def _check_random_state(part: Any) -> None:
    """Check a random number generator, or its state."""
    match part:
        case np.random.Generator(bit_generator=generator):  # that of PCG64 has no position
            usual = isinstance(generator, np.random.PCG64)
            _require(usual, "a random number generator is not NumPy's usual one, PCG64")
        case np.random.RandomState():
            _check_random_state(part.get_state(legacy=False))
        case (str("MT19937"), _, place, *_) | {"bit_generator": str(), "state": {"pos": place}}:
            _require(0 <= place <= _WORDS, "a random number generator has another position")


def _require(conditions: Any, message: str) -> None:
    """Raise an error unless all conditions hold."""
    if not np.all(conditions):
        raise ValueError(message)


def _check_nodes(left: Any, right: Any, feature: Any, inner: Any, n_features: int) -> None:
    """Check that inner nodes have children after them, and split a feature of the rows."""
    _require(len(left) > 0, "a tree has no nodes")
    for child in (left[inner], right[inner]):
        valid = (child > np.flatnonzero(inner)) & (child < len(left))
        _require(valid, "a node of a tree has no children")
    valid = (feature[inner] >= 0) & (feature[inner] < n_features)
    _require(valid, "a tree has other features")


def _check_tree(estimator: BaseDecisionTree) -> None:
    """Check a tree, and its depth: decision paths have so many places."""
    tree, n_features = estimator.tree_, estimator.n_features_in_
    _require(type(tree) is Tree, "a tree has no nodes")
    inner = tree.children_left != _LEAF  # compiled code looks at the left child alone
    _check_nodes(tree.children_left, tree.children_right, tree.feature, inner, n_features)
    _require(tree.n_features == n_features, "a tree has other features")
    _require(tree.compute_node_depths().max() <= tree.max_depth + 1, "a tree has another depth")


def _check_boosting(model: BaseHistGradientBoosting) -> None:
    """Check trees, and categories: compiled code keeps them in sets of a fixed size."""
    categorical = model._bin_mapper.is_categorical_.astype(bool)
    _require(len(categorical) == model.n_features_in_, "boosting has other features")
    _require("_in_fit" not in vars(model), "boosting would not check its rows")
    if model._preprocessor is not None:
        _check_preprocessor(model._preprocessor, np.arange(len(categorical)))
    for values in compress(model._bin_mapper.bin_thresholds_, categorical):
        _require((values >= 0) & (values < _CATEGORIES), "boosting has other categories")
    for tree in chain.from_iterable(model._predictors):
        nodes, inner = tree.nodes, tree.nodes["is_leaf"] == 0
        features = nodes["feature_idx"]
        _check_nodes(nodes["left"], nodes["right"], features, inner, len(categorical))
        with_set = nodes[inner & (nodes["is_categorical"] != 0)]
        _require(categorical[with_set["feature_idx"]], "a tree has other categories")
        for sets in (tree.raw_left_cat_bitsets, tree.binned_left_cat_bitsets):
            n_sets, n_words = sets.shape
            _require(with_set["bitset_idx"] < n_sets, "a tree has no set of categories")
            _require(32 * n_words >= _CATEGORIES, "a tree has smaller sets of categories")


def _check_preprocessor(table: Any, features: Any) -> None:
    """Check that boosting gets all features: trees do not ask how many there are."""
    kept = [each for each in table.transformers_ if each[1] != "drop"]
    kinds = [type(each) for each in (table, *(each for _, each, _ in kept))]
    usual = kinds == [ColumnTransformer, OrdinalEncoder, FunctionTransformer]
    _require(usual and "transform" not in vars(table), "boosting has another preprocessor")
    by_mask = [features[mask] for _, _, mask in kept]
    by_name = [table._transformer_to_input_indices[name] for name, _, _ in kept]  # of a DataFrame
    for columns in map(np.concatenate, (by_mask, by_name)):
        _require(np.array_equal(np.sort(columns), features), "boosting gets other features")


def _check_one_hot(encoder: OneHotEncoder) -> None:
    """Check the columns of categories in the sparse array that an encoder makes."""
    none = [None] * len(encoder.categories_)
    groups, infrequent, dropped = none, none, encoder._drop_idx_after_grouping
    if encoder._infrequent_enabled:
        groups = encoder._default_to_infrequent_mappings
        infrequent = encoder._infrequent_indices
    for categories, group, index, drop, n_columns in zip(
        encoder.categories_,
        groups,
        infrequent,
        none if dropped is None else dropped,
        encoder._n_features_outs,
        strict=True,
    ):
        columns = np.arange(len(categories)) if group is None else group
        n_groups = n_columns + (drop is not None)
        valid = np.all((columns >= 0) & (columns < n_groups)) and (group is None) == (index is None)
        _require(valid, "categories have other columns")
        _require(drop is None or drop in range(n_groups), "categories have other columns")
        if categories.dtype.kind not in "OUS":  # they are found by bisection
            is_float = categories.dtype.kind in "fcmM"
            valid = np.array_equal(np.unique(categories), categories, equal_nan=is_float)
            _require(valid, "categories are not in order")
