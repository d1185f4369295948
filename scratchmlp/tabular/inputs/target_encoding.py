"""The target encoding of columns of many categories, which is fitted anew for each fold."""

from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import KFold
from sklearn.preprocessing import TargetEncoder

from scratchmlp.arrays import FloatArray
from scratchmlp.batches import Data
from scratchmlp.tabular.columns.encoded_table import EncodedTable
from scratchmlp.tabular.columns.numeric import clip_smoothly

#: Largest number of outputs of a column. With more classes, the outputs are for sums of classes.
MOST_TARGETS = 32
_SMOOTH = 2.0  # rows of the mean that are added to those of each level
_N_FOLDS = 5
#: Smallest deviation of an encoding, in deviations of the target: smaller ones are mostly noise.
_LEAST_DEVIATION = 0.1


def target_columns(data: Data) -> FloatArray:
    """Return the numbers whose mean in each level is the level's encoding.

    Parameters
    ----------
    data : Data
        Rows to train on.

    Returns
    -------
    ndarray of shape (n_samples, n_targets), float64
        Regression targets, or an indicator for each class, of which one is enough for two classes.
        If there are more than `MOST_TARGETS` of these, sums of them with random factors.
    """
    if data.class_targets is None:
        columns = data.Y.astype(np.float64)
    else:
        n_classes = len(data.class_targets)
        indicators = np.eye(n_classes)[:, n_classes == 2 :]
        columns = indicators[data.Y]
    n_columns = columns.shape[1]
    if n_columns <= MOST_TARGETS:
        return columns
    return columns @ np.random.RandomState(0).standard_normal((n_columns, MOST_TARGETS))


def used_rows(data: Data) -> NDArray[np.intp]:
    """Return the numbers of the rows with a weight above 0."""
    n_rows = len(data.Y)
    return np.arange(n_rows) if data.sample_weight is None else np.flatnonzero(data.sample_weight)


class TargetEncoding(NamedTuple):
    """The target encoding of some columns.

    Attributes
    ----------
    tables : list of ndarray of shape (n_levels + 1, n_targets), float32
        Encoding of each level of each column. The last row is for other values.
    """

    tables: list[FloatArray]

    @classmethod
    def fit_transform(cls, data: Data, seed: int) -> tuple[Self, FloatArray]:
        """Fit the encoding to training rows, and encode them.

        The encoding of a training row does not depend on its own target.

        Parameters
        ----------
        data : Data
            Training rows; X is an `EncodedTable`. Rows with weight 0 are encoded, but not learned
            from. Other weights are ignored.
        seed : int
            Random state of the folds.

        Returns
        -------
        encoding : TargetEncoding
            The fitted encoding.
        encoded : ndarray of shape (n_samples, n_columns * n_targets), float32
            The encoded rows.
        """
        many = data.X.layout.coded_as("many")
        codes, n_levels = data.X.codes_of(many), [each.n_levels for each in many]
        used = used_rows(data)
        used = used if len(used) > 1 else np.repeat(used, 2)  # cross-fitting needs two rows
        fitted = [_encode(codes[used], n_levels, y, seed) for y in target_columns(data)[used].T]
        tables = zip(*(of_target for _, of_target in fitted), strict=True)
        encoding = cls([*map(np.column_stack, tables)])
        out = encoding.transform(data.X)
        out[used] = np.stack([encoded for encoded, _ in fitted], axis=-1).reshape(len(used), -1)
        return encoding, out

    def without_hidden(self, encoded: FloatArray, table: EncodedTable) -> FloatArray:
        """Return encoded training rows after some of their values have been hidden in the table."""
        unknown = table.codes_of(table.layout.coded_as("many")) < 0
        n_targets = [each.shape[1] for each in self.tables]
        return np.where(np.repeat(unknown, n_targets, axis=1), np.float32(0), encoded)

    def transform(self, table: EncodedTable) -> FloatArray:
        """Encode rows.

        Parameters
        ----------
        table : EncodedTable
            The rows.

        Returns
        -------
        ndarray of shape (n_samples, n_columns * n_targets), float32
            The encoded rows.
        """
        codes = table.codes_of(table.layout.coded_as("many")).T
        return np.hstack([each[column] for each, column in zip(self.tables, codes, strict=True)])


def _encode(
    codes: NDArray[np.int32], n_levels: list[int], y: FloatArray, seed: int
) -> tuple[FloatArray, list[FloatArray]]:
    """Encode columns with one target; return the encoded rows, and a table for each column.

    Encodings are standardized: 0 is the mean of the target.
    """
    n_folds = min(_N_FOLDS, len(y))
    encoder = TargetEncoder(
        categories=[np.arange(n) for n in n_levels],
        target_type="continuous",
        smooth=_SMOOTH,
        cv=KFold(n_folds, shuffle=True, random_state=seed),
    )
    encoded = encoder.fit_transform(codes, y) - encoder.target_mean_
    # Values without a code get the mean of the rows that are not in their fold. It would reveal
    # their own targets, and it is not what they get in prediction.
    encoded[codes < 0] = 0.0
    scale = np.maximum(encoded.std(axis=0), _LEAST_DEVIATION * y.std() or 1.0)
    tables = [
        _scaled(np.append(encoding - encoder.target_mean_, 0.0), deviation)
        for encoding, deviation in zip(encoder.encodings_, scale, strict=True)
    ]
    return _scaled(encoded, scale), tables


def _scaled(values: Any, scale: Any) -> FloatArray:
    """Divide values by their scale, and limit them as numbers are limited."""
    return clip_smoothly(values / scale).astype(np.float32)
