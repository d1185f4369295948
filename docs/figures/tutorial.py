"""The table and the model of tables.md, fitted once for all pictures of them."""

from pathlib import Path

import pandas as pd

from scratchmlp.tabular import TabularEnsembleClassifier

data = Path(__file__).parents[1] / "data"
adult, new = (pd.read_csv(data / f"{name}.csv.gz") for name in ("adult", "adult_new"))
X, y = adult.drop(columns="income"), adult["income"]
model = TabularEnsembleClassifier(random_state=0).fit(X, y)


def moved_most(row, n_shown=4):
    """Return what moved a new person's probability, the largest last, and the probability.

    The first one is the sum of the others, and of `fnlwgt`, which is not about the person: the
    census weighs its rows by it.
    """
    person = new.drop(columns="income").iloc[[row]]
    moved = model.explain(person, background=X, random_state=0).contributions[0, :, 1]
    moved = pd.Series(moved, [f"{name} = {value}" for name, value in person.iloc[0].items()])
    about = moved[~moved.index.str.startswith("fnlwgt")]
    largest = about.sort_values(key=abs)[-n_shown:]
    others = pd.Series({f"{len(moved) - n_shown} others": moved.sum() - largest.sum()})
    return pd.concat([others, largest]), model.predict_proba(person)[0, 1]
