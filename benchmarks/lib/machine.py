"""The state in which something was measured: machine, versions and commit."""

import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def describe(*extras: str) -> str:
    """Name the processor, the versions of libraries, of which `extras` may miss, and the commit."""
    libraries = ("numpy", "scipy", "scikit-learn", "scratchmlp", *extras)
    versions = ", ".join(map(_version, libraries))
    return f"{processor()}, Python {platform.python_version()}, {versions}, commit {commit()}"


def processor() -> str:
    """Name the processor."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def commit(checkout: Path = Path(__file__).parent) -> str:
    """Name the commit that is checked out, with "-dirty" if files have changed since."""
    command = ["git", "-C", checkout, "describe", "--always", "--dirty"]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip() or "unknown"


def _version(library: str) -> str:
    try:
        return f"{library} {version(library)}"
    except PackageNotFoundError:
        return f"{library} not installed"
