"""Classifiers, regressors and encoders for raw tables. They need no tuning.

`TabularEnsembleClassifier` and `TabularEnsembleRegressor` combine neural networks with trees, and
predict best. `TabularMLPClassifier` and `TabularMLPRegressor` are the ensembles of networks alone.
`TabularEncoder` encodes numbers on any scale, missing values, categories, strings, booleans and
dates as inputs of a network. `PiecewiseLinearEncoder` encodes each number as several numbers, one
per bin, so that a network can change its slope at the edges of the bins.
"""

from scratchmlp.public import public
from scratchmlp.tabular.calibration import Calibration
from scratchmlp.tabular.classifier import TabularMLPClassifier
from scratchmlp.tabular.conformal import HeldOutScores
from scratchmlp.tabular.cross_fitting import FoldModel
from scratchmlp.tabular.difficulty import Difficulty
from scratchmlp.tabular.encoder import TabularEncoder
from scratchmlp.tabular.ensemble import Part
from scratchmlp.tabular.ensemble_classifier import TabularEnsembleClassifier
from scratchmlp.tabular.ensemble_regressor import TabularEnsembleRegressor
from scratchmlp.tabular.inputs import Bins, Inputs
from scratchmlp.tabular.logarithms import Logarithms
from scratchmlp.tabular.member import Member
from scratchmlp.tabular.piecewise import PiecewiseLinearEncoder
from scratchmlp.tabular.regressor import TabularMLPRegressor
from scratchmlp.tabular.target_encoding import TargetEncoding
from scratchmlp.tabular.term_selection import TermSelection
from scratchmlp.tabular.text import TextEncoder

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
