"""The page that ``--report`` writes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from scratchmlp.cli.comparison import Plan
from scratchmlp.cli.files import write
from scratchmlp.cli.messages import InputError
from scratchmlp.cli.report import best_model, score_frame
from scratchmlp.cli.table import Table
from scratchmlp.reporting.assembly import Compared, page_of
from scratchmlp.reporting.evaluated import evaluate
from scratchmlp.reporting.origin import Origin
from scratchmlp.reporting.page import check_installed
from scratchmlp.reporting.rows import COUNTED

SUFFIXES = (".html", ".htm")


def check_report(path: Path | None) -> None:
    """Check, before any work, that a report can be written.

    Parameters
    ----------
    path : Path or None
        File to write; None if there is none.

    Raises
    ------
    InputError
        If a package is missing, or the name of the file does not end in .html.
    """
    if path is None:
        return
    try:
        check_installed("--report")
    except ImportError as error:
        raise InputError(f"cannot save {path}: {error}") from error
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"cannot save {path} as a report. Its name must end in .html.")


def write_report(
    path: Path,
    model: Any,
    table: Table,
    results: Mapping[str, pd.DataFrame],
    plan: Plan,
    origin: Origin,
    target: str,
) -> None:
    """Write a page on a model.

    Parameters
    ----------
    path : Path
        File to write.
    model : estimator
        The ensemble, or its networks alone, fitted to all rows.
    table : Table
        The rows.
    results : dict of str to DataFrame
        Results of `compare`.
    plan : Plan
        Folds and metrics.
    origin : Origin
        The command.
    target : str
        Name of the target.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    labels = table.X.index.rename(COUNTED) if table.ids is None else pd.Index(table.ids)
    X, y = table.X.set_axis(labels), pd.Series(table.y, labels, name=target)
    evaluated = evaluate(model, X, y, "fit", origin.random_state)
    page = page_of(evaluated, origin, compared=_compared(results, plan))
    write(path, lambda new: new.write_text(page, encoding="utf-8"))


def _compared(results: Mapping[str, pd.DataFrame], plan: Plan) -> Compared:
    """Return the scores of all models, and say which is the best."""
    metric, best = plan.decisive, best_model(results, plan)
    which = "lowest" if metric.is_loss else "highest"
    frame = score_frame(results, plan)
    weights = " and weights" if any(name[0] == " " for name in frame.index) else ""
    frame.index = [
        f"{name.strip()} (part of the ensemble)" if name[0] == " " else name for name in frame.index
    ]
    return Compared(
        frame,
        f"Mean ± standard deviation over {plan.folds.description}. Fit times are means",
        f"Of the models compared by cross-validation, {best} has the {which} {metric.name}.",
        "Here, every model was trained again for each fold, without the rows of the fold. The "
        f"other sections are about the {next(iter(results))} trained on all rows and its "
        f"out-of-fold predictions, so its scores{weights} differ from those here.",
    )
