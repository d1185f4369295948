"""Models that ours are compared with: those of scikit-learn, and those that ``--with`` adds."""

import warnings
from collections.abc import Callable, Sequence
from importlib import import_module
from statistics import mode
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OrdinalEncoder
from sklearn.utils import Tags, get_tags
from threadpoolctl import threadpool_limits

from scratchmlp.tabular import TabularEncoder
from scratchmlp.tabular.folds import Rows, shuffled_splits
from scratchmlp.tabular.reading.values import kind_of, to_numbers

TREES = "HistGradientBoosting"
CONSTANT = "constant baseline"
SMALL = 2_000  # rows, up to which threads mostly wait for each other
PATIENCE = 50  # rounds without a lower loss before the end


def make_baselines(
    packages: Sequence[str], is_class: bool, encoder: dict[str, Any], n_jobs: int, seed: int
) -> dict[str, Pipeline]:
    """Make the models that ours is compared with.

    Parameters
    ----------
    packages : sequence of str
        Other packages: keys of `BASELINES`.
    is_class : bool
        Whether the target holds classes.
    encoder : dict
        Parameters of encoders for the columns, as `typed_settings` returns them.
    n_jobs : int
        Number of threads; -1 means the number of processors.
    seed : int
        Random state.

    Returns
    -------
    dict of str to Pipeline
        Unfitted models by name, the simplest last. The last step of each is the model itself, and
        those before it encode the table as it needs it.
    """
    linear = LogisticRegression(max_iter=1_000) if is_class else Ridge()
    constant = DummyClassifier(strategy="prior") if is_class else DummyRegressor()
    named = [*encoder["categorical_features"], *encoder["text_features"]]
    in_double = FunctionTransformer(np.float64)
    chosen = [BASELINES[each] for each in packages]
    return {
        TREES: make_pipeline(_with_codes(encoder), careful_boosting(is_class, seed)),
        **{each.name: each.make(is_class, named, n_jobs, seed) for each in chosen},
        type(linear).__name__: make_pipeline(TabularEncoder(**encoder), in_double, linear),
        CONSTANT: make_pipeline(constant),
    }


# Boosting of scikit-learn, searched and stopped early.


def _with_codes(encoder: dict[str, Any]) -> BaseEstimator:
    """Make an encoder whose categories are integers, as trees need them."""
    codes = OrdinalEncoder(
        handle_unknown="use_encoded_value",
        unknown_value=np.nan,
        encoded_missing_value=np.nan,
    )
    others = TabularEncoder(**{**encoder, "categorical_features": None})
    return make_column_transformer((codes, encoder["categorical_features"]), remainder=others)


SEARCH_FOLDS = 3
#: Rows per class, so that a tenth of two folds, on which boosting stops early, has all classes.
LEAST_ROWS = 15
#: The setting without early stopping, which suits any number of rows, and two with it.
FIXED: dict[str, Any] = {"learning_rate": 0.05, "max_leaf_nodes": 4, "early_stopping": False}
EARLY: dict[str, list[Any]] = {
    "early_stopping": [True],
    "max_iter": [500],
    "n_iter_no_change": [PATIENCE],
}
SETTINGS: list[dict[str, list[Any]]] = [
    {},
    {"learning_rate": [0.1], "max_leaf_nodes": [16], **EARLY},
    {"learning_rate": [0.05], "max_leaf_nodes": [8], **EARLY},
]


class BoostingSearch(GridSearchCV):
    """A search that fits the estimator as it is where there are too few rows to search.

    It searches if every class has a row for each fold, and there are `LEAST_ROWS` rows per class.
    """

    def fit(self, X: Any, y: Any) -> "BoostingSearch":
        """Fit the setting with the lowest loss to all rows."""
        counts = np.unique(y, return_counts=True)[1] if is_classifier(self) else np.array([len(y)])
        if counts.min() >= SEARCH_FOLDS and counts.mean() >= LEAST_ROWS:
            with threadpool_limits(1 if len(y) <= SMALL else None):
                return super().fit(X, y)
        self.best_estimator_ = clone(self.estimator).fit(X, y)
        return self


def chosen_most_often(searches: Sequence[BoostingSearch]) -> Any:
    """Return unfitted boosting with the setting that most of several fitted searches chose."""
    chosen = [clone(search.best_estimator_) for search in searches]
    written = [*map(repr, chosen)]
    return chosen[written.index(mode(written))]


def careful_boosting(is_class: bool, seed: int) -> BoostingSearch:
    """Make boosting that chooses among three settings in three folds. Categories are codes.

    Parameters
    ----------
    is_class : bool
        Whether the target holds classes.
    seed : int
        Random state of the folds, and of the rows on which boosting stops early.

    Returns
    -------
    BoostingSearch
        Unfitted boosting. Log-loss or RMSE decides which setting is fitted to all rows.
    """
    Boosting = HistGradientBoostingClassifier if is_class else HistGradientBoostingRegressor
    return BoostingSearch(
        Boosting(**FIXED, categorical_features=None, random_state=seed),
        SETTINGS,
        scoring="neg_log_loss" if is_class else "neg_root_mean_squared_error",
        cv=(StratifiedKFold if is_class else KFold)(SEARCH_FOLDS, shuffle=True, random_state=seed),
    )


# Boosting of other packages.

#: The settings of early stopping: at most so many trees.
CATBOOST = {"iterations": 1_000, "early_stopping_rounds": PATIENCE}
LIGHTGBM = {"n_estimators": 2_000, "learning_rate": 0.05, "early_stopping_round": PATIENCE}
CLASS_LEAVES, NUMBER_LEAVES = 8, 31  # of LightGBM's trees; 31 is its default


class EarlyStopping(BaseEstimator):
    """Boosting of another package that stops early on held-out training rows.

    Parameters
    ----------
    model : estimator
        Model of CatBoost or LightGBM, with its number of rounds without a lower loss.
    n_folds : int
        1 holds out a fifth of the rows. More train a model for each fold that is held out; their
        predictions are averaged.
    random_state : int
        Chooses the held-out rows, stratified by class.
    """

    def __init__(self, model: Any, n_folds: int = 1, random_state: int = 0) -> None:
        self.model = model
        self.n_folds = n_folds
        self.random_state = random_state

    def fit(self, X: pd.DataFrame, y: NDArray[Any]) -> "EarlyStopping":
        """Train a model for each fold. y holds numbers, or classes as 0, 1, ..."""
        n_folds = 5 if self.n_folds == 1 else self.n_folds
        Y, random_state = y if is_classifier(self) else y[:, None], self.random_state
        splits = shuffled_splits(n_folds, 1, Y, None, np.random.RandomState(random_state))
        self.models_ = [self._fit_fold(X, y, *rows) for rows in splits[: self.n_folds]]
        return self

    def _fit_fold(self, X: pd.DataFrame, y: NDArray[Any], training: Rows, held_out: Rows) -> Any:
        """Train a model on all rows but those of a fold."""
        if is_classifier(self):  # the model must learn all classes
            held_out = held_out[np.isin(y[held_out], y[training])]
            training = np.setdiff1d(np.arange(len(y)), held_out)
        X_val, y_val = X.iloc[held_out], y[held_out]
        return self._fit_until_best(X.iloc[training], y[training], X_val, y_val)

    def _fit_until_best(
        self, X: pd.DataFrame, y: NDArray[Any], X_val: pd.DataFrame, y_val: NDArray[Any]
    ) -> Any:
        """Train a model until the loss of the held-out rows is lowest."""
        with warnings.catch_warnings():  # LightGBM 4.6 has no other name for it
            warnings.filterwarnings("ignore", message="The argument 'eval_set' is deprecated")
            return clone(self.model).fit(X, y, eval_set=[(X_val, y_val)])

    @property
    def classes_(self) -> NDArray[Any]:
        """The classes of a fitted classifier."""
        return np.asarray(self.models_[0].classes_)

    def predict(self, X: pd.DataFrame) -> NDArray[Any]:
        """Predict the classes with the highest probability, or numbers."""
        if is_classifier(self):
            return self.classes_[self.predict_proba(X).argmax(axis=1)]
        return np.mean([model.predict(X) for model in self.models_], axis=0)

    def predict_proba(self, X: pd.DataFrame) -> NDArray[Any]:
        """Predict probabilities of classes."""
        return np.mean([model.predict_proba(X) for model in self.models_], axis=0)

    def __sklearn_tags__(self) -> Tags:
        return get_tags(self.model)


def _make_catboost(is_class: bool, categories: Sequence[str], n_jobs: int, seed: int) -> Pipeline:
    """Make a model of CatBoost, which wants to know which columns are categories."""
    package = import_module("catboost")
    model = package.CatBoostClassifier if is_class else package.CatBoostRegressor
    boosting = model(
        **CATBOOST,
        cat_features=tuple(range(len(categories))),  # a list could not be cloned
        thread_count=n_jobs,
        random_state=seed,
        verbose=False,
        allow_writing_files=False,
    )
    to_text = FunctionTransformer(numbers_and_text, kw_args={"categories": categories})
    return make_pipeline(to_text, EarlyStopping(boosting, random_state=seed))


def _make_lightgbm(is_class: bool, categories: Sequence[str], n_jobs: int, seed: int) -> Pipeline:
    """Make a model of LightGBM."""
    package = import_module("lightgbm")
    model = package.LGBMClassifier if is_class else package.LGBMRegressor
    boosting = model(
        **LIGHTGBM,
        num_leaves=CLASS_LEAVES if is_class else NUMBER_LEAVES,
        n_jobs=n_jobs,
        random_state=seed,
        verbose=-1,
    )
    to_categories = FunctionTransformer(numbers_and_categories, kw_args={"categories": categories})
    return make_pipeline(to_categories, EarlyStopping(boosting, random_state=seed))


class Baseline(NamedTuple):
    """A package whose models are compared, with early stopping.

    Attributes
    ----------
    name : str
        Name of the model in the table of scores.
    make : callable
        Returns an unfitted model for classes or numbers, the names of columns of categories and
        text, a number of threads (-1 means the number of processors) and a random state.
    """

    name: str
    make: Callable[[bool, Sequence[str], int, int], Pipeline]


#: The models by package: `BASELINE_PACKAGES` of `options` has the same names.
BASELINES = {
    "catboost": Baseline("CatBoost", _make_catboost),
    "lightgbm": Baseline("LightGBM", _make_lightgbm),
}
BASELINE_NAMES = [baseline.name for baseline in BASELINES.values()]


def numbers_and_categories(X: pd.DataFrame, categories: Sequence[str]) -> pd.DataFrame:
    """Convert columns to what other packages accept.

    Parameters
    ----------
    X : DataFrame of shape (n_samples, n_features)
        Columns that have been read.
    categories : sequence of str
        Columns of categories and of text.

    Returns
    -------
    DataFrame of shape (n_samples, n_features)
        First the categories, then numbers; dates and durations are days. The columns have new
        names, because LightGBM does not accept all.
    """
    columns: list[Any] = [
        X[name].astype(object).map(str, na_action="ignore").astype("category")
        for name in categories
    ]
    columns += [to_numbers(X[name], kind_of(X[name])) for name in X if name not in categories]
    return pd.DataFrame({f"x{i}": column for i, column in enumerate(columns)}, X.index)


def numbers_and_text(X: pd.DataFrame, categories: Sequence[str]) -> pd.DataFrame:
    """Convert columns likewise, categories to text. Missing ones become "missing"."""
    table = numbers_and_categories(X, categories)
    text = table.select_dtypes("category").astype(object)
    return table.assign(**text.where(text.notna(), "missing"))
