"""Pictures as elements of the page, in the colors of the page.

matplotlib draws each picture in fixed colors. In the picture, these become variables of the style
sheet of the page, which has values for light and for dark screens and for paper.
"""

import re
import warnings
from collections.abc import Callable
from io import StringIO
from typing import Any
from xml.etree import ElementTree

from scratchmlp.reporting.content import Picture

#: Names of the variables of the style sheet, by the color that matplotlib draws with.
VARIABLES = {
    "#000000": "ink",
    "#1b1b1b": "ink",
    "#4c4c4c": "ink",  # "0.3"
    "#4d4d4d": "ink",
    "#7f7f7f": "faint",
    "#cccccc": "rule",
    "#ffffff": "paper",
    "#0072b2": "blue",
    "#d55e00": "orange",
    "#009e73": "green",
    "#cc79a7": "pink",
    "#e69f00": "amber",
    "#56b4e9": "sky",
    "#9cc9e3": "pale",
}
#: Colors of curves. Readers with color blindness can distinguish them (Okabe and Ito).
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
FAINT = "#7f7f7f"  # of what curves are compared with
SIZE = (5.2, 3.6)  # inches; the page sets the size on the screen
_SETTINGS = {
    "text.parse_math": False,  # names may contain dollar signs
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "scratchmlp",  # the same picture has the same content each time
    "axes.spines.top": False,
    "axes.spines.right": False,
    "font.size": 10.0,
    "legend.frameon": False,
}
_NO_METADATA = dict.fromkeys(("Date", "Creator", "Format", "Type"))
#: Missing glyphs, which the browser has, a legend that is slow, and uneven ticks of dates.
_WARNINGS = ("Glyph", "Creating legend with loc", "AutoDateLocator was unable")
_LINKS = re.compile(r"#([^)]+)")
_DECIMALS = re.compile(r"(\.\d\d)\d+")


def draw(
    name: str,
    title: str,
    text: str,
    plot: Callable[[Any], object],
    size: tuple[float, float] = SIZE,
) -> Picture:
    """Draw a picture.

    Parameters
    ----------
    name : str
        Identifier, unique in the page.
    title, text : str
        Title, and a sentence that says what the picture shows.
    plot : callable
        Draws on the matplotlib Axes that it is given.
    size : tuple of float, default=SIZE
        Width and height in inches.

    Returns
    -------
    Picture
        The picture.
    """
    import matplotlib
    from matplotlib.figure import Figure

    # The user's own style would bring other colors.
    settings: dict[str, Any] = dict(matplotlib.rcParamsDefault) | _SETTINGS
    settings.pop("backend")
    with warnings.catch_warnings(), matplotlib.rc_context(settings):  # type: ignore[arg-type]
        for message in _WARNINGS:
            warnings.filterwarnings("ignore", message)
        figure = Figure(figsize=size, layout="constrained")
        plot(figure.subplots())
        file = StringIO()
        figure.savefig(file, format="svg", transparent=True, metadata=_NO_METADATA)
    return Picture(title, text, _element(file.getvalue(), name, title))


def _element(svg: str, name: str, title: str) -> str:
    """Convert a file of matplotlib to an element of the page."""
    root = ElementTree.fromstring(svg[svg.index("<svg") :])
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        element.text, element.tail = (element.text or "").strip() or None, None
    root.find("defs").remove(root.find("defs/style"))  # type: ignore[union-attr, arg-type]
    _rename(root, name)
    for element in reversed(list(root.iter())):  # children before their parents
        _simplify(element)
    label = ElementTree.Element("title", id=f"{name}-title")
    label.text = title
    root.insert(0, label)
    root.attrib = {
        "viewBox": root.attrib["viewBox"],
        "role": "img",
        "aria-labelledby": f"{name}-title",
    }
    return ElementTree.tostring(root, encoding="unicode")


def _rename(root: ElementTree.Element, name: str) -> None:
    """Give identifiers the name of the picture, and remove those that nothing refers to."""
    used: set[str] = set()
    for element in root.iter():
        for key, value in list(element.attrib.items()):
            if key.endswith("}href"):
                del element.attrib[key]
                key = "href"
            if key == "href" and value.startswith("data:"):  # a picture of points
                element.set(key, value)
            elif key in ("href", "clip-path"):
                used.update(_LINKS.findall(value))
                element.set(key, _LINKS.sub(rf"#{name}-\1", value))
    for element in root.iter():
        identifier = element.attrib.pop("id", None)
        if identifier in used:
            element.set("id", f"{name}-{identifier}")


def _simplify(element: ElementTree.Element) -> None:
    """Name the colors of an element by variables, and shorten its other attributes."""
    for key in {"d", "x", "y", "transform", "width", "height"} & element.attrib.keys():
        element.set(key, _DECIMALS.sub(r"\1", " ".join(element.attrib[key].split())))
    if element.get("transform", "").startswith("rotate(-0 "):
        del element.attrib["transform"]
    if (style := element.get("style")) is not None:
        rules = [rule for rule in style.split("; ") if not rule.startswith("font-family")]
        element.set("style", "; ".join(map(_in_variables, rules)))
    styles = {child.get("style") for child in element}
    if len(element) > 1 and len(styles) == 1 and {child.tag for child in element} == {"use"}:
        element.set("style", styles.pop() or "")  # once for all points
        for child in element:
            child.attrib.pop("style", None)


def _in_variables(rule: str) -> str:
    """Replace the color of a rule by a variable."""
    key, _, value = rule.partition(": ")
    return f"{key}: var(--{VARIABLES[value]})" if value in VARIABLES else rule
