"""Models survive a file and a pickle bit for bit."""

import copy
import os
import pickle
import sys
from datetime import timedelta, timezone
from functools import partial
from itertools import cycle, product
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest
from scipy import special
from sklearn.base import clone
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC

import scratchmlp
from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor, check_gradient
from scratchmlp.activations import ACTIVATIONS, SELU
from scratchmlp.initializers import he_normal
from scratchmlp.io import TRUSTED, ModelFileError, load, save
from scratchmlp.io.container import FORMAT
from scratchmlp.io.objects import objects_in
from scratchmlp.losses import LOSSES
from scratchmlp.optimizers import OPTIMIZERS
from scratchmlp.schedules import SCHEDULES
from scratchmlp.tabular import TabularEncoder
from scratchmlp.utils import atomic_write
from tests.helpers.model_files import CLASSES, FITS, SMALL, VARIED_FITS, X, file_of, fitted, same

skops_io = pytest.importorskip("skops.io")
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.skops"


def again(model, path, **settings):
    save(model, path, **settings)
    return load(path)


@pytest.mark.parametrize("name", FITS | VARIED_FITS)
def test_every_model_predicts_the_same(name, path):
    path.write_bytes(file_of(name))
    loaded = load(path)
    assert type(loaded) is type(fitted(name))
    assert repr(loaded) == repr(fitted(name))
    assert same(loaded, name)
    clone(loaded)


def test_a_file_says_of_each_column_what_fit_says(path):
    encoder = again(fitted("varied encoder"), path)
    assert repr(encoder.columns_) == repr(fitted("varied encoder").columns_)
    assert encoder.notes_ == fitted("varied encoder").notes_


def test_skops_reads_the_files_too(path):
    path.write_bytes(file_of("ensemble classifier"))
    assert same(skops_io.load(path, trusted=TRUSTED), "ensemble classifier")


@pytest.mark.parametrize("name", ["search", "tabular regressor", "ensemble classifier"])
def test_models_predict_the_same_without_training_state(name, path):
    path.write_bytes(file_of(name, training_state=False))
    loaded = load(path)
    assert same(loaded, name)
    state = loaded.__getstate__()
    assert not state.keys() & {"oof_proba_", "oof_prediction_", "held_out_", "_row_weight"}
    assert getattr(loaded, "oof_score_", None) == getattr(fitted(name), "oof_score_", None)
    for each in (loaded, *getattr(loaded, "named_estimators_", {}).values()):
        assert not hasattr(each, "members_") or len(each.history_["loss"]) > 0


@pytest.mark.parametrize("training_state", [True, False])
def test_some_estimators_of_an_ensemble_have_a_smaller_file(training_state, path):
    path.write_bytes(file_of("ensemble classifier", training_state))
    smaller = load(path).only("networks", "linear")
    assert same(again(smaller, path), smaller)
    assert path.stat().st_size < 0.8 * len(file_of("ensemble classifier"))
    assert same(smaller.only("linear"), fitted("ensemble classifier").only("linear"))


@pytest.mark.parametrize("name", ["classifier", "multilabel"])
def test_all_attributes_of_networks_are_kept(name, path):
    path.write_bytes(file_of(name))
    loaded, model = vars(load(path)), vars(fitted(name))
    assert loaded.keys() == model.keys()
    for key in model.keys() - {"_loss", "_binarizer"}:
        np.testing.assert_equal(loaded[key], model[key])


COMBINED = zip(ACTIVATIONS, cycle(OPTIMIZERS.values()), cycle(SCHEDULES.values()), strict=False)
SETTINGS = [
    *(
        {"activation": f, "solver": Solver(), "learning_rate": Rate()}
        for f, Solver, Rate in COMBINED
    ),
    {"solver": "sgd", "learning_rate": "adaptive", "class_weight": "balanced"},
    {"solver": "lbfgs", "fit_intercept": False},
    {"activation": ("relu", SELU()), "weight_init": he_normal},
    {"early_stopping": True, "dropout": (0.1, 0.5)},
    {"alpha": np.float32(0.1), "hidden_layer_sizes": np.array([5, 4])},
    {"random_state": np.random.RandomState(0)},
    {"hidden_layer_sizes": (), "class_weight": {0: 1.0, 1: 2.0, 2: 0.5}},
]


@pytest.mark.parametrize(
    ("settings", "dtype"),
    [*zip(SETTINGS, cycle([np.float64, np.float32]), strict=False)],
    ids=map(",".join, SETTINGS),
)
def test_training_goes_on_as_if_nothing_had_happened(settings, dtype, path):
    settings = copy.deepcopy(SMALL | {"warm_start": True} | settings)
    rows = X.astype(dtype)
    model = ScratchMLPClassifier(**settings).fit(rows, CLASSES)
    loaded = again(model, path)
    assert same(loaded, model)
    model.fit(rows, CLASSES)
    loaded.fit(rows, CLASSES)
    assert loaded.theta_.tobytes() == model.theta_.tobytes()
    assert loaded.loss_curve_ == model.loss_curve_


@pytest.mark.parametrize("loss", LOSSES.values())
def test_every_loss_and_output(loss, path):
    for kind, output in product(loss.estimator_types, loss.outputs):
        Network = ScratchMLPClassifier if kind == "classifier" else ScratchMLPRegressor
        y = CLASSES if kind == "classifier" else np.eye(3)[CLASSES]
        model = Network(loss=loss().with_output(output), **SMALL).fit(X, y)
        assert same(again(model, path), model), (kind, output)


#: Targets, and the output activation that networks have.
TARGETS = {
    "two integers": (np.arange(60) % 2, "softmax"),
    "negative integers": (CLASSES - 7, "auto"),
    "numbers": (CLASSES.astype(float), "auto"),
    "booleans": (CLASSES == 0, "auto"),
    "text": (np.array(["ä", "b", "c" * 30])[CLASSES], "softmax"),
    "objects": (np.array(["ä", "b", "\ud800"], dtype=object)[CLASSES], "auto"),
    "one class": (np.zeros(60, int), "auto"),
    "many labels": ((X > 0.3).astype(int), "logistic"),
}


@pytest.mark.parametrize(("y", "output"), TARGETS.values(), ids=TARGETS)
def test_labels_of_any_type(y, output, path):
    model = ScratchMLPClassifier(output_activation=output, **SMALL).fit(X, y)
    loaded = again(model, path)
    assert loaded.classes_.dtype == model.classes_.dtype
    assert same(loaded, model)


def test_a_file_without_training_state(path):
    model = fitted("classifier")
    loaded = again(model, path, training_state=False)
    assert path.stat().st_size < len(file_of("classifier"))
    assert loaded.loss_curve_ == model.loss_curve_
    assert loaded.best_epoch_ == model.best_epoch_
    for fit in (loaded.fit, loaded.partial_fit):
        with pytest.raises(ValueError, match="saved with training_state=False"):
            fit(X, CLASSES)
    assert max(check_gradient(loaded, X, CLASSES).difference) < 1e-6
    loaded.set_params(warm_start=False).fit(X, CLASSES)
    assert hasattr(model, "_latest_theta")


def test_a_file_without_training_state_keeps_what_other_estimators_call_like_ours(path):
    other = FunctionTransformer().fit(X)
    other.held_out_ = [1]
    assert again(other, path, training_state=False).held_out_ == [1]


def in_zone(zone):
    return pd.to_datetime(["2020-01-01", "2021-05-06"] * 20).tz_localize(zone)


LEVELS = {
    "dates": in_zone(None),
    **{zone: in_zone(zone) for zone in ("America/Argentina/Ushuaia", "Etc/GMT+3", "-03:30", "UTC")},
    "nanoseconds": pd.to_datetime(["2020-01-01 00:00:00.000000001", None] * 20),
    "durations": pd.to_timedelta([1, 2] * 20, unit="h"),
    "integers": [1, 10**17] * 20,
    "floats": [0.1, -1e300] * 20,
    "booleans": [True, False] * 20,
    "mixed": pd.Series([1, "1", True, "\ud800"] * 10, dtype=object),
}


@pytest.mark.parametrize("column", LEVELS.values(), ids=LEVELS)
def test_categories_of_any_type(column, path):
    table = pd.DataFrame({"a": pd.Categorical(column), "b": range(40)})
    encoder = TabularEncoder(["a"]).fit(table)
    for loaded in (again(encoder, path), pickle.loads(pickle.dumps(encoder))):
        assert loaded.columns_ == encoder.columns_
        assert str(loaded.columns_) == str(encoder.columns_)
        np.testing.assert_array_equal(loaded.transform(table), encoder.transform(table))


UNSAVED = [
    pd.PeriodIndex(["2020-01", "2020-02"] * 20, freq="M"),
    np.array([b"a", b"b"] * 20, dtype=object),
    in_zone("dateutil/Europe/Rome"),
    in_zone(timezone(timedelta(hours=5), "CET")),  # pandas knows another zone of this name
]


@pytest.mark.parametrize("column", UNSAVED)
def test_a_column_that_cannot_be_saved_is_named(column, path):
    table = pd.DataFrame({"a": range(40), "b": pd.Categorical(column)})
    encoder = TabularEncoder(["b"]).fit(table)
    with pytest.raises(ModelFileError, match=r"The column 'b' has the category .* to text"):
        save(encoder, path)
    assert str(pickle.loads(pickle.dumps(encoder)).columns_) == str(encoder.columns_)


def test_objects_of_users_are_kept(path):
    network = ScratchMLPClassifier(class_weight={True: 1.0, False: 3.0})
    network.own = np.array([["a", None], [1, np.float64(2)], [True, "é"]], dtype=object)
    network.networks = np.array([[fitted("bins"), fitted("bins")]])
    network.set = {1, "b"}
    network.of_words = {"false": 1, "": 2}
    network.of_numpy = {np.False_: 1, np.True_: 2}
    loaded = again(network, path)
    assert loaded.class_weight == network.class_weight
    assert loaded.set == network.set
    assert loaded.of_words == network.of_words
    assert loaded.of_numpy == network.of_numpy
    np.testing.assert_array_equal(loaded.own, network.own)
    assert loaded.networks.shape == (1, 2)
    assert same(loaded.networks[0, 1], "bins")


def test_objects_are_found_once_also_in_a_circle():
    shared, circle = ("a",), []
    circle += [shared, shared, circle]
    assert [*objects_in(circle)] == [circle, shared]


# The file.


def test_a_path_may_be_text_and_a_file_is_replaced_at_once(path, monkeypatch):
    save(fitted("regressor"), str(path))
    before = path.read_bytes()
    monkeypatch.setattr_in(atomic_write, os, replace=Mock(side_effect=OSError("full")))
    with pytest.raises(OSError, match="full"):
        save(fitted("classifier"), path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_the_type_names_exist_and_are_pinned():
    """They are part of the format: a name may be added, but none may change."""
    for name in TRUSTED:
        module, _, attribute = name.rpartition(".")
        if not module.startswith("sklearn"):
            assert hasattr(__import__(module, fromlist=["_"]), attribute), name
    collections = ("activations", "initializers", "losses", "optimizers", "schedules")
    ours = [name.split(".") for name in TRUSTED if name.startswith("scratchmlp.")]
    others = [names for names in ours if names[1] not in collections]  # see test_registries.py
    assert len(others) == 27
    found = vars(scratchmlp.tabular).values()
    classes = {each.__name__ for each in found if isinstance(each, type)}
    stored = {names[2] for names in others if names[1] == "tabular"}
    assert stored == classes - {"MisleadingDataWarning"}
    assert FORMAT == (1, 0)


# What is not trusted, or cannot be saved.


class OwnSine:
    def forward(self, z, out):
        return np.sin(z, out=out)

    def backward(self, z, a, derivative):
        derivative *= np.cos(z)


def own_rate(progress):
    return 0.5


def test_types_of_users_are_loaded_if_they_are_trusted(path):
    settings = SMALL | {"activation": OwnSine(), "learning_rate": own_rate, "warm_start": True}
    model = ScratchMLPClassifier(**settings).fit(X, CLASSES)
    names = rf"'{OwnSine.__module__}.OwnSine', '{own_rate.__module__}.own_rate'"
    with pytest.warns(UserWarning, match=rf"To load it, pass trusted=\[{names}\]") as warned:
        save(model, path)
    assert [each.filename for each in warned] == [__file__]
    for trusted in ((), ["os.system"]):
        with pytest.raises(ModelFileError, match=rf"not in scratchmlp.io.TRUSTED: {names}"):
            load(path, trusted=trusted)
    loaded = load(path, trusted=[OwnSine, f"{own_rate.__module__}.own_rate"])
    assert same(loaded, model)
    assert loaded.fit(X, CLASSES).theta_.tobytes() == model.fit(X, CLASSES).theta_.tobytes()


UNTRUSTED = [
    (SVC(), SVC),  # skops trusts it
    (FunctionTransformer(special.expit), special.expit),  # has no module
    (FunctionTransformer(np.cbrt), np.cbrt),
]


@pytest.mark.parametrize(("model", "part"), UNTRUSTED)
def test_other_types_and_functions_must_be_trusted(model, part, path):
    with pytest.warns(UserWarning, match=part.__name__):
        save(model, path)
    with pytest.raises(ModelFileError, match=rf"not in scratchmlp.io.TRUSTED: .*{part.__name__}"):
        load(path)
    assert repr(load(path, trusted=[part])) == repr(model)


@pytest.mark.parametrize("missing", ["module", "class"])
def test_a_file_whose_types_cannot_be_imported_is_not_called_damaged(missing, path, monkeypatch):
    name = OwnSine.__module__
    with pytest.warns(UserWarning, match="To load it"):
        save(ScratchMLPClassifier(activation=OwnSine()), path)
    if missing == "module":
        monkeypatch.setitem(sys.modules, name, None)
    else:
        monkeypatch.delattr(sys.modules[name], "OwnSine")
    message = rf"\. '{name}\.OwnSine' cannot be imported: .*{name}.*\. Install the module"
    with pytest.raises(ModelFileError, match=message):
        load(path, trusted=[f"{name}.OwnSine"])


def test_a_warning_that_is_an_error_is_not_called_damage(path, monkeypatch):
    save(fitted("pipeline"), path)
    monkeypatch.setattr("sklearn.base.__version__", "0.0.1")
    with pytest.raises(InconsistentVersionWarning):  # tests turn warnings into errors
        load(path)


NO_TYPES = ["os.system", b"os.system", OwnSine, 3, [3], [partial(own_rate)]]


@pytest.mark.parametrize("trusted", NO_TYPES)
def test_what_is_trusted_must_be_types_or_names(trusted, path):
    save(fitted("bins"), path)
    with pytest.raises(TypeError, match=r"trusted must (be a collection|contain types)"):
        load(path, trusted=trusted)


WITH_LAMBDA = ScratchMLPClassifier(learning_rate=lambda progress: 1.0)
EQUAL_KEYS = ScratchMLPClassifier(class_weight={1: 1.0, "1": 2.0})


REFUSED = [
    ([ScratchMLPClassifier()], TypeError, "save needs an estimator, got"),
    (ScratchMLPClassifier, TypeError, "save needs an estimator, got"),
    (WITH_LAMBDA, ModelFileError, "This ScratchMLPClassifier cannot be saved"),
    (EQUAL_KEYS, ModelFileError, "keys that are equal as text"),
]


@pytest.mark.parametrize(("value", "error", "message"), REFUSED)
def test_what_cannot_be_loaded_is_not_saved(value, error, message, path):
    path.write_bytes(b"before")
    with pytest.raises(error, match=message):
        save(value, path)
    assert path.read_bytes() == b"before"


# Pickles.


@pytest.mark.parametrize("name", ["classifier", "encoder", "bins", "tabular classifier"])
def test_a_pickle_of_another_version_loads_with_a_warning(name, monkeypatch):
    """As those of scikit-learn do, with its warning."""
    monkeypatch.setattr(scratchmlp, "__version__", "0.1.0")
    content = pickle.dumps(fitted(name))
    assert same(pickle.loads(content), name)
    monkeypatch.setattr(scratchmlp, "__version__", "0.1.1")
    message = r"pickled with scratchmlp 0\.1\.0 is loaded with scratchmlp 0\.1\.1, .*io\.save\."
    with pytest.warns(InconsistentVersionWarning, match=message) as warned:
        assert same(pickle.loads(content), name)
    assert type(fitted(name)).__name__ in str(warned[0].message)
    assert {each.filename for each in warned} == {__file__}


def test_the_version_is_checked_before_types_that_have_moved(monkeypatch):
    content = pickle.dumps(fitted("tabular classifier")).replace(b"Inputs", b"Inpust")
    with pytest.raises(AttributeError, match="Inpust"):
        pickle.loads(content)
    monkeypatch.setattr(scratchmlp, "__version__", "9.9")
    with (
        pytest.warns(InconsistentVersionWarning, match=r"with scratchmlp 9\.9"),
        pytest.raises(AttributeError, match="Inpust"),
    ):
        pickle.loads(content)
