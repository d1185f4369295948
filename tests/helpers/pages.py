"""A plugin of pytest that runs the code blocks of the Markdown pages, one namespace a page."""

import os
import re
from contextlib import redirect_stdout
from doctest import ELLIPSIS, NORMALIZE_WHITESPACE, Example, OutputChecker
from importlib.util import find_spec
from io import StringIO
from itertools import pairwise
from pathlib import Path
from shutil import copy, copytree
from tempfile import TemporaryDirectory

import pytest
from sybil import Region, Sybil
from sybil.evaluators.python import PythonEvaluator
from sybil.parsers.myst import CodeBlockParser, PythonCodeBlockParser, SkipParser

ROOT = Path(__file__).parents[2]
OPTIONS = ELLIPSIS | NORMALIZE_WHITESPACE
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
TABLE = re.compile(r"^```python\n(?:(?!```).*\n)*```\n\n((?:\|.*\n)+)", re.M)
TUTORIAL = ROOT / "docs" / "tables.md"


class PrintingEvaluator(PythonEvaluator):
    """Run a block, and keep what it prints."""

    def __call__(self, example):
        """Run the block. Pages after the tutorial begin with the file that it has saved."""
        saved, shared = Path("income.model"), example.namespace["tutorial_file"]
        if 'model = load("income.model")' in example.parsed:
            if not shared.exists():
                train_tutorial_model()
                share(saved, shared)
            copy(shared, saved)
        with redirect_stdout(StringIO()) as printed:
            super().__call__(example)
        example.document.printed = printed.getvalue()
        if Path(example.path) == TUTORIAL and saved.exists():
            share(saved, shared)


@pytest.fixture(scope="session")
def tutorial_file(tmp_path_factory):
    """Return where the processes of a run share the file that the tutorial has saved."""
    folder = tmp_path_factory.getbasetemp()
    return (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "income.model"


def share(saved, shared):
    """Put a copy of a file into its place at once: other processes may read there."""
    part = shared.with_name(f"{shared.name}.{os.getpid()}")
    copy(saved, part)
    part.replace(shared)


def train_tutorial_model():
    """Save the model of the tutorial, whose first blocks fit it."""
    from scratchmlp.io import save  # not before the coverage of the package is measured

    page = {}
    blocks = (code for kind, code in BLOCK.findall(TUTORIAL.read_text("utf-8")) if kind == "python")
    with redirect_stdout(StringIO()):
        while "model" not in page:
            exec(next(blocks), page)
    save(page["model"], "income.model")


def find_outputs(document):
    """Yield the blocks of text that follow a block of Python code: they are its output."""
    for block, following in pairwise(BLOCK.finditer(document.text)):
        if (block[1], following[1]) == ("python", "text") and not block[2].startswith(">>>"):
            yield Region(*following.span(2), following[2], check_output)


def find_tables(document):
    """Yield the tables right below a block of Python code: DataFrames that it prints."""
    for table in TABLE.finditer(document.text):
        yield Region(*table.span(1), re.sub(r"\|[-:|]+\||\|", " ", table[1]), check_output)


def check_output(example):
    """Return the difference between the output on the page and the one of the code above it."""
    shown, printed = Example("", example.parsed), example.document.printed
    checker = OutputChecker()
    if not checker.check_output(shown.want, printed, OPTIONS):
        return checker.output_difference(shown, printed, OPTIONS)
    return None


python_blocks = PythonCodeBlockParser(doctest_optionflags=OPTIONS)
python_blocks.codeblock_parser = CodeBlockParser("python", PrintingEvaluator())


def enter_folder(namespace):
    """Let a page run in a folder of its own, which has the tables of docs/data."""
    folder = TemporaryDirectory()
    copytree(ROOT / "docs" / "data", Path(folder.name, "docs", "data"))
    namespace.update(find_spec=find_spec, page_folders=(folder, Path.cwd()))  # for skips; to leave
    os.chdir(folder.name)


def leave_folder(namespace):
    """Go back, and remove the folder with what the page has written."""
    folder, before = namespace["page_folders"]
    os.chdir(before)
    folder.cleanup()


pytest_collect_file = Sybil(
    path=str(ROOT),
    parsers=[python_blocks, find_outputs, find_tables, SkipParser()],
    setup=enter_folder,
    teardown=leave_folder,
    fixtures=["tutorial_file"],
    patterns=["README.md", "CONTRIBUTING.md", "docs/*.md", "docs/backpropagation/*.md"],
).pytest()
