"""The command line, `scratchmlp` or ``python -m scratchmlp``: what runs for its arguments.

- Without arguments, a comparison on Iris (`article`).
- With a CSV file and its target, a comparison of models on that table, which can save one of them.
- With a CSV file and a saved model, predictions.

Results go to stdout; notes and errors go to stderr.
"""

import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pandas as pd
from sklearn.exceptions import DataConversionWarning, FitFailedWarning
from sklearn.pipeline import make_pipeline

from scratchmlp.cli.article import run_iris
from scratchmlp.cli.column_reader import ColumnReader
from scratchmlp.cli.columns import (
    describe_columns,
    read_columns,
    unlike_training,
)
from scratchmlp.cli.comparison import (
    BASELINE,
    OWN_MODELS,
    Evaluation,
    compare,
    for_rows,
    make_evaluation,
    models_for,
)
from scratchmlp.cli.files import (
    FORMS,
    check_files,
    check_form,
    check_table_name,
    save_pictures,
    save_table,
    write,
)
from scratchmlp.cli.messages import (
    InputError,
    count,
    discard,
    fit,
    open_streams,
    quote,
    say,
    with_notes,
)
from scratchmlp.cli.options import Options, command, parse
from scratchmlp.cli.predictions import (
    COVERAGE,
    check_id,
    predict,
    prediction_table,
    scores_of_known,
)
from scratchmlp.cli.reading import STDIN, RawTable
from scratchmlp.cli.rivals import RIVAL_NAMES, check_rivals
from scratchmlp.cli.roles import check_column
from scratchmlp.cli.saved_model import (
    SavedModel,
    check_exported_columns,
    export_model,
    load_model,
    save_model,
)
from scratchmlp.cli.scores import best_model, compared, fit_notes, networks_suffice, score_table
from scratchmlp.cli.table import (
    Table,
    load_new_table,
    load_table,
    note_repeated,
    select_features,
)
from scratchmlp.cli.target import describe_classes
from scratchmlp.reporting.evaluated import Evaluated, evaluate
from scratchmlp.reporting.importances import importances_of, what_matters
from scratchmlp.reporting.mistakes import COUNTED
from scratchmlp.reporting.page import page_of
from scratchmlp.reporting.quality import how_right
from scratchmlp.tabular.base import BaseTabular
from scratchmlp.tabular.reading.findings import listed


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, default=None
        Command-line arguments; None takes those of the process.

    Returns
    -------
    int
        Exit status: 0, or 1 if the reader of stdout or stderr has closed it, or 130 after Ctrl-C.

    Raises
    ------
    SystemExit
        With status 2 if an argument or a file cannot be used, something cannot be written, or
        memory is short; with 0 after ``--help`` and ``--version``.
    """
    try:
        open_streams()
        with warnings.catch_warnings(action="ignore", category=DataConversionWarning):
            _run(parse(argv))  # `decide_columns` says what the encoder warns of
        sys.stdout.flush()  # here, so that the errors below are caught
    except InputError as error:
        _fail(str(error))
    except MemoryError as error:
        detail = f": {error}" if str(error) else ""
        _fail(
            f"there is not enough memory{detail}. Close other programs, raise the memory limit of "
            "this process, or use a smaller table or model."
        )
    except KeyboardInterrupt:
        _say_before_exit("interrupted")
        return 130
    except BrokenPipeError:  # its reader has left (`| head`)
        discard(sys.stdout)
        discard(sys.stderr)
        return 1
    except OSError as error:  # such as a full disk behind stdout
        discard(sys.stdout)
        _fail(f"cannot write: {error.strerror or error}")
    return 0


def _fail(message: str) -> NoReturn:
    """Print an error as one line, and end with status 2."""
    _say_before_exit(f"error: {' '.join(message.split())}")
    sys.exit(2)


def _say_before_exit(message: str) -> None:
    """Print a note before the process ends; stderr may be what has failed."""
    try:
        say(message)
    except OSError:
        discard(sys.stderr)


def _run(options: Options) -> None:
    """Check the files, then run what the arguments ask for."""
    data, load, save, plot = options.data, options.load, options.save, options.plot
    for option in FORMS:
        check_form(option, getattr(options, option))
    out = check_table_name(options.out)
    written = [plot, save, options.export, options.report, out]
    check_files(read=[None if data == STDIN else data, load], written=written)
    if data is None:
        run_iris(plot)
    elif load is not None:
        _predict(data, options, out)
    else:
        _train(data, options)


# Compare, train and save.


def _train(data: str, options: Options) -> None:
    """Compare models on a table; train one on all rows on demand."""
    assert options.target is not None
    check_rivals(options.rivals)
    if options.rivals and options.keep == "best":
        say(
            "--keep best chooses among the other models. Those of --with cannot be saved: a model "
            "file contains only types that can be loaded safely"
        )
    table = load_table(data, options.target, options.task, options.roles, options.file_format)
    check_exported_columns(options.export, table.columns)
    check_id(options.roles.id, np.unique(table.y) if table.is_class else None)
    seed = options.seed or 0
    evaluation = make_evaluation(
        table.y,
        table.is_class,
        seed=seed,
        metric=options.metric,
        groups=table.groups,
        times=table.times,
    )
    X, encoder = read_columns(table.X, table.columns)
    models = models_for(
        table,
        encoder,
        options.own_model,
        seed=seed,
        jobs=options.jobs,
        max_time=options.max_time,
        rivals=options.rivals,
    )
    try:
        _print_table(table, options)
        results = _compare(models, X, table, evaluation)
    except BrokenPipeError:
        for path in (options.save, options.export, options.report):
            if path is not None:
                _say_before_exit(f"stdout is closed, so {path} is not saved")
        raise
    kept = (options.save, options.export, options.plot, options.report)
    if any(path is not None for path in kept):
        _keep(models, table, evaluation, options, results)


def _keep(
    models: dict[str, Any],
    table: Table,
    evaluation: Evaluation,
    options: Options,
    results: dict[str, pd.DataFrame],
) -> None:
    """Train a model on all rows; save it, export it, and draw or write about it on demand."""
    own = next(iter(models))
    name = _best_kept(results, evaluation) if options.keep == "best" else own
    what = f"the {options.own_model}" if name == own else _called(name)
    say(f"training {what} on all rows")
    model = _fit_to_all(models[name], table, evaluation, options)
    if options.save is not None:
        save_model(options.save, SavedModel(model, options.target, options.roles.id, table.marks))
        although = _although(name, best_model(results, evaluation), evaluation)
        saved = f"Saved {what} in {options.save}{although}"
        print(f"{saved}. To predict: {command()} NEW.csv --load {options.save}", flush=True)
    if options.export is not None:
        export_model(options.export, model)
        print(f"Exported {what} to {options.export}", flush=True)
    if options.plot is not None or options.report is not None:
        _show(model, table, evaluation, options, results)


def _best_kept(results: dict[str, pd.DataFrame], evaluation: Evaluation) -> str:
    """Return the name of the best model that a file can hold."""
    ours = {name: result for name, result in results.items() if name not in RIVAL_NAMES}
    return best_model(ours, evaluation)


def _fit_to_all(model: Any, table: Table, evaluation: Evaluation, options: Options) -> Any:
    """Train a model of the comparison on all rows. It gets the raw table, and can read others."""
    settings = options.roles.encoder_settings(table.columns)
    if isinstance(model, BaseTabular):
        model.set_params(**settings)
    else:
        model = make_pipeline(ColumnReader(**settings), model)
    model, arguments = for_rows(model, evaluation, np.arange(len(table.y)))
    with warnings.catch_warnings(action="ignore", category=FitFailedWarning):
        model = fit(model, table.X, table.y, **arguments)
    for note in fit_notes([model]):
        say(note)
    return model


def _show(
    model: Any,
    table: Table,
    evaluation: Evaluation,
    options: Options,
    results: dict[str, pd.DataFrame],
) -> None:
    """Draw a picture of the model, or write a page about it."""
    say("measuring what the predictions depend on")
    evaluated = _out_of_fold(model, table, options)
    importances = importances_of(evaluated)
    if options.plot is not None:
        say(f"drawing {options.plot}")
        text = save_pictures(options.plot, [how_right(evaluated), what_matters(importances)])
        print(
            f"Saved the picture {options.plot} of out-of-fold predictions, each by a part of the "
            f"model that\nhas not learned from the row.\n{text}",
            flush=True,
        )
    if options.report is not None:
        say(f"writing {options.report}")
        made_by = "Command", options.command
        page = page_of(evaluated, importances, made_by, compared=compared(results, evaluation))
        write(options.report, lambda new: new.write_text(page, encoding="utf-8"))
        print(f"Wrote a report on the {options.own_model}: {options.report}", flush=True)


def _out_of_fold(model: Any, table: Table, options: Options) -> Evaluated:
    """Return the rows with out-of-fold predictions. Their labels are --id, or numbers of rows."""
    labels = table.X.index.rename(COUNTED) if table.ids is None else pd.Index(table.ids)
    X, y = table.X.set_axis(labels), pd.Series(table.y, labels, name=options.target)
    return evaluate(model, X, y, "fit", options.seed or 0)


def _print_table(table: Table, options: Options) -> None:
    """Print what the table contains, and what was left out of it."""
    for note in table.notes:
        say(note)
    X, y, is_class = table.X, table.y, table.is_class
    task = f"classification, {len(np.unique(y))} classes" if is_class else "regression"
    size = f"{count(len(y), 'row')}, {count(X.shape[1], 'column')}"
    print(f"Predicting {options.target!r} ({task}): {size}")
    if is_class:
        print(f"  {describe_classes(y)}")
    print(describe_columns(X, table.columns))
    kept_out = [f"{name} ({option})" for option, name in options.roles.named() if name not in X]
    if kept_out:
        print(f"  not used to predict: {listed(kept_out)}")
    sys.stdout.flush()


def _compare(
    models: dict[str, Any], X: pd.DataFrame, table: Table, evaluation: Evaluation
) -> dict[str, pd.DataFrame]:
    """Compare models, and print their scores."""
    for note in evaluation.folds.left_out:
        say(note)
    results = compare(models, X, table.y, evaluation)
    for result in results.values():
        for note in fit_notes(list(result["estimator"])):
            say(note)
    description = evaluation.folds.description
    print(f"\nMean ± standard deviation over {description}\n\n{score_table(results, evaluation)}")
    best, metric = best_model(results, evaluation), evaluation.decisive
    which = "Lowest" if metric.is_loss else "Highest"
    print(f"\n{which} {metric.name}: {best}. Fit times are means over the folds.")
    if networks_suffice(results, evaluation):
        networks = OWN_MODELS["networks"][0 if table.is_class else 1].__name__
        print(
            "The networks alone predict about as well. To train only them, which is faster and "
            f"makes a\nsmaller model, use --model networks, or {networks} in Python."
        )
    sys.stdout.flush()
    return results


def _although(name: str, best: str, evaluation: Evaluation) -> str:
    """Say whether another model is better than the one that is saved."""
    if best == name:
        return ""
    order = "lower" if evaluation.decisive.is_loss else "higher"
    return f", although {_called(best)} has the {order} {evaluation.decisive.name}"


def _called(name: str) -> str:
    """Return the name of a model within a sentence."""
    return f"the {name}" if name == BASELINE else name


# Predict.


def _predict(data: str, options: Options, out: Path | None) -> None:
    """Predict a table with a saved model; print the predictions or save them."""
    assert options.load is not None
    saved = load_model(options.load, allow_pickle=options.allow_pickle)
    columns = saved.columns
    raw = load_new_table(data, columns, options.file_format._replace(marks=saved.marks))
    X = select_features(raw, data, columns)
    ids = _ids(raw, data, options.roles.id, saved.id)
    classes = getattr(saved.model, "classes_", None)
    if classes is not None and options.coverage is not None:
        raise InputError(
            f"--coverage is about intervals of numbers, but the model in {options.load} predicts "
            "classes. Remove --coverage."
        )
    if ids is not None:
        check_id(str(ids.name), classes)
        for note in note_repeated(ids):
            say(note)
    for difference in unlike_training(X, columns):
        say(difference)
    try:
        predicted = predict(saved.model, X, options.coverage or COVERAGE)
    # A model saved from Python may need what a CSV file cannot hold.
    except (ValueError, TypeError) as error:
        raise InputError(with_notes(error)) from error
    for note in predicted.notes:
        say(note)
    predictions = prediction_table(saved.model, predicted)
    if ids is not None:
        predictions.insert(0, ids.name, ids.to_numpy())
    if out is None:
        print(predictions.to_csv(index=False), end="", flush=True)
    else:
        save_table(out, predictions)
        print(f"Saved {out}: {count(len(X), 'prediction')}")
    if saved.target is not None and saved.target in raw.frame:
        known = raw.readable(saved.target) if classes is None else raw.frame[saved.target]
        for sentence in scores_of_known(saved.model, predicted, known):
            say(sentence)


def _ids(
    raw: RawTable, data: str, given: str | None, remembered: str | None
) -> "pd.Series[Any] | None":
    """Return the column that identifies the rows, if there is one."""
    if given is not None:
        check_column(raw, data, "--id", given)
    name = given or remembered
    if name is None or name in raw.frame:
        return None if name is None else raw.frame[name]
    say(f"{data} has no column {quote(name)}, so the predictions have no --id column")
    return None
