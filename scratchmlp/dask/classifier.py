"""The classifier on a cluster."""

from collections.abc import Callable
from typing import Any, ClassVar, Self

from distributed import Client
from sklearn.base import _fit_context
from sklearn.utils.metaestimators import available_if

from scratchmlp.dask.base import DaskMLP
from scratchmlp.dask.predictions import lazy
from scratchmlp.estimators.base import has_partial_fit
from scratchmlp.estimators.classifier import ScratchMLPClassifier, has_probabilities
from scratchmlp.initializers import Initializer
from scratchmlp.losses import Loss
from scratchmlp.optimizers import Optimizer
from scratchmlp.public import public
from scratchmlp.schedules import Progress


@public("scratchmlp.dask")
class DaskScratchMLPClassifier(DaskMLP, ScratchMLPClassifier):
    """Multilayer perceptron classifier, trained on a Dask cluster.

    It is :class:`~scratchmlp.ScratchMLPClassifier` for dask arrays and DataFrames, whose rows
    stay on the cluster. With the same `random_state`, the result is that of
    ScratchMLPClassifier on the rows of all partitions one after another, except for rounding
    errors. It does not depend on the number of workers. Early stopping is the exception: it holds
    out rows of each partition, so that it chooses others.

    The parameters that are not listed here are those of :class:`~scratchmlp.ScratchMLPClassifier`,
    with these differences: `batch_size` counts the rows of all workers together, `dropout` must be
    0, and `scoring` can be None, 'loss', 'accuracy' or 'neg_log_loss'.

    Parameters
    ----------
    client : distributed.Client or None, default=None
        Client of the cluster. None means the current client. Copies and pickles have None.
    standardize : bool, default=False
        Whether to subtract the mean of each column of X and to divide by its standard deviation, as
        :class:`sklearn.preprocessing.StandardScaler` does. The statistics are computed on the
        cluster, from all rows of `fit`. A warm start and later calls of `partial_fit` keep them.
    timeout : float, default=300.0
        Seconds to wait for a worker if the cluster has none when a fit or a score begins. After
        this time, a TimeoutError is raised. The page :doc:`/cluster` says what happens when workers
        fail later.

    Attributes
    ----------
    scaler_ : StandardScaler or None
        The scaler of the inputs; None without `standardize`.

    See Also
    --------
    ScratchMLPClassifier : The same network for data in memory. It describes all parameters.

    Notes
    -----
    Each step of training is one round over the cluster, which takes 20 milliseconds or more beside
    the computation. Full batches and 'lbfgs' are therefore faster than small batches. With
    ``shuffle=True``, this process keeps the order of the rows, 8 bytes for each, and each batch
    takes rows of all partitions. Use it for data that fit into the memory of the workers together.

    Examples
    --------
    >>> import dask.array as da
    >>> from distributed import Client
    >>> from scratchmlp.dask import DaskScratchMLPClassifier
    >>> X = da.random.default_rng(0).normal(size=(1000, 3), chunks=(500, 3))
    >>> y = (X[:, 0] > X[:, 1]).astype(int)
    >>> with Client(n_workers=1, processes=False, dashboard_address=":0") as client:
    ...     network = DaskScratchMLPClassifier((8,), solver="lbfgs", random_state=0)
    ...     round(network.fit(X, y).score(X, y), 1)
    1.0
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **ScratchMLPClassifier._parameter_constraints,
        **DaskMLP._parameter_constraints,
    }
    _local_class = ScratchMLPClassifier

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        client: Client | None = None,
        standardize: bool = False,
        timeout: float = 300.0,
        solver: str | Optimizer = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str | Callable[[Progress], float] = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        loss: str | Loss = "log_loss",
        output_activation: str = "auto",
        fit_intercept: bool = True,
        weight_init: str | Initializer = "glorot_uniform",
        class_weight: Any = None,
        dropout: Any = 0.0,
        scoring: Any = None,
    ) -> None:
        self._store(locals())

    @available_if(has_partial_fit)
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        classes: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Self:
        """Continue training for one epoch, on the given samples.

        Available with every solver except 'lbfgs'.

        Parameters
        ----------
        X : dask array or DataFrame of shape (n_samples, n_features)
            Input data: finite numbers. Partitions may be empty.
        y : dask array, Series or DataFrame, of shape (n_samples,) or (n_samples, n_labels)
            Class labels, with the same partitions as X.
        sample_weight : dask array or Series of shape (n_samples,), or number, default=None
            Weight of each sample, with the same partitions as X.
        classes : array-like of shape (n_classes,), default=None
            All classes of this and all later calls. Required in the first call, optional later.
        X_val : dask array or DataFrame, default=None
            Validation data; see :meth:`~scratchmlp.ScratchMLPClassifier.partial_fit`.
        y_val : dask array, Series or DataFrame, default=None
            Class labels of the validation data.
        sample_weight_val : dask array or Series, or number, default=None
            Weight of each validation sample.

        Returns
        -------
        DaskScratchMLPClassifier
            The classifier itself; it raises the errors of `fit`.
        """
        validation = {"X_val": X_val, "y_val": y_val, "sample_weight_val": sample_weight_val}
        with self._rounds():
            return super().partial_fit(X, y, sample_weight, classes, **validation)

    predict = lazy(ScratchMLPClassifier.predict)
    decision_function = lazy(ScratchMLPClassifier.decision_function)
    predict_proba = available_if(has_probabilities)(lazy(ScratchMLPClassifier.predict_proba))
    predict_log_proba = available_if(has_probabilities)(
        lazy(ScratchMLPClassifier.predict_log_proba)
    )
