"""Networks trained on a cluster are those trained on rows in memory."""

import inspect
import io
import re
from contextlib import redirect_stdout
from functools import partial
from typing import Any, NamedTuple

import dask.array as da
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from scratchmlp import DivergenceError, ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.callbacks import ModelCheckpoint, TimeLimit
from scratchmlp.dask import fit, preparation
from scratchmlp.dask.pieces import split
from scratchmlp.io import load
from tests.helpers.cluster_examples import CHUNKS, AfterEpoch, arrays, on_cluster
from tests.helpers.option_effects import elsewhere, refusal, settings, values

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, TARGETS, WEIGHT = arrays()
Y = TARGETS["classes"]
X_VAL, VAL_TARGETS, VAL_WEIGHT = arrays(50, seed=1)
VAL_CHUNKS = (49, 1)
NAMES = list("abcd")
LBFGS = {"solver": "lbfgs", "max_iter": 4, "activation": "tanh"}
ADAM = {"batch_size": 90, "max_iter": 2}
FAST = {"batch_size": "full", "max_iter": 2, "random_state": 0}


class Case(NamedTuple):
    """A configuration of a fit. `scores` says whether there are validation data."""

    targets: str
    parameters: dict[str, Any]
    weight: Any = None
    chunks: tuple[int, ...] = CHUNKS
    dtype: Any = np.float64
    scores: bool = False
    in_frames: bool = False

    def estimators(self):
        """Return an estimator for the cluster, and one for rows in memory."""
        is_number = self.targets.startswith("number")
        kind = ScratchMLPRegressor if is_number else ScratchMLPClassifier
        return [kind(random_state=0, **self.parameters) for _ in range(2)]

    def rows(self):
        """Return the training rows in memory."""
        rows = X.astype(self.dtype), TARGETS[self.targets], self.weight
        if self.in_frames:
            index = np.arange(len(X))[::-1] * 2
            rows = pd.DataFrame(X, index, NAMES), *(pd.Series(each, index) for each in rows[1:])
        return rows

    def validation(self):
        """Return the validation rows in memory, by the names of the arguments."""
        if not self.scores:
            return {}
        weight = None if self.weight is None else VAL_WEIGHT
        return {"X_val": X_VAL, "y_val": VAL_TARGETS[self.targets], "sample_weight_val": weight}


def scored(scoring, **parameters):
    return ADAM | {"early_stopping": True, "scoring": scoring} | parameters


TINY, TINY_PENALTY = 1e-17 * WEIGHT, {"alpha": 1e-18}
OF_CLASSES, OF_LABELS = {"class_weight": {0: 3.0, 2: 0.0}}, {"class_weight": [{1: 2.0}, {0: 0.5}]}
BALANCED, NO_LAYER = {"class_weight": "balanced"}, {"hidden_layer_sizes": (), "alpha": 1.0}
SQUARES = scored("neg_mean_squared_error", batch_size="full", hidden_layer_sizes=(7, 5))
ABSOLUTE = scored("neg_mean_absolute_error", solver="sgd", learning_rate="adaptive")
CASES = {
    "lbfgs, one partition": Case("numbers", LBFGS, chunks=(240,)),
    "lbfgs, float32": Case("classes", LBFGS, dtype=np.float32),
    "float32": Case("number", ADAM, dtype=np.float32, chunks=(1, 0, 0, 238, 1)),
    "frames": Case("words", ADAM, WEIGHT, in_frames=True),
    "no hidden layer": Case("classes", LBFGS | NO_LAYER, WEIGHT),
    "accuracy": Case("binary", scored("accuracy", shuffle=False), WEIGHT, scores=True),
    "log-loss": Case("classes", scored("neg_log_loss", solver="rmsprop"), WEIGHT, scores=True),
    "loss": Case("classes", scored("loss", learning_rate="one_cycle"), WEIGHT, scores=True),
    "R² by default": Case("numbers", scored(None), WEIGHT, chunks=(60,) * 4, scores=True),
    "squares": Case("number", SQUARES, WEIGHT, scores=True),
    "absolute errors": Case("numbers", ABSOLUTE, scores=True),
    "weights of classes": Case("classes", LBFGS | OF_CLASSES | TINY_PENALTY, TINY),
    "balanced, weights": Case("words", LBFGS | BALANCED | TINY_PENALTY, TINY),
    "labels": Case("labels", scored(None), WEIGHT, scores=True),
    "weights of labels": Case("labels", LBFGS | OF_LABELS, WEIGHT),
    "balanced labels": Case("labels", LBFGS | BALANCED),
}


def compare(found, expected, atol=1e-9):
    np.testing.assert_allclose(found.theta_, expected.theta_, rtol=0, atol=atol)
    np.testing.assert_allclose(found.loss_curve_, expected.loss_curve_, rtol=0, atol=atol)
    assert found.theta_.dtype == expected.theta_.dtype
    assert found.stop_reason_ == expected.stop_reason_
    assert found.t_ == expected.t_


@pytest.mark.parametrize("name", CASES)
def test_training_is_that_of_rows_in_memory(client, name):
    case = CASES[name]
    network, local = case.estimators()
    validation = {k: on_cluster(each, VAL_CHUNKS) for k, each in case.validation().items()}
    rows = [on_cluster(each, case.chunks) for each in case.rows()]
    assert fit(network, *rows, **validation) is network
    local.fit(*case.rows(), **case.validation())
    assert vars(network).keys() == vars(local).keys()
    compare(network, local, atol=1e-9 if case.dtype == np.float64 else 1e-4)
    if hasattr(local, "classes_"):
        np.testing.assert_array_equal(network.classes_, local.classes_)
    if case.in_frames:
        assert network.feature_names_in_.tolist() == NAMES
    if case.scores:
        for key in ("validation_loss", "score"):
            np.testing.assert_allclose(network.history_[key], local.history_[key], rtol=1e-10)
        assert network.best_epoch_ == local.best_epoch_


def test_rows_may_be_selected_by_their_values(client):
    """Dask then does not know how many rows a partition has."""
    x, selected = on_cluster(X), X[:, 0] > 0
    unknown = x[x[:, 0] > 0], on_cluster(Y)[x[:, 0] > 0]
    network = fit(ScratchMLPClassifier(**FAST), *unknown)
    compare(network, ScratchMLPClassifier(**FAST).fit(X[selected], Y[selected]))


def test_arrays_may_have_other_chunks_and_weights_may_be_a_number(client):
    given = da.from_array(X, chunks=(90, 2)), da.from_array(Y[:, np.newaxis], chunks=100)
    network = fit(ScratchMLPClassifier(**FAST), *given, 2.0)
    compare(network, ScratchMLPClassifier(**FAST).fit(X, Y, np.full(240, 2.0)))


WIDE = X * [1.0, 1e3, 1e3, 0.0] + [1e4, 0.0, 0.0, 0.1]


@pytest.mark.parametrize("kind", [np.array, partial(pd.DataFrame, columns=NAMES)])
def test_a_scaler_in_front_of_the_network_is_fitted_on_the_cluster(client, kind):
    wide, val = kind(WIDE), {"X_val": on_cluster(kind(WIDE)), "y_val": on_cluster(Y)}
    found, local = (
        make_pipeline(StandardScaler(), ScratchMLPClassifier(random_state=0, **LBFGS))
        for _ in range(2)
    )
    assert fit(found, on_cluster(wide), on_cluster(Y), **val) is found
    local.fit(wide, Y)
    for name in ("mean_", "var_", "scale_", "n_samples_seen_"):
        np.testing.assert_allclose(*(getattr(e[0], name) for e in (found, local)), 1e-11, 1e-25)
    for step, expected in zip(found, local, strict=True):
        assert vars(expected).keys() == vars(step).keys()
        assert step.n_features_in_ == 4
    np.testing.assert_allclose(found.predict_proba(wide), local.predict_proba(wide), atol=1e-7)
    assert found[1].history_["score"][-1] == found.score(wide, Y)
    fit(found.set_params(scratchmlpclassifier__warm_start=True), on_cluster(wide), on_cluster(Y))
    assert len(found[1].loss_curve_) == 8


def test_a_network_behind_a_scaler_that_outputs_frames_knows_its_names(client):
    frame = pd.DataFrame(X, columns=list("abcd"))
    scaler = StandardScaler().set_output(transform="pandas")
    pipeline = make_pipeline(scaler, ScratchMLPClassifier(random_state=0, **LBFGS))
    fit(pipeline, on_cluster(frame), on_cluster(Y)).predict(frame)  # a warning would be an error
    assert list(pipeline[1].feature_names_in_) == list("abcd")


@pytest.mark.parametrize("interrupted", [False, True])
def test_a_scaler_changes_with_its_network_alone(client, interrupted):
    """After Ctrl-C, the network keeps what it has learned."""

    def end(n_epochs):
        if interrupted:
            raise KeyboardInterrupt
        raise ZeroDivisionError

    network = ScratchMLPClassifier(random_state=0, **ADAM)
    pipeline = make_pipeline(StandardScaler(), network.set_callbacks(AfterEpoch(end)))
    with pytest.raises(KeyboardInterrupt if interrupted else ZeroDivisionError):
        fit(pipeline, on_cluster(WIDE), on_cluster(Y))
    assert hasattr(network, "theta_") == hasattr(pipeline[0], "mean_") == interrupted


def test_warm_starts_go_on_here_and_there(client):
    network, local = Case("classes", ADAM | {"warm_start": True}).estimators()
    for _ in range(2):
        compare(fit(network, on_cluster(X), on_cluster(Y)), local.fit(X, Y))
    compare(network.fit(X, Y), local.fit(X, Y))


def test_a_split_is_kept_for_the_place_where_it_was_made(client):
    network = ScratchMLPClassifier(early_stopping=True, warm_start=True, **FAST)
    in_memory, there = {"training", "held_out"}, {"seed", "starts"}
    for place, expected in ((network.fit, in_memory), (partial(fit, network), there)) * 2:
        given = (X, Y) if expected is in_memory else (on_cluster(X), on_cluster(Y))
        place(*given)
        assert network._run["split"].keys() == expected
        assert network.best_epoch_ > len(network.loss_curve_) - 2


# Rows that are held out.

#: For each piece, the rows that a fit has held out. The workers are threads of this process.
HELD_OUT = {}


def recording_split(targets, seed, quota, held_out, *rows):
    part = split(targets, seed, quota, held_out, *rows)
    if held_out:
        HELD_OUT[seed[1]] = part.data.X
    return part


@pytest.mark.parametrize("targets", ["binary", "numbers"])
def test_early_stopping_holds_out_a_share_of_each_partition(client, monkeypatch, targets):
    monkeypatch.setattr(preparation, "split", recording_split)
    more = {"early_stopping": True, "warm_start": True, "shuffle": False}
    network, local = Case(targets, ADAM | more | {"validation_fraction": 0.2}).estimators()
    y = TARGETS[targets]
    for _ in range(2):
        fit(network, on_cluster(X), on_cluster(y))
        held_out = np.flatnonzero(np.isin(X[:, 0], np.concatenate([*HELD_OUT.values()])[:, 0]))
        train = np.setdiff1d(np.arange(240), held_out)
        local.fit(X[train], y[train], X_val=X[held_out], y_val=y[held_out])
    assert len(train) == 240 - 48
    assert len(HELD_OUT[0]) in (14, 15)
    if targets == "binary":
        assert y[held_out].sum() == pytest.approx(0.2 * y.sum(), abs=1)
    np.testing.assert_allclose(network.theta_, local.theta_, rtol=0, atol=1e-10)
    np.testing.assert_allclose(network.validation_scores_, local.validation_scores_, rtol=1e-10)
    assert network.best_epoch_ == local.best_epoch_


# Callbacks and warnings.


def test_callbacks_and_warnings_are_those_of_other_fits(client, tmp_path):
    x, y = on_cluster(X), on_cluster(Y)
    network = ScratchMLPClassifier((8,), max_iter=10**6, tol=0, n_iter_no_change=10**6)
    fit(network.set_callbacks(TimeLimit(0.05)), x, y)
    assert network.stop_reason_ == "the time limit of 0.05 s was reached"
    network.set_params(max_iter=1).set_callbacks(ModelCheckpoint(tmp_path / "network.skops"))
    fit(network, x, y)
    np.testing.assert_array_equal(load(tmp_path / "network.skops").theta_, network.theta_)
    wide = X * [1.0, 1e3, 1.0, 1.0]
    with pytest.warns(UserWarning, match=r"Maximum iterations.*differ in scale.*Scaler") as w:
        fit(ScratchMLPClassifier(**FAST), on_cluster(wide), y)
    assert w[0].filename == __file__
    wide[-1, 2] = 1e6  # in the last partition
    with pytest.warns(UserWarning, match=r"_init\. Column 2 of X has outliers"):
        fit(make_pipeline(StandardScaler(), ScratchMLPClassifier(**FAST)), on_cluster(wide), y)
    with pytest.warns(UserWarning, match="batch_size=500 is larger") as w:
        fit(ScratchMLPClassifier(batch_size=500, max_iter=1), x, y)
    assert w[0].filename == __file__


# Options.


def numbers_of(estimator, training):
    """Return what an option may change: numbers, and the length of what is printed.

    A warm start acts in a second fit.
    """
    with redirect_stdout(io.StringIO()) as printed:
        losses = [training(estimator).history_["loss"] for _ in range(1 + estimator.warm_start)]
    scores = estimator.history_["score"]
    return np.concatenate([estimator.theta_, *losses, scores, [len(printed.getvalue())]])


def result(estimator, training):
    """Return `numbers_of`, or the error."""
    try:
        return numbers_of(estimator, training)
    except (ValueError, DivergenceError) as error:
        return str(error)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of values that overflow
@pytest.mark.parametrize("name", [*inspect.signature(ScratchMLPClassifier).parameters])
def test_an_option_acts_as_in_memory_unless_it_is_declared_otherwise(client, name):
    def in_memory(network):
        return network.fit(X, Y, X_val=X_VAL, y_val=VAL_TARGETS["classes"])

    def there(network):
        validation = (X_VAL, VAL_TARGETS["classes"])
        X_val, y_val = (on_cluster(each, (50,)) for each in validation)
        rows = (on_cluster(each, (71, 169)) for each in (X, Y))
        return fit(network, *rows, X_val=X_val, y_val=y_val)

    if name == "validation_fraction":
        pytest.skip("a cluster holds out other rows")
    solver = "adam" if name in elsewhere("lbfgs") else "lbfgs"
    default = ScratchMLPClassifier(**{"solver": solver} | settings(name) | {"batch_size": 160})
    usual = result(clone(default), in_memory)
    for value in values(ScratchMLPClassifier, name):
        changed = clone(default).set_params(**{name: value})
        expected = result(clone(changed), in_memory)
        if isinstance(expected, str) or np.array_equal(expected, usual):
            continue  # an extreme value, or one without effect here
        found = result(clone(changed), there)
        if name in elsewhere("cluster"):
            assert re.match(refusal(ScratchMLPClassifier, name, "cluster"), found)
            return
        if not isinstance(found, str):
            declare = f"{name} gives other numbers on a cluster: refuse it in OPTIONS"
            np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6, err_msg=declare)
            return
    pytest.fail(f"no value of {name} acts on a cluster: declare this in OPTIONS")
