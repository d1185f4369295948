"""Private names of scikit-learn's networks: some can be read, a page says what replaces others."""

import re
from pathlib import Path

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.neural_network import MLPClassifier, MLPRegressor

from scratchmlp.estimators.private_names import REPLACED
from tests.helpers.estimator_examples import SMALL, X_IRIS, Y_IRIS, Y_LABELS

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

#: Private names of scikit-learn's networks that also exist here, or that no code of others uses.
READABLE = {"_label_binarizer", "_no_improvement_count"}
INTERNAL = {"_abc_impl", "_parameter_constraints", "_estimator_type"}


PAGE = (Path(__file__).parents[2] / "docs" / "comparison.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("\n## Private names, and what replaces them\n")[2].partition("\n## ")[0]
ON_THE_PAGE = {
    name: text
    for names, text in re.findall(r"^\| (`_.*`) \| (.*) \|$", SECTION, flags=re.MULTILINE)
    for name in re.findall(r"\w+", names)
}


def test_every_private_name_of_scikit_learn_is_readable_or_on_the_page():
    names = set()
    for Theirs in (MLPClassifier, MLPRegressor):
        for solver in ("adam", "lbfgs"):
            names |= vars(Theirs(solver=solver, **SMALL).fit(X_IRIS, Y_IRIS)).keys()
        names |= {name for cls in Theirs.__mro__[:3] for name in vars(cls)}
    private = {name for name in names if name.startswith("_") and not name.startswith("__")}
    assert private - INTERNAL <= ON_THE_PAGE.keys() | REPLACED.keys() | READABLE


def test_the_page_lists_what_no_error_replaces():
    assert not REPLACED.keys() & ON_THE_PAGE.keys()


@pytest.mark.parametrize("name", REPLACED)
def test_errors_say_what_replaces_a_name(Estimator, name):
    fitted = Estimator(**SMALL).fit(X_IRIS, Y_IRIS)
    with pytest.raises(AttributeError, match=f"has no '{name}', a private method of") as error:
        getattr(fitted, name)
    assert str(error.value).endswith(REPLACED[name])
    assert not hasattr(fitted, name)


@pytest.mark.parametrize("name", REPLACED)
@pytest.mark.parametrize("inherited", [False, True])
def test_a_subclass_with_a_method_that_nothing_calls_warns(Estimator, name, inherited):
    own = {name: lambda self, *args: args}
    bases, own = ((type("Mixin", (), own), Estimator), {}) if inherited else ((Estimator,), own)
    with pytest.warns(UserWarning, match=f"Mine overrides '{name}'") as warned:
        Mine = type("Mine", bases, own)
    assert str(warned[0].message).endswith(REPLACED[name])
    assert warned[0].filename == __file__
    assert getattr(Mine(), name)(1) == (1,)


@pytest.mark.parametrize("name", ON_THE_PAGE)
def test_subclasses_may_use_other_private_names(Estimator, name):
    Mine = type("Mine", (Estimator,), {name: lambda self, *args: args})
    assert getattr(Mine(**SMALL).fit(X_IRIS, Y_IRIS), name)(1) == (1,)
    estimator = Estimator(**SMALL)
    setattr(estimator, name, 1)
    assert getattr(estimator.fit(X_IRIS, Y_IRIS), name) == 1


LABELS = {"binary": Y_IRIS > 0, "multiclass": np.array([*"abc"])[Y_IRIS], "multilabel": Y_LABELS}


@pytest.mark.parametrize("y", LABELS.values(), ids=LABELS)
def test_the_label_binarizer_is_that_of_scikit_learn(Estimator, y):
    if not hasattr(Estimator, "predict_proba"):
        assert not hasattr(Estimator(**SMALL).fit(X_IRIS, Y_IRIS), "_label_binarizer")
        return
    assert not hasattr(Estimator(), "_label_binarizer")
    ours, theirs = (E(**SMALL).fit(X_IRIS, y)._label_binarizer for E in (Estimator, MLPClassifier))
    assert ours.y_type_ == theirs.y_type_
    np.testing.assert_array_equal(ours.classes_, theirs.classes_)
    np.testing.assert_array_equal(ours.transform(y), theirs.transform(y))


@pytest.mark.parametrize("name", ["out_activation_", "loss_", "loss_curve_", "best_loss_", "t_"])
def test_computed_attributes_cannot_be_set(Estimator, name):
    fitted = Estimator(**SMALL).fit(X_IRIS, Y_IRIS)
    with pytest.raises(AttributeError, match=f"^{name} of .* cannot be set"):
        setattr(fitted, name, [])


def test_losses_are_floats_of_numpy(Estimator):
    fitted = Estimator(**SMALL).fit(X_IRIS, Y_IRIS)
    losses = [fitted.loss_, fitted.best_loss_, *fitted.loss_curve_]
    assert {type(loss) for loss in losses} == {np.float64}


@pytest.mark.parametrize("name", ["coefs_", "intercepts_"])
def test_setting_weights_before_there_are_any_leads_to_initialize(Estimator, name):
    with pytest.raises(NotFittedError, match=r"Call initialize\(X, y\) first"):
        setattr(Estimator(), name, [np.ones((4, 2))])
