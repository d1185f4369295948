"""Pages quote each benchmark, candidates do their work, and harmless mutants exist."""

import ast
import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

import scratchmlp
from benchmarks.__main__ import benchmarks
from benchmarks.lib.timed import MAKERS
from benchmarks.lib.workloads import CASES
from checks.libraries import CALLS
from checks.mutants import KNOWN, named_nodes

ROOT = Path(__file__).parents[1]
PACKAGE = Path(scratchmlp.__file__).parent
WORK = [(kind, name) for kind, candidates in MAKERS.items() for name in candidates]


def test_every_benchmark_is_quoted_and_every_quoted_one_exists():
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/**/*.md")]
    text = "".join(page.read_text("utf-8") for page in pages)
    assert {*re.findall(r"python -m\s+benchmarks\s+(\w+)", text)} == {*benchmarks()}
    checks = {*re.findall(r"python -m\s+checks\.(\w+)", text)}
    assert checks == {"same_numbers", "versions", "mutation", "libraries"}


def test_every_library_of_the_extra_gets_a_call():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    names = {
        re.match(r"[\w-]+", requirement)[0]
        for extra in ("libraries", "onnx")
        for requirement in extras["optional-dependencies"][extra]
    }
    assert names - {"scratchmlp", "onnx", "onnxruntime"} == {*CALLS}
    for page in ("README.md", "docs/comparison.md"):
        assert f"{len(CALLS)} libraries" in (ROOT / page).read_text("utf-8")


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(("kind", "candidate"), WORK)
def test_every_candidate_does_its_work(kind, candidate):
    if candidate == "torch":
        pytest.importorskip("torch")
    case = next(case for case in CASES.values() if case.kind == kind)
    X, y = case.load("float64")
    case = replace(case, epochs=2)
    MAKERS[kind][candidate](case, X[:150], y[:150])()


def source_of(module):
    return (PACKAGE / f"{module}.py").read_text(encoding="utf-8")


def test_harmless_mutants_are_of_lines_that_exist():
    for module, lines in KNOWN["harmless"].items():
        assert lines.keys() <= {line.strip() for line in source_of(module).splitlines()}


def test_tuned_numbers_are_of_definitions_that_exist():
    for module, names in KNOWN["tuned"].items():
        defined = {name for name, _ in named_nodes(ast.parse(source_of(module)))}
        assert defined.issuperset(names)
