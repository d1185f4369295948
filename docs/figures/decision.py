"""Which door, which estimator, and when another package is the better choice.

To draw it again, run in the root of the source:
python docs/figures/decision.py docs/_static/decision.svg
"""

from drawing import BACKWARD, FORWARD, NEUTRAL, arrow, box, canvas, note, save

WIDTH = 5.6
DOORS = [
    (
        "You use\nMLPClassifier",
        "Replace\nMLPClassifier",
        "ScratchMLPClassifier\nScratchMLPRegressor",
    ),
    (
        "You have a table\nand no time",
        "Predict from\na table",
        "scratchmlp my.csv\nTabularEnsemble*",
    ),
    ("You want to\nunderstand", "See how\nit learns", "Backpropagation"),
]
OTHERS = [
    ("a fit within a second", "one model of LightGBM"),
    ("images, audio, long texts", "pretrained models, on a GPU"),
    ("survival times", "scikit-survival"),
    ("ranking, monotone constraints", "CatBoost"),
]

figure, ax = canvas(WIDTH, 4.95)
for x, (reader, door, estimators) in zip((0.95, 2.82, 4.68), DOORS, strict=True):
    box(ax, x, 4.6, reader, NEUTRAL, size=9.5)
    arrow(ax, (x, 4.27), (x, 3.92))
    box(ax, x, 3.6, door, FORWARD)
    arrow(ax, (x, 3.26), (x, 2.94), FORWARD)
    box(ax, x, 2.62, estimators, FORWARD, size=8.5)
note(ax, WIDTH / 2, 1.95, "Better done by another package:", BACKWARD)
for i, (need, package) in enumerate(OTHERS):
    y = 1.5 - 0.38 * i
    note(ax, 2.5, y, need, ha="right")
    arrow(ax, (2.58, y), (2.88, y), BACKWARD)
    note(ax, 2.95, y, package, BACKWARD, ha="left")
save(figure)
