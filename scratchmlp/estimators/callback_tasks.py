"""A fit and its epochs as tasks, which scikit-learn's callbacks are told of.

See `sklearn.callback` for the protocol. What callbacks may ask for, an estimator that predicts as
if training had stopped here, is made only when one of them does ask.
"""

from typing import Any

from scratchmlp.monitor import Monitor
from scratchmlp.run import Run


class FitTasks:
    """The tasks of one fit: the fit itself, and below it one for each epoch.

    Parameters
    ----------
    estimator : BaseMLP
        The estimator that is fitted.
    X, y, sample_weight : object
        What the user gave it.
    """

    def __init__(self, estimator: Any, X: Any, y: Any, sample_weight: Any) -> None:
        metadata = {} if sample_weight is None else {"sample_weight": sample_weight}
        self.given = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
        self.fit = estimator._init_callback_context(max_subtasks=estimator.max_iter)
        self.fit.call_on_fit_task_begin(**self.given)
        self.epoch: Any = None

    def epoch_begin(self) -> None:
        """Begin the task of an epoch."""
        self.epoch = self.fit.subcontext(task_name="epoch")
        self.epoch.call_on_fit_task_begin(**self.given)

    def epoch_end(self, run: Run, monitor: Monitor) -> str:
        """End it.

        Parameters
        ----------
        run : Run
            Where training stands.
        monitor : Monitor
            What watches it.

        Returns
        -------
        str
            Why a callback asks to stop: what it has set as `stop_reason` of the task's context,
            if it has. Empty if none asks.
        """
        estimator = self.given["estimator"]
        asked = self.epoch.call_on_fit_task_end(
            **self.given,
            reconstruction_attributes=lambda: estimator._fitted_state(run.snapshot(), monitor),
        )
        if not asked:
            return ""
        return getattr(self.epoch, "stop_reason", f"a callback asked to stop at epoch {run.epoch}")

    def end(self) -> None:
        """End the task of the fit; the estimator is fitted now."""
        self.fit.call_on_fit_task_end(**self.given, reconstruction_attributes={})
