import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from scipy.special import expit, softmax
from sklearn.datasets import (
    load_breast_cancer,
    load_iris,
    load_wine,
)
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

from scratchmlp import ScratchMLPClassifier
from scratchmlp.losses import LogLoss

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X_IRIS, Y_IRIS = load_iris(return_X_y=True)
X_IRIS = scale(X_IRIS)
X_LABELS = X_IRIS
Y_LABELS = np.column_stack([Y_IRIS > 0, Y_IRIS > 1, X_IRIS[:, 0] > 0, Y_IRIS == 0]).astype(int)
TARGETS = {
    "multiclass": (X_IRIS, Y_IRIS),
    "binary": (X_IRIS, (Y_IRIS == 1).astype(int)),
    "multilabel": (X_LABELS, Y_LABELS),
}
LBFGS = {"solver": "lbfgs", "random_state": 0, "hidden_layer_sizes": (10,)}


@pytest.mark.parametrize("load", [load_iris, load_wine, load_breast_cancer])
def test_a_linear_network_is_logistic_regression(load):
    """Both minimize the mean log-loss plus alpha / (2 n) ‖W‖² if C = 1 / alpha."""
    X, y = load(return_X_y=True)
    X = scale(X)
    network = ScratchMLPClassifier(
        hidden_layer_sizes=(), solver="lbfgs", alpha=0.1, tol=1e-8, max_iter=1000, random_state=0
    ).fit(X, y)
    reference = LogisticRegression(C=1 / 0.1, tol=1e-10, max_iter=10_000).fit(X, y)
    np.testing.assert_allclose(
        network.predict_proba(X), reference.predict_proba(X), rtol=0, atol=1e-4
    )
    assert network.stop_reason_.startswith("L-BFGS-B ended with status 0")


# Losses and output activations.


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    "loss", ["log_loss", "squared_error", "focal", LogLoss(label_smoothing=0.1)], ids=str
)
@pytest.mark.parametrize("output", ["auto", "softmax", "logistic"])
def test_every_loss_and_output_learns_and_gives_probabilities(target, loss, output):
    X, y = TARGETS[target]
    classifier = ScratchMLPClassifier(
        loss=loss, output_activation=output, alpha=0.1, max_iter=500, **LBFGS
    )
    if target == "multilabel" and output == "softmax":
        with pytest.raises(ValueError, match=r"exclusive classes.*several labels"):
            classifier.fit(X, y)
        return
    classifier.fit(X, y)
    assert classifier.score(X, y) > 0.95
    p = classifier.predict_proba(X)
    assert p.shape == (len(X), 2 if target == "binary" else len(classifier.classes_))
    np.testing.assert_allclose(classifier.predict_log_proba(X), np.log(p), rtol=1e-9, atol=1e-12)
    if target == "multilabel":
        np.testing.assert_array_equal(classifier.predict(X), p > 0.5)
    else:
        np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-12)
        np.testing.assert_array_equal(classifier.predict(X), classifier.classes_[p.argmax(axis=1)])


def test_what_auto_means():
    expected = {"multiclass": "softmax", "binary": "logistic", "multilabel": "logistic"}
    for target, output in expected.items():
        classifier = ScratchMLPClassifier(max_iter=1).fit(*TARGETS[target])
        assert classifier.out_activation_ == output


def test_probabilities_are_the_output_activation_of_the_decision():
    X, y = TARGETS["multiclass"]
    classifier = ScratchMLPClassifier(**LBFGS, max_iter=20).fit(X, y)
    raw = classifier.decision_function(X)
    np.testing.assert_allclose(classifier.predict_proba(X), softmax(raw, axis=1), rtol=1e-12)
    classifier.set_params(output_activation="logistic").fit(X, y)
    odds = expit(classifier.decision_function(X))
    np.testing.assert_allclose(
        classifier.predict_proba(X), odds / odds.sum(axis=1, keepdims=True), rtol=1e-9
    )
    X, y = TARGETS["binary"]
    for output in ("logistic", "softmax"):
        classifier = ScratchMLPClassifier(output_activation=output, **LBFGS, max_iter=20)
        decision = classifier.fit(X, y).decision_function(X)
        assert decision.shape == (len(X),)
        np.testing.assert_allclose(classifier.predict_proba(X)[:, 1], expit(decision), rtol=1e-12)


def test_identity_outputs_are_least_squares_without_probabilities():
    for X, y in (TARGETS["binary"], TARGETS["multiclass"]):
        classifier = ScratchMLPClassifier(
            hidden_layer_sizes=(),
            loss="squared_error",
            output_activation="identity",
            solver="lbfgs",
            alpha=1.0,
            tol=1e-10,
            max_iter=1000,
        ).fit(X, y)
        reference = RidgeClassifier(alpha=1.0).fit(X, y)
        np.testing.assert_allclose(
            classifier.decision_function(X), reference.decision_function(X), atol=1e-5
        )
        np.testing.assert_array_equal(classifier.predict(X), reference.predict(X))
        assert not hasattr(classifier, "predict_proba")
        assert not hasattr(classifier, "predict_log_proba")
    assert not hasattr(ScratchMLPClassifier(output_activation="identity"), "predict_proba")
    classifier = ScratchMLPClassifier(output_activation="identity", loss="squared_error", **LBFGS)
    predicted = classifier.set_params(alpha=0.1, max_iter=500).fit(X_LABELS, Y_LABELS)
    assert predicted.score(X_LABELS, Y_LABELS) > 0.95


def test_a_loss_refuses_an_output_activation_that_it_cannot_have():
    with pytest.raises(
        ValueError, match=r"loss='log_loss' supports .*: softmax, logistic; got .*'identity'"
    ):
        ScratchMLPClassifier(output_activation="identity").fit(X_IRIS, Y_IRIS)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("output", ["auto", "logistic"])
def test_probabilities_are_never_0_and_their_logarithms_finite(target, dtype, output):
    X, y = TARGETS[target]
    classifier = ScratchMLPClassifier(output_activation=output, max_iter=1, random_state=0)
    classifier.fit(X.astype(dtype), y)
    p, log_p = (
        getattr(classifier, method)(X.astype(dtype) * 1e6)
        for method in ("predict_proba", "predict_log_proba")
    )
    assert p.dtype == log_p.dtype == dtype
    assert (p > 0).all()
    assert np.isfinite(log_p).all()
    assert log_p.min() == np.log(np.finfo(dtype).tiny)
    assert (p < 1).all() if target == "multilabel" else (p <= 1).all()


def test_a_rare_event_keeps_its_digits():
    """Column 0 is expit(-raw), not 1 - p, which would round to 0."""
    classifier = ScratchMLPClassifier(hidden_layer_sizes=(), max_iter=1, random_state=0)
    classifier.fit([[-1.0], [1.0]], [0, 1])
    classifier.coefs_[0][:], classifier.intercepts_[0][:] = 1, 0
    assert classifier.predict_proba([[50.0]])[0, 0] == pytest.approx(np.exp(-50), rel=1e-12)


# Labels.


@pytest.mark.parametrize(
    "names",
    [["a", "b", "c"], [False, True, True], [-5, 0, 7], [1.0, 2.0, 3.0], [b"x", b"y", b"z"]],
    ids=["str", "bool", "int", "float", "bytes"],
)
def test_labels_of_any_type_come_back(names):
    y = np.array(names)[Y_IRIS]
    classifier = ScratchMLPClassifier(alpha=0.1, max_iter=200, **LBFGS)
    if isinstance(names[0], bytes):
        with pytest.raises(TypeError, match="Support for labels represented as bytes"):
            classifier.fit(X_IRIS, y)
        return
    predicted = classifier.fit(X_IRIS, y).predict(X_IRIS)
    assert predicted.dtype == y.dtype
    assert (predicted == y).mean() > 0.95
    np.testing.assert_array_equal(classifier.classes_, np.unique(y))


def test_object_labels_and_pandas():
    frame, y = (
        pd.DataFrame(X_IRIS, columns=list("abcd")),
        pd.Series(Y_IRIS).map(list("xyz").__getitem__),
    )
    classifier = ScratchMLPClassifier(alpha=0.1, max_iter=200, **LBFGS).fit(frame, y)
    assert classifier.score(frame, y) > 0.95
    assert list(classifier.feature_names_in_) == list("abcd")
    with pytest.raises(ValueError, match="feature names should match"):
        classifier.predict(frame[["b", "a", "c", "d"]])


@pytest.mark.parametrize("output", ["auto", "softmax"])
def test_one_class_alone_is_accepted(output):
    classifier = ScratchMLPClassifier(max_iter=5, output_activation=output)
    classifier.fit(X_IRIS, np.full(150, "only"))
    assert (classifier.predict(X_IRIS) == "only").all()
    np.testing.assert_array_equal(classifier.predict_proba(X_IRIS), np.ones((150, 1)))
    np.testing.assert_array_equal(classifier.predict_log_proba(X_IRIS), np.zeros((150, 1)))


def test_sparse_indicator_targets_come_back_sparse():
    classifier = ScratchMLPClassifier(alpha=0.1, max_iter=300, **LBFGS)
    predicted = classifier.fit(X_LABELS, scipy.sparse.csr_array(Y_LABELS)).predict(X_LABELS)
    assert scipy.sparse.issparse(predicted)
    assert (predicted.toarray() == Y_LABELS).mean() > 0.95
    classifier.set_params(early_stopping=True).fit(X_LABELS, scipy.sparse.csr_array(Y_LABELS))
    assert len(classifier.validation_scores_) == classifier.n_iter_


def test_early_stopping_stratifies_two_classes():
    y = np.r_[np.zeros(140, int), np.ones(10, int)]
    classifier = ScratchMLPClassifier(
        early_stopping=True, validation_fraction=0.5, warm_start=True, max_iter=2
    ).fit(X_IRIS, y)
    training, held_out = classifier._run["split"]
    assert y[training].sum() == y[held_out].sum() == 5


# partial_fit and warm_start.


def test_partial_fit_needs_the_classes_first():
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        ScratchMLPClassifier().partial_fit(X_IRIS, Y_IRIS)


def test_partial_fit_may_see_some_classes_at_a_time():
    classifier = ScratchMLPClassifier(learning_rate_init=0.05, random_state=0)
    for _ in range(40):
        for c in range(3):
            rows = c == Y_IRIS
            classifier.partial_fit(X_IRIS[rows], Y_IRIS[rows], classes=[0, 1, 2])
    assert classifier.predict_proba(X_IRIS).shape == (150, 3)
    classifier.partial_fit(X_IRIS, Y_IRIS)
    assert classifier.score(X_IRIS, Y_IRIS) > 0.6


def test_partial_fit_refuses_a_class_it_was_not_told_of():
    classifier = ScratchMLPClassifier().partial_fit(X_IRIS[:100], Y_IRIS[:100], classes=[0, 1])
    with pytest.raises(ValueError, match=r"classes not in `self.classes_`: \[2\].*first call"):
        classifier.partial_fit(X_IRIS, Y_IRIS)
    with pytest.raises(ValueError, match="is not the same as on last call"):
        classifier.partial_fit(X_IRIS[:100], Y_IRIS[:100], classes=[0, 1, 2])


def test_a_failed_first_partial_fit_leaves_no_classes_behind():
    classifier = ScratchMLPClassifier()
    with pytest.raises(ValueError, match="NaN"):
        classifier.partial_fit(X_IRIS * np.nan, Y_IRIS, classes=[0, 1, 2])
    assert not hasattr(classifier, "classes_")


def test_partial_fit_multilabel():
    classifier = ScratchMLPClassifier(random_state=0)
    for _ in range(3):
        classifier.partial_fit(X_LABELS, Y_LABELS, classes=np.arange(4))
    assert classifier.predict(X_LABELS).shape == Y_LABELS.shape


@pytest.mark.parametrize(("before", "after"), [("auto", "identity"), ("identity", "auto")])
def test_the_output_activation_may_change_between_fits(before, after):
    X, y = TARGETS["binary"]
    classifier = ScratchMLPClassifier(
        loss="squared_error", output_activation=before, warm_start=True, max_iter=300, **LBFGS
    ).fit(X, y)
    assert classifier.set_params(output_activation=after).fit(X, y).score(X, y) > 0.95


def test_training_goes_on_with_targets_of_the_same_kind():
    classifier = ScratchMLPClassifier(warm_start=True, max_iter=2).fit(X_LABELS, Y_LABELS[:, :3])
    with pytest.raises(ValueError, match=r"`y` has multiclass .*began with multilabel-indicator"):
        classifier.fit(X_IRIS, Y_IRIS)


def test_numbers_that_are_no_classes_get_a_short_error():
    with pytest.raises(ValueError, match="Unknown label type: continuous") as error:
        ScratchMLPClassifier().fit(X_IRIS, X_IRIS[:, 0])
    assert len(str(error.value).splitlines()) == 1


def test_several_columns_of_classes_are_refused():
    with pytest.raises(ValueError, match=r"several columns.*MultiOutputClassifier"):
        ScratchMLPClassifier().fit(X_IRIS, np.column_stack([Y_IRIS, Y_IRIS]))


def test_warm_start_wants_the_same_classes():
    classifier = ScratchMLPClassifier(warm_start=True, max_iter=2).fit(X_IRIS, Y_IRIS)
    with pytest.raises(ValueError, match="same classes as in the previous call"):
        classifier.fit(X_IRIS[:100], Y_IRIS[:100])
    with pytest.raises(ValueError, match=r"got \[0 1 2\], `y` has \[1 2 3\].*warm_start=False"):
        classifier.fit(X_IRIS, Y_IRIS + 1)


def test_grid_search_in_a_pipeline_is_as_good_as_logistic_regression():
    X, y = load_iris(return_X_y=True)
    network = ScratchMLPClassifier(max_iter=100, random_state=0)
    search = GridSearchCV(
        make_pipeline(StandardScaler(), network),
        {
            "scratchmlpclassifier__learning_rate_init": [0.01, 0.1],
            "scratchmlpclassifier__hidden_layer_sizes": [(4,), (16,)],
        },
        cv=5,
    ).fit(X, y)
    reference = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    assert search.best_score_ > 0.93
    assert log_loss(y, search.predict_proba(X)) < log_loss(y, reference.predict_proba(X))
