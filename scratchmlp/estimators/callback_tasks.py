"""Report fits and epochs to scikit-learn's callbacks, as tasks and subtasks.

`sklearn.callback` describes the protocol. A callback may ask for a fitted estimator, which predicts
as if training had stopped after this epoch. The estimator is made only if a callback asks for it.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias

from sklearn.callback import with_callbacks

from scratchmlp.monitor import Monitor, Observer
from scratchmlp.run import Run
from scratchmlp.utils.atomic_fit import all_at_once

Reconstruct: TypeAlias = Callable[[Any, Run, Monitor], dict[str, Any]]

#: Attributes that an estimator with callbacks has until these are torn down.
_DURING_FIT = {"_callback_fit_ctx", "_skl_callbacks_to_teardown"}


class CallbackTasks(Observer):
    """A task with a subtask for each epoch.

    The task is a fit, or the training of one member of an ensemble. In the fit of an ensemble, the
    members are subtasks, and the epochs are subtasks of these.

    Parameters
    ----------
    context : CallbackContext
        Context of the task.
    given : dict
        Arguments of the callbacks, the same for each task: "estimator", "X", "y" and "metadata".
    reconstruct : callable or None, default=None
        Maps the estimator, a run and its monitor to the attributes that result from training. None
        if callbacks cannot get a fitted estimator: an ensemble has none until all its members are
        trained.

    Attributes
    ----------
    fitted : estimator
        The copy of the estimator that `fit` works on, once there is one: see
        `scratchmlp.utils.atomic_fit`. Callbacks know the fit by the estimator itself.
    """

    def __init__(
        self, context: Any, given: dict[str, Any], reconstruct: Reconstruct | None = None
    ) -> None:
        self.context = context
        self.given = given
        self.reconstruct = reconstruct
        self.fitted = given["estimator"]
        self._epoch: Any = None

    def begin(self) -> None:
        """Begin the task."""
        self.context.call_on_fit_task_begin(**self.given)

    def subtask(self, n_epochs: int) -> "CallbackTasks":
        """Make a subtask: the training of a member of an ensemble.

        Parameters
        ----------
        n_epochs : int
            Maximum number of epochs of the member.

        Returns
        -------
        CallbackTasks
            The subtask. It has not begun yet.
        """
        context = self.context.subcontext(task_name="member", max_subtasks=n_epochs)
        return CallbackTasks(context, self.given)

    def epoch_begin(self) -> None:
        """Begin the task of an epoch."""
        self._epoch = self.context.subcontext(task_name="epoch")
        self._epoch.call_on_fit_task_begin(**self.given)

    def epoch_end(self, run: Run, monitor: Monitor) -> str:
        """End the task of an epoch.

        Parameters
        ----------
        run : Run
            The state of training.
        monitor : Monitor
            The monitor of this training.

        Returns
        -------
        str
            The reason to stop, or an empty string if no callback asks to stop. A callback can set
            the reason as `stop_reason` on the context of the task. Otherwise it is a default text.
        """
        more, reconstruct, fitted = {}, self.reconstruct, self.fitted
        if reconstruct:
            more["reconstruction_attributes"] = lambda: (
                vars(fitted) | reconstruct(fitted, run.copy(), monitor)
            )
        if not self._epoch.call_on_fit_task_end(**self.given, **more):
            return ""
        return getattr(self._epoch, "stop_reason", f"a callback asked to stop at epoch {run.epoch}")

    def end(self, *, fitted: bool = False) -> None:
        """End the task. Call this only if the task has completed, not after an interruption.

        Parameters
        ----------
        fitted : bool, default=False
            Whether the estimator is fitted. If True, callbacks can get a copy of it.
        """
        attributes = vars(self.fitted) if fitted else None
        self.context.call_on_fit_task_end(**self.given, reconstruction_attributes=attributes)

    def tear_down(self, before: Mapping[str, Any]) -> None:
        """Tear down the callbacks of a fit that has succeeded.

        scikit-learn would do so after `fit`, where an error could not be undone.

        Parameters
        ----------
        before : dict
            Attributes that the estimator gets back if a callback raises an error.
        """
        estimator = self.given["estimator"]
        try:
            _tear_down(estimator)
        except Exception:
            estimator.__dict__ = {k: v for k, v in before.items() if k not in _DURING_FIT}
            raise


@with_callbacks
def _tear_down(estimator: Any) -> None:
    """Do nothing: the decorator tears down the callbacks of the estimator."""


@contextmanager
def fitting(
    estimator: Any,
    given: tuple[Any, Any, Any] | None,
    max_subtasks: int | None = None,
    reconstruct: Reconstruct | None = None,
) -> Iterator[tuple[Any, CallbackTasks | None]]:
    """Yield a copy of an estimator to fit, and the task of the fit, which the block ends.

    If the block succeeds, the estimator gets the attributes of the copy, all at once. If it raises,
    the estimator stays as it was.

    Parameters
    ----------
    estimator : estimator
        The estimator that is fitted.
    given : tuple of X, y and sample_weight, or None
        What the user passed to `fit`. None calls no callbacks.
    max_subtasks : int or None, default=None
        Maximum number of subtasks of the fit. None if it is not known.
    reconstruct : callable or None, default=None
        See `CallbackTasks`.

    Yields
    ------
    fitted : estimator
        The copy.
    tasks : CallbackTasks or None
        The task. None if no callbacks are called.
    """
    tasks = None
    if given is not None and getattr(estimator, "_skl_callbacks", None):
        # After a failed fit, scikit-learn tears down the callbacks, with attributes of the
        # estimator that this sets. So it comes before the block, which sets none on failure.
        X, y, sample_weight = given
        metadata = {} if sample_weight is None else {"sample_weight": sample_weight}
        arguments = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
        context = estimator._init_callback_context(max_subtasks=max_subtasks)
        tasks = CallbackTasks(context, arguments, reconstruct)
        tasks.begin()
    before = vars(estimator)
    with all_at_once(estimator) as fitted:
        if tasks:
            tasks.fitted = fitted
        yield fitted, tasks
    if tasks:
        tasks.tear_down(before)
