"""Lazy predictions of dask collections."""

import dask
import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn import config_context
from sklearn.exceptions import NotFittedError

from scratchmlp.dask import DaskScratchMLPClassifier, DaskScratchMLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3))
FRAME = pd.DataFrame(X, columns=list("abc"), index=np.arange(60)[::-1] * 2)
Y = {
    "binary": np.array(["no", "yes"])[(X[:, 0] > 0) * 1],
    "multiclass": RNG.integers(0, 3, 60),
    "labels": (X[:, :2] > 0) * 1,
}
METHODS = ("predict", "decision_function", "predict_proba", "predict_log_proba")


def on_cluster(array, chunks=(20, 0, 1, 39)):
    return da.from_array(array, chunks=(chunks, *(-1 for _ in array.shape[1:])))


@pytest.fixture(scope="module", params=[False, True], ids=["arrays", "standardized frames"])
def networks(client, request):
    fit = {"batch_size": "full", "max_iter": 2, "random_state": 0, "standardize": request.param}
    x = on_cluster(X.astype(np.float32))
    if request.param:
        x = dd.from_dask_array(x, columns=FRAME.columns)
    found = {kind: DaskScratchMLPClassifier(**fit).fit(x, on_cluster(y)) for kind, y in Y.items()}
    for n_targets, name in ((1, "number"), (2, "numbers")):
        found[name] = DaskScratchMLPRegressor(**fit).fit(x, on_cluster(X[:, :n_targets]))
    return found


def calls(networks):
    for kind, network in networks.items():
        for method in METHODS if kind in Y else ["predict"]:
            yield network, method


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_arrays_give_lazy_arrays(networks):
    for network, method in calls(networks):
        expected = getattr(network.to_local(), method)(X.astype(np.float32))
        for x in (on_cluster(X), da.from_array(X, chunks=(25, 2))):
            found = getattr(network, method)(x)
            assert isinstance(found, da.Array)
            assert found.shape == expected.shape
            assert found.dtype == expected.dtype
            assert found.chunks[0] == x.chunks[0]
            np.testing.assert_allclose(
                *(np.unique(a, return_inverse=True)[1] if a.dtype.kind == "U" else a
                  for a in (found.compute(), expected)), rtol=1e-5
            )  # fmt: skip
        np.testing.assert_array_equal(getattr(network, method)(X.astype(np.float32)), expected)
    unknown = on_cluster(X)[on_cluster(X)[:, 0] > 0]
    assert len(networks["binary"].predict(unknown).compute()) == (X[:, 0] > 0).sum()


@pytest.mark.filterwarnings("ignore:X has feature names")
@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_frames_give_lazy_frames_with_their_index(client, networks):
    table = dd.from_pandas(FRAME, npartitions=3, sort=False)
    for network, method in calls(networks):
        expected = getattr(network, method)(X)
        lazy = getattr(network, method)(table)
        found = lazy.compute()
        np.testing.assert_array_equal(found.index, FRAME.index)
        if expected.ndim == 1:
            np.testing.assert_array_equal(found, expected)
            assert lazy.dtype == found.dtype
        else:
            np.testing.assert_allclose(found, expected, rtol=1e-5)
            assert lazy.dtypes.tolist() == found.dtypes.tolist()
            columns = getattr(network, "classes_", range(expected.shape[1]))
            assert found.columns.tolist() == list(columns)
    empty = networks["multiclass"].predict_proba(table[table.a > 100]).compute()
    assert empty.shape == (0, 3)


@pytest.mark.parametrize("kind", [DaskScratchMLPClassifier, DaskScratchMLPRegressor])
def test_estimators_must_be_fitted_and_scores_need_targets(client, kind):
    x, y = on_cluster(X), on_cluster(Y["multiclass"])
    network = kind(solver="lbfgs", max_iter=1)
    for method in (*METHODS, "hidden_activations"):
        if hasattr(network, method):
            with pytest.raises(NotFittedError, match="not fitted yet"):
                getattr(network, method)(x)
    with pytest.raises(NotFittedError, match="not fitted yet"):
        network.score(x, y)
    for method in (network.fit, network.fit(x, y).score):
        with pytest.raises(ValueError, match="y is None, but targets are needed"):
            method(x, None)


@pytest.mark.parametrize("output", ["default", "pandas"])
def test_local_copies_of_standardized_networks_give_no_warnings(client, output):
    table = dd.from_pandas(FRAME, npartitions=2, sort=False)
    labels = on_cluster(Y["binary"], (30, 30))
    network = DaskScratchMLPClassifier(standardize=True, solver="lbfgs", max_iter=1)
    with config_context(transform_output=output):
        local = network.fit(table, labels).to_local()
        np.testing.assert_array_equal(local.predict(FRAME), network.predict(table).compute())
        np.testing.assert_array_equal(local.predict(FRAME), network.predict(FRAME))


def test_columns_are_checked_when_predictions_are_asked_for(networks):
    network, table = networks["binary"], dd.from_pandas(FRAME, npartitions=2)
    named = hasattr(network, "feature_names_in_")
    with pytest.warns(UserWarning, match="valid feature names" if named else "has feature names"):
        network.predict(on_cluster(X) if named else table)
    with pytest.raises(ValueError, match=r"feature names should match|has 2 features"):
        network.predict(table[["a", "b"]] if named else on_cluster(X[:, :2]))
    with pytest.raises(ValueError, match="two dimensions"):
        network.predict(on_cluster(X[:, 0]))


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_hidden_activations_and_missing_methods(networks):
    network = networks["multiclass"]
    found = network.hidden_activations(on_cluster(X))
    np.testing.assert_allclose(found.compute(), network.hidden_activations(X), rtol=1e-5)
    identity = DaskScratchMLPClassifier(loss="squared_error", output_activation="identity")
    assert not hasattr(identity, "predict_proba")
    assert not hasattr(DaskScratchMLPRegressor(solver="lbfgs"), "partial_fit")
    with pytest.raises(TypeError, match="sparse"):
        network.predict(on_cluster(X).map_blocks(scipy.sparse.csr_array))


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_predictions_need_no_client(networks):
    lazy = networks["numbers"].predict(on_cluster(X))
    with dask.config.set(scheduler="synchronous"):
        np.testing.assert_allclose(lazy.compute(), networks["numbers"].predict(X), rtol=1e-5)
