"""The loss of a member on its fold, epoch by epoch, and the epochs that may be chosen."""

import heapq
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from scratchmlp.arrays import FloatArray
from scratchmlp.batches import Data
from scratchmlp.losses import Loss
from scratchmlp.prediction import raw_scores
from scratchmlp.tabular.networks.tangent import TangentParametrization


class Candidate(NamedTuple):
    """An epoch that may be chosen.

    Attributes
    ----------
    loss : float
        Loss on the fold of the member after this epoch, with the parameters of this epoch alone.
    epoch : int
        The epoch, counted from 0.
    theta : ndarray of shape (n_parameters,)
        Mean of the network's parameters over the averaging window of this epoch.
    """

    loss: float
    epoch: int
    theta: FloatArray


class FoldEvaluator:
    """Evaluate parameters on the fold of a member after each epoch, and keep the best epochs.

    The best epochs are those with the lowest loss on the fold. They are candidates: the ensemble
    later chooses one of them. What is kept of a candidate is the mean of the parameters over its
    averaging window. The window is the epoch and up to `averaging_radius` epochs on either side.

    Parameters
    ----------
    parametrization : TangentParametrization
        Maps the trained parameters to those of the network.
    loss : Loss
        Loss to evaluate.
    data : Data
        The fold.
    averaging_radius : int
        Number of epochs on either side of an epoch in its averaging window.

    Attributes
    ----------
    losses : list of float
        Loss after each epoch; inf instead of nan.
    raw : dict of int to ndarray of shape (n_held_out, n_outputs)
        Raw scores of the fold after each epoch or, if these take too much memory, after every
        second, fourth, ... epoch.
    """

    #: Maximum number of candidates to keep.
    N_KEPT = 32
    #: Bytes that the candidates may take. The raw scores of all epochs may take as many again.
    N_BYTES = 2**26
    #: Number of candidates to keep even if they take more bytes.
    FEWEST_KEPT = 4

    def __init__(
        self,
        parametrization: TangentParametrization,
        loss: Loss,
        data: Data,
        averaging_radius: int,
    ) -> None:
        self.parametrization = parametrization
        self.loss = loss
        self.X, self.Y, self.sample_weight = data.as_batch()
        self.averaging_radius = averaging_radius
        n_bytes = parametrization.factors.nbytes
        self.n_kept = min(self.N_KEPT, max(self.FEWEST_KEPT, self.N_BYTES // n_bytes))
        self.losses: list[float] = []
        self.raw: dict[int, FloatArray] = {}
        self._every = 1  # raw scores are stored if this divides the epoch
        # The network's parameters after the latest epochs.
        self._window: deque[FloatArray] = deque(maxlen=2 * averaging_radius + 1)
        # A min-heap of (-loss, epoch, candidate): the first entry is the worst candidate, which a
        # better one replaces.
        self._heap: list[tuple[float, int, Candidate]] = []

    def __call__(self, phi: FloatArray) -> tuple[float, float]:
        """Evaluate the parameters after an epoch. Return the loss and, as the score, -loss.

        `Monitor` calls this as its `validate`.
        """
        theta = self.parametrization.theta(phi)
        raw = raw_scores(self.parametrization.network, theta, self.X)
        loss = float(np.average(self.loss.value(self.Y, raw), weights=self.sample_weight))
        loss = np.inf if np.isnan(loss) else loss  # nan would be neither better nor worse
        self._store_raw(len(self.losses), raw)
        self.losses.append(loss)
        self._window.append(theta)
        if len(self.losses) > self.averaging_radius:
            self._consider(len(self.losses) - 1 - self.averaging_radius)
        return loss, -loss

    @np.errstate(over="ignore", invalid="ignore")  # the ensemble checks what it keeps
    def candidates(self) -> list[Candidate]:
        """Return the best epochs. Call this method once, after the last epoch.

        The last epochs become candidates only here, because their windows end with training.
        """
        n_epochs = len(self.losses)
        for epoch in range(max(n_epochs - self.averaging_radius, 0), n_epochs):
            self._consider(epoch)
        return [entry[-1] for entry in self._heap]

    def _store_raw(self, epoch: int, raw: FloatArray) -> None:
        """Store the raw scores of an epoch. If memory is full, drop every second stored epoch."""
        if epoch % self._every == 0:
            self.raw[epoch] = raw
        if len(self.raw) * raw.nbytes > self.N_BYTES:
            self._every *= 2
            self.raw = {e: kept for e, kept in self.raw.items() if e % self._every == 0}

    def _consider(self, epoch: int) -> None:
        """Keep an epoch if it is among the best. Its averaging window must be complete."""
        rank = -self.losses[epoch], epoch  # of equally good epochs, the earliest is replaced
        if len(self._heap) == self.n_kept:
            if rank < self._heap[0][:2]:
                return
            heapq.heappop(self._heap)
        first = len(self.losses) - len(self._window)  # the earliest epoch in _window
        window = list(self._window)[max(epoch - self.averaging_radius - first, 0) :]
        candidate = Candidate(self.losses[epoch], epoch, _mean(window))
        heapq.heappush(self._heap, (*rank, candidate))


def _mean(vectors: Sequence[FloatArray]) -> FloatArray:
    """Return the mean of vectors; `np.mean` would copy all of them first, which takes longer."""
    total = vectors[0].copy()
    for vector in vectors[1:]:
        total += vector
    total /= len(vectors)
    return total
