"""The schema of a model file: which types it names, and which arrays.

The schema is JSON that skops has written, a tree of nodes. A node names a type and a loader, and
holds other nodes. It is checked before skops sees it, more strictly than skops does: each loader
may make only the types that it is for, an array must be as large as its header announces, and
nothing is made twice.
"""

import json
from collections.abc import Callable, Collection, Mapping
from typing import Any

from scratchmlp.io.array_headers import array_shape
from scratchmlp.io.container import SCHEMA
from scratchmlp.io.errors import ContentError, ModelFileError, require
from scratchmlp.io.trusted import (
    BUNCH,
    DTYPE,
    FUNCTIONS,
    LOSSES,
    OBJECTS,
    SPLITTERS,
    TREE,
    TRUSTED,
    TUPLES,
)

Node = dict[str, Any]

_PROTOCOL = 2  # of skops 0.16
_DEEPEST = 200
#: Digits of integers of 64 bits. Only longer ones can be chosen so that many have the same hash,
#: which would slow down dicts.
_DIGITS = 20
_MOST_LONG = 10_000
_NUMPY_SCALARS = frozenset(
    f"numpy.{name}"
    for name in (
        *("bool", "bool_", "str_", "bytes_", "datetime64", "timedelta64", "longdouble"),
        *("float16", "float32", "float64", "int8", "int16", "int32", "int64", "longlong"),
        *("uint8", "uint16", "uint32", "uint64", "ulonglong", "intp", "uintp"),
    )
)
_KEYS = frozenset(f"builtins.{name}" for name in ("bool", "float", "int", "str")) | _NUMPY_SCALARS
#: The types that each loader may make.
_MADE_BY: dict[str, frozenset[str]] = {
    "DTypeNode": frozenset([DTYPE]),
    "DictNode": frozenset(["builtins.dict", "collections.OrderedDict", BUNCH]),
    "FunctionNode": FUNCTIONS,
    "ListNode": frozenset(["builtins.list"]),
    "LossNode": LOSSES,
    "MaskedArrayNode": frozenset(["numpy.ma.MaskedArray", "numpy.ma.core.MaskedArray"]),
    "NdArrayNode": _NUMPY_SCALARS | {"numpy.ndarray"},
    "ObjectNode": OBJECTS,
    "RandomGeneratorNode": frozenset(["numpy.random._generator.Generator"]),
    "RandomStateNode": frozenset(["numpy.random.mtrand.RandomState"]),
    "SliceNode": frozenset(["builtins.slice"]),
    "TreeNode": frozenset([TREE]),
    "TupleNode": TUPLES | {"builtins.tuple"},
    "TypeNode": _KEYS | SPLITTERS,
}
_TRUSTED = frozenset(TRUSTED)
#: Loaders of types that users may trust in addition.
_OPEN = ("DictNode", "FunctionNode", "ObjectNode", "TupleNode", "TypeNode")


class Schema:
    """The checked schema of a model file.

    Parameters
    ----------
    members : mapping of str to bytes
        Members of the file.

    Attributes
    ----------
    types : set of str
        Names of the types and functions that are neither plain data nor arrays.
    untrusted : set of str
        Those of them that are not in `TRUSTED`.

    Raises
    ------
    ContentError
        If the schema is damaged.
    ModelFileError
        If it contains an object that a file cannot contain.
    """

    def __init__(self, members: Mapping[str, bytes]) -> None:
        root = _parsed(members[SCHEMA])
        self.types: set[str] = set()
        self.untrusted: set[str] = set()
        self._members = members
        self._arrays: set[str] = set()
        self._hashes: dict[int, int] = {}
        self._n_long = 0  # integers of more than 64 bits
        try:
            self._visit(root, 0)
        except ModelFileError:
            raise
        except (LookupError, TypeError, AttributeError, ValueError, RecursionError) as error:
            raise ContentError(f"its schema is not complete ({error!r:.200}).") from error
        unused = members.keys() - self._arrays - {SCHEMA}
        require(not unused, f"nothing refers to {sorted(unused)[:3]}.")

    def check_trusted(self, trusted: Collection[str]) -> None:
        """Raise an error unless all types are trusted."""
        if untrusted := sorted(self.untrusted - set(trusted)):
            names = listed(untrusted)
            raise ModelFileError(
                f"The file contains types that are not in scratchmlp.io.TRUSTED: {names}. To load "
                "it runs their code. If they are yours, or you trust them and the file, pass "
                f"trusted=[{names}]."
            )

    def _visit(self, node: Node, depth: int) -> int:
        """Check a node and those that it holds. Return a hash of them."""
        require(depth < _DEEPEST, "its schema is nested too deeply.")
        loader, number = node["__loader__"], node.get("__id__")
        require(number is None or type(number) is int, "the number of an object is no integer.")
        if loader == "JsonNode":
            content = node["content"]
            require(type(content) is str, "a value is not written as text.")
            require(content.lstrip()[:1] not in ("[", "{"), "a value is not a single one.")
            self._count_long([content])
            parts: list[Any] = [content]
        else:
            self._check_type(f"{node['__module__']}.{node['__class__']}", loader)
            children = _CHILDREN[loader](node)
            parts = [node["__module__"], node["__class__"], loader]
            if "file" in node:
                self._check_array(node)
                parts.append(self._members[node["file"]])
            if loader == "DictNode":
                self._count_long(node["content"])
                parts += node["content"]
            if loader == "SliceNode":
                parts.append(json.dumps(node["content"]))
            parts += [self._visit(child, depth + 1) for child in children]
        found = hash(tuple(parts))
        if number:
            # skops makes only the first object of a number, but counts all. A tiny schema could
            # thus stand for a tree that takes forever to count, and values could escape checks.
            known = self._hashes.setdefault(number, found)
            require(known == found, "two objects have the same number.")
        return found

    def _count_long(self, texts: Collection[str]) -> None:
        """Count long integers, which are values or keys."""
        # In a float of many digits there is a point or an exponent.
        self._n_long += sum(len(t) > _DIGITS and t.strip(" +-_\n").isdigit() for t in texts)
        require(self._n_long <= _MOST_LONG, "it has too many integers of more than 64 bits.")

    def _check_type(self, name: str, loader: str) -> None:
        if loader not in _MADE_BY:
            raise ModelFileError(
                f"{name!r:.200} cannot be in a model file ({loader!r:.80}). Replace it, or save a "
                "part of the model, such as the best estimator of a search."
            )
        if name in _MADE_BY[loader]:
            if name in _TRUSTED:
                self.types.add(name)
            return
        require(loader in _OPEN, f"it makes {name!r:.200} with {loader}, which is not its.")
        self.types.add(name)
        self.untrusted.add(name)

    def _check_array(self, node: Node) -> None:
        """Check that an array is as large as its header announces, before it is read."""
        name = node["file"]
        require(name == f"{node['__id__']}.npy", "an array has another's file.")
        require(name in self._members, f"it has no {name!r:.80}.")
        self._arrays.add(name)
        shape = array_shape(self._members[name])
        is_array = node["__class__"] == "ndarray"
        require(is_array or not shape, "a number is an array.")


def listed(names: Collection[str]) -> str:
    """Return the first names, in quotes."""
    first = [f"{name!r:.200}" for name in sorted(names)[:20]]
    return ", ".join([*first, f"and {len(names) - 20} more"] if len(names) > 20 else first)


def _parsed(content: bytes) -> Node:
    """Parse the schema."""
    try:
        root = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ContentError(f"its schema cannot be read: {error!s:.200}") from error
    require(isinstance(root, dict), "its schema describes nothing.")
    # skops reads older protocols by other rules, and checks the number itself.
    protocol = root.get("protocol")
    require(type(protocol) is int and protocol >= _PROTOCOL, "its schema has another protocol.")
    return root


def _no_children(node: Node) -> list[Node]:
    return []


def _items(node: Node) -> list[Node]:
    return node["content"]


def _dict_children(node: Node) -> list[Node]:
    n_keys = len(node["key_types"]["content"])
    require(
        n_keys == len(node["content"]),
        "a dict has keys that are equal as text, such as 1 and '1'. Rename one of them.",
    )
    return [node["key_types"], *node["content"].values()]


def _array_children(node: Node) -> list[Node]:
    if node["type"] == "numpy":
        require(type(node["file"]) is str, "an array has no file.")
        return []
    require(node["type"] == "json" and "file" not in node, "an array has no values.")
    is_tuple = f"{node['shape']['__module__']}.{node['shape']['__class__']}" == "builtins.tuple"
    require(is_tuple and node["shape"]["__loader__"] == "TupleNode", "an array has no shape.")
    shape = [json.loads(each["content"]) for each in node["shape"]["content"]]
    valid = {*map(type, shape)} == {int} and len(shape) <= 8 and _is_nested(node["content"], shape)
    require(valid, "an array has not as many items as its shape says.")
    return [*node["content"], node["shape"]]


def _is_nested(items: list[Node], shape: list[int]) -> bool:
    """Return whether lists of items, and their lists, have the lengths that a shape states.

    NumPy would repeat what the items of an array of several axes hold, if these are no scalars.
    """
    valid = type(items) is list and len(items) == shape[0]
    if len(shape) == 1 or not valid:
        return valid
    return all(each["__loader__"] == "ListNode" for each in items) and all(
        _is_nested(each["content"], shape[1:])
        and (len(shape) > 2 or all(map(_is_scalar, each["content"])))
        for each in items
    )


def _is_scalar(node: Node) -> bool:
    """Return whether an item is a value, a number or, as in gradient boosting, a tree."""
    loader = node["__loader__"]
    is_number = loader == "NdArrayNode" and node["__class__"] != "ndarray"
    is_tree = loader == "ObjectNode" and node["__module__"] == "sklearn.tree._classes"
    return is_number or is_tree or loader == "JsonNode"


def _object_children(node: Node) -> list[Node]:
    content = node.get("content")
    return [] if content is None else [content]


def _reduce_children(node: Node) -> list[Node]:
    return [node["content"], node["__reduce__"]["args"]]


def _tree_children(node: Node) -> list[Node]:
    """Return what a tree holds. Its number of outputs takes memory before skops reads the nodes."""
    arguments = node["__reduce__"]["args"]["content"]
    n_outputs = json.loads(arguments[2]["content"])
    require(
        type(n_outputs) is int and 0 < n_outputs < 2**16 and len(arguments) == 3,
        "a tree has no outputs, or too many.",
    )
    return _reduce_children(node)


def _generator_children(node: Node) -> list[Node]:
    """Return what a generator holds. Other generators than NumPy's usual one are not needed."""
    state, seed = node["content"]["bit_generator"], node["content"]["seed_seq"]
    name = json.loads(state["content"]["bit_generator"]["content"])
    pool_size = json.loads(seed["content"]["pool_size"]["content"])
    require(name == "PCG64", f"{name!r:.80} cannot be in a model file, only PCG64.")
    require(type(pool_size) is int and pool_size == 4, "a generator has another seed.")
    return [state, seed]


def _slice_children(node: Node) -> list[Node]:
    parts = [node["content"][name] for name in ("start", "stop", "step")]
    valid = all(part is None or type(part) in (int, str) for part in parts)
    require(valid, "a slice has no limits.")
    return []


_CHILDREN: dict[str, Callable[[Node], list[Node]]] = {
    "DTypeNode": lambda node: [node["content"]],
    "DictNode": _dict_children,
    "FunctionNode": _no_children,
    "ListNode": _items,
    "LossNode": _reduce_children,
    "MaskedArrayNode": lambda node: [node["content"]["data"], node["content"]["mask"]],
    "NdArrayNode": _array_children,
    "ObjectNode": _object_children,
    "RandomGeneratorNode": _generator_children,
    "RandomStateNode": lambda node: [node["content"]],
    "SliceNode": _slice_children,
    "TreeNode": _tree_children,
    "TupleNode": _items,
    "TypeNode": _no_children,
}
