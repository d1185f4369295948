"""Optional packages, which extras such as "scratchmlp[onnx]" install."""

from importlib.util import find_spec


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
    >>> check_installed("It", "plot", "numpy", "a_plotter")
    Traceback (most recent call last):
        ...
    ImportError: It needs a_plotter. To install what is missing, run pip install "scratchmlp[plot]".
    >>> check_installed("It", "plot", "numpy")
    """
    if missing := [name for name in packages if not find_spec(name)]:
        raise ImportError(
            f"{what} needs {' and '.join(missing)}. To install what is missing, run "
            f'pip install "scratchmlp[{extra}]".'
        )
