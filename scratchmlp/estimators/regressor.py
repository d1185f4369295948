"""The neural network regressor."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from sklearn.base import RegressorMixin, _fit_context
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.metaestimators import available_if

from scratchmlp.activations import OUTPUT_ACTIVATIONS
from scratchmlp.arrays import FloatArray
from scratchmlp.estimators.base import BaseMLP, fit_rows, has_partial_fit
from scratchmlp.estimators.in_memory import RowsInMemory
from scratchmlp.estimators.prepared import Source
from scratchmlp.estimators.targets import RegressionTargets
from scratchmlp.estimators.validation import check_outputs
from scratchmlp.losses import LOSSES, Loss, losses_for
from scratchmlp.utils.public import public


@public("scratchmlp")
@dataclass(eq=False, repr=False)
class ScratchMLPRegressor(RegressorMixin, BaseMLP):
    """Multilayer perceptron regressor, hand-written in NumPy.

    It has the parameters of :class:`sklearn.neural_network.MLPRegressor`, with the same meaning,
    and more. See :doc:`/networks`.

    Parameters
    ----------
    loss : {'squared_error', 'poisson', 'absolute_error', 'huber', 'quantile'} or Loss, \
            default='squared_error'
        Loss to minimize, or an object such as ``QuantileLoss(quantile=0.9)``; see
        :mod:`~scratchmlp.losses`. 'squared_error' predicts means, 'poisson' positive means of
        targets of at least 0, 'absolute_error' and 'quantile' medians. 'huber' is squared for
        errors up to 1 and absolute for larger ones.
    hidden_layer_sizes : int or array-like of int, default=(100,)
        Number of units of each hidden layer; ``()`` gives a linear model.
    activation : str, Activation or tuple of these, default='relu'
        Activation of all hidden layers, or a tuple with one for each: 'identity', 'logistic',
        'tanh', 'relu', 'leaky_relu', 'elu', 'selu', 'gelu', 'silu', 'mish', 'softplus', or an
        object like :class:`~scratchmlp.activations.Activation`.
    solver : str or Optimizer, default='adam'
        'sgd', 'adagrad', 'rmsprop', 'adam', 'adamw' or 'nadam' of :mod:`~scratchmlp.optimizers`, or
        'lbfgs' (in float64, without batches or a learning rate). An Optimizer object ignores
        `momentum`, `nesterovs_momentum`, `beta_1`, `beta_2` and `epsilon`.
    alpha : float, default=0.0001
        Strength of the L2 penalty α/2 ‖W‖² of all weights, divided by the number of samples in the
        batch and by the mean of `sample_weight`. Full batches without hidden layers give the
        weights of Ridge.
    batch_size : int, 'auto' or 'full', default='auto'
        Samples in a mini-batch. 'auto' means ``min(200, n_samples)``.
    learning_rate : str, Schedule or callable, default='constant'
        Learning-rate schedule.

        - 'constant': `learning_rate_init`.
        - 'invscaling', only for 'sgd': ``learning_rate_init / (t + 1) ** power_t`` after t samples.
        - 'adaptive', only for 'sgd': divided by five when training would stop, down to 1e-6.
        - 'cosine', 'coslog4', 'flat_cosine', 'one_cycle', a Schedule, or a function from Progress
          to a factor: see :mod:`~scratchmlp.schedules`.
    learning_rate_init : float, default=0.001
        Initial learning rate.
    power_t : float, default=0.5
        Exponent of 'invscaling'.
    max_iter : int, default=200
        Maximum number of epochs, or of iterations of 'lbfgs'.
    shuffle : bool, default=True
        Whether to shuffle the samples before each epoch.
    random_state : int, RandomState instance or None, default=None
        Determines initial weights, validation split, order of samples and dropout.
    tol : float, default=1e-4
        Smallest improvement of the training loss, or with `early_stopping` of the validation score.
        'lbfgs' ends if no component of the gradient exceeds `tol`, or if the objective falls by at
        most a fraction of min(2.2e-5 tol, 2.2e-9).
    verbose : bool, default=False
        Whether to print a line for each epoch.
    warm_start : bool, default=False
        Whether `fit` continues where the last `fit` stopped. Set it before the first `fit`.
    momentum : float, default=0.9
        Momentum of 'sgd', in [0, 1].
    nesterovs_momentum : bool, default=True
        Whether 'sgd' uses Nesterov's momentum.
    early_stopping : bool, default=False
        Whether to stop when the validation score no longer improves, and keep the best weights.
        Without `X_val`, `fit` holds out samples.
    validation_fraction : float, default=0.1
        Fraction of the samples held out, in [0, 1).
    beta_1 : float, default=0.9
        Decay rate of the mean gradient in 'adam', 'adamw' and 'nadam', in [0, 1).
    beta_2 : float, default=0.999
        Decay rate of the mean squared gradient, in [0, 1).
    epsilon : float, default=1e-8
        Number above 0 that avoids division by zero, also in 'adagrad' and 'rmsprop'.
    n_iter_no_change : int or inf, default=10
        Training stops after more epochs in a row without improvement ('lbfgs' only with
        `early_stopping`). Schedules that fall to 0 may need ``np.inf``.
    max_fun : int, default=15000
        Maximum number of evaluations of the objective by 'lbfgs'.
    output_activation : {'auto', 'softmax', 'logistic', 'identity'}, default='auto'
        Activation of the output layer.

        - 'auto': that of a Loss object, if set; otherwise the exponential for 'poisson', which
          takes no other, and the identity.
        - 'softmax': two or more targets that sum to one, for 'squared_error' only.
        - 'logistic': numbers between 0 and 1; 'identity': any numbers.
    fit_intercept : bool, default=True
        Whether the layers have biases.
    weight_init : str or callable, default='glorot_uniform'
        'glorot_uniform', 'he_normal', 'he_uniform', 'lecun_normal', 'standard_normal', or a
        function like :func:`~scratchmlp.initializers.glorot_uniform`.
    dropout : float or tuple of float, default=0.0
        Probability that a hidden unit is set to zero in a training step, in [0, 1), or a tuple with
        one for each layer. Not with 'lbfgs'.
    scoring : str, callable or None, default=None
        Validation score; higher is better. None means R², and 'loss' the negative loss
        without the penalty. Otherwise a scorer of scikit-learn, or a function
        ``scorer(estimator, X, y)``, which gets X as an array or CSR matrix.

    Attributes
    ----------
    coefs_ : list of ndarray of shape (n_in, n_out)
        Weights of each layer, views of `theta_`. Assigning to an entry changes the network, and
        gives it a new `theta_`: what was read before stays as it was.
    intercepts_ : list of ndarray of shape (n_out,)
        Biases of each layer, views of `theta_`; read-only zeros without biases.
    theta_ : ndarray of shape (n_parameters,)
        All weights, then all biases.
    n_parameters_, n_layers_, n_outputs_ : int
        Numbers of parameters, of layers (with input and output) and of output units.
    out_activation_ : str
        Name of the output activation.
    n_features_in_, feature_names_in_ : int, ndarray of str
        Number of features, and their names if strings.
    loss_curve_ : list of float
        Training objective, loss plus penalty, of each epoch: the mean before each step. Squared
        errors of several targets are averaged; training minimizes their sum.
    loss_, best_loss_ : float
        Last and lowest value in `loss_curve_`; the latter is None with early stopping.
    validation_scores_, best_validation_score_ : list of float, float
        Validation score of each epoch, and the highest; None without early stopping.
    best_epoch_ : int
        Epoch whose weights early stopping keeps; otherwise that of the lowest objective.
    history_ : dict of list
        "epoch", "loss", "validation_loss" and "score" (nan without validation data),
        "learning_rate" (of the first step) and "seconds" of each epoch.
    n_iter_ : int
        Number of epochs, or of iterations of 'lbfgs', in the last `fit`.
    t_ : int
        Number of samples seen in all epochs; 0 with 'lbfgs'.
    stop_reason_ : str
        Why training stopped.

    See Also
    --------
    ScratchMLPClassifier : The same network for classification.

    Notes
    -----
    float32 input stays float32, which is faster. Integers become float64, sparse input CSR.

    References
    ----------
    Rumelhart, Hinton and Williams, "Learning representations by back-propagating errors",
    Nature 323, 1986.

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
            the score no longer improves. None means none: no samples are held out.
        y_val : array-like of shape (n_val_samples,) or (n_val_samples, n_outputs), default=None
            Targets of the validation data.
        sample_weight_val : array-like of shape (n_val_samples,), default=None
            Weight of each validation sample. None means equal weights.

        Returns
        -------
        ScratchMLPRegressor
            The regressor itself.
        """
        given, validation = (X, y, sample_weight), (X_val, y_val, sample_weight_val)
        return fit_rows(self, RowsInMemory(given, validation, incremental=True))

    @_fit_context(prefer_skip_nested_validation=True)
    def initialize(self, X: Any, y: Any) -> Self:
        """Draw the weights of a network and do not train it.

        `coefs_` and `intercepts_` can then be read and set. `partial_fit`, and `fit` with
        `warm_start`, train on from there. A fitted estimator begins anew.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Input data, for the number and the names of the features; one sample is enough.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets, for the number of outputs.

        Returns
        -------
        ScratchMLPRegressor
            The regressor itself.
        """
        return self._set_up(X, y)

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
        return self._from_raw(
            X, lambda raw: check_outputs(self._targets.predictions(raw, self._loss))
        )

    # Methods that BaseMLP requires.

    _targets = RegressionTargets()

    def _learn_targets(self, y: Any, rows: Source, *, resuming: bool) -> RegressionTargets:
        return self._targets

    def _loss_for(self, targets: RegressionTargets) -> Loss:
        return self._make_loss()

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        loss: Any = LOSSES[self.loss]() if isinstance(self.loss, str) else self.loss
        # `fit` rejects a loss without valid `outputs`, which has no target range.
        valid = getattr(loss, "outputs", None) and loss.output in OUTPUT_ACTIVATIONS
        tags.target_tags.positive_only = bool(valid) and loss.target_range[0] >= 0
        return tags
