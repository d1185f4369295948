"""What is printed: scores and numbers, values and lists in messages, and progress."""

import re
import sys
import time
from contextlib import suppress
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from scratchmlp.cli import main as command_line
from scratchmlp.cli import messages
from scratchmlp.cli.evaluation import make_evaluation
from scratchmlp.cli.messages import duration, line_of_dots, quote, time_left
from scratchmlp.cli.scores import (
    NETWORKS_ALONE,
    Scores,
    fit_notes,
)
from scratchmlp.io import load
from scratchmlp.tabular import TabularEnsembleClassifier, TabularMLPClassifier
from scratchmlp.tabular.fitted_table import set_fitted
from scratchmlp.utils.names import listed
from tests.helpers.cli_output import (
    BASELINE,
    LINEAR,
    NETWORKS,
    TREES,
    lines_of_models,
    without_times,
)

CLASSES, NUMBERS = np.repeat([0, 1], 9), np.arange(9.0)

# Tables of scores.


def of_classes(accuracy, loss, auc):
    columns = {"accuracy": accuracy, "log-loss": loss, "AUC": auc, "fit_time": 0.2512}
    return pd.DataFrame(columns)


RESULTS = {
    "low": of_classes([0.5, 0.7], [1.0, 0.5], [0.5, np.nan]),
    "high": of_classes([0.9, 0.9], [0.9, 0.8], [np.nan, np.nan]),
}


def test_scores_are_means_and_deviations_over_the_folds():
    header, *rows = Scores(RESULTS, make_evaluation(CLASSES, is_class=True)).table().splitlines()
    assert header.split() == ["accuracy", "log-loss", "AUC", "fit", "(s)"]
    assert [row.split() for row in rows] == [
        ["low", "0.60", "±", "0.10", "0.750", "±", "0.250", "0.500", "0.25"],  # AUC of one fold
        ["high", "0.900", "±", "0.000", "0.850", "±", "0.050", "undefined", "0.25"],
    ]


BEST = [(None, "low"), ("log_loss", "low"), ("accuracy", "high"), ("AUC", "low")]


@pytest.mark.parametrize(("metric", "best"), BEST)
def test_the_metric_decides_which_model_is_the_best(metric, best):
    assert Scores(RESULTS, make_evaluation(CLASSES, is_class=True, metric=metric)).best() == best


def ensemble(own, networks):
    """Results of an ensemble in three folds; the trees were left out of the last."""
    folds = pd.DataFrame({"RMSE": own, "R²": 0.5, "fit_time": 1.0})
    parts = [{"networks": {"RMSE": loss, "R²": 0.5, "weight": 0.4}} for loss in networks]
    for fold in parts[:2]:
        fold["trees"] = {"RMSE": 0.7, "R²": 0.5, "weight": 0.6}
    parts[2]["networks"]["weight"] = 1.0
    return {"ensemble": folds.assign(parts=parts)}


def test_a_part_that_one_fold_kept_has_no_deviation():
    results = ensemble([0.5, 0.52, 0.5], [0.6, 0.63, 0.6])
    del results["ensemble"]["parts"][1]["trees"]
    *_, trees = Scores(results, make_evaluation(NUMBERS, is_class=False)).table().splitlines()
    assert trees == "  trees, weight 0.20      0.700           0.500 (1 of 3 folds)"


def test_the_parts_of_an_ensemble_follow_it_with_their_weights():
    results = ensemble([0.5, 0.5, 0.5], [0.6, 0.6, 0.6])
    constant = results["ensemble"].drop(columns="parts")
    scores = Scores({**results, "constant": constant}, make_evaluation(NUMBERS, False))
    rows = scores.table().splitlines()[1:]
    parts = "  networks, weight 0.60", "  trees, weight 0.40"
    assert [row[:24].rstrip() for row in rows] == ["ensemble", *parts, "constant"]
    assert [row.split()[-1] for row in rows] == ["1.0", "0.000", "folds)", "1.0"]
    assert "trees, weight 0.40 (2 of 3 folds)" in scores.frame(part="{}{}").index
    assert "0.600 ± 0.000" in rows[1]


def test_long_lines_show_one_digit_of_the_deviations():
    names = ("accuracy", "log-loss", "macro AUC", "balanced accuracy")
    folds = pd.DataFrame({name: [0.5, 0.5024] for name in names}).assign(fit_time=1.0)
    evaluation = make_evaluation(np.repeat([0, 1, 2], [3, 6, 9]), is_class=True)
    short, long = (Scores({"a" * n: folds}, evaluation).table().splitlines()[1] for n in (10, 30))
    assert "0.5012 ± 0.0012" in short
    assert long.split("  ")[1] == "0.501 ± 0.001"
    assert len(long) < 100


def test_huge_scores_are_divided_by_a_power_of_ten():
    folds = pd.DataFrame({"RMSE": [1e9, 3e9], "R²": [0.0, 0.0], "fit_time": 1})
    table = Scores({"a": folds}, make_evaluation(NUMBERS, is_class=False)).table()
    assert "RMSE / 1e9" in table


#: RMSE of models in the folds, the simplest model last; the best, those that are as good, and the
#: simplest. A fold holds out a quarter of its training rows, so the error is 0.76 deviations.
VERDICTS = [
    ({"a": [0.5, 0.5, 0.5], "b": [0.54, 0.52, 0.49]}, "a", ["b"], "b"),  # 0.017 ± 0.019
    ({"a": [0.5, 0.5, 0.5], "b": [0.54, 0.52, 0.50]}, "a", [], "a"),  # 0.020 ± 0.015
    ({"a": [0.5, 0.5, 0.5], "b": [0.5, 0.5, 0.5], "c": [0.7] * 3}, "a", ["b"], "b"),
    ({"a": [0.6, 0.6, 0.6], "b": [0.4, 0.5, 0.5], "c": [0.4, 0.5, 0.6]}, "b", ["c"], "c"),
    ({"a": [0.4, 0.5, 0.6], "b": [0.4, 0.5, 0.5], "c": [0.7] * 3}, "b", ["a"], "b"),
    ({"CatBoost": [0.4] * 3, "a": [0.5] * 3, "b": [0.6] * 3}, "CatBoost", [], "a"),
    ({"CatBoost": [0.4] * 3, "a": [0.4, 0.5, 0.4], "b": [0.6] * 3}, "CatBoost", ["a"], "a"),
]
LAST = "The simplest model that is as good as {}: {}.", "No simpler model is as good as {}."


def of_models(losses):
    columns = {name: {"RMSE": each, "estimator": "a model"} for name, each in losses.items()}
    results = {name: pd.DataFrame(each) for name, each in columns.items()}
    return Scores(results, make_evaluation(NUMBERS, is_class=False, n_splits=5))


@pytest.mark.parametrize(("losses", "best", "good", "simplest"), VERDICTS)
def test_the_simplest_model_that_is_as_good_as_the_best_is_named(losses, best, good, simplest):
    scores = of_models(losses)
    assert (scores.best(), scores.as_good(), scores.simplest()) == (best, good, simplest)
    first, _, _, *rows, _, last = scores.verdict().splitlines()
    assert first == f"Lowest RMSE: {best}. Fit times are wall times, averaged over the folds."
    assert [row.split()[0] for row in rows] == [name for name in losses if name != best]
    assert [row.split()[0] for row in rows if row.endswith("  as good")] == good
    if simplest not in (best, *good):
        assert last == f"No model that can be saved is as good as {best}."
    else:
        assert last == LAST[simplest == best].format(best, simplest)


def test_a_difference_is_not_sure_if_its_interval_contains_none():
    sure = [0.6, 0.62, 0.61]  # 0.110 ± 0.008, and t has 4.3 for 95%
    unsure = [0.54, 0.52, 0.50]  # 0.020 ± 0.015
    scores = of_models({"a": [0.5] * 3, "b": sure, "c": unsure, "d": [0.54, 0.52, 0.49]})
    ends = [row.split("  ")[-1].strip() for row in scores.verdict().splitlines()[3:6]]
    assert ends == ["0.110 ± 0.008", "not sure", "as good"]


def test_splits_in_which_the_metric_is_undefined_do_not_count():
    undefined = [np.nan, np.nan]
    found = of_models({"a": [0.5] * 3 + undefined, "b": [0.565, 0.545, 0.525, *undefined]})
    # t has 4.3 for the 95% interval of three splits, and 2.8 for five
    assert "  b  0.045 ± 0.015  not sure" in found.verdict()
    few = of_models({"a": [0.5, 0.5, np.nan, *undefined], "b": [0.4, 0.5, np.nan, *undefined]})
    last = "Fewer than three splits with a defined RMSE cannot tell how sure the differences are."
    assert few.verdict().endswith(last)


def test_differences_have_errors_where_there_are_several_folds():
    several = of_models({"a": [500.0, 500.0, 500.0], "b": [540.0, 520.0, 490.0], "c": [700.0] * 3})
    assert several.verdict().splitlines()[2:5] == [
        "The others are worse by this much, ± its standard error:",
        "  b  17 ± 19  as good",
        "  c  200 ± 0",
    ]
    one = of_models({"a": [500.0], "b": [540.0]})
    folds = one.evaluation.folds
    one = one._replace(
        evaluation=one.evaluation._replace(folds=folds._replace(splits=folds.splits[:1]))
    )
    assert one.verdict().splitlines()[2:] == [
        "The others are worse by this much:",
        "  b  40.0",
        "",
        "Fewer than three splits cannot tell how sure the differences are.",
    ]
    assert one.title == "Scores of a single split"


def test_the_networks_of_an_ensemble_are_a_model_if_all_folds_have_them():
    results = ensemble([0.5] * 3, [0.5] * 3)
    results["ensemble"]["estimator"] = "a model"
    scores = Scores(results, make_evaluation(NUMBERS, False, metric="R2"))
    assert [*scores.losses()] == ["ensemble", NETWORKS_ALONE]
    assert (scores.best(), scores.simplest()) == ("ensemble", NETWORKS_ALONE)
    results["ensemble"]["R²"] = 0.6
    assert scores.verdict().startswith("Highest R²: ensemble. ")
    assert scores.simplest() == "ensemble"
    results["ensemble"]["R²"] = 0.4
    assert scores.best() == NETWORKS_ALONE
    del results["ensemble"]["parts"][2]["networks"]
    assert [*scores.losses()] == ["ensemble"]


def test_what_an_ensemble_left_out_is_named():
    whole, failed = TabularEnsembleClassifier(), TabularEnsembleClassifier()
    set_fitted(whole, SimpleNamespace(parts={}, errors={}))
    errors = {"mine": "ValueError: it is mine"}
    set_fitted(failed, SimpleNamespace(parts={}, errors=errors, out_of_time=[]))
    note = "mine is left out of the ensemble in 1 of 2 fits: ValueError: it is mine"
    assert list(fit_notes([whole, failed])) == [note]


# Values, numbers and lists in messages.


def test_long_values_and_lists_are_cut():
    assert quote("a 'b'") == "\"a 'b'\""
    assert quote("x" * 40) == f"'{'x' * 40}'"
    assert quote("x" * 41) == f"'{'x' * 40}…'"
    names = [f"c{i}" for i in range(21)]
    assert listed(names[:20]).endswith(", c19")
    assert listed(names).endswith(", c19 and 1 more")


# Progress on stderr.


def test_what_follows_an_interrupt_begins_on_a_new_line(capsys):
    with suppress(KeyboardInterrupt), line_of_dots("split 1 of 3") as add_dot:
        add_dot()
        raise KeyboardInterrupt
    assert capsys.readouterr().err == "scratchmlp: split 1 of 3 .\n"


def test_the_rounds_that_are_done_tell_how_much_time_is_left(monkeypatch):
    monkeypatch.setattr_in(messages, time, perf_counter=lambda: 160.0)
    left = [time_left(0.0, n_done, 3) for n_done in range(3)]
    assert left == ["", ", about 5 minutes left", ", about 80 seconds left"]
    times = 0.0, 1.4, 89, 90, 5_000, 5_400, 90_000
    expected = ["1 second", "1 second", "89 seconds", "2 minutes", "83 minutes", "2 hours"]
    assert [duration(each) for each in times] == [*expected, "25 hours"]


@pytest.mark.usefixtures("brief")
def test_the_networks_alone_with_dots_or_with_bars(trained, csv, capsys, monkeypatch, tmp_path):
    model, table = tmp_path / "y.model", trained["class"].table[["size", "code", "class"]]
    options = ["--target", "class", "--model", "networks", "--save", str(model)]
    assert command_line.main([csv(table), *options]) == 0
    out, err = capsys.readouterr()
    names = (NETWORKS[0], TREES, LINEAR[0], BASELINE)
    rows = lines_of_models(out)
    assert all(row.startswith(name) for row, name in zip(rows, names, strict=True))
    assert f"\nSaved the networks in {model}" in out
    assert "weight" not in out
    assert re.sub(r"\d+\.\d s", "N s", re.sub(r", about \d+ seconds? left", "", err)) == (
        "scratchmlp: Not looked for: persons or times whose rows are alike "
        "(80 rows, 100 are needed).\n"
        "scratchmlp: split 1 of 3 ....\n"
        "scratchmlp: split 2 of 3 ....\n"
        "scratchmlp: split 3 of 3 ....\n"
        "scratchmlp: training the networks on all rows\n"
        "scratchmlp: wall time: reading N s, comparison N s, final fit N s, "
        "files and explanation N s\n"
    )
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert command_line.main([csv(table), *options]) == 0
    with_bars, err = capsys.readouterr()
    assert "TabularMLPClassifier - member" in err
    assert without_times(with_bars) == without_times(out)
    assert isinstance(load(model), TabularMLPClassifier)
    assert not getattr(load(model), "_skl_callbacks", [])
