"""docs/comparison.md names every parameter, attribute and method."""

import inspect
import re
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.utils._param_validation import InvalidParameterError

from scratchmlp import DivergenceError, ScratchMLPClassifier, ScratchMLPRegressor

PAIRS = [(MLPClassifier, ScratchMLPClassifier), (MLPRegressor, ScratchMLPRegressor)]
VALUES = [None, True, -1, 0, 1, 2, 0.0, 0.5, 1.0, 1.5, np.inf, np.nan, [3], [], (2.5,)]
VALUES += ["relu", "sgd", "auto", "full", "adaptive", "poisson", "adagrad"]
VALUES += [np.random.RandomState(0), -1e-9, 1 + 1e-9]
NEW_VALUES = [("batch_size", "full"), ("solver", "adagrad")]
NEW_VALUES += [("activation", layers) for layers in ([3], [], (2.5,))]  # looked into by fit
PAGE = Path(__file__).parents[1] / "docs" / "comparison.md"
SHARED = {"get_params", "set_params", "get_metadata_routing"}  # scikit-learn's own


def rows(heading):
    section = PAGE.read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    unchanged = section.split("As in scikit-learn: ")[1].split(".\n")[0]
    changed = re.findall(r"^\| (`[^|]*`) \|", section, flags=re.MULTILINE)
    return re.findall(r"`(\w+)`", " ".join([unchanged, *changed]))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_page_lists_everything_public():
    estimators = ScratchMLPClassifier(max_iter=1), ScratchMLPRegressor(max_iter=1)
    public = set()
    for estimator in estimators:
        estimator.fit(*load_iris(return_X_y=True))
        public |= {name for name in dir(estimator) if not name.startswith("_")} - SHARED
        public = {name for name in public if not name.endswith("_request")}
    parameters = {name for estimator in estimators for name in estimator.get_params()}
    attributes = {name for name in public - parameters if name.endswith("_")}
    assert len(set(rows("Parameters"))) == len(rows("Parameters"))
    assert set(rows("Parameters")) == parameters
    assert set(rows("Attributes")) == attributes | {"feature_names_in_"}
    assert set(rows("Methods")) == {m for m in public - parameters if not m.endswith("_")}
    methods = [getattr(estimators[0], name) for name in rows("Methods")]
    assert all(inspect.ismethod(method) for method in methods)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_what_people_ask_scikit_learn_for_runs():
    before, _, section = PAGE.read_text().partition("\n## What people ask scikit-learn for\n")
    section = section.partition("\n## ")[0]
    names = {}
    for page in (before, section):  # the first block of each: the data, and the names of classes
        exec(re.search(r"```python\n(.*?)```", page, flags=re.DOTALL)[1], names)
    codes = re.findall(r"^\| .*? \| `(MLP.*?)` \| (.*) \|$", section, flags=re.MULTILINE)
    assert len(codes) == section.count("\n| ") - 1
    for code, effect in codes:
        diverges = "raises `DivergenceError`" in effect
        with pytest.raises(DivergenceError) if diverges else nullcontext():
            eval(code, names)


@pytest.mark.parametrize(("Theirs", "Ours"), PAIRS)
@pytest.mark.parametrize("name", MLPRegressor().get_params())
def test_parameters_are_refused_where_scikit_learn_s_are(Theirs, Ours, name):
    """With the same words except for the names of classes and for values that are new here."""
    if name not in Theirs().get_params():
        return
    for value in VALUES:
        if (name, value) in NEW_VALUES:
            continue
        messages = [refusal(Estimator, name, value) for Estimator in (Theirs, Ours)]
        assert (messages[0] is None) == (messages[1] is None), (value, messages)
        if messages[0]:
            assert messages[1].startswith(f"The '{name}' parameter of {Ours.__name__} must be ")
            assert messages[0].rpartition(" Got ")[2] == messages[1].rpartition(" Got ")[2]


def refusal(Estimator, name, value):
    try:
        Estimator(**{name: value}).fit([], [])
    except InvalidParameterError as error:
        return str(error)
    except ValueError:  # for there are no rows, which is noticed after the parameters
        return None
