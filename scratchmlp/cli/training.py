"""A comparison on the user's table, and the model that is trained on all of its rows."""

import sys
import warnings
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.exceptions import FitFailedWarning

from scratchmlp.cli.comparison import Comparison, compare_models, option_for
from scratchmlp.cli.explanation import check_held_out, explain_row
from scratchmlp.cli.files import save_pictures, write
from scratchmlp.cli.messages import Clock, InputError, say, say_before_exit
from scratchmlp.cli.models import to_train
from scratchmlp.cli.options import Options, command
from scratchmlp.cli.reading import STDIN
from scratchmlp.cli.saved_model import SavedModel, check_exported_columns, export_model, save_model
from scratchmlp.cli.scores import called, fit_notes
from scratchmlp.cli.table import labels_of, load_table
from scratchmlp.evaluation.evaluated import Evaluated, evaluate
from scratchmlp.evaluation.numbers import plain
from scratchmlp.reporting.importances import importances_of, what_matters
from scratchmlp.reporting.page import page_of
from scratchmlp.reporting.quality import how_right
from scratchmlp.tabular.base import BaseTabular
from scratchmlp.tabular.columns.encoder import READING_CONSTRAINTS, fitted_columns
from scratchmlp.tabular.fit import fit_inspected
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
        comparison = compare_models(table, options)
    except BrokenPipeError:
        for path in kept:
            say_before_exit(f"stdout is closed, so {path} is not saved")
        raise
    clock.end("comparison")
    if options.keeps_model:
        _train_and_write(comparison, clock)
    say(str(clock))


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


# The model that is trained on all rows.


def _train_and_write(comparison: Comparison, clock: Clock) -> None:
    """Train a model on all rows; save it, export it, and draw or write about it on demand."""
    options, first = comparison.options, next(iter(comparison.models))
    name = comparison.scores.kept(options.keep, first)
    what = f"the {options.model}" if name == first else called(name)
    say(f"training {what} on all rows")
    model = _fit_to_all(comparison, name)
    clock.end("final fit")
    if name in comparison.models and name != first:
        print(
            f"Trained {what} as an ensemble of one part: predictions are means of "
            f"{len(model.held_out_)} fits,\neach without the rows of a fold. The scores above "
            "are those of single fits.",
            flush=True,
        )
    if options.save is not None:
        why = comparison.scores.why_kept(options.keep, name)
        _save(comparison, model, options.save, f"Saved {what} in {options.save}.{why}")
    if options.export is not None:
        export_model(options.export, model)
        print(f"Exported {what} to {options.export}{_labels(options)}", flush=True)
    if options.explain is not None:
        row = comparison.table.X, comparison.table.ids, options.explain
        decision = comparison.scores.evaluation.decision
        print(explain_row(model, *row, is_of_fit=True, decision=decision), flush=True)
    if options.plot is not None or options.report is not None:
        _show(comparison, model, what)
    clock.end("files and explanation")


def _save(comparison: Comparison, model: BaseTabular, path: Path, done: str) -> None:
    """Save a model with what predictions need; say what is done, and how to predict."""
    options = comparison.options
    notes = options.target, options.roles.id, comparison.table.marks
    save_model(path, SavedModel(model, *notes, options.positive, options.threshold))
    print(f"{done} To predict: {command()} NEW.csv --load {path}", flush=True)


def _labels(options: Options) -> str:
    """Say that the labels of an ONNX model do not use ``--threshold``."""
    if options.threshold is None:
        return ""
    return ". Its labels are the most probable classes: apply --threshold to its probabilities"


def _fit_to_all(comparison: Comparison, name: str) -> BaseTabular:
    """Train the model of a name on all rows. It gets the raw table, and can read others."""
    table = comparison.table
    model = to_train(name, comparison.models, comparison.scores.results)
    settings = {name: getattr(table.encoder, name) for name in READING_CONSTRAINTS}
    model = clone(model).set_params(**settings, inspect_table=True)
    model, arguments = comparison.scores.evaluation.folds.for_rows(model, np.arange(len(table.y)))
    arguments |= {"encode": encoding_with(table.encoder), "found": comparison.found}
    try:
        with warnings.catch_warnings(action="ignore", category=FitFailedWarning):
            model = _fit(model, table.X, table.y, **arguments)
    except ValueError as error:
        raise InputError(f"{called(name)} cannot use the table: {error}") from error
    say(*fit_notes([model]))
    return model


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


def _show(comparison: Comparison, model: BaseTabular, what: str) -> None:
    """Draw a picture of the model, or write a page about it."""
    options = comparison.options
    say("measuring what the predictions depend on")
    evaluated = _out_of_fold(comparison, model)
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
        made_by, compared = ("Command", options.command), comparison.scores.compared(what)
        file = "stdin" if options.data == STDIN else Path(str(options.data)).name
        title = f"How well {plain(options.target)} can be predicted from {file}"
        page = page_of(evaluated, importances, made_by, title, compared, option_for)
        write(options.report, page.encode())
        print(
            f"Wrote a report on {what}, which shows rows of the table: {options.report}", flush=True
        )


def _out_of_fold(comparison: Comparison, model: BaseTabular) -> Evaluated:
    """Return the rows with out-of-fold predictions, named by --id or numbers of rows."""
    table, options = comparison.table, comparison.options
    labels = labels_of(table.X, table.ids)
    X, y = table.X.set_axis(labels), pd.Series(table.y, labels, name=options.target)
    decision = comparison.scores.evaluation.decision
    return evaluate(model, X, y, "fit", options.seed, decision)
