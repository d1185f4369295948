"""Equality with scikit-learn: weights, losses, scores, epochs, warnings and predictions.

Both train with the same parameters, data and random state. Deliberate differences are left out,
each with its reason; learning rates are moderate and data scaled, because in chaotic settings
scikit-learn differs from itself as much as from us when X moves in its last digit.
"""

import itertools
import warnings

import numpy as np
import pytest
import scipy.sparse
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import (
    make_classification,
    make_multilabel_classification,
    make_regression,
)
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
    X, y = make_classification(
        N_ROWS, 6, n_informative=4, n_classes=n_classes, flip_y=flip_y, random_state=seed
    )
    return scaled(X), y


def multilabel():
    X, y = make_multilabel_classification(N_ROWS, n_features=6, n_classes=3, random_state=11)
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
CLASSIFICATION = ["binary", "multiclass", "multilabel"]

FIRST_ORDER = {
    "plain sgd": {"solver": "sgd", "learning_rate_init": 0.05, "momentum": 0.0},
    "sgd with momentum": {
        "solver": "sgd",
        "learning_rate_init": 0.02,
        "nesterovs_momentum": False,
    },
    "sgd with Nesterov's momentum": {"solver": "sgd", "learning_rate_init": 0.02},
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


def agree(target, solver, dtype=np.float64):
    """Return whether both minimize the same function in the same arithmetic."""
    if solver != "lbfgs":
        return True
    # scikit-learn's squared error of several outputs is their mean, but its gradient that of
    # their sum, which its line search notices; and its L-BFGS makes float64 weights of float32 X.
    return target != "two outputs" and np.dtype(dtype) == np.float64


CELLS = [cell for cell in itertools.product(TARGETS, SOLVERS) if agree(*cell)]


def pair(target, **settings):
    """Make our estimator and scikit-learn's, of equal parameters."""
    settings = {"hidden_layer_sizes": (7, 5), "random_state": 0, "max_iter": 20} | settings
    if target in CLASSIFICATION:
        return ScratchMLPClassifier(**settings), MLPClassifier(**settings)
    if "Poisson" in target:
        settings["loss"] = "poisson"
    ours, theirs = ScratchMLPRegressor(**settings), MLPRegressor(**settings)
    if target == "two outputs":
        # Our loss is a sum over outputs, scikit-learn's a mean: without an L2 penalty ours is
        # theirs times two. So is then a tol in its units, which validation scores do not have.
        ours.set_params(alpha=0.0, tol=ours.tol * (1 if ours.early_stopping else 2))
        theirs.set_params(alpha=0.0)
    return ours, theirs


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


def assert_same(ours, theirs, X):
    """Assert that all fitted attributes and predictions agree up to rounding."""
    dtype = ours.coefs_[0].dtype
    tolerance = TOLERANCES[dtype]
    layers = zip(
        [*ours.coefs_, *ours.intercepts_], [*theirs.coefs_, *theirs.intercepts_], strict=True
    )
    for mine, reference in layers:
        assert mine.dtype == reference.dtype
        assert_close(mine, reference, tolerance)
    for name in ("n_iter_", "t_", "n_layers_", "n_outputs_", "n_features_in_", "out_activation_"):
        assert getattr(ours, name) == getattr(theirs, name)
    assert_same_curves(ours, theirs, tolerance)
    assert_same_predictions(ours, theirs, X, tolerance)


def assert_same_curves(ours, theirs, tolerance):
    several = isinstance(theirs, MLPRegressor) and theirs.loss == "squared_error"
    factor = theirs.n_outputs_ if several else 1
    assert_allclose(ours.loss_, factor * theirs.loss_, rtol=tolerance)
    if theirs.solver == "lbfgs":  # scikit-learn records nothing in this case
        return
    assert_allclose(ours.loss_curve_, factor * np.array(theirs.loss_curve_), rtol=tolerance)
    if theirs.early_stopping:
        assert ours.best_loss_ is theirs.best_loss_ is None
        for name in ("validation_scores_", "best_validation_score_"):
            # The distance to the best possible score: R² itself may cross 0.
            mine, reference = (1 - np.array(getattr(e, name)) for e in (ours, theirs))
            assert_allclose(mine, reference, rtol=tolerance)
    else:
        assert_allclose(ours.best_loss_, factor * theirs.best_loss_, rtol=tolerance)
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


# The product of what a network is made of.


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize(
    ("target", "solver", "schedule", "dtype", "sparse"),
    [
        cell
        for cell in itertools.product(
            TARGETS, SOLVERS, SCHEDULES, ["float64", "float32"], ["dense", "sparse"]
        )
        if agree(cell[0], cell[1], cell[3])
        # A schedule changes the rate of SGD, and knows neither the dtype nor the format of X.
        and (cell[2] == "constant" or ("sgd" in cell[1] and cell[3:] == ("float64", "dense")))
    ],
)
def test_a_fit_gives_scikit_learn_s_numbers(activation, target, solver, schedule, dtype, sparse):
    X, y = TARGETS[target]
    X = X.astype(dtype)
    if sparse == "sparse":
        X = scipy.sparse.csr_array(X)
    settings = {"batch_size": 35, **SOLVERS[solver], **SCHEDULES[schedule]}
    ours, theirs = pair(target, activation=activation, **settings)
    train_both(ours, theirs, X, y)
    assert_same(ours, theirs, X)
    assert ours.coefs_[0].dtype == dtype
    if schedule == "adaptive":
        rate = settings["learning_rate_init"]
        assert ours.history_["learning_rate"][-1] < rate / 100
        assert theirs._optimizer.learning_rate < rate / 100


@pytest.mark.parametrize("target", TARGETS)
def test_defaults_give_scikit_learn_s_numbers(target):
    """With more than 200 rows, "auto" makes batches of 200."""
    X, y = (np.concatenate([a] * 5) for a in TARGETS[target])
    ours, theirs = pair(target, hidden_layer_sizes=(100,))
    assert train_both(ours, theirs, X, y) == [ConvergenceWarning]
    assert_same(ours, theirs, X)


@pytest.mark.parametrize("target", ["multiclass", "regression"])
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("sizes", [(), 7, (7,), [7, 5], np.array([6, 5, 4])], ids=str)
def test_hidden_layer_sizes_mean_the_same(target, solver, sizes):
    X, y = TARGETS[target]
    ours, theirs = pair(target, hidden_layer_sizes=sizes, batch_size=35, **SOLVERS[solver])
    train_both(ours, theirs, X, y)
    assert_same(ours, theirs, X)


@pytest.mark.parametrize(
    ("solver", "change"),
    [
        ("sgd with momentum", {"momentum": 0.5}),
        ("sgd with Nesterov's momentum", {"momentum": 0.5}),
        ("plain sgd", {"learning_rate": "invscaling", "power_t": 0.5}),
        ("plain sgd", {"learning_rate": "invscaling", "power_t": 0.0}),
        ("plain sgd", {"alpha": 1.0}),
        ("plain sgd", {"shuffle": False}),
        ("adam", {"beta_1": 0.5}),
        ("adam", {"beta_2": 0.9}),
        ("adam", {"epsilon": 1e-3}),
        ("adam", {"alpha": 1.0}),
        ("adam", {"shuffle": False}),
        ("adam", {"random_state": 1}),
        ("adam", {"learning_rate": "adaptive", "tol": 10.0, "n_iter_no_change": 5}),
        ("adam", {"learning_rate": "invscaling"}),
        ("lbfgs", {"alpha": 1.0}),
        ("lbfgs", {"learning_rate": "invscaling", "batch_size": 7, "n_iter_no_change": 1}),
    ],
    ids=str,
)
@pytest.mark.parametrize("target", ["binary", "multiclass", "multilabel", "regression", "Poisson"])
def test_other_parameters_mean_the_same_or_are_ignored_alike(target, solver, change):
    X, y = TARGETS[target]
    ours, theirs = pair(target, **{"batch_size": 35, **SOLVERS[solver], **change})
    train_both(ours, theirs, X, y)
    assert_same(ours, theirs, X)


# Several outputs.


@pytest.mark.parametrize("solver", SOLVERS)
def test_two_poisson_outputs_are_summed_by_both(solver):
    X, y = counts(2)
    ours, theirs = pair("two Poisson outputs", batch_size=35, **SOLVERS[solver])
    train_both(ours, theirs, X, y)
    assert_same(ours, theirs, X)


@pytest.mark.parametrize("solver", FIRST_ORDER)
def test_the_penalty_is_counted_once_however_many_outputs(solver):
    """With several outputs, our data term is scikit-learn's times the number of outputs."""
    X, y = TARGETS["two outputs"]
    settings = {"max_iter": 6, "alpha": 1.0, "hidden_layer_sizes": (7,), "random_state": 0}
    ours = ScratchMLPRegressor(**SOLVERS[solver] | settings)
    theirs = MLPRegressor(**SOLVERS[solver] | settings)
    # The loss of a full batch, in the sixth epoch, is that of the weights after five.
    train_both(ours.set_params(max_iter=5), theirs.set_params(max_iter=5), X, y)
    penalty = sum(np.sum(W**2) for W in theirs.coefs_) / 2 / N_ROWS
    train_both(ours.set_params(max_iter=6), theirs.set_params(max_iter=6), X, y)
    assert_allclose(ours.loss_ - penalty, 2 * (theirs.loss_ - penalty), rtol=1e-9)
    for mine, reference in zip(ours.coefs_, theirs.coefs_, strict=True):
        assert_close(mine, reference, 1e-9)


# Batches.


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("solver", FIRST_ORDER)
@pytest.mark.parametrize("batch_size", [20, 7, N_ROWS - 1, N_ROWS, "auto"])
def test_batches_are_the_same_whether_or_not_their_size_divides_the_rows(
    target, solver, batch_size
):
    X, y = TARGETS[target]
    ours, theirs = pair(target, batch_size=batch_size, **SOLVERS[solver])
    train_both(ours, theirs, X, y)
    assert_same(ours, theirs, X)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("early_stopping", [False, True])
def test_batches_larger_than_the_data_are_clipped_with_a_warning(target, early_stopping):
    X, y = TARGETS[target]
    n_training = N_ROWS - 6 if early_stopping else N_ROWS
    settings = {"batch_size": n_training + 1, "max_iter": 5}
    ours, theirs = pair(target, early_stopping=early_stopping, **settings)
    assert train_both(ours, theirs, X, y) == [UserWarning, ConvergenceWarning]
    assert_same(ours, theirs, X)


# Sparse formats, labels, shapes.


@pytest.mark.parametrize("target", ["multiclass", "regression"])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("kind", ["matrix", "array"])
@pytest.mark.parametrize("layout", ["csr", "csc", "coo", "lil", "dok", "bsr", "dia"])
def test_every_sparse_format_gives_scikit_learn_s_numbers(target, solver, kind, layout):
    X, y = TARGETS[target]
    X = getattr(scipy.sparse, f"{layout}_{kind}")(X)
    ours, theirs = pair(target, batch_size=35, **SOLVERS[solver])
    train_both(ours, theirs, X, y)
    assert_same(ours, theirs, X)


@pytest.mark.parametrize("target", ["binary", "multiclass"])
@pytest.mark.parametrize(
    ("solver", "early_stopping"),
    # scikit-learn ignores early_stopping with L-BFGS.
    [*((solver, False) for solver in SOLVERS), *((solver, True) for solver in FIRST_ORDER)],
)
@pytest.mark.parametrize("dtype", [str, object])
def test_strings_may_be_labels(target, solver, early_stopping, dtype):
    X, y = TARGETS[target]
    y = np.array(["no", "yes", "if"], dtype)[y]
    settings = {"early_stopping": early_stopping, "batch_size": 35, **SOLVERS[solver]}
    ours, theirs = pair(target, **settings)
    train_both(ours, theirs, X, y)
    assert_same(ours, theirs, X)
    assert set(ours.predict(X)) <= {"no", "yes", "if"}


@pytest.mark.parametrize("target", ["binary", "multiclass", "regression", "Poisson"])
def test_a_column_of_targets_is_flattened_with_a_warning(target):
    X, y = TARGETS[target]
    ours, theirs = pair(target)
    categories = train_both(ours, theirs, X, y[:, np.newaxis])
    assert categories == [DataConversionWarning, ConvergenceWarning]
    assert_same(ours, theirs, X)


@pytest.mark.parametrize(("target", "solver"), CELLS)
def test_weights_of_rows_mean_the_same_in_full_batches(target, solver):
    """In mini-batches they differ: scikit-learn's weights cancel in part."""
    X, y = TARGETS[target]
    weight = np.random.default_rng(0).uniform(0.5, 2, N_ROWS)
    ours, theirs = pair(target, **SOLVERS[solver])
    train_both(ours, theirs, X, y, weight)
    assert_same(ours, theirs, X)


# When training stops.


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("solver", FIRST_ORDER)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("sparse", ["dense", "sparse"])
@pytest.mark.parametrize("fraction", [0.1, 0.25])
def test_early_stopping_gives_scikit_learn_s_numbers(target, solver, dtype, sparse, fraction):
    X, y = TARGETS[target]
    X = X.astype(dtype)
    if sparse == "sparse":
        X = scipy.sparse.csr_array(X)
    settings = {"early_stopping": True, "validation_fraction": fraction, "n_iter_no_change": 3}
    ours, theirs = pair(target, batch_size=35, **SOLVERS[solver], **settings)
    train_both(ours, theirs, X, y)
    assert_same(ours, theirs, X)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("solver", [name for name in FIRST_ORDER if "sgd" in name])
@pytest.mark.parametrize("schedule", ["invscaling", "adaptive"])
def test_schedules_and_early_stopping_go_together(target, solver, schedule):
    X, y = TARGETS[target]
    settings = SOLVERS[solver] | SCHEDULES[schedule] | {"early_stopping": True}
    ours, theirs = pair(target, batch_size=35, **settings)
    train_both(ours, theirs, X, y)
    assert_same(ours, theirs, X)
    if schedule == "adaptive":
        assert ours.history_["learning_rate"][-1] < settings["learning_rate_init"] / 100


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("solver", FIRST_ORDER)
@pytest.mark.parametrize(
    ("early_stopping", "tol", "n_iter_no_change"),
    [(False, 0.02, 1), (False, 0.05, 4), (True, 0.1, 1), (True, 0.1, 4)],
)
def test_training_stops_in_the_same_epoch(target, solver, early_stopping, tol, n_iter_no_change):
    X, y = TARGETS[target]
    ours, theirs = pair(
        target,
        early_stopping=early_stopping,
        tol=tol,
        n_iter_no_change=n_iter_no_change,
        max_iter=60,
        **SOLVERS[solver],
    )
    assert train_both(ours, theirs, X, y) == []
    assert n_iter_no_change < ours.n_iter_ < 60
    assert_same(ours, theirs, X)


@pytest.mark.parametrize("target", ["multiclass", "regression"])
@pytest.mark.parametrize("solver", FIRST_ORDER)
@pytest.mark.parametrize(
    ("max_iter", "n_iter_no_change", "stops"),
    [(4, 3, False), (5, 3, True), (6, 3, True), (6, np.inf, False)],
)
def test_stopping_in_the_last_epoch_is_not_stopping_too_early(
    target, solver, max_iter, n_iter_no_change, stops
):
    """The first epoch always improves; with a huge tol, no other epoch does."""
    X, y = TARGETS[target]
    settings = {"max_iter": max_iter, "n_iter_no_change": n_iter_no_change, "tol": 1e3}
    ours, theirs = pair(target, **SOLVERS[solver], **settings)
    assert train_both(ours, theirs, X, y) == ([] if stops else [ConvergenceWarning])
    assert ours.n_iter_ == (5 if stops else max_iter)
    assert_same(ours, theirs, X)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("rate", [1e-4, 1.25e-4, 0.02])
def test_adaptive_stops_when_the_rate_is_too_small(target, rate):
    X, y = TARGETS[target]
    settings = {"solver": "sgd", "learning_rate_init": rate, "max_iter": 60}
    ours, theirs = pair(target, batch_size=35, **settings, **ADAPTIVE)
    assert train_both(ours, theirs, X, y) == []
    assert ours.history_["learning_rate"][-1] <= 1e-6
    assert_same(ours, theirs, X)


@pytest.mark.parametrize("target", ["binary", "multiclass", "multilabel", "regression", "Poisson"])
@pytest.mark.parametrize(
    ("settings", "n_iter"),
    [
        ({"max_iter": 1}, 1),
        ({"max_fun": 1}, None),
        ({"max_fun": 10}, None),
        ({"tol": 0.1}, None),
        ({"tol": 10.0}, 0),
    ],
    ids=str,
)
def test_lbfgs_stops_in_the_same_iteration(target, settings, n_iter):
    X, y = TARGETS[target]
    ours, theirs = pair(target, solver="lbfgs", **settings)
    assert train_both(ours, theirs, X, y) == ([] if "tol" in settings else [ConvergenceWarning])
    assert ours.n_iter_ < 20
    assert n_iter in (None, ours.n_iter_)
    assert_same(ours, theirs, X)


@pytest.mark.parametrize("target", ["multiclass", "regression"])
@pytest.mark.parametrize("solver", SOLVERS)
def test_convergence_warnings_begin_with_scikit_learn_s_words(target, solver):
    """Filters look at the beginning of a message."""
    ours, theirs = pair(target, max_iter=2, **SOLVERS[solver])
    mine, reference = (str(warned(e.fit, *TARGETS[target])[0]) for e in (ours, theirs))
    assert mine.startswith(reference.split(" (status=")[0])


# Continued training. A warm start is scikit-learn's where there is nothing that it would forget:
# without momentum, without a schedule, and in an order that does not depend on the generator.


@pytest.mark.parametrize(
    ("target", "solver"), [cell for cell in CELLS if cell[1] in ("plain sgd", "lbfgs")]
)
@pytest.mark.parametrize("sparse", ["dense", "sparse"])
def test_a_warm_start_gives_scikit_learn_s_numbers(target, solver, sparse):
    X, y = TARGETS[target]
    if sparse == "sparse":
        X = scipy.sparse.csr_array(X)
    settings = {"warm_start": True, "shuffle": False, "batch_size": 35, "max_iter": 10}
    ours, theirs = pair(target, **settings, **SOLVERS[solver])
    for _ in range(2):
        train_both(ours, theirs, X, y)
        assert_same(ours, theirs, X)


FIRST_CALLS = [
    cell
    for cell in itertools.product(TARGETS, FIRST_ORDER, SCHEDULES, ["float64", "float32"])
    if cell[2] == "constant" or "sgd" in cell[1]
]


@pytest.mark.parametrize(("target", "solver", "schedule", "dtype"), FIRST_CALLS)
def test_a_first_partial_fit_gives_scikit_learn_s_numbers(target, solver, schedule, dtype):
    X, y = TARGETS[target]
    X = X.astype(dtype)
    ours, theirs = pair(target, batch_size=7, **SOLVERS[solver], **SCHEDULES[schedule])
    train_both(ours, theirs, X, y, method="partial_fit", **classes_of(target, y))
    assert_same(ours, theirs, X)


@pytest.mark.parametrize(("target", "solver", "schedule", "dtype"), FIRST_CALLS)
@pytest.mark.parametrize("begin", ["fit", "partial_fit"])
def test_later_partial_fits_give_scikit_learn_s_numbers(target, solver, schedule, dtype, begin):
    """Without shuffling: a given seed repeats scikit-learn's second order for ever, not ours."""
    X, y = TARGETS[target]
    X = X.astype(dtype)
    settings = SOLVERS[solver] | SCHEDULES[schedule] | {"shuffle": False, "max_iter": 2}
    ours, theirs = pair(target, batch_size=20, **settings)
    classes = classes_of(target, y)
    train_both(ours, theirs, X, y, method=begin, **(classes if begin == "partial_fit" else {}))
    for rows in [slice(0, 35), slice(35, None), slice(0, None)] * 2:
        train_both(ours, theirs, X[rows], y[rows], method="partial_fit")
    assert_same(ours, theirs, X)
    if schedule == "adaptive":
        assert ours.history_["learning_rate"][-1] < settings["learning_rate_init"] / 4


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("solver", FIRST_ORDER)
def test_later_partial_fits_shuffle_alike_with_a_generator(target, solver):
    """Both continue with the state of the generator."""
    X, y = TARGETS[target]
    ours, theirs = pair(target, batch_size=20, **SOLVERS[solver])
    for estimator in (ours, theirs):
        estimator.set_params(random_state=np.random.RandomState(0))
    for rows in [slice(0, 35), slice(35, None), slice(0, None)]:
        train_both(ours, theirs, X[rows], y[rows], method="partial_fit", **classes_of(target, y))
        assert_same(ours, theirs, X)


@pytest.mark.parametrize("target", ["binary", "multiclass"])
@pytest.mark.parametrize("solver", FIRST_ORDER)
def test_strings_may_be_labels_in_partial_fit(target, solver):
    X, y = TARGETS[target]
    y = np.array(["no", "yes", "if"])[y]
    ours, theirs = pair(target, batch_size=20, shuffle=False, **SOLVERS[solver])
    train_both(ours, theirs, X, y, method="partial_fit", classes=np.unique(y))
    one = y == y[0]
    train_both(ours, theirs, X[one], y[one], method="partial_fit")
    assert_same(ours, theirs, X)


@pytest.mark.parametrize(("target", "solver"), CELLS)
@pytest.mark.parametrize("make_random_state", [int, np.random.RandomState])
def test_fitting_again_begins_anew_alike(target, solver, make_random_state):
    """With a seed, both start from the same numbers; with a generator, from different ones."""
    X, y = TARGETS[target]
    ours, theirs = pair(target, batch_size=35, **SOLVERS[solver])
    for estimator in (ours, theirs):
        estimator.set_params(random_state=make_random_state(0))
    for _ in range(2):
        train_both(ours, theirs, X, y)
        assert_same(ours, theirs, X)


# What verbose prints.


def printed(estimators, X, y, capsys):
    """Train, and return the lines that each prints."""
    lines = []
    for estimator in estimators:
        warned(estimator.fit, X, y)
        lines.append(capsys.readouterr().out.splitlines())
    return lines


# With two outputs, the loss is twice as large.
VERBOSE_TARGETS = [target for target in TARGETS if target != "two outputs"]


@pytest.mark.parametrize("target", VERBOSE_TARGETS)
@pytest.mark.parametrize("solver", FIRST_ORDER)
def test_verbose_prints_scikit_learn_s_lines(target, solver, capsys):
    estimators = pair(target, verbose=True, batch_size=35, tol=0.0, **SOLVERS[solver])
    mine, reference = printed(estimators, *TARGETS[target], capsys)
    assert len(mine) == 20
    assert mine == reference


@pytest.mark.parametrize("target", VERBOSE_TARGETS)
@pytest.mark.parametrize("schedule", ["constant", "adaptive"])
def test_verbose_leaves_out_only_scikit_learn_s_sentence_on_what_tol_brought(
    target, schedule, capsys
):
    """Here, `stop_reason_` and the learning rates in `history_` say it."""
    settings = {"solver": "sgd", **ADAPTIVE, "learning_rate": schedule}
    mine, reference = printed(pair(target, verbose=True, **settings), *TARGETS[target], capsys)
    sentences = [line for line in reference if not line.startswith("Iteration")]
    assert len(sentences) == (1 if schedule == "constant" else 6)
    assert all(line.startswith("Training loss did not improve") for line in sentences)
    assert mine == [line for line in reference if line.startswith("Iteration")]
