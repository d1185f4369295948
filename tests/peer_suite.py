"""Run scikit-learn's own tests of its MLP on our estimators: ``python tests/peer_suite.py``.

The installed ``sklearn/neural_network/tests/test_mlp.py`` runs with our classes instead of
`MLPClassifier` and `MLPRegressor`. Excluded tests run too: each must exist and must fail. A page
that shows the last line of the output for this version of scikit-learn must show it right.
"""

import os
import re
import sys
from collections import Counter
from pathlib import Path

import pytest
import sklearn.neural_network

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor

# Two reasons are accepted: the test uses private attributes, or it requires a behavior listed in
# the left column of "Different on purpose" in docs/comparison.md. Any other failure is our mistake.
EXCLUDED = {
    "test_fit": "sets private and computed attributes to prepare a network that was never fitted, "
    "instead of initialize",
    "test_gradient": "calls _loss_grad_lbfgs",
    "test_learning_rate_warmstart": "reads _optimizer",
    "test_adaptive_learning_rate": "reads _optimizer",
    "test_mlp_partial_fit_after_fit": "demands that early_stopping makes partial_fit fail",
    "test_mlp_diverging_loss": "demands that nan is noticed after the last epoch: here divergence "
    "ends training at once, and no epoch gets a validation score of nan",
}

ROOT = Path(__file__).parents[1]
README, COMPARISON = ROOT / "README.md", ROOT / "docs" / "comparison.md"


class Outcomes:
    """A pytest plugin that records the outcome of each test and the reason of each failure."""

    def __init__(self):
        self.ended = {}
        self.why = {}

    def pytest_configure(self, config):
        config.option.tbstyle = "short"  # "--tb" belongs to the terminal's plugin

    def pytest_collectreport(self, report):
        if report.failed:
            self.note(report.nodeid, report)

    def pytest_runtest_logreport(self, report):
        if report.when == "call" or not report.passed:
            self.note(report.nodeid.partition("::")[2], report)

    def note(self, name, report):
        if self.ended.get(name) != "failed":
            self.ended[name], self.why[name] = report.outcome, report.longreprtext


def run():
    """Run the suite with our classes, without the pytest settings of this repository."""
    sklearn.neural_network.MLPClassifier = ScratchMLPClassifier
    sklearn.neural_network.MLPRegressor = ScratchMLPRegressor
    root, outcomes = Path(sklearn.__file__).parent, Outcomes()
    suite = root / "neural_network" / "tests" / "test_mlp.py"
    options = ["-c", os.devnull, f"--rootdir={root}", "-p", "no:cacheprovider", "-p", "no:terminal"]
    status = pytest.main([*options, str(suite)], plugins=[outcomes])
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        sys.exit(f"pytest could not run {suite}: {status!r} {outcomes.why}")
    return outcomes


def verdict(name, outcome):
    """Return the meaning of a test's outcome: one word, and a reason if the test is excluded."""
    reason = EXCLUDED.get(function_of(name))
    if reason is None:
        return ("FAILED" if outcome == "failed" else outcome), ""
    if outcome == "failed":
        return "excluded", reason
    return "FAILED", f"the exclusion is no longer needed: {outcome} ({reason})"


def function_of(name):
    return name.partition("[")[0]


def outdated(summary):
    """Yield what pages say of this version of scikit-learn, if it differs from the summary."""
    version, _, counts = summary.partition(": ")
    page, readme = (" ".join(each.read_text("utf-8").split()) for each in (COMPARISON, README))
    shown = re.findall(rf"{re.escape(version)}: [^`]*", page)
    if shown and {*shown} != {summary}:
        yield f"FAILED   {COMPARISON.name} shows {', '.join(shown)}"
    passed, excluded = map(int, re.findall(r"\d+", counts))
    claim = f"Of scikit-learn's {passed + excluded} tests of its networks, {passed} pass"
    if shown and claim not in readme:
        yield f"FAILED   {README.name} does not say: {claim}"


def main():
    outcomes, count = run(), Counter()
    for name, outcome in outcomes.ended.items():
        word, reason = verdict(name, outcome)
        count[word] += 1
        print(f"{word:8} {name}" + (f": {reason}" if reason else ""))
        if word == "FAILED" and outcome == "failed":
            print(outcomes.why[name])
    for name in sorted(EXCLUDED.keys() - map(function_of, outcomes.ended)):
        count["FAILED"] += 1
        print(f"FAILED   {name}: is excluded, but there is no such test")
    counts = ", ".join(f"{n} {word}" for word, n in count.items())
    summary = f"scikit-learn {sklearn.__version__}: {counts}"
    wrong = [*outdated(summary)]
    print(*wrong, summary, sep="\n")
    return int(count["FAILED"] > 0 or bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
