"""The section on how a report was made, so that it can be made again."""

import platform
from datetime import datetime
from importlib.metadata import version
from typing import NamedTuple

from scratchmlp import __version__
from scratchmlp.reporting.content import Section, Table, plain
from scratchmlp.reporting.evaluated import Evaluated

LIBRARIES = ("numpy", "scipy", "scikit-learn", "pandas", "matplotlib")
LONGEST = 2000  # characters of a call


class Origin(NamedTuple):
    """Where a report comes from.

    Attributes
    ----------
    made_by : str
        "Command" or "Call".
    text : str
        The command or the call.
    random_state : int
        Random state of the report.
    """

    made_by: str
    text: str
    random_state: int


def origin_section(evaluated: Evaluated, origin: Origin, now: datetime) -> Section:
    """Say how a report was made.

    Parameters
    ----------
    evaluated : Evaluated
        The rows.
    origin : Origin
        The command or the call.
    now : datetime
        The time.

    Returns
    -------
    Section
        A table with the call, the time, the size of the table and versions.
    """
    estimator = " ".join(repr(evaluated.estimator).split())
    n_given = len(evaluated.given[1])
    versions = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    rows = [
        (origin.made_by, plain(origin.text, LONGEST)),
        ("Estimator", plain(estimator, LONGEST)),
        ("Table", f"{n_given:,} rows, {len(evaluated.columns):,} columns"),
        ("Random state of the report", str(origin.random_state)),
        ("Date", now.strftime("%Y-%m-%d %H:%M")),
        (
            "Versions",
            f"scratchmlp {__version__}, Python {platform.python_version()}, {versions}",
        ),
    ]
    return Section("origin", "How this report was made", [Table("Origin", ("item", "value"), rows)])
