"""What an option of a network does, for the tests in memory and on a cluster.

The values come from `tests.configurations.networks`.
"""

import copy

from scratchmlp.estimators.options import OPTIONS, Option
from tests.configurations.networks import kind_of, options

#: Settings without which an option has nothing to act on.
NEEDS = {
    "power_t": {"solver": "sgd", "learning_rate": "invscaling"},
    "momentum": {"solver": "sgd"},
    "nesterovs_momentum": {"solver": "sgd"},
    "early_stopping": {"max_iter": 12, "n_iter_no_change": 2},
    "n_iter_no_change": {"early_stopping": True, "max_iter": 12},
    "validation_fraction": {"early_stopping": True},
    "scoring": {"early_stopping": True},
}


def option(name):
    """Return what is declared. `loss` and `class_weight` act everywhere."""
    return OPTIONS.get(name, Option([]))


def values(Estimator, name):
    """Return each value that the fuzz tests and `same_numbers.py` draw, except for the default."""
    default = Estimator().get_params()[name]
    drawn = options(kind_of(Estimator)).get(name, [])
    by_name = {repr(each): each for each in copy.deepcopy(drawn)}  # some are there many times
    return [each for text, each in by_name.items() if text != repr(default)]


def settings(name):
    """Return settings with which an option acts."""
    small = {"hidden_layer_sizes": (3,), "max_iter": 2, "batch_size": 30, "random_state": 0}
    return small | NEEDS.get(name, {})


def elsewhere(place):
    """Return the names of the options that are ignored or refused in such a place."""
    return {n for n, each in OPTIONS.items() if place in (*each.ignored, *each.refused)}


def refusal(Estimator, name, place):
    """Return a regular expression of the error of an option that is refused."""
    where = {"lbfgs": "with solver='lbfgs'", "cluster": "on a cluster"}[place]
    rule = f"{name} is not supported {where}, because .*"
    return f"{rule}; got {name}=.*Set {name}={Estimator().get_params()[name]!r}, or "
