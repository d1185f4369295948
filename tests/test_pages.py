"""Pages name the extra that a command or an import needs before the reader runs it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(?:sh|python|py)\n(.*?)^```", re.M | re.S)
INSTALLED = re.compile(r"pip install[^\n]*\[([\w,]+)\]")
#: What needs an extra, as a regular expression, and the extra.
NEEDS = [
    (r"--plot|scratchmlp\.plotting import", "plot"),
    (r"--report|import report$|scratchmlp\.report\(", "report"),
    (r"--export|to_onnx", "onnx"),
    (r"\.parquet|\.xlsx", "files"),
    (r"scratchmlp\.dask|distributed", "dask"),
]
CONTAINS = {
    "all": {"plot", "report", "onnx", "files", "dask", "progress"},
    "report": {"report", "plot"},
}


def installed_before(text):
    """Return the extras that the install lines of a text install."""
    names = {name for found in INSTALLED.findall(text) for name in found.split(",")}
    return names.union(*(CONTAINS.get(name, set()) for name in names))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_extras_are_installed_before_they_are_needed(page):
    text = page.read_text("utf-8")
    for block in BLOCK.finditer(text):
        for pattern, extra in NEEDS:
            need = re.search(pattern, block[1], re.M)
            if need:
                before = text[: block.start(1) + need.start()]
                assert extra in installed_before(before), f"{need[0]} needs [{extra}]"


def test_an_extra_that_is_missing_or_named_too_late_is_found():
    assert installed_before('pip install ".[report,files]"') == {"report", "plot", "files"}
    assert installed_before("pip install .") == set()
