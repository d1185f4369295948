"""What the tabular classifier and regressor share: a cross-fitted ensemble of networks.

Each member is trained without one part of the rows, its fold. The losses on the folds decide which
epoch each member keeps. The predictions of a member for its fold are out-of-fold predictions. They
estimate how well the ensemble predicts new rows.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from numbers import Integral, Real
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from joblib import effective_n_jobs
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, _fit_context, is_classifier
from sklearn.callback import CallbackSupportMixin
from sklearn.utils import _safe_indexing, check_consistent_length, check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import _num_samples, check_is_fitted

from scratchmlp.arrays import FloatArray
from scratchmlp.batches import Data
from scratchmlp.estimators.callback_tasks import CallbackTasks, begin_fit
from scratchmlp.estimators.parameters import hidden_sizes
from scratchmlp.estimators.scaling import check_weights
from scratchmlp.rollback import unchanged_on_failure
from scratchmlp.tabular.column_roles import ROLE_CONSTRAINTS
from scratchmlp.tabular.deadline import deadlines
from scratchmlp.tabular.encoder import TabularEncoder
from scratchmlp.tabular.folds import check_groups, check_no_missing, check_splits, make_splits
from scratchmlp.tabular.member import (
    Member,
    MemberHistory,
    MemberPlan,
    train_member,
    unfitted_inputs,
)
from scratchmlp.tabular.notes import warn_of
from scratchmlp.tabular.recipe import Recipe
from scratchmlp.tabular.selection import by_row, check_kept, choose_epochs, out_of_fold_scores


class EncodedTargets(NamedTuple):
    """Targets as training needs them.

    Attributes
    ----------
    Y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Class numbers of a classifier, or standardized targets of a regressor.
    class_targets : ndarray of shape (n_classes, n_classes) or None
        One-hot targets of the classes; None for a regressor.
    training_weight : ndarray of shape (n_samples,)
        Weights to train with, class weights included.
    attributes : dict
        Fitted attributes that depend on the targets. Predictions need them.
    """

    Y: NDArray[Any]
    class_targets: FloatArray | None
    training_weight: FloatArray
    attributes: dict[str, Any]


class PreparedTable(NamedTuple):
    """What training needs, made from the user's input.

    Attributes
    ----------
    encoder : TabularEncoder
        The fitted encoder.
    data : Data
        All rows, with encoded inputs and targets. The weights include class weights. They are None
        if all are 1.
    sample_weight : ndarray of shape (n_samples,)
        Weights as the user passed them, without class weights, but scaled: see
        `scratchmlp.estimators.scaling`.
    splits : list of tuple of two ndarrays
        For each member, the row numbers for training and the row numbers of its fold.
    seeds : ndarray of int
        Random state of each member.
    recipe : Recipe
        How to train.
    attributes : dict
        Fitted attributes that depend on the targets: see `EncodedTargets`.
    """

    encoder: TabularEncoder
    data: Data
    sample_weight: FloatArray
    splits: list[tuple[NDArray[np.intp], NDArray[np.intp]]]
    seeds: NDArray[np.int_]
    recipe: Recipe
    attributes: dict[str, Any]

    @property
    def held_out(self) -> list[NDArray[np.intp]]:
        """Row numbers of each member's fold."""
        return [rows for _, rows in self.splits]


class BaseTabularMLP(CallbackSupportMixin, BaseEstimator, ABC):
    """Base class of TabularMLPClassifier and TabularMLPRegressor, which document the parameters."""

    cv: Any
    hidden_layer_sizes: Any
    max_iter: int | str
    max_time: float | None
    categorical_features: Any
    numeric_features: Any
    text_features: Any
    date_features: Any
    n_jobs: int | None
    random_state: Any

    encoder_: TabularEncoder
    members_: list[Member]

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "cv": ["cv_object"],
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "max_iter": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "max_time": [Interval(Real, 0, None, closed="neither"), None],
        **ROLE_CONSTRAINTS,
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    }

    # What the subclasses add.

    @abstractmethod
    def _encode_targets(self, y: Any, weight: FloatArray) -> EncodedTargets:
        """Check and encode the targets."""

    @abstractmethod
    def _recommended(self, n_rows: int) -> Recipe:
        """Choose how to train on `n_rows` rows."""

    @abstractmethod
    def _keep_out_of_fold(self, data: Data, weight: FloatArray, raw: FloatArray) -> None:
        """Keep out-of-fold predictions and their score.

        `raw` holds out-of-fold raw scores, which are nan for rows that no member held out. `weight`
        holds the weights that the user passed.
        """

    @abstractmethod
    def _predictions(self, raw: FloatArray) -> FloatArray:
        """Return the predictions of one member for its raw scores."""

    def _calibrate(self, data: Data, raw: FloatArray) -> None:
        """Calibrate predictions on held-out rows, if they need it.

        A classifier fits its temperature. A regressor does nothing. `raw` holds the raw scores of
        each row, from the members that held it out, and nan for rows that no member held out.
        """

    # Fit: prepare, train, keep.

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
            Weights of the rows, at least 0. Rows with weight 0 are not learned from, but they are
            encoded: their values must be such that `predict` accepts them.
        groups : array-like of shape (n_samples,), default=None
            Groups of the rows, such as patients. All rows of a group are in the same fold. If `cv`
            is a splitter, it must be one that uses groups. The target encoding of columns of many
            categories does not use groups: a training row is encoded by the targets of other rows
            of its group too.

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
        started = time.time()  # this clock is the same in all processes
        tasks = begin_fit(self, X, y, sample_weight, max_subtasks=None)
        with unchanged_on_failure(self):
            table = self._prepare(X, y, sample_weight, groups)
            # These attributes are known before training, and callbacks may read them.
            self.encoder_ = table.encoder
            self.__dict__.update(table.attributes)
            self._keep(table, self._train(table, tasks, started))
            if tasks:
                tasks.end(fitted=True)
        return self

    def _prepare(self, X: Any, y: Any, sample_weight: Any, groups: Any) -> PreparedTable:
        """Check the user's input, and convert it to what training needs."""
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None."
            )
        check_groups(groups)
        check_consistent_length(X, y, groups)
        if _num_samples(X) == 0:
            raise ValueError("Found a table of 0 sample(s), where at least two are required.")
        check_no_missing(y, "target", "y")
        weight, _ = check_weights(sample_weight, X, np.float32)
        present = np.flatnonzero(weight)
        targets = self._encode_targets(y, weight)
        encoder = TabularEncoder(**{name: getattr(self, name) for name in ROLE_CONSTRAINTS})
        # Rows with weight 0 are encoded, but the encoder does not learn from them.
        encoder.fit(X if len(present) == len(weight) else _safe_indexing(X, present))
        trained = None if (targets.training_weight == 1).all() else targets.training_weight
        encoded, _ = encoder._encode(X)  # `fit` has warned
        data = Data(encoded, targets.Y, trained, targets.class_targets)
        random_state = check_random_state(self.random_state)
        splits = make_splits(
            self.cv, X, data.Y, groups, present, random_state, classifier=is_classifier(self)
        )
        check_splits(splits, targets.training_weight)
        seeds = random_state.randint(np.iinfo(np.int32).max, size=len(splits))
        recipe = self._chosen_recipe(len(present))
        return PreparedTable(encoder, data, weight, splits, seeds, recipe, targets.attributes)

    def _chosen_recipe(self, n_rows: int) -> Recipe:
        """Choose how to train on `n_rows` rows. The estimator's parameters have priority."""
        recipe = replace(
            self._recommended(n_rows), hidden_layer_sizes=hidden_sizes(self.hidden_layer_sizes)
        )
        return recipe if self.max_iter == "auto" else replace(recipe, n_epochs=int(self.max_iter))

    def _train(
        self, table: PreparedTable, tasks: CallbackTasks | None, started: float
    ) -> list[MemberHistory]:
        """Train the members, up to `n_jobs` of them at the same time.

        `started` is the time at which the fit began: `max_time` counts from then.
        """
        plans = list(self._plans(table, tasks, started))
        return Parallel(n_jobs=self.n_jobs, batch_size=1)(
            delayed(train_member)(table.recipe, table.data, plan) for plan in plans
        )

    def _plans(
        self, table: PreparedTable, tasks: CallbackTasks | None, started: float
    ) -> Iterator[MemberPlan]:
        """Yield what distinguishes the training of each member from that of the others.

        `inputs` encode some columns anew for a member, in addition to the common encoding.
        `rows` are two arrays of row numbers: those for training, and those of the fold.
        """
        n_members, numeric = len(table.splits), table.encoder.numeric_outputs_
        n_at_once = min(effective_n_jobs(self.n_jobs), n_members)
        ends = deadlines(started, self.max_time, n_members, n_at_once)
        for member, (rows, seed, end) in enumerate(
            zip(table.splits, table.seeds, ends, strict=True)
        ):
            encoder = table.recipe.bins_for(member, len(numeric))
            inputs = unfitted_inputs(table.data.X, encoder, numeric, seed)
            task = tasks.member(table.recipe.n_epochs) if tasks else None
            yield MemberPlan(*rows, inputs, seed, end, task)

    def _keep(self, table: PreparedTable, histories: list[MemberHistory]) -> None:
        """Choose the epoch of each member, and set the fitted attributes.

        `histories` holds, for each member, the loss and the raw scores of its fold after each
        epoch, and the candidates: the best epochs with their averaged parameters. These parameters
        are evaluated here for the first time. The order matters: `_keep_out_of_fold` uses what
        `_calibrate` sets.
        """
        chosen = choose_epochs(histories)
        self.members_ = [
            Member(history.network, candidate.theta, history.inputs)
            for history, candidate in zip(histories, chosen, strict=True)
        ]
        self.n_iter_ = max(len(history.losses) for history in histories)
        self.stop_reasons_ = [history.stop_reason for history in histories]
        self.best_epochs_ = np.array([candidate.epoch + 1 for candidate in chosen])
        held_out, radius = table.held_out, table.recipe.averaging_radius
        n_rows, pairs = len(table.data.Y), zip(self.members_, held_out, strict=True)
        kept = [member.raw_scores(table.data.X[rows]) for member, rows in pairs]
        check_kept(chosen, kept)
        self._calibrate(table.data, by_row(held_out, kept, n_rows))
        raw = by_row(held_out, out_of_fold_scores(histories, held_out, radius), n_rows)
        self._keep_out_of_fold(table.data, table.sample_weight, raw)

    # Prediction.

    def _member_predictions(self, X: Any) -> Iterator[FloatArray]:
        """Yield the predictions of one member after the other."""
        check_is_fitted(self)
        encoded, notes = self.encoder_._encode(X)
        warn_of(notes)
        for member in self.members_:
            yield self._predictions(member.raw_scores(encoded).astype(np.float64))

    def _mean_prediction(self, X: Any) -> FloatArray:
        """Return the mean of the members' predictions."""
        total: Any = sum(self._member_predictions(X))
        return total / len(self.members_)

    def member_predictions(self, X: Any) -> FloatArray:
        """Predict with each member. If the members disagree, the prediction is uncertain.

        Parameters
        ----------
        X : {DataFrame, array-like} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        ndarray of shape (n_members, n_samples) or (n_members, n_samples, n_outputs)
            Class probabilities, or predicted targets, of each member.
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
