"""Types of scikit-learn that hold networks, or come before them, survive a file."""

import inspect

import numpy as np
import pytest
from sklearn import model_selection
from sklearn.base import is_regressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.ensemble import (
    BaggingClassifier,
    BaggingRegressor,
    ExtraTreesRegressor,
    RandomForestClassifier,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_selection import (
    SelectFdr,
    SelectKBest,
    SelectPercentile,
    VarianceThreshold,
)
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.linear_model import RidgeClassifierCV, RidgeCV
from sklearn.model_selection import (
    FixedThresholdClassifier,
    HalvingGridSearchCV,
    KFold,
    RandomizedSearchCV,
    StratifiedKFold,
    TunedThresholdClassifierCV,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier, MultiOutputRegressor
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OrdinalEncoder,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    TargetEncoder,
)
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.io import load, save
from scratchmlp.model_selection import StackedGridSearchCV
from scratchmlp.tabular import TabularMLPClassifier

pytest.importorskip("skops")
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X = np.random.default_rng(0).normal(size=(60, 4))
CLASSES = np.arange(60) % 2
C = ScratchMLPClassifier(hidden_layer_sizes=3, max_iter=2, random_state=0)
R = ScratchMLPRegressor(hidden_layer_sizes=3, max_iter=2, random_state=0)
TRANSFORMERS = [
    FunctionTransformer(),
    MaxAbsScaler(),
    MinMaxScaler(),
    MissingIndicator(features="all"),
    Normalizer(),
    OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
    PCA(2),
    PolynomialFeatures(2),
    PowerTransformer(),
    QuantileTransformer(n_quantiles=9),
    RobustScaler(),
    SelectFdr(alpha=0.99),
    SelectKBest(k=2),
    SelectPercentile(),
    SimpleImputer(add_indicator=True),
    TargetEncoder(cv=StratifiedKFold(2)),
    TruncatedSVD(2),
    VarianceThreshold(),
]
MODELS = [
    *(make_pipeline(each, C) for each in TRANSFORMERS),
    make_pipeline(make_union(MinMaxScaler(), RobustScaler()), C),
    *(CalibratedClassifierCV(C, cv=2, method=m) for m in ("sigmoid", "isotonic", "temperature")),
    BaggingClassifier(C, n_estimators=2, random_state=0),
    BaggingRegressor(R, n_estimators=2, max_features=0.5, random_state=0),
    StackingClassifier([("a", C), ("b", C)], cv=2),
    StackingRegressor([("a", R)], cv=2, final_estimator=RidgeCV()),
    VotingClassifier([("a", C), ("b", C)], voting="soft"),
    VotingRegressor([("a", R), ("b", R)]),
    FixedThresholdClassifier(C, threshold=0.3),
    TunedThresholdClassifierCV(C, cv=2),
    StackedGridSearchCV(C, {"alpha": [0.1, 0.2, 0.3]}, cv=2),
    HalvingGridSearchCV(C, {"alpha": [0.1, 0.2, 0.3]}, cv=2, random_state=0),
    RandomizedSearchCV(
        C, {"alpha": [0.1, 0.2]}, n_iter=2, cv=KFold(2), scoring=["accuracy"], refit="accuracy"
    ),
    OneVsRestClassifier(C),
    MultiOutputClassifier(C),
    MultiOutputRegressor(R),
    TransformedTargetRegressor(R, transformer=QuantileTransformer(n_quantiles=9)),
    RidgeClassifierCV(),
    RandomForestClassifier(3, random_state=0),
    ExtraTreesRegressor(3, random_state=0),
    DecisionTreeRegressor(ccp_alpha=0.02),
    DecisionTreeClassifier(max_leaf_nodes=4),
]
SPLITTERS = [
    kind
    for name, kind in vars(model_selection).items()
    if hasattr(kind, "get_n_splits") and not name.startswith("Base")
]


def name_of(model):
    return type(getattr(model, "steps", [[0, model]])[0][1]).__name__


@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_models_of_scikit_learn_predict_the_same(model, tmp_path):
    targets = X[:, 0] if is_regressor(model) else CLASSES
    if isinstance(model, MultiOutputClassifier | MultiOutputRegressor):
        targets = np.column_stack([targets, targets])
    model.fit(X, targets)
    save(model, tmp_path / "model")
    np.testing.assert_array_equal(load(tmp_path / "model").predict(X), model.predict(X))


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
