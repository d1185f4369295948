"""Compare a measurement with its bar, as a line of text."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """A measurement and its bar."""

    verdict: str
    what: str
    measured: float
    bar: float
    at_least: bool

    def __str__(self) -> str:
        sign = ">=" if self.at_least else "<="
        measured = number(self.measured, 3)
        return f"{self.verdict:<12}  {self.what:<60}{measured:>8} {sign} {self.bar:g}"


def check(what: str, measured: float, bar: float, *, at_least: bool) -> Check:
    """Compare a measurement with its bar; a value that was not measured is nan.

    Examples
    --------
    >>> print(check("training, ours / theirs", 0.5, 0.75, at_least=False))
    PASS          training, ours / theirs                                        0.500 <= 0.75
    """
    passed = measured >= bar if at_least else measured <= bar
    verdict = "NOT MEASURED" if math.isnan(measured) else "PASS" if passed else "FAIL"
    return Check(verdict, what, measured, bar, at_least)


def number(value: float, digits: int = 2) -> str:
    """Format a number; a dash if it was not measured."""
    return "-" if math.isnan(value) else f"{value:.{digits}f}"
