"""The fits of an ensemble's parts: all of them on trial, then those that promise something."""

import time
import warnings

import numpy as np
from sklearn.exceptions import FitFailedWarning

from scratchmlp.arrays import FloatArray
from scratchmlp.tabular.ensemble.blending import select_weights
from scratchmlp.tabular.part import PartEstimator
from scratchmlp.tabular.prediction import out_of_fold
from scratchmlp.tabular.problem import TrainingProblem
from scratchmlp.utils.public import stacklevel

#: Folds of a trial.
_N_TRIAL = 2
#: Least weight on trial of a part that goes on.
LEAST_WEIGHT = 0.05
#: Fewest rows for a trial. Of fewer, two folds often tell the wrong parts, and fits are short.
_FEWEST_ROWS = 1000


class PartFits:
    """The fits of the parts of an ensemble in the folds of a problem.

    From 1,000 rows, all parts but networks are fitted in two folds first. Those that get hardly any
    weight beside the others there are not fitted in the other folds, but for the better half of
    all: of two that are alike, chance chooses the one with the weight.

    Of `max_time`, each part on trial gets an equal share of the time that is left. Networks get
    what the others will not need, and at least half of what is left. The others then go on, those
    with the largest weights first, as long as there is time. Without networks, one part is fitted
    even if there is no time.

    Parameters
    ----------
    estimators : dict of str to PartEstimator
        The parts by name, which are fitted in place.
    problem : TrainingProblem
        What to fit to.
    max_time : float or None
        Seconds from the start of the fit of the ensemble until all parts must be fitted.
    trial : bool
        Whether there is a trial from 1,000 rows.
    verbose : bool
        Whether to print a line after each step.

    Attributes
    ----------
    oof : dict of str to ndarray
        Out-of-fold predictions of each part, in the order of `estimators`; nan for rows in no fold.
    n_folds : dict of str to int
        Number of folds in which each part has been fitted.
    seconds : dict of str to float
        Time of the fits of each part.
    errors : dict of str to Exception
        Why others are left out.
    """

    def __init__(
        self,
        estimators: dict[str, PartEstimator],
        problem: TrainingProblem,
        max_time: float | None,
        *,
        trial: bool,
        verbose: bool,
    ) -> None:
        self.estimators, self.problem, self.max_time = estimators, problem, max_time
        self.verbose = verbose
        n_folds = len(problem.splits)
        is_long = problem.n_rows >= _FEWEST_ROWS and n_folds > _N_TRIAL
        self.n_trial = _N_TRIAL if trial and is_long else n_folds
        self.preferred = [name for name, part in estimators.items() if part.is_preferred]
        self.others = [name for name in estimators if name not in self.preferred]
        self._steps = {
            name: estimators[name].fit_part(problem.with_other_seeds(number), self.n_trial)
            for names in (self.preferred, self.others)
            for number, name in enumerate(names)
        }
        self.oof: dict[str, FloatArray] = {}
        self.n_folds: dict[str, int] = {}
        self.seconds = dict.fromkeys(estimators, 0.0)
        self.errors: dict[str, Exception] = {}

    def fit(self) -> None:
        """Fit the parts, and leave out those that fail.

        Raises
        ------
        Exception
            The error of the first part, if all of them fail.
        """
        n_folds = len(self.problem.splits)
        for n_done, name in enumerate(self.others):
            n_left = len(self.estimators) - n_done
            needed = n_left == 1 and not self.oof
            self._go_on(name, self.n_trial, None if needed else self._share(n_left))
        reserved = sum(self.seconds.values()) * (n_folds / self.n_trial - 1)
        for n_done, name in enumerate(self.preferred):
            self._go_on(name, n_folds, self._share(len(self.preferred) - n_done, reserved))
        was_trial = self.n_trial < n_folds and self.oof
        for name, is_promising in self._after_trial() if was_trial else ():
            needed = not self.complete
            if is_promising or needed:
                self._go_on(name, n_folds, None if needed else self.max_time)
        if not self.complete:
            raise next(self.errors[name] for name in self.estimators if name in self.errors)
        self.oof = {name: self.oof[name] for name in self.estimators if name in self.oof}

    @property
    def complete(self) -> list[str]:
        """Names of the parts that are fitted in all folds."""
        n_folds = len(self.problem.splits)
        return [name for name in self.oof if self.n_folds[name] == n_folds]

    def predict_held_out(self, problem: TrainingProblem) -> dict[str, FloatArray]:
        """Predict other rows, each by the folds that hold it out, with each complete part."""
        parts = {name: self.estimators[name].fitted_part for name in self.complete}
        held_out = problem.data.X, problem.held_out
        return {name: out_of_fold(part, *held_out) for name, part in parts.items()}

    def _go_on(self, name: str, n_folds: int, max_time: float | None) -> None:
        """Take the next step of the fit of a part, after which it is fitted in some folds."""
        part, begun = self.estimators[name], time.perf_counter()
        part.set_params(max_time=max_time)
        try:
            self.oof[name] = next(self._steps[name])
        except MemoryError:
            raise
        except part.left_out_after as error:
            self.errors[name] = error
            self.oof.pop(name, None)
            message = f"{name} is left out of the ensemble: {describe_error(error)}"
            warnings.warn(message, FitFailedWarning, stacklevel=stacklevel())
        else:
            self.n_folds[name] = n_folds
            self.seconds[name] += time.perf_counter() - begun
            if self.verbose:
                of_folds = f"{n_folds} of {len(self.problem.splits)} folds"
                print(f"[{name}] {of_folds}, {self.seconds[name]:.1f} s", flush=True)
        finally:
            part.set_params(max_time=self.max_time)  # its share was for this step alone

    def _share(self, n_left: int, reserved: float = 0.0) -> float | None:
        """Return in which time after the start the next of `n_left` parts must be fitted."""
        if self.max_time is None:
            return None
        passed = time.time() - self.problem.started
        left = max(self.max_time - passed, 0.0)
        return passed + max(left - reserved, left / 2) / n_left

    def _after_trial(self) -> list[tuple[str, bool]]:
        """Return the parts that were on trial, the best first, and whether they are promising.

        Parts are promising whose weight is at least `LEAST_WEIGHT`, or that are of the better half.
        """
        rows = self.problem.rows_in(self.n_trial)
        loss = self.problem.targets.blend_loss(self.problem.data.rows(rows), None)
        predictions = {name: oof[rows] for name, oof in self.oof.items()}
        preferred = np.isin([*predictions], self.preferred)
        prior = preferred / max(1, preferred.sum())
        n_rows = len(self.problem.data.Y)  # as for the final weights
        selected = select_weights([*predictions.values()], loss, prior, n_rows)
        weights = dict(zip(predictions, selected, strict=True))
        on_trial = [name for name in self.others if name in predictions]
        by_loss = sorted(on_trial, key=lambda name: loss(predictions[name]))
        better = by_loss[: len(by_loss) // 2]
        in_order = sorted(by_loss, key=weights.__getitem__, reverse=True)
        return [(name, weights[name] >= LEAST_WEIGHT or name in better) for name in in_order]


def describe_error(error: Exception) -> str:
    """Return the class of an error, and what it says."""
    return f"{type(error).__name__}: {error}"
