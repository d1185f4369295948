"""The benchmarks of predictions: their tables and candidates."""

import re

import numpy as np
import pandas as pd
import pytest

from benchmarks.candidates import CANDIDATES
from benchmarks.tables import load

SLOW = re.compile("MLP|Ensemble|searched")


def test_real_tables_have_one_stratified_split_without_rare_and_unknown_classes(tmp_path):
    X = pd.DataFrame({"word": ["a", "b", None] * 40, "number": np.arange(120) / 2})
    labels = np.repeat(["yes", "no", "rare", None], [60, 39, 19, 2])
    X.assign(deny=labels).to_csv(tmp_path / "hmda.csv.gz", index=False)
    table = load("hmda", tmp_path)
    ((train, test),) = table.splits
    assert table.X.index.equals(pd.RangeIndex(99))
    assert np.bincount(table.y[test]).tolist() == [13, 20]
    assert sorted([*train, *test]) == list(range(99))
    with pytest.raises(OSError, match=r"has no stroke\.csv and no stroke\.csv\.gz"):
        load("stroke", tmp_path)


@pytest.mark.parametrize("name", [n for n in CANDIDATES if not SLOW.search(n)])
def test_candidates_take_tables_with_text_and_many_categories(name):
    candidate, rng = CANDIDATES[name], np.random.default_rng(0)
    if not candidate.find():
        pytest.skip(f"{candidate.library} is not installed")
    X = pd.DataFrame(
        {
            "few": ["a", "b", None] * 200,
            "many": [f"m{i % 300}" for i in range(600)],
            "flag": [True, False] * 300,
            "number": np.where(np.arange(600) % 7, rng.normal(size=600), np.nan),
        }
    )
    y = rng.normal(size=600) if candidate.regressor else np.arange(600) % 3
    model = candidate.make(X, 0).fit(X[:500], y[:500])
    assert np.isfinite(model.predict(X[500:])).all()
