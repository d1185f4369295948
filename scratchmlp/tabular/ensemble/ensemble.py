"""TabularEnsembleClassifier and TabularEnsembleRegressor: networks, trees and others, weighted."""

from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar, Self

import pandas as pd
from sklearn.utils import Bunch
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.metaestimators import _BaseComposition

from scratchmlp.tabular.base import BaseTabular, BaseTabularClassifier, BaseTabularRegressor
from scratchmlp.tabular.ensemble.fit import fit_ensemble
from scratchmlp.tabular.ensemble.fitted_ensemble import FittedEnsemble
from scratchmlp.tabular.fitted_table import Learned, fitted_table
from scratchmlp.tabular.networks.mlp import BaseTabularMLP
from scratchmlp.tabular.preparation import TableParameters
from scratchmlp.tabular.problem import TrainingProblem
from scratchmlp.tabular.scoring import SCORING


@dataclass(eq=False, repr=False)
class EnsembleParameters(TableParameters):
    """Parameters of TabularEnsembleClassifier and TabularEnsembleRegressor."""

    estimators: Any = None
    _: KW_ONLY
    effort: str = "thorough"
    scoring: Any = None


class BaseTabularEnsemble(EnsembleParameters, _BaseComposition, BaseTabular):
    """Base class of TabularEnsembleClassifier and TabularEnsembleRegressor."""

    _fitted_kind = FittedEnsemble

    errors_ = Learned("errors", "Why the fits of some estimators failed.")
    dropped_ = Learned("dropped", "Why other estimators have no weight.")
    weights_ = Learned("weights", "Weights of the estimators.")
    weights_unseen_ = Learned("weights_unseen", "Weights for rows of unknown entities.")
    oof_scores_ = Learned("oof_scores", "Score of each estimator.")
    oof_loss_ = Learned("oof_loss", "Loss of the out-of-fold predictions.")

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

    def _fit_problem(self, problem: TrainingProblem) -> FittedEnsemble:
        return fit_ensemble(self, problem)

    @property
    def named_estimators_(self) -> Bunch:
        """The fitted estimators by name."""
        named = Bunch()
        named.update({name: part.named for name, part in fitted_table(self).parts.items()})
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
        fitted: FittedEnsemble = fitted_table(self)
        unseen, measured = fitted.weights_unseen, fitted.measured
        weights = {"weight": fitted.weights} | ({"weight_unseen": unseen} if unseen else {})
        parts = pd.DataFrame(
            {**weights, "score": fitted.oof_scores, **measured}, index=list(fitted.oof_scores)
        )
        parts = parts.fillna(dict.fromkeys(weights, 0.0))
        whole = {
            **dict.fromkeys(weights, 1.0),
            "score": fitted.oof_score,
            "loss": fitted.oof_loss,
            "difference": 0.0,
            "standard_error": 0.0,
            "as_good": True,
            "folds": max(measured["folds"].values()),
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
        fitted: FittedEnsemble = fitted_table(self)
        chosen = (name, *names)
        if unknown := [wrong for wrong in chosen if wrong not in fitted.weights]:
            known, reason = ", ".join(map(repr, fitted.weights)), fitted.dropped.get(unknown[0], "")
            raise ValueError(f"name must be one of {known}; got {unknown[0]!r}. {reason}".rstrip())
        smaller = object.__new__(type(self))  # copy.copy would make the state of a pickle
        smaller.__dict__ = vars(self) | {"_fitted": fitted.only(chosen)}
        return smaller


@dataclass(kw_only=True, eq=False, repr=False)
class TabularEnsembleClassifier(BaseTabularClassifier, BaseTabularEnsemble):
    """Classifier for raw tables: networks and trees, weighted by their out-of-fold predictions.

    Their weighted mean usually predicts better than each alone. The table may contain numbers,
    missing values, categories, text, booleans and dates. See :doc:`/tables`,
    :doc:`/how_it_works` and :doc:`/results`.

    Parameters
    ----------
    estimators : list of (str, estimator) or None, default=None
        Named classifiers; "drop" leaves one out. None means "networks"
        (:class:`TabularMLPClassifier`), "linear", "boosting", "deep boosting", "extra trees",
        "forest" and "full trees", each for tables of the sizes where it helps.

        Networks take the parameters that they share with the ensemble. Estimators that accept
        missing values get numbers and codes of categories, others the output of
        :class:`TabularEncoder`; their parameters refer to these columns. "linear" gets numbers that
        are not limited, and a column for each level of each category. An estimator that stops early
        gets the fold as `X_val`, if its `fit` takes it. With sample or class weights, estimators
        that take no weights are left out.
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
        Whether `fit` warns of columns that would mislead you; see `findings_`. If it finds that
        rows of the same category are alike, training hides the category in some rows. Whole numbers
        whose rows are alike become codes.
    n_jobs : int or None, default=None
        Number of fits in parallel; -1 means all processors. The result is the same.
    random_state : int, RandomState instance or None, default=None
        Determines the folds and all random choices of the estimators.
    verbose : bool, default=False
        Whether `fit` prints which estimators are fitted, in how many folds and in which time.
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
        The same for rows of unknown entities, such as new persons. Exists if a column names
        entities that folds do not hold out as a whole.
    named_estimators_ : Bunch
        The fitted estimators: a :class:`TabularMLPClassifier`, or a list with one for each fold.
    errors_ : dict of str to str
        Errors of the estimators whose fit failed.
    dropped_ : dict of str to str
        Why estimators were dropped: their weight is 0 or hardly matters.
    oof_score_ : float
        Accuracy of the weighted out-of-fold predictions, with `sample_weight`: a little
        too high; see :doc:`/tables`. It holds for random rows, for rows of new groups if `fit` got
        `groups`, and for later rows with ``cv=TimeSeriesSplit()``.
    oof_score_unseen_ : float
        The same for rows of new entities, such as persons, from at most 10,000 rows. Exists if a
        column names entities that folds do not hold out as a whole. See
        :doc:`/what_can_mislead_you`.
    oof_score_unseen_std_ : float
        Its standard error, by a jackknife over folds; nan with fewer than three. Exists if some
        entities are new to a fold.
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
        Row numbers that each fold holds out. Rows of persons, say, who are new to their fold are
        predicted too, but are not among them.
    encoder_ : TabularEncoder
        The fitted encoder of all estimators.
    findings_ : list of Note
        What would mislead you, and what `encoder_` has noted; ``str`` writes a sentence. Columns
        that tell the target are found from 30 rows on, rows that are alike from 100 on.
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
    missing values, categories, text, booleans and dates. See :doc:`/tables`,
    :doc:`/how_it_works` and :doc:`/results`.

    Parameters
    ----------
    estimators : list of (str, estimator) or None, default=None
        Named regressors; "drop" leaves one out. None means "networks"
        (:class:`TabularMLPRegressor`), "linear", "boosting" and "extra trees", each for tables of
        the sizes where it helps.

        Networks take the parameters that they share with the ensemble. Estimators that accept
        missing values get numbers and codes of categories, others the output of
        :class:`TabularEncoder`; their parameters refer to these columns. "linear" gets numbers that
        are not limited, and a column for each level of each category; it learns logarithms of
        targets above 0 if that is better for held-out rows. Targets are standardized, or divided by
        their mean for a loss that takes no negative ones, such as "poisson". An estimator that
        stops early gets the fold as `X_val`, if its `fit` takes it. With `sample_weight`,
        estimators that take no weights are left out.
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
        Whether `fit` warns of columns that would mislead you; see `findings_`. If it finds that
        rows of the same category are alike, training hides the category in some rows. Whole numbers
        whose rows are alike become codes.
    n_jobs : int or None, default=None
        Number of fits in parallel; -1 means all processors. The result is the same.
    random_state : int, RandomState instance or None, default=None
        Determines the folds and all random choices of the estimators.
    verbose : bool, default=False
        Whether `fit` prints which estimators are fitted, in how many folds and in which time.
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
        The same for rows of unknown entities, such as new persons. Exists if a column names
        entities that folds do not hold out as a whole.
    named_estimators_ : Bunch
        The fitted estimators: a :class:`TabularMLPRegressor`, or a list with one for each fold.
    errors_ : dict of str to str
        Errors of the estimators whose fit failed.
    dropped_ : dict of str to str
        Why estimators were dropped: their weight is 0 or hardly matters.
    oof_score_ : float
        R² of the weighted out-of-fold predictions, with `sample_weight`: a little
        too high; see :doc:`/tables`. nan if one row was held out. It holds for random rows, for
        rows of new groups if `fit` got `groups`, and for later rows with ``cv=TimeSeriesSplit()``.
    oof_score_unseen_ : float
        The same for rows of new entities, such as persons, from at most 10,000 rows. Exists if a
        column names entities that folds do not hold out as a whole. See
        :doc:`/what_can_mislead_you`.
    oof_score_unseen_std_ : float
        Its standard error, by a jackknife over folds; nan with fewer than three. Exists if some
        entities are new to a fold.
    oof_scores_ : dict of str to float
        Score of each estimator alone, also of those in `dropped_`; see :meth:`leaderboard`.
    oof_loss_ : float
        Root mean squared error of the weighted out-of-fold predictions; of several targets, in
        units of their standard deviations. With `scoring`, the negative score.
    oof_prediction_ : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Weighted out-of-fold predictions; nan for rows in no fold.
    held_out_ : list of ndarray of int
        Row numbers that each fold holds out. Rows of persons, say, who are new to their fold are
        predicted too, but are not among them.
    encoder_ : TabularEncoder
        The fitted encoder of all estimators.
    findings_ : list of Note
        What would mislead you, and what `encoder_` has noted; ``str`` writes a sentence. Columns
        that tell the target are found from 30 rows on, rows that are alike from 100 on.
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
