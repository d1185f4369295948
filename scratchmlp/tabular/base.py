"""What the tabular classifier and regressor share: a cross-fitted ensemble of networks.

Each member is trained without one part of the rows, its fold. On its fold its epochs are compared,
and what it says of its fold's rows, which it was not trained on, at an epoch that other folds
choose, is an honest estimate of how the ensemble will do on new ones.
"""

import time
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from numbers import Integral, Real
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import pandas as pd
from joblib import effective_n_jobs
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, _fit_context, is_classifier
from sklearn.callback import CallbackSupportMixin
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    check_cv,
)
from sklearn.utils import _safe_indexing, check_consistent_length, check_random_state, gen_batches
from sklearn.utils._chunking import get_chunk_n_rows
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import _check_sample_weight, _num_samples, check_is_fitted

from scratchmlp.arrays import FloatArray
from scratchmlp.batches import Data
from scratchmlp.estimators.parameters import hidden_sizes
from scratchmlp.network import Network
from scratchmlp.rollback import unchanged_on_failure
from scratchmlp.tabular.encoder import TabularEncoder
from scratchmlp.tabular.member import Bins, Limit, train_member
from scratchmlp.tabular.recipe import Recipe
from scratchmlp.tabular.selection import choose_epochs, honest_scores


class Member(NamedTuple):
    """A trained network of an ensemble.

    Attributes
    ----------
    network : Network
        The network.
    theta : ndarray of shape (n_parameters,)
        Its parameters.
    bins : Bins or None
        What it adds to its inputs.
    """

    network: Network
    theta: FloatArray
    bins: Bins | None

    def raw_scores(self, X: FloatArray) -> FloatArray:
        """Compute the raw scores of encoded rows.

        With bins a row is many times as wide: as many at a time as scikit-learn's
        ``working_memory`` holds.
        """
        if self.bins is None:
            return self.network.raw_scores(self.theta, X)
        n_bytes = self.theta.itemsize * self.network.sizes[0]
        chunks = gen_batches(len(X), get_chunk_n_rows(n_bytes, max_n_rows=len(X)))
        return np.concatenate(
            [self.network.raw_scores(self.theta, self.bins.widen(X[rows])) for rows in chunks]
        )


class BaseTabularMLP(CallbackSupportMixin, BaseEstimator, ABC):
    """Base class of TabularMLPClassifier and TabularMLPRegressor, which document the parameters."""

    encoder_: TabularEncoder
    members_: list[Member]

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "cv": ["cv_object"],
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "max_iter": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "max_time": [Interval(Real, 0, None, closed="neither"), None],
        "categorical_features": ["array-like", StrOptions({"from_dtype"}), None],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        *,
        cv: Any,
        hidden_layer_sizes: Any,
        max_iter: int | str,
        max_time: float | None,
        categorical_features: Any,
        n_jobs: int | None,
        random_state: Any,
    ) -> None:
        self.cv = cv
        self.hidden_layer_sizes = hidden_layer_sizes
        self.max_iter = max_iter
        self.max_time = max_time
        self.categorical_features = categorical_features
        self.n_jobs = n_jobs
        self.random_state = random_state

    # What the subclasses add.

    @abstractmethod
    def _encode_targets(self, y: Any, weight: FloatArray) -> tuple[Any, FloatArray | None]:
        """Check and learn the targets; return them and their code, as in `Data`."""

    @abstractmethod
    def _recommended(self, n_rows: int) -> Recipe:
        """Choose how to train on so many rows."""

    @abstractmethod
    def _learn_out_of_fold(self, data: Data, weight: FloatArray, raw: FloatArray) -> None:
        """Learn what members say of the rows that they held out, and how good that is.

        `weight` is what the user gave, and `raw` are raw scores, nan where no member held a row
        out.
        """

    @abstractmethod
    def _predictions(self, raw: FloatArray) -> FloatArray:
        """Make a member's predictions, which are then averaged, of its raw scores."""

    def _calibrate(self, data: Data, held_out: list[NDArray[np.intp]]) -> None:
        """Learn from the rows that each member held out what makes predictions of raw scores."""

    def _weigh(self, Y: Any, weight: FloatArray) -> FloatArray:
        """Weights to train with, from those that the user gave for the rows."""
        return weight

    # Training.

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, groups: Any = None) -> Self:
        """Train the members of the ensemble.

        Parameters
        ----------
        X : {DataFrame, array-like} of shape (n_samples, n_features)
            The table.
        y : array-like of shape (n_samples,)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows, at least 0; rows of weight 0 are absent.
        groups : array-like of shape (n_samples,), default=None
            Groups of the rows, such as patients: the rows of a group are in the same fold. If `cv`
            is a splitter, it has to be one that looks at groups.

        Returns
        -------
        self
            The fitted estimator.

        Raises
        ------
        ValueError
            If a target or a group is missing, a number of the table is infinite, too few rows have
            a weight above 0, or `cv` leaves a member without rows to train on or to hold out. The
            estimator then stays as it was.
        """
        metadata = {} if sample_weight is None else {"sample_weight": sample_weight}
        given = {"estimator": self, "X": X, "y": y, "metadata": metadata}
        root = None
        if getattr(self, "_skl_callbacks", None):
            # How many members there will be is known only after the split.
            root = self._init_callback_context(max_subtasks=None)
            root.call_on_fit_task_begin(**given)
        with unchanged_on_failure(self):
            self._fit(X, y, sample_weight, groups, root, given)
            if root:
                root.call_on_fit_task_end(**given, reconstruction_attributes={})
        return self

    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        groups: Any,
        root: Any,
        given: dict[str, Any],
    ) -> None:
        started = time.time()  # which processes share
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None."
            )
        check_consistent_length(X, y, groups)
        if _num_samples(X) == 0:
            raise ValueError("Found a table of 0 sample(s), where at least two are required.")
        _check_known(y, "target", "y")
        if groups is not None:
            _check_known(groups, "group", "groups")
        weight = _check_sample_weight(sample_weight, X, dtype=np.float32, ensure_non_negative=True)
        present = np.flatnonzero(weight)
        Y, code = self._encode_targets(y, weight)
        self.encoder_ = TabularEncoder(self.categorical_features)
        self.encoder_.fit(X if len(present) == len(Y) else _safe_indexing(X, present))
        encoded = self.encoder_.transform(X)
        random_state = check_random_state(self.random_state)
        trained = self._weigh(Y, weight)
        data = Data(encoded, Y, None if (trained == 1).all() else trained, code)
        splits = self._splits(X, Y, groups, present, random_state)
        recipe = self._recipe(len(present))
        courses = Parallel(n_jobs=self.n_jobs, batch_size=1)(
            delayed(train_member)(
                recipe, data, rows, bins, seed, limit, task, given if root else {}
            )
            for rows, bins, seed, limit, task in zip(
                splits,
                _bins(recipe, len(splits), self.encoder_.numeric_outputs_),
                random_state.randint(np.iinfo(np.int32).max, size=len(splits)),
                self._limits(started, len(splits)),
                _tasks(root, len(splits), recipe.n_epochs),
                strict=True,
            )
        )
        chosen = choose_epochs(courses)
        self.members_ = [
            Member(course.network, candidate.theta, course.bins)
            for course, candidate in zip(courses, chosen, strict=True)
        ]
        self.n_iter_ = max(len(course.losses) for course in courses)
        self.best_epochs_ = np.array([candidate.epoch + 1 for candidate in chosen])
        held_out = [rows for _, rows in splits]
        self._calibrate(data, held_out)
        honest = honest_scores(courses, held_out, recipe.reach)
        self._learn_out_of_fold(data, weight, by_row(held_out, honest, len(Y)))

    def _limits(self, started: float, n_members: int) -> list[Limit | None]:
        """Give each member its limit of time: how many are left to train after it."""
        if self.max_time is None:
            return [None] * n_members
        at_once = min(effective_n_jobs(self.n_jobs), n_members)
        return [
            Limit(started + self.max_time, -(-(n_members - member) // at_once))
            for member in range(n_members)
        ]

    def _splits(
        self,
        X: Any,
        Y: Any,
        groups: Any,
        present: NDArray[np.intp],
        random_state: np.random.RandomState,
    ) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Split the rows that are present: each part is held out by one member."""
        if len(present) < 2:
            raise ValueError(
                "A cross-fitted ensemble needs at least 2 rows of a weight above 0, one to train "
                f"on and one to hold out; got n_samples={len(present)}. Add rows."
            )
        if not isinstance(self.cv, Integral):
            splitter = check_cv(self.cv, Y, classifier=is_classifier(self))
            rows = np.arange(len(Y))  # a part may be row numbers, from the end too, or a mask
            splits = [
                (_common(rows[np.asarray(a)], present), _common(rows[np.asarray(b)], present))
                for a, b in splitter.split(X, Y, groups)
            ]
            _check_splits(splits)
            return splits
        Y = Y[present]
        groups = None if groups is None else np.asarray(_safe_indexing(groups, present))
        splitter = self._folds(Y, groups, random_state)
        with warnings.catch_warnings():  # members may do without a class that is rare
            warnings.filterwarnings("ignore", message="The least populated class")
            splits = [(present[a], present[b]) for a, b in splitter.split(Y, Y, groups)]
        return [split for split in splits if len(split[1])]  # few groups may leave a fold empty

    def _folds(
        self, Y: Any, groups: NDArray[Any] | None, random_state: np.random.RandomState
    ) -> Any:
        """Make as many shuffled folds as `cv` says, or fewer where rows, classes or groups are."""
        n_splits = min(self.cv, len(Y))
        if is_classifier(self):
            most = np.bincount(Y).max()
            if most < 2:
                raise ValueError(
                    "Some class needs 2 rows of a weight above 0, one to train on and one to hold "
                    f"out; got {len(Y)} rows of as many classes. Add rows."
                )
            n_splits = min(n_splits, most)  # fewer where all are rare
            Folds, GroupFolds = StratifiedKFold, StratifiedGroupKFold
        else:
            Folds, GroupFolds = KFold, GroupKFold
        if groups is None:
            return Folds(n_splits, shuffle=True, random_state=random_state)
        n_groups = len(np.unique(groups))
        if n_groups < 2:
            raise ValueError(
                f"Rows of a group stay together, so that two groups are needed; got {n_groups}. "
                "Leave groups out, or say what belongs together."
            )
        return GroupFolds(min(n_splits, n_groups), shuffle=True, random_state=random_state)

    def _recipe(self, n_rows: int) -> Recipe:
        """Choose how to train on so many rows, where users did not."""
        recipe = replace(
            self._recommended(n_rows), hidden_layer_sizes=hidden_sizes(self.hidden_layer_sizes)
        )
        return recipe if self.max_iter == "auto" else replace(recipe, n_epochs=int(self.max_iter))

    # Prediction.

    def _member_predictions(self, X: Any) -> Iterator[FloatArray]:
        """Predict with one member after the other."""
        check_is_fitted(self)
        encoded = self.encoder_.transform(X)
        for member in self.members_:
            yield self._predictions(member.raw_scores(encoded).astype(np.float64))

    def _mean_prediction(self, X: Any) -> FloatArray:
        """Average the members' predictions."""
        total: Any = sum(self._member_predictions(X))
        return total / len(self.members_)

    def member_predictions(self, X: Any) -> FloatArray:
        """Predict with each member; how far they spread shows how unsure they are.

        Parameters
        ----------
        X : {DataFrame, array-like} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        ndarray of shape (n_members, n_samples) or (n_members, n_samples, n_outputs)
            What each member predicts: probabilities, with a column for each class, or targets.
        """
        return np.stack(list(self._member_predictions(X)))

    @property
    def n_features_in_(self) -> int:
        """Number of columns seen in `fit`."""
        return int(self.encoder_.n_features_in_)

    @property
    def feature_names_in_(self) -> NDArray[np.object_]:
        """Names of the columns seen in `fit`, if they are strings."""
        return self.encoder_.feature_names_in_

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        tags.input_tags.allow_nan = True
        return tags


def _check_known(values: Any, what: str, name: str) -> None:
    """Check that no row's target or group is missing."""
    missing = np.asarray(pd.isna(np.asarray(values, dtype=object)))
    if missing.any():
        n_missing = int(missing.reshape(len(missing), -1).any(axis=1).sum())
        raise ValueError(
            f"Each row needs a {what}, and {name} has none in {n_missing} of {len(missing)} rows. "
            f"Leave these rows out: known = {name}.notna(), and fit on X[known] and y[known]."
        )


def _check_splits(splits: list[tuple[NDArray[np.intp], NDArray[np.intp]]]) -> None:
    """Check that there are members, and that each has rows to train on and rows to hold out."""
    if not splits:
        raise ValueError("An ensemble has a member for each split, and cv has none. Change cv.")
    for number, (training, held_out) in enumerate(splits):
        if len(training) == 0 or len(held_out) == 0:
            raise ValueError(
                "Each member needs a row of a weight above 0 to train on and one to hold out; "
                f"split {number} of cv has {len(training)} and {len(held_out)}. Change cv, or the "
                "weights."
            )


def by_row(held_out: list[NDArray[np.intp]], scores: list[FloatArray], n_rows: int) -> FloatArray:
    """Put scores of the rows held out where the rows are; means if there are several, or nan."""
    n_outputs = scores[0].shape[1]
    total, times = np.zeros((n_rows, n_outputs)), np.zeros((n_rows, 1))
    for rows, score in zip(held_out, scores, strict=True):
        total[rows] += score
        times[rows] += 1
    return np.divide(total, times, out=np.full_like(total, np.nan), where=times > 0)


def _common(rows: NDArray[np.intp], present: NDArray[np.intp]) -> NDArray[np.intp]:
    """Leave rows out that are not present."""
    return rows[np.isin(rows, present)]


def _bins(recipe: Recipe, n_members: int, numeric: NDArray[np.intp]) -> list[Bins | None]:
    """Give each member bins of its own, which it fits to its own rows."""
    encoders = [recipe.bins_for(member, len(numeric)) for member in range(n_members)]
    return [Bins(encoder, numeric) if encoder else None for encoder in encoders]


def _tasks(root: Any, n_members: int, n_epochs: int) -> list[Any]:
    """Make a task for each member, if callbacks are to hear of them."""
    return [
        root.subcontext(task_name="member", max_subtasks=n_epochs) if root else None
        for _ in range(n_members)
    ]
