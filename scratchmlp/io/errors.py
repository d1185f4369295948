"""The error of files that are no models, and what raises it."""

from scratchmlp.public import public


@public("scratchmlp.io")
class ModelFileError(ValueError):
    """A file is not a model, is damaged, or contains what may not be loaded.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from scratchmlp.io import ModelFileError, load
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "network.skops"
    ...     _ = path.write_bytes(b"no model")
    ...     try:
    ...         load(path)
    ...     except ModelFileError:
    ...         print("save the model again")
    save the model again
    """


class ContentError(ModelFileError):
    """The content of a model is damaged. The message is a clause that says what is wrong."""


def require(condition: object, message: str) -> None:
    """Raise a ContentError unless a condition holds."""
    if not condition:
        raise ContentError(message)
