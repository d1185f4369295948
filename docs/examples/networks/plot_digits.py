"""
What a network sees in digits
=============================

Handwritten digits are images of 8 by 8 pixels. A hidden unit of the first layer has one weight for
each pixel, so its weights can be shown as an image too. This example shows these weights, and the
outputs of the second hidden layer.
"""

# %%
# Train a network on digits
# -------------------------
# Pixel values range from 0 to 16. A strong L2 penalty, ``alpha``, makes weights that the task does
# not need small. This makes the images clearer.

import numpy as np
from matplotlib import pyplot as plt
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from scratchmlp import ScratchMLPClassifier
from scratchmlp.plotting import WeightsDisplay

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, stratify=y, random_state=0)
network = ScratchMLPClassifier(
    (24, 12), activation="tanh", solver="lbfgs", alpha=3.0, max_iter=1000, random_state=0
).fit(X_train, y_train)
print(f"test accuracy: {network.score(X_test, y_test):.3f}")

# %%
# Weights of the first layer
# --------------------------
# Ink in the red pixels of an image increases the score of the unit, ink in the blue pixels
# decreases it. The left column of pixels has hardly any ink in the data, so its weights are near
# zero (the color of the ground).

display = WeightsDisplay.from_estimator(network)

# %%
# Hidden activations
# ------------------
# ``hidden_activations`` returns the outputs of a hidden layer, by default the last one: here twelve
# numbers for each image. The left plot has one row per test digit, twelve digits of each class. The
# right plot shows the mean over all test digits of a class. Each class has its own pattern.

hidden = network.hidden_activations(X_test)
some = np.concatenate([np.flatnonzero(y_test == digit)[:12] for digit in range(10)])
figure, (images, means) = plt.subplots(1, 2, figsize=(6, 4), layout="constrained")
settings = {"cmap": "RdBu_r", "vmin": -1, "vmax": 1, "aspect": "auto", "interpolation": "none"}
images.imshow(hidden[some], **settings)
images.set_yticks(np.arange(10) * 12 + 5.5, range(10))
images.hlines(np.arange(1, 10) * 12 - 0.5, -0.5, 11.5, colors="black", linewidths=0.8)
images.set(title="twelve digits of each class", ylabel="digit")
picture = means.imshow([hidden[y_test == digit].mean(axis=0) for digit in range(10)], **settings)
means.set_yticks(range(10))
means.set(title="mean of each class", ylabel="digit")
for ax in (images, means):
    ax.set_xticks(range(0, 12, 2))
    ax.set_xlabel("unit of the second hidden layer")
figure.colorbar(picture, ax=[images, means], label="output of the unit")

# %%
# Twelve features instead of 64
# -----------------------------
# A linear model on these twelve outputs is about as accurate as the network. This is no surprise:
# the last layer of the network is a linear model on the same twelve outputs.

for name, (train, test) in {
    "64 pixels": (X_train, X_test),
    "12 hidden units": (network.hidden_activations(X_train), hidden),
}.items():
    linear = LogisticRegression(max_iter=1000).fit(train, y_train)
    print(f"logistic regression on {name}: {linear.score(test, y_test):.3f}")
