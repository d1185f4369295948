"""The tabular classifier: a table and labels in, calibrated probabilities out."""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_y

from scratchmlp.arrays import FloatArray
from scratchmlp.batches import Data
from scratchmlp.estimators.classifier import class_weights
from scratchmlp.tabular.base import BaseTabularMLP, by_row
from scratchmlp.tabular.recipe import Recipe, classification_recipe
from scratchmlp.tabular.selection import fit_temperature


class TabularMLPClassifier(ClassifierMixin, BaseTabularMLP):
    """Classifier for raw tables, which needs no tuning: an ensemble of networks, calibrated.

    It takes a table as it is, numbers on any scale, missing values, categories, strings, booleans
    and dates, and trains a small ensemble of networks. Each of these holds out a part of the rows,
    by which its best epochs are found and the probabilities are calibrated. docs/tabular.md
    explains each ingredient.

    Parameters
    ----------
    cv : int, splitter or iterable, default=8
        How the rows are split; there is a member for each split, which is trained on its first
        part and judged on its second. A number is one of folds, shuffled and stratified; rows that
        belong together stay so if `fit` is told their `groups`. Use a splitter for rows that follow
        each other in time (:class:`~sklearn.model_selection.TimeSeriesSplit`).
    hidden_layer_sizes : int or array-like of shape (n_hidden_layers,), default=(128, 128)
        Units of each hidden layer of a member.
    max_iter : int or 'auto', default='auto'
        Epochs of a member. 'auto' is 128 up to 2,000 rows, and beyond these fewer, so that the
        number of steps grows slowly.
    max_time : float or None, default=None
        Seconds after which `fit` has to come to its end. Members that have no time for all of
        their epochs go through the schedule of their learning rate faster, but each is trained for
        one epoch. What is trained then depends on the machine.
    class_weight : dict, 'balanced' or None, default=None
        Weights of the classes, by which those of their rows are multiplied; 'balanced' makes up for
        different frequencies. Probabilities are then those of data so weighted.
    categorical_features : array-like of {bool, int, str}, 'from_dtype' or None, \
default='from_dtype'
        Which columns are categories; see :class:`TabularEncoder`.
    n_jobs : int or None, default=None
        Members that are trained at the same time, by :mod:`joblib`, each with one thread. None is
        1, and -1 as many as there are processors. Results are the same for any number.
    random_state : int, RandomState instance or None, default=None
        Source of the folds, the initial weights and the orders of rows.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The classes, sorted.
    oof_proba_ : ndarray of shape (n_samples, n_classes)
        Probabilities of the rows of `fit`, each by the member that held it out ("out of fold"); nan
        where none did. They are honest: nothing of a row's own was used, but for the one
        temperature and the scaling of numbers. Even the epoch is one that the folds of other
        members chose. The ensemble of all members is usually a little better.
    oof_score_ : float
        Their accuracy, with the `sample_weight` of `fit`.
    temperature_ : float
        What raw scores are divided by before the softmax, so that probabilities are calibrated.
    encoder_ : TabularEncoder
        What turns the table into numbers; its `columns_` says what became of each column.
    members_ : list
        The trained networks.
    best_epochs_ : ndarray of shape (n_members,)
        Best epoch of each member.
    n_iter_ : int
        Epochs trained.
    n_features_in_ : int
        Number of columns seen in `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Their names, if these are strings.

    See Also
    --------
    TabularMLPRegressor : The same for numbers as targets.
    scratchmlp.ScratchMLPClassifier : A single network, whose every parameter is yours to choose.

    References
    ----------
    Holzmüller, Grinsztajn and Steinwart, "Better by default: strong pre-tuned MLPs and boosted
    trees on tabular data", NeurIPS 2024. Gorishniy, Rubachev and Babenko, "On embeddings for
    numerical features in tabular deep learning", NeurIPS 2022.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from scratchmlp.tabular import TabularMLPClassifier
    >>> X, y = load_wine(return_X_y=True, as_frame=True)
    >>> classifier = TabularMLPClassifier(cv=4, max_iter=48, random_state=0).fit(X, y)
    >>> classifier.oof_score_ > 0.95
    True
    >>> classifier.predict_proba(X).shape
    (178, 3)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseTabularMLP._parameter_constraints,
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }

    def __init__(
        self,
        *,
        cv: Any = 8,
        hidden_layer_sizes: Any = (128, 128),
        max_iter: int | str = "auto",
        max_time: float | None = None,
        class_weight: Any = None,
        categorical_features: Any = "from_dtype",
        n_jobs: int | None = None,
        random_state: Any = None,
    ) -> None:
        super().__init__(
            cv=cv,
            hidden_layer_sizes=hidden_layer_sizes,
            max_iter=max_iter,
            max_time=max_time,
            categorical_features=categorical_features,
            n_jobs=n_jobs,
            random_state=random_state,
        )
        self.class_weight = class_weight

    def predict(self, X: Any) -> NDArray[Any]:
        """Predict classes.

        Parameters
        ----------
        X : {DataFrame, array-like} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        ndarray of shape (n_samples,)
            The class of the highest probability.
        """
        proba = self._mean_prediction(X)
        return self.classes_[proba.argmax(axis=1)]

    def predict_proba(self, X: Any) -> FloatArray:
        """Predict probabilities: the mean of the members'.

        Parameters
        ----------
        X : {DataFrame, array-like} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Probabilities, in the order of `classes_`.
        """
        return self._mean_prediction(X)

    def predict_log_proba(self, X: Any) -> FloatArray:
        """Predict the logarithms of probabilities.

        Parameters
        ----------
        X : {DataFrame, array-like} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Logarithms of `predict_proba`, all finite.
        """
        proba = self.predict_proba(X)
        return np.log(np.maximum(proba, np.finfo(proba.dtype).tiny))

    def _encode_targets(self, y: Any, weight: FloatArray) -> tuple[NDArray[np.intp], FloatArray]:
        y = _check_y(y, estimator=self)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        return codes, np.eye(len(self.classes_), dtype=np.float32)

    def _weigh(self, Y: Any, weight: FloatArray) -> FloatArray:
        if self.class_weight is None:
            return weight
        factors = class_weights(self.classes_[Y], self.classes_, self.class_weight, weight)
        return (weight * factors[Y]).astype(np.float32)

    def _recommended(self, n_rows: int) -> Recipe:
        return classification_recipe(n_rows)

    def _calibrate(self, data: Data, held_out: list[NDArray[np.intp]]) -> None:
        members = zip(self.members_, held_out, strict=True)
        raw = by_row(held_out, [m.raw_scores(data.X[rows]) for m, rows in members], len(data.Y))
        seen = np.isfinite(raw[:, 0])
        _, Y, weight = data.rows(seen).decoded()
        self.temperature_ = fit_temperature(Y, raw[seen], weight)

    def _learn_out_of_fold(self, data: Data, weight: FloatArray, raw: FloatArray) -> None:
        self.oof_proba_ = self._predictions(raw)
        seen = np.isfinite(raw[:, 0])
        truth, predicted = data.Y[seen], self.oof_proba_[seen].argmax(axis=1)
        self.oof_score_ = float(accuracy_score(truth, predicted, sample_weight=weight[seen]))

    def _predictions(self, raw: FloatArray) -> FloatArray:
        return softmax(raw / self.temperature_, axis=1)
