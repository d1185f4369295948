"""Scikit-learn's searches over hyper-parameters, with networks that train together."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain, product
from math import ceil
from typing import Any, Self

from joblib import effective_n_jobs
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.model_selection._search import BaseSearchCV

# The public name needs `enable_halving_search_cv`, which would enable it for the whole program.
from sklearn.model_selection._search_successive_halving import HalvingGridSearchCV
from sklearn.utils import indexable
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import _check_method_params

from scratchmlp.model_selection.inputs import network_prefix
from scratchmlp.model_selection.stacked_fits import StackedFits, Task
from scratchmlp.model_selection.tasks import Giver, LazyFits, SearchContext
from scratchmlp.public import public

#: Attributes that a search has during `fit` only. Other processes do not get them.
_TEMPORARY = ("_given", "_seconds", "_resumable")


class _Splits:
    """A splitter that returns given splits."""

    def __init__(self, splits: list[Any]) -> None:
        self.splits = splits

    def split(self, X: Any, y: Any = None, **params: Any) -> list[Any]:
        """Return the splits."""
        return self.splits


class _StackedSearch(BaseSearchCV):
    """What the searches share: networks train together, and the rest is scikit-learn's."""

    def fit(self, X: Any, y: Any = None, **params: Any) -> Self:
        """Search, and fit the best candidate to all rows if `refit` is set.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training data.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Targets.
        **params : dict of str to object
            Parameters of the estimator's `fit`, such as `sample_weight`, of the scorer and of the
            splitter, such as `groups`.

        Returns
        -------
        self
            The fitted search.

        Raises
        ------
        ValueError
            If all fits fail, or if one fails and `error_score` is "raise".

        Examples
        --------
        >>> import numpy as np
        >>> from sklearn.datasets import load_iris
        >>> from scratchmlp import ScratchMLPClassifier
        >>> from scratchmlp.model_selection import StackedGridSearchCV
        >>> X, y = load_iris(return_X_y=True)
        >>> network = ScratchMLPClassifier((8,), max_iter=500, tol=0.01, random_state=0)
        >>> search = StackedGridSearchCV(network, {"learning_rate_init": [0.001, 0.03]}, cv=3)
        >>> search.fit(X, y, sample_weight=np.where(y == 0, 1.0, 2.0)).best_params_
        {'learning_rate_init': 0.03}
        """
        X, y = indexable(X, y)
        self._given = X, y, _check_method_params(X, params=params)
        self._seconds: list[list[float | None]] = []  # by round, and by task
        resumes = getattr(self, "resource", "") == f"{network_prefix(self.estimator)}max_iter"
        self._resumable: dict[Any, Any] | None = {} if resumes else None
        try:
            super().fit(X, y, **params)
        finally:
            for name in _TEMPORARY:
                delattr(self, name)
        return self

    def _run_search(self, evaluate_candidates: Any, *, callback_ctx: Any = None) -> None:
        evaluate = partial(self._evaluate, evaluate_candidates)
        super()._run_search(evaluate, callback_ctx=callback_ctx)

    def _evaluate(
        self,
        evaluate_candidates: Callable[..., Any],
        candidate_params: Any,
        cv: Any = None,
        more_results: Any = None,
        callback_ctx: Any = None,
    ) -> Any:
        """Fit the networks of all candidates, and let scikit-learn evaluate the candidates."""
        candidates = list(candidate_params)
        X, y, params = self._given
        routed = self._get_routed_params_for_fit(params)
        cv = cv or self._checked_cv_orig
        splits = list(cv.split(X, y, **routed.splitter.split))
        fits = StackedFits(self.estimator, X, y, routed.estimator.fit, splits, self._resumable)
        tasks = [Task(*each) for each in product(candidates, range(len(splits)))]
        context = SearchContext(callback_ctx, self._fit(fits, tasks))
        return evaluate_candidates(candidates, _Splits(splits), more_results, context)

    def _format_results(
        self, candidate_params: Any, n_splits: int, out: Any, more_results: Any = None
    ) -> Any:
        """Give each task its share of the time of training together."""
        for result, of_task in zip(out, chain.from_iterable(self._seconds), strict=True):
            if of_task is not None:
                result["fit_time"] = of_task
        return super()._format_results(candidate_params, n_splits, out, more_results)

    def _fit(self, fits: StackedFits, tasks: Sequence[Task]) -> list[Giver]:
        """Fit the networks: lazily in this process, or at once in several."""
        n_jobs = effective_n_jobs(self.n_jobs)
        if n_jobs == 1:
            lazy = LazyFits(fits, tasks)
            self._seconds.append(lazy.seconds)
            return [partial(lazy.given_to, number) for number in range(len(tasks))]
        # Each process gets tasks from all over the grid, so that none gets all large networks.
        n_shares = n_jobs * ceil(len(tasks) / (n_jobs * fits.n_at_once))
        shares = Parallel(n_jobs=self.n_jobs)(
            delayed(fits.fit)(tasks[share::n_shares]) for share in range(n_shares)
        )
        fitted: list[Any] = [None] * len(tasks)
        for share, of_share in enumerate(shares):
            fitted[share::n_shares] = of_share
        self._seconds.append([each.seconds for each in fitted])
        return [each.given_to for each in fitted]

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__()
        return {name: value for name, value in state.items() if name not in _TEMPORARY}


@public("scratchmlp.model_selection")
class StackedGridSearchCV(_StackedSearch, GridSearchCV):
    """Grid search over networks that train together.

    It has the parameters, attributes and results of scikit-learn's
    :class:`~sklearn.model_selection.GridSearchCV`, and is several times as fast for small networks.
    Networks of one shape train together; see :doc:`/searches`.

    Scikit-learn fits everything else one by one: other estimators and subclasses; Pipelines with
    `memory` or `verbose`; networks with "lbfgs", dropout, sparse rows, callbacks, `warm_start`,
    `verbose`, or activations, losses or optimizers of your own; networks that are too large to
    gain; and what is left once the training rows in memory hold 33 million numbers.

    Parameters
    ----------
    estimator : estimator
        A `ScratchMLPClassifier` or `ScratchMLPRegressor`, or a Pipeline that ends in one.
    param_grid : dict or list of dict
        Names of parameters, and lists of values to try.
    scoring : str, callable, list, tuple or dict, default=None
        One or several scorers. None uses the estimator's `score`.
    n_jobs : int, default=None
        Number of processes, each of which trains stacks. Searches of a few seconds do not gain.
    refit, cv, verbose, pre_dispatch, error_score, return_train_score
        See :class:`~sklearn.model_selection.GridSearchCV`.

    Attributes
    ----------
    cv_results_, best_estimator_, best_score_, best_params_, best_index_, scorer_, n_splits_
        See :class:`~sklearn.model_selection.GridSearchCV`. The networks of a stack share its
        `mean_fit_time` equally.

    Notes
    -----
    Scores are those of networks that train one by one, up to rounding errors: usually 1e-9 in
    float64. In float32, close candidates may swap ranks. Callbacks of the search do not reach
    networks that train together. Pipelines of a split share fitted steps: scorers must not change
    them.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from scratchmlp import ScratchMLPClassifier
    >>> from scratchmlp.model_selection import StackedGridSearchCV
    >>> X, y = load_iris(return_X_y=True)
    >>> network = ScratchMLPClassifier(max_iter=500, tol=0.01, random_state=0)
    >>> grid = {
    ...     "scratchmlpclassifier__learning_rate_init": [0.01, 0.03, 0.1],
    ...     "scratchmlpclassifier__hidden_layer_sizes": [(8,), (32,)],
    ... }
    >>> search = StackedGridSearchCV(make_pipeline(StandardScaler(), network), grid).fit(X, y)
    >>> bool(search.best_score_ > 0.95)
    True
    """


@public("scratchmlp.model_selection")
class StackedRandomizedSearchCV(_StackedSearch, RandomizedSearchCV):
    """Randomized search over networks that train together.

    It is scikit-learn's :class:`~sklearn.model_selection.RandomizedSearchCV`; see
    :class:`StackedGridSearchCV` for what trains together.

    Parameters
    ----------
    estimator : estimator
        See :class:`StackedGridSearchCV`.
    param_distributions : dict or list of dict
        Names of parameters, and distributions or lists of values to draw from.
    n_iter : int, default=10
        Number of candidates.
    scoring, n_jobs, refit, cv, verbose, pre_dispatch
        See :class:`StackedGridSearchCV`.
    random_state : int, RandomState instance or None, default=None
        Determines the candidates.
    error_score, return_train_score
        See :class:`StackedGridSearchCV`.

    Attributes
    ----------
    cv_results_, best_estimator_, best_score_, best_params_, best_index_, scorer_, n_splits_
        See :class:`StackedGridSearchCV`.

    Examples
    --------
    >>> from scipy.stats import loguniform
    >>> from sklearn.datasets import load_iris
    >>> from scratchmlp import ScratchMLPClassifier
    >>> from scratchmlp.model_selection import StackedRandomizedSearchCV
    >>> X, y = load_iris(return_X_y=True)
    >>> network = ScratchMLPClassifier((8,), max_iter=500, tol=0.01, random_state=0)
    >>> rates = {"learning_rate_init": loguniform(0.01, 0.1)}
    >>> search = StackedRandomizedSearchCV(network, rates, random_state=0).fit(X, y)
    >>> bool(search.best_score_ > 0.9)
    True
    """


@public("scratchmlp.model_selection")
class StackedHalvingGridSearchCV(_StackedSearch, HalvingGridSearchCV):
    """Successive halving over networks that train together.

    It is scikit-learn's :class:`~sklearn.model_selection.HalvingGridSearchCV`; see
    :class:`StackedGridSearchCV` for what trains together. If the resource is `max_iter`, networks
    go on where the last round ended, unless there are several processes, or a schedule that is
    planned for the number of epochs.

    Parameters
    ----------
    estimator, param_grid
        See :class:`StackedGridSearchCV`.
    factor : int or float, default=3
        Factor by which the resource grows, and the number of candidates falls, in each round.
    resource : str, default='n_samples'
        "n_samples", or a parameter such as "max_iter".
    max_resources, min_resources, aggressive_elimination, cv, scoring, refit, error_score
        See :class:`~sklearn.model_selection.HalvingGridSearchCV`.
    return_train_score : bool, default=True
        Whether to score the training rows, too.
    random_state : int, RandomState instance or None, default=None
        Draws the samples, if they are the resource.
    n_jobs, verbose : int
        See :class:`StackedGridSearchCV`.

    Attributes
    ----------
    cv_results_, best_estimator_, best_score_, best_params_, best_index_, scorer_, n_splits_
        See :class:`StackedGridSearchCV`.
    n_resources_, n_candidates_, n_remaining_candidates_, n_iterations_, and others
        See :class:`~sklearn.model_selection.HalvingGridSearchCV`.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from scratchmlp import ScratchMLPClassifier
    >>> from scratchmlp.model_selection import StackedHalvingGridSearchCV
    >>> X, y = load_iris(return_X_y=True)
    >>> network = ScratchMLPClassifier((8,), tol=0.1, n_iter_no_change=5, random_state=0)
    >>> grid = {"learning_rate_init": [0.001, 0.003, 0.01, 0.03], "alpha": [0.001, 0.1]}
    >>> search = StackedHalvingGridSearchCV(
    ...     network, grid, resource="max_iter", min_resources=100, max_resources=300, cv=3
    ... ).fit(X, y)
    >>> search.n_resources_, search.n_candidates_
    ([100, 300], [8, 3])
    """
