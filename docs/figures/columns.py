"""What the encoder makes of columns: Adult, and a small table with dates, prices and text."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from drawing import BACKWARD, FORWARD, NEUTRAL, SIZE, canvas
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from scratchmlp.tabular import TabularEncoder

warnings.simplefilter("ignore")  # of values that are unknown, and of a column that is left out
adult = pd.read_csv(Path.cwd().parents[1] / "docs" / "data" / "adult.csv.gz")
people = adult.drop(columns="income")
rng = np.random.default_rng(0)
words = ["good", "slow", "cheap", "friendly", "broken", "late", "again"]
orders = pd.DataFrame(
    {
        "order_id": np.arange(200) + 7001,
        "ordered": pd.date_range("2023-01-15", periods=200, freq="37D").strftime("%d.%m.%Y"),
        "price": [f"${price:,.0f}" for price in rng.gamma(2, 900, 200)],
        "review": [" ".join(rng.choice(words, 3, replace=False)) for _ in range(200)],
    }
)
orders.loc[1::7, "price"] = "unknown"
#: Tables, the numbers of the rows that are shown, and what is said about each column.
SHOWN = [
    (
        people,
        [0, int(people.index[people["workclass"].isna() & (people["sex"] == "Male")][0])],
        {
            "age": "scaled by median and quartiles",
            "sex": "two categories",
            "workclass": "one-hot: a column for each category",
        },
    ),
    (
        orders,
        [0, 1],
        {
            "ordered": "days; the time of year; Mon … Sun",
            "price": "scaled number; is it missing?",
            "review": "30 numbers that summarize the words",
            "order_id": "",
        },
    ),
]
MOST = 8  # cells with numbers in them
RIGHT = 2.7


def cell(ax: Axes, x: float, y: float, width: float, number: float) -> None:
    """Draw one encoded value: the larger, the darker."""
    red, green, blue = (0.12, 0.37, 0.66) if number > 0 else (0.71, 0.28, 0.06)
    color = (red, green, blue, 0.75 * min(1, abs(number)))
    ax.add_patch(
        Rectangle((x, y - 0.12), width, 0.24, facecolor=color, edgecolor="0.6", linewidth=0.7)
    )
    if width > 0.25:
        label = f"{number:.2g}".replace("-", "−")
        ax.text(x + width / 2, y, label, ha="center", va="center", fontsize=9)


figure, ax = canvas(5.4, 6.9)
style = {"fontsize": SIZE, "va": "center"}
y = 6.7
for x, title in ((0.1, "column"), (1.05, "value"), (RIGHT, "encoded")):
    ax.text(x, y, title, color=NEUTRAL, **style)
y -= 0.2
for table, rows, columns in SHOWN:
    encoder = TabularEncoder().fit(table)
    outputs = pd.Series(encoder.get_feature_names_out())
    encoded = encoder.transform(table.iloc[rows])
    for name, words in columns.items():
        ax.plot([0.1, 5.3], [y, y], color="0.8", linewidth=0.8)
        ax.text(0.1, y - 0.2, name, **style)
        own = np.flatnonzero(outputs.str.match(rf"{name}(_|$)"))
        for row, numbers in zip(rows, encoded[:, own], strict=True):
            value = table[name].iloc[row]
            ax.text(1.05, y - 0.2, "missing" if pd.isna(value) else value, color=FORWARD, **style)
            width = 0.42 if len(own) <= MOST else 0.2
            for j, number in enumerate(numbers[:12]):
                cell(ax, RIGHT + j * width, y - 0.2, width, number)
            if len(own) > 12:
                ax.text(RIGHT + 12 * width + 0.06, y - 0.2, "…", **style)
            if not len(own):
                ax.text(RIGHT, y - 0.2, "left out", color=BACKWARD, **style)
            y -= 0.29
        if words:
            long = len(words) > 38
            place, side = (5.3, "right") if long else (RIGHT, "left")
            ax.text(place, y - 0.18, words, color=NEUTRAL, ha=side, fontsize=9, va="center")
            y -= 0.24
        y -= 0.12
