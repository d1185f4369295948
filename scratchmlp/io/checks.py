"""Checks of loaded values that could otherwise crash the process or run code.

Compiled code of scikit-learn and NumPy uses some values as positions in memory, and does not check
them. A crafted file could let it read or write outside of its arrays. All other values are free: a
wrong one gives an error or wrong predictions.
"""

from collections.abc import Callable
from itertools import chain
from typing import Any

import numpy as np
from sklearn.ensemble._forest import BaseForest
from sklearn.ensemble._hist_gradient_boosting.gradient_boosting import BaseHistGradientBoosting
from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MultiLabelBinarizer, OneHotEncoder
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
        for kind, check in _CHECKS.items():
            if isinstance(each, kind):
                check(each)


def _require(conditions: Any, message: str) -> None:
    """Raise an error unless all conditions hold."""
    if not np.all(conditions):
        raise ValueError(message)


def _check_pipeline(pipeline: Pipeline) -> None:
    """Check that a fit reads no pickles from a folder that the file names."""
    if pipeline.memory is not None:
        raise ModelFileError(
            f"A pipeline has the parameter memory={pipeline.memory!r:.80}, and a file cannot name "
            "a folder from which a fit reads pickles. Set memory=None."
        )


def _check_children(left: Any, right: Any, inner: Any) -> None:
    """Check that the children of inner nodes exist and come after their parents."""
    for child in (left[inner], right[inner]):
        valid = (child > np.flatnonzero(inner)) & (child < len(left))
        _require(valid, "a node of a tree has no children")
    _require(len(left) > 0, "a tree has no nodes")


def _check_tree(tree: Tree) -> None:
    """Check the nodes of a tree, and its depth: decision paths have so many places."""
    left, right = tree.children_left, tree.children_right
    inner = left != _LEAF  # compiled code looks at the left child alone
    _check_children(left, right, inner)
    features = tree.feature[inner]
    _require((features >= 0) & (features < tree.n_features), "a tree has other features")
    depth, nodes = 0, np.flatnonzero(inner[:1])
    while len(nodes):
        depth += 1
        children = np.unique([left[nodes], right[nodes]])
        nodes = children[inner[children]]
    _require(depth <= tree.max_depth, "a tree has another depth")


def _check_decision_tree(estimator: BaseDecisionTree) -> None:
    """Check that a tree has no more features than the rows that it gets."""
    if hasattr(estimator, "tree_"):
        n_features = estimator.tree_.n_features
        _require(n_features == estimator.n_features_in_, "a tree has other features")


def _check_forest(forest: BaseForest) -> None:
    """Check that all trees have the features of the forest, which alone checks the rows."""
    for each in getattr(forest, "estimators_", ()):
        _require(each.n_features_in_ == forest.n_features_in_, "a tree has other features")


def _check_boosting(model: BaseHistGradientBoosting) -> None:
    """Check the categories of boosting, which become sets of a fixed size, and its trees."""
    if not hasattr(model, "_predictors"):
        return
    categorical = model._bin_mapper.is_categorical_.astype(bool)
    _require(len(categorical) == model.n_features_in_, "boosting has other features")
    for is_categorical, values in zip(categorical, model._bin_mapper.bin_thresholds_, strict=True):
        valid = not is_categorical or ((values >= 0) & (values < _CATEGORIES)).all()
        _require(valid, "boosting has other categories")
    for tree in chain.from_iterable(model._predictors):
        _check_tree_of_boosting(tree, categorical)


def _check_tree_of_boosting(tree: TreePredictor, categorical: Any) -> None:
    """Check the nodes of a tree, and that those of categories have a set of them."""
    nodes = tree.nodes
    inner = nodes["is_leaf"] == 0
    _check_children(nodes["left"], nodes["right"], inner)
    features = nodes["feature_idx"][inner]
    _require((features >= 0) & (features < len(categorical)), "a tree has other features")
    with_set = inner & (nodes["is_categorical"] != 0)
    _require(categorical[nodes["feature_idx"][with_set]], "a tree has other categories")
    for sets in (tree.raw_left_cat_bitsets, tree.binned_left_cat_bitsets):
        n_sets, n_words = sets.shape
        _require(nodes["bitset_idx"][with_set] < n_sets, "a tree has no set of categories")
        _require(32 * n_words >= _CATEGORIES, "a tree has smaller sets of categories")


def _check_one_hot(encoder: OneHotEncoder) -> None:
    """Check the columns of categories in the sparse array that an encoder makes."""
    if not hasattr(encoder, "categories_"):
        return
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


def _check_labels(binarizer: MultiLabelBinarizer) -> None:
    """Check the columns of labels in the sparse array that a binarizer makes."""
    if hasattr(binarizer, "classes_"):
        columns = {label: column for column, label in enumerate(binarizer.classes_)}
        _require(len(columns) == len(binarizer.classes_), "a label occurs twice")
        _require(binarizer._cached_dict in (None, columns), "labels have other columns")


def _check_terms(vectorizer: CountVectorizer) -> None:
    """Check the columns of terms in the sparse array that a vectorizer makes."""
    columns = sorted(getattr(vectorizer, "vocabulary_", {}).values())
    _require(columns == list(range(len(columns))), "terms have other columns")


def _check_random_state(random_state: Any) -> None:
    """Check the position in the state of NumPy's generator, which may also be a dict."""
    if isinstance(random_state, np.random.RandomState):
        random_state = random_state.get_state(legacy=False)
    if random_state.get("bit_generator") == "MT19937":
        valid = 0 <= random_state["state"]["pos"] <= _WORDS
        _require(valid, "a random number generator has another position")


def _check_generator(generator: np.random.Generator) -> None:
    """Check that a generator is NumPy's usual one, whose state has no position."""
    usual = isinstance(generator.bit_generator, np.random.PCG64)
    _require(usual, "a random number generator is not NumPy's usual one, PCG64")


_CHECKS: dict[type, Callable[[Any], None]] = {
    Pipeline: _check_pipeline,
    Tree: _check_tree,
    BaseDecisionTree: _check_decision_tree,
    BaseForest: _check_forest,
    BaseHistGradientBoosting: _check_boosting,
    OneHotEncoder: _check_one_hot,
    MultiLabelBinarizer: _check_labels,
    CountVectorizer: _check_terms,
    np.random.Generator: _check_generator,
    np.random.RandomState: _check_random_state,
    dict: _check_random_state,
}
