"""The neural network classifier."""

from dataclasses import KW_ONLY, dataclass, field
from types import SimpleNamespace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_expit, log_softmax
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.metrics import accuracy_score
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import (
    _check_partial_fit_first_call,
)

from scratchmlp.activations import OUTPUT_ACTIVATIONS
from scratchmlp.arrays import FloatArray
from scratchmlp.estimators import in_memory
from scratchmlp.estimators.base import BaseMLP, has_partial_fit
from scratchmlp.estimators.parameters import refuse_own_outputs
from scratchmlp.estimators.targets import MULTILABEL, ClassTargets, classes_of
from scratchmlp.losses import Loss, losses_for
from scratchmlp.public import public


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

    It has all parameters of :class:`sklearn.neural_network.MLPClassifier`, with the same names,
    order, defaults and meaning, and some more after them. It supports two or more classes, and
    multilabel targets if `y` is an indicator matrix.

    Parameters
    ----------
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
        `sample_weight`. On full batches and without hidden layers, ``alpha=a`` has the same minimum
        as LogisticRegression with ``C=1/a``.
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
        them. Otherwise `validation_fraction` of the samples are held out; the split is stratified
        if there are two classes. `partial_fit` uses only `X_val` and never holds out samples. Early
        stopping works with every solver.
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
    loss : {'log_loss', 'squared_error', 'focal'} or Loss, default='log_loss'
        Loss that training minimizes.

        - 'log_loss': :class:`~scratchmlp.losses.LogLoss`, cross-entropy.
        - 'squared_error': :class:`~scratchmlp.losses.SquaredError`, half the squared distance
          between outputs and one-hot targets.
        - 'focal': :class:`~scratchmlp.losses.FocalLoss`, cross-entropy with a lower weight on
          samples that are already predicted well. Probabilities get less extreme; for rare classes,
          a threshold is the better remedy: see :doc:`/imbalance`.

        A loss object has its own hyper-parameters, for instance ``LogLoss(label_smoothing=0.1)`` or
        ``FocalLoss(gamma=1)``. Your own class must be derived from
        :class:`~scratchmlp.losses.Loss`.
    output_activation : {'auto', 'softmax', 'logistic', 'identity'}, default='auto'
        Activation of the output layer.

        - 'auto': 'softmax' for more than two classes, 'logistic' for two classes and for multilabel
          targets. If the loss does not support this activation, its own default is used. A Loss
          object keeps the output activation that you have set with
          :meth:`~scratchmlp.losses.Loss.with_output`.
        - 'softmax': probabilities of exclusive classes, with two outputs for two classes. Not
          available for multilabel targets.
        - 'logistic': a separate probability for each class. If there are more than two classes,
          `predict_proba` divides these probabilities by their sum.
        - 'identity': raw scores without probabilities. Of the losses in this package, only
          'squared_error' supports it. Targets are then -1 and 1, and `predict_proba` does not
          exist.
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
    class_weight : dict, list of dict, 'balanced' or None, default=None
        Weights of the classes, by which `sample_weight` is multiplied.

        - None: all classes have weight 1.
        - dict: maps class labels to weights. Classes that are not in the dict have weight 1; all
          keys must then be classes. `partial_fit` divides sample weights by their mean over the
          samples of the call; it does not do this with class weights. So if all samples of a call
          are of classes of weight 0, only the L2 penalty acts.
        - 'balanced': weights inversely proportional to the frequencies of the classes in `y`,
          weighted by `sample_weight` (:func:`~sklearn.utils.class_weight.compute_class_weight`).
          Not available for `partial_fit`, which does not see all samples.

        For multilabel targets, pass a list with one dict for each column of `y`; the weights of all
        columns of a sample are multiplied. Validation loss and score use the same class weights;
        'balanced' computes them from the samples passed to `fit`.
    dropout : float or tuple of float, default=0.0
        Probability that an output of a hidden layer is set to zero in training, in [0, 1), or a
        tuple with one probability for each hidden layer. Each batch has its own random mask, and
        the other outputs are divided by 1 - `dropout`
        (:func:`~scratchmlp.network.dropout_mask`). Predictions and validation scores use all units,
        whereas `loss_curve_` is computed with dropout. Not available with 'lbfgs'.
    scoring : str, callable or None, default=None
        Score on the validation data; a higher score is better.

        - None: accuracy.
        - 'loss': the negative validation loss, without the penalty.
        - str: the name of a scorer, see :func:`sklearn.metrics.get_scorer_names`.
        - callable: ``scorer(estimator, X, y)``. X has the form that training uses: an array without
          column names, or a CSR matrix. If the samples have weights and the scorer has the
          parameter `sample_weight`, it receives them.

        A score that is nan, inf or not a number raises an error, unless training diverges.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels, sorted.
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
    ScratchMLPRegressor : The same network for regression.
    sklearn.neural_network.MLPClassifier : scikit-learn's classifier with the same parameters.

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
    _label_binarizer: LabelBinarizer | None = field(init=False)

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
            Weight of each sample, relative to the other samples of this call. Not all may be 0.
        classes : array-like of shape (n_classes,), default=None
            All classes of this and all later calls. Required in the first call, optional later.
        X_val : {array-like, sparse matrix} of shape (n_val_samples, n_features), default=None
            Validation data. Their loss and score are recorded in `history_`. With
            `early_stopping`, the weights of the best call are kept, and `stop_reason_` says when
            the score no longer improves.
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
        """
        if isinstance(self.class_weight, str) and self.class_weight == "balanced":
            raise ValueError(
                "class_weight='balanced' is not supported for partial_fit, because the frequencies "
                "of the classes in later calls are unknown. Compute the weights from some of the "
                "data and pass them as class_weight: weights = compute_class_weight("
                "'balanced', classes=classes, y=y); class_weight = dict(zip(classes, weights))."
            )
        given = X, y, sample_weight, (X_val, y_val, sample_weight_val)
        return self._fit(
            lambda estimator: in_memory.prepare(
                estimator, *given, incremental=True, classes=classes
            ),
            incremental=True,
        )

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
        return self._from_raw(X, self._labels)

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
        return self._from_raw(X, self._decision)

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
        return self._from_raw(X, self._proba)

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
        return self._from_raw(X, self._finite_log_proba)

    def _proba(self, raw: FloatArray) -> FloatArray:
        """Turn raw scores into probabilities: accurate near 0, but never 0."""
        kind = self._kind
        if kind == MULTILABEL:
            p = np.minimum(expit(raw), 1 - np.finfo(raw.dtype).epsneg)
        elif self._loss.output == "softmax" and len(self.classes_) > 1:
            p = OUTPUT_ACTIVATIONS["softmax"].forward(raw, out=raw)
        else:
            p = np.exp(self._log_proba(raw))
        return np.maximum(p, np.finfo(p.dtype).tiny, out=p)

    def _finite_log_proba(self, raw: FloatArray) -> FloatArray:
        """Turn raw scores into log-probabilities, none of which is below that of `_proba`."""
        if self._kind == MULTILABEL:
            return np.log(self._proba(raw))
        log_p = self._log_proba(raw)
        return np.maximum(log_p, np.log(np.finfo(log_p.dtype).tiny), out=log_p)

    def _log_proba(self, raw: FloatArray) -> FloatArray:
        """Turn raw scores into log-probabilities of exclusive classes."""
        if len(self.classes_) == 1:
            return np.zeros((len(raw), 1), raw.dtype)
        if self._loss.output == "softmax":
            return log_softmax(raw, axis=1)
        if self._kind == "binary":
            return log_expit(np.hstack([-raw, raw]))
        return log_softmax(log_expit(raw), axis=1)

    def _decision(self, raw: FloatArray) -> FloatArray:
        if self._kind != "binary":
            return raw
        return raw[:, 0] if raw.shape[1] == 1 else raw[:, 1] - raw[:, 0]

    def _labels(self, raw: FloatArray) -> Any:
        return self._targets.labels(self._decision(raw))

    # Methods that BaseMLP requires.

    @property
    def _targets(self) -> ClassTargets:
        """The kind of the targets and their classes, as learned in `fit`."""
        return ClassTargets(self._kind, self.classes_, self._label_binarizer, self.class_weight)

    def _learn_targets(
        self, y: Any, *, resuming: bool, incremental: bool, classes: Any
    ) -> ClassTargets:
        present = classes_of(y)
        # scikit-learn's check sets classes_ on what it is given.
        known = SimpleNamespace(classes_=getattr(self, "classes_", None))
        first = _check_partial_fit_first_call(known, classes) if incremental else not resuming
        if first:
            given = known.classes_ if incremental else None
            targets = ClassTargets.learn(y, present, given, self.class_weight)
        else:
            targets = self._targets
        if incremental or resuming:
            targets.check(y, present, all_classes=not incremental)
        return targets

    def _loss_for(self, targets: ClassTargets) -> Loss:
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

    def _score_raw(self, y: Any, raw: FloatArray, sample_weight: Any) -> float:
        return float(accuracy_score(y, self._labels(raw), sample_weight=sample_weight))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
