"""The inputs of a network, which it computes from an encoded table."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils import resample

from scratchmlp.arrays import FloatArray
from scratchmlp.batches import Data
from scratchmlp.monitor import Observer
from scratchmlp.tabular.columns.encoded_table import EncodedTable
from scratchmlp.tabular.inputs.logarithms import Logarithms
from scratchmlp.tabular.inputs.piecewise import PiecewiseLinearEncoder
from scratchmlp.tabular.inputs.target_encoding import TargetEncoding
from scratchmlp.tabular.inputs.term_selection import TermSelection

#: Numbers in the largest array of inputs, which takes 64 MB. `InputRows` take its place if it would
#: be larger.
_LARGEST_ARRAY = 2**24
#: Share of the training rows in which columns that name an entity, such as persons, are hidden.
#: What is trained then learns to predict rows of new entities, too.
_SHARE_HIDDEN = 0.15
#: Most rows to which bins are fitted. On 200,000 rows, decision trees of all rows took a fifth of
#: the time of a fit.
_MOST_ROWS = 10_000


class Bins(NamedTuple):
    """A piecewise-linear encoding of some numbers.

    Attributes
    ----------
    encoder : PiecewiseLinearEncoder
        The encoding.
    columns : ndarray of int
        Which numbers of an encoded table to encode.
    """

    encoder: PiecewiseLinearEncoder
    columns: NDArray[np.intp]

    def fit(self, data: Data) -> "Bins":
        """Return the encoding, fitted to training rows. Its bins may depend on their targets.

        Of more than 10,000 rows, a random sample is used.
        """
        if len(data.Y) > _MOST_ROWS:
            data = _sample(data)
        X = data.X.imputed(self.columns)
        encoder = clone(self.encoder).fit(X, data.Y, sample_weight=data.sample_weight)
        return Bins(encoder, self.columns)

    def transform(self, table: EncodedTable) -> FloatArray:
        """Encode rows."""
        return self.encoder._encode(table.imputed(self.columns))


def _sample(data: Data) -> Data:
    """Draw the rows to which bins are fitted, and weight them so that they stand for all.

    Each class has the same number of rows, or all of its rows if it is rare.
    """
    weight = np.ones(len(data.Y)) if data.sample_weight is None else data.sample_weight
    rows = np.flatnonzero(weight)
    if data.class_targets is None:
        groups = [rows]
    else:
        groups = [rows[data.Y[rows] == each] for each in np.unique(data.Y[rows])]
    most = max(1, _MOST_ROWS // len(groups))
    drawn = [
        resample(group, replace=False, n_samples=min(most, len(group)), random_state=0)
        for group in groups
    ]
    shares = [len(few) / len(group) for few, group in zip(drawn, groups, strict=True)]
    chosen = np.concatenate(drawn)
    weight = weight[chosen] / np.repeat(shares, [len(few) for few in drawn])
    return data.rows(chosen)._replace(sample_weight=weight)


class Inputs(NamedTuple):
    """How what is trained without one fold computes its inputs from an encoded table.

    Attributes
    ----------
    supervised : tuple of TargetEncoding or TermSelection
        Encodings that are appended to the outputs of the encoded table.
    bins : Bins or None
        Encoding of numbers that is appended. None appends nothing.
    logarithms : Logarithms or None, default=None
        Logarithms that are appended. None appends nothing.
    """

    supervised: tuple[TargetEncoding | TermSelection, ...]
    bins: Bins | None
    logarithms: Logarithms | None = None

    def array(
        self, table: EncodedTable, supervised: Sequence[FloatArray] | None = None
    ) -> FloatArray:
        """Return the inputs of a network for rows of an encoded table.

        Parameters
        ----------
        table : EncodedTable
            The rows.
        supervised : list of ndarray or None, default=None
            Second result of `InputsPlan.fit`, for training rows.

        Returns
        -------
        ndarray of shape (n_samples, n_inputs), float32
            The inputs.
        """
        parts = [table.to_array(), *self.supervised_outputs(table, supervised)]
        if self.bins:
            parts.append(self.bins.transform(table))
        if self.logarithms:
            parts.append(self.logarithms.transform(table))
        return np.hstack(parts) if len(parts) > 1 else parts[0]

    def array_for_trees(
        self, table: EncodedTable, supervised: Sequence[FloatArray] | None = None
    ) -> FloatArray:
        """Return the inputs of trees, without bins. See `array`."""
        return np.hstack([table.numbers_and_codes(), *self.supervised_outputs(table, supervised)])

    def supervised_outputs(
        self, table: EncodedTable, known: Sequence[FloatArray] | None = None
    ) -> Sequence[FloatArray]:
        """Return what each supervised encoding makes of rows, unless it is known."""
        return [each.transform(table) for each in self.supervised] if known is None else known

    def hiding(
        self, table: EncodedTable, supervised: Sequence[FloatArray], hidden: NDArray[np.bool_]
    ) -> tuple[EncodedTable, Sequence[FloatArray]]:
        """Return training rows, and `supervised`, without some of the entities they belong to.

        `hidden` is that of `EncodedTable.hiding`. The encodings stay: they were fitted before.
        """
        table = table.hiding(hidden)
        pairs = zip(self.supervised, supervised, strict=True)
        return table, [each.without_hidden(encoded, table) for each, encoded in pairs]

    def hiding_some(
        self, table: EncodedTable, supervised: Sequence[FloatArray], seed: int
    ) -> tuple[EncodedTable, Sequence[FloatArray]]:
        """Return training rows, and `supervised`, in some of which entities are hidden."""
        if not table.layout.entities:
            return table, supervised
        random_state = np.random.RandomState([seed, 2])
        drawn = drawn_rows(len(table), len(table.layout.entities), random_state)
        return self.hiding(table, supervised, drawn)

    def array_or_rows(
        self,
        table: EncodedTable,
        width: int,
        supervised: Sequence[FloatArray] | None = None,
        most: int | None = None,
    ) -> "FloatArray | InputRows":
        """Return the inputs as an array or, if it would be large, as `InputRows`.

        `width` is the number of inputs, and `most` limits the numbers in an array. The other
        parameters are those of `array`.
        """
        if len(table) * width <= (_LARGEST_ARRAY if most is None else most):
            return self.array(table, supervised)
        return InputRows(self, table, width, supervised)


class InputRows:
    """The inputs of a network for the rows of a table, computed when rows are selected.

    An array of them can take a hundred times the memory of the encoded table.

    Parameters
    ----------
    inputs : Inputs
        How to compute them.
    table : EncodedTable
        The rows.
    width : int
        Number of inputs.
    supervised : list of ndarray or None, default=None
        See `Inputs.array`.

    Attributes
    ----------
    shape : tuple of two int
        Number of rows and of inputs.
    """

    def __init__(
        self,
        inputs: Inputs,
        table: EncodedTable,
        width: int,
        supervised: Sequence[FloatArray] | None = None,
    ) -> None:
        self.inputs, self.table, self.supervised = inputs, table, supervised
        self.shape = len(table), width

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.shape[0]

    def __getitem__(self, rows: Any) -> FloatArray:
        """Compute the inputs of rows that a slice, a mask or an array of row numbers selects."""
        supervised = None if self.supervised is None else [each[rows] for each in self.supervised]
        return self.inputs.array(self.table[rows], supervised)


class HidingRows(Observer):
    """Hides entities in the inputs of a network for training rows: in other rows in each epoch.

    Parameters
    ----------
    inputs : Inputs
        How to compute the inputs.
    table : EncodedTable
        The rows.
    supervised : list of ndarray
        See `Inputs.array`.
    seed : int
        Random state.

    Attributes
    ----------
    X : ndarray of shape (n_samples, n_inputs)
        The inputs, which change when an epoch begins.
    """

    def __init__(
        self, inputs: Inputs, table: EncodedTable, supervised: Sequence[FloatArray], seed: int
    ) -> None:
        self.X = inputs.array(table, supervised)
        self._random_state = np.random.RandomState([seed, 2])
        self._hidden = [
            self._differing(inputs.array(*inputs.hiding(table, supervised, hidden)))
            for hidden in _one_by_one(table)
        ]

    def _differing(self, X: FloatArray) -> tuple[NDArray[np.intp], FloatArray, FloatArray]:
        """Return the inputs that differ if an entity is hidden, and both of their values."""
        columns = np.flatnonzero((X != self.X).any(axis=0))
        return columns, self.X[:, columns], X[0, columns]

    def epoch_begin(self) -> None:
        """Hide entities in other rows than before."""
        drawn = drawn_rows(len(self.X), len(self._hidden), self._random_state)
        for (columns, shown, values), hidden in zip(self._hidden, drawn.T, strict=True):
            self.X[:, columns] = shown
            self.X[np.ix_(hidden, columns)] = values


def _one_by_one(table: EncodedTable) -> Iterator[NDArray[np.bool_]]:
    """Yield which columns to hide to hide each entity in all rows."""
    for one in np.eye(len(table.layout.entities), dtype=bool):
        yield np.tile(one, (len(table), 1))


def training_inputs(
    inputs: Inputs, table: EncodedTable, supervised: Sequence[FloatArray], seed: int
) -> tuple["FloatArray | InputRows", list[Observer]]:
    """Return the inputs of a network for training rows, in some of which entities are hidden.

    They are hidden anew in each epoch, unless the array would be large.

    Parameters
    ----------
    inputs : Inputs
        How to compute them.
    table : EncodedTable
        The rows.
    supervised : list of ndarray
        See `Inputs.array`.
    seed : int
        Random state.

    Returns
    -------
    X : ndarray or InputRows, of shape (n_samples, n_inputs)
        The inputs.
    observers : list of Observer
        What hides entities in them when an epoch begins.
    """
    width = inputs.array(table[:1]).shape[1]
    if table.layout.entities and len(table) * width <= _LARGEST_ARRAY:
        hiding = HidingRows(inputs, table, supervised, seed)
        return hiding.X, [hiding]
    table, supervised = inputs.hiding_some(table, supervised, seed)
    return inputs.array_or_rows(table, width, supervised), []


class InputsPlan(NamedTuple):
    """What the inputs of a fold are fitted with.

    Attributes
    ----------
    seed : int
        Random state of the encodings.
    terms : TermSelection or None
        The terms of text that the same rows have selected before. None selects them.
    bins : Bins or None
        Bins that are not fitted, if the fold has any.
    positive : dict of int to float
        Numbers that may have logarithms: see `positive_numbers`.
    """

    seed: int
    terms: TermSelection | None
    bins: Bins | None
    positive: Mapping[int, float]

    def fit(self, data: Data) -> tuple[Inputs, Sequence[FloatArray]]:
        """Fit the encodings to training rows.

        Parameters
        ----------
        data : Data
            Training rows; X is an `EncodedTable`.

        Returns
        -------
        inputs : Inputs
            The fitted encodings.
        supervised : list of ndarray of shape (n_samples, n_outputs), float32
            What each of `Inputs.supervised` makes of the training rows. A target encoding makes
            something else of them than of new rows.
        """
        table = data.X
        supervised: list[FloatArray] = []
        fitted: list[TargetEncoding | TermSelection] = []
        if table.layout.coded_as("many"):
            encoding, encoded = TargetEncoding.fit_transform(data, self.seed)
            fitted.append(encoding)
            supervised.append(encoded)
        if table.terms:
            terms = TermSelection.fit(data) if self.terms is None else self.terms
            fitted.append(terms)
            supervised.append(terms.transform(table))
        bins = self.bins.fit(data) if self.bins else None
        logarithms = Logarithms.fit(table, self.positive) if self.positive else None
        return Inputs(tuple(fitted), bins, logarithms), supervised


def drawn_rows(
    n_rows: int, n_entities: int, random_state: np.random.RandomState
) -> NDArray[np.bool_]:
    """Draw the rows in which columns that name an entity are hidden: see `EncodedTable.hiding`.

    Of several columns, all are hidden in at least half of these rows, and some of them in the
    others: a new pupil may be of a known school.
    """
    chosen = random_state.random_sample((n_rows, 1)) < _SHARE_HIDDEN
    some = random_state.random_sample((n_rows, n_entities)) < 0.5
    are_all = (random_state.random_sample((n_rows, 1)) < 0.5) | ~some.any(axis=1, keepdims=True)
    return chosen & (some | are_all)
