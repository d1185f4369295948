"""Classifiers, regressors and encoders for raw tables. They need no tuning.

`TabularEnsembleClassifier` and `TabularEnsembleRegressor` combine neural networks with trees, and
predict best. `TabularMLPClassifier` and `TabularMLPRegressor` are the ensembles of networks alone.
`TabularEncoder` encodes numbers on any scale, missing values, categories, strings, booleans and
dates as inputs of a network. `PiecewiseLinearEncoder` encodes each number as several numbers, one
per bin, so that a network can change its slope at the edges of the bins.

The way of a table through `fit`, by folders and files:

1. `base` checks the input. `reading` decides what each column is.
2. `columns` learns a record for each column, and encodes the table.
3. `targets` learns classes or the scale of numbers, and `folds` chooses the rows of each member.
4. `networks` trains a network for each fold, which learns its `inputs` from the rows outside of it.
5. `networks.epochs` chooses an epoch of each. `calibration` turns scores into probabilities.
6. `ensemble` fits other estimators to the same folds, and weights all by out-of-fold predictions.
7. `inspection` keeps the errors of out-of-fold predictions, for sets and intervals.

`predict_proba` encodes the table by the records, lets each member compute inputs and scores,
calibrates these, and takes the mean over the members.
"""

from scratchmlp.public import public
from scratchmlp.tabular.calibration import Calibration
from scratchmlp.tabular.columns.encoder import TabularEncoder
from scratchmlp.tabular.columns.text import TextEncoder
from scratchmlp.tabular.ensemble.classifier import TabularEnsembleClassifier
from scratchmlp.tabular.ensemble.cross_fitting import FoldModel
from scratchmlp.tabular.ensemble.ensemble import Part
from scratchmlp.tabular.ensemble.regressor import TabularEnsembleRegressor
from scratchmlp.tabular.inputs.inputs import Bins, Inputs
from scratchmlp.tabular.inputs.logarithms import Logarithms
from scratchmlp.tabular.inputs.piecewise import PiecewiseLinearEncoder
from scratchmlp.tabular.inputs.target_encoding import TargetEncoding
from scratchmlp.tabular.inputs.term_selection import TermSelection
from scratchmlp.tabular.inspection.uncertainty import Difficulty, HeldOutScores
from scratchmlp.tabular.networks.classifier import TabularMLPClassifier
from scratchmlp.tabular.networks.member import Member
from scratchmlp.tabular.networks.regressor import TabularMLPRegressor

__all__ = [
    "Member",
    "PiecewiseLinearEncoder",
    "TabularEncoder",
    "TabularEnsembleClassifier",
    "TabularEnsembleRegressor",
    "TabularMLPClassifier",
    "TabularMLPRegressor",
]

# Pickles and model files contain the module of a class. This name stays the same when files move.
# The second group is not public: estimators contain objects of these classes.
for _stored in (
    Member,
    PiecewiseLinearEncoder,
    TabularEncoder,
    TabularEnsembleClassifier,
    TabularEnsembleRegressor,
    TabularMLPClassifier,
    TabularMLPRegressor,
    #
    Bins,
    Calibration,
    Difficulty,
    FoldModel,
    HeldOutScores,
    Inputs,
    Logarithms,
    Part,
    TargetEncoding,
    TermSelection,
    TextEncoder,
):
    public(__name__)(_stored)
