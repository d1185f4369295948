"""Configuration of the documentation site.

Build it with ``sphinx-build -W --keep-going -b html docs docs/_build/html``; ``-D plot_gallery=0``
does not run the examples. Nothing is fetched, neither while the site is built nor while it is read:
formulas become MathML, which browsers display themselves.
"""

import math
import re
import sys
import tomllib
import warnings
from importlib import import_module
from inspect import getsource, isclass
from operator import attrgetter
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from numpydoc.docscrape_sphinx import SphinxDocString
from PIL import Image
from pygments.lexer import inherit
from pygments.lexers.shell import BashLexer
from pygments.token import Name
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.util.math import get_node_equation_number
from sphinx_gallery.sorting import ExplicitOrder

import scratchmlp

HERE = Path(__file__).parent
sys.path += [str(HERE), str(HERE / "figures")]  # for the extension and the model of the report

project = "scratchmlp"
author = "The scratchmlp developers"
project_copyright = author
version = release = scratchmlp.__version__

extensions = [
    "command_line",
    "matplotlib.sphinxext.plot_directive",
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "data", "examples", "serving"]
templates_path = ["_templates"]
default_role = "py:obj"
smartquotes = False  # they would change options such as --load

# Names of scikit-learn link to its site. The inventory is written by hand, in the first format of
# Sphinx, so that a build fetches nothing.
intersphinx_mapping = {
    "sklearn": ("https://scikit-learn.org/stable/", "inventories/scikit-learn.inv")
}
# A reference to something of this project must resolve; others need not.
nitpicky = True
nitpick_ignore_regex = [
    (r"py:.*", r"(?!scratchmlp).*"),
    (r"std:.*", r"accuracy_score|classes_|fit|metadata_routing|r2_score"),  # of scikit-learn
]

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings say more than the annotations
autodoc_use_type_comments = False  # there are none; Python 3.13 seeks them in the wrong file
python_maximum_signature_line_length = 80  # longer ones get a line for each parameter
autosummary_generate = True
# Where names of files ignore case, the module would be the page of the class Calibration.
autosummary_filename_map = {
    "scratchmlp.tabular.calibration": "scratchmlp.tabular.calibration_module"
}
numpydoc_show_class_members = False

myst_enable_extensions = ["amsmath", "colon_fence", "dollarmath"]
myst_heading_anchors = 4
myst_html_meta = {
    "description": "Neural networks, hand-written in NumPy, as scikit-learn estimators."
}

toc_object_entries_show_parents = "hide"

# What is copied: lines after a prompt, without it and without output; otherwise all lines.
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

PIXELS_PER_INCH = 100  # of a picture on a page: its text is a little smaller than the page's
plot_formats = [("png", 2 * PIXELS_PER_INCH)]  # sharp on all screens
plot_html_show_formats = False
plot_html_show_source_link = False

# The examples run whenever the site is built; an error or a warning of one ends the build. A new
# one must be in the list. What changes from build to build is off.
warnings.filterwarnings("error", module=r"__main__")
sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "auto_examples",
    "subsection_order": ExplicitOrder(["examples/tables", "examples/networks"]),
    "within_subsection_order": ExplicitOrder(
        [
            "plot_churn.py",
            "plot_prices.py",
            "plot_groups_and_time.py",
            "plot_moons.py",
            "plot_landscape.py",
        ]
    ),
    "run_stale_examples": True,  # the package may have changed
    "abort_on_example_error": True,
    "image_scrapers": "matplotlib",
    "image_srcset": ["2x"],
    "thumbnail_size": (600, 420),
    "reset_modules": "matplotlib",
    "capture_repr": (),
    "doc_module": ("scratchmlp",),
    "backreferences_dir": "generated/backreferences",  # for the examples on the pages of classes
    "download_all_examples": False,
    "min_reported_time": math.inf,
    "write_computation_times": False,
    "remove_config_comments": True,
    "show_signature": False,
}

#: The pages of the derivation. Equation (2.1) is the first one of the second page.
DERIVATION = (
    "backpropagation",
    "backpropagation/matrices",
    "backpropagation/hidden_layers",
    "backpropagation/losses",
    "backpropagation/optimizers",
    "backpropagation/article",
)

#: Words of code up to this length fit on a line of a phone.
LONGEST_WORD = 26

#: A link such as [`SGD.update`](../scratchmlp/optimizers.py).
LINK_TO_CODE = re.compile(r"\[`(?P<name>[\w.]+)`\]\([./]+/(?P<module>scratchmlp/[\w/]+)\.py\)")

html_theme = "pydata_sphinx_theme"
html_title = project
html_logo = html_favicon = "_static/logo.svg"
html_static_path = ["_static"]
_pyproject = tomllib.loads((HERE.parent / "pyproject.toml").read_text("utf-8"))
_addresses = _pyproject["project"].get("urls", {})  # none before the first release
html_baseurl = _addresses.get("Documentation", "")
html_css_files = ["site.css"]
html_math_renderer = "mathml"
html_show_sourcelink = False
html_use_index = html_domain_indices = False  # the API reference and the search find names
html_sidebars = {"index": [], "**": ["all_pages"]}
html_theme_options = {
    "logo": {"text": project},
    "github_url": _addresses.get("Source", ""),  # an icon of the theme's own fonts
    "navbar_center": ["doors"],
    "secondary_sidebar_items": {"**": ["page-toc"], "index": []},
    "show_prev_next": True,
}


class CommandLexer(BashLexer):
    """Shell commands with tokens for options, which break at no hyphen (``site.css``)."""

    tokens: ClassVar = {"root": [(r"(?<=\s)-[\w-]+", Name.Attribute), inherit]}


def _mathml(node: nodes.Node, *, as_block: bool) -> str:
    try:
        return tex2mathml(node.astext(), as_block=as_block)
    except MathError as error:
        raise SphinxError(f"{node.source}:{node.line}: {error} in {node.astext()!r}") from error


def visit_math(translator: Any, node: nodes.math) -> None:
    """Write an inline formula; the word joiner keeps a comma after it on its line."""
    translator.body.append(_mathml(node, as_block=False) + "&NoBreak;")
    raise nodes.SkipNode


def visit_math_block(translator: Any, node: nodes.math_block) -> None:
    """Write a displayed formula, with its number if it has one."""
    # With tabindex, a formula that is too wide scrolls by keyboard too.
    translator.body.append(translator.starttag(node, "div", CLASS="math", tabindex="0"))
    if node.get("number"):
        number = get_node_equation_number(translator, node)
        translator.body.append(f'<span class="eqno">({number})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    translator.body.append(_mathml(node, as_block=True) + "</div>\n")
    raise nodes.SkipNode


def link_to_reference(app: Sphinx, page: str, source: list[str]) -> None:
    """Let links to functions in their modules, which repositories show, lead to the reference."""
    source[0] = LINK_TO_CODE.sub(_reference, source[0])


def _reference(link: re.Match[str]) -> str:
    module = link["module"].replace("/", ".")
    return f"{{py:obj}}`{link['name']} <{module}.{link['name']}>`"


def number_equations(app: Sphinx, doctree: nodes.document) -> None:
    """Put the number of the page before the numbers of the equations of the derivation."""
    page = app.env.docname
    if page not in DERIVATION:
        return
    for node in doctree.findall(nodes.math_block):
        if node.get("number"):
            node["number"] = f"{DERIVATION.index(page) + 1}.{node['number']}"
            app.env.domains["math"].equations[node["label"]] = page, node["number"]


def mark_long_code(app: Sphinx, doctree: nodes.document) -> None:
    """Mark the code that may break within its words; other code breaks between them."""
    for code in doctree.findall(nodes.literal):
        if max(map(len, code.astext().split()), default=0) > LONGEST_WORD:
            code["classes"].append("long")


def mark_sentences(app: Sphinx, doctree: nodes.document) -> None:
    """Mark output without aligned columns, which may wrap."""
    for block in doctree.findall(nodes.literal_block):
        if block.get("language") == "text" and not re.search(r"  |^ ", block.astext(), re.M):
            block["classes"].append("sentences")


def size_pictures(app: Sphinx, doctree: nodes.document) -> None:
    """Show the pictures that code draws in one scale, so that their text has one size."""
    for image in doctree.findall(nodes.image):
        if "plot_directive" in image["uri"] and "width" not in image:
            with Image.open(Path(app.srcdir, image["uri"].replace(".*", ".png"))) as picture:
                image["width"] = f"{picture.width // 2}px"


def mark_cells(app: Sphinx, doctree: nodes.document) -> None:
    """Mark cells of numbers, such as 1.02 ± 0.01 or 5.5 s, and cells of more than a few words."""
    for table in doctree.findall(nodes.tgroup):
        if table["cols"] > 8:
            table.parent["classes"].append("wide")
    for cell in doctree.findall(nodes.entry):
        text = cell.astext()
        if re.search(r"\d", text) and not re.search(r"[a-zA-Z]{3}", text):
            cell["classes"].append("numbers")
        elif len(text) > 30:
            cell["classes"].append("sentence")


def hide_values(app: Sphinx, doctree: nodes.document) -> None:
    """Leave out the values of dicts, which are long; their names are in the text."""
    for annotation in list(doctree.findall(addnodes.desc_annotation)):
        if annotation.astext().startswith(" = {"):
            annotation.parent.remove(annotation)


def skip_member(
    app: Sphinx, what: str, name: str, obj: Any, skip: bool, options: Any
) -> bool | None:
    """Leave out fields of a NamedTuple and defaults that are types: their class describes them."""
    is_default = what == "class" and isclass(obj)
    return True if is_default or str(obj.__doc__).startswith("Alias for field") else None


def name_and_text(
    docstring: SphinxDocString, name: str, text: list[str], is_attribute: bool
) -> tuple[str, list[str]]:
    """Show what a class says of an attribute: of a property, numpydoc would show one sentence."""
    return f"**{docstring._escape_args_and_kwargs(name.strip())}**", text


def hide_signature(
    app: Sphinx,
    what: str,
    name: str,
    obj: Any,
    options: Any,
    signature: str | None,
    returns: str | None,
) -> tuple[str, str | None] | None:
    """Leave out the signature of protocols, which nobody calls."""
    return ("", returns) if signature == "(*args, **kwargs)" else None


def source_module(app: Sphinx, module: str, name: str) -> str | None:
    """Find the module that defines a class: a public class names its public module instead."""
    if not isclass(attrgetter(name)(import_module(module))):
        return None
    ours = [each for path, each in sys.modules.items() if path.startswith(f"{project}.")]
    defining = [each for each in ours if re.search(rf"^class {name}\b", getsource(each), re.M)]
    return defining[0].__name__ if defining else None


def write_report(app: Sphinx, exception: Exception | None) -> None:
    """Write the report that trust.md shows, about the model of most pictures."""
    if exception is None and app.builder.name == "html":
        tutorial = import_module("tutorial")
        path = Path(app.outdir, "income_report.html")
        scratchmlp.report(tutorial.model, tutorial.X, tutorial.y, path=path)


def setup(app: Sphinx) -> None:
    """Register what is above."""
    SphinxDocString._process_param = name_and_text
    for language in ("sh", "bash"):  # bash: commands with names of the reader's own files
        app.add_lexer(language, CommandLexer)
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_math_block, None))
    app.connect("source-read", link_to_reference)
    app.connect("doctree-read", number_equations)
    app.connect("doctree-read", mark_long_code)
    app.connect("doctree-read", mark_sentences)
    app.connect("doctree-read", mark_cells)
    app.connect("doctree-read", size_pictures)
    app.connect("doctree-read", hide_values)
    app.connect("autodoc-skip-member", skip_member)
    app.connect("autodoc-process-signature", hide_signature)
    app.connect("viewcode-follow-imported", source_module)
    app.connect("build-finished", write_report)
