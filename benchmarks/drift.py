"""Which columns `drift` tells: none in random halves of a table, and those that were changed.

The tables are those of `findings.py`. Each is split into random halves, an encoder is fitted to
one, and the other one is compared with it. Then 200 rows of the other half are compared in which a
column is changed, if this touches a tenth of them. Printed are the columns told, of how many, and
the names of those not told.

Usage: python -m benchmarks drift [--data DIR] [--seeds N]
"""

import argparse
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.findings import tables
from benchmarks.tables import CACHE
from scratchmlp.tabular import TabularEncoder
from scratchmlp.tabular.columns.fitted_column import FittedColumn
from scratchmlp.tabular.inspection.drift import compared_columns, drift_table

N_ROWS, TOUCHED = 200, 0.1
UNITS = (10, 2.54, 1000)


def changed(column: pd.Series, fitted: FittedColumn) -> Iterator[tuple[str, Any]]:
    """Yield the name of each change that a column may have, and the changed values."""
    yield "half missing", column.mask(np.arange(len(column)) % 2 > 0)
    if fitted.kind == "number" and column.dtype.kind in "iuf":
        for unit in UNITS:
            yield f"x{unit}", column * unit
    if fitted.kind == "date":
        yield "next month", fitted.values_of(column) + pd.Timedelta(days=31)
    if fitted.kind == "category" and fitted.expected == "text":
        labels = column.astype(object)
        yield "spaces", labels.mask(labels == labels.mode()[0], f" {labels.mode()[0]} ")
        yield "capitals", labels.str.swapcase()


def main() -> None:
    """Print what is told."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=CACHE, metavar="DIR")
    parser.add_argument("--seeds", type=int, default=3, metavar="N")
    options = parser.parse_args()
    told, all_columns, missed = Counter(), Counter(), {}
    for name, X, _, _ in tables(options.data):
        for seed in range(options.seeds):
            rows = np.random.RandomState(seed).permutation(len(X))
            first, second = (X.iloc[half] for half in np.array_split(rows, 2))
            with warnings.catch_warnings(action="ignore"):
                encoder = TabularEncoder().fit(first)
            fitted = compared_columns(encoder.fitted_columns)
            found = drift_table(encoder, second)
            told["unchanged"] += found["changed"].sum()
            all_columns["unchanged"] += len(fitted)
            for column in found.index[found["changed"]]:
                print(f"{name}: {column}: {found.loc[column, 'why']}", flush=True)
            new = second[:N_ROWS]
            for column in fitted if seed == 0 else ():
                for change, values in changed(new[column], fitted[column]):
                    table, known = new.copy(), new[column].notna()
                    table[column] = values
                    if (table[column][known] != new[column][known]).sum() < TOUCHED * N_ROWS:
                        continue
                    row = drift_table(encoder, table).loc[column]
                    told[change] += row["changed"]
                    all_columns[change] += 1
                    if not row["changed"]:
                        missed.setdefault(change, []).append(f"{name} {column}")
    for change, n in all_columns.items():
        print(f"{change}: {told[change]:,} of {n:,} columns told")
        print(f"  not told: {', '.join(missed.get(change, []))}")


if __name__ == "__main__":
    main()
