"""Checks of the objects of scikit-learn whose compiled code trusts their arrays."""

from collections.abc import Callable
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.ensemble._hist_gradient_boosting.common import PREDICTOR_RECORD_DTYPE
from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor
from sklearn.tree import BaseDecisionTree
from sklearn.tree._tree import Tree

from scratchmlp.io.errors import require

_LEAF = -1  # number of the children of a leaf
_CATEGORIES = 256  # that boosting can tell apart


def _check_tree(tree: Tree) -> None:
    """Check the nodes of a tree: each child comes after its parent, and features exist."""
    state = tree.__getstate__()
    nodes, n_nodes = state["nodes"], len(state["nodes"])
    require(state["node_count"] == n_nodes > 0, "a tree has no nodes.")
    left, right = nodes["left_child"], nodes["right_child"]
    is_leaf = left == _LEAF  # compiled code looks at the left child alone
    _check_children(left[~is_leaf], right[~is_leaf], np.flatnonzero(~is_leaf), n_nodes)
    features = nodes["feature"][~is_leaf]
    valid = ((features >= 0) & (features < tree.n_features)).all()
    require(valid, "a tree uses features that do not exist.")
    require(np.isfinite(state["values"]).all(), "a tree predicts infinity.")
    # The rows of decision paths have so many places.
    require(state["max_depth"] == _depth(left, right), "a tree has another depth.")


def _depth(left: Any, right: Any) -> int:
    """Return the depth of a tree, whose children come after their parents."""
    is_leaf = left == _LEAF
    children = np.concatenate([left[~is_leaf], right[~is_leaf]])
    n_parents = np.bincount(children, minlength=len(left))
    require((n_parents[1:] == 1).all(), "a node of a tree has no parent or two.")
    depth, nodes = -1, np.array([0])
    while len(nodes):
        depth += 1
        inner = nodes[~is_leaf[nodes]]
        nodes = np.concatenate([left[inner], right[inner]])
    return depth


def _check_children(left: Any, right: Any, parents: Any, n_nodes: int) -> None:
    for child in (left, right):
        valid = ((child > parents) & (child < n_nodes)).all()
        require(valid, "a tree has no end.")


def _check_tree_estimator(estimator: BaseDecisionTree) -> None:
    """Check that a tree has the features and outputs of its estimator."""
    if not hasattr(estimator, "tree_"):
        return
    tree = estimator.tree_
    require(
        isinstance(tree, Tree)
        and isinstance(estimator.n_features_in_, Integral)
        and tree.n_features == estimator.n_features_in_
        and tree.n_outputs == estimator.n_outputs_,
        "a tree has not the features or outputs of its estimator.",
    )
    if hasattr(estimator, "classes_"):
        expected = np.atleast_1d(estimator.n_classes_)
        require(np.array_equal(tree.n_classes, expected), "a tree has other classes.")


def _check_forest(forest: Any) -> None:
    """Check that the trees of a forest have its features and outputs."""
    if not hasattr(forest, "estimators_"):
        return
    trees, names = forest.estimators_, ("n_features_in_", "n_outputs_", "n_classes_")
    require(isinstance(trees, list) and trees, "a forest has no trees.")
    for name in names:
        expected: Any = getattr(forest, name, None)
        valid = all(bool(np.all(getattr(tree, name, None) == expected)) for tree in trees)
        require(valid, "a forest has trees of another kind.")
    if hasattr(forest, "classes_"):
        n_classes = np.atleast_1d(forest.n_classes_).tolist()
        classes = forest.classes_ if forest.n_outputs_ > 1 else [forest.classes_]
        valid = [len(each) for each in classes] == n_classes
        require(valid, "a forest has no classes.")


def _check_predictor(predictor: TreePredictor) -> None:
    """Check the nodes of a tree of boosting."""
    nodes, n_nodes = predictor.nodes, len(predictor.nodes)
    require(
        nodes.dtype == PREDICTOR_RECORD_DTYPE and nodes.ndim == 1,
        "a tree of boosting has other nodes.",
    )
    require(n_nodes and np.isin(nodes["is_leaf"], [0, 1]).all(), "a tree has no nodes.")
    require(np.isfinite(nodes["value"]).all(), "a tree predicts infinity.")
    inner = nodes["is_leaf"] == 0
    left, right = nodes["left"].astype(np.int64), nodes["right"].astype(np.int64)
    _check_children(left[inner], right[inner], np.flatnonzero(inner), n_nodes)
    bitsets = [predictor.raw_left_cat_bitsets, predictor.binned_left_cat_bitsets]
    for each in bitsets:
        valid = each.dtype == np.uint32 and each.ndim == 2 and each.shape[1] == 8
        require(valid, "a tree has no sets of categories.")
        categorical = nodes["bitset_idx"][inner & (nodes["is_categorical"] != 0)]
        require((categorical < len(each)).all(), "a tree has too few categories.")


def _check_boosting(model: Any) -> None:
    """Check that the trees of boosting use its features, and predict its outputs."""
    if not hasattr(model, "_predictors"):
        return
    n_features, n_outputs = model.n_features_in_, model.n_trees_per_iteration_
    valid = isinstance(n_features, Integral) and model._n_features == n_features
    require(valid, "boosting has no features.")
    require(isinstance(model._predictors, list), "boosting has no trees.")
    _check_bins(model._bin_mapper, n_features)
    categorical = model._bin_mapper.is_categorical_
    for trees in model._predictors:
        valid = len(trees) == n_outputs and all(isinstance(t, TreePredictor) for t in trees)
        require(valid, "boosting has not a tree for each output.")
        for tree in trees:
            inner = tree.nodes[tree.nodes["is_leaf"] == 0]
            used = inner["feature_idx"]
            valid = ((used >= 0) & (used < n_features)).all()
            require(valid, "a tree uses features that do not exist.")
            # The sets of known categories have no place for other features.
            valid = np.array_equal(inner["is_categorical"], categorical[used])
            require(valid, "a tree has categories of a feature that has none.")
    baseline = model._baseline_prediction
    valid = np.shape(baseline) == (1, n_outputs) and np.isfinite(baseline).all()
    require(valid, "boosting has no baseline.")
    if hasattr(model, "classes_"):
        n_classes = len(model.classes_)
        expected = n_classes if n_classes > 2 else 1
        require(n_outputs == expected, "boosting has other classes.")


def _check_bins(mapper: Any, n_features: int) -> None:
    """Check the categories of the bins, which compiled code writes into sets of fixed size."""
    categorical, thresholds = mapper.is_categorical_, mapper.bin_thresholds_
    valid = categorical.shape == (n_features,) and categorical.dtype == np.uint8
    valid = valid and np.isin(categorical, [0, 1]).all()
    require(valid and len(thresholds) == n_features, "boosting has no bins.")
    for is_categorical, values in zip(categorical, thresholds, strict=True):
        valid = values.dtype.kind == "f" and values.ndim == 1
        if is_categorical:
            valid = valid and ((values >= 0) & (values < _CATEGORIES)).all()
        require(valid, "boosting has other bins.")


CHECKS: dict[type, Callable[[Any], None]] = {
    Tree: _check_tree,
    BaseDecisionTree: _check_tree_estimator,
    TreePredictor: _check_predictor,
    **dict.fromkeys(
        (
            ExtraTreesClassifier,
            ExtraTreesRegressor,
            RandomForestClassifier,
            RandomForestRegressor,
        ),
        _check_forest,
    ),
    **dict.fromkeys(
        (HistGradientBoostingClassifier, HistGradientBoostingRegressor), _check_boosting
    ),
}
