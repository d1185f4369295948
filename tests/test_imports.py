"""Imports run one way: each module may import those that stand before it in this list."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import scratchmlp

ORDER = [
    "activations",
    "blas",
    "losses",
    "network",
    "objective",
    "parametrization",
    "optimizers",
    "schedules",
    "monitor",
    "training",
    "fitted",
    "tasks",
    "parameters",
    "base",
    "classifier",
    "regressor",
    "gradient",
    "__init__",
    "callbacks",
    "plotting._shared",
    "plotting._curves",
    "plotting._network",
    "plotting._weights",
    "plotting",
    "tabular._columns",
    "tabular._levels",
    "tabular._encoder",
    "tabular._piecewise",
    "tabular._recipe",
    "tabular._member",
    "tabular._selection",
    "tabular._base",
    "tabular._classifier",
    "tabular._regressor",
    "tabular",
    "_table",
    "_files",
    "_progress",
    "_comparison",
    "_model",
    "_picture",
    "__main__",
]
PACKAGE = Path(scratchmlp.__file__).parent


def name_of(path):
    """Name of a module inside the package; that of a folder is the folder's."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


PATHS = {name_of(path): path for path in PACKAGE.rglob("*.py")}


def imported(module):
    """Names of this package's modules that a module imports."""
    tree = ast.parse(PATHS[module].read_text(encoding="utf-8"))
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("scratchmlp"):
            names.add(node.module.partition(".")[2] or "__init__")
        elif isinstance(node, ast.Import):
            assert not any(alias.name.startswith("scratchmlp.") for alias in node.names)
    return names


def test_every_module_has_its_place():
    assert set(PATHS) == set(ORDER)


@pytest.mark.parametrize("module", ORDER)
def test_imports_run_one_way(module):
    assert imported(module) <= set(ORDER[: ORDER.index(module)])


def test_network_objective_optimizers_and_schedules_take_objects_not_modules():
    assert imported("optimizers") == {"activations", "blas"}
    assert imported("schedules") == set()
    assert imported("network") == {"activations", "blas"}
    assert imported("objective") == {"activations", "blas", "losses", "network"}


@pytest.mark.parametrize("library", ["matplotlib", "pandas", "rich"])
def test_importing_the_package_imports_no_more_than_scikit_learn_does(library):
    """Whatever `import sklearn.neural_network` leaves unimported, so do we, displays included."""
    ours, theirs = (
        subprocess.run(
            [sys.executable, "-c", f"import sys, {package}; print({library!r} in sys.modules)"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for package in ("scratchmlp.plotting", "sklearn.neural_network")
    )
    assert ours == theirs
