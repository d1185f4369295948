"""scikit-learn's inspection with estimators for raw tables and with pipelines."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.inspection import PartialDependenceDisplay, permutation_importance
from sklearn.pipeline import make_pipeline

from scratchmlp import ScratchMLPClassifier
from scratchmlp.tabular import TabularEncoder, TabularEnsembleRegressor, TabularMLPRegressor

rng = np.random.default_rng(0)
X = pd.DataFrame(
    {"age": rng.uniform(20, 60, 150), "city": rng.choice(["Bern", "Oslo", "Rome"], 150)}
)
X["plan"] = pd.Categorical(rng.choice(["basic", "pro"], 150))
X["since"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(900, size=150), "D")
NUMBER = (X["age"] - 40) / 10 + 3 * (X["city"] == "Oslo")
BOOSTING = HistGradientBoostingRegressor(max_iter=4, learning_rate=0.5)
PARTS = [("networks", TabularMLPRegressor(max_iter=12)), ("boosting", BOOSTING)]
PIPELINE = make_pipeline(TabularEncoder(), ScratchMLPClassifier(max_iter=100, random_state=0))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    ("model", "y"),
    [(TabularEnsembleRegressor(PARTS, cv=2, random_state=0), NUMBER), (PIPELINE, NUMBER > 0.5)],
)
def test_permutation_importance_and_partial_dependence(model, y):
    result = permutation_importance(model.fit(X, y), X, y, n_repeats=2, random_state=0)
    assert set(result.importances_mean.argsort()[-2:]) == {0, 1}
    assert model.feature_names_in_.tolist() == [*X]
    features, names = ["age", "city", ("city", "plan")], {"categorical_features": ["city", "plan"]}
    draw = PartialDependenceDisplay.from_estimator
    age, city, both = draw(model, X, features, **names, grid_resolution=5).pd_results
    plt.close("all")
    assert age["average"][0, -1] > age["average"][0, 0]
    assert city["grid_values"][0][city["average"][0].argmax()] == "Oslo"
    assert both["average"].shape == (1, 3, 2)
