"""How long training and prediction take, beside MLPClassifier and torch.

All do the same work, taking turns in one process, and the medians of their times are compared:

- ours, and scikit-learn's MLPClassifier, with the same parameters otherwise at their defaults;
- torch, eager, with fused optimizers, where it is installed (`pip install torch`; its build for
  processors alone is enough); on a full batch it does not shuffle.

Making and casting the data is not timed, nor is a first, short run of each. On one thread, times
are CPU times, else wall times. Then grid searches over pipelines, first the one of README, in CPU
time: see `benchmarks.lib.searches`.

Usage: python -m benchmarks speed [--threads 1|all|N] [--cases NAME ...] [--check]
"""

import argparse
import os
import sys
import warnings
from itertools import product

import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_info

from benchmarks.lib.machine import describe
from benchmarks.lib.measuring import median_seconds
from benchmarks.lib.searches import main_table, table_of_readme
from benchmarks.lib.workloads import CASES, DTYPES, Case

OTHERS = ("MLPClassifier", "torch")
FORMAT = "{:.3g}".format


def blas() -> str:
    """Name the BLAS libraries in use and the kernels that they chose."""
    found = [info for info in threadpool_info() if info["user_api"] == "blas"]
    names = {f"{i['internal_api']} {i['version']} ({i.get('architecture')})" for i in found}
    return ", ".join(sorted(names))


def main() -> int:
    """Measure, print, and return 1 if a bar that counts is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", default="1", help="a number, or 'all'; default 1")
    known = [*CASES, "readme", "searches"]
    parser.add_argument("--cases", nargs="*", choices=known, default=known, metavar="NAME")
    parser.add_argument("--check", action="store_true", help="fail if a ratio is below its bar")
    args = parser.parse_args()
    n_threads = os.cpu_count() if args.threads == "all" else int(args.threads)
    warnings.simplefilter("ignore", ConvergenceWarning)  # every fit runs all of its epochs
    print(f"{describe('torch')}, {blas()}, {n_threads} of {os.cpu_count()} cores")
    missed = False
    if cases := [CASES[name] for name in args.cases if name in CASES]:
        missed = contest(cases, n_threads)
    if "readme" in args.cases:
        print(
            f"\nThe search of README, CPU time\n{table_of_readme().to_string(float_format=FORMAT)}"
        )
    if "searches" in args.cases:
        print(f"\nGrid searches, CPU time\n{main_table().to_string(float_format=FORMAT)}")
    return int(args.check and missed)


def contest(cases: list[Case], n_threads: int) -> bool:
    """Time the candidates of some cases, print a table, and return whether a bar is missed."""
    times, least = {}, {}
    for case, dtype in product(cases, DTYPES):
        times[case.title, dtype] = median_seconds(case, dtype, n_threads)
        number = DTYPES.index(dtype)
        least[case.title, dtype] = {name: bars[number] for name, bars in case.against.items()}
        print(f"{case.title}, {dtype} is done", file=sys.stderr, flush=True)
    medians = pd.DataFrame(times, ["ours", *OTHERS]).T
    bars = pd.DataFrame(least, OTHERS, dtype=float).T
    ratios = medians[[*OTHERS]].div(medians["ours"], axis=0)
    columns = {", ms": 1e3 * medians, " / ours": ratios, " bar": bars}
    table = pd.concat([part.add_suffix(suffix) for suffix, part in columns.items()], axis=1)
    print(f"\n{table.to_string(na_rep='-', float_format=FORMAT)}")
    return bool((ratios < bars).any(axis=None))


if __name__ == "__main__":
    sys.exit(main())
