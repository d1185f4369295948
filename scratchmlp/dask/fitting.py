"""`fit`: which estimator it is, and what does not apply to it."""

from numbers import Integral, Real
from typing import Any, TypeVar

from distributed import Client
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils._param_validation import Interval, StrOptions, validate_parameter_constraints

from scratchmlp.dask.collections import check_collection
from scratchmlp.dask.networks import fit_network
from scratchmlp.dask.tables.ensembles import fit_table
from scratchmlp.estimators.base import BaseMLP
from scratchmlp.tabular.networks.mlp import BaseTabularMLP

Estimator = TypeVar("Estimator")

_CONSTRAINTS: dict[str, list[Any]] = {
    "client": [Client, None],
    "timeout": [Interval(Real, 0, None, closed="neither")],
    "rows_per_member": [
        StrOptions({"auto", "all"}),
        Interval(Integral, 1, None, closed="left"),
    ],
}


def fit(
    estimator: Estimator,
    X: Any,
    y: Any,
    sample_weight: Any = None,
    *,
    X_val: Any = None,
    y_val: Any = None,
    sample_weight_val: Any = None,
    groups: Any = None,
    rows_per_member: int | str = "auto",
    client: Client | None = None,
    timeout: float = 300.0,
) -> Estimator:
    """Fit an estimator on a Dask cluster, in place, as its own `fit` does on data in memory.

    The rows stay on the cluster. The result is that of the estimator's `fit` on the rows of all
    partitions, one after another, except for rounding errors. It does not depend on the number of
    workers, nor on workers that fail. Once fitted, the estimator does not need the cluster.

    Parameters
    ----------
    estimator : estimator
        A :class:`~scratchmlp.ScratchMLPClassifier` or :class:`~scratchmlp.ScratchMLPRegressor`, a
        Pipeline of a :class:`~sklearn.preprocessing.StandardScaler` and one of them, or, for raw
        tables, a :class:`~scratchmlp.tabular.TabularMLPClassifier` or
        :class:`~scratchmlp.tabular.TabularMLPRegressor`.
    X : dask array or DataFrame of shape (n_samples, n_features)
        Input data. Partitions may be empty.
    y : dask array, Series or DataFrame, of shape (n_samples,) or (n_samples, n_outputs)
        Class labels or targets, with the same partitions as X.
    sample_weight : dask array or Series of shape (n_samples,), or number, default=None
        Weight of each sample, with the same partitions as X.
    X_val : dask array or DataFrame, default=None
        Validation data of a network: their loss and score are recorded after each epoch. With
        `early_stopping`, they replace the rows that are held out.
    y_val : dask array, Series or DataFrame, default=None
        Class labels or targets of the validation data.
    sample_weight_val : dask array or Series, or number, default=None
        Weight of each validation sample.
    groups : dask array or Series of shape (n_samples,), default=None
        Groups of the rows of a table, such as patients: all rows of a group are in the same fold.
        If `cv` is a splitter, it must be one that uses groups. Columns of categories that name
        groups are hidden in the rows that a fold holds out, as in the estimator's own `fit`.
    rows_per_member : int, 'all' or 'auto', default='auto'
        Number of rows of a table that each member trains on. Each draws its own share at random,
        from the rows outside of its fold.

        - 'all': all of these rows. Each worker that trains members then holds the encoded rows of
          the whole table.
        - 'auto': all rows if they fit, with what training needs, into half of the memory of the
          smallest worker. Otherwise, as many as fit: the number then depends on the memory and the
          threads of the workers that are connected. To repeat a fit on other workers, pass the
          `rows_per_member_` of the first one. The page :doc:`/cluster` compares both.
    client : distributed.Client or None, default=None
        Client of the cluster. None means the current client.
    timeout : float, default=300.0
        Seconds to wait while the cluster has no worker that takes tasks, at the beginning or later.
        The page :doc:`/cluster` says what happens when workers fail.

    Returns
    -------
    estimator
        The estimator that was passed. For tables, it also has the attribute `rows_per_member_`: the
        number of rows that each member has trained on, or 'all'.

    Raises
    ------
    ValueError
        If a parameter or the data are invalid, or if an argument does not apply to the estimator.
        Messages about values name the partition. If `fit` fails, the estimator stays unchanged.
    TypeError
        If the estimator is another one, or if X, y or another argument is not a dense dask array,
        DataFrame or Series.
    DivergenceError
        If training diverges, as in the estimator's own `fit`.
    TimeoutError
        If the cluster has no workers, or if all have paused; see `timeout`.
    RuntimeError
        If workers die again and again in the same round, for instance because their memory is full,
        or if the connection to the scheduler is lost.

    Notes
    -----
    **Networks.** Each step of training is one round over the cluster, which takes 20 milliseconds
    or more beside the computation. Full batches and 'lbfgs' are therefore faster than small
    batches; `batch_size` counts the rows of all workers together. With ``shuffle=True``, this
    process keeps the order of the rows, 8 bytes for each, and each batch takes rows of all
    partitions. Early stopping holds out rows of each partition, and therefore other rows than the
    estimator's own `fit`. `dropout` must be 0, and `scoring` a sum over rows: None, 'loss',
    'accuracy' or 'neg_log_loss', or in regression None, 'loss', 'r2', 'neg_mean_squared_error' or
    'neg_mean_absolute_error'.

    **Tables.** Workers encode the table, and each of their threads trains a member at a time.
    `n_jobs` and `inspect_table` have no effect: no columns that would mislead you are sought.
    Callbacks are not supported. This process gets the targets, weights and groups of all rows, and
    holds the folds and the out-of-fold predictions. With groups or a splitter, it looks for columns
    to hide at the codes of each column of categories, one after the other. The times of `max_time`
    are read from the clocks of the workers, which must agree with that of this process.

    From at most 200,000 rows, the encoder learns as in the estimator's own `fit`. From a sample of
    so many rows, a quantile of a column, such as the median, differs by up to 0.6% of the rows in
    rank, with a probability of at least 1 - 10⁻⁶: sqrt(ln(2 / 10⁻⁶) / (2 · 200,000)) = 0.006. This
    is Hoeffding's inequality, which holds for samples without replacement, too. A category or a
    missing value that less than 1 of 10,000 rows have may be absent from the sample. Such
    categories are encoded as unseen ones. Bins and target encodings are fitted for each member, on
    its training rows.

    References
    ----------
    Hoeffding, "Probability inequalities for sums of bounded random variables", JASA 58, 1963,
    theorem 2 and section 6.

    Examples
    --------
    >>> import dask.array as da
    >>> from distributed import Client
    >>> from scratchmlp import ScratchMLPClassifier
    >>> from scratchmlp.dask import fit
    >>> X = da.random.default_rng(0).normal(size=(1000, 3), chunks=(500, 3))
    >>> y = (X[:, 0] > X[:, 1]).astype(int)
    >>> network = ScratchMLPClassifier((8,), solver="lbfgs", random_state=0)
    >>> with Client(n_workers=1, processes=False, dashboard_address=":0"):
    ...     network = fit(network, X, y)
    ...     predicted = X.map_blocks(network.predict, drop_axis=1, dtype=y.dtype)
    ...     float((predicted == y).mean().round(1))
    1.0
    """
    own = {"client": client, "timeout": timeout, "rows_per_member": rows_per_member}
    validate_parameter_constraints(_CONSTRAINTS, own, "scratchmlp.dask.fit")
    if y is None:
        raise ValueError(
            "y is None, but targets are needed. Pass them as a dask collection with the same "
            "partitions as X."
        )
    check_collection(X, "X")
    rows = {"X": X, "y": y, "sample_weight": sample_weight}
    validation = {"X_val": X_val, "y_val": y_val, "sample_weight_val": sample_weight_val}
    if isinstance(estimator, BaseTabularMLP):
        _refuse(validation, "networks validate on their folds of the table")
        _refuse_callbacks(estimator)
        fit_table(estimator, rows | {"groups": groups}, rows_per_member, client, timeout)
        return estimator
    scaler, network = _scaler_and_network(estimator)
    shares = None if rows_per_member == "auto" else rows_per_member
    _refuse({"groups": groups, "rows_per_member": shares}, "a single network has no folds")
    fit_network(network, scaler, rows, validation, client, timeout)
    return estimator


def _refuse(arguments: dict[str, Any], why: str) -> None:
    """Raise an error if an argument that does not apply is not None."""
    for name, value in arguments.items():
        if value is not None:
            raise ValueError(f"{name} does not apply here: {why}. Leave it out.")


def _refuse_callbacks(estimator: BaseTabularMLP) -> None:
    if getattr(estimator, "_skl_callbacks", None):
        raise ValueError(
            "Callbacks are not supported on a cluster, because members are trained in other "
            "processes. Remove them with set_callbacks(), or call the estimator's own fit."
        )


def _scaler_and_network(estimator: Any) -> tuple[StandardScaler | None, BaseMLP]:
    """Return the steps of a Pipeline of a scaler and a network. The scaler may be missing."""
    match estimator.steps if isinstance(estimator, Pipeline) else [("", estimator)]:
        case [(_, BaseMLP() as network)]:
            return None, network
        case [
            (_, StandardScaler(with_mean=True, with_std=True) as scaler),
            (_, BaseMLP() as network),
        ]:
            return scaler, network
    given = " ".join(repr(estimator).split())
    raise TypeError(
        "scratchmlp.dask.fit takes a ScratchMLPClassifier or ScratchMLPRegressor, a Pipeline of "
        "StandardScaler() and one of them, or a TabularMLPClassifier or TabularMLPRegressor; got "
        f"{given:.200}. Fit other estimators to data in memory: joblib's backend for Dask "
        "sends the fits of a search or of an ensemble to a cluster."
    )
