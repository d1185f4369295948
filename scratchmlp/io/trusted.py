"""The types that a model file may contain.

The names are part of the file format: a class keeps its name even if its file moves, because its
``__module__`` is where it is found. Add names here; never remove or change one.

The types of scikit-learn are those that the estimators hold, and common parts of pipelines and
searches. Types whose compiled code trusts their arrays, such as support vector machines, are left
out, except for those that `load` checks: trees, and encoders that make sparse arrays.

`load` alone makes these checks. A program of others that reads a file with this list, such as
``skops.io.load(path, trusted=TRUSTED)`` or MLflow, does not. There a crafted file can crash the
process or worse. So pass the list to them only for files that you trust not to be crafted.
"""


def _names(module: str, names: str) -> tuple[str, ...]:
    return tuple(f"{module}.{name}" for name in names.split())


#: Our named tuples.
TUPLES = frozenset(
    _names(
        "scratchmlp.tabular",
        "Bins Calibration Difficulty FoldModel HeldOutScores Inputs Logarithms Member Part",
    )
)

#: Other types of ours.
_OURS = (
    *_names("scratchmlp", "ScratchMLPClassifier ScratchMLPRegressor"),
    *_names("scratchmlp.network", "Network"),
    *_names(
        "scratchmlp.activations",
        "ELU Exponential GELU Identity LeakyReLU Logistic Mish ReLU SELU SiLU Softmax Softplus "
        "Tanh",
    ),
    *_names(
        "scratchmlp.losses",
        "AbsoluteError FocalLoss HuberLoss LogLoss PoissonLoss QuantileLoss SquaredError",
    ),
    *_names("scratchmlp.optimizers", "AdaGrad Adam AdamW NAdam RMSProp SGD"),
    *_names(
        "scratchmlp.model_selection",
        "StackedGridSearchCV StackedHalvingGridSearchCV StackedRandomizedSearchCV",
    ),
    *_names("scratchmlp.schedules", "Constant CosLog4 Cosine FlatCosine InverseScaling OneCycle"),
    *_names(
        "scratchmlp.tabular",
        "PiecewiseLinearEncoder TabularEncoder TabularEnsembleClassifier "
        "TabularEnsembleRegressor TabularMLPClassifier TabularMLPRegressor TargetEncoding "
        "TermSelection TextEncoder",
    ),
)

#: Splitters of scikit-learn. Repeated ones hold the class of the splitter that they repeat.
SPLITTERS = frozenset(
    _names(
        "sklearn.model_selection._split",
        "GroupKFold GroupShuffleSplit KFold LeaveOneGroupOut LeaveOneOut LeavePGroupsOut LeavePOut "
        "PredefinedSplit RepeatedKFold RepeatedStratifiedKFold ShuffleSplit StratifiedGroupKFold "
        "StratifiedKFold StratifiedShuffleSplit TimeSeriesSplit",
    )
)

#: Types of scikit-learn.
_SKLEARN = (
    *_names("sklearn.pipeline", "FeatureUnion Pipeline"),
    *_names(
        "sklearn.compose._column_transformer",
        "ColumnTransformer _RemainderColsList make_column_selector",
    ),
    *_names("sklearn.compose._target", "TransformedTargetRegressor"),
    *_names("sklearn.calibration", "CalibratedClassifierCV _CalibratedClassifier"),
    *_names("sklearn.calibration", "_SigmoidCalibration _TemperatureScaling"),
    *_names("sklearn.isotonic", "IsotonicRegression"),
    *_names("sklearn.ensemble._bagging", "BaggingClassifier BaggingRegressor"),
    *_names("sklearn.ensemble._stacking", "StackingClassifier StackingRegressor"),
    *_names("sklearn.ensemble._voting", "VotingClassifier VotingRegressor"),
    *_names("sklearn.multiclass", "OneVsRestClassifier"),
    *_names("sklearn.multioutput", "MultiOutputClassifier MultiOutputRegressor"),
    *_names("sklearn.model_selection._search", "GridSearchCV RandomizedSearchCV"),
    *_names(
        "sklearn.model_selection._search_successive_halving",
        "HalvingGridSearchCV HalvingRandomSearchCV",
    ),
    *_names(
        "sklearn.model_selection._classification_threshold",
        "FixedThresholdClassifier TunedThresholdClassifierCV",
    ),
    *SPLITTERS,
    *_names(
        "sklearn.metrics._scorer", "_CurveScorer _MultimetricScorer _PassthroughScorer _Scorer"
    ),
    *_names("sklearn.utils._metadata_requests", "MetadataRequest MethodMetadataRequest"),
    *_names("sklearn.impute._base", "MissingIndicator SimpleImputer"),
    *_names(
        "sklearn.preprocessing._data",
        "MaxAbsScaler MinMaxScaler Normalizer PowerTransformer QuantileTransformer RobustScaler "
        "StandardScaler",
    ),
    *_names("sklearn.preprocessing._encoders", "OneHotEncoder OrdinalEncoder"),
    *_names("sklearn.preprocessing._function_transformer", "FunctionTransformer"),
    *_names("sklearn.preprocessing._label", "LabelBinarizer LabelEncoder MultiLabelBinarizer"),
    *_names("sklearn.preprocessing._polynomial", "PolynomialFeatures"),
    *_names("sklearn.preprocessing._target_encoder", "TargetEncoder"),
    *_names("sklearn.decomposition._pca", "PCA"),
    *_names("sklearn.decomposition._truncated_svd", "TruncatedSVD"),
    *_names("sklearn.feature_extraction.text", "CountVectorizer TfidfTransformer TfidfVectorizer"),
    *_names(
        "sklearn.feature_selection._univariate_selection", "SelectFdr SelectKBest SelectPercentile"
    ),
    *_names("sklearn.feature_selection._variance_threshold", "VarianceThreshold"),
    *_names("sklearn.linear_model._base", "LinearRegression"),
    *_names("sklearn.linear_model._logistic", "LogisticRegression LogisticRegressionCV"),
    *_names(
        "sklearn.linear_model._ridge", "Ridge RidgeCV RidgeClassifier RidgeClassifierCV _RidgeGCV"
    ),
    *_names("sklearn.dummy", "DummyClassifier DummyRegressor"),
    *_names("sklearn.ensemble._forest", "ExtraTreesClassifier ExtraTreesRegressor"),
    *_names("sklearn.ensemble._forest", "RandomForestClassifier RandomForestRegressor"),
    *_names(
        "sklearn.tree._classes",
        "DecisionTreeClassifier DecisionTreeRegressor ExtraTreeClassifier ExtraTreeRegressor",
    ),
    *_names(
        "sklearn.ensemble._hist_gradient_boosting.gradient_boosting",
        "HistGradientBoostingClassifier HistGradientBoostingRegressor",
    ),
    *_names("sklearn.ensemble._hist_gradient_boosting.binning", "_BinMapper"),
    *_names("sklearn.ensemble._hist_gradient_boosting.predictor", "TreePredictor"),
    *_names(
        "sklearn._loss.link",
        "HalfLogitLink IdentityLink Interval LogLink LogitLink MultinomialLogit",
    ),
    *_names(
        "sklearn._loss.loss",
        "AbsoluteError HalfBinomialLoss HalfGammaLoss HalfMultinomialLoss HalfPoissonLoss "
        "HalfSquaredError PinballLoss",
    ),
    *_names("sklearn.utils._bunch", "Bunch"),
)

DTYPE = "numpy.dtype"
TREE = "sklearn.tree._tree.Tree"
BUNCH = "sklearn.utils._bunch.Bunch"

#: Compiled losses of boosting. The file calls their classes with numbers.
LOSSES = frozenset(
    _names(
        "sklearn._loss._loss",
        "CyAbsoluteError CyHalfBinomialLoss CyHalfGammaLoss CyHalfMultinomialLoss "
        "CyHalfPoissonLoss CyHalfSquaredError CyPinballLoss",
    )
)

#: Functions: our initializers, the metrics of scikit-learn's scorers, and the scores of its feature
#: selection.
FUNCTIONS = frozenset(
    (
        *_names(
            "scratchmlp.initializers",
            "glorot_uniform he_normal he_uniform lecun_normal standard_normal",
        ),
        *_names(
            "sklearn.metrics._classification",
            "accuracy_score balanced_accuracy_score brier_score_loss d2_brier_score "
            "d2_log_loss_score f1_score fbeta_score jaccard_score log_loss matthews_corrcoef "
            "precision_score recall_score",
        ),
        *_names(
            "sklearn.metrics._ranking",
            "average_precision_score roc_auc_score top_k_accuracy_score",
        ),
        *_names(
            "sklearn.metrics._regression",
            "d2_absolute_error_score explained_variance_score max_error mean_absolute_error "
            "mean_absolute_percentage_error mean_gamma_deviance mean_pinball_loss "
            "mean_poisson_deviance mean_squared_error mean_squared_log_error "
            "median_absolute_error r2_score root_mean_squared_error root_mean_squared_log_error",
        ),
        *_names("sklearn.feature_selection._univariate_selection", "f_classif f_regression"),
    )
)

OBJECTS = frozenset((*_OURS, *_SKLEARN)) - {BUNCH}

#: Names of the types and functions that a model file may contain, besides plain data and arrays.
#: `load` checks their values. Other readers of skops files do not: see above.
TRUSTED: tuple[str, ...] = tuple(
    sorted({*OBJECTS, *TUPLES, *LOSSES, *FUNCTIONS, BUNCH, DTYPE, TREE})
)
