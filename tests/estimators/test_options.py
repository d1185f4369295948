"""Each option of a network is declared, checked, drawn and described: one test for each gap.

CONTRIBUTING.md, "Adding an option of a network", says what to do if one of them fails.
"""

import inspect
import io
import re
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone

from scratchmlp import DivergenceError, ScratchMLPClassifier, ScratchMLPRegressor
from tests.configurations.networks import striped
from tests.helpers.estimator_examples import X_IRIS, Y_IRIS
from tests.helpers.option_effects import elsewhere, option, refusal, settings, values

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:batch_size:UserWarning"),
]
SIGNATURE = [
    (Estimator, name)
    for Estimator in (ScratchMLPClassifier, ScratchMLPRegressor)
    for name in inspect.signature(Estimator).parameters
]
X, CLASSES = X_IRIS[::3], np.minimum(Y_IRIS[::3], 1) + (X_IRIS[::3, 0] > 1)
DOCS = Path(__file__).parents[2] / "docs"
#: Options that L-BFGS takes, except for those that set the initial weights or choose it.
OF_LBFGS = [
    (Estimator, name)
    for Estimator, name in SIGNATURE
    if name not in {"random_state", "weight_init", "solver", *elsewhere("lbfgs")}
]
each_option = pytest.mark.parametrize(("Estimator", "name"), SIGNATURE)


def targets(Estimator):
    return CLASSES if Estimator is ScratchMLPClassifier else CLASSES / 2


@each_option
@pytest.mark.parametrize("value", [1j, "nonsense", -1.0, np.nan])
def test_a_value_is_accepted_or_refused_by_name(Estimator, name, value):
    assert name in Estimator._parameter_constraints, f"declare {name} in OPTIONS"
    estimator = Estimator(**settings(name) | {name: value})
    try:
        estimator.fit(X, targets(Estimator))
    except Exception as error:
        message = str(error)
        assert name in message
        assert re.search(f"[Gg]ot {re.escape(repr(value))}", message)
    else:
        assert isinstance(value, float), f"{name} accepts anything: declare its values"


@each_option
def test_the_fuzz_tests_draw_it(Estimator, name):
    assert values(Estimator, name), f"{name} is not in tests/configurations/networks.py"


def outcome(estimator, y, **validation):
    """Return all that an option may change: two fits, and what they print; or the error."""
    with redirect_stdout(io.StringIO()) as printed:
        try:
            fits = [estimator.fit(X, y, **validation).history_ for _ in range(2)]
        except (ValueError, DivergenceError) as error:
            return error
    runs = [history | {"seconds": None} for history in fits]
    return repr([estimator.theta_.tolist(), estimator.stop_reason_, runs, printed.getvalue()])


@each_option
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of values that overflow
def test_it_acts_with_lbfgs_unless_it_is_declared_otherwise(Estimator, name):
    y, default = targets(Estimator), Estimator(**settings(name) | {"solver": "lbfgs"})
    changed = [clone(default).set_params(**{name: each}) for each in values(Estimator, name)]
    outcomes, usual = [outcome(each, y) for each in changed], outcome(default, y)
    errors = [str(each) for each in outcomes if isinstance(each, Exception)]
    acts = any(each != usual for each in outcomes if isinstance(each, str))
    if "lbfgs" in option(name).refused:
        assert any(re.match(refusal(Estimator, name, "lbfgs"), each) for each in errors)
    assert not (errors and "lbfgs" in option(name).ignored), errors
    declared = name not in elsewhere("lbfgs")
    assert acts == declared, f"{name} {acts=} with L-BFGS: declare this in OPTIONS"


@pytest.mark.parametrize(("Estimator", "name"), OF_LBFGS)
def test_lbfgs_draws_no_random_numbers_with_it(Estimator, name):
    """Its line search would compare values of different functions."""
    y, default = targets(Estimator), Estimator(**settings(name) | {"solver": "lbfgs"})
    for value in values(Estimator, name):
        network = default.set_params(**{"weight_init": striped, name: value})
        drawn = [clone(network).set_params(random_state=seed) for seed in (0, 1)]
        found, again = (outcome(each, y, X_val=X, y_val=y) for each in drawn)
        same = isinstance(found, Exception) or found == again
        assert same, f"{name} draws random numbers: refuse it with L-BFGS"


def test_pages_list_what_is_ignored_and_refused():
    page = " ".join((DOCS / "networks.md").read_text().split())
    named = [re.search(rf'`"lbfgs"` {verb} (.*?)[.:]', page)[1] for verb in ("ignores", "refuses")]
    assert set(re.findall(r"`(\w+)`", " ".join(named))) == elsewhere("lbfgs")
    refused = re.findall(r"\n\| (.*) \| refused \|", (DOCS / "cluster.md").read_text())
    assert set(re.findall(r"`(\w+)`", *refused)) == elsewhere("cluster")
