"""Columns of many categories in ensembles: the encoding of each level by its targets."""

import pickle
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyRegressor
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import PredefinedSplit

from scratchmlp.batches import Data
from scratchmlp.tabular import TabularEnsembleRegressor, TabularMLPClassifier, TabularMLPRegressor
from scratchmlp.tabular.columns.categories import ManyLevels
from scratchmlp.tabular.columns.encoded_table import EncodedTable, layout_of
from scratchmlp.tabular.inputs.target_encoding import MOST_TARGETS, TargetEncoding, target_columns
from scratchmlp.tabular.networks import member
from tests.helpers.all_parts import all_parts

pytestmark = pytest.mark.filterwarnings(
    "ignore::scratchmlp.tabular.MisleadingDataWarning"
)  # few rows

SMALL = {"cv": 2, "max_iter": 12, "inspect_table": False, "random_state": 0}
BINARY = np.eye(2, dtype=np.float32)


def rng():
    return np.random.default_rng(0)


def shops(n=600, n_shops=150):
    """A table of shops, of which the first half sells, and the share of each row's shop."""
    shop = np.r_[np.arange(n_shops), rng().integers(n_shops, size=n - n_shops)]
    names = pd.Series([f"shop-{number}" for number in shop], dtype=object)
    return pd.DataFrame({"shop": names, "x": rng().normal(size=n)}), shop < n_shops / 2


def data(codes, y, weight=None, class_targets=BINARY, n_levels=None):
    """Rows with a column of codes of many categories, none of them with an output of its own."""
    codes = np.asarray(codes, np.int32)[:, None]
    n_levels = int(codes.max()) + 1 if n_levels is None else n_levels
    column = ManyLevels(
        **{"reason": "", "expected": "text", "levels": ()},
        encoding="many",
        other_levels=tuple(map(str, range(n_levels))),
        n_levels=n_levels,
        counts=(1,) * n_levels,
        indicator=False,
    )
    frequency = np.zeros((len(codes), 1), np.float32)
    table = EncodedTable(frequency, codes, (), layout_of({"column": column}))
    return Data(table, np.asarray(y), weight, class_targets)


def test_shops_and_users_inform():
    for (X, y), least in ((shops(), 0.85), (shops(900, 700), 0.7)):
        proba = TabularMLPClassifier(**SMALL).fit(X, y).oof_proba_[:, 1]
        seen_twice = X["shop"].duplicated(keep=False)
        assert roc_auc_score(y[seen_twice], proba[seen_twice]) > least


def test_several_targets_and_many_classes_can_be_learned_from_levels():
    X, sells = shops()
    model = TabularMLPRegressor(**SMALL | {"max_iter": 32}).fit(X, np.c_[sells, ~sells * 3.0])
    assert model.oof_score_ > 0.5
    assert model.predict(X[:5]).shape == (5, 2)
    X, _ = shops(1200, 120)
    y = X["shop"].str.slice(5).astype(int) // 3  # 40 classes
    settings = SMALL | {"max_iter": 32, "inspect_table": False}  # the shop tells the class
    assert TabularMLPClassifier(**settings).fit(X, y).oof_score_ > 0.5


def test_the_encoding_of_a_training_row_does_not_depend_on_its_own_target():
    codes, y = rng().integers(30, size=300), rng().integers(2, size=300)
    before = TargetEncoding.fit_transform(data(codes, y), 0)[1]
    changed = y.copy()
    changed[7] = 1 - y[7]
    after = TargetEncoding.fit_transform(data(codes, changed), 0)[1]
    others = np.flatnonzero((codes == codes[7]) & (np.arange(300) != 7))
    change = abs(after - before)  # of its own encoding through the mean and the scale of all rows
    assert change[7] < change[others].max() / 2


class Recorder(DummyRegressor):
    """An estimator that keeps what it is trained on."""

    def fit(self, X, y):
        self.X_, self.y_ = X, y
        return super().fit(X, y)


class TreeRecorder(Recorder):
    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


def test_nothing_is_trained_on_rows_that_are_encoded_by_their_own_targets(monkeypatch):
    """If each category has one training row, its encoding tells nothing of the target."""
    train = Mock(side_effect=member.train)
    monkeypatch.setattr(member, "train", train)
    shop, y = np.tile(np.arange(70), 2), rng().normal(size=140)
    X = pd.DataFrame({"shop": [f"shop-{number}" for number in shop]})
    networks = ("networks", TabularMLPRegressor(max_iter=1))
    estimators = [networks, ("trees", TreeRecorder()), ("others", Recorder())]
    cv = PredefinedSplit(np.arange(140) // 70)
    model = TabularEnsembleRegressor(estimators, cv=cv, random_state=0)
    with all_parts():
        found = model.fit(X, y).named_estimators_
    seen = [(each.X_, each.y_) for each in (*found["trees"], *found["others"])]
    seen += [(call.args[-1].X, call.args[-1].Y) for call in train.call_args_list]
    assert len(seen) == 6
    for inputs, targets in seen:
        assert len(targets) == 70
        assert np.corrcoef(inputs[:, -1], np.ravel(targets))[0, 1] < 0.1


def test_levels_are_encoded_by_their_mean_and_others_by_the_mean_of_all():
    codes, y = np.repeat([0, 1, 2], [100, 100, 2]), np.repeat([1, 0, 1], [100, 100, 2])
    encoding, _ = TargetEncoding.fit_transform(data(codes, y, n_levels=4), 0)
    new = data([0, 1, 2, 3, -1], [0] * 5).X
    high, low, rare, absent, unseen = encoding.transform(new)[:, 0]
    assert high > rare > 0 > low  # few rows are not enough to believe their mean
    assert absent == unseen == 0


def test_levels_that_tell_nothing_are_not_scaled_up_and_others_are_limited_like_numbers():
    codes, y = np.arange(2000) % 2, rng().normal(size=(2000, 1))
    out = TargetEncoding.fit_transform(data(codes, y, class_targets=None), 0)[1]
    assert 0 < out.std() < 0.5
    codes = np.r_[np.zeros(1000), np.ones(10)]
    rows = data(codes, codes[:, None], class_targets=None)
    encoding, trained = TargetEncoding.fit_transform(rows, 0)
    assert 2.5 < trained.max() < 3
    assert 2.5 < encoding.transform(data([1], [1], n_levels=2).X).max() < 3


def test_levels_of_sorted_rows_are_known_in_other_folds():
    codes = np.repeat(np.arange(50), 4)
    encoded = TargetEncoding.fit_transform(data(codes, codes % 2), 0)[1]
    assert np.mean((encoded[:, 0] > 0) == codes % 2) > 0.9


def test_the_seed_decides_the_folds():
    codes, y = rng().integers(30, size=300), rng().integers(2, size=300)
    rows = data(codes, y)
    some, same, other = (TargetEncoding.fit_transform(rows, seed)[1] for seed in (0, 0, 1))
    np.testing.assert_array_equal(some, same)
    assert (some != other).any()


@pytest.mark.nightly
def test_processes_do_not_matter():
    X, y = shops()
    X["text"] = [f"word{row % 40}x of word{row % 39}x" for row in range(len(X))]
    model = TabularMLPClassifier(**SMALL, text_features=["text"])
    serial = model.fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(model.set_params(n_jobs=2).fit(X, y).predict_proba(X), serial)


def test_rows_of_weight_0_do_not_matter():
    codes, y = rng().integers(30, size=300), rng().integers(2, size=300)
    weight = (np.arange(300) < 250).astype(np.float32)
    encoding, encoded = TargetEncoding.fit_transform(data(codes, y, weight), 0)
    rows = data(codes[:250], y[:250], n_levels=30)
    without, expected = TargetEncoding.fit_transform(rows, 0)
    np.testing.assert_array_equal(encoding.tables[0], without.tables[0])
    np.testing.assert_array_equal(encoded[:250], expected)
    np.testing.assert_array_equal(encoded[250:], without.transform(data(codes[250:], y[250:]).X))


@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_rows_are_encoded(n):
    encoded = TargetEncoding.fit_transform(data([0] * n, [1] * n, n_levels=3), 0)[1]
    np.testing.assert_array_equal(encoded, np.zeros((n, 1)))


@pytest.mark.parametrize(("n_classes", "n_columns"), [(2, 1), (3, 3), (200, MOST_TARGETS)])
def test_the_number_of_outputs_of_a_column_is_limited(n_classes, n_columns):
    class_targets = np.eye(n_classes, dtype=np.float32)
    rows = data(np.arange(400) % 70, np.arange(400) % n_classes, class_targets=class_targets)
    assert len(np.unique(target_columns(rows), axis=0)) == n_classes  # no two classes are alike
    assert TargetEncoding.fit_transform(rows, 0)[1].shape == (400, n_columns)


def test_members_keep_a_number_for_each_level_and_no_names():
    X, y = shops(2000, 900)
    model = TabularMLPClassifier(**SMALL | {"max_iter": 1}).fit(X, y)
    levels = model.encoder_.columns_["shop"]
    tables = [member.inputs.supervised[0].tables for member in model.members_]
    assert {len(table[0]) for table in tables} == {len(levels["counts"]) + 1}
    assert len(pickle.dumps(model.members_[0].inputs.supervised)) < 4 * len(tables[0][0]) + 1000


def test_one_category_of_two_rows_among_many_of_one():
    """Outside the training rows of a member, the pair is not known: nothing is left to scale by."""
    keys = [f"w{i}" for i in range(60)]
    keys[1] = keys[0]
    X = pd.DataFrame({"key": keys, "x": np.arange(60) % 7 / 7})
    y = X["x"] > 0.5
    model = TabularMLPClassifier(cv=3, max_iter=1, random_state=0).fit(X, y)
    assert model.encoder_.columns_["key"]["kind"] == "category"
    assert np.isfinite(model.oof_proba_).all()
    codes = np.array([-1, 0, -1, 0, -1, -1])
    out = TargetEncoding.fit_transform(data(codes, np.c_[:6.0], class_targets=None), 0)[1]
    assert (out[codes < 0] == 0).all()
    assert out[codes == 0].any()
