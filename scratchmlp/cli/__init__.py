"""The command line: ``python -m scratchmlp``."""

from scratchmlp.utils.public import on_first_use

__getattr__ = on_first_use(__name__, {"ColumnReader": "column_reader"})
