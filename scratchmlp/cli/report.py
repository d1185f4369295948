"""What the command line shows of a model: the picture of ``--plot``, the page of ``--report``."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import fill
from typing import Any

import pandas as pd
from sklearn.utils._optional_dependencies import check_matplotlib_support

from scratchmlp.cli.comparison import Plan
from scratchmlp.cli.files import write
from scratchmlp.cli.messages import InputError
from scratchmlp.cli.scores import best_model, score_frame
from scratchmlp.cli.table import Table
from scratchmlp.extras import check_installed
from scratchmlp.reporting.assembly import Compared, page_of
from scratchmlp.reporting.content import Picture
from scratchmlp.reporting.evaluated import Evaluated, evaluate
from scratchmlp.reporting.importances import Importances, importances_of
from scratchmlp.reporting.mistakes import COUNTED
from scratchmlp.reporting.page import PACKAGES
from scratchmlp.reporting.pictures import side_by_side

SUFFIXES = (".html", ".htm")
PICTURES = (".png", ".svg", ".pdf")
WIDTH = 99  # characters of a line that says what a picture shows


def check_picture(path: Path | None) -> None:
    """Check, before any work, that a picture can be drawn.

    Parameters
    ----------
    path : Path or None
        File to write; None if there is none.

    Raises
    ------
    InputError
        If matplotlib is not installed, or the file name ends in another format than PICTURES.
    """
    if path is None:
        return
    try:
        check_matplotlib_support("--plot")
    except ImportError as error:
        raise InputError(str(error)) from error
    if path.suffix.lower() not in PICTURES:
        raise InputError(
            f"cannot save {path} as a picture. Its name must end in .png, .svg or .pdf."
        )


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
        check_installed("--report", "report", *PACKAGES)
    except ImportError as error:
        raise InputError(f"cannot save {path}: {error}") from error
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"cannot save {path} as a report. Its name must end in .html.")


def examine(
    model: Any, table: Table, target: str, random_state: int
) -> tuple[Evaluated, Importances]:
    """Return what pictures and pages show: out-of-fold predictions, and what they depend on.

    Parameters
    ----------
    model : estimator
        The ensemble, or its networks alone, fitted to all rows.
    table : Table
        The rows.
    target : str
        Name of the target.
    random_state : int
        Random state of all samples of rows.

    Returns
    -------
    evaluated : Evaluated
        The rows with predictions. Their labels are those of ``--id``, or numbers of rows.
    importances : Importances
        The importances of the columns.
    """
    labels = table.X.index.rename(COUNTED) if table.ids is None else pd.Index(table.ids)
    X, y = table.X.set_axis(labels), pd.Series(table.y, labels, name=target)
    evaluated = evaluate(model, X, y, "fit", random_state)
    return evaluated, importances_of(evaluated)


def save_pictures(path: Path, pictures: Sequence[Picture]) -> str:
    """Save two or three pictures side by side, and say what they show.

    Parameters
    ----------
    path : Path
        File to write.
    pictures : sequence of Picture
        The pictures.

    Returns
    -------
    str
        What each one shows.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    content = side_by_side(pictures, path.suffix[1:].lower())
    write(path, lambda new: new.write_bytes(content))
    places = ["Left", *["Middle"] * (len(pictures) - 2), "Right"]
    pairs = zip(places, pictures, strict=True)
    return "\n".join(fill(f"{place}: {picture.text}", WIDTH) for place, picture in pairs)


def write_report(
    path: Path,
    evaluated: Evaluated,
    importances: Importances,
    results: Mapping[str, pd.DataFrame],
    plan: Plan,
    command: str,
) -> None:
    """Write a page on a model.

    Parameters
    ----------
    path : Path
        File to write.
    evaluated : Evaluated
        The rows with predictions.
    importances : Importances
        The importances of the columns.
    results : dict of str to DataFrame
        Results of `compare`.
    plan : Plan
        Folds and metrics.
    command : str
        The command line.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    made_by, compared = ("Command", command), _compared(results, plan)
    page = page_of(evaluated, importances, made_by, compared=compared)
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
