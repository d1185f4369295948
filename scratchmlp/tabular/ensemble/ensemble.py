"""TabularEnsembleClassifier and TabularEnsembleRegressor: networks, trees and others, weighted."""

from copy import copy
from dataclasses import KW_ONLY, dataclass
from itertools import compress
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.utils import Bunch
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.metaestimators import _BaseComposition
from sklearn.utils.validation import check_is_fitted

from scratchmlp.arrays import FloatArray
from scratchmlp.tabular.base import BaseTabular, BaseTabularClassifier, BaseTabularRegressor
from scratchmlp.tabular.calibration import NOT_CALIBRATED, Calibration
from scratchmlp.tabular.ensemble.blending import (
    NEGLIGIBLE,
    prior_shares,
    select_weights,
    without_negligible,
)
from scratchmlp.tabular.ensemble.cross_fitting import CrossFitted
from scratchmlp.tabular.ensemble.default_estimators import default_estimators
from scratchmlp.tabular.ensemble.linear import LINEAR, LinearPart
from scratchmlp.tabular.ensemble.part_fits import PartFits, describe_error
from scratchmlp.tabular.folds import Rows
from scratchmlp.tabular.networks.mlp import BaseTabularMLP
from scratchmlp.tabular.part import PartEstimator
from scratchmlp.tabular.prediction import Blend
from scratchmlp.tabular.problem import TableParameters, TrainingProblem
from scratchmlp.tabular.scoring import SCORING, Difference
from scratchmlp.tabular.uncertainty import largest_errors


@dataclass(eq=False, repr=False)
class EnsembleParameters(TableParameters):
    """Parameters of TabularEnsembleClassifier and TabularEnsembleRegressor."""

    estimators: Any = None
    _: KW_ONLY
    effort: str = "thorough"
    scoring: Any = None


class BaseTabularEnsemble(EnsembleParameters, _BaseComposition, BaseTabular):
    """Base class of TabularEnsembleClassifier and TabularEnsembleRegressor."""

    errors_: dict[str, str]
    dropped_: dict[str, str]
    weights_: dict[str, float]
    weights_unseen_: dict[str, float]
    oof_scores_: dict[str, float]
    oof_score_: float
    oof_loss_: float
    out_of_time_: list[str]  # those of `errors_` for which `max_time` was too short
    _measured: dict[str, dict[str, Any]]  # columns of `leaderboard`

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseTabular._parameter_constraints,
        "estimators": [list, None],
        "effort": [StrOptions({"fast", "thorough"})],
        "scoring": SCORING,
    }

    # Fit.

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters, with `deep` also those of the named estimators.

        Parameters
        ----------
        deep : bool, default=True
            Whether to include the estimators by their names, and their parameters.

        Returns
        -------
        dict
            Parameters by name.
        """
        return self._get_params("estimators", deep=deep)

    def set_params(self, **params: Any) -> Self:
        """Set parameters of the ensemble, replace a named estimator or set its parameters.

        Parameters
        ----------
        **params : dict
            Parameters, such as `cv=5`, `boosting=estimator` or `boosting__max_iter=50`.

        Returns
        -------
        self
            The estimator.
        """
        self._set_params("estimators", **params)
        return self

    def fit_problem(self, problem: TrainingProblem) -> None:
        """Fit the estimators in the folds, and weight them.

        Internal: other folders of the package call it.
        """
        self._keep_problem(problem)
        estimators = self._part_estimators(problem)
        problem = problem.with_terms()
        self._check_scoring(problem)
        fits = PartFits(estimators, problem, self.max_time, trial=self.scoring is None)
        fits.fit()
        self._keep_fits(fits)
        new = problem.without_entities()
        unseen = fits.predict_held_out(new) if new else {}
        self._keep_weighted(fits, new, unseen)
        blend: Any = sum(weight * fits.oof[name] for name, weight in self.weights_.items())
        self._calibration = self._fitted_calibration(problem, blend)
        oof = self._targets.blended(blend, self._calibration)
        self._keep_out_of_fold(oof)
        self.oof_score_ = problem.score(oof)
        self._measure(fits)
        uncertainty_of = problem.uncertainty_of(oof)
        self._uncertainty = uncertainty_of(oof)
        for name, part in self._parts.items():
            part.keep_uncertainty(uncertainty_of(fits.oof[name]))
        if new:
            for name, own in self._keep_unseen(new, unseen).items():
                part = self._parts[name]
                part.keep_uncertainty(part.uncertainty._replace(unseen=own))

    def _part_estimators(self, problem: TrainingProblem) -> dict[str, PartEstimator]:
        """Return the estimators to fit, by name."""
        if self.estimators is None:
            rows = problem.splits, problem.n_rows
            named = default_estimators(problem.data, *rows, is_classifier(self), self.effort)
        else:
            named = check_estimators(self)
        parts: dict[str, PartEstimator] = {}
        for name, estimator in named:
            is_part = isinstance(estimator, PartEstimator)
            is_linear = self.estimators is None and isinstance(estimator, LINEAR)
            Part = LinearPart if is_linear else CrossFitted
            part = estimator if is_part else Part(estimator)
            part.check_part(name, type(self).__name__)
            parts[name] = self._with_own_parameters(part)
        return parts

    def _with_own_parameters(self, estimator: PartEstimator) -> PartEstimator:
        """Return a clone with the parameters of the ensemble, where both have one."""
        own = self.get_params(deep=False)
        common = estimator.get_params(deep=False).keys() & own.keys()
        part: PartEstimator = clone(estimator).set_params(**{name: own[name] for name in common})
        return part

    def _keep_fits(self, fits: PartFits) -> None:
        """Keep which fits failed, and which of these because their time was over."""
        self.errors_ = {name: describe_error(error) for name, error in fits.errors.items()}
        self.out_of_time_ = [
            n for n, error in fits.errors.items() if isinstance(error, TimeoutError)
        ]

    def _keep_weighted(
        self, fits: PartFits, new: TrainingProblem | None, unseen: dict[str, FloatArray]
    ) -> None:
        """Weight the estimators that are fitted in all folds, and keep those that matter.

        `new` has rows as if they were of new entities, such as persons, and `unseen` what each
        estimator predicts for them: such rows have weights of their own.
        """
        names, oof = fits.complete, {name: fits.oof[name] for name in fits.complete}
        selected, weights = self._select(fits, fits.problem, oof)
        of_new = self._select(fits, new, unseen)[1] if new else weights
        kept = (weights > 0) | (of_new > 0)
        self._parts = {name: fits.estimators[name] for name in compress(names, kept)}
        self.weights_ = dict(zip(self._parts, weights[kept].tolist(), strict=True))
        if new:
            self.weights_unseen_ = dict(zip(self._parts, of_new[kept].tolist(), strict=True))
        self._targets = self._targets.spanning(
            part.fitted_part.targets for part in self._parts.values()
        )
        left = (
            f"On trial in {fits.n_trial} folds, its weight was 0: it did not lower the loss of the "
            "others. It was not fitted in the other folds."
        )
        reasons = dict(zip(names, map(_reason_to_drop, selected), strict=True))
        dropped = [name for name in fits.oof if name not in self.weights_]
        self.dropped_ = {name: reasons.get(name, left) for name in dropped}

    def _select(
        self, fits: PartFits, problem: TrainingProblem, oof: dict[str, FloatArray]
    ) -> tuple[FloatArray, FloatArray]:
        """Return the weights of estimators by their out-of-fold predictions.

        The second ones are without those that hardly matter.
        """
        rows = problem.rows_in()
        loss = self._targets.blend_loss(problem.data.rows(rows), self.scoring)
        predictions = [each[rows] for each in oof.values()]
        by_fold = [self._by_fold(problem, each) for each in oof.values()]
        best = min(by_fold, key=pd.Series.mean)
        differences = [Difference.of(each - best, fits.problem.splits) for each in by_fold]
        prior = prior_shares(differences, np.isin([*oof], fits.preferred))
        selected = select_weights(predictions, loss, prior)
        return selected, without_negligible(selected, predictions, loss)

    def _fitted_calibration(
        self, problem: TrainingProblem, blend: FloatArray
    ) -> Calibration | None:
        """Calibrate the weighted predictions. Those of a single estimator are calibrated."""
        if len(self._parts) == 1:
            return self._targets.uncalibrated
        raw = self._targets.link(blend)
        return self._targets.calibrate(problem.data, raw, problem.rows_in())

    def _measure(self, fits: PartFits) -> None:
        """Measure how good each estimator is, also of those that are dropped."""
        readable = self._targets.readable_loss if self.scoring is None else float
        problem = fits.problem

        def loss(oof: Any, n_folds: int | None = None) -> float:
            rows = problem.rows_in(n_folds)
            return readable(
                self._targets.blend_loss(problem.data.rows(rows), self.scoring)(oof[rows])
            )

        whole: Any = self.out_of_fold
        self.oof_loss_, whole_by_fold = loss(whole), self._by_fold(problem, whole)
        self.oof_scores_, losses, differences = {}, {}, {}
        for name, oof in fits.oof.items():
            n = fits.n_folds[name]
            self.oof_scores_[name] = problem.score(oof, n)
            losses[name] = loss(oof, n)
            by_fold = self._by_fold(problem, oof, n) - whole_by_fold  # nan where it is not fitted
            differences[name] = Difference.of(by_fold, problem.splits)
        self._measured = {
            "loss": losses,
            "difference": {name: each.mean for name, each in differences.items()},
            "standard_error": {name: each.standard_error for name, each in differences.items()},
            "as_good": {name: each.is_within_error for name, each in differences.items()},
            "folds": {name: fits.n_folds[name] for name in fits.oof},
            "seconds": {name: fits.seconds[name] for name in fits.oof},
        }

    def _by_fold(
        self, problem: TrainingProblem, oof: Any, n_folds: int | None = None
    ) -> "pd.Series[float]":
        """Return the loss of out-of-fold predictions in each fold, or in the first ones.

        It is nan for a fold without rows.
        """

        def loss(rows: Rows) -> float:
            of_fold = self._targets.blend_loss(problem.data.rows(rows), None)
            return self._targets.readable_loss(of_fold(oof[rows]))

        held_out = problem.held_out[:n_folds]
        return pd.Series([loss(rows) if len(rows) else np.nan for rows in held_out])

    def _check_scoring(self, problem: TrainingProblem) -> None:
        """Try the user's scorer."""
        if self.scoring is None:
            return
        data = problem.data.rows(problem.rows_in())
        zeros = np.zeros((len(data.Y), data.n_targets))  # all rows have the same prediction
        try:
            loss = self._targets.blend_loss(data, self.scoring)
            loss(self._targets.predictions(zeros, NOT_CALIBRATED))
        except Exception as error:
            raise ValueError(
                f"scoring={self.scoring!r} cannot score predictions for these targets: {error} "
                "Choose another scorer, or make one with sklearn.metrics.make_scorer."
            ) from error

    @property
    def named_estimators_(self) -> Bunch:
        """The fitted estimators by name."""
        named = Bunch()
        named.update({name: part.named for name, part in self._parts.items()})
        return named

    def leaderboard(self) -> pd.DataFrame:
        """Compare the estimators of the ensemble with each other, and with all of them together.

        Returns
        -------
        DataFrame
            A row for the ensemble, and one for each estimator that did not fail, with the columns

            - "weight" : its weight. 0 if it was dropped; `dropped_` says why.
            - "weight_unseen" : its weight in `weights_unseen_`, if the ensemble has these.
            - "score" : accuracy or R² of its out-of-fold predictions: see `oof_score_`.
            - "loss" : their log-loss or root mean squared error (of several targets, in units of
              their standard deviations), with `class_weight`. With `scoring`, the negative score.
            - "difference" : mean over the folds of the difference to the ensemble of `fit` in
              log-loss or root mean squared error, above 0 if the estimator alone is worse.
            - "standard_error" : that of the difference, corrected for training sets that overlap.
              nan for fewer than three folds.
            - "as_good" : whether the difference is at most its standard error, so that the ensemble
              is not clearly better. :meth:`only` then gives a smaller model that predicts faster.
            - "folds" : number of folds in which it was fitted. Its score and its loss are of these:
              from 1,000 rows, an estimator may be dropped after a trial in two folds.
            - "seconds" : time of its fit.

        See Also
        --------
        only : Keep some of the estimators.

        References
        ----------
        Nadeau and Bengio, "Inference for the generalization error", Machine Learning 52, 2003.

        Examples
        --------
        >>> from sklearn.datasets import load_wine
        >>> from sklearn.linear_model import LogisticRegression
        >>> from scratchmlp.tabular import TabularEnsembleClassifier, TabularMLPClassifier
        >>> networks, linear = TabularMLPClassifier(max_iter=32), LogisticRegression(C=0.01)
        >>> named = [("networks", networks), ("linear", linear)]
        >>> ensemble = TabularEnsembleClassifier(named, cv=3, random_state=0)
        >>> ensemble = ensemble.fit(*load_wine(return_X_y=True, as_frame=True))
        >>> print(ensemble.leaderboard()[["weight", "folds"]].round(1))
                                   weight  folds
        TabularEnsembleClassifier     1.0      3
        networks                      0.7      3
        linear                        0.3      3
        """
        check_is_fitted(self)
        unseen = getattr(self, "weights_unseen_", None)
        weights = {"weight": self.weights_} | ({"weight_unseen": unseen} if unseen else {})
        parts = pd.DataFrame(
            {**weights, "score": self.oof_scores_, **self._measured}, index=list(self.oof_scores_)
        )
        parts = parts.fillna(dict.fromkeys(weights, 0.0))
        whole = {
            **dict.fromkeys(weights, 1.0),
            "score": self.oof_score_,
            "loss": self.oof_loss_,
            "difference": 0.0,
            "standard_error": 0.0,
            "as_good": True,
            "folds": max(self._measured["folds"].values()),
            "seconds": parts["seconds"].sum(),
        }
        return pd.concat([pd.DataFrame(whole, index=[type(self).__name__]), parts])

    def only(self, name: str, *names: str) -> Self:
        """Return a smaller ensemble of some of the estimators.

        Parameters
        ----------
        name, *names : str
            Names of estimators in `weights_`.

        Returns
        -------
        estimator
            A copy that holds and uses these estimators alone, with their weights divided by their
            sum. If all weights for a kind of rows are 0, those for the other kind replace them: see
            `weights_unseen_`. It has no out-of-fold predictions, because those of single estimators
            are not kept.

            One estimator predicts as it does on its own, with its own `oof_score_`. The mean of
            several keeps the calibration of all. Its `oof_score_` is nan, and intervals and sets
            are as wide as those of the estimator with the largest errors among them, for each
            target: the mean error of a weighted mean is not above that.

        Raises
        ------
        ValueError
            If a name is not in `weights_`.

        Examples
        --------
        >>> from sklearn.datasets import load_wine
        >>> from sklearn.linear_model import LogisticRegression
        >>> from scratchmlp.tabular import TabularEnsembleClassifier, TabularMLPClassifier
        >>> networks, linear = TabularMLPClassifier(max_iter=32), LogisticRegression(C=0.01)
        >>> named = [("networks", networks), ("linear", linear)]
        >>> ensemble = TabularEnsembleClassifier(named, cv=3, random_state=0)
        >>> ensemble = ensemble.fit(*load_wine(return_X_y=True, as_frame=True))
        >>> ensemble.only("networks").weights_
        {'networks': 1.0}
        """
        check_is_fitted(self)
        chosen = (name, *names)
        if unknown := [wrong for wrong in chosen if wrong not in self.weights_]:
            known, reason = ", ".join(map(repr, self.weights_)), self.dropped_.get(unknown[0], "")
            raise ValueError(f"name must be one of {known}; got {unknown[0]!r}. {reason}".rstrip())
        smaller = copy(self)
        smaller._parts = {kept: part for kept, part in self._parts.items() if kept in chosen}
        smaller.oof_scores_ = {kept: self.oof_scores_[kept] for kept in smaller._parts}
        smaller._keep_weights_of_parts()
        smaller.dropped_ = {}
        if len(smaller._parts) == 1:
            smaller._become_one_alone(name)
        elif len(smaller._parts) < len(self._parts):
            smaller._become_mean_of_several()
        return smaller

    def _keep_weights_of_parts(self) -> None:
        """Weight the estimators that are left so that the sum is 1 again, for all rows."""
        both = self.weights_, getattr(self, "weights_unseen_", self.weights_)
        known, unseen = ({name: each[name] for name in self._parts} for each in both)
        known, unseen = _with_sum_1(known, unseen), _with_sum_1(unseen, known)
        self.weights_ = known
        if "weights_unseen_" in vars(self):
            self.weights_unseen_ = unseen

    def _become_one_alone(self, name: str) -> None:
        """Predict as the only estimator does on its own."""
        self._calibration = self._targets.uncalibrated
        self._uncertainty = self._parts[name].uncertainty
        self._forget_whole(self.oof_scores_[name], self._measured["loss"][name])

    def _become_mean_of_several(self) -> None:
        """Predict with the weights of some estimators, and the errors of the worst."""
        parts = [part.uncertainty for part in self._parts.values()]
        self._uncertainty = largest_errors(self._uncertainty, parts)
        self._forget_whole(np.nan, np.nan)

    def _forget_whole(self, score: float, loss: float) -> None:
        """Replace what out-of-fold predictions of the whole ensemble told."""
        self.oof_score_, self.oof_loss_ = score, loss
        for name in (self.out_of_fold_name, "oof_score_unseen_"):  # it may lack them
            self.__dict__.pop(name, None)

    # Prediction.

    @property
    def blend(self) -> Blend:
        """What predicts, for other folders of the package: the weighted estimators."""
        parts = {name: part.fitted_part for name, part in self._parts.items()}
        learned = self._targets, self._calibration, self._uncertainty
        return Blend(parts, self.weights_, *learned, getattr(self, "weights_unseen_", None))


@dataclass(kw_only=True, eq=False, repr=False)
class TabularEnsembleClassifier(BaseTabularClassifier, BaseTabularEnsemble):
    """Classifier for raw tables: networks and trees, weighted by their out-of-fold predictions.

    Their weighted mean usually predicts better than each alone. The table may contain numbers,
    missing values, categories, text, booleans and dates. See :doc:`/tabular`,
    :doc:`/tabular_methods` and :doc:`/tabular_results`.

    Parameters
    ----------
    estimators : list of (str, estimator) or None, default=None
        Named classifiers; "drop" leaves one out. None means "networks"
        (:class:`TabularMLPClassifier`), "linear", "boosting", "deep boosting", "extra trees",
        "forest" and "full trees", each if it is worth its time.

        Networks use the parameters of the ensemble where both have one. Estimators that accept
        missing values get numbers and codes of categories, others the output of
        :class:`TabularEncoder`; their parameters refer to these columns. "linear" gets numbers that
        are not limited, and a column for each level of each category. An estimator that stops
        early gets the fold as `X_val`, if its `fit` takes it. With sample or class weights,
        estimators that take no weights are left out.
    cv : int, splitter or iterable, default=8
        Splits into training rows and a held-out fold; see :class:`TabularMLPClassifier`.
    n_repeats : int, default=1
        How often the rows are split into `cv` folds.
    max_time : float or None, default=None
        Time limit of `fit` in seconds. Networks train for fewer epochs, and estimators that lack
        time are left out, with a warning.
    categorical_features, numeric_features, text_features, date_features, missing_values
        How columns are read; see :class:`TabularEncoder`.
    inspect_table : bool, default=True
        Whether `fit` warns of columns that would mislead you; see `findings_`. Categories whose
        rows it finds to be alike are hidden in some training rows, as codes of persons are.
    n_jobs : int or None, default=None
        Number of fits in parallel; -1 means all processors. The result is the same.
    random_state : int, RandomState instance or None, default=None
        Determines the folds and all random choices of the estimators.
    effort : {"fast", "thorough"}, default="thorough"
        Which estimators None means. "fast" leaves only "linear" and "boosting", where boosting is
        possible: a fit takes a fifth to a quarter of the time, and its loss is usually higher. It
        changes neither `cv` nor estimators that you pass.
    scoring : str, callable or None, default=None
        Scorer that the weights maximize, such as "roc_auc". None means the
        negative log-loss.
    class_weight : dict, 'balanced' or None, default=None
        Weights of the classes; see :class:`TabularMLPClassifier`.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels, sorted.
    weights_ : dict of str to float
        Weight of each estimator in the ensemble, with a sum of 1.
    weights_unseen_ : dict of str to float
        The same for rows of unknown entities, such as new persons, if a column names some that
        folds do not hold out as a whole.
    named_estimators_ : Bunch
        The fitted estimators: a :class:`TabularMLPClassifier`, or a list with one for each fold.
    errors_ : dict of str to str
        Errors of the estimators whose fit failed.
    dropped_ : dict of str to str
        Why estimators were dropped: their weight is 0 or hardly matters.
    oof_score_ : float
        Accuracy of the weighted out-of-fold predictions, with `sample_weight`: a little
        too high; see :doc:`/tabular`. It holds for random rows, for rows of new groups if `fit` got
        `groups`, and for later rows with ``cv=TimeSeriesSplit()``.
    oof_score_unseen_ : float
        The same for rows of new entities, such as persons, if a column names some that folds do not
        hold out as a whole; of at most 10,000 rows. See :doc:`/known_and_new`.
    oof_scores_ : dict of str to float
        Score of each estimator alone, also of those in `dropped_`; see :meth:`leaderboard`.
    oof_loss_ : float
        Log-loss of the weighted out-of-fold predictions, with `class_weight`. With `scoring`, the
        negative score.
    oof_proba_ : ndarray of shape (n_samples, n_classes)
        Weighted, calibrated out-of-fold probabilities; nan for rows in no fold.
    temperature_, floor_ : float
        Calibration of the weighted probabilities; see :class:`TabularMLPClassifier`.
    held_out_ : list of ndarray of int
        Row numbers that each fold holds out.
    encoder_ : TabularEncoder
        The fitted encoder of all estimators.
    findings_ : list of Note
        What would mislead you, and what `encoder_` has noted; ``str`` writes a sentence.
    n_features_in_, feature_names_in_ : int, ndarray of str
        Number of columns, and their names if strings.

    Warns
    -----
    MisleadingDataWarning
        See :doc:`/what_can_mislead_you`.
    FitFailedWarning
        If the fit of an estimator fails; if all fail, `fit` raises the first error.
    UserWarning
        If `y` has a single class.

    See Also
    --------
    TabularMLPClassifier : The networks alone.

    References
    ----------
    Caruana, Niculescu-Mizil, Crew and Ksikes, "Ensemble selection from libraries of models", ICML
    2004.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from scratchmlp.tabular import TabularEnsembleClassifier
    >>> X, y = load_wine(return_X_y=True, as_frame=True)
    >>> ensemble = TabularEnsembleClassifier(cv=3, random_state=0).fit(X, y)
    >>> ensemble.oof_score_ > 0.95
    True
    >>> ensemble.predict_proba(X).shape
    (178, 3)
    """

    class_weight: Any = None

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseTabularEnsemble._parameter_constraints,
        **BaseTabularClassifier._parameter_constraints,
    }


class TabularEnsembleRegressor(BaseTabularRegressor, BaseTabularEnsemble):
    """Regressor for raw tables: networks and trees, weighted by their out-of-fold predictions.

    Their weighted mean usually predicts better than each alone. The table may contain numbers,
    missing values, categories, text, booleans and dates. See :doc:`/tabular`,
    :doc:`/tabular_methods` and :doc:`/tabular_results`.

    Parameters
    ----------
    estimators : list of (str, estimator) or None, default=None
        Named regressors; "drop" leaves one out. None means "networks"
        (:class:`TabularMLPRegressor`), "linear", "boosting" and "extra trees", each if it is
        worth its time.

        Networks use the parameters of the ensemble where both have one. Estimators that accept
        missing values get numbers and codes of categories, others the output of
        :class:`TabularEncoder`; their parameters refer to these columns. "linear" gets numbers that
        are not limited, and a column for each level of each category. Targets are standardized,
        or divided by their mean for a loss that takes no negative ones, such as "poisson". An
        estimator that stops early gets the fold as `X_val`, if its `fit` takes it. With
        `sample_weight`, estimators that take no weights are left out.
    cv : int, splitter or iterable, default=8
        Splits into training rows and a held-out fold; see :class:`TabularMLPRegressor`.
    n_repeats : int, default=1
        How often the rows are split into `cv` folds.
    max_time : float or None, default=None
        Time limit of `fit` in seconds. Networks train for fewer epochs, and estimators that lack
        time are left out, with a warning.
    categorical_features, numeric_features, text_features, date_features, missing_values
        How columns are read; see :class:`TabularEncoder`.
    inspect_table : bool, default=True
        Whether `fit` warns of columns that would mislead you; see `findings_`. Categories whose
        rows it finds to be alike are hidden in some training rows, as codes of persons are.
    n_jobs : int or None, default=None
        Number of fits in parallel; -1 means all processors. The result is the same.
    random_state : int, RandomState instance or None, default=None
        Determines the folds and all random choices of the estimators.
    effort : {"fast", "thorough"}, default="thorough"
        Which estimators None means. "fast" leaves only "linear" and "boosting", where boosting is
        possible: a fit takes a fifth to a quarter of the time, and its loss is usually higher. It
        changes neither `cv` nor estimators that you pass.
    scoring : str, callable or None, default=None
        Scorer that the weights maximize, such as "neg_mean_absolute_error". None means the
        negative squared error.

    Attributes
    ----------
    weights_ : dict of str to float
        Weight of each estimator in the ensemble, with a sum of 1.
    weights_unseen_ : dict of str to float
        The same for rows of unknown entities, such as new persons, if a column names some that
        folds do not hold out as a whole.
    named_estimators_ : Bunch
        The fitted estimators: a :class:`TabularMLPRegressor`, or a list with one for each fold.
    errors_ : dict of str to str
        Errors of the estimators whose fit failed.
    dropped_ : dict of str to str
        Why estimators were dropped: their weight is 0 or hardly matters.
    oof_score_ : float
        R² of the weighted out-of-fold predictions, with `sample_weight`: a little
        too high; see :doc:`/tabular`. nan if one row was held out. It holds for random rows, for
        rows of new groups if `fit` got `groups`, and for later rows with ``cv=TimeSeriesSplit()``.
    oof_score_unseen_ : float
        The same for rows of new entities, such as persons, if a column names some that folds do not
        hold out as a whole; of at most 10,000 rows. See :doc:`/known_and_new`.
    oof_scores_ : dict of str to float
        Score of each estimator alone, also of those in `dropped_`; see :meth:`leaderboard`.
    oof_loss_ : float
        Root mean squared error of the weighted out-of-fold predictions; of several targets, in
        units of their standard deviations. With `scoring`, the negative score.
    oof_prediction_ : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Weighted out-of-fold predictions; nan for rows in no fold.
    held_out_ : list of ndarray of int
        Row numbers that each fold holds out.
    encoder_ : TabularEncoder
        The fitted encoder of all estimators.
    findings_ : list of Note
        What would mislead you, and what `encoder_` has noted; ``str`` writes a sentence.
    n_features_in_, feature_names_in_ : int, ndarray of str
        Number of columns, and their names if strings.

    Warns
    -----
    MisleadingDataWarning
        See :doc:`/what_can_mislead_you`.
    FitFailedWarning
        If the fit of an estimator fails; if all fail, `fit` raises the first error.
    UndefinedMetricWarning
        If a single row is held out.

    See Also
    --------
    TabularMLPRegressor : The networks alone.

    References
    ----------
    Caruana, Niculescu-Mizil, Crew and Ksikes, "Ensemble selection from libraries of models", ICML
    2004.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from scratchmlp.tabular import TabularEnsembleRegressor
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> ensemble = TabularEnsembleRegressor(cv=3, random_state=0).fit(X, y)
    >>> ensemble.oof_score_ > 0.4
    True
    >>> ensemble.predict(X).shape
    (442,)
    """


def networks_in(estimator: BaseTabular) -> dict[str, BaseTabularMLP]:
    """Return the networks of a fitted estimator by name: those of an ensemble, or itself as ""."""
    is_ensemble = isinstance(estimator, BaseTabularEnsemble)
    parts = estimator.named_estimators_ if is_ensemble else {"": estimator}
    return {name: part for name, part in parts.items() if isinstance(part, BaseTabularMLP)}


def _with_sum_1(weights: dict[str, float], others: dict[str, float]) -> dict[str, float]:
    """Divide weights by their sum, or the others by theirs if all weights are 0."""
    used = weights if any(weights.values()) else others
    total = sum(used.values())
    return {name: weight / total for name, weight in used.items()}


def _reason_to_drop(weight: float) -> str:
    """Say why an estimator is dropped that had this weight."""
    if weight == 0:
        return "Its weight is 0: it does not lower the loss of the others."
    share = f"{100 * NEGLIGIBLE:g} %"
    return f"Its weight was {weight:.2g}: without it, the loss is at most {share} higher."


def check_estimators(ensemble: Any) -> list[tuple[str, Any]]:
    """Check the named estimators of an ensemble.

    Parameters
    ----------
    ensemble : TabularEnsembleClassifier or TabularEnsembleRegressor
        The ensemble.

    Returns
    -------
    list of tuple of str and estimator
        The estimators, without those that are "drop".

    Raises
    ------
    ValueError
        If they are no pairs of names and estimators, a name is not possible, none is left, or one
        is not of the ensemble's kind.
    """
    pairs = ensemble.estimators
    if not pairs or not all(
        isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], str) for pair in pairs
    ):
        raise ValueError(
            "estimators must be None or a list of pairs of a name and an estimator, with at least "
            f"one pair; got {pairs!r}."
        )
    ensemble._validate_names([name for name, _ in pairs])
    used = [(name, estimator) for name, estimator in pairs if estimator != "drop"]
    if not used:
        raise ValueError("All estimators are 'drop', but at least one is needed.")
    kind, is_kind = (
        ("classifier", is_classifier) if is_classifier(ensemble) else ("regressor", is_regressor)
    )
    for name, estimator in used:
        is_estimator = hasattr(estimator, "fit") and not isinstance(estimator, type)
        if not is_estimator or not is_kind(estimator):
            raise ValueError(
                f"{type(ensemble).__name__} needs a {kind} as {name!r}; got {estimator!r}."
            )
    return used
