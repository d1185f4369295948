"""From what the user passes to `fit` to what there is to train: checks, encoding, folds."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from numbers import Integral
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.base import is_classifier
from sklearn.utils import _safe_indexing, check_consistent_length, check_random_state
from sklearn.utils.validation import _num_samples

from scratchmlp.batches import Data
from scratchmlp.estimators.validation import check_weights
from scratchmlp.tabular.columns.encoded_table import EncodedTable
from scratchmlp.tabular.columns.encoder import (
    READING_CONSTRAINTS,
    TabularEncoder,
    encode_with,
    fitted_columns,
    with_marks,
)
from scratchmlp.tabular.folds import (
    Rows,
    check_groups,
    check_no_missing,
    check_splits,
    given_splits,
    relative_weights,
    shuffled_splits,
    warn_of_one_row,
    what_is_scored,
)
from scratchmlp.tabular.new_entities import with_held_out_columns
from scratchmlp.tabular.problem import TrainingProblem
from scratchmlp.tabular.reading.tables import check_collected
from scratchmlp.tabular.targets import ClassTargets, NumericTargets, Targets


@dataclass(kw_only=True, eq=False, repr=False)
class TableParameters:
    """Parameters of all estimators for raw tables, which document them.

    An estimator is a dataclass of its parameters.
    """

    cv: Any = 8
    n_repeats: int = 1
    max_time: float | None = None
    categorical_features: Any = "from_dtype"
    numeric_features: Any = None
    text_features: Any = None
    date_features: Any = None
    missing_values: Any = None
    inspect_table: bool = True
    n_jobs: int | None = None
    random_state: Any = None
    verbose: bool = False


def fit_and_encode(
    encoder: TabularEncoder, X: Any, present: Rows
) -> tuple[TabularEncoder, EncodedTable]:
    """Fit an encoder and encode a table. Rows that are not present have weight 0.

    They are encoded, but the encoder does not learn from them.
    """
    encoder.fit(X if len(present) == _num_samples(X) else _safe_indexing(X, present))
    encoded, _ = encode_with(encoder, X)  # `fit` has warned
    return encoder, encoded


#: A function such as `fit_and_encode`, for a table that may be on a cluster.
Encode: TypeAlias = Callable[[TabularEncoder, Any, Rows], tuple[TabularEncoder, Any]]


def encoding_with(encoder: TabularEncoder) -> Encode:
    """Return a function that encodes a table with an encoder that has been fitted to it before."""
    return lambda unfitted, X, present: (encoder, encode_with(encoder, X)[0])


def encoding_hidden(entities: Collection[str]) -> Encode:
    """Return a function that fits an encoder, in which just these columns name an entity."""

    def fit_and_mark(
        encoder: TabularEncoder, X: Any, present: Rows
    ) -> tuple[TabularEncoder, EncodedTable]:
        encoder, encoded = fit_and_encode(encoder, X, present)
        others = {*fitted_columns(encoder)}.difference(entities)
        encoder = with_marks(encoder, entities, names_entity=True)
        encoder = with_marks(encoder, others, names_entity=False)
        return encoder, encoded.with_columns(fitted_columns(encoder))

    return fit_and_mark


def folds_decide(estimator: TableParameters, groups: Any) -> bool:
    """Return whether the user chose which rows folds hold out together."""
    return groups is not None or not isinstance(estimator.cv, Integral)


def problem_of(
    estimator: TableParameters,
    X: Any,
    y: Any,
    sample_weight: Any = None,
    groups: Any = None,
    encode: Encode = fit_and_encode,
) -> TrainingProblem:
    """Check what the user passes to `fit`, and convert it to what training needs.

    Parameters
    ----------
    estimator : TabularEnsemble* or TabularMLP*
        The estimator, of which only the parameters are read.
    X, y, sample_weight, groups : object
        See `BaseTabular.fit`.
    encode : callable, default=fit_and_encode
        Fits an encoder, and encodes the table, which may be on a cluster.

    Returns
    -------
    TrainingProblem
        What there is to train.
    """
    if y is None:
        raise ValueError(
            f"{type(estimator).__name__} requires y to be passed, but the target y is None."
        )
    if isinstance(y, str):
        raise ValueError(
            f"y is {y!r}, but it must hold the target of each row, not the name of a column. "
            f"Pass X=df.drop(columns={y!r}) and y=df[{y!r}], where df is the table."
        )
    check_groups(groups)
    check_collected(X)
    check_consistent_length(X, y, groups)
    if _num_samples(X) == 0:
        raise ValueError("Found a table of 0 sample(s), where at least two are required.")
    check_no_missing(y, "target", "y")
    weight = relative_weights(check_weights(sample_weight, X))
    present = np.flatnonzero(weight)
    kind: type[Targets] = ClassTargets if is_classifier(estimator) else NumericTargets
    y = kind.check(y, estimator)
    targets = kind.learn(y, weight)
    training_weight = targets.weigh(y, weight, getattr(estimator, "class_weight", None))
    unfitted = TabularEncoder(**{name: getattr(estimator, name) for name in READING_CONSTRAINTS})
    encoder, encoded = encode(unfitted, X, present)
    trained = None if (training_weight == 1).all() else training_weight
    data = Data(encoded, targets.encode(y), trained, targets.class_targets)
    random_state = check_random_state(estimator.random_state)
    splits = _splits(estimator, X, data.Y, groups, present, random_state)
    check_splits(splits, training_weight)
    if not is_classifier(estimator):
        warn_of_one_row(splits)
    seeds = random_state.randint(np.iinfo(np.int32).max, size=len(splits))
    terms, n_rows = [None] * len(splits), len(present)
    scored = what_is_scored(splits, groups)
    learned = encoder, targets, data, y, weight
    problem = TrainingProblem(*learned, splits, seeds, terms, n_rows, scored)
    return with_held_out_columns(problem) if folds_decide(estimator, groups) else problem


def _splits(
    estimator: TableParameters,
    X: Any,
    Y: NDArray[Any],
    groups: Any,
    present: Rows,
    random_state: np.random.RandomState,
) -> list[tuple[Rows, Rows]]:
    """Split the rows with a weight above 0 into training rows and a fold, as `cv` says."""
    if len(present) < 2:
        raise ValueError(
            "A cross-fitted ensemble needs at least 2 rows of a weight above 0, one to train "
            f"on and one to hold out; got n_samples={len(present)}. Add rows."
        )
    if isinstance(estimator.cv, Integral):
        groups = None if groups is None else _safe_indexing(groups, present)
        n_folds, n_repeats = int(estimator.cv), estimator.n_repeats
        splits = shuffled_splits(n_folds, n_repeats, Y[present], groups, random_state)
        return [(present[training], present[held_out]) for training, held_out in splits]
    if estimator.n_repeats > 1:
        raise ValueError(
            f"n_repeats={estimator.n_repeats} needs a number of folds as cv, to shuffle the rows "
            f"again; got cv={estimator.cv!r}. Use a splitter that repeats, such as "
            "RepeatedStratifiedKFold."
        )
    return given_splits(estimator.cv, X, Y, groups, present)
