"""Training on a Dask cluster, on data that need not fit into one machine's memory.

`fit` fits an estimator to dask arrays and DataFrames. This process, the driver, runs the same
training as the estimator's own `fit`, and workers do what touches rows.

Of a network, the workers check and convert the rows. In each evaluation of the objective, they sum
the losses and gradients of their rows, and the driver gets one sum. Of an ensemble of networks for
a raw table, workers encode the table and train the members.

It needs dask and distributed: ``pip install ".[dask]"`` in the folder of the source. ``import
scratchmlp`` does not import this package; its first use does.
"""

from scratchmlp.utils.extras import check_installed

check_installed("scratchmlp.dask", "dask", "dask", "distributed")
from scratchmlp.dask.fitting import fit  # noqa: E402 - what it imports is there now

__all__ = ["fit"]
