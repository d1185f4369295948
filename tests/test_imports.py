"""What may be imported from where, and when. pyproject.toml holds the order of the modules."""

import ast
import doctest
import inspect
import pickle
import re
import subprocess
import sys
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

import scratchmlp
import scratchmlp.io

PACKAGE = Path(scratchmlp.__file__).parent
DOCS = Path(__file__).parents[1] / "docs"  # the package may be an installed one


def name_of(path):
    """Return the name of a module in the package; `__init__` has the name of its folder."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


PATHS = {name_of(path): path for path in PACKAGE.rglob("*.py")}


def wing(module):
    """Return the folder of a module; one at the root is a wing of its own."""
    return ".".join(PATHS[module].relative_to(PACKAGE).parts[:-1]) or module


@pytest.mark.parametrize("module", PATHS)
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


def private_attributes(module, are_stored):
    """Return the private attributes that a module sets on its objects, or that it reads of others.

    What is read of `self` or `cls` counts for neither.
    """
    names = set()
    for node in ast.walk(ast.parse(PATHS[module].read_text(encoding="utf-8"))):
        match node:
            case ast.FunctionDef(name=name) if are_stored:
                names.add(name)
            case ast.AnnAssign(target=ast.Name(id=name)) if are_stored:
                names.add(name)
            case ast.Attribute(attr=name, ctx=ast.Store()) if are_stored:
                names.add(name)
            case ast.Attribute(value=ast.Name(id="self" | "cls")):
                pass
            case ast.Attribute(attr=name, ctx=ast.Load()) if not are_stored:
                names.add(name)
    return {name for name in names if name.startswith("_") and not name.startswith("__")}


STORED = {}
for each in PATHS:
    STORED.setdefault(wing(each), set()).update(private_attributes(each, are_stored=True))
#: Private attributes of scikit-learn's objects that objects of another folder have, too.
OF_LIBRARIES = {"tabular.ensemble": {"_loss"}}  # of boosted trees


@pytest.mark.parametrize("folder", sorted(STORED))
def test_no_folder_reads_private_attributes_of_the_objects_of_another(folder):
    own = STORED[folder]
    others = set().union(*(STORED[other] for other in STORED if other != folder)) - own
    modules = [each for each in PATHS if wing(each) == folder]
    read = set().union(*(private_attributes(each, are_stored=False) for each in modules))
    assert read & others == OF_LIBRARIES.get(folder, set())


PUBLIC = ["", ".activations", ".io", ".losses", ".optimizers", ".plotting"]
PUBLIC.append(".tabular")


def documented_modules():
    """Return the modules of the API reference, such as "io" of `io.save`."""
    page = (DOCS / "api.md").read_text(encoding="utf-8")
    listed = re.findall(r"^   ([a-z_]+)(?:\.\w+)?$", page, re.M)
    return sorted({*listed} - {*scratchmlp.__all__})


@pytest.mark.nightly  # imports everything once for each module
def test_documented_modules_can_be_used_after_import_scratchmlp():
    """Each is the first that a process uses: the import of one may import others."""
    modules = [name for name in documented_modules() if name != "dask" or find_spec("dask")]
    assert {"activations", "io", "tabular"} <= {*modules}
    code = f"""
import sys
for module in {modules}:
    for name in [name for name in sys.modules if name.startswith("scratchmlp")]:
        del sys.modules[name]
    import scratchmlp
    assert getattr(scratchmlp, module) is sys.modules["scratchmlp." + module]
    assert module in dir(scratchmlp)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_page_on_architecture_lists_the_core_in_the_order_of_imports():
    page = (DOCS / "architecture.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| (?:{py:mod})?`(?:~scratchmlp\.)?(\w+)` \|", page, re.M)
    assert {*listed} == {path.stem for path in PACKAGE.glob("[!_]*.py")}
    for place, module in enumerate(listed):
        source = PATHS[module].read_text(encoding="utf-8")
        imported = re.findall(r"^from scratchmlp\.(?!utils)(\w+) import", source, re.M)
        assert {*imported} <= {*listed[place + 1 :]}, module


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


NAMES = [(scratchmlp, name) for name in scratchmlp._MODULES]
NAMES += [(scratchmlp.io, name) for name in scratchmlp.io._MODULES]
NAMED = [getattr(module, name) for module, name in NAMES if name[0].isupper()]


@pytest.mark.parametrize("cls", [each for each in NAMED if isinstance(each, type)])
def test_the_examples_of_classes_that_are_imported_on_first_use_run(cls):
    """pytest looks for examples in `__init__.py`, before it has imported these classes."""
    (examples,) = doctest.DocTestFinder(recurse=False).find(cls, module=False)
    assert doctest.DocTestRunner().run(examples).failed == 0


def test_names_and_public_modules_are_imported_on_first_use():
    """Nothing else is imported before: the command line must first see to Ctrl-C.

    Even for plots, we import no package that `import sklearn.neural_network` does not import.
    """
    code = """
import sys, scratchmlp
ours = {name for name in sys.modules if name.startswith("scratchmlp")}
assert ours == {"scratchmlp", "scratchmlp.utils", "scratchmlp.utils.public"}
assert not {"numpy", "scipy", "sklearn"} & {*sys.modules}
assert {*scratchmlp._MODULES, "__version__"} == {*scratchmlp.__all__}
assert {"tabular", "ScratchMLPClassifier"} < {*dir(scratchmlp)}
import sklearn.neural_network
before = {*sys.modules}
assert scratchmlp.estimators.__name__ == "scratchmlp.estimators"
assert scratchmlp.tabular.TabularMLPClassifier and scratchmlp.callbacks.TimeLimit
import scratchmlp.plotting
assert not {"matplotlib", "pandas", "rich"} & ({*sys.modules} - before)
sys.modules["dask"] = None  # as if it were not installed
assert all(hasattr(scratchmlp, name) for name in dir(scratchmlp))  # as help does
try:
    scratchmlp.dask
except ImportError as error:
    assert 'pip install ".[dask]" in the folder of the source' in str(error)
else:
    raise AssertionError
assert not hasattr(scratchmlp, "table")
from scratchmlp import *
assert ScratchMLPClassifier is scratchmlp.ScratchMLPClassifier
"""
    subprocess.run([sys.executable, "-c", code], check=True)
