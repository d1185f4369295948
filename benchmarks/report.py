"""Time a report on Adult, and measure its size.

The report is on the out-of-fold predictions of a `TabularEnsembleClassifier` for the 32,561
training rows. Training is not counted; imports are.

Usage: python -m benchmarks report [--adult DIR] [--path FILE.html] [--check]
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
from checks import check
from machine import describe
from tabular_data import ADULT, adult

import scratchmlp
from scratchmlp.tabular import TabularEnsembleClassifier

#: Most seconds and megabytes.
SECONDS, MEGABYTES = 60.0, 3.0


def main() -> None:
    """Print the time and the size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--adult", type=Path, default=ADULT, help="folder of the two files")
    parser.add_argument("--path", type=Path, help="where to keep the report")
    parser.add_argument(
        "--check", action="store_true", help="exit with status 1 if a bar is missed"
    )
    options = parser.parse_args()
    print(describe("matplotlib", "jinja2"))
    table = adult(options.adult)
    rows, _ = table.splits[0]
    X, y = table.X.iloc[rows], pd.Series(table.y[rows], name="income")
    ensemble = TabularEnsembleClassifier(n_jobs=-1, random_state=0).fit(X, y)
    path = options.path or Path(tempfile.gettempdir()) / "report.html"
    start = time.perf_counter()
    scratchmlp.report(ensemble, X, y, path=path)
    seconds = time.perf_counter() - start
    results = [
        check("report on Adult, seconds", seconds, SECONDS, False, 1),
        check("report on Adult, MB", path.stat().st_size / 1e6, MEGABYTES, False),
    ]
    print(*results, sep="\n")
    if options.check and any(result.verdict == "FAIL" for result in results):
        sys.exit(1)


if __name__ == "__main__":
    main()
