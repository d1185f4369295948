"""The types that a model file may contain.

The names are part of the file format: a class keeps its name even if its file moves, because its
``__module__`` is where it is found. Add names here; never remove or change one.

The types of scikit-learn are those that the estimators hold, and common parts of pipelines and
searches. Types whose compiled code trusts their arrays, such as support vector machines, are left
out, except for those that `scratchmlp.io.checks` checks: trees, and encoders that make sparse
arrays. Programs that read a file with this list alone, such as ``skops.io.load(path,
trusted=TRUSTED)`` or MLflow, make no such checks: a crafted file can crash the process there.
"""

_NAMES = {
    "scratchmlp": "ScratchMLPClassifier ScratchMLPRegressor",
    "scratchmlp.activations": (
        "ELU Exponential GELU Identity LeakyReLU Logistic Mish ReLU SELU SiLU Softmax Softplus Tanh"
    ),
    "scratchmlp.initializers": "glorot_uniform he_normal he_uniform lecun_normal standard_normal",
    "scratchmlp.losses": (
        "AbsoluteError FocalLoss HuberLoss LogLoss PoissonLoss QuantileLoss SquaredError"
    ),
    "scratchmlp.network": "Network",
    "scratchmlp.optimizers": "AdaGrad Adam AdamW NAdam RMSProp SGD",
    "scratchmlp.schedules": "Constant CosLog4 Cosine FlatCosine InverseScaling OneCycle",
    "scratchmlp.tabular": (
        "Bins Calibration ClassTargets CrossFitted Difficulty FoldModel HeldOutScores Inputs "
        "Levels LinearPart LogRidge Logarithms Member NumericTargets PiecewiseLinearEncoder "
        "TabularEncoder TabularEnsembleClassifier TabularEnsembleRegressor TabularMLPClassifier "
        "TabularMLPRegressor TargetEncoding TermSelection TextEncoder Uncertainty"
    ),
    "numpy": "dtype",
    "sklearn._loss._loss": (
        "CyAbsoluteError CyHalfBinomialLoss CyHalfGammaLoss CyHalfMultinomialLoss "
        "CyHalfPoissonLoss CyHalfSquaredError CyPinballLoss"
    ),
    "sklearn._loss.link": "HalfLogitLink IdentityLink Interval LogLink LogitLink MultinomialLogit",
    "sklearn._loss.loss": (
        "AbsoluteError HalfBinomialLoss HalfGammaLoss HalfMultinomialLoss HalfPoissonLoss "
        "HalfSquaredError PinballLoss"
    ),
    "sklearn.calibration": (
        "CalibratedClassifierCV _CalibratedClassifier _SigmoidCalibration _TemperatureScaling"
    ),
    "sklearn.compose._column_transformer": (
        "ColumnTransformer _RemainderColsList make_column_selector"
    ),
    "sklearn.compose._target": "TransformedTargetRegressor",
    "sklearn.decomposition._pca": "PCA",
    "sklearn.decomposition._truncated_svd": "TruncatedSVD",
    "sklearn.dummy": "DummyClassifier DummyRegressor",
    "sklearn.ensemble._bagging": "BaggingClassifier BaggingRegressor",
    "sklearn.ensemble._forest": (
        "ExtraTreesClassifier ExtraTreesRegressor RandomForestClassifier RandomForestRegressor"
    ),
    "sklearn.ensemble._hist_gradient_boosting.binning": "_BinMapper",
    "sklearn.ensemble._hist_gradient_boosting.gradient_boosting": (
        "HistGradientBoostingClassifier HistGradientBoostingRegressor"
    ),
    "sklearn.ensemble._hist_gradient_boosting.predictor": "TreePredictor",
    "sklearn.ensemble._stacking": "StackingClassifier StackingRegressor",
    "sklearn.ensemble._voting": "VotingClassifier VotingRegressor",
    "sklearn.feature_extraction.text": "CountVectorizer TfidfTransformer TfidfVectorizer",
    "sklearn.feature_selection._univariate_selection": (
        "SelectFdr SelectKBest SelectPercentile f_classif f_regression"
    ),
    "sklearn.feature_selection._variance_threshold": "VarianceThreshold",
    "sklearn.impute._base": "MissingIndicator SimpleImputer",
    "sklearn.isotonic": "IsotonicRegression",
    "sklearn.linear_model._base": "LinearRegression",
    "sklearn.linear_model._logistic": "LogisticRegression LogisticRegressionCV",
    "sklearn.linear_model._ridge": "Ridge RidgeCV RidgeClassifier RidgeClassifierCV _RidgeGCV",
    "sklearn.metrics._classification": (
        "accuracy_score balanced_accuracy_score brier_score_loss d2_brier_score d2_log_loss_score "
        "f1_score fbeta_score jaccard_score log_loss matthews_corrcoef precision_score "
        "recall_score"
    ),
    "sklearn.metrics._ranking": "average_precision_score roc_auc_score top_k_accuracy_score",
    "sklearn.metrics._regression": (
        "d2_absolute_error_score explained_variance_score max_error mean_absolute_error "
        "mean_absolute_percentage_error mean_gamma_deviance mean_pinball_loss "
        "mean_poisson_deviance mean_squared_error mean_squared_log_error median_absolute_error "
        "r2_score root_mean_squared_error root_mean_squared_log_error"
    ),
    "sklearn.metrics._scorer": "_CurveScorer _MultimetricScorer _PassthroughScorer _Scorer",
    "sklearn.model_selection._classification_threshold": (
        "FixedThresholdClassifier TunedThresholdClassifierCV"
    ),
    "sklearn.model_selection._search": "GridSearchCV RandomizedSearchCV",
    "sklearn.model_selection._search_successive_halving": (
        "HalvingGridSearchCV HalvingRandomSearchCV"
    ),
    "sklearn.model_selection._split": (
        "GroupKFold GroupShuffleSplit KFold LeaveOneGroupOut LeaveOneOut LeavePGroupsOut "
        "LeavePOut PredefinedSplit RepeatedKFold RepeatedStratifiedKFold ShuffleSplit "
        "StratifiedGroupKFold StratifiedKFold StratifiedShuffleSplit TimeSeriesSplit"
    ),
    "sklearn.multiclass": "OneVsRestClassifier",
    "sklearn.multioutput": "MultiOutputClassifier MultiOutputRegressor",
    "sklearn.pipeline": "FeatureUnion Pipeline",
    "sklearn.preprocessing._data": (
        "MaxAbsScaler MinMaxScaler Normalizer PowerTransformer QuantileTransformer RobustScaler "
        "StandardScaler"
    ),
    "sklearn.preprocessing._encoders": "OneHotEncoder OrdinalEncoder",
    "sklearn.preprocessing._function_transformer": "FunctionTransformer",
    "sklearn.preprocessing._label": "LabelBinarizer LabelEncoder",
    "sklearn.preprocessing._polynomial": "PolynomialFeatures",
    "sklearn.preprocessing._target_encoder": "TargetEncoder",
    "sklearn.tree._classes": (
        "DecisionTreeClassifier DecisionTreeRegressor ExtraTreeClassifier ExtraTreeRegressor"
    ),
    "sklearn.tree._tree": "Tree",
    "sklearn.utils._bunch": "Bunch",
    "sklearn.utils._metadata_requests": "MetadataRequest MethodMetadataRequest",
}

#: Names of the types and functions that a model file may contain, besides plain data and arrays.
TRUSTED: tuple[str, ...] = tuple(
    sorted(f"{module}.{name}" for module, names in _NAMES.items() for name in names.split())
)
