"""Ensembles for raw tables on a cluster are those of tables in memory, bit for bit."""

import warnings
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import DataConversionWarning
from sklearn.model_selection import PredefinedSplit, TimeSeriesSplit
from threadpoolctl import threadpool_limits

from scratchmlp import io
from scratchmlp.dask import fit
from scratchmlp.dask.tables import ensembles
from scratchmlp.dask.tables.members import most_rows, shared
from scratchmlp.tabular import TabularEncoder, TabularMLPClassifier, TabularMLPRegressor
from scratchmlp.tabular.fitted_table import set_fitted
from scratchmlp.tabular.networks.fit import fit_networks
from scratchmlp.tabular.preparation import problem_of
from tests.helpers.cluster_examples import CHUNKS, compare_ensembles, in_pieces, on_cluster, table

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.DataConversionWarning")

SMALL = {"cv": 2, "max_iter": 4, "hidden_layer_sizes": 16, "random_state": 0}
X, CLASSES, NUMBER = table()
FEW = X[["number", "city"]]
WEIGHT = pd.Series(np.arange(240) % 3 / 2)
GROUPS = pd.Series(np.random.default_rng(1).integers(0, 30, 240))


@pytest.fixture(scope="module", autouse=True)
def one_blas_thread():
    """Give this process one thread, like worker processes: the last bits may depend on it."""
    with threadpool_limits(1, "blas"):
        yield


class Sharing(TabularMLPClassifier):
    """A local ensemble whose members train on 50 rows each, as on a cluster."""

    def _fit_problem(self, problem):
        splits = shared(problem.splits, problem.seeds.tolist(), 50)
        return super()._fit_problem(problem._replace(splits=splits))


class Case(NamedTuple):
    """A configuration of a fit; `own` are arguments of `fit` for clusters alone.

    `kind` is the class of the estimator, or that on a cluster and that in memory.
    """

    kind: Any
    X: Any
    y: Any
    parameters: Any = None
    others: Any = None
    own: Any = None
    chunks: tuple[int, ...] = CHUNKS


POSITIVE = {"sample_weight": WEIGHT + 1}
CLASSIFIER, REGRESSOR = TabularMLPClassifier, TabularMLPRegressor
SHARING = TabularMLPClassifier, Sharing
ARRAY = X[["number", "heavy", "late"]].to_numpy(), NUMBER.to_numpy()
TWO = pd.DataFrame({"a": NUMBER, "b": X["number"] ** 2})
REVIEWS = X[["number", "review"]]
WEIGHTED, GROUPED = {"sample_weight": WEIGHT}, {"groups": GROUPS}
PERSONS, YEARS = "P" + GROUPS.astype(str), np.tile(["first", "second", "third"], 80)
BY_YEAR = {"cv": PredefinedSplit(np.arange(240) % 3)}
BALANCED, REPEATED = {"class_weight": "balanced"}, {"n_repeats": 2}
TIMED = {"numeric_features": ["price"], "max_time": 1e6}
ALL, MANY, FIFTY = ({"rows_per_member": choice} for choice in ("all", 10**6, 50))
CASES = {
    "classifier": Case(CLASSIFIER, X, CLASSES),
    "regressor": Case(REGRESSOR, X, NUMBER, chunks=(120, 120)),
    "weights of classes": Case(CLASSIFIER, FEW, CLASSES, BALANCED, WEIGHTED, MANY),
    "repeats": Case(CLASSIFIER, X, CLASSES, REPEATED, GROUPED, ALL, chunks=(240,)),
    "splitter": Case(REGRESSOR, FEW, NUMBER, {"cv": TimeSeriesSplit(2)}, WEIGHTED),
    "kinds of columns": Case(REGRESSOR, X[["number", "price"]], NUMBER, TIMED, GROUPED),
    "persons": Case(REGRESSOR, FEW.assign(subject=np.arange(240) % 40), NUMBER),
    "held-out persons": Case(REGRESSOR, FEW.assign(who=PERSONS), NUMBER, {}, GROUPED),
    "held-out years": Case(REGRESSOR, FEW.assign(year=YEARS), NUMBER, BY_YEAR),
    "targets": Case(REGRESSOR, FEW, TWO),
    "counts": Case(REGRESSOR, FEW, np.floor(np.exp(NUMBER)), {"loss": "poisson"}),
    "share of the rows": Case(SHARING, REVIEWS, CLASSES, {}, POSITIVE, FIFTY),
    "array": Case(REGRESSOR, *ARRAY),
    "values that mean missing": Case(
        CLASSIFIER, FEW, CLASSES, {"missing_values": {"city": "Oslo"}}
    ),
}


@pytest.fixture(scope="module")
def trained(client):
    """Return a function that trains the ensembles of a case, each once, on the cluster and here."""

    @cache
    def train(name):
        case = CASES[name]
        others, parameters = case.others or {}, SMALL | (case.parameters or {})
        kinds = case.kind if isinstance(case.kind, tuple) else (case.kind,) * 2
        found, expected = (kind(**parameters) for kind in kinds)
        given = {name: on_cluster(each, case.chunks) for name, each in others.items()}
        rows, targets = on_cluster(case.X, case.chunks), on_cluster(case.y, case.chunks)
        assert fit(found, rows, targets, **given, **case.own or {}) is found
        if name != "persons":
            return found, expected.fit(case.X, case.y, **others)
        problem = problem_of(expected, case.X, case.y)  # in which no person is new to a fold
        set_fitted(expected, fit_networks(expected, problem))
        return found, expected

    return train


#: Of what the others already show in part.
AT_NIGHT = {"repeats", "splitter", "held-out years", "targets", "values that mean missing"}


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.nightly) if n in AT_NIGHT else n for n in CASES]
)
def test_an_ensemble_is_that_of_a_table_in_memory(trained, name):
    compare_ensembles(*trained(name))


LABELS = {
    "category of booleans": lambda y: (y == "few").astype("category"),
    "boolean": lambda y: (y == "few").astype("boolean"),
    "category": lambda y: y.astype("category"),
    "string": lambda y: y.astype("string"),
}


@pytest.mark.parametrize("kind", LABELS)
def test_classes_are_those_of_labels_in_memory(client, kind):
    y = LABELS[kind](CLASSES)
    parts = [y[:70], y[70:]]  # the first does not have all categories
    if kind == "category":
        parts = [each.cat.remove_unused_categories() for each in parts]
    rows, targets = on_cluster(FEW, (70, 170)), in_pieces(parts)
    found = fit(TabularMLPClassifier(**SMALL), rows, targets)
    expected = TabularMLPClassifier(**SMALL).fit(FEW, y)
    compare_ensembles(found, expected)
    np.testing.assert_array_equal(found.classes_, expected.classes_)
    assert found.classes_.dtype == expected.classes_.dtype


def test_a_fit_on_a_cluster_forgets_what_an_earlier_fit_has_found(client):
    rows = pd.DataFrame({"a": np.arange(40.0) % 7, "b": [999.0] * 5 + [1.0, 2, 3, 4, 5] * 7})
    model = TabularMLPRegressor(**SMALL)
    with warnings.catch_warnings(action="ignore"):
        assert model.fit(rows, rows["a"]).findings_
    fit(model, in_pieces([rows[["a"]][:20], rows[["a"]][20:]]), on_cluster(rows["a"], (20, 20)))
    assert model.findings_ == []


def test_partitions_may_have_other_categories_and_types(client):
    rows = X[["number", "city", "size"]].assign(code=np.arange(240) % 7 + 1.0)
    first, second, third = rows[:80], rows[80:81], rows[81:]
    sizes = first["size"].cat.remove_categories("XL"), third["size"].cat.set_categories(list("LMS"))
    pieces = [
        first.assign(size=sizes[0], code=first["code"].astype(int)),
        second.assign(city=np.nan, size=pd.Categorical([None], ["L"])),
        third.assign(size=sizes[1]),
    ]
    targets = on_cluster(CLASSES, (80, 1, 159))
    found = fit(TabularMLPClassifier(**SMALL), in_pieces(pieces), targets)
    row = rows.index == 80
    whole = rows.assign(city=rows["city"].mask(row), size=rows["size"].mask(row))
    expected = TabularMLPClassifier(**SMALL).fit(whole, CLASSES)
    assert found.encoder_.columns_["size"]["levels"] == ["L", "M", "S"]
    np.testing.assert_array_equal(found.oof_proba_, expected.oof_proba_)


def test_a_partition_may_have_text_where_another_has_categories(client):
    rows, parts = X[["number", "size"]], (slice(80), slice(80, 240))
    text = rows.assign(size=rows["size"].astype(object))
    tables = [rows[parts[0]], text[parts[1]]]
    labels = [CLASSES[parts[0]].astype("category"), CLASSES[parts[1]]]
    found = fit(TabularMLPClassifier(**SMALL), in_pieces(tables), in_pieces(labels))
    expected = TabularMLPClassifier(**SMALL).fit(text, CLASSES)
    compare_ensembles(found, expected)
    assert found.encoder_.columns_ == expected.encoder_.columns_


def test_a_weight_may_be_a_number_and_blocks_may_have_few_columns(client, trained):
    _, expected = trained("array")
    case = CASES["array"]
    rows, targets = on_cluster(case.X).rechunk({1: 2}), on_cluster(case.y)
    compare_ensembles(fit(REGRESSOR(**SMALL), rows, targets, sample_weight=2.0), expected)


# More rows than the encoder learns from, or than a member trains on.


def test_the_encoder_learns_from_a_sample_of_many_rows(client, monkeypatch):
    monkeypatch.setattr("scratchmlp.dask.tables.table.MOST_LEARNED", 100)
    model = TabularMLPClassifier(**SMALL)
    rows = X[["number", "price"]]
    rows = rows.assign(price=rows["price"].where(rows.index != 200, "sold out"))
    with pytest.warns(DataConversionWarning, match=r"In partition 3, 1 of 169 .* 'sold out'"):
        fit(model, on_cluster(rows), on_cluster(CLASSES))
    sample = np.sort(np.random.RandomState(0).choice(240, 100, replace=False))
    assert 200 not in sample
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert model.encoder_.columns_ == TabularEncoder().fit(rows.iloc[sample]).columns_
    assert np.isfinite(model.oof_proba_).all()
    again = fit(clone(model), on_cluster(rows, (240,)), on_cluster(CLASSES, (240,)))
    np.testing.assert_array_equal(model.oof_proba_, again.oof_proba_)
    parts = (200, 1, 39)  # the second has no number
    with pytest.raises(ValueError, match=r"'price' held numbers .* \(in partition 1 of X"):
        fit(clone(model), on_cluster(rows, parts), on_cluster(CLASSES, parts))


def test_a_fit_tells_how_many_rows_members_train_on(client, trained, monkeypatch, caplog):
    assert trained("classifier")[0].rows_per_member_ == "all"
    sharing, _ = trained("share of the rows")
    assert sharing.rows_per_member_ == 50
    rows, targets = on_cluster(FEW, (120, 120)), on_cluster(CLASSES, (120, 120))
    parameters = SMALL | {"cv": 4}
    with monkeypatch.context() as patch, caplog.at_level("INFO", "scratchmlp.dask"):
        patch.setattr(ensembles, "_workers", lambda rounds: [(15_000.0, 1)])
        found = fit(TabularMLPClassifier(**parameters), rows, targets)
    chosen = found.rows_per_member_
    assert 0 < chosen < 180
    assert f"Each member trains on {chosen} rows." in caplog.messages
    again = fit(TabularMLPClassifier(**parameters), rows, targets, rows_per_member=chosen)
    compare_ensembles(again, found)


def test_shares_are_rows_that_a_member_does_not_hold_out():
    splits = [(np.arange(10, 60), np.arange(10)), (np.arange(5), np.arange(5, 60))]
    for (training, held_out), (given, same) in zip(shared(splits, [3, 4], 20), splits, strict=True):
        assert len(training) == min(20, len(given))
        assert np.isin(training, given).all()
        assert (np.diff(training) > 0).all()
        assert held_out is same
    assert not np.array_equal(*(shared(splits[:1], [seed], 20)[0][0] for seed in (3, 4)))


FEW_BYTES, MANY_BYTES = (800.0, 1), (1e9, 4)
#: rows_per_member, memory and threads of the workers, and the rows that a member trains on.
ROWS_OF_MEMBERS = [
    ("auto", [FEW_BYTES, MANY_BYTES], "all"),
    ("auto", [(799.0, 1), MANY_BYTES], 99 - 10),
    ("auto", [(800.0, 2)], 50 - 10),
    ("auto", [], "all"),
    ("all", [(1.0, 1)], "all"),
    (90, [FEW_BYTES], "all"),
    (89, [FEW_BYTES], 89),
]


@pytest.mark.parametrize(("choice", "workers", "expected"), ROWS_OF_MEMBERS)
def test_a_member_gets_the_rows_for_which_workers_have_memory(choice, workers, expected):
    splits = [(np.arange(10, 100), np.arange(10))] * 10
    assert most_rows(choice, splits, workers, n_bytes=100, n_rows=100) == expected


def test_workers_that_have_too_little_memory_for_a_fold_are_an_error():
    splits = [(np.arange(10, 100), np.arange(10))] * 10
    with pytest.raises(ValueError, match=r"memory for 19 rows in all. Use cv=11 or more"):
        most_rows("auto", splits, [(159.0, 1)], n_bytes=100, n_rows=100)


# The fitted estimator.


@pytest.mark.parametrize("name", ["classifier", "regressor"])
def test_a_fitted_estimator_is_saved_as_others(trained, name, tmp_path):
    model, local = trained(name)
    io.save(model, tmp_path / "model")
    loaded = io.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.predict(X), local.predict(X))
    compare_ensembles(loaded, local)
