"""What a benchmark ran on: its first line of output."""

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def describe(*extras: str) -> str:
    """Name the processor, Python and the versions of the libraries that matter.

    Parameters
    ----------
    *extras : str
        Further libraries, which need not be installed.
    """
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    cpu = names[0] if names else platform.processor()
    libraries = ("numpy", "scipy", "scikit-learn", "scratchmlp", *extras)
    return f"{cpu}, Python {platform.python_version()}, {', '.join(map(_version, libraries))}"


def _version(library: str) -> str:
    try:
        return f"{library} {version(library)}"
    except PackageNotFoundError:
        return f"{library} not installed"
