import numpy as np

from scratchmlp.monitor import Monitor
from scratchmlp.run import Run


def run_of(theta=(0.0, 0.0), **kept):
    return Run(np.array(theta), np.random.RandomState(0), **kept)


def watch(run, *losses):
    """Show a monitor these losses, one for each epoch."""
    monitor = Monitor(tol=0.0, n_iter_no_change=9)
    for run.loss in losses:
        monitor.epoch_end(run, 0.1)


def test_a_new_run_has_trained_nothing_and_has_no_best():
    run = run_of()
    assert (run.epoch, run.samples_seen, run.rate_drops, run.no_improvement) == (0, 0, 0, 0)
    assert (run.best_epoch, run.best_theta) == (0, None)
    assert (run.best_loss, run.best_score, run.n_epochs) == (np.inf, -np.inf, np.inf)
    assert np.isnan(run.loss)
    assert (run.order, run.split, run.optimizer_state) == (None, None, {})
    assert run.history == {"loss": [], "learning_rate": [], "seconds": []}
    run.history["loss"].append(1.0)
    run.optimizer_state["t"] = 1
    assert run.epoch == 1
    assert run_of().epoch == len(run_of().optimizer_state) == 0  # their lists are not shared


def test_a_copy_has_vectors_of_its_own_and_shares_history_and_generator():
    run = run_of(best_theta=np.ones(2), optimizer_state={"velocity": np.ones(2)})
    copy = run.copy()
    run.theta += 1
    run.best_theta += 1
    run.optimizer_state["velocity"] += 1
    np.testing.assert_array_equal(copy.theta, [0, 0])
    np.testing.assert_array_equal(copy.best_theta, [1, 1])
    np.testing.assert_array_equal(copy.optimizer_state["velocity"], [1, 1])
    assert copy.history is run.history
    assert copy.random_state is run.random_state
    assert run_of().copy().best_theta is None


def test_a_snapshot_stays_while_training_goes_on():
    run = run_of()
    watch(run, 3.0)
    snapshot = run.snapshot()
    run.theta += 1
    watch(run, 2.0)
    np.testing.assert_array_equal(snapshot.theta, [0, 0])
    assert snapshot.history["loss"] == [3.0]


def test_a_stored_generator_is_made_when_it_is_needed_and_goes_on():
    generator = np.random.RandomState(3)
    run = run_of()
    run.random_state = generator.get_state(legacy=False)
    assert run.copy().random_state is run.random_state
    np.testing.assert_array_equal(run.shuffle(9), generator.permutation(9))
    assert run.generator() is run.random_state
    assert run.generator().rand() == generator.rand()


def test_renewed_patience_forgets_the_lowest_loss_and_how_long_ago_it_was():
    run = run_of()
    watch(run, 3.0, 4.0)
    assert (run.best_loss, run.no_improvement) == (3.0, 1)
    run.renew_patience()
    assert (run.best_loss, run.no_improvement) == (np.inf, 0)
    assert run.best_epoch == 1
