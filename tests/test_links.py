"""The links of all pages lead somewhere, and numbers that two pages have are the same."""

import re
from importlib import import_module
from operator import attrgetter
from pathlib import Path

import pytest

from benchmarks import fresh
from benchmarks.fresh import STORED
from benchmarks.lib import fresh_tables
from benchmarks.lib.differences import ENSEMBLE, by_split, overview, pair
from benchmarks.lib.fresh_tables import GROUPS
from benchmarks.lib.runs import latest

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
HTML_LINK = re.compile(r'<(a|source|img) [^>]*?(?:href|srcset|src)="([^"]+(?<!\.html))"')
DOCS = ROOT / "docs"
FRONT = [ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "CHANGELOG", "SECURITY")]
PAGES = [*FRONT, *DOCS.glob("*.md"), *DOCS.glob("*/*.md")]


def links(page):
    """Yield the text of each link of a page, with the path and the heading that it leads to."""
    content = page.read_text("utf-8")
    for text, address in LINK.findall(content) + HTML_LINK.findall(content):
        if not address.startswith("https://"):
            path, _, heading = address.partition("#")
            yield text, source(page.parent / path if path else page), heading


def source(path):
    """Return the file of which the site makes a page of the gallery; other paths unchanged."""
    place = path.resolve().relative_to(ROOT).as_posix()
    if not place.startswith("docs/auto_examples/"):
        return path
    if path.stem == "index":
        return DOCS / "examples" / "GALLERY_HEADER.rst"
    return (ROOT / place.replace("auto_examples", "examples")).with_suffix(".py")


def headings(path):
    """Return the headings of a page as GitHub writes them in links, and its labels."""
    text = re.sub(r"^```.*?^```", "", path.read_text("utf-8"), flags=re.M | re.S)
    found = re.findall(r"^#+ (.+)$", text, flags=re.M)
    slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}
    return slugs | set(re.findall(r"^\(([\w-]+)\)=$", text, flags=re.M))


def for_each(pages):
    return pytest.mark.parametrize("page", pages, ids=lambda page: str(page.relative_to(ROOT)))


@for_each(PAGES)
def test_links_lead_to_files_and_headings(page):
    for text, path, heading in links(page):
        assert path.exists(), text
        assert not heading or heading in headings(path), text


@for_each([*PAGES, ROOT / "CITATION.cff", *(ROOT / "scratchmlp").rglob("*.py")])
def test_no_page_holds_an_address_of_the_project(page):
    """pyproject.toml holds them: until the owner names them, they may be of someone else."""
    text = page.read_text("utf-8")
    named = "" if page.suffix == ".py" else '"?'  # messages name extras of what is installed
    assert not re.findall(rf"https?://[^\s)>]*scratchmlp|pip install {named}scratchmlp", text)


def test_docstrings_lead_to_pages():
    for module in (ROOT / "scratchmlp").rglob("*.py"):
        text = module.read_text("utf-8")
        assert "docs/" not in re.sub(r"#.*", "", text)
        for page in re.findall(r":doc:`/([^`]+)`", text):
            assert (DOCS / f"{page}.md").is_file()


RUNS = latest(STORED)
FRESH = RUNS[RUNS["table"].isin(GROUPS["classes"] + GROUPS["numbers"])]
RESULTS = (DOCS / "results.md").read_text("utf-8")


def test_numbers_for_users_of_catboost_are_those_of_the_measurements():
    text = " ".join((DOCS / "coming_from.md").read_text("utf-8").split())
    seconds = by_split(FRESH, "seconds")
    means = seconds.groupby(level="table").mean()
    faster = (means["CatBoost"] < means[ENSEMBLE]).sum()
    assert f"on {faster} of these {len(means)} tables" in text
    times = (means[ENSEMBLE] / means["CatBoost"]).median()
    assert f"in the median {times:.1f} times as long" in text
    bags = pair(seconds, "CatBoost, 8 folds").groupby(level="table").mean()
    faster = (bags["CatBoost, 8 folds"] < bags[ENSEMBLE]).sum()
    assert f"CatBoost models is faster than the ensemble on {faster} tables" in text


def test_the_page_of_results_shows_the_tables_of_what_is_stored():
    assert fresh.overview_table(FRESH) in RESULTS
    raw = RUNS[RUNS["table"].isin(fresh_tables.RAW)]
    assert fresh.overview_table(raw) in RESULTS
    assert fresh.versions_table(RUNS) in RESULTS


def test_what_pages_say_of_eight_catboost_models_is_what_is_stored():
    bag, page = "CatBoost, 8 folds", " ".join(RESULTS.split())
    means = pair(by_split(FRESH, "seconds"), bag).groupby(level="table").mean()
    times = means[bag] / means[ENSEMBLE]
    assert f"for example, is {times.min():.2g} to {times.max():.0f} times the ensemble's" in page


#: How pages call the opponents of their first claims.
CLAIMED = {
    "CatBoost, 8 folds": "of eight CatBoost models",
    "LightGBM, 8 folds": "of eight LightGBM models",
    "blend, 8 folds": "of CatBoost, LightGBM and a linear model",
}


def test_the_first_claims_are_those_of_what_is_stored():
    raw = RUNS[RUNS["table"].isin(fresh_tables.RAW)]
    lists = [overview(runs).T for runs in (raw, FRESH)]
    page = " ".join(RESULTS.split())
    for name, words in CLAIMED.items():
        n_tables, lower, *_ = lists[1][name]
        assert f"{words} on {lower:.0f} of {n_tables:.0f}" in page
    readme = " ".join((ROOT / "README.md").read_text("utf-8").split())
    assert "usually a little better than those of eight averaged CatBoost models" in readme
    for results in lists:
        n_tables, lower, ratio, *_ = results["CatBoost, 8 folds"]
        assert lower > n_tables / 2
        assert 1 < ratio < 1.05


#: What README calls the candidates that it shows.
SHOWN = {
    "blend of CatBoost, LightGBM and a linear model": "blend, 8 folds",
    "AutoGluon, a minute for each fit": "AutoGluon",
    "mean of eight CatBoost models": "CatBoost, 8 folds",
    "CatBoost, early stopping": "CatBoost, early stopping",
    "mean of eight LightGBM models": "LightGBM, 8 folds",
    "LightGBM, early stopping": "LightGBM, early stopping",
    "linear model, tuned": "linear model, tuned",
}


def times_of(value):
    """Write a multiple of the ensemble's time as pages do."""
    return f"{value:.2g}" if value < 10 else f"{value:.0f}"


def test_readme_and_the_page_on_tables_show_medians_of_what_is_stored():
    readme = " ".join((ROOT / "README.md").read_text("utf-8").split())
    raw = RUNS[RUNS["table"].isin(fresh_tables.RAW)]
    lists = [overview(runs).T for runs in (raw, FRESH)]
    for shown, name in SHOWN.items():
        cells = []
        for results in lists:
            if name not in results:
                cells += ["—"] * 3
                continue
            tables, lower, loss, *_, theirs = results[name]
            cells += [f"{lower:.0f} of {tables:.0f}", f"+{100 * (loss - 1):.1f}%", times_of(theirs)]
        assert f"| {shown} | {' | '.join(cells)} |" in readme
    classes, numbers = (
        1 / overview(RUNS[RUNS["table"].isin(GROUPS[kind])]).loc["TabularMLP", "time"]
        for kind in ("classes", "numbers")
    )
    page = " ".join((DOCS / "tables.md").read_text("utf-8").split())
    times = (
        f"{classes:.1f} times as long as one of the networks alone (numbers: {numbers:.1f} times"
    )
    assert times in page


def test_pages_after_the_tutorial_have_its_model():
    texts = {page.stem: page.read_text("utf-8") for page in PAGES}
    later = [text for text in texts.values() if 'model = load("income.model")' in text]
    assert len(later) > 2
    for text in later:
        assert "tables.md" in text
        assert not re.search(r"Tabular\w+\(.*\)\.fit\(X, y\)", text)


def test_the_doors_of_the_front_page_are_those_of_readme():
    readme, front = ((ROOT / name).read_text("utf-8") for name in ("README.md", "docs/index.md"))
    door = re.compile(r"^- \*\*\[([^]]+)\]\([^)]+\)\.\*\* (.+?)(?=^- |\n\n)", re.M | re.S)
    card = re.compile(r"^:::{grid-item-card} ([^\n]+)\n.+?\n```\n\n([^`]+?)\n:::", re.M | re.S)
    found = door.findall(readme), card.findall(front)
    doors, cards = (
        [(title, " ".join(LINK.sub(r"\1", text).split())) for title, text in pairs]
        for pairs in found
    )
    assert doors == cards
    assert len(doors) == 3


#: Equations that no function computes: assumptions, examples and steps of a proof.
WITHOUT_FUNCTION = {"adam-weights", "canonical", "central", "homogeneous", "mean-slope", "valley"}


def code_links(text):
    """Return the names and the modules that links such as [`SGD.update`](../m.py) lead to."""
    found = re.findall(r"\[`([\w.]+)`\]\([./]+/(scratchmlp/[\w/]+)\.py\)", text)
    return [(name, path.replace("/", ".")) for name, path in found]


@for_each(PAGES)
def test_links_to_modules_name_what_they_define(page):
    text = page.read_text("utf-8")
    links = code_links(text)
    assert len(links) == len(re.findall(r"\]\([./]+/scratchmlp/[^)]*\.py\)", text))
    for name, path in links:
        assert attrgetter(name)(import_module(path)).__module__ == path


def test_every_formula_leads_to_a_function():
    table = (DOCS / "backpropagation.md").read_text("utf-8").split("| formula | function |")[1]
    rows = table.split("\n\n")[0].strip().splitlines()[1:]
    assert len(rows) > 10
    assert all(map(code_links, rows))


def test_every_equation_stands_beside_a_function_that_computes_it():
    pages = [DOCS / "backpropagation.md", *(DOCS / "backpropagation").glob("*.md")]
    texts = [page.read_text("utf-8") for page in pages]
    equations = {name for text in texts for name in re.findall(r"^\$\$ \(([\w-]+)\)$", text, re.M)}
    parts = [part for text in texts for part in re.split(r"\n\n|\n(?=\|)", text)]
    beside = [re.findall(r"\{eq\}`([\w-]+)`", part) for part in parts if code_links(part)]
    assert equations - set().union(*beside) == WITHOUT_FUNCTION


def test_names_of_scikit_learn_in_docstrings_link_to_its_site():
    """The inventory is written by hand: it has all of these names, and all that it has exist."""
    lines = (DOCS / "inventories" / "scikit-learn.inv").read_text("utf-8").splitlines()[3:]
    known = {line.split()[0] for line in lines}
    name = re.compile(r"(?<!`)`~?(sklearn\.[\w.]+)`(?!`)|^ +(sklearn\.[\w.]+) :", re.M)
    modules = [path.read_text("utf-8") for path in (ROOT / "scratchmlp").rglob("*.py")]
    assert {one or other for text in modules for one, other in name.findall(text)} <= known
    import_module("sklearn.experimental.enable_halving_search_cv")
    for path in known:
        module, _, attribute = path.rpartition(".")
        assert hasattr(import_module(module), attribute) or import_module(path)
