"""Sentences and tables that the command line prints about scores."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from scratchmlp.cli.comparison import Plan
from scratchmlp.cli.digits import means_and_deviations, seconds
from scratchmlp.cli.messages import count
from scratchmlp.tabular.deadline import OUT_OF_TIME


def score_table(results: Mapping[str, pd.DataFrame], plan: Plan) -> str:
    """Write the mean and standard deviation over the folds of each metric.

    Parameters
    ----------
    results : dict of str to DataFrame
        Results of `compare`.
    plan : Plan
        Folds and metrics.

    Returns
    -------
    str
        A line for each model.
    """
    table = pd.DataFrame(index=list(results))
    for metric in plan.metrics:
        scores = pd.DataFrame({name: result[metric.name] for name, result in results.items()})
        column = means_and_deviations(scores)
        table[f"{metric.name}{column.name}"] = column
    table["fit (s)"] = [seconds(result["fit_time"].mean()) for result in results.values()]
    return table.to_string()


def best_model(results: Mapping[str, pd.DataFrame], plan: Plan) -> str:
    """Return the name of the model with the best mean of the decisive metric.

    Parameters
    ----------
    results : dict of str to DataFrame
        Results of `compare`.
    plan : Plan
        Folds and metrics.

    Returns
    -------
    str
        Name of the model.
    """
    metric = plan.decisive
    return metric.best({name: result[metric.name].mean() for name, result in results.items()})


def out_of_time(models: Sequence[Any]) -> str:
    """Say in how many fits ``--max-time`` ended the training before all epochs.

    Parameters
    ----------
    models : sequence of estimator
        Fitted models of one kind. Only ensembles have a limit of time.

    Returns
    -------
    str
        A sentence, or "" if all were trained for all epochs.
    """
    stopped = [model for model in models if OUT_OF_TIME in getattr(model, "stop_reasons_", ())]
    if not stopped:
        return ""
    ensemble = stopped[0]
    return (
        f"--max-time {ensemble.max_time:g} ended the training of {type(ensemble).__name__} before "
        f"all epochs, in {len(stopped)} of {count(len(models), 'fit')}. Increase or remove "
        "--max-time: the predictions may then be better."
    )
