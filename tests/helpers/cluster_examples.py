"""Rows of the tests of clusters, how they are divided into partitions, and small clusters."""

from contextlib import contextmanager

import dask
import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
from distributed import Client, LocalCluster

from scratchmlp.tabular.fitted_table import fitted_table

#: Numbers of rows of the partitions: one is empty, and one has one row.
CHUNKS = (70, 0, 1, 169)
N_ROWS = sum(CHUNKS)


def on_cluster(rows, chunks=CHUNKS):
    """Divide an array or a table into partitions. None stays None."""
    if rows is None:
        return None
    if isinstance(rows, np.ndarray):
        return da.from_array(rows, chunks=(chunks, *rows.shape[1:]))
    ends = np.cumsum(chunks)
    return in_pieces([rows.iloc[end - n : end] for end, n in zip(ends, chunks, strict=True)])


def in_pieces(pieces):
    """Make a collection of tables that need not have the same columns and types."""
    delayed = [dask.delayed(each) for each in pieces]
    return dd.from_delayed(delayed, meta=pieces[0].iloc[:0], verify_meta=False)


def arrays(n_rows=N_ROWS, seed=0):
    """Return rows, targets of all kinds, and weights, some of which are 0.

    The first third of the rows does not have the third class.
    """
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, 4))
    later = np.arange(n_rows) >= n_rows // 3
    classes = (X[:, 0] * X[:, 1] > 0) + 1 * ((X[:, 2] > 0) & later)
    targets = {
        "binary": (X[:, 0] > X[:, 1]) * 1,
        "classes": classes,
        "words": np.array(["no", "yes", "?"])[classes],
        "labels": (X[:, :2] > 0.3) * 1,
        "number": X[:, 0] * X[:, 1],
        "numbers": X[:, :2] * X[:, 1:3],
    }
    return X, targets, rng.integers(0, 3, n_rows).astype(float)


def table():
    """Return a table of all kinds of columns, classes and a number.

    The first partition has neither the third class nor values of the column "late".
    """
    rng = np.random.default_rng(0)
    number = rng.standard_normal(N_ROWS)
    day = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 400, N_ROWS), unit="D")
    words = np.array(["red", "green", "blue", "soft", "hard", "round", "flat", "old", "new"])
    late = np.arange(N_ROWS) > CHUNKS[0]
    X = pd.DataFrame(
        {
            "number": number,
            "heavy": np.where(rng.random(N_ROWS) < 0.2, np.nan, np.exp(3 * number)),
            "late": np.where(late, rng.standard_normal(N_ROWS), np.nan),
            "flag": rng.random(N_ROWS) < 0.4,
            "city": rng.choice(["Rome", "Oslo", "Paris", None], N_ROWS),
            "shop": [f"s{i}" for i in rng.integers(0, 70, N_ROWS)],
            "size": pd.Categorical(rng.choice(["S", "M", "L"], N_ROWS), ["S", "M", "L", "XL"]),
            "day": pd.Series(day).where(rng.random(N_ROWS) < 0.9),
            "price": [f"€ {x:.2f}" for x in rng.random(N_ROWS)],
            "review": [" ".join(each) for each in rng.choice(words, (N_ROWS, 5))],
        }
    )
    y = number + (X["city"] == "Rome") + X["review"].str.contains("red") * 1.0
    classes = np.where(y > 1.4, np.where(late, "many", "few"), np.where(y > 0, "few", "no"))
    return X, pd.Series(classes, name="class"), y.rename("number")


def compare_ensembles(found, expected):
    """Check that two ensembles are the same, to the last bit."""
    states = (each.__getstate__() for each in (found, expected))
    names, expected_names = ({k for k in state if k.endswith("_")} for state in states)
    assert names - {"rows_per_member_"} == expected_names - {"rows_per_member_"}
    assert found.encoder_.columns_ == expected.encoder_.columns_
    for one, other in zip(found.members_, expected.members_, strict=True):
        np.testing.assert_array_equal(one.theta, other.theta)
    for name in ("oof_proba_", "oof_prediction_", "best_epochs_", "temperature_", "floor_"):
        if hasattr(expected, name):
            np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    for one, other in zip(found.held_out_, expected.held_out_, strict=True):
        np.testing.assert_array_equal(one, other)
    uncertainty = (fitted_table(each).blend.uncertainty.scores for each in (found, expected))
    for one, other in zip(*uncertainty, strict=True):
        np.testing.assert_array_equal(one, other)
    assert found.oof_score_ == expected.oof_score_
    assert found.stop_reasons_ == expected.stop_reasons_
    losses = [each.history_["validation_loss"] for each in (found, expected)]
    np.testing.assert_array_equal(*losses)


class AfterEpoch:
    """A callback that calls a function after each epoch, with the number of epochs so far."""

    def __init__(self, do):
        self.do, self.n_epochs = do, 0

    def setup(self, estimator, context): ...
    def teardown(self, estimator, context): ...
    def on_fit_task_begin(self, estimator, context): ...
    def on_fit_task_end(self, estimator, context):
        self.n_epochs += 1
        self.do(self.n_epochs)


@contextmanager
def cluster_of(n_workers, folder, **settings):
    """Start workers with one thread each, and return a client, which is not the default one."""
    settings |= {"n_workers": n_workers, "threads_per_worker": 1, "dashboard_address": ":0"}
    with (
        LocalCluster(**settings, local_directory=folder) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


def check_nothing_stays(client):
    """Check that the scheduler forgets all tasks, which takes a moment."""
    client.run_on_scheduler(_wait_until_empty)


async def _wait_until_empty(dask_scheduler):
    import asyncio  # the scheduler may be another process

    async with asyncio.timeout(20):
        while dask_scheduler.tasks:
            await asyncio.sleep(0.01)
