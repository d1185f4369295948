"""The model of the page in docs/serving, which was exported once, still predicts the same."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from onnx_runs import RUNTIMES, run, table_inputs

onnx = pytest.importorskip("onnx")
FOLDER = Path(__file__).parents[2] / "docs" / "serving"


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_the_model_of_the_page_predicts_the_same(runtime):
    content = json.loads((FOLDER / "customers.json").read_text(encoding="utf-8"))
    table = pd.DataFrame(content["customers"])
    table = table.assign(since=pd.to_datetime(table["since"]))
    model = onnx.load(FOLDER / "churned.onnx")
    proba = run(runtime, model, table_inputs(model, table))["probabilities"]
    np.testing.assert_allclose(proba, content["probabilities"], rtol=0, atol=1e-5)
