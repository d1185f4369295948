"""The section on the training of an estimator: its parts, and the curves of its networks."""

from typing import Any

from scratchmlp.plotting import TrainingCurveDisplay
from scratchmlp.plotting.shared import networks_in
from scratchmlp.reporting.content import Cell, Picture, Section, Table, number, plain, share
from scratchmlp.reporting.evaluated import Evaluated
from scratchmlp.tabular.ensemble.ensemble import BaseTabularEnsemble


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
    return Section("training", "How it was trained", parts) if parts else None


def _weights(evaluated: Evaluated) -> Table:
    """List the estimators of an ensemble."""
    estimator = evaluated.estimator
    write, score = (number, "R²") if evaluated.proba is None else (share, "accuracy")
    scores = estimator.oof_scores_
    rows: list[tuple[Cell, ...]] = [
        (plain(name), number(weight, 2), write(scores[name]))
        for name, weight in estimator.weights_.items()
    ]
    rows += [
        (f"{plain(name)} (left out)", plain(reason, 200), write(scores[name]))
        for name, reason in estimator.dropped_.items()
    ]
    rows += [
        (f"{plain(name)} (left out)", plain(error, 200), "")
        for name, error in estimator.errors_.items()
    ]
    header = ("part", "weight", f"{score} alone, out of fold")
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
