"""Every activation, loss, optimizer, schedule and initializer with a name is complete.

A new one fails here until files, ONNX, documentation and fuzz tests know it. Its values are a row
of a table in the file of its collection, such as `FORMULAS` in `test_activations.py`.
"""

import inspect
import sys
from pathlib import Path

import pytest

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.activations import ACTIVATIONS, OUTPUT_ACTIVATIONS
from scratchmlp.initializers import INITIALIZERS
from scratchmlp.io import TRUSTED
from scratchmlp.losses import LOSSES
from scratchmlp.optimizers import OPTIMIZERS
from scratchmlp.schedules import SCHEDULES
from tests.configurations.networks import options

PAGES = Path(__file__).parents[1] / "docs" / "backpropagation"
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
ESTIMATORS = {"classifier": ScratchMLPClassifier, "regressor": ScratchMLPRegressor}


def kinds_of(entry):
    """Return the kinds of estimators that accept an entry: some losses are for one kind only."""
    return getattr(entry, "estimator_types", ESTIMATORS)


@every_entry
def test_it_is_public_and_files_may_contain_it(parameter, name, entry):
    module = sys.modules[entry.__module__]
    assert entry.__name__ in getattr(module, "__all__", vars(module))
    assert f"{entry.__module__}.{entry.__name__}" in TRUSTED


@every_entry
def test_it_is_documented(parameter, name, entry):
    for kind in kinds_of(entry):
        described = inspect.getdoc(ESTIMATORS[kind]).partition(f"\n{parameter} : ")[2]
        assert f"'{name}'" in described.partition(" : ")[0]
    page = (PAGES / REGISTRIES[parameter][1]).read_text(encoding="utf-8")
    assert f"{entry.__module__}.{entry.__name__}" in page


@every_entry
def test_it_is_fuzzed_with_other_values_of_its_hyper_parameters(parameter, name, entry):
    drawn = [each for kind in kinds_of(entry) for each in options(kind)[parameter]]
    assert name in drawn
    defaults = entry().get_params() if hasattr(entry, "get_params") else {}
    given = [each.get_params() for each in drawn if type(each) is entry]
    for hyper_parameter, default in defaults.items():
        assert any(each[hyper_parameter] != default for each in given)


def test_onnx_models_can_contain_every_activation():
    pytest.importorskip("onnx")
    from scratchmlp.io.onnx.layers import EXPRESSIONS

    activations = {**ACTIVATIONS, **OUTPUT_ACTIVATIONS}.values()
    assert {*EXPRESSIONS} == {type(each) for each in activations}
