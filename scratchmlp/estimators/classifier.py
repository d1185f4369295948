"""The classifier: class labels in, probabilities out."""

from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np
from scipy.sparse import issparse
from scipy.special import expit, log_expit, log_softmax
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.metrics import accuracy_score
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import (
    _check_partial_fit_first_call,
    check_classification_targets,
    type_of_target,
    unique_labels,
)

from scratchmlp.activations import OUTPUT_ACTIVATIONS
from scratchmlp.arrays import FloatArray
from scratchmlp.estimators.base import BaseMLP, _first_order
from scratchmlp.initializers import Initializer
from scratchmlp.losses import Loss, losses_for
from scratchmlp.optimizers import Optimizer
from scratchmlp.schedules import Progress


def _has_probabilities(classifier: "ScratchMLPClassifier") -> bool:
    """Tell whether predict_proba exists, for ``available_if``; it raises an error that says why."""
    if getattr(classifier, "out_activation_", classifier.output_activation) == "identity":
        raise AttributeError(
            "The output activation 'identity' gives scores, not probabilities. Use "
            "decision_function, or fit with another output_activation or loss."
        )
    return True


class ScratchMLPClassifier(ClassifierMixin, BaseMLP):
    """Multilayer perceptron classifier, hand-written in NumPy.

    It takes the parameters of :class:`sklearn.neural_network.MLPClassifier`, with the same names,
    order, defaults and meaning, and adds some. It classifies two or more classes, and several
    labels at once when `y` is an indicator matrix.

    Parameters
    ----------
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
        else `validation_fraction` of the rows, stratified if there are two classes. Acts with
        every solver. `partial_fit` looks at `X_val` alone.
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
    loss : {'log_loss', 'squared_error', 'focal'} or Loss, default='log_loss'
        What training makes small.

        - 'log_loss': :class:`~scratchmlp.losses.LogLoss`, cross-entropy.
        - 'squared_error': :class:`~scratchmlp.losses.SquaredError`, half the squared distance
          between outputs and one-hot targets.
        - 'focal': :class:`~scratchmlp.losses.FocalLoss`, cross-entropy that counts well-predicted
          rows for less, for classes of which one is rare or hard.

        An object of one of these classes has its own hyper-parameters:
        ``LogLoss(label_smoothing=0.1)``, ``FocalLoss(gamma=1)``. So has one of your own class that
        derives from :class:`~scratchmlp.losses.Loss`.
    output_activation : {'auto', 'softmax', 'logistic', 'identity'}, default='auto'
        Activation of the output layer.

        - 'auto': 'softmax' for more than two classes, 'logistic' for two and for multilabel; a
          loss that does not have it takes its own, and a Loss that was given one keeps it
          (:meth:`~scratchmlp.losses.Loss.with_output`).
        - 'softmax': probabilities of exclusive classes; two outputs for two classes. Not for
          multilabel targets.
        - 'logistic': a yes-or-no question for each class; `predict_proba` divides the answers
          by their sum when there are more than two classes.
        - 'identity': of the losses here with 'squared_error' only. Targets are then -1 and 1
          and there is no `predict_proba`.
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
    class_weight : dict, list of dict, 'balanced' or None, default=None
        Weights of the classes, by which `sample_weight` is multiplied.

        - None: one for each.
        - dict: from class label to weight. Where every key is a class, other classes have weight
          one. In `partial_fit`, where the weights of rows are relative to the other rows of the
          call, those of classes act as they are.
        - 'balanced': inversely proportional to the frequencies of the classes in `y`, weighted by
          `sample_weight` (:func:`~sklearn.utils.class_weight.compute_class_weight`). Not for
          `partial_fit`, which does not see all rows.

        For multilabel targets a list with a dict for each column; the weights of a row's columns
        are multiplied. Validation loss and score are weighted in the same way, with the weights
        that were found on the rows of `fit`.
    dropout : float or tuple of float, default=0.0
        Probability with which training sets an output of a hidden layer to zero, anew for each
        batch, in [0, 1); or a tuple with one for each hidden layer. The other outputs are divided
        by 1 - `dropout` (:func:`~scratchmlp.network.dropout_mask`). Predictions and validation
        scores use all units; `loss_curve_` is of the thinned network. Not with 'lbfgs'.
    scoring : str, callable or None, default=None
        What the score on validation data is; higher is better.

        - None: the accuracy.
        - 'loss': the negative loss, without penalty.
        - str: a scorer's name, see :func:`sklearn.metrics.get_scorer_names`.
        - callable: ``scorer(estimator, X, y)``, which gets X as training has it: an array, without
          names, or a CSR matrix. One that takes `sample_weight` gets the weights of the rows, if
          there are any.

        A score that is nan or inf, or no number, is an error, unless training diverges.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels, sorted.
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
    ScratchMLPRegressor : The same network for numbers.
    sklearn.neural_network.MLPClassifier : The estimator whose parameters these are.

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

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseMLP._parameter_constraints,
        "loss": [StrOptions(set(losses_for("classifier"))), Loss],
        "class_weight": [StrOptions({"balanced"}), dict, list, None],
    }
    _metric = "accuracy"

    def __init__(
        self,
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
        loss: str | Loss = "log_loss",
        output_activation: str = "auto",
        fit_intercept: bool = True,
        weight_init: str | Initializer = "glorot_uniform",
        class_weight: Any = None,
        dropout: Any = 0.0,
        scoring: Any = None,
    ) -> None:
        super().__init__(
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
            loss=loss,
            output_activation=output_activation,
            fit_intercept=fit_intercept,
            weight_init=weight_init,
            dropout=dropout,
            scoring=scoring,
        )
        self.class_weight = class_weight

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
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Class labels of any type, or an indicator matrix of several labels at once.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, at least 0 and not all 0; None is one for each. A row of weight
            0 is not trained on, as if absent, and on full batches an integer weight equals as
            many repeated rows.
        X_val : {array-like, sparse matrix} of shape (n_val_samples, n_features), default=None
            Validation data: their loss and score are recorded in `history_` after each epoch.
            With `early_stopping` they take the place of the rows that it would hold out, and must
            be at least 2.
        y_val : array-like of shape (n_val_samples,) or (n_val_samples, n_labels), default=None
            Their class labels, of classes that `y` has too.
        sample_weight_val : array-like of shape (n_val_samples,), default=None
            Their weights.

        Returns
        -------
        ScratchMLPClassifier
            The fitted classifier itself.

        Raises
        ------
        ValueError
            If a parameter or the data break a rule. A fit that fails leaves the classifier as
            it was.
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
        classes: Any = None,
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
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Class labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, relative to the other rows of this call.
        classes : array-like of shape (n_classes,), default=None
            All classes that any call will see. Required in the first call, optional later.
        X_val : {array-like, sparse matrix} of shape (n_val_samples, n_features), default=None
            Validation data: their loss and score are recorded in `history_`. With
            `early_stopping` the weights of the best call are kept, and `stop_reason_` says when
            the score has stopped to improve.
        y_val : array-like of shape (n_val_samples,) or (n_val_samples, n_labels), default=None
            Their class labels, of known classes.
        sample_weight_val : array-like of shape (n_val_samples,), default=None
            Their weights.

        Returns
        -------
        ScratchMLPClassifier
            The classifier itself.

        Raises
        ------
        ValueError
            If the first call comes without `classes`, if `y` holds a class that is not in them, or
            if ``class_weight="balanced"``.
        """
        if isinstance(self.class_weight, str) and self.class_weight == "balanced":
            raise ValueError(
                "class_weight='balanced' is not supported for partial_fit, which does not know how "
                "frequent the classes are in the rows to come. Compute the weights from a sample "
                "of them, and pass these as class_weight: weights = compute_class_weight("
                "'balanced', classes=classes, y=y); class_weight = dict(zip(classes, weights))."
            )
        validation = (X_val, y_val, sample_weight_val)
        return self._fit(
            X, y, sample_weight, validation=validation, incremental=True, classes=classes
        )

    def predict(self, X: Any) -> Any:
        """Predict the class with the highest score, or for multilabel each label on its own.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Inputs.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
            Class labels. For multilabel an indicator matrix, sparse if `y` was.
        """
        return self._labels(self._raw_scores(X))

    def decision_function(self, X: Any) -> FloatArray:
        """Compute the scores before the output activation.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Inputs.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            Raw scores. For two classes one column, positive where the second class is predicted:
            its log-odds, unless the output activation is the identity.
        """
        return self._decision(self._raw_scores(X))

    @available_if(_has_probabilities)
    def predict_proba(self, X: Any) -> FloatArray:
        """Predict the probability of each class.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Inputs.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Probabilities, columns in the order of `classes_`. Rows sum to one, except for
            multilabel, where each column is the probability of a label. None is 0, and a label's
            never 1, so that logarithms are finite.
        """
        return self._proba(self._raw_scores(X))

    @available_if(_has_probabilities)
    def predict_log_proba(self, X: Any) -> FloatArray:
        """Predict the logarithm of the probability of each class.

        It is computed from raw scores and so stays exact where probabilities are tiny, down to
        the logarithm of the smallest normal number. For multilabel it is the logarithm of
        `predict_proba`, which keeps its digits close to 0, and stays below 1.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Inputs.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Log-probabilities, columns in the order of `classes_`.
        """
        raw = self._raw_scores(X)
        if self._kind == "multilabel-indicator":
            return np.log(self._proba(raw))
        log_p = self._log_proba(raw)
        return np.maximum(log_p, np.log(np.finfo(log_p.dtype).tiny), out=log_p)

    def _proba(self, raw: FloatArray) -> FloatArray:
        """Probabilities of raw scores: those of rare events keep their digits, none is 0."""
        kind = self._kind
        if kind == "multilabel-indicator":
            p = np.minimum(expit(raw), 1 - np.finfo(raw.dtype).epsneg)
        elif self.out_activation_ == "softmax":
            p = OUTPUT_ACTIVATIONS["softmax"].forward(raw, out=raw)
        else:
            p = np.exp(self._log_proba(raw))
        return np.maximum(p, np.finfo(p.dtype).tiny, out=p)

    def _log_proba(self, raw: FloatArray) -> FloatArray:
        """Log-probabilities of exclusive classes."""
        if len(self.classes_) == 1:
            return np.zeros((len(raw), 1), raw.dtype)
        if self.out_activation_ == "softmax":
            return log_softmax(raw, axis=1)
        if self._kind == "binary":
            return log_expit(np.hstack([-raw, raw]))
        return log_softmax(log_expit(raw), axis=1)

    def _decision(self, raw: FloatArray) -> FloatArray:
        if self._kind != "binary":
            return raw
        return raw[:, 0] if raw.shape[1] == 1 else raw[:, 1] - raw[:, 0]

    def _labels(self, raw: FloatArray) -> Any:
        decision = self._decision(raw)
        if self._kind == "multilabel-indicator":
            return self._label_binarizer.inverse_transform(decision, threshold=0.0)
        if self._kind == "multiclass":
            return self.classes_[decision.argmax(axis=1)]
        return self.classes_[(decision > 0) * (len(self.classes_) - 1)]

    # What BaseMLP asks for.

    def _encode_targets(
        self, y: Any, dtype: Any, *, resume: bool, incremental: bool, classes: Any
    ) -> tuple[Any, FloatArray | None, Loss]:
        self._set_classes(y, resume=resume, incremental=incremental, classes=classes)
        kind = self._kind
        loss = self._make_loss(auto="softmax" if kind == "multiclass" else "logistic")
        if kind == "multilabel-indicator" and loss.output == "softmax":
            raise ValueError(
                "output_activation='softmax' is for exclusive classes, but y is an indicator "
                "matrix of several labels at once. Choose 'logistic' or 'auto', and a loss that "
                f"has 'logistic' among its outputs; got loss={self.loss!r}."
            )
        if loss.output == "exp":
            raise ValueError(
                "A classifier's outputs are probabilities or scores, and those of "
                f"loss={self.loss!r} are exponentials. Put 'softmax', 'logistic' or 'identity' "
                "first among its outputs, or estimator_types = ('regressor',) into its class."
            )
        if kind == "multilabel-indicator":
            return self._numbers(y, dtype, loss), None, loss
        n_classes = len(self.classes_)
        if kind == "binary" and loss.output != "softmax":  # one output tells two classes apart
            code = np.arange(n_classes, dtype=dtype)[np.newaxis]
        else:
            code = np.eye(max(n_classes, 2), n_classes, dtype=dtype)
        if loss.output == "identity":  # then the border between two classes is at a score of 0
            code = 2 * code - 1
        return self._numbers(y, dtype, loss), code, loss

    def _encode_validation(self, y: Any, dtype: Any, loss: Loss) -> Any:
        self._check_kind(y)
        unseen = np.setdiff1d(_classes_of(y), self.classes_, assume_unique=True)
        if len(unseen):
            raise ValueError(
                f"Validation data can have the classes of the training data, {self.classes_}, and "
                f"no others; got {unseen}. Leave such rows out."
            )
        return self._numbers(y, dtype, loss)

    def _numbers(self, y: Any, dtype: Any, loss: Loss) -> Any:
        """Turn labels into the numbers of their classes, for multilabel into a matrix."""
        if self._kind != "multilabel-indicator":
            return np.searchsorted(self.classes_, y)
        Y = (y.toarray() if issparse(y) else y).astype(dtype)
        return 2 * Y - 1 if loss.output == "identity" else Y

    def _set_classes(self, y: Any, *, resume: bool, incremental: bool, classes: Any) -> None:
        """Learn the classes, where training begins, or check that `y` goes with those known."""
        present = _classes_of(y)
        first = _check_partial_fit_first_call(self, classes) if incremental else not resume
        if first and y.ndim == 2:
            self._label_binarizer = LabelBinarizer().fit(y)
            self._kind, self.classes_ = "multilabel-indicator", present
        elif first:
            self.classes_ = self.classes_ if incremental else present
            self._kind = "binary" if len(self.classes_) <= 2 else "multiclass"
        if incremental or resume:
            self._check_classes(y, present, all_of_them=not incremental)

    def _check_classes(self, y: Any, classes: Any, *, all_of_them: bool) -> None:
        """Check `y` against the classes known: one pass may see a part of them, a fit sees all."""
        self._check_kind(y)
        if all_of_them and not np.array_equal(classes, self.classes_):
            raise ValueError(
                "warm_start can only be used where `y` has the same classes as in the previous "
                f"call to fit. Previously got {self.classes_}, `y` has {classes}. Fit a new "
                "network with warm_start=False, or use partial_fit where classes are missing."
            )
        unseen = np.setdiff1d(classes, self.classes_, assume_unique=True)
        if len(unseen):
            raise ValueError(
                f"`y` has classes not in `self.classes_`: {unseen}. `self.classes_` has "
                f"{self.classes_}. Give all classes to the first call of partial_fit."
            )

    def _check_kind(self, y: Any) -> None:
        if (y.ndim == 2) != (self._kind == "multilabel-indicator"):
            raise ValueError(
                f"Training began with {self._kind} targets and must go on with such; `y` is "
                f"{type_of_target(y)}. Fit a new network with warm_start=False."
            )

    def _score_raw(self, y: Any, raw: FloatArray, sample_weight: Any) -> float:
        return float(accuracy_score(y, self._labels(raw), sample_weight=sample_weight))

    def _weigh(
        self, y: Any, sample_weight: FloatArray | None, dtype: Any, *, training: Any = None
    ) -> FloatArray | None:
        """Multiply the weight of each row by those of its classes, as found on training rows."""
        if self.class_weight is None:
            return sample_weight
        y_training, weight_training = training or (y, sample_weight)
        weight = np.ones(y.shape[0], dtype) if sample_weight is None else sample_weight
        factors = [
            class_weights(column, classes, given, weight_training)[np.searchsorted(classes, rows)]
            for (column, classes, given), (rows, *_) in zip(
                self._weighted_columns(y_training), self._weighted_columns(y), strict=True
            )
        ]
        weighted = (weight * np.prod(factors, axis=0)).astype(dtype, copy=False)
        if not weighted.any():
            raise ValueError(
                f"class_weight={self.class_weight!r} leaves no row of `y` with a weight above 0. "
                "Weigh at least one of its classes, or leave such rows out."
            )
        return weighted

    def _weighted_columns(self, y: Any) -> list[tuple[Any, Any, Any]]:
        """Pair each column of `y` with its classes and their weights: one, but for multilabel."""
        columns, classes, given = [y], self.classes_, [self.class_weight]
        allowed: tuple[type, ...] = (dict, str)
        if self._kind == "multilabel-indicator":
            columns, classes = (y.toarray() if issparse(y) else y).T, np.array([0, 1])
            if isinstance(self.class_weight, str):
                given *= len(columns)
            else:
                given, allowed = self.class_weight, (dict,)
        if len(given) != len(columns) or not all(isinstance(w, allowed) for w in given):
            raise ValueError(
                "class_weight must be a dict, or for multilabel a list with one dict for each "
                f"column of y, or 'balanced'; got {self.class_weight!r} for {len(columns)} "
                f"column{'s' * (len(columns) > 1)}."
            )
        return [(column, classes, w) for column, w in zip(columns, given, strict=True)]

    def _strata(self, Y: Any) -> Any:
        if self._kind != "binary":
            return None
        return (Y == 1).astype(str)  # True and False in errors, as in scikit-learn's

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


def _classes_of(y: Any) -> Any:
    """Return the sorted classes of targets, having checked that they are classes."""
    if y.ndim == 1 and y.dtype.kind in "biuU":  # these are, and numbers and strings need no more
        return np.unique(y)
    if type_of_target(y) == "multiclass-multioutput":
        raise ValueError(
            "y has several columns that are no yes-or-no labels. Fit one classifier for each, as "
            "sklearn.multioutput.MultiOutputClassifier does."
        )
    check_classification_targets(y)
    return unique_labels(y)


def class_weights(
    y: Any, classes: Any, class_weight: Any, sample_weight: FloatArray | None
) -> FloatArray:
    """Weight of each class. Rows of weight 0 are absent: "balanced" gives 0 where none is left."""
    if sample_weight is not None:
        y, sample_weight = y[sample_weight > 0], sample_weight[sample_weight > 0]
    weights = np.zeros(len(classes))
    known = np.isin(classes, y) if class_weight == "balanced" else np.full(len(classes), True)
    try:
        weights[known] = compute_class_weight(
            class_weight, classes=classes[known], y=y, sample_weight=sample_weight
        )
        if not (np.isfinite(weights).all() and (weights >= 0).all()):
            raise ValueError("Weights must be finite and at least 0.")
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"class_weight maps classes to numbers; got {class_weight!r} for the classes "
            f"{classes.tolist()}. {error}"
        ) from error
    return weights
