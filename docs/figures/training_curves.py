"""How networks learned the Adult table: the picture of report.md."""

from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

from scratchmlp.plotting import TrainingCurveDisplay
from scratchmlp.tabular import TabularMLPClassifier

adult = pd.read_csv(Path.cwd().parent / "data" / "adult.csv.gz")  # drawn in docs/figures
X, y = adult.drop(columns="income"), adult["income"]
model = TabularMLPClassifier(cv=4, random_state=0).fit(X, y)
_, ax = plt.subplots(figsize=(5.2, 4.6), layout="constrained")
TrainingCurveDisplay.from_estimator(model, ax=ax)
