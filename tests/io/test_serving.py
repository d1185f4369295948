"""The examples of docs/keep_and_serve.md that need other packages."""

import re
import warnings
from pathlib import Path

import numpy as np
import pytest
from model_files import TABLE, Models

from scratchmlp.io import save

pytest.importorskip("skops")

MODELS = Models()
PAGE = Path(__file__).parents[2] / "docs" / "keep_and_serve.md"


def example(heading):
    """Return the first block of Python code below a heading."""
    section = PAGE.read_text(encoding="utf-8").split(f"\n## {heading}\n")[1]
    return re.search(r"```py\n(.*?)```", section, re.DOTALL).group(1)


def test_mlflow(tmp_path, monkeypatch):
    with warnings.catch_warnings(action="ignore"):
        pytest.importorskip("mlflow.sklearn")
        for name in ("tabular classifier", "ensemble regressor", "pipeline"):
            model = MODELS[name]
            (tmp_path / name).mkdir()
            monkeypatch.chdir(tmp_path / name)
            names = {"model": model}
            exec(example("MLflow"), names)
            again = names["again"]
            assert type(again) is type(model)
            rows = TABLE if hasattr(model, "encoder_") else np.zeros((3, 4))
            np.testing.assert_array_equal(again.predict(rows), model.predict(rows))


def test_fastapi(tmp_path, monkeypatch):
    pytest.importorskip("fastapi")
    pytest.importorskip("httpx")
    from scratchmlp.tabular import TabularMLPClassifier

    monkeypatch.chdir(tmp_path)
    rows = [{"plan": plan, "months": number} for number, plan in enumerate(["basic", "pro"] * 20)]
    import pandas as pd

    table = pd.DataFrame(rows)
    model = TabularMLPClassifier(cv=2, max_iter=4, random_state=0).fit(table, table["months"] > 9)
    save(model, tmp_path / "churned.skops")
    names = {"__name__": "server"}
    with warnings.catch_warnings(action="ignore"):
        from fastapi.testclient import TestClient

        exec(example("FastAPI"), names)
        client = TestClient(names["app"])
        answer = client.post("/predict", json=[*rows[:2], {"plan": None, "months": 3.5}])
        wrong = client.post("/predict", json=[{"plan": "pro"}])
    assert answer.status_code == 200
    assert [list(row) for row in answer.json()] == [["False", "True"]] * 3
    expected = model.predict_proba(table[:2])
    np.testing.assert_allclose([list(row.values()) for row in answer.json()[:2]], expected)
    assert wrong.status_code == 422
    assert "months" in wrong.json()["detail"]
