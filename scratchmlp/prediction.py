"""Forward passes over any number of rows, chunk by chunk.

The arrays of a chunk fit into the processor's cache. Few rows need no chunks.
"""

from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.utils._chunking import get_chunk_n_rows

from scratchmlp.arrays import FloatArray, memory_order
from scratchmlp.network import Network
from scratchmlp.utils.threads import threads

#: Bytes that the arrays of a chunk may take. Larger arrays do not fit into the processor's cache.
_CACHE = 2**19
#: Fewest rows of a chunk, unless ``working_memory`` requires fewer. All weights are read again for
#: each chunk, which would take too long with smaller chunks.
_FEWEST_ROWS = 512
#: If the arrays of all rows take at most this many bytes, chunks and threads save no time.
_SMALL = 2**16
#: OpenBLAS computes a matrix product of at most this many multiplications on one thread. Other BLAS
#: libraries choose well for products as small as these.
_ALONE = 2**18


def raw_scores(network: Network, theta: FloatArray, X: Any) -> FloatArray:
    """Compute the raw scores of any number of rows.

    The processor's cache and scikit-learn's ``working_memory`` limit the rows of a chunk.

    Parameters
    ----------
    network : Network
        The network.
    theta : ndarray of shape (n_parameters,)
        Parameters.
    X : {ndarray, csr matrix, InputRows} of shape (n_samples, n_features)
        Inputs.

    Returns
    -------
    ndarray of shape (n_samples, n_outputs)
        Raw scores, a new array.

    Examples
    --------
    >>> import numpy as np
    >>> from scratchmlp.activations import ACTIVATIONS
    >>> from scratchmlp.network import Network
    >>> from scratchmlp.prediction import raw_scores
    >>> network = Network((2, 3, 1), ACTIVATIONS["relu"])
    >>> raw_scores(network, np.ones(network.n_parameters), np.ones((4, 2))).ravel()
    array([10., 10., 10., 10.])
    """
    layers, n_rows = network.layers(theta), X.shape[0]
    row_bytes = 2 * theta.itemsize * sum(network.sizes[1:])
    if n_rows * row_bytes <= _SMALL and n_rows * network.n_weights <= _ALONE:
        X = X if issparse(X) else X[:]  # a view, or inputs that are computed now
        return network.forward(layers, X, network.workspace(n_rows, theta.dtype, training=False))
    chunk = n_rows
    if n_rows * row_bytes > _CACHE:
        in_cache = max(_FEWEST_ROWS, _CACHE // row_bytes)
        chunk = get_chunk_n_rows(row_bytes, max_n_rows=min(n_rows, in_cache))
    workspace = network.workspace(chunk, theta.dtype, training=False)
    n_outputs = network.sizes[-1]
    raw = np.empty((n_rows, n_outputs), theta.dtype, order=memory_order(n_outputs))
    with threads(network.multiplications(chunk, X)):
        for start in range(0, n_rows, chunk):
            rows = slice(start, min(start + chunk, n_rows))
            raw[rows] = network.forward(layers, X[rows], workspace.head(rows.stop - start))
    return raw


def hidden_activations(network: Network, theta: FloatArray, X: Any, layer: int) -> FloatArray:
    """Compute the outputs of a hidden layer for any number of rows.

    The layers up to this one form a smaller network. Its raw scores are the scores z of the layer.

    Parameters
    ----------
    network : Network
        The network.
    theta : ndarray of shape (n_parameters,)
        Parameters.
    X : {ndarray, csr matrix} of shape (n_samples, n_features)
        Inputs.
    layer : int
        Number of the hidden layer. Layer 0 is the one above the input.

    Returns
    -------
    ndarray of shape (n_samples, n_units)
        a = f(z) of the layer, a new array.
    """
    lower = Network(network.sizes[: layer + 2], network.activations[:layer], network.bias)
    layers = network.layers(theta)[: layer + 1]
    weights = [W.ravel() for W, _ in layers]
    biases = [b for _, b in layers if b is not None]
    z = raw_scores(lower, np.concatenate(weights + biases), X)
    activation = network.activations[layer]
    a = z if getattr(activation, "in_place", False) else np.empty_like(z)
    return activation.forward(z, out=a)
