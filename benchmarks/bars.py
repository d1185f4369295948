"""Compare a measurement with its bar, as a line of text."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """A measurement, nan if it was not made, and its bar.

    Examples
    --------
    >>> print(Check("training, ours / theirs", 0.5, 0.75, at_least=False))
    PASS          training, ours / theirs                                        0.500 <= 0.75
    """

    what: str
    measured: float
    bar: float
    at_least: bool = True

    @property
    def verdict(self) -> str:
        """PASS, FAIL or NOT MEASURED."""
        passed = self.measured >= self.bar if self.at_least else self.measured <= self.bar
        return "NOT MEASURED" if math.isnan(self.measured) else "PASS" if passed else "FAIL"

    def __str__(self) -> str:
        sign = ">=" if self.at_least else "<="
        return f"{self.verdict:<12}  {self.what:<60}{self.measured:>8.3f} {sign} {self.bar:g}"
