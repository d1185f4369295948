"""Messy columns, beside the same columns in clean form.

Each case is a generated table of 3,000 rows with two columns: a number with a small effect on the
class, and a messy column with a large one. `TabularMLPClassifier` is fitted to this table, and to
the table with the clean column instead. The areas under the curve are those of out-of-fold
predictions. The bar of --check is their difference.

Clean columns are the column that the messy one was written from, with these exceptions:

- "one word", "one of eight words", "title", "domain", "prefix": the category that decides, which is
  the only informative part of the text.
- "sum of words": the sum of the effects of all words, which 3,000 rows cannot tell. No bar.
- "user", "shop": what 3,000 rows can tell of the effects of 2,500 users or 600 shops. For each
  level, as many other rows are drawn as a row of the level has companions. The number is the mean
  of the posterior distribution of the effect, given these other rows. If a level occurs once, the
  number is 0. No model can learn the effects themselves from so few rows.
- "weekend", "December", "opening hours": whether it is one.

Usage: python -m benchmarks columns [--only NAME ...] [--seeds N] [--check] [--before DIR]
"""

import argparse
import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import mean

import numpy as np
import pandas as pd
from checks import check
from machine import describe
from runs import cpu_seconds, one_thread
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from scratchmlp.tabular import TabularMLPClassifier

BAR = 0.02
N_ROWS = 3000
DEVIATION = 2.0  # of the effects of users and shops

Generator = np.random.Generator
Columns = tuple[pd.Series, pd.Series, np.ndarray]  # messy, clean, and the effect on the log-odds
Case = Callable[[Generator], Columns]


# Text.


def vocabulary(rng: Generator, n: int) -> np.ndarray:
    """Make different words of two or three syllables, some of which begin or end alike."""
    consonants, vowels = list("bcdfghklmnprstvw"), list("aeiou")
    words: set[str] = set()
    while len(words) < n:
        syllables = rng.choice(consonants, 3), rng.choice(vowels, 3)
        word = "".join(a + b for a, b in zip(*syllables, strict=True))
        words.add(word[: 2 * rng.integers(2, 4)] + rng.choice(["", "n", "s", "r"]))
    return rng.permutation(sorted(words))


def sentences(words: np.ndarray, drawn: np.ndarray) -> pd.Series:
    """Write sentences of the words with these numbers."""
    return pd.Series([" ".join(words[row]) for row in drawn], dtype=object)


def one_word(rng: Generator) -> Columns:
    """One of 200 equally frequent words decides; a sentence has ten of them."""
    drawn = rng.integers(200, size=(N_ROWS, 10))
    decides = (drawn == 7).any(axis=1)
    return sentences(vocabulary(rng, 200), drawn), yes_no(decides), 5.0 * decides - 2.5


def one_of_eight_words(rng: Generator) -> Columns:
    """Each sentence has one of eight words that count, and nine of 192 that do not."""
    drawn, which = rng.integers(8, 200, size=(N_ROWS, 10)), rng.integers(8, size=N_ROWS)
    drawn[np.arange(N_ROWS), rng.integers(10, size=N_ROWS)] = which
    return sentences(vocabulary(rng, 200), drawn), pd.Series(which.astype(str)), which / 2.0 - 1.75


def long_text(rng: Generator) -> Columns:
    """One word decides in texts of 200 words, of which some are far more frequent than others."""
    shares = 1 / np.arange(10, 2010)
    drawn = rng.choice(2000, size=(N_ROWS, 200), p=shares / shares.sum())
    drawn[drawn == 300] = 301
    decides = rng.random(N_ROWS) < 0.3
    drawn[decides, rng.integers(200, size=decides.sum())] = 300
    return sentences(vocabulary(rng, 2000), drawn), yes_no(decides), 5.0 * decides - 2.5


def sum_of_words(rng: Generator) -> Columns:
    """Give effects to a hundred of 400 words; a sentence has 15 words."""
    drawn, effects = (
        rng.integers(400, size=(N_ROWS, 15)),
        np.r_[rng.normal(size=100), np.zeros(300)],
    )
    effect = effects[drawn].sum(axis=1)
    return sentences(vocabulary(rng, 400), drawn), pd.Series(effect), effect


def title(rng: Generator) -> Columns:
    """Names such as "Braund, Mr. Owen Harris", of which the title counts."""
    titles = np.array(["Mr.", "Mrs.", "Miss.", "Master.", "Dr.", "Rev."])
    which = rng.choice(6, N_ROWS, p=[0.55, 0.15, 0.18, 0.06, 0.03, 0.03])
    names = np.char.capitalize(vocabulary(rng, 500))[rng.integers(500, size=(N_ROWS, 3))]
    text = [f"{a}, {titles[i]} {b} {c}" for (a, b, c), i in zip(names, which, strict=True)]
    effects = np.array([-1.5, 1.5, 1.2, 0.5, -0.3, -2.0])
    return pd.Series(text, dtype=object), pd.Series(titles[which]), effects[which]


def domain(rng: Generator) -> Columns:
    """E-mail addresses, of which one of thirty domains counts."""
    names, domains = vocabulary(rng, 300), vocabulary(rng, 30)
    drawn, which = rng.integers(300, size=(N_ROWS, 2)), rng.integers(30, size=N_ROWS)
    numbers = rng.integers(1000, size=N_ROWS)
    text = [
        f"{names[a]}.{names[b]}{number}@{domains[i]}.com"
        for (a, b), number, i in zip(drawn, numbers, which, strict=True)
    ]
    return pd.Series(text, dtype=object), pd.Series(domains[which]), rng.normal(0, 1.5, 30)[which]


def prefix(rng: Generator) -> Columns:
    """Codes such as "QX 48213A", of which the first two letters count."""
    letters = np.array(list("ABCDEFGH"))
    prefixes = np.array([a + b for a in letters for b in letters])[rng.permutation(64)[:20]]
    which, numbers = rng.integers(20, size=N_ROWS), rng.integers(10_000, 99_999, size=N_ROWS)
    ends = letters[rng.integers(8, size=N_ROWS)]
    text = [f"{prefixes[i]} {n}{end}" for i, n, end in zip(which, numbers, ends, strict=True)]
    return pd.Series(text, dtype=object), pd.Series(prefixes[which]), rng.normal(0, 1.5, 20)[which]


def yes_no(condition: np.ndarray) -> pd.Series:
    """Write booleans as categories."""
    return pd.Series(np.where(condition, "yes", "no"), dtype=object)


# Many categories.


def levels(rng: Generator, n_levels: int, name: str) -> Columns:
    """Draw levels, each at least once, that have normal effects."""
    level = np.r_[np.arange(n_levels), rng.integers(n_levels, size=N_ROWS - n_levels)]
    effects = rng.normal(0, DEVIATION, n_levels)
    known = posterior_means(effects, np.bincount(level) - 1, rng)
    messy = pd.Series([f"{name}{number}" for number in level], dtype=object)
    return messy, pd.Series(known[level]), effects[level]


def posterior_means(effects: np.ndarray, counts: np.ndarray, rng: Generator) -> np.ndarray:
    """Draw `counts` classes of each level, and return what they tell about its effect."""
    n_ones = rng.binomial(counts, expit(effects))
    grid = np.linspace(-4, 4, 201) * DEVIATION
    log_density = (
        n_ones[:, None] * np.log(expit(grid))
        + (counts - n_ones)[:, None] * np.log(expit(-grid))
        - (grid / DEVIATION) ** 2 / 2
    )
    density = np.exp(log_density - log_density.max(axis=1, keepdims=True))
    return density @ grid / density.sum(axis=1)


def user(rng: Generator) -> Columns:
    """2,500 users, most of which occur once."""
    return levels(rng, 2500, "u")


def shop(rng: Generator) -> Columns:
    """600 shops with five rows each on average."""
    return levels(rng, 600, "s")


# Dates and numbers.


def dates(rng: Generator) -> pd.Series:
    """Draw minutes of three years."""
    minutes = rng.integers(3 * 365 * 24 * 60, size=N_ROWS)
    return pd.Series(pd.Timestamp("2019-02-11") + pd.to_timedelta(minutes, unit="min"))


def written_dates(rng: Generator, form: str) -> Columns:
    """Write dates as text; their trend, the season and the weekend have effects."""
    days = dates(rng).dt.normalize()
    years = (days - days.min()).dt.days / 365
    weekend = days.dt.day_of_week >= 5
    effect = years - 1.5 + np.sin(2 * np.pi * years) + 2.0 * weekend - 0.6
    return days.dt.strftime(form).astype(object), days, effect.to_numpy()


def dates_with_effect(rng: Generator, condition: Callable[[pd.Series], pd.Series]) -> Columns:
    """Give an effect to the dates that fulfil a condition."""
    when = dates(rng)
    fulfilled = condition(when).to_numpy()
    return when, yes_no(fulfilled), 3.0 * fulfilled - 1.5


def numbers(rng: Generator, form: Callable[[float], str]) -> Columns:
    """Write positive numbers as text."""
    values = np.exp(rng.normal(6, 1.5, N_ROWS)).round(2)
    effect = np.where(values > np.median(values), 1.5, -1.5) + (np.log(values) - 6) / 2
    return pd.Series([form(value) for value in values], dtype=object), pd.Series(values), effect


def decimal_comma(value: float) -> str:
    """Write a number as in Germany."""
    return f"{value:,.2f}".translate(str.maketrans(",.", ".,"))


CASES: dict[str, Case] = {
    "text: one word": one_word,
    "text: one of eight words": one_of_eight_words,
    "text: one word of 200": long_text,
    "text: sum of words": sum_of_words,
    "text: title": title,
    "text: domain": domain,
    "text: prefix": prefix,
    "user": user,
    "shop": shop,
    "17.03.2020": lambda rng: written_dates(rng, "%d.%m.%Y"),
    "03/17/2020": lambda rng: written_dates(rng, "%m/%d/%Y"),
    "date: weekend": lambda rng: dates_with_effect(rng, lambda when: when.dt.day_of_week >= 5),
    "date: December": lambda rng: dates_with_effect(rng, lambda when: when.dt.month == 12),
    "date: opening hours": lambda rng: dates_with_effect(rng, lambda w: w.dt.hour.between(9, 16)),
    "1,234": lambda rng: numbers(rng, lambda value: f"{value:,.2f}"),
    "12%": lambda rng: numbers(rng, lambda value: f"{value}%"),
    "$12": lambda rng: numbers(rng, lambda value: f"${value:,.2f}"),
    "1.234,5": lambda rng: numbers(rng, decimal_comma),
}
WITHOUT_BAR = ("text: sum of words",)


# Measuring.


def areas(name: str, seed: int) -> tuple[float, float, float]:
    """Return the area under the curve of both tables, and the seconds of the messy one."""
    rng = np.random.default_rng(seed)
    messy, clean, effect = CASES[name](rng)
    x = rng.normal(size=N_ROWS)
    y = rng.random(N_ROWS) < expit(effect + x / 2)
    found = []
    for column in (messy, clean):
        start = cpu_seconds()
        model = TabularMLPClassifier(random_state=seed)
        model.fit(pd.DataFrame({"x": x, "column": column}), y)
        found.append((roc_auc_score(y, model.oof_proba_[:, 1]), cpu_seconds() - start))
    return found[0][0], found[1][0], found[0][1]


def main() -> int:
    """Measure, print, and return 1 if a check failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES), metavar="NAME")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--check", action="store_true", help="compare with the bar; 1 on a FAIL")
    parser.add_argument("--before", type=Path, help="measure this checkout instead")
    args = parser.parse_args()
    if args.before:
        names = ["--only", *args.only, "--seeds", str(args.seeds)]
        environment = os.environ | {"PYTHONPATH": str(args.before.resolve())}
        return subprocess.run([sys.executable, __file__, *names], env=environment).returncode
    warnings.simplefilter("ignore")
    print(describe(), flush=True)
    print("| column | AUC | AUC of the clean column | difference | CPU s |\n|---|---|---|---|---|")
    checks = []
    with one_thread():
        for name in args.only:
            runs = [areas(name, seed) for seed in range(args.seeds)]
            messy, clean, seconds = map(mean, zip(*runs, strict=True))
            print(f"| {name} | {messy:.4f} | {clean:.4f} | {clean - messy:.4f} | {seconds:.1f} |")
            sys.stdout.flush()
            if name not in WITHOUT_BAR:
                checks.append(check(name, clean - messy, BAR, at_least=False, digits=4))
    if args.check:
        print("\nchecks", *checks, sep="\n")
    return int(args.check and any(check.verdict == "FAIL" for check in checks))


if __name__ == "__main__":
    sys.exit(main())
