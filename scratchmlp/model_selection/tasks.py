"""The tasks of a search, which get what is fitted for them.

A search of scikit-learn gives each task a callback context, which propagates to the estimator of
the task when this is fitted. A `TaskContext` then also gives it what is fitted already.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeAlias

from scratchmlp.model_selection.stacked_fits import Fitted, StackedFits, Task

#: Gives an estimator what is fitted for it, until a block ends: see `Fitted.given_to`.
Giver: TypeAlias = Callable[[Any], AbstractContextManager[None]]


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
        self._fitted: dict[int, Fitted] = {}

    def given_to(self, number: int, estimator: Any) -> AbstractContextManager[None]:
        """Give an estimator what is fitted for a task. It will not be needed again."""
        if number not in self._fitted:
            fitted = self.fits.fit(self.tasks[number : number + self.fits.n_at_once])
            self.seconds += [each.seconds for each in fitted]
            self._fitted = dict(enumerate(fitted, number))
        return self._fitted.pop(number).given_to(estimator)


class SearchContext:
    """The callback context of a search, whose tasks get what is fitted for them.

    Parameters
    ----------
    context : CallbackContext
        The context that it stands for.
    givers : sequence of callable
        For each task, what gives it what is fitted. Each is sent to another process by itself.
    """

    def __init__(self, context: Any, givers: Sequence[Giver]) -> None:
        self.context = context
        self.givers = givers

    def subcontext(self, *, task_id: int, **arguments: Any) -> "TaskContext":
        """Return the context of a task."""
        context = self.context.subcontext(task_id=task_id, **arguments)
        return TaskContext(context, self.givers[task_id])


class TaskContext:
    """The callback context of a task.

    Parameters
    ----------
    context : CallbackContext
        The context that it stands for.
    giver : callable
        What gives the estimator what is fitted.
    """

    def __init__(self, context: Any, giver: Giver) -> None:
        self.call_on_fit_task_begin = context.call_on_fit_task_begin
        self.call_on_fit_task_end = context.call_on_fit_task_end
        self.context = context
        self.giver = giver

    @contextmanager
    def propagate_callback_context(self, estimator: Any) -> Iterator[None]:
        """Let the estimator take over what is fitted for it, when it is fitted in the block."""
        with self.context.propagate_callback_context(estimator), self.giver(estimator):
            yield
