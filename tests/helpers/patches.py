"""A plugin of pytest whose `monkeypatch` changes only what belongs to this repository.

A test process runs more than a test: the threads of clusters that tests share read `time.time`,
too, and one that stands still keeps their messages back for ever.
"""

from collections.abc import Iterator
from inspect import isclass, ismodule
from pkgutil import resolve_name
from types import SimpleNamespace
from typing import Any

import pytest

OURS = {"scratchmlp", "tests", "benchmarks", "checks", "docs"}
#: What tests replace for the whole process, and why there is no other way.
WHOLE_PROCESS = {
    "sys.argv": "the command line's arguments are those of its process",
    "sys.stdin": "so are its streams",
    "sys.stdout": "the same",
    "sys.stderr": "the same",
    "sys.unraisablehook": "the command sets it, and it is restored",
    "sklearn.base.__version__": "scikit-learn itself writes it to pickles, and compares it",
    "sklearn.neural_network._multilayer_perceptron.train_test_split": "its rows are compared",
}


class Patches(pytest.MonkeyPatch):
    """`pytest.MonkeyPatch` that changes no other library, and knows another way."""

    def setattr(self, target: Any, name: Any, *value: Any, **options: Any) -> None:
        """Replace an attribute; refuse one of a module or a class of another library."""
        owner, attribute = target, name
        if isinstance(target, str):
            path, _, attribute = target.rpartition(".")
            owner = resolve_name(path)
        path = f"{_name(owner)}.{attribute}"
        if path.partition(".")[0] not in OURS and path not in WHOLE_PROCESS:
            raise ValueError(
                f"{path} is used in the whole process. Replace the library's name in the module "
                "that you test, with monkeypatch.setattr_in, or give a reason in WHOLE_PROCESS."
            )
        super().setattr(target, name, *value, **options)

    def setattr_in(self, module: Any, library: Any, **attributes: Any) -> None:
        """Replace attributes of a library in one module: `setattr_in(monitor, time, time=f)`."""
        self.setattr(module, library.__name__, SimpleNamespace(**vars(library) | attributes))


@pytest.fixture
def monkeypatch() -> Iterator[Patches]:
    with Patches.context() as patches:
        yield patches


def _name(owner: Any) -> str:
    """Return the full name of a module or a class. Other objects belong to the test."""
    if isclass(owner):
        return f"{owner.__module__}.{owner.__qualname__}"
    return owner.__name__ if ismodule(owner) else "tests"
