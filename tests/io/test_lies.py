"""One lie each: files that are signed, and in which one value is one that no fit would give."""

import io
import json

import numpy as np
import pandas as pd
import pytest
from damage import members_of, nodes_of, signed
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MultiLabelBinarizer, OneHotEncoder
from sklearn.tree import DecisionTreeClassifier

from scratchmlp import ScratchMLPClassifier
from scratchmlp.io import ModelFileError, load, save
from scratchmlp.io.container import SCHEMA
from scratchmlp.tabular import TabularEncoder, TabularMLPClassifier

pytest.importorskip("skops")

X = np.random.default_rng(0).normal(size=(60, 3))
Y = (X[:, 0] > 0).astype(int)
TREE = DecisionTreeClassifier(random_state=0).fit(X, X.sum(axis=1) > 0)


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


@pytest.mark.parametrize("depth", [0, 2**31 - 1])
def test_the_depth_of_a_tree(depth, path):
    lie(TREE, path, attribute("max_depth", depth))
    refused(path, "a tree has another depth")


def test_a_node_of_a_tree_with_two_parents(path):
    def edit(nodes):
        if nodes.dtype.names:
            nodes = nodes.copy()
            nodes["left_child"][0] = nodes["right_child"][0]
            return nodes
        return None

    lie(TREE, path, arrays(edit))
    refused(path, "a node of a tree has no parent or two")


@pytest.mark.parametrize("masked", [False, True])
def test_objects_within_arrays(masked, path):
    step = np.empty(2, object)
    step[:] = ["tree", TREE]
    pipeline = Pipeline([("tree", TREE)])
    pipeline.steps = [np.ma.MaskedArray(step, [True, True]) if masked else step]
    lie(pipeline, path, arrays(feature_that_does_not_exist))
    refused(path, "a tree uses features that do not exist")


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
    refused(path, "infrequent categories have other columns")


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
    with pytest.raises(ModelFileError, match="a tree has categories of a feature that has none"):
        save(model, path)


def an_array(items, *shape):
    array = {"__class__": "ndarray", "__module__": "numpy", "__loader__": "NdArrayNode"}
    return array | {"type": "json", "content": items, "shape": of_tuple(map(of_json, shape))}


def of_tuple(items):
    kind = {"__class__": "tuple", "__module__": "builtins", "__loader__": "TupleNode"}
    return kind | {"content": list(items)}


def of_list(items):
    kind = {"__class__": "list", "__module__": "builtins", "__loader__": "ListNode"}
    return kind | {"content": list(items)}


NUMBER = of_json(0)
BOMBS = {
    "lists in text": (an_array([of_list([of_json([0, 0])])] * 3, 3, 1), "is not a single one"),
    "another text": (
        of_list([NUMBER | {"__id__": 7}, of_json("long" * 9) | {"__id__": 7}]),
        "have the same number",
    ),
    "too few": (an_array([NUMBER] * 3, 4), "as its shape says"),
    "no axis": (an_array([NUMBER]), "as its shape says"),
    "flat": (an_array([NUMBER] * 6, 2, 3), "as its shape says"),
    "arrays": (an_array([an_array([NUMBER] * 3, 3)] * 2, 2, 3), "as its shape says"),
    "tuples": (
        an_array([of_list([of_tuple([NUMBER] * 9)])] * 2, 2, 1),
        "as its shape says",
    ),
}


@pytest.mark.parametrize(("node", "message"), BOMBS.values(), ids=BOMBS)
def test_arrays_of_objects_hold_what_the_file_does(node, message, path):
    def change(members, root):
        root["content"]["content"]["alpha"] = node

    lie(ScratchMLPClassifier(), path, change)
    refused(path, message)


def test_arrays_of_objects_with_axes_are_loaded(path):
    network = ScratchMLPClassifier()
    network.own = np.array([["a", None], [1, np.float64(2)], [True, "é"]], dtype=object)
    network.trees = np.array([[TREE, TREE]])
    save(network, path)
    loaded = load(path)
    np.testing.assert_array_equal(loaded.own, network.own)
    assert loaded.trees.shape == (1, 2)


def test_sets_are_not_saved(path):
    """No model needs them, and their items could all have the same hash."""
    network = ScratchMLPClassifier()
    network.own = {1, 2}
    with pytest.raises(ModelFileError, match=r"'builtins.set' cannot be in a model file"):
        save(network, path)


@pytest.mark.parametrize("Kind", [np.random.MT19937, np.random.Philox])
def test_only_the_usual_generator_is_saved(Kind, path):
    """Compiled code trusts the positions in the state of others."""
    network = ScratchMLPClassifier()
    network.own = np.random.Generator(Kind(0))
    with pytest.raises(ModelFileError, match="cannot be in a model file, only PCG64"):
        save(network, path)


@pytest.mark.parametrize("disguised", [False, True])
def test_the_seed_of_a_generator(disguised, path):
    network = ScratchMLPClassifier()
    network.own = np.random.default_rng(0)

    def change(members, root):
        generator = root["content"]["content"]["own"]["content"]
        seed = json.loads(json.dumps(generator["seed_seq"]))
        seed["content"]["pool_size"] = of_json(10**9)
        if disguised:  # skops makes the first object of a number only
            generator["bit_generator"]["content"]["more"] = seed
            generator["bit_generator"]["key_types"]["content"] *= 2
            del generator["bit_generator"]["key_types"]["content"][5:]
        else:
            generator["seed_seq"] = seed

    lie(network, path, change)
    refused(path, "the same number" if disguised else "a generator has another seed")


def test_integers_of_the_same_hash(path):
    same_hash = [(2**61 - 1) * n for n in range(4, 12_000)]

    def keys(members, root):
        weights = root["content"]["content"]["class_weight"]
        weights["content"] = {str(n): NUMBER for n in same_hash}
        weights["key_types"]["content"] *= len(same_hash)

    def values(members, root):
        root["content"]["content"]["alpha"] = of_list(map(of_json, same_hash))

    for change in (keys, values):
        lie(ScratchMLPClassifier(class_weight={0: 1.0}), path, change)
        refused(path, "too many integers of more than 64 bits")


def test_a_file_of_another_object_than_an_estimator(path):
    def change(members, root):
        protocol = root["protocol"]
        root.clear()
        root.update(of_list([]) | {"protocol": protocol})

    lie(ScratchMLPClassifier(), path, change)
    refused(path, "it contains no estimator")


def test_messages_repeat_no_long_values(path):
    def change(members, root):
        root["content"]["content"]["class_weight"] = of_json("x" * 10**5)

    lie(ScratchMLPClassifier(), path, change)
    with pytest.raises(ModelFileError) as raised:
        load(path)
    assert len(str(raised.value)) < 1000


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


def test_text_that_is_the_name_of_a_file(path):
    lie(CountVectorizer().fit(["good day"]), path, attribute("input", "filename"))
    refused(path, "a prediction would read files")


@pytest.mark.parametrize(
    "edit",
    [
        lambda a: a[:-1] if a.shape == (4,) and a.dtype == np.float32 else None,
        lambda a: a + 1 if a.shape == (4,) and a.dtype == np.int32 else None,
    ],
)
def test_the_history_of_networks(edit, path):
    model = TabularMLPClassifier(cv=2, max_iter=2, hidden_layer_sizes=4, random_state=0)
    lie(model.fit(X, Y), path, arrays(edit))
    refused(path, "the history")
