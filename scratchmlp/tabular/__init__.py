"""Classifiers, regressors and encoders for raw tables. They need no tuning.

`TabularEnsembleClassifier` and `TabularEnsembleRegressor` combine neural networks with trees.
`TabularMLPClassifier` and `TabularMLPRegressor` are the ensembles of networks alone.
`TabularEncoder` encodes numbers on any scale, missing values, categories, strings, booleans and
dates as inputs of a network. `PiecewiseLinearEncoder` encodes each number as several numbers, one
per bin, so that a network can change its slope at the edges of the bins.

The way of a table through `fit`, by folders and files:

1. `preparation` checks the input. `targets` learns the classes, or the scale of the numbers.
2. `reading` decides what each column is. `columns` learns a record of each, and encodes the table.
3. `folds` chooses the rows that are held out, `new_entities` those of new persons.
4. `misleading` looks for columns that would mislead the user.
5. `ensemble` fits the other estimators, such as trees, once for each fold.
6. `networks` trains networks, each of which learns its `inputs` from the rows outside of its fold,
   and chooses an epoch of each. `calibration` turns scores into probabilities.
7. `ensemble` weights all by out-of-fold predictions, and calibrates the weighted mean again.
8. `uncertainty` keeps the errors of out-of-fold predictions, for sets and intervals.

What any of them has to tell the user is a note: `notes`. The way of a row to a prediction is one
page: `prediction`.
"""

from scratchmlp.tabular.calibration import Calibration
from scratchmlp.tabular.columns.encoder import TabularEncoder
from scratchmlp.tabular.columns.text import TextEncoder
from scratchmlp.tabular.ensemble.cross_fitting import CrossFitted
from scratchmlp.tabular.ensemble.ensemble import TabularEnsembleClassifier, TabularEnsembleRegressor
from scratchmlp.tabular.ensemble.fold_model import FoldModel
from scratchmlp.tabular.ensemble.linear import LinearPart, LogRidge
from scratchmlp.tabular.inputs.inputs import Bins, Inputs
from scratchmlp.tabular.inputs.levels import Levels
from scratchmlp.tabular.inputs.logarithms import Logarithms
from scratchmlp.tabular.inputs.piecewise import PiecewiseLinearEncoder
from scratchmlp.tabular.inputs.target_encoding import TargetEncoding
from scratchmlp.tabular.inputs.term_selection import TermSelection
from scratchmlp.tabular.misleading.findings import MisleadingDataWarning
from scratchmlp.tabular.networks.member import Member
from scratchmlp.tabular.networks.mlp import TabularMLPClassifier, TabularMLPRegressor
from scratchmlp.tabular.targets import ClassTargets, NumericTargets
from scratchmlp.tabular.uncertainty import Difficulty, HeldOutScores, Uncertainty
from scratchmlp.utils.public import public

__all__ = [
    "Member",
    "MisleadingDataWarning",
    "PiecewiseLinearEncoder",
    "TabularEncoder",
    "TabularEnsembleClassifier",
    "TabularEnsembleRegressor",
    "TabularMLPClassifier",
    "TabularMLPRegressor",
]

# Pickles and model files contain the module of a class. This name stays the same when files move.
# Classes that are not in `__all__` are not public: estimators contain objects of them.
for _stored in [each for each in globals().values() if isinstance(each, type)]:
    public(__name__)(_stored)
