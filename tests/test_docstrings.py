"""The reference: docstrings describe parameters in the order of the signature, and all names."""

import inspect
import re
from importlib import import_module

import numpy as np
import pandas as pd
import pytest
from sklearn.base import is_classifier
from sklearn.linear_model import LogisticRegression, Ridge

MODULES = [
    "scratchmlp", "scratchmlp.activations", "scratchmlp.callbacks", "scratchmlp.losses",
    "scratchmlp.network", "scratchmlp.optimizers", "scratchmlp.plotting", "scratchmlp.schedules",
    "scratchmlp.tabular",
]  # fmt: skip


def has_parameters(member):
    """Return whether something is a public class. Records describe their fields as attributes."""
    is_ours = inspect.isclass(member) and member.__module__ in MODULES
    if not is_ours or member.__name__.startswith("_") or getattr(member, "_is_protocol", False):
        return False
    return not issubclass(member, Exception | tuple)


CLASSES = {
    f"{path}.{name}": getattr(module, name)
    for path, module in zip(MODULES, map(import_module, MODULES), strict=True)
    for name in getattr(module, "__all__", vars(module))
    if has_parameters(getattr(module, name))
}
METHODS = {
    f"{cls}.{name}": member
    for cls, of_class in CLASSES.items()
    for name, member in inspect.getmembers(of_class, inspect.isroutine)
    if not name.startswith("_") and member.__module__.startswith("scratchmlp")
}


def described(documented, section="Parameters"):
    """Return the names in a section of a docstring."""
    text = inspect.getdoc(documented)
    section = re.search(rf"^{section}\n-+\n(.*?)(?=\n\n\w[\w ]*\n-+\n|\Z)", text, re.S | re.M)
    entries = re.findall(r"^(\S.*?)(?= : |$)", section[1], re.M) if section else []
    return [name.lstrip("*") for entry in entries for name in entry.split(", ")]


def parameters(documented):
    """Return the names in a signature."""
    return [name for name in inspect.signature(documented).parameters if name != "self"]


@pytest.mark.parametrize("name", CLASSES)
def test_classes_describe_all_parameters_in_the_order_of_the_signature(name):
    assert described(CLASSES[name]) == parameters(CLASSES[name])


@pytest.mark.parametrize("name", METHODS)
def test_methods_describe_parameters_in_the_order_of_the_signature(name):
    if names := described(METHODS[name]):
        assert names == parameters(METHODS[name])


# What the page of an estimator lists: parameters, attributes and these methods.
OF_ALL = {"fit", "get_metadata_routing", "get_params", "set_params"}
REQUESTS = {"set_fit_request", "set_score_request"}
OF_PREDICTORS = OF_ALL | REQUESTS | {"predict", "score", "set_callbacks"}
OF_CLASSIFIERS = {"predict_proba", "predict_log_proba"}
OF_UPDATES = {"partial_fit", "set_partial_fit_request"}
OF_NETWORKS = OF_PREDICTORS | OF_UPDATES | {"hidden_activations", "initialize"}
OF_TABLES = OF_PREDICTORS | {"drift", "explain", "member_predictions", "oof_importances"}
OF_ENSEMBLES = OF_TABLES | {"leaderboard", "only"}
OF_TRANSFORMERS = {"fit_transform", "get_feature_names_out", "set_output", "transform"} | OF_ALL
LISTED = {
    "ScratchMLPClassifier": OF_NETWORKS | OF_CLASSIFIERS | {"decision_function"},
    "ScratchMLPRegressor": OF_NETWORKS,
    "TabularMLPClassifier": OF_TABLES | OF_CLASSIFIERS | {"predict_set"},
    "TabularMLPRegressor": OF_TABLES | {"predict_interval"},
    "TabularEnsembleClassifier": OF_ENSEMBLES | OF_CLASSIFIERS | {"predict_set"},
    "TabularEnsembleRegressor": OF_ENSEMBLES | {"predict_interval"},
    "TabularEncoder": OF_TRANSFORMERS,
    "PiecewiseLinearEncoder": OF_TRANSFORMERS | {"set_fit_request"},
}
#: Attributes of tables with a column that names entities, such as persons.
OF_ENTITIES = {"oof_score_unseen_", "oof_score_unseen_std_", "weights_unseen_"}


def public_names(estimator):
    """Return the names that Tab shows in a notebook."""
    return {name for name in dir(estimator) if not name.startswith("_")}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", LISTED)
def test_an_estimator_has_the_public_names_of_its_page(name):
    Estimator = next(each for each in CLASSES.values() if each.__name__ == name)
    part = LogisticRegression() if is_classifier(Estimator()) else Ridge()
    settings = {"cv": 2, "max_iter": 2, "hidden_layer_sizes": 3, "estimators": [("one", part)]}
    listed = {*parameters(Estimator)} | LISTED[name]
    estimator = Estimator(**{key: settings[key] for key in settings.keys() & listed})
    assert public_names(estimator) == listed
    X = pd.DataFrame({"a": np.linspace(0, 1, 30)})
    estimator.fit(X, np.arange(30) % 3)
    attributes = {*described(Estimator, "Attributes")}
    assert public_names(estimator) == listed | attributes - OF_ENTITIES
