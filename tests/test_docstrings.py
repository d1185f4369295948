"""The reference: docstrings describe parameters in the order of the signature."""

import inspect
import re
from importlib import import_module

import pytest

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


def described(documented):
    """Return the names in the section on parameters of a docstring."""
    text = inspect.getdoc(documented)
    section = re.search(r"^Parameters\n-+\n(.*?)(?=\n\n\w[\w ]*\n-+\n|\Z)", text, re.S | re.M)
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
