"""Single networks as ONNX models."""

import numpy as np
import pytest
from estimator_examples import X_IRIS, Y_IRIS
from onnx_runs import RUNTIMES, check_classes, check_description, check_numbers, run
from sklearn.exceptions import ConvergenceWarning, NotFittedError

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.activations import ACTIVATIONS, OUTPUT_ACTIVATIONS, Tanh
from scratchmlp.io import to_onnx
from scratchmlp.losses import LOSSES, SquaredError, losses_for

pytest.importorskip("onnx")
from scratchmlp.io.onnx.graph import Graph
from scratchmlp.io.onnx.layers import EXPRESSIONS

pytestmark = pytest.mark.filterwarnings(
    f"ignore::{ConvergenceWarning.__module__}.ConvergenceWarning"
)

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


def inputs(X=X_IRIS):
    return {"X": X.astype(np.float32)}


def test_every_activation_has_an_expression():
    activations = {*ACTIVATIONS.values(), *OUTPUT_ACTIVATIONS.values()}
    assert {type(each) for each in activations} == {*EXPRESSIONS}


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("targets", ["integers", "multilabel"])
def test_classifiers_of_all_activations(runtime, activation, targets):
    classifier = ScratchMLPClassifier(activation=activation, **SMALL).fit(X_IRIS, TARGETS[targets])
    check_classes(run(runtime, to_onnx(classifier), inputs()), classifier, X_IRIS)


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("targets", TARGETS)
@pytest.mark.parametrize("loss", losses_for("classifier"))
@pytest.mark.parametrize("output", OUTPUT_ACTIVATIONS)
def test_classifiers_of_all_targets_and_losses(runtime, targets, loss, output):
    y, possible = TARGETS[targets], LOSSES[loss].outputs
    if output not in possible or (targets == "multilabel" and output == "softmax"):
        return
    classifier = ScratchMLPClassifier(loss=loss, output_activation=output, **SMALL).fit(X_IRIS, y)
    model = to_onnx(classifier)
    check_description(model, classifier)
    outputs = run(runtime, model, inputs())
    if output != "identity":
        check_classes(outputs, classifier, X_IRIS)
        return
    scores = classifier.decision_function(X_IRIS)
    scores = scores.reshape(150, -1)
    if len(classifier.classes_) == 2:
        scores = np.hstack([-scores, scores])
    np.testing.assert_allclose(outputs["scores"], scores, atol=1e-5)
    np.testing.assert_array_equal(outputs["label"], classifier.predict(X_IRIS))


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("n_targets", [1, 2])
@pytest.mark.parametrize("output", OUTPUT_ACTIVATIONS)
@pytest.mark.parametrize("loss", losses_for("regressor"))
def test_regressors_of_all_losses(runtime, n_targets, output, loss):
    if output not in LOSSES[loss].outputs or (output == "softmax" and n_targets == 1):
        return
    y = abs(X_IRIS[:, :n_targets]) / 10
    if output == "softmax":
        y /= y.sum(axis=1, keepdims=True)
    y = y[:, 0] if n_targets == 1 else y
    chosen = "auto" if output == "exp" else output  # the only one of its loss
    regressor = ScratchMLPRegressor(loss=loss, output_activation=chosen, **SMALL).fit(X_IRIS, y)
    check_numbers(run(runtime, to_onnx(regressor), inputs()), regressor, X_IRIS)


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize(
    "settings",
    [
        {"hidden_layer_sizes": ()},
        {"fit_intercept": False},
        {"dropout": 0.2},
        {"activation": ("mish", "tanh", "relu"), "hidden_layer_sizes": (3, 4, 5)},
        {"early_stopping": True},
    ],
)
def test_other_shapes_of_networks(runtime, settings):
    for X in (X_IRIS, X_IRIS.astype(np.float32)):
        classifier = ScratchMLPClassifier(**SMALL | settings).fit(X, Y_IRIS)
        check_classes(run(runtime, to_onnx(classifier), inputs(X)), classifier, X)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_large_inputs_do_not_overflow(activation):
    ort = pytest.importorskip("onnxruntime")
    classifier = ScratchMLPClassifier(activation=activation, output_activation="logistic", **SMALL)
    model = to_onnx(classifier.fit(X_IRIS, Y_IRIS))
    X = (1e6 * X_IRIS).astype(np.float32)
    proba = ort.InferenceSession(model.SerializeToString()).run(["probabilities"], {"X": X})[0]
    assert np.isfinite(proba).all()


def test_a_model_says_what_it_needs():
    model = to_onnx(ScratchMLPRegressor(**SMALL).fit(X_IRIS, Y_IRIS))
    assert model.ir_version == 8
    assert [(each.domain, each.version) for each in model.opset_import] == [("", 17)]
    assert [each.name for each in model.graph.input] == ["X"]
    assert [each.name for each in model.graph.output] == ["prediction"]
    assert model.producer_name == "scratchmlp"


class MyTanh(Tanh):
    pass


class MySquares(SquaredError):  # noqa: N818
    pass


class Doubling(SquaredError):  # noqa: N818
    def predictions(self, raw, out=None):
        return 2 * raw


def test_what_has_no_expression_is_refused_by_name():
    regressor = ScratchMLPRegressor(activation=MyTanh(), **SMALL).fit(X_IRIS, Y_IRIS)
    with pytest.raises(ValueError, match=r"activation <.*MyTanh object"):
        to_onnx(regressor)
    regressor = ScratchMLPRegressor(loss=Doubling(), **SMALL).fit(X_IRIS, Y_IRIS)
    with pytest.raises(ValueError, match=r"loss Doubling\(\)"):
        to_onnx(regressor)
    with pytest.raises(NotFittedError):
        to_onnx(ScratchMLPRegressor())
    with pytest.raises(TypeError, match=r"got Graph.*register_skl2onnx_converters"):
        to_onnx(Graph())
    classes = np.array([1, 2, 3], object)
    classifier = ScratchMLPClassifier(**SMALL).fit(X_IRIS, Y_IRIS)
    classifier.classes_ = np.array(["a", 1, None], object)
    with pytest.raises(ValueError, match=r"\['a', 1, None\] have no type"):
        to_onnx(classifier)
    classifier.classes_ = classes
    to_onnx(classifier)


def test_a_loss_of_the_users_that_predicts_as_ours_do_has_an_expression():
    regressor = ScratchMLPRegressor(loss=MySquares(), **SMALL).fit(X_IRIS, Y_IRIS)
    check_numbers(run("reference", to_onnx(regressor), inputs()), regressor, X_IRIS)


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr("scratchmlp.extras.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r'pip install "scratchmlp\[onnx\]"'):
        to_onnx(ScratchMLPRegressor())
