"""Which values of a row moved its prediction: Shapley values by antithetic permutations."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import vstack
from sklearn.utils import Bunch, check_random_state
from sklearn.utils._param_validation import Interval, StrOptions, validate_parameter_constraints

from scratchmlp.arrays import FloatArray
from scratchmlp.tabular.columns.encoded_table import EncodedTable, Place, places_of

_ROWS = 2**13  # that are predicted at the same time
#: Rows to predict for each row that is explained, in about a second, and fewest background rows.
_PREDICTIONS, _LEAST_ROWS = 5_000, 25

_CONSTRAINTS = {
    "max_samples": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
    "random_state": ["random_state"],
}


class ExplanationsMixin:
    """Contributions of the columns of a raw table to the predictions of single rows."""

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
            `held_out_` tells: their prediction did not learn from its target.
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
        estimator: Any = self
        given = {"max_samples": max_samples, "random_state": random_state}
        validate_parameter_constraints(_CONSTRAINTS, given, f"{type(self).__name__}.explain")
        blend, rows = estimator.blend_and_table(X)
        if folds is not None and not (len(folds) and {*folds} <= {*range(blend.n_folds)}):
            raise ValueError(
                f"folds must list at least one number from 0 to {blend.n_folds - 1}, or be None; "
                f"got {folds!r}."
            )
        predict = partial(blend.predict, folds=folds)
        known, _ = estimator.encoder_.encode(background)
        places = places_of(estimator.encoder_._columns)
        automatic = max(_LEAST_ROWS, _PREDICTIONS // (2 * len(places)))
        most = automatic if max_samples == "auto" else int(max_samples)
        random = check_random_state(random_state)
        drawn = random.permutation(len(known))[:most]
        known = known[np.resize(drawn, len(drawn) * math.ceil(most / len(drawn)))]
        ranks = random.rand(len(known), len(places)).argsort(axis=1)
        contributions = [
            contributions_of(predict, rows[[i]], known, list(places.values()), ranks)
            for i in range(len(rows))
        ]
        return Bunch(
            contributions=np.stack(contributions),
            predictions=predict(rows),
            baseline=predict(known).mean(axis=0),
            names=list(places),
            n_rows=len(drawn),
        )


def contributions_of(
    predict: Callable[[EncodedTable], FloatArray],
    row: EncodedTable,
    background: EncodedTable,
    places: Sequence[Place],
    ranks: NDArray[np.intp],
) -> FloatArray:
    """Return by how much each column of a row moves its prediction.

    Parameters
    ----------
    predict : callable
        Maps rows to predictions of shape (n_samples,) or (n_samples, n_outputs).
    row : EncodedTable of one row
        The row.
    background : EncodedTable of n_background rows
        Rows to begin with.
    places : sequence of Place
        The columns, in the order of the table.
    ranks : ndarray of shape (n_background, n_columns)
        When each column of a background row gets the value of the row: a permutation of 0, 1, ...

    Returns
    -------
    ndarray of shape (n_columns,) or (n_columns, n_outputs)
        The contributions.
    """
    n, n_columns = ranks.shape
    n_batches = math.ceil(2 * n * (n_columns + 1) / _ROWS)
    steps = []
    for batch in np.array_split(np.arange(n), min(n, n_batches)):
        rank = ranks[batch]
        changed = rank[:, None] < np.arange(n_columns + 1)[:, None]  # after 0, 1, ... steps
        both = np.stack([changed, ~changed])  # what is changed last is changed first
        sources = np.broadcast_to(batch[:, None], both.shape[:-1]).ravel()
        mixed = _mixed(row, background[sources], places, both.reshape(-1, n_columns))
        predicted = predict(mixed)
        first, second = predicted.reshape(*both.shape[:-1], *predicted.shape[1:])
        added = np.diff(first - second, axis=1) / 2
        order = rank.reshape(*rank.shape, *[1] * (added.ndim - 2))
        steps.append(np.take_along_axis(added, order, axis=1))
    return np.concatenate(steps).mean(axis=0)


def _mixed(
    row: EncodedTable, table: EncodedTable, places: Sequence[Place], changed: NDArray[np.bool_]
) -> EncodedTable:
    """Return a table with the values of one row in the columns of each row that are changed."""
    columns = np.arange(len(places))
    numbers, codes, terms = (
        np.repeat(columns, [*map(len, parts)]) for parts in zip(*places, strict=True)
    )
    return replace(
        table,
        numbers=np.where(changed[:, numbers], row.numbers, table.numbers),
        codes=np.where(changed[:, codes], row.codes, table.codes),
        terms=tuple(
            vstack([own, others], format="csr")[np.where(is_own, 0, np.arange(len(table)) + 1)]
            for own, others, is_own in zip(row.terms, table.terms, changed[:, terms].T, strict=True)
        ),
    )
