"""The number of BLAS threads of the process."""

from pathlib import Path

from threadpoolctl import threadpool_info


def blas_threads():
    """Return the number of threads of each BLAS, by the folder of its file."""
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    return {Path(pool["filepath"]).parent.name: pool["num_threads"] for pool in pools}
