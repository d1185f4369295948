"""Damaged and crafted model files."""

import io
import json
import os
import pickle
import warnings
import zipfile
from contextlib import suppress

import numpy as np

from scratchmlp.io.container import MANIFEST, SCHEMA, _digest, to_bytes


def members_of(data):
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return {name: file.read(name) for name in file.namelist()}


def zipped(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return buffer.getvalue()


def signed(members):
    """Return a file whose digest is right, as whoever changes a file on purpose would write it."""
    contents = {name: content for name, content in members.items() if name != MANIFEST}
    return to_bytes(contents, {})


def with_schema(data, change):
    """Return a signed file after a change of its schema."""
    members = members_of(data)
    root = json.loads(members[SCHEMA])
    change(root)
    return signed(members | {SCHEMA: json.dumps(root).encode()})


def with_manifest(data, **entries):
    """Return a signed file after a change of its manifest."""
    members = members_of(data)
    manifest = json.loads(members.pop(MANIFEST)) | entries
    manifest.pop("sha256")
    manifest["sha256"] = _digest(manifest, members)
    return zipped({MANIFEST: json.dumps(manifest), **members})


# Damage by accident.


def flip_bits(data, rng):
    """Flip some bits, every other time in the last part, which lists the members."""
    changed = bytearray(data)
    for place in rng.integers(max(0, len(data) - 3000) * rng.integers(2), len(data), size=3):
        changed[place] ^= 1 << rng.integers(8)
    return bytes(changed)


def truncate(data, rng):
    return data[: rng.integers(len(data))]


def repeat_a_member(data, rng):
    """Two members of one name: readers disagree on which one counts."""
    name = rng.choice(list(members_of(data)))
    buffer = io.BytesIO(data)
    with zipfile.ZipFile(buffer, "a") as file, warnings.catch_warnings(action="ignore"):
        file.writestr(name, rng.bytes(99))
    return buffer.getvalue()


def edit_a_value(data, rng):
    """Change a value of the schema or the manifest, not the digest."""
    members = members_of(data)
    name = rng.choice([MANIFEST, SCHEMA])
    root = json.loads(members[name])
    edit(root, rng)
    return zipped(members | {name: json.dumps(root).encode()})


ACCIDENTS = [flip_bits, truncate, repeat_a_member, edit_a_value]


# Damage on purpose: the digest is right.


class Payload:
    """Its pickle makes a folder when it is loaded."""

    def __init__(self, folder):
        self.folder = str(folder)

    def __reduce__(self):
        return os.makedirs, (self.folder,)


def arrays_of(members):
    return [name for name in members if name.endswith(".npy")]


def nest(data, rng, target):
    """Put a zip file, or a pickle, in the place of an array."""
    members, pickled = members_of(data), pickle.dumps(Payload(target))
    objects = io.BytesIO()
    np.save(objects, np.array([Payload(target)], dtype=object), allow_pickle=True)
    new = [data, pickled, objects.getvalue(), zipped({"a.npy": pickled}), b"", b"\x93NUMPY\x09\x00"]
    members[rng.choice(arrays_of(members))] = new[rng.integers(len(new))]
    return signed(members)


def disguise(data, rng, target):
    """Return a pickle, alone or in front of a model file."""
    pickled = pickle.dumps(Payload(target), protocol=int(rng.integers(6)))
    return [pickled, pickled + data, zipped({"data.pkl": pickled})][rng.integers(3)]


FORBIDDEN = ["os.system", "builtins.eval", "pickle.loads", "my.Own", "sklearn.svm._classes.SVC"]


def loader(rng):
    """Draw the name of what skops reads a node with."""
    from skops.io._audit import NODE_TYPE_MAPPING

    return str(rng.choice(sorted({name for name, _ in NODE_TYPE_MAPPING})))


def name_a_type(data, rng, target):
    """Let a node make a type that runs code, with its own loader or another one."""

    def change(root):
        node = rng.choice([each for each in nodes_of(root) if each["__loader__"] != "JsonNode"])
        node["__module__"], _, node["__class__"] = str(rng.choice(FORBIDDEN)).rpartition(".")
        if rng.random() < 0.5:
            node["__loader__"] = loader(rng)

    return with_schema(data, change)


def call_a_function(data, rng, target):
    """Replace a node by a call that makes a folder."""
    path = {"__loader__": "JsonNode", "__class__": "str", "__module__": "builtins"}
    arguments = {"__class__": "tuple", "__module__": "builtins", "__loader__": "TupleNode"}
    arguments["content"] = [path | {"content": json.dumps(str(target))}]
    call = {"__module__": "os", "__class__": "makedirs", "__loader__": loader(rng)}
    call |= {"content": arguments, "attrs": arguments, "__reduce__": {"args": arguments}}

    def change(root):
        node = rng.choice(nodes_of(root))
        node.clear()
        node.update(call)

    return with_schema(data, change)


def nest_deeply(data, rng, target):
    members = members_of(data)
    depth = 10 ** rng.integers(2, 6)
    node = '{"__loader__":"ListNode","__class__":"list","__module__":"builtins","content":['
    members[SCHEMA] = (node * depth + "]}" * depth).encode()
    return signed(members)


ATTACKS = [nest, disguise, name_a_type, call_a_function, nest_deeply]


# Lies: files that are consistent, but whose values no fit would give.


def lie_about_an_array(data, rng):
    """Change the values, the type or the shape of an array."""
    members = members_of(data)
    name = rng.choice(arrays_of(members))
    array = np.load(io.BytesIO(members[name]))
    changes = [
        lambda: array.ravel()[:0],
        lambda: array[np.newaxis],
        lambda: array[:-1],
        lambda: array.astype(str(rng.choice(["<f2", "<i8", "<U9"]))),
        lambda: np.full_like(array, rng.choice([-1, 2**31 - 1])),
        lambda: np.frombuffer(flip_bits(array.tobytes(), rng), array.dtype).reshape(array.shape),
    ]
    buffer = io.BytesIO()
    # Not all arrays can have all shapes, types and values.
    with warnings.catch_warnings(action="ignore"), suppress(Exception):
        array = rng.choice(changes)()
    np.save(buffer, array, allow_pickle=False)
    return signed(members | {name: buffer.getvalue()})


def lie_about_the_schema(data, rng):
    """Drop, repeat, replace or rename something."""
    return with_schema(data, lambda root: edit(root, rng))


LIES = [lie_about_an_array, lie_about_the_schema]


def nodes_of(root):
    """Return the nodes of a schema."""
    children = [holder[key] for holder, key in places_in([root])]
    return [each for each in children if isinstance(each, dict) and "__loader__" in each]


def places_in(value):
    """Return all places in a value of JSON: containers, each with a key or a position."""
    if not isinstance(value, dict | list):
        return []
    keys = list(value) if isinstance(value, dict) else range(len(value))
    own = [(value, key) for key in keys]
    return own + [place for key in keys for place in places_in(value[key])]


def edit(root, rng):
    """Change something in a value of JSON, in place."""
    places = places_in(root)
    (a, key), (b, other) = (places[rng.integers(len(places))] for _ in range(2))
    kind = rng.integers(4)
    if kind == 0:
        del a[key]
    elif kind == 1:
        a[key] = json.loads(json.dumps(b[other]))
    elif kind == 2:
        a[key] = [None, 0, -1, "x", [], {}, True][rng.integers(7)]
    elif isinstance(a, dict):
        a[f"{key}_"] = a.pop(key)
    else:
        a.append(a[key])
