"""What a benchmark ran on: its first line of output."""

import platform
from importlib.metadata import version
from pathlib import Path


def describe() -> str:
    """Name the processor, Python and the versions of the libraries that matter."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    cpu = names[0] if names else platform.processor()
    libraries = ("numpy", "scipy", "scikit-learn", "scratchmlp")
    versions = ", ".join(f"{library} {version(library)}" for library in libraries)
    return f"{cpu}, Python {platform.python_version()}, {versions}"
