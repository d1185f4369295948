"""Draw the pictures of a page, and read what is drawn."""

import numpy as np
from matplotlib.figure import Figure

from scratchmlp.reporting.content import Picture
from scratchmlp.reporting.dependence import dependence_section
from scratchmlp.reporting.importances import Importances


def drawn(picture):
    """Draw a picture of a page; return its axes."""
    ax = Figure().subplots()
    picture.plot(ax)
    return ax


def legend_of(ax):
    """Return the texts of a legend."""
    return [text.get_text() for text in ax.get_legend().get_texts()]


def dependence_on(evaluated, *names):
    """Return the pictures of partial dependence on columns, the most important first."""
    found = Importances([*names], np.ones((len(names), 5)), "R²", 9, [])
    section = dependence_section(evaluated, found)
    return [part for part in section.parts if isinstance(part, Picture)]
