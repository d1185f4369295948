"""The user's validation data: history, early stopping, scoring, routing, errors."""

import pickle
from functools import partial

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csc_array, csr_matrix
from sklearn import config_context
from sklearn.base import is_classifier
from sklearn.datasets import (
    load_digits,
    load_iris,
    make_multilabel_classification,
    make_regression,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    get_scorer,
    log_loss,
    make_scorer,
    max_error,
    r2_score,
)
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale
from sklearn.utils.class_weight import compute_class_weight

from scratchmlp import DivergenceError, ScratchMLPClassifier, ScratchMLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = load_iris(return_X_y=True)
X = scale(X)
X, X_VAL, Y, Y_VAL = train_test_split(X, Y, test_size=50, random_state=0)
VAL = {"X_val": X_VAL, "y_val": Y_VAL}
SMALL = {"hidden_layer_sizes": (10,), "learning_rate_init": 0.05, "max_iter": 40, "random_state": 0}


@pytest.fixture(params=[ScratchMLPClassifier, ScratchMLPRegressor])
def Estimator(request):
    return request.param


def patient(Estimator, **settings):
    """An estimator that runs all its epochs."""
    return Estimator(**{**SMALL, "tol": 0, "n_iter_no_change": 1000, **settings})


# Recorded losses and scores.


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_without_early_stopping_validation_data_are_recorded_only(Estimator, solver):
    plain = patient(Estimator, solver=solver).fit(X, Y)
    net = patient(Estimator, solver=solver).fit(X, Y, **VAL)
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


def test_validation_loss_is_the_mean_loss_without_penalty():
    weight = np.arange(1.0, 51)
    net = ScratchMLPClassifier(**SMALL, alpha=10).fit(X, Y, **VAL, sample_weight_val=weight)
    expected = log_loss(Y_VAL, net.predict_proba(X_VAL), sample_weight=weight)
    assert net.history_["validation_loss"][-1] == pytest.approx(expected)
    net = ScratchMLPRegressor(**SMALL).fit(X, Y, **VAL)
    expected = np.mean((net.predict(X_VAL) - Y_VAL) ** 2) / 2
    assert net.history_["validation_loss"][-1] == pytest.approx(expected)


def test_weights_of_validation_rows_and_classes_count_in_the_score():
    weight = np.arange(1.0, 51)
    net = ScratchMLPClassifier(**SMALL, class_weight={0: 1, 1: 2, 2: 5})
    net.fit(X, Y, **VAL, sample_weight_val=weight)
    weight *= np.array([1, 2, 5])[Y_VAL]
    expected = accuracy_score(Y_VAL, net.predict(X_VAL), sample_weight=weight)
    assert net.history_["score"][-1] == pytest.approx(expected)


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
    net = ScratchMLPClassifier(**SMALL, class_weight="balanced")
    net.fit(X, Y, Y > 0, **VAL)
    others = {"X_val": X_VAL[Y_VAL > 0], "y_val": Y_VAL[Y_VAL > 0]}
    expected = ScratchMLPClassifier(**SMALL, class_weight="balanced").fit(X, Y, Y > 0, **others)
    np.testing.assert_allclose(net.history_["score"], expected.history_["score"], rtol=1e-10)


def test_an_internal_split_is_recorded_in_the_same_way(Estimator):
    net = Estimator(**SMALL, early_stopping=True).fit(X, Y)
    assert net.history_["score"] == net.validation_scores_
    assert np.isfinite(net.history_["validation_loss"]).all()


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
    net = Estimator(**SMALL | {"max_iter": 500}, solver=solver, early_stopping=True)
    net.fit(X, Y, **VAL)
    assert net.n_iter_ < 500
    assert net.best_validation_score_ == max(net.validation_scores_) == net.score(X_VAL, Y_VAL)
    assert f"validation {net._metric} did not improve by tol=0.0001 for" in net.stop_reason_
    assert f"best at epoch {net.best_epoch_}" in net.stop_reason_
    if solver != "lbfgs":
        assert net.t_ == len(X) * net.n_iter_


def test_own_rows_and_the_same_rows_held_out_give_the_same(Estimator):
    inner = Estimator(**SMALL, solver="lbfgs", early_stopping=True, warm_start=True).fit(X, Y)
    training, held_out = inner._run["split"]
    own = Estimator(**SMALL, solver="lbfgs", early_stopping=True)
    own.fit(X[training], Y[training], X_val=X[held_out], y_val=Y[held_out])
    np.testing.assert_array_equal(own.theta_, inner.theta_)
    assert own.validation_scores_ == inner.validation_scores_


@pytest.mark.parametrize("seed", range(3))
def test_where_labels_are_wrong_the_best_epoch_beats_the_last_one(seed):
    """A fifth of the training and validation labels are wrong; the test labels are right."""
    rng = np.random.default_rng(seed)
    D, d = load_digits(return_X_y=True)
    D, D_test, d, d_test = train_test_split(D / 16, d, stratify=d, random_state=seed)
    d = np.where(rng.random(len(d)) < 0.2, (d + rng.integers(1, 10, len(d))) % 10, d)
    D, D_val, d, d_val = train_test_split(D, d, random_state=seed)
    settings = {"hidden_layer_sizes": (50,), "learning_rate_init": 0.01, "max_iter": 100}
    settings |= {"tol": 0, "n_iter_no_change": np.inf, "random_state": seed}
    best = ScratchMLPClassifier(**settings, early_stopping=True).fit(D, d, X_val=D_val, y_val=d_val)
    last = ScratchMLPClassifier(**settings).fit(D, d)
    assert best.best_epoch_ < best.n_iter_ == last.n_iter_ == 100
    np.testing.assert_array_equal(best._latest_theta, last.theta_)  # the same training
    assert best.score(D_test, d_test) > last.score(D_test, d_test)


def test_partial_fit_keeps_the_weights_of_the_best_call(Estimator):
    net = Estimator(**SMALL, early_stopping=True, n_iter_no_change=3)
    classes = {"classes": [0, 1, 2]} if is_classifier(net) else {}
    scores = []
    while "did not improve" not in getattr(net, "stop_reason_", ""):
        net.partial_fit(X, Y, **classes, **VAL)
        scores.append(net.history_["score"][-1])
    assert net.best_epoch_ == 1 + int(np.argmax(scores)) == len(scores) - 4
    assert net.best_validation_score_ == max(scores) == net.score(X_VAL, Y_VAL)
    assert net.validation_scores_ == scores


def test_an_epoch_whose_validation_loss_is_not_finite_is_never_the_best():
    net = ScratchMLPClassifier(solver="sgd", early_stopping=True, random_state=0)
    net.set_params(learning_rate=lambda progress: 1.0 if progress.epoch < 3 else 1e200).fit(X, Y)
    assert np.isnan(net.history_["validation_loss"][3])
    assert net.best_epoch_ <= 3
    assert np.abs(net.theta_).max() < 10


@pytest.mark.filterwarnings("error")
def test_partial_fit_that_diverges_back_to_the_best_weights_warns(Estimator):
    net = Estimator(**SMALL, solver="sgd", early_stopping=True)
    classes = {"classes": [0, 1, 2]} if is_classifier(net) else {}
    net.partial_fit(X, Y, **classes, **VAL)
    assert (net.n_iter_, net.stop_reason_) == (1, "partial_fit trains for one epoch")
    best = net.theta_.copy()
    net.set_params(learning_rate_init=1e300).partial_fit(X, Y, **VAL)
    with pytest.warns(ConvergenceWarning, match="weights of epoch 1 are kept") as warned:
        net.partial_fit(X, Y, **VAL)
    assert warned[0].filename == __file__
    assert net.n_iter_ == 0
    np.testing.assert_array_equal(net.theta_, best)


def test_weights_too_large_to_validate_are_not_the_best(Estimator):
    net = Estimator(**SMALL, solver="sgd", early_stopping=True, warm_start=True)
    net.fit(X, Y, **VAL).theta_[:] = 1e200
    with pytest.raises(DivergenceError):
        net.fit(X, Y, **VAL)


def test_partial_fit_goes_on_from_the_latest_weights(Estimator):
    nets = [Estimator(**SMALL, early_stopping=stop) for stop in (True, False)]
    classes = {"classes": [0, 1, 2]} if is_classifier(nets[0]) else {}
    for _ in range(15):
        for net in nets:
            net.partial_fit(X, Y, **classes, **VAL)
    np.testing.assert_array_equal(nets[0]._latest(), nets[1].theta_)
    assert nets[0].loss_curve_ == nets[1].loss_curve_


# Scoring.


def test_scoring_by_loss(Estimator):
    net = Estimator(**SMALL, early_stopping=True, scoring="loss").fit(X, Y, **VAL)
    losses = net.history_["validation_loss"]
    assert net.validation_scores_ == [-loss for loss in losses]
    assert net.best_epoch_ == 1 + int(np.argmin(losses))


def test_scoring_by_loss_says_so():
    net = ScratchMLPClassifier(**SMALL | {"max_iter": 1000}, early_stopping=True, scoring="loss")
    assert "validation loss did not improve" in net.fit(X, Y, **VAL).stop_reason_


@pytest.mark.parametrize("scoring", ["neg_log_loss", "balanced_accuracy", "roc_auc_ovr"])
def test_scoring_by_a_scorer_s_name(scoring):
    net = ScratchMLPClassifier(**SMALL, early_stopping=True, scoring=scoring).fit(X, Y, **VAL)
    assert net.best_validation_score_ == get_scorer(scoring)(net, X_VAL, Y_VAL)
    assert len(set(net.validation_scores_)) > 1


def test_scoring_by_a_scorer_s_name_in_regression():
    net = ScratchMLPRegressor(**SMALL, early_stopping=True, scoring="neg_mean_absolute_error")
    net.fit(X, Y, **VAL)
    error = np.abs(net.predict(X_VAL) - Y_VAL).mean()
    assert net.best_validation_score_ == pytest.approx(-error)


def test_scoring_by_a_callable_on_frames_with_names():
    seen = []

    def scorer(model, X, y):
        seen.append(X)
        return balanced_accuracy_score(y, model.predict(X))

    names = {"columns": list("abcd")}
    net = ScratchMLPClassifier(**SMALL, early_stopping=True, scoring=scorer)
    net.fit(pd.DataFrame(X, **names), Y, X_val=pd.DataFrame(X_VAL, **names), y_val=Y_VAL)
    assert len(seen) == net.n_iter_
    expected = balanced_accuracy_score(Y_VAL, net.predict(pd.DataFrame(X_VAL, **names)))
    assert net.best_validation_score_ == expected
    assert "validation score" in net.stop_reason_ or net.n_iter_ == 40


def test_a_scorer_gets_weights_where_there_are_any():
    weight = np.arange(1.0, 51)
    net = ScratchMLPClassifier(**SMALL, early_stopping=True, scoring="neg_log_loss")
    net.fit(X, Y, **VAL, sample_weight_val=weight)
    expected = -log_loss(Y_VAL, net.predict_proba(X_VAL), sample_weight=weight)
    assert net.best_validation_score_ == pytest.approx(expected)


@pytest.mark.parametrize("scoring", ["neg_max_error", make_scorer(max_error)], ids=str)
def test_a_metric_that_takes_no_weights_gets_none(scoring):
    net = ScratchMLPRegressor(**SMALL, early_stopping=True, scoring=scoring)
    net.fit(X, Y, **VAL, sample_weight_val=np.arange(1.0, 51))
    assert net.best_validation_score_ == get_scorer(scoring)(net, X_VAL, Y_VAL)
    net = ScratchMLPClassifier(**SMALL, class_weight="balanced", scoring="v_measure_score")
    net.fit(X, Y, **VAL)
    assert net.history_["score"][-1] == get_scorer("v_measure_score")(net, X_VAL, Y_VAL)


def test_a_callable_that_takes_no_weights_gets_none():
    net = ScratchMLPClassifier(**SMALL, early_stopping=True, class_weight="balanced")
    net.set_params(scoring=lambda model, X, y: model.score(X, y)).fit(X, Y, **VAL)
    assert net.best_validation_score_ == net.score(X_VAL, Y_VAL)


def test_scoring_acts_on_an_internal_split_too():
    net = ScratchMLPClassifier(**SMALL, early_stopping=True, scoring="neg_log_loss").fit(X, Y)
    assert max(net.validation_scores_) < 0


@pytest.mark.parametrize("score", [np.nan, np.inf, None, "good"])
def test_a_score_is_a_number(Estimator, score):
    net = Estimator(**SMALL, scoring=lambda model, X, y: score)
    with pytest.raises(ValueError, match=rf"scoring=<function .* gave {score!r}\. Choose a scorer"):
        net.fit(X, Y, **VAL)
    assert not hasattr(net, "theta_")


def test_the_worst_score_may_be_without_bounds():
    scores = iter([-np.inf, 0.5] + 38 * [-np.inf])
    net = ScratchMLPClassifier(**SMALL, early_stopping=True)
    net.set_params(scoring=lambda model, X, y: next(scores)).fit(X, Y, **VAL)
    assert net.best_epoch_ == 2


def test_an_unknown_scorer_is_refused(Estimator):
    with pytest.raises(ValueError, match=r"'scoring' parameter of .*neg_log_loss"):
        Estimator(scoring="accurracy").fit(X, Y)


# Kinds of data.


@pytest.mark.parametrize("sparse", [csr_matrix, csc_array])
def test_sparse_validation_data(Estimator, sparse):
    dense = Estimator(**SMALL, early_stopping=True).fit(X, Y, **VAL)
    net = Estimator(**SMALL, early_stopping=True).fit(X, Y, X_val=sparse(X_VAL), y_val=Y_VAL)
    np.testing.assert_allclose(net.validation_scores_, dense.validation_scores_)


def test_string_labels_some_of_which_validation_data_lack():
    names = np.array(["setosa", "versicolor", "virginica"])
    rows = Y_VAL > 0
    net = ScratchMLPClassifier(**SMALL, early_stopping=True)
    net.fit(X, names[Y], X_val=X_VAL[rows], y_val=names[Y_VAL[rows]])
    assert net.best_validation_score_ == net.score(X_VAL[rows], names[Y_VAL[rows]])


def test_float32_stays_float32(Estimator):
    net = Estimator(**SMALL, early_stopping=True).fit(X.astype(np.float32), Y, **VAL)
    assert net.theta_.dtype == np.float32


def test_multilabel_validation_data():
    A, B = make_multilabel_classification(random_state=0)
    net = ScratchMLPClassifier(**SMALL, early_stopping=True)
    net.fit(A[:70], B[:70], X_val=A[70:], y_val=csr_matrix(B[70:]))
    assert net.best_validation_score_ == net.score(A[70:], B[70:])


def test_validation_data_with_several_targets():
    A, B = make_regression(n_targets=2, random_state=0)
    net = ScratchMLPRegressor(**SMALL, early_stopping=True)
    net.fit(A[:70], B[:70], X_val=A[70:], y_val=B[70:])
    assert net.best_validation_score_ == pytest.approx(r2_score(B[70:], net.predict(A[70:])))


# Pipelines.


@pytest.mark.filterwarnings("ignore:.*transform_input.*")
def test_a_pipeline_transforms_validation_data():
    with config_context(enable_metadata_routing=True):
        net = ScratchMLPClassifier(**SMALL, early_stopping=True)
        net.set_fit_request(X_val=True, y_val=True)
        model = make_pipeline(StandardScaler(), net, transform_input=["X_val"])
        model.fit(100 * X, Y, X_val=100 * X_VAL, y_val=Y_VAL)
    assert net.best_validation_score_ == model.score(100 * X_VAL, Y_VAL) > 0.8


def test_a_step_s_validation_data_arrive_as_they_are():
    model = make_pipeline(StandardScaler(), ScratchMLPClassifier(**SMALL, early_stopping=True))
    scaled = StandardScaler().fit(100 * X).transform(100 * X_VAL)
    model.fit(100 * X, Y, scratchmlpclassifier__X_val=scaled, scratchmlpclassifier__y_val=Y_VAL)
    assert model[-1].best_validation_score_ == model.score(100 * X_VAL, Y_VAL) > 0.8


# Errors.

BAD = {
    "y_val was not given": {"X_val": X_VAL},
    "X_val was not given": {"y_val": Y_VAL},
    "X_val and y_val was not given": {"sample_weight_val": np.ones(50)},
    "X has 3 features": {"X_val": X_VAL[:, :3], "y_val": Y_VAL},
    "NaN": {"X_val": np.full_like(X_VAL, np.nan), "y_val": Y_VAL},
    "inconsistent numbers of samples": {"X_val": X_VAL, "y_val": Y_VAL[1:]},
    "[Nn]egative": {**VAL, "sample_weight_val": np.full(50, -1.0)},
    "at least one non-zero": {**VAL, "sample_weight_val": np.zeros(50)},
}


@pytest.mark.parametrize(("message", "validation"), BAD.items())
@pytest.mark.parametrize("fitted", [False, True])
def test_bad_validation_data_are_refused_and_change_nothing(Estimator, message, validation, fitted):
    net = Estimator(**SMALL, warm_start=True)
    if fitted:
        net.fit(X, Y)
    before = pickle.dumps(vars(net))
    with pytest.raises(ValueError, match=f"(X_val|Validation data).*{message}"):
        net.fit(X, Y, **validation)
    assert pickle.dumps(vars(net)) == before


def test_early_stopping_needs_two_rows_of_validation_data(Estimator):
    one = {"X_val": X_VAL[:1], "y_val": Y_VAL[:1]}
    with pytest.raises(
        ValueError, match=r"X_val.*at least 2 rows to validate on; got 1\. Pass more"
    ):
        Estimator(**SMALL, early_stopping=True).fit(X, Y, **one)


def test_classes_that_training_data_lack_are_refused():
    with pytest.raises(
        ValueError, match=r"y_val.*classes that the training data do not.*\[0 1\]; got \[2\]"
    ):
        ScratchMLPClassifier(**SMALL).fit(X[Y < 2], Y[Y < 2], **VAL)


def test_targets_of_another_kind_are_refused():
    with pytest.raises(ValueError, match=r"y_val.*multiclass targets"):
        ScratchMLPClassifier(**SMALL).fit(X, Y, X_val=X_VAL, y_val=np.eye(3)[Y_VAL])
    with pytest.raises(ValueError, match=r"y has shape \(100, 1\), and y_val \(50, 3\)"):
        ScratchMLPRegressor(**SMALL).fit(X, Y, X_val=X_VAL, y_val=np.eye(3)[Y_VAL])


def test_columns_in_another_order_are_refused(Estimator):
    frame, other = pd.DataFrame(X, columns=list("abcd")), pd.DataFrame(X_VAL, columns=list("bacd"))
    with pytest.raises(ValueError, match=r"X_val.*feature names"):
        Estimator(**SMALL).fit(frame, Y, X_val=other, y_val=Y_VAL)


def test_a_warm_start_that_diverges_takes_the_new_columns_of_the_history_back():
    net = ScratchMLPRegressor(**SMALL, solver="sgd", warm_start=True).fit(X, Y)
    before = pickle.dumps(vars(net))
    net.learning_rate_init = 1e9
    with pytest.raises(FloatingPointError):
        net.fit(X, Y, **VAL)
    net.learning_rate_init = SMALL["learning_rate_init"]
    assert pickle.dumps(vars(net)) == before
