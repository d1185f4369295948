"""The server of docs/keep_and_serve.md, which needs other packages."""

import re
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scratchmlp.io import save
from scratchmlp.tabular import TabularMLPClassifier

pytest.importorskip("skops")

DOCS = Path(__file__).parents[2] / "docs"


def example(heading):
    """Return the first block of Python code below a heading."""
    section = (DOCS / "keep_and_serve.md").read_text(encoding="utf-8").split(f"\n## {heading}\n")[1]
    return re.search(r"```py\n(.*?)```", section, re.DOTALL).group(1)


def test_fastapi(tmp_path, monkeypatch):
    pytest.importorskip("fastapi")
    pytest.importorskip("httpx")
    monkeypatch.chdir(tmp_path)
    rows = [{"plan": plan, "months": number} for number, plan in enumerate(["basic", "pro"] * 20)]
    rows = [row | {"paperless": row["months"] % 3 > 0, "key": 7} for row in rows]
    table = pd.DataFrame(rows)
    model = TabularMLPClassifier(cv=2, max_iter=4, random_state=0)
    names = {"__name__": "server"}
    with warnings.catch_warnings(action="ignore"):
        model.fit(table, table["months"] > 9)  # which leaves out the key
        save(model, tmp_path / "income.model")
        from fastapi.testclient import TestClient

        exec(example("FastAPI"), names)
        client = TestClient(names["app"])
        last = {"plan": None, "months": 3.5, "paperless": True}
        answer = client.post("/predict", json=[*rows[:2], last])
        without = client.post("/predict", json=[rows[0], {"plan": "pro", "paperless": None}])
        boolean = client.post("/predict", json=[rows[0], rows[1] | {"months": True}])
        text = client.post("/predict", json=[rows[0] | {"months": "many"}])
    assert answer.status_code == 200
    assert [list(row) for row in answer.json()] == [["False", "True"]] * 3
    expected = model.predict_proba(table[:2])
    np.testing.assert_allclose([list(row.values()) for row in answer.json()[:2]], expected)
    for wrong in (without, boolean):
        assert wrong.status_code == 422
        assert {(*each["loc"][:3],) for each in wrong.json()["detail"]} == {("body", 1, "months")}
    assert text.status_code == 422
    assert "'months'" in text.json()["detail"]
