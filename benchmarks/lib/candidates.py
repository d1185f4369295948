"""Who is compared: our tabular estimators, and what users would pick instead.

All take the same DataFrame, in which all but ours find days instead of dates. What an estimator
cannot take is made into something it can, as part of the fit and of its time: for all but ours,
columns of text become categories; for the linear models and scikit-learn's MLPs categories are
one-hot, numbers are scaled, and missing ones take the median. Regression's targets are standardized
for every candidate but ours, which does so itself: MLPRegressor needs it, the others are
indifferent.

For scikit-learn's boosting, columns of more than 255 categories become mean targets. By default, it
splits the others as categories; *careful* and in eight folds, as numbers, which is about as good on
our tables; *searched* chooses. For RealMLP, missing numbers take the median, and missing categories
become one of their own.

Everything runs on one thread. A candidate is at its defaults, except for what follows a comma in
its name, which `tuning.py` describes for boosting. For classes, boosting of scikit-learn in eight
folds and LightGBM that stops early have few leaves, which suits most of our tables of classes, but
not those of numbers. AutoGluon has a minute of wall time for each fit. Its version 1.6 needs pandas
before 2.4, so it is measured in an environment of its own.
"""

import ast
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import TransformerMixin
from sklearn.compose import (
    TransformedTargetRegressor,
    make_column_selector,
    make_column_transformer,
)
from sklearn.impute import SimpleImputer
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    OrdinalEncoder,
    StandardScaler,
    TargetEncoder,
)

import scratchmlp
from benchmarks.lib.automl import AutoGluon
from benchmarks.lib.tables import category_names, with_categories, with_days
from benchmarks.lib.tuning import Blend, bagged, careful, searched, stopped_early
from scratchmlp.cli import baselines as cli
from scratchmlp.cli.baselines import PATIENCE

PACKAGE = Path(scratchmlp.__file__).parent
SEEDS = (0, 1, 2)
MAX_LEVELS = 255  # that HistGradientBoosting takes


def one_hot_scaled() -> TransformerMixin:
    """Make categories columns of 0 and 1, and numbers ones of mean 0 and deviation 1."""
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    categories = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return make_column_transformer(
        (numbers, make_column_selector(dtype_exclude="category")),
        (categories, make_column_selector(dtype_include="category")),
    ).set_output(transform="pandas")


def text() -> TransformerMixin:
    """Make categories text, and missing ones, which CatBoost refuses, a category of their own."""
    return FunctionTransformer(categories_as_text)


def categories_as_text(X: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose categories are text, all of them."""
    categories = X[category_names(X)].astype(object)
    return X.assign(**categories.where(categories.notna(), "missing").astype(str))


def few_levels() -> TransformerMixin:
    """Encode categories by the mean target where there are more than boosting takes, else by codes.

    The codes are a pandas category, which boosting can split as categories or as numbers.
    """
    folds = KFold(5, shuffle=True, random_state=0)
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
    return make_column_transformer(
        (TargetEncoder(cv=folds), names_of_many_levels),
        (make_pipeline(codes, FunctionTransformer(as_categories)), names_of_few_levels),
        remainder="passthrough",
        verbose_feature_names_out=False,
    ).set_output(transform="pandas")


def as_categories(X: pd.DataFrame) -> pd.DataFrame:
    """Make all columns categories."""
    return X.astype("category")


def codes() -> TransformerMixin:
    """Encode categories likewise, as numbers for those who take no others."""
    return make_pipeline(few_levels(), FunctionTransformer(as_numbers))


def as_numbers(X: pd.DataFrame) -> pd.DataFrame:
    """Make all columns numbers."""
    return X.astype(float)


def imputed() -> TransformerMixin:
    """Give missing numbers the median, and missing categories one of their own."""
    numbers = SimpleImputer(strategy="median")
    columns = make_column_transformer(
        (numbers, make_column_selector(dtype_exclude="category")),
        remainder="passthrough",
        verbose_feature_names_out=False,
    ).set_output(transform="pandas")
    return make_pipeline(text(), FunctionTransformer(with_categories), columns)


def names_of_many_levels(X: pd.DataFrame) -> list[str]:
    """Name the columns of more than 255 categories."""
    return [name for name in category_names(X) if X[name].nunique() > MAX_LEVELS]


def names_of_few_levels(X: pd.DataFrame) -> list[str]:
    """Name the columns of at most 255 categories."""
    return [name for name in category_names(X) if X[name].nunique() <= MAX_LEVELS]


@dataclass(frozen=True)
class Candidate:
    """One candidate."""

    library: str  # the distribution whose version is recorded
    path: str  # module and class
    parameters: dict[str, Any] = field(default_factory=dict)  # what is not at its default
    prepare: Callable[[], TransformerMixin] | None = None  # the transformer before the estimator
    categories_as: str | None = None  # the parameter for names of columns of categories
    random: bool = True  # whether another random_state gives another model
    raw: bool = False  # takes text and dates as they are
    regressor: bool = False  # targets are numbers, which are standardized for all but ours
    tune: Callable[[Any, int], Any] | None = None  # what searches or trains the model, with a seed

    @property
    def is_ours(self) -> bool:
        """Whether the candidate is one of this package."""
        return self.library == "scratchmlp"

    def find(self) -> type | None:
        """Import the class; None where its library is not installed."""
        module, _, name = self.path.rpartition(".")
        return getattr(import_module(module), name) if find_spec(module.split(".")[0]) else None

    def version(self) -> str:
        """Say all that a result depends on: when this changes, results are measured again."""
        release = source_hash() if self.is_ours else version(self.library)
        parameters = ", ".join(f"{name}={value!r}" for name, value in self.parameters.items())
        on = f" on {self.prepare.__name__}" if self.prepare else ""
        tuned = f", {self.tune.__name__} {tuning_hash()}" if self.tune else ""
        return f"{self.library} {release}, {self.path.rpartition('.')[2]}({parameters}){on}{tuned}"

    def model(self, X: pd.DataFrame, seed: int) -> Any:
        """Return the model itself, for a table like X, tuned if it is to be."""
        parameters = dict(self.parameters)
        if self.random:
            parameters["random_state"] = seed
        if self.categories_as:
            parameters[self.categories_as] = tuple(category_names(X))  # a list cannot be cloned
        model = self.find()(**parameters)
        return self.tune(model, seed) if self.tune else model

    def prepared(self, X: pd.DataFrame, seed: int) -> Any:
        """Return the model after what makes its columns those that it takes."""
        first = [] if self.raw else [FunctionTransformer(with_categories)]
        steps = [self.prepare()] if self.prepare else []
        return make_pipeline(*first, *steps, self.model(X, seed))

    def make(self, X: pd.DataFrame, seed: int) -> Any:
        """Return an estimator for a table like X that has not been fitted."""
        if self.is_ours:
            return self.model(X, seed)
        model = self.prepared(X, seed)
        if self.regressor:
            model = TransformedTargetRegressor(model, transformer=StandardScaler())
        return model

    def columns(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return what the candidate gets: the raw table, or one with dates as days."""
        return X if self.raw or self.is_ours else with_days(X)


@dataclass(frozen=True)
class Blended(Candidate):
    """Bags of other candidates, blended by their out-of-fold loss."""

    parts: tuple[Candidate, ...] = ()

    def find(self) -> type | None:
        """Return the class of the blend; None where a library is not installed."""
        return Blend if all(part.find() for part in self.parts) else None

    def version(self) -> str:
        """Say all that a result depends on."""
        return " + ".join(part.version() for part in self.parts)

    def model(self, X: pd.DataFrame, seed: int) -> Blend:
        """Return the blend."""
        return Blend([part.prepared(X, seed) for part in self.parts], seed)


@dataclass(frozen=True)
class InAMinute(Candidate):
    """AutoGluon, which sees the clock."""

    def find(self) -> type | None:
        """Return its estimator; None where it is not installed."""
        return AutoGluon if find_spec("autogluon") else None


def source_hash() -> str:
    """Condense the code that our candidates run."""
    patterns = ("*.py", "estimators/**/*.py", "tabular/**/*.py")
    return code_hash(path for pattern in patterns for path in sorted(PACKAGE.glob(pattern)))


def tuning_hash() -> str:
    """Condense the code that searches, stops and bags boosting."""
    return code_hash([Path(__file__).with_name("tuning.py"), PACKAGE / "cli" / "baselines.py"])


def code_hash(paths: Iterable[Path]) -> str:
    """Condense code, without comments and docstrings, to 8 digits."""
    digest = hashlib.sha256()
    for path in paths:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                node.value = ast.Constant(None)  # a docstring
        digest.update(ast.unparse(tree).encode())
    return digest.hexdigest()[:8]


OURS, OUR_REGRESSOR = "TabularMLPClassifier", "TabularMLPRegressor"
ENSEMBLE, ENSEMBLE_REGRESSOR = "TabularEnsembleClassifier", "TabularEnsembleRegressor"
CATBOOST = {"thread_count": 1, "verbose": False, "allow_writing_files": False}
LIGHTGBM = {"n_jobs": 1, "verbose": -1}
MAX_TREES = 10_000
XGBOOST = {
    "n_estimators": MAX_TREES,
    "learning_rate": 0.05,
    "early_stopping_rounds": PATIENCE,
    "grow_policy": "lossguide",
    "max_depth": 0,  # leaves limit the trees
    "n_jobs": 1,
}
REALMLP = {"device": "cpu", "n_threads": 1}
BAGGED = {"n_cv": 8, "val_metric_name": "cross_entropy", "use_ls": False}

CLASSIFIERS: dict[str, Candidate] = {
    OURS: Candidate("scratchmlp", f"scratchmlp.tabular.{OURS}", {"n_jobs": 1}),
    ENSEMBLE: Candidate("scratchmlp", f"scratchmlp.tabular.{ENSEMBLE}", {"n_jobs": 1}),
    "LogisticRegression": Candidate(
        "scikit-learn",
        "sklearn.linear_model.LogisticRegression",
        {"max_iter": 1000},
        one_hot_scaled,
        random=False,
    ),
    "MLPClassifier": Candidate(
        "scikit-learn", "sklearn.neural_network.MLPClassifier", prepare=one_hot_scaled
    ),
    "HistGradientBoosting": Candidate(
        "scikit-learn",
        "sklearn.ensemble.HistGradientBoostingClassifier",
        {"categorical_features": "from_dtype"},
        few_levels,
    ),
    "CatBoost": Candidate(
        "catboost", "catboost.CatBoostClassifier", CATBOOST, text, categories_as="cat_features"
    ),
    "LightGBM": Candidate("lightgbm", "lightgbm.LGBMClassifier", LIGHTGBM),
    "RealMLP-TD-S": Candidate("pytabkit", "pytabkit.RealMLP_TD_S_Classifier", REALMLP, imputed),
    "RealMLP-TD": Candidate("pytabkit", "pytabkit.RealMLP_TD_Classifier", REALMLP, imputed),
    "RealMLP-TD, 8 folds": Candidate(
        "pytabkit", "pytabkit.RealMLP_TD_Classifier", REALMLP | BAGGED, imputed
    ),
}


def regressor(library: str, path: str, *args: Any, **settings: Any) -> Candidate:
    """Return a candidate for targets that are numbers."""
    return Candidate(library, path, *args, **settings, regressor=True)


REGRESSORS: dict[str, Candidate] = {
    OUR_REGRESSOR: regressor("scratchmlp", f"scratchmlp.tabular.{OUR_REGRESSOR}", {"n_jobs": 1}),
    ENSEMBLE_REGRESSOR: regressor(
        "scratchmlp", f"scratchmlp.tabular.{ENSEMBLE_REGRESSOR}", {"n_jobs": 1}
    ),
    "Ridge": regressor(
        "scikit-learn", "sklearn.linear_model.Ridge", prepare=one_hot_scaled, random=False
    ),
    "MLPRegressor": regressor(
        "scikit-learn", "sklearn.neural_network.MLPRegressor", prepare=one_hot_scaled
    ),
    "HistGradientBoostingRegressor": regressor(
        "scikit-learn",
        "sklearn.ensemble.HistGradientBoostingRegressor",
        {"categorical_features": "from_dtype"},
        few_levels,
    ),
    "CatBoostRegressor": regressor(
        "catboost", "catboost.CatBoostRegressor", CATBOOST, text, categories_as="cat_features"
    ),
    "LightGBMRegressor": regressor("lightgbm", "lightgbm.LGBMRegressor", LIGHTGBM),
}


def boosting(suffix: str, known: dict[str, Candidate], n_leaves: int) -> dict[str, Candidate]:
    """Return boosting as `tuning.py` has it, for classes or for numbers.

    Stopped early, CatBoost and LightGBM have the settings of the command line's comparison, but so
    many trees that the limit does not end training.
    """
    sklearn, catboost, lightgbm = (
        known[f"{name}{suffix}"] for name in ("HistGradientBoosting", "CatBoost", "LightGBM")
    )
    catboost = replace(
        catboost, parameters=catboost.parameters | cli.CATBOOST | {"iterations": 4000}
    )
    trees = {"num_leaves": n_leaves, "n_estimators": MAX_TREES}
    lightgbm = replace(lightgbm, parameters=lightgbm.parameters | cli.LIGHTGBM | trees)
    xgboost = replace(
        sklearn,
        library="xgboost",
        path=f"xgboost.XGB{suffix or 'Classifier'}",
        parameters=XGBOOST | {"max_leaves": n_leaves},
        prepare=codes,
    )
    on_codes = replace(sklearn, parameters={"categorical_features": None})
    small = {"learning_rate": 0.05, "max_iter": MAX_TREES, "max_leaf_nodes": n_leaves}
    bag = replace(on_codes, parameters=on_codes.parameters | small, tune=bagged)
    return {
        f"HistGradientBoosting{suffix}, careful": replace(on_codes, tune=careful),
        f"HistGradientBoosting{suffix}, searched": replace(sklearn, tune=searched),
        f"HistGradientBoosting{suffix}, 8 folds": bag,
        f"CatBoost{suffix}, early stopping": replace(catboost, tune=stopped_early),
        f"CatBoost{suffix}, 8 folds": replace(catboost, tune=bagged),
        f"LightGBM{suffix}, early stopping": replace(lightgbm, tune=stopped_early),
        f"LightGBM{suffix}, 8 folds": replace(lightgbm, tune=bagged),
        f"XGBoost{suffix}, early stopping": replace(xgboost, tune=stopped_early),
    }


CLASSIFIERS |= boosting("", CLASSIFIERS, n_leaves=cli.CLASS_LEAVES)
REGRESSORS |= boosting("Regressor", REGRESSORS, n_leaves=cli.NUMBER_LEAVES)
CLASSIFIERS["LogisticRegression, tuned"] = Candidate(
    "scikit-learn",
    "sklearn.linear_model.LogisticRegressionCV",
    {
        "Cs": (1e-3, 1e-2, 0.1, 1.0, 10.0, 100.0),
        "l1_ratios": (0,),
        "use_legacy_attributes": False,
        "scoring": "neg_log_loss",
        "cv": StratifiedKFold(5, shuffle=True, random_state=0),
        "max_iter": 1000,
    },
    one_hot_scaled,
    random=False,
)
REGRESSORS["Ridge, tuned"] = regressor(
    "scikit-learn",
    "sklearn.linear_model.RidgeCV",
    {"alphas": (0.01, 0.1, 1.0, 10.0, 100.0, 1e3, 1e4)},
    one_hot_scaled,
    random=False,
)
REGRESSORS["RealMLP-TDRegressor"] = regressor(
    "pytabkit", "pytabkit.RealMLP_TD_Regressor", REALMLP, imputed
)
REGRESSORS["RealMLP-TDRegressor, 8 folds"] = regressor(
    "pytabkit", "pytabkit.RealMLP_TD_Regressor", REALMLP | {"n_cv": 8}, imputed
)


def others(
    suffix: str, known: dict[str, Candidate], linear: str, kind: str
) -> dict[str, Candidate]:
    """Return a blend of three bags, and what skrub and AutoGluon propose for any table."""
    trees = [known[f"{name}{suffix}, 8 folds"] for name in ("CatBoost", "LightGBM")]
    parts = (*trees, replace(known[linear], tune=bagged))
    common = {"regressor": suffix != "", "random": False, "raw": True}
    return {
        f"blend{suffix}, 8 folds": Blended("catboost", "", parts=parts, regressor=suffix != ""),
        f"skrub{suffix}": Candidate(
            "skrub", "skrub.tabular_pipeline", {"estimator": kind}, **common
        ),
        f"AutoGluon{suffix}": InAMinute(
            "autogluon.tabular", "AutoGluon", {"is_class": not suffix, "seconds": 60}, **common
        ),
    }


CLASSIFIERS |= others("", CLASSIFIERS, "LogisticRegression, tuned", "classification")
REGRESSORS |= others("Regressor", REGRESSORS, "Ridge, tuned", "regression")
CANDIDATES = CLASSIFIERS | REGRESSORS
