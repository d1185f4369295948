"""Validation data, passed or held out: history, early stopping, scoring, routing, errors."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csc_array, csr_matrix
from sklearn import config_context
from sklearn.datasets import make_multilabel_classification, make_regression
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, get_scorer, log_loss, r2_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.class_weight import compute_class_weight

from scratchmlp import DivergenceError, ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.estimators.state import latest_theta
from tests.helpers.estimator_examples import X_IRIS, Y_IRIS, fails, partial_fit

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, X_VAL, Y, Y_VAL = train_test_split(X_IRIS, Y_IRIS, test_size=50, random_state=0)
VAL = {"X_val": X_VAL, "y_val": Y_VAL}
WEIGHT_VAL = np.arange(1.0, 51)
SMALL = {"hidden_layer_sizes": (10,), "learning_rate_init": 0.05, "max_iter": 40, "random_state": 0}
Classifier = partial(ScratchMLPClassifier, **SMALL, early_stopping=True)


# Recorded losses and scores.


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_without_early_stopping_validation_data_are_recorded_only(Estimator, solver):
    plain = Estimator(**SMALL, solver=solver).fit(X, Y)
    net = Estimator(**SMALL, solver=solver).fit(X, Y, **VAL)
    np.testing.assert_array_equal(net.theta_, plain.theta_)
    assert net.best_loss_ == plain.best_loss_
    assert net.validation_scores_ is None
    assert net.best_validation_score_ is None
    assert net.history_["score"][-1] == net.score(X_VAL, Y_VAL)
    assert np.isfinite(net.history_["validation_loss"]).all()
    assert np.isnan(plain.history_["validation_loss"]).all()
    assert np.isnan(plain.history_["score"]).all()
    columns = ["epoch", "loss", "validation_loss", "score", "learning_rate", "seconds"]
    assert list(net.history_) == list(plain.history_) == columns


def test_validation_losses_and_scores_are_weighted_means_without_penalty():
    net = ScratchMLPClassifier(**SMALL, alpha=10, class_weight={0: 1, 1: 2, 2: 5})
    net.fit(X, Y, **VAL, sample_weight_val=WEIGHT_VAL)
    weight = WEIGHT_VAL * np.array([1, 2, 5])[Y_VAL]
    loss = log_loss(Y_VAL, net.predict_proba(X_VAL), sample_weight=weight)
    score = accuracy_score(Y_VAL, net.predict(X_VAL), sample_weight=weight)
    assert net.history_["validation_loss"][-1] == pytest.approx(loss)
    assert net.history_["score"][-1] == pytest.approx(score)
    net = ScratchMLPRegressor(**SMALL, alpha=10).fit(X, Y, **VAL, sample_weight_val=WEIGHT_VAL)
    loss = np.average((net.predict(X_VAL) - Y_VAL) ** 2, weights=WEIGHT_VAL) / 2
    score = r2_score(Y_VAL, net.predict(X_VAL), sample_weight=WEIGHT_VAL)
    assert net.history_["validation_loss"][-1] == pytest.approx(loss)
    assert net.history_["score"][-1] == pytest.approx(score)


@pytest.mark.parametrize("multilabel", [False, True])
def test_balanced_weights_of_validation_rows_are_those_of_training_rows(multilabel):
    rows = np.r_[np.flatnonzero(Y_VAL == 0), :20]  # other class frequencies
    y, y_val, balance = Y, Y_VAL[rows], partial(compute_class_weight, "balanced")
    weights = dict(enumerate(balance(classes=np.arange(3), y=Y)))
    if multilabel:
        y, y_val = (np.c_[t > 0, t == 1].astype(int) for t in (y, y_val))
        columns = [balance(classes=np.arange(2), y=column) for column in y.T]
        weights = [dict(enumerate(column)) for column in columns]
    balanced, given = (
        ScratchMLPClassifier(**SMALL, class_weight=w).fit(X, y, X_val=X_VAL[rows], y_val=y_val)
        for w in ("balanced", weights)
    )
    for name in ("validation_loss", "score"):
        np.testing.assert_allclose(balanced.history_[name], given.history_[name], rtol=1e-10)


def test_a_class_that_only_validation_rows_weigh_does_not_count_when_balanced():
    others = {"X_val": X_VAL[Y_VAL > 0], "y_val": Y_VAL[Y_VAL > 0]}
    net = ScratchMLPClassifier(**SMALL, class_weight="balanced")
    scores, expected = (net.fit(X, Y, Y > 0, **v).history_["score"] for v in (VAL, others))
    np.testing.assert_allclose(scores, expected, rtol=1e-10)


def test_warm_start_with_validation_data_from_the_second_fit_on(Estimator):
    net = Estimator(**SMALL, warm_start=True).fit(X, Y)
    n_epochs = net.n_iter_
    net.fit(X, Y, **VAL)
    scores = np.array(net.history_["score"])
    assert np.isnan(scores[:n_epochs]).all()
    assert np.isfinite(scores[n_epochs:]).all()
    net.fit(X, Y)
    assert {len(column) for column in net.history_.values()} == {net.history_["epoch"][-1]}


# Early stopping.


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_early_stopping_looks_at_validation_data_and_trains_on_all_rows(Estimator, solver):
    dropout = 0.0 if solver == "lbfgs" else 0.2  # in training, not in validation
    net = Estimator(**SMALL | {"max_iter": 500}, solver=solver, early_stopping=True)
    net.set_params(dropout=dropout).fit(X, Y, **VAL)
    assert net.n_iter_ < 500
    assert net.best_validation_score_ == max(net.validation_scores_) == net.score(X_VAL, Y_VAL)
    assert net.best_epoch_ == 1 + int(np.argmax(net.validation_scores_))
    assert f"validation {net._metric} did not improve by tol=0.0001 in any" in net.stop_reason_
    assert f"best at epoch {net.best_epoch_}" in net.stop_reason_
    if solver != "lbfgs":
        assert net.t_ == len(X) * net.n_iter_
    # Training up to the best epoch only gives the weights that were kept.
    again = net.get_params() | {"max_iter": net.best_epoch_}
    np.testing.assert_array_equal(Estimator(**again).fit(X, Y, **VAL).theta_, net.theta_)


def test_own_rows_and_the_same_rows_held_out_give_the_same(Estimator):
    settings = {**SMALL, "solver": "lbfgs", "early_stopping": True}
    inner = Estimator(**settings, warm_start=True).fit(X, Y)
    training, held_out = inner._run["split"].values()
    assert len(held_out) == 10
    own = Estimator(**settings)
    own.fit(X[training], Y[training], X_val=X[held_out], y_val=Y[held_out])
    np.testing.assert_array_equal(own.theta_, inner.theta_)
    assert own.validation_scores_ == inner.validation_scores_ == inner.history_["score"]
    assert own.history_["validation_loss"] == inner.history_["validation_loss"]


def test_rows_of_weight_zero_are_removed_before_rows_are_held_out(Estimator):
    weight = np.zeros(150)
    rows = np.r_[0:10, 50:60, 100:110]
    weight[rows] = 1.0
    settings = {**SMALL, "early_stopping": True, "max_iter": 20}
    weighted = Estimator(**settings).fit(X_IRIS, Y_IRIS, weight)
    absent = Estimator(**settings).fit(X_IRIS[rows], Y_IRIS[rows])
    np.testing.assert_allclose(weighted.theta_, absent.theta_, rtol=1e-10)
    assert weighted.validation_scores_ == pytest.approx(absent.validation_scores_)


def test_an_epoch_whose_validation_loss_is_not_finite_is_never_the_best():
    net = ScratchMLPClassifier(solver="sgd", early_stopping=True, random_state=0)
    net.set_params(learning_rate=lambda progress: 1.0 if progress.epoch < 3 else 1e200).fit(X, Y)
    assert np.isnan(net.history_["validation_loss"][3])
    assert net.best_epoch_ <= 3
    assert np.abs(net.theta_).max() < 10


# partial_fit with validation data.


def test_partial_fit_keeps_the_weights_of_the_best_call_and_goes_on_from_the_latest(Estimator):
    net, plain = (Estimator(**SMALL, early_stopping=s, n_iter_no_change=3) for s in (True, False))
    scores = []
    while "did not improve" not in getattr(net, "stop_reason_", ""):
        for each in (net, plain):
            partial_fit(each, X, Y, **VAL)
        scores.append(net.history_["score"][-1])
    assert net.best_epoch_ == 1 + int(np.argmax(scores)) == len(scores) - 4
    assert net.best_validation_score_ == max(scores) == net.score(X_VAL, Y_VAL)
    assert net.validation_scores_ == scores
    np.testing.assert_array_equal(latest_theta(net), plain.theta_)
    assert net.loss_curve_ == plain.loss_curve_


@pytest.mark.filterwarnings("error")
def test_partial_fit_that_diverges_back_to_the_best_weights_warns(Estimator):
    net = partial_fit(Estimator(**SMALL, solver="sgd", early_stopping=True), X, Y, **VAL)
    best = net.theta_.copy()
    net.set_params(learning_rate_init=1e300).partial_fit(X, Y, **VAL)
    with pytest.warns(ConvergenceWarning, match="weights of epoch 1 are kept") as warned:
        net.partial_fit(X, Y, **VAL)
    assert warned[0].filename == __file__
    assert net.n_iter_ == 0
    np.testing.assert_array_equal(net.theta_, best)


# Scoring.


def test_scoring_by_loss(Estimator):
    net = Estimator(**SMALL | {"max_iter": 300}, early_stopping=True, scoring="loss")
    losses = net.fit(X, Y, **VAL).history_["validation_loss"]
    assert net.validation_scores_ == [-loss for loss in losses]
    assert net.best_epoch_ == 1 + int(np.argmin(losses))
    assert "validation loss did not improve" in net.stop_reason_


def by_its_score(model, X, y):
    return model.score(X, y)


BALANCED = {"class_weight": "balanced"}


SCORERS = [
    (ScratchMLPClassifier, "roc_auc_ovr", {}, None),
    (ScratchMLPRegressor, "neg_mean_absolute_error", {}, None),
    # Weights go to scorers whose metric has such a parameter.
    (ScratchMLPClassifier, "neg_log_loss", {}, WEIGHT_VAL),
    (ScratchMLPRegressor, "neg_max_error", {}, WEIGHT_VAL),
    (ScratchMLPClassifier, "v_measure_score", BALANCED, None),
    (ScratchMLPClassifier, by_its_score, BALANCED, None),
]


@pytest.mark.parametrize(("Estimator", "scoring", "settings", "weight"), SCORERS)
def test_scoring_by_a_scorer_with_the_weights_that_it_takes(Estimator, scoring, settings, weight):
    net = Estimator(**SMALL, **settings, early_stopping=True, scoring=scoring)
    net.fit(X, Y, **VAL, sample_weight_val=weight)
    weights = {"sample_weight": weight} if weight is not None and scoring == "neg_log_loss" else {}
    expected = get_scorer(scoring)(net, X_VAL, Y_VAL, **weights)
    assert net.best_validation_score_ == pytest.approx(expected, rel=1e-12)
    assert len(set(net.validation_scores_)) > 1


def test_scoring_by_a_callable_gets_arrays_without_names():
    seen = []

    def scorer(model, X, y):
        seen.append(type(X))
        return model.score(X, y)

    frame, frame_val = (pd.DataFrame(each, columns=list("abcd")) for each in (X, X_VAL))
    net = Classifier(scoring=scorer, max_iter=300).fit(frame, Y, X_val=frame_val, y_val=Y_VAL)
    assert seen == net.n_iter_ * [np.ndarray]
    assert net.best_validation_score_ == net.score(frame_val, Y_VAL)
    assert "validation score did not improve" in net.stop_reason_


@pytest.mark.parametrize("score", [np.nan, np.inf, None, "good"])
def test_a_score_is_a_number(Estimator, score):
    net = Estimator(**SMALL, scoring=lambda model, X, y: score)
    message = rf"scoring=<function .* gave {score!r}\. Choose a scorer"
    with fails(net, ValueError, message):
        net.fit(X, Y, **VAL)


def test_the_worst_score_may_be_without_bounds():
    scores = iter([-np.inf, 0.5] + 38 * [-np.inf])
    net = Classifier(scoring=lambda model, X, y: next(scores)).fit(X, Y, **VAL)
    assert net.best_epoch_ == 2


# Kinds of data.


@pytest.mark.parametrize("convert", [csr_matrix, csc_array, np.float32])
def test_validation_data_are_converted_as_training_data_are(Estimator, convert):
    expected = Estimator(**SMALL, early_stopping=True).fit(X, Y, **VAL)
    net = Estimator(**SMALL, early_stopping=True).fit(X, Y, X_val=convert(X_VAL), y_val=Y_VAL)
    np.testing.assert_allclose(net.validation_scores_, expected.validation_scores_, rtol=1e-6)
    net.fit(X.astype(np.float32), Y, X_val=convert(X_VAL), y_val=Y_VAL)
    assert net.theta_.dtype == np.float32


def test_string_labels_some_of_which_validation_data_lack():
    names, rows = np.array(["setosa", "versicolor", "virginica"]), Y_VAL > 0
    net = Classifier().fit(X, names[Y], X_val=X_VAL[rows], y_val=names[Y_VAL[rows]])
    assert net.best_validation_score_ == net.score(X_VAL[rows], names[Y_VAL[rows]])


def test_validation_data_with_several_targets():
    A, B = make_multilabel_classification(random_state=0)
    net = Classifier().fit(A[:70], B[:70], X_val=A[70:], y_val=csr_matrix(B[70:]))
    assert net.best_validation_score_ == net.score(A[70:], B[70:])
    A, B = make_regression(n_targets=2, random_state=0)
    net = ScratchMLPRegressor(**SMALL, early_stopping=True)
    net.fit(A[:70], B[:70], X_val=A[70:], y_val=B[70:])
    assert net.best_validation_score_ == pytest.approx(r2_score(B[70:], net.predict(A[70:])))


# Pipelines.


@pytest.mark.filterwarnings("ignore:.*transform_input.*")
def test_a_pipeline_transforms_validation_data_if_it_is_told_to():
    with config_context(enable_metadata_routing=True):
        net = Classifier().set_fit_request(X_val=True, y_val=True)
        model = make_pipeline(StandardScaler(), net, transform_input=["X_val"])
        model.fit(100 * X, Y, X_val=100 * X_VAL, y_val=Y_VAL)
    assert net.best_validation_score_ == model.score(100 * X_VAL, Y_VAL) > 0.8


# Errors.

OTHER_TARGETS = r"multiclass targets|y has shape \(100, 1\), and y_val \(50, 3\)"
BAD = [
    ({"X_val": X_VAL}, "y_val was not given"),
    ({"y_val": Y_VAL}, "X_val was not given"),
    ({"sample_weight_val": np.ones(50)}, "X_val and y_val was not given"),
    ({"X_val": X_VAL[:, :3], "y_val": Y_VAL}, "X has 3 features"),
    ({"X_val": np.full_like(X_VAL, np.nan), "y_val": Y_VAL}, "NaN"),
    ({"X_val": X_VAL, "y_val": Y_VAL[1:]}, "inconsistent numbers of samples"),
    ({"X_val": X_VAL[:1], "y_val": Y_VAL[:1]}, r"at least 2 rows .* got 1\. Pass more"),
    ({"X_val": X_VAL, "y_val": np.eye(3)[Y_VAL]}, OTHER_TARGETS),
]


@pytest.mark.parametrize(("validation", "message"), BAD)
@pytest.mark.parametrize("fitted", [False, True])
def test_bad_validation_data_are_refused_and_change_nothing(Estimator, validation, message, fitted):
    net = Estimator(**SMALL, warm_start=True, early_stopping=True)
    if fitted:
        net.fit(X, Y)
    with fails(net, ValueError, f"(X_val|Validation data).*({message})"):
        net.fit(X, Y, **validation)


def test_two_rows_are_enough_for_early_stopping_and_one_without(Estimator):
    two = {"X_val": X_VAL[:2], "y_val": Y_VAL[:2]}
    assert len(Estimator(**SMALL, early_stopping=True).fit(X, Y, **two).validation_scores_) > 1
    one = {"X_val": X_VAL[:1], "y_val": Y_VAL[:1]}
    assert np.isfinite(Estimator(**SMALL).fit(X, Y, **one).history_["validation_loss"]).all()


TOO_FEW = [(0.0, "test_size=0.0 should be"), (0.005, "The validation set is too s")]
TOO_FEW += [(0.999, ".*train set will be empty")]


@pytest.mark.parametrize(("fraction", "reason"), TOO_FEW)
def test_early_stopping_needs_rows_to_validate_and_to_train_on(Estimator, fraction, reason):
    net = Estimator(early_stopping=True, validation_fraction=fraction)
    message = f"hold out validation_fraction={fraction} of n_samples=150. {reason}"
    of_each_class = r" \(of each class\)" if Estimator is ScratchMLPClassifier else ""
    remedy = f"Change 'validation_fraction' or increase the size of your dataset{of_each_class}"
    with fails(net, ValueError, rf"{message}.*{remedy}\."):
        net.fit(X_IRIS, Y_IRIS)


def test_classes_that_training_data_lack_are_refused():
    message = r"y_val.*classes that the training data do not.*\[0 1\]; got \[2\]"
    with pytest.raises(ValueError, match=message):
        ScratchMLPClassifier(**SMALL).fit(X[Y < 2], Y[Y < 2], **VAL)


def test_a_warm_start_that_diverges_takes_the_new_columns_of_the_history_back():
    net = ScratchMLPRegressor(**SMALL, solver="sgd", warm_start=True).fit(X, Y)
    net.learning_rate_init = 1e9
    with fails(net, DivergenceError, "The loss grew"):
        net.fit(X, Y, **VAL)
