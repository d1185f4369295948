"""The classes that CONTRIBUTING.md shows: an activation, a loss and an optimizer to add.

Tests of each collection include them, so that what the page promises of them holds.
"""

import re
from pathlib import Path

_PAGE = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")
_SECTIONS = _PAGE.partition("\n## Adding an activation\n")[2].partition("\n## Adding an option")[0]


def _run():
    names = {}
    for block in re.findall(r"^```python\n(.*?)^```$", _SECTIONS, flags=re.M | re.S):
        exec(block, names)
    return names


EXAMPLES = _run()
