"""All estimators and splitters of scikit-learn that a file may contain survive it."""

import inspect
from importlib import import_module

import numpy as np
import pytest
from model_files import same
from sklearn.base import BaseEstimator, is_regressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.preprocessing import QuantileTransformer

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.io import TRUSTED, load, save
from scratchmlp.model_selection import StackedGridSearchCV
from scratchmlp.tabular import TabularMLPClassifier

pytest.importorskip("skops")
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X = np.random.default_rng(0).normal(size=(60, 4))
CLASSES = np.arange(60) % 2
TEXTS = ["good day", "bad night", "day and night"] * 20
LABELS = ["a", "b", "c"] * 20
C = ScratchMLPClassifier(hidden_layer_sizes=3, max_iter=2, random_state=0)
R = ScratchMLPRegressor(hidden_layer_sizes=3, max_iter=2, random_state=0)

_TYPES = [
    getattr(import_module(module), name)
    for module, _, name in (each.rpartition(".") for each in TRUSTED)
    if module.startswith("sklearn") and name[0].isupper() and hasattr(import_module(module), name)
]
PARTS = [each for each in _TYPES if issubclass(each, BaseEstimator)]
SPLITTERS = [each for each in _TYPES if hasattr(each, "get_n_splits")]
#: Parameters of those that need some, or that have few parts by default, or many.
PARAMETERS = {
    "BaggingClassifier": {"estimator": C, "n_estimators": 2},
    "BaggingRegressor": {"estimator": R, "n_estimators": 2, "max_features": 0.5},
    "CalibratedClassifierCV": {"estimator": C, "cv": 2},
    "ColumnTransformer": {"transformers": [("a", QuantileTransformer(n_quantiles=9), [0])]},
    "DecisionTreeClassifier": {"max_leaf_nodes": 4},
    "DecisionTreeRegressor": {"ccp_alpha": 0.02},
    "ExtraTreesClassifier": {"n_estimators": 2},
    "ExtraTreesRegressor": {"n_estimators": 2},
    "FeatureUnion": {"transformer_list": [("a", QuantileTransformer(n_quantiles=9))]},
    "FixedThresholdClassifier": {"estimator": C, "threshold": 0.3},
    "GridSearchCV": {"estimator": C, "param_grid": {"alpha": [0.1, 0.2]}, "cv": 2},
    "HalvingGridSearchCV": {"estimator": C, "param_grid": {"alpha": [0.1, 0.2, 0.3]}, "cv": 2},
    "HalvingRandomSearchCV": {
        **{"estimator": C, "param_distributions": {"alpha": [0.1, 0.2, 0.3]}, "cv": 2},
        **{"n_candidates": 3},
    },
    "HistGradientBoostingClassifier": {"max_iter": 2},
    "HistGradientBoostingRegressor": {"max_iter": 2, "loss": "poisson"},
    "LogisticRegressionCV": {"cv": 2, "Cs": 2},
    "MissingIndicator": {"features": "all"},
    "MultiOutputClassifier": {"estimator": C},
    "MultiOutputRegressor": {"estimator": R},
    "OneHotEncoder": {"sparse_output": False},
    "OneVsRestClassifier": {"estimator": C},
    "OrdinalEncoder": {"handle_unknown": "use_encoded_value", "unknown_value": -1},
    "Pipeline": {"steps": [("a", QuantileTransformer(n_quantiles=9)), ("b", C)]},
    "QuantileTransformer": {"n_quantiles": 9},
    "RandomForestClassifier": {"n_estimators": 2},
    "RandomForestRegressor": {"n_estimators": 2},
    "RandomizedSearchCV": {
        **{"estimator": C, "param_distributions": {"alpha": [0.1, 0.2]}, "n_iter": 2},
        **{"cv": KFold(2), "scoring": ["accuracy"], "refit": "accuracy"},
    },
    "SelectFdr": {"alpha": 0.99},
    "SelectKBest": {"k": 2},
    "SimpleImputer": {"add_indicator": True},
    "StackedGridSearchCV": {"estimator": C, "param_grid": {"alpha": [0.1, 0.2, 0.3]}, "cv": 2},
    "StackingClassifier": {"estimators": [("a", C), ("b", C)], "cv": 2},
    "StackingRegressor": {"estimators": [("a", R)], "cv": 2, "final_estimator": RidgeCV()},
    "TargetEncoder": {"cv": StratifiedKFold(2)},
    "TransformedTargetRegressor": {
        "regressor": R,
        "transformer": QuantileTransformer(n_quantiles=9),
    },
    "TunedThresholdClassifierCV": {"estimator": C, "cv": 2},
    "VotingClassifier": {"estimators": [("a", C), ("b", C)], "voting": "soft"},
    "VotingRegressor": {"estimators": [("a", R), ("b", R)]},
}
#: Rows of those that do not accept a table of numbers.
ROWS = {
    "CountVectorizer": TEXTS,
    "IsotonicRegression": X[:, 0],
    "LabelBinarizer": LABELS,
    "LabelEncoder": LABELS,
    "MultiLabelBinarizer": TEXTS,
    "TfidfVectorizer": TEXTS,
}


def targets_of(model):
    targets = X[:, 0] - X[:, 0].min() if is_regressor(model) else CLASSES
    return np.c_[targets, targets] if type(model).__name__.startswith("MultiOutput") else targets


@pytest.mark.filterwarnings("ignore::FutureWarning")  # of LogisticRegressionCV
@pytest.mark.parametrize("Part", [*PARTS, StackedGridSearchCV], ids=lambda part: part.__name__)
def test_parts_predict_the_same(Part, tmp_path):
    model, rows = Part(**PARAMETERS.get(Part.__name__, {})), ROWS.get(Part.__name__, X)
    model.fit(rows) if Part.__module__.endswith("_label") else model.fit(rows, targets_of(model))
    save(model, tmp_path / "model")
    assert same(load(tmp_path / "model"), model, rows)


@pytest.mark.parametrize("method", ["isotonic", "temperature"])
def test_calibrated_networks_predict_the_same(method, tmp_path):
    model = CalibratedClassifierCV(C, cv=2, method=method).fit(X, CLASSES)
    save(model, tmp_path / "model")
    assert same(load(tmp_path / "model"), model, X)


@pytest.mark.filterwarnings("ignore:The groups parameter is ignored")
@pytest.mark.parametrize("Splitter", SPLITTERS, ids=lambda kind: kind.__name__)
def test_models_with_any_splitter_predict_the_same(Splitter, tmp_path):
    values = {"n_splits": 2, "n_repeats": 2, "n_groups": 1, "p": 1, "test_fold": [0, 1] * 6}
    names = inspect.signature(Splitter).parameters
    splitter = Splitter(**{name: value for name, value in values.items() if name in names})
    model = TabularMLPClassifier(cv=splitter, max_iter=1, hidden_layer_sizes=3, random_state=0)
    model.fit(X[:12], CLASSES[:12], groups=np.arange(12) // 4)
    save(model, tmp_path / "model")
    loaded = load(tmp_path / "model")
    assert repr(loaded.cv) == repr(splitter)
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
