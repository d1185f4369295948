"""The models of a comparison, what they get of a table, and what is trained to keep one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from typing import Any

import pandas as pd
from sklearn.base import BaseEstimator, is_classifier

from scratchmlp.cli.baselines import SMALL, BoostingSearch, chosen_most_often, make_baselines
from scratchmlp.cli.table import Table
from scratchmlp.tabular import (
    TabularEnsembleClassifier,
    TabularEnsembleRegressor,
    TabularMLPClassifier,
    TabularMLPRegressor,
)
from scratchmlp.tabular.columns.any_column import Columns
from scratchmlp.tabular.columns.categories import ManyCodes
from scratchmlp.tabular.columns.encoder import fitted_columns
from scratchmlp.tabular.preparation import TableParameters

#: The first model of a comparison by the name that ``--model`` takes: classifier and regressor.
OWN_MODELS: dict[str, tuple[Any, Any]] = {
    "ensemble": (TabularEnsembleClassifier, TabularEnsembleRegressor),
    "networks": (TabularMLPClassifier, TabularMLPRegressor),
}
NETWORKS_ALONE = "networks alone"  # those of an ensemble as a model of their own


def models_for(
    table: Table,
    model: str = "ensemble",
    *,
    effort: str = "thorough",
    seed: int = 0,
    jobs: int | None = None,
    max_time: float | None = None,
    baselines: Sequence[str] = (),
) -> dict[str, BaseEstimator]:
    """Make the ensemble, or its networks alone, and the models that it is compared with.

    Parameters
    ----------
    table : Table
        Table to learn from.
    model : str, default="ensemble"
        Name of the first model, which can be saved: a key of OWN_MODELS.
    effort : {"fast", "thorough"}, default="thorough"
        The parameter of the ensemble; networks have none.
    seed : int, default=0
        Random state.
    jobs : int or None, default=None
        Number of folds for which the ensemble is trained at the same time, and number of threads of
        baselines. None decides from the size.
    max_time : float or None, default=None
        Seconds that a fit of the ensemble may take.
    baselines : sequence of str, default=()
        Other packages whose models are compared: keys of `BASELINES`.

    Returns
    -------
    dict of str to estimator
        Unfitted models by name, for the columns of `read_columns`. The first is the ensemble, which
        does not look for what would mislead: see `misleading`.
    """
    is_class, encoder = table.is_class, typed_settings(fitted_columns(table.encoder))
    ensemble = _first_model(model, is_class)
    # Training on a small table takes less time than starting other processes.
    n_jobs = jobs or (-1 if len(table.X) > SMALL else 1)
    settings = {
        "n_jobs": n_jobs,
        "max_time": max_time,
        "random_state": seed,
        "inspect_table": False,
    }
    of_ensemble = {"effort": effort} if model == "ensemble" else {}
    others = make_baselines(baselines, is_class, encoder, n_jobs, seed)
    return {ensemble.__name__: ensemble(**settings, **of_ensemble, **encoder), **others}


def read_columns(X: pd.DataFrame, columns: Columns) -> pd.DataFrame:
    """Read the columns of a raw table, so that parts of it need no decisions of their own.

    Parameters
    ----------
    X : DataFrame of shape (n_samples, n_features)
        Raw table.
    columns : dict of str to Column
        The fitted columns.

    Returns
    -------
    DataFrame of shape (n_samples, n_used)
        Numbers, dates, booleans, categories and text, without the columns that are left out. Codes
        are categories and, in a column of their own, numbers, unless they are identifiers of an
        entity: training hides it in some rows, and the numbers would show it.
    """
    used = _used(columns)
    typed = {
        # Whether there is an identifier may inform.
        name: X[name].isna() if column.kind == "identifier" else column.read(name, X[name])[0]
        for name, column in used.items()
    }
    # The settings name codes as categories, of which an encoder would not keep the numbers.
    codes = [n for n, c in used.items() if isinstance(c, ManyCodes) and not c.new_is_missing]
    numbers = {_unlike(f"{name} as a number", X.columns): typed[name] for name in codes}
    return pd.DataFrame(numbers | typed, index=X.index)


def typed_settings(columns: Columns) -> dict[str, Any]:
    """Return the parameters of an encoder that say what the columns of `read_columns` are.

    Parameters
    ----------
    columns : dict of str to Column
        The fitted columns.

    Returns
    -------
    dict
        Parameters of an encoder or an ensemble that say which columns are categories and text.
    """
    used = _used(columns).items()
    return {
        "categorical_features": [n for n, c in used if c.kind in ("category", "identifier")],
        "text_features": [name for name, column in used if column.kind == "text"],
    }


def _unlike(name: str, names: Collection[str]) -> str:
    """Return a name that none of several names is."""
    while name in names:
        name += "_"
    return name


def _used(columns: Columns) -> Columns:
    """Return the columns that are not left out."""
    return {name: column for name, column in columns.items() if column.n_outputs}


def to_train(name: str, models: Mapping[str, Any], results: Mapping[str, pd.DataFrame]) -> Any:
    """Return what to train on all rows to keep a model of a comparison.

    Parameters
    ----------
    name : str
        Name of the model, which is not one of another package.
    models : dict of str to estimator
        The unfitted models by name. The first is the ensemble or the networks.
    results : dict of str to DataFrame
        Results of `compare`.

    Returns
    -------
    TabularEnsemble* or TabularMLP*
        The ensemble or its networks. Any other model is the only part of an ensemble, which reads
        the raw table, and boosting has the setting that was chosen in most folds. Such fits are
        short, and have no time limit.
    """
    first = next(iter(models.values()))
    if models.get(name) is first:
        return first
    settings = {field.name: getattr(first, field.name) for field in fields(TableParameters)}
    is_class = is_classifier(first)
    if name == NETWORKS_ALONE:
        return _first_model("networks", is_class)(**settings)
    model = models[name][-1]  # the ensemble does what the steps before the last one do
    if isinstance(model, BoostingSearch):
        model = chosen_most_often([each[-1] for each in results[name]["estimator"]])
    settings["max_time"] = None
    return _first_model("ensemble", is_class)(estimators=[(name, model)], **settings)


def _first_model(name: str, is_class: bool) -> Any:
    """Return the class of a model of `OWN_MODELS`."""
    classifier, regressor = OWN_MODELS[name]
    return classifier if is_class else regressor
