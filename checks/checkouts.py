"""Processes that import the package of a checkout, and everything else from this one."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parents[1]
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def start(
    module: str, arguments: Sequence[Any], checkout: Path, folder: Path, **options: Any
) -> subprocess.Popen[str]:
    """Run a module with the package of a checkout, and with one BLAS thread.

    The folder gets a link to the package, and must exist as long as the process runs.
    """
    (folder / "scratchmlp").symlink_to(checkout.resolve() / "scratchmlp")
    path = {
        "PYTHONPATH": os.pathsep.join(map(str, (folder, HERE))),
        "PYTHONHASHSEED": "0",
    }
    command = [sys.executable, "-P", "-m", module, *map(str, arguments)]
    environment = os.environ | dict.fromkeys(THREADS, "1") | path
    return subprocess.Popen(command, env=environment, text=True, **options)
