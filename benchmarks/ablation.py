"""What each ingredient of the tabular classifier is worth, and what other choices would be.

Every variant differs from the recipe in one thing, and is measured as `accuracy.py` does on the
small sets: the same folds, one thread, three random states; results are appended to a file, and a
run that was stopped goes on. The tables show the variants' averages and, for error and log-loss,
how much their logarithms differ from the recipe's, in per cent, with the standard error over random
states of these differences: positive is worse.

Usage: python -m benchmarks ablation [--only VARIANT ...] [--results FILE] [--data DIR]
"""

import argparse
import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd

from benchmarks.candidates import Candidate
from benchmarks.machine import describe
from benchmarks.runs import latest, measure, summarize
from benchmarks.tables import CACHE, SMALL
from scratchmlp.optimizers import AdamW
from scratchmlp.schedules import Cosine, HorizonSchedule
from scratchmlp.tabular import PiecewiseLinearEncoder, targets
from scratchmlp.tabular.calibration import Calibration
from scratchmlp.tabular.columns import numeric
from scratchmlp.tabular.networks import fold_evaluator, member, mlp, recipe
from scratchmlp.tabular.networks.recipe import Recipe, classification_recipe
from scratchmlp.tabular.networks.tangent import TangentParametrization

# What takes the place of an ingredient.


class Unscaled(TangentParametrization):
    """The neural-tangent parametrization without scales of the inputs."""

    def gradient(self, phi: Any, grad: Any, out: Any = None) -> np.ndarray:
        """Leave the scales as they are."""
        out = super().gradient(phi, grad, out)
        out[len(grad) :] = 0
        return out


class Plain(Unscaled):
    """The network's own parameters, drawn as LeCun's; inputs have no scales."""

    INPUT_FACTOR, BIAS_FACTOR = 1.0, 1.0

    @cached_property
    def factors(self) -> np.ndarray:
        """All 1."""
        return np.ones(self.network.n_parameters, self.dtype)

    def initial(self, random_state: np.random.RandomState) -> np.ndarray:
        """Draw weights with variance 1 / n_in; biases are zero."""
        phi = np.zeros(self.network.n_parameters + self.network.sizes[0], self.dtype)
        for layer in self.network.layers(phi[: self.network.n_parameters]):
            n_in, n_out = layer.weight.shape
            layer.weight[...] = random_state.standard_normal((n_in, n_out)) * n_in**-0.5
        phi[self.network.n_parameters :] = 1
        return phi


def own_best(histories: list[Any]) -> list[Any]:
    """Choose each member's epoch by its own fold alone."""
    return [min(history.candidates, key=lambda c: (c.loss, -c.epoch)) for history in histories]


def last(histories: list[Any]) -> list[Any]:
    """Choose the last epoch."""
    return [max(history.candidates, key=lambda c: c.epoch) for history in histories]


def barely_clip(z: np.ndarray) -> np.ndarray:
    """Clip scaled numbers where hardly any are."""
    return np.clip(z, -1e3, 1e3)


class Level(HorizonSchedule):
    """The same rate all the time."""

    def factor(self, t: float) -> float:
        """Return 1."""
        return 1.0


# The variants.


@dataclass(frozen=True)
class Variant(Candidate):
    """The classifier with another recipe or another piece of its code."""

    library: str = "scratchmlp"
    path: str = "scratchmlp.tabular.TabularMLPClassifier"
    recipe: dict[str, Any] = field(default_factory=dict)  # what is different in it
    patches: tuple[tuple[Any, str, Any], ...] = ()  # owner, attribute and what is put there

    def version(self) -> str:
        """Say all that a result depends on, with the source of what is put in."""
        patches = [f"{owner.__name__}.{attribute}" for owner, attribute, _ in self.patches]
        here = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:8] if patches else ""
        return f"{super().version()}, {self.recipe!r}, {', '.join(patches)} {here}"

    @contextmanager
    def context(self) -> Iterator[None]:
        """Put in what is different."""

        def changed(*table: Any) -> Recipe:
            return replace(classification_recipe(*table), **self.recipe)

        with ExitStack() as stack:
            for owner, name, value in ((recipe, "classification_recipe", changed), *self.patches):
                stack.enter_context(patch.object(owner, name, value))
            yield


def optimizer(**settings: Any) -> dict[str, Any]:
    """Change Adam's constants."""
    return {"optimizer": AdamW(**({"beta_2": 0.95, "weight_decay": 0.02} | settings))}


def bins(*members: Any) -> dict[str, Any]:
    """Change the members' bins."""
    return {"bins": members}


RECIPE = "the recipe"
TREE, QUANTILE = (PiecewiseLinearEncoder(8, strategy=how) for how in ("tree", "quantile"))
NO_SMOOTHING = {"loss": classification_recipe(1).evaluation_loss}
PLAIN = ((member, "TangentParametrization", Plain),)

LEFT_OUT = {
    RECIPE: Variant(),
    "no bins for any member": Variant(recipe=bins(None)),
    "numbers scaled, but not clipped": Variant(patches=((numeric, "clip_smoothly", barely_clip),)),
    "no scales of inputs": Variant(patches=((member, "TangentParametrization", Unscaled),)),
    "plain parameters, rate 0.003": Variant(recipe={"learning_rate_init": 0.003}, patches=PLAIN),
    "plain parameters, rate 0.01": Variant(recipe={"learning_rate_init": 0.01}, patches=PLAIN),
    "ReLU": Variant(recipe={"activation": "relu"}),
    "no label smoothing": Variant(recipe=NO_SMOOTHING),
    "no weight decay": Variant(recipe=optimizer(weight_decay=0.0)),
    "Adam's usual β₂, 0.999": Variant(recipe=optimizer(beta_2=0.999)),
    "constant rate": Variant(recipe={"schedule": Level()}),
    "one decay of the rate, cosine": Variant(recipe={"schedule": Cosine()}),
    "the last epoch": Variant(
        patches=((mlp, "choose_epochs", last), (fold_evaluator.FoldEvaluator, "N_KEPT", 10**6))
    ),
    "the best epoch on the own fold alone": Variant(patches=((mlp, "choose_epochs", own_best),)),
    "the best epoch without its neighbours": Variant(patches=((Recipe, "averaging_radius", 0),)),
    "no calibration": Variant(
        patches=((targets, "fit_calibration", lambda *_: Calibration(1.0, 0.0)),)
    ),
    "three members instead of eight": Variant(parameters={"cv": 3}),
}
OTHER = {
    "quantile bins": Variant(recipe=bins(None, QUANTILE)),
    "bins for every member": Variant(recipe=bins(TREE)),
    "a third of the members with quantile bins": Variant(recipe=bins(None, TREE, QUANTILE)),
    "SELU": Variant(recipe={"activation": "selu"}),
    "Mish": Variant(recipe={"activation": "mish"}),
    "one hidden layer of 256": Variant(parameters={"hidden_layer_sizes": 256}),
}
VARIANTS = LEFT_OUT | OTHER


def difference(runs: pd.DataFrame, name: str, key: str) -> str:
    """Compare a variant with the recipe, in per cent, with the standard error over seeds."""
    ours, recipes = (
        [summarize(of_seed, who, SMALL).get(key, np.nan) for _, of_seed in runs.groupby("seed")]
        for who in (name, RECIPE)
    )
    changes = pd.Series(100 * np.log(np.divide(ours, recipes)))
    return f"{changes.mean():+.1f} ± {changes.sem():.1f}"


def print_table(title: str, runs: pd.DataFrame, names: list[str]) -> None:
    """Print each variant's averages, and compare them with the recipe's."""
    averages = {name: summarize(runs, name, SMALL) for name in names}
    table = pd.DataFrame.from_dict({name: row for name, row in averages.items() if row}, "index")
    for key in ("error", "log_loss"):
        table[f"{key}, %"] = [difference(runs, name, key) for name in table.index]
    print(f"\n{title}\n{table.to_string(float_format='{:.4f}'.format)}")


def main() -> None:
    """Measure what is missing, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--only", nargs="+", choices=VARIANTS, default=list(VARIANTS), metavar="VARIANT")
    add("--results", type=Path, default=CACHE / "ablation.jsonl", help="file that grows")
    add("--data", type=Path, default=CACHE, help="folder of the tables")
    args = parser.parse_args()
    print(describe(), flush=True)
    variants = {name: VARIANTS[name] for name in dict.fromkeys([RECIPE, *args.only])}
    measure(args.results, variants, SMALL, args.data)
    runs = latest(args.results, variants)
    for title, group in (("left out", LEFT_OUT), ("other choices", OTHER)):
        print_table(title, runs, [name for name in variants if name in group])


if __name__ == "__main__":
    main()
