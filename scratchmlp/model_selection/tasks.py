"""The tasks of a search, whose networks are fitted before scikit-learn fits and scores each task.

A search of scikit-learn gives each task a callback context, which it enters before it fits the
estimator of the task. A `TaskContext` uses this moment: it replaces the method `fit` of this
estimator, so that it takes over the fitted network. All else is left to scikit-learn.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from scratchmlp.model_selection.stacked_fits import Fitted, StackedFits, Task


class LazyFits:
    """Fit the networks of tasks when the first of them is needed.

    Parameters
    ----------
    fits : StackedFits
        What fits them.
    tasks : sequence of Task
        All tasks, in the order in which they are needed.
    """

    def __init__(self, fits: StackedFits, tasks: Sequence[Task]) -> None:
        self.fits = fits
        self.tasks = tasks
        self.seconds: dict[int, float] = {}
        self._fitted: dict[int, Fitted] = {}
        self._n_done = 0

    def take(self, number: int) -> Fitted | None:
        """Return the result of a task, which will not be needed again."""
        while self._n_done <= number:
            start, self._n_done = self._n_done, self._n_done + self.fits.n_at_once
            results = enumerate(self.fits.fit(self.tasks[start : self._n_done]), start)
            new = {task: result for task, result in results if result is not None}
            self._fitted |= new
            self.seconds |= {task: result.seconds for task, result in new.items()}
        return self._fitted.pop(number, None)


class KnownFits:
    """Results that are known already. Each task is sent to another process with its own only."""

    def __init__(self, fitted: Mapping[int, Fitted]) -> None:
        self.fitted = fitted
        self.seconds = {task: result.seconds for task, result in fitted.items()}

    def take(self, number: int) -> Fitted | None:
        """Return the result of a task, which will not be needed again."""
        return self.fitted.get(number)

    def only(self, number: int) -> "KnownFits":
        """Return the result of one task."""
        return KnownFits({number: self.fitted[number]} if number in self.fitted else {})


#: Both have the seconds of training, for each task that takes over a fitted network.
Source = LazyFits | KnownFits


class SearchContext:
    """The callback context of a search, whose tasks take over fitted networks.

    Parameters
    ----------
    context : CallbackContext
        The context that it stands for.
    source : Source
        The results of the tasks.
    """

    def __init__(self, context: Any, source: Source) -> None:
        self.context = context
        self.source = source

    def subcontext(self, *, task_id: int, **arguments: Any) -> "TaskContext":
        """Return the context of a task."""
        source = self.source.only(task_id) if isinstance(self.source, KnownFits) else self.source
        return TaskContext(self.context.subcontext(task_id=task_id, **arguments), source, task_id)


class TaskContext:
    """The callback context of a task.

    Parameters
    ----------
    context : CallbackContext
        The context that it stands for.
    source : Source
        The result of the task.
    number : int
        Number of the task.
    """

    def __init__(self, context: Any, source: Source, number: int) -> None:
        self.context = context
        self.source = source
        self.number = number

    @contextmanager
    def propagate_callback_context(self, estimator: Any) -> Iterator[None]:
        """Let the estimator take over the fitted network, if there is one, when it is fitted."""
        with self.context.propagate_callback_context(estimator):
            result = self.source.take(self.number)
            if result is None:
                yield
                return
            estimator.fit = lambda *arguments, **named: estimator
            try:
                yield
            finally:
                del estimator.fit
            vars(estimator).update(vars(result.estimator))

    def call_on_fit_task_begin(self, **arguments: Any) -> Any:
        """Tell callbacks that the task begins."""
        return self.context.call_on_fit_task_begin(**arguments)

    def call_on_fit_task_end(self, **arguments: Any) -> Any:
        """Tell callbacks that the task has ended."""
        return self.context.call_on_fit_task_end(**arguments)
