"""Fit several networks to the same rows."""

from collections.abc import Iterable
from copy import copy
from typing import Any

import numpy as np

from scratchmlp.estimators.base import BaseMLP
from scratchmlp.model_selection.planned import fit_stacks, plan


def fit_together(
    networks: Iterable[BaseMLP], X: Any, y: Any, sample_weight: Any = None
) -> list[BaseMLP]:
    """Fit several networks to the same rows, faster than one by one if they are small.

    Each network is the one that its own `fit` would give, up to rounding errors. Networks of one
    shape train in one stack: see :class:`StackedGridSearchCV`. All others are fitted one by one,
    after the stacks. So are networks whose `random_state` is a RandomState instance, which they may
    share. The other arguments of `fit`, such as `X_val`, are not available here.

    Parameters
    ----------
    networks : iterable of ScratchMLPClassifier or ScratchMLPRegressor
        The networks, which are fitted in place. No network may occur twice.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Input data.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Targets.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the rows.

    Returns
    -------
    list of ScratchMLPClassifier or ScratchMLPRegressor
        The networks.

    Raises
    ------
    TypeError
        If one of them is no network of this package.
    ValueError
        If a network occurs twice, or if a fit fails. This network stays as it was. The networks
        that are fitted by then stay fitted.
    KeyboardInterrupt
        If you interrupt the training of stacks. All networks then stay as they were.

    Examples
    --------
    The mean of the probabilities of ten networks with other initial weights:

    >>> import numpy as np
    >>> from sklearn.datasets import load_iris
    >>> from scratchmlp import ScratchMLPClassifier
    >>> from scratchmlp.model_selection import fit_together
    >>> X, y = load_iris(return_X_y=True)
    >>> settings = {"learning_rate_init": 0.03, "max_iter": 500, "tol": 0.01}
    >>> networks = [ScratchMLPClassifier((8,), random_state=seed, **settings) for seed in range(10)]
    >>> proba = np.mean([each.predict_proba(X) for each in fit_together(networks, X, y)], axis=0)
    >>> bool(np.mean(proba.argmax(axis=1) == y) > 0.95)
    True
    """
    networks = list(networks)
    for each in networks:
        if not isinstance(each, BaseMLP):
            raise TypeError(
                "fit_together fits ScratchMLPClassifier and ScratchMLPRegressor; got "
                f"{type(each).__name__}. Call its fit."
            )
    if len({id(each) for each in networks}) < len(networks):
        raise ValueError("A network occurs twice. Copy it with sklearn.base.clone.")
    plans = (  # of copies, so that networks whose training fails stay as they were
        plan(number, copy(each), X, y, sample_weight)
        for number, each in enumerate(networks)
        if not isinstance(each.random_state, np.random.RandomState)
    )
    fitted = {each.number: each.network for each in fit_stacks(plans)}
    for number, each in enumerate(networks):
        if number in fitted:
            each.__dict__.update(vars(fitted[number]))
        else:
            each.fit(X, y, **({} if sample_weight is None else {"sample_weight": sample_weight}))
    return networks
