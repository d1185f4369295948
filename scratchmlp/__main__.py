"""Run the command line: ``python -m scratchmlp``."""

import sys

from scratchmlp.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
