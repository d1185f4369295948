"""The network 2-3-2 for one row: scores and outputs of each unit, and its delta."""

from itertools import pairwise, product

from drawing import BACKWARD, FORWARD, NEUTRAL, arrow, box, canvas, note

figure, ax = canvas(5.2, 5.6)

columns = [
    (0.55, {3.4: "$x_1 = 1$", 1.8: "$x_2 = 2$"}),
    (
        2.5,
        {
            4.15: "$z = 1$\n$a = 1$",
            2.6: "$z = -0.5$\n$a = 0$",
            1.05: "$z = 2$\n$a = 2$",
        },
    ),
    (4.45, {3.4: "$r_1 = 1$\n$p_1 = 0.2689$", 1.8: "$r_2 = 2$\n$p_2 = 0.7311$"}),
]
for (x, lower), (x_above, upper) in pairwise(columns):
    for y, y_above in product(lower, upper):
        ax.plot([x, x_above], [y, y_above], color="#bbbbbb", linewidth=1, zorder=0)
for x, units in columns:
    for y, text in units.items():
        box(ax, x, y, text, FORWARD)

deltas = {  # above or below the boxes, where no line passes
    (2.5, 4.63): r"$\delta = -1.4621$",
    (2.5, 2.13): r"$\delta = 0$",
    (2.5, 0.58): r"$\delta = 0.3655$",
    (4.45, 3.88): r"$\delta = -0.7311$",
    (4.45, 1.33): r"$\delta = 0.7311$",
}
for (x, y), text in deltas.items():
    note(ax, x, y, text, BACKWARD)

for x, name in zip((0.55, 2.5, 4.45), ("2 inputs", "3 hidden units", "2 outputs"), strict=True):
    note(ax, x, 5.05, name, NEUTRAL)
arrow(ax, (0.3, 5.4), (1.75, 5.4), FORWARD)
note(ax, 1.85, 5.4, "forward: $z$, $a$, $r$, $p$", FORWARD, ha="left")
arrow(ax, (4.9, 0.2), (4.05, 0.2), BACKWARD)
text = r"backward: $\delta = \partial \ell / \partial z$, for outputs $\partial \ell / \partial r$"
note(ax, 3.95, 0.2, text, BACKWARD, ha="right")
