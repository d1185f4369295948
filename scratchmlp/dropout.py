"""Dropout: training sets random outputs of a hidden layer to 0, different ones in each batch."""

from typing import Any

from scratchmlp.arrays import FloatArray


def dropout_mask(random_state: Any, rate: float, out: FloatArray) -> None:
    """Draw a random mask, by which dropout multiplies the outputs of a layer.

    Each entry is 0 with probability `rate`, and 1 / (1 - rate) otherwise. The expected value of an
    entry is therefore 1, and prediction uses the outputs unchanged (inverted dropout).

    Parameters
    ----------
    random_state : RandomState
        Random number generator.
    rate : float
        Probability of a zero, in [0, 1).
    out : ndarray of shape (n_rows, n_units)
        Array that is overwritten with the mask.

    References
    ----------
    Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, "Dropout: a simple way to prevent
    neural networks from overfitting", JMLR 15, 2014.

    Examples
    --------
    >>> import numpy as np
    >>> from scratchmlp.dropout import dropout_mask
    >>> mask = np.empty((2, 4))
    >>> dropout_mask(np.random.RandomState(0), 0.5, out=mask)
    >>> mask
    array([[2., 2., 2., 2.],
           [0., 2., 0., 2.]])
    """
    out[...] = random_state.random_sample(out.shape) >= rate
    out *= 1 / (1 - float(rate))
