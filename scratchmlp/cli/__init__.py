"""The command line: ``python -m scratchmlp``."""

from scratchmlp.cli.column_reader import ColumnReader
from scratchmlp.public import public

public(__name__)(ColumnReader)  # model files contain this name
