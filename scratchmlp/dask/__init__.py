"""Training on a Dask cluster, on data that need not fit into one machine's memory.

`fit` fits an estimator to dask arrays and DataFrames. This process, the driver, runs the same
training as the estimator's own `fit`, and workers do what touches rows.

Of a network, the workers check and convert the rows. In each evaluation of the objective, they sum
the losses and gradients of their rows, and the driver gets one sum. Of an ensemble of networks for
a raw table, workers encode the table and train the members.

It needs dask and distributed: ``pip install ".[dask]"`` in the folder of the source. ``import
scratchmlp`` does not import this package; its first use does.
"""

from scratchmlp.utils.extras import install_command

try:
    from scratchmlp.dask.fitting import fit
except ModuleNotFoundError as error:
    if (error.name or "").partition(".")[0] not in ("dask", "distributed"):
        raise
    raise ImportError(
        f"scratchmlp.dask needs dask and distributed, but {error.name!r} cannot be imported. "
        f"Install them with {install_command('dask')}."
    ) from error

__all__ = ["fit"]
