"""How long modules and functions may be, and how long README says that the core is."""

import ast
import re
from pathlib import Path

import pytest

import scratchmlp

PACKAGE = Path(scratchmlp.__file__).parent
PATHS = {str(path.relative_to(PACKAGE)): path for path in sorted(PACKAGE.rglob("*.py"))}
#: Estimators, whose docstrings describe thirty parameters.
LONG = {"estimators/classifier.py", "estimators/regressor.py"}


@pytest.mark.parametrize("name", PATHS)
def test_modules_are_short(name):
    n_lines = len(PATHS[name].read_text(encoding="utf-8").splitlines())
    assert n_lines <= 350 or name in LONG


def body_lines(function):
    """Count the lines of a function body without its docstring."""
    body = function.body
    if ast.get_docstring(function) is not None:
        body = body[1:]
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize("name", PATHS)
def test_functions_are_short(name):
    tree = ast.parse(PATHS[name].read_text(encoding="utf-8"))
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
    long = {f.name: body_lines(f) for f in functions if f.name != "__init__"}
    assert not {name: n for name, n in long.items() if n > 40}


def code_lines(path):
    """Count the lines of a module that are neither blank nor comments nor docstrings."""
    text = path.read_text(encoding="utf-8")
    documented = (ast.FunctionDef, ast.ClassDef, ast.Module)
    docstrings = {
        number
        for node in ast.walk(ast.parse(text))
        if isinstance(node, documented) and ast.get_docstring(node) is not None
        for number in range(node.body[0].lineno, node.body[0].end_lineno + 1)
    }
    lines = enumerate(text.splitlines(), start=1)
    return sum(
        n not in docstrings and bool(line.strip()) and line.strip()[0] != "#" for n, line in lines
    )


def test_readme_says_how_long_the_core_is():
    others = ("__init__", "__main__", "atomic_write", "callbacks", "public")
    core = [path for path in PACKAGE.glob("*.py") if path.stem not in others]
    n_lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in core)
    n_code = sum(map(code_lines, core))
    readme = " ".join((Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8").split())
    stated = re.search(
        r"core has about ([\d,]+) lines, of which ([\d,]+) are code", readme
    ).groups()
    numbers = [int(number.replace(",", "")) for number in stated]
    assert numbers == [round(n_lines, -2), round(n_code, -2)]
    assert not [path.stem for path in core if f"`{path.stem}`" not in readme]
