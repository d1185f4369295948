"""How long the command takes to read a table, beside pandas.

The file has 150,000 generated rows of eight columns: numbers of four decimals and whole ones,
categories, dates and missing values. `read_file` marks missing values and finds decimal marks;
`load_table` also decides what each column is. Medians of the CPU times are printed, with their
ratios to that of pandas, which reads the cells as text.

Usage: python -m benchmarks reading
"""

import argparse
import time
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from benchmarks.lib.machine import describe
from benchmarks.lib.measuring import seconds, threads
from scratchmlp.cli.reading import read_file
from scratchmlp.cli.table import load_table

ROWS = 150_000
RUNS = 5
TARGET = "bought"
TEXT = "pandas, as text"


def table(n_rows: int) -> pd.DataFrame:
    """Generate a table as users have them."""
    rng = np.random.default_rng(0)
    days = pd.to_timedelta(rng.integers(0, 1500, n_rows), unit="D")
    columns = {
        "amount": rng.lognormal(5, 1, n_rows).round(2),
        "height": rng.normal(size=n_rows).round(4),
        "weight": rng.normal(size=n_rows).round(4),
        "age": rng.integers(18, 90, n_rows),
        "city": rng.choice([f"city {i}" for i in range(50)], n_rows),
        "colour": rng.choice(["red", "green", "blue"], n_rows),
        "since": (pd.Timestamp("2020-01-01") + days).strftime("%Y-%m-%d"),
    }
    features = pd.DataFrame(columns)
    features = features.mask(rng.random(features.shape) < 0.03)
    return features.assign(**{TARGET: rng.choice(["yes", "no"], n_rows)})


def main() -> None:
    """Write the table, read it in turns, and print the medians."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    print(describe("pandas"))
    with TemporaryDirectory() as folder, threads(1), redirect_stderr(StringIO()):
        path = str(Path(folder) / "table.csv")
        table(ROWS).to_csv(path, index=False)
        works = {
            "pandas": lambda: pd.read_csv(path),
            TEXT: lambda: pd.read_csv(path, dtype=str),
            "read_file": lambda: read_file(path),
            "load_table": lambda: load_table(path, TARGET),
        }
        runs = [
            {name: seconds(work, 1, time.process_time) for name, work in works.items()}
            for _ in range(RUNS)
        ]
    medians = pd.DataFrame(runs).median()
    print(f"medians of CPU seconds of {ROWS:,} rows, and of their multiples of {TEXT}")
    found = {"seconds": medians.round(3), "multiple": (medians / medians[TEXT]).round(1)}
    print(pd.DataFrame(found).to_string())


if __name__ == "__main__":
    main()
