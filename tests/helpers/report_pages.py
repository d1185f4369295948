"""Read the pages of reports."""

from base64 import b64decode
from html.parser import HTMLParser

VOID = {"meta", "link", "img", "br", "hr", "input"}


class Page(HTMLParser):
    """The elements of a page, and its tables by their captions.

    Attributes
    ----------
    elements : list of tuple of str and dict
        Tags with their attributes.
    tables : dict of str to list of list
        Rows of the bodies. A cell is a number if the page says which, otherwise text.
    heads : dict of str to list of str
        Heads of the columns.
    facts : dict of str to float
        The important numbers.
    texts : list of str
        Texts between tags.
    text : str
        All of them, with single blanks between words.
    pictures : dict of str to str
        SVG by alternative text.
    """

    def __init__(self, html):
        super().__init__()
        self.elements, self.open, self.texts = [], [], []
        self.tables, self.heads, self.facts, self.pictures = {}, {}, {}, {}
        self.feed(html)
        self.close()
        assert not self.open
        self.text = " ".join(" ".join(self.texts).split())

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.elements.append((tag, attributes))
        if tag not in VOID:
            self.open.append((tag, attributes, []))
        if tag == "table":
            self.rows = []
        elif tag == "tr":
            self.rows.append([])
        elif tag == "img":
            kind, _, content = attributes["src"].partition(",")
            assert kind == "data:image/svg+xml;base64"
            self.pictures[attributes["alt"]] = b64decode(content).decode()

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.texts.append(data)
        for *_, content in self.open:
            content.append(data)

    def handle_endtag(self, tag):
        opened, attributes, content = self.open.pop()
        assert opened == tag
        text = " ".join("".join(content).split())
        if tag == "data":
            self.value = float(attributes["value"])
        elif tag == "td":
            self.rows[-1].append(self.value if "number" in attributes.get("class", "") else text)
        elif tag == "th":
            self.rows[-1].append(text)
        elif tag == "caption":
            self.caption = text
        elif tag == "table":
            self.heads[self.caption], *self.tables[self.caption] = self.rows
        elif tag == "dt":
            self.fact = text
        elif tag == "dd":
            self.facts[self.fact] = self.value

    def table(self, start):
        """Return the only table whose caption starts in a way, as a dict by its first column."""
        (rows,) = (rows for caption, rows in self.tables.items() if caption.startswith(start))
        return {name: values for name, *values in rows}

    def all(self, tag):
        """Return the attributes of all elements of a kind."""
        return [attributes for each, attributes in self.elements if each == tag]
