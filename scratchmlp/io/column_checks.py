"""Checks of how the columns of a table are encoded."""

from typing import Any

from scratchmlp.io.array_headers import is_number
from scratchmlp.io.errors import require
from scratchmlp.tabular.column_encoding import NUMERIC, output_suffixes
from scratchmlp.tabular.column_kinds import LEFT_OUT
from scratchmlp.tabular.columns import WORDS
from scratchmlp.tabular.date_parsing import FORMATS, ISO
from scratchmlp.tabular.plain_state import plain_level

_ENCODINGS = ("one-hot", "sign", "many", "missing", "none")


def check_column(name: str, fitted: Any) -> None:
    """Check an entry of `TabularEncoder.columns_`.

    Parameters
    ----------
    name : str
        Name of the column.
    fitted : object
        The entry, a dict.

    Raises
    ------
    ContentError
        If the entry is not complete, or its values do not fit together.
    """
    wrong = f"the encoding of the column {name!r:.80} is not complete."
    require(isinstance(fitted, dict), wrong)
    kind = fitted["kind"]
    require(isinstance(fitted["reason"], str), wrong)
    if kind in LEFT_OUT:
        valid = type(fitted["indicator"]) is bool and "levels" not in fitted
    elif kind == "category":
        valid = fitted["labels"] in WORDS and _are_levels(fitted)
    elif kind == "text":
        n = fitted["n_components"]
        valid = type(n) is int and 0 <= n <= 10_000 and type(fitted["indicator"]) is bool
        valid = valid and fitted["labels"] in WORDS and "levels" not in fitted
    else:
        require(kind in NUMERIC, wrong)
        valid = is_number(fitted["centre"]) and is_number(fitted["scale"]) and fitted["scale"] >= 0
        valid = valid and type(fitted["indicator"]) is bool and "levels" not in fitted
        valid = valid and _is_calendar(fitted, kind == "date")
    share = fitted.get("share_missing", 0.0)
    valid = valid and is_number(share) and 0 <= share <= 1
    require(valid and _is_written(fitted), wrong)
    output_suffixes(fitted)  # raises an error if a part is missing


def category_without_text(columns: dict[str, Any]) -> str:
    """Return a sentence about a category that files cannot contain, or nothing."""
    for name, fitted in columns.items():
        for level in (*fitted.get("levels", ()), *fitted.get("other_levels", ())):
            if not isinstance(plain_level(level), str | int | float | dict | None):
                kind = type(level).__name__
                return (
                    f" The column {name!r:.80} has the category {level!r:.80} ({kind}). Convert "
                    "the column to text before you fit."
                )
    return ""


def _are_levels(fitted: dict[str, Any]) -> bool:
    """Return whether levels, their encoding and their counts fit together."""
    levels, others = fitted["levels"], fitted.get("other_levels", [])
    valid = isinstance(levels, list) and isinstance(others, list)
    valid = valid and len({*levels, *others}) == len(levels) + len(others)
    encoding, n_levels = fitted["encoding"], fitted["n_levels"]
    valid = valid and encoding in _ENCODINGS and type(n_levels) is int and n_levels >= len(levels)
    if encoding == "sign":
        valid = valid and len(levels) == 2
    if encoding in ("none", "missing"):
        valid = valid and len(levels) <= 1
    if encoding != "many":
        return valid and not others and "counts" not in fitted and "indicator" not in fitted
    counts = fitted["counts"]
    valid = valid and isinstance(counts, list) and len(counts) == len(levels) + len(others)
    valid = valid and all(type(n) is int and 0 < n < 2**60 for n in counts)
    return valid and type(fitted["indicator"]) is bool


def _is_calendar(fitted: dict[str, Any], is_date: bool) -> bool:
    """Return whether the cycles and the days of the week exist."""
    if not is_date:
        return "cycles" not in fitted and "weekdays" not in fitted
    cycles, weekdays = fitted["cycles"], fitted["weekdays"]
    valid = isinstance(cycles, list) and cycles in ([], ["month"], ["hour"], ["month", "hour"])
    valid = valid and isinstance(weekdays, list) and all(type(day) is int for day in weekdays)
    return valid and weekdays == sorted(set(weekdays)) and set(weekdays) <= set(range(7))


def _is_written(fitted: dict[str, Any]) -> bool:
    """Return whether it is known how text is read as numbers or dates."""
    valid = fitted.get("decimal", ".") in (".", ",")
    valid = valid and isinstance(fitted.get("units", ""), str)
    valid = valid and fitted.get("date_format", ISO) in {ISO, *FORMATS}
    unreadable = fitted.get("unreadable", [])
    return valid and isinstance(unreadable, list) and {*map(type, unreadable)} <= {str}
