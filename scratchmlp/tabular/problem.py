"""What there is to train: the table of `fit`, checked and encoded, its targets and its folds."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any, NamedTuple, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.base import is_classifier
from sklearn.utils import _safe_indexing, check_consistent_length, check_random_state
from sklearn.utils.validation import _num_samples

from scratchmlp.arrays import FloatArray
from scratchmlp.batches import Data
from scratchmlp.estimators.callback_tasks import CallbackTasks
from scratchmlp.estimators.weights import check_weights
from scratchmlp.tabular.columns.encoded_table import EncodedTable
from scratchmlp.tabular.columns.encoder import (
    READING_CONSTRAINTS,
    TabularEncoder,
    encode_with,
    fitted_columns,
    with_codes,
    with_marks,
)
from scratchmlp.tabular.folds import (
    Rows,
    Scored,
    check_groups,
    check_no_missing,
    check_splits,
    given_splits,
    relative_weights,
    rows_in,
    shuffled_splits,
    warn_of_one_row,
    what_is_scored,
)
from scratchmlp.tabular.inputs.target_encoding import used_rows
from scratchmlp.tabular.inputs.term_selection import TermSelection
from scratchmlp.tabular.notes import Note
from scratchmlp.tabular.reading.entities import FEWEST_ROWS
from scratchmlp.tabular.reading.values import check_collected
from scratchmlp.tabular.targets import ClassTargets, NumericTargets, Targets
from scratchmlp.tabular.uncertainty import Uncertainty, held_out_scores, kept_weight, scored_rows

#: Fewest rows of a table of which folds leave out whole entities, such as persons.
_FEWEST_ROWS = 100
#: Fewest entities that folds leave out: errors of fewer say little of others.
_FEWEST_NEW = 5
#: Most rows of these. They are all looked at: `scored_rows` draws some of more.
_MOST_ROWS = 10_000


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


class TrainingProblem(NamedTuple):
    """What there is to train, made from the user's input.

    Attributes
    ----------
    encoder : TabularEncoder
        The fitted encoder.
    targets : ClassTargets or NumericTargets
        What is learned from the targets before training.
    data : Data
        All rows, with encoded inputs and targets. The weights include class weights. They are None
        if all are 1.
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Labels or numbers as the user passed them.
    sample_weight : ndarray of shape (n_samples,)
        Weights as the user passed them, without class weights, but divided by their mean.
    splits : list of tuple of two ndarrays
        For each fold, the row numbers for training and those that are held out.
    seeds : ndarray of int
        Random state of each fold.
    terms : list of TermSelection or None
        The terms of text that each fold selects; None if each estimator selects its own.
    n_rows : int
        Number of rows by which hyperparameters are chosen: those with a weight above 0 or, if folds
        train on fewer, as many as they train on.
    scored : str
        For which rows scores of out-of-fold predictions hold: see `what_is_scored`.
    tasks : CallbackTasks or None, default=None
        Task that tells callbacks of the fit. None if there are no callbacks.
    started : float, default=0.0
        Time at which the fit began: `max_time` counts from then.
    findings : sequence of Note, default=()
        What would mislead the user. A fit on a cluster does not look for it.
    new_to : sequence of ndarray of int, default=()
        For each fold, the rows of entities that are new to it: see `with_new_entities`.
    """

    encoder: TabularEncoder
    targets: Targets
    data: Data
    y: NDArray[Any]
    sample_weight: FloatArray
    splits: list[tuple[Rows, Rows]]
    seeds: NDArray[np.int_]
    terms: Sequence[TermSelection | None]
    n_rows: int
    scored: Scored
    tasks: CallbackTasks | None = None
    started: float = 0.0
    findings: Sequence[Note] = ()
    new_to: Sequence[Rows] = ()

    @property
    def held_out(self) -> list[Rows]:
        """Row numbers that each fold holds out."""
        return [rows for _, rows in self.splits]

    def rows_in(self, n_folds: int | None = None) -> Rows:
        """Return the rows that all folds hold out, or the first ones: those with predictions."""
        return rows_in(self.held_out[:n_folds])

    def score(self, oof: FloatArray, n_folds: int | None = None) -> float:
        """Score out-of-fold predictions of the rows of all folds, or of the first ones."""
        rows = self.rows_in(n_folds)
        y = self.targets.values(self.data.Y)[rows]
        return self.targets.score(y, oof[rows], self.sample_weight[rows])

    def uncertainty_of(
        self, oof: FloatArray, n_folds: int | None = None
    ) -> Callable[[FloatArray], Uncertainty]:
        """Return the function that measures how wrong out-of-fold predictions are.

        It measures those of a part of an ensemble, too, in units of the errors to expect of `oof`.
        The models of these are fitted without each fold or, which is faster, without each of
        `n_folds` sets of folds.
        """
        targets, data = self.targets, self.data
        rows, folds, weight = scored_rows(self.held_out, kept_weight(self.sample_weight))
        folds = np.unique(folds, return_inverse=True)[1] % n_folds if n_folds else folds
        difficulty, sizes = targets.expected_errors(data, rows, oof[rows], folds, weight)

        def measure(oof: FloatArray) -> Uncertainty:
            errors = targets.errors(data.Y[rows], oof[rows])
            return Uncertainty(held_out_scores(errors / sizes, weight), difficulty)

        return measure

    def with_alike(self, alike: Mapping[str, bool], X: Any) -> Self:
        """Return the problem with columns of which rows with the same value are alike.

        Whole numbers become codes, which are numbers and categories: see `with_codes`.
        """
        encoder = with_codes(self.encoder, alike, X, used_rows(self.data))
        problem = self
        if encoder is not self.encoder:
            encoded, _ = encode_with(encoder, X)
            problem = self._replace(encoder=encoder, data=self.data._replace(X=encoded))
        entities = [name for name, is_entity in alike.items() if is_entity]
        return problem._marking(entities, names_entity=True)

    def with_held_out_columns(self) -> Self:
        """Return the problem with columns marked whose values folds hold out as a whole.

        These are columns of categories of which no fold holds out a value that it trains on.
        """
        table = self.data.X
        held_out = [
            name
            for name, each in table.layout.columns.items()
            if each.coded_as and self._is_held_out(table.codes_of([each]))
        ]
        return self._marking(held_out, is_held_out=True)

    def _marking(self, names: Collection[str], **marks: bool) -> Self:
        """Return the problem with fields of some columns of categories changed."""
        encoder = with_marks(self.encoder, names, **marks)
        if encoder is self.encoder:
            return self
        data = self.data._replace(X=self.data.X.with_columns(fitted_columns(encoder)))
        return self._replace(encoder=encoder, data=data)

    def _is_held_out(self, codes: NDArray[np.int32]) -> bool:
        """Return whether folds hold out all rows of a value, for all values with a code.

        Values of one row are held out as a whole by any folds.
        """
        if (codes >= 0).sum() < FEWEST_ROWS * len(np.unique(codes[codes >= 0])):
            return False
        known = [
            (codes[training][codes[training] >= 0], codes[held_out][codes[held_out] >= 0])
            for training, held_out in self.splits
        ]
        if not any(len(training) and len(held_out) for training, held_out in known):
            return False
        return not any(np.isin(held_out, training).any() for training, held_out in known)

    def with_new_entities(self) -> Self:
        """Return the problem with folds to which some entities are new, such as persons.

        Other columns may tell who a person is. So only rows of which a fold has not seen the person
        at all show how good it is for new ones. These persons have at most a third of the rows.
        Each is new to one fold, and the others train on all its rows; `held_out` has the other
        rows. Of several columns, the one with the most values counts.

        Nothing changes if no column names entities, or there are too few rows, entities or classes.
        """
        columns = self.data.X.codes_of([*self.data.X.layout.known_entities.values()]).T
        present = np.unique(np.concatenate([*map(np.concatenate, self.splits)]))
        if not len(columns) or len(present) < _FEWEST_ROWS:
            return self
        codes = max(columns[:, present], key=lambda each: len(np.unique(each)))
        fold = _fold_of_new(codes, len(self.splits), np.random.RandomState(self.seeds[0]))
        new_to, known = [present[fold == i] for i in range(len(self.splits))], present[fold < 0]
        held_out = [np.intersect1d(rows, known) for rows in self.held_out]
        if not len(present[fold >= 0]) or not all(map(len, held_out)):
            return self
        if not self._have_same_classes(known, present[fold >= 0]):
            return self
        left_out = map(np.concatenate, zip(held_out, new_to, strict=True))
        training = [np.setdiff1d(present, rows) for rows in left_out]
        return self._replace(splits=[*zip(training, held_out, strict=True)], new_to=new_to)

    def _have_same_classes(self, *parts: Rows) -> bool:
        """Return whether each part of the rows has all classes, or targets are numbers."""
        n_classes = 0 if self.data.class_targets is None else self.data.n_targets
        return all(len(np.unique(self.data.Y[rows])) >= n_classes for rows in parts)

    def without_entities(self) -> Self | None:
        """Return rows as if they were of new entities; None if folds hold out whole ones.

        These are the rows of `new_to`, or else all scored rows. Its folds have no training rows.
        """
        entities = self.data.X.layout.entities
        if all(each.is_held_out for each in entities):
            return None
        of_folds = self.new_to or self.held_out
        rows, *_ = scored_rows(of_folds, None)
        places = [np.flatnonzero(np.isin(rows, held_out)) for held_out in of_folds]
        table, Y = self.data.X[rows].without_entities(), self.data.Y[rows]
        return self._replace(
            data=Data(table, Y, None, self.data.class_targets),
            sample_weight=self.sample_weight[rows],
            splits=[(np.empty(0, np.intp), each) for each in places],
        )

    def with_other_seeds(self, number: int) -> Self:
        """Return the problem with other seeds, the same for each number; those of 0 stay."""
        return self._replace(seeds=(self.seeds + number) % np.iinfo(np.int32).max)

    def with_terms(self) -> Self:
        """Return the problem with terms that are selected for each fold, once for all estimators.

        This goes through the folds one by one, but no process or estimator selects again.
        """
        if not self.data.X.terms:
            return self
        terms = [TermSelection.fit(self.data.rows(training)) for training, _ in self.splits]
        return self._replace(terms=terms)

    def for_targets(self, targets: Targets) -> Self:
        """Return the same problem with targets that are encoded otherwise.

        Terms are selected anew: by other targets, the last bits of what decides would differ.
        """
        if targets is self.targets:
            return self
        data = self.data._replace(Y=targets.encode(self.y))
        return self._replace(targets=targets, data=data, terms=[None] * len(self.splits))


def _fold_of_new(
    codes: NDArray[np.int32], n_folds: int, random: np.random.RandomState
) -> NDArray[np.intp]:
    """Return the fold to which the entity of each row is new; -1 for rows of known ones.

    `codes` tell the entity; -1 is none.
    """
    n_rows = np.bincount(codes[codes >= 0])
    drawn = random.permutation(np.flatnonzero(n_rows))
    drawn = drawn[np.cumsum(n_rows[drawn]) <= min(len(codes) / 3, _MOST_ROWS)]
    fold = np.full(len(n_rows) + 1, -1)  # the last one is that of rows without an entity
    if len(drawn) >= _FEWEST_NEW:
        fold[drawn] = np.arange(len(drawn)) % n_folds
    return fold[codes]


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
    return problem.with_held_out_columns() if folds_decide(estimator, groups) else problem


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
