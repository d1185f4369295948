"""Networks for a raw table on a cluster: how the table is prepared, and where members are trained.

The fit is that of `scratchmlp.tabular.networks.fit.fit_networks`. Only what touches rows of the
table is done by workers: encoding them, and training and evaluating members.
"""

import logging
import math
import time

import numpy as np
from distributed import Client
from sklearn.base import _fit_context

from scratchmlp.dask.collections import Given
from scratchmlp.dask.rounds import Rounds, find_client
from scratchmlp.dask.tables.members import ClusterExecutor, most_rows, shared
from scratchmlp.dask.tables.table import encode_all, read_all
from scratchmlp.tabular.fitted_table import set_fitted
from scratchmlp.tabular.folds import check_splits
from scratchmlp.tabular.networks.fit import fit_networks
from scratchmlp.tabular.networks.mlp import BaseTabularMLP
from scratchmlp.tabular.preparation import problem_of
from scratchmlp.tabular.problem import TrainingProblem
from scratchmlp.utils.atomic_fit import all_at_once

_LOGGER = logging.getLogger(__name__)


@_fit_context(prefer_skip_nested_validation=True)
def fit_table(
    estimator: BaseTabularMLP,
    given: Given,
    rows_per_member: int | str,
    client: Client | None,
    timeout: float,
) -> None:
    """Fit an estimator for raw tables: see `scratchmlp.dask.fit`.

    `given` are X, y, the weights and the groups.
    """
    with Rounds(find_client(client), timeout) as rounds, all_at_once(estimator) as fitted:
        started = time.time()
        problem, executor = prepare(fitted, rounds, given, rows_per_member)
        set_fitted(fitted, fit_networks(fitted, problem._replace(started=started), executor))


def prepare(
    estimator: BaseTabularMLP, rounds: Rounds, given: Given, rows_per_member: int | str
) -> tuple[TrainingProblem, ClusterExecutor]:
    """Prepare a fit: read and encode the table on the cluster, and choose the rows of each member.

    This sets the attribute `rows_per_member_`. Return also what trains the members.
    """
    table, others = read_all(rounds, given)
    weight, groups = others.get("sample_weight"), others.get("groups")
    problem = problem_of(estimator, table, others["y"], weight, groups, encode_all)
    data, workers = problem.data, _workers(rounds)
    n_training = estimator.rows_per_member_ = most_rows(
        rows_per_member, problem.splits, workers, data.X.n_bytes, len(data.X)
    )
    _LOGGER.info("Each member trains on %s rows.", n_training)
    if not isinstance(n_training, str):
        problem = _with_shares(problem, n_training)
    n_at_once = max(1, sum(n_threads for _, n_threads in workers))
    return problem, ClusterExecutor(rounds, n_at_once, whole=n_training == "all")


def _with_shares(problem: TrainingProblem, n_training: int) -> TrainingProblem:
    """Draw the rows that each member trains on."""
    splits = shared(problem.splits, problem.seeds.tolist(), n_training)
    weight = problem.data.sample_weight
    check_splits(splits, np.ones(len(problem.data.X)) if weight is None else weight)
    return problem._replace(splits=splits, n_rows=min(problem.n_rows, n_training))


def _workers(rounds: Rounds) -> list[tuple[float, int]]:
    """Return the memory in bytes and the number of threads of each worker."""
    return [
        (float(worker["memory_limit"] or math.inf), worker["nthreads"])
        for worker in rounds.workers()
    ]
