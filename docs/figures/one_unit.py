"""The graph of one unit: values on the way down, derivatives on the way up."""

from drawing import BACKWARD, FORWARD, arrow, box, canvas, note, save

figure, ax = canvas(5.2, 5.6)

inputs = [
    (0.62, "$w[0] = 0.5$", r"$\delta \, x[0] =$", "0.1437"),
    (1.61, "$x[0] = 1$", r"$\delta \, w[0] =$", "0.0719"),
    (2.60, "$w[1] = 1$", r"$\delta \, x[1] =$", "0.2875"),
    (3.59, "$x[1] = 2$", r"$\delta \, w[1] =$", "0.1437"),
    (4.58, "$b = -1.5$", r"$\delta =$", "0.1437"),
]
for x, value, product, derivative in inputs:
    box(ax, x, 4.75, value, FORWARD)
    note(ax, x, 5.40, product, BACKWARD)
    note(ax, x, 5.17, derivative, BACKWARD)
    arrow(ax, (x - 0.06, 4.52), (1.84 + 0.2 * x, 3.72), FORWARD)
    arrow(ax, (1.96 + 0.2 * x, 3.72), (x + 0.06, 4.52), BACKWARD)

box(ax, 2.42, 3.5, "$z = w[0] x[0] + w[1] x[1] + b = 1$", FORWARD)
box(ax, 2.42, 2.15, r"$a = \sigma(z) = 0.7311$", FORWARD)
box(ax, 2.42, 0.8, r"$\ell = \frac{1}{2} (a - y)^2 = 0.2672$", FORWARD)
for top in (3.27, 1.92):
    arrow(ax, (2.33, top), (2.33, top - 0.88), FORWARD)
    arrow(ax, (2.51, top - 0.88), (2.51, top), BACKWARD)

note(ax, 2.2, 1.48, "$y = 0$", FORWARD, ha="right")
note(ax, 2.65, 1.48, r"$\partial \ell / \partial a = a - y = 0.7311$", BACKWARD, ha="left")
note(ax, 2.65, 2.95, r"$\delta = \partial \ell / \partial z$", BACKWARD, ha="left")
note(ax, 2.65, 2.70, r"$= 0.7311 \cdot 0.1966 = 0.1437$", BACKWARD, ha="left")
note(ax, 2.5, 0.25, "down: values     up: derivatives of $\\ell$")
save(figure)
