"""Where members are trained: in processes of this machine, or on a cluster."""

from collections.abc import Iterable
from typing import Protocol

from joblib import effective_n_jobs
from sklearn.utils.parallel import Parallel, delayed

from scratchmlp.batches import Data
from scratchmlp.tabular.folds import Rows
from scratchmlp.tabular.networks.fold_evaluator import Candidate
from scratchmlp.tabular.networks.member import (
    FinishedMember,
    MemberHistory,
    MemberPlan,
    finish_member,
    train_member,
)
from scratchmlp.tabular.networks.recipe import Recipe


class Executor(Protocol):
    """Trains the members of an ensemble, several at the same time.

    The members are the same, bit for bit, for any number at the same time.

    Attributes
    ----------
    n_at_once : int
        Number of members that can be trained at the same time.
    """

    n_at_once: int

    def train(self, recipe: Recipe, data: Data, plans: Iterable[MemberPlan]) -> list[MemberHistory]:
        """Train members, and wait for them: see `train_member`."""

    def finish(
        self, data: Data, chosen: list[Candidate], epochs: list[list[int]], held_out: list[Rows]
    ) -> list[FinishedMember]:
        """Keep an epoch of all members trained so far: see `finish_member`."""


class LocalExecutor:
    """Trains members in processes of this machine.

    Parameters
    ----------
    n_jobs : int or None
        Number of processes: see `joblib.Parallel`.
    """

    def __init__(self, n_jobs: int | None) -> None:
        self.n_jobs = n_jobs
        self.n_at_once = int(effective_n_jobs(n_jobs))
        self.histories: list[MemberHistory] = []

    def train(self, recipe: Recipe, data: Data, plans: Iterable[MemberPlan]) -> list[MemberHistory]:
        """Train members: see `train_member`."""
        histories = Parallel(n_jobs=self.n_jobs, batch_size=1)(
            delayed(train_member)(recipe, data, plan) for plan in list(plans)
        )
        self.histories += histories
        return histories

    def finish(
        self, data: Data, chosen: list[Candidate], epochs: list[list[int]], held_out: list[Rows]
    ) -> list[FinishedMember]:
        """Keep an epoch of each member, and evaluate it on its fold: see `finish_member`."""
        kept = zip(self.histories, chosen, epochs, held_out, strict=True)
        return [
            finish_member(history, candidate.epoch, of_fold, data.X[rows])
            for history, candidate, of_fold, rows in kept
        ]
