"""Imports run one way: each module may import those that stand before it in this list."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import scratchmlp

ORDER = [
    "arrays",
    "activations",
    "kernels",
    "loss",
    "losses",
    "workspace",
    "network",
    "initializers",
    "objective",
    "optimizer",
    "optimizers",
    "schedules",
    "batches",
    "run",
    "monitor",
    "training",
    "rollback",
    "estimators",
    "estimators.state",
    "estimators.callback_tasks",
    "estimators.parameters",
    "estimators.base",
    "estimators.classifier",
    "estimators.regressor",
    "estimators.gradient_check",
    "__init__",
    "callbacks",
    "plotting.shared",
    "plotting.curves",
    "plotting.network",
    "plotting.weights",
    "plotting",
    "tabular.columns",
    "tabular.levels",
    "tabular.encoder",
    "tabular.piecewise",
    "tabular.tangent",
    "tabular.recipe",
    "tabular.member",
    "tabular.selection",
    "tabular.base",
    "tabular.classifier",
    "tabular.regressor",
    "tabular",
    "cli",
    "cli.table",
    "cli.files",
    "cli.progress",
    "cli.comparison",
    "cli.model",
    "cli.figures",
    "cli.main",
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


def test_the_core_knows_no_estimator():
    core = ORDER[: ORDER.index("estimators")]
    assert all("." not in name for module in core for name in imported(module))


def wing(module):
    return module.partition(".")[0]


@pytest.mark.parametrize("module", ORDER)
def test_private_names_stay_in_their_wing(module):
    """A name with an underscore belongs to its folder; at the root, to its file."""
    tree = ast.parse(PATHS[module].read_text(encoding="utf-8"))
    taken = {
        f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("scratchmlp.")
        for alias in node.names
        if alias.name.startswith("_") and wing(node.module.partition(".")[2]) != wing(module)
    }
    assert not taken


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
