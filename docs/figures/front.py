"""A network learns to tell three spirals apart: its regions after 1, 10, 30 and 200 epochs.

The picture of README and of the front page has no text, which would be too small on a phone. To
draw it again, run in the root of the source: python docs/figures/front.py docs/_static/spirals.png
"""

import sys

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import to_rgb

from scratchmlp import ScratchMLPClassifier

COLORS = np.array([to_rgb(color) for color in ("#1f5fa8", "#e08214", "#2f9e77")])
EPOCHS = (1, 10, 30, 200)

rng = np.random.default_rng(0)
y = np.arange(3).repeat(150)
radius = np.tile(np.linspace(0.08, 1, 150), 3)
angle = 4.2 * radius + y * 2 * np.pi / 3 + rng.normal(0, 0.12, len(y))
X = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
side = np.linspace(-1.15, 1.15, 300)
plane = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)

network = ScratchMLPClassifier(
    (64, 64), activation="silu", learning_rate_init=0.01, batch_size=50, random_state=0
)
figure, axes = plt.subplots(1, 4, figsize=(8, 2), layout="compressed")
figure.get_layout_engine().set(w_pad=0.04, h_pad=0, wspace=0)
figure.patch.set_alpha(0)  # for light and dark pages
done = 0
for ax, epochs in zip(axes, EPOCHS, strict=True):
    for _ in range(epochs - done):
        network.partial_fit(X, y, classes=np.arange(3))
    done = epochs
    shades = network.predict_proba(plane) @ (0.6 + 0.4 * COLORS)  # paler than the points
    image = shades.reshape(len(side), len(side), 3)
    ax.imshow(image, origin="lower", extent=(-1.15, 1.15, -1.15, 1.15))
    ax.scatter(*X.T, c=COLORS[y], s=5, linewidths=0)
    ax.axis("off")
figure.savefig(sys.argv[1], dpi=150)
