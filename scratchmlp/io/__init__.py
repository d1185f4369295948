"""Models as files: save and load them without running code, or convert them to ONNX.

`save` writes a fitted estimator to a file of data, and `load` reads it. A file of scratchmlp.io
cannot run code, unlike a pickle. `TRUSTED` lists the types that such a file may contain. `to_onnx`
makes a model that other programs read.
"""

from typing import TYPE_CHECKING

from scratchmlp.utils.public import on_first_use

if TYPE_CHECKING:
    from scratchmlp.io.container import ModelFileError
    from scratchmlp.io.files import load, save
    from scratchmlp.io.onnx.export import to_onnx
    from scratchmlp.io.onnx.skl2onnx_converters import register_skl2onnx_converters
    from scratchmlp.io.trusted import TRUSTED

__all__ = [
    "TRUSTED",
    "ModelFileError",
    "load",
    "register_skl2onnx_converters",
    "save",
    "to_onnx",
]

#: Modules of the public names, which are imported on first use.
_MODULES = {
    "TRUSTED": "trusted",
    "ModelFileError": "container",
    "load": "files",
    "register_skl2onnx_converters": "onnx.skl2onnx_converters",
    "save": "files",
    "to_onnx": "onnx.export",
}

__getattr__ = on_first_use(__name__, _MODULES)


def __dir__() -> list[str]:
    """List the public names, those that have not been imported included."""
    return sorted({*globals(), *__all__})
