"""What the classifier and the regressor for raw tables on a cluster share.

The fit is that of `scratchmlp.tabular.networks.mlp.BaseTabularMLP`. Only what touches rows of the
table is done otherwise: encoding them, and training and evaluating members.
"""

import copy
import logging
import math
from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
from dask import is_dask_collection
from numpy.typing import NDArray
from sklearn.base import _fit_context
from sklearn.utils import Bunch
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from scratchmlp.dask.collections import divided, is_frame
from scratchmlp.dask.on_cluster import OnCluster, current_rounds
from scratchmlp.dask.tables.members import ClusterExecutor, most_rows, shared
from scratchmlp.dask.tables.table import UnencodedTable, encode_all, read_all
from scratchmlp.public import names_class
from scratchmlp.tabular.base import TrainingProblem
from scratchmlp.tabular.columns.encoded_table import EncodedTable
from scratchmlp.tabular.columns.encoder import TabularEncoder
from scratchmlp.tabular.folds import check_splits
from scratchmlp.tabular.networks.executor import Executor
from scratchmlp.tabular.networks.mlp import BaseTabularMLP

_LOGGER = logging.getLogger(__name__)

#: Fitted attributes that predictions do not need, some of which hold something of each row.
_OF_FIT = ("oof_proba_", "oof_prediction_", "held_out_", "history_", "rows_per_member_")


class DaskTabularMLP(OnCluster, BaseTabularMLP):
    """Base class of the estimators on a cluster, in front of the class of the local estimator."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **OnCluster._parameter_constraints,
        "rows_per_member": [
            StrOptions({"auto", "all"}),
            Interval(Integral, 1, None, closed="left"),
        ],
    }

    rows_per_member: Any
    rows_per_member_: int | str

    # Fit.

    @names_class
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, groups: Any = None) -> Self:
        """Train on a table, on the cluster.

        Parameters
        ----------
        X : dask DataFrame or array of shape (n_samples, n_features)
            The table. Partitions may be empty.
        y : dask Series, DataFrame or array, of shape (n_samples,) or (n_samples, n_outputs)
            Targets, with the same partitions as X. This process gets all of them.
        sample_weight : dask Series or array of shape (n_samples,), or number, default=None
            Weights of the rows, at least 0, with the same partitions as X. Rows with weight 0 are
            not learned from, but they are encoded.
        groups : dask Series or array of shape (n_samples,), default=None
            Groups of the rows, such as patients, with the same partitions as X. All rows of a group
            are in the same fold. If `cv` is a splitter, it must be one that uses groups.

        Returns
        -------
        self
            The fitted estimator.

        Raises
        ------
        ValueError
            As for the local estimator; messages about values name the partition. The estimator then
            stays as it was. Also if callbacks are set, which workers cannot call.
        TypeError
            If X, y or another argument is not a dask DataFrame, Series or array, or if `cv` is a
            splitter that looks at the table.
        TimeoutError
            If the cluster has no workers; see `timeout`.
        RuntimeError
            If workers die again and again in the same round, for instance because their memory is
            full, or if the connection to the scheduler is lost.
        """
        if getattr(self, "_skl_callbacks", None):
            raise ValueError(
                "Callbacks are not supported on a cluster, because members are trained in other "
                f"processes. Remove them with set_callbacks(), or use {self._local_class.__name__}."
            )
        with self._rounds():
            return super().fit(X, y, sample_weight, groups=groups)

    def _prepare(self, X: Any, y: Any, sample_weight: Any, groups: Any) -> TrainingProblem:
        if y is None:
            return super()._prepare(X, y, sample_weight, groups)  # raises an error
        given = {"X": X, "y": y, "sample_weight": sample_weight, "groups": groups}
        if np.isscalar(sample_weight):  # a number for all rows
            del given["sample_weight"]
        table, others = read_all(current_rounds(), divided(X, given))
        weight = others.get("sample_weight", sample_weight)
        return self._with_shares(super()._prepare(table, others["y"], weight, others.get("groups")))

    def _with_shares(self, problem: TrainingProblem) -> TrainingProblem:
        """Choose how many rows members train on, and draw them."""
        splits, X, weight = problem.splits, problem.data.X, problem.data.sample_weight
        n_training = most_rows(self.rows_per_member, splits, _workers(), X.n_bytes, len(X))
        self.rows_per_member_ = n_training or "all"
        _LOGGER.info("Each member trains on %s rows.", self.rows_per_member_)
        if n_training is None:
            return problem
        splits = shared(splits, problem.seeds.tolist(), n_training)
        check_splits(splits, np.ones(len(X)) if weight is None else weight)
        return problem._replace(splits=splits, most_rows=n_training)

    def _encode_rows(
        self, X: UnencodedTable, present: NDArray[np.intp]
    ) -> tuple[TabularEncoder, Any]:
        return encode_all(self._unfitted_encoder(), X, present)

    def _executor(self, problem: TrainingProblem) -> Executor:
        whole = problem.most_rows is None
        n_at_once = max(1, sum(n_threads for _, n_threads in _workers()))
        return ClusterExecutor(current_rounds(), problem.data, n_at_once, whole=whole)

    # Predict.

    def _check_columns(self, X: Any) -> None:
        if is_frame(X):
            self.encoder_._validate_table(X._meta_nonempty, reset=False)
        elif not np.isnan(X.shape[1]):
            self.encoder_._validate_table(np.zeros((1, X.shape[1])), reset=False)

    def _predict_lazily(self, method: str, X: Any, **parameters: Any) -> Any:
        predictions = super()._predict_lazily(method, X, **parameters)
        if "coverage" in parameters:  # an error is raised here, not when they are computed
            self._held_out_scores.quantile(parameters["coverage"])
        return predictions

    def oof_importances(self, X: Any, y: Any, **parameters: Any) -> Bunch:
        """Return the permutation importance of each column, by a table in memory.

        Parameters
        ----------
        X : {DataFrame, array-like} of shape (n_samples, n_features)
            The rows of `fit`, in the order of the partitions.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Their targets.
        **parameters : object
            Other parameters of :meth:`scratchmlp.tabular.TabularMLPClassifier.oof_importances`.

        Returns
        -------
        Bunch
            The importances.
        """
        _refuse_collection(X)
        return super().oof_importances(X, y, **parameters)

    def _encode(self, X: Any) -> EncodedTable:
        _refuse_collection(X)
        return super()._encode(X)

    # Models without a client.

    def _predictor(self) -> Any:
        """Return a local estimator that predicts, without attributes of single rows."""
        return self._local({k: v for k, v in self._fitted().items() if k not in _OF_FIT})

    def to_local(self) -> Any:
        """Return the fitted ensemble as an estimator without Dask.

        It can be saved with :func:`scratchmlp.io.save` and converted to ONNX.

        Returns
        -------
        TabularMLPClassifier or TabularMLPRegressor
            A copy, with all fitted attributes.
        """
        check_is_fitted(self)
        fitted = copy.deepcopy(self._fitted())
        del fitted["rows_per_member_"]
        return self._local(fitted)


def _refuse_collection(X: Any) -> None:
    """Raise an error for a dask collection, which would be computed as a whole."""
    if is_dask_collection(X):
        raise TypeError(
            "This method needs a table in memory; got a dask collection. Pass X.compute(), or call "
            "the method of to_local() with map_partitions."
        )


def _workers() -> list[tuple[float, int]]:
    """Return the memory in bytes and the number of threads of each worker."""
    workers = current_rounds().client.scheduler_info(n_workers=-1)["workers"].values()
    return [(float(each["memory_limit"] or math.inf), each["nthreads"]) for each in workers]
