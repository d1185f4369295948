"""Change the package in one place at a time, and see whether its tests notice.

A mutant is a copy of the package in which one expression or statement is another: ``<``
becomes ``<=``, ``+`` becomes ``-``, ``and`` becomes ``or``, a number grows by one, True becomes
False, a condition is negated, a statement is left out. The tests that call the changed function or
class run on a copy of the repository in a temporary folder. A mutant that no test fails on has
survived, and either a test is missing or the change makes no difference. Mutants that are known to
make none, and numbers that experiments chose, are not drawn: `harmless.toml` lists them.
CONTRIBUTING.md says how to read what is printed.

Usage: python -m checks.mutation [--modules NAME ...] [--n N] [--seed N]
"""

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import chain
from multiprocessing import get_context
from pathlib import Path

import pytest

from checks import mutation_tests
from checks.checkouts import HERE
from checks.mutants import Mutant, mutants
from checks.mutation_tests import CHOSEN, RECORD

SOURCES = HERE / "scratchmlp"
N_JOBS = os.cpu_count() or 1
#: The modules of each package, as paths in scratchmlp/ without ".py".
PACKAGES = {
    "core": sorted(path.stem for path in SOURCES.glob("[!_]*.py")),
    **{
        folder: sorted(
            path.relative_to(SOURCES).with_suffix("").as_posix()
            for path in SOURCES.glob(f"{folder}/**/[!_]*.py")
        )
        for folder in (
            "estimators",
            "tabular",
            "cli",
            "io",
            "evaluation",
            "reporting",
            "dask",
            "utils",
        )
    },
}
#: Files of tests that call nothing of the package, or that work in processes of their own.
OTHERS = ["accuracy", "atomic_write", "benchmarks", "interrupts", "links", "private_names"]
OTHERS += ["browser", "failures", "faults"]
#: What each run of tests imports, but for the package: a server has it, and forks the processes.
LIBRARIES = ["pandas", "scipy.stats", "sklearn.ensemble", "sklearn.model_selection"]
LIBRARIES += ["sklearn.neural_network", "sklearn.utils.estimator_checks"]
LIBRARIES += ["matplotlib.figure", "skops.io"]


def package_of(module: str) -> str:
    """Return the package of a module."""
    return next(package for package, modules in PACKAGES.items() if module in modules)


def files_of(package: str) -> list[str]:
    """Return the files with the tests of a package: the core and the estimators share theirs."""
    if package in ("core", "estimators"):
        core = [f"scratchmlp/{module}.py" for module in PACKAGES["core"]]
        return [*core, "scratchmlp/estimators", *tests_in("tests"), "tests/estimators"]
    tests = "cluster" if package == "dask" else package
    return [f"scratchmlp/{package}", *tests_in(f"tests/{tests}")]


def tests_in(folder: str) -> list[str]:
    """Return the files of tests in a folder, without `OTHERS`."""
    names = sorted(path.stem.removeprefix("test_") for path in HERE.glob(f"{folder}/test_*.py"))
    return [f"{folder}/test_{name}.py" for name in names if name not in OTHERS]


def run_tests(folder: Path, tests: list[str], seconds: float = 300, **variables: Path) -> bool:
    """Tell whether tests pass in a copy of the repository, each within so many seconds."""
    process = get_context("forkserver").Process(
        target=run_pytest, args=(folder, tests, seconds, variables)
    )
    process.start()
    try:
        process.join()
        return process.exitcode == 0
    finally:  # end what the tests have started, too
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def run_pytest(folder: Path, tests: list[str], seconds: float, variables: dict[str, Path]) -> None:
    """Run tests in this process, as `python -m pytest` does, and exit with its status."""
    os.setsid()  # a group of processes
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    os.environ |= {name: str(path) for name, path in variables.items()}
    os.environ |= {
        "PYTHONPATH": str(folder),
        "PYTHONDONTWRITEBYTECODE": "1",  # files of one second and one size would be confused
    }
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(folder))
    os.chdir(folder)
    options = ["-x", "-q", "-p", "no:cacheprovider"]
    options += ["-o", f"faulthandler_timeout={seconds}"]  # a loop without end is noticed, too
    code = pytest.main([*options, *tests], plugins=[mutation_tests])
    os._exit(code)  # without waiting for the processes of joblib, which stay for five minutes


class Suite:
    """The tests of a package.

    Attributes
    ----------
    seconds : dict of str to float
        Seconds of each test.
    called : dict of str to set of tuple of (str, str)
        Modules and names of the functions and classes that it calls.
    """

    def __init__(self, package: str, folder: Path) -> None:
        record = folder / "record.json"
        if not run_tests(folder, files_of(package), **{RECORD: record}):
            sys.exit(f"The tests of {package} fail without a mutation.")
        recorded = json.loads(record.read_text(encoding="utf-8"))
        self.seconds = {test: seconds for test, (seconds, _) in recorded.items()}
        self.called = {test: set(map(tuple, called)) for test, (_, called) in recorded.items()}

    def calling(self, mutant: Mutant) -> list[str]:
        """Return the tests that call what is mutated or, if none does, its module."""
        tests = [t for t, called in self.called.items() if (mutant.module, mutant.name) in called]
        return tests or [t for t, called in self.called.items() if mutant.module in dict(called)]

    def passes(self, mutant: Mutant, folder: Path) -> bool:
        """Tell whether the tests pass that call what is mutated.

        Files with tests that call little else come first, and so do these tests in a file.
        """
        tests = sorted(self.calling(mutant), key=lambda test: len(self.called[test]))
        if not tests:
            return True
        files: dict[str, list[str]] = defaultdict(list)
        for test in tests:
            files[test.partition("::")[0]].append(test)
        chosen = folder / "chosen.txt"
        chosen.write_text("\n".join(chain(*files.values())), encoding="utf-8")
        limit = 30 + 2 * max(self.seconds[test] for test in tests)
        return run_tests(folder, list(files), limit, **{CHOSEN: chosen})

    def notices(self, mutant: Mutant, folder: Path) -> bool:
        """Tell whether a test fails with a mutant in a copy of the repository."""
        path = folder / "scratchmlp" / f"{mutant.module}.py"
        original = path.read_text(encoding="utf-8")
        path.write_text(mutant.source, encoding="utf-8")
        try:
            return not self.passes(mutant, folder)
        finally:
            path.write_text(original, encoding="utf-8")


def survivors_of(drawn: list[Mutant]) -> list[Mutant]:
    """Run the tests on mutants in copies of the repository; print and return those that survive."""
    with tempfile.TemporaryDirectory() as temporary:
        ignored = shutil.ignore_patterns(".*", "__pycache__", "_build", "auto_examples")
        folders = [
            shutil.copytree(HERE, Path(temporary) / str(i), ignore=ignored) for i in range(N_JOBS)
        ]
        packages = {package_of(mutant.module) for mutant in drawn}
        suites = {package: Suite(package, folders[0]) for package in packages}

        def survivors_in(i: int) -> list[Mutant]:
            survivors = []
            for number, mutant in list(enumerate(drawn))[i::N_JOBS]:
                if number % 25 == 0:
                    print(f"mutant {number} of {len(drawn)}", file=sys.stderr, flush=True)
                if not suites[package_of(mutant.module)].notices(mutant, folders[i]):
                    survivors.append(mutant)
                    print(mutant, flush=True)
            return survivors

        with ThreadPoolExecutor(N_JOBS) as pool:
            return [*chain(*pool.map(survivors_in, range(N_JOBS)))]


def main() -> None:
    """Draw mutants, run the tests on each, and print those that survive."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--modules",
        nargs="+",
        choices=[*PACKAGES, *chain(*PACKAGES.values())],
        default=["core"],
        metavar="MODULE",
        help="modules, such as losses or tabular/folds, or all of core or cli (default: core)",
    )
    parser.add_argument("--n", type=int, default=300, help="number of mutants (default: 300)")
    parser.add_argument("--seed", type=int, default=0, help="which mutants (default: 0)")
    arguments = parser.parse_args()
    modules = [module for name in arguments.modules for module in PACKAGES.get(name, [name])]
    os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"
    get_context("forkserver").set_forkserver_preload(LIBRARIES)
    found = [mutant for module in modules for mutant in mutants(module)]
    drawn = [mutant for mutant in found if not mutant.is_harmless]
    n_harmless, names = len(found) - len(drawn), ", ".join(arguments.modules)
    print(f"{len(drawn)} mutants of {names}, without {n_harmless} that are harmless", flush=True)
    if len(drawn) > arguments.n:
        drawn = random.Random(arguments.seed).sample(drawn, arguments.n)
    n_killed = len(drawn) - len(survivors_of(drawn))
    print(f"{n_killed} of {len(drawn)} mutants killed: {100 * n_killed / len(drawn):.1f} %")


if __name__ == "__main__":
    main()
