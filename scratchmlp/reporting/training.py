"""The section on the training of an estimator: its parts, and the curves of its networks."""

from typing import Any

from scratchmlp.evaluation.evaluated import Evaluated
from scratchmlp.evaluation.numbers import Cell, number, plain
from scratchmlp.plotting import TrainingCurveDisplay
from scratchmlp.reporting.content import Picture, Section, Table
from scratchmlp.tabular.ensemble.ensemble import BaseTabularEnsemble, networks_in


def training_section(evaluated: Evaluated) -> Section | None:
    """Show how an estimator was trained.

    Parameters
    ----------
    evaluated : Evaluated
        The rows.

    Returns
    -------
    Section or None
        The weights of the estimators of an ensemble, and the training curves of networks. None if
        there are neither.
    """
    estimator = evaluated.estimator
    parts: list[Any] = []
    if isinstance(estimator, BaseTabularEnsemble):
        parts.append(_weights(evaluated))
    if networks_in(estimator):
        parts.append(_curves(estimator))
    return Section("training", "How was it trained?", parts) if parts else None


def _weights(evaluated: Evaluated) -> Table:
    """List the estimators of an ensemble."""
    estimator = evaluated.estimator
    measure, oof_scores = evaluated.measure, estimator.oof_scores_.items()
    scores: dict[str, Cell] = {name: measure.cell(score) for name, score in oof_scores}
    weights = {"weight": estimator.weights_}
    if unseen := getattr(estimator, "weights_unseen_", None):
        names = " or ".join(plain(name, 40) for name in evaluated.entities)
        weights[f"weight if {names} is unknown"] = unseen
    rows: list[tuple[Cell, ...]] = [
        (plain(name), *(number(each[name], 2) for each in weights.values()), scores[name])
        for name in estimator.weights_
    ]
    empty = [""] * (len(weights) - 1)
    rows += [
        (f"{plain(name)} (left out)", plain(why, 200), *empty, scores.get(name, ""))
        for name, why in (estimator.dropped_ | estimator.errors_).items()
    ]
    header = ("part", *weights, f"{measure.name} alone, out of fold")
    return Table("The parts of the ensemble, and their weights in its predictions", header, rows)


def _curves(estimator: Any) -> Picture:
    """Draw the loss by epoch."""
    return Picture(
        "Training of the networks",
        "The loss after each epoch, on the rows that the networks learn from and on those that "
        "they hold out. Dots mark the epochs that are kept.",
        lambda ax: TrainingCurveDisplay.from_estimator(estimator, ax=ax),
        (6.4, 4.0),
    )
