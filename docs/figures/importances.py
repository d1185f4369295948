"""Which columns of the Adult table matter: the picture of why.md."""

from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

from scratchmlp.plotting import ImportancesDisplay
from scratchmlp.tabular import TabularMLPClassifier

adult = pd.read_csv(Path.cwd().parent / "data" / "adult.csv.gz")  # drawn in docs/figures
X, y = adult.drop(columns="income"), adult["income"]
model = TabularMLPClassifier(cv=4, random_state=0).fit(X, y)
result = model.oof_importances(X, y, random_state=0)
_, ax = plt.subplots(figsize=(5.2, 4.2), layout="constrained")
ImportancesDisplay.from_importances(result, ax)
