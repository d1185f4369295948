"""The classifier for raw tables that is made of networks."""

from dataclasses import dataclass
from typing import Any, ClassVar

from scratchmlp.tabular.base_classifier import BaseTabularClassifier
from scratchmlp.tabular.networks.mlp import BaseTabularMLP


@dataclass(kw_only=True, eq=False, repr=False)
class TabularMLPClassifier(BaseTabularClassifier, BaseTabularMLP):
    """Classifier for raw tables: a calibrated ensemble of neural networks that needs no tuning.

    The table may contain numbers on any scale, missing values, categories, text, booleans and
    dates. `fit` trains a small ensemble of networks. Each network, a member of the ensemble, holds
    out a part of the rows, its fold. The losses on the folds determine the best epoch of each
    member, and the probabilities are calibrated on the folds. The page :doc:`/tabular_methods`
    explains each step.

    Parameters
    ----------
    cv : int, splitter or iterable, default=8
        Splits of the rows into training rows and a held-out fold. One member of the ensemble is
        trained for each split.

        - int: the number of folds, which are shuffled and stratified. If you pass `groups` to
          `fit`, all rows of a group are in the same fold.
        - splitter: for instance :class:`~sklearn.model_selection.TimeSeriesSplit` for rows in
          chronological order.
        - iterable: for each split, the row numbers for training and those of the held-out fold.
    n_repeats : int, default=1
        Number of times that the rows are split into `cv` folds, if `cv` is an int. With more
        members, predictions usually get a little better, and `fit` takes as many times as long.
    hidden_layer_sizes : 'auto', int or array-like of shape (n_hidden_layers,), default='auto'
        Number of units of each hidden layer of a member. 'auto' means (128, 128) for fewer than
        10,000 rows, and (64,) for more. Below 1,000 rows, half of the members have (256, 128, 64).
    max_iter : int or 'auto', default='auto'
        Maximum number of epochs of each member, over which the learning rate changes. 'auto' means
        128 epochs for up to 2,000 rows, and fewer epochs for more rows, so that the number of steps
        grows slowly. Members stop earlier if the losses on the folds no longer fall: see Notes.
    max_time : float or None, default=None
        Time limit of `fit`, in seconds. Members that lack the time for their epochs run through the
        same part of the learning-rate schedule in fewer epochs, but at least one. The result then
        depends on the speed of the machine.
    class_weight : dict, 'balanced' or None, default=None
        Weights of the classes, by which `sample_weight` is multiplied. 'balanced' means weights
        inversely proportional to the frequencies of the classes. With class weights, the predicted
        probabilities describe the reweighted data.
    categorical_features : array-like of {bool, int, str}, 'from_dtype' or None, \
default='from_dtype'
        Which columns are categorical; see :class:`TabularEncoder`.
    numeric_features : array-like of {bool, int, str} or None, default=None
        Columns of numbers that could be taken for codes or identifiers; see
        :class:`TabularEncoder`.
    text_features : array-like of {bool, int, str} or None, default=None
        Columns of free text; see :class:`TabularEncoder`.
    date_features : array-like of {bool, int, str} or None, default=None
        Columns of dates; see :class:`TabularEncoder`.
    missing_values : number, str, array-like or dict, default=None
        Values that mean missing, such as 999, for all columns, or as in ``{"age": [-1, 999]}`` for
        some; see :class:`TabularEncoder`.
    inspect_table : bool, default=True
        Whether `fit` looks for columns that would mislead you, such as one that tells the target
        alone, and warns of them: see `findings_`. This takes at most a tenth of the time of a
        default fit, or 0.2 seconds.
    n_jobs : int or None, default=None
        Number of members that :mod:`joblib` trains in parallel, with one thread each. None means 1,
        and -1 means the number of processors. The result is the same.
    random_state : int, RandomState instance or None, default=None
        Determines the folds, the initial weights and the order of the rows. Pass an int for
        reproducible results.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels, sorted.
    oof_proba_ : ndarray of shape (n_samples, n_classes)
        Out-of-fold probabilities of the rows in `fit`; nan for rows that no member held out. Each
        row is predicted by the member that held it out, which is not trained on it. The epoch for
        this prediction is chosen on the folds of other members, among the epochs trained. Only the
        encoding by `encoder_`, which does not depend on targets, and the temperature are fitted on
        all rows.
    oof_score_ : float
        Accuracy of the out-of-fold predictions, with the `sample_weight` of `fit`. The page
        :doc:`/tabular` compares it with the accuracy for new rows.
    temperature_ : float
        Number by which raw scores are divided before the softmax, to calibrate probabilities.
    floor_ : float
        Probabilities that are then below this number become much smaller, which undoes label
        smoothing: p becomes proportional to p³ / (p² + `floor_` ²).
    held_out_ : list of ndarray of int
        Numbers of the rows in `fit` that each member held out.
    encoder_ : TabularEncoder
        The fitted encoder of the table. Its `columns_` describes the encoding of each column.
    members_ : list of Member
        The trained networks. Each has the fields `network` (layer sizes and activations), `theta`
        (its parameters) and `inputs` (how it computes its inputs from the encoded table); see
        :class:`Member`.
    history_ : dict of str to ndarray
        How the members trained: the columns of a table with a row for each member and epoch, as for
        ``pandas.DataFrame(history_)``. "member" counts from 0 and "epoch" from 1. "loss" is the
        mean training loss of the epoch, "validation_loss" the loss on the member's fold after it.
        The others are "learning_rate" and "seconds".
    best_epochs_ : ndarray of shape (n_members,)
        Epoch that each member keeps, counted from 1.
    n_iter_ : int
        Number of epochs trained: the largest number of any member.
    stop_reasons_ : list of str
        Why the training of each member ended, such as "the first members show that 40 epochs are
        enough" or "no time is left of max_time".
    findings_ : list of Note
        What you should know about the table. Each record has the fields `case`, `column` and
        `values`, the numbers behind it, and ``str`` writes it as a sentence with what to do. The
        page :doc:`/tabular` lists the cases: a "leak", a "sentinel", an "entity", a "time", and
        what `encoder_` has noted.
    n_features_in_ : int
        Number of columns seen in `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns seen in `fit`, if they are strings.

    Notes
    -----
    In addition to the output of :class:`TabularEncoder`, each member has inputs that are fitted on
    its own training rows:

    - for columns of more than 64 categories, the mean target of each category
      (:class:`~sklearn.preprocessing.TargetEncoder`, cross-fitted);
    - for text, indicators of up to 64 words and 64 sequences of characters whose presence is
      correlated with the target, at a false discovery rate below 0.1;
    - bins of numbers (:class:`PiecewiseLinearEncoder`).

    Rows of weight 0 have no influence on these inputs. Other weights have an influence on the bins
    only.

    The first two members stop if the loss on their fold has not fallen for half of the epochs. The
    others are trained after them, up to 2.5 times the epoch with the lowest mean loss of these two,
    and for at least a fifth of the epochs.

    Warns
    -----
    MisleadingDataWarning
        If columns would mislead you: see `findings_`.
    UserWarning
        If `y` has a single class.

    See Also
    --------
    TabularMLPRegressor : The regressor for raw tables.
    scratchmlp.ScratchMLPClassifier : A single network, with parameters for every choice.

    References
    ----------
    Holzmüller, Grinsztajn and Steinwart, "Better by default: strong pre-tuned MLPs and boosted
    trees on tabular data", NeurIPS 2024. Gorishniy, Rubachev and Babenko, "On embeddings for
    numerical features in tabular deep learning", NeurIPS 2022.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from scratchmlp.tabular import TabularMLPClassifier
    >>> X, y = load_wine(return_X_y=True, as_frame=True)
    >>> classifier = TabularMLPClassifier(cv=4, max_iter=48, random_state=0).fit(X, y)
    >>> classifier.oof_score_ > 0.95
    True
    >>> classifier.predict_proba(X).shape
    (178, 3)
    """

    class_weight: Any = None

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseTabularMLP._parameter_constraints,
        **BaseTabularClassifier._parameter_constraints,
    }
