"""Which door, which estimator, and when another package is the better choice.

To draw it again, run in the root of the source:
python docs/figures/decision.py docs/_static/decision.svg
"""

from drawing import BACKWARD, FORWARD, NEUTRAL, arrow, box, canvas, note, save

WIDTH, HEIGHT = 4.4, 4.25  # readable on a phone
OURS = [
    ("You use\nMLPClassifier", "ScratchMLPClassifier,\nScratchMLPRegressor"),
    ("You have\na table", "scratchmlp my.csv,\nor TabularEnsemble*"),
    ("You want to\nunderstand", "Backpropagation\nby hand"),
]
OTHERS = [
    ("a fit within a second", "one model of LightGBM"),
    ("images, audio, long texts", "pretrained models"),
    ("survival times", "scikit-survival"),
    ("ranking, monotone trends", "CatBoost"),
]

figure, ax = canvas(WIDTH, HEIGHT)
for i, (reader, estimators) in enumerate(OURS):
    y = HEIGHT - 0.4 - 0.78 * i
    box(ax, 0.95, y, reader, NEUTRAL)
    arrow(ax, (1.68, y), (2.12, y), FORWARD)
    box(ax, 3.2, y, estimators, FORWARD)
note(ax, WIDTH / 2, 1.6, "Better done by another package:", BACKWARD)
for i, (need, package) in enumerate(OTHERS):
    y = 1.22 - 0.34 * i
    note(ax, 2.18, y, need, ha="right")
    arrow(ax, (2.24, y), (2.5, y), BACKWARD)
    note(ax, 2.56, y, package, BACKWARD, ha="left")
save(figure)
