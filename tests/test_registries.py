"""Every activation, loss, optimizer, schedule and initializer with a name is complete.

A new one fails here until files, ONNX, documentation and fuzz tests know it. Its values are a row
of a table in the file of its collection, such as `FORMULAS` in `test_activations.py`.
"""

import inspect
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier, MLPRegressor

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.activations import ACTIVATIONS, OUTPUT_ACTIVATIONS
from scratchmlp.initializers import INITIALIZERS
from scratchmlp.io import TRUSTED
from scratchmlp.losses import LOSSES, Loss
from scratchmlp.optimizers import OPTIMIZERS, Optimizer
from scratchmlp.schedules import SCHEDULES, Progress
from scratchmlp.tabular import TabularMLPRegressor
from tests.configurations.networks import options
from tests.helpers.loss_examples import example

DOCS = Path(__file__).parents[1] / "docs"
#: By the parameter that takes the names: the registry, and the page with its equations.
REGISTRIES = {
    "activation": (ACTIVATIONS, "hidden_layers.md"),
    "loss": (LOSSES, "losses.md"),
    "solver": (OPTIMIZERS, "optimizers.md"),
    "learning_rate": (SCHEDULES, "optimizers.md"),
    "weight_init": (INITIALIZERS, "hidden_layers.md"),
}
ENTRIES = [
    pytest.param(parameter, name, entry if hasattr(entry, "__name__") else type(entry), id=name)
    for parameter, (registry, _) in REGISTRIES.items()
    for name, entry in registry.items()
]
every_entry = pytest.mark.parametrize(("parameter", "name", "entry"), ENTRIES)
#: By kind: scikit-learn's network, and ours that take names. The first of ours takes all of them.
ESTIMATORS = {
    "classifier": (MLPClassifier, [ScratchMLPClassifier]),
    "regressor": (MLPRegressor, [ScratchMLPRegressor, TabularMLPRegressor]),
}


def kinds_of(entry):
    """Return the kinds of estimators that accept an entry: some losses are for one kind only."""
    return getattr(entry, "estimator_types", ESTIMATORS)


def described(Estimator, parameter):
    """Return what the docstring of an estimator says about a parameter."""
    return inspect.getdoc(Estimator).partition(f"\n{parameter} : ")[2].partition(" : ")[0]


@every_entry
def test_it_is_public_and_files_may_contain_it(parameter, name, entry):
    module = sys.modules[entry.__module__]
    assert entry.__name__ in getattr(module, "__all__", vars(module))
    assert f"{entry.__module__}.{entry.__name__}" in TRUSTED


@every_entry
def test_it_is_documented(parameter, name, entry):
    page = (DOCS / "backpropagation" / REGISTRIES[parameter][1]).read_text(encoding="utf-8")
    path = entry.__module__.replace(".", "/")
    assert re.search(rf"\[`{entry.__name__}[\w.]*`\]\(../../{path}.py\)", page)
    page = (DOCS / "comparison.md").read_text(encoding="utf-8")
    new_values = re.search(rf"^\| `{parameter}` \| (.*) \|$", page, flags=re.MULTILINE)[1]
    for theirs, ours in (ESTIMATORS[kind] for kind in kinds_of(entry)):
        assert f'"{name}"' in new_values or f"'{name}'" in described(theirs, parameter)
        for Estimator in ours:
            if parameter in Estimator().get_params():
                assert f"'{name}'" in described(Estimator, parameter)


def result(part):
    """Return numbers that depend on every hyper-parameter of a loss, optimizer or schedule."""
    if isinstance(part, Loss):
        return np.column_stack(part.value_and_gradient(*example(part.output)))
    if not isinstance(part, Optimizer):
        return [part(Progress(150 * epoch, epoch, 40)) for epoch in range(41)]
    theta, gradient = np.ones(3), np.array([2.0, -4.0, 1e-9])
    state = part.init(theta)
    for factor in range(1, 6):
        part.step(theta, factor * gradient, state, 0.1)
    return theta


@every_entry
def test_configurations_choose_its_name(parameter, name, entry):
    for kind in kinds_of(entry):
        _, [Estimator, *_] = ESTIMATORS[kind]
        ordinary = options(kind, extreme=False)[parameter]
        assert name in [Estimator().get_params()[parameter], *ordinary]


@every_entry
def test_configurations_choose_hyper_parameters_that_change_the_result(parameter, name, entry):
    chosen = [each for kind in kinds_of(entry) for each in options(kind)[parameter]]
    given = [each.get_params() for each in chosen if type(each) is entry]
    for hyper_parameter in entry().get_params() if hasattr(entry, "get_params") else ():
        changed = [entry(**{hyper_parameter: values[hyper_parameter]}) for values in given]
        differ = [not np.array_equal(result(each), result(entry())) for each in changed]
        assert any(differ), hyper_parameter


def test_onnx_models_can_contain_every_activation():
    pytest.importorskip("onnx")
    from scratchmlp.io.onnx.layers import EXPRESSIONS

    activations = {**ACTIVATIONS, **OUTPUT_ACTIVATIONS}.values()
    assert {*EXPRESSIONS} == {type(each) for each in activations}
