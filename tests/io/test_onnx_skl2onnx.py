"""Pipelines and searches that hold our networks, converted by skl2onnx."""

import numpy as np
import pandas as pd
import pytest
from estimator_examples import X_IRIS, Y_IRIS
from onnx_runs import RUNTIMES, run
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.io import register_skl2onnx_converters, to_onnx

skl2onnx = pytest.importorskip("skl2onnx")

pytestmark = pytest.mark.filterwarnings(
    f"ignore::{ConvergenceWarning.__module__}.ConvergenceWarning",
    "ignore:.*not writeable.*:UserWarning",
)
SMALL = {"hidden_layer_sizes": (6,), "max_iter": 4, "random_state": 0}
X32 = X_IRIS.astype(np.float32)


@pytest.fixture(autouse=True)
def registered():
    register_skl2onnx_converters()
    register_skl2onnx_converters()


def convert(model, X=X32, target_opset=17, **options):
    return skl2onnx.to_onnx(model, X[:1], options=options, target_opset=target_opset)


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("X", [X32, X_IRIS])
@pytest.mark.parametrize(
    "y",
    [Y_IRIS, np.array(["a", "b", "c"])[Y_IRIS], Y_IRIS > 1, np.array(["no", "yes"])[Y_IRIS % 2]],
)
def test_pipelines(runtime, X, y):
    pipeline = make_pipeline(StandardScaler(), ScratchMLPClassifier(**SMALL)).fit(X, y)
    outputs = run(runtime, convert(pipeline, X, zipmap=False), {"X": X})
    np.testing.assert_array_equal(outputs["label"], pipeline.predict(X))
    proba = pipeline.predict_proba(X)
    np.testing.assert_allclose(outputs["probabilities"], proba, rtol=0, atol=1e-5)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_the_best_estimator_of_a_search(runtime):
    pipeline = make_pipeline(StandardScaler(), ScratchMLPClassifier(**SMALL))
    grid = {"scratchmlpclassifier__activation": ["tanh", "mish"]}
    search = GridSearchCV(pipeline, grid, cv=2).fit(X_IRIS, Y_IRIS)
    for model in (search, search.best_estimator_):
        outputs = run(runtime, convert(model, zipmap=False), {"X": X32})
        np.testing.assert_allclose(
            outputs["probabilities"], search.predict_proba(X_IRIS), atol=1e-5
        )


def test_zipmap_makes_dictionaries():
    pytest.importorskip("onnxruntime")
    y = np.array(["no", "yes"])[Y_IRIS % 2]
    pipeline = make_pipeline(StandardScaler(), ScratchMLPClassifier(**SMALL)).fit(X_IRIS, y)
    outputs = run("onnxruntime", convert(pipeline), {"X": X32})
    proba = pipeline.predict_proba(X_IRIS)
    assert [*outputs["output_probability"][0]] == ["no", "yes"]
    assert outputs["output_probability"][3]["yes"] == pytest.approx(proba[3, 1], abs=1e-5)
    columns = run("onnxruntime", convert(pipeline, zipmap="columns"), {"X": X32})
    np.testing.assert_allclose(columns["syes"], proba[:, 1], atol=1e-5)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_class_numbers_and_raw_scores(runtime):
    y = np.array(["no", "yes"])[Y_IRIS % 2]
    classifier = ScratchMLPClassifier(**SMALL).fit(X_IRIS, y)
    model = convert(classifier, zipmap=False, nocl=True, raw_scores=True)
    outputs = run(runtime, model, {"X": X32})
    np.testing.assert_array_equal(outputs["label"], classifier.predict(X_IRIS) == "yes")
    scores = classifier.decision_function(X_IRIS)
    expected = np.column_stack([-scores, scores])
    np.testing.assert_allclose(outputs["probabilities"], expected, atol=1e-5)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_multilabel_targets(runtime):
    y = np.column_stack([Y_IRIS > 0, Y_IRIS > 1]).astype(int)
    classifier = ScratchMLPClassifier(**SMALL).fit(X_IRIS, y)
    outputs = run(runtime, convert(classifier, zipmap=False), {"X": X32})
    np.testing.assert_array_equal(outputs["label"], classifier.predict(X_IRIS))
    proba = classifier.predict_proba(X_IRIS)
    np.testing.assert_allclose(outputs["probabilities"], proba, atol=1e-5)


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("target_opset", [15, 17, 20])
@pytest.mark.parametrize("n_targets", [1, 2])
def test_regressors(runtime, target_opset, n_targets):
    y = X_IRIS[:, :n_targets] if n_targets > 1 else X_IRIS[:, 0]
    pipeline = make_pipeline(StandardScaler(), ScratchMLPRegressor(**SMALL)).fit(X_IRIS, y)
    model = convert(pipeline, target_opset=target_opset)
    expected = pipeline.predict(X_IRIS).reshape(150, n_targets)
    np.testing.assert_allclose(run(runtime, model, {"X": X32})["variable"], expected, atol=1e-5)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_two_networks_and_another_model_in_one_graph(runtime):
    voting = VotingClassifier(
        [
            ("a", ScratchMLPClassifier(**SMALL)),
            ("b", ScratchMLPClassifier(activation="silu", **SMALL)),
            ("c", LogisticRegression()),
        ],
        voting="soft",
        flatten_transform=False,
    ).fit(X_IRIS, Y_IRIS)
    outputs = run(runtime, convert(voting, zipmap=False), {"X": X32})
    np.testing.assert_allclose(outputs["probabilities"], voting.predict_proba(X_IRIS), atol=1e-5)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_integers(runtime):
    X = (10 * X_IRIS).astype(np.int64)
    classifier = ScratchMLPClassifier(**SMALL).fit(X, Y_IRIS)
    outputs = run(runtime, convert(classifier, X, zipmap=False), {"X": X})
    np.testing.assert_allclose(outputs["probabilities"], classifier.predict_proba(X), atol=1e-5)


def test_columns_of_a_data_frame():
    ort = pytest.importorskip("onnxruntime")
    table = pd.DataFrame({"size": X32[:, 0], "color": np.array(["red", "blue"])[Y_IRIS % 2]})
    columns = ColumnTransformer(
        [("size", StandardScaler(), ["size"]), ("color", OneHotEncoder(), ["color"])],
        sparse_threshold=0,
    )
    pipeline = make_pipeline(columns, ScratchMLPClassifier(**SMALL)).fit(table, Y_IRIS)
    model = convert(pipeline, table, zipmap=False)
    session = ort.InferenceSession(model.SerializeToString())
    inputs = {name: table[[name]].to_numpy() for name in table}
    inputs["color"] = inputs["color"].astype(object)
    proba = session.run(["probabilities"], inputs)[0]
    np.testing.assert_allclose(proba, pipeline.predict_proba(table), atol=1e-5)


def test_to_onnx_names_this_way_for_pipelines():
    pipeline = make_pipeline(StandardScaler(), ScratchMLPClassifier(**SMALL)).fit(X_IRIS, Y_IRIS)
    with pytest.raises(TypeError, match=r"got Pipeline\. .*register_skl2onnx_converters"):
        to_onnx(pipeline)
