"""The directive ``command-line-options``: the options of the command, from its own parser."""

import re

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

from scratchmlp.cli.options import _make_parser

#: Titles of the groups to which argparse gives names that say little on a page.
TITLES = {"positional arguments": "Table", "options": "Help and version"}


class CommandLineOptions(Directive):
    """A section for each group of options: a table of what ``--help`` says about each option."""

    def run(self) -> list[nodes.Node]:
        """Make the sections."""
        groups = _make_parser()._action_groups
        return [_section(group) for group in groups if group._group_actions]


def _section(group) -> nodes.section:
    title = TITLES.get(group.title, group.title.capitalize())
    section = nodes.section(ids=[nodes.make_id(f"options {title}")])
    section += nodes.title(text=title)
    if group.description:
        section += _sentences(group.description)
    body = nodes.tbody("", *[_row(action) for action in group._group_actions])
    columns = [nodes.colspec(colwidth=width) for width in (30, 70)]
    section += nodes.table("", nodes.tgroup("", *columns, body, cols=2), classes=["options"])
    return section


def _row(action) -> nodes.row:
    name = " ".join([", ".join(action.option_strings), _value(action)]).strip()
    option = nodes.paragraph("", "", nodes.literal(text=name))
    return nodes.row("", nodes.entry("", option), nodes.entry("", _sentences(action.help)))


def _sentences(text: str) -> nodes.paragraph:
    """Make a paragraph in which options are code, so that they break at no hyphen."""
    parts = re.split(r"(--[\w-]+)", text)
    options = [
        nodes.literal(text=part) if part.startswith("--") else nodes.Text(part) for part in parts
    ]
    return nodes.paragraph("", "", *options)


def _value(action) -> str:
    """Return how the values of an option are written, as in its usage."""
    if action.nargs == 0:
        return ""
    if action.choices:
        return "{" + ",".join(action.choices) + "}"
    name = action.metavar or action.dest.upper()
    return {"+": f"{name} [{name} ...]", "*": f"[{name} ...]"}.get(action.nargs, name)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("command-line-options", CommandLineOptions)
    return {"parallel_read_safe": True}
