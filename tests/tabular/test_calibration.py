"""The calibration of probabilities: a temperature and a floor, fitted on held-out rows."""

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.tree import DecisionTreeClassifier

from scratchmlp.batches import Data
from scratchmlp.tabular import TabularEnsembleClassifier, TabularMLPClassifier, calibration
from scratchmlp.tabular.calibration import Calibration, fit_calibration


def drawn(p):
    """Draw a one-hot target for each row of probabilities."""
    rng = np.random.RandomState(1)
    return np.eye(p.shape[1])[(p.cumsum(axis=1) < rng.rand(len(p), 1)).sum(axis=1)]


def test_calibration_undoes_a_factor():
    raw = np.random.RandomState(0).normal(size=(20000, 3))
    found = fit_calibration(Data(None, drawn(softmax(raw, axis=1)), None), 2.5 * raw)
    assert found.temperature == pytest.approx(2.5, rel=0.1)


def test_calibration_undoes_label_smoothing():
    p = softmax(np.random.RandomState(0).normal(size=(20000, 2)) * [0, 4] - [0, 4], axis=1)
    Y, smoothed = drawn(p), 0.95 * p + 0.05 / 2
    found = fit_calibration(Data(None, Y, None), np.log(smoothed))
    only_temperature = Calibration(found.temperature, 0.0).probabilities(np.log(smoothed))
    assert found.floor > 0.01
    assert log_loss(Y, found.probabilities(np.log(smoothed))) < log_loss(Y, p) + 0.001
    assert log_loss(Y, only_temperature) > log_loss(Y, p) + 0.005


def test_a_floor_keeps_the_order_of_probabilities():
    raw = np.column_stack([np.zeros(200), np.linspace(-50, 50, 200)])
    p = Calibration(1.0, 0.05).probabilities(raw)
    assert (np.diff(p, axis=0) * [-1, 1] >= 0).all()
    assert (np.diff(p, axis=0) * [-1, 1]).max() > 0.01
    np.testing.assert_allclose(p.sum(axis=1), 1)


@pytest.mark.parametrize("weight", [np.ones(100), np.arange(1.0, 101.0)], ids=["equal", "uneven"])
def test_no_calibration_near_the_one_found_is_more_probable(weight):
    p = softmax(8 * np.random.RandomState(0).normal(size=(100, 3)), axis=1)
    Y, smoothed = drawn(p), np.log(0.8 * p + 0.2 / 3)
    effective = weight.sum() ** 2 / (weight**2).sum()

    def negative_log_posterior(temperature, floor):
        p = Calibration(temperature, floor).probabilities(smoothed)
        penalties = np.log(temperature) ** 2 / 2 + 3 * floor / calibration._MEAN_FLOOR
        return effective * log_loss(Y, p, sample_weight=weight) + penalties

    temperature, floor, _ = fit_calibration(Data(None, Y, weight), smoothed)
    near = [(0.99, 0), (1.01, 0), (1, -0.001), (1, 0.001)]
    others = [negative_log_posterior(temperature * factor, floor + step) for factor, step in near]
    assert negative_log_posterior(temperature, floor) < min(others)


ALL_RIGHT = np.array([[3.0, -3.0], [-3.0, 3.0]] * 50), np.eye(2)[[0, 1] * 50]


def test_rows_that_hardly_count_do_not_make_sure():
    raw, Y = ALL_RIGHT
    few = fit_calibration(Data(None, Y[:3], None), raw[:3])
    hardly = fit_calibration(Data(None, Y, np.where(np.arange(100) < 3, 1.0, 1e-9)), raw)
    assert hardly == pytest.approx(few, rel=1e-2)
    assert 0.5 < few.temperature < 2  # without a prior it would be 1/16
    many = fit_calibration(Data(None, Y, np.full(100, 0.1)), raw)
    assert many.temperature < 0.9 * few.temperature


PARTS = [("linear", LogisticRegression(C=1e6)), ("tree", DecisionTreeClassifier())]


@pytest.mark.parametrize("weight", [None, np.repeat([1.0, 3.0], 60)], ids=["equal", "uneven"])
@pytest.mark.parametrize(
    "model",
    [
        TabularMLPClassifier(cv=3, hidden_layer_sizes=8, max_iter=16, inspect_table=False),
        TabularEnsembleClassifier(PARTS[:1], cv=3, inspect_table=False),
        TabularEnsembleClassifier(PARTS, cv=3, inspect_table=False),
    ],
    ids=["networks", "one part", "two parts"],
)
def test_no_probability_is_surer_than_its_rows_allow(model, weight):
    X, y = np.tile([[-50.0], [50.0], [0.0]], (40, 1)), np.tile([0, 1, 2], 40)
    model = model.set_params(random_state=0).fit(X, y, sample_weight=weight)
    n_rows = 120 if weight is None else weight.sum() ** 2 / (weight**2).sum()
    lowest = 0.1 / (n_rows + 0.1) / 3
    for proba in (model.predict_proba(X * 100), model.oof_proba_, *model.member_predictions(X)):
        np.testing.assert_allclose(proba.sum(axis=1), 1)
        assert proba.min() >= lowest * (1 - 1e-12)


@pytest.mark.parametrize("constant", [1e-44, 1.0, 3e38])
def test_calibration_does_not_depend_on_the_scale_of_float32_weights(constant):
    rng = np.random.RandomState(0)
    raw, Y = rng.normal(size=(50, 2)), np.eye(2)[rng.randint(2, size=50)]
    weight = np.full(50, constant, np.float32)
    expected = fit_calibration(Data(None, Y, None), raw)
    assert fit_calibration(Data(None, Y, weight), raw) == pytest.approx(expected, rel=1e-3)


def test_calibration_of_many_scores_uses_some_rows(monkeypatch):
    raw, Y = np.tile(np.float32([5, 0, 0]), (100, 1)), np.eye(3, dtype=np.float32)[[0, 1] * 50]
    assert fit_calibration(Data(None, Y, None), raw).temperature > 1  # every second row is wrong
    monkeypatch.setattr(calibration, "_MOST_SCORES", 150)
    assert fit_calibration(Data(None, Y, None), raw).temperature < 1


def test_labels_at_random_are_not_predicted():
    """Half of them are, by the members' word on rows held out: they do not choose their epochs."""
    scores, losses = [], []
    for seed in range(12):
        rng = np.random.RandomState(seed)
        X, y = rng.normal(size=(60, 4)), np.arange(60) % 2
        model = TabularMLPClassifier(cv=4, hidden_layer_sizes=16, max_iter=32, random_state=seed)
        model.fit(X, y)
        scores.append(model.oof_score_)
        losses.append(log_loss(y, model.oof_proba_))
    assert abs(np.mean(scores) - 0.5) < 2 * 0.5 / np.sqrt(12 * 60)  # two standard errors
    assert np.mean(losses) > np.log(2)
