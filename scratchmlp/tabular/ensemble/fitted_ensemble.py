"""The record of what an ensemble learns, and that of a smaller one."""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from scratchmlp.tabular.fitted_table import FittedTable
from scratchmlp.tabular.networks.mlp import BaseTabularMLP
from scratchmlp.tabular.networks.part import NetworksPart
from scratchmlp.tabular.part import PartEstimator
from scratchmlp.tabular.prediction import Blend
from scratchmlp.tabular.uncertainty import Uncertainty, largest_errors


@dataclass(frozen=True, eq=False, kw_only=True)
class FittedEnsemble(FittedTable):
    """What an ensemble learns of a table.

    Attributes
    ----------
    parts : dict of str to PartEstimator
        The fitted parts that have a weight, by name.
    errors : dict of str to str
        Why the fits of others failed.
    out_of_time : list of str
        Those of `errors` for which `max_time` was too short.
    dropped : dict of str to str
        Why others have no weight.
    oof_scores : dict of str to float
        Scores of the out-of-fold predictions of each part, also of those that are dropped.
    oof_loss : float
        Loss of the out-of-fold predictions of the ensemble.
    measured : dict of str to dict
        Further columns of `leaderboard`.
    """

    ATTRIBUTES = (
        *FittedTable.ATTRIBUTES,
        "errors",
        "out_of_time",
        "dropped",
        "oof_scores",
        "oof_loss",
    )
    UNDERSCORED = (*FittedTable.UNDERSCORED, "parts", "measured")

    parts: dict[str, PartEstimator]
    errors: dict[str, str]
    out_of_time: list[str]
    dropped: dict[str, str]
    oof_scores: dict[str, float]
    oof_loss: float
    measured: dict[str, dict[str, Any]]

    @property
    def weights(self) -> dict[str, float]:
        """Weights of the parts."""
        return self.blend.weights

    @property
    def weights_unseen(self) -> dict[str, float] | None:
        """Weights of the parts for rows of unknown entities; None if they are the same."""
        return self.blend.weights_unseen

    # Fewer parts.

    def only(self, chosen: tuple[str, ...]) -> Self:
        """Return the record of an ensemble of some parts: see the estimator's method."""
        parts = {name: part for name, part in self.parts.items() if name in chosen}
        smaller = replace(
            self,
            parts=parts,
            dropped={},
            oof_scores={name: self.oof_scores[name] for name in parts},
            blend=self._blend_of(parts),
        )
        if len(parts) == 1:
            (name,) = parts
            score, loss = self.oof_scores[name], self.measured["loss"][name]
        elif len(parts) < len(self.parts):
            score, loss = np.nan, np.nan
        else:
            return smaller
        return replace(smaller, oof=None, oof_score_unseen=None, oof_score=score, oof_loss=loss)

    def _blend_of(self, parts: dict[str, PartEstimator]) -> Blend:
        """Return what predicts with some parts: their weights sum to 1 again, for all rows.

        One part predicts as it does on its own; several have the errors of the worst.
        """
        blend, alone = self.blend, len(parts) == 1
        both = blend.weights, blend.weights_unseen or blend.weights
        known, unseen = ({name: each[name] for name in parts} for each in both)
        known, unseen = _with_sum_1(known, unseen), _with_sum_1(unseen, known)
        return blend._replace(
            parts={name: blend.parts[name] for name in parts},
            weights=known,
            weights_unseen=unseen if blend.weights_unseen else None,
            calibration=blend.targets.uncalibrated if alone else blend.calibration,
            uncertainty=self._uncertainty_of(parts),
        )

    def _uncertainty_of(self, parts: dict[str, PartEstimator]) -> Uncertainty:
        """Return how wrong an ensemble of some parts is at most."""
        own = [part.uncertainty for part in parts.values()]
        if len(own) == 1:
            return own[0]
        whole = self.blend.uncertainty
        return whole if len(own) == len(self.parts) else largest_errors(whole, own)

    # Files and pickles.

    def to_state(self) -> dict[str, Any]:
        """Return the record as files name what is in it: networks are parts of their own."""
        parts = self.parts.items()
        return super().to_state() | {
            "weights_": self.weights,
            "weights_unseen_": self.weights_unseen,
            "_parts": {n: p.estimator if isinstance(p, NetworksPart) else p for n, p in parts},
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """Return the record that `to_state` has described."""
        parts = {
            name: NetworksPart(each) if isinstance(each, BaseTabularMLP) else each
            for name, each in state["_parts"].items()
        }
        return super().from_state(state | {"_parts": parts})

    @classmethod
    def blend_in(cls, state: dict[str, Any]) -> Blend:
        """Return what predicts, from a state."""
        parts = {name: part.fitted_part for name, part in state["_parts"].items()}
        learned = state["_targets"], state.get("_calibration"), state["_uncertainty"]
        return Blend(parts, state["weights_"], *learned, state.get("weights_unseen_"))


def _with_sum_1(weights: dict[str, float], others: dict[str, float]) -> dict[str, float]:
    """Divide weights by their sum, or the others by theirs if all weights are 0."""
    used = weights if any(weights.values()) else others
    total = sum(used.values())
    return {name: weight / total for name, weight in used.items()}
