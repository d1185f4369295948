"""The tasks of a search, which get what is fitted for them.

A search of scikit-learn gives each task a callback context, which propagates to the estimator of
the task when this is fitted. A `TaskContext` then also gives it what is fitted already.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from scratchmlp.model_selection.stacked_fits import Fitted, StackedFits, Task


class LazyFits:
    """Fit what tasks need when the first of them needs it.

    Parameters
    ----------
    fits : StackedFits
        What fits.
    tasks : sequence of Task
        All tasks, in the order in which they are needed.

    Attributes
    ----------
    seconds : list of float or None
        Seconds of training of each task. None if its network must be fitted alone.
    """

    def __init__(self, fits: StackedFits, tasks: Sequence[Task]) -> None:
        self.fits = fits
        self.tasks = tasks
        self.seconds: list[float | None] = []
        self._fitted: dict[int, Fitted | None] = {}

    def take(self, number: int) -> Fitted | None:
        """Return what is fitted for a task. It will not be needed again."""
        if number not in self._fitted:
            fitted = self.fits.fit(self.tasks[number : number + self.fits.n_at_once])
            self.seconds += [each and each.seconds for each in fitted]
            self._fitted = dict(enumerate(fitted, number))
        return self._fitted.pop(number)

    def only(self, number: int) -> "LazyFits":
        """Return what fits this task: with it, those that follow."""
        return self


class KnownFits:
    """What is fitted already. Each task is sent to another process with its own only."""

    def __init__(self, fitted: dict[int, Fitted | None]) -> None:
        self.fitted = fitted
        self.seconds = [each and each.seconds for each in fitted.values()]

    def take(self, number: int) -> Fitted | None:
        """Return what is fitted for a task."""
        return self.fitted[number]

    def only(self, number: int) -> "KnownFits":
        """Return what is fitted for this task."""
        return KnownFits({number: self.fitted[number]})


class SearchContext:
    """The callback context of a search, whose tasks get what is fitted for them.

    Parameters
    ----------
    context : CallbackContext
        The context that it stands for.
    fits : LazyFits or KnownFits
        What is fitted.
    """

    def __init__(self, context: Any, fits: LazyFits | KnownFits) -> None:
        self.context = context
        self.fits = fits

    def subcontext(self, *, task_id: int, **arguments: Any) -> "TaskContext":
        """Return the context of a task."""
        context = self.context.subcontext(task_id=task_id, **arguments)
        return TaskContext(context, self.fits.only(task_id), task_id)


class TaskContext:
    """The callback context of a task.

    Parameters
    ----------
    context : CallbackContext
        The context that it stands for.
    fits : LazyFits or KnownFits
        What is fitted.
    number : int
        Number of the task.
    """

    def __init__(self, context: Any, fits: LazyFits | KnownFits, number: int) -> None:
        self.call_on_fit_task_begin = context.call_on_fit_task_begin
        self.call_on_fit_task_end = context.call_on_fit_task_end
        self.context = context
        self.fits = fits
        self.number = number

    @contextmanager
    def propagate_callback_context(self, estimator: Any) -> Iterator[None]:
        """Let the estimator take over what is fitted for it, when it is fitted in the block."""
        fitted = self.fits.take(self.number)
        with (
            self.context.propagate_callback_context(estimator),
            fitted.given_to(estimator) if fitted else nullcontext(),
        ):
            yield
