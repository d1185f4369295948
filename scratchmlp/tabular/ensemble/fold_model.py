"""What predicts of an estimator of scikit-learn that was fitted without a fold, or in all folds."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.special import expit, softmax
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.utils import get_tags

from scratchmlp.arrays import FloatArray, blocks
from scratchmlp.tabular.columns.encoded_table import EncodedTable
from scratchmlp.tabular.ensemble.boosted_trees import BoostedTrees, boosted_trees
from scratchmlp.tabular.inputs.inputs import Inputs
from scratchmlp.tabular.inputs.levels import Levels
from scratchmlp.tabular.scoring import log_probabilities

_ROWS = 2**14  # that are predicted at the same time
_FEW_ROWS = 64  # which a forest predicts faster without its threads
#: Forests of scikit-learn.
FORESTS = (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)


class FoldModel(NamedTuple):
    """An estimator that was fitted without one fold.

    Attributes
    ----------
    estimator : estimator
        The fitted estimator.
    inputs : Inputs or Levels
        How its inputs are computed from an encoded table.
    n_outputs : int
        Number of classes in all folds, or of targets.
    least : float
        Least probability of a class. A probability of 0, which trees predict, would be infinitely
        bad if it is wrong, and no number of training rows can tell that it is right.
    """

    estimator: Any
    inputs: Inputs | Levels
    n_outputs: int
    least: float

    def scores(self, table: EncodedTable) -> FloatArray:
        """Return logarithms of class probabilities, or targets as `Targets` encode them.

        They have the shape (n_samples, n_outputs).
        """
        if len(table) <= _ROWS:
            return self._scores(table)
        chunks = blocks(len(table), _ROWS)
        return np.concatenate([self._scores(table[rows]) for rows in chunks])

    def _scores(self, table: EncodedTable) -> FloatArray:
        estimator = self.estimator
        if isinstance(self.inputs, Levels):
            products = self.inputs.product(table, np.atleast_2d(estimator.coef_).T)
            return self.scores_of(_predict_linear(estimator, products))
        X = inputs_for(estimator, self.inputs)(table)
        if type(estimator) in (LogisticRegression, Ridge):
            return self.scores_of(_predict_linear(estimator, X @ estimator.coef_.T))
        if type(estimator) in FORESTS and estimator.n_outputs_ == 1 and len(X) < _FEW_ROWS:
            return self.scores_of(_mean_of_trees(estimator, X))
        predict = estimator.predict_proba if _has_classes(estimator) else estimator.predict
        return self.scores_of(predict(np.require(X, requirements="W")))  # it may write into X

    def scores_of(self, predictions: Any) -> FloatArray:
        """Return the scores for what the estimator predicts: probabilities, or numbers."""
        found = np.asarray(predictions, np.float64).reshape(len(predictions), -1)
        estimator = self.estimator
        if not _has_classes(estimator):
            return found
        proba = np.zeros((len(found), self.n_outputs))
        # Of a single class, some of scikit-learn's classifiers have two columns, the class first.
        proba[:, estimator.classes_] = found[:, : len(estimator.classes_)]
        np.maximum(proba, self.least, out=proba)
        return log_probabilities(proba / proba.sum(axis=1, keepdims=True))


def inputs_for(model: Any, inputs: Inputs | Levels) -> Callable[..., FloatArray]:
    """Return the function that computes the inputs of an estimator."""
    if isinstance(inputs, Levels) or not takes_missing(model):
        return inputs.array
    return inputs.array_for_trees


def takes_missing(model: Any) -> bool:
    """Return whether an estimator accepts missing values, as trees do."""
    return bool(get_tags(model).input_tags.allow_nan)


def _mean_of_trees(forest: Any, X: FloatArray) -> FloatArray:
    """Return what a forest predicts, without its threads and its validation.

    A single row takes a twentieth of the time.
    """
    if X.shape[1] != forest.n_features_in_:  # compiled code would read outside of X
        raise ValueError(
            f"A forest was fitted with {forest.n_features_in_} inputs, but the table has "
            f"{X.shape[1]}. The model is damaged: load it again, or fit it again."
        )
    total: Any = 0.0
    for tree in forest.estimators_:
        total = total + tree.tree_.predict(X)
    mean: FloatArray = total / len(forest.estimators_)
    return mean


def _has_classes(fitted: Any) -> bool:
    """Return whether a fitted estimator is a classifier.

    `is_classifier` takes fifty times as long, which a prediction of one row shows.
    """
    return hasattr(fitted, "classes_")


def _predict_linear(model: Any, products: FloatArray) -> FloatArray:
    """Return what a linear model predicts for products of inputs and coefficients.

    Without the model's validation, a single row takes a tenth of the time.
    """
    scores: FloatArray = products + model.intercept_
    if not _has_classes(model):
        return scores
    if len(model.classes_) > 2:
        return np.asarray(softmax(scores, axis=1))
    proba = expit(scores)
    return np.hstack([1 - proba, proba])


class BoostedFolds:
    """Gradient boosting of all folds, whose trees predict together: see `BoostedTrees`.

    Where tables cannot hold the trees, the models predict one by one.

    Parameters
    ----------
    models : sequence of FoldModel
        The models, whose estimators are of one class of `BOOSTING`.
    """

    def __init__(self, models: Sequence[FoldModel]) -> None:
        self.models = models

    def scores(self, table: EncodedTable) -> Iterator[FloatArray]:
        """Compute the scores of each fold: see `FoldModel.scores`."""
        common = table.numbers_and_codes()
        if not hasattr(self, "trees"):
            self.trees = self._trees(common.shape[1])
        if not self.trees:
            yield from (model.scores(table) for model in self.models)
            return
        inputs: Any = [model.inputs for model in self.models]
        own = [output for each in inputs for output in each.supervised_outputs(table)]
        X, end = np.hstack([common, *own]), 0
        raw = np.hstack([each.scores(X) for each in self.trees])
        for model in self.models:  # one that lacks a class has fewer scores than the others
            estimator, start = model.estimator, end
            end += estimator.n_trees_per_iteration_
            loss = estimator._loss
            predict = loss.predict_proba if _has_classes(estimator) else loss.link.inverse
            yield model.scores_of(predict(raw[:, start:end]))

    def _trees(self, n_common: int) -> list[BoostedTrees] | None:
        """Read the trees. The first inputs of all models are the same, and the others their own."""
        estimators = [model.estimator for model in self.models]
        widths = [each.n_features_in_ - n_common for each in estimators]
        own = np.split(np.arange(n_common, n_common + sum(widths)), np.cumsum(widths)[:-1])
        inputs = [np.concatenate([np.arange(n_common), each]) for each in own]
        return boosted_trees(estimators, inputs)
