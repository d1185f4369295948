"""Draw the pictures of a page, and read what is drawn."""

from matplotlib.figure import Figure


def drawn(picture):
    """Draw a picture of a page; return its axes."""
    ax = Figure().subplots()
    picture.plot(ax)
    return ax


def legend_of(ax):
    """Return the texts of a legend."""
    return [text.get_text() for text in ax.get_legend().get_texts()]
