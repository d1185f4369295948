"""AutoGluon with a minute for each fit, in an environment of its own: it needs older libraries."""

from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils import Tags

TARGET = "the target"


class AutoGluon(BaseEstimator):
    """AutoGluon's `TabularPredictor`, as an estimator.

    Parameters
    ----------
    is_class : bool
        Whether the targets are classes.
    seconds : int
        Time limit of a fit. It is wall time: let nothing else run on this processor.
    """

    def __init__(self, is_class: bool, seconds: int = 60) -> None:
        self.is_class = is_class
        self.seconds = seconds

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> "AutoGluon":
        """Fit as many models as time allows, with the settings for the best predictions."""
        from autogluon.tabular import TabularPredictor

        self.folder_ = TemporaryDirectory()
        self.model_ = TabularPredictor(
            TARGET,
            problem_type=None if self.is_class else "regression",
            eval_metric="log_loss" if self.is_class else "root_mean_squared_error",
            path=self.folder_.name,
            verbosity=0,
        ).fit(
            X.assign(**{TARGET: y}),
            time_limit=self.seconds,
            presets="best_quality",
            num_cpus=1,
            num_gpus=0,
        )
        return self

    @property
    def classes_(self) -> np.ndarray:
        """The classes of a fitted classifier."""
        return np.asarray(self.model_.class_labels)

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Predict classes or numbers."""
        return self.model_.predict(X).to_numpy()

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Predict probabilities of classes."""
        return self.model_.predict_proba(X).to_numpy()

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.estimator_type = "classifier" if self.is_class else "regressor"
        return tags
