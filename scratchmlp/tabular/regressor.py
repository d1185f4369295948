"""The tabular regressor: a table and numbers in, numbers out."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils.validation import _check_y

from scratchmlp.arrays import FloatArray
from scratchmlp.batches import Data
from scratchmlp.tabular.base import BaseTabularMLP
from scratchmlp.tabular.recipe import Recipe, regression_recipe

_LARGEST = 1e150  # whose square is finite


class TabularMLPRegressor(RegressorMixin, BaseTabularMLP):
    """Regressor for raw tables, which needs no tuning: an ensemble of networks.

    It takes a table as it is, numbers on any scale, missing values, categories, strings, booleans
    and dates, and trains a small ensemble of networks. Each of these holds out a part of the rows,
    by which its best epochs are found. Targets are standardised for training, and predictions stay
    within the range of those in `fit`. docs/tabular.md explains each ingredient.

    Parameters
    ----------
    cv : int, splitter or iterable, default=8
        How the rows are split; there is a member for each split, which is trained on its first
        part and judged on its second. A number is one of folds, shuffled; rows that belong together
        stay so if `fit` is told their `groups`. Use a splitter for rows that follow each other in
        time (:class:`~sklearn.model_selection.TimeSeriesSplit`).
    hidden_layer_sizes : int or array-like of shape (n_hidden_layers,), default=(128, 128)
        Units of each hidden layer of a member.
    max_iter : int or 'auto', default='auto'
        Epochs of a member. 'auto' is 128 up to 2,000 rows, and beyond these fewer, so that the
        number of steps grows slowly.
    max_time : float or None, default=None
        Seconds after which `fit` has to come to its end. Members that have no time for all of
        their epochs go through the schedule of their learning rate faster, but each is trained for
        one epoch. What is trained then depends on the machine.
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
    oof_prediction_ : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Predictions for the rows of `fit`, each by the member that held it out ("out of fold"); nan
        where none did. They are honest: nothing of a row's own was used, but for the scaling of
        numbers. Even the epoch is one that the folds of other members chose. The ensemble of all
        members is usually a little better.
    oof_score_ : float
        Their R², with the `sample_weight` of `fit`.
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
    TabularMLPClassifier : The same for classes.
    scratchmlp.ScratchMLPRegressor : A single network, whose every parameter is yours to choose.

    References
    ----------
    Holzmüller, Grinsztajn and Steinwart, "Better by default: strong pre-tuned MLPs and boosted
    trees on tabular data", NeurIPS 2024. Gorishniy, Rubachev and Babenko, "On embeddings for
    numerical features in tabular deep learning", NeurIPS 2022.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from scratchmlp.tabular import TabularMLPRegressor
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> regressor = TabularMLPRegressor(cv=4, max_iter=48, random_state=0).fit(X, y)
    >>> regressor.oof_score_ > 0.4
    True
    >>> regressor.member_predictions(X).shape
    (4, 442)
    """

    def __init__(
        self,
        *,
        cv: Any = 8,
        hidden_layer_sizes: Any = (128, 128),
        max_iter: int | str = "auto",
        max_time: float | None = None,
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

    def predict(self, X: Any) -> FloatArray:
        """Predict targets: the mean of the members' predictions.

        Parameters
        ----------
        X : {DataFrame, array-like} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Predictions, within the range of the targets in `fit`.
        """
        return self._mean_prediction(X)

    def _encode_targets(self, y: Any, weight: FloatArray) -> tuple[FloatArray, None]:
        y = _numbers(_check_y(y, multi_output=True, estimator=self))
        self._one_column = y.ndim == 1
        Y = y.reshape(len(y), -1)
        present = Y[weight > 0]
        self._low, self._high = present.min(axis=0), present.max(axis=0)
        self._mean = np.average(Y, axis=0, weights=weight)
        deviation = np.average((Y - self._mean) ** 2, axis=0, weights=weight) ** 0.5
        self._deviation = np.where(deviation > 0, deviation, 1.0)
        return ((Y - self._mean) / self._deviation).astype(np.float32), None

    def _recommended(self, n_rows: int) -> Recipe:
        return regression_recipe(n_rows)

    def _learn_out_of_fold(self, data: Data, weight: FloatArray, raw: FloatArray) -> None:
        self.oof_prediction_ = self._predictions(raw)
        seen = np.isfinite(raw[:, 0])
        y = self._predictions(data.Y.astype(np.float64))
        self.oof_score_ = float(
            r2_score(y[seen], self.oof_prediction_[seen], sample_weight=weight[seen])
        )

    def _predictions(self, raw: FloatArray) -> FloatArray:
        Y = np.clip(self._mean + self._deviation * raw, self._low, self._high)
        return Y[:, 0] if self._one_column else Y

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def _numbers(y: NDArray[Any]) -> NDArray[np.float64]:
    """Check that targets are numbers of which squares can be computed."""
    numbers = pd.DataFrame(y).apply(pd.to_numeric, errors="coerce").to_numpy(np.float64)
    wrong = np.isnan(numbers).reshape(y.shape)
    if y.dtype.kind in "Mm" or wrong.any():
        found = y.flat[wrong.argmax()] if wrong.any() else y.flat[0]
        raise ValueError(
            f"Targets must be numbers; got {found!r}. For classes use TabularMLPClassifier, and "
            "make numbers of dates and durations."
        )
    Y = numbers.reshape(y.shape)
    if (largest := np.abs(Y).max()) > _LARGEST:
        raise ValueError(
            f"Targets must not be larger than {_LARGEST:g}; got {largest:g}. Divide them, or take "
            "their logarithms."
        )
    return Y
