"""The links of the pages that are read in the repository lead somewhere."""

import re
from importlib import import_module
from operator import attrgetter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
PAGES = ("README.md", "CONTRIBUTING.md")


def links(page):
    """Yield the text of each link of a page, with the path and the heading that it leads to."""
    for text, address in LINK.findall((ROOT / page).read_text(encoding="utf-8")):
        if not address.startswith("https://"):
            path, _, heading = address.partition("#")
            yield text, ROOT / (path or page), heading


def headings(path):
    """Return the headings of a page as GitHub writes them in links."""
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
    found = re.findall(r"^#+ (.+)$", text, flags=re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files_and_headings(page):
    missing = [
        (text, path.name, heading)
        for text, path, heading in links(page)
        if not path.exists() or (heading and heading not in headings(path))
    ]
    assert not missing


def test_formulas_of_readme_lead_to_the_modules_of_their_functions():
    table = (ROOT / "README.md").read_text(encoding="utf-8").split("| formula | function |")[1]
    rows = [row for row in table.split("\n\n")[0].splitlines()[2:] if row]
    functions = [
        (name, module)
        for row in rows
        for name, module in re.findall(r"\[`([\w.]+)`\]\(scratchmlp/(\w+)\.py\)", row)
    ]
    assert len(functions) >= len(rows) > 10
    for name, module in functions:
        path = f"scratchmlp.{module}"
        assert attrgetter(name)(import_module(path)).__module__ == path
