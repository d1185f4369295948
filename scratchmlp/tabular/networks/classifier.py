"""The classifier for raw tables that is made of networks."""

from dataclasses import dataclass
from typing import Any, ClassVar

from scratchmlp.tabular.base_classifier import BaseTabularClassifier
from scratchmlp.tabular.networks.mlp import BaseTabularMLP


@dataclass(kw_only=True, eq=False, repr=False)
class TabularMLPClassifier(BaseTabularClassifier, BaseTabularMLP):
    """Classifier for raw tables: a calibrated ensemble of neural networks that needs no tuning.

    The table may contain numbers, missing values, categories, text, booleans and dates. Each
    network, a member of the ensemble, is trained without one fold of the rows, which chooses
    its best epoch and calibrates the probabilities. See :doc:`/tabular` and
    :doc:`/tabular_methods`.

    Parameters
    ----------
    cv : int, splitter or iterable, default=8
        Number of shuffled, stratified folds, a splitter of scikit-learn, or for each member the
        row numbers for training and those held out.
    n_repeats : int, default=1
        How often the rows are split into `cv` folds.
    max_time : float or None, default=None
        Time limit of `fit` in seconds. Members that lack time train for fewer epochs, at least one.
    categorical_features, numeric_features, text_features, date_features, missing_values
        How columns are read; see :class:`TabularEncoder`.
    inspect_table : bool, default=True
        Whether `fit` warns of columns that would mislead you; see `findings_`.
    n_jobs : int or None, default=None
        Number of members trained in parallel; -1 means all processors. The result is the same.
    random_state : int, RandomState instance or None, default=None
        Determines folds, initial weights and order of rows.
    hidden_layer_sizes : 'auto', int or array-like of int, default='auto'
        Number of units of each hidden layer. 'auto' means (128, 128) for fewer than 10,000 rows,
        and (64,) for more. Below 1,000 rows, half of the members have (256, 128, 64).
    max_iter : int or 'auto', default='auto'
        Maximum number of epochs. 'auto' means 128 for up to 2,000 rows, and fewer for more.
    class_weight : dict, 'balanced' or None, default=None
        Weights of the classes, multiplied by `sample_weight`. 'balanced' means inverse class
        frequencies. Probabilities then describe the reweighted data.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels, sorted.
    oof_proba_ : ndarray of shape (n_samples, n_classes)
        Out-of-fold probabilities, by the member not trained on the row; nan for rows in no fold.
    oof_score_ : float
        Accuracy of the out-of-fold predictions, with `sample_weight`.
    temperature_ : float
        Raw scores are divided by it before the softmax, to calibrate probabilities.
    floor_ : float
        Then p becomes proportional to p³ / (p² + `floor_` ²), which undoes label smoothing.
    held_out_ : list of ndarray of int
        Row numbers that each member held out.
    encoder_ : TabularEncoder
        The fitted encoder; see its `columns_`.
    members_ : list of Member
        The trained networks; see :class:`Member`.
    history_ : dict of str to ndarray
        Columns "member" (from 0), "epoch" (from 1), "loss", "validation_loss" (on the fold),
        "learning_rate" and "seconds".
    best_epochs_ : ndarray of shape (n_members,)
        Epoch that each member keeps, from 1.
    n_iter_ : int
        Largest number of epochs of a member.
    stop_reasons_ : list of str
        Why the training of each member ended.
    findings_ : list of Note
        What would mislead you, and what `encoder_` has noted; ``str`` writes a sentence.
    n_features_in_, feature_names_in_ : int, ndarray of str
        Number of columns, and their names if strings.

    Warns
    -----
    MisleadingDataWarning
        See :doc:`/what_can_mislead_you`.
    UserWarning
        If `y` has a single class.

    See Also
    --------
    TabularMLPRegressor : The regressor for raw tables.
    scratchmlp.ScratchMLPClassifier : A single network, with parameters for every choice.

    Notes
    -----
    Sample weights count in the loss and in the bins of numbers.

    References
    ----------
    Holzmüller, Grinsztajn and Steinwart, "Better by default", NeurIPS 2024.

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
