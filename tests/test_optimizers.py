import numpy as np
import pytest

from scratchmlp.kernels import by_blocks
from scratchmlp.optimizers import OPTIMIZERS, SGD, Adam, AdamW
from tests.helpers import contributing

OPTIMIZERS = OPTIMIZERS | {"sign_sgd": contributing.EXAMPLES["SignSGD"]}

G1, G2, ETA = np.array([2.0, -4.0]), np.array([1.0, 3.0]), 0.1


def two_steps(optimizer):
    theta = np.ones(2)
    state = optimizer.init(theta)
    path = []
    for grad in (G1, G2):
        optimizer.step(theta, grad, state, ETA)
        path.append(theta.copy())
    return path


def nadam_steps():
    m1, v1 = 0.1 * G1, 0.001 * G1**2
    m2, v2 = 0.9 * m1 + 0.1 * G2, 0.999 * v1 + 0.001 * G2**2
    ahead1 = 0.9 * m1 / (1 - 0.9**2) + 0.1 * G1 / (1 - 0.9)
    ahead2 = 0.9 * m2 / (1 - 0.9**3) + 0.1 * G2 / (1 - 0.9**2)
    first = 1 - ETA * np.sqrt(1 - 0.999) * ahead1 / (np.sqrt(v1) + 1e-8)
    return first, first - ETA * np.sqrt(1 - 0.999**2) * ahead2 / (np.sqrt(v2) + 1e-8)


def adam_steps():
    m, v = 0.09 * G1 + 0.1 * G2, 0.000999 * G1**2 + 0.001 * G2**2
    first = 1 - ETA * SIGN
    return first, first - ETA * (m / (1 - 0.9**2)) / np.sqrt(v / (1 - 0.999**2))


SIGN, ROOT = np.sign(G1), np.sqrt(0.1)
# Two steps of each rule with its defaults, worked out from the equations of its docstring.
RULES = {
    "sgd": (1 - 1.9 * ETA * G1, 1 - 1.9 * ETA * (G1 + G2) - 0.81 * ETA * G1),
    "adagrad": (1 - ETA * SIGN, 1 - ETA * (SIGN + G2 / np.sqrt(G1**2 + G2**2))),
    "rmsprop": (
        1 - ETA * SIGN / ROOT,
        1 - ETA * (SIGN / ROOT + G2 / np.sqrt(0.09 * G1**2 + 0.1 * G2**2)),
    ),
    "adam": adam_steps(),
    "adamw": adam_steps(),
    "nadam": nadam_steps(),
    "sign_sgd": (1 - ETA * SIGN, 1 - ETA * (SIGN + np.sign(G2))),
}


def bare(name, **common):
    """Return an optimizer with only the given decay and clipping."""
    return OPTIMIZERS[name](**{"weight_decay": 0.0, **common})


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_first_steps(name):
    np.testing.assert_allclose(two_steps(bare(name)), RULES[name], rtol=1e-6)


def test_adamw_is_adam_with_decay():
    assert AdamW().weight_decay == 0.01
    np.testing.assert_array_equal(two_steps(bare("adamw")), two_steps(Adam()))


# What all have in common: clipping and decay.


@pytest.mark.parametrize("rule", OPTIMIZERS)
def test_long_gradients_are_scaled_down_and_shorter_ones_left(rule):
    long = np.array([6.0, -8.0])
    clipped, unclipped = bare(rule, max_grad_norm=1.0), bare(rule)
    thetas = [np.ones(2), np.ones(2)]
    states = [clipped.init(thetas[0]), unclipped.init(thetas[1])]
    for grad, scaled in [(long, long / 10), (long / 20, long / 20), (long / 10, long / 10)]:
        clipped.step(thetas[0], grad, states[0], ETA)
        unclipped.step(thetas[1], scaled, states[1], ETA)
        np.testing.assert_allclose(*thetas, rtol=1e-12)


@pytest.mark.parametrize("rule", OPTIMIZERS)
def test_decay_shrinks_parameters_before_each_step(rule):
    """By 1 - 0.1 * 0.5; the steps themselves depend on gradients alone."""
    first, second = two_steps(bare(rule))
    expected = 0.95 + (first - 1), 0.95**2 + 0.95 * (first - 1) + (second - first)
    np.testing.assert_allclose(two_steps(bare(rule, weight_decay=0.5)), expected, rtol=1e-12)


def test_clipping_measures_gradients_whose_squares_overflow():
    theta, optimizer = np.zeros(2, np.float32), SGD(momentum=0.0, max_grad_norm=1.0)
    grad = np.array([3e30, -4e30], np.float32)
    optimizer.step(theta, grad, optimizer.init(theta), 1.0)
    np.testing.assert_allclose(theta, [-0.6, 0.8], rtol=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_clipping_does_not_hide_a_gradient_that_is_not_finite(bad):
    """A gradient scaled to zero would hide that training diverged."""
    theta, optimizer = np.zeros(2), SGD(momentum=0.0, max_grad_norm=1.0)
    with np.errstate(invalid="ignore"):  # as in training
        optimizer.step(theta, np.array([bad, 1.0]), optimizer.init(theta), 1.0)
    assert np.isnan(theta[0])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_decay_and_clipping_are_given_by_name(name):
    """An optimizer may get more hyper-parameters of its own."""
    n_own = len(OPTIMIZERS[name]().get_params()) - 2
    with pytest.raises(TypeError, match="positional argument"):
        OPTIMIZERS[name](*[0.5] * (n_own + 1))


@pytest.mark.parametrize(
    "common", [{}, {"weight_decay": np.float64(0.5), "max_grad_norm": np.float64(0.1)}]
)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_dtype_is_kept_and_the_gradient_unchanged(name, common):
    optimizer = OPTIMIZERS[name](**common)
    theta, grad = np.ones(3, np.float32), np.full(3, 0.5, np.float32)
    state = optimizer.init(theta)
    optimizer.step(theta, grad, state, ETA)
    assert theta.dtype == np.float32
    assert all(v.dtype == np.float32 for v in state.values() if isinstance(v, np.ndarray))
    np.testing.assert_array_equal(grad, np.full(3, 0.5, np.float32))


class TrustRatio(SGD):
    """A rule that needs norms of whole vectors, as LARS does."""

    def update(self, theta, grad, state, learning_rate):
        self.lengths = [*getattr(self, "lengths", []), len(theta)]
        theta -= learning_rate * np.linalg.norm(theta) / np.linalg.norm(grad) * grad


class Blocked(TrustRatio):
    update = by_blocks(TrustRatio.update)


def test_a_rule_of_the_user_s_own_gets_whole_vectors_unless_it_asks_for_blocks():
    for cls, n_blocks in ((TrustRatio, 1), (Blocked, 4)):
        theta, optimizer = np.ones(100_000), cls()
        optimizer.step(theta, np.ones(100_000), optimizer.init(theta), 0.1)
        assert (len(optimizer.lengths), sum(optimizer.lengths)) == (n_blocks, 100_000)
        np.testing.assert_allclose(theta, 0.9)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_blocks_change_nothing(name, monkeypatch):
    rng = np.random.default_rng(0)
    theta, grads = rng.normal(size=1000), rng.normal(size=(3, 1000))
    results = []
    for n_bytes in (2**18, 800):
        monkeypatch.setattr("scratchmlp.kernels._BLOCK", n_bytes)
        optimizer, by_blocks = OPTIMIZERS[name](weight_decay=0.1, max_grad_norm=5.0), theta.copy()
        state = optimizer.init(by_blocks)
        for grad in grads:
            optimizer.step(by_blocks, grad, state, 0.1)
        results.append((by_blocks, state))
    (whole, whole_state), (blocks, block_state) = results
    # On some processors, the last entries of an array are rounded differently from the others.
    tolerance = {"rtol": 1e-13, "atol": 1e-15}
    np.testing.assert_allclose(whole, blocks, **tolerance)
    for key, value in whole_state.items():
        np.testing.assert_allclose(value, block_state[key], **tolerance)
