"""Neural networks, hand-written in NumPy, as scikit-learn estimators.

The modules of this folder are the core: README lists them in a good order to read them.

The estimators are in `scratchmlp.estimators`. The estimators for raw tables are in
`scratchmlp.tabular`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from scratchmlp.utils.public import on_first_use

if TYPE_CHECKING:
    from scratchmlp.estimators.classifier import ScratchMLPClassifier
    from scratchmlp.estimators.gradient_check import check_gradient
    from scratchmlp.estimators.regressor import ScratchMLPRegressor
    from scratchmlp.run import DivergenceError

__version__ = "0.1.0.dev0"

__all__ = [
    "DivergenceError",
    "ScratchMLPClassifier",
    "ScratchMLPRegressor",
    "__version__",
    "check_gradient",
    "report",
]

# Names and modules are imported on first use. Thus ``import scratchmlp`` is fast, and the command
# line handles Ctrl-C before the slow imports begin: ``python -m`` imports this module first.

#: Modules of the public names.
_MODULES = {
    "DivergenceError": "run",
    "ScratchMLPClassifier": "estimators.classifier",
    "ScratchMLPRegressor": "estimators.regressor",
    "check_gradient": "estimators.gradient_check",
    "report": "reporting.page",
}
#: Public modules.
_PUBLIC = (
    "activations",
    "callbacks",
    "dask",
    "estimators",
    "initializers",
    "io",
    "losses",
    "optimizers",
    "plotting",
    "schedules",
    "tabular",
)


def __getattr__(name: str) -> Any:
    """Import a public name or module: ``scratchmlp.tabular`` works after ``import scratchmlp``."""
    if name in _PUBLIC:
        return import_module(f"{__name__}.{name}")
    return on_first_use(__name__, _MODULES)(name)


def __dir__() -> list[str]:
    """List the public names, those that have not been imported included.

    `help` imports all names in this list, so it has `dask`, which may not be installed, only after
    its import.
    """
    return sorted({*__all__, *_PUBLIC} - {"dask"} | {*globals()})
