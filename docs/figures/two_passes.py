"""Both passes through the network 2-3-2 in matrices, with their shapes."""

from itertools import pairwise

from drawing import BACKWARD, FORWARD, NEUTRAL, arrow, box, canvas, note, save

figure, ax = canvas(5.2, 6.4)
left, right = 1.25, 3.95

note(ax, left, 6.2, "forward", FORWARD)
note(ax, right, 6.2, "backward", BACKWARD)
forward = [
    (5.7, "$X$", "$n \\times 2$"),
    (4.65, "$z_1 = X W_1 + b_1$", "$n \\times 3$"),
    (3.6, "$a_1 = f(z_1)$", "$n \\times 3$"),
    (2.55, "$r = a_1 W_2 + b_2$", "$n \\times 2$"),
    (0.8, "$J$", "a number"),
]
for y, text, shape in forward:
    box(ax, left, y, f"{text}\n{shape}", FORWARD)
for (above, *_), (below, *_) in pairwise(forward):
    arrow(ax, (left, above - 0.3), (left, below + 0.32), FORWARD)

backward = [
    (2.55, r"$\delta_2 = \partial J / \partial r$", "$n \\times 2$"),
    (3.6, r"$\partial J / \partial a_1 = \delta_2 W_2^\top$", "$n \\times 3$"),
    (4.65, r"$\delta_1 = \partial J / \partial a_1 \odot f\,'(z_1)$", "$n \\times 3$"),
]
for y, text, shape in backward:
    box(ax, right, y, f"{text}\n{shape}", BACKWARD)
for (below, *_), (above, *_) in pairwise(backward):
    arrow(ax, (right, below + 0.32), (right, above - 0.32), BACKWARD)

# From the objective to delta, and from each delta to the gradients of its layer.
arrow(ax, (left + 0.45, 0.8), (right - 0.35, 2.2), BACKWARD)
box(ax, right, 5.75, r"$\partial J / \partial W_1 = X^\top \delta_1$" + "\n$2 \\times 3$", NEUTRAL)
arrow(ax, (right, 4.97), (right, 5.43), BACKWARD)
arrow(ax, (left + 0.35, 5.72), (right - 0.64, 5.72), NEUTRAL)
arrow(ax, (left + 0.62, 4.65), (right - 0.76, 4.65), NEUTRAL)
arrow(ax, (left + 0.68, 2.55), (right - 0.58, 2.55), NEUTRAL)
box(ax, right, 1.0, r"$\partial J / \partial W_2 = a_1^\top \delta_2$" + "\n$3 \\times 2$", NEUTRAL)
arrow(ax, (right, 2.23), (right, 1.33), BACKWARD)
arrow(ax, (left + 0.4, 3.3), (right - 0.66, 1.28), NEUTRAL)
note(ax, 2.6, 0.2, "The gradients of the biases are the column sums of each delta.")
save(figure)
