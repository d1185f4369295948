"""The first step of a model that ``--keep best`` saves: it reads the columns of a raw table."""

from typing import Any

import pandas as pd

from scratchmlp.cli.columns import read_columns
from scratchmlp.tabular import TabularEncoder
from scratchmlp.utils.public import public


@public("scratchmlp.cli")  # model files contain this name
class ColumnReader(TabularEncoder, auto_wrap_output_keys=None):  # type: ignore[call-arg]
    """Read the columns of a raw table as numbers, dates, booleans, categories and text.

    The models of a comparison get a table that has been read. In a pipeline behind this reader,
    they predict raw tables too. It has the parameters and attributes of `TabularEncoder`.
    """

    def transform(self, X: Any) -> pd.DataFrame:  # type: ignore[override]
        """Read a table.

        Parameters
        ----------
        X : DataFrame of shape (n_samples, n_features)
            Raw table, with the columns of `fit`.

        Returns
        -------
        DataFrame of shape (n_samples, n_used)
            Columns of the kinds that they had in `fit`, without those that are left out.
        """
        return read_columns(self._validate_table(X, reset=False), self._columns)[0]
