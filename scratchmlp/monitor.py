"""Where training stands, and the monitor that watches it.

A `Run` is all that training changes: parameters, the optimizer's state, history, best weights. A
`Monitor` is told of each epoch (for L-BFGS, each iteration), records it in the run and decides
whether to stop.
"""

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from scratchmlp.arrays import FloatArray
from scratchmlp.run import DivergenceError, Run


class Monitor:
    """Watches training: keeps the history and the best weights of a run, decides when to stop.

    An epoch improves when the training loss is lower than the best one so far by `tol`, or, with
    early stopping, when the validation score exceeds the best one by `tol`.

    Parameters
    ----------
    tol : float
        Smallest change that counts as an improvement.
    n_iter_no_change : int or inf
        Training stops after more than so many epochs in a row without improvement.
    adaptive : bool, default=False
        Divide the learning rate by five instead of stopping, until it is 1e-6 or less.
    validate : callable, default=None
        Maps theta to loss and score on validation data; a higher score is better, and nan is never
        the best.
    early_stopping : bool, default=False
        Whether the validation score decides, and the weights of its best epoch are kept.
    metric : str, default="score"
        What the score is, for `stop_reason`.
    tasks : FitTasks, default=None
        The epochs as tasks, for callbacks; one of these may ask to stop.
    verbose : bool, default=False
        Whether to print a line an epoch.

    Attributes
    ----------
    n_iter : int
        Epochs watched.
    stop_reason : str
        Why training stopped, as a sentence.
    finished : bool
        Whether it stopped because nothing more was to be gained, or because a callback asked to.
    """

    def __init__(
        self,
        tol: float,
        n_iter_no_change: float,
        *,
        adaptive: bool = False,
        validate: Callable[[FloatArray], tuple[float, float]] | None = None,
        early_stopping: bool = False,
        metric: str = "score",
        tasks: Any = None,
        verbose: bool = False,
    ) -> None:
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.adaptive = adaptive
        self.validate = validate
        self.early_stopping = early_stopping
        self.metric = metric
        self.tasks = tasks
        self.verbose = verbose
        self.n_iter = 0
        self.stop_reason = ""
        self.finished = False
        self._clock = time.perf_counter()

    def epoch_begin(self) -> None:
        """Tell the callbacks, if there are any, that an epoch begins."""
        if self.tasks:
            self.tasks.epoch_begin()

    def epoch_end(self, run: Run, learning_rate: float) -> bool:
        """Record an epoch and decide whether training stops.

        Parameters
        ----------
        run : Run
            The training that is watched.
        learning_rate : float
            Learning rate of the epoch, in its first step.

        Returns
        -------
        bool
            Whether to stop.

        Raises
        ------
        DivergenceError
            See `check_divergence`.
        """
        if self.check_divergence(run):
            if self.tasks:
                self.tasks.epoch_end(run, self)
            return True
        score = self._record(run, learning_rate)
        improved = self._update_best(run, score)
        run.no_improvement = 0 if improved else run.no_improvement + 1
        self._decide(run, learning_rate)
        if self.tasks:
            asked = self.tasks.epoch_end(run, self)
            self._stop(self.stop_reason or asked)
        return self.finished

    def _record(self, run: Run, learning_rate: float) -> float:
        """Enter an epoch into the history; return the validation score, nan without."""
        now, history, score = time.perf_counter(), run.history, np.nan
        rates = history["learning_rate"]
        if rates and learning_rate == rates[-1]:
            learning_rate = rates[-1]  # the same object: a constant rate takes little memory
        if self.validate:
            value, score = self.validate(run.theta)
            for name, number in (("validation_loss", value), ("score", score)):
                column = history.setdefault(name, [])
                column += [np.nan] * (run.epoch - len(column))
                column.append(number)
        history["loss"].append(run.loss)
        rates.append(learning_rate)
        history["seconds"].append(now - self._clock)
        self._clock = now
        self.n_iter += 1
        if self.verbose:
            self._print(run)
        return score

    def _print(self, run: Run) -> None:
        line = f"Iteration {run.epoch}, loss = {run.loss:.8f}"
        if self.validate:
            loss, score = (run.history[name][-1] for name in ("validation_loss", "score"))
            line += f", validation loss = {loss:.8f}, validation score = {score:.6f}"
        print(line)

    def _update_best(self, run: Run, score: float) -> bool:
        """Keep what is best so far; return whether the epoch improved by at least tol."""
        if not self.early_stopping:
            improved = run.loss <= run.best_loss - self.tol
            if run.loss < run.best_loss:
                run.best_loss, run.best_epoch = run.loss, run.epoch
            return improved
        improved = score >= run.best_score + self.tol
        if score > run.best_score:
            run.best_score, run.best_epoch = score, run.epoch
            run.best_theta = run.theta.copy()
        return improved

    def _decide(self, run: Run, learning_rate: float) -> None:
        """Stop, or with "adaptive" lower the rate, where patience has come to its end."""
        if run.no_improvement <= self.n_iter_no_change:
            return
        if self.adaptive and learning_rate > 1e-6:
            run.rate_drops += 1
            run.no_improvement = 0
            return
        what = f"validation {self.metric}" if self.early_stopping else "training loss"
        self._stop(
            f"{what} did not improve by tol={self.tol:g} for {run.no_improvement} epochs; "
            f"best at epoch {run.best_epoch}"
        )

    def _stop(self, reason: str) -> None:
        self.stop_reason, self.finished = reason, bool(reason)

    def check_divergence(self, run: Run) -> bool:
        """Tell whether training diverged; if so, go back to the best weights.

        Parameters
        ----------
        run : Run
            The training that is watched.

        Returns
        -------
        bool
            Whether it diverged.

        Raises
        ------
        DivergenceError
            If loss or weights are not finite, or the loss exceeds 1e10 times its first value,
            and there are no best weights to go back to.
        """
        losses = run.history["loss"]
        first = losses[0] if losses else run.loss
        if not (math.isfinite(run.theta @ run.theta) or np.isfinite(run.theta).all()):
            what = (
                "Solver produced non-finite parameter weights. The input data may contain large "
                "values and need to be preprocessed"
            )
        elif not math.isfinite(run.loss) or 0 < 1e10 * first < run.loss:
            what = (
                "The loss grew" + (f" from {first:.3g}" if losses else "") + f" to {run.loss:.3g}"
            )
        else:
            return False
        last = f"the last finite loss was {losses[-1]:.3g}" if losses else "no loss was finite"
        message = (
            f"{what} (epoch {len(losses) + 1}; {last}). Scale X, and in regression y, for "
            "instance with StandardScaler, or, unless the solver is 'lbfgs', lower "
            "learning_rate_init"
        )
        if run.best_theta is None:
            raise DivergenceError(f"{message}.")
        run.theta[:], run.loss = run.best_theta, losses[run.best_epoch - 1]
        run.optimizer_state = {}
        self.stop_reason = f"{message}; the weights of epoch {run.best_epoch} are kept"
        return True
