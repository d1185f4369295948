"""
What a network sees in digits
=============================

Handwritten digits are images of 8 by 8 pixels. The weights of a hidden unit of the first layer
belong to these pixels, so they are an image too. What the units make of the digits is another.
"""

# %%
# A network that learns digits
# ----------------------------
# Pixels go from 0 to 16. Under a strong penalty, weights that the task does not need become small,
# which makes the images clear.

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
# First weights
# -------------
# A unit of the first layer answers positively to ink where its image is red, and negatively where
# it is blue. The column at the left edge, where there hardly is any ink, stays white.

display = WeightsDisplay.from_estimator(network)

# %%
# Hidden activations
# ------------------
# `hidden_activations` returns what a hidden layer passes on, here the second one: twelve numbers
# for each image. The rows of the picture at the left are test digits, twelve of each class, and at
# the right there is the mean of all test digits of a class. Each class has a pattern of its own.

hidden = network.hidden_activations(X_test)
some = np.concatenate([np.flatnonzero(y_test == digit)[:12] for digit in range(10)])
figure, (images, means) = plt.subplots(1, 2, figsize=(8.6, 4.6), layout="constrained")
settings = {"cmap": "RdBu_r", "vmin": -1, "vmax": 1, "aspect": "auto", "interpolation": "none"}
images.imshow(hidden[some], **settings)
images.set_yticks(np.arange(10) * 12 + 5.5, range(10))
images.hlines(np.arange(1, 10) * 12 - 0.5, -0.5, 11.5, colors="black", linewidths=0.8)
images.set(title="twelve digits of each class", ylabel="digit")
picture = means.imshow([hidden[y_test == digit].mean(axis=0) for digit in range(10)], **settings)
means.set_yticks(range(10))
means.set(title="mean of each class", ylabel="digit")
for ax in (images, means):
    ax.set_xticks(range(12))
    ax.set_xlabel("unit of the second hidden layer")
figure.colorbar(picture, ax=[images, means], label="output of the unit")

# %%
# Twelve numbers instead of 64
# ----------------------------
# A linear model that is given these twelve numbers does about as well as the network. That is what
# the network's last layer is: a linear model of what the layers below have made of the image.

for name, (train, test) in {
    "64 pixels": (X_train, X_test),
    "12 hidden units": (network.hidden_activations(X_train), hidden),
}.items():
    linear = LogisticRegression(max_iter=1000).fit(train, y_train)
    print(f"logistic regression on {name}: {linear.score(test, y_test):.3f}")
