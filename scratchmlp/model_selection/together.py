"""Networks that train together: what makes them ready to train, and `fit_together`."""

import warnings
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from copy import copy
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils import gen_batches

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.activations import ACTIVATIONS
from scratchmlp.estimators.base import BaseMLP
from scratchmlp.estimators.in_memory import prepare
from scratchmlp.estimators.prepared import Prepared
from scratchmlp.losses import LOSSES
from scratchmlp.optimizers import OPTIMIZERS
from scratchmlp.run import DivergenceError
from scratchmlp.schedules import Constant, InverseScaling
from scratchmlp.stacked import StackableTraining, stackable, train_together
from scratchmlp.threads import threads


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
    ready = (  # copies, so that networks whose training fails stay as they were
        (number, make_ready(copy(each), X, y, sample_weight))
        for number, each in enumerate(networks)
        if not (trains_alone(each) or isinstance(each.random_state, np.random.RandomState))
    )
    fitted = dict(fit_stacks(ready))
    for number, each in enumerate(networks):
        if number in fitted:
            each.__dict__.update(vars(fitted[number].estimator))
        else:
            each.fit(X, y, **({} if sample_weight is None else {"sample_weight": sample_weight}))
    return networks


#: The estimators that may train together. Subclasses may have a `fit` of their own.
NETWORKS = (ScratchMLPClassifier, ScratchMLPRegressor)

#: Types of objects that they may have as parameters.
_OBJECTS = {*map(type, ACTIVATIONS.values()), *LOSSES.values(), *OPTIMIZERS.values()}


def trains_alone(estimator: BaseMLP) -> bool:
    """Return whether the parameters of an estimator show that its network must train alone.

    L-BFGS and dropout have no form for stacks. Only activations and losses of this package are
    known to work on them, and its optimizers to raise no errors. Callbacks and lines of progress
    follow one network at a time.
    """
    if type(estimator) not in NETWORKS:
        return True
    objects = (estimator.solver, estimator.loss, *_of_layers(estimator.activation))
    return bool(
        estimator.solver == "lbfgs"
        or any(rate != 0 for rate in _of_layers(estimator.dropout))
        or not all(isinstance(each, str) or type(each) in _OBJECTS for each in objects)
        or estimator.warm_start
        or estimator.verbose
        or getattr(estimator, "_skl_callbacks", None)
    )


def _of_layers(parameter: Any) -> Any:
    """Return the values of a parameter, of which each layer may have its own."""
    return parameter if isinstance(parameter, list | tuple | np.ndarray) else [parameter]


class ReadyEstimator(NamedTuple):
    """An estimator whose network is ready to train with others.

    Attributes
    ----------
    estimator : ScratchMLPClassifier or ScratchMLPRegressor
        The estimator, which has no results of training yet.
    prepared : Prepared
        Its rows.
    training : StackableTraining
        What trains.
    warnings : sequence of Warning
        What getting ready warns of. Users see it if the network trains with others.
    """

    estimator: BaseMLP
    prepared: Prepared
    training: StackableTraining
    warnings: Sequence[Any]

    @property
    def can_resume(self) -> bool:
        """Whether more epochs later give the same network as more epochs at once.

        They do not with a learning-rate schedule that plans for the number of epochs.
        """
        return type(self.training.solver.schedule) in (Constant, InverseScaling)

    def resumed(self, max_iter: int) -> "ReadyEstimator":
        """Let training go on up to another epoch."""
        training, monitor = self.training, self.training.monitor
        self.estimator.set_params(max_iter=max_iter)
        training.run.n_epochs = max_iter
        if monitor.n_iter == training.solver.max_iter < max_iter and not monitor.finished:
            monitor.stop_reason = ""  # it goes on
        longer = training._replace(solver=replace(training.solver, max_iter=max_iter))
        return self._replace(training=longer)


def make_ready(
    estimator: BaseMLP, X: Any, y: Any, sample_weight: Any = None
) -> ReadyEstimator | None:
    """Prepare the training of an estimator's network.

    Parameters
    ----------
    estimator : ScratchMLPClassifier or ScratchMLPRegressor
        The estimator, a copy of the user's: getting ready and training change it.
    X, y, sample_weight : array-like
        Arguments of its `fit`.

    Returns
    -------
    ReadyEstimator or None
        None if the network must train alone. If arguments or parameters are invalid, `fit` raises
        the error.
    """
    try:
        with warnings.catch_warnings(record=True) as caught:
            estimator._validate_params()
            prepared = prepare(estimator, X, y, sample_weight)
            estimator._describe(prepared)
            training = stackable(estimator._training(prepared))
    except Exception:  # `fit` will raise it
        return None
    if training is None:
        return None
    return ReadyEstimator(estimator, prepared, training, [each.message for each in caught])


def fit_stacks(
    estimators: Iterable[tuple[int, ReadyEstimator | None]],
) -> Iterator[tuple[int, ReadyEstimator]]:
    """Train networks of equal shapes together, where this is faster than one by one.

    Parameters
    ----------
    estimators : iterable of tuple of int and (ReadyEstimator or None)
        Numbers, which may be any, and the estimators.

    Yields
    ------
    tuple of int and ReadyEstimator
        The estimators that are fitted now. Those that are missing must be fitted alone.
    """
    by_key: dict[Hashable, list[tuple[int, ReadyEstimator]]] = defaultdict(list)
    for number, each in estimators:
        if each:
            by_key[each.training.key].append((number, each))
    for group in by_key.values():
        size = group[0][1].training.n_together
        for rows in gen_batches(len(group), size) if size > 1 else ():
            yield from _fit_stack(group[rows])


def _fit_stack(stack: list[tuple[int, ReadyEstimator]]) -> Iterator[tuple[int, ReadyEstimator]]:
    """Train networks of one shape together. Yield those whose training raises no error."""
    going = {n: each.training for n, each in stack if not each.training.monitor.stop_reason}
    _, first = stack[0]
    with threads(first.prepared.multiplications(first.training.solver)):
        errors = train_together(list(going.values())) if going else []
    failed = {number for number, error in zip(going, errors, strict=True) if error}
    for number, each in stack:
        if number in failed:
            continue  # `fit` will raise the error
        try:
            for warning in each.warnings:
                warnings.warn(warning, stacklevel=2)
            each.prepared.check_last_step(each.training.monitor)
            each.estimator._keep(each.prepared, each.training)
        except (DivergenceError, Warning):  # a filter may turn warnings into errors
            continue
        yield number, each
