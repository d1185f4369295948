"""Reports: one page about how well an estimator predicts, and what its predictions depend on."""

import platform
from collections.abc import Callable, Sequence
from datetime import datetime
from importlib.metadata import version
from operator import attrgetter
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from scratchmlp import __version__
from scratchmlp.evaluation.evaluated import Evaluated, calmly, evaluate
from scratchmlp.evaluation.numbers import Cell, Number, cell, number, plain
from scratchmlp.plotting import TrainingCurveDisplay
from scratchmlp.reporting.columns import data_section
from scratchmlp.reporting.content import Folded, Picture, Section, Table, image
from scratchmlp.reporting.dependence import dependence_section
from scratchmlp.reporting.importances import Importances, importance_section, importances_of
from scratchmlp.reporting.mistakes import mistakes_section
from scratchmlp.reporting.quality import quality_section, scores_of
from scratchmlp.reporting.summary import drift_section, questions_section, summary_section
from scratchmlp.reporting.uncertainty import uncertainty_section
from scratchmlp.tabular.ensemble.ensemble import BaseTabularEnsemble, networks_in
from scratchmlp.tabular.notes import Note
from scratchmlp.utils.atomic_write import check_folder, write_atomically
from scratchmlp.utils.extras import check_installed

PACKAGES = ("jinja2", "matplotlib")  # that reports need
LONGEST_CALL = 2000  # characters
LIBRARIES = ("numpy", "scipy", "scikit-learn", "pandas", "matplotlib")


class Compared(NamedTuple):
    """A comparison of models.

    Attributes
    ----------
    table : DataFrame
        A row for each model.
    caption : str
        What the table shows.
    sentence : str
        What to say of it in the summary: which model is the best.
    verdict : str
        What to say first below the heading: whether a simpler one is as good.
    note : str
        What to say above the table.
    """

    table: pd.DataFrame
    caption: str = "The model beside others"
    sentence: str = ""
    verdict: str = ""
    note: str = ""


def report(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    rows: str = "fit",
    path: str | PathLike[str] | None = None,
    title: str | None = None,
    comparison: pd.DataFrame | None = None,
    random_state: int = 0,
) -> str:
    """Make a page for people who ask how good a model is.

    The page begins with a summary and with questions about the table: `findings_` of a tabular
    estimator. Then it shows how well the estimator predicts, what its predictions depend on, how
    they change with the most important columns, how sure they are, and which rows are predicted
    worst. Details are folded. It is one HTML file that needs no other files and no network, for
    screens and for paper.

    Parameters
    ----------
    estimator : TabularEnsemble* or TabularMLP*
        The fitted estimator. Another one is reported as an ensemble of one part:
        ``TabularEnsembleClassifier(estimators=[("mine", estimator)]).fit(X, y)``.
    X : {DataFrame, array-like} of shape (n_samples, n_features)
        The table. The page names rows by the index of a DataFrame.
    y : array-like of shape (n_samples,)
        Targets. The name of a Series is the name of the target in the page.
    rows : {"fit", "new"}, default="fit"
        Which rows `X` and `y` are. "fit" means the rows of `fit`, all and in the same order. The
        page then judges the out-of-fold predictions. "new" means
        rows that the estimator has not seen. The page then judges what it predicts for them.
    path : str, path-like or None, default=None
        File to write, such as "report.html". None writes no file.
    title : str or None, default=None
        Title of the page. None makes one with the name of the target.
    comparison : DataFrame or None, default=None
        Scores of other models, for a table: a row for each model.
    random_state : int, default=0
        Determines the rows of pictures and of the measurements that do not use all rows.

    Returns
    -------
    str
        The page.

    Raises
    ------
    ImportError
        If matplotlib or Jinja2 are not installed: ``pip install ".[report]"`` in the folder of the
        source.
    TypeError
        If the estimator is not one of scratchmlp.tabular, or `comparison` is no DataFrame.
    ValueError
        If ``rows="fit"``, but `X` and `y` are not the rows of `fit` in the same order, as far as
        `oof_importances` can tell, or the estimator has no out-of-fold predictions; or a target is
        missing, `y` contains a class that the estimator does not know, or there are several
        targets.
    OSError
        If the file cannot be written, which is known before any work if there is no such folder.
        An existing file then stays as it was.

    Notes
    -----
    The page contains values of the table: categories, extreme values and the rows that are
    predicted worst. Mind this before you send it.

    If `fit` had `sample_weight`, the scores of its rows, the importances and the choice of the
    worst mistakes use these weights, and sets and intervals are those of the weighted fit.
    Everything else counts all rows alike, and so do the scores of new rows.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from scratchmlp import report
    >>> from scratchmlp.tabular import TabularMLPClassifier
    >>> X, y = load_wine(return_X_y=True, as_frame=True)
    >>> classifier = TabularMLPClassifier(cv=4, max_iter=48, random_state=0).fit(X, y)
    >>> page = report(classifier, X, y.rename("cultivar"))
    >>> "of the predictions are right" in page
    True
    """
    check_installed("scratchmlp.report", "report", *PACKAGES)
    if path is not None:
        check_folder(Path(path))
    if not isinstance(comparison, pd.DataFrame | None):
        raise TypeError(
            "comparison must be a DataFrame with a row for each model and a column for each score; "
            f"got {type(comparison).__name__}. For a dict of models and their scores, pass "
            "pandas.DataFrame.from_dict(comparison, orient='index')."
        )
    call = f"scratchmlp.report({' '.join(repr(estimator).split())}, X, y, rows={rows!r})"
    evaluated = evaluate(estimator, X, y, rows, random_state)
    compared = None if comparison is None else Compared(comparison)
    importances = importances_of(evaluated)
    page = page_of(evaluated, importances, ("Call", call), title, compared)
    if path is not None:
        write_atomically(Path(path), lambda new: new.write_text(page, encoding="utf-8"))
    return page


def page_of(
    evaluated: Evaluated,
    importances: Importances,
    made_by: tuple[str, str],
    title: str | None = None,
    compared: Compared | None = None,
    remedy_of: Callable[[Note], str] = attrgetter("remedy"),
) -> str:
    """Write the page on an estimator and rows with predictions.

    Parameters
    ----------
    evaluated : Evaluated
        The rows with predictions.
    importances : Importances
        What they depend on.
    made_by : tuple of two str
        What made the page: "Command" or "Call", and its text.
    title : str or None, default=None
        Title; None makes one.
    compared : Compared or None, default=None
        A comparison with other models.
    remedy_of : callable, default=attrgetter("remedy")
        Function that says what to do about a note.

    Returns
    -------
    str
        The page.
    """
    title = title or f"How well {plain(evaluated.target)} can be predicted"
    with calmly():
        sections = _sections(evaluated, importances, made_by, compared, remedy_of)
    return render(plain(title, 200), sections)


def _sections(
    evaluated: Evaluated,
    importances: Importances,
    made_by: tuple[str, str],
    compared: Compared | None,
    remedy_of: Callable[[Note], str],
) -> list[Section]:
    """Make all sections for which there is something to show."""
    scores, shown = scores_of(evaluated), [*importances.names, *evaluated.unused]
    sections = [
        summary_section(evaluated, scores, importances, compared.sentence if compared else ""),
        questions_section(evaluated, remedy_of),
        drift_section(evaluated),
        quality_section(evaluated, scores),
        _comparison(compared) if compared else None,
        importance_section(evaluated, importances),
        dependence_section(evaluated, importances),
        uncertainty_section(evaluated, shown),
        mistakes_section(evaluated, shown),
        data_section(evaluated),
        training_section(evaluated),
        _origin(evaluated, *made_by),
    ]
    return [section for section in sections if section is not None]


def _comparison(compared: Compared) -> Section:
    """Show the scores of other models."""
    models = compared.table
    rows = [(plain(name), *map(cell, values)) for name, *values in models.itertuples(name=None)]
    header = ("model", *(plain(name) for name in models.columns))
    table, title = Table(compared.caption, header, rows), "Are other models better?"
    if not compared.sentence:  # the user's own table
        return Section("comparison", title, [table])
    scores = Folded("The scores of all models", [compared.note, table])
    return Section("comparison", title, [compared.verdict, scores])


def training_section(evaluated: Evaluated) -> Section | None:
    """Show how an estimator was trained.

    Parameters
    ----------
    evaluated : Evaluated
        The rows.

    Returns
    -------
    Section or None
        The weights of the estimators of an ensemble, and the training curves of networks. None if
        there are neither.
    """
    estimator = evaluated.estimator
    parts: list[Any] = []
    if isinstance(estimator, BaseTabularEnsemble):
        parts.append(_weights(evaluated))
    if networks_in(estimator):
        parts.append(_curves(estimator))
    return Section("training", "How was it trained?", parts) if parts else None


def _weights(evaluated: Evaluated) -> Table:
    """List the estimators of an ensemble."""
    estimator = evaluated.estimator
    measure, oof_scores = evaluated.measure, estimator.oof_scores_.items()
    scores: dict[str, Cell] = {name: measure.cell(score) for name, score in oof_scores}
    weights = {"weight": estimator.weights_}
    if unseen := getattr(estimator, "weights_unseen_", None):
        names = " or ".join(plain(name, 40) for name in evaluated.entities)
        weights[f"weight if {names} is unknown"] = unseen
    rows: list[tuple[Cell, ...]] = [
        (plain(name), *(number(each[name], 2) for each in weights.values()), scores[name])
        for name in estimator.weights_
    ]
    empty = [""] * (len(weights) - 1)
    rows += [
        (f"{plain(name)} (left out)", plain(why, 200), *empty, scores.get(name, ""))
        for name, why in (estimator.dropped_ | estimator.errors_).items()
    ]
    header = ("part", *weights, f"{measure.name} alone, out of fold")
    return Table("The parts of the ensemble, and their weights in its predictions", header, rows)


def _curves(estimator: Any) -> Picture:
    """Draw the loss by epoch."""
    return Picture(
        "Training of the networks",
        "The loss after each epoch, on the rows that the networks learn from and on those that "
        "they hold out. Dots mark the epochs that are kept.",
        lambda ax: TrainingCurveDisplay.from_estimator(estimator, ax=ax),
        (6.4, 4.0),
    )


def _origin(evaluated: Evaluated, made_by: str, text: str) -> Section:
    """Say how a report was made, so that it can be made again."""
    n_given = len(evaluated.given[1])
    versions = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    rows = [
        (made_by, plain(text, LONGEST_CALL)),
        ("Table", f"{n_given:,} rows, {len(evaluated.columns):,} columns"),
        ("Random state of the report", str(evaluated.random_state)),
        ("Date", datetime.now().strftime("%Y-%m-%d %H:%M")),
        ("Versions", f"scratchmlp {__version__}, Python {platform.python_version()}, {versions}"),
    ]
    return Section(
        "origin", "How was this report made?", [Table("Origin", ("item", "value"), rows)]
    )


# The sections as HTML, by the templates in this folder.


def render(title: str, sections: Sequence[Section]) -> str:
    """Write a page.

    Parameters
    ----------
    title : str
        Title of the page.
    sections : sequence of Section
        What it contains.

    Returns
    -------
    str
        A document that needs no other file. All text is escaped: names and values of a table cannot
        add elements to the page.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("scratchmlp.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["image"] = image
    kinds = {"numeral": Number, "picture": Picture, "table": Table, "folded": Folded}
    for name, kind in kinds.items():
        environment.tests[name] = lambda part, kind=kind: isinstance(part, kind)
    page = environment.get_template("page.html.jinja").render(title=title, sections=sections)
    return page.encode("utf-8", "replace").decode()  # without lone surrogates
