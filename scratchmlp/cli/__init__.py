"""The command line: ``python -m scratchmlp``."""
