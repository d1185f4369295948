"""Run the code blocks of the Markdown pages as tests, one namespace a page."""

import os
from doctest import ELLIPSIS

from sybil import Sybil
from sybil.parsers.myst import PythonCodeBlockParser

os.environ["MPLBACKEND"] = "agg"  # pictures open no windows

pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(doctest_optionflags=ELLIPSIS)],
    patterns=["README.md", "CONTRIBUTING.md", "docs/*.md"],
).pytest()

collect_ignore_glob = ["docs/*.py"]  # the site's configuration and figures: no module of ours
