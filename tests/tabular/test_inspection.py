"""scikit-learn's inspection, and shap, with estimators for raw tables and with pipelines."""

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
    {
        "age": rng.uniform(20, 60, 150),
        "city": rng.choice(["Rome", "Oslo", "Paris"], 150),
        "plan": pd.Categorical(rng.choice(["basic", "pro"], 150)),
        "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(900, size=150), "D"),
        "weight": np.where(rng.random(150) < 0.1, np.nan, rng.normal(size=150)),
    }
)
NUMBER = (X["age"] - 40) / 10 + 3 * (X["city"] == "Oslo")
PARTS = [
    ("networks", TabularMLPRegressor(max_iter=12)),
    ("boosting", HistGradientBoostingRegressor(max_iter=4, learning_rate=0.5)),
]
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
    features, categorical = ["age", "city", ("city", "plan")], ["city", "plan"]
    display = PartialDependenceDisplay.from_estimator(
        model, X, features, categorical_features=categorical, grid_resolution=5
    )
    plt.close("all")
    age, city, both = display.pd_results
    assert age["average"][0, -1] > age["average"][0, 0]
    levels = city["grid_values"][0].tolist()
    assert levels[city["average"][0].argmax()] == "Oslo"
    assert both["average"].shape == (1, 3, 2)


def test_shap_explains_rows_of_a_raw_table():
    shap = pytest.importorskip("shap")
    model = TabularMLPRegressor(cv=2, max_iter=12, random_state=0).fit(X, NUMBER)

    def predict(rows):
        columns = {name: X[name].array[rows[:, i].astype(int)] for i, name in enumerate(X)}
        return model.predict(pd.DataFrame(columns))

    numbers = np.tile(np.arange(len(X))[:, None], X.shape[1])
    explainer = shap.PermutationExplainer(predict, numbers[:10], feature_names=list(X), seed=0)
    values = explainer(numbers[10:13])
    assert values.shape == (3, 5)
    predicted = values.base_values + values.values.sum(axis=1)
    np.testing.assert_allclose(predicted, model.predict(X[10:13]), atol=1e-4)
    assert np.abs(values.values).mean(axis=0).argsort()[-2:].tolist() in ([0, 1], [1, 0])
