"""Trees of scikit-learn as one node of ONNX.

skl2onnx could convert them too, but version 1.20 leaves out which way missing values go in forests,
rounds the thresholds of gradient boosting, and makes a node for each fold.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import is_classifier
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from scratchmlp.arrays import FloatArray
from scratchmlp.io.onnx.graph import ML, Value
from scratchmlp.io.onnx.inputs import Positions
from scratchmlp.io.onnx.layers import softmax
from scratchmlp.tabular.ensemble.boosted_trees import BOOSTING
from scratchmlp.tabular.ensemble.fold_model import FORESTS, FoldModel

AVERAGED = (DecisionTreeClassifier, DecisionTreeRegressor, *FORESTS)
#: Score of classes that a fold has no rows of: its exponential is 0.
_NEVER = -1e30


class Tree(NamedTuple):
    """A binary tree. A row goes left if its number is at most the threshold.

    Attributes
    ----------
    feature : ndarray of shape (n_nodes,), int
        Which input is compared, at inner nodes.
    threshold : ndarray of shape (n_nodes,), float64
        The threshold, at inner nodes.
    left, right : ndarray of shape (n_nodes,), int
        Numbers of the nodes below, at inner nodes.
    is_leaf : ndarray of shape (n_nodes,), bool
        Which nodes are leaves.
    missing_left : ndarray of shape (n_nodes,), bool
        Where missing values go left.
    values : ndarray of shape (n_nodes, n_values)
        What leaves add to the outputs.
    outputs : ndarray of shape (n_values,), int
        The outputs to which they are added.
    """

    feature: NDArray[Any]
    threshold: NDArray[Any]
    left: NDArray[Any]
    right: NDArray[Any]
    is_leaf: NDArray[np.bool_]
    missing_left: NDArray[Any]
    values: NDArray[Any]
    outputs: NDArray[np.intp]


def add_trees(
    features: Value, positions: Sequence[Positions], models: Sequence[FoldModel]
) -> Value:
    """Add the predictions of trees that were fitted once for each fold.

    Parameters
    ----------
    features : Value
        Values of shape (n_samples, n_features), float32.
    positions : sequence of ndarray of int
        Which of them are the inputs of each fold.
    models : sequence of FoldModel
        The fitted trees, all of the same class: one of `BOOSTING` or `AVERAGED`.

    Returns
    -------
    Value
        Predictions of the estimators, of shape (n_folds, n_samples, n_outputs), float64.
    """
    n_outputs, first = models[0].n_outputs, models[0].estimator
    trees, base = [], np.zeros((len(models), n_outputs))
    for number, (model, own) in enumerate(zip(models, positions, strict=True)):
        boosting = isinstance(model.estimator, BOOSTING)
        found = _boosted(model, base[number]) if boosting else _averaged(model)
        offset = number * n_outputs
        trees += [
            each._replace(feature=own[each.feature], outputs=each.outputs + offset)
            for each in found
        ]
    y = features.apply(
        "TreeEnsembleRegressor",
        domain=ML,
        n_targets=base.size,
        aggregate_function="SUM",
        **_attributes(trees),
    )
    y = y.apply("Reshape", np.array([-1, *base.shape], np.int64))
    y = y.apply("Transpose", perm=[1, 0, 2]).astype(np.float64)
    if base.any():  # onnxruntime ignores base values of outputs to which no leaf adds
        y = y + base[:, np.newaxis]
    if not isinstance(first, BOOSTING):
        return y
    if is_classifier(first):
        return softmax(y)
    return np.exp(y) if first.loss in ("poisson", "gamma") else y


def _averaged(model: FoldModel) -> list[Tree]:
    """Return the trees of a forest, or a single one. Leaves hold shares of the mean."""
    estimator = model.estimator
    trees = [each.tree_ for each in getattr(estimator, "estimators_", [estimator])]
    outputs = np.asarray(estimator.classes_ if is_classifier(estimator) else range(model.n_outputs))
    return [
        Tree(
            np.maximum(tree.feature, 0),
            tree.threshold,
            tree.children_left,
            tree.children_right,
            tree.children_left < 0,
            tree.missing_go_to_left,
            tree.value.reshape(tree.node_count, len(outputs)) / len(trees),
            outputs,
        )
        for tree in trees
    ]


def _boosted(model: FoldModel, base: FloatArray) -> list[Tree]:
    """Return the trees of gradient boosting, and write the scores before the first tree.

    Two classes have one score. The softmax of this and 0 gives both probabilities.
    """
    estimator = model.estimator
    if estimator.is_categorical_ is not None:
        raise ValueError(
            f"{type(estimator).__name__} splits categories, for which there is no expression here. "
            "Fit with categorical_features=None."
        )
    baseline = np.ravel(estimator._baseline_prediction)
    if is_classifier(estimator):
        base[:] = _NEVER
        base[estimator.classes_] = 0.0
        outputs = np.asarray(estimator.classes_)[-len(baseline) :]
    else:
        outputs = np.arange(len(baseline))
    base[outputs] = baseline
    return [
        Tree(
            nodes["feature_idx"],
            nodes["num_threshold"],
            nodes["left"],
            nodes["right"],
            nodes["is_leaf"].astype(bool),
            nodes["missing_go_to_left"],
            nodes["value"][:, np.newaxis],
            outputs[[number]],
        )
        for predictors in estimator._predictors
        for number, nodes in enumerate(each.nodes for each in predictors)
    ]


def _attributes(trees: list[Tree]) -> dict[str, Any]:
    """Return the trees as attributes of `TreeEnsembleRegressor`."""
    sizes = [len(tree.is_leaf) for tree in trees]
    tree_ids = np.repeat(np.arange(len(trees)), sizes)
    node_ids = np.concatenate([np.arange(size) for size in sizes])
    leaf = np.concatenate([tree.is_leaf for tree in trees])
    inner = {
        name: np.where(leaf, 0, np.concatenate([getattr(tree, name) for tree in trees]))
        for name in ("feature", "threshold", "left", "right", "missing_left")
    }
    n_values = np.repeat([len(tree.outputs) for tree in trees], sizes)[leaf]
    outputs = [np.tile(tree.outputs, tree.is_leaf.sum()) for tree in trees]
    values = [tree.values[tree.is_leaf].ravel() for tree in trees]
    return {
        "nodes_treeids": tree_ids.tolist(),
        "nodes_nodeids": node_ids.tolist(),
        "nodes_featureids": inner["feature"].astype(int).tolist(),
        "nodes_values": _rounded_down(inner["threshold"]).tolist(),
        "nodes_modes": np.where(leaf, "LEAF", "BRANCH_LEQ").tolist(),
        "nodes_truenodeids": inner["left"].astype(int).tolist(),
        "nodes_falsenodeids": inner["right"].astype(int).tolist(),
        "nodes_missing_value_tracks_true": inner["missing_left"].astype(int).tolist(),
        "target_treeids": np.repeat(tree_ids[leaf], n_values).tolist(),
        "target_nodeids": np.repeat(node_ids[leaf], n_values).tolist(),
        "target_ids": np.concatenate(outputs).tolist(),
        "target_weights": np.concatenate(values).astype(np.float32).tolist(),
    }


def _rounded_down(thresholds: FloatArray) -> FloatArray:
    """Return the largest float32 numbers that are not above: they split float32 in the same way."""
    rounded = thresholds.astype(np.float32)
    return np.where(rounded > thresholds, np.nextafter(rounded, np.float32(-np.inf)), rounded)
