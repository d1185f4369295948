"""The classifier for raw tables on a cluster."""

from typing import Any, ClassVar

import numpy as np
from distributed import Client

from scratchmlp.dask.predictions import lazy
from scratchmlp.dask.tables.base import DaskTabularMLP
from scratchmlp.public import public
from scratchmlp.tabular.networks.classifier import TabularMLPClassifier


@public("scratchmlp.dask")
class DaskTabularMLPClassifier(DaskTabularMLP, TabularMLPClassifier):
    """Classifier for raw tables on a Dask cluster: a cross-fitted ensemble of networks.

    It is :class:`~scratchmlp.tabular.TabularMLPClassifier` for dask DataFrames and arrays, which
    stay on the cluster. With the same `random_state`, the result is that of the local estimator on
    the rows of all partitions one after another, except for rounding errors, if there are at most
    200,000 rows and members train on all of them. It does not depend on the partitions or on
    failures of workers. It depends on the workers only through `rows_per_member="auto"` and
    `max_time`.

    - The encoder learns from all rows, or from a random sample of 200,000; see Notes.
    - A worker trains a member, from all rows outside of its fold or from a random share of them.
    - The driver, which is the process that calls `fit`, gets the targets, weights and groups of all
      rows. It holds the folds and the out-of-fold predictions, as the local estimator does.

    The parameters that are not listed here are those of
    :class:`~scratchmlp.tabular.TabularMLPClassifier`. There is no `n_jobs`: each thread of a worker
    trains a member at a time. Callbacks are not supported.

    Parameters
    ----------
    client : distributed.Client or None, default=None
        Client of the cluster. None means the current client. Copies and pickles have None.
    timeout : float, default=300.0
        Seconds to wait for a worker if the cluster has none when a fit or a score begins. After
        this time, a TimeoutError is raised. The page :doc:`/cluster` says what happens when workers
        fail later.
    rows_per_member : int, 'all' or 'auto', default='auto'
        Number of rows that each member trains on. Each draws its own share at random, from the rows
        outside of its fold.

        - 'all': all of these rows. Each worker that trains members then holds the encoded rows of
          the whole table.
        - 'auto': all rows if they fit, with what training needs, into half of the memory of the
          smallest worker. Otherwise, as many as fit: the number then depends on the memory and the
          threads of the workers that are connected during `fit`. To repeat a fit on other workers,
          pass the `rows_per_member_` of the first one. The page :doc:`/cluster_methods` compares
          both.

    Attributes
    ----------
    rows_per_member_ : int or 'all'
        Number of rows that each member has trained on, or 'all' rows outside of its fold.
    classes_, oof_proba_, oof_score_, held_out_, encoder_, members_, history_
        And others: see :class:`~scratchmlp.tabular.TabularMLPClassifier`.

    See Also
    --------
    scratchmlp.tabular.TabularMLPClassifier : The same ensemble for data in memory.

    Notes
    -----
    From at most 200,000 rows, the encoder learns as in the local estimator. From a sample of so
    many rows, a quantile of a column, such as the median, differs by up to 0.6% of the rows in
    rank, with a probability of at least 1 - 10⁻⁶: sqrt(ln(2 / 10⁻⁶) / (2 · 200,000)) = 0.006. This
    is Hoeffding's inequality, which holds for samples without replacement, too. A category or a
    missing value that less than 1 of 10,000 rows have may be absent from the sample. Such
    categories are encoded as unseen ones. Bins and target encodings are fitted for each member, on
    its training rows.

    The times of `max_time` are read from the clocks of the workers, which must agree with that of
    the driver.

    References
    ----------
    Hoeffding, "Probability inequalities for sums of bounded random variables", JASA 58, 1963,
    theorem 2 and section 6.

    Examples
    --------
    >>> import dask.dataframe as dd
    >>> from distributed import Client
    >>> from sklearn.datasets import load_wine
    >>> from scratchmlp.dask import DaskTabularMLPClassifier
    >>> X, y = load_wine(return_X_y=True, as_frame=True)
    >>> table = dd.from_pandas(X.assign(y=y), npartitions=2)
    >>> with Client(n_workers=1, processes=False, dashboard_address=":0") as client:
    ...     ensemble = DaskTabularMLPClassifier(cv=4, max_iter=24, random_state=0)
    ...     ensemble = ensemble.fit(table.drop(columns="y"), table["y"])
    >>> ensemble.oof_score_ > 0.9
    True
    >>> ensemble.to_local()
    TabularMLPClassifier(cv=4, max_iter=24, random_state=0)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **TabularMLPClassifier._parameter_constraints,
        **DaskTabularMLP._parameter_constraints,
    }
    _local_class = TabularMLPClassifier

    def __init__(
        self,
        *,
        client: Client | None = None,
        timeout: float = 300.0,
        rows_per_member: int | str = "auto",
        cv: Any = 8,
        n_repeats: int = 1,
        hidden_layer_sizes: Any = "auto",
        max_iter: int | str = "auto",
        max_time: float | None = None,
        class_weight: Any = None,
        categorical_features: Any = "from_dtype",
        numeric_features: Any = None,
        text_features: Any = None,
        date_features: Any = None,
        random_state: Any = None,
    ) -> None:
        self._store(locals())

    predict = lazy(TabularMLPClassifier.predict)
    predict_proba = lazy(TabularMLPClassifier.predict_proba)
    predict_log_proba = lazy(TabularMLPClassifier.predict_log_proba)
    predict_set = lazy(TabularMLPClassifier.predict_set)

    def _like(self, method: str, parameters: dict[str, Any]) -> tuple[Any, Any]:
        if method == "predict":
            return np.empty(1, self.classes_.dtype), None
        dtype = bool if method == "predict_set" else float
        return np.empty((1, len(self.classes_)), dtype), self.classes_
