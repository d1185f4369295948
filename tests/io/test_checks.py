"""Files in which a value could crash the process or run code are refused, even if signed."""

import io
import json

import numpy as np
import pandas as pd
import pytest
from damage import members_of, nodes_of, signed
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MultiLabelBinarizer, OneHotEncoder
from sklearn.tree import DecisionTreeClassifier

from scratchmlp import ScratchMLPClassifier
from scratchmlp.io import ModelFileError, load, save
from scratchmlp.io.container import SCHEMA
from scratchmlp.tabular import TabularEncoder

pytest.importorskip("skops")

X = np.random.default_rng(0).normal(size=(60, 3))
Y = (X[:, 0] > 0).astype(int)
TREE = DecisionTreeClassifier(random_state=0).fit(X, X.sum(axis=1) > 0)
BOOSTING = HistGradientBoostingClassifier(max_iter=1).fit(X, Y)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.skops"


def lie(model, path, change):
    """Save a model, and change its file: `change` gets the members and the root of the schema."""
    save(model, path)
    members = members_of(path.read_bytes())
    root = json.loads(members[SCHEMA])
    change(members, root)
    members[SCHEMA] = json.dumps(root).encode()
    path.write_bytes(signed(members))


def of_json(value):
    content = {"__class__": "str", "__module__": "builtins", "__loader__": "JsonNode"}
    return content | {"content": json.dumps(value)}


def attribute(name, value):
    """Return a change of the attribute `name` wherever an object has it."""

    def change(members, root):
        holders = [node["content"] for node in nodes_of(root) if node["__loader__"] == "DictNode"]
        found = [holder for holder in holders if name in holder]
        assert found
        for holder in found:
            holder[name] = of_json(value)

    return change


def arrays(edit):
    """Return a change of arrays: `edit` returns a new one, or None."""

    def change(members, root):
        n_changed = 0
        for name in [name for name in members if name.endswith(".npy")]:
            new = edit(np.load(io.BytesIO(members[name])))
            if new is not None:
                buffer = io.BytesIO()
                np.save(buffer, new)
                members[name] = buffer.getvalue()
                n_changed += 1
        assert n_changed

    return change


def feature_that_does_not_exist(nodes):
    """Change the nodes of trees."""
    if not nodes.dtype.names:
        return None
    nodes = nodes.copy()
    nodes["feature"][nodes["left_child"] >= 0] = 10**6
    return nodes


def refused(path, message):
    with pytest.raises(ModelFileError, match=message):
        load(path)


def test_the_depth_of_a_tree(path):
    lie(TREE, path, attribute("max_depth", 0))
    refused(path, "a tree has another depth")


@pytest.mark.parametrize(
    ("model", "name"),
    [(TREE, "left_child"), (TREE, "right_child"), (BOOSTING, "left"), (BOOSTING, "right")],
)
@pytest.mark.parametrize("child", [0, 10**6])
def test_the_children_of_nodes(model, name, child, path):
    def edit(nodes):
        if name not in (nodes.dtype.names or ()):
            return None
        nodes = nodes.copy()
        nodes[name][0] = child
        return nodes

    lie(model, path, arrays(edit))
    refused(path, "a node of a tree has no children")


def test_a_forest_of_trees_with_other_features(path):
    forest = RandomForestClassifier(2, max_depth=2).fit(X, Y)
    forest.estimators_[1] = RandomForestClassifier(1, max_depth=2).fit(X[:, :2], Y).estimators_[0]
    with pytest.raises(ModelFileError, match="a tree has other features"):
        save(forest, path)


@pytest.mark.parametrize("masked", [False, True])
def test_objects_within_arrays(masked, path):
    step = np.empty(2, object)
    step[:] = ["tree", TREE]
    pipeline = Pipeline([("tree", TREE)])
    pipeline.steps = [np.ma.MaskedArray(step, [True, True]) if masked else step]
    lie(pipeline, path, arrays(feature_that_does_not_exist))
    refused(path, "a tree has other features")


LETTERS = np.array(["a"] * 9 + ["b"] * 7 + ["c", "d", "e"])[:, np.newaxis]
NUMBERS = np.repeat([0.5, 2.0, np.nan], [9, 7, 3])[:, np.newaxis]
ENCODERS = {
    "plain": (OneHotEncoder(), LETTERS),
    "numbers": (OneHotEncoder(drop="first"), NUMBERS),
    "infrequent": (
        OneHotEncoder(min_frequency=3, handle_unknown="infrequent_if_exist"),
        np.hstack([LETTERS, LETTERS]),
    ),
    "dropped": (OneHotEncoder(min_frequency=3, drop=["b"]), LETTERS),
    "binary": (OneHotEncoder(drop="if_binary"), np.hstack([LETTERS, LETTERS == "a"])),
}


@pytest.mark.parametrize(("encoder", "table"), ENCODERS.values(), ids=ENCODERS)
def test_one_hot_encoders_are_loaded(encoder, table, path):
    save(encoder.fit(table), path)
    np.testing.assert_array_equal(
        load(path).transform(table).toarray(), encoder.transform(table).toarray()
    )


def test_the_columns_of_infrequent_categories(path):
    encoder = OneHotEncoder(min_frequency=3).fit(LETTERS)
    lie(
        encoder,
        path,
        arrays(
            lambda array: array + 10**6 if array.dtype.kind == "i" and len(array) == 5 else None
        ),
    )
    refused(path, "categories have other columns")


def test_the_number_of_columns_of_categories(path):
    encoder = OneHotEncoder().fit(LETTERS)
    encoder._n_features_outs = [2]
    with pytest.raises(ModelFileError, match="categories have other columns"):
        save(encoder, path)


@pytest.mark.parametrize("column", [-1, 5])
def test_the_column_that_is_dropped(column, path):
    encoder = OneHotEncoder(drop="first").fit(LETTERS)
    encoder._drop_idx_after_grouping = np.array([column], dtype=object)
    with pytest.raises(ModelFileError, match="categories have other columns"):
        save(encoder, path)


def test_the_order_of_categories(path):
    encoder = OneHotEncoder().fit(NUMBERS)
    encoder.categories_ = [np.array([2.0, 0.5, 1.0])]
    with pytest.raises(ModelFileError, match="categories are not in order"):
        save(encoder, path)


def test_the_columns_of_labels(path):
    binarizer = MultiLabelBinarizer().fit([["a", "b"], ["c"]])
    binarizer.transform([["a"]])
    save(binarizer, path)
    assert (load(path).transform([["b"], []]) == [[0, 1, 0], [0, 0, 0]]).all()
    binarizer._cached_dict["a"] = 10**9
    with pytest.raises(ModelFileError, match="labels have other columns"):
        save(binarizer, path)
    binarizer.classes_, binarizer._cached_dict = np.array(["a", "b", "a"]), None
    with pytest.raises(ModelFileError, match="a label occurs twice"):
        save(binarizer, path)


def test_the_categories_of_boosting(path):
    table = np.abs(X)
    model = HistGradientBoostingClassifier(max_iter=2).fit(table, Y)
    save(model, path)
    np.testing.assert_array_equal(load(path).predict_proba(table), model.predict_proba(table))
    for [tree] in model._predictors:
        tree.nodes["is_categorical"] = 1
        tree.raw_left_cat_bitsets = np.zeros((1, 8), np.uint32)
        tree.binned_left_cat_bitsets = np.zeros((1, 8), np.uint32)
    with pytest.raises(ModelFileError, match="a tree has other categories"):
        save(model, path)


def test_arrays_of_objects_with_axes_are_loaded(path):
    network = ScratchMLPClassifier()
    network.own = np.array([["a", None], [1, np.float64(2)], [True, "é"]], dtype=object)
    network.trees = np.array([[TREE, TREE]])
    network.set = {1, "b"}
    save(network, path)
    loaded = load(path)
    assert loaded.set == network.set
    np.testing.assert_array_equal(loaded.own, network.own)
    assert loaded.trees.shape == (1, 2)


@pytest.mark.parametrize("Kind", [np.random.MT19937, np.random.Philox])
def test_only_the_usual_generator_is_saved(Kind, path):
    """Compiled code trusts the positions in the state of others."""
    network = ScratchMLPClassifier()
    network.own = np.random.Generator(Kind(0))
    with pytest.raises(ModelFileError, match="not NumPy's usual one, PCG64"):
        save(network, path)


def test_a_file_of_another_object_than_an_estimator(path):
    def change(members, root):
        protocol = root["protocol"]
        root.clear()
        root.update(of_json([]) | {"protocol": protocol})

    lie(ScratchMLPClassifier(), path, change)
    refused(path, "it contains no estimator")


@pytest.mark.parametrize("column", [-1, 2, 10**9])
def test_the_columns_of_terms(column, path):
    vectorizer = CountVectorizer().fit(["good day"])
    vectorizer.vocabulary_["day"] = column
    with pytest.raises(ModelFileError, match="terms have other columns"):
        save(vectorizer, path)


@pytest.mark.parametrize("position", [-1, 625])
def test_the_position_of_a_random_state(position, path):
    given = ScratchMLPClassifier(random_state=np.random.RandomState(0))
    settings = {"hidden_layer_sizes": 2, "warm_start": True, "tol": 1.0}
    stored = ScratchMLPClassifier(random_state=0, **settings).fit(X, Y)
    for model in (given, stored):
        lie(model, path, attribute("pos", position))
        refused(path, "a random number generator has another position")


@pytest.mark.parametrize("zone", ["dateutil//tmp/zone", "../../tmp/zone", "tzlocal()", "/tmp/zone"])
def test_a_time_zone_that_is_a_path(zone, path):
    days = pd.to_datetime(["2020-01-01", "2021-05-06"] * 20).tz_localize("Europe/Rome")
    encoder = TabularEncoder().fit(pd.DataFrame({"a": pd.Categorical(days)}))

    def change(members, root):
        found = [node for node in nodes_of(root) if node.get("content") == '"Europe/Rome"']
        assert found
        for node in found:
            node["content"] = json.dumps(zone)

    lie(encoder, path, change)
    refused(path, "is no time zone")
