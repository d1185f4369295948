"""Ensembles for raw tables on a cluster are those that the local estimators train."""

import os
import pickle
import signal
import threading
import time
import warnings

import dask
import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
from distributed import Client, LocalCluster
from sklearn.base import clone
from sklearn.exceptions import DataConversionWarning, NotFittedError
from sklearn.model_selection import TimeSeriesSplit
from threadpoolctl import threadpool_limits

from scratchmlp import io
from scratchmlp.callbacks import TimeLimit
from scratchmlp.dask import DaskTabularMLPClassifier, DaskTabularMLPRegressor
from scratchmlp.dask.rounds import Rounds
from scratchmlp.dask.tables import base
from scratchmlp.dask.tables.members import ClusterExecutor, most_rows, shared
from scratchmlp.dask.tables.rows import packed, select, unpacked
from scratchmlp.dask.tables.table import ClusterTable, Parts
from scratchmlp.tabular import TabularEncoder, TabularMLPClassifier, TabularMLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.DataConversionWarning")

KILLS = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no such signal")
SMALL = {"cv": 2, "max_iter": 4, "hidden_layer_sizes": 16, "random_state": 0}
PAIRS = {
    "classifier": (DaskTabularMLPClassifier, TabularMLPClassifier),
    "regressor": (DaskTabularMLPRegressor, TabularMLPRegressor),
}
#: Numbers of rows of partitions: some are empty or have one row.
CHUNKS = (70, 0, 1, 99, 1, 69, 0)


def table():
    """Return a table of all kinds of columns, classes and a number."""
    rng, n_rows = np.random.default_rng(0), 240
    number = rng.standard_normal(n_rows)
    day = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 400, n_rows), unit="D")
    words = np.array(["red", "green", "blue", "soft", "hard", "round", "flat", "old", "new"])
    late = np.arange(n_rows) >= CHUNKS[0] + 1
    X = pd.DataFrame(
        {
            "number": number,
            "heavy": np.where(rng.random(n_rows) < 0.2, np.nan, np.exp(3 * number)),
            "late": np.where(late, rng.standard_normal(n_rows), np.nan),
            "flag": rng.random(n_rows) < 0.4,
            "city": rng.choice(["Rome", "Oslo", "Paris", None], n_rows),
            "shop": [f"s{i}" for i in rng.integers(0, 70, n_rows)],
            "size": pd.Categorical(rng.choice(["S", "M", "L"], n_rows), ["S", "M", "L", "XL"]),
            "day": pd.Series(day).where(rng.random(n_rows) < 0.9),
            "price": [f"€ {x:.2f}" for x in rng.random(n_rows)],
            "review": [" ".join(each) for each in rng.choice(words, (n_rows, 5))],
        }
    )
    y = number + (X["city"] == "Rome") + X["review"].str.contains("red") * 1.0
    # The third class is missing in the first partition.
    classes = np.where(y > 1.4, np.where(late, "many", "few"), np.where(y > 0, "few", "no"))
    return X, pd.Series(classes, name="class"), y.rename("number")


def on_cluster(rows, chunks=CHUNKS):
    """Divide rows into partitions."""
    ends = np.cumsum(chunks)
    pieces = [rows.iloc[end - n : end] for end, n in zip(ends, chunks, strict=True)]
    return dd.from_delayed([dask.delayed(each) for each in pieces], meta=rows.iloc[:0])


def compare(found, expected):
    """Check that two ensembles are the same, to the last bit."""
    names, expected_names = ({k for k in vars(e) if k.endswith("_")} for e in (found, expected))
    assert names - {"rows_per_member_"} == expected_names - {"rows_per_member_"}
    assert found.encoder_.columns_ == expected.encoder_.columns_
    for one, other in zip(found.members_, expected.members_, strict=True):
        np.testing.assert_array_equal(one.theta, other.theta)
    for name in ("oof_proba_", "oof_prediction_", "best_epochs_", "temperature_", "floor_"):
        if hasattr(expected, name):
            np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    for one, other in zip(found.held_out_, expected.held_out_, strict=True):
        np.testing.assert_array_equal(one, other)
    for one, other in zip(found._held_out_scores, expected._held_out_scores, strict=True):
        np.testing.assert_array_equal(one, other)
    assert found.oof_score_ == expected.oof_score_
    assert found.stop_reasons_ == expected.stop_reasons_
    losses = [each.history_["validation_loss"] for each in (found, expected)]
    np.testing.assert_array_equal(*losses)


CASES = {
    "classifier": ("classifier", {}, ()),
    "weights of classes": ("classifier", {"class_weight": "balanced"}, ("sample_weight",)),
    "repeats": ("classifier", {"n_repeats": 2}, ("groups",)),
    "regressor": ("regressor", {}, ()),
    "splitter": ("regressor", {"cv": TimeSeriesSplit(2)}, ("sample_weight",)),
    "columns": ("regressor", {"numeric_features": ["price"], "max_time": 1e6}, ("groups",)),
}


@pytest.mark.parametrize("case", CASES)
def test_an_ensemble_is_that_of_the_local_estimator(client, case):
    X, classes, numbers = table()
    kind, parameters, names = CASES[case]
    y = classes if kind == "classifier" else numbers
    rng = np.random.default_rng(1)
    given = {
        "sample_weight": pd.Series(rng.integers(0, 3, len(X)) / 2.0),
        "groups": pd.Series(rng.integers(0, 30, len(X))),
    }
    given = {name: given[name] for name in names}
    cluster, local = PAIRS[kind]
    found = cluster(**(SMALL | parameters)).fit(
        on_cluster(X), on_cluster(y), **{k: on_cluster(v) for k, v in given.items()}
    )
    compare(found, local(**(SMALL | parameters)).fit(X, y, **given))


def test_the_partitions_do_not_matter(client):
    X, y, _ = table()
    first, *others = (
        DaskTabularMLPClassifier(**SMALL, rows_per_member=rows).fit(
            on_cluster(X, chunks), on_cluster(y, chunks)
        )
        for chunks, rows in ((CHUNKS, "auto"), ((240,), "all"), ((80, 80, 80), 10**6))
    )
    for each in others:
        compare(each, first)


def test_several_targets_and_losses(client):
    X, _, y = table()
    Y = pd.DataFrame({"a": y, "b": X["number"] ** 2})
    found = DaskTabularMLPRegressor(**SMALL).fit(on_cluster(X), on_cluster(Y))
    compare(found, TabularMLPRegressor(**SMALL).fit(X, Y))
    assert found.predict(on_cluster(X)).compute().shape == (240, 2)
    with pytest.raises(ValueError, match="Intervals of several targets"):
        found.predict_interval(on_cluster(X))
    counts = np.floor(np.exp(y))
    parameters = SMALL | {"loss": "poisson"}
    found = DaskTabularMLPRegressor(**parameters).fit(on_cluster(X), on_cluster(counts))
    compare(found, TabularMLPRegressor(**parameters).fit(X, counts))
    np.testing.assert_array_equal(found.predict_interval(X), found.to_local().predict_interval(X))


# Partitions that differ.


def test_partitions_may_have_other_categories_and_dtypes(client):
    X, y, _ = table()
    X = X[["number", "city", "size"]].assign(code=np.arange(len(X)) % 7 + 1.0)
    first, second, third = X[:80], X[80:81], X[81:]
    sizes = first["size"].cat.remove_categories("XL"), third["size"].cat.set_categories(list("LMS"))
    pieces = [
        first.assign(size=sizes[0], code=first["code"].astype(int)),
        second.assign(city=np.nan, size=pd.Categorical([None], ["L"])),
        third.assign(size=sizes[1]),
    ]
    delayed = [dask.delayed(each) for each in pieces]
    rows = dd.from_delayed(delayed, meta=X[:0], verify_meta=False)
    found = DaskTabularMLPClassifier(**SMALL).fit(rows, on_cluster(y, (80, 1, 159)))
    whole = X.assign(city=X["city"].where(X.index != 80), size=X["size"].where(X.index != 80))
    expected = TabularMLPClassifier(**SMALL).fit(whole, y)
    assert found.encoder_.columns_["size"]["levels"] == ["L", "M", "S"]
    np.testing.assert_array_equal(found.oof_proba_, expected.oof_proba_)


LABELS = {
    "Int64": lambda y: (y == "few").astype("Int64"),
    "boolean": lambda y: (y == "few").astype("boolean"),
    "category of booleans": lambda y: (y == "few").astype("category"),
    "category": lambda y: y.astype("category"),
    "string": lambda y: y.astype("string"),
}


@pytest.mark.parametrize("kind", LABELS)
def test_classes_are_those_of_the_local_estimator(client, kind):
    X, y, _ = table()
    y, X = LABELS[kind](y), X[["number", "city"]]
    pieces = [y[:70], y[70:71], y[71:]]  # the first does not have all categories
    if kind == "category":
        pieces = [each.cat.remove_unused_categories() for each in pieces]
    delayed = [dask.delayed(each) for each in pieces]
    targets = dd.from_delayed(delayed, meta=y[:0], verify_meta=False)
    rows = on_cluster(X, (70, 1, 169))
    found = DaskTabularMLPClassifier(**SMALL).fit(rows, targets)
    expected = TabularMLPClassifier(**SMALL).fit(X, y)
    compare(found, expected)
    np.testing.assert_array_equal(found.classes_, expected.classes_)
    assert found.classes_.dtype == expected.classes_.dtype
    assert found.score(rows, targets) == pytest.approx(expected.score(X, y))


def test_arrays(client):
    X, _, y = table()
    X = X[["number", "heavy", "late"]].to_numpy()
    rows, targets = da.from_array(X, (80, 2)), da.from_array(y.to_numpy(), 80)
    found = DaskTabularMLPRegressor(**SMALL).fit(rows, targets, sample_weight=2.0)
    expected = TabularMLPRegressor(**SMALL).fit(X, y)
    compare(found, expected)
    np.testing.assert_allclose(found.predict(rows).compute(), expected.predict(X), atol=1e-6)
    intervals = found.predict_interval(rows, 0.8).compute()
    np.testing.assert_allclose(intervals, expected.predict_interval(X, 0.8), atol=1e-6)


# More rows than the encoder learns from, or than a member trains on.


def test_the_encoder_learns_from_a_sample_of_many_rows(client, monkeypatch):
    monkeypatch.setattr("scratchmlp.dask.tables.table.MOST_LEARNED", 100)
    X, y, _ = table()
    X = X.assign(price=X["price"].where(np.arange(len(X)) != 200, "sold out"))
    with pytest.warns(DataConversionWarning, match=r"In partition 5, 1 of 69 .* 'sold out'"):
        found = DaskTabularMLPClassifier(**SMALL).fit(on_cluster(X), on_cluster(y))
    rows = np.sort(np.random.RandomState(0).choice(240, 100, replace=False))
    assert 200 not in rows
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert found.encoder_.columns_ == TabularEncoder().fit(X.iloc[rows]).columns_
    assert np.isfinite(found.oof_proba_).all()
    again = DaskTabularMLPClassifier(**SMALL).fit(on_cluster(X, (240,)), on_cluster(y, (240,)))
    np.testing.assert_array_equal(found.oof_proba_, again.oof_proba_)
    parts = (200, 1, 39)  # the second has no number
    with pytest.raises(ValueError, match=r"'price' held numbers .* \(in partition 1 of X"):
        DaskTabularMLPClassifier(**SMALL).fit(on_cluster(X, parts), on_cluster(y, parts))


class Sharing(TabularMLPClassifier):
    """A local ensemble whose members train on 50 rows each, as on a cluster."""

    def _prepare(self, *args):
        prepared = super()._prepare(*args)
        splits = shared(prepared.splits, prepared.seeds.tolist(), 50)
        return prepared._replace(splits=splits)


def test_a_member_may_train_on_a_share_of_the_rows(client):
    X, y, _ = table()
    weight = pd.Series(np.arange(240) % 3 + 1.0)
    given = on_cluster(X), on_cluster(y), on_cluster(weight)
    found = DaskTabularMLPClassifier(**SMALL, rows_per_member=50).fit(*given)
    compare(found, Sharing(**SMALL).fit(X, y, weight))
    assert np.isfinite(found.oof_proba_).all()
    assert found.rows_per_member_ == 50
    assert not hasattr(found.to_local(), "rows_per_member_")


def test_a_fit_tells_how_many_rows_auto_has_chosen(client, fitted, monkeypatch, caplog):
    assert fitted["classifier"].rows_per_member_ == "all"
    X, y, _ = table()
    rows, targets, parameters = on_cluster(X), on_cluster(y), SMALL | {"cv": 4}
    with monkeypatch.context() as patch, caplog.at_level("INFO", "scratchmlp.dask"):
        patch.setattr(base, "_workers", lambda: [(600_000.0, 1)])
        found = DaskTabularMLPClassifier(**parameters).fit(rows, targets)
    chosen = found.rows_per_member_
    assert 0 < chosen < 180
    assert f"Each member trains on {chosen} rows." in caplog.messages
    again = DaskTabularMLPClassifier(**parameters, rows_per_member=chosen).fit(rows, targets)
    compare(again, found)


def test_shares_are_rows_that_a_member_does_not_hold_out():
    splits = [(np.arange(10, 60), np.arange(10)), (np.arange(5), np.arange(5, 60))]
    for (training, held_out), (given, same) in zip(shared(splits, [3, 4], 20), splits, strict=True):
        assert len(training) == min(20, len(given))
        assert np.isin(training, given).all()
        assert (np.diff(training) > 0).all()
        assert held_out is same
    assert not np.array_equal(*(shared(splits[:1], [seed], 20)[0][0] for seed in (3, 4)))


def test_a_member_gets_the_rows_for_which_workers_have_memory():
    splits = [(np.arange(10, 100), np.arange(10))] * 10
    few, many = (800.0, 1), (1e9, 4)
    assert most_rows("auto", splits, [few, many], n_bytes=100, n_rows=100) is None
    assert most_rows("auto", splits, [(799.0, 1), many], n_bytes=100, n_rows=100) == 99 - 10
    assert most_rows("auto", splits, [(800.0, 2)], n_bytes=100, n_rows=100) == 50 - 10
    assert most_rows("auto", splits, [], n_bytes=100, n_rows=100) is None
    assert most_rows("all", splits, [few], n_bytes=10**9, n_rows=100) is None
    assert most_rows(90, splits, [few], n_bytes=100, n_rows=100) is None
    assert most_rows(89, splits, [few], n_bytes=100, n_rows=100) == 89
    with pytest.raises(ValueError, match=r"memory for 19 rows in all. Use cv=11 or more"):
        most_rows("auto", splits, [(159.0, 1)], n_bytes=100, n_rows=100)


@pytest.mark.parametrize("rows", [[0, 3, 150, 239], [239, 7, 7, 71, 0], []])
def test_rows_of_several_tables_are_those_of_one(rows):
    X, _, _ = table()
    encoded, _ = TabularEncoder().fit(X)._encode(X)
    found = select([encoded[:70], encoded[70:71], encoded[71:]], np.array(rows, int))
    expected = encoded[np.array(rows, int)]
    np.testing.assert_array_equal(found.numbers, expected.numbers)
    np.testing.assert_array_equal(found.codes, expected.codes)
    for one, other in zip(found.terms, expected.terms, strict=True):
        np.testing.assert_array_equal(one.toarray(), other.toarray())


@pytest.mark.parametrize(
    "rows",
    [np.arange(3, 100, 2), np.array([5, 2]), np.array([7, 10**6]), np.array([3]), np.arange(0)],
)
def test_packed_rows_can_be_unpacked(rows):
    found = unpacked(packed(rows))
    np.testing.assert_array_equal(found, rows)
    assert found.dtype == rows.dtype


def test_the_rows_of_a_member_are_sent_as_bits():
    parts = Parts(None, ["A", "B"], [500_000, 500_000], [0, 1])
    tasks = ClusterTable(parts, 0).taken(np.arange(0, 1_000_000, 2))
    assert len(tasks) == 2
    assert all(500_000 / 8 < len(pickle.dumps(dict(each.dask))) < 70_000 for each in tasks)


# Predictions, and models without a client.


@pytest.fixture(scope="module", autouse=True)
def one_blas_thread():
    """Give this process one thread, like worker processes: the last bits may depend on it."""
    with threadpool_limits(1, "blas"):
        yield


@pytest.fixture(scope="module")
def fitted(client):
    X, classes, numbers = table()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataConversionWarning)
        return {
            kind: cluster(**SMALL).fit(on_cluster(X), on_cluster(y))
            for (kind, (cluster, _)), y in zip(PAIRS.items(), (classes, numbers), strict=True)
        }


@pytest.mark.parametrize(
    ("kind", "method", "columns"),
    [
        ("classifier", "predict", None),
        ("classifier", "predict_proba", ["few", "many", "no"]),
        ("classifier", "predict_log_proba", ["few", "many", "no"]),
        ("classifier", "predict_set", ["few", "many", "no"]),
        ("regressor", "predict", None),
        ("regressor", "predict_interval", ["lower", "upper"]),
    ],
)
def test_predictions_are_lazy_and_have_the_index_of_the_rows(client, fitted, kind, method, columns):
    X, _, _ = table()
    X.index = np.arange(240) * 10
    model = fitted[kind]
    lazy = getattr(model, method)(on_cluster(X))
    assert isinstance(lazy, dd.DataFrame if columns else dd.Series)
    found, expected = lazy.compute(), getattr(model.to_local(), method)(X)
    np.testing.assert_array_equal(found.index, X.index)
    if columns:
        assert list(lazy.columns) == list(found.columns) == columns
        assert list(lazy.dtypes) == list(found.dtypes)
    if expected.dtype.kind == "f":  # in float32, the rows of a block decide on the last bits
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
    else:
        np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(getattr(model, method)(X), expected)


@pytest.mark.parametrize("kind", PAIRS)
def test_the_score_is_that_of_the_local_estimator(client, fitted, kind):
    X, classes, numbers = table()
    y, weight = classes if kind == "classifier" else numbers, pd.Series(np.arange(240) % 3)
    none_in_first = pd.Series(np.arange(240) >= CHUNKS[0]) * 1.0
    model, local = fitted[kind], fitted[kind].to_local()
    for given in ((), (weight,), (none_in_first,)):
        score = model.score(on_cluster(X), on_cluster(y), *map(on_cluster, given))
        assert score == pytest.approx(local.score(X, y, *given), abs=1e-6)
        assert model.score(X, y, *given) == local.score(X, y, *given)
    with pytest.raises(ValueError, match="no rows with a weight other than 0"):
        model.score(on_cluster(X), on_cluster(y), on_cluster(0 * weight))


@pytest.mark.parametrize("kind", PAIRS)
def test_a_local_copy_can_be_saved(fitted, kind, tmp_path):
    X, _, _ = table()
    local = fitted[kind].to_local()
    assert type(local) is PAIRS[kind][1]
    io.save(local, tmp_path / "model")
    loaded = io.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.predict(X), fitted[kind].predict(X))
    compare(loaded, local)
    local.members_[0].theta[:] = 0
    assert fitted[kind].members_[0].theta.any()


@pytest.mark.parametrize("kind", PAIRS)
def test_importances_are_those_of_the_local_estimator(fitted, kind):
    X, classes, numbers = table()
    y = classes if kind == "classifier" else numbers
    parameters = {
        "columns": ["number", "city"],
        "n_repeats": 2,
        "sample_weight": np.arange(240) % 3,
        "random_state": 0,
    }
    found = fitted[kind].oof_importances(X, y, **parameters)
    expected = fitted[kind].to_local().oof_importances(X, y, **parameters)
    np.testing.assert_array_equal(found.importances, expected.importances)
    assert found.n_rows == expected.n_rows == 160
    assert found.importances.any()


def test_predictions_travel_without_what_belongs_to_rows_of_fit(fitted):
    for model in fitted.values():
        kept = vars(model._predictor())
        assert not {"oof_proba_", "oof_prediction_", "held_out_", "history_"} & set(kept)


def test_copies(client, fitted):
    model = DaskTabularMLPClassifier(**SMALL, client=client, timeout=100.0)
    assert clone(model).client is client
    assert clone(model).get_params() == model.get_params()
    assert "n_jobs" not in model.get_params()


# Mistakes.


def check_nothing_is_kept(client):
    """Check that all results on the cluster are released, which takes a moment."""
    for _ in range(200):
        if not client.futures:
            break
        time.sleep(0.01)
    assert not client.futures


def test_mistakes_name_the_partition(client):
    X, y, _ = table()
    model = DaskTabularMLPClassifier(**SMALL)
    wrong = y.mask(np.arange(240) == 100)
    with pytest.raises(ValueError, match="Each row needs a target, but 1 of the 240"):
        model.fit(on_cluster(X), on_cluster(wrong))
    infinite = X.assign(number=X["number"].mask(np.arange(240) == 200, np.inf))
    with pytest.raises(ValueError, match="Column 'number' holds infinity"):
        model.fit(on_cluster(infinite), on_cluster(y))
    shorter = on_cluster(y[1:], (69, 0, 1, 99, 1, 69, 0))
    with pytest.raises(ValueError, match=r"inconsistent numbers.*partition 0 of X"):
        model.fit(on_cluster(X), shorter)
    weight = on_cluster(pd.Series(np.arange(240) != 200))
    with pytest.raises(ValueError, match=r"holds infinity.*partition 5 of X"):
        model.fit(on_cluster(infinite), on_cluster(y), weight)
    with pytest.raises(ValueError, match=r"0 sample"):
        model.fit(on_cluster(X[:0], (0, 0)), on_cluster(y[:0], (0, 0)))
    assert not any(name.endswith("_") for name in vars(model))
    check_nothing_is_kept(client)


class _ByTable:
    """A splitter that looks at the table."""

    def split(self, X, y=None, groups=None):
        yield np.flatnonzero(X["number"] > 0), np.flatnonzero(X["number"] <= 0)

    def get_n_splits(self, X=None, y=None, groups=None):
        return 1


def test_what_is_not_supported_is_refused(client, fitted):
    X, y, _ = table()
    rows, targets = on_cluster(X), on_cluster(y)
    with pytest.raises(TypeError, match="rows of X, but these stay on the cluster"):
        DaskTabularMLPClassifier(**SMALL | {"cv": _ByTable()}).fit(rows, targets)
    with pytest.raises(TypeError, match="X must be a dask array"):
        DaskTabularMLPClassifier().fit(X, y)
    with pytest.raises(ValueError, match="requires y"):
        DaskTabularMLPClassifier().fit(rows, None)
    with pytest.raises(ValueError, match="rows_per_member"):
        DaskTabularMLPClassifier(rows_per_member=0).fit(rows, targets)
    with pytest.raises(NotFittedError):
        DaskTabularMLPClassifier().predict(rows)
    model = fitted["classifier"]
    with pytest.raises(TypeError, match="table in memory"):
        model.member_predictions(rows)
    with pytest.raises(TypeError, match="table in memory"):
        model.oof_importances(rows, targets)
    with pytest.raises(ValueError, match=r"coverage=0\.999"):
        model.predict_set(rows, 0.999)


def test_collections_of_other_columns_are_refused_before_they_are_computed(client, fitted):
    X, y, _ = table()
    rows, targets = on_cluster(X), on_cluster(y)
    model = fitted["classifier"]
    with pytest.raises(ValueError, match=r"X must have two dimensions.* got 1"):
        model.predict(rows["number"])
    with pytest.raises(ValueError, match=r"X must have two dimensions.* got 1"):
        model.score(rows["number"], targets)
    with pytest.raises(ValueError, match="these are missing: 'city'"):
        model.predict(rows.drop(columns="city"))
    numbers = X[["number", "heavy"]].to_numpy()
    array, y = da.from_array(numbers, (80, 2)), da.from_array(y.to_numpy(str), 80)
    model = DaskTabularMLPClassifier(**SMALL).fit(array, y)
    for method in (model.predict, model.predict_proba, lambda X: model.score(X, y)):
        with pytest.raises(ValueError, match=r"X has 1 features, but .* expecting 2"):
            method(array[:, :1])
        with pytest.raises(ValueError, match=r"X must have two dimensions.* got 3"):
            method(array[:, :, np.newaxis])


def test_callbacks_are_refused(client):
    X, y, _ = table()
    model = DaskTabularMLPClassifier(**SMALL)
    model.set_callbacks(TimeLimit(100))
    with pytest.raises(ValueError, match="Callbacks are not supported on a cluster"):
        model.fit(on_cluster(X), on_cluster(y))


# Workers and clients.


@pytest.fixture(scope="module")
def workers(tmp_path_factory):
    """Return a client of two worker processes that tests may kill."""
    with (
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            dashboard_address=":0",
            local_directory=tmp_path_factory.mktemp("workers"),
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


def processes(client):
    """Return the processes of the workers, when there are two."""
    client.wait_for_workers(2)
    return list(client.run(os.getpid).values())


@KILLS
def test_members_that_are_lost_with_a_worker_are_trained_again(workers, fitted, monkeypatch):
    killed, original = [], ClusterExecutor.finish

    def after_a_kill(*args):
        killed.append(processes(workers)[0])
        os.kill(killed[0], signal.SIGKILL)
        return original(*args)

    monkeypatch.setattr(ClusterExecutor, "finish", after_a_kill)
    X, y, _ = table()
    found = DaskTabularMLPClassifier(**SMALL, client=workers).fit(on_cluster(X), on_cluster(y))
    compare(found, fitted["classifier"])
    assert killed[0] not in processes(workers)


@KILLS
def test_a_worker_that_is_killed_while_it_trains_changes_nothing(workers):
    def training(dask_scheduler):
        return [
            worker.address
            for worker in dask_scheduler.workers.values()
            if any("train_on_worker" in str(task.key) for task in worker.processing)
        ]

    def kill():
        while not (addresses := workers.run_on_scheduler(training)):
            time.sleep(0.01)
        killed.append(workers.run(os.getpid)[addresses[0]])
        os.kill(killed[0], signal.SIGKILL)

    X, y, _ = table()
    processes(workers)
    parameters = SMALL | {"max_iter": 100}
    killed, killer = [], threading.Thread(target=kill)
    killer.start()
    found = DaskTabularMLPClassifier(**parameters, client=workers).fit(on_cluster(X), on_cluster(y))
    killer.join()
    compare(found, TabularMLPClassifier(**parameters).fit(X, y))
    assert killed[0] not in processes(workers)


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_after_an_interrupted_fit_the_workers_are_free(client, fitted, monkeypatch, error):
    def executing(dask_worker):
        return any("train_on_worker" in str(key) for key in dask_worker.active_keys)

    def interrupt(rounds, tasks):
        tasks = list(tasks)
        if not tasks[0].key.startswith("without_arrays"):  # members do not train yet
            return original(rounds, tasks)
        while not all(client.run(executing).values()):
            time.sleep(0.01)
        raise error("interrupted")

    X, y, _ = table()
    original, rows, targets = Rounds.get_all, on_cluster(X), on_cluster(y)
    endless = DaskTabularMLPClassifier(**SMALL | {"max_iter": 10**7})
    with monkeypatch.context() as patch:
        patch.setattr(Rounds, "get_all", interrupt)
        with pytest.raises(error, match="interrupted"):
            endless.fit(rows, targets)
    assert not hasattr(endless, "members_")
    next_one = DaskTabularMLPClassifier(**SMALL, timeout=20.0)
    compare(next_one.fit(rows, targets), fitted["classifier"])
    assert not any(client.run(executing).values())
    check_nothing_is_kept(client)


def test_a_cluster_without_workers_is_an_error():
    X, y, _ = table()
    with LocalCluster(n_workers=0, dashboard_address=":0") as cluster, Client(cluster) as client:
        model = DaskTabularMLPClassifier(client=client, timeout=0.3)
        with pytest.raises(TimeoutError, match=r"no workers for timeout=0\.3 seconds"):
            model.fit(on_cluster(X), on_cluster(y))


def test_a_client_can_run_two_fits_at_once_and_keeps_nothing(client, fitted):
    X, y, numbers = table()
    found = {}

    def fit(kind, targets):
        model = PAIRS[kind][0](**SMALL, client=client)
        found[kind] = model.fit(on_cluster(X), on_cluster(targets))

    threads = [
        threading.Thread(target=fit, args=each)
        for each in (("classifier", y), ("regressor", numbers))
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    for kind, model in found.items():
        compare(model, fitted[kind])
    check_nothing_is_kept(client)
