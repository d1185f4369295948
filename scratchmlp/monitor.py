"""The monitor: it records training, keeps the best weights and decides when to stop."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass, field

import numpy as np

from scratchmlp.arrays import FloatArray
from scratchmlp.run import DivergenceError, Run
from scratchmlp.schedules import Adaptive


class Observer:
    """What a monitor notifies of each epoch, such as callbacks or a time limit."""

    def epoch_begin(self) -> None:
        """React to the beginning of an epoch."""

    def epoch_end(self, run: Run, monitor: "Monitor") -> str:
        """React to the end of an epoch. Return a reason to stop, or an empty string."""
        return ""


@dataclass(eq=False)
class Monitor:
    """Watch training: record the history and the best weights of a run, and decide when to stop.

    An epoch is an improvement if its training loss is lower than the lowest loss before it, by at
    least `tol`. With early stopping, it is an improvement if its validation score is higher than
    the highest score before it, by at least `tol`.

    Parameters
    ----------
    tol : float
        Smallest change that counts as an improvement.
    n_iter_no_change : int or inf
        Training stops after more than this many epochs in a row without improvement.
    adaptive : Adaptive or None, default=None
        Lowers the learning rate instead of stopping, until the rate is small.
    validate : callable, default=None
        Maps theta to the loss and the score on validation data. A higher score is better. A score
        of nan is never the best.
    early_stopping : bool, default=False
        Whether the validation score decides when to stop. The weights of the epoch with the highest
        score are then kept.
    metric : str, default="score"
        Name of the validation score in `stop_reason`.
    observers : sequence of Observer, default=()
        Objects that are notified of each epoch and may ask to stop.
    verbose : bool, default=False
        Whether to print a line for each epoch.

    Attributes
    ----------
    n_iter : int
        Number of epochs that this monitor has recorded.
    stop_reason : str
        Why training stopped, as a sentence.
    finished : bool
        True if training stopped because it no longer improved, because L-BFGS converged or because
        an observer asked to stop. False after `max_iter` epochs, after divergence and after an
        interruption. If it is False after a fit, the estimator warns that training has not
        converged, unless the user interrupted training.
    """

    tol: float
    n_iter_no_change: float
    _: KW_ONLY
    adaptive: Adaptive | None = None
    validate: Callable[[FloatArray], tuple[float, float]] | None = None
    early_stopping: bool = False
    metric: str = "score"
    observers: Sequence[Observer] = ()
    verbose: bool = False
    n_iter: int = field(default=0, init=False)
    stop_reason: str = field(default="", init=False)
    finished: bool = field(default=False, init=False)
    _clock: float = field(default_factory=time.perf_counter, init=False)

    def stop(self, reason: str, *, finished: bool = True) -> None:
        """Record how training ended: why, and whether it had `finished`."""
        self.stop_reason, self.finished = reason, finished

    def rescore_best(self, run: Run) -> None:
        """Re-score the best weights of a resumed run on the current validation data.

        The best weights are dropped if early stopping is now off, or if the new score is nan.

        Parameters
        ----------
        run : Run
            The state of training.
        """
        best = np.nan
        if run.best_theta is not None and self.early_stopping and self.validate:
            best = self.validate(run.best_theta)[1]
        if np.isnan(best):
            run.best_theta, best = None, -np.inf
        run.best_score = float(best)

    def epoch_begin(self) -> None:
        """Notify the observers that an epoch begins."""
        for observer in self.observers:
            observer.epoch_begin()

    def epoch_end(self, run: Run, learning_rate: float) -> bool:
        """Record an epoch and decide whether training stops.

        Parameters
        ----------
        run : Run
            The state of training after the epoch.
        learning_rate : float
            Learning rate of the first step of the epoch.

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
            self._tell(run)
            return True
        score = self._record(run, learning_rate)
        improved = self._update_best(run, score)
        run.no_improvement = 0 if improved else run.no_improvement + 1
        self._decide(run, learning_rate)
        if self.observers:
            asked = self._tell(run)
            if asked and not self.finished:
                self.stop(asked)
        return self.finished

    def check_divergence(self, run: Run, when: str = "") -> bool:
        """Check whether training diverged. If so, return to the best weights.

        Training diverged if the loss or a weight is not finite, or if the loss exceeds 1e10 times
        the loss of the first epoch.

        Parameters
        ----------
        run : Run
            The state of training.
        when : str, default=""
            When `run.loss` was computed, for messages. "" means in the epoch that now ends.

        Returns
        -------
        bool
            Whether training diverged.

        Raises
        ------
        DivergenceError
            If training diverged and there are no best weights to return to.
        """
        losses = run.history["loss"]
        what = _divergence(run)
        if not what:
            return False
        when = when or f"epoch {len(losses) + 1}"
        last = f"the last finite loss was {losses[-1]:.3g}" if losses else "no loss was finite"
        message = (
            f"{what} ({when}; {last}). Scale X, and in regression y, if they are not scaled yet, "
            "for instance with StandardScaler, lower alpha if it is far larger than the sample "
            "weights, or, unless the solver is 'lbfgs', lower learning_rate_init"
        )
        if run.best_theta is None:
            raise DivergenceError(f"{message}.")
        run.theta[:], run.loss = run.best_theta, losses[run.best_epoch - 1]
        # The optimizer's state belongs to the diverged weights. `rate_drops` stays, because a
        # higher learning rate would only diverge again.
        run.optimizer_state = {}
        kept = f"the weights of epoch {run.best_epoch} are kept"
        self.stop(f"{message}; {kept}", finished=False)
        return True

    def _record(self, run: Run, learning_rate: float) -> float:
        """Append an epoch to the history. Return its validation score, or nan if there is none."""
        now, history, score = time.perf_counter(), run.history, np.nan
        rates = history["learning_rate"]
        if rates and learning_rate == rates[-1]:
            learning_rate = rates[-1]  # equal rates share one object, which saves memory
        if self.validate:
            value, score = self.validate(run.theta)
            for name, number in (("validation_loss", value), ("score", score)):
                column = history.setdefault(name, [])
                column += [np.nan] * (run.epoch - len(column))  # epochs without validation data
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
        """Print the last epoch."""
        line = f"Iteration {run.epoch}, loss = {run.loss:.8f}"
        if self.validate:
            loss, score = (run.history[name][-1] for name in ("validation_loss", "score"))
            line += f", validation loss = {loss:.8f}, validation score = {score:.6f}"
        print(line)

    def _update_best(self, run: Run, score: float) -> bool:
        """Remember the epoch if it is the best so far. Return whether it improved by at least tol.

        An epoch that is better by less than tol becomes the best one, too.
        """
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
        """Stop after too many epochs without improvement, unless the rate can be lowered."""
        if run.no_improvement <= self.n_iter_no_change:
            return
        if self.adaptive and self.adaptive.lower(run, learning_rate):
            if self.verbose:
                self._print_lowered(learning_rate / self.adaptive.DIVISOR)
            return
        what = f"validation {self.metric}" if self.early_stopping else "training loss"
        self.stop(
            f"{what} did not improve by tol={self.tol:g} in any of the last {run.no_improvement} "
            f"epochs; best at epoch {run.best_epoch}"
        )

    def _print_lowered(self, learning_rate: float) -> None:
        """Print, in scikit-learn's words, that the learning rate is lowered."""
        what = "Validation score" if self.early_stopping else "Training loss"
        print(
            f"{what} did not improve more than tol={self.tol:f} for {self.n_iter_no_change} "
            f"consecutive epochs. Setting learning rate to {learning_rate:f}"
        )

    def _tell(self, run: Run) -> str:
        """Notify the observers that an epoch has ended. Return the first reason to stop, if any."""
        reasons = [observer.epoch_end(run, self) for observer in self.observers]
        return next(filter(None, reasons), "")


def _divergence(run: Run) -> str:
    """Describe how training diverged. Return an empty string if it did not."""
    losses = run.history["loss"]
    first = losses[0] if losses else run.loss
    # The fast check comes first. It fails for finite weights if the squares overflow.
    if not (math.isfinite(run.theta.dot(run.theta)) or np.isfinite(run.theta).all()):
        return (
            "Solver produced non-finite parameter weights. The input data may contain large "
            "values and need to be preprocessed"
        )
    if not math.isfinite(run.loss) or 0 < 1e10 * first < run.loss:
        return "The loss grew" + (f" from {first:.3g}" if losses else "") + f" to {run.loss:.3g}"
    return ""
