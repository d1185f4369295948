"""Training on a Dask cluster, on data that need not fit into one machine's memory.

`DaskScratchMLPClassifier` and `DaskScratchMLPRegressor` train one network. They have the parameters
of those in `scratchmlp`, and take dask arrays and DataFrames. The driver, which is the process that
calls `fit`, runs the same training loops. In each evaluation of the objective, the workers sum the
losses and gradients of their rows, and the driver gets one sum. So the result is that of the local
estimators, except for rounding errors.

`DaskTabularMLPClassifier` and `DaskTabularMLPRegressor` are ensembles for raw tables. Workers
encode the table and train the members of the ensemble.

It needs dask and distributed: ``pip install "scratchmlp[dask]"``. ``import scratchmlp`` does not
import this package; its first use does.
"""

try:
    from scratchmlp.dask.classifier import DaskScratchMLPClassifier
    from scratchmlp.dask.regressor import DaskScratchMLPRegressor
    from scratchmlp.dask.tables.classifier import DaskTabularMLPClassifier
    from scratchmlp.dask.tables.regressor import DaskTabularMLPRegressor
except ModuleNotFoundError as error:
    if (error.name or "").partition(".")[0] not in ("dask", "distributed"):
        raise
    raise ImportError(
        f"scratchmlp.dask needs dask and distributed, but {error.name!r} cannot be imported. "
        'Install them with: pip install "scratchmlp[dask]"'
    ) from error

__all__ = [
    "DaskScratchMLPClassifier",
    "DaskScratchMLPRegressor",
    "DaskTabularMLPClassifier",
    "DaskTabularMLPRegressor",
]
