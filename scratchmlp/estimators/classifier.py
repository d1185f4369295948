"""The neural network classifier."""

from dataclasses import KW_ONLY, dataclass, field
from types import SimpleNamespace
from typing import Any, ClassVar, Self

from numpy.typing import NDArray
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import _check_partial_fit_first_call
from sklearn.utils.validation import check_is_fitted

from scratchmlp.arrays import FloatArray
from scratchmlp.estimators.base import BaseMLP, fit_rows, has_partial_fit
from scratchmlp.estimators.in_memory import RowsInMemory
from scratchmlp.estimators.parameters import refuse_own_outputs
from scratchmlp.estimators.prepared import Source
from scratchmlp.estimators.targets import MULTILABEL, ClassLabels, classes_of
from scratchmlp.losses import Loss, losses_for
from scratchmlp.utils.public import public


def has_probabilities(classifier: "ScratchMLPClassifier") -> bool:
    """Check whether predict_proba exists, for ``available_if``; raise an error if it does not."""
    if getattr(classifier, "out_activation_", classifier.output_activation) == "identity":
        raise AttributeError(
            "Probabilities are not available: the output activation 'identity' gives raw scores. "
            "Use decision_function, or fit with another output_activation or loss."
        )
    return True


@public("scratchmlp")
@dataclass(eq=False, repr=False)
class ScratchMLPClassifier(ClassifierMixin, BaseMLP):
    """Multilayer perceptron classifier, hand-written in NumPy.

    It has the parameters of :class:`sklearn.neural_network.MLPClassifier`, with the same meaning,
    and more. See :doc:`/networks`.

    Parameters
    ----------
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
        batch and by the mean of `sample_weight`.
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
        Without `X_val`, `fit` holds out samples, stratified for two classes.
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
    loss : {'log_loss', 'squared_error', 'focal'} or Loss, default='log_loss'
        Loss to minimize, or an object such as ``LogLoss(label_smoothing=0.1)``; see
        :mod:`~scratchmlp.losses`. 'squared_error' compares outputs with one-hot targets.
    output_activation : {'auto', 'softmax', 'logistic', 'identity'}, default='auto'
        Activation of the output layer.

        - 'auto': that of a Loss object, if set; otherwise 'softmax' for three or more classes and
          'logistic' for two or multilabel targets, if the loss supports it.
        - 'softmax': probabilities of exclusive classes.
        - 'logistic': a probability for each class. `predict_proba` divides those of three or more
          exclusive classes by their sum.
        - 'identity': scores for targets of -1 and 1, without `predict_proba`, for 'squared_error'
          only.
    fit_intercept : bool, default=True
        Whether the layers have biases.
    weight_init : str or callable, default='glorot_uniform'
        'glorot_uniform', 'he_normal', 'he_uniform', 'lecun_normal', 'standard_normal', or a
        function like :func:`~scratchmlp.initializers.glorot_uniform`.
    dropout : float or tuple of float, default=0.0
        Probability that a hidden unit is set to zero in a training step, in [0, 1), or a tuple with
        one for each layer. Not with 'lbfgs'.
    scoring : str, callable or None, default=None
        Validation score; higher is better. None means accuracy, and 'loss' the negative loss
        without the penalty. Otherwise a scorer of scikit-learn, or a function
        ``scorer(estimator, X, y)``, which gets X as an array or CSR matrix.
    class_weight : dict, list of dict, 'balanced' or None, default=None
        Weights of the classes, multiplied by `sample_weight`, in validation too. Classes not in the
        dict have weight 1. 'balanced' (not for `partial_fit`) means inverse class frequencies.
        Multilabel targets take a list with a dict for each column.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels, sorted.
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
        Training objective, loss plus penalty, of each epoch: the mean before each step.
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
    ScratchMLPRegressor : The same network for regression.

    Notes
    -----
    float32 input stays float32, which is faster. Integers become float64, sparse input CSR.

    References
    ----------
    Rumelhart, Hinton and Williams, "Learning representations by back-propagating errors",
    Nature 323, 1986.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from scratchmlp import ScratchMLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
    >>> network = ScratchMLPClassifier(hidden_layer_sizes=(8,), solver="lbfgs", alpha=1.0,
    ...                                random_state=0)
    >>> model = make_pipeline(StandardScaler(), network).fit(X_train, y_train)
    >>> round(model.score(X_test, y_test), 2)
    1.0
    >>> model.predict_proba(X_test[:1]).round(2)
    array([[0.99, 0.01, 0.  ]])
    """

    hidden_layer_sizes: Any = (100,)
    activation: Any = "relu"
    _: KW_ONLY
    loss: str | Loss = "log_loss"
    class_weight: Any = None

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseMLP._parameter_constraints,
        "loss": [StrOptions(set(losses_for("classifier"))), Loss],
        "class_weight": [StrOptions({"balanced"}), dict, list, None],
    }
    _metric = "accuracy"

    classes_: NDArray[Any] = field(init=False)
    _kind: str = field(init=False)
    _binarizer: LabelBinarizer | None = field(init=False)

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
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Input data.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Class labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sample, relative to the other samples of this call: they are divided by
            their mean, unlike class weights. Not all may be 0.
        classes : array-like of shape (n_classes,), default=None
            All classes of this and all later calls. Required in the first call, optional later.
        X_val : {array-like, sparse matrix} of shape (n_val_samples, n_features), default=None
            Validation data. Their loss and score are recorded in `history_`. With
            `early_stopping`, the weights of the best call are kept, and `stop_reason_` says when
            the score no longer improves. None means none: no samples are held out.
        y_val : array-like of shape (n_val_samples,) or (n_val_samples, n_labels), default=None
            Class labels of the validation data. All of them must be known classes.
        sample_weight_val : array-like of shape (n_val_samples,), default=None
            Weight of each validation sample. None means equal weights.

        Returns
        -------
        ScratchMLPClassifier
            The classifier itself.

        Raises
        ------
        ValueError
            If `classes` is missing in the first call, if `y` contains a class that is not in
            `classes`, or if ``class_weight="balanced"``.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from scratchmlp import ScratchMLPClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> network = ScratchMLPClassifier(learning_rate_init=0.01, random_state=0)
        >>> for start in range(3):
        ...     network = network.partial_fit(X[start::3], y[start::3], classes=[0, 1, 2])
        >>> network.t_
        150
        """
        if isinstance(self.class_weight, str) and self.class_weight == "balanced":
            raise ValueError(
                "class_weight='balanced' is not supported for partial_fit, because the frequencies "
                "of the classes in later calls are unknown. Compute the weights from some of the "
                "data and pass them as class_weight: weights = compute_class_weight("
                "'balanced', classes=classes, y=y); class_weight = dict(zip(classes, weights))."
            )
        given, validation = (X, y, sample_weight), (X_val, y_val, sample_weight_val)
        return fit_rows(self, RowsInMemory(given, validation, incremental=True, classes=classes))

    @_fit_context(prefer_skip_nested_validation=True)
    def initialize(self, X: Any, y: Any, *, classes: Any = None) -> Self:
        """Draw the weights of a network and do not train it.

        `coefs_` and `intercepts_` can then be read and set. `partial_fit`, and `fit` with
        `warm_start`, train on from there. A fitted estimator begins anew.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Input data, for the number and the names of the features; one sample is enough.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Class labels, or an indicator matrix for multilabel targets.
        classes : array-like of shape (n_classes,), default=None
            All classes. None means the classes in `y`.

        Returns
        -------
        ScratchMLPClassifier
            The classifier itself.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from scratchmlp import ScratchMLPClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> network = ScratchMLPClassifier((3,), random_state=0)
        >>> network = network.initialize(X[:1], y[:1], classes=[0, 1, 2])
        >>> network.coefs_[0] = [[0, 0, 1], [0, 0, 0], [0, 1, 0], [1, 0, 0]]
        >>> network.n_iter_, network.predict(X).shape
        (0, (150,))
        """
        return self._set_up(X, y, classes)

    def predict(self, X: Any) -> Any:
        """Predict the class with the highest score; each label separately for multilabel targets.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Input data.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
            Class labels. For multilabel targets, an indicator matrix, which is sparse if `y` was.
        """
        return self._from_raw(X, lambda raw: self._targets.labels(raw))

    def decision_function(self, X: Any) -> FloatArray:
        """Compute the raw scores, before the output activation.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Input data.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            Raw scores. For two classes there is one score for each sample, which is positive if the
            second class is predicted. It is the log-odds of this class, unless the output
            activation is 'identity'.
        """
        return self._from_raw(X, lambda raw: self._targets.decision(raw))

    @available_if(has_probabilities)
    def predict_proba(self, X: Any) -> FloatArray:
        """Predict the probability of each class.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Input data.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Probabilities, with columns in the order of `classes_`. Each row sums to one, except for
            multilabel targets, where each column is the probability of a label. No probability is
            0, and no probability of a label is 1, so that logarithms are finite.
        """
        return self._from_raw(X, lambda raw: self._targets.probabilities(raw, self._loss))

    @available_if(has_probabilities)
    def predict_log_proba(self, X: Any) -> FloatArray:
        """Predict the logarithm of the probability of each class.

        It is computed from the raw scores, so that it is accurate even for tiny probabilities. The
        smallest value is the logarithm of the smallest normal number. For multilabel targets, it is
        the logarithm of `predict_proba`, whose values are accurate near 0 and stay below 1.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Input data.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Log-probabilities, with columns in the order of `classes_`.
        """
        return self._from_raw(X, lambda raw: self._targets.log_probabilities(raw, self._loss))

    # Methods that BaseMLP requires.

    @property
    def _targets(self) -> ClassLabels:
        """The kind of the targets and their classes, as learned in `fit`."""
        return ClassLabels(self._kind, self.classes_, self._binarizer, self.class_weight)

    @property
    def _label_binarizer(self) -> LabelBinarizer:
        """scikit-learn's name for what turns labels into columns, which other libraries read."""
        check_is_fitted(self)
        return self._binarizer or LabelBinarizer().fit(self.classes_)

    def _learn_targets(self, y: Any, rows: Source, *, resuming: bool) -> ClassLabels:
        present, given = classes_of(y), None
        if rows.may_lack_classes:
            # scikit-learn's check sets classes_ on what it is given.
            known = SimpleNamespace(classes_=self.classes_ if resuming else None)
            _check_partial_fit_first_call(known, rows.classes)
            given = known.classes_
        if resuming:
            targets = self._targets
        else:
            targets = ClassLabels.learn(y, present, given, self.class_weight)
        if resuming or rows.may_lack_classes:
            targets.check(y, present, all_classes=not rows.may_lack_classes)
        return targets

    def _loss_for(self, targets: ClassLabels) -> Loss:
        loss = self._make_loss(auto="softmax" if targets.kind == "multiclass" else "logistic")
        if targets.kind == MULTILABEL and loss.output == "softmax":
            raise ValueError(
                "output_activation='softmax' requires exclusive classes, but y is an indicator "
                "matrix of several labels. Choose 'logistic' or 'auto', and a loss that "
                f"has 'logistic' among its outputs; got loss={self.loss!r}."
            )
        refuse_own_outputs(loss, self)
        if loss.output == "exp":
            raise ValueError(
                "The outputs of a classifier must be probabilities or raw scores, but those of "
                f"loss={self.loss!r} are exponentials. In its class, put 'softmax', 'logistic' or "
                "'identity' first in outputs, or set estimator_types = ('regressor',)."
            )
        return loss

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
