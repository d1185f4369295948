"""What a guess costs: columns of whole numbers, read by guess, as numbers and as categories.

Each table has a column of whole numbers that is made: quantities such as doses, ages and counts, or
codes of persons, firms and places; with a name that tells what they are, or without one; evenly
repeated or not. The target depends on it as its kind says. An ensemble of a network, trees and
ridge regression gets the column by guess, as a number (`numeric_features`) and as categories
(`categorical_features`). A third of the rows is predicted: "known" ones drawn at random, or "new"
ones, whose values have no rows to train on. Shown is the RMSE of each reading, and that of the
guess divided by the lower one of the others.

Usage: python -m benchmarks guesses [--only COLUMN ...] [--tables NUMBER]
"""

import argparse
import warnings
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import GroupKFold, KFold

from benchmarks.lib.machine import describe
from scratchmlp.tabular import TabularEnsembleRegressor, TabularMLPRegressor

N_VALUES, N_ROWS = 40, 480
READINGS: dict[str, Callable[[str], dict[str, list[str]]]] = {
    "guess": lambda name: {},
    "number": lambda name: {"numeric_features": [name]},
    "category": lambda name: {"categorical_features": ["from_dtype", name]},
}


class Made(NamedTuple):
    """How a column is made, and what it means.

    Attributes
    ----------
    values : callable
        Draws the different values, of which there are 40 or as many as it likes.
    of_value : callable
        The part of the target that a value explains, from the values and a random generator.
    name : str, default="q"
        Name of the column.
    is_even : bool, default=True
        Whether all values have equally many rows.
    """

    values: Callable[[np.random.Generator], np.ndarray]
    of_value: Callable[[np.ndarray, np.random.Generator], np.ndarray]
    name: str = "q"
    is_even: bool = True


def smooth(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return an effect of quantities: a curve, or a wave."""
    share = (values - values.min()) / np.ptp(values)
    return standardized(share**1.5 + 0.3 * np.sin(2 * np.pi * (share + rng.random())))


def of_logarithm(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return an effect of doses: that of their logarithm."""
    return smooth(np.log1p(values), rng)


def own(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return an effect for each value by itself."""
    return rng.standard_normal(len(values))


def of_places(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return effects that are alike for neighbours."""
    return standardized(smooth(values, rng) + 0.7 * own(values, rng))


def standardized(effects: np.ndarray) -> np.ndarray:
    """Return effects of mean 0 and deviation 1."""
    return (effects - effects.mean()) / effects.std()


def drawn(low: int, high: int) -> Callable[[np.random.Generator], np.ndarray]:
    """Return what draws different whole numbers in a range."""
    return lambda rng: low + rng.choice(high - low, N_VALUES, replace=False)


def ages(rng: np.random.Generator) -> np.ndarray:
    """Return the ages that some people have."""
    return np.unique(rng.normal(45, 15, 200).clip(18, 90).round())


def counts(rng: np.random.Generator) -> np.ndarray:
    """Return whole numbers, of which most are small."""
    return np.unique(rng.negative_binomial(1, 0.05, 300))


def ranks(rng: np.random.Generator) -> np.ndarray:
    """Return 1, 2, 3, ..."""
    return np.arange(1, N_VALUES + 1)


def doses(rng: np.random.Generator) -> np.ndarray:
    """Return whole numbers whose ratios are equal, but for rounding."""
    return np.unique(np.geomspace(5, 20_000, 30).round())


def subjects(rng: np.random.Generator) -> np.ndarray:
    """Return the numbers of 18 subjects."""
    return 308 + rng.choice(65, 18, replace=False)


COLUMNS = {
    "design": Made(drawn(100, 400), smooth),
    "design, few values": Made(lambda rng: 10 + rng.choice(90, 12, replace=False), smooth),
    "design, named distance": Made(drawn(100, 400), smooth, "distance"),
    "design, named case": Made(drawn(100, 400), smooth, "case"),
    "design, uneven": Made(drawn(100, 400), smooth, is_even=False),
    "grid": Made(lambda rng: 25 * ranks(rng), smooth),
    "doses": Made(doses, of_logarithm),
    "doses, named": Made(doses, of_logarithm, "dose"),
    "ages": Made(ages, smooth, "age", is_even=False),
    "ages, unnamed": Made(ages, smooth, is_even=False),
    "counts": Made(counts, of_logarithm, "visits", is_even=False),
    "ranks": Made(ranks, smooth),
    "ranks, named": Made(ranks, smooth, "rank"),
    "persons": Made(drawn(1, 9000), own),
    "persons, named": Made(drawn(1, 9000), own, "person_id"),
    "persons, close": Made(drawn(1, 120), own),
    "persons, full": Made(ranks, own, "subject"),
    "persons, full, unnamed": Made(ranks, own),
    "persons, few": Made(subjects, own),
    "persons, few, named": Made(subjects, own, "Subject"),
    "persons, uneven": Made(drawn(1, 9000), own, is_even=False),
    "persons, uneven, idcode": Made(drawn(1, 9000), own, "idcode", is_even=False),
    "firms": Made(ranks, own, "firm", is_even=False),
    "firms, unnamed": Made(ranks, own, is_even=False),
    "zip codes": Made(drawn(10_000, 99_999), of_places, "zip", is_even=False),
    "zip codes, unnamed": Made(drawn(10_000, 99_999), of_places, is_even=False),
}


def made(column: Made, seed: int, n_rows: int = N_ROWS) -> tuple[pd.DataFrame, np.ndarray]:
    """Make a table with a column, and a target."""
    rng = np.random.default_rng(seed)
    values = np.sort(column.values(rng)).astype(int)
    effects = column.of_value(values, rng)
    share = np.ones(len(values)) if column.is_even else rng.gamma(1.5, size=len(values))
    places = np.linspace(0, 1, n_rows, endpoint=False)
    chosen = rng.permutation(np.searchsorted(share.cumsum() / share.sum(), places, side="right"))
    X = pd.DataFrame(rng.standard_normal((n_rows, 2)), columns=["a", "b"])
    X.insert(0, column.name, values[chosen])
    noise = 0.5 * rng.standard_normal(n_rows)
    return X, (0.7 * X["a"] + effects[chosen] + noise).to_numpy()


def ensemble(**readings: object) -> TabularEnsembleRegressor:
    """Return an ensemble of one of each kind."""
    parts = [
        ("networks", TabularMLPRegressor(max_iter=64)),
        ("trees", ExtraTreesRegressor(100, min_samples_leaf=2, max_features=0.7)),
        ("linear", Ridge()),
    ]
    return TabularEnsembleRegressor(parts, cv=3, random_state=0, **readings)


def errors(
    column: Made,
    seed: int,
    make: Callable[..., TabularEnsembleRegressor] = ensemble,
    n_rows: int = N_ROWS,
) -> Iterator[tuple[str, str, float]]:
    """Yield the RMSE for known and for new values, of each reading of a column."""
    X, y = made(column, seed, n_rows)
    options = {"shuffle": True, "random_state": seed}
    known = next(KFold(3, **options).split(X))
    new = next(GroupKFold(3, **options).split(X, groups=X[column.name]))
    for (kind, (training, test)), (reading, names) in product(
        {"known": known, "new": new}.items(), READINGS.items()
    ):
        with warnings.catch_warnings(action="ignore"):
            model = make(**names(column.name)).fit(X.iloc[training], y[training])
            error = model.predict(X.iloc[test]) - y[test]
        yield kind, reading, float(np.mean(error**2) ** 0.5)


def costs(found: Iterable[tuple[str, str, float]]) -> pd.DataFrame:
    """Return the mean RMSE of each reading, and the ratio of the guess to the better other one."""
    means = pd.DataFrame(found, columns=["kind", "reading", "rmse"])
    means = means.pivot_table("rmse", "kind", "reading")[[*READINGS]]
    return means.assign(ratio=means["guess"] / means[["number", "category"]].min(axis=1))


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=COLUMNS, default=[*COLUMNS], metavar="COLUMN")
    parser.add_argument("--tables", type=int, default=3, help="random tables of each column")
    args = parser.parse_args()
    print(describe(), flush=True)
    for name in args.only:
        column = COLUMNS[name]
        found = [each for seed in range(args.tables) for each in errors(column, seed)]
        print(f"\n{name}\n{costs(found).round(3).to_string()}", flush=True)


if __name__ == "__main__":
    main()
