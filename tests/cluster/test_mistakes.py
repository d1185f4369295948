"""Messages about data, parameters and clients, which say where the mistake is."""

import re
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import dask.array as da
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from dask.delayed import delayed
from distributed import Client, get_client, worker_client
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, StandardScaler

import scratchmlp
from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.callbacks import TimeLimit
from scratchmlp.dask import fit
from scratchmlp.tabular import TabularEnsembleClassifier, TabularMLPClassifier
from tests.helpers.cluster_examples import (
    CHUNKS,
    arrays,
    check_nothing_stays,
    in_pieces,
    on_cluster,
    table,
)
from tests.helpers.fork_server import PROCESSES

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

FAST = {"batch_size": "full", "max_iter": 2, "random_state": 0}
SMALL = {"cv": 2, "max_iter": 1, "hidden_layer_sizes": 4, "random_state": 0}
X, TARGETS, WEIGHT = arrays()
Y = TARGETS["classes"]
ONES = np.ones(240)
FRAME = pd.DataFrame(X, columns=list("abcd"))
TABLE, CLASSES, _ = table()


def changed(array, index, value):
    array = array.copy()
    array[index] = value
    return array


# Errors of the local estimators.

#: Arguments of `fit`, parameters, and the partition that the message names. None names none.
LOCAL_ERRORS = {
    "nan": ((changed(X, (90, 1), np.nan), Y), {}, 3),
    "strings": ((X.astype(str).astype(object) + "a", Y), {}, 0),
    "labels": ((X, changed(Y.astype(float), 90, 0.5)), {}, 3),
    "infinite weights": ((X, Y, changed(ONES, 70, np.inf)), {}, 2),
    "weights of zero": ((X, Y, 0 * ONES), {}, None),
    "other classes": ((X, Y), {"class_weight": {7: 1.0}}, None),
    "classes of weight zero": ((X, Y), {"class_weight": dict.fromkeys(range(3), 0.0)}, None),
}


@pytest.mark.parametrize("mistake", LOCAL_ERRORS)
def test_errors_are_the_local_ones_and_name_the_partition(client, mistake):
    given, parameters, partition = LOCAL_ERRORS[mistake]
    start = sum(CHUNKS[:partition])
    rows = slice(None) if partition is None else slice(start, start + CHUNKS[partition])
    with pytest.raises(ValueError) as expected:  # noqa: PT011
        ScratchMLPClassifier(**FAST, **parameters).fit(*(each[rows] for each in given))
    network = ScratchMLPClassifier(**FAST, **parameters)
    with pytest.raises(ValueError) as found:  # noqa: PT011
        fit(network, *map(on_cluster, given))
    message, _, place = str(found.value).partition(" (in partition ")
    assert message == str(expected.value)
    assert place == ("" if partition is None else f"{partition} of X; the first one is 0)")
    assert vars(network).keys() == vars(ScratchMLPClassifier()).keys()


def test_an_error_of_a_loss_names_the_partition(client):
    with pytest.raises(ValueError, match=r"y goes from -1 to 0\..*\(in partition 0 of X;"):
        fit(ScratchMLPRegressor(loss="poisson"), on_cluster(X), on_cluster(Y - 1.0))


# Errors of fits on a cluster alone.


class SplitterByTable(KFold):
    """A splitter that looks at the table."""

    def split(self, X, y=None, groups=None):
        return super().split(X[:], y)


def of_network(**parameters):
    return ScratchMLPClassifier(**FAST | parameters)


def of_table(**parameters):
    return TabularMLPClassifier(**SMALL | parameters)


x, y = on_cluster(X), on_cluster(Y)
rows, classes = on_cluster(TABLE), on_cluster(CLASSES)
number = TABLE["number"]
halves = on_cluster(FRAME, (120, 120)), on_cluster(Y, (120, 120))
first, second = FRAME[:120], FRAME[120:]
swapped = in_pieces([first, second[list("bacd")]])
renamed = in_pieces([first, second.rename(columns={"d": "z"})])
labels = on_cluster(TARGETS["labels"])
blocks = da.from_delayed(delayed(X[:120]), (120, 4), float)
narrow = da.from_delayed(delayed(X[120:, :2]), (120, 4), float)
sparse = x.map_blocks(scipy.sparse.csr_array)
shifted = on_cluster(Y, (115, 125)), on_cluster(CLASSES[1:], (69, 0, 1, 169))
gap = on_cluster(CLASSES.mask(CLASSES.index == 100))
infinite = on_cluster(TABLE.assign(number=number.mask(number.index == 200, np.inf)))
others = on_cluster(pd.Series(number.index != 200))  # weights
three = x[70:73], y[70:73]
regressor = ScratchMLPRegressor(**FAST)
numbers = ScratchMLPRegressor(scoring="accuracy")
timed = of_table().set_callbacks(TimeLimit(9))
not_centered = StandardScaler(with_mean=False)

#: An estimator, arguments of `fit`, and a part of the message.
MISTAKES = [
    (of_network(), (X, Y), "X must be a dask array, DataFrame or Series; got ndarray"),
    (of_table(), (TABLE, CLASSES), "X must be a dask array"),
    (of_network(), (None, y), "X must be a dask array, DataFrame or Series; got NoneType"),
    (of_network(), (x, Y), "y must be a dask array"),
    (of_network(), (x, y, list(WEIGHT)), "sample_weight must be a dask array"),
    (of_network(), (sparse, y), "X is sparse"),
    (of_table(cv=SplitterByTable(2)), (rows, classes), "rows of X, but these stay on"),
    (of_network(), (x, None), "y is None, but targets are needed"),
    (of_table(), (rows, None), "y is None, but targets are needed"),
    (of_network(), (x[:0], y[:0]), "array with 0 sample"),
    (of_table(), (rows.partitions[[1]], classes.partitions[[1]]), "0 sample"),
    (of_network(), (halves[0], y), "numbers are {'X': 2, 'y': 4}"),
    (of_network(), (x, y[1:]), r"inconsistent numbers of samples: \[240, 239\]"),
    (of_network(), (halves[0], shifted[0]), r"samples: \[120, 115\] \(in partition 0"),
    (of_table(), (rows, shifted[1]), "inconsistent numbers.*partition 0 of X"),
    (of_network(), (swapped, halves[1]), r"of X has the columns .*\(in partition 1 of X;"),
    (of_network(), (renamed, halves[1]), r"of X has the columns .*\(in partition 1 of X;"),
    (regressor, (halves[0], swapped), r"of y has the columns .*\(in partition 1 of X;"),
    (of_network(), (da.concatenate([blocks, narrow]), halves[1]), r"\[0, 1\], have \[4, 2\]"),
    (of_table(), (rows, gap), "Each row needs a target, but 1 of the 240"),
    (of_table(), (rows.assign(number=np.inf), classes), "'number' holds infinity"),
    (of_table(), (infinite, classes, others), "holds infinity.*partition 3 of X"),
    (timed, (rows, classes), "Callbacks are not sup"),
    (of_network(early_stopping=True), three, "of n_samples=3"),
    (of_network(scoring="roc_auc"), (x, y), "must be None or one of 'loss', 'accuracy'"),
    (of_network(scoring=max), (x, y), "must be None or one of 'loss', 'accuracy'"),
    (numbers, (x, y), "must be None or one of 'loss', 'r2'"),
]


@pytest.mark.parametrize(("estimator", "given", "message"), MISTAKES)
def test_mistakes_name_what_is_wrong_and_change_nothing(client, estimator, given, message):
    before = vars(estimator).copy()
    with pytest.raises((TypeError, ValueError), match=message):
        fit(estimator, *given)
    assert vars(estimator) == before
    check_nothing_stays(client)


#: An estimator, an argument of `fit` that does not apply or is invalid, and a part of the message.
REFUSED = [
    (of_network(), {"groups": y}, "groups does not apply here: a single network has no folds"),
    (of_network(), {"rows_per_member": 9}, "rows_per_member does not apply"),
    (of_table(), {"X_val": x}, "X_val does not apply here: networks validate on their folds"),
    (of_table(), {"y_val": y}, "y_val does not apply"),
    (of_table(), {"rows_per_member": 0}, "'rows_per_member' parameter of scratchmlp.dask.fit"),
    (of_network(), {"timeout": 0}, "'timeout' parameter"),
    (of_network(), {"client": "tcp://somewhere"}, "'client' parameter"),
    (of_network(max_iter=0), {}, "'max_iter' parameter of ScratchMLPClassifier"),
]


@pytest.mark.parametrize(("estimator", "given", "message"), REFUSED)
def test_arguments_that_do_not_apply_are_refused(estimator, given, message):
    with pytest.raises(ValueError, match=message):
        fit(estimator, x, y, **given)


OTHERS = [
    LogisticRegression(),
    TabularEnsembleClassifier(),
    ScratchMLPClassifier,
    make_pipeline(MaxAbsScaler(), of_network()),
    make_pipeline(not_centered, of_network()),
    make_pipeline(StandardScaler(), StandardScaler(), of_network()),
    make_pipeline(StandardScaler(), of_table()),
]


@pytest.mark.parametrize("estimator", OTHERS)
def test_other_estimators_are_refused(estimator):
    with pytest.raises(TypeError, match=r"fit takes a .* got .* joblib's backend"):
        fit(estimator, x, y)


def test_columns_in_another_order_can_be_selected_as_the_message_says(client):
    X = swapped
    selected = X.map_partitions(lambda part: part[list(X.columns)])
    found, expected = fit(of_network(), selected, halves[1]), fit(of_network(), *halves)
    np.testing.assert_array_equal(found.theta_, expected.theta_)


#: scoring, targets, validation data, and a part of the message.
VALIDATION_ERRORS = [
    (None, "binary", {"X_val": x}, "y_val was not given"),
    (None, "binary", {"X_val": x, "y_val": y}, "got .2.. .*partition"),
    (None, "binary", {"X_val": x[:, :2], "y_val": y}, "X_val, .* X has 2 features"),
    (None, "binary", {"X_val": X, "y_val": Y}, "X_val must be a dask array"),
    ("neg_log_loss", "labels", {"X_val": x, "y_val": labels}, "not supported for an indicator"),
]


@pytest.mark.parametrize(("scoring", "targets", "given", "message"), VALIDATION_ERRORS)
def test_validation_data_are_checked(client, scoring, targets, given, message):
    with pytest.raises((ValueError, TypeError), match=message):
        fit(of_network(scoring=scoring), x, on_cluster(TARGETS[targets]), **given)


def test_features_are_those_of_the_last_fit_and_of_the_scaler(client):
    network = fit(of_network(warm_start=True), *halves)
    other = halves[0].rename(columns={"d": "z"}), halves[1]
    with pytest.raises(ValueError, match="feature names should match"):
        fit(network, *other)
    pipeline = make_pipeline(StandardScaler(), of_network())
    with pytest.raises(ValueError, match=r"X_val, .* feature names should match"):
        fit(pipeline, *halves, X_val=other[0], y_val=other[1])
    assert vars(pipeline[0]).keys() == vars(StandardScaler()).keys()


# Clients.


@pytest.mark.nightly  # starts a process
def test_a_client_is_asked_for():
    """A new process has none. In this one, a worker may have made a default client."""
    pool = ProcessPoolExecutor(1, PROCESSES)
    with pool, pytest.raises(ValueError, match="A client of a Dask cluster is needed"):
        pool.submit(fit, of_network(), x, y).result()


def test_a_closed_client_is_refused(client):
    other = Client(client.cluster, set_as_default=False)
    other.close()
    with pytest.raises(ValueError, match=r"The client is closed\. Make a new one"):
        fit(of_network(), x, y, client=other)


def test_a_task_must_free_its_thread_before_it_fits(client):
    """The task is on a worker with one thread, which its own tasks may need, too."""

    def fit_in_the_thread():
        return fit(of_network(), x, y, client=get_client())

    def fit_beside_it():
        with worker_client():
            return fit(of_network(), x, y).theta_

    error = client.submit(fit_in_the_thread, pure=False).exception()
    assert type(error) is RuntimeError
    assert "worker_client" in str(error)
    tasks = [client.submit(fit_beside_it, pure=False) for _ in range(2)]
    for theta in client.gather(tasks):
        np.testing.assert_array_equal(theta, fit(of_network(), x, y).theta_)


# The package without Dask.


def test_only_scratchmlp_dask_imports_dask():
    root = Path(scratchmlp.__file__).parent
    for path in root.rglob("*.py"):
        code = path.read_text(encoding="utf-8")
        if root / "dask" not in path.parents:
            assert not re.search(r"^\s*(import|from) (dask|distributed)\b", code, re.M), path
