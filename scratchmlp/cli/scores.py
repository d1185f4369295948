"""Sentences and tables that the command line prints about scores, or writes in a report."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from scratchmlp.cli.baselines import BASELINE_NAMES, CONSTANT, TREES
from scratchmlp.cli.evaluation import Evaluation
from scratchmlp.cli.messages import WIDTH, count
from scratchmlp.cli.models import NETWORKS_ALONE, OWN_MODELS
from scratchmlp.evaluation.numbers import means_and_deviations, seconds, with_deviations
from scratchmlp.reporting.page import Compared
from scratchmlp.tabular.base import BaseTabular
from scratchmlp.tabular.ensemble.ensemble import BaseTabularEnsemble, networks_in
from scratchmlp.tabular.fitted_table import fitted_table
from scratchmlp.tabular.networks.deadline import OUT_OF_TIME
from scratchmlp.tabular.scoring import LEAST_FOLDS, Difference

NETWORKS = "networks"  # their name in an ensemble, unless the user chose another
FIT_TIMES = "Fit times are wall times, averaged over the folds."
#: What a report, whose readers need not know Python, calls models.
IN_WORDS = {
    **{model.__name__: name for name, models in OWN_MODELS.items() for model in models},
    TREES: "gradient boosting",
    "LogisticRegression": "logistic regression",
    "Ridge": "ridge regression",
}


class Scores(NamedTuple):
    """The scores of a comparison.

    Attributes
    ----------
    results : dict of str to DataFrame
        Results of `compare`.
    evaluation : Evaluation
        Folds and metrics.
    """

    results: Mapping[str, pd.DataFrame]
    evaluation: Evaluation

    @property
    def title(self) -> str:
        """What a table of the scores shows."""
        folds = self.evaluation.folds
        if len(folds.splits) == 1:
            return "Scores of a single split"
        return f"Mean ± standard deviation over {folds.description}"

    def losses(self) -> pd.DataFrame:
        """Return the decisive metric of each model in each fold, as a loss.

        The networks of an ensemble count as a model if they are in its predictions in all folds.
        The models are in the order of the comparison, in which the last is the simplest.
        """
        models: dict[str, pd.DataFrame] = {}
        for name, result in self.results.items():
            models[name], networks = result, _parts(result).get(NETWORKS)
            if networks is not None and len(networks) == len(result):
                models[NETWORKS_ALONE] = networks
        metric = self.evaluation.decisive
        scores = pd.DataFrame({name: model[metric.name] for name, model in models.items()})
        return scores if metric.is_loss else -scores

    def best(self) -> str:
        """Return the name of the model with the best mean of the decisive metric."""
        return str(self.losses().mean().fillna(np.inf).idxmin())

    def best_kept(self) -> str:
        """Return the name of the best model that can be saved: those of ``--with`` cannot."""
        ours = {n: result for n, result in self.results.items() if n not in BASELINE_NAMES}
        return self._replace(results=ours).best()

    def differences(self) -> dict[str, Difference]:
        """Return by how much each of the other models is worse than the best."""
        losses, best = self.losses(), self.best()
        splits = self.evaluation.folds.splits
        return {
            str(name): Difference.of(by_fold - losses[best], splits)
            for name, by_fold in losses.items()
            if name != best
        }

    def as_good(self) -> list[str]:
        """Return the names of the other models that are as good as the best."""
        return [name for name, each in self.differences().items() if each.is_within_error]

    def kept(self, keep: str | None, first: str) -> str:
        """Return the name of the model that ``--keep`` chooses: by default, that of ``--model``."""
        if keep == "simplest":
            return self.simplest()
        return self.best_kept() if keep == "best" else first

    def why_kept(self, keep: str | None, name: str) -> str:
        """Say why a model is saved, and how to save the best one instead, if it is another."""
        if (best := self.best()) == name:
            return ""
        metric, best_kept = self.evaluation.decisive, self.best_kept()
        which = f"the {'lowest' if metric.is_loss else 'highest'} {metric.name}"
        reason = f" It is the model of --keep {keep or 'model, the default'}."
        if best_kept == name:
            return f"{reason} {called(best)} has {which}, but cannot be saved."
        which += "" if best_kept == best else " of those that can be saved"
        return f"{reason} To save {called(best_kept)}, which has {which}, add --keep best."

    def simplest(self) -> str:
        """Return the simplest model that can be saved and is as good as the best.

        It is the best one that can be saved if none of these is as good.
        """
        good = {self.best(), *self.as_good()} - {*BASELINE_NAMES} or {self.best_kept()}
        return next(str(name) for name in reversed([*self.losses()]) if name in good)

    def summary(self, keep: str | None, first: str) -> str:
        """Write the scores and the verdict, and how to keep the simplest model if it is another."""
        text = f"{self.title}\n\n{self.table()}\n\n{self.verdict()}"
        simplest = self.simplest()
        if keep is None and simplest != first:
            add = "add --keep simplest --save MODEL"
            text += f"\nTo train {called(simplest)} on all rows, {add}."
        return text

    def table(self) -> str:
        """Write a line for each model, and below an ensemble a line for each of its estimators."""
        lines = _lines(self.frame())
        if max(map(len, lines)) > WIDTH:
            lines = _lines(self.frame(n_digits=1))
        ends = ["", *(end for _, _, end in _rows(self.results))]
        return "\n".join(f"{line}{end}" for line, end in zip(lines, ends, strict=True))

    def frame(self, n_digits: int = 2, part: str = "  {}") -> pd.DataFrame:
        """Write the mean and standard deviation over the folds of each metric, and the fit times.

        Parameters
        ----------
        n_digits : int, default=2
            Number of digits of the standard deviations.
        part : str, default="  {}"
            How the names of an ensemble's estimators are written. A second "{}" says in which folds
            an estimator was kept, if not in all.

        Returns
        -------
        DataFrame of str
            A row for each model, and below an ensemble a row for each of its estimators, whose
            scores are those of the folds that kept it.
        """
        rows = {
            name if name in self.results else part.format(name, kept): scores
            for name, scores, kept in _rows(self.results)
        }
        table = pd.DataFrame(index=list(rows))
        for metric in self.evaluation.metrics:
            scores = pd.DataFrame({name: row[metric.name] for name, row in rows.items()})
            column = means_and_deviations(scores, n_digits)
            name = metric.name.replace("balanced accuracy", "balanced acc.")
            table[f"{name}{column.name}"] = column
        table["fit (s)"] = [
            seconds(row["fit_time"].mean()) if "fit_time" in row else "" for row in rows.values()
        ]
        return table

    def compared(self, kept: str) -> Compared:
        """Return the scores of all models for a report on one, and say which is the best."""
        metric = self.evaluation.decisive
        which = "lowest" if metric.is_loss else "highest"
        weights = " and weights" if any(map(_parts, self.results.values())) else ""
        worded = self._replace(results={_in_words(n): each for n, each in self.results.items()})
        best = f"Of the models compared, {called(worded.best())} has the {which} {metric.name}."
        return Compared(
            worded.frame(part="{}{}, part of the ensemble"),
            f"{self.title}. Fit times are mean wall times",
            " ".join([best, *worded._cut_short()]),
            worded._simplest_in_words(),
            "Here, every model was trained again for each fold, without the rows of the fold. The "
            f"other sections are about {called(_in_words(kept))} trained on all rows, so its "
            f"scores{weights} differ from those here.",
        )

    def verdict(self) -> str:
        """Say which model is the best, by how much, and which is the simplest that is as good."""
        metric, best = self.evaluation.decisive, self.best()
        found = self.differences()
        differences = pd.DataFrame(found, Difference._fields).T
        worse = with_deviations(differences["mean"], differences["standard_error"])
        has_error = differences["standard_error"].notna().any()
        error = ", ± its standard error" if has_error else ""
        verdicts = [*map(_how_sure, found.values())]
        rows = _lines(pd.DataFrame({"by": worse, "verdict": verdicts}), header=False)
        return "\n".join(
            [
                f"{'Lowest' if metric.is_loss else 'Highest'} {metric.name}: {best}. {FIT_TIMES}",
                "",
                f"The others are worse by this much{worse.name}{error}:",
                *(f"  {row}" for row in rows),
                "",
                self._simplest_in_words(),
                *self._cut_short(),
            ]
        )

    def _simplest_in_words(self) -> str:
        """Say which model is the simplest that is as good as the best."""
        simplest, best, losses = self.simplest(), self.best(), self.losses()
        if len(losses.dropna(how="all")) < LEAST_FOLDS:
            name, some = self.evaluation.decisive.name, losses.isna().any(axis=None)
            which = f"splits with a defined {name}" if some else "splits"
            return f"Fewer than three {which} cannot tell how sure the differences are."
        if simplest == best:
            return f"No simpler model is as good as {called(best)}."
        if simplest in self.as_good():
            return f"The simplest model that is as good as {called(best)}: {simplest}."
        return f"No model that can be saved is as good as {called(best)}."

    def _cut_short(self) -> Iterator[str]:
        """Say that the comparison is unfair to the first model, if its fits lacked time."""
        name, result = next(iter(self.results.items()))
        n_cut = sum(map(_lacked_time, result["estimator"]))
        if n_cut:
            yield (
                f"--max-time cut short {n_cut} of {count(len(result), 'fit')} of {called(name)}: "
                "the comparison is unfair to it."
            )


def _how_sure(difference: Difference) -> str:
    """Say whether a model may be as good as the best: "" if its 95% interval does not contain 0."""
    if difference.is_within_error:
        return "as good"
    return "not sure" if difference.mean <= difference.half_interval else ""


def _lines(table: pd.DataFrame, header: bool = True) -> list[str]:
    """Return the lines of a table."""
    text = table.apply(_aligned).to_string(header=header)
    return [line.rstrip() for line in text.splitlines()]


def _aligned(column: "pd.Series[str]") -> "pd.Series[str]":
    """Put means without a deviation below the other means."""
    deviation = max(len(text) - len(text.partition(" ±")[0]) for text in column)
    return column.where(column.str.contains("±"), column + deviation * " ")


def _rows(results: Mapping[str, pd.DataFrame]) -> Iterator[tuple[str, pd.DataFrame, str]]:
    """Yield the results of each model, and after an ensemble those of its estimators.

    The last string says in how many folds an estimator was kept, if not in all.
    """
    for name, result in results.items():
        yield name, result, ""
        n_folds = len(result)
        for estimator, scores in _parts(result).items():
            weight = scores["weight"].sum() / n_folds  # 0 where it was left out
            kept = f" ({len(scores)} of {n_folds} folds)" if len(scores) < n_folds else ""
            yield f"{estimator}, weight {weight:.2f}", scores, kept


def _parts(result: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the scores and weights of an ensemble's estimators in each fold that has them."""
    by_fold = dict(enumerate(result.get("parts", [])))
    names = dict.fromkeys(name for parts in by_fold.values() for name in parts)
    return {
        name: pd.DataFrame({i: parts[name] for i, parts in by_fold.items() if name in parts}).T
        for name in names
    }


def called(name: str) -> str:
    """Return the name of a model within a sentence."""
    return f"the {name}" if name in (CONSTANT, NETWORKS_ALONE, *OWN_MODELS) else name


def _in_words(name: str) -> str:
    """Return the name of a model for readers who need not know Python."""
    return IN_WORDS.get(name, name)


def _lacked_time(model: Any) -> bool:
    """Return whether ``--max-time`` ended the training of networks, or left a part out."""
    is_ensemble = isinstance(model, BaseTabularEnsemble)
    return _stopped(model) or (is_ensemble and bool(fitted_table(model).out_of_time))


def _stopped(model: Any) -> bool:
    """Return whether ``--max-time`` ended the training of networks."""
    if not isinstance(model, BaseTabular):
        return False
    return any(OUT_OF_TIME in each.stop_reasons_ for each in networks_in(model).values())


def fit_notes(models: Sequence[Any]) -> Iterator[str]:
    """Name what ``--max-time`` ended, and the estimators that an ensemble left out.

    Parameters
    ----------
    models : sequence of estimator
        One model, fitted once or several times.

    Yields
    ------
    str
        A sentence about the training of the networks, or about an estimator.
    """
    n_stopped = sum(map(_stopped, models))
    if n_stopped:
        yield (
            f"--max-time {models[0].max_time:g} ended the training of the networks before all "
            f"epochs, in {n_stopped} of {count(len(models), 'fit')}. Increase or remove "
            "--max-time: the predictions may then be better."
        )
    ensembles = [model for model in models if isinstance(model, BaseTabularEnsemble)]
    for name in dict.fromkeys(name for model in ensembles for name in model.errors_):
        without = [model for model in ensembles if name in model.errors_]
        share = f"in {len(without)} of {count(len(models), 'fit')}"
        if all(name in fitted_table(model).out_of_time for model in without):
            yield (
                f"--max-time {models[0].max_time:g} is too short for {name}, which the ensemble "
                f"leaves out {share}. Increase or remove it."
            )
        else:
            yield f"{name} is left out of the ensemble {share}: {without[0].errors_[name]}"
