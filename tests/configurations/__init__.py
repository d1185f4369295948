"""Estimators with parameters and data, for the fuzz tests and for `checks/same_numbers.py`.

Each decision is a call `choose(options)`, which returns one of a sequence. Hypothesis draws it, and
shrinks what fails to the first option; `same_numbers.py` draws it with a seed. Tables state what
can be chosen: ordinary values, which nearly always go together, and extreme ones, many of which an
estimator refuses.
"""

import copy
from dataclasses import dataclass, field
from typing import Any

SEEDS = range(100)


@dataclass
class Case:
    """An estimator, and what its methods are given."""

    estimator: Any
    X: Any
    y: Any
    new: Any  # rows to predict
    given: dict = field(default_factory=dict)  # other arguments of fit

    @property
    def arguments(self):
        return {"X": self.X, "y": self.y, **self.given}

    @property
    def inputs(self):
        return [*self.arguments.values(), self.new]


def some_of(choose, options, at_most):
    """Choose values of a few of the options, by name."""
    chosen = {}
    for _ in range(at_most):
        if not choose([False, True, True, True]):
            break
        name = choose(sorted(options))
        chosen[name] = copy.deepcopy(choose(options[name]))
    return chosen


def joined(ordinary, others):
    """Join two tables of values by name."""
    return {name: [*ordinary.get(name, []), *others.get(name, [])] for name in ordinary | others}
