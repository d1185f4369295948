"""scikit-learn's callbacks and ours: on single estimators, in pipelines and in searches."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone, is_classifier
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from scratchmlp import DivergenceError, ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.callbacks import ModelCheckpoint, TimeLimit
from scratchmlp.estimators.state import latest_theta
from scratchmlp.io import ModelFileError, load
from tests.helpers.estimator_examples import X_IRIS, Y_IRIS, Recorder, partial_fit

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

EPOCHS = 4


@pytest.fixture(params=[(ScratchMLPClassifier, "adam"), (ScratchMLPRegressor, "lbfgs")])
def net(request):
    Estimator, solver = request.param
    return Estimator(hidden_layer_sizes=(5,), solver=solver, max_iter=EPOCHS, random_state=0)


def long_net():
    return ScratchMLPClassifier((5,), max_iter=10**7, tol=0, n_iter_no_change=10**7)


# Arguments of callbacks.


def test_every_task_ends_with_a_model_as_if_training_had_stopped_there(net):
    recorder = Recorder()
    net.set_callbacks(recorder).fit(X_IRIS, Y_IRIS)
    epochs = [(when, "epoch", i) for i in range(EPOCHS) for when in ("begin", "end")]
    fit = [("begin", "fit", 0), *epochs, ("end", "fit", 0)]
    assert recorder.told == ["setup", *fit, "teardown"]
    for n_epochs, model in zip([*range(1, EPOCHS + 1), EPOCHS], recorder.models, strict=True):
        shorter = clone(net).set_callbacks().set_params(max_iter=n_epochs).fit(X_IRIS, Y_IRIS)
        np.testing.assert_array_equal(model.predict(X_IRIS), shorter.predict(X_IRIS))
        assert model.loss_curve_ == shorter.loss_curve_
    np.testing.assert_array_equal(net.theta_, shorter.theta_)
    np.testing.assert_array_equal(net.theta_, recorder.models[-1].theta_)


def test_callbacks_get_the_user_s_own_data_and_hear_nothing_of_partial_fit(Estimator):
    X, y = pd.DataFrame(X_IRIS, columns=list("abcd")), pd.Series(Y_IRIS)
    weight, recorder = np.full(150, 2.0), Recorder()
    net = Estimator(hidden_layer_sizes=(5,), max_iter=1, random_state=0).set_callbacks(recorder)
    net.fit(X, y, weight)
    assert all(X is given[0] and y is given[1] for given in recorder.given)
    assert all(given[2] == {"sample_weight": weight} for given in recorder.given)
    recorder.given.clear()
    partial_fit(net.fit(X, y), X, y)
    assert [given[2] for given in recorder.given] == [{}, {}]


@pytest.mark.filterwarnings("error")
def test_a_callback_may_stop_training_which_is_no_reason_to_warn(net):
    net.set_callbacks(Recorder(stop_at=1), TimeLimit(1000)).fit(X_IRIS, Y_IRIS)
    assert net.n_iter_ == 2
    assert net.stop_reason_ == "a callback asked to stop at epoch 2"


@pytest.mark.parametrize(
    ("learning_rate", "error"), [(0.001, RuntimeError), (1e300, DivergenceError)]
)
def test_a_fit_that_fails_is_torn_down_and_changes_nothing(Estimator, learning_rate, error):
    recorder = Recorder(error_at=1)
    net = Estimator(hidden_layer_sizes=(5,), solver="sgd", learning_rate_init=learning_rate)
    net.set_callbacks(recorder)
    before = sorted(vars(net))
    with pytest.raises(error):
        net.fit(X_IRIS, Y_IRIS)
    assert recorder.told[-1] == "teardown"
    assert sorted(vars(net)) == before


@pytest.mark.parametrize("refit", [False, True])
def test_a_teardown_that_fails_changes_nothing(net, refit):
    """Every callback is torn down once, and the history is as long as before."""
    net.set_params(warm_start=True)
    if refit:
        net.fit(X_IRIS, Y_IRIS)
    recorders = [Recorder(error_at="teardown"), Recorder()]
    before = dict(vars(net.set_callbacks(*recorders)))
    history = pickle.dumps(before.get("_run"))
    with pytest.raises(RuntimeError, match="from a teardown"):
        net.fit(X_IRIS, Y_IRIS)
    assert vars(net) == before
    assert pickle.dumps(before.get("_run")) == history
    assert [each.told.count("teardown") for each in recorders] == [1, 1]
    assert len(recorders[1].models[-1].loss_curve_) == EPOCHS * (1 + refit)
    net.set_callbacks(recorders[1]).fit(X_IRIS, Y_IRIS)
    assert recorders[1].told.count("teardown") == 2


def test_an_epoch_that_diverges_back_to_the_best_weights_ends(Estimator):
    recorder = Recorder()
    settings = {"solver": "sgd", "early_stopping": True, "random_state": 0}
    net = Estimator(learning_rate=lambda progress: 1e300 ** (progress.epoch >= 2), **settings)
    net.set_callbacks(recorder).fit(X_IRIS, Y_IRIS)
    assert "are kept" in net.stop_reason_
    begun, ended = ([t for t in recorder.told if t[0] == when] for when in ("begin", "end"))
    assert sorted(t[1:] for t in begun) == sorted(t[1:] for t in ended)
    np.testing.assert_array_equal(recorder.models[-2].theta_, net.theta_)


def test_a_fitted_estimator_stores_no_callbacks_and_a_clone_keeps_them(net):
    recorder = Recorder()
    net.set_callbacks(recorder)
    assert clone(net)._skl_callbacks == [recorder]
    assert pickle.loads(pickle.dumps(net))._skl_callbacks  # a search sends it to its workers
    net.fit(X_IRIS, Y_IRIS)
    assert net._skl_callbacks == [recorder]
    for copied in (pickle.loads(pickle.dumps(net)), copy.deepcopy(net)):
        assert not [name for name in vars(copied) if "callback" in name]


# scikit-learn's own.


def test_scoring_monitor_and_progress_bar(net, capsys):
    metric = "accuracy" if is_classifier(net) else "r2"
    monitor, bar = ScoringMonitor(scoring=metric), ProgressBar(max_propagation_depth=None)
    score = net.set_callbacks(monitor, bar).fit(X_IRIS, Y_IRIS).score(X_IRIS, Y_IRIS)
    rows = monitor.get_logs().data
    assert len(rows) == EPOCHS + 1  # the first is that of the whole fit
    assert rows[0][metric] == rows[-1][metric] == score
    lines = capsys.readouterr().out.splitlines()
    assert "100%" in [line for line in lines if type(net).__name__ in line][-1]


# Ours.


def test_time_limit():
    net = long_net().set_callbacks(TimeLimit(0.2)).fit(X_IRIS, Y_IRIS)
    assert net.stop_reason_ == "the time limit of 0.2 s was reached"
    seconds = np.cumsum(net.history_["seconds"])
    assert net.n_iter_ > 1
    assert seconds[-2] < 0.2  # no epoch began after the limit


def test_each_fit_of_a_search_has_its_own_time_limit():
    net = long_net().set_callbacks(TimeLimit(0.05))
    search = GridSearchCV(net, {"alpha": [0.1, 1.0]}, cv=2).fit(X_IRIS, Y_IRIS)
    assert (search.cv_results_["mean_fit_time"] > 0.05).all()
    assert "time limit" in search.best_estimator_.stop_reason_


@pytest.mark.parametrize("seconds", [0, -1, "long"])
def test_a_time_limit_is_a_positive_number(seconds):
    with pytest.raises(ValueError, match="'seconds' parameter of TimeLimit"):
        TimeLimit(seconds)


OWN = {"learning_rate": lambda progress: 1.0}
UNSAVED = [("x.skops", OWN, 1, ModelFileError, "cannot be saved")]
UNSAVED += [("taken", {}, 0, IsADirectoryError, "path='.*taken' is a folder. Add the name of a")]
UNSAVED += [("none/x.skops", {}, 0, FileNotFoundError, r"no folder .*none'\. Make it before")]


@pytest.mark.parametrize(("place", "settings", "n_epochs", "error", "message"), UNSAVED)
def test_a_checkpoint_that_cannot_be_saved_ends_the_fit_and_leaves_nothing_behind(
    Estimator, place, settings, n_epochs, error, message, tmp_path
):
    (tmp_path / "taken").mkdir()
    recorder = Recorder()
    net = Estimator(**settings).set_callbacks(recorder, ModelCheckpoint(tmp_path / place))
    with pytest.raises(error, match=message):
        net.fit(X_IRIS, Y_IRIS)
    assert len(recorder.models) == n_epochs
    assert not hasattr(net, "theta_")
    assert [entry.name for entry in tmp_path.iterdir()] == ["taken"]


def test_checkpoint_saves_the_model_of_each_epoch(net, tmp_path):
    path, recorder = tmp_path / "net.skops", Recorder(error_at=2)
    net.set_callbacks(ModelCheckpoint(path), recorder)
    with pytest.raises(RuntimeError):
        net.fit(X_IRIS, Y_IRIS)
    saved = load(path)
    assert saved.n_iter_ == 3
    np.testing.assert_array_equal(saved.predict(X_IRIS), recorder.models[-1].predict(X_IRIS))
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("rate", "n_epochs"), [(1e308, 2), (1e200, 1)])
def test_a_checkpoint_of_a_fit_that_diverges_has_finite_parameters(rate, n_epochs, tmp_path):
    """The first rate gives infinite parameters: the file stays. The second gives huge ones."""
    path = tmp_path / "net.skops"
    net = ScratchMLPRegressor(solver="sgd", learning_rate_init=1e-6, max_iter=2, random_state=0)
    net.set_callbacks(ModelCheckpoint(path)).fit(X_IRIS, 100 * Y_IRIS)
    with pytest.raises(DivergenceError):
        net.set_params(learning_rate_init=rate, batch_size="full").fit(X_IRIS, 100 * Y_IRIS)
    saved = load(path)
    assert saved.n_iter_ == n_epochs
    assert np.isfinite(saved.theta_).all()


def test_checkpoint_is_the_fitted_model_with_the_best_or_the_latest_weights(tmp_path):
    best, latest = tmp_path / "best.skops", tmp_path / "latest.skops"
    settings = {"learning_rate_init": 0.1, "n_iter_no_change": 2, "random_state": 0}
    net = ScratchMLPClassifier((20,), early_stopping=True, **settings)
    net.set_callbacks(ModelCheckpoint(str(best)), ModelCheckpoint(latest, weights="latest"))
    net.fit(X_IRIS, Y_IRIS)
    assert net.best_epoch_ < net.n_iter_
    saved = load(best)
    assert repr(saved) == repr(net)
    assert saved.stop_reason_ == net.stop_reason_
    np.testing.assert_equal(saved.history_, net.history_)
    np.testing.assert_array_equal(saved.theta_, net.theta_)
    np.testing.assert_array_equal(load(latest).theta_, latest_theta(net))


@pytest.mark.parametrize("callback", [TimeLimit(1), ModelCheckpoint("net.skops")])
def test_ours_belong_on_a_network(callback):
    model = make_pipeline(StandardScaler(), ScratchMLPClassifier()).set_callbacks(callback)
    with pytest.raises(TypeError, match=r"not on Pipeline.*pipeline\[-1\].set_callbacks"):
        model.fit(X_IRIS, Y_IRIS)
