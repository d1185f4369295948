"""The page: sections as HTML, by the templates in this folder."""

from collections.abc import Callable, Sequence

from scratchmlp.reporting.content import Number, Picture, Section, Table
from scratchmlp.reporting.pictures import image

PACKAGES = ("jinja2", "matplotlib")  # that reports need


def render(title: str, sections: Sequence[Section]) -> str:
    """Write a page.

    Parameters
    ----------
    title : str
        Title of the page.
    sections : sequence of Section
        What it contains.

    Returns
    -------
    str
        A document that needs no other file. All text is escaped: names and values of a table cannot
        add elements to the page.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("scratchmlp.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    kinds = {"numeral": Number, "picture": Picture, "table": Table}
    environment.filters["image"] = image
    for name, kind in kinds.items():
        environment.tests[name] = _is_a(kind)
    page = environment.get_template("page.html.jinja").render(title=title, sections=sections)
    return page.encode("utf-8", "replace").decode()  # without lone surrogates


def _is_a(kind: type) -> Callable[[object], bool]:
    """Return a test of templates: whether a part of a section, or a cell, is of a kind."""
    return lambda part: isinstance(part, kind)
