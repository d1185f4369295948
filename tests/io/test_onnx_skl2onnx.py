"""Pipelines and searches that hold our networks, converted by skl2onnx."""

import numpy as np
import pytest
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.io import register_skl2onnx_converters
from tests.helpers.estimator_examples import X_IRIS, Y_IRIS
from tests.helpers.onnx_runs import RUNTIMES, run

skl2onnx = pytest.importorskip("skl2onnx")

pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning", "ignore:.*not writeable.*:UserWarning"
)
SMALL = {"hidden_layer_sizes": (6,), "max_iter": 4, "random_state": 0}
X32 = X_IRIS.astype(np.float32)
INTEGERS = (10 * X_IRIS).astype(np.int64)
TWO_WORDS = np.array(["no", "yes"])[Y_IRIS % 2]
LABELS = np.column_stack([Y_IRIS > 0, Y_IRIS > 1]).astype(int)
NETWORK = ScratchMLPClassifier(**SMALL)
PIPELINE = make_pipeline(StandardScaler(), NETWORK)


@pytest.fixture(autouse=True)
def registered():
    register_skl2onnx_converters()
    register_skl2onnx_converters()


def convert(model, X=X32, target_opset=17, **options):
    return skl2onnx.to_onnx(model, X[:1], options=options, target_opset=target_opset)


SEARCH = GridSearchCV(PIPELINE, {"scratchmlpclassifier__activation": ["tanh", "mish"]}, cv=2)
VOTES = [("a", NETWORK), ("b", PIPELINE), ("c", LogisticRegression())]
VOTING = VotingClassifier(VOTES, voting="soft", flatten_transform=False)
CLASSIFIERS = {
    "booleans": (PIPELINE, X32, Y_IRIS > 1),
    "two words in float64": (PIPELINE, X_IRIS, TWO_WORDS),
    "integers": (NETWORK, INTEGERS, Y_IRIS),
    "many labels": (NETWORK, X32, LABELS),
    "search": (SEARCH, X32, Y_IRIS),
    "several models": (VOTING, X32, Y_IRIS),
}


@pytest.mark.parametrize(("model", "X", "y"), CLASSIFIERS.values(), ids=CLASSIFIERS)
def test_classifiers(model, X, y):
    converted = convert(model.fit(X, y), X, zipmap=False)
    proba = model.predict_proba(X)
    for runtime in RUNTIMES:
        outputs = run(runtime, converted, {"X": X})
        np.testing.assert_array_equal(outputs["label"], model.predict(X), err_msg=runtime)
        np.testing.assert_allclose(outputs["probabilities"], proba, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("target_opset", "n_targets"), [(15, 1), (17, 2), (20, 1)])
def test_regressors(target_opset, n_targets):
    y = X_IRIS[:, :n_targets] if n_targets > 1 else X_IRIS[:, 0]
    pipeline = make_pipeline(StandardScaler(), ScratchMLPRegressor(**SMALL)).fit(X_IRIS, y)
    model = convert(pipeline, target_opset=target_opset)
    assert model.graph.output[0].type.tensor_type.shape.dim[1].dim_value == n_targets
    expected = pipeline.predict(X_IRIS).reshape(150, n_targets)
    for runtime in RUNTIMES:
        predicted = run(runtime, model, {"X": X32})["variable"]
        np.testing.assert_allclose(predicted, expected, atol=1e-5, err_msg=runtime)


def test_zipmap_makes_dictionaries():
    pytest.importorskip("onnxruntime")
    pipeline = PIPELINE.fit(X_IRIS, TWO_WORDS)
    outputs = run("onnxruntime", convert(pipeline), {"X": X32})
    proba = pipeline.predict_proba(X_IRIS)
    assert [*outputs["output_probability"][0]] == ["no", "yes"]
    assert outputs["output_probability"][3]["yes"] == pytest.approx(proba[3, 1], abs=1e-5)
    columns = run("onnxruntime", convert(pipeline, zipmap="columns"), {"X": X32})
    np.testing.assert_allclose(columns["syes"], proba[:, 1], atol=1e-5)


@pytest.mark.parametrize("output", ["logistic", "softmax"])
def test_class_numbers_and_raw_scores(output):
    classifier = ScratchMLPClassifier(output_activation=output, **SMALL).fit(X_IRIS, TWO_WORDS)
    model = convert(classifier, zipmap=False, nocl=True, raw_scores=True)
    scores = classifier.decision_function(X_IRIS)
    expected = np.column_stack([-scores, scores])
    for runtime in RUNTIMES:
        outputs = run(runtime, model, {"X": X32})
        np.testing.assert_array_equal(outputs["label"], classifier.predict(X_IRIS) == "yes")
        np.testing.assert_allclose(outputs["probabilities"], expected, atol=1e-5, err_msg=runtime)


OPTIONS = [
    {"zipmap": True, "nocl": False, "raw_scores": False, "output_class_labels": False},
    {"zipmap": False, "output_class_labels": True},
]


@pytest.mark.parametrize("options", OPTIONS)
def test_options_of_scikit_learns_classifiers_are_accepted(options):
    names = [
        [each.name for each in convert(model.fit(X32, Y_IRIS), **options).graph.output]
        for model in (LogisticRegression(), NETWORK)
    ]
    assert names[0] == names[1]


def test_the_labels_of_the_classes_may_be_an_output():
    model = convert(NETWORK.fit(X_IRIS, Y_IRIS), zipmap=False, output_class_labels=True)
    for runtime in RUNTIMES:
        *_, labels = run(runtime, model, {"X": X32}).values()
        np.testing.assert_array_equal(labels, [0, 1, 2])
