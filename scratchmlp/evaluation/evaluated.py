"""Rows with predictions that are not from training on them, and what moved a prediction."""

import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import is_classifier, is_regressor
from sklearn.exceptions import DataConversionWarning
from sklearn.utils import _safe_indexing, check_array, check_consistent_length, column_or_1d
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import threadpool_limits

from scratchmlp.arrays import FloatArray
from scratchmlp.evaluation.metrics import CLASSES, NUMBERS, Metric
from scratchmlp.evaluation.numbers import plain
from scratchmlp.tabular.base import BaseTabular
from scratchmlp.tabular.columns.any_column import Columns
from scratchmlp.tabular.columns.encoded_table import EncodedTable, layout_of
from scratchmlp.tabular.columns.encoder import encode_with
from scratchmlp.tabular.fitted_table import FittedTable, fitted_table
from scratchmlp.tabular.folds import check_no_missing, rows_in
from scratchmlp.tabular.prediction import Blend
from scratchmlp.tabular.reading.tables import to_pandas
from scratchmlp.tabular.scoring import MOST_PROBABLE, Decision
from scratchmlp.utils.names import listed

ROW_NUMBER = "row, counted from 0"  # what the labels of rows are, if these have no others
Rows = NDArray[np.intp]


@contextmanager
def calmly() -> Iterator[None]:
    """Do not repeat what `fit` has warned of, and use one thread: several wait for each other."""
    no_warning = warnings.catch_warnings(action="ignore", category=DataConversionWarning)
    with no_warning, threadpool_limits(1):
        yield


@dataclass(frozen=True, eq=False)
class Evaluated(ABC):
    """An estimator, and rows with predictions.

    Attributes
    ----------
    measure : Metric
        The metric of its `score`.
    estimator : TabularEnsemble* or TabularMLP*
        The fitted estimator.
    given : tuple of (X, y)
        All rows and targets that the user passed.
    target : str
        Name of the target.
    is_of_fit : bool
        Whether the predictions are the out-of-fold predictions of `fit`, or those of `predict` for
        rows that `fit` has not seen.
    positions : ndarray of shape (n_samples,), int
        Positions in `given` of the rows with predictions: some may have no out-of-fold prediction.
    outputs : ndarray of shape (n_samples, n_classes) or (n_samples,)
        The predictions as metrics take them: probabilities of classes, or numbers.
    random_state : int
        Random state of all samples of rows.
    decision : Decision
        How classes follow from probabilities.
    """

    measure: ClassVar[Metric]

    estimator: Any
    given: tuple[Any, NDArray[Any]]
    target: str
    is_of_fit: bool
    positions: Rows
    outputs: FloatArray
    random_state: int
    decision: Decision

    @property
    def fitted(self) -> FittedTable:
        """What the estimator has learned."""
        fitted: FittedTable = fitted_table(self.estimator)
        return fitted

    @cached_property
    def table(self) -> pd.DataFrame:
        """The rows, with text as names of the columns; rows of an array have their numbers."""
        X, names = self.some(slice(None)), list(self.fitted.columns)
        if not isinstance(X, pd.DataFrame):
            return pd.DataFrame(X, self.positions, names)
        return X if all(isinstance(name, str) for name in X) else X.set_axis(names, axis="columns")

    @cached_property
    def y(self) -> NDArray[Any]:
        """Targets of the rows."""
        return self.given[1][self.positions]

    @property
    def sample_weight(self) -> FloatArray | None:
        """Weights of the rows in `fit`; None if all are equal, and for new rows."""
        return self.fitted.held_out_weight if self.is_of_fit else None

    @property
    def fitted_columns(self) -> Columns:
        """The fitted columns of the table, in its order; the encoder may know others."""
        known = self.fitted.columns
        return {name: known[name] for name in self.columns if name in known}

    @property
    def unused(self) -> list[str]:
        """Names of the columns that the estimator leaves out."""
        fitted = self.fitted_columns.items()
        return [name for name, column in fitted if not column.n_outputs]

    @property
    def blend(self) -> Blend:
        """What predicts in the estimator, and how wrong it is."""
        return self.fitted.blend

    @property
    def entities(self) -> list[str]:
        """Columns that name what rows belong to, such as persons."""
        return [*layout_of(self.fitted.columns).known_entities]

    @property
    @abstractmethod
    def truth(self) -> NDArray[Any]:
        """The targets as metrics take them: numbers of classes, or numbers."""

    @property
    @abstractmethod
    def prediction(self) -> NDArray[Any]:
        """Predicted classes or numbers."""

    @property
    @abstractmethod
    def errors(self) -> FloatArray:
        """How wrong predictions are: 1 minus the probability of the true class, or the distance."""

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return [str(name) for name in self.table]

    def sample(self, most: int) -> Rows:
        """Return the numbers of all rows, or of `most` random ones in ascending order."""
        n = len(self.y)
        if n <= most:
            return np.arange(n)
        return np.sort(np.random.default_rng(self.random_state).choice(n, most, replace=False))

    def some(self, rows: Rows | slice) -> Any:
        """Return some rows, as the estimator takes them."""
        return _safe_indexing(self.given[0], self.positions[rows])

    def encode(self, rows: Rows) -> EncodedTable:
        """Encode some rows as what predicted them has seen them."""
        table = encode_with(self.fitted.encoder, self.some(rows))[0]
        return table.held_out() if self.is_of_fit else table


class EvaluatedNumbers(Evaluated):
    """A regressor, and rows with predicted numbers."""

    measure = NUMBERS["R2"]

    @property
    def truth(self) -> NDArray[Any]:
        """The targets."""
        return self.y

    @property
    def prediction(self) -> NDArray[Any]:
        """Predicted numbers."""
        return self.outputs

    @property
    def errors(self) -> FloatArray:
        """Distances of predictions from the targets."""
        return np.abs(self.y - self.prediction)


class EvaluatedClasses(Evaluated):
    """A classifier, and rows with probabilities of the classes."""

    measure = CLASSES["accuracy"]

    @property
    def classes(self) -> NDArray[Any]:
        """Class labels, sorted."""
        return np.asarray(self.estimator.classes_)

    @property
    def truth(self) -> Rows:
        """Number of each row's class in `classes`."""
        return np.searchsorted(self.classes, self.y)

    @property
    def positive(self) -> int | None:
        """Number of the positive class; None if there is none."""
        return self.decision.positive_of(len(self.classes))

    @property
    def counts(self) -> NDArray[Any]:
        """Number of rows of each class or, with weights, their sum."""
        return np.bincount(self.truth, self.sample_weight, minlength=len(self.classes))

    @property
    def prediction(self) -> NDArray[Any]:
        """Predicted classes."""
        return self.classes[self.decision.predicted(self.outputs)]

    @property
    def errors(self) -> FloatArray:
        """1 minus the probability of the true class, for each row."""
        return 1 - self.outputs[np.arange(len(self.y)), self.truth]


def predict(estimator: Any, X: Any) -> FloatArray:
    """Predict the probabilities of classes, or numbers."""
    method = estimator.predict_proba if is_classifier(estimator) else estimator.predict
    return np.asarray(method(X))


def evaluate(
    estimator: Any,
    X: Any,
    y: Any,
    rows: str,
    random_state: int,
    decision: Decision = MOST_PROBABLE,
) -> Evaluated:
    """Check what the user passed to a report, and predict.

    Parameters
    ----------
    estimator : TabularEnsemble* or TabularMLP*
        The fitted estimator.
    X : {DataFrame, array-like} of shape (n_samples, n_features)
        Rows.
    y : array-like of shape (n_samples,)
        Their targets.
    rows : {"fit", "new"}
        Whether they are the rows of `fit`, all and in the same order, or rows it has not seen.
    random_state : int
        Random state of all samples of rows.
    decision : Decision, optional
        How classes follow from probabilities. By default, the most probable one is predicted.

    Returns
    -------
    Evaluated
        The rows with their predictions.

    Raises
    ------
    TypeError, ValueError
        If the estimator, the rows or the targets cannot be used.
    """
    if rows not in ("fit", "new"):
        raise ValueError(f"rows must be 'fit' or 'new'; got {rows!r}.")
    _check_type(estimator)
    check_is_fitted(estimator)
    check_consistent_length(X, y)
    X, target, y, is_of_fit = _as_table(X), _name_of(y), _targets(estimator, y), rows == "fit"
    outputs = _out_of_fold(estimator, y) if is_of_fit else predict(estimator, X)
    outputs = np.asarray(outputs, dtype=np.float64)
    kind: type[Evaluated] = EvaluatedClasses
    if not is_classifier(estimator):
        kind, outputs = EvaluatedNumbers, column_or_1d(outputs)
    # With a cv for time series, the first rows have no out-of-fold prediction.
    seen = rows_in(estimator.held_out_) if is_of_fit else np.arange(len(y))
    predicted = seen, outputs[seen]
    return kind(estimator, (X, y), target, is_of_fit, *predicted, random_state, decision)


def _check_type(estimator: Any) -> None:
    """Check that there are reports of an estimator."""
    if not isinstance(estimator, BaseTabular):
        kind = "Regressor" if is_regressor(estimator) else "Classifier"
        raise TypeError(
            "estimator must be a fitted estimator of scratchmlp.tabular; got "
            f"{type(estimator).__name__}. Fit it as an ensemble of one part: "
            f'TabularEnsemble{kind}(estimators=[("mine", estimator)]).fit(X, y).'
        )


def _as_table(X: Any) -> Any:
    """Return a DataFrame of pandas for any DataFrame, and an array for anything else."""
    if nw.dependencies.is_into_dataframe(X):
        return to_pandas(X)
    return X if hasattr(X, "dtype") else np.asarray(X, dtype=object)


def _targets(estimator: Any, y: Any) -> NDArray[Any]:
    """Return numbers, also of text, or classes that the estimator knows."""
    check_no_missing(y, "target", "y")
    y = column_or_1d(np.asarray(y))
    if not is_classifier(estimator):
        return np.asarray(check_array(y, dtype=np.float64, ensure_2d=False, input_name="y"))
    if len(unknown := np.setdiff1d(y, estimator.classes_)):
        names = listed([repr(plain(label)) for label in unknown])
        raise ValueError(
            f"y contains classes that the estimator was not fitted with: {names}. Leave out their "
            "rows, or fit the estimator with rows of these classes."
        )
    return np.asarray(y)


def _name_of(y: Any) -> str:
    """Return the name of a target: a Series, or a table with one column."""
    name = getattr(y, "name", None) or next(iter(getattr(y, "columns", [])), None)
    return str(name or "the target")


def _out_of_fold(estimator: Any, y: NDArray[Any]) -> FloatArray:
    """Return the out-of-fold predictions of `fit`."""
    remedy = "Pass rows that fit has not seen, and rows='new'."
    fitted: FittedTable = fitted_table(estimator)
    if (predicted := fitted.oof) is None:
        name = fitted.blend.targets.oof_name
        raise ValueError(f"This {type(estimator).__name__} has no {name}. {remedy}")
    if len(predicted) != len(y):
        raise ValueError(
            f"X and y have {len(y)} rows, but fit had {len(predicted)}. Pass the rows of fit in "
            f"the same order. For other rows, pass rows='new'."
        )
    return np.asarray(predicted)


# Which values of a row moved its prediction: of the page, and of the command line.


class Explained(NamedTuple):
    """The prediction of a row, and by how much each column moved it.

    Attributes
    ----------
    label : object
        The predicted class, of whose probability this is an explanation; None for a number.
    prediction, baseline : float
        The prediction of the row, and the mean of those of the rows that it is compared with.
    parts : Series of shape (n_columns,)
        Contribution of each column to the difference, by name, the largest first.
    n_rows : int
        Number of rows that it is compared with.
    """

    label: Any
    prediction: float
    baseline: float
    parts: "pd.Series[float]"
    n_rows: int


def explain(
    model: BaseTabular,
    row: Any,
    others: Any,
    *,
    of_fit: int | None = None,
    decision: Decision = MOST_PROBABLE,
    random_state: int = 0,
) -> Explained:
    """Explain the prediction of a row: see `explain` of the model.

    Parameters
    ----------
    model : TabularEnsemble* or TabularMLP*
        Fitted model.
    row : {DataFrame, array-like} of shape (1, n_features)
        The row.
    others : {DataFrame, array-like} of shape (n_others, n_features)
        Rows to compare it with.
    of_fit : int or None, default=None
        Number of the row in the table of `fit`, if it is one of these. Then only the folds that
        held it out predict.
    decision : Decision, optional
        How classes follow from probabilities. By default, the most probable one is predicted.
    random_state : int, default=0
        Random state.

    Returns
    -------
    Explained
        The explanation.
    """
    folds = None
    if of_fit is not None:
        folds = [fold for fold, rows in enumerate(model.held_out_) if of_fit in rows]
    found = model.explain(row, others, folds=folds, random_state=random_state)
    predictions, baseline = np.ravel(found.predictions[0]), np.ravel(found.baseline)
    output, label = 0, None
    if is_classifier(model):
        output = int(decision.predicted(found.predictions)[0])
        label = model.classes_[output]
    parts = pd.Series(found.contributions[0].reshape(len(found.names), -1)[:, output], found.names)
    parts = parts.iloc[np.argsort(-np.abs(parts.to_numpy()), kind="stable")]
    return Explained(label, predictions[output], baseline[output], parts, found.n_rows)
