"""The model of docs/keep_and_serve.md, which other programs run."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.helpers.onnx_runs import RUNTIMES, run, table_inputs

pytest.importorskip("skops")

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_the_model_of_the_page_which_was_exported_once_predicts_the_same(runtime):
    onnx = pytest.importorskip("onnx")
    content = json.loads((DOCS / "serving" / "customers.json").read_text(encoding="utf-8"))
    table = pd.DataFrame(content["customers"])
    model = onnx.load(DOCS / "serving" / "churned.onnx")
    proba = run(runtime, model, table_inputs(model, table))["probabilities"]
    np.testing.assert_allclose(proba, content["probabilities"], rtol=0, atol=1e-5)
