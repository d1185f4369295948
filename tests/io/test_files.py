"""Models survive a file bit for bit."""

import copy
import pickle
import warnings
import zipfile
from enum import Enum
from functools import partial

import numpy as np
import pandas as pd
import pytest
from model_files import CLASSES, FITS, LABELS, SMALL, TABLE, Models, X, predictions, same
from scipy import special
from sklearn.base import clone, is_regressor
from sklearn.model_selection import RandomizedSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC

import scratchmlp
from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.activations import ACTIVATIONS, SELU
from scratchmlp.initializers import he_normal
from scratchmlp.io import TRUSTED, ModelFileError, load, save
from scratchmlp.io.container import FORMAT
from scratchmlp.losses import LOSSES, losses_for
from scratchmlp.optimizers import OPTIMIZERS
from scratchmlp.schedules import SCHEDULES
from scratchmlp.tabular import TabularEncoder, TabularMLPClassifier

pytest.importorskip("skops")
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

MODELS = Models()
NAMES = list(FITS)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.skops"


def again(model, path, **settings):
    save(model, path, **settings)
    return load(path)


@pytest.mark.parametrize("training_state", [True, False])
@pytest.mark.parametrize("name", NAMES)
def test_every_model_predicts_the_same(name, training_state, path):
    model = MODELS[name]
    loaded = again(model, path, training_state=training_state)
    assert type(loaded) is type(model)
    assert same(loaded, model)
    assert repr(loaded) == repr(model)
    assert same(again(loaded, path), model)
    clone(loaded)


@pytest.mark.parametrize("name", NAMES)
def test_skops_reads_the_files_too(name, path):
    import skops.io

    save(MODELS[name], path)
    assert same(skops.io.load(path, trusted=TRUSTED), MODELS[name])


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        ("tabular classifier", {"classes_", "temperature_", "floor_"}),
        ("ensemble classifier", {"classes_", "temperature_", "floor_"}),
        ("tabular regressor", {"_one_column", "_low", "_high", "_mean", "_deviation", "_output"}),
        ("ensemble regressor", {"_one_column", "_low", "_high", "_mean", "_deviation", "_output"}),
    ],
)
def test_targets_are_plain_data_in_files(name, attributes):
    state = MODELS[name].__getstate__()
    assert attributes <= state.keys()
    assert not {"_targets", "_calibration"} & state.keys()
    assert ("_difficulty" in state) == is_regressor(MODELS[name])


@pytest.mark.parametrize("name", ["classifier", "regressor", "multilabel"])
def test_all_attributes_of_networks_are_kept(name, path):
    loaded, model = again(MODELS[name], path), MODELS[name]
    assert vars(loaded).keys() == vars(model).keys()
    assert loaded.history_ == model.history_
    for key, value in vars(model).items():
        if key not in ("_loss", "_label_binarizer"):
            np.testing.assert_equal(vars(loaded)[key], value)


REGISTRIES = {
    **{f"activation {name}": {"activation": name} for name in ACTIVATIONS},
    "activation object": {"activation": SELU()},
    "activations": {"activation": ("relu", SELU())},
    **{f"optimizer {name}": {"solver": cls()} for name, cls in OPTIMIZERS.items()},
    **{f"solver {name}": {"solver": name} for name in ("sgd", "adam", "lbfgs")},
    **{f"schedule {name}": {"learning_rate": cls()} for name, cls in SCHEDULES.items()},
    "adaptive": {"solver": "sgd", "learning_rate": "adaptive"},
    "early stopping": {"early_stopping": True},
    "dropout": {"dropout": (0.1, 0.5)},
    "no bias": {"fit_intercept": False},
    "no layers": {"hidden_layer_sizes": ()},
    "NumPy's numbers": {"alpha": np.float32(0.1), "hidden_layer_sizes": np.array([5, 4])},
    "initializer function": {"weight_init": he_normal},
    "a generator": {"random_state": np.random.RandomState(0)},
    "weights of classes": {"class_weight": {0: 1.0, 1: 2.0, 2: 0.5}},
    "balanced": {"class_weight": "balanced"},
}


@pytest.mark.parametrize("settings", REGISTRIES.values(), ids=REGISTRIES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_training_goes_on_as_if_nothing_had_happened(settings, dtype, path):
    settings = copy.deepcopy(SMALL | {"warm_start": True} | settings)
    model = ScratchMLPClassifier(**settings).fit(X.astype(dtype), CLASSES)
    loaded = again(model, path)
    assert same(loaded, model)
    model.fit(X.astype(dtype), CLASSES)
    loaded.fit(X.astype(dtype), CLASSES)
    assert loaded.theta_.tobytes() == model.theta_.tobytes()
    assert loaded.loss_curve_ == model.loss_curve_


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss(name, path):
    loss = LOSSES[name]()
    for output in loss.outputs:
        for kind in loss.estimator_types:
            Estimator = {"classifier": ScratchMLPClassifier, "regressor": ScratchMLPRegressor}[kind]
            targets = CLASSES if kind == "classifier" else np.abs(X[:, 0])
            if kind == "regressor" and output in ("logistic", "softmax"):
                targets = np.eye(3)[CLASSES]
            model = Estimator(loss=loss.with_output(output), **SMALL).fit(X, targets)
            assert same(again(model, path), model)
    assert name in {*losses_for("classifier"), *losses_for("regressor")}


TARGETS = {
    "two integers": np.arange(60) % 2,
    "negative integers": np.arange(60) % 3 - 7,
    "unsigned integers": (np.arange(60) % 3).astype(np.uint8),
    "numbers": (np.arange(60) % 3).astype(float),
    "booleans": np.arange(60) % 2 == 0,
    "text": np.array(["ä", "b", "c" * 30])[np.arange(60) % 3],
    "objects": np.array(["ä", "b", "\ud800"], dtype=object)[np.arange(60) % 3],
    "one class": np.zeros(60, int),
    "many labels": (X > 0.3).astype(int),
}


@pytest.mark.parametrize("y", TARGETS.values(), ids=TARGETS)
@pytest.mark.parametrize("output", ["auto", "softmax"])
def test_labels_of_any_type(y, output, path):
    if y.ndim == 2 and output == "softmax":
        output = "logistic"
    for rows in (X, pd.DataFrame(X, columns=list("abcd"))):
        model = ScratchMLPClassifier(output_activation=output, **SMALL).fit(rows, y)
        loaded = again(model, path)
        assert loaded.classes_.dtype == model.classes_.dtype
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            np.testing.assert_array_equal(loaded.predict(rows), model.predict(rows))
            np.testing.assert_array_equal(loaded.predict_proba(rows), model.predict_proba(rows))


@pytest.mark.parametrize("y", [y for y in TARGETS.values() if len(set(map(str, y))) == 3][:4])
def test_tabular_labels_of_any_type(y, path):
    model = TabularMLPClassifier(cv=2, max_iter=2, hidden_layer_sizes=4, random_state=0).fit(X, y)
    loaded = again(model, path)
    assert same(loaded, model)
    assert loaded.classes_.dtype == model.classes_.dtype


def test_class_weights_of_booleans(path):
    weights = {True: 1.0, False: 3.0}
    model = ScratchMLPClassifier(class_weight=weights, **SMALL).fit(X, CLASSES == 1)
    assert again(model, path).class_weight == weights


def test_a_file_without_training_state(path):
    model = MODELS["classifier"]
    save(model, path)
    size = path.stat().st_size
    loaded = again(model, path, training_state=False)
    assert path.stat().st_size < size
    assert loaded.loss_curve_ == model.loss_curve_
    assert loaded.best_epoch_ == model.best_epoch_
    with pytest.raises(ValueError, match="saved with training_state=False"):
        loaded.fit(X, CLASSES)
    with pytest.raises(ValueError, match="saved with training_state=False"):
        loaded.partial_fit(X, CLASSES)
    loaded.set_params(warm_start=False).fit(X, CLASSES)
    assert hasattr(model, "_latest_theta")


@pytest.mark.parametrize("name", ["ensemble classifier", "tabular regressor"])
def test_a_file_without_training_state_has_no_out_of_fold_predictions(name, path):
    loaded = again(MODELS[name], path, training_state=False)
    assert not vars(loaded).keys() & {"oof_proba_", "oof_prediction_", "held_out_"}
    for each in (loaded, *getattr(loaded, "named_estimators_", {}).values()):
        assert not hasattr(each, "members_") or len(each.history_["loss"]) > 0
    assert loaded.oof_score_ == MODELS[name].oof_score_


LEVELS = {
    "dates": pd.Categorical(pd.to_datetime(["2020-01-01", "2021-05-06"] * 20)),
    "dates of a zone": pd.Categorical(
        pd.to_datetime(["2020-01-01", "2021-05-06"] * 20).tz_localize("Europe/Rome")
    ),
    "nanoseconds": pd.Categorical(pd.to_datetime(["2020-01-01 00:00:00.000000001", None] * 20)),
    "durations": pd.Categorical(pd.to_timedelta([1, 2] * 20, unit="h")),
    "integers": pd.Categorical([1, 10**17] * 20),
    "floats": pd.Categorical([0.1, -1e300] * 20),
    "booleans": pd.Categorical([True, False] * 20),
    "mixed": pd.Series([1, "1", True, "\ud800"] * 10, dtype=object),
}


@pytest.mark.parametrize("column", LEVELS.values(), ids=LEVELS)
def test_categories_of_any_type(column, path):
    table = pd.DataFrame({"a": column, "b": range(40)})
    encoder = TabularEncoder(["a"]).fit(table)
    loaded = again(encoder, path)
    assert loaded.columns_ == encoder.columns_
    assert str(loaded.columns_) == str(encoder.columns_)
    np.testing.assert_array_equal(loaded.transform(table), encoder.transform(table))
    copied = pickle.loads(pickle.dumps(encoder))
    assert str(copied.columns_) == str(encoder.columns_)


ZONES = ["Asia/Kolkata", "Etc/GMT+3", "America/Argentina/Ushuaia", "+02:00", "-03:30", "UTC", "EST"]


@pytest.mark.parametrize("zone", ZONES)
def test_categories_of_a_time_zone(zone, path):
    days = pd.to_datetime(["2020-01-01", "2021-05-06"] * 20).tz_localize(zone)
    encoder = TabularEncoder().fit(pd.DataFrame({"a": pd.Categorical(days)}))
    assert str(again(encoder, path).columns_) == str(encoder.columns_)


OTHERS = {
    "months": pd.PeriodIndex(["2020-01", "2020-02"] * 20, freq="M"),
    "bytes": np.array([b"a", b"b"] * 20, dtype=object),
    "a zone of dateutil": pd.to_datetime(["2020-01-01", "2021-05-06"] * 20).tz_localize(
        "dateutil/Europe/Rome"
    ),
}


@pytest.mark.parametrize("column", OTHERS.values(), ids=OTHERS)
def test_a_column_that_cannot_be_saved_is_named(column, path):
    table = pd.DataFrame({"a": range(40), "b": pd.Categorical(column)})
    encoder = TabularEncoder(["b"]).fit(table)
    with pytest.raises(ModelFileError, match=r"The column 'b' has the category .* to text"):
        save(encoder, path)
    assert str(pickle.loads(pickle.dumps(encoder)).columns_) == str(encoder.columns_)


def test_a_path_may_be_text_and_a_file_is_replaced_at_once(path, monkeypatch):
    save(MODELS["regressor"], str(path))
    before = path.read_bytes()
    monkeypatch.setattr("os.replace", lambda *paths: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        save(MODELS["classifier"], path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


# What cannot be saved, or is not trusted.


class OwnSine:
    def forward(self, z, out):
        return np.sin(z, out=out)

    def backward(self, z, a, derivative):
        derivative *= np.cos(z)


def own_rate(progress):
    return 0.5


def test_types_of_the_user_are_refused_by_name(path):
    name = f"{OwnSine.__module__}.OwnSine"
    with pytest.warns(UserWarning, match=rf"To load it, pass trusted=\['{name}'\]"):
        save(ScratchMLPClassifier(activation=OwnSine(), **SMALL).fit(X, CLASSES), path)
    with pytest.raises(ModelFileError, match=rf"not in scratchmlp.io.TRUSTED: '{name}'.*trusted="):
        load(path)
    with pytest.raises(ModelFileError, match=name):
        load(path, trusted=["os.system"])


def test_a_type_of_scikit_learn_that_skops_trusts_is_refused(path):
    with pytest.warns(UserWarning, match=r"sklearn\.svm\._classes\.SVC"):
        save(SVC().fit(X, CLASSES), path)
    with pytest.raises(ModelFileError, match=r"not in scratchmlp.io.TRUSTED: 'sklearn\.svm"):
        load(path)
    assert same(load(path, trusted=[SVC]), SVC().fit(X, CLASSES))


def test_types_of_the_user_are_loaded_if_they_are_trusted(path):
    settings = SMALL | {"activation": OwnSine(), "learning_rate": own_rate, "warm_start": True}
    model = ScratchMLPClassifier(**settings).fit(X, CLASSES)
    with pytest.warns(UserWarning, match="To load it, pass trusted="):
        save(model, path)
    loaded = load(path, trusted=[OwnSine, f"{own_rate.__module__}.own_rate"])
    assert same(loaded, model)
    assert loaded.fit(X, CLASSES).theta_.tobytes() == model.fit(X, CLASSES).theta_.tobytes()


def test_functions_without_a_module_are_trusted_by_the_name_of_skops(path):
    own = (special.expit, np.cbrt)
    for function in own:
        with pytest.warns(UserWarning, match=function.__name__):
            save(FunctionTransformer(function), path)
        assert load(path, trusted=[function]).func is function


class Colors(Enum):
    RED = 1


@pytest.mark.parametrize(
    "trusted",
    ["os.system", b"os.system", OwnSine, 3, [OwnSine()], [3], Colors, [partial(own_rate)]],
)
def test_what_is_trusted_must_be_types_or_names(trusted, path):
    save(MODELS["bins"], path)
    with pytest.raises(TypeError, match=r"trusted must (be a collection|contain types)"):
        load(path, trusted=trusted)


@pytest.mark.parametrize("value", [{}, [ScratchMLPClassifier()], 3, None, ScratchMLPClassifier])
def test_what_is_no_estimator_is_not_saved(value, path):
    with pytest.raises(TypeError, match="save needs an estimator, got"):
        save(value, path)


def test_a_folder_of_a_pipeline_is_not_saved(path):
    pipeline = make_pipeline(ScratchMLPClassifier(), memory="folder")
    with pytest.raises(ModelFileError, match=r"memory='folder'.*Set memory=None"):
        save(pipeline, path)


def test_one_estimator_of_an_ensemble_without_training_state(path):
    for name in ("ensemble classifier", "ensemble regressor"):
        model = again(MODELS[name], path, training_state=False)
        alone = model.only("networks", "boosting").only("boosting")
        assert same(alone, MODELS[name].only("boosting"))


def test_several_estimators_of_an_ensemble_have_a_smaller_file(path):
    model = MODELS["ensemble classifier"]
    save(model, path)
    size = path.stat().st_size
    smaller = model.only("networks", "linear")
    assert same(again(smaller, path), smaller)
    assert path.stat().st_size < 0.8 * size


def test_what_cannot_be_loaded_is_not_saved(path):
    model = ScratchMLPClassifier(**SMALL).fit(X, CLASSES)
    path.write_bytes(b"before")
    model.learning_rate = lambda progress: 1.0
    with pytest.raises(ModelFileError, match="This ScratchMLPClassifier cannot be saved"):
        save(model, path)
    model.learning_rate = "constant"
    search = RandomizedSearchCV(model, {"alpha": [1.0]}, n_iter=1, cv=2)
    search.own = {1: "a", "1": "b"}
    with pytest.raises(ModelFileError, match="keys that are equal as text"):
        save(search, path)
    assert path.read_bytes() == b"before"


def test_the_type_names_exist_and_are_pinned():
    """They are part of the format: a name may be added, but none may change."""
    for name in TRUSTED:
        module, _, attribute = name.rpartition(".")
        if not module.startswith("sklearn"):
            assert hasattr(__import__(module, fromlist=["_"]), attribute), name
    ours = [name for name in TRUSTED if name.startswith("scratchmlp.")]
    assert len(ours) == 62
    assert "scratchmlp.tabular.Member" in ours
    assert FORMAT == (2, 0)


def test_a_pickle_of_another_version_fails_with_a_sentence(monkeypatch):
    for name in ("classifier", "encoder", "bins", "tabular classifier", "search"):
        monkeypatch.setattr(scratchmlp, "__version__", "0.0.9")
        content = pickle.dumps(MODELS[name])
        monkeypatch.setattr(scratchmlp, "__version__", "9.9")
        with pytest.raises(
            ValueError, match=r"was pickled with scratchmlp 0\.0\.9.*this is 9\.9\. Ins"
        ):
            pickle.loads(content)
        monkeypatch.setattr(scratchmlp, "__version__", "0.0.9")
        assert same(pickle.loads(content), MODELS[name])


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickles_of_all_protocols(protocol):
    for name in ("classifier", "encoder"):
        assert same(pickle.loads(pickle.dumps(MODELS[name], protocol)), MODELS[name])


def test_the_version_is_checked_before_types_that_have_moved(monkeypatch):
    content = pickle.dumps(MODELS["tabular classifier"]).replace(b"Inputs", b"Inpust")
    with pytest.raises(AttributeError, match="Inpust"):
        pickle.loads(content)
    monkeypatch.setattr(scratchmlp, "__version__", "9.9")
    with pytest.raises(ValueError, match=r"this is 9\.9"):
        pickle.loads(content)


def test_files_are_zip_files_that_any_tool_can_list(path):
    save(MODELS["classifier"], path)
    with zipfile.ZipFile(path) as file:
        assert {"schema.json", "scratchmlp.json"} < set(file.namelist())
        assert file.testzip() is None


def test_predictions_of_other_rows(path):
    model = again(MODELS["tabular classifier"], path)
    other = TABLE.iloc[::-1].assign(color="unseen", shop=None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        np.testing.assert_array_equal(
            model.predict_proba(other), MODELS["tabular classifier"].predict_proba(other)
        )
    assert predictions(model)["predict"].dtype == LABELS.dtype
