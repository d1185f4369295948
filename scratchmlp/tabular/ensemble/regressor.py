"""The regressor that is an ensemble of networks and trees."""

from scratchmlp.tabular.base_regressor import BaseTabularRegressor
from scratchmlp.tabular.ensemble.ensemble import BaseTabularEnsemble


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
        :class:`TabularEncoder`; their parameters refer to these columns. Targets are standardized,
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
        Whether `fit` warns of columns that would mislead you; see `findings_`.
    n_jobs : int or None, default=None
        Number of fits in parallel; -1 means all processors. The result is the same.
    random_state : int, RandomState instance or None, default=None
        Determines the folds and all random choices of the estimators.
    scoring : str, callable or None, default=None
        Scorer that the weights maximize, such as "neg_mean_absolute_error". None means the
        negative squared error.

    Attributes
    ----------
    weights_ : dict of str to float
        Weight of each estimator in the ensemble, with a sum of 1.
    named_estimators_ : Bunch
        The fitted estimators: a :class:`TabularMLPRegressor`, or a list with one for each fold.
    errors_ : dict of str to str
        Errors of the estimators whose fit failed.
    dropped_ : dict of str to str
        Why estimators were dropped: their weight is 0 or hardly matters.
    oof_score_ : float
        R² of the weighted out-of-fold predictions, with `sample_weight`: a little
        too high; see :doc:`/tabular`. nan if one row was held out.
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
