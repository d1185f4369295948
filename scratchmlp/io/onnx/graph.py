"""A graph of ONNX that grows node by node."""

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import DTypeLike, NDArray
from scipy.special import erf, expit

from scratchmlp import __version__

#: Versions of the operators and of the format. Older ones lack operators; newer ones would exclude
#: older runtimes.
OPSETS = {"": 17, "ai.onnx.ml": 3}
IR_VERSION = 8
ML = "ai.onnx.ml"
#: Operators that are functions of NumPy and SciPy.
_OPERATORS = {
    np.add: "Add",
    np.subtract: "Sub",
    np.multiply: "Mul",
    np.divide: "Div",
    np.matmul: "MatMul",
    np.negative: "Neg",
    np.absolute: "Abs",
    np.floor: "Floor",
    np.rint: "Round",
    np.sqrt: "Sqrt",
    np.exp: "Exp",
    np.log: "Log",
    np.sin: "Sin",
    np.maximum: "Max",
    np.tanh: "Tanh",
    erf: "Erf",
    expit: "Sigmoid",
}
#: The same for operators whose results are booleans.
_TESTS = {
    np.isnan: "IsNaN",
    np.equal: "Equal",
    np.greater: "Greater",
    np.greater_equal: "GreaterOrEqual",
    np.less_equal: "LessOrEqual",
}


class Graph:
    """A graph of ONNX.

    Parameters
    ----------
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

    def __init__(self, prefix: str = "/") -> None:
        self.prefix = prefix
        self.nodes: list[Any] = []
        self.initializers: list[Any] = []
        self.inputs: list[Any] = []
        self.outputs: list[Any] = []
        self.properties: dict[str, str] = {}
        self._constants: dict[tuple[Any, ...], Value] = {}
        self._numbers = count(1)

    def name(self, what: str) -> str:
        """Return a new name of a value, which no input has."""
        taken = {each.name for each in self.inputs}
        return next(
            name
            for number in self._numbers
            if (name := f"{self.prefix}{what}_{number}") not in taken
        )

    def constant(self, array: NDArray[Any]) -> "Value":
        """Add a constant. Equal constants are added once."""
        from onnx import numpy_helper

        content = tuple(array.flat) if array.dtype == "O" else array.tobytes()
        key = (array.dtype, array.shape, content)
        if key not in self._constants:
            name = self.name("constant")
            array = np.ascontiguousarray(array).reshape(array.shape)
            self.initializers.append(numpy_helper.from_array(array, name))
            self._constants[key] = Value(self, name, array.dtype)
        return self._constants[key]

    def add_input(
        self, name: str, dtype: DTypeLike, n_columns: int, description: str = ""
    ) -> "Value":
        """Add an input of shape (n_samples, n_columns); `object` stands for strings."""
        value = Value(self, name, dtype)
        self.inputs.append(_value_info(value, n_columns, description=description))
        return value

    def add_output(self, value: "Value", name: str, *shape: int, description: str = "") -> None:
        """Make a value an output of shape (n_samples, ...) under a name of its own."""
        from onnx import helper

        self.nodes.append(helper.make_node("Identity", [value.name], [name]))
        named = Value(self, name, value.dtype)
        self.outputs.append(_value_info(named, *shape, description=description))

    def inline(self, model: Any, inputs: Mapping[str, "Value"], output: str) -> "Value":
        """Add what one output of a model needs.

        Parameters
        ----------
        model : ModelProto
            The model.
        inputs : mapping of str to Value
            The value of this graph for each input of the model.
        output : str
            The output of the model, float32.

        Returns
        -------
        Value
            The output.
        """
        from onnx import compose, helper, utils

        needed = utils.Extractor(model).extract_model([*inputs], [output])
        prefix = f"{self.name('model')}/"
        added = compose.add_prefix_graph(needed.graph, prefix)
        for name, value in inputs.items():
            self.nodes.append(helper.make_node("Identity", [value.name], [prefix + name]))
        self.nodes += added.node
        self.initializers += added.initializer
        return Value(self, prefix + output, np.float32)

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


class Value(NDArrayOperatorsMixin):
    """A value of a graph. Formulas of values are written as in NumPy: each operation adds a node.

    The operators and functions of NumPy in `_OPERATORS` and `_TESTS` accept values. Constants
    beside a value get its type, except for arrays of integers, such as codes and shapes.

    Parameters
    ----------
    graph : Graph
        The graph.
    name : str
        Name of the value.
    dtype : dtype
        Its type; `object` stands for strings.
    """

    def __init__(self, graph: Graph, name: str, dtype: DTypeLike) -> None:
        self.graph = graph
        self.name = name
        self.dtype = np.dtype(dtype)

    def __array_ufunc__(self, ufunc: Any, method: Any, *inputs: Any, **kwargs: Any) -> "Value":
        """Add a function of NumPy."""
        first, *others = map(self._value, inputs)
        if ufunc is np.cos:  # onnxruntime before 1.29 has none in float64
            return np.sin(first + np.pi / 2)
        if ufunc in _TESTS:
            return first.apply(_TESTS[ufunc], *others, dtype=np.bool_)
        return first.apply(_OPERATORS[ufunc], *others)

    def apply(
        self,
        operator: str,
        *others: Any,
        dtype: DTypeLike | None = None,
        domain: str = "",
        **attributes: Any,
    ) -> "Value":
        """Add an operator of ONNX to this value.

        Parameters
        ----------
        operator : str
            The operator, such as "Softmax". Its first input is this value.
        *others : Value, ndarray or float
            Its other inputs.
        dtype : dtype or None, default=None
            Type of the result. None stands for that of this value.
        domain : str, default=""
            The domain of the operator.
        **attributes : object
            Attributes of the node.

        Returns
        -------
        Value
            The result.
        """
        from onnx import helper

        names = [self.name, *(self._value(each).name for each in others)]
        dtype = self.dtype if dtype is None else dtype
        output = Value(self.graph, self.graph.name(operator), dtype)
        node = helper.make_node(operator, names, [output.name], domain=domain, **attributes)
        self.graph.nodes.append(node)
        return output

    def astype(self, dtype: DTypeLike) -> "Value":
        """Add a conversion to a type of NumPy."""
        from onnx import helper

        to = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        return self.apply("Cast", dtype=dtype, to=to)

    def clip(self, low: float, high: float, out: None = None) -> "Value":
        """Limit numbers; `numpy.clip` calls this."""
        return self.apply("Clip", low, high)

    def at_least(self, low: Any) -> "Value":
        """Replace smaller numbers by `low`."""
        return self.apply("Max", low)

    def at_most(self, high: Any) -> "Value":
        """Replace larger numbers by `high`."""
        return self.apply("Min", high)

    def mask(self, condition: "Value", other: Any) -> "Value":
        """Replace the values for which a condition holds, as pandas does."""
        return condition.apply("Where", self._value(other), self, dtype=self.dtype)

    def take(self, positions: Any, axis: int = 1) -> "Value":
        """Select columns, or entries along another axis."""
        index = positions if isinstance(positions, Value) else np.asarray(positions, np.int64)
        return self.apply("Gather", index, axis=axis)

    def _value(self, given: Any) -> "Value":
        """Return an input of a node, which may be a constant."""
        if isinstance(given, Value):
            return given
        is_index = isinstance(given, np.ndarray) and given.dtype.kind == "i"
        return self.graph.constant(given if is_index else np.asarray(given, self.dtype))


def concat(values: Sequence[Value], axis: int = 1) -> Value:
    """Add a concatenation, unless there is a single value."""
    first, *others = values
    return first.apply("Concat", *others, axis=axis) if others else first


def scaled(value: Value, center: NDArray[Any], divisor: NDArray[Any]) -> Value:
    """Add (value - center) / divisor for constants, as (center - value) / -divisor.

    onnxruntime leaves out the subtraction of a constant that is 0 in float32, such as 1e-50, and
    the division by one that is 1 in float32.
    """
    return (center - value) / -divisor


def _value_info(value: Value, *shape: int, description: str) -> Any:
    """Describe an input or an output."""
    from onnx import helper

    kind = helper.np_dtype_to_tensor_dtype(value.dtype)
    dimensions: list[Any] = ["n_samples", *shape]
    return helper.make_tensor_value_info(value.name, kind, dimensions, doc_string=description)
