"""Equality with scikit-learn: weights, losses, scores, epochs, warnings and predictions.

Both train with the same parameters, data and random state. Deliberate differences are left out,
each with its reason; learning rates are moderate and data scaled, because in chaotic settings
scikit-learn differs from itself as much as from us when X moves in its last digit.
"""

import warnings
from itertools import product

import numpy as np
import pytest
import scipy.sparse
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import make_classification, make_regression
from sklearn.datasets import make_multilabel_classification as make_multilabel
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import scale

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor

N_ROWS = 60
TOLERANCES = {np.dtype(np.float64): 1e-9, np.dtype(np.float32): 1e-4}


def scaled(X):
    """Scale the columns, then empty about a third of the table, so that it may be stored sparse."""
    X = scale(X)
    return np.where(np.abs(X) > 0.4, X, 0)


# The labels are noisy: where a network can separate them, L-BFGS tries weights that make
# probabilities 0 or 1, and there scikit-learn clips its log-loss.


def classification(n_classes, flip_y, seed):
    settings = {"n_informative": 4, "n_classes": n_classes, "flip_y": flip_y}
    X, y = make_classification(N_ROWS, 6, **settings, random_state=seed)
    return scaled(X), y


def multilabel():
    X, y = make_multilabel(N_ROWS, n_features=6, n_classes=3, random_state=11)
    flipped = np.random.default_rng(0).random(y.shape) < 0.1
    return scaled(X), np.where(flipped, 1 - y, y)


def regression(n_targets):
    X, y = make_regression(N_ROWS, n_features=6, n_targets=n_targets, noise=10.0, random_state=0)
    return scaled(X), scale(y) + 0.5


def counts(n_targets):
    X, y = regression(n_targets)
    return X, np.random.default_rng(0).poisson(np.exp(0.5 * y)).astype(float)


TARGETS = {
    "binary": classification(2, flip_y=0.3, seed=3),
    "multiclass": classification(3, flip_y=0.5, seed=14),
    "multilabel": multilabel(),
    "regression": regression(1),
    "Poisson": counts(1),
    "two outputs": regression(2),
}
CLASSIFICATION, ONE_OUTPUT = [*TARGETS][:3], [*TARGETS][:5]

SGD = {"solver": "sgd", "learning_rate_init": 0.02}
FIRST_ORDER = {
    "plain sgd": {"solver": "sgd", "learning_rate_init": 0.05, "momentum": 0.0},
    "sgd with momentum": {**SGD, "nesterovs_momentum": False},
    "sgd with Nesterov's momentum": SGD,
    "adam": {"solver": "adam", "learning_rate_init": 0.01},
}
SOLVERS = {**FIRST_ORDER, "lbfgs": {"solver": "lbfgs"}}

# Every epoch falls short of such a tol, so that the rate drops every third one.
ADAPTIVE = {"learning_rate": "adaptive", "tol": 10.0, "n_iter_no_change": 2}
SCHEDULES = {
    "constant": {},
    "invscaling": {"learning_rate": "invscaling", "power_t": 0.2},
    "adaptive": ADAPTIVE,
}


FORMS = ["float64", "sparse float32", "float32", "sparse float64"]
DOUBLE = ["float64", "sparse float64"]
LAYOUTS = ["csr", "csc", "coo", "lil", "dok", "bsr", "dia"]
ACTIVATIONS = ["identity", "logistic", "tanh", "relu"]
MINI = {"batch_size": 35}


def agrees(cell):
    """Return whether both minimize the same function in the same arithmetic."""
    if cell.get("solver") != "lbfgs":
        return True
    # scikit-learn's squared error of several targets is their mean, but its gradient that of
    # their sum, which its line search notices; and its L-BFGS makes float64 weights of float32 X.
    return cell.get("target") != "two outputs" and "float32" not in cell.get("form", "")


def in_turn(names, *lists, turns):
    """Parametrize a test: cross lists, and add to each combination the next of `turns`.

    Along each list, one step is one turn. So each turn meets each entry, if a list of as many
    entries crosses it: the pairs of a full product, in a fraction of its tests.
    """
    lists, turns = [[*each] for each in lists], [*turns]
    places = product(*(range(len(each)) for each in lists))
    cells = [
        (*(each[i] for each, i in zip(lists, place, strict=True)), turns[sum(place) % len(turns)])
        for place in places
    ]
    columns = names.split(", ")
    kept = [cell for cell in cells if agrees(dict(zip(columns, cell, strict=True)))]
    return pytest.mark.parametrize(columns, kept)


def pair(target, **settings):
    """Make our estimator and scikit-learn's, of equal parameters."""
    settings = {"hidden_layer_sizes": (7, 5), "random_state": 0, "max_iter": 12} | settings
    if target in CLASSIFICATION:
        return ScratchMLPClassifier(**settings), MLPClassifier(**settings)
    if "Poisson" in target:
        settings["loss"] = "poisson"
    return ScratchMLPRegressor(**settings), MLPRegressor(**settings)


def load(target, form):
    """Return the data of a target, with X in a dtype, dense or sparse."""
    X, y = TARGETS[target]
    X = X.astype(form.split()[-1])
    return (scipy.sparse.csr_array(X) if "sparse" in form else X), y


def classes_of(target, y):
    """Return what partial_fit needs besides X and y."""
    if target not in CLASSIFICATION:
        return {}
    return {"classes": np.arange(y.shape[1]) if target == "multilabel" else np.unique(y)}


def warned(train, *args, **kwargs):
    """Train, and return the warnings given."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        train(*args, **kwargs)
    return [w.message for w in caught]


def train_both(ours, theirs, *args, method="fit", **kwargs):
    """Train both, check that their warnings agree, and return the categories of warnings.

    NumPy's own warnings of scikit-learn's products do not count: some kernels of BLAS raise the
    flags of the processor at random, and we leave these unread while we train.
    """
    mine, reference = (
        [type(w) for w in warned(getattr(estimator, method), *args, **kwargs)]
        for estimator in (ours, theirs)
    )
    assert mine == [category for category in reference if category is not RuntimeWarning]
    return mine


def fit_alike(target, data=None, **settings):
    """Fit both and compare them; return ours, and the categories of the warnings."""
    data = data or TARGETS[target]
    ours, theirs = pair(target, **settings)
    categories = train_both(ours, theirs, *data)
    assert_same(ours, theirs, data[0])
    return ours, categories


def assert_same(ours, theirs, X):
    """Assert that all fitted attributes and predictions agree up to rounding."""
    dtype = ours.coefs_[0].dtype
    tolerance = TOLERANCES[dtype]
    layers = (each.coefs_ + each.intercepts_ for each in (ours, theirs))
    for mine, reference in zip(*layers, strict=True):
        assert mine.dtype == reference.dtype
        assert_close(mine, reference, tolerance)
    for name in ("n_iter_", "t_", "n_layers_", "n_outputs_", "n_features_in_", "out_activation_"):
        assert getattr(ours, name) == getattr(theirs, name)
    assert_same_curves(ours, theirs, tolerance)
    assert_same_predictions(ours, theirs, X, tolerance)


def assert_same_curves(ours, theirs, tolerance):
    assert_allclose(ours.loss_, theirs.loss_, rtol=tolerance)
    if theirs.solver == "lbfgs":  # scikit-learn records nothing in this case
        return
    assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=tolerance)
    if theirs.early_stopping:
        assert ours.best_loss_ is theirs.best_loss_ is None
        for name in ("validation_scores_", "best_validation_score_"):
            # The distance to the best possible score: R² itself may cross 0.
            mine, reference = (1 - np.array(getattr(e, name)) for e in (ours, theirs))
            assert_allclose(mine, reference, rtol=tolerance)
    else:
        assert_allclose(ours.best_loss_, theirs.best_loss_, rtol=tolerance)
        for name in ("validation_scores_", "best_validation_score_"):
            assert getattr(ours, name) is getattr(theirs, name) is None


def assert_same_predictions(ours, theirs, X, tolerance):
    mine, reference = ours.predict(X), theirs.predict(X)
    assert mine.shape == reference.shape
    if isinstance(theirs, MLPRegressor):
        assert_close(mine, reference, tolerance)
        return
    assert mine.dtype == reference.dtype
    assert_array_equal(mine, reference)
    assert_array_equal(ours.classes_, theirs.classes_)
    # Ours are floored at the smallest normal number.
    assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=0, atol=tolerance)


def assert_close(mine, reference, tolerance):
    assert_allclose(mine, reference, rtol=0, atol=tolerance * np.abs(reference).max())


# What a network is made of.


@in_turn("target, solver, form, activation", TARGETS, SOLVERS, FORMS, turns=ACTIVATIONS)
def test_a_fit_gives_scikit_learn_s_numbers(target, solver, form, activation):
    settings = {"activation": activation, **MINI, **SOLVERS[solver]}
    ours, _ = fit_alike(target, load(target, form), **settings)
    assert ours.coefs_[0].dtype == form.split()[-1]


@pytest.mark.parametrize("target", TARGETS)
def test_defaults_give_scikit_learn_s_numbers(target):
    """With more than 200 rows, "auto" makes batches of 200."""
    data = [np.concatenate([values] * 5) for values in TARGETS[target]]
    _, categories = fit_alike(target, data, hidden_layer_sizes=(100,))
    assert categories == [ConvergenceWarning]


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("sizes", [(), 7, (7,), [7, 5], np.array([6, 5, 4])], ids=str)
def test_hidden_layer_sizes_mean_the_same(solver, sizes):
    fit_alike("multiclass", hidden_layer_sizes=sizes, **MINI, **SOLVERS[solver])


OTHERS = [
    ("sgd with momentum", {"momentum": 0.5}),
    ("sgd with Nesterov's momentum", {"momentum": 0.5}),
    ("plain sgd", {"learning_rate": "invscaling", "power_t": 0.5, "alpha": 1.0}),
    ("plain sgd", {"learning_rate": "invscaling", "power_t": 0.0, "shuffle": False}),
    ("adam", {"beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-3, "random_state": 1}),
    ("adam", {"alpha": 1.0, "shuffle": False, "learning_rate": "invscaling"}),
    ("adam", {"learning_rate": "adaptive", "tol": 10.0, "n_iter_no_change": 5}),
    ("lbfgs", {"alpha": 1.0}),
    ("lbfgs", {"learning_rate": "invscaling", "batch_size": 7, "n_iter_no_change": 1}),
]


@pytest.mark.parametrize(("solver", "change"), OTHERS, ids=str)
@pytest.mark.parametrize("target", ["multilabel", "Poisson"])
def test_other_parameters_mean_the_same_or_are_ignored_alike(target, solver, change):
    fit_alike(target, **{**MINI, **SOLVERS[solver], **change})


# Several outputs.


@pytest.mark.parametrize("solver", SOLVERS)
def test_two_poisson_outputs_are_summed_by_both(solver):
    fit_alike("two Poisson outputs", counts(2), **MINI, **SOLVERS[solver])


@pytest.mark.parametrize("n_targets", [2, 10, 64])
@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("solver", ["sgd with Nesterov's momentum", "adam"])
def test_several_targets_take_as_many_epochs(solver, early_stopping, n_targets):
    """The mean of the squared errors is compared with tol, and added to the whole penalty."""
    settings = {"alpha": 0.1, "early_stopping": early_stopping, "n_iter_no_change": 3}
    settings |= {"tol": 1e-3, "max_iter": 400, **MINI, **SOLVERS[solver]}
    ours, categories = fit_alike("several", regression(n_targets), **settings)
    assert categories == []
    assert 4 < ours.n_iter_ < 400


# Batches.


@in_turn("size, target, solver", [20, 7, N_ROWS - 1, N_ROWS, "auto"], TARGETS, turns=FIRST_ORDER)
def test_batches_are_the_same_whether_or_not_their_size_divides_the_rows(size, target, solver):
    fit_alike(target, batch_size=size, **SOLVERS[solver])


@pytest.mark.parametrize("target", ["multiclass", "regression"])
@pytest.mark.parametrize(("early_stopping", "n_training"), [(False, N_ROWS), (True, N_ROWS - 6)])
def test_too_large_batches_are_clipped_with_a_warning(target, early_stopping, n_training):
    settings = {"batch_size": n_training + 1, "early_stopping": early_stopping, "max_iter": 5}
    _, categories = fit_alike(target, **settings)
    assert categories == [UserWarning, ConvergenceWarning]


# Sparse formats, labels, shapes, weights.


@in_turn("layout, kind, target", LAYOUTS, ["matrix", "array"], turns=TARGETS)
def test_every_sparse_format_gives_scikit_learn_s_numbers(layout, kind, target):
    X, y = TARGETS[target]
    fit_alike(target, (getattr(scipy.sparse, f"{layout}_{kind}")(X), y), **MINI)


OF_STRINGS = [(str, {}), (object, {"solver": "lbfgs"}), (str, {"early_stopping": True})]


@pytest.mark.parametrize("target", ["binary", "multiclass"])
@pytest.mark.parametrize(("dtype", "settings"), OF_STRINGS)
def test_strings_may_be_labels(target, dtype, settings):
    X, y = TARGETS[target]
    ours, _ = fit_alike(target, (X, np.array(["no", "yes", "if"], dtype)[y]), **MINI, **settings)
    assert set(ours.predict(X)) <= {"no", "yes", "if"}


@pytest.mark.parametrize("target", ["binary", "multiclass", "regression", "Poisson"])
def test_a_column_of_targets_is_flattened_with_a_warning(target):
    X, y = TARGETS[target]
    _, categories = fit_alike(target, (X, y[:, np.newaxis]))
    assert categories == [DataConversionWarning, ConvergenceWarning]


@in_turn("target, solver, form", TARGETS, SOLVERS, turns=DOUBLE)
def test_weights_of_rows_mean_the_same_in_full_batches(target, solver, form):
    """In mini-batches they differ: scikit-learn's weights cancel in part."""
    weights = np.random.default_rng(0).uniform(0.5, 2, N_ROWS)
    fit_alike(target, (*load(target, form), weights), **SOLVERS[solver])


# Schedules, and when training stops.


LOWERING, SGDS = ["invscaling", "adaptive"], [*FIRST_ORDER][:3]
SGDS_AND_FORMS = [*zip(SGDS * 4, FORMS * 3, strict=True)]


@in_turn("schedule, stops_early, target, turn", LOWERING, [0, 1], TARGETS, turns=SGDS_AND_FORMS)
def test_schedules_give_scikit_learn_s_numbers(schedule, stops_early, target, turn):
    solver, form = turn
    settings = {**MINI, **SOLVERS[solver], **SCHEDULES[schedule], "max_iter": 20}
    ours, _ = fit_alike(target, load(target, form), early_stopping=bool(stops_early), **settings)
    if schedule == "adaptive":
        assert ours.history_["learning_rate"][-1] < settings["learning_rate_init"] / 100


@in_turn("target, solver, held_out", TARGETS, FIRST_ORDER, turns=product(FORMS, [0.1, 0.25]))
def test_early_stopping_gives_scikit_learn_s_numbers(target, solver, held_out):
    form, fraction = held_out
    settings = {"early_stopping": True, "validation_fraction": fraction, "n_iter_no_change": 3}
    fit_alike(target, load(target, form), **settings, **MINI, **SOLVERS[solver], max_iter=20)


STOPPING = [
    {"tol": 0.02, "n_iter_no_change": 1},
    {"tol": 0.05, "n_iter_no_change": 4},
    {"tol": 0.1, "n_iter_no_change": 1, "early_stopping": True},
    {"tol": 0.1, "n_iter_no_change": 4, "early_stopping": True},
]


@in_turn("target, stopping, solver", TARGETS, STOPPING, turns=FIRST_ORDER)
def test_training_stops_in_the_same_epoch(target, stopping, solver):
    ours, categories = fit_alike(target, **stopping, **SOLVERS[solver], max_iter=60)
    assert categories == []
    assert stopping["n_iter_no_change"] < ours.n_iter_ < 60


ENDS = [(4, 3, False), (5, 3, True), (6, 3, True), (6, np.inf, False)]


@pytest.mark.parametrize("solver", ["plain sgd", "adam"])
@pytest.mark.parametrize(("max_iter", "patience", "stops"), ENDS)
def test_stopping_in_the_last_epoch_is_not_stopping_too_early(solver, max_iter, patience, stops):
    """The first epoch always improves; with a huge tol, no other epoch does."""
    settings = {"max_iter": max_iter, "n_iter_no_change": patience, "tol": 1e3}
    ours, categories = fit_alike("regression", **SOLVERS[solver], **settings)
    assert categories == ([] if stops else [ConvergenceWarning])
    assert ours.n_iter_ == (5 if stops else max_iter)


@pytest.mark.parametrize("target", ["multiclass", "regression", "two outputs"])
@pytest.mark.parametrize("rate", [1e-4, 1.25e-4, 0.02])
def test_adaptive_stops_when_the_rate_is_too_small(target, rate):
    settings = {"solver": "sgd", "learning_rate_init": rate, "max_iter": 60}
    ours, categories = fit_alike(target, **MINI, **settings, **ADAPTIVE)
    assert categories == []
    assert ours.history_["learning_rate"][-1] <= 1e-6


LIMITS = [{"max_iter": 1}, {"max_fun": 1}, {"max_fun": 10}, {"tol": 0.1}, {"tol": 10.0}]


@pytest.mark.parametrize("target", ["binary", "multilabel", "Poisson"])
@pytest.mark.parametrize("settings", LIMITS, ids=str)
def test_lbfgs_stops_in_the_same_iteration(target, settings):
    ours, categories = fit_alike(target, solver="lbfgs", **{"max_iter": 20} | settings)
    assert categories == ([] if "tol" in settings else [ConvergenceWarning])
    assert ours.n_iter_ < 20


@pytest.mark.parametrize("solver", SOLVERS)
def test_convergence_warnings_begin_with_scikit_learn_s_words(solver):
    """Filters look at the beginning of a message."""
    ours, theirs = pair("multiclass", max_iter=2, **SOLVERS[solver])
    mine, reference = (str(warned(e.fit, *TARGETS["multiclass"])[0]) for e in (ours, theirs))
    assert mine.startswith(reference.split(" (status=")[0])


# Continued training. A warm start is scikit-learn's where there is nothing that it would forget:
# without momentum, without a schedule, and in an order that does not depend on the generator.


@in_turn("target, solver, form", TARGETS, ["plain sgd", "lbfgs"], turns=DOUBLE)
def test_a_warm_start_gives_scikit_learn_s_numbers(target, solver, form):
    X, y = load(target, form)
    ours, theirs = pair(target, warm_start=True, shuffle=False, **MINI, **SOLVERS[solver])
    for _ in range(2):
        train_both(ours, theirs, X, y)
        assert_same(ours, theirs, X)


@in_turn("target, solver, form", TARGETS, FIRST_ORDER, turns=FORMS)
def test_partial_fits_shuffle_alike_with_a_generator(target, solver, form):
    """Both continue with the state of the generator."""
    X, y = load(target, form)
    ours, theirs = pair(target, batch_size=7, **SOLVERS[solver])
    for estimator in (ours, theirs):
        estimator.set_params(random_state=np.random.RandomState(0))
    for rows in [slice(0, 35), slice(35, None), slice(0, None)]:
        train_both(ours, theirs, X[rows], y[rows], method="partial_fit", **classes_of(target, y))
        assert_same(ours, theirs, X)


SCHEDULED = [*product(SCHEDULES, SGDS), ("constant", "adam")]


@in_turn("scheduled, begin, target", SCHEDULED, ["fit", "partial_fit"], turns=TARGETS)
def test_later_partial_fits_give_scikit_learn_s_numbers(scheduled, begin, target):
    """Without shuffling: a given seed repeats scikit-learn's second order for ever, not ours."""
    (schedule, solver), (X, y) = scheduled, TARGETS[target]
    settings = SOLVERS[solver] | SCHEDULES[schedule] | {"shuffle": False, "max_iter": 2}
    ours, theirs = pair(target, batch_size=20, **settings)
    classes = classes_of(target, y) if begin == "partial_fit" else {}
    train_both(ours, theirs, X, y, method=begin, **classes)
    for rows in [slice(0, 35), slice(35, None), slice(0, None)] * 2:
        train_both(ours, theirs, X[rows], y[rows], method="partial_fit")
    assert_same(ours, theirs, X)
    if schedule == "adaptive":
        assert ours.history_["learning_rate"][-1] < settings["learning_rate_init"] / 4


@pytest.mark.parametrize("target", ["binary", "multiclass"])
def test_strings_may_be_labels_in_partial_fit(target):
    X, y = TARGETS[target]
    y = np.array(["no", "yes", "if"])[y]
    ours, theirs = pair(target, batch_size=20, shuffle=False)
    train_both(ours, theirs, X, y, method="partial_fit", classes=np.unique(y))
    one = y == y[0]
    train_both(ours, theirs, X[one], y[one], method="partial_fit")
    assert_same(ours, theirs, X)


@in_turn("solver, generator, target", SOLVERS, [int, np.random.RandomState], turns=ONE_OUTPUT)
def test_fitting_again_begins_anew_alike(solver, generator, target):
    """With a seed, both start from the same numbers; with a generator, from different ones."""
    X, y = TARGETS[target]
    ours, theirs = pair(target, **MINI, **SOLVERS[solver])
    for estimator in (ours, theirs):
        estimator.set_params(random_state=generator(0))
    for _ in range(2):
        train_both(ours, theirs, X, y)
        assert_same(ours, theirs, X)


# What verbose prints.


def printed(capsys, target, **settings):
    """Train both, and return the lines that each prints."""
    lines = []
    for estimator in pair(target, verbose=True, **settings):
        warned(estimator.fit, *TARGETS[target])
        lines.append(capsys.readouterr().out.splitlines())
    return lines


@in_turn("target, solver", TARGETS, turns=FIRST_ORDER)
def test_verbose_prints_scikit_learn_s_lines(target, solver, capsys):
    mine, reference = printed(capsys, target, tol=0.0, max_iter=20, **MINI, **SOLVERS[solver])
    assert len(mine) == 20
    assert mine == reference


@pytest.mark.parametrize(("schedule", "n_sentences"), [("constant", 0), ("adaptive", 5)])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_verbose_prints_lower_learning_rates_but_not_why_training_stopped(
    schedule, n_sentences, early_stopping, capsys
):
    """`stop_reason_` says why."""
    settings = {"solver": "sgd", **ADAPTIVE, "learning_rate": schedule, "max_iter": 20}
    settings["early_stopping"] = early_stopping
    mine, reference = printed(capsys, "binary", **settings)
    sentences = [line for line in mine if not line.startswith("Iteration")]
    assert sentences == [line for line in reference if "Setting learning rate to" in line]
    assert len(sentences) == n_sentences
