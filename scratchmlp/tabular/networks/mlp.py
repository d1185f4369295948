"""TabularMLPClassifier and TabularMLPRegressor: a cross-fitted ensemble of networks.

Each member is trained without one part of the rows, its fold. The losses on the folds decide which
epoch each member keeps. The predictions of a member for its fold are out-of-fold predictions. They
estimate how well the ensemble predicts new rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.utils._param_validation import Interval, StrOptions

from scratchmlp.arrays import FloatArray
from scratchmlp.estimators.own_objects import TRIED_ROWS, is_own, try_loss
from scratchmlp.estimators.parameters import hidden_sizes, loss_of, refuse_own_outputs
from scratchmlp.losses import Loss, PoissonLoss, losses_for
from scratchmlp.run import DivergenceError
from scratchmlp.tabular.base import BaseTabular, BaseTabularClassifier, BaseTabularRegressor
from scratchmlp.tabular.folds import by_row
from scratchmlp.tabular.inputs.inputs import Bins, InputsPlan
from scratchmlp.tabular.inputs.logarithms import positive_numbers
from scratchmlp.tabular.networks.deadline import Deadline, deadlines
from scratchmlp.tabular.networks.epochs import (
    N_FIRST,
    check_kept,
    choose_epochs,
    enough_epochs,
    out_of_fold_epochs,
)
from scratchmlp.tabular.networks.executor import Executor, LocalExecutor
from scratchmlp.tabular.networks.fold_evaluator import Candidate
from scratchmlp.tabular.networks.member import (
    FinishedMember,
    Member,
    MemberHistory,
    MemberPlan,
    joined_history,
)
from scratchmlp.tabular.networks.recipe import Recipe, recommended_recipe
from scratchmlp.tabular.part import PartEstimator
from scratchmlp.tabular.prediction import Blend, Part, out_of_fold
from scratchmlp.tabular.problem import TableParameters, TrainingProblem
from scratchmlp.tabular.targets import NumericTargets


@dataclass(kw_only=True, eq=False, repr=False)
class NetworkParameters(TableParameters):
    """Parameters of TabularMLPClassifier and TabularMLPRegressor."""

    hidden_layer_sizes: Any = "auto"
    max_iter: int | str = "auto"


class BaseTabularMLP(PartEstimator, NetworkParameters, BaseTabular):
    """Base class of TabularMLPClassifier and TabularMLPRegressor, which document the parameters."""

    is_preferred = True
    left_out_after = DivergenceError

    members_: list[Member]
    history_: dict[str, NDArray[Any]]
    best_epochs_: NDArray[np.int_]

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseTabular._parameter_constraints,
        "hidden_layer_sizes": [
            StrOptions({"auto"}),
            "array-like",
            Interval(Integral, 1, None, closed="left"),
        ],
        "max_iter": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
    }

    # Fit, alone or as a part of an ensemble.

    def fit_problem(self, problem: TrainingProblem, executor: Executor | None = None) -> None:
        """Train a network for each fold.

        Internal: other folders of the package call it.
        """
        problem = self._for_loss(problem)
        oof = self._fit_folds(problem, executor or LocalExecutor(self.n_jobs))
        self._keep_out_of_fold(oof)
        self._uncertainty = problem.uncertainty_of(oof)(oof)
        if new := problem.without_entities():
            predicted = out_of_fold(self.fitted_part, new.data.X, new.held_out)
            self._keep_unseen(new, {"networks": predicted})

    def check_part(self, name: str, ensemble: str) -> None:
        """See `PartEstimator`. Internal: the ensemble calls it."""
        self._validate_params()
        if getattr(self, "_skl_callbacks", None):
            raise ValueError(
                f"Only the ensemble calls callbacks, but {name!r} has callbacks of its own. "
                f"Pass them to set_callbacks of {ensemble}."
            )

    def fit_part(self, problem: TrainingProblem, n_trial: int) -> Iterator[FloatArray]:
        """See `PartEstimator`. Internal: the ensemble calls it."""
        yield self._fit_folds(self._for_loss(problem), LocalExecutor(self.n_jobs))

    def _for_loss(self, problem: TrainingProblem) -> TrainingProblem:
        """Return the problem with targets as the loss needs them."""
        return problem

    @property
    def _training_loss(self) -> Loss | None:
        """The loss that the user chose, with its output activation; None for classes."""
        return None

    # Train, keep.

    def _fit_folds(self, problem: TrainingProblem, executor: Executor) -> FloatArray:
        """Train a member for each fold, and return the out-of-fold predictions."""
        self._keep_problem(problem)
        recipe = self._chosen_recipe(problem)
        histories = self._train(problem, recipe, executor)
        chosen = choose_epochs(histories)
        epochs = out_of_fold_epochs(histories, problem.held_out, recipe.averaging_radius)
        finished = executor.finish(problem.data, chosen, epochs, problem.held_out)
        self._keep_members(histories, chosen, finished)
        oof = self._calibrated(problem, finished)
        self.oof_score_ = problem.score(oof)
        return oof

    def _chosen_recipe(self, problem: TrainingProblem) -> Recipe:
        """Choose how to train on a table. The estimator's parameters have priority."""
        targets, data = problem.targets, problem.data
        recipe = recommended_recipe(targets, data, problem.n_rows, self._training_loss)
        if not isinstance(self.hidden_layer_sizes, str):
            recipe = replace(recipe, hidden_layer_sizes=(hidden_sizes(self.hidden_layer_sizes),))
        return recipe if self.max_iter == "auto" else replace(recipe, n_epochs=int(self.max_iter))

    def _train(
        self, problem: TrainingProblem, recipe: Recipe, executor: Executor
    ) -> list[MemberHistory]:
        """Train the first members, which show how many epochs are enough, and then the others."""
        members = range(len(problem.splits))
        first, others = members[:N_FIRST], members[N_FIRST:]
        groups = [len(first), len(others)]
        ends = deadlines(problem.started, self.max_time, groups, executor.n_at_once)
        n_epochs, data = recipe.n_epochs, problem.data
        patient = replace(recipe, patience=n_epochs / 2)
        histories = executor.train(patient, data, self._plans(problem, patient, ends, first))
        limited = replace(recipe, last_epoch=enough_epochs(histories, n_epochs))
        plans = self._plans(problem, limited, ends, others)
        return histories + executor.train(limited, data, plans)

    def _plans(
        self, problem: TrainingProblem, recipe: Recipe, ends: list[Deadline], members: range
    ) -> Iterator[MemberPlan]:
        """Yield what distinguishes the training of some members from that of the others."""
        layout = problem.data.X.layout
        numeric = np.searchsorted(layout.numbers, problem.encoder.numeric_outputs_)
        positive = positive_numbers(problem.encoder.fitted_columns) if recipe.logarithms else {}
        n_epochs = int(min(recipe.n_epochs, recipe.last_epoch))
        for member in members:
            encoder = recipe.bins_for(member, len(numeric))
            bins = Bins(encoder, numeric) if encoder else None
            seed, terms = problem.seeds[member], problem.terms[member]
            inputs = InputsPlan(seed, terms, bins, positive)
            task = problem.tasks.subtask(n_epochs) if problem.tasks else None
            yield MemberPlan(member, *problem.splits[member], inputs, seed, ends[member], task)

    def _keep_members(
        self,
        histories: list[MemberHistory],
        chosen: list[Candidate],
        finished: list[FinishedMember],
    ) -> None:
        """Keep the members and how they trained.

        `histories`, `chosen` and `finished` hold, for each member, what its training returned, the
        epoch that it keeps, and its raw scores of its fold.
        """
        check_kept(chosen, [member.kept for member in finished])
        self.members_ = [member.member for member in finished]
        self.n_iter_ = max(len(history.losses) for history in histories)
        self.stop_reasons_ = [history.stop_reason for history in histories]
        self.history_ = joined_history(histories)
        self.best_epochs_ = np.array([candidate.epoch + 1 for candidate in chosen])

    def _calibrated(self, problem: TrainingProblem, finished: list[FinishedMember]) -> FloatArray:
        """Fit the calibration, and return calibrated out-of-fold predictions."""
        held_out, n_rows = problem.held_out, len(problem.data.Y)
        kept = by_row(held_out, [member.kept for member in finished], n_rows)
        self._calibration = self._targets.calibrate(problem.data, kept, problem.rows_in())
        raw = by_row(held_out, [member.out_of_fold for member in finished], n_rows)
        return self._targets.out_of_fold(raw, self._calibration)

    # Prediction.

    @property
    def fitted_part(self) -> Part:
        """See `PartEstimator`. Internal: the ensemble calls it."""
        return Part(self.members_, self._targets, self._calibration)

    @property
    def blend(self) -> Blend:
        """What predicts, for other folders of the package: the networks alone."""
        parts, weights = {"networks": self.fitted_part}, {"networks": 1.0}
        uncalibrated = self._targets.uncalibrated
        return Blend(parts, weights, self._targets, uncalibrated, self._uncertainty)


@dataclass(kw_only=True, eq=False, repr=False)
class TabularMLPClassifier(BaseTabularClassifier, BaseTabularMLP):
    """Classifier for raw tables: a calibrated ensemble of neural networks that needs no tuning.

    The table may contain numbers, missing values, categories, text, booleans and dates. Each
    network, a member of the ensemble, is trained without one fold of the rows, which chooses
    its best epoch and calibrates the probabilities. See :doc:`/tables` and
    :doc:`/how_it_works`.

    Parameters
    ----------
    cv : int, splitter or iterable, default=8
        Number of shuffled, stratified folds, a splitter of scikit-learn, or for each member the
        row numbers for training and those held out.
    n_repeats : int, default=1
        How often the rows are split into `cv` folds.
    max_time : float or None, default=None
        Time limit of `fit` in seconds. Members that lack time train for fewer epochs, at least one.
    categorical_features, numeric_features, text_features, date_features, missing_values
        How columns are read; see :class:`TabularEncoder`.
    inspect_table : bool, default=True
        Whether `fit` warns of columns that would mislead you; see `findings_`. Categories whose
        rows it finds to be alike are hidden in some training rows, as codes of persons are.
    n_jobs : int or None, default=None
        Number of members trained in parallel; -1 means all processors. The result is the same.
    random_state : int, RandomState instance or None, default=None
        Determines folds, initial weights and order of rows.
    hidden_layer_sizes : 'auto', int or array-like of int, default='auto'
        Number of units of each hidden layer. 'auto' means (128, 128) for fewer than 10,000 rows,
        and (64,) for more. Below 1,000 rows, half of the members have (256, 128, 64).
    max_iter : int or 'auto', default='auto'
        Maximum number of epochs. 'auto' means 128 for up to 2,000 rows, and fewer for more.
    class_weight : dict, 'balanced' or None, default=None
        Weights of the classes, multiplied by `sample_weight`. 'balanced' means inverse class
        frequencies. Probabilities then describe the reweighted data.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels, sorted.
    oof_proba_ : ndarray of shape (n_samples, n_classes)
        Out-of-fold probabilities, by the member not trained on the row; nan for rows in no fold.
    oof_score_ : float
        Accuracy of the out-of-fold predictions, with `sample_weight`. It holds for random rows, for
        rows of new groups if `fit` got `groups`, and for later rows with ``cv=TimeSeriesSplit()``.
    oof_score_unseen_ : float
        The same for rows of new entities, such as persons, if a column names some that folds do not
        hold out as a whole; of at most 10,000 rows. See :doc:`/what_can_mislead_you`.
    temperature_ : float
        Raw scores are divided by it before the softmax, to calibrate probabilities.
    floor_ : float
        Then p becomes proportional to p³ / (p² + `floor_` ²), which undoes label smoothing.
    held_out_ : list of ndarray of int
        Row numbers that each member held out.
    encoder_ : TabularEncoder
        The fitted encoder; see its `columns_`.
    members_ : list of Member
        The trained networks; see :class:`Member`.
    history_ : dict of str to ndarray
        Columns "member" (from 0), "epoch" (from 1), "loss", "validation_loss" (on the fold),
        "learning_rate" and "seconds".
    best_epochs_ : ndarray of shape (n_members,)
        Epoch that each member keeps, from 1.
    n_iter_ : int
        Largest number of epochs of a member.
    stop_reasons_ : list of str
        Why the training of each member ended.
    findings_ : list of Note
        What would mislead you, and what `encoder_` has noted; ``str`` writes a sentence.
    n_features_in_, feature_names_in_ : int, ndarray of str
        Number of columns, and their names if strings.

    Warns
    -----
    MisleadingDataWarning
        See :doc:`/what_can_mislead_you`.
    UserWarning
        If `y` has a single class.

    See Also
    --------
    TabularMLPRegressor : The regressor for raw tables.
    scratchmlp.ScratchMLPClassifier : A single network, with parameters for every choice.

    Notes
    -----
    Sample weights count in the loss and in the bins of numbers.

    References
    ----------
    Holzmüller, Grinsztajn and Steinwart, "Better by default", NeurIPS 2024.

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

    class_weight: Any = None

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseTabularMLP._parameter_constraints,
        **BaseTabularClassifier._parameter_constraints,
    }


@dataclass(kw_only=True, eq=False, repr=False)
class TabularMLPRegressor(BaseTabularRegressor, BaseTabularMLP):
    """Regressor for raw tables: an ensemble of neural networks that needs no tuning.

    The table may contain numbers, missing values, categories, text, booleans and dates. Each
    network, a member of the ensemble, is trained without one fold of the rows, which chooses
    its best epoch. See :doc:`/tables` and :doc:`/how_it_works`.

    Parameters
    ----------
    cv : int, splitter or iterable, default=8
        Number of shuffled folds, a splitter of scikit-learn, or for each member the row numbers
        for training and those held out.
    n_repeats : int, default=1
        How often the rows are split into `cv` folds.
    max_time : float or None, default=None
        Time limit of `fit` in seconds. Members that lack time train for fewer epochs, at least one.
    categorical_features, numeric_features, text_features, date_features, missing_values
        How columns are read; see :class:`TabularEncoder`.
    inspect_table : bool, default=True
        Whether `fit` warns of columns that would mislead you; see `findings_`. Categories whose
        rows it finds to be alike are hidden in some training rows, as codes of persons are.
    n_jobs : int or None, default=None
        Number of members trained in parallel; -1 means all processors. The result is the same.
    random_state : int, RandomState instance or None, default=None
        Determines folds, initial weights and order of rows.
    hidden_layer_sizes : 'auto', int or array-like of int, default='auto'
        Number of units of each hidden layer. 'auto' means (128, 128) for fewer than 10,000 rows,
        and (64, 64) for more.
    max_iter : int or 'auto', default='auto'
        Maximum number of epochs. 'auto' means 128 for fewer than 1,000 rows, 64 for up to 2,000,
        and fewer for more.
    loss : str or Loss, default='squared_error'
        Training loss, which also chooses the epochs: a name, or an object of
        :mod:`scratchmlp.losses` with the output activation "identity" or "exp".

        - 'squared_error': predicts the mean.
        - 'absolute_error': predicts the median.
        - 'huber': between the two; `delta` is in standard deviations of the targets.
        - 'quantile': predicts a quantile, such as ``QuantileLoss(quantile=0.9)``.
        - 'poisson': predicts the mean, above 0, of targets of at least 0.

    Attributes
    ----------
    oof_prediction_ : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Out-of-fold predictions, by the member not trained on the row; nan for rows in no fold.
    oof_score_ : float
        R² of the out-of-fold predictions, with `sample_weight`; nan if one row was held out. It
        holds for random rows, for rows of new groups if `fit` got `groups`, and for later rows with
        ``cv=TimeSeriesSplit()``.
    oof_score_unseen_ : float
        The same for rows of new entities, such as persons, if a column names some that folds do not
        hold out as a whole; of at most 10,000 rows. See :doc:`/what_can_mislead_you`.
    held_out_ : list of ndarray of int
        Row numbers that each member held out.
    encoder_ : TabularEncoder
        The fitted encoder; see its `columns_`.
    members_ : list of Member
        The trained networks; see :class:`Member`.
    history_ : dict of str to ndarray
        Columns "member" (from 0), "epoch" (from 1), "loss", "validation_loss" (on the fold),
        "learning_rate" and "seconds".
    best_epochs_ : ndarray of shape (n_members,)
        Epoch that each member keeps, from 1.
    n_iter_ : int
        Largest number of epochs of a member.
    stop_reasons_ : list of str
        Why the training of each member ended.
    findings_ : list of Note
        What would mislead you, and what `encoder_` has noted; ``str`` writes a sentence.
    n_features_in_, feature_names_in_ : int, ndarray of str
        Number of columns, and their names if strings.

    Warns
    -----
    MisleadingDataWarning
        See :doc:`/what_can_mislead_you`.
    UndefinedMetricWarning
        If a single row is held out.

    See Also
    --------
    TabularMLPClassifier : The classifier for raw tables.
    scratchmlp.ScratchMLPRegressor : A single network, with parameters for every choice.

    Notes
    -----
    Sample weights count in the loss and in the bins of numbers.

    References
    ----------
    Holzmüller, Grinsztajn and Steinwart, "Better by default", NeurIPS 2024.

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

    loss: str | Loss = "squared_error"

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseTabularMLP._parameter_constraints,
        "loss": [StrOptions(set(losses_for("regressor"))), Loss],
    }

    def _for_loss(self, problem: TrainingProblem) -> TrainingProblem:
        loss, targets = self._training_loss, problem.targets
        assert isinstance(targets, NumericTargets)
        if loss.output != "identity" and (lowest := targets.low.min()) < 0:
            raise ValueError(
                f"loss={self.loss!r} needs targets of at least 0; got {lowest:g}. Use another "
                "loss, such as 'squared_error', or correct the targets."
            )
        problem = problem.for_targets(targets.for_loss(loss, problem.y, problem.sample_weight))
        if is_own(loss):
            some = problem.data.Y[:TRIED_ROWS]
            try_loss(loss, some, np.zeros_like(some))
        return problem

    @property
    def _training_loss(self) -> Loss:
        loss = loss_of(self)
        refuse_own_outputs(loss, self)
        if loss.output not in ("identity", "exp"):
            raise ValueError(
                f"loss={self.loss!r} has the output activation {loss.output!r}, but "
                "TabularMLPRegressor scales the targets, so it can use 'identity' and 'exp' alone. "
                "Choose another loss, or use ScratchMLPRegressor."
            )
        return loss.with_output(loss.output)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = self.loss == "poisson" or isinstance(
            self.loss, PoissonLoss
        )
        return tags
