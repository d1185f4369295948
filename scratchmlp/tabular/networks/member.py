"""One member of an ensemble: a network that is trained without its fold and evaluated on it."""

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scratchmlp.arrays import FloatArray
from scratchmlp.batches import Data
from scratchmlp.estimators.callback_tasks import CallbackTasks
from scratchmlp.monitor import Monitor, Observer
from scratchmlp.network import Network
from scratchmlp.objective import Objective
from scratchmlp.prediction import raw_scores
from scratchmlp.run import Run
from scratchmlp.tabular.columns.encoded_table import EncodedTable
from scratchmlp.tabular.inputs.inputs import Inputs, InputsPlan, training_inputs
from scratchmlp.tabular.networks.deadline import NO_LIMIT, Deadline, TimedSchedule
from scratchmlp.tabular.networks.fold_evaluator import Candidate, FoldEvaluator
from scratchmlp.tabular.networks.recipe import Recipe, enough_epochs
from scratchmlp.tabular.networks.tangent import Reparametrized, TangentParametrization
from scratchmlp.training import train
from scratchmlp.utils.threads import threads

#: Columns of `history_` besides the member and the epoch.
HISTORY_COLUMNS = ("loss", "validation_loss", "learning_rate", "seconds")
_FEW_ROWS = 64  # for which the time of float64 does not matter
#: Fewest steps that show which epoch is best: of few rows, first epochs have one step each.
_FEWEST_STEPS = 64
#: Rows times inputs up to which an array is fastest. Of more, a few rows at a time are faster,
#: unless there are sparse terms, of which it takes time to select rows.
_FEW_INPUTS = 2**20


class MemberPlan(NamedTuple):
    """What distinguishes the training of one member from that of the others.

    Attributes
    ----------
    number : int
        Number of the member.
    training : ndarray of int
        Row numbers for training.
    held_out : ndarray of int
        Row numbers of the fold.
    inputs : InputsPlan
        How to fit the inputs to the training rows.
    seed : int
        Random state of the weights and the order of rows.
    deadline : Deadline
        Time by which the member must be trained, or `NO_LIMIT`.
    tasks : CallbackTasks or None
        Task that tells callbacks of the training. None if the ensemble has no callbacks.
    """

    number: int
    training: NDArray[np.intp]
    held_out: NDArray[np.intp]
    inputs: InputsPlan
    seed: int
    deadline: Deadline
    tasks: CallbackTasks | None


class MemberHistory(NamedTuple):
    """What the training of a member returns.

    Attributes
    ----------
    losses : list of float
        Loss on the fold of the member after each epoch.
    raw : dict of int to ndarray of shape (n_held_out, n_outputs)
        Raw scores of the fold after each epoch, or only every second, fourth, ... epoch.
    candidates : list of Candidate
        The epochs with the lowest losses on the fold, and their averaged parameters.
    network : Network
        The network of the member.
    inputs : Inputs
        How the member computes its inputs.
    stop_reason : str
        Why training ended.
    epochs : dict of str to list of float
        Loss, loss on the fold, learning rate and seconds of each epoch.
    """

    losses: list[float]
    raw: dict[int, FloatArray]
    candidates: list[Candidate]
    network: Network
    inputs: Inputs
    stop_reason: str
    epochs: dict[str, list[float]]


class Member(NamedTuple):
    """A trained network of an ensemble: an entry of `members_`.

    Attributes
    ----------
    network : Network
        Layer sizes and activations. ``network.layers(theta)`` returns the weights and biases.
    theta : ndarray of shape (n_parameters,), float32
        Parameters of the network.
    inputs : Inputs
        How the member computes its inputs from the encoded table: additional encodings that were
        fitted to its training rows.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from scratchmlp.tabular import TabularMLPClassifier
    >>> X, y = load_wine(return_X_y=True, as_frame=True)
    >>> classifier = TabularMLPClassifier(cv=4, max_iter=4, random_state=0).fit(X, y)
    >>> member = classifier.members_[0]
    >>> member.network.sizes[1:], member.theta.dtype
    ((128, 128, 3), dtype('float32'))
    >>> member.network.layers(member.theta)[-1].weight.shape
    (128, 3)
    """

    network: Network
    theta: FloatArray
    inputs: Inputs

    @np.errstate(invalid="ignore")  # BLAS may report what it finds in memory that it overwrites
    def scores(self, table: EncodedTable) -> FloatArray:
        """Compute the raw scores of the rows of an encoded table.

        Few rows are computed in float64. In float32, the last digits of a row would depend on the
        rows before it, which BLAS computes in blocks.
        """
        if len(table) < _FEW_ROWS:
            inputs = self.inputs.array(table).astype(np.float64)
            return raw_scores(self.network, self.theta.astype(np.float64), inputs)
        most = None if table.terms else _FEW_INPUTS
        X: Any = self.inputs.array_or_rows(table, self.network.sizes[0], most=most)
        return raw_scores(self.network, self.theta, X)


class FinishedMember(NamedTuple):
    """A member whose epoch has been chosen, and what it says about its fold.

    Attributes
    ----------
    member : Member
        The member.
    kept : ndarray of shape (n_held_out, n_outputs)
        Its raw scores of its own fold.
    out_of_fold : ndarray of shape (n_held_out, n_outputs)
        Its raw scores of its own fold in epochs that were chosen without the fold.
    """

    member: Member
    kept: FloatArray
    out_of_fold: FloatArray


def finish_member(
    history: MemberHistory, epoch: int, out_of_fold_epochs: list[int], fold: EncodedTable
) -> FinishedMember:
    """Keep one of the candidates of a member, and evaluate it on the member's fold.

    The averaged parameters of a candidate are evaluated here for the first time.

    Parameters
    ----------
    history : MemberHistory
        What the training of the member returned.
    epoch : int
        The epoch to keep, which is that of a candidate.
    out_of_fold_epochs : list of int
        Epochs over which the out-of-fold scores are averaged.
    fold : EncodedTable
        The rows of the fold.

    Returns
    -------
    FinishedMember
        The member, and its raw scores of the fold.
    """
    [theta] = (each.theta for each in history.candidates if each.epoch == epoch)
    member = Member(history.network, theta, history.inputs)
    raw = [history.raw[each] for each in out_of_fold_epochs]
    return FinishedMember(member, member.scores(fold.held_out()), np.mean(raw, axis=0))


class LastEpoch(Observer):
    """Ends training early.

    Parameters
    ----------
    epoch : int or None
        The epoch after which training ends, counted from 1. None means that the best epoch so far
        decides: see `enough_epochs`.
    least : float
        Fewest epochs that may show this.
    """

    def __init__(self, epoch: int | None, least: float) -> None:
        self.epoch, self.least = epoch, least

    def epoch_end(self, run: Run, monitor: Monitor) -> str:
        """Ask to stop, unless all planned epochs are over anyway."""
        enough = self.epoch or max(self.least, enough_epochs(run.best_epoch, int(run.n_epochs)))
        if not enough <= run.epoch < run.n_epochs:
            return ""
        shows = (
            "the first members show" if self.epoch else f"the best epoch, {run.best_epoch}, shows"
        )
        return f"{shows} that {run.epoch} epochs are enough"


def train_member(
    recipe: Recipe, data: Data, plan: MemberPlan, watchers: Sequence[Observer] = ()
) -> MemberHistory:
    """Train the network of a member, and evaluate it on the member's fold after each epoch.

    Training changes a vector phi, and `TangentParametrization` maps phi to the parameters of the
    network. The strength of the L2 penalty is 0.0, because the optimizer uses weight decay instead.

    The `FoldEvaluator` is the function `validate` of the monitor. The monitor calls it after each
    epoch, and it keeps the losses, the raw scores and the best epochs. The monitor stops training
    if it diverges or if an observer asks to: `LastEpoch`, or the clock.

    The `TimedSchedule`, named `clock`, is both the learning-rate schedule and an observer of the
    monitor. As an observer, it asks to stop at the deadline.

    Parameters
    ----------
    recipe : Recipe
        How to train: the same for all members.
    data : Data
        All rows; X is an `EncodedTable`. `plan` selects the rows for training and those of the
        fold.
    plan : MemberPlan
        What distinguishes this member from the others.
    watchers : sequence of Observer, default=()
        Further observers of the monitor.

    Returns
    -------
    MemberHistory
        Losses and raw scores of the fold, and the best epochs.
    """
    clock = TimedSchedule(recipe.schedule, plan.deadline, recipe.last_epoch or np.inf)
    if plan.tasks:
        plan.tasks.begin()
    with threads(0):  # one BLAS thread: other members may train at the same time
        training, held_out = data.rows(plan.training), data.rows(plan.held_out)
        inputs, supervised = plan.inputs.fit(training)
        X, hiding = training_inputs(inputs, training.X, supervised, plan.seed)
        training = training._replace(X=X)
        table = held_out.X.held_out()
        held_out = held_out._replace(X=inputs.array_or_rows(table, X.shape[1]))
        network = recipe.network(plan.number, training.X.shape[1], training.n_targets)
        parametrization = TangentParametrization(network)
        objective = Reparametrized(
            Objective(network, recipe.loss, 0.0, training.mean_weight), parametrization
        )
        evaluator = FoldEvaluator(
            parametrization, recipe.evaluation_loss, held_out, recipe.averaging_radius
        )
        random_state = np.random.RandomState(plan.seed)
        run = Run(parametrization.initial(random_state), random_state, n_epochs=recipe.n_epochs)
        solver = recipe.solver(clock, len(training.X))
        n_steps = len(training.X) // solver.batch_size  # of an epoch
        last = LastEpoch(recipe.last_epoch, _FEWEST_STEPS / n_steps)
        observers: list[Observer] = [*watchers, *hiding, clock, last]
        observers = [plan.tasks, *observers] if plan.tasks else observers
        monitor = Monitor(
            tol=0.0,
            n_iter_no_change=np.inf,
            validate=evaluator,
            early_stopping=True,
            metric="loss",
            observers=observers,
        )
        if plan.deadline != NO_LIMIT:
            clock.start(_epoch_seconds(objective, run.theta, training, solver.batch_size))
        if train(objective, solver, monitor, run, training):
            raise KeyboardInterrupt  # ends the fit of the ensemble
    if plan.tasks:
        plan.tasks.end()
    kept = evaluator.losses, evaluator.raw, evaluator.candidates()
    return MemberHistory(*kept, network, inputs, monitor.stop_reason, run.history)


def joined_history(histories: list[MemberHistory]) -> dict[str, NDArray[Any]]:
    """Return what training recorded as one table, with a row for each member and epoch.

    Parameters
    ----------
    histories : list of MemberHistory
        What the training of each member returned.

    Returns
    -------
    dict of str to ndarray
        The columns of the table: the attribute `history_` of the estimators.
    """
    lengths = [len(history.epochs["loss"]) for history in histories]
    joined: dict[str, NDArray[Any]] = {
        "member": np.repeat(np.arange(len(lengths), dtype=np.int32), lengths),
        "epoch": np.concatenate([np.arange(1, n + 1, dtype=np.int32) for n in lengths]),
    }
    for name in HISTORY_COLUMNS:
        columns = [history.epochs[name] for history in histories]
        joined[name] = np.concatenate(columns).astype(np.float32)
    return joined


@np.errstate(over="ignore", invalid="ignore")  # training reports divergence
def _epoch_seconds(
    objective: Reparametrized, phi: FloatArray, data: Data, batch_size: int
) -> float:
    """Estimate the seconds of an epoch from the time that the gradient of one batch takes.

    The estimate is a little low: it leaves out the optimizer's steps and the evaluation.
    """
    evaluate, batch = objective.at(phi), data.rows(slice(0, batch_size)).as_batch()
    evaluate(*batch)  # also allocates the arrays, so it is not timed
    start = time.perf_counter()
    evaluate(*batch)
    return (time.perf_counter() - start) * len(data.X) / batch_size
