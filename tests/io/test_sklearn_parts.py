"""All estimators and splitters of scikit-learn that a file may contain survive it."""

import inspect

import numpy as np
import pytest
from sklearn.base import BaseEstimator, is_regressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.preprocessing import QuantileTransformer

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.io import load, save
from scratchmlp.tabular import TabularMLPClassifier
from tests.helpers.model_files import same, trusted_types

pytest.importorskip("skops")
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X = np.random.default_rng(0).normal(size=(60, 4))
CLASSES = np.arange(60) % 2
TEXTS = ["good day", "bad night", "day and night"] * 20
LABELS = ["a", "b", "c"] * 20
C = ScratchMLPClassifier(hidden_layer_sizes=3, max_iter=2, random_state=0)
R = ScratchMLPRegressor(hidden_layer_sizes=3, max_iter=2, random_state=0)

_TYPES = [each for each in trusted_types() if not each.__name__.startswith("_")]
PARTS = [each for each in _TYPES if issubclass(each, BaseEstimator)]
SPLITTERS = [each for each in _TYPES if hasattr(each, "get_n_splits")]
SCALER = QuantileTransformer(n_quantiles=9)
ALPHAS = {"alpha": [0.1, 0.2, 0.3]}
#: Values of parameters, for whichever part has them.
PARAMETERS = {
    **{"regressor": R, "steps": [("a", SCALER), ("b", C)], "transformer_list": [("a", SCALER)]},
    **{"transformers": [("a", SCALER, [0])], "transformer": SCALER, "n_quantiles": 9},
    **{"param_grid": ALPHAS, "param_distributions": ALPHAS, "n_candidates": 3, "n_iter": 2},
    **{"cv": 2, "n_estimators": 2, "max_iter": 5, "alpha": 0.99, "k": 2, "Cs": 2},
}
#: Other values.
OWN_PARAMETERS = {
    "HistGradientBoostingRegressor": {"loss": "poisson"},
    "OneHotEncoder": {"sparse_output": False},
    "RandomizedSearchCV": {"scoring": ["accuracy"], "refit": "accuracy"},
    "RidgeCV": {"cv": None},
    "RidgeClassifierCV": {"cv": None},
    "SimpleImputer": {"add_indicator": True},
    "VotingClassifier": {"voting": "soft"},
}
#: Rows of those that do not accept a table of numbers.
ROWS = dict.fromkeys(["CountVectorizer", "TfidfVectorizer"], TEXTS)
ROWS |= dict.fromkeys(["LabelBinarizer", "LabelEncoder"], LABELS)
ROWS["IsotonicRegression"] = X[:, 0]


def targets_of(model):
    targets = X[:, 0] - X[:, 0].min() if is_regressor(model) else CLASSES
    return np.c_[targets, targets] if type(model).__name__.startswith("MultiOutput") else targets


def with_parameters(kind, values):
    names = inspect.signature(kind).parameters
    return kind(**{name: value for name, value in values.items() if name in names})


@pytest.mark.filterwarnings("ignore::FutureWarning")  # of LogisticRegressionCV
@pytest.mark.parametrize("Part", PARTS, ids=lambda part: part.__name__)
def test_parts_predict_the_same(Part, tmp_path):
    network = R if "Regressor" in Part.__name__ else C
    networks = {"estimator": network, "estimators": [("a", network), ("b", network)]}
    model = with_parameters(Part, PARAMETERS | networks | OWN_PARAMETERS.get(Part.__name__, {}))
    rows = ROWS.get(Part.__name__, X)
    model.fit(rows) if Part.__module__.endswith("_label") else model.fit(rows, targets_of(model))
    save(model, tmp_path / "model")
    assert same(load(tmp_path / "model"), model, rows)


@pytest.mark.parametrize("method", ["isotonic", "temperature"])
def test_calibrated_networks_predict_the_same(method, tmp_path):
    model = CalibratedClassifierCV(C, cv=2, method=method).fit(X, CLASSES)
    save(model, tmp_path / "model")
    assert same(load(tmp_path / "model"), model, X)


@pytest.mark.parametrize("Splitter", SPLITTERS, ids=lambda kind: kind.__name__)
def test_models_keep_any_splitter(Splitter, tmp_path):
    values = {"n_splits": 2, "n_repeats": 2, "n_groups": 1, "p": 1, "test_fold": [0, 1] * 6}
    splitter = with_parameters(Splitter, values)
    save(TabularMLPClassifier(cv=splitter), tmp_path / "model")
    loaded = load(tmp_path / "model").cv
    assert type(loaded) is Splitter
    np.testing.assert_equal(vars(loaded), vars(splitter))
