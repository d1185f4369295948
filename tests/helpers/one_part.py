"""Estimators of scikit-learn as ensembles of one part, which have reports, files and pictures."""

from sklearn.base import is_classifier

from scratchmlp.tabular import TabularEnsembleClassifier, TabularEnsembleRegressor


def one_part(estimator, X, y, **settings):
    """Fit an estimator as an ensemble of one part, in two folds."""
    ensemble = TabularEnsembleClassifier if is_classifier(estimator) else TabularEnsembleRegressor
    settings = {"cv": 2, "random_state": 0, "inspect_table": False} | settings
    return ensemble(estimators=[("mine", estimator)], **settings).fit(X, y)
