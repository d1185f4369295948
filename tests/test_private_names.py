"""Private names of other packages that scratchmlp uses, and what breaks without them.

Another release of these packages may drop or change them without notice. The workflow's job
"Next scikit-learn" runs the tests with the nightly builds of scikit-learn.
"""

import ast
import sys
from argparse import ArgumentParser
from functools import cache
from importlib import import_module
from inspect import isclass, isroutine
from pathlib import Path

import pytest
from sklearn.callback import ProgressBar
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

PACKAGE = Path(__file__).parents[1] / "scratchmlp"

VALIDATION = "sklearn.utils._param_validation"
BOOSTING = "sklearn.ensemble._hist_gradient_boosting"
#: Names that modules import.
IMPORTED = {
    "sklearn.base._fit_context": "all fits: parameters are validated once, not again in parts",
    f"{VALIDATION}.HasMethods": "parameters that take objects: solver, loss, learning_rate",
    f"{VALIDATION}.Interval": "every parameter that is a number",
    f"{VALIDATION}.InvalidParameterError": "messages that suggest a name: rely on its ValueError",
    f"{VALIDATION}.Options": "parameters that take some values only",
    f"{VALIDATION}.RealNotInt": "max_samples of importances, which may be a share or a number",
    f"{VALIDATION}.StrOptions": "every parameter that is a word",
    f"{VALIDATION}.validate_parameter_constraints": "parameters of functions and of solver objects",
    f"{VALIDATION}.validate_params": "parameters of callbacks",
    "sklearn.utils._optional_dependencies.check_matplotlib_support": "the message without it",
    "sklearn.utils._chunking.get_chunk_n_rows": "predictions: rows of a chunk within the memory",
    "sklearn.utils._safe_indexing": "rows of a table of any library: folds, reports, clusters",
    "sklearn.utils.metaestimators._BaseComposition": "parts of ensembles as parameters: `a__alpha`",
    "sklearn.utils.multiclass._check_partial_fit_first_call": "partial_fit: its `classes`",
    "sklearn.utils.validation._check_categorical_features": "categorical_features and the others",
    "sklearn.utils.validation._check_feature_names_in": "get_feature_names_out of the encoders",
    "sklearn.utils.validation._check_sample_weight": "sample_weight of importances and clusters",
    "sklearn.utils.validation._check_y": "targets of tables, whose errors are scikit-learn's",
    "sklearn.utils.validation._num_samples": "the number of rows of a table of any library",
    "sklearn.ensemble._forest.BaseForest": "model files: which objects are forests",
    f"{BOOSTING}.gradient_boosting.BaseHistGradientBoosting": "model files: what boosted trees are",
    "sklearn.tree._tree.Tree": "model files: the nodes of a tree, which its estimator holds",
    "skops.io._utils.get_module": "model files: the module that skops writes for a type",
}
#: Methods of base classes that a class overrides.
OVERRIDDEN = {
    "sklearn.base.BaseEstimator._validate_params": "messages that suggest a name",
    "sklearn.base.BaseEstimator._get_param_names": "parameters in the order of the signature",
}
#: Attributes of objects of other packages.
ATTRIBUTES = {
    "_skl_callbacks": "callbacks of scikit-learn: whether an estimator has some",
    "_init_callback_context": "callbacks of scikit-learn: the task of a fit",
    "_get_params": "parts of ensembles as parameters",
    "_set_params": "parts of ensembles as parameters",
    "_validate_names": "names of parts of ensembles",
    "_real_set_num_threads": "threads: a library of threadpoolctl that a limit wraps",
    "_score_func": "early stopping: what a scorer computes; --metric: for classes or numbers",
    "_baseline_prediction": "ONNX of boosted trees",
    "_predictors": "ONNX and model files of boosted trees",
    "_bin_mapper": "model files: categories of boosted trees",
    "_preprocessor": "model files: what boosted trees get of a table with categories",
    "_transformer_to_input_indices": "model files: the columns of this preprocessor",
    "_default_to_infrequent_mappings": "model files: rare categories of OneHotEncoder",
    "_drop_idx_after_grouping": "model files: a category that OneHotEncoder drops",
    "_infrequent_enabled": "model files: rare categories of OneHotEncoder",
    "_infrequent_indices": "model files: rare categories of OneHotEncoder",
    "_n_features_outs": "model files: numbers of outputs of OneHotEncoder",
    "_meta": "Dask: types and names of a collection's columns",
    "_option_string_actions": "the command line: options that resemble an unknown one",
}
#: Attributes that tests of threads and clusters need. Older threadpoolctl works without the first.
ELSEWHERE = {"_real_set_num_threads", "_meta"}
#: Names that start with an underscore but are documented.
DOCUMENTED = {"_asdict", "_fields", "_replace", "_exit", "_getframe"}
OURS = "scratchmlp"


def is_private(name):
    return name.startswith("_") and not name.startswith("__")


@cache
def nodes():
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in PACKAGE.rglob("*.py")]
    return [node for tree in trees for node in ast.walk(tree)]


def imported():
    """Return the private names, or names of private modules, that the package imports."""
    found = {
        f"{node.module}.{alias.name}"
        for node in nodes()
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }
    return {
        name
        for name in found
        if not name.startswith(OURS) and any(map(is_private, name.split(".")))
    }


def attributes():
    """Return the private attributes that the package reads and does not define itself."""
    read, defined = set(), set()
    for node in nodes():
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                defined.add(name)
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                defined.add(name)
            case ast.Attribute(attr=name):
                read.add(name)
            case ast.Call(ast.Name("getattr" | "hasattr"), [_, ast.Constant(str(name)), *_]):
                read.add(name)
    return {name for name in read - defined - DOCUMENTED if is_private(name)}


def is_ours(each):
    return each.__module__.split(".")[0] == OURS


def classes():
    """Return the classes of networks, estimators for tables, and what these import."""
    import_module(f"{OURS}.tabular")  # only here: without a private name it may fail
    modules = [module for name, module in [*sys.modules.items()] if name.startswith(f"{OURS}.")]
    found = {each for module in modules for each in vars(module).values() if isclass(each)}
    return filter(is_ours, found)


def overridden():
    """Return the private methods of other packages that classes of the package override."""
    found = set()
    for each in classes():
        for name in filter(is_private, dir(each)):
            owners = [base for base in each.__mro__ if name in vars(base)]
            first, last = owners[0], owners[-1]
            if is_ours(first) and not is_ours(last) and isroutine(getattr(each, name)):
                found.add(f"{last.__module__}.{last.__name__}.{name}")
    return found


def test_every_private_name_has_a_row():
    assert imported() == {*IMPORTED}
    assert attributes() == {*ATTRIBUTES}


def test_every_private_method_that_is_overridden_has_a_row():
    assert overridden() == {*OVERRIDDEN}


@pytest.mark.parametrize("name", [*IMPORTED, *OVERRIDDEN])
def test_a_private_name_exists(name):
    owner, _, attribute = name.rpartition(".")
    if name in OVERRIDDEN:
        module, _, owner = owner.rpartition(".")
        found = getattr(import_module(module), owner)
    else:
        found = import_module(owner)
    assert hasattr(found, attribute), (IMPORTED | OVERRIDDEN)[name]


def test_attributes_exist():
    X, y, letters = [[0.0], [1.0], [2.0], [3.0]], [0, 1, 0, 1], [["a"], ["a"], ["b"], ["c"]]
    objects = [
        GridSearchCV(DummyClassifier(), {}, cv=2).fit(X, y).set_callbacks(ProgressBar()),
        OneHotEncoder(min_frequency=2).fit(letters),
        HistGradientBoostingClassifier(max_iter=1).fit(X, y),
        make_column_transformer(("passthrough", [0])).fit(X),
        *(make_pipeline(DummyClassifier()), get_scorer("accuracy"), ArgumentParser()),
    ]
    missing = {name for name in ATTRIBUTES if not any(hasattr(each, name) for each in objects)}
    assert {name: ATTRIBUTES[name] for name in missing - ELSEWHERE} == {}
