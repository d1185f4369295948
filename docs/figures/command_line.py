"""The two pictures of ``--plot`` for the people of docs/data/adult.csv.gz, one above the other."""

import matplotlib.pyplot as plt
import pandas as pd

from scratchmlp.evaluation.evaluated import evaluate
from scratchmlp.reporting.importances import importances_of, what_matters
from scratchmlp.reporting.quality import how_right
from scratchmlp.tabular import TabularEnsembleClassifier

adult = pd.read_csv("../data/adult.csv.gz")
X, y = adult.drop(columns="income"), adult["income"]
model = TabularEnsembleClassifier(random_state=0).fit(X, y)
evaluated = evaluate(model, X, y, "fit", random_state=0)
pictures = how_right(evaluated), what_matters(importances_of(evaluated))

figure, axes = plt.subplots(2, figsize=(5.2, 6.8), height_ratios=(4, 5), layout="constrained")
figure.get_layout_engine().set(hspace=0.06)
for ax, picture in zip(axes, pictures, strict=True):
    picture.plot(ax)
    ax.set_title(f"{picture.title}\n{ax.get_title()}".strip(), fontsize=11)
    ax.spines[["top", "right"]].set_visible(False)
