"""What the estimators for raw tables share: `fit`, predictions, and what these depend on."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin, RegressorMixin, _fit_context
from sklearn.callback import CallbackSupportMixin
from sklearn.utils import Bunch
from sklearn.utils._param_validation import Interval, StrOptions, validate_parameter_constraints

from scratchmlp.arrays import FloatArray
from scratchmlp.estimators.mixins import PickledWithVersion, SuggestsNames
from scratchmlp.tabular.columns.encoder import READING_CONSTRAINTS, encode_with
from scratchmlp.tabular.fit import fit_raw
from scratchmlp.tabular.fitted_table import FittedTable, Learned, fitted_table
from scratchmlp.tabular.inspection import drift, explanations, importances
from scratchmlp.tabular.preparation import TableParameters
from scratchmlp.tabular.problem import TrainingProblem
from scratchmlp.tabular.scoring import log_probabilities, most_probable


class BaseTabular(
    PickledWithVersion,
    CallbackSupportMixin,
    SuggestsNames,
    TableParameters,
    ABC,
):
    """Base class of the estimators for raw tables, which are trained once for each fold."""

    #: The class of the record of a fit, and the record.
    _fitted_kind: ClassVar[type[FittedTable]]
    _fitted: FittedTable

    encoder_ = Learned("encoder", "The fitted encoder.")
    held_out_ = Learned("held_out", "Row numbers that each fold held out.")
    oof_score_ = Learned("oof_score", "Score of the out-of-fold predictions.")
    oof_score_unseen_ = Learned("oof_score_unseen", "The same for rows of new entities.")
    oof_score_unseen_std_ = Learned("oof_score_unseen_std", "Its standard error.")
    findings_ = Learned("notes", "What you should know about the table.")

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "cv": ["cv_object"],
        "n_repeats": [Interval(Integral, 1, None, closed="left")],
        "max_time": [Interval(Real, 0, None, closed="neither"), None],
        **READING_CONSTRAINTS,
        "inspect_table": ["boolean"],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    @abstractmethod
    def _fit_problem(self, problem: TrainingProblem) -> FittedTable:
        """Train on an encoded table, and return what is learned."""

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
            is a splitter, it must be one that uses groups. If all rows that you will predict are of
            new groups, leave a column that names them out of `X`. A column of categories that names
            groups is hidden in the rows that a fold holds out (:doc:`/what_can_mislead_you`). The
            target encoding of columns of many categories does not use groups: a training row is
            encoded by the targets of other rows of its group too.

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
        return fit_raw(self, X, y, sample_weight, groups)

    # Prediction.

    def _prediction_sets(self, X: Any, coverage: float) -> NDArray[Any]:
        """Predict a set of classes or intervals for each row."""
        fitted: FittedTable = fitted_table(self)
        return fitted.blend.predict_with_sets(fitted.encode(X), coverage)[1]

    def member_predictions(self, X: Any) -> FloatArray:
        """Predict by each fold. If the predictions disagree, their mean is uncertain.

        The prediction of a fold is that of what was trained without it: of a network, or in an
        ensemble of networks and trees the weighted mean of one of each kind. A fold may have left
        out the person of a row, say: then its prediction is one for new persons, and `predict`
        leaves it out.

        Parameters
        ----------
        X : {DataFrame, array-like} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        ndarray of shape (n_folds, n_samples) or (n_folds, n_samples, n_outputs)
            Class probabilities, or predicted targets.
        """
        fitted: FittedTable = fitted_table(self)
        return fitted.blend.predict_by_fold(fitted.encode(X))

    # What predictions depend on.

    def drift(self, X: Any) -> pd.DataFrame:
        """Compare the columns of new rows with those of `fit`, and tell which clearly changed.

        Predictions are only as good for new rows as they were in `fit` if the new rows are like
        those of `fit`. A unit may have changed, a category may be written in another way, a source
        may be missing, or time has passed.

        Parameters
        ----------
        X : {DataFrame, array-like} of shape (n_samples, n_features)
            The new rows.

        Returns
        -------
        DataFrame
            A row for each column of `fit`, by its name, with the columns:

            changed : bool
                Whether the column clearly changed.
            psi : float
                Population stability index of the values that are not missing: below 0.1, they are
                usually called stable, and above 0.25 changed. Numbers and dates have bins between
                the deciles of `fit`; of categories, the 9 most frequent, the others and unseen
                ones are compared. Half a row is added to each bin.
            missing_fit, missing_now : float
                Share of missing values.
            unseen_fit, unseen_now : float
                Share of categories that were not seen in `fit`, or only once in a column of more
                than ten; of `fit`, the share to expect.
            out_of_range_now : float
                Share of numbers, dates or durations below the lowest or above the highest of `fit`.
            why : str
                What changed, in words.

            Shares are nan where they have no meaning, such as for columns that are left out. Text
            is compared only by what is missing.

        Raises
        ------
        ValueError
            If a column is missing or has another kind of values than in `fit`, as in `predict`.

        Notes
        -----
        A share clearly changed if chance explains the difference with a probability of at most
        0.001, divided by the number of shares of all columns that are compared, by Fisher's exact
        test. It must be large, too: the population stability index, of the bins or of one share
        and the rest, is at least 0.1, or what never occurred in `fit` holds for 1% of the rows. So
        one in a thousand tables of rows like those of `fit` has a column that changed. Rows count
        alike, whatever their weights in `fit`.

        Examples
        --------
        >>> import numpy as np
        >>> import pandas as pd
        >>> from scratchmlp.tabular import TabularMLPClassifier
        >>> rng = np.random.default_rng(0)
        >>> X = pd.DataFrame({"rate": rng.choice(["fixed", "free"], 400), "m": rng.random(400)})
        >>> classifier = TabularMLPClassifier(cv=3, max_iter=8, random_state=0)
        >>> classifier = classifier.fit(X, X["m"] + rng.normal(0, 0.3, 400) > 0.5)
        >>> new = X[:200].assign(m=X["m"] * 100).replace({"rate": {"fixed": "FIXED"}})
        >>> classifier.drift(new)[["changed", "unseen_now", "out_of_range_now"]].round(2)
              changed  unseen_now  out_of_range_now
        rate     True        0.44               NaN
        m        True         NaN               1.0
        """
        return drift.drift_table(fitted_table(self).encoder, X)

    def explain(
        self,
        X: Any,
        background: Any,
        *,
        folds: Sequence[int] | None = None,
        max_samples: int | str = "auto",
        random_state: Any = None,
    ) -> Bunch:
        """Measure by how much each value of a row moves its prediction.

        The prediction of a row is compared with the mean prediction of background rows. The
        contributions of its columns add up to the difference. They are Shapley values: a background
        row gets the values of the row, one column after the other in a random order, and each
        column contributes what its change adds to the prediction.

        Parameters
        ----------
        X : {DataFrame, array-like} of shape (n_samples, n_features)
            The rows to explain.
        background : {DataFrame, array-like} of shape (n_background, n_features)
            Rows to compare with, such as the table of `fit`, or new rows. The estimator keeps no
            rows of `fit`, so that files of models contain none.
        folds : list of int or None, default=None
            Which folds predict; None means all. For a row of `fit`, pass those that held it out, as
            `held_out_` tells: their prediction did not learn from its target. Persons of which
            folds held out all rows, because of `groups` or `cv`, are then new to them.
        max_samples : 'auto' or int, default='auto'
            Largest number of background rows to use, drawn at random. If there are fewer, each is
            used several times. 'auto' predicts about 5,000 rows to explain one, but uses 25
            background rows at least: the number of predictions is twice that of the background rows
            times that of the columns.
        random_state : int, RandomState instance or None, default=None
            Determines the background rows and the orders of the columns. Pass an int for
            reproducible results.

        Returns
        -------
        result : Bunch
            The explanation, with these attributes:

            contributions : ndarray of shape (n_samples, n_columns) or \
                    (n_samples, n_columns, n_outputs)
                Contribution of each column, in units of the target or of the probability of each
                class.
            predictions : ndarray of shape (n_samples,) or (n_samples, n_outputs)
                Predictions, or class probabilities.
            baseline : float or ndarray of shape (n_outputs,)
                Mean prediction of the background rows. With the contributions of a row, it sums to
                the prediction of the row.
            names : list of str
                Names of the columns.
            n_rows : int
                Number of background rows that were used.

        Raises
        ------
        ValueError
            If a table has no rows, or `folds` contains anything but numbers of folds.

        See Also
        --------
        oof_importances : Which columns matter for all rows.

        Notes
        -----
        Contributions say what the estimator does, not what would happen if you changed a value.
        Changed rows may combine values that never occur together. Correlated columns share what
        they tell, in proportions that depend on the fit.

        Each order is used with its reverse. Contributions are then exact if the prediction is a sum
        of terms of one or two columns; otherwise, they vary with `random_state`. Columns that the
        encoder leaves out contribute 0.

        References
        ----------
        Štrumbelj and Kononenko, "Explaining prediction models and individual predictions with
        feature contributions", Knowledge and Information Systems 41, 2014. Mitchell, Cooper, Frank
        and Holmes, "Sampling permutations for Shapley value estimation", JMLR 23, 2022.

        Examples
        --------
        >>> from sklearn.datasets import load_diabetes
        >>> from scratchmlp.tabular import TabularMLPRegressor
        >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
        >>> regressor = TabularMLPRegressor(cv=4, max_iter=48, random_state=0).fit(X, y)
        >>> result = regressor.explain(X[:2], X, random_state=0)
        >>> result.contributions.shape
        (2, 10)
        >>> total = result.baseline + result.contributions.sum(axis=1)
        >>> bool(abs(total - result.predictions).max() < 0.01)
        True
        """
        settings = {"max_samples": max_samples, "random_state": random_state}
        caller = f"{type(self).__name__}.explain"
        validate_parameter_constraints(explanations.CONSTRAINTS, settings, caller)
        fitted = fitted_table(self)
        rows, (known, _) = fitted.encode(X), encode_with(fitted.encoder, background)
        if folds is not None:
            rows, known = rows.held_out(), known.held_out()
        places = rows.layout.places
        return explanations.explain(fitted.blend, rows, known, places, folds=folds, **settings)

    def oof_importances(
        self,
        X: Any,
        y: Any,
        *,
        columns: Any = None,
        scoring: Any = None,
        n_repeats: int = 5,
        max_samples: int | float | str = "auto",
        sample_weight: Any = None,
        random_state: Any = None,
    ) -> Bunch:
        """Measure how much worse the predictions get without the information of a column.

        This is permutation importance for whole columns of the raw table, on rows that were held
        out. What was trained without a fold in `fit` predicts the rows of the fold, first as they
        are, then with the values of one column exchanged at random among all rows. The importance
        is the difference of the two scores. Nothing is fitted again.

        Strongly correlated columns share their importance: if one of them is permuted, the others
        still tell its values. They are listed in `correlated`. Pass them as a group to permute them
        together.

        Parameters
        ----------
        X : {DataFrame, array-like} of shape (n_samples, n_features)
            The table that was passed to `fit`, with the same rows in the same order.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The targets that were passed to `fit`.
        columns : list of str or int, dict of str to list of str or int, or None, default=None
            What to permute. A list contains columns, by name or by position. A dict names groups,
            and lists the columns of each group, which are permuted together:
            ``{"place": ["latitude", "longitude"]}``. None means each column of the table. The
            columns of an array are named "x0", "x1", ... Integers are always positions, also if
            the names of a DataFrame are integers.
        scoring : str, callable or None, default=None
            A scorer of scikit-learn. None means the `scoring` of an ensemble that has one. All
            others use "neg_log_loss" for classes and "r2" for numbers.
        n_repeats : int, default=5
            Number of times that each column is permuted.
        max_samples : 'auto', int or float, default='auto'
            Largest number of rows to use, at least 2, drawn at random, or their share. 'auto'
            limits the time: it predicts about 400,000 rows in all columns and repeats, but uses 500
            rows at least. Pass 1.0 to use all rows, if small importances matter.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows in the scores. Rows with weight 0 are not used.
        random_state : int, RandomState instance or None, default=None
            Determines the permutations and the rows. Pass an int for reproducible results.

        Returns
        -------
        result : Bunch
            The importances, with these attributes:

            importances_mean : ndarray of shape (n_columns,)
                Mean importance over the repeats: the decrease in score when the column is permuted.
            importances_std : ndarray of shape (n_columns,)
                Standard deviation over the repeats. It tells nothing about other rows or networks.
            importances : ndarray of shape (n_columns, n_repeats)
                Importance in each repeat.
            names : list of str
                Names of the columns or groups, in the order of the importances.
            score : float
                Score without permutation.
            scoring : str
                Name of the scorer. Higher scores are better.
            n_rows : int
                Number of rows that were used.
            correlated : list of tuple of (str, str, float)
                Pairs of columns or groups with a correlation of at least 0.7, the highest first.
                It is Spearman's for numbers, Cramér's V for categories and the correlation ratio
                for one of each, on at most 2,000 rows. Only the first 16 numbers of a group or of a
                column of text, and the 16 most frequent levels of a category are compared.

        Raises
        ------
        ValueError
            If X or y does not have the rows of `fit` in the same order, a name is not that of a
            column, the score without permutation is not finite, or the estimator was saved with
            ``training_state=False``.
        TypeError
            If `columns` contains anything but names and positions.

        See Also
        --------
        scratchmlp.plotting.ImportancesDisplay : A plot of the result.
        sklearn.inspection.permutation_importance : The same for rows that were not used in `fit`.

        Notes
        -----
        Columns that the encoder leaves out have no influence on predictions. Their importance is 0.

        Rows that no fold held out are not used. If several folds held out a row, their
        predictions are averaged. The epochs of the networks, the calibration and the weights of an
        ensemble were chosen on the same rows, which raises `score` a little.

        The rows are checked by the out-of-fold predictions of `fit`, which must have their score
        with this y. If they are clearly better than a constant, the predictions for X must be, too.
        After `only`, there are no out-of-fold predictions, and no check.

        One thread does the work, whatever `n_jobs` is. The limit of 'auto' is one of CPU time.

        References
        ----------
        Breiman, "Random forests", Machine Learning 45, 2001. Fisher, Rudin and Dominici, "All
        models are wrong, but many are useful", Journal of Machine Learning Research 20, 2019.

        Examples
        --------
        >>> from sklearn.datasets import load_diabetes
        >>> from scratchmlp.tabular import TabularMLPRegressor
        >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
        >>> regressor = TabularMLPRegressor(cv=4, max_iter=48, random_state=0).fit(X, y)
        >>> result = regressor.oof_importances(X, y, random_state=0)
        >>> best = result.importances_mean.argsort()[-2:]
        >>> sorted(result.names[i] for i in best)
        ['bmi', 's5']
        """
        fitted = fitted_table(self)
        settings: dict[str, Any] = {"n_repeats": n_repeats, "max_samples": max_samples}
        settings["random_state"] = random_state
        caller, given = f"{type(self).__name__}.oof_importances", {"scoring": scoring, **settings}
        validate_parameter_constraints(importances.CONSTRAINTS, given, caller)
        settings |= {"columns": columns, "sample_weight": sample_weight}
        settings["scoring"] = getattr(self, "scoring", None) if scoring is None else scoring
        return importances.importances(fitted, X, y, **settings)

    @property
    def n_features_in_(self) -> int:
        """Number of columns seen in `fit`."""
        return int(fitted_table(self).encoder.n_features_in_)

    @property
    def feature_names_in_(self) -> NDArray[np.object_]:
        """Names of the columns seen in `fit`, if they are strings."""
        names: NDArray[np.object_] = fitted_table(self).encoder.feature_names_in_
        return names

    # State.

    def __sklearn_is_fitted__(self) -> bool:
        """Return whether there is a record of a fit."""
        return "_fitted" in vars(self)

    def __getstate__(self) -> dict[str, Any]:
        """Return the attributes, with the record as plain data."""
        state: dict[str, Any] = {**super().__getstate__()}
        if "_fitted" in state:
            plain = state.pop("_fitted").to_state()
            state |= {name: value for name, value in plain.items() if value is not None}
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Set the attributes, with the record from plain data."""
        if "encoder_" in state:
            fitted = self._fitted_kind.from_state(state)
            plain = fitted.to_state()
            others = {name: value for name, value in state.items() if name not in plain}
            state = others | {"_fitted": fitted}
        super().__setstate__(state)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        tags.input_tags.allow_nan = True
        return tags


class BaseTabularClassifier(ClassifierMixin, BaseTabular):
    """Classes as targets."""

    class_weight: Any

    oof_proba_ = Learned("oof", "Out-of-fold probabilities.")

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }

    @property
    def classes_(self) -> NDArray[Any]:
        """Class labels, sorted."""
        classes: NDArray[Any] = fitted_table(self).blend.targets.classes
        return classes

    @property
    def temperature_(self) -> float:
        """Number by which raw scores are divided before the softmax."""
        return float(fitted_table(self).calibration.temperature)

    @property
    def floor_(self) -> float:
        """Number below which probabilities become much smaller."""
        return float(fitted_table(self).calibration.floor)

    def predict(self, X: Any) -> NDArray[Any]:
        """Predict the class of each row.

        Parameters
        ----------
        X : {DataFrame, array-like} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        ndarray of shape (n_samples,)
            Class with the highest probability.
        """
        fitted = fitted_table(self)
        classes: NDArray[Any] = fitted.blend.targets.classes
        return classes[most_probable(fitted.predict(X))]

    def predict_proba(self, X: Any) -> FloatArray:
        """Predict class probabilities: the mean over the folds.

        Networks and trees have a weighted mean for each fold, and the prediction is the geometric
        mean over the folds, rescaled to a sum of 1.

        Parameters
        ----------
        X : {DataFrame, array-like} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Probabilities, with columns in the order of `classes_`.
        """
        proba: FloatArray = fitted_table(self).predict(X)
        return proba

    def predict_log_proba(self, X: Any) -> FloatArray:
        """Predict the logarithms of the class probabilities.

        Parameters
        ----------
        X : {DataFrame, array-like} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Logarithms of `predict_proba`, with columns in the order of `classes_`. All are finite.
        """
        return log_probabilities(self.predict_proba(X))

    def predict_set(self, X: Any, coverage: float = 0.9) -> NDArray[np.bool_]:
        """Predict a set of classes for each row: the true class is in it with a given probability.

        A set of one class means that the model is sure. A class is left out if it is less probable
        than the true class was for most rows in `fit`, by their out-of-fold probabilities. These
        come from single folds, which err more than the ensemble, so sets tend to contain the true
        class more often than `coverage` says. The page :doc:`/trust` says what breaks it.

        Parameters
        ----------
        X : {DataFrame, array-like} of shape (n_samples, n_features)
            The table.
        coverage : float, default=0.9
            Probability that the true class is in the set, above 0 and below 1, for new rows that
            are drawn like the rows in `fit`. With `sample_weight`, these are drawn with
            probabilities in proportion to their weights; see Notes.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), bool
            Which classes are in the set, with columns in the order of `classes_`. The most probable
            class, which `predict` returns, always is.

        Raises
        ------
        ValueError
            If `coverage` is not between 0 and 1, or so high that it needs more rows than `fit` had:
            for 0.99, it needs 99.

        Notes
        -----
        A new row is taken to have the weight of an average draw: ``(w**2).sum() / w.sum()``, where
        ``w`` is the `sample_weight` of the rows that were held out. The number of rows in `fit`
        is the effective one, ``w.sum()**2 / (w**2).sum()``. Class weights do not count.

        References
        ----------
        Sadinle, Lei and Wasserman, "Least ambiguous set-valued classifiers with bounded error
        levels", JASA 114, 2019. Vovk, "Cross-conformal predictors", Annals of Mathematics and
        Artificial Intelligence 74, 2015.

        Examples
        --------
        >>> from sklearn.datasets import load_wine
        >>> from scratchmlp.tabular import TabularMLPClassifier
        >>> X, y = load_wine(return_X_y=True, as_frame=True)
        >>> classifier = TabularMLPClassifier(cv=3, max_iter=16, random_state=0).fit(X[::2], y[::2])
        >>> sets = classifier.predict_set(X[1::2], coverage=0.95)
        >>> sets.shape, bool(sets.any(axis=1).all())
        ((89, 3), True)
        >>> sets[0]
        array([ True, False, False])
        """
        return self._prediction_sets(X, coverage)


class BaseTabularRegressor(RegressorMixin, BaseTabular):
    """Numbers as targets."""

    oof_prediction_ = Learned("oof", "Out-of-fold predictions.")

    def predict(self, X: Any) -> FloatArray:
        """Predict the targets: the mean over the folds, weighted if there are weights.

        Parameters
        ----------
        X : {DataFrame, array-like} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Predictions. Those of networks and trees are within the range of the targets in `fit`.
        """
        prediction: FloatArray = fitted_table(self).predict(X)
        return prediction

    def predict_interval(self, X: Any, coverage: float = 0.9) -> FloatArray:
        """Predict an interval for each row: the target is in it with a given probability.

        This is conformal prediction from cross-validation ("CV-style"), around the prediction of
        the ensemble. The interval is the prediction, plus and minus a multiple of the expected
        error of the row, which a small model of errors predicts. The multiple is a quantile of the
        errors of the out-of-fold predictions for the rows in `fit`, each divided by its expected
        size. These predictions come from single folds, which err more than their mean, so
        intervals tend to contain the target more often than `coverage` says. Unlike CV+, this has
        no proven lower bound of the coverage. The page :doc:`/trust` says what breaks it.

        Parameters
        ----------
        X : {DataFrame, array-like} of shape (n_samples, n_features)
            The table.
        coverage : float, default=0.9
            Probability that the target is in the interval, above 0 and below 1, for new rows that
            are drawn like the rows in `fit`. With `sample_weight`, these are drawn with
            probabilities in proportion to their weights; see Notes. Of several targets, each one
            has its own interval with this probability. They share the model of errors: it predicts
            their mean error, in units of their standard deviations.

        Returns
        -------
        ndarray of shape (n_samples, 2) or (n_samples, n_outputs, 2)
            Lower and upper ends. They may be outside of the range of the targets in `fit`, as new
            targets may, but they are at least 0 if no target in `fit` is negative.

        Raises
        ------
        ValueError
            If `coverage` is not between 0 and 1, or so high that it needs more rows than `fit` had:
            for 0.99, it needs 99.

        Notes
        -----
        A new row is taken to have the weight of an average draw: ``(w**2).sum() / w.sum()``, where
        ``w`` is the `sample_weight` of the rows that were held out. The number of rows in `fit`
        is the effective one, ``w.sum()**2 / (w**2).sum()``.

        References
        ----------
        Lei, G'Sell, Rinaldo, Tibshirani and Wasserman, "Distribution-free predictive inference for
        regression", JASA 113, 2018, section 5.2. Vovk, "Cross-conformal predictors", Annals of
        Mathematics and Artificial Intelligence 74, 2015.

        Examples
        --------
        >>> from sklearn.datasets import load_diabetes
        >>> from scratchmlp.tabular import TabularMLPRegressor
        >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
        >>> regressor = TabularMLPRegressor(cv=3, max_iter=16, random_state=0).fit(X[::2], y[::2])
        >>> low, high = regressor.predict_interval(X[1::2]).T
        >>> bool(((low <= y[1::2]) & (y[1::2] <= high)).mean() > 0.85)
        True
        """
        return self._prediction_sets(X, coverage)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
