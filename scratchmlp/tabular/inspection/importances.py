"""Which columns of a raw table matter: permutation importance on the rows that were held out."""

import math
from collections import Counter
from collections.abc import Mapping
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import is_classifier
from sklearn.utils import Bunch, check_random_state
from sklearn.utils._param_validation import (
    Interval,
    RealNotInt,
    StrOptions,
    validate_parameter_constraints,
)
from sklearn.utils.validation import _check_sample_weight, check_is_fitted

from scratchmlp.arrays import FloatArray
from scratchmlp.tabular.columns.encoded_table import Place, join_places, places_of
from scratchmlp.tabular.folds import Rows
from scratchmlp.tabular.inspection.associations import correlated_pairs
from scratchmlp.tabular.inspection.held_out import OutOfFold, check_rows, rows_held_out
from scratchmlp.tabular.scoring import SCORING, BlendLoss, log_loss, negative_score
from scratchmlp.utils.names import listed

#: Rows to predict in all columns and repeats, which takes less CPU time than `fit` on the tables
#: that were measured; and rows to use at least: with fewer, importances are noisy.
_PREDICTIONS, _LEAST_ROWS = 400_000, 500

_CONSTRAINTS = {
    "scoring": SCORING,
    "n_repeats": [Interval(Integral, 1, None, closed="left")],
    "max_samples": [
        Interval(Integral, 2, None, closed="left"),  # one row cannot be permuted
        Interval(RealNotInt, 0, 1, closed="right"),
        StrOptions({"auto"}),
    ],
    "random_state": ["random_state"],
}


class ImportancesMixin:
    """Permutation importance of the columns of a raw table."""

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
            If X does not have the rows of `fit` in the same order, a name is not that of a column,
            the score without permutation is not finite, or the estimator was saved with
            ``training_state=False``.
        TypeError
            If `columns` contains anything but names and positions.

        Warns
        -----
        UserWarning
            If y gives the out-of-fold predictions a far lower score than in `fit`, so that its rows
            may be in another order.

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

        The order of the rows is checked by their predictions, which must be near the out-of-fold
        predictions of `fit`. This check needs predictions that are clearly better than a constant.
        After `only`, there are no out-of-fold predictions, and only the score is compared.

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
        check_is_fitted(self)
        estimator: Any = self
        given = {"scoring": scoring, "n_repeats": n_repeats, "max_samples": max_samples}
        given["random_state"] = random_state
        caller = f"{type(self).__name__}.oof_importances"
        validate_parameter_constraints(_CONSTRAINTS, given, caller)
        held_out = rows_held_out(estimator, X, y)
        y = _known_targets(estimator, y)
        weight = _check_sample_weight(sample_weight, np.empty(len(y)), ensure_non_negative=True)
        random = check_random_state(random_state)
        places = _places(estimator.encoder_, columns)
        if max_samples == "auto":
            max_samples = max(_LEAST_ROWS, _PREDICTIONS // (n_repeats * len(places)))
        rows = _rows_to_use(held_out, weight, max_samples, random)
        encoded = estimator.encoder_.encode(X)[0][rows]  # `fit` has warned
        name, loss = _loss(
            estimator, scoring, y[rows], None if sample_weight is None else weight[rows]
        )
        among_rows = [np.flatnonzero(np.isin(rows, fold)) for fold in held_out]
        oof = OutOfFold(estimator.blend, encoded, among_rows)
        predictions = oof.predictions()
        check_rows(estimator, y, weight, rows, predictions)
        score = _finite(-loss(predictions), name)
        used = [number for number, place in enumerate(places.values()) if not place.is_empty]
        changes = (
            (place, random.permutation(len(rows)))
            for place in places.values()
            for _ in range(n_repeats)
            if not place.is_empty
        )
        importances = np.zeros((len(places), n_repeats))
        losses = [loss(each) for each in oof.permuted(changes)]
        importances[used] = score + np.reshape(losses, (len(used), n_repeats))
        return Bunch(
            importances_mean=importances.mean(axis=1),
            importances_std=importances.std(axis=1),
            importances=importances,
            names=list(places),
            score=score,
            scoring=name,
            n_rows=len(rows),
            correlated=correlated_pairs(encoded, places, random),
        )


def _finite(score: float, scoring: str) -> float:
    """Check that a score is a finite number."""
    if not np.isfinite(score):
        raise ValueError(
            f"The score of the predictions ({scoring}) must be finite; got {score}. Choose another "
            "scoring, or use more rows: the score of some needs rows of all classes."
        )
    return score


def _rows_to_use(
    held_out: list[Rows], weight: FloatArray, max_samples: Any, random: np.random.RandomState
) -> Rows:
    """Choose rows at random that were held out and have a weight."""
    rows = np.unique(np.concatenate(held_out))
    rows = rows[weight[rows] > 0]
    if len(rows) < 2:
        raise ValueError(
            "At least 2 of the rows that were held out must have a weight above 0; got "
            f"{len(rows)}. Change sample_weight, or fit with a cv that holds out more rows."
        )
    is_number = isinstance(max_samples, Integral)
    n = int(max_samples) if is_number else max(2, math.ceil(max_samples * len(rows)))
    return rows if n >= len(rows) else np.sort(random.choice(rows, n, replace=False))


def _places(encoder: Any, columns: Any) -> dict[str, Place]:
    """Return where the parts of each column or group are in an encoded table."""
    known = places_of(encoder._columns)
    if columns is None:
        return known
    if isinstance(columns, Mapping):
        groups = [(str(group), _names(known, names, group)) for group, names in columns.items()]
    else:
        groups = [(name, [name]) for name in _names(known, columns, None)]
    counts = Counter(name for name, _ in groups)
    if repeated := [name for name, count in counts.items() if count > 1]:
        raise ValueError(
            f"The names of the columns and groups must differ as text; got {repeated[0]!r} twice "
            f"in columns={columns!r}. Remove one, or give the groups other names."
        )
    return {group: join_places(known[name] for name in names) for group, names in groups}


def _names(known: Mapping[str, Place], columns: Any, group: Any) -> list[str]:
    """Return the names of columns that are given by name or by position."""
    what = "columns" if group is None else f"The group {group!r} of columns"
    if isinstance(columns, str | bytes) or not hasattr(columns, "__len__"):
        raise TypeError(
            f"{what} must be a list of names or positions; got {columns!r}. Pass [{columns!r}]."
        )
    if not len(columns):
        raise ValueError(f"{what} must name at least one column; got {columns!r}.")
    return [_name(list(known), column) for column in columns]


def _name(known: list[str], column: Any) -> str:
    """Return the name of one column."""
    if isinstance(column, Integral) and not isinstance(column, bool):
        if not -len(known) <= int(column) < len(known):
            raise ValueError(
                f"columns has the position {column}, but the table has {len(known)} columns. Pass "
                f"numbers below {len(known)}, or names."
            )
        return known[int(column)]
    if not isinstance(column, str):
        raise TypeError(
            "columns must list names (str) or positions (int), or be a dict of such lists to "
            f"permute groups; got {column!r} of type {type(column).__name__}. For a group, pass "
            '{"name": ["first", "second"]}.'
        )
    if column not in known:
        raise ValueError(
            f"columns names {column!r}, which is no column of the table. Its columns are "
            f"{listed(list(map(repr, known)))}."
        )
    return str(column)


def _known_targets(estimator: Any, y: Any) -> NDArray[Any]:
    """Check targets. Return numbers or, for a classifier, the numbers of classes seen in `fit`."""
    y = estimator._targets.check(y, estimator)
    if not is_classifier(estimator):
        return y
    if unknown := set(np.unique(y).tolist()) - set(estimator.classes_.tolist()):
        raise ValueError(
            f"y has the class {unknown.pop()!r}, not seen in fit. Pass the targets of fit."
        )
    return np.searchsorted(estimator.classes_, y)


def _loss(
    estimator: Any, scoring: Any, y: NDArray[Any], weight: FloatArray | None
) -> tuple[str, BlendLoss]:
    """Return the name of the scorer, and the function from predictions to the negative score."""
    classes = estimator.classes_ if is_classifier(estimator) else None
    if scoring is None:
        scoring = getattr(estimator, "scoring", None)
    if scoring is None:
        scoring = "r2" if classes is None else "neg_log_loss"
    name = scoring if isinstance(scoring, str) else getattr(scoring, "__name__", repr(scoring))
    if classes is None:
        return name, negative_score(scoring, y, weight, None)
    if scoring == "neg_log_loss":  # scikit-learn's scorer needs rows of all classes
        return name, log_loss(y, weight)
    return name, negative_score(scoring, classes[y], weight, classes)
