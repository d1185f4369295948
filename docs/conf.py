"""Configuration of the documentation site.

Build it with ``sphinx-build -W --keep-going -b html docs docs/_build/html``. Nothing is fetched,
neither while the site is built nor while it is read: formulas become MathML, which browsers
display themselves.
"""

from typing import Any

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.util.math import get_node_equation_number

import scratchmlp

project = "scratchmlp"
author = "The scratchmlp developers"
project_copyright = author
version = release = scratchmlp.__version__

extensions = [
    "matplotlib.sphinxext.plot_directive",
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",
]
exclude_patterns = ["_build"]
templates_path = ["_templates"]
default_role = "py:obj"

# A reference to something of this project must resolve; those to other projects do not link.
nitpicky = True
nitpick_ignore_regex = [(r"py:.*", r"(?!scratchmlp).*")]

autodoc_default_options = {"no-value": True}
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings say more than the annotations
autosummary_generate = True
numpydoc_show_class_members = False

myst_enable_extensions = ["amsmath", "colon_fence", "dollarmath"]
myst_heading_anchors = 3

toc_object_entries_show_parents = "hide"

plot_formats = [("png", 150)]
plot_html_show_formats = False
plot_html_show_source_link = False

html_theme = "pydata_sphinx_theme"
html_title = f"scratchmlp {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_math_renderer = "mathml"
html_show_sourcelink = False
html_sidebars = {  # only the API has pages below it
    page: []
    for page in (
        "index",
        "quickstart",
        "backpropagation",
        "comparison",
        "performance",
        "architecture",
        "changelog",
    )
}
html_theme_options = {"header_links_before_dropdown": 7, "show_prev_next": True}


def _mathml(node: nodes.Node, *, as_block: bool) -> str:
    try:
        return tex2mathml(node.astext(), as_block=as_block)
    except MathError as error:
        raise SphinxError(f"{node.source}:{node.line}: {error} in {node.astext()!r}") from error


def visit_math(translator: Any, node: nodes.math) -> None:
    """Write an inline formula."""
    translator.body.append(_mathml(node, as_block=False))
    raise nodes.SkipNode


def visit_math_block(translator: Any, node: nodes.math_block) -> None:
    """Write a displayed formula, with its number if it has one."""
    translator.body.append(translator.starttag(node, "div", CLASS="math"))
    if node.get("number"):
        number = get_node_equation_number(translator, node)
        translator.body.append(f'<span class="eqno">({number})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    translator.body.append(_mathml(node, as_block=True) + "</div>\n")
    raise nodes.SkipNode


def skip_alias(
    app: Sphinx, what: str, name: str, obj: Any, skip: bool, options: Any
) -> bool | None:
    """Leave out the fields of a NamedTuple, which its docstring describes."""
    return True if str(obj.__doc__).startswith("Alias for field") else None


def setup(app: Sphinx) -> None:
    """Register the renderer of formulas and the filter of members."""
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_math_block, None))
    app.connect("autodoc-skip-member", skip_alias)
