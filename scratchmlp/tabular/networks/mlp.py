"""TabularMLPClassifier and TabularMLPRegressor: a cross-fitted ensemble of networks."""

from dataclasses import dataclass
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions

from scratchmlp.estimators.own_objects import TRIED_ROWS, is_own, try_loss
from scratchmlp.estimators.parameters import loss_of, refuse_own_outputs
from scratchmlp.losses import Loss, PoissonLoss, losses_for
from scratchmlp.tabular.base import BaseTabular, BaseTabularClassifier, BaseTabularRegressor
from scratchmlp.tabular.fitted_table import Learned
from scratchmlp.tabular.networks.fit import FittedNetworks, fit_networks
from scratchmlp.tabular.preparation import TableParameters
from scratchmlp.tabular.problem import TrainingProblem
from scratchmlp.tabular.targets import NumericTargets


@dataclass(kw_only=True, eq=False, repr=False)
class NetworkParameters(TableParameters):
    """Parameters of TabularMLPClassifier and TabularMLPRegressor."""

    hidden_layer_sizes: Any = "auto"
    max_iter: int | str = "auto"


class BaseTabularMLP(NetworkParameters, BaseTabular):
    """Base class of TabularMLPClassifier and TabularMLPRegressor, which document the parameters."""

    _fitted_kind = FittedNetworks

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseTabular._parameter_constraints,
        "hidden_layer_sizes": [
            StrOptions({"auto"}),
            "array-like",
            Interval(Integral, 1, None, closed="left"),
        ],
        "max_iter": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
    }

    members_ = Learned("members", "The trained networks.")
    history_ = Learned("history", "How the members were trained, epoch by epoch.")
    best_epochs_ = Learned("best_epochs", "Epoch that each member keeps, from 1.")
    n_iter_ = Learned("n_iter", "Largest number of epochs of a member.")
    stop_reasons_ = Learned("stop_reasons", "Why the training of each member ended.")

    def _fit_problem(self, problem: TrainingProblem) -> FittedNetworks:
        return fit_networks(self, problem)

    def _for_loss(self, problem: TrainingProblem) -> TrainingProblem:
        """Return the problem with targets as the loss needs them."""
        return problem

    @property
    def _training_loss(self) -> Loss | None:
        """The loss that the user chose, with its output activation; None for classes."""
        return None


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
        Whether `fit` warns of columns that would mislead you; see `findings_`. If it finds that
        rows of the same category are alike, training hides the category in some rows. Whole numbers
        whose rows are alike become codes.
    n_jobs : int or None, default=None
        Number of members trained in parallel; -1 means all processors. The result is the same.
    random_state : int, RandomState instance or None, default=None
        Determines folds, initial weights and order of rows.
    verbose : bool, default=False
        Whether `fit` prints how many networks are trained, and in which time.
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
        The same for rows of new entities, such as persons, from at most 10,000 rows. Exists if a
        column names entities that folds do not hold out as a whole. See
        :doc:`/what_can_mislead_you`.
    oof_score_unseen_std_ : float
        Its standard error, by a jackknife over folds; nan with fewer than three. Exists if some
        entities are new to a fold.
    temperature_ : float
        Raw scores are divided by it before the softmax, to calibrate probabilities.
    floor_ : float
        Then p becomes proportional to p³ / (p² + `floor_` ²), which undoes label smoothing.
    held_out_ : list of ndarray of int
        Row numbers that each member held out. Rows of persons, say, who are new to it are predicted
        too, but are not among them.
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
        What would mislead you, and what `encoder_` has noted; ``str`` writes a sentence. Columns
        that tell the target are found from 30 rows on, rows that are alike from 100 on.
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
        Whether `fit` warns of columns that would mislead you; see `findings_`. If it finds that
        rows of the same category are alike, training hides the category in some rows. Whole numbers
        whose rows are alike become codes.
    n_jobs : int or None, default=None
        Number of members trained in parallel; -1 means all processors. The result is the same.
    random_state : int, RandomState instance or None, default=None
        Determines folds, initial weights and order of rows.
    verbose : bool, default=False
        Whether `fit` prints how many networks are trained, and in which time.
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
        The same for rows of new entities, such as persons, from at most 10,000 rows. Exists if a
        column names entities that folds do not hold out as a whole. See
        :doc:`/what_can_mislead_you`.
    oof_score_unseen_std_ : float
        Its standard error, by a jackknife over folds; nan with fewer than three. Exists if some
        entities are new to a fold.
    held_out_ : list of ndarray of int
        Row numbers that each member held out. Rows of persons, say, who are new to it are predicted
        too, but are not among them.
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
        What would mislead you, and what `encoder_` has noted; ``str`` writes a sentence. Columns
        that tell the target are found from 30 rows on, rows that are alike from 100 on.
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
