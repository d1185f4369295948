"""The table and the model of tables_in_ten_minutes.md, fitted once for all pictures of them."""

from pathlib import Path

import pandas as pd

from scratchmlp.tabular import TabularEnsembleClassifier

data = Path(__file__).parents[1] / "data"
adult, new = (pd.read_csv(data / f"{name}.csv.gz") for name in ("adult", "adult_new"))
X, y = adult.drop(columns="income"), adult["income"]
model = TabularEnsembleClassifier(random_state=0).fit(X, y)
