"""From folds to members, out-of-fold predictions and weights: how an ensemble is fitted."""

from drawing import BACKWARD, FORWARD, NEUTRAL, PALE, SIZE, arrow, box, canvas
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from tutorial import model

N_FOLDS, WIDTH, HEIGHT = 8, 0.3, 0.34  # of a fold
LEFT = 1.45

parts = model.leaderboard()[1:]
weights = parts["weight"].round(1)


def cell(ax: Axes, x: float, y: float, color: str) -> None:
    """Draw one fold as a filled rectangle with its lower left corner at (x, y)."""
    face = BACKWARD if color == BACKWARD else PALE[color]
    ax.add_patch(
        Rectangle(
            (x, y), WIDTH - 0.04, HEIGHT - 0.04, facecolor=face, edgecolor=color, linewidth=0.8
        )
    )


def text(ax: Axes, x: float, y: float, words: str, **style: str) -> None:
    """Write words at a place."""
    ax.text(x, y, words, **{"fontsize": SIZE, "va": "center", "ha": "center", **style})


height = 2.68 + (N_FOLDS + len(weights)) * HEIGHT
figure, ax = canvas(5.2, height)
middle = LEFT + N_FOLDS * WIDTH / 2
top = height - 0.45
text(ax, middle, height - 0.2, "the rows of the table, in eight folds")
for i in range(N_FOLDS):
    y = top - (i + 1) * HEIGHT
    text(ax, LEFT - 0.1, y + 0.15, f"member {i + 1}", ha="right")
    for j in range(N_FOLDS):
        cell(ax, LEFT + j * WIDTH, y, BACKWARD if i == j else FORWARD)
side = LEFT + N_FOLDS * WIDTH + 0.12
text(ax, side, top - 0.36, "trained on\nthe others", ha="left", color=FORWARD)
text(ax, side, top - 1.0, "predicts the\nheld-out fold", ha="left", color=BACKWARD)

low = top - N_FOLDS * HEIGHT
arrow(ax, (middle, low - 0.08), (middle, low - 0.4))
text(ax, middle, low - 0.6, "out-of-fold predictions of all rows", color=BACKWARD)
for i, (name, weight) in enumerate(weights.items()):
    y = low - 0.8 - (i + 1) * HEIGHT
    text(ax, LEFT - 0.1, y + 0.15, name, ha="right")
    for j in range(N_FOLDS):
        cell(ax, LEFT + j * WIDTH, y, BACKWARD if j < parts.folds[name] else NEUTRAL)
    text(ax, side, y + 0.15, rf"$\times$ {weight:g}", ha="left")
text(ax, side, low - 0.6, "weights", ha="left")
low -= 0.8 + len(weights) * HEIGHT
arrow(ax, (middle, low - 0.08), (middle, low - 0.4))
text(ax, middle, low - 0.6, "the weights minimize the loss of the weighted mean")
total = " + ".join(rf"{w:g} $\times$ {name}" for name, w in weights[weights > 0].items())
box(ax, middle, low - 1.05, total)
