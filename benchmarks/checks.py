"""Compare a measurement with its bar, as a line of text."""

import math
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Check:
    """A measurement and its bar."""

    verdict: str
    what: str
    measured: float
    bar: float
    at_least: bool
    digits: int = 2

    def __str__(self) -> str:
        sign = ">=" if self.at_least else "<="
        measured, bar = (number(value, self.digits) for value in (self.measured, self.bar))
        return f"{self.verdict:<12}  {self.what:<60}{measured:>8} {sign} {bar}"


def check(what: str, measured: float, bar: float, at_least: bool, digits: int = 2) -> Check:
    """Compare a measurement with its bar; a value that was not measured is nan.

    Examples
    --------
    >>> print(check("training, ours / theirs", 0.5, 0.75, at_least=False))
    PASS          training, ours / theirs                                         0.50 <= 0.75
    """
    passed = measured >= bar if at_least else measured <= bar
    missing = math.isnan(measured) or math.isnan(bar)
    verdict = "NOT MEASURED" if missing else "PASS" if passed else "FAIL"
    return Check(verdict, what, measured, bar, at_least, digits)


def number(value: float, digits: int = 2) -> str:
    """Format a number; a dash if it was not measured."""
    return "-" if math.isnan(value) else f"{value:.{digits}f}"


def finite(row: dict[str, Any]) -> dict[str, Any]:
    """Replace nan, which is not JSON, by None."""
    return {key: None if value != value else value for key, value in row.items()}
