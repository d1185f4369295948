"""What the user should know about a column: notes, their words, and warnings."""

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, TypedDict, get_args

from sklearn.exceptions import DataConversionWarning

from scratchmlp.tabular.vocabulary import MOST_CHARACTERS, VALUES, ValueKind
from scratchmlp.utils.names import listed, shortened
from scratchmlp.utils.public import stacklevel

_SHOWN = 3  # values in a clause

#: What a note says of a column that would mislead the user.
MisleadingCase = Literal[
    "leak",  # tells the target alone
    "leaks",  # the same of several columns
    "sentinel",  # has a number that may stand for missing values
    "sentinels",  # the same of several columns
    "entity",  # rows of the same value are alike, such as those of a person
    "time",  # predictions of later rows are worse
]
#: What a note is about, in the order of lists.
NoteCase = Literal[
    # Columns that are left out.
    "index",  # row numbers
    "identifier",  # different in each row
    "constant",  # a single value
    "missing",  # no value
    "unrepeated",  # categories that all occur once
    "terms",  # text of which no word repeats
    # Columns of which something is guessed or not used.
    "unreadable",  # values that are none of the kind of the column
    "mixed",  # numbers and text
    "order",  # of day and month, which no date tells
    "units",  # of numbers, which are different
    "other units",  # than in `fit`
    "codes",  # that are whole numbers
    "numbers",  # that are text, and could be codes
    "long",  # text that is cut
    "empty",  # no value in a table to encode, unlike in `fit`
    "unseen",  # no category of a table to encode is known
    "zone",  # of dates, which is another one than in `fit`, or none
    # Columns of an estimator.
    "hidden",  # in some rows in training
    MisleadingCase,
]


class Note(NamedTuple):
    """What the user should know about a column; ``str`` writes it with what to do about it.

    Attributes
    ----------
    case : NoteCase
        What the note is about.
    column : str
        Name of the column.
    values : mapping of str to object
        What was found: the arguments of `Wording.clause`, after the name.
    """

    case: NoteCase
    column: str
    values: Mapping[str, Any] = MappingProxyType({})

    @property
    def clause(self) -> str:
        """What was found, without what to do about it."""
        return WORDINGS[self.case].clause(self.column, **self.values)

    @property
    def remedy(self) -> str:
        """What to do about it, in Python."""
        return WORDINGS[self.case].fit.format(column=self.column, **self.values)

    def __str__(self) -> str:
        [(_, clause)] = describe([self])
        return _sentences(clause, self.remedy)


def _shown(values: Sequence[str]) -> str:
    """List the first different values."""
    different = [shortened(value) for value in dict.fromkeys(values)]
    return ", ".join(map(repr, different[:_SHOWN])) + ", ..." * (len(different) > _SHOWN)


def _unreadable(
    column: str,
    *,
    kind: ValueKind,
    values: Sequence[str],
    n_known: int,
    any_order: bool = False,
    expected: str = "",
) -> str:
    what, remedy = VALUES[kind].one, ""
    are = f"is not a {what}" if len(values) == 1 else f"are not {what}s"
    if expected:
        are += f" {expected}"
    if any_order:
        are, remedy = "could be day-first or month-first", " (write dates as 2024-05-17)"
    return f"{len(values):,} of {n_known:,} values of {column} {are}: {_shown(values)}{remedy}"


def _mixed(column: str, *, n_numbers: int, others: Sequence[str], n_known: int) -> str:
    numbers = f"{n_numbers:,} of {n_known:,} values of {column} are numbers"
    return f"{numbers}, but not {_shown(others)}"


def _order(column: str, *, example: str, order: str) -> str:
    could_be = f"no day of {column} is above 12, so {example} could be day-first or month-first"
    return f"{could_be}: it is read as {order}"


def _units(column: str, *, units: Sequence[str]) -> str:
    if len(units) == 1:
        return f"only some of the numbers of {column} have the sign {units[0]}"
    return f"the numbers of {column} have different signs: {', '.join(units)}"


def _other_units(
    column: str, *, n_others: int, values: Sequence[str], n_known: int, units: str | None
) -> str:
    are, have = ("is", "has") if n_others == 1 else ("are", "have")
    what = f"{are} not in the unit of fit ({units})" if units else f"{have} a unit, unlike in fit"
    return f"{n_others:,} of {n_known:,} values of {column} {what}: {_shown(values)}"


def _long(column: str, *, n_long: int, n_known: int) -> str:
    return (
        f"only the first {MOST_CHARACTERS:,} characters of {n_long:,} of {n_known:,} values of "
        f"{column} are used"
    )


def _zone(column: str, *, given: str | None, fitted: str | None) -> str:
    new = "have no time zone" if given is None else f"are in the time zone {given}"
    old = "without one" if fitted is None else f"in {fitted}"
    return f"the dates of {column} {new}, but the column was fitted to dates {old}"


def _hidden(column: str, *, is_named: bool, may_name: bool) -> str:
    if not may_name:
        return f"folds hold out whole values of {column}, so training hid it in some rows"
    belong = f"{'names' if is_named else 'may name'} what rows belong to, such as persons"
    return f"the column {column} {belong}, so training hid it in some rows"


def _leak(column: str, **values: Any) -> str:
    match values:
        case {"target": target, "n_rows": n_rows, "value": value}:
            which = _which(column, value, values.get("part", ""))
            return f"the target is {target!r} in all {n_rows:,} rows in which {which}"
        case {"copy": True}:
            return f"the column {column} tells the target in another unit or on another scale"
        case {"right": right, "usual": usual}:
            return (
                f"the column {column} alone predicts {_percent(right)} of the rows right, where "
                f"the most frequent class would be right in {_percent(usual)}"
            )
    share = _percent(1 - values["left"])
    return f"the column {column} alone explains {share} of the variance of the target"


def _leaks(column: str, *, columns: Sequence[str], clauses: Sequence[str]) -> str:
    n_more = len(clauses) - _SHOWN
    more = [f"{n_more:,} more"] if n_more > 0 else []
    return f"{len(columns):,} columns tell the target: {'; '.join([*clauses[:_SHOWN], *more])}"


def _which(column: str, value: Any, part: str) -> str:
    match part:
        case "known":
            return f"{column} is known"
        case "at least" | "at most":
            return f"{column} is {part} {value!r}"
        case "month" | "weekday" | "hour":
            return f"the {part} of {column} is {value}"
    return f"{column} is missing" if value is None else f"{column} is {value!r}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _sentinel(column: str, *, value: float, n_rows: int, low: float, high: float) -> str:
    return (
        f"{n_rows:,} values of {column} are {value:.10g}, and all others are {low:.6g} to "
        f"{high:.6g}"
    )


def _sentinels(column: str, *, n_rows: Sequence[int], value: Mapping[str, float]) -> str:
    each = zip(value.items(), n_rows, strict=True)
    written = [f"{name} is {number:.10g} in {n:,} rows" for (name, number), n in each]
    return f"numbers of {len(written):,} columns are far from all others: {listed(written)}"


def _loss(value: float) -> str:
    """Write three significant digits, such as "0.012" or "57,200"."""
    return f"{float(f'{value:.3g}'):,.10g}"


def _entity(column: str, *, random: float, apart: float, loss: str) -> str:
    return (
        f"rows of the same {column} are alike: a quick model has {loss} of {_loss(random)} for "
        f"known values, but {_loss(apart)} for new ones, which it was trained without"
    )


def _time(column: str, *, random: float, apart: float, loss: str) -> str:
    return (
        f"later rows by {column} are different: for the last third, a quick model has {loss} of "
        f"{_loss(random)} in random folds, but {_loss(apart)} if it is trained on earlier rows"
    )


def _unseen(column: str, *, example: object) -> str:
    return f"{column} (such as {shortened(example)!r})"


def _name(column: str) -> str:
    return column


class Wording(NamedTuple):
    """How a note is written, and what to do about it.

    Attributes
    ----------
    clause : callable
        What was found, from the name of the column and the values of the note.
    common : str
        What several columns have in common, which the list of their clauses follows. "" if each
        column has a sentence of its own.
    fit : str
        In Python, about a table of `fit`.
    command : str or None
        On the command line, about a table to train on. None if the command tells it in another way.
    new : str or None
        In Python, about a table to encode: what a column is has been decided. None means `fit`.
    command_new : str or None
        The same on the command line; None as for `command`.
    question : str
        In a report, about a `MisleadingCase`.
    when : str
        In a report, the heading of what to do, which depends on the answer.
    """

    clause: Callable[..., str]
    common: str
    fit: str
    command: str | None = None
    new: str | None = None
    command_new: str | None = None
    question: str = ""
    when: str = "What to do if so"


#: A wording for each `NoteCase`: mypy names the one that is missing.
Wordings = TypedDict(
    "Wordings",
    {
        "index": Wording,
        "constant": Wording,
        "missing": Wording,
        "identifier": Wording,
        "unrepeated": Wording,
        "terms": Wording,
        "empty": Wording,
        "unseen": Wording,
        "unreadable": Wording,
        "mixed": Wording,
        "order": Wording,
        "units": Wording,
        "other units": Wording,
        "codes": Wording,
        "numbers": Wording,
        "long": Wording,
        "zone": Wording,
        "hidden": Wording,
        "leak": Wording,
        "leaks": Wording,
        "sentinel": Wording,
        "sentinels": Wording,
        "entity": Wording,
        "time": Wording,
    },
)

_DROP = "Drop them to silence this warning."
_ONE_UNIT = "The signs are dropped. Convert the numbers to one unit."
#: What notes say, by their case.
WORDINGS: Wordings = {
    "index": Wording(_name, "left out row numbers", _DROP),
    "constant": Wording(_name, "left out columns with a single value", _DROP),
    "missing": Wording(_name, "left out columns without any value", _DROP),
    "identifier": Wording(
        _name,
        "left out identifiers, which are different in each row",
        "Drop them to silence this warning. To use one, name it in numeric_features or "
        "text_features.",
    ),
    "unrepeated": Wording(
        _name,
        "left out categories that all occur once, in columns",
        "They tell nothing about new rows. Drop the columns to silence this warning, or "
        "name them in text_features if parts of the values repeat.",
    ),
    "terms": Wording(
        _name,
        "left out text of which no word occurs twice, in columns",
        "It tells nothing about new rows. Drop the columns to silence this warning.",
    ),
    "empty": Wording(
        _name,
        "no values, although there were some in fit, in columns",
        "Predictions are less accurate without them. Pass the values, if you know them.",
    ),
    "unseen": Wording(
        _unseen,
        "only categories not known from fit, in columns",
        "Predictions are less accurate. Check that the values are written as in fit.",
    ),
    "unreadable": Wording(
        _unreadable,
        "",
        "Such values count as missing. Correct them, or name the column in "
        "categorical_features=['from_dtype', ...] if they are categories.",
        "Such values count as missing. Name columns of categories in --categorical.",
        "Such values count as missing. Correct them.",
        "Such values count as missing.",
    ),
    "mixed": Wording(
        _mixed,
        "",
        "The column is encoded as categories. Name it in numeric_features if the other "
        "values are missing ones, or correct them.",
        "Such columns are categorical. If the others are missing values, name them in --numeric.",
    ),
    "order": Wording(
        _order,
        "",
        "Convert the column with pandas.to_datetime to choose the order.",
        "If this is wrong, write the dates as 2024-05-17.",
    ),
    "units": Wording(_units, "", _ONE_UNIT, _ONE_UNIT),
    "other units": Wording(
        _other_units,
        "",
        "The numbers count without conversion. Write them as in fit.",
        command_new="The numbers count without conversion.",
    ),
    "codes": Wording(
        _name,
        "took whole numbers for codes, and encoded them as categories and as numbers",
        "Name them in numeric_features if they are quantities, or convert them to the "
        "dtype category if they are codes.",
        "If they are quantities, name them in --numeric.",
    ),
    "numbers": Wording(
        _name,
        "took text of whole numbers for numbers, although they could be codes",
        "Convert them with pandas.to_numeric if they are, or to the dtype category if they "
        "are codes.",
    ),
    "long": Wording(
        _long,
        "",
        "Shorten them to silence this warning, or split the text into several columns.",
        "To use all of the text, split it into several columns.",
        "Shorten them to silence this warning.",
        "",
    ),
    "zone": Wording(
        _zone,
        "",
        "Dates without a time zone count as UTC. Convert the column as in fit, with "
        "Series.dt.tz_localize or Series.dt.tz_convert.",
        command_new="Dates without a time zone count as UTC.",
    ),
    "hidden": Wording(
        _hidden,
        "",
        "The model thus learns to predict rows of new ones without it. If its values are "
        "quantities, name it in numeric_features.",
        "The model thus learns to predict rows of new ones without it. If its values are "
        "quantities, name it in --numeric.",
    ),
    "leak": Wording(
        _leak,
        "",
        "Is it known when you predict? If not, drop the column.",
        "Is it known when you predict? If not, add --ignore {column}.",
        question="Will you know {column} before you know {target}?",
        when="What to do if not",
    ),
    "leaks": Wording(
        _leaks,
        "",
        "Are they known when you predict? If not, drop the columns {columns!r}.",
        "Are they known when you predict? If not, add --ignore {cell}.",
        question="Will you know these columns before you know {target}?",
        when="What to do if not",
    ),
    "sentinel": Wording(
        _sentinel,
        "",
        "Does this number stand for a missing value? Then set "
        "missing_values={{{column!r}: {value!r}}}.",
        "If this number stands for a missing value, add --na {cell}.",
        question="Does {value:.10g} in {column} mean that the value is missing?",
    ),
    "sentinels": Wording(
        _sentinels,
        "",
        "Do these numbers stand for missing values? Then set missing_values={value!r}.",
        "If these numbers stand for missing values, add {cell}.",
        question="Do these numbers mean that the values are missing?",
    ),
    "entity": Wording(
        _entity,
        "",
        "If all rows that you will predict are of new values, drop the column from X and pass it "
        "as groups to fit.",
        "If all rows that you will predict are of new values, add --groups {column}.",
        question="Will you predict for values of {column} that are not in this table?",
    ),
    "time": Wording(
        _time,
        "",
        "If you will predict later rows, sort the rows by the column and pass "
        "cv=TimeSeriesSplit() from sklearn.model_selection.",
        "If you will predict later rows, add --time {column}.",
        question="Will you predict rows that are later than these, by {column}?",
    ),
}


def describe(notes: Iterable[Note]) -> list[tuple[NoteCase, str]]:
    """Write a clause for each note, and one for all columns with the same case where that is short.

    Parameters
    ----------
    notes : iterable of Note
        Notes on the columns of a table.

    Returns
    -------
    list of tuple of NoteCase and str
        The case and the clause.
    """
    cases: tuple[NoteCase, ...] = get_args(NoteCase)
    alike = {case: WORDINGS[case].common for case in cases if WORDINGS[case].common}
    notes = list(notes)
    names = {case: [note.clause for note in notes if note.case == case] for case in alike}
    common: list[tuple[NoteCase, str]] = [
        (case, f"{what}: {listed(names[case])}") for case, what in alike.items() if names[case]
    ]
    return common + [(note.case, note.clause) for note in notes if note.case not in alike]


def questions(notes: Iterable[Note]) -> list[Note]:
    """Return the notes on what would mislead: of several leaks or sentinels, one is about all.

    It is at the place of the first one.
    """
    misleading = [note for note in notes if note.case in get_args(MisleadingCase)]
    shown: list[Note] = []
    for note in misleading:
        alike = [each for each in misleading if each.case == note.case]
        if note.case not in ("leak", "sentinel") or len(alike) == 1:
            shown.append(note)
        elif note is alike[0]:
            shown.append(_of_all(alike))
    return shown


def _of_all(notes: Sequence[Note]) -> Note:
    """Return the single note on all leaks, or on all sentinels."""
    columns = [note.column for note in notes]
    if notes[0].case == "leak":
        clauses = [note.clause for note in notes]
        return Note("leaks", listed(columns), {"columns": columns, "clauses": clauses})
    n_rows = [note.values["n_rows"] for note in notes]
    value = {note.column: note.values["value"] for note in notes}
    return Note("sentinels", listed(columns), {"n_rows": n_rows, "value": value})


def codes_in(notes: Iterable[Note]) -> list[Note]:
    """Return the notes on whole numbers that were taken for codes."""
    return [note for note in notes if note.case == "codes"]


def alike_in(notes: Iterable[Note]) -> list[str]:
    """Return the columns of which rows with the same value are alike: of entities, and codes."""
    return [note.column for note in notes if note.case in ("entity", "codes")]


def entities_in(notes: Iterable[Note]) -> list[str]:
    """Return the columns that name what rows belong to: those of "entity" notes."""
    return [note.column for note in notes if note.case == "entity"]


def warn_of(clauses: Iterable[tuple[NoteCase, str]], *, is_new: bool = False) -> None:
    """Warn of what the encoder has left out or guessed, at the line of the user that led to it.

    Parameters
    ----------
    clauses : iterable of tuple of NoteCase and str
        Result of `describe`.
    is_new : bool, default=False
        Whether the table is one to encode, not that of `fit`.
    """
    for case, clause in clauses:
        remedy = WORDINGS[case]
        message = _sentences(clause, (is_new and remedy.new) or remedy.fit)
        warnings.warn(message, DataConversionWarning, stacklevel=stacklevel())


def _sentences(clause: str, remedy: str) -> str:
    """Write a clause as a sentence, followed by what to do."""
    return f"{clause[0].upper()}{clause[1:]}. {remedy}"
