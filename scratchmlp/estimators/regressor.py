"""The regressor: numbers in, numbers out."""

from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import RegressorMixin, _fit_context
from sklearn.metrics import r2_score
from sklearn.utils import check_array
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.metaestimators import available_if

from scratchmlp.activations import OUTPUT_ACTIVATIONS
from scratchmlp.arrays import FloatArray
from scratchmlp.estimators.base import BaseMLP, _first_order
from scratchmlp.initializers import Initializer
from scratchmlp.losses import Loss, losses_for
from scratchmlp.optimizers import Optimizer
from scratchmlp.schedules import Progress

_TARGET_RANGES = {
    "identity": (-np.inf, np.inf),
    "logistic": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "exp": (0.0, np.inf),
}


class ScratchMLPRegressor(RegressorMixin, BaseMLP):
    """Multilayer perceptron regressor, hand-written in NumPy.

    It takes the parameters of :class:`sklearn.neural_network.MLPRegressor`, with the same names,
    order, defaults and meaning, and adds some. It predicts one or several numbers.

    Parameters
    ----------
    loss : {'squared_error', 'poisson', 'absolute_error', 'huber', 'quantile'} or Loss, \
            default='squared_error'
        What training makes small, summed over outputs.

        - 'squared_error': :class:`~scratchmlp.losses.SquaredError`, half the squared error.
        - 'poisson': :class:`~scratchmlp.losses.PoissonLoss`, half the Poisson deviance of targets
          that are at least 0, with predictions exp(raw score).
        - 'absolute_error': :class:`~scratchmlp.losses.AbsoluteError`, for medians. Outliers pull
          little.
        - 'huber': :class:`~scratchmlp.losses.HuberLoss`, squared for errors up to 1, absolute
          beyond. Scale `y`, or choose its `delta`.
        - 'quantile': :class:`~scratchmlp.losses.QuantileLoss`, of the median unless you choose
          another quantile.

        An object of one of these classes has its own hyper-parameters:
        ``HuberLoss(delta=10)``, ``QuantileLoss(quantile=0.9)``. So has one of your own class that
        derives from :class:`~scratchmlp.losses.Loss`.
    hidden_layer_sizes : int or array-like of shape (n_hidden_layers,), default=(100,)
        Units of each hidden layer. ``()`` is a network without any: a linear model.
    activation : str, Activation or tuple of these, default='relu'
        Activation of the hidden layers, or a tuple with one for each: a name of

        - scikit-learn's: 'identity', 'logistic', 'tanh', 'relu';
        - 'leaky_relu', 'elu', 'selu', 'gelu', 'silu', 'mish', 'softplus', which are described in
          :mod:`~scratchmlp.activations`;

        or an object with the two methods of an :class:`~scratchmlp.activations.Activation`.
    solver : str or Optimizer, default='adam'
        What turns gradients into steps.

        - 'adam': :class:`~scratchmlp.optimizers.Adam`, a good start for most data.
        - 'sgd': :class:`~scratchmlp.optimizers.SGD`, plain (``momentum=0``), with momentum or
          with Nesterov's.
        - 'adagrad': :class:`~scratchmlp.optimizers.AdaGrad`.
        - 'rmsprop': :class:`~scratchmlp.optimizers.RMSProp`.
        - 'adamw': :class:`~scratchmlp.optimizers.AdamW`, Adam with a decoupled weight decay
          of 0.01.
        - 'nadam': :class:`~scratchmlp.optimizers.NAdam`, Adam with Nesterov's look ahead.
        - 'lbfgs': scipy's quasi-Newton method on the full data, computed in float64. On small
          data often the fastest and the most exact.

        An object of one of these classes, or of your own that derives from
        :class:`~scratchmlp.optimizers.Optimizer`, has its own hyper-parameters, among them
        `weight_decay` and `max_grad_norm`, which clips gradients. It ignores `momentum`,
        `nesterovs_momentum`, `beta_1`, `beta_2` and `epsilon`.
    alpha : float, default=0.0001
        Strength of the L2 penalty alpha / 2 · ‖W‖², which is divided by the number of rows of
        the batch, times the mean of `sample_weight`. Biases are not penalised. On full batches
        and without hidden layers it is 1 / C of LogisticRegression.
    batch_size : int, 'auto' or 'full', default='auto'
        Rows of a mini-batch: 'auto' is min(200, n_samples), 'full' is all. Not used by 'lbfgs'.
    learning_rate : str, Schedule or callable, default='constant'
        What becomes of the learning rate. Not used by 'lbfgs'. The first three names are
        scikit-learn's and act with 'sgd' alone: other solvers then keep `learning_rate_init`.

        - 'constant': it stays `learning_rate_init`.
        - 'invscaling': ``learning_rate_init / (t + 1) ** power_t``, where t is the number of
          rows seen when an epoch begins.
        - 'adaptive': it is divided by five where training would otherwise stop (see
          `n_iter_no_change`), until it is 1e-6 or less.
        - 'cosine': :class:`~scratchmlp.schedules.Cosine`, half a cosine down to 0.
        - 'coslog4': :class:`~scratchmlp.schedules.CosLog4`, four waves from 0 and back, each
          twice as long as the last.
        - 'flat_cosine': :class:`~scratchmlp.schedules.FlatCosine`, constant for half of the time,
          then down to 0.
        - 'one_cycle': :class:`~scratchmlp.schedules.OneCycle`, up to `learning_rate_init` in the
          first 30%, then down to nearly 0.

        The last four change from step to step. They take `max_iter` epochs, those of the fit that
        began where `warm_start` or `partial_fit` go on, and keep their last value after these. An
        object of one of these classes may have its own `n_epochs`. Any callable is accepted that
        turns :class:`~scratchmlp.schedules.Progress` into a factor of `learning_rate_init`.

        Where the rate is near 0 the loss hardly changes, so that `tol` may end training early;
        ``n_iter_no_change=np.inf`` prevents it. A fit that reaches `max_iter` gives a
        ConvergenceWarning with every schedule, as in scikit-learn.
    learning_rate_init : float, default=0.001
        Learning rate that `learning_rate` starts from or multiplies. Not used by 'lbfgs'.
    power_t : float, default=0.5
        Exponent of 'invscaling'.
    max_iter : int, default=200
        Largest number of epochs (each sees every row once), or of iterations of 'lbfgs'.
    shuffle : bool, default=True
        Whether each epoch shuffles the rows. Not used by 'lbfgs', and of no effect on a full
        batch.
    random_state : int, RandomState instance or None, default=None
        Source of the initial weights, the validation split and the order of the rows. Pass an
        int for the same result every time.
    tol : float, default=1e-4
        Smallest change of training loss, or of the validation score with `early_stopping`, that
        counts as an improvement. 'lbfgs' converges when no component of the gradient is larger,
        or when an iteration gains next to nothing (2.2e-5 · tol of the objective, at most 2.2e-9).
    verbose : bool, default=False
        Whether to print a line for each epoch.
    warm_start : bool, default=False
        Whether `fit` goes on where the last one stopped (weights, optimizer, learning rate,
        generator, order of the rows, validation split) instead of starting anew. The layer sizes
        must be those of the last fit. Set it before the first one, which otherwise does not keep
        its split and order.
    momentum : float, default=0.9
        Momentum of 'sgd', in [0, 1].
    nesterovs_momentum : bool, default=True
        Whether the momentum of 'sgd' is Nesterov's.
    early_stopping : bool, default=False
        Whether to stop when the score on validation data no longer improves, and to keep the
        weights of the best epoch. The data are those that `fit` is given as `X_val`, or
        else `validation_fraction` of the rows. Acts with every solver.
        `partial_fit` looks at `X_val` alone.
    validation_fraction : float, default=0.1
        Share of the rows that early stopping holds out, in [0, 1).
    beta_1 : float, default=0.9
        Memory of the mean gradient of 'adam', 'adamw' and 'nadam', in [0, 1).
    beta_2 : float, default=0.999
        Memory of the mean squared gradient of 'adam', 'adamw' and 'nadam', in [0, 1).
    epsilon : float, default=1e-8
        Keeps the steps of 'adam', 'adamw', 'nadam', 'adagrad' and 'rmsprop' finite.
    n_iter_no_change : int or inf, default=10
        Training stops when more epochs in a row than this bring no improvement by `tol`.
    max_fun : int, default=15000
        Largest number of evaluations of the objective by 'lbfgs'.
    output_activation : {'auto', 'softmax', 'logistic', 'identity'}, default='auto'
        Activation of the output layer.

        - 'auto': the loss's own, which is the exponential with ``loss='poisson'``, which has no
          other, and the identity with the others; a Loss that was given one keeps it
          (:meth:`~scratchmlp.losses.Loss.with_output`).
        - 'softmax': shares of a whole, for two or more targets that sum to one; of the losses
          here with 'squared_error' only.
        - 'logistic': for targets between 0 and 1.
        - 'identity': any number.
    fit_intercept : bool, default=True
        Whether layers have biases.
    weight_init : str or callable, default='glorot_uniform'
        How weights and biases are drawn.

        - 'glorot_uniform': as scikit-learn draws them
          (:func:`~scratchmlp.initializers.glorot_uniform`). With the others biases are zero.
        - 'he_normal', 'he_uniform': with variance 2 / n_in, made for relu
          (:func:`~scratchmlp.initializers.he_normal`, :func:`~scratchmlp.initializers.he_uniform`).
        - 'lecun_normal': with variance 1 / n_in, made for selu
          (:func:`~scratchmlp.initializers.lecun_normal`).
        - 'standard_normal': with variance 1 (:func:`~scratchmlp.initializers.standard_normal`).

        A function of your own has the parameters and results of
        :func:`~scratchmlp.initializers.glorot_uniform`.
    dropout : float or tuple of float, default=0.0
        Probability with which training sets an output of a hidden layer to zero, anew for each
        batch, in [0, 1); or a tuple with one for each hidden layer. The other outputs are divided
        by 1 - `dropout` (:func:`~scratchmlp.network.dropout_mask`). Predictions and validation
        scores use all units; `loss_curve_` is of the thinned network. Not with 'lbfgs'.
    scoring : str, callable or None, default=None
        What the score on validation data is; higher is better.

        - None: the R².
        - 'loss': the negative loss, without penalty.
        - str: a scorer's name, see :func:`sklearn.metrics.get_scorer_names`.
        - callable: ``scorer(estimator, X, y)``, which gets X as training has it: an array, without
          names, or a CSR matrix. One that takes `sample_weight` gets the weights of the rows, if
          there are any.

        A score that is nan or inf, or no number, is an error, unless training diverges.

    Attributes
    ----------
    coefs_ : list of ndarray of shape (n_in, n_out)
        Weights of each layer, views of `theta_`: what is assigned to an entry goes into the
        network. A refit makes new arrays.
    intercepts_ : list of ndarray of shape (n_out,)
        Biases of each layer, in the same way; read-only zeros if ``fit_intercept=False``.
    theta_ : ndarray of shape (n_parameters,)
        All parameters, weights before biases.
    n_parameters_ : int
        How many there are.
    n_layers_ : int
        Number of layers, counting input and output.
    n_outputs_ : int
        Number of output units.
    out_activation_ : str
        Name of the output activation.
    n_features_in_ : int
        Number of features seen in `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, if all of them are strings.
    loss_ : float
        Training objective of the last epoch: the mean over its batches of loss plus penalty, each
        taken before the batch's step. With 'lbfgs', the objective at the solution.
    loss_curve_ : list of float
        The same of each epoch.
    best_loss_ : float or None
        Lowest of them; None with early stopping.
    validation_scores_ : list of float or None
        Score on the validation data after each epoch, see `scoring`; None without early stopping.
    best_validation_score_ : float or None
        Highest of them, after a warm start on the latest validation data; None without early
        stopping.
    best_epoch_ : int
        Epoch of that score, whose weights are kept, or without early stopping of the lowest loss.
    history_ : dict of list
        One entry an epoch: "epoch", "loss", "validation_loss" and "score" (nan without validation
        data), "learning_rate" (of its first step; nan with 'lbfgs'), "seconds". Made for
        ``pandas.DataFrame``.
    n_iter_ : int
        Epochs, or iterations of 'lbfgs', of the last call of `fit`; 1 after `partial_fit`, or 0 if
        it diverged and went back to the best weights. An epoch that diverges does not count.
    t_ : int
        Rows trained on since the weights were drawn, counted once an epoch; 0 with 'lbfgs'.
    stop_reason_ : str
        Why training stopped.

    See Also
    --------
    ScratchMLPClassifier : The same network for classes.
    sklearn.neural_network.MLPRegressor : The estimator whose parameters these are.

    Notes
    -----
    float32 input stays float32, at about half the time of float64; parameters then are float32
    too. Integers become float64. Sparse input of any format is accepted, and trained on as CSR.

    References
    ----------
    Rumelhart, Hinton and Williams, "Learning representations by back-propagating errors",
    Nature 323, 1986.

    Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
    networks", AISTATS 2010.

    Examples
    --------
    >>> from sklearn.datasets import make_friedman1
    >>> from sklearn.model_selection import train_test_split
    >>> from scratchmlp import ScratchMLPRegressor
    >>> X, y = make_friedman1(n_samples=500, random_state=0)
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    >>> network = ScratchMLPRegressor(hidden_layer_sizes=(20,), solver="lbfgs", alpha=1.0,
    ...                               max_iter=1000, random_state=0)
    >>> round(network.fit(X_train, y_train).score(X_test, y_test), 2)
    0.98
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseMLP._parameter_constraints,
        "loss": [StrOptions(set(losses_for("regressor"))), Loss],
    }
    _metric = "R²"

    def __init__(
        self,
        loss: str | Loss = "squared_error",
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
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
        output_activation: str = "auto",
        fit_intercept: bool = True,
        weight_init: str | Initializer = "glorot_uniform",
        dropout: Any = 0.0,
        scoring: Any = None,
    ) -> None:
        super().__init__(
            loss=loss,
            hidden_layer_sizes=hidden_layer_sizes,
            activation=activation,
            solver=solver,
            alpha=alpha,
            batch_size=batch_size,
            learning_rate=learning_rate,
            learning_rate_init=learning_rate_init,
            power_t=power_t,
            max_iter=max_iter,
            shuffle=shuffle,
            random_state=random_state,
            tol=tol,
            verbose=verbose,
            warm_start=warm_start,
            momentum=momentum,
            nesterovs_momentum=nesterovs_momentum,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            n_iter_no_change=n_iter_no_change,
            max_fun=max_fun,
            output_activation=output_activation,
            fit_intercept=fit_intercept,
            weight_init=weight_init,
            dropout=dropout,
            scoring=scoring,
        )

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Self:
        """Train the network; with `warm_start`, train it further.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Inputs: finite numbers, best on a common scale.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, at least 0 and not all 0; None is one for each. A row of weight
            0 is not trained on, as if absent, and on full batches an integer weight equals as
            many repeated rows.
        X_val : {array-like, sparse matrix} of shape (n_val_samples, n_features), default=None
            Validation data: their loss and score are recorded in `history_` after each epoch.
            With `early_stopping` they take the place of the rows that it would hold out, and must
            be at least 2.
        y_val : array-like of shape (n_val_samples,) or (n_val_samples, n_outputs), default=None
            Their targets.
        sample_weight_val : array-like of shape (n_val_samples,), default=None
            Their weights.

        Returns
        -------
        ScratchMLPRegressor
            The fitted regressor itself.

        Raises
        ------
        ValueError
            If a parameter or the data break a rule. A fit that fails leaves the regressor as it
            was.
        DivergenceError
            If loss or weights grow out of bounds.
        """
        return self._fit(X, y, sample_weight, validation=(X_val, y_val, sample_weight_val))

    @available_if(_first_order)
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Self:
        """Train on some rows for one epoch, going on from where training stands.

        Exists with every solver but 'lbfgs'.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Inputs.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, relative to the other rows of this call.
        X_val : {array-like, sparse matrix} of shape (n_val_samples, n_features), default=None
            Validation data: their loss and score are recorded in `history_`. With
            `early_stopping` the weights of the best call are kept, and `stop_reason_` says when
            the score has stopped to improve.
        y_val : array-like of shape (n_val_samples,) or (n_val_samples, n_outputs), default=None
            Their targets.
        sample_weight_val : array-like of shape (n_val_samples,), default=None
            Their weights.

        Returns
        -------
        ScratchMLPRegressor
            The regressor itself.
        """
        validation = (X_val, y_val, sample_weight_val)
        return self._fit(X, y, sample_weight, validation=validation, incremental=True)

    def predict(self, X: Any) -> FloatArray:
        """Predict the targets.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Inputs.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Predictions, with one dimension for one output.
        """
        return self._predictions(self._raw_scores(X))

    def _predictions(self, raw: FloatArray) -> FloatArray:
        p = OUTPUT_ACTIVATIONS[self.out_activation_].forward(raw, out=raw)
        return p[:, 0] if p.shape[1] == 1 else p

    # What BaseMLP asks for.

    def _encode_targets(
        self, y: Any, dtype: Any, *, resume: bool, incremental: bool, classes: Any
    ) -> tuple[Any, FloatArray | None, Loss]:
        loss = self._make_loss()
        return self._encode_validation(y, dtype, loss), None, loss

    def _encode_validation(self, y: Any, dtype: Any, loss: Loss) -> Any:
        Y = check_array(y, ensure_2d=False).reshape(y.shape[0], -1).astype(dtype, copy=False)
        if loss.output == "softmax" and Y.shape[1] == 1:
            raise ValueError(
                "output_activation='softmax' shares a whole among two or more targets; got one. "
                "Choose 'logistic' for targets between 0 and 1."
            )
        low, high = _TARGET_RANGES[loss.output]
        if Y.min() < low or Y.max() > high:
            raise ValueError(
                f"The output activation {loss.output!r} predicts numbers from {low:g} to "
                f"{high:g}, but y goes from {Y.min():g} to {Y.max():g}. Scale y, or choose "
                "another loss or output_activation."
            )
        if loss.output == "softmax" and not np.allclose(Y.sum(axis=1), 1, atol=0.01):
            raise ValueError(
                "output_activation='softmax' predicts shares of a whole, but the rows of y do not "
                f"all sum to 1: their sums go from {Y.sum(axis=1).min():g} to "
                f"{Y.sum(axis=1).max():g}. Divide each row by its sum, or choose 'logistic'."
            )
        return Y

    def _score_raw(self, y: Any, raw: FloatArray, sample_weight: Any) -> float:
        predictions = self._predictions(raw)
        if not np.isfinite(predictions).all():
            return np.nan
        return float(r2_score(y, predictions, sample_weight=sample_weight))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        loss = self.loss if getattr(self.loss, "outputs", None) else None  # without, fit refuses it
        own_output = getattr(loss, "output", None)
        tags.target_tags.positive_only = self.loss == "poisson" or own_output == "exp"
        return tags
