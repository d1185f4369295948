"""The regressor that is an ensemble of networks and trees."""

from scratchmlp.tabular.base_regressor import BaseTabularRegressor
from scratchmlp.tabular.ensemble.ensemble import BaseTabularEnsemble


class TabularEnsembleRegressor(BaseTabularRegressor, BaseTabularEnsemble):
    """Regressor for raw tables: networks and trees, weighted by their out-of-fold predictions.

    Neural networks and trees make different errors, so their weighted mean usually predicts better
    than each of them. The table may contain numbers on any scale, missing values, categories, text,
    booleans and dates. All estimators are trained on the same folds, and no setting needs tuning.
    Targets are standardized for training, and predictions stay within the range of the targets in
    `fit`. The page :doc:`/tabular_results` compares the ensemble with the networks alone and with
    boosted trees.

    Parameters
    ----------
    estimators : list of (str, estimator) or None, default=None
        Named regressors. The string "drop" leaves one out. None means "networks"
        (:class:`TabularMLPRegressor`), "linear"
        (:class:`~sklearn.linear_model.Ridge`), "boosting"
        (:class:`~sklearn.ensemble.HistGradientBoostingRegressor`) and "extra trees", each if it is
        worth its time. The page :doc:`/tabular_methods` says which, by the number of rows.
        Their parameters can be set if they are named, for example with
        ``set_params(boosting__max_iter=50)`` or in a grid search.

        Each estimator is cloned and fitted once for each fold. :class:`TabularMLPRegressor` uses
        the parameters of the ensemble where both have one. Estimators that accept missing values,
        as trees do, get numbers, which may be nan, and a code for each category. Others get the
        output of :class:`TabularEncoder`. Columns that an estimator names are those of this array,
        and its targets are standardized. An estimator that stops early, and whose `fit` takes
        `X_val` and `y_val`, gets the fold as validation data. With `sample_weight`, an estimator
        whose `fit` takes no weights is left out.
    cv : int, splitter or iterable, default=8
        Splits of the rows into training rows and a held-out fold, the same for all estimators; see
        :class:`TabularMLPRegressor`.
    n_repeats : int, default=1
        Number of times that the rows are split into `cv` folds, if `cv` is an int. With more
        folds, predictions usually get a little better, and `fit` takes as many times as long.
    scoring : str, callable or None, default=None
        What the weights maximize: a scorer of scikit-learn, such as "neg_mean_absolute_error". None
        means the negative squared error.
    max_time : float or None, default=None
        Time limit of `fit`, in seconds. Each estimator but networks gets an equal share of the time
        that is left, for all folds or, from 1,000 rows, for a trial in two. Networks then train for
        fewer epochs, in what the others will not need, but at least half of what is left. Those
        that the trial gives a weight go on, the largest weight first. An estimator is left out,
        with a warning, if its fit for a fold shows that the time is too short.
    categorical_features : array-like of {bool, int, str}, 'from_dtype' or None, \
default='from_dtype'
        Which columns are categorical; see :class:`TabularEncoder`.
    numeric_features : array-like of {bool, int, str} or None, default=None
        Columns of numbers that could be taken for codes or identifiers; see
        :class:`TabularEncoder`.
    text_features : array-like of {bool, int, str} or None, default=None
        Columns of free text; see :class:`TabularEncoder`.
    date_features : array-like of {bool, int, str} or None, default=None
        Columns of dates; see :class:`TabularEncoder`.
    missing_values : number, str, array-like or dict, default=None
        Values that mean missing, such as 999, for all columns, or as in ``{"age": [-1, 999]}`` for
        some; see :class:`TabularEncoder`.
    inspect_table : bool, default=True
        Whether `fit` looks for columns that would mislead you, such as one that tells the target
        alone, and warns of them: see `findings_`. This takes at most a tenth of the time of a
        default fit, or 0.2 seconds.
    n_jobs : int or None, default=None
        Number of fits that :mod:`joblib` runs in parallel, with one thread each. None means 1, and
        -1 means the number of processors. The result is the same.
    random_state : int, RandomState instance or None, default=None
        Determines the folds and all random choices of the estimators. Pass an int for reproducible
        results.

    Attributes
    ----------
    weights_ : dict of str to float
        Weight of each estimator in the ensemble. The weights sum to 1 and minimize the loss of the
        weighted out-of-fold predictions, or maximize `scoring`: in each of 40 rounds, the estimator
        is selected that helps most. Before the first round, the networks count as selected
        16,000 / n_samples times, because few rows cannot tell which estimator is better. Without
        networks, all estimators share this.
    named_estimators_ : Bunch
        The fitted estimators in the ensemble, by name: for "networks" a fitted
        :class:`TabularMLPRegressor`, which has no out-of-fold predictions of its own, for others a
        list with a fitted estimator for each fold.
    errors_ : dict of str to str
        The errors of the estimators that are left out because their fit failed, by name.
    dropped_ : dict of str to str
        Why the ensemble does not hold an estimator whose fit did not fail, by name: its weight is
        0, or the loss of the weighted out-of-fold predictions is at most 0.1 % higher without it.
        Networks, and the estimator of the largest weight, are never dropped.
    oof_score_ : float
        R² of the weighted out-of-fold predictions, with the `sample_weight` of `fit`. The
        weights are fitted to the same predictions, and gradient boosting stops by them, which
        raises the score a little. `predict` averages the estimators of all folds, which is usually
        better than one of them. The page :doc:`/tabular` has measurements. nan if the folds hold
        out a single row: R² compares the errors with the spread of the targets.
    oof_scores_ : dict of str to float
        The same for each estimator alone, also for those in `dropped_`. :meth:`leaderboard` returns
        it as a table, with losses and times.
    oof_loss_ : float
        Root mean squared error of the weighted out-of-fold predictions; of several targets, in
        units of their standard deviations. With `scoring`, the negative score.
    oof_prediction_ : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Weighted out-of-fold predictions of the rows in `fit`; nan for rows that are in no fold.
    held_out_ : list of ndarray of int
        Numbers of the rows in `fit` that each fold holds out.
    encoder_ : TabularEncoder
        The fitted encoder of the table, the same for all estimators.
    findings_ : list of Note
        What you should know about the table. Each record has the fields `case`, `column` and
        `values`, the numbers behind it, and ``str`` writes it as a sentence with what to do. The
        page :doc:`/tabular` lists the cases: a "leak", a "sentinel", an "entity", a "time", and
        what `encoder_` has noted.
    n_features_in_ : int
        Number of columns seen in `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns seen in `fit`, if they are strings.

    Warns
    -----
    MisleadingDataWarning
        If columns would mislead you: see `findings_`.
    FitFailedWarning
        If an estimator is left out because its fit fails. If all fail, `fit` raises the error of
        the first.
    UndefinedMetricWarning
        If the folds hold out a single row, for which R² is not defined.

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
