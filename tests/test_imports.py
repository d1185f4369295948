"""Imports have one direction: each module may import only modules before it in this list."""

import ast
import inspect
import pickle
import subprocess
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pytest

import scratchmlp

ORDER = [
    "public",
    "arrays",
    "activation",
    "activations",
    "kernels",
    "loss",
    "losses",
    "dropout",
    "workspace",
    "network",
    "initializers",
    "objective",
    "optimizer",
    "optimizers",
    "run",
    "adaptive",
    "schedules",
    "solvers",
    "batches",
    "monitor",
    "training",
    "stacked_objective",
    "stacked_batches",
    "stacked",
    "atomic_fit",
    "estimators",
    "estimators.scaling",
    "estimators.versions",
    "estimators.classes",
    "estimators.targets",
    "estimators.state",
    "estimators.callback_tasks",
    "estimators.suggestions",
    "estimators.parameters",
    "estimators.prepared",
    "estimators.convergence",
    "estimators.validation",
    "estimators.base",
    "estimators.classifier",
    "estimators.regressor",
    "estimators.gradient_check",
    "__init__",
    "tabular.columns",
    "tabular.found",
    "tabular.parsing",
    "tabular.date_parsing",
    "tabular.text_reading",
    "tabular.date_order",
    "tabular.integer_kinds",
    "tabular.numeric",
    "tabular.text",
    "tabular.column_kinds",
    "tabular.column_roles",
    "tabular.notes",
    "tabular.levels",
    "tabular.dates",
    "tabular.column_encoding",
    "tabular.encoded_table",
    "tabular.table_encoding",
    "tabular.plain_state",
    "tabular.encoder",
    "tabular.piecewise",
    "tabular.tangent",
    "tabular.recipe",
    "tabular.deadline",
    "tabular.fold_evaluator",
    "tabular.target_encoding",
    "tabular.term_selection",
    "tabular.logarithms",
    "tabular.inputs",
    "tabular.member",
    "tabular.cross_fitting",
    "tabular.selection",
    "tabular.blending",
    "tabular.calibration",
    "tabular.folds",
    "tabular.association",
    "tabular.out_of_fold",
    "tabular.rows_of_fit",
    "tabular.importances",
    "tabular.conformal",
    "tabular.difficulty",
    "tabular.base",
    "tabular.targets",
    "tabular.mlp",
    "tabular.classifier",
    "tabular.regressor",
    "tabular.default_estimators",
    "tabular.named_estimators",
    "tabular.ensemble",
    "tabular.ensemble_classifier",
    "tabular.ensemble_regressor",
    "tabular",
    "atomic_write",
    "io.errors",
    "io.trusted",
    "io.container",
    "io.array_headers",
    "io.schema",
    "io.objects",
    "io.network_checks",
    "io.sklearn_checks",
    "io.sparse_checks",
    "io.column_checks",
    "io.conformal_checks",
    "io.tabular_checks",
    "io.checks",
    "io.training_state",
    "io.files",
    "io.onnx",
    "io.onnx.graph",
    "io.onnx.activations",
    "io.onnx.outputs",
    "io.onnx.perceptron",
    "io.onnx.skl2onnx_converters",
    "io.onnx.calendar",
    "io.onnx.table",
    "io.onnx.inputs",
    "io.onnx.members",
    "io.onnx.predictions",
    "io.onnx.tabular",
    "io.onnx.trees",
    "io.onnx.folds",
    "io.onnx.ensemble",
    "io.onnx.export",
    "io",
    "model_selection.planned",
    "model_selection.stacked_fits",
    "model_selection.tasks",
    "model_selection.search",
    "model_selection.together",
    "model_selection",
    "callbacks",
    "dask.summaries",
    "dask.collections",
    "dask.supervision",
    "dask.clients",
    "dask.watch",
    "dask.rounds",
    "dask.on_cluster",
    "dask.pieces",
    "dask.data",
    "dask.objective",
    "dask.preparation",
    "dask.prepared",
    "dask.scoring",
    "dask.validation",
    "dask.predictions",
    "dask.base",
    "dask.classifier",
    "dask.regressor",
    "dask.tables",
    "dask.tables.rows",
    "dask.tables.table",
    "dask.tables.preparation",
    "dask.tables.members",
    "dask.tables.shares",
    "dask.tables.base",
    "dask.tables.classifier",
    "dask.tables.regressor",
    "dask",
    "plotting.shared",
    "plotting.curves",
    "plotting.importances",
    "plotting.network",
    "plotting.weights",
    "plotting",
    "reporting",
    "reporting.digits",
    "reporting.content",
    "reporting.pictures",
    "reporting.page",
    "reporting.evaluated",
    "reporting.columns",
    "reporting.scores",
    "reporting.classes",
    "reporting.numbers",
    "reporting.importances",
    "reporting.dependence",
    "reporting.rows",
    "reporting.coverage",
    "reporting.uncertainty",
    "reporting.mistakes",
    "reporting.training",
    "reporting.summary",
    "reporting.origin",
    "reporting.assembly",
    "cli",
    "cli.messages",
    "cli.streams",
    "cli.contents",
    "cli.sniffing",
    "cli.cells",
    "cli.delimited",
    "cli.typed",
    "cli.reading",
    "cli.roles",
    "cli.target",
    "cli.kinds",
    "cli.times",
    "cli.table",
    "cli.help",
    "cli.file_options",
    "cli.training_options",
    "cli.files",
    "cli.saved_model",
    "cli.export",
    "cli.writing",
    "cli.progress",
    "cli.metrics",
    "cli.folds",
    "cli.comparison",
    "cli.report",
    "cli.report_page",
    "cli.predictions",
    "cli.figures",
    "cli.article",
    "cli.options",
    "cli.main",
    "__main__",
]
PACKAGE = Path(scratchmlp.__file__).parent


def name_of(path):
    """Return the name of a module in the package; `__init__` has the name of its folder."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


PATHS = {name_of(path): path for path in PACKAGE.rglob("*.py")}


def imported(module):
    """Return the names of the modules of this package that a module imports."""
    tree = ast.parse(PATHS[module].read_text(encoding="utf-8"))
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0  # relative imports would not be seen
            if node.module == "scratchmlp":
                names |= {each.name if each.name in PATHS else "__init__" for each in node.names}
            elif node.module.startswith("scratchmlp."):
                names.add(node.module.partition(".")[2])
        elif isinstance(node, ast.Import):
            assert not any(alias.name.startswith("scratchmlp.") for alias in node.names)
    return names


def test_every_module_has_its_place():
    assert set(PATHS) == set(ORDER)


@pytest.mark.parametrize("module", ORDER)
def test_imports_run_one_way(module):
    assert imported(module) <= set(ORDER[: ORDER.index(module)])


def test_network_objective_optimizers_and_schedules_take_objects_not_modules():
    assert imported("optimizers") == {"kernels", "optimizer"}
    assert imported("schedules") == set()
    assert imported("network") == {
        "activations", "arrays", "dropout", "kernels", "workspace",
    }  # fmt: skip
    assert imported("objective") == {"arrays", "kernels", "loss", "network", "workspace"}


def test_the_core_knows_no_estimator():
    core = ORDER[: ORDER.index("estimators")]
    assert all("." not in name for module in core for name in imported(module))


def wing(module):
    return module.partition(".")[0]


@pytest.mark.parametrize("module", ORDER)
def test_private_names_stay_in_their_wing(module):
    """A name with an underscore is private to its folder, or at the root to its file."""
    tree = ast.parse(PATHS[module].read_text(encoding="utf-8"))
    taken = {
        f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("scratchmlp.")
        for alias in node.names
        if alias.name.startswith("_") and wing(node.module.partition(".")[2]) != wing(module)
    }
    assert not taken


def test_importing_the_package_imports_no_more_than_scikit_learn_does():
    """We import no package that `import sklearn.neural_network` does not import, even for plots."""
    libraries = {"matplotlib", "pandas", "rich"}
    ours, theirs = (
        subprocess.run(
            [
                sys.executable,
                "-c",
                f"import sys, {package}; print(sorted({libraries} & {{*sys.modules}}))",
            ],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for package in ("scratchmlp.plotting", "sklearn.neural_network")
    )
    assert ours == theirs


PUBLIC = [
    "",
    ".activations",
    ".io",
    ".losses",
    ".model_selection",
    ".optimizers",
    ".plotting",
    ".tabular",
]


def test_readme_lists_the_core():
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    others = ("__init__", "__main__", "atomic_write", "callbacks", "public")
    core = [path.stem for path in PACKAGE.glob("*.py") if path.stem not in others]
    assert not [name for name in core if f"`{name}`" not in readme]


@pytest.mark.parametrize("path", [f"scratchmlp{name}" for name in PUBLIC])
def test_public_classes_are_pickled_by_their_public_path(path):
    """Files may move: pickles, documentation and error messages keep this name."""
    module = import_module(path)
    classes = [getattr(module, name) for name in module.__all__ if name != "__version__"]
    classes = [each for each in classes if isinstance(each, type)]
    assert classes
    for each in classes:
        assert each.__module__ == path
        assert pickle.loads(pickle.dumps(each)) is each
        with suppress(OSError):  # of a class in another file: no source is better than a wrong one
            assert f"class {each.__name__}" in inspect.getsource(each)


def test_names_and_public_modules_are_imported_on_first_use():
    """Nothing else is imported before: the command line must first see to Ctrl-C."""
    code = """
import sys, scratchmlp
assert {name for name in sys.modules if name.startswith("scratchmlp")} == {"scratchmlp"}
assert not {"numpy", "scipy", "sklearn"} & {*sys.modules}
assert {*scratchmlp._MODULES, "__version__"} == {*scratchmlp.__all__}
assert {"tabular", "ScratchMLPClassifier"} < {*dir(scratchmlp)}
assert scratchmlp.estimators.__name__ == "scratchmlp.estimators"
assert scratchmlp.tabular.TabularMLPClassifier and scratchmlp.callbacks.TimeLimit
assert all(hasattr(scratchmlp, name) for name in dir(scratchmlp))
assert not hasattr(scratchmlp, "table")
from scratchmlp import *
assert ScratchMLPClassifier is scratchmlp.ScratchMLPClassifier
"""
    subprocess.run([sys.executable, "-c", code], check=True)
