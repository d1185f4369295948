"""Sentences and tables that the command line prints about scores."""

from collections.abc import Mapping

import pandas as pd

from scratchmlp.cli.comparison import Plan
from scratchmlp.cli.digits import means_and_deviations, significant


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
    table["fit (s)"] = [significant(result["fit_time"].mean()) for result in results.values()]
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
