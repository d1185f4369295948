"""Where dates are in the year, in the day and in the week, as nodes of ONNX.

Dates are whole seconds or days since 1970-01-01, in float64. See
`scratchmlp.tabular.columns.calendar`.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from scratchmlp.io.onnx.graph import Graph
from scratchmlp.tabular.columns.calendar import (
    FIRST_WEEKDAY,
    SECONDS,
    WAVE_DECIMALS,
    Calendar,
    weekday_suffix,
)

_DAY = float(SECONDS)
_DAYS_TO_1970 = 719_162.0  # since 0001-01-01
_MEAN_YEAR = 365.2425  # days


def add_calendar(
    graph: Graph, days: str, calendars: Mapping[str, Calendar]
) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Add the outputs of `Calendar.encode` for several columns at the same time.

    Parameters
    ----------
    graph : Graph
        The graph, of dtype float64.
    days : str
        Days since 1970-01-01, of shape (n_samples, n_columns), float64; NaN if missing.
    calendars : mapping of str to Calendar
        The calendar of each column, by its name.

    Yields
    ------
    value : str
        Outputs, of shape (n_samples, n_outputs), float32.
    keys : list of tuple of two str
        The column and the suffix of each output.
    """
    wanted = [
        (i, name, suffix)
        for i, (name, calendar) in enumerate(calendars.items())
        for suffix in calendar.suffixes()
    ]
    if not wanted:
        return
    missing = graph.add("IsNaN", days)
    known = graph.add("Where", missing, np.zeros((1, 1)), days)
    seconds = graph.add("Round", graph.add("Mul", known, _DAY))
    day = _floor_div(graph, seconds, _DAY)
    outputs: dict[str, str] = {}
    suffixes = {suffix for _, _, suffix in wanted}
    if "_hour" in suffixes:
        rest = graph.add("Sub", seconds, graph.add("Mul", day, _DAY))
        outputs |= _cycle(graph, "_hour", graph.add("Div", graph.add("Div", rest, 3600.0), 24.0))
    if "_month" in suffixes:
        outputs |= _cycle(graph, "_month", _year_fraction(graph, seconds, day))
    weekday = graph.add("Add", day, float(FIRST_WEEKDAY))
    weekday = graph.add("Sub", weekday, graph.add("Mul", _floor_div(graph, weekday, 7.0), 7.0))
    numbers = [number for calendar in calendars.values() for number in calendar.weekdays]
    for number in dict.fromkeys(numbers):
        equal = graph.add("Equal", weekday, np.array([[float(number)]]))
        outputs[weekday_suffix(number)] = graph.cast(equal, np.float32)
    zero = np.zeros((1, 1), np.float32)
    for suffix, value in outputs.items():
        of = [(i, name) for i, name, each in wanted if each == suffix]
        value = graph.add("Where", missing, zero, value)
        yield graph.gather(value, [i for i, _ in of]), [(name, suffix) for _, name in of]


def _cycle(graph: Graph, suffix: str, position: str) -> dict[str, str]:
    """Add a position in [0, 1) as a number in [-1, 1) and as a wave, by suffix, in float32.

    They become float32 at the end, as in `Calendar.encode`: trees may split between neighbors.
    """
    angle = graph.add("Mul", position, 2 * np.pi)
    values = {suffix: graph.add("Sub", graph.add("Mul", position, 2.0), 1.0)}
    # onnxruntime before 1.29 has no cosine in float64: cos(a) is sin(a + pi / 2).
    for wave, moved in (("sin", angle), ("cos", graph.add("Add", angle, np.pi / 2))):
        whole = graph.add("Round", graph.add("Mul", graph.add("Sin", moved), 10.0**WAVE_DECIMALS))
        values[f"{suffix}_{wave}"] = graph.add("Div", whole, 10.0**WAVE_DECIMALS)
    return {name: graph.cast(value, np.float32) for name, value in values.items()}


def _year_fraction(graph: Graph, seconds: str, day: str) -> str:
    """Add the part of the year that has passed."""
    # The mean length of a year tells the year up to one.
    guess = graph.add("Add", _floor_div(graph, day, _MEAN_YEAR), 1970.0)
    after = graph.add("Add", guess, 1.0)
    too_small = graph.add("LessOrEqual", _year_start(graph, after), day)
    too_large = graph.add("Greater", _year_start(graph, guess), day)
    year = graph.add("Add", guess, graph.cast(too_small, np.float64))
    year = graph.add("Sub", year, graph.cast(too_large, np.float64))
    start = _year_start(graph, year)
    length = graph.add("Sub", _year_start(graph, graph.add("Add", year, 1.0)), start)
    passed = graph.add("Sub", seconds, graph.add("Mul", start, _DAY))
    return graph.add("Div", passed, graph.add("Mul", length, _DAY))


def _year_start(graph: Graph, year: str) -> str:
    """Add the days from 1970-01-01 to the first day of a year in the Gregorian calendar."""
    before = graph.add("Sub", year, 1.0)
    days = graph.add("Mul", before, 365.0)
    days = graph.add("Add", days, _floor_div(graph, before, 4.0))
    days = graph.add("Sub", days, _floor_div(graph, before, 100.0))
    days = graph.add("Add", days, _floor_div(graph, before, 400.0))
    return graph.add("Sub", days, _DAYS_TO_1970)


def _floor_div(graph: Graph, value: str, divisor: float) -> str:
    """Add the quotient, rounded down."""
    return graph.add("Floor", graph.add("Div", value, divisor))
