"""Whether `oof_importances` finds which columns matter, and its time compared with `fit`.

Twenty generated tables have a target that is a known function of their columns, and noise: sums of
effects with known shares of the variance, steps, waves, categories, logarithms, missing values,
interactions, columns that say nothing, and two columns that tell the same, which are passed as a
group. Half of the targets are numbers, and half are classes. The truth is what the function itself
loses, in squared error or in log-loss, if a column is permuted. The measure is Spearman's
correlation of the importances with the truth.

The cost is the CPU time of `oof_importances` with default parameters, divided by that of `fit`, on
real tables and on Friedman's first function with 30 and with 200 columns. With other jobs on the
machine, the CPU time is nearer to what a quiet machine needs than the time on the clock.

Usage: python -m benchmarks importances [--tables N] [--cost] [--check] [--real DIR] [--adult DIR]
"""

import argparse
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from checks import Check, check
from machine import describe
from scipy.special import expit
from scipy.stats import spearmanr
from sklearn.datasets import make_friedman1
from tabular_data import Places, has_numbers, load

from scratchmlp.tabular import (
    TabularEnsembleClassifier,
    TabularEnsembleRegressor,
    TabularMLPClassifier,
    TabularMLPRegressor,
)

N_ROWS, N_TRUTH = 1500, 40_000
N_EFFECTS = 7
MOST_ROWS = 10_000  # of a real table
FRIEDMAN = {"friedman, 30 columns": (3000, 30), "friedman, 200 columns": (2000, 200)}
Generator = np.random.Generator
NETWORKS, ENSEMBLE = "networks", "ensemble"
ESTIMATORS = {
    (NETWORKS, True): TabularMLPRegressor,
    (NETWORKS, False): TabularMLPClassifier,
    (ENSEMBLE, True): TabularEnsembleRegressor,
    (ENSEMBLE, False): TabularEnsembleClassifier,
}


class Effect(NamedTuple):
    """What some columns add to the target: how to draw them, and a function of them.

    Attributes
    ----------
    draw : callable
        Draws the columns of a number of rows.
    value : callable
        Maps the columns to what they add.
    """

    draw: Callable[[Generator, int], list[np.ndarray]]
    value: Callable[..., np.ndarray]


def normal(rng: Generator, n: int) -> list[np.ndarray]:
    """Draw a column of numbers."""
    return [rng.normal(size=n)]


def missing(rng: Generator, n: int) -> list[np.ndarray]:
    """Draw a column of numbers, of which a sixth is missing."""
    return [np.where(rng.random(n) < 1 / 6, np.nan, rng.normal(size=n))]


def same(rng: Generator, n: int) -> list[np.ndarray]:
    """Draw two columns that tell almost the same."""
    first = rng.normal(size=n)
    return [first, first + 0.05 * rng.normal(size=n)]


def category(rng: Generator) -> Effect:
    """Return the effect of a category with a number for each level."""
    levels = np.array([f"level {i}" for i in range(rng.integers(3, 9))])
    numbers = dict(zip(levels, rng.normal(size=len(levels)), strict=True))
    return Effect(
        lambda rng, n: [rng.choice(levels, n)], lambda x: np.array([numbers[each] for each in x])
    )


def effects_of(rng: Generator) -> list[Effect]:
    """Return the effects of a table, in random order: which share each has is random."""
    effects = [
        Effect(normal, lambda x: x),
        Effect(normal, lambda x: np.sin(2 * x)),
        Effect(normal, lambda x: (x > 0.5) * 1.0),
        Effect(lambda rng, n: [rng.lognormal(3, 1, n)], np.log),
        Effect(missing, lambda x: np.nan_to_num(x, nan=1.5)),
        Effect(lambda rng, n: [*normal(rng, n), *normal(rng, n)], lambda a, b: a * b + a),
        Effect(same, lambda a, b: a + b),
        category(rng),
        category(rng),
    ]
    return [effects[i] for i in rng.permutation(len(effects))[:N_EFFECTS]]


class Problem:
    """A generated table, its target, and the truth about its columns."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.has_numbers, self.effects = seed % 2 == 0, effects_of(rng)
        X, self.names, self.groups = self.draw(rng, N_TRUTH)
        parts = self.parts(X)
        self.means, self.deviations = parts.mean(axis=0), parts.std(axis=0)
        self.shares = 1.5 ** -np.arange(N_EFFECTS)
        self.scale = 1.0
        self.scale = (1 if self.has_numbers else 2.5) / self.function(X).std()
        self.truth = {group: self.lost(X, names, rng) for group, names in self.groups.items()}
        self.X, *_ = self.draw(rng, N_ROWS)
        f = self.function(self.X)
        self.y = (
            f + 0.5 * rng.normal(size=N_ROWS) if self.has_numbers else rng.random(N_ROWS) < expit(f)
        )

    def draw(
        self, rng: Generator, n: int
    ) -> tuple[pd.DataFrame, list[list[str]], dict[str, list[str]]]:
        """Draw rows. Return them, the names of the columns of each effect, and the groups."""
        columns, names, groups = {}, [], {}
        for number, effect in enumerate(self.effects):
            drawn = effect.draw(rng, n)
            names.append([f"x{number}{letter}" for letter in "ab"[: len(drawn)]])
            columns |= dict(zip(names[-1], drawn, strict=True))
            together = [names[-1]] if effect.draw is same else [[name] for name in names[-1]]
            groups |= {" + ".join(each): each for each in together}
        for name, values in (
            ("noise", rng.normal(size=n)),
            ("noise category", rng.choice(list("abcde"), n)),
            ("noise count", rng.poisson(4, n) * 1.0),
        ):
            columns[name], groups[name] = values, [name]
        return pd.DataFrame(columns), names, groups

    def parts(self, X: pd.DataFrame) -> np.ndarray:
        """Return what each effect adds, before it is scaled."""
        pairs = zip(self.effects, self.names, strict=True)
        return np.column_stack(
            [e.value(*(X[name].to_numpy() for name in names)) for e, names in pairs]
        )

    def function(self, X: pd.DataFrame) -> np.ndarray:
        """Return the target without noise, or the log-odds of the classes."""
        standardized = (self.parts(X) - self.means) / self.deviations
        return self.scale * standardized @ np.sqrt(self.shares)

    def lost(self, X: pd.DataFrame, names: list[str], rng: Generator) -> float:
        """Return what the function loses if columns are permuted: squared error, or log-loss."""
        order = rng.permutation(len(X))
        f, permuted = (
            self.function(X),
            self.function(X.assign(**{n: X[n].to_numpy()[order] for n in names})),
        )
        if self.has_numbers:
            return float(np.mean((f - permuted) ** 2))
        p = expit(f)
        loss = [
            np.mean(p * np.logaddexp(0, -z) + (1 - p) * np.logaddexp(0, z)) for z in (f, permuted)
        ]
        return float(loss[1] - loss[0])


def compare(seed: int, kind: str) -> tuple[float, float, float]:
    """Return the rank correlation with the truth, and the seconds of fit and importances."""
    problem = Problem(seed)
    estimator = ESTIMATORS[kind, problem.has_numbers](random_state=0)
    seconds = [time.process_time()]
    estimator.fit(problem.X, problem.y)
    seconds.append(time.process_time())
    result = estimator.oof_importances(problem.X, problem.y, columns=problem.groups, random_state=0)
    seconds.append(time.process_time())
    truth = [problem.truth[name] for name in result.names]
    return spearmanr(truth, result.importances_mean)[0], *np.diff(seconds)


def real(name: str, places: Places) -> tuple[pd.DataFrame, np.ndarray, bool]:
    """Return a table, its target, and whether this is a number."""
    if name in FRIEDMAN:
        X, y = make_friedman1(*FRIEDMAN[name], noise=1, random_state=0)
        return pd.DataFrame(X).add_prefix("x"), y, True
    table = load(name, places)
    rows = np.random.default_rng(0).permutation(len(table.y))[:MOST_ROWS]
    return table.X.iloc[rows].reset_index(drop=True), table.y[rows], has_numbers(name)


def costs(places: Places) -> list[Check]:
    """Print the seconds of fit and importances on real tables, and check their ratios."""
    checks = []
    print("| table | rows | columns | estimator | rows used | fit, s | importances, s | ratio |")
    print("|---|---|---|---|---|---|---|---|")
    for name in ("wa_churn", "adult", "diamonds", *FRIEDMAN):
        X, y, numbers = real(name, places)
        for kind in (NETWORKS, ENSEMBLE):
            seconds = [time.process_time()]
            estimator = ESTIMATORS[kind, numbers](random_state=0).fit(X, y)
            seconds.append(time.process_time())
            result = estimator.oof_importances(X, y, random_state=0)
            seconds.append(time.process_time())
            fit, importances = np.diff(seconds)
            ratio = importances / fit
            cells = name, *X.shape, kind, result.n_rows, *(f"{s:.1f}" for s in (fit, importances))
            print("|", " | ".join(map(str, cells)), f"| {ratio:.2f} |", flush=True)
            checks.append(check(f"{name}, {kind}: importances / fit", ratio, 1.0, at_least=False))
    return checks


def ranks(n_tables: int) -> list[Check]:
    """Print the rank correlation with the truth for each table, and check them."""
    checks = []
    for kind in (NETWORKS, ENSEMBLE):
        found = []
        for seed in range(n_tables):
            correlation, fit, importances = compare(seed, kind)
            found.append(correlation)
            times = f"fit {fit:.1f} s, importances {importances:.1f} s"
            print(f"{kind}, table {seed}: rank correlation {correlation:.3f}; {times}", flush=True)
        print(f"{kind}: mean {np.mean(found):.3f}, lowest {min(found):.3f}")
        for what, value in (("mean", np.mean(found)), ("lowest", min(found))):
            text = f"{kind}: {what} rank correlation with the truth"
            checks.append(check(text, float(value), 0.9, at_least=True, digits=3))
    return checks


def main() -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", type=int, default=20, help="number of generated tables")
    parser.add_argument("--cost", action="store_true", help="measure the cost on real tables, too")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a bar is missed")
    parser.add_argument("--real", type=Path, default=Places().real, help="folder of real tables")
    parser.add_argument("--adult", type=Path, default=Places().adult, help="folder of Adult")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    print(describe(), flush=True)
    checks = costs(Places(adult=args.adult, real=args.real)) if args.cost else []
    checks += ranks(args.tables)
    print(*checks, sep="\n")
    return int(args.check and any(each.verdict == "FAIL" for each in checks))


if __name__ == "__main__":
    sys.exit(main())
