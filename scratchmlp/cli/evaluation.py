"""How models are compared: metrics, and folds of any rows, of whole groups or in time order."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.model_selection import TimeSeriesSplit
from sklearn.utils.validation import has_fit_parameter

from scratchmlp.cli.messages import InputError, count, quoted
from scratchmlp.evaluation.metrics import Metric, MetricError, default_metrics, find_metric
from scratchmlp.tabular.folds import Rows, shuffled_splits, what_is_scored
from scratchmlp.tabular.misleading.alike_candidates import FEWEST_TIMES
from scratchmlp.tabular.scoring import MOST_PROBABLE, Decision

SHOWN = 4  # metrics, so that a line of the table has less than 100 characters
N_FOLDS = 3  # of a comparison by default
MIN_GROUPS = 3  # so that two are left to train on, one for each fold of an ensemble
FEWEST = 3  # times to train on, one for each fold of an ensemble, and rows to evaluate on
#: Members of an ensemble on rows in the order of time, and the share that each holds out.
MEMBERS, HELD_OUT = 8, 40

Split = tuple[Rows, Rows]


class Folds(NamedTuple):
    """Splits of the rows, the same for every model.

    Attributes
    ----------
    splits : list of tuple of two ndarrays
        Row numbers to train on and row numbers to evaluate on.
    description : str
        The splits in words, and for which rows the scores hold.
    left_out : list of str
        A sentence about rows that no model is evaluated on, if there are any.
    groups : ndarray of shape (n_samples,) or None
        Number of the group of each row. The folds of an ensemble consist of whole groups too.
    times : ndarray of shape (n_samples,) or None
        Number of the time of each row, if the rows are in the order of time. An ensemble then uses
        its rows in this order.
    """

    splits: list[Split]
    description: str
    left_out: list[str]
    groups: NDArray[np.intp] | None
    times: NDArray[np.intp] | None

    def for_rows(self, model: Any, rows: Rows) -> tuple[Any, dict[str, Any]]:
        """Clone a model for some rows, and return what its `fit` needs beside table and target.

        Parameters
        ----------
        model : estimator
            Model. An ensemble is the one that takes groups.
        rows : ndarray of int
            Row numbers, in ascending order if the rows are in the order of time.

        Returns
        -------
        model : estimator
            The clone. The members of an ensemble hold out parts of the last fifth in the order of
            time.
        arguments : dict
            Keyword arguments of `fit`.
        """
        model = clone(model)
        if not has_fit_parameter(model, "groups"):
            return model, {}
        if self.times is not None:
            model.set_params(cv=members_by_time(self.times[rows]))
        return model, {} if self.groups is None else {"groups": self.groups[rows]}


class Evaluation(NamedTuple):
    """How models are compared.

    Attributes
    ----------
    folds : Folds
        Folds that every model is evaluated on.
    metrics : list of Metric
        Metrics, in the order in which they are printed.
    decisive : Metric
        The metric that decides which model is the best.
    entities : sequence of str, default=()
        Columns that name what rows belong to, such as persons. Ensembles hide them in training.
    decision : Decision, optional
        How classes follow from probabilities. By default, the most probable one is predicted.
    """

    folds: Folds
    metrics: list[Metric]
    decisive: Metric
    entities: Sequence[str] = ()
    decision: Decision = MOST_PROBABLE


def make_evaluation(
    y: NDArray[Any],
    is_class: bool,
    *,
    metric: str | None = None,
    decision: Decision = MOST_PROBABLE,
    **splits: Any,
) -> Evaluation:
    """Choose folds and metrics.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Target.
    is_class : bool
        Whether the target holds classes.
    metric : str or None, default=None
        Name of the first and decisive metric: see `find_metric`. None lets log-loss or RMSE decide.
    decision : Decision, optional
        How classes follow from probabilities. By default, the most probable one is predicted.
    **splits : object
        How to split the rows: see `make_folds`.

    Returns
    -------
    Evaluation
        Folds and metrics.
    """
    metrics = default_metrics(np.unique(y, return_counts=True)[1] if is_class else None)
    decisive = next(each for each in metrics if each.is_loss)
    if metric is not None:
        try:
            decisive = find_metric(metric, y, is_class)
        except MetricError as error:
            raise InputError(f"--metric {error}") from error
        metrics = [decisive, *(each for each in metrics if each.name != decisive.name)][:SHOWN]
    return Evaluation(make_folds(y, is_class, **splits), metrics, decisive, decision=decision)


def members_by_time(times: NDArray[np.intp]) -> TimeSeriesSplit | list[Split]:
    """Return the splits of the members of an ensemble on rows in the order of time.

    Rows of the same time are not separated. If the last fifth of the times is less than one for
    each member, several members have the same split.
    """
    _, times = np.unique(times, return_inverse=True)
    n_times = int(times.max()) + 1
    n_splits = min(MEMBERS, max(2, n_times * MEMBERS // HELD_OUT))
    splitter = TimeSeriesSplit(n_splits, test_size=max(1, n_times // HELD_OUT))
    if n_splits == MEMBERS and n_times == len(times):
        return splitter
    splits = _whole_times(times, splitter)
    return [splits[i % n_splits] for i in range(MEMBERS)]


def make_folds(
    y: NDArray[Any],
    is_class: bool,
    *,
    n_splits: int = N_FOLDS,
    seed: int = 0,
    groups: NDArray[np.intp] | None = None,
    times: NDArray[np.intp] | None = None,
) -> Folds:
    """Split the rows for a comparison.

    There are fewer folds if there are too few rows, rows of a class, groups or times.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Target.
    is_class : bool
        Whether the target holds classes.
    n_splits : int, default=3
        Number of folds.
    seed : int, default=0
        Random state of the folds.
    groups : ndarray of shape (n_samples,) or None, default=None
        Numbers of the groups, of which all rows are in one fold.
    times : ndarray of shape (n_samples,) or None, default=None
        Numbers of the times, in ascending order. Later rows are predicted from earlier ones, and
        rows of the same time are not separated.

    Returns
    -------
    Folds
        The splits.

    Raises
    ------
    InputError
        If there are too few groups or times, or every split trains on a single class.
    """
    kind = "stratified folds" if is_class else "folds"
    if times is not None:
        splits, kind = _by_time(times, n_splits), "splits by time"
    else:
        if groups is not None:
            _check_groups(groups)
            kind = "folds of whole groups"
        Y = y[:, None]
        if is_class:
            _, Y, counts = np.unique(y, return_inverse=True, return_counts=True)
            n_splits = max(2, min(n_splits, counts.min()))
        splits = shuffled_splits(n_splits, 1, Y, groups, np.random.RandomState(seed))
    splits, left_out = _without_unseen_classes(splits, y) if is_class else (splits, [])
    scored = what_is_scored(splits, groups) if times is None else "later rows"
    description = f"{len(splits)} {kind}, for {scored}"
    return Folds(splits, description, left_out, groups, times)


def _check_groups(groups: NDArray[np.intp]) -> None:
    """Check that there are enough groups."""
    n_groups = len(np.unique(groups))
    if n_groups < MIN_GROUPS:
        raise InputError(
            f"the column of --groups has {count(n_groups, 'different value')} in the rows that can "
            f"be used, but at least {MIN_GROUPS} groups are needed. Choose another column, or "
            "remove --groups."
        )


def _by_time(times: NDArray[np.intp], n_splits: int) -> list[Split]:
    """Split the rows so that training rows are earlier than the others."""
    n_times = int(times.max()) + 1
    if n_times < FEWEST_TIMES:
        raise InputError(
            f"the column of --time has {count(n_times, 'different value')} in the rows that can be "
            f"used, but at least {FEWEST_TIMES} are needed. Choose another column, or remove "
            "--time."
        )
    splits: list[Split] = []
    for n in range(min(n_splits, n_times - 1), 1, -1):  # n splits take n + 1 times
        splits = _whole_times(times, TimeSeriesSplit(n))
        n_first = len(np.unique(times[splits[0][0]]))
        if min(n_first, *(len(held_out) for _, held_out in splits)) >= FEWEST:
            break
    return splits


def _whole_times(times: NDArray[np.intp], splitter: TimeSeriesSplit) -> list[Split]:
    """Split rows so that none of the same time are separated."""
    parts = splitter.split(np.arange(int(times.max()) + 1))
    return [
        (np.flatnonzero(np.isin(times, earlier)), np.flatnonzero(np.isin(times, later)))
        for earlier, later in parts
    ]


def _without_unseen_classes(splits: list[Split], y: NDArray[Any]) -> tuple[list[Split], list[str]]:
    """Leave out held-out rows of classes without a training row, which no model can predict.

    Splits that train on a single class are left out as a whole.
    """
    kept: list[Split] = []
    unseen: list[Any] = []
    for training, held_out in splits:
        known = np.isin(y[held_out], y[training])
        unseen.extend(y[held_out][~known])
        if known.any() and len(np.unique(y[training])) > 1:
            kept.append((training, held_out[known]))
    if not kept:
        raise InputError(
            "models need rows of two classes to train on, but with these groups or times every "
            "split has training rows of a single class. Choose another column, or remove it."
        )
    notes = []
    if unseen:
        classes = quoted(np.unique(unseen))
        notes.append(
            f"models are not evaluated on {count(len(unseen), 'row')} of classes without a row to "
            f"train on in the same split: {classes}"
        )
    if dropped := len(splits) - len(kept):
        what = "without rows of two classes to train on, and others of them to evaluate on"
        notes.append(f"left out {count(dropped, 'split')} {what}")
    return kept, notes
