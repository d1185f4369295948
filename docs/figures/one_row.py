"""The network 2-3-2 for one row: both passes, with the numbers on its units and its edges."""

import numpy as np
from drawing import BACKWARD, FORWARD, NEUTRAL, PALE, arrow, canvas, note, save
from matplotlib.offsetbox import AnchoredOffsetbox, TextArea, VPacker

x, Y = np.array([1.0, 2.0]), np.array([1.0, 0.0])
W_1, b_1 = np.array([[0.5, 1.0, -1.0], [1.0, -1.0, 1.0]]), np.array([-1.5, 0.5, 1.0])
W_2, b_2 = np.array([[1.0, -1.0], [2.0, 0.5], [0.5, 1.0]]), np.array([-1.0, 1.0])

# Both passes, as on the page.
z = x @ W_1 + b_1
a = np.maximum(0, z)
r = a @ W_2 + b_2
p = np.exp(r) / np.exp(r).sum()
loss = -np.log(p) @ Y
delta_2 = p - Y
a_grad = W_2 @ delta_2
delta_1 = a_grad * (z > 0)


def number(value):
    """Write whole and half numbers as they are, and others with four digits."""
    value = round(float(value), 4) + 0.0  # + 0.0 makes 0 of -0
    text = f"{value:g}" if value * 2 == int(value * 2) else f"{value:.4f}"
    return text.replace("-", "\N{MINUS SIGN}")


def stack(place, forward, backward, face="white", edge="none", pad=0.1):
    """Write values of the forward pass, and below them those of the backward pass."""
    lines = [
        TextArea(text, textprops={"color": color, "fontsize": 10.5})
        for texts, color in ((forward, FORWARD), (backward, BACKWARD))
        for text in texts
    ]
    artist = AnchoredOffsetbox(
        "center",
        child=VPacker(children=lines, align="center", pad=0, sep=2),
        bbox_to_anchor=place,
        bbox_transform=ax.transData,
        pad=pad,
        borderpad=0,
    )
    artist.patch.set(facecolor=face, edgecolor=edge, boxstyle="round,pad=0,rounding_size=0.3")
    ax.add_artist(artist)


def unit(place, forward, backward):
    """Draw a unit with its values and derivatives."""
    stack(place, forward, backward, PALE[FORWARD], FORWARD, 0.35)


def edge(start, end, share, weight, derivative):
    """Draw an edge with its weight and the derivative of the loss with respect to it."""
    ax.plot(*zip(start, end, strict=True), color="#aaaaaa", linewidth=1, zorder=0)
    place = np.array(start) + share * (np.array(end) - np.array(start))
    stack(place, [number(weight)], [number(derivative)])


figure, ax = canvas(5.2, 6.4)
inputs = [(0.4, 4.9), (0.4, 1.5)]
hidden = [(2.27, 5.05), (2.27, 3.2), (2.27, 1.35)]
outputs = [(4.62, 4.9), (4.62, 1.5)]
for i, start in enumerate(inputs):
    for h, end in enumerate(hidden):
        edge(start, end, 0.37, W_1[i, h], x[i] * delta_1[h])
for h, start in enumerate(hidden):
    for c, end in enumerate(outputs):
        edge(start, end, 0.615, W_2[h, c], a[h] * delta_2[c])

for i, place in enumerate(inputs):
    unit(place, [f"$x[{i}]$ = {number(x[i])}"], [])
for h, place in enumerate(hidden):
    values = [f"$b$ = {number(b_1[h])}", f"$z$ = {number(z[h])}", f"$a$ = {number(a[h])}"]
    by_a = rf"$\partial \ell / \partial a$ = {number(a_grad[h])}"
    unit(place, values, [by_a, rf"$\delta$ = {number(delta_1[h])}"])
for c, place in enumerate(outputs):
    values = [
        f"$b$ = {number(b_2[c])}",
        f"$r[{c}]$ = {number(r[c])}",
        f"$p[{c}]$ = {number(p[c])}",
    ]
    unit(place, values, [rf"$\delta$ = {number(delta_2[c])}"])
unit((4.3, 0.6), [rf"$\ell = -\log\, p[0]$ = {number(loss)}"], [])

arrow(ax, (0.2, 6.2), (0.9, 6.2), FORWARD)
note(ax, 0.98, 6.2, "forward: values and weights", FORWARD, ha="left")
arrow(ax, (0.9, 5.95), (0.2, 5.95), BACKWARD)
note(ax, 0.98, 5.95, r"backward: derivatives of $\ell$", BACKWARD, ha="left")
for (left, _), name in zip(
    (inputs[0], hidden[0], outputs[0]), ("inputs", "hidden units", "outputs"), strict=True
):
    note(ax, left, 0.15, name, NEUTRAL)
save(figure)
