import numpy as np
import pytest
from scipy.optimize import rosen, rosen_der
from sklearn.base import clone

from scratchmlp.optimizers import OPTIMIZERS, SGD, Adam, AdamW

G1, G2, ETA = np.array([2.0, -4.0]), np.array([1.0, 3.0]), 0.1


def two_steps(optimizer, theta=(1.0, 1.0)):
    theta = np.array(theta)
    state = optimizer.init(theta)
    path = []
    for grad in (G1, G2):
        optimizer.update(theta, grad, state, ETA)
        path.append(theta.copy())
    return path


def adam_steps(theta=1.0):
    m1, v1 = 0.1 * G1, 0.001 * G1**2
    m2, v2 = 0.9 * m1 + 0.1 * G2, 0.999 * v1 + 0.001 * G2**2
    rate1 = ETA * np.sqrt(1 - 0.999) / (1 - 0.9)
    rate2 = ETA * np.sqrt(1 - 0.999**2) / (1 - 0.9**2)
    first = theta - rate1 * m1 / (np.sqrt(v1) + 1e-8)
    return first, first - rate2 * m2 / (np.sqrt(v2) + 1e-8)


# Two steps of each rule, worked out from the equations of its docstring.
RULES = {
    "plain": (SGD(momentum=0.0), (1 - ETA * G1, 1 - ETA * G1 - ETA * G2)),
    "momentum": (
        SGD(momentum=0.5, nesterov=False),
        (1 - ETA * G1, 1 - 1.5 * ETA * G1 - ETA * G2),
    ),
    "nesterov": (
        SGD(momentum=0.5),
        (1 - 1.5 * ETA * G1, 1 - 1.75 * ETA * G1 - 1.5 * ETA * G2),
    ),
    "adagrad": (
        OPTIMIZERS["adagrad"](),
        (
            1 - ETA * np.sign(G1),
            1 - ETA * np.sign(G1) - ETA * G2 / np.sqrt(G1**2 + G2**2),
        ),
    ),
    "rmsprop": (
        OPTIMIZERS["rmsprop"](),
        (
            1 - ETA * np.sign(G1) / np.sqrt(0.1),
            1 - ETA * np.sign(G1) / np.sqrt(0.1) - ETA * G2 / np.sqrt(0.09 * G1**2 + 0.1 * G2**2),
        ),
    ),
    "adam": (Adam(), adam_steps()),
    # The decay multiplies by 1 - 0.1 * 0.5 before each of Adam's steps.
    "adamw": (
        AdamW(weight_decay=0.5),
        (
            adam_steps(0.95)[0],
            0.95 * adam_steps(0.95)[0] + adam_steps()[1] - adam_steps()[0],
        ),
    ),
}


@pytest.mark.parametrize("rule", RULES)
def test_first_steps(rule):
    optimizer, expected = RULES[rule]
    np.testing.assert_allclose(two_steps(optimizer), expected, rtol=1e-7)


def test_every_optimizer_has_its_steps_worked_out():
    assert {type(optimizer) for optimizer, _ in RULES.values()} == set(OPTIMIZERS.values())


@pytest.mark.parametrize("rule", RULES)
def test_finds_the_bottom_of_a_parabola(rule):
    optimizer = RULES[rule][0]
    if rule == "adamw":
        optimizer = AdamW()  # its decay pulls towards 0, so the bottom is put there
    theta, bottom = np.array([3.0, -2.0]), np.array([0.0, 0.0])
    state, start = optimizer.init(theta), theta.copy()
    for step in range(3000):
        grad = np.array([1.0, 10.0]) * (theta - bottom)
        # AdaGrad shrinks its steps itself.
        rate = 1.0 if rule == "adagrad" else ETA / (1 + step / 100)
        optimizer.update(theta, grad, state, rate)
    assert np.linalg.norm(theta - bottom) < 1e-2 * np.linalg.norm(start - bottom)


@pytest.mark.parametrize("rule", RULES)
def test_descends_rosenbrock_s_valley(rule):
    theta = np.array([-1.0, 1.0])
    optimizer = clone(RULES[rule][0])
    if rule == "adamw":
        optimizer.set_params(weight_decay=0.0)
    rates = {"plain": 1e-3, "momentum": 5e-4, "nesterov": 5e-4, "adagrad": 0.5}
    rate = rates.get(rule, 1e-3)
    state = optimizer.init(theta)
    for _ in range(20_000):
        optimizer.update(theta, rosen_der(theta), state, rate)
    assert rosen(theta) < 1e-3 * rosen([-1.0, 1.0])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_dtype_is_kept_and_the_gradient_unchanged(name):
    optimizer = OPTIMIZERS[name]()
    theta, grad = np.ones(3, np.float32), np.full(3, 0.5, np.float32)
    state = optimizer.init(theta)
    optimizer.update(theta, grad, state, ETA)
    assert theta.dtype == np.float32
    assert all(v.dtype == np.float32 for v in state.values() if isinstance(v, np.ndarray))
    np.testing.assert_array_equal(grad, np.full(3, 0.5, np.float32))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_step_depends_on_nothing_but_theta_gradient_and_state(name):
    """So training can stop, be copied and go on."""
    straight = two_steps(OPTIMIZERS[name]())[-1]
    theta = np.array([1.0, 1.0])
    state = OPTIMIZERS[name]().init(theta)
    OPTIMIZERS[name]().update(theta, G1, state, ETA)
    copied = {k: v.copy() if isinstance(v, np.ndarray) else v for k, v in state.items()}
    OPTIMIZERS[name]().update(theta, G2, copied, ETA)
    np.testing.assert_array_equal(theta, straight)


def test_hyper_parameters_are_scikit_learn_parameters():
    optimizer = clone(Adam(beta_1=0.5)).set_params(epsilon=1e-3)
    assert optimizer.get_params() == {"beta_1": 0.5, "beta_2": 0.999, "epsilon": 1e-3}
    assert repr(optimizer) == "Adam(beta_1=0.5, epsilon=0.001)"


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_long_vectors_are_updated_block_by_block_as_short_ones(name, dtype):
    """Elements do not know of each other: a part's steps are the steps of the part."""
    rng = np.random.default_rng(0)
    theta, *grads = rng.normal(size=(4, 150_000)).astype(dtype)
    part, optimizer = slice(65_000, 66_000), OPTIMIZERS[name]()
    whole, few = theta.copy(), theta[part].copy()
    states = optimizer.init(whole), optimizer.init(few)
    for grad in grads:
        optimizer.update(whole, grad.copy(), states[0], 0.01)
        optimizer.update(few, grad[part].copy(), states[1], 0.01)
    np.testing.assert_allclose(whole[part], few, rtol=1e-6)
    assert (whole != theta).mean() > 0.999
