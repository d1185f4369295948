"""The record of what a fit to a raw table learns, which all else asks.

An estimator for tables holds one record, and shows some of its fields as attributes. Files, ONNX,
reports and the command line ask the record.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from scratchmlp.arrays import FloatArray
from scratchmlp.tabular.calibration import Calibration
from scratchmlp.tabular.columns.any_column import Columns
from scratchmlp.tabular.columns.encoded_table import EncodedTable
from scratchmlp.tabular.columns.encoder import (
    TabularEncoder,
    encode_with,
    fitted_columns,
    notes_on_columns,
)
from scratchmlp.tabular.folds import Rows, Scored, rows_in
from scratchmlp.tabular.notes import Note, warn_of
from scratchmlp.tabular.prediction import Blend, NewEntities
from scratchmlp.tabular.problem import TrainingProblem
from scratchmlp.tabular.reading.names import is_entity_name
from scratchmlp.tabular.uncertainty import Uncertainty, kept_weight, scored_rows


@dataclass(frozen=True, eq=False, kw_only=True)
class FittedTable(ABC):
    """What a fit to a raw table learns.

    Attributes
    ----------
    encoder : TabularEncoder
        The fitted encoder.
    blend : Blend
        What predicts, and how wrong its out-of-fold predictions are.
    held_out : list of ndarray of int, or None, default=None
        Row numbers that each fold held out; None without training state.
    row_weight : ndarray of shape (n_samples,) or None, default=None
        Weights of all rows, divided by their mean; None if all are equal.
    scored : str, default="random rows"
        For which rows scores hold. Random ones have known values of columns that name entities.
    findings : sequence of Note, default=()
        What was found besides the notes of the encoder.
    oof : ndarray of shape (n_samples,) or (n_samples, n_outputs), or None, default=None
        Out-of-fold predictions. None without training state, after `only`, and of networks in an
        ensemble, which has its own.
    oof_score : float
        Their score.
    oof_score_unseen : float or None, default=None
        Their score for rows of new entities, such as persons; None if no column names any.
    oof_score_unseen_std : float or None, default=None
        Standard error of `oof_score_unseen`; None if no entity was new to a fold.
    """

    #: Fields that are plain data in files, where they are called like attributes of the estimator,
    #: such as "held_out_", or begin with an underscore.
    ATTRIBUTES: ClassVar[tuple[str, ...]] = (
        "encoder",
        "held_out",
        "oof_score",
        "oof_score_unseen",
        "oof_score_unseen_std",
    )
    UNDERSCORED: ClassVar[tuple[str, ...]] = ("row_weight", "scored")

    encoder: TabularEncoder
    blend: Blend
    held_out: list[Rows] | None = None
    row_weight: FloatArray | None = None
    scored: Scored = "random rows"
    findings: Sequence[Note] = ()
    oof: FloatArray | None = None
    oof_score: float
    oof_score_unseen: float | None = None
    oof_score_unseen_std: float | None = None

    # What other folders ask.

    @property
    def columns(self) -> Columns:
        """The fitted columns, by name."""
        return fitted_columns(self.encoder)

    @property
    def calibration(self) -> Calibration | None:
        """Calibration of the predictions; None for numbers."""
        return self.blend.calibration

    @property
    def notes(self) -> list[Note]:
        """What the user should know about the table."""
        hidden = [
            Note(
                "hidden", name, {"is_named": is_entity_name(name), "may_name": column.names_entity}
            )
            for name, column in self.columns.items()
            if column.is_hidden
        ]
        return [*notes_on_columns(self.encoder), *self.findings, *hidden]

    @property
    def how_sure_unseen(self) -> str:
        """The error of `oof_score_unseen`, or what it assumes, as the end of a sentence."""
        if self.oof_score_unseen_std is None:
            return ", if no other column tells its value"
        error = self.oof_score_unseen_std
        return "" if np.isnan(error) else f", plus or minus {error:.2g}"

    @property
    def held_out_weight(self) -> FloatArray | None:
        """Weights of the rows that were held out, in their order; None if all are equal."""
        if self.row_weight is None or self.held_out is None:
            return None
        return kept_weight(self.row_weight[rows_in(self.held_out)])

    def scored_rows(self) -> tuple[Rows, Rows, FloatArray | None]:
        """Return the rows whose errors tell how sure predictions are: see `scored_rows`."""
        return scored_rows(self.held_out or [], self.row_weight)

    def encode(self, X: Any) -> EncodedTable:
        """Encode a table, and warn of what the user should know."""
        encoded, notes = encode_with(self.encoder, X)
        warn_of(notes, is_new=True)
        return encoded

    def predict(self, X: Any) -> FloatArray:
        """Return class probabilities or predicted targets."""
        return self.blend.predict(self.encode(X))

    def without_training(self) -> Self:
        """Return the record without what it has of each row in the order of the rows.

        The errors on held-out rows, which intervals and sets need, are sorted, and stay.
        """
        return replace(self, oof=None, held_out=None, row_weight=None)

    # How good predictions are for new entities.

    def measured_on_new(
        self, new: TrainingProblem, predicted: dict[str, FloatArray]
    ) -> tuple[Self, dict[str, Uncertainty]]:
        """Return the record with how good predictions are for new entities, such as persons.

        Parameters
        ----------
        new : TrainingProblem
            The rows as if they were of new entities.
        predicted : dict of str to ndarray
            What each part predicts for them.

        Returns
        -------
        fitted : FittedTable
            The record.
        uncertainty : dict of str to Uncertainty
            How wrong each part is for these rows.
        """
        blend, oof = self.blend, self.oof
        weights = blend.weights_of(new.data.X)
        weighted: Any = sum((weights[name] * predicted[name].T).T for name in blend.parts)
        found = blend.targets.blended(weighted, blend.calibration)
        if new.new_to and oof is not None:
            oof = oof.copy()
            oof[rows_in(new.new_to)] = found
        uncertainty_of = new.uncertainty_of(found)
        whole = blend.uncertainty._replace(unseen=uncertainty_of(found))
        fitted = replace(
            self,
            blend=blend._replace(uncertainty=whole),
            oof=oof,
            oof_score_unseen=new.score(found),
            oof_score_unseen_std=new.standard_error(found) if new.new_to else None,
        )
        return fitted, {name: uncertainty_of(predicted[name]) for name in blend.parts}

    # Files and pickles, which contain plain data and no record.

    @classmethod
    def _keys(cls) -> dict[str, str]:
        """Return how files name the fields that are plain data."""
        attributes = {name: f"{name}_" for name in cls.ATTRIBUTES}
        return attributes | {name: f"_{name}" for name in cls.UNDERSCORED}

    def to_state(self) -> dict[str, Any]:
        """Return the record as files name what is in it; they lack what is None."""
        return {key: getattr(self, name) for name, key in self._keys().items()} | {
            "_targets": self.blend.targets,
            "_calibration": self.calibration,
            "_uncertainty": self.blend.uncertainty,
            "_new_entities": self.blend.new_entities and tuple(self.blend.new_entities),
            self.blend.targets.oof_name: self.oof,
            "_findings": [(note.case, note.column, {**note.values}) for note in self.findings],
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """Return the record that `to_state` has described."""
        new = state.get("_new_entities")
        return cls(
            blend=cls.blend_in(state)._replace(new_entities=new and NewEntities(*new)),
            oof=state.get(state["_targets"].oof_name),
            findings=[Note(*each) for each in state.get("_findings", ())],
            **{name: state[key] for name, key in cls._keys().items() if key in state},
        )

    @classmethod
    @abstractmethod
    def blend_in(cls, state: dict[str, Any]) -> Blend:
        """Return what predicts, from a state."""


def known_before(problem: TrainingProblem) -> dict[str, Any]:
    """Return the fields of a record that are known before training."""
    return {
        "encoder": problem.encoder,
        "held_out": problem.held_out,
        "row_weight": kept_weight(problem.sample_weight),
        "scored": problem.scored,
        "findings": problem.findings,
    }


def fitted_table(estimator: Any) -> Any:
    """Return the record of a fitted TabularEnsemble* or TabularMLP*.

    Returns
    -------
    FittedEnsemble or FittedNetworks
        The record, of a single fit: another thread may fit the estimator in the meantime.

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    """
    check_is_fitted(estimator)
    return vars(estimator)["_fitted"]


def set_fitted(estimator: Any, fitted: FittedTable) -> None:
    """Give an estimator the record of a fit."""
    estimator._fitted = fitted


class Learned(property):
    """An attribute of an estimator: a field of its record. It is missing if the field is None.

    Parameters
    ----------
    field : str
        Name of the field.
    what : str
        The docstring of the attribute.
    """

    def __init__(self, field: str, what: str) -> None:
        super().__init__(self._read)
        self.field, self.__doc__ = field, what

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def _read(self, estimator: Any) -> Any:
        value = getattr(fitted_table(estimator), self.field)
        if value is None:
            name = type(estimator).__name__
            raise AttributeError(f"This {name} has no {self.name}: see Attributes of help({name}).")
        return value
