"""The network 2-3-2 for one row: scores and outputs of each unit, and its delta."""

from itertools import pairwise, product

from drawing import BACKWARD, FORWARD, NEUTRAL, arrow, box, canvas, note

figure, ax = canvas(5.2, 5.2)

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

deltas = {
    (2.5, 3.68): r"$\delta = -1.4621$",
    (2.5, 2.13): r"$\delta = 0$",
    (2.5, 0.58): r"$\delta = 0.3655$",
    (4.45, 2.93): r"$\delta = -0.7311$",
    (4.45, 1.33): r"$\delta = 0.7311$",
}
for (x, y), text in deltas.items():
    note(ax, x, y, text, BACKWARD)

for x, name in zip((0.55, 2.5, 4.45), ("2 inputs", "3 hidden units", "2 outputs"), strict=True):
    note(ax, x, 4.72, name, NEUTRAL)
arrow(ax, (0.3, 5.02), (1.75, 5.02), FORWARD)
note(ax, 1.85, 5.02, "forward: $z$, $a$, $r$, $p$", FORWARD, ha="left")
arrow(ax, (4.9, 0.2), (3.45, 0.2), BACKWARD)
note(ax, 3.35, 0.2, r"backward: $\delta = \partial \ell / \partial z$", BACKWARD, ha="right")
