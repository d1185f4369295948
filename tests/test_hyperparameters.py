"""Losses, optimizers and schedules have hyper-parameters like scikit-learn's estimators."""

import numpy as np
import pytest
from sklearn.base import clone

from scratchmlp.losses import LOSSES
from scratchmlp.optimizers import OPTIMIZERS
from scratchmlp.schedules import SCHEDULES

CLASSES = [*LOSSES.values(), *OPTIMIZERS.values(), *SCHEDULES.values()]
every_class = pytest.mark.parametrize("cls", CLASSES)


@every_class
def test_they_are_cloned_and_printed_with_the_parameters_that_differ_from_the_defaults(cls):
    part = cls()
    assert repr(part) == f"{cls.__name__}()"
    for name in part.get_params():
        changed = clone(part).set_params(**{name: 0.25})
        assert clone(changed).get_params() == {**part.get_params(), name: 0.25}
        assert repr(changed) == f"{cls.__name__}({name}=0.25)"


@every_class
def test_they_are_equal_to_nothing_but_themselves_and_may_be_keys(cls):
    part = cls()
    assert part == part  # noqa: PLR0124
    assert len({part, clone(part), clone(part)}) == 3


RANGES = [
    ("label_smoothing", [0, 0.99], [-0.1, 1]),
    ("gamma", [0], [-1]),
    ("delta", [1e-300], [0]),
    ("quantile", [1e-300, 0.99], [0, 1.0]),
    ("momentum", [0, 1], [-0.1, 1.1]),
    ("nesterov", [True, False], [0.5]),
    ("rho", [0, 0.99], [-0.1, 1]),
    ("beta_1", [0, 0.99], [-0.1, 1]),
    ("beta_2", [0, 0.99], [-0.1, 1]),
    ("epsilon", [1e-300], [0, -1]),
    ("weight_decay", [0], [-0.1, None]),
    ("max_grad_norm", [None, 1e-300], [0, -1]),
    ("n_epochs", [None, 1, np.int64(80)], [0, -1, 2.5]),
    ("warmup", [0, 0.99], [-0.1, 1.0]),
    ("start", [0, 3], [-1.0]),
    ("end", [0, 2], [-1.0]),
    ("power_t", [0], [-0.5]),
]


@every_class
def test_every_hyper_parameter_has_a_range(cls):
    assert cls().get_params().keys() <= {parameter for parameter, _, _ in RANGES}


@pytest.mark.parametrize(("parameter", "legal", "refused"), RANGES)
def test_values_out_of_range_are_refused(parameter, legal, refused):
    having = [cls for cls in CLASSES if parameter in cls().get_params()]
    assert having
    for cls in having:
        for value in legal:
            cls(**{parameter: value})._validate_params()
        for value in refused:
            rule = f"'{parameter}' parameter of {cls.__name__} must be .* Got {value}"
            with pytest.raises(ValueError, match=rule):
                cls(**{parameter: value})._validate_params()
