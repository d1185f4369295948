"""Optional packages, which extras such as "onnx" install."""

from importlib.util import find_spec


def install_command(extra: str) -> str:
    """Return the command that installs an extra, and where to run it: no index has a release yet.

    Examples
    --------
    >>> print(install_command("plot"))
    pip install ".[plot]" in the folder of the source
    """
    return f'pip install ".[{extra}]" in the folder of the source'


def check_installed(what: str, extra: str, *packages: str) -> None:
    """Check that optional packages are installed.

    Parameters
    ----------
    what : str
        What needs them, as the subject of the message.
    extra : str
        The extra that installs them.
    *packages : str
        Their names.

    Raises
    ------
    ImportError
        If one is missing.

    Examples
    --------
    >>> check_installed("It", "plot", "numpy", "a_plotter")  # doctest: +NORMALIZE_WHITESPACE
    Traceback (most recent call last):
        ...
    ImportError: It needs a_plotter. To install what is missing, run pip install ".[plot]" in the
    folder of the source.
    >>> check_installed("It", "plot", "numpy")
    """
    if missing := [name for name in packages if not find_spec(name)]:
        raise ImportError(
            f"{what} needs {' and '.join(missing)}. To install what is missing, run "
            f"{install_command(extra)}."
        )
