"""Single networks as ONNX models."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.activations import ACTIVATIONS, Tanh
from scratchmlp.io import to_onnx
from scratchmlp.losses import LOSSES, SquaredError, losses_for
from tests.helpers.estimator_examples import X_IRIS, Y_IRIS
from tests.helpers.onnx_runs import RUNTIMES, array_inputs, check_description, check_exported, run

pytest.importorskip("onnx")

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

TWO = Y_IRIS % 2
TARGETS = {
    "integers": Y_IRIS,
    "strings": np.array(["setosa", "versicolor", "ä"])[Y_IRIS],
    "floats": Y_IRIS.astype(float),
    "two strings": np.array(["no", "yes"])[TWO],
    "booleans": TWO == 1,
    "one class": np.zeros(150, int),
    "multilabel": np.column_stack([TWO, Y_IRIS > 0, Y_IRIS > 1]).astype(int),
    "objects": np.array(["no", "yes"], object)[TWO],
}
SMALL = {"hidden_layer_sizes": (6, 5), "max_iter": 4, "random_state": 0}


SETTINGS = [
    *({"activation": name} for name in ACTIVATIONS),
    {"activation": ("mish", "tanh", "relu"), "hidden_layer_sizes": (3, 4, 5)},
    {"hidden_layer_sizes": ()},
    {"fit_intercept": False, "dropout": 0.2, "early_stopping": True},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_classifiers_of_all_activations_and_shapes(settings):
    classifier = ScratchMLPClassifier(output_activation="logistic", **SMALL | settings)
    check_exported(classifier.fit(X_IRIS.astype(np.float32), Y_IRIS), X_IRIS.astype(np.float32))
    pytest.importorskip("onnxruntime")
    model = to_onnx(classifier)
    outputs = run("onnxruntime", model, array_inputs(model, 1e6 * X_IRIS))
    assert np.isfinite(outputs["probabilities"]).all(), "large inputs overflow"


@pytest.mark.parametrize("output", ["softmax", "logistic"])
@pytest.mark.parametrize("targets", TARGETS)
def test_classifiers_of_all_targets(targets, output):
    output = "logistic" if targets == "multilabel" else output
    classifier = ScratchMLPClassifier(output_activation=output, **SMALL)
    check_exported(classifier.fit(X_IRIS, TARGETS[targets]), X_IRIS)


@pytest.mark.parametrize("output", ["softmax", "logistic"])
@pytest.mark.parametrize("targets", ["two strings", "multilabel"])
def test_a_tiny_score_is_a_tie(targets, output):
    output = "logistic" if targets == "multilabel" else output
    classifier = ScratchMLPClassifier((), output_activation=output, max_iter=1)
    classifier.fit(X_IRIS.astype(np.float32), TARGETS[targets])
    classifier.theta_ = np.zeros_like(classifier.theta_)
    classifier.theta_[-1] = 1e-17
    check_exported(classifier, X_IRIS.astype(np.float32))
    assert not np.any(classifier.predict(X_IRIS)[0] == classifier.classes_[1])


@pytest.mark.parametrize("targets", ["integers", "two strings", "one class", "multilabel"])
def test_classifiers_without_probabilities(targets):
    classifier = ScratchMLPClassifier(loss="squared_error", output_activation="identity", **SMALL)
    model = to_onnx(classifier.fit(X_IRIS, TARGETS[targets]))
    check_description(model, classifier)
    scores = classifier.decision_function(X_IRIS).reshape(150, -1)
    if len(classifier.classes_) == 2:
        scores = np.hstack([-scores, scores])
    for runtime in RUNTIMES:
        outputs = run(runtime, model, array_inputs(model, X_IRIS))
        np.testing.assert_allclose(outputs["scores"], scores, atol=1e-5)
        np.testing.assert_array_equal(outputs["label"], classifier.predict(X_IRIS))


class MySquares(SquaredError):  # noqa: N818
    """A loss of the user that predicts as ours does."""


OUTPUTS = [
    (MySquares(), "identity"),
    *((name, output) for name in losses_for("regressor") for output in LOSSES[name].outputs),
]


@pytest.mark.parametrize(("loss", "output"), OUTPUTS)
def test_regressors_of_all_losses_and_outputs(loss, output):
    y = abs(X_IRIS[:, :2])
    chosen = "auto" if output == "exp" else output  # the only one of its loss
    regressor = ScratchMLPRegressor(loss=loss, output_activation=chosen, **SMALL)
    check_exported(regressor.fit(X_IRIS, y / y.sum(axis=1, keepdims=True)), X_IRIS)


def regressor(**settings):
    return ScratchMLPRegressor(**SMALL | settings).fit(X_IRIS, Y_IRIS)


def with_classes(*classes):
    classifier = ScratchMLPClassifier(**SMALL).fit(X_IRIS, Y_IRIS)
    classifier.classes_ = np.array(classes, object)
    return classifier


def test_a_model_says_what_it_needs():
    check_exported(regressor(), X_IRIS)
    model = to_onnx(regressor())
    assert model.ir_version == 8
    assert [(each.domain, each.version) for each in model.opset_import] == [("", 17)]
    assert [each.name for each in model.graph.input] == ["X"]
    assert [each.name for each in model.graph.output] == ["prediction"]
    assert model.producer_name == "scratchmlp"


class MyTanh(Tanh):
    pass


class Doubling(SquaredError):  # noqa: N818
    def predictions(self, raw):
        return 2 * raw


class MyRegressor(ScratchMLPRegressor):
    def predict(self, X):
        return 2 * super().predict(X)


REFUSED = [
    (lambda: MyRegressor(**SMALL).fit(X_IRIS, Y_IRIS), TypeError, "no subclasses.*got MyRegressor"),
    (lambda: regressor(activation=MyTanh()), ValueError, r"activation <.*MyTanh object"),
    (lambda: regressor(loss=Doubling()), ValueError, r"loss Doubling\(\)"),
    (lambda: with_classes("a", 1, None), ValueError, r"\['a', 1, None\] have no type"),
    (ScratchMLPRegressor, NotFittedError, "not fitted"),
    (SquaredError, TypeError, r"got SquaredError.*register_skl2onnx_converters"),
]


@pytest.mark.parametrize(("make", "error", "message"), REFUSED)
def test_what_has_no_expression_is_refused_by_name(make, error, message):
    estimator = make()
    with pytest.raises(error, match=message):
        to_onnx(estimator)


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr("scratchmlp.utils.extras.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r'pip install "\.\[onnx\]"'):
        to_onnx(ScratchMLPRegressor())
