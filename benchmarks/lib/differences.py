"""How sure it is that one candidate is better than another, over splits and over tables.

Losses are DataFrames with a row for each split, whose index names the table, and a column for each
candidate. Two candidates are compared on the splits that both were measured on.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.stats import wilcoxon

from benchmarks.lib.tables import N_FOLDS
from scratchmlp.tabular.scoring import Difference

ENSEMBLE = "TabularEnsemble"  # for classes and for numbers
LOSSES = ("log_loss", "error", "one_minus_auc", "rmse")
SECONDS = ("seconds", "predict_seconds")
OUTCOMES = ("win", "tie", "loss", "unknown")
# Training rows and held-out rows of a split; only their ratio counts, two folds to one.
SPLIT = [(range(N_FOLDS - 1), range(1))]
SIGNIFICANT = 0.05
SHARED = {"Classifier|Regressor": "", "^(LogisticRegression|Ridge)": "linear model"}


def by_split(runs: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Return a measure of each candidate on each split.

    Candidates for classes and for numbers share a column, and so do the linear models.
    """
    known = runs.assign(
        candidate=runs["candidate"].replace(SHARED, regex=True),
        one_minus_auc=1 - runs.get("auc", np.nan),
    )
    rows = known.assign(value=known.get(measure, np.nan)).dropna(subset=["value"])
    return rows.pivot(index=["table", "seed", "fold"], columns="candidate", values="value")


def main_loss(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the log-losses of classes and the RMSEs of numbers."""
    return pd.concat([by_split(runs, "log_loss"), by_split(runs, "rmse")])


def pair(losses: pd.DataFrame, other: str) -> pd.DataFrame:
    """Return the splits that both our ensemble and another candidate have."""
    return losses[[*dict.fromkeys((ENSEMBLE, other))]].dropna()


def difference(losses: pd.DataFrame, other: str) -> Difference:
    """Return how much higher another loss is on one table, and its corrected standard error."""
    both = pair(losses, other)
    return Difference.of(both[other] - both[ENSEMBLE], SPLIT)


def outcome(losses: pd.DataFrame, other: str) -> str:
    """Tell whether our ensemble wins against another candidate on one table, ties or loses.

    It is a tie if the 95% interval of Student's t contains 0, and unknown for fewer than three
    splits.
    """
    found = difference(losses, other)
    if np.isnan(found.half_interval):
        return "unknown"
    if abs(found.mean) <= found.half_interval:
        return "tie"
    return "win" if found.mean > 0 else "loss"


def outcomes(losses: pd.DataFrame, other: str) -> dict[str, int]:
    """Count the tables on which our ensemble wins, ties and loses."""
    tables = pair(losses, other).groupby(level="table")
    found = [outcome(rows, other) for _, rows in tables]
    return {one: found.count(one) for one in OUTCOMES}


def ratio(losses: pd.DataFrame, other: str) -> tuple[float, float]:
    """Return the geometric mean over tables of another loss divided by ours.

    The second number is its standard error, from the differences between tables.
    """
    means = pair(losses, other).groupby(level="table").mean()
    logs = logarithms(means)
    differences = logs[other] - logs[ENSEMBLE]
    mean = float(np.exp(differences.mean()))
    return mean, mean * float(differences.sem())


def median_ratio(losses: pd.DataFrame, other: str) -> float:
    """Return the median over tables of another loss divided by ours."""
    means = pair(losses, other).groupby(level="table").mean()
    return float((means[other] / means[ENSEMBLE]).median())


def table_means(losses: pd.DataFrame) -> pd.DataFrame:
    """Average over the splits of each table that all candidates have but the unranked ones."""
    return losses.drop(columns=[*unranked(losses)]).dropna().groupby(level="table").mean()


def unranked(losses: pd.DataFrame) -> dict[str, list[str]]:
    """Return the candidates that lack the splits of tables which most have, with these tables."""
    has = losses.notna().groupby(level="table").sum() >= N_FOLDS
    usual = has[has.mean(axis=1) > 0.5]
    return {str(name): list(usual.index[~usual[name]]) for name in usual if not usual[name].all()}


def logarithms(means: pd.DataFrame) -> pd.DataFrame:
    """Return the logarithms of mean losses by table and candidate."""
    for table, row in means.iterrows():
        if (row == 0).any():
            raise ValueError(
                f"{row.idxmin()} has a loss of 0 on {table}, and so no ratio to another loss: "
                "leave the table out with --sets."
            )
    return np.log(means)


def mean_ranks(losses: pd.DataFrame) -> "pd.Series[float]":
    """Average over tables the ranks of the mean losses, of which 1 is the lowest."""
    return table_means(losses).rank(axis=1).mean().sort_values()


def signed_rank(differences: "pd.Series[float]") -> float:
    """Return the p-value of Wilcoxon's signed-rank test; 1 if all differences are 0."""
    return float(wilcoxon(differences).pvalue) if differences.any() else 1.0


def significance(losses: pd.DataFrame) -> dict[frozenset[str], float]:
    """Return a p-value for each pair: Wilcoxon's signed-rank test over tables, after Holm.

    The test compares the logarithms of the mean losses. p is 1 if all are the same.
    """
    logs = logarithms(table_means(losses))
    pairs = list(combinations(logs, 2))
    differences = [logs[a] - logs[b] for a, b in pairs]
    p = corrected([signed_rank(each) for each in differences])
    return {frozenset(each): float(value) for each, value in zip(pairs, p, strict=True)}


def corrected(p: Sequence[float]) -> np.ndarray:
    """Return p-values after Holm's correction for their number."""
    order = np.argsort(p)
    adjusted = np.maximum.accumulate(np.take(p, order) * np.arange(len(p), 0, -1)).clip(max=1)
    return adjusted[np.argsort(order)]


def alike(losses: pd.DataFrame) -> list[list[str]]:
    """Return the longest groups of neighbors in rank of which no two differ significantly."""
    names, p = list(mean_ranks(losses).index), significance(losses)
    groups: list[list[str]] = []
    for start, first in enumerate(names):
        group = [first]
        for name in names[start + 1 :]:
            if any(p[frozenset((name, member))] < SIGNIFICANT for member in group):
                break
            group.append(name)
        if len(group) > 1 and not (groups and set(group) <= set(groups[-1])):
            groups.append(group)
    return groups


def mean_seconds(runs: pd.DataFrame, name: str, of: str = "seconds") -> float:
    """Return the geometric mean over tables of CPU seconds, on splits that our ensemble has too."""
    means = pair(by_split(runs, of), name)[name].groupby(level="table").mean()
    return float(np.exp(np.log(means).mean()))


def compare(runs: pd.DataFrame) -> pd.DataFrame:
    """Compare each candidate with our ensemble on tables of one kind.

    Returns
    -------
    DataFrame
        For each candidate, in the order of mean ranks: the numbers of tables and splits that both
        have; each loss divided by ours, with its standard error; the median of the first one; the
        tables where ours wins, ties and loses, or where that is unknown; the mean rank; the
        geometric mean over tables of the CPU seconds of a fit and of a prediction.
    """
    losses = main_loss(runs)
    kinds = {name: by_split(runs, name) for name in LOSSES}
    ranks, rows = mean_ranks(losses), {}
    for other in losses:
        both = pair(losses, other)
        rows[other] = {"tables": both.index.unique("table").size, "splits": len(both)}
        for name, of_kind in kinds.items():
            if not of_kind.empty:
                rows[other][name] = "{:.3f} ± {:.3f}".format(*ratio(of_kind, other))
        if other != ENSEMBLE:
            rows[other]["median"] = median_ratio(losses, other)
            rows[other] |= outcomes(losses, other)
        rows[other]["rank"] = ranks.get(other, np.nan)
        rows[other] |= {name: mean_seconds(runs, other, name) for name in SECONDS}
    return pd.DataFrame(rows.values(), rows.keys()).sort_values("rank")


def overview(runs: pd.DataFrame) -> pd.DataFrame:
    """Compare each candidate with our ensemble on tables of both kinds.

    Returns
    -------
    DataFrame
        For each candidate, in the order of the medians: the number of tables that both have; on
        how many of them our mean loss is lower; the median over tables of its loss divided by ours;
        the p-value of Wilcoxon's signed-rank test of the logarithms of these ratios, for this pair
        alone, and after Holm's correction for all pairs; the median of its CPU seconds of a fit
        divided by ours.
    """
    losses, seconds, rows = main_loss(runs), by_split(runs, "seconds"), {}
    for other in losses.columns.drop(ENSEMBLE):
        means = pair(losses, other).groupby(level="table").mean()
        logs = logarithms(means)
        rows[other] = {
            "tables": len(means),
            "ours_lower": (means[ENSEMBLE] < means[other]).sum(),
            "loss": median_ratio(losses, other),
            "p": signed_rank(logs[other] - logs[ENSEMBLE]),
            "time": median_ratio(seconds, other),
        }
    table = pd.DataFrame(rows.values(), rows.keys())
    table.insert(4, "p_corrected", corrected(table["p"].to_list()))
    return table.sort_values("loss")
