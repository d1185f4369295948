"""What is printed about scores."""

import numpy as np
import pandas as pd
import pytest

from scratchmlp.cli.comparison import make_plan
from scratchmlp.cli.report import best_model, score_table

CLASSES = np.repeat([0, 1], 9)


@pytest.fixture(scope="module")
def results():
    def folds(accuracy, loss, auc):
        return pd.DataFrame(
            {"accuracy": accuracy, "log-loss": loss, "AUC": auc, "fit_time": 0.2512}
        )

    return {
        "low": folds([0.5, 0.7], [1.0, 0.5], [0.5, np.nan]),
        "high": folds([0.9, 0.9], [0.9, 0.8], [np.nan, np.nan]),
    }


def test_scores_are_means_and_deviations_over_the_folds(results):
    header, *rows = score_table(results, make_plan(CLASSES, is_class=True)).splitlines()
    assert header.split() == ["accuracy", "log-loss", "AUC", "fit", "(s)"]
    assert [row.split() for row in rows] == [
        ["low", *["0.60", "±", "0.10", "0.750", "±", "0.250", "0.500", "±", "0.000"], "0.25"],
        ["high", *["0.900", "±", "0.000", "0.850", "±", "0.050"], "undefined", "0.25"],
    ]


@pytest.mark.parametrize(
    ("metric", "best"), [(None, "low"), ("log_loss", "low"), ("accuracy", "high"), ("AUC", "low")]
)
def test_the_metric_decides_which_model_is_the_best(metric, best, results):
    assert best_model(results, make_plan(CLASSES, is_class=True, metric=metric)) == best


def test_huge_scores_are_divided_by_a_power_of_ten():
    folds = pd.DataFrame({"RMSE": [1e9, 3e9], "R²": [0.0, 0.0], "fit_time": 1})
    table = score_table({"a": folds}, make_plan(np.arange(9.0), is_class=False))
    assert "RMSE / 1e9" in table
    assert "2.0 ± 1.0" in table
    assert "0.000 ± 0.000" in table
