"""The schema of a model file: JSON that skops writes, a tree of nodes that name types."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

Node = dict[str, Any]

#: Names of data that any file may contain: plain values, arrays and NumPy's random generators.
_PLAIN = frozenset(
    (
        *(
            f"builtins.{kind.__name__}"
            for kind in (bool, bytes, dict, float, int, list, set, slice, str, tuple)
        ),
        *(f"numpy.{kind.__name__}" for kind in np.sctypeDict.values()),
        "collections.OrderedDict",
        "numpy.ndarray",
        "numpy.ma.MaskedArray",
        "numpy.ma.core.MaskedArray",
        "numpy.random._generator.Generator",
        "numpy.random.mtrand.RandomState",
    )
)

#: What some loaders of skops make, whatever type their node names.
_MADE = {
    "DefaultDictNode": "collections.defaultdict",
    "PartialNode": "functools.partial",
    "SparseMatrixNode": "scipy.sparse.spmatrix",
}


def types_in(schema: bytes) -> set[str]:
    """Return the names of all types and functions in a schema that are not plain data.

    skops trusts all estimators of scikit-learn, also those that a crafted file can let crash the
    process. So its own list of what is not trusted does not suffice.
    """
    names = set()
    for node in _nodes_in(json.loads(schema)):
        named = f"{node['__module__']}.{node['__class__']}"
        names |= {named, _MADE.get(node["__loader__"], named)}
    return names - _PLAIN


def mended(schema: bytes) -> bytes:
    """Return a schema, written compactly, whose dicts skops reads as they were.

    skops reads the key "false" as ``bool("false")``, which is True. An empty text is read as False.

    Raises
    ------
    ValueError
        If two keys of a dict are equal as text, because a file would contain only one of them.
    """
    root = json.loads(schema)
    for node in _nodes_in(root):
        if node["__loader__"] == "DictNode":
            types = [each["__class__"] for each in node["key_types"]["content"]]
            if "bool" in types or "bool_" in types:
                node["content"] = {
                    "" if key == "false" else key: value for key, value in node["content"].items()
                }
            if len(types) != len(node["content"]):
                raise ValueError(
                    "a dict has keys that are equal as text, such as 1 and '1'. Rename one of them"
                )
    return json.dumps(root, separators=(",", ":")).encode()


def _nodes_in(root: Any) -> Iterator[Node]:
    """Yield the nodes of a schema, each before those that it holds."""
    todo = [root]
    while todo:
        each = todo.pop()
        if isinstance(each, dict):
            if isinstance(each.get("__loader__"), str):  # a dict of the user may have this key
                yield each
            todo += each.values()
        elif isinstance(each, list):
            todo += each
