"""The machine and the versions of a benchmark: the first line of its output."""

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
    libraries = ("numpy", "scipy", "scikit-learn", "scratchmlp", *extras)
    versions = ", ".join(map(_version, libraries))
    return f"{processor()}, Python {platform.python_version()}, {versions}"


def processor() -> str:
    """Name the processor."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _version(library: str) -> str:
    try:
        return f"{library} {version(library)}"
    except PackageNotFoundError:
        return f"{library} not installed"
