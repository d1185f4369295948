"""What all estimators for raw tables share: the checked and encoded table, and its folds."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, ClassVar, NamedTuple, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.base import _fit_context, is_classifier
from sklearn.callback import CallbackSupportMixin
from sklearn.utils import _safe_indexing, check_consistent_length, check_random_state
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import _num_samples, check_is_fitted

from scratchmlp.arrays import FloatArray
from scratchmlp.batches import Data
from scratchmlp.estimators.callback_tasks import CallbackTasks, fitting
from scratchmlp.estimators.mixins import PickledWithVersion, SuggestsNames
from scratchmlp.estimators.weights import check_weights
from scratchmlp.tabular.calibration import Calibration
from scratchmlp.tabular.columns.encoded_table import EncodedTable
from scratchmlp.tabular.columns.encoder import READING_CONSTRAINTS, TabularEncoder
from scratchmlp.tabular.folds import (
    Rows,
    check_groups,
    check_no_missing,
    check_splits,
    given_splits,
    predicted_rows,
    relative_weights,
    shuffled_splits,
    warn_of_one_row,
)
from scratchmlp.tabular.inputs.term_selection import TermSelection
from scratchmlp.tabular.inspection.explanations import ExplanationsMixin
from scratchmlp.tabular.inspection.findings import FindingsMixin
from scratchmlp.tabular.inspection.importances import ImportancesMixin
from scratchmlp.tabular.inspection.uncertainty import (
    Uncertainty,
    held_out_scores,
    kept_weight,
    scored_rows,
)
from scratchmlp.tabular.prediction import Blend
from scratchmlp.tabular.reading.findings import warn_of
from scratchmlp.tabular.reading.values import check_collected
from scratchmlp.tabular.targets import ClassLabels, Numbers, Targets


def fit_and_encode(
    encoder: TabularEncoder, X: Any, present: Rows
) -> tuple[TabularEncoder, EncodedTable]:
    """Fit an encoder and encode a table. Rows that are not present have weight 0.

    They are encoded, but the encoder does not learn from them.
    """
    encoder.fit(X if len(present) == _num_samples(X) else _safe_indexing(X, present))
    encoded, _ = encoder.encode(X)  # `fit` has warned
    return encoder, encoded


#: A function such as `fit_and_encode`, for a table that may be on a cluster.
Encode: TypeAlias = Callable[[TabularEncoder, Any, Rows], tuple[TabularEncoder, Any]]


class TrainingProblem(NamedTuple):
    """What there is to train, made from the user's input.

    Attributes
    ----------
    encoder : TabularEncoder
        The fitted encoder.
    targets : ClassLabels or Numbers
        What is learned from the targets before training.
    data : Data
        All rows, with encoded inputs and targets. The weights include class weights. They are None
        if all are 1.
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Labels or numbers as the user passed them.
    sample_weight : ndarray of shape (n_samples,)
        Weights as the user passed them, without class weights, but divided by their mean.
    splits : list of tuple of two ndarrays
        For each fold, the row numbers for training and those that are held out.
    seeds : ndarray of int
        Random state of each fold.
    terms : list of TermSelection
        Selects the terms of text for each fold. Not fitted if each part selects its own.
    n_rows : int
        Number of rows by which hyperparameters are chosen: those with a weight above 0 or, if folds
        train on fewer, as many as they train on.
    tasks : CallbackTasks or None, default=None
        Task that tells callbacks of the fit. None if there are no callbacks.
    started : float, default=0.0
        Time at which the fit began: `max_time` counts from then.
    """

    encoder: TabularEncoder
    targets: Targets
    data: Data
    y: NDArray[Any]
    sample_weight: FloatArray
    splits: list[tuple[Rows, Rows]]
    seeds: NDArray[np.int_]
    terms: list[TermSelection]
    n_rows: int
    tasks: CallbackTasks | None = None
    started: float = 0.0

    @property
    def held_out(self) -> list[Rows]:
        """Row numbers that each fold holds out."""
        return [rows for _, rows in self.splits]

    def with_other_seeds(self, number: int) -> Self:
        """Return the problem with other seeds, the same for each number; those of 0 stay."""
        return self._replace(seeds=(self.seeds + number) % np.iinfo(np.int32).max)

    def with_terms(self) -> Self:
        """Return the problem with terms that are selected for each fold, once for all estimators.

        This goes through the folds one by one, but no process or estimator selects again.
        """
        if not self.data.X.terms:
            return self
        terms = [TermSelection().fit(self.data.rows(training)) for training, _ in self.splits]
        return self._replace(terms=terms)

    def for_targets(self, targets: Targets) -> Self:
        """Return the same problem with targets that are encoded otherwise.

        Terms are selected anew: by other targets, the last bits of what decides would differ.
        """
        if targets is self.targets:
            return self
        data = self.data._replace(Y=targets.encode(self.y))
        return self._replace(
            targets=targets, data=data, terms=[TermSelection() for _ in self.splits]
        )


@dataclass(kw_only=True, eq=False, repr=False)
class TableParameters:
    """Parameters of all estimators for raw tables, which document them.

    An estimator is a dataclass of its parameters.
    """

    cv: Any = 8
    n_repeats: int = 1
    max_time: float | None = None
    categorical_features: Any = "from_dtype"
    numeric_features: Any = None
    text_features: Any = None
    date_features: Any = None
    missing_values: Any = None
    inspect_table: bool = True
    n_jobs: int | None = None
    random_state: Any = None


class BaseTabular(
    ImportancesMixin,
    FindingsMixin,
    ExplanationsMixin,
    PickledWithVersion,
    CallbackSupportMixin,
    SuggestsNames,
    TableParameters,
    ABC,
):
    """Base class of the estimators for raw tables, which are trained once for each fold."""

    encoder_: TabularEncoder
    held_out_: list[NDArray[np.intp]]
    oof_score_: float
    _targets: Targets
    _targets_type: ClassVar[type[ClassLabels] | type[Numbers]]
    _calibration: Calibration | None = None
    _uncertainty: Uncertainty
    #: Weights of all rows of `fit`, divided by their mean; None if all are equal.
    _row_weight: FloatArray | None = None
    _oof_name: ClassVar[str]  # of the attribute with the out-of-fold predictions

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "cv": ["cv_object"],
        "n_repeats": [Interval(Integral, 1, None, closed="left")],
        "max_time": [Interval(Real, 0, None, closed="neither"), None],
        **READING_CONSTRAINTS,
        "inspect_table": ["boolean"],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    }

    # What the subclasses add.

    @abstractmethod
    def fit_problem(self, problem: TrainingProblem) -> None:
        """Train on an encoded table, and set the fitted attributes.

        Internal: other folders of the package call it.
        """

    @property
    @abstractmethod
    def blend(self) -> Blend:
        """What predicts, for other folders of the package."""

    # Fit.

    @_fit_context(prefer_skip_nested_validation=False)  # the estimators are the user's
    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, groups: Any = None) -> Self:
        """Train on a table.

        Parameters
        ----------
        X : {DataFrame, array-like} of shape (n_samples, n_features)
            The table.
        y : array-like of shape (n_samples,)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows, at least 0. Only their ratios matter: they are divided by their
            mean. Rows with weight 0 are not learned from, but they are encoded: their values must
            be such that `predict` accepts them.
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
            a weight above 0, or `cv` leaves a fold without rows to train on or to hold out. The
            estimator then stays as it was.

        Examples
        --------
        >>> import pandas as pd
        >>> from scratchmlp.tabular import TabularMLPClassifier
        >>> table = pd.DataFrame(
        ...     {"age": [20, 31, None, 45, 52, 38] * 5, "city": ["Rome", "Oslo", "Rome"] * 10}
        ... )
        >>> buys = ["no", "yes", "no", "yes", "yes", "no"] * 5
        >>> household = [number // 3 for number in range(30)]
        >>> classifier = TabularMLPClassifier(cv=3, max_iter=16, random_state=0)
        >>> classifier = classifier.fit(table, buys, groups=household)
        >>> classifier.oof_proba_.shape
        (30, 2)
        """
        started = time.time()  # this clock is the same in all processes
        with fitting(self, (X, y, sample_weight)) as (fitted, tasks):
            problem = fitted.prepare(X, y, sample_weight, groups)
            fitted._look_for_misleading(problem, X, groups)
            fitted.fit_problem(problem._replace(tasks=tasks, started=started))
            if tasks:
                tasks.end(fitted=True)
        return self

    def prepare(
        self, X: Any, y: Any, sample_weight: Any, groups: Any, encode: Encode = fit_and_encode
    ) -> TrainingProblem:
        """Check the user's input, and convert it to what training needs.

        Internal: other folders of the package call it.
        """
        self._findings = []  # of this table, none yet
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None."
            )
        if isinstance(y, str):
            raise ValueError(
                f"y is {y!r}, but it must hold the target of each row, not the name of a column. "
                f"Pass X=df.drop(columns={y!r}) and y=df[{y!r}], where df is the table."
            )
        check_groups(groups)
        check_collected(X)
        check_consistent_length(X, y, groups)
        if _num_samples(X) == 0:
            raise ValueError("Found a table of 0 sample(s), where at least two are required.")
        check_no_missing(y, "target", "y")
        weight = relative_weights(check_weights(sample_weight, X))
        present = np.flatnonzero(weight)
        y = self._targets_type.check(y, self)
        targets = self._targets_type.learn(y, weight)
        training_weight = targets.weigh(y, weight, getattr(self, "class_weight", None))
        unfitted = TabularEncoder(**{name: getattr(self, name) for name in READING_CONSTRAINTS})
        encoder, encoded = encode(unfitted, X, present)
        trained = None if (training_weight == 1).all() else training_weight
        data = Data(encoded, targets.encode(y), trained, targets.class_targets)
        random_state = check_random_state(self.random_state)
        splits = self._splits(X, data.Y, groups, present, random_state)
        check_splits(splits, training_weight)
        if not is_classifier(self):
            warn_of_one_row(splits)
        seeds = random_state.randint(np.iinfo(np.int32).max, size=len(splits))
        terms = [TermSelection() for _ in splits]
        n_rows = len(present)
        return TrainingProblem(encoder, targets, data, y, weight, splits, seeds, terms, n_rows)

    def _splits(
        self,
        X: Any,
        Y: NDArray[Any],
        groups: Any,
        present: Rows,
        random_state: np.random.RandomState,
    ) -> list[tuple[Rows, Rows]]:
        """Split the rows with a weight above 0 into training rows and a fold, as `cv` says."""
        if len(present) < 2:
            raise ValueError(
                "A cross-fitted ensemble needs at least 2 rows of a weight above 0, one to train "
                f"on and one to hold out; got n_samples={len(present)}. Add rows."
            )
        if isinstance(self.cv, Integral):
            groups = None if groups is None else _safe_indexing(groups, present)
            splits = shuffled_splits(int(self.cv), self.n_repeats, Y[present], groups, random_state)
            return [(present[training], present[held_out]) for training, held_out in splits]
        if self.n_repeats > 1:
            raise ValueError(
                f"n_repeats={self.n_repeats} needs a number of folds as cv, to shuffle the rows "
                f"again; got cv={self.cv!r}. Use a splitter that repeats, such as "
                "RepeatedStratifiedKFold."
            )
        return given_splits(self.cv, X, Y, groups, present)

    # What subclasses keep of a fit.

    def _keep_problem(self, problem: TrainingProblem) -> None:
        """Keep what is known before training."""
        self.encoder_ = problem.encoder
        self.held_out_ = problem.held_out
        self._targets = problem.targets
        self._row_weight = kept_weight(problem.sample_weight)

    @property
    def out_of_fold(self) -> FloatArray | None:
        """The out-of-fold predictions of `fit`. None if the estimator has none."""
        return getattr(self, self._oof_name, None)

    def _oof_score(self, problem: TrainingProblem, oof: FloatArray) -> float:
        """Score the out-of-fold predictions of the rows that have them."""
        rows, targets = predicted_rows(oof), self._targets
        y = targets.values(problem.data.Y)[rows]
        return targets.score(y, oof[rows], problem.sample_weight[rows])

    def scored_rows(self, oof: FloatArray) -> tuple[Rows, Rows, FloatArray | None]:
        """Return the rows whose errors tell how sure predictions are: see `scored_rows`.

        The third array are their weights, None if all are equal.

        Internal: other folders of the package call it.
        """
        rows, folds = scored_rows(predicted_rows(oof), self.held_out_, len(oof))
        weight = self._row_weight
        return rows, folds, None if weight is None else kept_weight(weight[rows])

    def _uncertainty_of(
        self, problem: TrainingProblem, oof: FloatArray
    ) -> Callable[[FloatArray], Uncertainty]:
        """Return the function that measures how wrong out-of-fold predictions are.

        It measures those of a part of an ensemble, too, in units of the errors to expect of `oof`.
        """
        targets = self._targets
        data, (rows, folds, weight) = problem.data, self.scored_rows(oof)
        difficulty, sizes = targets.expected_errors(data, rows, oof[rows], folds, weight)

        def measure(oof: FloatArray) -> Uncertainty:
            errors = targets.errors(data.Y[rows], oof[rows])
            return Uncertainty(held_out_scores(errors / sizes, weight), difficulty)

        return measure

    # Prediction.

    def _encode(self, X: Any) -> EncodedTable:
        """Encode a table with the encoder of `fit`, and warn of what the user should know."""
        encoded, notes = self.encoder_.encode(X)
        warn_of(notes, is_new=True)
        return encoded

    def blend_and_table(self, X: Any) -> tuple[Blend, EncodedTable]:
        """Return what predicts, and the encoded rows to predict.

        Internal: other folders of the package call it.
        """
        check_is_fitted(self)
        return self.blend, self._encode(X)

    def _mean_prediction(self, X: Any) -> FloatArray:
        """Return class probabilities or predicted targets."""
        blend, table = self.blend_and_table(X)
        return blend.predict(table)

    def _regions(self, X: Any, coverage: float) -> NDArray[Any]:
        """Predict a set of classes or intervals for each row."""
        check_is_fitted(self)
        blend = self.blend
        limit = blend.uncertainty.scores.quantile(coverage)
        return blend.predict_with_regions(self._encode(X), limit)[1]

    def member_predictions(self, X: Any) -> FloatArray:
        """Predict by each fold. If the predictions disagree, their mean is uncertain.

        The prediction of a fold is that of what was trained without it: of a network, or in an
        ensemble of networks and trees the weighted mean of one of each kind.

        Parameters
        ----------
        X : {DataFrame, array-like} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        ndarray of shape (n_folds, n_samples) or (n_folds, n_samples, n_outputs)
            Class probabilities, or predicted targets.
        """
        blend, table = self.blend_and_table(X)
        return blend.predict_by_fold(table)

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
