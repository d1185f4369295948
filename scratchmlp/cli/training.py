"""Models that are compared on the user's table, and the one that is trained on all of its rows."""

import sys
import warnings
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.exceptions import FitFailedWarning

from scratchmlp.cli.columns import describe_columns
from scratchmlp.cli.comparison import compare, hide_entities, models_for, read_columns, to_train
from scratchmlp.cli.decision import decide
from scratchmlp.cli.evaluation import N_FOLDS, Evaluation, make_evaluation
from scratchmlp.cli.explanation import check_held_out, explain_row
from scratchmlp.cli.files import save_pictures, write
from scratchmlp.cli.messages import Clock, InputError, say, say_before_exit
from scratchmlp.cli.options import Options, command
from scratchmlp.cli.predictions import check_id
from scratchmlp.cli.questions import misleading, option_for
from scratchmlp.cli.reading import STDIN
from scratchmlp.cli.saved_model import SavedModel, check_exported_columns, export_model, save_model
from scratchmlp.cli.scores import Scores, called, fit_notes
from scratchmlp.cli.table import Table, labels_of, load_table
from scratchmlp.cli.target import describe_target
from scratchmlp.evaluation.evaluated import Evaluated, evaluate
from scratchmlp.evaluation.numbers import plain
from scratchmlp.reporting.importances import importances_of, what_matters
from scratchmlp.reporting.page import page_of
from scratchmlp.reporting.quality import how_right
from scratchmlp.tabular.base import BaseTabular
from scratchmlp.tabular.columns.encoder import READING_CONSTRAINTS, fitted_columns
from scratchmlp.tabular.fit import fit_inspected
from scratchmlp.tabular.notes import Note
from scratchmlp.tabular.preparation import encoding_with


def compare_and_train(data: str, options: Options) -> None:
    """Compare models on a table; train one on all rows on demand.

    Parameters
    ----------
    data : str
        Path of the table.
    options : Options
        The arguments.

    Raises
    ------
    InputError
        If nothing can be learned from the table, or something cannot be written.
    """
    _check_packages(options)
    assert options.target is not None
    clock = Clock()
    table = load_table(data, options.target, options.task, options.roles, options.file_format)
    clock.end("reading")
    if options.export is not None:
        check_exported_columns(options.export, fitted_columns(table.encoder))
    if options.explain is not None:
        check_held_out(options.explain, table)
    kept = [path for path in (options.save, options.export, options.report) if path is not None]
    try:
        comparison = Comparison.of(table, options)
    except BrokenPipeError:
        for path in kept:
            say_before_exit(f"stdout is closed, so {path} is not saved")
        raise
    clock.end("comparison")
    if options.keeps_model:
        comparison.keep(clock)
    say(str(clock))


@dataclass(frozen=True)
class Comparison:
    """Models that were compared on a table.

    Attributes
    ----------
    options : Options
        The arguments.
    table : Table
        The table.
    models : dict of str to estimator
        Unfitted models by name. The first is that of ``--model``.
    scores : Scores
        Their scores.
    found : list of Note
        What would mislead the user.
    """

    options: Options
    table: Table
    models: dict[str, Any]
    scores: Scores
    found: list[Note]

    @classmethod
    def of(cls, table: Table, options: Options) -> "Comparison":
        """Compare models on a table, and print their scores.

        Parameters
        ----------
        table : Table
            The table.
        options : Options
            The arguments.

        Returns
        -------
        Comparison
            The models and their scores.
        """
        X, y, is_class = table.X, table.y, table.is_class
        classes = np.unique(y) if is_class else None
        evaluation = _evaluation_for(table, classes, options)
        say(*table.notes)
        print(describe_target(str(options.target), y, is_class, X.shape[1], evaluation.decision))
        print(describe_columns(X, fitted_columns(table.encoder), options.roles), flush=True)
        say(*evaluation.folds.left_out)
        found = misleading(table.encoder, X, y, is_class, evaluation.folds, options.seed)
        table, evaluation = hide_entities(table, evaluation, found)
        if options.roles.id is not None:  # columns of entities are known now
            check_id(options.roles.id, classes, evaluation.entities)
        models = models_for(
            table,
            options.model,
            effort=options.effort,
            seed=options.seed,
            jobs=options.jobs,
            max_time=options.max_time,
            baselines=options.baselines,
        )
        results = compare(models, read_columns(X, fitted_columns(table.encoder)), y, evaluation)
        for result in results.values():
            say(*fit_notes(list(result["estimator"])))
        scores = Scores(results, evaluation)
        print(f"\n{scores.summary(options.keep, next(iter(models)))}", flush=True)
        return cls(options, table, models, scores, found)

    def keep(self, clock: Clock) -> None:
        """Train a model on all rows; save it, export it, and draw or write about it on demand.

        Parameters
        ----------
        clock : Clock
            What measures the steps.
        """
        options, first = self.options, next(iter(self.models))
        name = self.scores.kept(options.keep, first)
        what = f"the {options.model}" if name == first else called(name)
        say(f"training {what} on all rows")
        model = self._fit_to_all(name)
        clock.end("final fit")
        if name in self.models and name != first:
            print(
                f"Trained {what} as an ensemble of one part: predictions are means of "
                f"{len(model.held_out_)} fits,\neach without the rows of a fold. The scores above "
                "are those of single fits.",
                flush=True,
            )
        if options.save is not None:
            notes = options.target, options.roles.id, self.table.marks
            save_model(options.save, SavedModel(model, *notes, options.positive, options.threshold))
            why = self.scores.why_kept(options.keep, name)
            how = f"To predict: {command()} NEW.csv --load {options.save}"
            print(f"Saved {what} in {options.save}.{why} {how}", flush=True)
        if options.export is not None:
            export_model(options.export, model)
            print(f"Exported {what} to {options.export}{self._labels()}", flush=True)
        if options.explain is not None:
            row = self.table.X, self.table.ids, options.explain
            decision = self.scores.evaluation.decision
            text = explain_row(model, *row, is_of_fit=True, decision=decision)
            print(text, flush=True)
        if options.plot is not None or options.report is not None:
            self._show(model, what)
        clock.end("files and explanation")

    def _labels(self) -> str:
        """Say that the labels of an ONNX model do not use ``--threshold``."""
        if self.options.threshold is None:
            return ""
        return ". Its labels are the most probable classes: apply --threshold to its probabilities"

    def _fit_to_all(self, name: str) -> BaseTabular:
        """Train the model of a name on all rows. It gets the raw table, and can read others."""
        table = self.table
        model = to_train(name, self.models, self.scores.results)
        settings = {name: getattr(table.encoder, name) for name in READING_CONSTRAINTS}
        model = clone(model).set_params(**settings, inspect_table=True)
        model, arguments = self.scores.evaluation.folds.for_rows(model, np.arange(len(table.y)))
        arguments |= {"encode": encoding_with(table.encoder), "found": self.found}
        try:
            with warnings.catch_warnings(action="ignore", category=FitFailedWarning):
                model = _fit(model, table.X, table.y, **arguments)
        except ValueError as error:
            raise InputError(f"{called(name)} cannot use the table: {error}") from error
        say(*fit_notes([model]))
        return model

    def _show(self, model: BaseTabular, what: str) -> None:
        """Draw a picture of the model, or write a page about it."""
        options = self.options
        say("measuring what the predictions depend on")
        evaluated = self._out_of_fold(model)
        importances = importances_of(evaluated)
        if options.plot is not None:
            say(f"drawing {options.plot}")
            text = save_pictures(options.plot, how_right(evaluated), what_matters(importances))
            print(
                f"Saved the picture {options.plot} of out-of-fold predictions, each by a part of "
                f"the model that\nhas not learned from the row.\n{text}",
                flush=True,
            )
        if options.report is not None:
            say(f"writing {options.report}")
            made_by, compared = ("Command", options.command), self.scores.compared(what)
            file = "stdin" if options.data == STDIN else Path(str(options.data)).name
            title = f"How well {plain(options.target)} can be predicted from {file}"
            page = page_of(evaluated, importances, made_by, title, compared, option_for)
            write(options.report, page.encode())
            print(f"Wrote a report on {what}: {options.report}", flush=True)

    def _out_of_fold(self, model: BaseTabular) -> Evaluated:
        """Return the rows with out-of-fold predictions, named by --id or numbers of rows."""
        table, options = self.table, self.options
        labels = labels_of(table.X, table.ids)
        X, y = table.X.set_axis(labels), pd.Series(table.y, labels, name=options.target)
        decision = self.scores.evaluation.decision
        return evaluate(model, X, y, "fit", options.seed, decision)


def _evaluation_for(table: Table, classes: NDArray[Any] | None, options: Options) -> Evaluation:
    """Choose folds and metrics, and how classes follow from probabilities."""
    if options.roles.id is not None:
        check_id(options.roles.id, classes)
    return make_evaluation(
        table.y,
        table.is_class,
        metric=options.metric,
        decision=decide(options.positive, options.threshold, classes),
        n_splits=options.folds or N_FOLDS,
        seed=options.seed,
        groups=table.groups,
        times=table.times,
    )


def _fit(model: BaseTabular, X: pd.DataFrame, y: NDArray[Any], **arguments: Any) -> BaseTabular:
    """Fit a model, in a terminal with a bar for each of its callback tasks if rich is installed.

    Parameters
    ----------
    model : TabularEnsemble* or TabularMLP*
        The model.
    X : DataFrame of shape (n_samples, n_features)
        Features.
    y : ndarray of shape (n_samples,)
        Target.
    **arguments : dict
        Other arguments of `fit_inspected`.

    Returns
    -------
    estimator
        The fitted model, without callbacks.
    """
    if not (sys.stderr.isatty() and find_spec("rich")):
        return fit_inspected(model, X, y, **arguments)
    import rich
    from sklearn.callback import ProgressBar

    rich.reconfigure(stderr=True)
    try:
        return fit_inspected(model.set_callbacks(ProgressBar()), X, y, **arguments).set_callbacks()
    finally:
        rich.reconfigure()


def _check_packages(options: Options) -> None:
    """Check, before any work, that the packages of ``--with`` can be imported."""
    for package in options.baselines:
        try:
            import_module(package)
        except (ImportError, OSError) as error:  # a library of the system may be missing
            raise InputError(
                f"--with {package} needs the package {package}, which cannot be imported: {error}. "
                f"To install it, run pip install {package}."
            ) from error
    if options.baselines and options.keep in ("best", "simplest"):
        say(
            f"--keep {options.keep} chooses among the other models. Those of --with cannot be "
            "saved: a model file contains only types that can be loaded safely"
        )
