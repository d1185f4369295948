"""Which columns `drift` tells: none in random halves of a table, and those that were changed.

The tables are those of `findings.py`. Each is split into random halves, an encoder is fitted to
one, and the other one is compared with it. Then 200 rows of the other half are compared in which a
column is changed, if this touches a tenth of them. Printed are the columns told, of how many, and
the names of those not told.

Usage: python -m benchmarks drift [--data DIR] [--seeds N]
"""

import argparse
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.findings import tables
from benchmarks.lib.tables import CACHE
from scratchmlp.tabular import TabularEncoder
from scratchmlp.tabular.columns.any_column import Column
from scratchmlp.tabular.columns.encoder import fitted_columns
from scratchmlp.tabular.inspection.drift import compared_columns, drift_table

N_ROWS, TOUCHED = 200, 0.1
UNITS = (10, 2.54, 1000)


def changed(column: pd.Series, fitted: Column) -> Iterator[tuple[str, Any]]:
    """Yield the name of each change that a column may have, and the changed values."""
    yield "half missing", column.mask(np.arange(len(column)) % 2 > 0)
    if fitted.kind == "number" and column.dtype.kind in "iuf":
        yield from ((f"x{unit}", column * unit) for unit in UNITS)
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
    n_columns, told, compared, missed = 0, [], Counter(), defaultdict(list)
    for name, X, _, _ in tables(options.data):
        for seed in range(options.seeds):
            rows = np.random.RandomState(seed).permutation(len(X))
            first, second = (X.iloc[half] for half in np.array_split(rows, 2))
            with warnings.catch_warnings(action="ignore"):
                encoder = TabularEncoder().fit(first)
            fitted = compared_columns(fitted_columns(encoder))
            drift, new = drift_table(encoder, second), second[:N_ROWS]
            n_columns += len(fitted)
            why = drift.loc[drift["changed"], "why"]
            told += [f"\n  {name} {column}: {words}" for column, words in why.items()]
            for column in fitted if seed == 0 else ():
                for change, values in changed(new[column], fitted[column]):
                    table, known = new.copy(), new[column].notna()
                    table[column] = values
                    if (table[column][known] != new[column][known]).sum() < TOUCHED * N_ROWS:
                        continue
                    compared[change] += 1
                    if not drift_table(encoder, table).loc[column, "changed"]:
                        missed[change].append(f"\n  not {name} {column}")
    print(f"random halves: {len(told)} of {n_columns:,} columns told", *told)
    for change, n in compared.items():
        print(f"{change}: {n - len(missed[change])} of {n} columns told", *missed[change])


if __name__ == "__main__":
    main()
