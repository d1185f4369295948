"""How sure predictions are: by their errors on rows that were held out.

The out-of-fold prediction for a row comes from models that were not trained on it. Its error is
thus like that for a new row, and a quantile of such errors tells how far off new predictions are.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingRegressor

from scratchmlp.arrays import FloatArray
from scratchmlp.tabular.columns.encoded_table import EncodedTable, fill_empty_columns
from scratchmlp.tabular.folds import Rows, effective_number, rows_in
from scratchmlp.utils.threads import one_thread

#: Most rows whose scores are kept. Of more rows, these are drawn at random.
_MOST_SCORES = 10_000
#: Number of folds of the rows if a single fold held out all of them.
_FOLDS = 5


class HeldOutScores(NamedTuple):
    """How wrong out-of-fold predictions are.

    Attributes
    ----------
    scores : ndarray of shape (n_scores, n_outputs)
        The errors of rows, at least 0: 1 minus the probability of the true class, or absolute
        errors divided by expected ones. Those of each output are in ascending order, so that they
        do not tell which row they belong to.
    weight : ndarray of shape (n_scores, n_outputs) or None
        Weights of the rows, in the order of the scores. None means equal weights.
    """

    scores: FloatArray
    weight: FloatArray | None

    @property
    def n_effective(self) -> float:
        """Number of rows of equal weight that would tell as much."""
        if self.weight is None:
            return float(len(self.scores))
        return effective_number(self.weight[:, 0])

    def quantile(self, coverage: Any) -> FloatArray:
        """Return the scores that a share `coverage` of new rows do not exceed.

        A new row counts as one of the rows. Its weight is the mean weight of rows that are drawn
        with probabilities in proportion to their weights: the sum of squared weights, divided by
        the sum of weights. The number of rows is the effective one: the sum of weights, divided by
        the weight of a new row. Both are what they seem to be for equal weights.

        Parameters
        ----------
        coverage : float
            Share, above 0 and below 1.

        Returns
        -------
        ndarray of shape (n_outputs,)
            The quantile of the scores of each output.

        Raises
        ------
        ValueError
            If the coverage is not between 0 and 1, or if it needs more rows, by their effective
            number: the quantile would be infinite.
        """
        if isinstance(coverage, bool) or not isinstance(coverage, float | int | np.number):
            raise TypeError(f"coverage must be a number, such as 0.9; got {coverage!r}.")
        if not 0 < coverage < 1:
            raise ValueError(
                "coverage is the share of targets to cover, so it must be above 0 and below 1; got "
                f"{coverage!r}."
            )
        weight = np.ones(self.scores.shape) if self.weight is None else self.weight
        total, n_effective, needed = weight[:, 0].sum(), self.n_effective, n_needed(float(coverage))
        if n_effective < needed - 1e-6:
            n_scores = len(self.scores)
            worth = "" if self.weight is None else f", which their weights make {n_effective:.4g}"
            raise ValueError(
                f"coverage={coverage} needs out-of-fold predictions of at least {needed} rows, and "
                f"fit had {n_scores}{worth}. Lower coverage, or fit on more rows."
            )
        wanted = coverage * (1 + 1 / n_effective) * total * (1 - 1e-9)
        last = len(weight) - 1
        sums = np.cumsum(weight, axis=0).T
        places = [min(int(np.searchsorted(column, wanted)), last) for column in sums]
        return self.scores[places, np.arange(len(places))]


def n_needed(coverage: float) -> int:
    """Return how many rows with errors a coverage needs."""
    return math.ceil(coverage / (1 - coverage) - 1e-6)  # a quotient may be rounded up


def held_out_scores(scores: FloatArray, weight: FloatArray | None) -> HeldOutScores:
    """Return the scores of each output in ascending order, with their weights.

    Parameters
    ----------
    scores : ndarray of shape (n_scores, n_outputs)
        Scores by row.
    weight : ndarray of shape (n_scores,) or None
        Weights of the rows.

    Returns
    -------
    HeldOutScores
        The sorted scores.
    """
    order = scores.argsort(axis=0)
    in_order = np.take_along_axis(scores, order, axis=0)
    return HeldOutScores(in_order, None if weight is None else weight[order])


def largest_scores(parts: Sequence[HeldOutScores]) -> HeldOutScores:
    """Return, for each output, the scores of the estimator with the largest mean.

    `parts` are the scores of several estimators of an ensemble for the same rows.
    """
    means = [np.average(part.scores, axis=0, weights=part.weight) for part in parts]
    worst = np.argmax(means, axis=0)

    def of_worst(columns: Any) -> FloatArray:
        return np.stack(columns)[worst, :, np.arange(len(worst))].T

    weights = [part.weight for part in parts if part.weight is not None]
    return HeldOutScores(
        of_worst([part.scores for part in parts]), of_worst(weights) if weights else None
    )


def scored_rows(
    held_out: Sequence[Rows], weight: FloatArray | None
) -> tuple[Rows, Rows, FloatArray | None]:
    """Return the rows whose errors tell how sure predictions are.

    Parameters
    ----------
    held_out : sequence of ndarray of int
        Row numbers that each fold held out.
    weight : ndarray of shape (n_samples,) or None
        Weights of all rows; None if all are equal.

    Returns
    -------
    rows : ndarray of int
        Numbers of all rows that were held out, or of a random 10,000 of them, always the same.
    folds : ndarray of int
        For each of these rows, the number of a fold that held it out. If a single one held out all
        of them, they are divided into folds.
    weight : ndarray of float64 or None
        Their weights; None if all are equal.
    """
    rows = rows_in(held_out)
    numbers = np.empty(rows[-1] + 1, np.intp)
    if len(rows) > _MOST_SCORES:
        rows = np.sort(np.random.RandomState(0).choice(rows, _MOST_SCORES, replace=False))
    for fold, held_out_rows in enumerate(held_out):
        numbers[held_out_rows] = fold
    folds = numbers[rows]
    if (folds == folds[0]).all():
        folds = np.arange(len(rows)) % _FOLDS
    return rows, folds, None if weight is None else kept_weight(weight[rows])


def kept_weight(weight: FloatArray) -> FloatArray | None:
    """Return the weights of rows as float64, or None if all are equal."""
    return None if (weight == weight[0]).all() else weight.astype(np.float64)


#: Least expected error, as a share of the mean error. Without it, an interval could be a point.
_FLOOR = 0.1


class Difficulty(NamedTuple):
    """Expected sizes of errors.

    Attributes
    ----------
    model : HistGradientBoostingRegressor or None
        A model of absolute errors, of which each row has one: the mean over the outputs. None means
        that all sizes are equal, because there are too few rows.
    least : float
        Least size, above 0.
    unit : ndarray of shape (n_outputs,)
        What the model and `least` count in: the deviation of each target.
    """

    model: Any
    least: float
    unit: FloatArray

    def predict(self, X: FloatArray) -> FloatArray:
        """Return the expected sizes of shape (n_samples, n_outputs); X is `difficulty_inputs`."""
        if self.model is None:
            return np.tile(self.unit, (len(X), 1))
        return self.unit * np.maximum(self.model.predict(X), self.least)[:, np.newaxis]


def difficulty_inputs(table: EncodedTable, prediction: FloatArray) -> FloatArray:
    """Return what the size of an error is predicted from: numbers, codes, and the prediction.

    Parameters
    ----------
    table : EncodedTable
        The rows.
    prediction : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Predictions for them.

    Returns
    -------
    ndarray of shape (n_samples, n_inputs)
        The inputs.
    """
    return np.hstack([table.numbers_and_codes(), prediction.reshape(len(table), -1)])


class Uncertainty(NamedTuple):
    """How wrong out-of-fold predictions are: what sets and intervals are made from.

    Attributes
    ----------
    scores : HeldOutScores
        Their errors, of numbers in units of the expected ones.
    difficulty : Difficulty or None
        What errors to expect of numbers; None for classes.
    unseen : Uncertainty or None, default=None
        The same for rows of new entities, such as persons, by predictions that did not know which
        entity a row belongs to. None if no column names any.
    """

    scores: HeldOutScores
    difficulty: Difficulty | None
    unseen: "Uncertainty | None" = None

    def reach(self, table: EncodedTable, prediction: FloatArray, coverage: Any) -> FloatArray:
        """Return the largest errors of rows that sets or intervals allow for.

        Parameters
        ----------
        table : EncodedTable
            The rows.
        prediction : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Predictions for them.
        coverage : float
            See `HeldOutScores.quantile`.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs)
            The quantile of the scores, times the expected errors.
        """
        sizes, known = self.of_rows(table, prediction)
        for rows, scores in known:
            sizes[rows] *= scores.quantile(coverage)
        return sizes

    def of_rows(
        self, table: EncodedTable, prediction: FloatArray
    ) -> tuple[FloatArray, list[tuple[Any, HeldOutScores]]]:
        """Return the expected errors of rows, and of which of them which scores tell more."""
        sizes, new = self.expected_errors(table, prediction), table.is_unknown
        if self.unseen is None or not new.any():
            return sizes, [(slice(None), self.scores)]
        sizes[new] = self.unseen.expected_errors(table[new], prediction[new])
        return sizes, [(~new, self.scores), (new, self.unseen.scores)]

    def expected_errors(self, table: EncodedTable, prediction: FloatArray) -> FloatArray:
        """Return the errors to expect, of shape (n_samples, n_outputs); 1 for classes."""
        if self.difficulty is None:
            return np.ones((len(table), 1))
        return self.difficulty.predict(difficulty_inputs(table, prediction))


def largest_errors(whole: Uncertainty, parts: Sequence[Uncertainty]) -> Uncertainty:
    """Return the uncertainty of an ensemble with the errors of its worst part: `largest_scores`."""
    scores, unseen = largest_scores([part.scores for part in parts]), None
    if whole.unseen:
        unseen = largest_errors(whole.unseen, [part.unseen for part in parts if part.unseen])
    return whole._replace(scores=scores, unseen=unseen)


def fit_difficulty(
    X: FloatArray,
    errors: FloatArray,
    unit: FloatArray,
    folds: NDArray[np.intp],
    weight: FloatArray | None,
) -> tuple[Difficulty, FloatArray]:
    """Fit a model of the absolute errors of out-of-fold predictions.

    The model predicts the 0.8-quantile of errors by a few small trees. It decides only how the
    width of intervals is distributed over rows. The quantile of the errors in units of their
    expected sizes decides the coverage. Several outputs share a model of their mean error, so that
    `fit` takes no longer for them.

    Parameters
    ----------
    X : ndarray of shape (n_scores, n_inputs)
        What `difficulty_inputs` returns for rows that were held out.
    errors : ndarray of shape (n_scores, n_outputs)
        Absolute errors of their out-of-fold predictions.
    unit : ndarray of shape (n_outputs,)
        Deviation of each target, above 0.
    folds : ndarray of shape (n_scores,), int
        Fold of each row.
    weight : ndarray of shape (n_scores,) or None
        Weights of the rows.

    Returns
    -------
    difficulty : Difficulty
        The model, fitted to all rows, for new ones.
    sizes : ndarray of shape (n_scores, n_outputs)
        Expected sizes by models that were fitted without the fold of the row.
    """
    sizes, errors = np.empty(errors.shape), (errors / unit).mean(axis=1)

    def fitted_to(rows: NDArray[np.bool_]) -> Difficulty:
        if not rows.any():
            return Difficulty(None, 1.0, unit)
        kept = None if weight is None else weight[rows]
        model = _model().fit(fill_empty_columns(X[rows], kept), errors[rows], kept)
        least = _FLOOR * float(np.average(errors[rows], weights=kept))
        return Difficulty(model, max(least, 1e-9), unit)

    with one_thread():
        for fold in np.unique(folds):
            others = folds != fold
            sizes[~others] = fitted_to(others).predict(X[~others])
        return fitted_to(np.full(len(errors), len(errors) > 1)), sizes


def out_of_fold_errors(
    difficulty: Difficulty | None,
    table: EncodedTable,
    prediction: FloatArray,
    errors: FloatArray,
    folds: NDArray[np.intp],
    weight: FloatArray | None,
) -> tuple[FloatArray, list[tuple[NDArray[np.bool_], HeldOutScores]]]:
    """Return the expected errors of rows of `fit`, and their scores, without the fold of each row.

    Returns
    -------
    sizes : ndarray of shape (n_samples, n_outputs)
        Expected sizes by models that were fitted without the fold of the row; 1 for classes.
    scores : list of tuple of (ndarray of bool, HeldOutScores)
        The rows of each fold, and the scores of the other folds.
    """
    sizes: FloatArray = np.ones(errors.shape)
    if difficulty is not None:
        X = difficulty_inputs(table, prediction)
        sizes = fit_difficulty(X, errors, difficulty.unit, folds, weight)[1]

    def without(fold: int) -> HeldOutScores:
        others = folds != fold
        kept = None if weight is None else weight[others]
        return held_out_scores(errors[others] / sizes[others], kept)

    return sizes, [(folds == fold, without(fold)) for fold in np.unique(folds)]


def _model() -> HistGradientBoostingRegressor:
    """Return an unfitted model of the size of errors."""
    return HistGradientBoostingRegressor(
        loss="quantile",
        quantile=0.8,
        learning_rate=0.3,
        max_iter=7,
        max_leaf_nodes=8,
        min_samples_leaf=40,
        early_stopping=False,
        random_state=0,
    )
