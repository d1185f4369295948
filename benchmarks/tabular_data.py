"""What `accuracy.py` measures on: tables with their targets and their splits.

The classes are those of KEEL (`keel.py`) and of Adult, which has an official test file. Real tables
of mixed types, with classes and with numbers as targets, are read by `r_tables.py`. For further
regression scikit-learn ships one small real table, diabetes, and generates Friedman's three. Its
larger ones are downloads from a site that changes and fails, so that two larger ones are generated
too, and anybody has them: Friedman's first with 10,000 rows and 15 columns that say nothing, and
`mixed`, which has what real tables have and Friedman's lack: skewed numbers, categories, missing
values, jumps and interactions.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from urllib.error import URLError

import keel
import numpy as np
import pandas as pd
import r_tables
from sklearn.datasets import (
    fetch_openml,
    load_diabetes,
    make_friedman1,
    make_friedman2,
    make_friedman3,
)
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.preprocessing import LabelEncoder

Split = tuple[np.ndarray, np.ndarray]
Target = tuple[pd.DataFrame, np.ndarray]

N_FOLDS = 3
FOLD_SEED = 42
ADULT = Path(__file__).resolve().parents[2] / "shared" / "data" / "adult"
ADULT_ROWS = 32_561, 16_281  # training and test
ADULT_COLUMNS = (
    "age",
    "workclass",
    "fnlwgt",
    "education",
    "education_num",
    "marital_status",
    "occupation",
    "relationship",
    "race",
    "sex",
    "capital_gain",
    "capital_loss",
    "hours_per_week",
    "native_country",
    "income",
)


@dataclass(frozen=True)
class Table:
    """Features, classes as 0, 1, ... or numbers, and pairs of training and test rows."""

    X: pd.DataFrame
    y: np.ndarray
    splits: list[Split]


@dataclass(frozen=True)
class Places:
    """The folders that data are read from."""

    keel: Path = keel.CACHE
    adult: Path = ADULT
    real: Path = r_tables.DATA


# Adult.


def adult(directory: Path) -> Table:
    """Read Adult's two files, or what OpenML has of them; train on the first.

    Raises
    ------
    OSError
        If the folder has no such files and OpenML cannot be reached.
    ValueError
        If OpenML's rows are not those of the two files.
    """
    train, test = (adult_file(directory, part) for part in ("data", "test"))
    if train is None or test is None:
        X, y = adult_from_openml(directory)
    else:
        both = pd.concat([train, test], ignore_index=True)
        X, y = both.drop(columns="income"), both["income"].str.rstrip(".").to_numpy()
    n_train, n_test = ADULT_ROWS
    if len(X) != n_train + n_test:
        raise ValueError(f"Adult has {n_train} + {n_test} rows; got {len(X)}: see --adult")
    rows = np.arange(len(X))
    return Table(keel.with_categories(X), encode(y), [(rows[:n_train], rows[n_train:])])


def adult_file(directory: Path, part: str) -> pd.DataFrame | None:
    """Read adult.data or adult.test, gzipped or not; None if neither is there."""
    paths = (directory / f"adult.{part}{ending}" for ending in ("", ".gz"))
    path = next((path for path in paths if path.exists()), None)
    if path is None:
        return None
    comment_lines = 1 if part == "test" else 0
    return pd.read_csv(
        path,
        names=list(ADULT_COLUMNS),
        skiprows=comment_lines,
        skipinitialspace=True,
        na_values="?",
    )


def adult_from_openml(directory: Path) -> Target:
    """Fetch Adult's rows, and put those of the training file first, as they were published."""
    print(f"{directory} has no adult.data and adult.test: asking OpenML", flush=True)
    try:
        X, y = fetch_openml("adult", version=2, as_frame=True, return_X_y=True)
    except URLError as error:
        raise OSError(f"OpenML cannot be reached ({error.reason}): see --adult") from error
    n_train, n_test = ADULT_ROWS
    # The weights of each file's first row: the test file comes first.
    if len(X) != n_train + n_test or list(X["fnlwgt"].iloc[[0, n_test]]) != [226802, 77516]:
        raise ValueError("OpenML's Adult is not its test file, then its training file: see --adult")
    rows = np.roll(np.arange(len(X)), n_train)
    return X.iloc[rows].reset_index(drop=True), y.iloc[rows].to_numpy(dtype=str)


# Regression.


def diabetes() -> Target:
    """442 patients with ten numbers each, and the progression of their disease."""
    return load_diabetes(return_X_y=True, as_frame=True)


def friedman(make: Callable, n_samples: int, noise: float, **parameters: int) -> Target:
    """Draw one of Friedman's; the deviation of its noise is a third or a fifth of the signal's."""
    X, y = make(n_samples=n_samples, noise=noise, random_state=0, **parameters)
    return pd.DataFrame(X).add_prefix("x"), y


def mixed(n_samples: int = 10_000) -> Target:
    """Draw prices of homes, by a rule with smooth parts, jumps, categories and interactions.

    A tenth of the areas and ages are missing at random; rents are missing where nobody rents.
    """
    rng = np.random.default_rng(0)
    area, age = rng.lognormal(4.2, 0.5, n_samples), rng.gamma(2, 20, n_samples)
    floor, distance = rng.integers(0, 12, n_samples), rng.exponential(5, n_samples)
    town, heating = rng.integers(0, 15, n_samples), rng.integers(0, 4, n_samples)
    rented, noise = rng.random(n_samples) < 0.4, rng.normal(0, 0.15, n_samples)
    level, slope = rng.normal(0, 0.4, 15), rng.uniform(0.02, 0.12, 15)
    y = 0.7 * np.log(area) + level[town] - slope[town] * distance + noise
    y += np.where(age < 5, 0.25, -0.2 * np.tanh(age / 60)) + 0.15 * (floor > 0) * (heating != 3)
    rent = np.where(rented, np.exp(y) * rng.lognormal(0, 0.3, n_samples), np.nan)
    X = pd.DataFrame({"area": area, "age": age, "floor": floor, "distance": distance, "rent": rent})
    X[["area", "age"]] = X[["area", "age"]].mask(rng.random((n_samples, 2)) < 0.1)
    X["town"] = pd.Categorical.from_codes(town, [f"town {i}" for i in range(15)])
    X["heating"] = pd.Categorical.from_codes(heating, ["gas", "oil", "pump", "none"])
    return X, y


REGRESSION: dict[str, Callable[[], Target]] = {
    "diabetes": diabetes,
    "friedman1": partial(friedman, make_friedman1, 500, 1.0),
    "friedman2": partial(friedman, make_friedman2, 500, 125.0),
    "friedman3": partial(friedman, make_friedman3, 500, 0.1),
    "friedman1-10000": partial(friedman, make_friedman1, 10_000, 1.0, n_features=20),
    "mixed-10000": mixed,
}

GROUPS: dict[str, tuple[str, ...]] = {
    "small": keel.SMALL,
    "large": keel.LARGE,
    "adult": ("adult",),
    "regression": tuple(REGRESSION),
    "real": tuple(r_tables.CLASSES),
    "real-regression": tuple(r_tables.NUMBERS),
}
SPLIT_ONCE = {*GROUPS["adult"], *GROUPS["real"], *GROUPS["real-regression"]}
NAMES = tuple(name for names in GROUPS.values() for name in names)


def names_of(chosen: Iterable[str]) -> list[str]:
    """Name each table of the groups and tables that were chosen once.

    Examples
    --------
    >>> names_of(["phoneme", "adult", "phoneme"])
    ['phoneme', 'adult']
    """
    return list(dict.fromkeys(name for one in chosen for name in GROUPS.get(one, (one,))))


def n_folds(name: str) -> int:
    """Count the splits of a table without reading it."""
    return 1 if name in SPLIT_ONCE else N_FOLDS


def has_numbers(name: str) -> bool:
    """Return whether the targets of a table are numbers, not classes."""
    return name in REGRESSION or name in r_tables.NUMBERS


def encode(y: np.ndarray) -> np.ndarray:
    """Give classes the numbers 0, 1, ... in their order."""
    return LabelEncoder().fit_transform(y)


@cache
def load(name: str, places: Places) -> Table:
    """Read or draw a table.

    Raises
    ------
    OSError
        If it cannot be read; the message says where it was looked for.
    """
    if name == "adult":
        return adult(places.adult)
    if name in SPLIT_ONCE:
        X, y = r_tables.load(name, places.real)
        y = y.astype(float) if has_numbers(name) else encode(y)
        return Table(X, y, [r_tables.split(y, stratified=not has_numbers(name))])
    if name in REGRESSION:
        (X, y), folds = REGRESSION[name](), KFold
    else:
        X, y = keel.load(name, places.keel)
        y, folds = encode(y), StratifiedKFold
    return Table(X, y, list(folds(N_FOLDS, shuffle=True, random_state=FOLD_SEED).split(X, y)))
