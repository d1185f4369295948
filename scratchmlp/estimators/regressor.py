"""The neural network regressor."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from sklearn.base import RegressorMixin, _fit_context
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.metaestimators import available_if

from scratchmlp.activations import OUTPUT_ACTIVATIONS
from scratchmlp.arrays import FloatArray
from scratchmlp.estimators import in_memory
from scratchmlp.estimators.base import BaseMLP, has_partial_fit
from scratchmlp.estimators.scaling import scaled_r2
from scratchmlp.estimators.targets import NumericTargets
from scratchmlp.estimators.validation import check_outputs
from scratchmlp.losses import LOSSES, Loss, losses_for
from scratchmlp.public import public


@public("scratchmlp")
@dataclass(eq=False, repr=False)
class ScratchMLPRegressor(RegressorMixin, BaseMLP):
    """Multilayer perceptron regressor, hand-written in NumPy.

    It has all parameters of :class:`sklearn.neural_network.MLPRegressor`, with the same names,
    order, defaults and meaning, and some more after them. It predicts one or several numeric
    targets.

    Parameters
    ----------
    loss : {'squared_error', 'poisson', 'absolute_error', 'huber', 'quantile'} or Loss, \
            default='squared_error'
        Loss that training minimizes, summed over the outputs.

        - 'squared_error': :class:`~scratchmlp.losses.SquaredError`, half the squared error.
        - 'poisson': :class:`~scratchmlp.losses.PoissonLoss`, half the Poisson deviance. Targets
          must be at least 0, and predictions are exp(raw score).
        - 'absolute_error': :class:`~scratchmlp.losses.AbsoluteError`. Predictions are medians, and
          outliers have little influence.
        - 'huber': :class:`~scratchmlp.losses.HuberLoss`, squared for errors up to 1 and absolute
          for larger errors. Scale `y`, or pass a HuberLoss with another `delta`.
        - 'quantile': :class:`~scratchmlp.losses.QuantileLoss`, pinball loss. Predictions are
          medians, or another quantile if you pass a QuantileLoss with another `quantile`.

        A loss object has its own hyper-parameters, for instance ``HuberLoss(delta=10)`` or
        ``QuantileLoss(quantile=0.9)``. Your own class must be derived from
        :class:`~scratchmlp.losses.Loss`.
    hidden_layer_sizes : int or array-like of shape (n_hidden_layers,), default=(100,)
        Number of units of each hidden layer. An int means one hidden layer, and ``()`` means none:
        the network is then a linear model.
    activation : str, Activation or tuple of these, default='relu'
        Activation of the hidden layers, or a tuple with one activation for each hidden layer.

        - 'identity', 'logistic', 'tanh', 'relu': as in scikit-learn.
        - 'leaky_relu', 'elu', 'selu', 'gelu', 'silu', 'mish', 'softplus': see
          :mod:`~scratchmlp.activations`.
        - An object with the methods `forward` and `backward` of
          :class:`~scratchmlp.activations.Activation`.
    solver : str or Optimizer, default='adam'
        Optimization method.

        - 'adam': :class:`~scratchmlp.optimizers.Adam`, a good first choice for most data.
        - 'sgd': :class:`~scratchmlp.optimizers.SGD`, stochastic gradient descent: plain
          (``momentum=0``), with momentum or with Nesterov's momentum.
        - 'adagrad': :class:`~scratchmlp.optimizers.AdaGrad`.
        - 'rmsprop': :class:`~scratchmlp.optimizers.RMSProp`.
        - 'adamw': :class:`~scratchmlp.optimizers.AdamW`, Adam with a decoupled weight decay of
          0.01.
        - 'nadam': :class:`~scratchmlp.optimizers.NAdam`, Adam with Nesterov's momentum.
        - 'lbfgs': the quasi-Newton method L-BFGS of SciPy, on all samples at once and in float64.
          It is often the fastest and most exact solver for small data.

        An optimizer object has its own hyper-parameters. It is an instance of one of these classes,
        or of your own class derived from :class:`~scratchmlp.optimizers.Optimizer`. Its
        hyper-parameters include `weight_decay` and `max_grad_norm` (gradient clipping). With an
        object, `momentum`, `nesterovs_momentum`, `beta_1`, `beta_2` and `epsilon` are ignored.
    alpha : float, default=0.0001
        Strength of the L2 penalty alpha / 2 · ‖W‖², where W is all weights without the biases. The
        penalty is divided by the number of samples in the batch, times the mean of
        `sample_weight`. On full batches, without hidden layers and for the squared error, the
        objective has the same minimum as that of Ridge with the same `alpha`.
    batch_size : int, 'auto' or 'full', default='auto'
        Number of samples in a mini-batch. 'auto' means ``min(200, n_samples)``, and 'full' means
        all samples. Not used by 'lbfgs'.
    learning_rate : str, Schedule or callable, default='constant'
        Learning-rate schedule. Not used by 'lbfgs'. The first three names are those of
        scikit-learn. 'invscaling' and 'adaptive' act only with SGD; other optimizers then keep
        `learning_rate_init`.

        - 'constant': always `learning_rate_init`.
        - 'invscaling': ``learning_rate_init / (t + 1) ** power_t``, where t is the number of
          samples seen before the current epoch.
        - 'adaptive': `learning_rate_init`, divided by five each time training would otherwise stop
          (see `n_iter_no_change`). Training stops if the learning rate is then already 1e-6 or
          less.
        - 'cosine': :class:`~scratchmlp.schedules.Cosine`, which falls to 0 along half a cosine.
        - 'coslog4': :class:`~scratchmlp.schedules.CosLog4`, four cycles from 0 to
          `learning_rate_init` and back, each twice as long as the one before.
        - 'flat_cosine': :class:`~scratchmlp.schedules.FlatCosine`, which is constant for half of
          the epochs and then falls to 0.
        - 'one_cycle': :class:`~scratchmlp.schedules.OneCycle`, which rises to `learning_rate_init`
          in the first 30% of the epochs and then falls to nearly 0.

        The last four change at every step. They span `max_iter` epochs, with the value of
        `max_iter` when training began. After these epochs they keep their last value, also if
        `warm_start` or `partial_fit` continues training. An object of one of these classes may have
        its own `n_epochs`. You can also pass a function that maps
        :class:`~scratchmlp.schedules.Progress` to the factor by which `learning_rate_init` is
        multiplied.

        If the learning rate is near 0, the loss hardly changes, so that training may stop early
        because of `tol`. ``n_iter_no_change=np.inf`` prevents this. A fit that reaches `max_iter`
        gives a ConvergenceWarning with every schedule, as in scikit-learn.
    learning_rate_init : float, default=0.001
        Initial learning rate, which the schedule multiplies by its factors. Not used by 'lbfgs'.
    power_t : float, default=0.5
        Exponent of the schedule 'invscaling'.
    max_iter : int, default=200
        Maximum number of epochs; each epoch uses every sample once. With 'lbfgs', maximum number of
        iterations.
    shuffle : bool, default=True
        Whether to shuffle the samples before each epoch. Not used by 'lbfgs', and without effect on
        full batches.
    random_state : int, RandomState instance or None, default=None
        Determines the initial weights, the validation split, the order of the samples and the
        dropout masks. Pass an int for reproducible results.
    tol : float, default=1e-4
        Smallest decrease of the training loss that counts as an improvement; with `early_stopping`,
        smallest increase of the validation score. 'lbfgs' converges when no component of the
        gradient exceeds `tol` in absolute value, or when the relative decrease of the objective in
        an iteration is at most 2.2e-5 · tol (and at most 2.2e-9).
    verbose : bool, default=False
        Whether to print a line for each epoch.
    warm_start : bool, default=False
        Whether `fit` continues where the last `fit` stopped, instead of starting from new weights.
        It then keeps the weights, the state of the optimizer, the learning rate, the random
        generator, the order of the samples and the validation split. The layer sizes must not
        change. Set `warm_start` before the first `fit`: otherwise that fit does not store the
        validation split and the order of the samples.
    momentum : float, default=0.9
        Momentum of 'sgd', in [0, 1].
    nesterovs_momentum : bool, default=True
        Whether 'sgd' uses Nesterov's momentum.
    early_stopping : bool, default=False
        Whether to stop training when the validation score no longer improves, and to keep the
        weights of the best epoch. The validation data are `X_val` and `y_val` of `fit` if you pass
        them. Otherwise `validation_fraction` of the samples are held out. `partial_fit` uses only
        `X_val` and never holds out samples. Early stopping works with every solver.
    validation_fraction : float, default=0.1
        Fraction of the samples that early stopping holds out, in [0, 1).
    beta_1 : float, default=0.9
        Decay rate of the moving average of gradients, in [0, 1). Used by 'adam', 'adamw' and
        'nadam'.
    beta_2 : float, default=0.999
        Decay rate of the moving average of squared gradients, in [0, 1). Used by 'adam', 'adamw'
        and 'nadam'.
    epsilon : float, default=1e-8
        Small number above 0 that avoids division by zero. Used by 'adam', 'adamw', 'nadam',
        'adagrad' and 'rmsprop'.
    n_iter_no_change : int or inf, default=10
        Maximum number of consecutive epochs without an improvement by `tol`; training stops after
        one more. 'lbfgs' uses it only with early stopping.
    max_fun : int, default=15000
        Maximum number of evaluations of the objective. Used only by 'lbfgs'.
    output_activation : {'auto', 'softmax', 'logistic', 'identity'}, default='auto'
        Activation of the output layer.

        - 'auto': the default of the loss. It is the exponential for ``loss='poisson'``, which
          supports no other, and the identity for all other losses. A Loss object keeps the output
          activation that you have set with :meth:`~scratchmlp.losses.Loss.with_output`.
        - 'softmax': shares of a whole, for two or more targets that sum to one. Of the losses in
          this package, only 'squared_error' supports it.
        - 'logistic': numbers between 0 and 1.
        - 'identity': any numbers.
    fit_intercept : bool, default=True
        Whether the layers have biases.
    weight_init : str or callable, default='glorot_uniform'
        Initializer of the weights and biases of each layer. n_in is its number of inputs.

        - 'glorot_uniform': as in scikit-learn (:func:`~scratchmlp.initializers.glorot_uniform`).
          The other initializers set all biases to zero.
        - 'he_normal', 'he_uniform': variance 2 / n_in, suited to 'relu'
          (:func:`~scratchmlp.initializers.he_normal`, :func:`~scratchmlp.initializers.he_uniform`).
        - 'lecun_normal': variance 1 / n_in, suited to 'selu'
          (:func:`~scratchmlp.initializers.lecun_normal`).
        - 'standard_normal': variance 1 (:func:`~scratchmlp.initializers.standard_normal`).

        A function of your own must have the parameters and return values of
        :func:`~scratchmlp.initializers.glorot_uniform`.
    dropout : float or tuple of float, default=0.0
        Probability that an output of a hidden layer is set to zero in training, in [0, 1), or a
        tuple with one probability for each hidden layer. Each batch has its own random mask, and
        the other outputs are divided by 1 - `dropout`
        (:func:`~scratchmlp.network.dropout_mask`). Predictions and validation scores use all units,
        whereas `loss_curve_` is computed with dropout. Not available with 'lbfgs'.
    scoring : str, callable or None, default=None
        Score on the validation data; a higher score is better.

        - None: R².
        - 'loss': the negative validation loss, without the penalty.
        - str: the name of a scorer, see :func:`sklearn.metrics.get_scorer_names`.
        - callable: ``scorer(estimator, X, y)``. X has the form that training uses: an array without
          column names, or a CSR matrix. If the samples have weights and the scorer has the
          parameter `sample_weight`, it receives them.

        A score that is nan, inf or not a number raises an error, unless training diverges.

    Attributes
    ----------
    coefs_ : list of ndarray of shape (n_in, n_out)
        Weights of each layer, as views of `theta_`. Assigning an array to an entry of the list
        changes the network. Each new `fit` creates new arrays.
    intercepts_ : list of ndarray of shape (n_out,)
        Biases of each layer, as views of `theta_`; read-only zeros if ``fit_intercept=False``.
    theta_ : ndarray of shape (n_parameters,)
        All parameters in one vector: first all weights, then all biases.
    n_parameters_ : int
        Number of parameters.
    n_layers_ : int
        Number of layers, including the input and the output.
    n_outputs_ : int
        Number of output units.
    out_activation_ : str
        Name of the output activation.
    n_features_in_ : int
        Number of features seen in `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features seen in `fit`, if all of them are strings.
    loss_ : float
        Training objective of the last epoch: the mean of loss plus penalty over its batches,
        computed before the step of each batch. With 'lbfgs', the objective at the solution.
    loss_curve_ : list of float
        Training objective of each epoch.
    best_loss_ : float or None
        Lowest value in `loss_curve_`; None with early stopping.
    validation_scores_ : list of float or None
        Score on the validation data after each epoch, see `scoring`; None without early stopping.
    best_validation_score_ : float or None
        Highest validation score; None without early stopping. A warm start scores the best weights
        so far again, on the latest validation data.
    best_epoch_ : int
        Epoch with the highest validation score, whose weights are kept. Without early stopping, the
        epoch with the lowest training objective.
    history_ : dict of list
        Training history, with one entry for each epoch in each list: "epoch", "loss",
        "validation_loss" and "score" (nan without validation data), "learning_rate" (of the first
        step of the epoch; nan with 'lbfgs') and "seconds". ``pandas.DataFrame(history_)`` converts
        it to a table.
    n_iter_ : int
        Number of epochs, or of iterations of 'lbfgs', in the last call of `fit`. After
        `partial_fit` it is 1, or 0 if the epoch diverged and the best weights were restored. An
        epoch that diverges does not count.
    t_ : int
        Number of training samples seen since the weights were drawn. Each sample counts once for
        each epoch. With 'lbfgs' it is 0.
    stop_reason_ : str
        Why training stopped.

    See Also
    --------
    ScratchMLPClassifier : The same network for classification.
    sklearn.neural_network.MLPRegressor : scikit-learn's regressor with the same parameters.

    Notes
    -----
    float32 input stays float32, and so do the parameters. Training on large data then takes about
    half the time of float64. Integers are converted to float64. Sparse input of any format is
    accepted and converted to CSR.

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

    loss: str | Loss = "squared_error"
    hidden_layer_sizes: Any = (100,)
    activation: Any = "relu"

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseMLP._parameter_constraints,
        "loss": [StrOptions(set(losses_for("regressor"))), Loss],
    }
    _metric = "R²"

    @available_if(has_partial_fit)
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
        """Continue training for one epoch, on the given samples.

        Available with every solver except 'lbfgs'.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Input data.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sample, relative to the other samples of this call.
        X_val : {array-like, sparse matrix} of shape (n_val_samples, n_features), default=None
            Validation data. Their loss and score are recorded in `history_`. With
            `early_stopping`, the weights of the best call are kept, and `stop_reason_` says when
            the score no longer improves.
        y_val : array-like of shape (n_val_samples,) or (n_val_samples, n_outputs), default=None
            Targets of the validation data.
        sample_weight_val : array-like of shape (n_val_samples,), default=None
            Weight of each validation sample. None means equal weights.

        Returns
        -------
        ScratchMLPRegressor
            The regressor itself.
        """
        given = X, y, sample_weight, (X_val, y_val, sample_weight_val)
        return self._fit(
            lambda estimator: in_memory.prepare(estimator, *given, incremental=True),
            incremental=True,
        )

    def predict(self, X: Any) -> FloatArray:
        """Predict the targets.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Input data.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Predictions, of shape (n_samples,) if there is one output.
        """
        return self._from_raw(X, lambda raw: check_outputs(self._predictions(raw)))

    def _predictions(self, raw: FloatArray) -> FloatArray:
        p = self._loss.predictions(raw)
        return p[:, 0] if p.shape[1] == 1 else p

    # Methods that BaseMLP requires.

    def _learn_targets(
        self, y: Any, *, resuming: bool, incremental: bool, classes: Any
    ) -> NumericTargets:
        return NumericTargets()

    def _loss_for(self, targets: NumericTargets) -> Loss:
        return self._make_loss()

    def _score_raw(self, y: Any, raw: FloatArray, sample_weight: Any) -> float:
        return scaled_r2(y, self._predictions(raw), sample_weight)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        loss: Any = LOSSES[self.loss]() if isinstance(self.loss, str) else self.loss
        # `fit` rejects a loss without valid `outputs`, which has no target range.
        valid = getattr(loss, "outputs", None) and loss.output in OUTPUT_ACTIVATIONS
        tags.target_tags.positive_only = bool(valid) and loss.target_range[0] >= 0
        return tags
