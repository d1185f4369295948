"""Pages name the extra that a command or an import needs before the reader runs it."""

import ast
import re
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.helpers.pages import check_output, find_tables

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(?:sh|python|py)\n(.*?)^```", re.M | re.S)
INSTALLED = re.compile(r"pip install[^\n]*\[([\w,]+)\]")
OURS = re.compile(r"^scratchmlp\[([\w,]+)\]$")
#: What needs an extra, as a regular expression, and the extra.
NEEDS = [
    (r"--plot|scratchmlp\.plotting import", "plot"),
    (r"--report|import report$|scratchmlp\.report\(", "report"),
    (r"--export|to_onnx", "onnx"),
    (r"\.parquet|\.xlsx", "files"),
    (r"scratchmlp\.dask|distributed", "dask"),
]
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"][
    "optional-dependencies"
]


TROUBLES = ROOT / "docs" / "troubleshooting.md"


def contained(extra):
    """Return an extra with the extras that it contains."""
    inside = [name for each in EXTRAS.get(extra, ()) for name in OURS.findall(each)]
    names = [name for found in inside for name in found.split(",")]
    return {extra}.union(*map(contained, names))


def missing(text):
    """Yield what the blocks of a page need, with the extra, if no install line is above it."""
    for block in BLOCK.finditer(text):
        for pattern, extra in NEEDS:
            for need in re.finditer(pattern, block[1], re.M):
                above = INSTALLED.findall(text[: block.start(1) + need.start()])
                names = [name for found in above for name in found.split(",")]
                if extra not in set().union(*map(contained, names)):
                    yield need[0], extra


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_extras_are_installed_before_they_are_needed(page):
    assert not list(missing(page.read_text("utf-8")))


def test_a_table_below_code_must_be_the_data_frame_that_it_prints():
    text = "```python\nprint(frame)\n```\n\n|   | a |\n|---|---|\n| 0 | -1.5 |\n"
    document = SimpleNamespace(text=text, printed="     a\n0 -1.5\n")
    (table,) = find_tables(document)
    example = SimpleNamespace(parsed=table.parsed, document=document)
    assert check_output(example) is None
    document.printed = "     a\n0 -1.6\n"
    assert check_output(example)


def test_the_package_says_what_the_page_on_troubleshooting_quotes():
    """Messages are put together from parts: around values, which the page writes as …."""
    quoted = re.findall(r"^\| `([^`]+)` \|", TROUBLES.read_text("utf-8"), re.M)
    parts = {part.strip().lower() for message in quoted for part in message.split("…")}
    trees = [ast.parse(path.read_text("utf-8")) for path in (ROOT / "scratchmlp").rglob("*.py")]
    constants = [
        node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)
    ]
    text = "\n".join(node.value for node in constants if isinstance(node.value, str)).lower()
    assert len(quoted) > 25
    assert [part for part in parts if part not in text] == []
