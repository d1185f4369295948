"""From folds to members, out-of-fold predictions and weights: how an ensemble is fitted."""

from drawing import BACKWARD, FORWARD, PALE, SIZE, arrow, box, canvas
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

N_FOLDS, CELL = 8, 0.3
WIDTH = N_FOLDS * CELL
LEFT = 1.45
WEIGHTS = {"networks": "0.45", "linear": "0", "boosting": "0.55", "trees": "0"}


def cell(ax: Axes, x: float, y: float, color: str) -> None:
    """Draw one fold as a filled square with its lower left corner at (x, y)."""
    size = CELL - 0.04
    face = BACKWARD if color == BACKWARD else PALE[FORWARD]
    ax.add_patch(Rectangle((x, y), size, size, facecolor=face, edgecolor=color, linewidth=0.8))


def text(ax: Axes, x: float, y: float, words: str, **style: str) -> None:
    """Write words at a place."""
    ax.text(x, y, words, **{"fontsize": SIZE, "va": "center", "ha": "center", **style})


figure, ax = canvas(5.2, 6.4)
middle = LEFT + WIDTH / 2
top = 5.95
text(ax, middle, 6.2, "the rows of the table, in eight folds")
for i in range(N_FOLDS):
    y = top - (i + 1) * CELL
    text(ax, LEFT - 0.1, y + 0.13, f"member {i + 1}", ha="right")
    for j in range(N_FOLDS):
        cell(ax, LEFT + j * CELL, y, BACKWARD if i == j else FORWARD)
side = LEFT + WIDTH + 0.12
text(ax, side, top - 0.75, "trained on\nthe others", ha="left", color=FORWARD)
text(ax, side, top - 1.65, "predicts\nthe held-\nout fold", ha="left", color=BACKWARD)

low = top - N_FOLDS * CELL
arrow(ax, (middle, low - 0.08), (middle, low - 0.4))
text(ax, middle, low - 0.6, "out-of-fold predictions of all rows", color=BACKWARD)
for i, (name, weight) in enumerate(WEIGHTS.items()):
    y = low - 0.8 - (i + 1) * CELL
    text(ax, LEFT - 0.1, y + 0.13, name, ha="right")
    for j in range(N_FOLDS):
        cell(ax, LEFT + j * CELL, y, BACKWARD)
    text(ax, side, y + 0.13, rf"$\times$ {weight}", ha="left")
text(ax, side, low - 0.6, "weights", ha="left")
low -= 0.8 + len(WEIGHTS) * CELL
arrow(ax, (middle, low - 0.08), (middle, low - 0.4))
text(ax, middle, low - 0.6, "the weights minimize the loss of the weighted mean")
box(ax, middle, low - 1.05, r"0.45 $\times$ networks + 0.55 $\times$ boosting")
