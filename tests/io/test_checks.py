"""Models in which a value could crash the process or run code are neither saved nor loaded."""

import copy
import sys
from collections import defaultdict
from contextlib import suppress
from functools import partial
from inspect import ismodule

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator
from sklearn.ensemble import (
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    VotingClassifier,
)
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import Bunch

from scratchmlp import ScratchMLPClassifier
from scratchmlp.io import ModelFileError, load, save
from scratchmlp.io.checks import check_values
from scratchmlp.io.container import SCHEMA
from scratchmlp.io.objects import objects_in
from scratchmlp.io.schema import _nodes_in
from scratchmlp.tabular import TabularEncoder, TabularEnsembleRegressor
from scratchmlp.tabular.fitted_table import fitted_table
from tests.helpers.damage import members_of, signed, with_schema, zipped
from tests.helpers.model_files import same, trusted_types

pytestmark = pytest.mark.filterwarnings(
    "ignore::scratchmlp.tabular.MisleadingDataWarning"
)  # few rows

skops_io = pytest.importorskip("skops.io")

X = np.random.default_rng(0).normal(size=(60, 3))
Y = (X[:, 0] > 0).astype(int)
TREE = DecisionTreeClassifier(random_state=0).fit(X, X.sum(axis=1) > 0)
VOTING = VotingClassifier([("tree", TREE)]).fit(X, Y)
WITHIN_PARTIAL = FunctionTransformer(partial(np.float64, TREE))
FOREST = RandomForestClassifier(2, max_depth=2).fit(X, Y)
OTHER_FOREST = RandomForestClassifier(1, max_depth=2).fit(X[:, :2], Y)
BOOSTING = HistGradientBoostingClassifier(max_iter=1).fit(X, Y)
CATEGORIES = HistGradientBoostingClassifier(max_iter=1, categorical_features=[0])
CATEGORIES.fit(np.c_[Y, X[:, 1:]], Y)
OF_CATEGORIES = ["functools.partial", "sklearn.utils.validation.check_array"]  # its types

LETTERS = np.array(["a"] * 9 + ["b"] * 7 + ["c", "d", "e"])[:, np.newaxis]
NUMBERS = np.repeat([0.5, 2.0, np.nan], [9, 7, 3])[:, np.newaxis]
ONE_HOT = OneHotEncoder().fit(LETTERS)
INFREQUENT = OneHotEncoder(min_frequency=3).fit(LETTERS)
DROPPED = OneHotEncoder(drop="first").fit(LETTERS)
TERMS = CountVectorizer().fit(["good day"])
NETWORK = ScratchMLPClassifier(hidden_layer_sizes=2, warm_start=True, tol=1.0, random_state=0)
NETWORK.fit(X, Y)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.skops"


def in_a_masked_array():
    step = np.empty(2, object)
    step[:] = ["tree", TREE]
    pipeline = Pipeline([("tree", TREE)])
    pipeline.steps = [np.ma.MaskedArray(step, [True, True])]
    return pipeline


def put(values, value, at=0):
    values[at] = value


def tree_of(boosting):
    return boosting._predictors[0][0]


def nodes_of(boosting):
    return tree_of(boosting).nodes


def preprocessor_of(boosting):
    return boosting._preprocessor


def with_position(position):
    random_state = np.random.RandomState()
    random_state.set_state(("MT19937", np.zeros(624, np.uint32), position))
    return random_state


PIPELINE = Pipeline([("tree", TREE)])
AS_TUPLE = ("MT19937", np.zeros(624, np.uint32), 625)
FAR = np.array([0, 256])
NO_SETS = np.zeros((1, 7), np.uint32)
NO_CHILDREN = "a node of a tree has no children"
NO_NODES = "a tree has no nodes"
ALONE = "a tree is without its estimator"
OTHER_FEATURES = "a tree has other features"
OTHER_PREPROCESSOR = "boosting has another preprocessor"
OTHER_INPUTS = "boosting gets other features"
OTHER_COLUMNS = "categories have other columns"
OTHER_TERMS = "terms have other columns"
OTHER_POSITION = "a random number generator has another position"
UNUSUAL = "not NumPy's usual one, PCG64"
#: Models, functions that change a copy of them, and the message.
REFUSED = [
    (TREE, lambda m: setattr(m.tree_, "max_depth", 0), "a tree has another depth"),
    (TREE, lambda m: setattr(m.tree_, "n_features", 9), OTHER_FEATURES),
    (TREE, lambda m: put(m.tree_.feature, 3), OTHER_FEATURES),
    (TREE, lambda m: put(m.tree_.feature, -1), OTHER_FEATURES),
    (TREE, lambda m: put(m.tree_.children_left, 0), NO_CHILDREN),
    (TREE, lambda m: put(m.tree_.children_left, TREE.tree_.node_count), NO_CHILDREN),
    (TREE, lambda m: put(m.tree_.children_right, 0), NO_CHILDREN),
    (TREE, lambda m: put(m.tree_.children_right, 10**6), NO_CHILDREN),
    (TREE, lambda m: setattr(m, "tree_", Bunch()), NO_NODES),
    (WITHIN_PARTIAL, lambda m: put(m.func.args[0].tree_.feature, 3), OTHER_FEATURES),
    (VOTING, lambda m: put(m.estimators_, TREE.tree_), ALONE),
    (FOREST, lambda m: put(m.estimators_, Bunch(n_features_in_=3, tree_=TREE.tree_)), ALONE),
    (FOREST, lambda m: put(m.estimators_, OTHER_FOREST[0], 1), OTHER_FEATURES),
    (in_a_masked_array(), lambda m: put(m.steps[0].data[1].tree_.feature, 3), OTHER_FEATURES),
    (BOOSTING, lambda m: put(nodes_of(m)["left"], 0), NO_CHILDREN),
    (BOOSTING, lambda m: put(nodes_of(m)["right"], 10**6), NO_CHILDREN),
    (BOOSTING, lambda m: put(nodes_of(m)["feature_idx"], 3), OTHER_FEATURES),
    (BOOSTING, lambda m: setattr(tree_of(m), "nodes", nodes_of(m)[:0]), NO_NODES),
    (BOOSTING, lambda m: setattr(m, "_in_fit", True), "boosting would not check its rows"),
    (BOOSTING, lambda m: setattr(m, "n_features_in_", 4), "boosting has other features"),
    (BOOSTING, lambda m: put(nodes_of(m)["is_categorical"], 1), "a tree has other categories"),
    (CATEGORIES, lambda m: put(nodes_of(m)["bitset_idx"], 9), "a tree has no set of categories"),
    (CATEGORIES, lambda m: put(nodes_of(m)["bitset_idx"], 1), "a tree has no set of categories"),
    (CATEGORIES, lambda m: setattr(tree_of(m), "raw_left_cat_bitsets", NO_SETS), "smaller sets"),
    (CATEGORIES, lambda m: put(m._bin_mapper.bin_thresholds_, FAR), "other categories"),
    (CATEGORIES, lambda m: preprocessor_of(m).transformers_.pop(1), OTHER_PREPROCESSOR),
    (CATEGORIES, lambda m: setattr(preprocessor_of(m), "transform", float), OTHER_PREPROCESSOR),
    (
        CATEGORIES,
        lambda m: put(preprocessor_of(m).transformers_, ("x", FunctionTransformer(), [1]), 1),
        "'x'",
    ),
    (
        CATEGORIES,
        lambda m: put(preprocessor_of(m)._transformer_to_input_indices, [1], "numerical"),
        OTHER_INPUTS,
    ),
    (
        CATEGORIES,
        lambda m: put(preprocessor_of(m).transformers_[1][2], [False] * 3, slice(None)),
        OTHER_INPUTS,
    ),
    (INFREQUENT, lambda m: put(m._default_to_infrequent_mappings[0], 9), OTHER_COLUMNS),
    (INFREQUENT, lambda m: put(m._infrequent_indices, None), OTHER_COLUMNS),
    (ONE_HOT, lambda m: setattr(m, "_n_features_outs", [2]), OTHER_COLUMNS),
    (ONE_HOT, lambda m: setattr(m, "_n_features_outs", [4]), OTHER_COLUMNS),
    (DROPPED, lambda m: put(m._drop_idx_after_grouping, -1), OTHER_COLUMNS),
    (DROPPED, lambda m: put(m._drop_idx_after_grouping, 5), OTHER_COLUMNS),
    (ONE_HOT, lambda m: put(m.categories_, np.array([2, 0, 1, 3, 4])), "are not in order"),
    (TERMS, lambda m: put(m.vocabulary_, -1, "day"), OTHER_TERMS),
    (TERMS, lambda m: put(m.vocabulary_, 2, "day"), OTHER_TERMS),
    (NETWORK, lambda m: setattr(m, "random_state", with_position(-1)), OTHER_POSITION),
    (NETWORK, lambda m: setattr(m, "random_state", with_position(625)), OTHER_POSITION),
    (NETWORK, lambda m: put(m._run["random_state"]["state"], 625, "pos"), OTHER_POSITION),
    (NETWORK, lambda m: setattr(m, "own", np.random.Generator(np.random.Philox(0))), UNUSUAL),
    (NETWORK, lambda m: m._run.update(random_state=AS_TUPLE), OTHER_POSITION),
    (PIPELINE, lambda m: setattr(m, "memory", "folder"), r"memory='folder'.*Set memory=None"),
]


@pytest.mark.parametrize(
    ("model", "change", "message"), REFUSED, ids=[message for _, _, message in REFUSED]
)
def test_a_value_that_could_crash_the_process_is_refused(model, change, message, path):
    if model not in (CATEGORIES, WITHIN_PARTIAL):  # `save` warns of their types
        save(model, path)
    model = copy.deepcopy(model)
    change(model)
    with pytest.raises(ModelFileError, match=message):
        save(model, path)
    path.write_bytes(signed(members_of(skops_io.dumps(model))))
    with pytest.raises(ModelFileError, match=message):
        load(path, trusted=OF_CATEGORIES)


DISGUISED = [
    ("PartialNode", partial(int, "1"), "functools.partial"),
    ("DefaultDictNode", defaultdict(list, a=X), "collections.defaultdict"),
    ("SparseMatrixNode", csr_array(X), "scipy.sparse.spmatrix"),
]


@pytest.mark.parametrize(("loader", "value", "name"), DISGUISED)
def test_an_object_that_a_file_calls_by_the_name_of_a_trusted_type_is_refused(
    loader, value, name, path
):
    def disguise(root):
        for node in _nodes_in(root):
            if node["__loader__"] == loader:
                node.update(__class__="dtype", __module__="numpy")

    model = FunctionTransformer(kw_args={"value": value})
    path.write_bytes(with_schema(skops_io.dumps(model), disguise))
    with pytest.raises(ModelFileError, match=f"TRUSTED: .*'{name}'"):
        load(path)


@pytest.mark.parametrize("n_rows", [1, 70])
def test_a_forest_of_more_inputs_than_the_table_has_reads_none_of_other_memory(n_rows, path):
    wide = ExtraTreesRegressor(1).fit(np.ones((60, 300)) * X[:, :1], Y)
    ensemble = TabularEnsembleRegressor([("trees", ExtraTreesRegressor(1))], cv=2)
    part = fitted_table(ensemble.fit(X[:, :2], Y)).parts["trees"]
    part.models_ = [model._replace(estimator=wide) for model in part.models_]
    save(ensemble, path)
    with pytest.raises(ValueError, match=r"2.* 300|300.* 2"):
        load(path).predict(np.zeros((n_rows, 2)))


# Types whose arrays compiled code reads.


def calls_compiled_code(kind):
    """Return whether a type is compiled, or the module of one of its classes calls such code."""
    named = {each.__module__ for each in kind.__mro__}
    values = [
        each for name in named if name in sys.modules for each in vars(sys.modules[name]).values()
    ]
    named |= {
        each.__name__ if ismodule(each) else getattr(each, "__module__", None) for each in values
    }
    modules = [sys.modules.get(name) for name in named if (name or "").startswith("sklearn.")]
    return not all(getattr(each, "__file__", ".py").endswith(".py") for each in modules)


def is_estimator(kind):
    is_public = not kind.__name__.startswith("_")
    return issubclass(kind, BaseEstimator) and (is_public or hasattr(kind, "predict"))


#: Estimators whose compiled code was read: `checks` checks what it trusts, or it trusts nothing.
REVIEWED = {
    *("BaggingClassifier", "BaggingRegressor", "GridSearchCV", "HalvingGridSearchCV"),
    *("HalvingRandomSearchCV", "RandomizedSearchCV"),  # they draw random numbers
    *("DecisionTreeClassifier", "DecisionTreeRegressor", "ExtraTreeClassifier"),
    *("ExtraTreeRegressor", "HistGradientBoostingClassifier", "HistGradientBoostingRegressor"),
    *("LinearRegression", "LogisticRegression", "LogisticRegressionCV", "Ridge", "RidgeCV"),
    *("RidgeClassifier", "RidgeClassifierCV", "_RidgeGCV"),  # in their fits
    *("MaxAbsScaler", "MinMaxScaler", "Normalizer", "PolynomialFeatures", "PowerTransformer"),
    *("QuantileTransformer", "RobustScaler", "StandardScaler"),  # on sparse rows
    *("IsotonicRegression", "TargetEncoder"),
}


def test_estimators_that_call_compiled_code_were_reviewed():
    """Support vectors, for instance, are read without a look at their number."""
    found = {kind.__name__ for kind in filter(is_estimator, trusted_types())} & {
        kind.__name__ for kind in filter(calls_compiled_code, trusted_types())
    }
    assert found <= REVIEWED, "check in io/checks.py what the compiled code trusts, and add a row"


def is_read_by_compiled_code(kind):
    return calls_compiled_code(kind) and not is_estimator(kind)


def integers_in(state):
    """Return the arrays of integers in the state of an object."""
    if isinstance(state, np.ndarray):
        fields = [state[field] for field in state.dtype.names or [...]]
        return [field for field in fields if field.dtype.kind in "iu"]
    values = [*state.values()] if isinstance(state, dict) else state
    return [array for each in values for array in integers_in(each)] if type(values) is list else []


def boosted(loss):
    return HistGradientBoostingRegressor(loss, quantile=0.5, max_iter=1).fit(X, Y + 1)


BOOSTED = map(boosted, ["squared_error", "absolute_error", "gamma", "poisson", "quantile"])
THREE = HistGradientBoostingClassifier(max_iter=1).fit(X, np.arange(60) % 3)
MODELS = [TREE, *BOOSTED, THREE, CATEGORIES]


def parts_in(model):
    """Return the objects of a model, with the nodes of its trees."""
    parts = [*objects_in(model)]
    return parts + [each.tree_ for each in parts if hasattr(each, "tree_")]


#: A model that holds an object of the type, for each type.
HOLDERS = {type(each): model for model in MODELS for each in parts_in(model)}


def with_integers(kind):
    """Return a copy of the model that holds an object of a type, and the object's integers."""
    model = copy.deepcopy(HOLDERS[kind])
    part = next(each for each in parts_in(model) if type(each) is kind)
    return model, integers_in(part.__getstate__())


@pytest.mark.parametrize("kind", [*filter(is_read_by_compiled_code, trusted_types())])
def test_integers_that_compiled_code_reads_are_checked(kind):
    """A type that no model here holds fails, too: add one, and checks of its arrays."""
    n_arrays, ignored = len(with_integers(kind)[1]), 0
    for number in range(n_arrays):
        model, integers = with_integers(kind)
        integers[number][...] = np.iinfo(integers[number].dtype).max
        with suppress(ValueError):
            check_values(model)
            ignored += 1
    assert ignored < max(n_arrays, 1)


ONE_LEAF = [
    DecisionTreeClassifier().fit(X, np.zeros(60)),
    RandomForestClassifier(2, min_samples_leaf=60).fit(X, Y),
    HistGradientBoostingClassifier(max_iter=2, min_samples_leaf=60).fit(X, Y),
]


@pytest.mark.parametrize("model", ONE_LEAF, ids=lambda model: type(model).__name__)
def test_trees_of_one_leaf_are_loaded(model, path):
    assert not np.ptp(model.predict_proba(X), axis=0).any()
    save(model, path)
    assert same(load(path), model, X)


def test_boosting_of_categories_is_loaded_if_its_types_are_trusted(path):
    with pytest.warns(UserWarning, match="To load it, pass trusted"):
        save(CATEGORIES, path)
    assert same(load(path, trusted=OF_CATEGORIES), CATEGORIES, np.c_[Y, X[:, 1:]])


ENCODERS = [
    ({"drop": "if_binary"}, np.hstack([LETTERS, LETTERS == "a"])),
    ({"drop": ["b"], "min_frequency": 3}, LETTERS),
    ({}, NUMBERS),
]


@pytest.mark.parametrize("position", [0, 624])
def test_a_random_state_at_either_end_is_loaded(position, path):
    network = ScratchMLPClassifier(random_state=with_position(position))
    save(network, path)
    assert load(path).random_state.get_state()[2] == position


@pytest.mark.parametrize(("parameters", "table"), ENCODERS)
def test_other_one_hot_encoders_are_loaded(parameters, table, path):
    encoder = OneHotEncoder(**parameters).fit(table)
    save(encoder, path)
    assert same(load(path), encoder, table)


ZONES = [
    "dateutil//tmp/zone",
    "dateutil/zone",
    "DateUtil/zone",
    "../../tmp/zone",
    "tzlocal()",
    "/tmp/zone",
]
COLUMNS = [("Europe/Rome", zone, "is no time zone") for zone in ZONES]
COLUMNS += [("FewLevels", "Other", "The file is damaged, .*'Other'")]


@pytest.mark.parametrize(("old", "new", "message"), COLUMNS)
def test_a_time_zone_that_is_a_path_and_another_kind_of_column_are_refused(old, new, message, path):
    days = pd.to_datetime(["2020-01-01", "2021-05-06"] * 20).tz_localize("Europe/Rome")
    save(TabularEncoder().fit(pd.DataFrame({"a": pd.Categorical(days)})), path)
    members = members_of(path.read_bytes())
    schema = members[SCHEMA].decode()
    assert old in schema
    path.write_bytes(signed(members | {SCHEMA: schema.replace(old, new).encode()}))
    with pytest.raises(ModelFileError, match=message):
        load(path)


def test_a_zip_file_in_the_place_of_an_array_is_refused(path):
    save(StandardScaler().fit(X), path)
    members = members_of(path.read_bytes())
    members[next(name for name in members if name.endswith(".npy"))] = zipped({"a.npy": b"any"})
    path.write_bytes(signed(members))
    with pytest.raises(ModelFileError, match="is not an array"):
        load(path)


def test_a_file_of_another_object_than_an_estimator_is_refused(path):
    path.write_bytes(signed(members_of(skops_io.dumps([]))))
    with pytest.raises(ModelFileError, match="it contains no estimator"):
        load(path)
