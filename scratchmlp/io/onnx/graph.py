"""A graph of ONNX that grows node by node."""

import copy
from collections.abc import Mapping
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from scratchmlp import __version__

#: Versions of the operators and of the format. Older ones lack operators; newer ones would exclude
#: older runtimes.
OPSETS = {"": 17, "ai.onnx.ml": 3}
IR_VERSION = 8
ML = "ai.onnx.ml"
#: Names of outputs.
OUTPUTS = ("label", "probabilities", "scores", "prediction", "encoded")

#: An input of a node: the name of a value, or a constant.
Value = str | float | NDArray[Any]


class Graph:
    """A graph of ONNX.

    Parameters
    ----------
    dtype : dtype, default=float32
        Type of the parameters of networks, and of Python numbers that are inputs of nodes.
    prefix : str, default="/"
        Begin of the names of values.

    Attributes
    ----------
    nodes : list of NodeProto
        The nodes, in the order of computation.
    initializers : list of TensorProto
        The constants.
    inputs, outputs : list of ValueInfoProto
        Inputs and outputs of the model.
    properties : dict of str to str
        Entries of `metadata_props` of the model.
    """

    def __init__(self, dtype: DTypeLike = np.float32, prefix: str = "/") -> None:
        self.dtype = np.dtype(dtype)
        self.prefix = prefix
        self.nodes: list[Any] = []
        self.initializers: list[Any] = []
        self.inputs: list[Any] = []
        self.outputs: list[Any] = []
        self.properties: dict[str, str] = {}
        self._constants: dict[tuple[Any, ...], str] = {}
        self._numbers = count(1)

    def name(self, what: str) -> str:
        """Return a new name of a value, which no input has."""
        taken = {each.name for each in self.inputs}
        return next(
            name
            for number in self._numbers
            if (name := f"{self.prefix}{what}_{number}") not in taken
        )

    def of_dtype(self, dtype: DTypeLike) -> "Graph":
        """Return the same graph with another `dtype`: what is added to one is added to both."""
        same = copy.copy(self)
        same.dtype = np.dtype(dtype)
        return same

    def add(self, operator: str, *inputs: Value, domain: str = "", **attributes: Any) -> str:
        """Add a node with one output, and return the name of this output.

        Parameters
        ----------
        operator : str
            The operator, such as "MatMul".
        *inputs : str, float or ndarray
            Names of values, or constants. A Python number becomes a constant of type `dtype`.
        domain : str, default=""
            The domain of the operator.
        **attributes : object
            Attributes of the node.

        Returns
        -------
        str
            Name of the output.
        """
        from onnx import helper

        names = [each if isinstance(each, str) else self.constant(each) for each in inputs]
        output = self.name(operator)
        self.nodes.append(helper.make_node(operator, names, [output], domain=domain, **attributes))
        return output

    def cast(self, value: str, dtype: DTypeLike) -> str:
        """Add a conversion to a type of NumPy."""
        from onnx import helper

        return self.add("Cast", value, to=helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def scale(self, value: str, center: NDArray[Any], divisor: NDArray[Any]) -> str:
        """Add (value - center) / divisor for constants, as (center - value) / -divisor.

        onnxruntime leaves out the subtraction of a constant that is 0 in float32, such as 1e-50,
        and the division by one that is 1 in float32.
        """
        return self.add("Div", self.add("Sub", center, value), -divisor)

    def gather(self, value: Value, positions: Any, axis: int = 1) -> str:
        """Add a selection of columns, or of entries along another axis."""
        return self.add("Gather", value, np.asarray(positions, np.int64), axis=axis)

    def concat(self, values: list[str], axis: int = 1) -> str:
        """Add a concatenation, unless there is a single value."""
        return values[0] if len(values) == 1 else self.add("Concat", *values, axis=axis)

    def stack(self, values: list[str]) -> str:
        """Add a new first axis along which the values are concatenated."""
        first = np.array([0], np.int64)
        return self.concat([self.add("Unsqueeze", each, first) for each in values], axis=0)

    def constant(self, value: Any) -> str:
        """Add a constant, and return its name. Equal constants are added once."""
        from onnx import numpy_helper

        array = np.asarray(value, self.dtype if isinstance(value, float) else None)
        key = (
            array.dtype,
            array.shape,
            tuple(array.flat) if array.dtype == "O" else array.tobytes(),
        )
        if key not in self._constants:
            name = self._constants[key] = self.name("constant")
            array = np.ascontiguousarray(array).reshape(array.shape)
            self.initializers.append(numpy_helper.from_array(array, name))
        return self._constants[key]

    def add_input(self, name: str, dtype: DTypeLike, n_columns: int, description: str = "") -> str:
        """Add an input of shape (n_samples, n_columns); `object` stands for strings."""
        self.inputs.append(_value_info(name, dtype, ["n_samples", n_columns], description))
        return name

    def add_output(
        self, value: str, name: str, dtype: DTypeLike, *shape: int, description: str = ""
    ) -> None:
        """Make a value an output of shape (n_samples, ...) under a name of its own."""
        from onnx import helper

        self.nodes.append(helper.make_node("Identity", [value], [name]))
        self.outputs.append(_value_info(name, dtype, ["n_samples", *shape], description))

    def inline(self, model: Any, inputs: Mapping[str, str], output: str) -> str:
        """Add what one output of a model needs, and return its name in this graph.

        Parameters
        ----------
        model : ModelProto
            The model.
        inputs : mapping of str to str
            The value of this graph for each input of the model.
        output : str
            The output of the model.

        Returns
        -------
        str
            Name of the output.
        """
        from onnx import compose, helper, utils

        needed = utils.Extractor(model).extract_model([*inputs], [output])
        prefix = f"{self.name('model')}/"
        added = compose.add_prefix_graph(needed.graph, prefix)
        for name, value in inputs.items():
            self.nodes.append(helper.make_node("Identity", [value], [prefix + name]))
        self.nodes += added.node
        self.initializers += added.initializer
        return prefix + output

    def model(self) -> Any:
        """Return the graph as a checked `onnx.ModelProto`."""
        from onnx import checker, helper

        graph = helper.make_graph(
            self.nodes, "scratchmlp", self.inputs, self.outputs, self.initializers
        )
        used = {"", *(node.domain for node in self.nodes)}
        opsets = [helper.make_opsetid(name, OPSETS[name]) for name in OPSETS if name in used]
        model = helper.make_model(
            graph,
            ir_version=IR_VERSION,
            opset_imports=opsets,
            producer_name="scratchmlp",
            producer_version=__version__,
        )
        helper.set_model_props(model, self.properties)
        checker.check_model(model)
        return model


def check_name(name: str) -> None:
    """Raise an error if no input can have the name of a column.

    Parameters
    ----------
    name : str
        Name of the column.

    Raises
    ------
    ValueError
        If it is empty or the name of an output.
    """
    if not name or name in OUTPUTS:
        reason = "that of an output" if name else "empty"
        raise ValueError(
            f"No input of an ONNX model can have the name of column {name!r}, because it is "
            f"{reason}. Rename the column, and fit again."
        )


def _value_info(name: str, dtype: DTypeLike, shape: list[Any], description: str) -> Any:
    """Describe an input or an output."""
    from onnx import helper

    kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    return helper.make_tensor_value_info(name, kind, shape, doc_string=description)
