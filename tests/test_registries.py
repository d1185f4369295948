"""Every activation, loss, optimizer, schedule and initializer with a name is complete.

A new one fails here until files, ONNX, documentation and fuzz tests know it, and the failure says
what to do. Its values are a row of a table in the file of its collection, such as `FORMULAS` in
`test_activations.py`.
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
from tests.helpers import contributing
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
    module, path = sys.modules[entry.__module__], f"{entry.__module__}.{entry.__name__}"
    public = entry.__name__ in getattr(module, "__all__", vars(module))
    assert public, f"Add {entry.__name__!r} to __all__ of {entry.__module__}."
    assert path in TRUSTED, f"Add {path!r} to scratchmlp/io/trusted.py."


@every_entry
def test_it_is_documented(parameter, name, entry):
    name_of_page, path = REGISTRIES[parameter][1], entry.__module__.replace(".", "/")
    page = (DOCS / "backpropagation" / name_of_page).read_text(encoding="utf-8")
    link = f"[`{entry.__name__}`](../../{path}.py)"
    linked = re.search(rf"\[`{entry.__name__}[\w.]*`\]\(../../{path}.py\)", page)
    assert linked, f"Write its equations, with {link}, into docs/backpropagation/{name_of_page}."
    page = (DOCS / "comparison.md").read_text(encoding="utf-8")
    new_values = re.search(rf"^\| `{parameter}` \| (.*) \|$", page, flags=re.MULTILINE)[1]
    for theirs, ours in (ESTIMATORS[kind] for kind in kinds_of(entry)):
        listed = f'"{name}"' in new_values or f"'{name}'" in described(theirs, parameter)
        assert listed, f'Add "{name}" to the row of `{parameter}` in docs/comparison.md.'
        for Estimator in ours:
            if parameter in Estimator().get_params():
                assert f"'{name}'" in described(Estimator, parameter), (
                    f"Add '{name}' to {parameter!r} in the docstring of {Estimator.__name__}."
                )


def result(part):
    """Return numbers that depend on every hyper-parameter of a loss, optimizer or schedule."""
    if isinstance(part, Loss):
        return np.column_stack(part.value_and_gradient(*example(part.output)))
    if not isinstance(part, Optimizer):
        return [part(Progress(150 * epoch, epoch, 40)) for epoch in range(41)]
    theta, gradients = np.ones(3), np.random.default_rng(0).normal(size=(5, 3))
    state = part.init(theta)
    for gradient in gradients * [2.0, 4.0, 1e-9]:  # of several directions and lengths
        part.step(theta, gradient, state, 0.1)
    return theta


@every_entry
def test_configurations_choose_its_name(parameter, name, entry):
    for kind in kinds_of(entry):
        _, [Estimator, *_] = ESTIMATORS[kind]
        ordinary = options(kind, extreme=False)[parameter]
        assert name in [Estimator().get_params()[parameter], *ordinary], (
            f'Add "{name}" to {parameter!r} of the {kind} in tests/configurations/networks.py.'
        )


def hyper_parameters(entry):
    """Return the names of the hyper-parameters of an entry, without those of all optimizers.

    Clipping and decay are tested in `test_optimizers.py`: some rules ignore a gradient's length.
    """
    if not hasattr(entry, "get_params"):
        return []
    names = entry().get_params()
    common = Optimizer.__dataclass_fields__ if issubclass(entry, Optimizer) else {}
    return [name for name in names if name not in common]


@pytest.mark.parametrize(
    ("parameter", "name", "entry"),
    [*ENTRIES, pytest.param("solver", "sign_sgd", contributing.EXAMPLES["SignSGD"], id="sign_sgd")],
)
def test_configurations_choose_hyper_parameters_that_change_the_result(parameter, name, entry):
    chosen = [each for kind in kinds_of(entry) for each in options(kind)[parameter]]
    given = [each.get_params() for each in chosen if type(each) is entry]
    for hyper_parameter in hyper_parameters(entry):
        changed = [entry(**{hyper_parameter: values[hyper_parameter]}) for values in given]
        differ = [not np.array_equal(result(each), result(entry())) for each in changed]
        assert any(differ), (
            f"{hyper_parameter!r} of {entry.__name__} changes no result: add values that do to "
            "tests/configurations/networks.py."
        )


def test_onnx_models_can_contain_every_activation():
    pytest.importorskip("onnx")
    from scratchmlp.io.onnx.layers import EXPRESSIONS

    classes = {type(each) for each in (ACTIVATIONS | OUTPUT_ACTIVATIONS).values()}
    assert {*EXPRESSIONS} == classes, "Add its operators to scratchmlp/io/onnx/layers.py."
