"""Early stopping, validation data and scores on a cluster."""

import dask.array as da
import numpy as np
import pytest
from sklearn.metrics import r2_score

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.dask import DaskScratchMLPClassifier, DaskScratchMLPRegressor
from scratchmlp.dask.pieces import Piece, split
from scratchmlp.dask.preparation import _quotas
from scratchmlp.dask.scoring import RSquared
from scratchmlp.estimators.targets import NumericTargets

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 4))
Y = X[:, :2] * X[:, 1:3]
TARGETS = {"binary": (X[:, 0] > X[:, 1]) * 1, "classes": RNG.integers(0, 3, 200), "numbers": Y}
WEIGHT = RNG.integers(0, 3, 200).astype(float)
PARAMETERS = {"batch_size": 50, "max_iter": 3, "random_state": 0}


def on_cluster(array, chunks=(90, 1, 0, 109)):
    return da.from_array(array, chunks=(chunks, *(-1 for _ in array.shape[1:])))


def pair(kind, **parameters):
    classes = (
        (DaskScratchMLPRegressor, ScratchMLPRegressor)
        if kind == "numbers"
        else (DaskScratchMLPClassifier, ScratchMLPClassifier)
    )
    return [each(**PARAMETERS | parameters) for each in classes]


SCORES = [
    ("classes", None, False), ("classes", "loss", True), ("classes", "neg_log_loss", True),
    ("binary", "accuracy", True), ("numbers", None, True), ("numbers", "loss", False),
    ("numbers", "neg_mean_squared_error", True), ("numbers", "neg_mean_absolute_error", False),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "scoring", "weighted"), SCORES)
def test_validation_data_give_the_local_loss_and_score(client, kind, scoring, weighted):
    y, w = TARGETS[kind], WEIGHT if weighted else None
    network, local = pair(kind, scoring=scoring, early_stopping=True)
    parts = (
        [None if each is None else on_cluster(each, chunks) for each in arrays]
        for arrays, chunks in (
            ((X[50:], y[50:], None if w is None else w[50:]), (60, 0, 90)),
            ((X[:50], y[:50], None if w is None else w[:50]), (49, 1)),
        )
    )
    train, val = parts
    network.fit(*train, X_val=val[0], y_val=val[1], sample_weight_val=val[2])
    weights = (None, None) if w is None else (w[50:], w[:50])
    local.fit(X[50:], y[50:], weights[0], X_val=X[:50], y_val=y[:50], sample_weight_val=weights[1])
    for name in ("validation_loss", "score", "loss"):
        np.testing.assert_allclose(network.history_[name], local.history_[name], rtol=1e-10)
    assert network.best_epoch_ == local.best_epoch_
    np.testing.assert_allclose(network.theta_, local.theta_, rtol=0, atol=1e-10)


def held_out_rows(network, y, chunks):
    """Return the numbers of the rows that a network has held out."""
    seed = int(network._run["split"][0][0])
    targets = network._targets if hasattr(network, "_targets") else NumericTargets()
    codes = np.searchsorted(network.classes_, y) if hasattr(network, "classes_") else y
    stops = np.cumsum(chunks)
    rows = [np.arange(stop - n, stop) for n, stop in zip(chunks, stops, strict=True) if n]
    pieces = [Piece(codes[each], None, None, y[each], None, None) for each in rows]
    strata = [targets.strata(each.Y) for each in pieces]
    counts = [
        {"": len(each.Y)}
        if s is None
        else dict(zip(*np.unique(s, return_counts=True), strict=True))
        for each, s in zip(pieces, strata, strict=True)
    ]
    quotas = _quotas(counts, network.validation_fraction)
    parts = [
        each[split(targets, (seed, i), quota, True, piece).kept]
        for i, (each, quota, piece) in enumerate(zip(rows, quotas, pieces, strict=True))
    ]
    return np.concatenate(parts)


@pytest.mark.parametrize("kind", ["binary", "numbers"])
def test_early_stopping_is_that_on_the_rows_of_each_partition_that_are_held_out(client, kind):
    y, chunks = TARGETS[kind], (90, 1, 0, 109)
    more = {"early_stopping": True, "warm_start": True, "shuffle": False}
    network, local = pair(kind, validation_fraction=0.2, **more)
    for _ in range(2):
        network.fit(on_cluster(X, chunks), on_cluster(y, chunks))
    val = held_out_rows(network, y, chunks)
    assert len(np.unique(val)) == len(val)
    assert len(val) == 40
    assert (val < 90).sum() in (18, 19)
    train = np.setdiff1d(np.arange(200), val)
    for _ in range(2):
        local.fit(X[train], y[train], X_val=X[val], y_val=y[val])
    np.testing.assert_allclose(network.theta_, local.theta_, rtol=0, atol=1e-10)
    np.testing.assert_allclose(network.validation_scores_, local.validation_scores_, rtol=1e-10)
    assert network.best_epoch_ == local.best_epoch_


def test_many_small_pieces_hold_out_as_many_rows_as_one():
    quotas = _quotas([{"": 1}] * 100, 0.1)
    assert sum(quota[""] for quota in quotas) == 10
    assert max(quota[""] for quota in quotas) == 1


def test_too_few_rows_for_early_stopping(client):
    network = DaskScratchMLPClassifier(early_stopping=True)
    with pytest.raises(ValueError, match=r"fraction=0.1 of n_samples=3\. The validation"):
        network.fit(on_cluster(X[:3], (2, 1)), on_cluster(TARGETS["classes"][:3], (2, 1)))
    assert not hasattr(network, "classes_")


@pytest.mark.parametrize(
    ("kind", "weighted"), [("binary", False), ("classes", True), ("numbers", True)]
)
def test_score_is_that_of_the_local_estimator(client, kind, weighted):
    y, w = TARGETS[kind], WEIGHT if weighted else None
    network, _ = pair(kind)
    network.fit(on_cluster(X), on_cluster(y))
    expected = network.to_local().score(X, y, w)
    found = network.score(on_cluster(X), on_cluster(y), None if w is None else on_cluster(w))
    assert found == pytest.approx(expected, rel=1e-10)
    assert network.score(X, y, w) == expected


def test_r_squared_of_constant_targets():
    for y, p in (([1, 1.0], [1, 1.0]), ([1, 1.0], [1, 2.0]), ([1, 2.0], [1, 1.0])):
        y, p = np.array(y), np.array(p)
        assert RSquared.of(y, p, None).value() == r2_score(y, p)


@pytest.mark.parametrize("scoring", ["roc_auc", "f1", lambda *_: 0.0])
def test_scores_that_are_not_sums_over_rows_are_refused(client, scoring):
    network = DaskScratchMLPClassifier(scoring=scoring)
    with pytest.raises(ValueError, match="must be None or one of 'loss', 'accuracy'"):
        network.fit(on_cluster(X), on_cluster(TARGETS["classes"]))


def test_log_loss_of_several_labels_is_no_score(client):
    network, y = DaskScratchMLPClassifier(scoring="neg_log_loss"), on_cluster((X > 0) * 1)
    with pytest.raises(ValueError, match="not supported for an indicator matrix"):
        network.fit(on_cluster(X), y, X_val=on_cluster(X), y_val=y)


def test_validation_data_are_checked(client):
    network, y = DaskScratchMLPClassifier(), on_cluster(TARGETS["binary"])
    for given, message in (
        ({"X_val": on_cluster(X)}, "y_val was not given"),
        ({"X_val": on_cluster(X), "y_val": on_cluster(TARGETS["classes"])}, "got .2.. .*partition"),
        ({"X_val": on_cluster(X[:, :2]), "y_val": y}, "X_val, .* X has 2 features"),
    ):
        with pytest.raises(ValueError, match=message):
            network.fit(on_cluster(X), y, **given)
    with pytest.raises(TypeError, match="X_val must be a dask array"):
        network.fit(on_cluster(X), y, X_val=X, y_val=TARGETS["binary"])
