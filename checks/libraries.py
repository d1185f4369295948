"""Call other people's libraries with scikit-learn's networks and with ours, and compare.

Each library of `CALLS` gets a call as its documentation shows it, once with `MLPClassifier` and
`MLPRegressor` and once with our classes. The script prints a line for each library. The exit status
is 1 if a call fails, or if its numbers differ by more than rounding.

Usage: python -m checks.libraries [--only LIBRARY ...], after pip install -e '.[libraries]'
"""

import argparse
import random
import sys
import traceback
import warnings
from collections.abc import Callable, Iterable
from contextlib import chdir
from importlib.metadata import version
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.model_selection import cross_val_score
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor

TOLERANCE = 1e-6  # of the largest number: ONNX computes in float32
SHORT: dict[str, Any] = {"hidden_layer_sizes": (8,), "max_iter": 30, "learning_rate_init": 0.02}
N_ROWS = 180  # one batch: in several, sample weights differ on purpose


class Networks(NamedTuple):
    """The two networks of one package, not fitted."""

    classifier: Any
    regressor: Any


PAIRS = ((MLPClassifier, MLPRegressor), (ScratchMLPClassifier, ScratchMLPRegressor))
Call = Callable[[Networks], Iterable[Any]]


def classes() -> tuple[pd.DataFrame, pd.Series]:
    """Return a table of six scaled columns, with one of two classes for each row."""
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    names = [name.replace(" ", "_") for name in X]
    return pd.DataFrame(scale(X), columns=names).iloc[:N_ROWS, :6], y[:N_ROWS]


def numbers() -> tuple[np.ndarray, np.ndarray]:
    """Return six scaled columns, with a scaled number for each row."""
    X, y = load_diabetes(return_X_y=True)
    return scale(X)[:N_ROWS, :6], scale(y)[:N_ROWS]


# A call of each library, which it imports itself; it returns arrays of numbers.


def counterfactuals(networks: Networks) -> Iterable[Any]:
    """Ask dice-ml what would have to change for another class."""
    import dice_ml

    X, y = classes()
    data = dice_ml.Data(
        dataframe=X.assign(target=y), continuous_features=[*X], outcome_name="target"
    )
    model = dice_ml.Model(model=networks.classifier.fit(X, y), backend="sklearn")
    explainer = dice_ml.Dice(data, model, method="random")
    found = explainer.generate_counterfactuals(X[:2], 2, random_seed=0)
    return [example.final_cfs_df.to_numpy(float) for example in found.cf_examples_list]


def double_machine_learning(networks: Networks) -> Iterable[Any]:
    """Estimate the effect of a column with DoubleML."""
    from doubleml import DoubleMLData, DoubleMLPLR

    X, y = numbers()
    data = DoubleMLData.from_arrays(X[:, 1:], y, X[:, 0])
    model = DoubleMLPLR(data, networks.regressor, networks.regressor, n_folds=3).fit()
    return model.coef, model.se


def heterogeneous_effects(networks: Networks) -> Iterable[Any]:
    """Estimate the effect of a treatment on each row with EconML."""
    from econml.dml import LinearDML

    X, y = numbers()
    model = LinearDML(
        model_y=networks.regressor,
        model_t=networks.classifier,
        discrete_treatment=True,
        random_state=0,
    )
    model.fit(y, (X[:, 0] > 0).astype(int), X=X[:, 1:3], W=X[:, 3:])
    return [model.effect(X[:, 1:3])]


def permutation_importances(networks: Networks) -> Iterable[Any]:
    """Permute columns with ELI5."""
    from eli5.sklearn import PermutationImportance

    X, y = numbers()
    fitted = networks.regressor.fit(X, y)
    return [PermutationImportance(fitted, random_state=0).fit(X, y).feature_importances_]


def microcontroller_code(networks: Networks) -> Iterable[Any]:
    """Predict with the C code of emlearn."""
    import emlearn

    X, y = (data.to_numpy() for data in classes())
    converted = emlearn.convert(networks.classifier.fit(X, y), kind="MLPClassifier")
    return [converted.predict_proba(X)]


def demographic_parity(networks: Networks) -> Iterable[Any]:
    """Reweight rows for fair predictions with Fairlearn."""
    from fairlearn.reductions import DemographicParity, ExponentiatedGradient

    X, y = classes()
    model = ExponentiatedGradient(networks.classifier, DemographicParity(), max_iter=5)
    model.fit(X, y, sensitive_features=X["mean_texture"] > 0)
    return [model.weights_, *(fitted.predict_proba(X) for fitted in model.predictors_)]


def shuffled_columns(networks: Networks) -> Iterable[Any]:
    """Select columns with feature-engine."""
    from feature_engine.selection import SelectByShuffling

    selector = SelectByShuffling(networks.classifier, cv=3, random_state=0).fit(*classes())
    return selector.performance_drifts_.values()


def resampled_classes(networks: Networks) -> Iterable[Any]:
    """Oversample in a pipeline and undersample in a bag with imbalanced-learn."""
    from imblearn.ensemble import BalancedBaggingClassifier
    from imblearn.over_sampling import SMOTE
    from imblearn.pipeline import make_pipeline

    X, y = classes()
    pipeline = make_pipeline(SMOTE(random_state=0), networks.classifier)
    bag = BalancedBaggingClassifier(networks.classifier, n_estimators=3, random_state=0)
    return [model.fit(X, y).predict_proba(X) for model in (pipeline, bag)]


def local_explanation(networks: Networks) -> Iterable[Any]:
    """Explain a row with LIME."""
    from lime.lime_tabular import LimeTabularExplainer

    X, y = (data.to_numpy() for data in classes())
    predict = networks.classifier.fit(X, y).predict_proba
    explanation = LimeTabularExplainer(X, random_state=0).explain_instance(X[0], predict)
    return [weight for _, weight in explanation.as_list()]


def conformal_intervals(networks: Networks) -> Iterable[Any]:
    """Predict intervals with MAPIE."""
    from mapie.regression import CrossConformalRegressor

    X, y = numbers()
    model = CrossConformalRegressor(networks.regressor, confidence_level=0.9, cv=5)
    return model.fit_conformalize(X, y).predict_interval(X)


def sequential_selection(networks: Networks) -> Iterable[Any]:
    """Select columns one by one with mlxtend."""
    from mlxtend.feature_selection import SequentialFeatureSelector

    selector = SequentialFeatureSelector(
        networks.classifier, k_features=3, scoring="neg_log_loss", cv=3
    )
    selector.fit(*classes())
    return selector.k_feature_idx_, selector.k_score_


def hyperparameters(networks: Networks) -> Iterable[Any]:
    """Search for two hyperparameters with Optuna."""
    import optuna

    def score(trial: Any) -> float:
        alpha = trial.suggest_float("alpha", 1e-5, 10, log=True)
        rate = trial.suggest_float("learning_rate_init", 1e-3, 0.1, log=True)
        network = networks.regressor.set_params(alpha=alpha, learning_rate_init=rate)
        return cross_val_score(network, *numbers(), cv=3).mean()

    optuna.logging.disable_default_handler()
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=0))
    study.optimize(score, 15)
    return [*study.best_params.values(), study.best_value]


def shapley_values(networks: Networks) -> Iterable[Any]:
    """Explain three rows with SHAP."""
    import shap

    X, y = classes()
    explainer = shap.Explainer(networks.classifier.fit(X, y).predict_proba, X[:50], seed=0)
    return [explainer(X[:3]).values]


def onnx_graph(networks: Networks) -> Iterable[Any]:
    """Convert a pipeline with skl2onnx and predict with ONNX Runtime."""
    import onnxruntime
    import skl2onnx

    from scratchmlp.io import register_skl2onnx_converters

    register_skl2onnx_converters()
    X, y = numbers()
    X = X.astype(np.float32)
    pipeline = make_pipeline(StandardScaler(), networks.regressor).fit(X, y)
    graph = skl2onnx.to_onnx(pipeline, X[:1]).SerializeToString()
    return onnxruntime.InferenceSession(graph).run(None, {"X": X})


#: The calls by the name of the library in the extra `libraries`.
CALLS: dict[str, Call] = {
    "dice-ml": counterfactuals,
    "doubleml": double_machine_learning,
    "econml": heterogeneous_effects,
    "eli5": permutation_importances,
    "emlearn": microcontroller_code,
    "fairlearn": demographic_parity,
    "feature-engine": shuffled_columns,
    "imbalanced-learn": resampled_classes,
    "lime": local_explanation,
    "mapie": conformal_intervals,
    "mlxtend": sequential_selection,
    "optuna": hyperparameters,
    "shap": shapley_values,
    "skl2onnx": onnx_graph,
}


def results(call: Call, classifier: type, regressor: type) -> np.ndarray:
    """Return all numbers of a call, with the same random numbers in each."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 - libraries draw from this generator
    networks = Networks(*(Class(**SHORT, random_state=0) for Class in (classifier, regressor)))
    return np.concatenate([np.ravel(np.asarray(part, float)) for part in call(networks)])


def difference(theirs: np.ndarray, ours: np.ndarray) -> float:
    """Return the largest difference, relative to the largest number."""
    if theirs.shape != ours.shape:
        return np.inf
    return float(np.abs(theirs - ours).max() / np.abs(theirs).max())


def is_same(name: str) -> bool:
    """Print a line for a library; return whether both packages give the same numbers."""
    try:
        theirs, ours = (results(CALLS[name], *pair) for pair in PAIRS)
    except Exception:  # what a library may raise
        print(f"FAIL  {name}: {traceback.format_exc()}")
        return False
    apart = difference(theirs, ours)
    verdict = "same" if apart <= TOLERANCE else "FAIL"  # nan fails, too
    what = f"{CALLS[name].__name__.replace('_', ' ')}, {theirs.size} numbers"
    print(f"{verdict}  {name} {version(name)}: {what}, apart by {apart:.0e}", flush=True)
    return verdict == "same"


def main() -> int:
    """Call the libraries, and return 1 if one of them fails or gives other numbers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=CALLS, default=CALLS, metavar="LIBRARY")
    names = parser.parse_args().only
    warnings.simplefilter("ignore")
    with TemporaryDirectory() as folder, chdir(folder):  # emlearn writes into the current folder
        n_same = sum([is_same(name) for name in names])
    print(f"{n_same} of {len(names)} libraries give the same numbers")
    return int(n_same < len(names))


if __name__ == "__main__":
    sys.exit(main())
