"""The kinds of values and of columns, and what is said about each."""

from typing import Literal, NamedTuple

#: Characters of a value that are read. Terms of text with millions of them would take minutes and
#: gigabytes.
MOST_CHARACTERS = 5000
#: Which values a column holds; `VALUES` describes them.
ValueKind = Literal["number", "date", "duration", "flag", "text", "mixed", "complex", "missing"]
#: What a column is. The last three are left out.
ColumnKind = Literal[
    "number", "date", "duration", "category", "text", "identifier", "constant", "missing"
]
#: Why it is that: its values or its dtype alone, what the user should know, or, if it is left out,
#: one of the last four.
Why = Literal[
    "values",
    "writing",
    "choice",
    "code",
    "identifier",
    "words",
    "one value",
    "no values",
    "row numbers",
    "all different",
]
#: What it is used as, in the order of lists.
Use = Literal[
    "numeric",
    "dates",
    "durations",
    "boolean",
    "categorical",
    "text",
    "used only for whether the value is missing",
    "left out",
]


class AboutValues(NamedTuple):
    """What is said about a kind of values.

    Attributes
    ----------
    words : str
        The values, such as "numbers".
    one : str
        One of them, such as "number".
    conversion : str
        How to convert a column to this kind.
    column : ColumnKind
        What a column of them is, unless it is free text, left out or made of codes, or the user
        says what it is.
    use : Use
        What the column is used as.
    onnx_type : {'string', 'number'} or None
        Type of the input of an ONNX model that contains them. None if no input can.
    onnx : str
        How it contains them.
    from_text : str
        Why text is of this kind, unless the reason also says how the values are written.
    """

    words: str
    one: str = ""
    conversion: str = ""
    column: ColumnKind = "category"
    use: Use = "categorical"
    onnx_type: Literal["string", "number"] | None = None
    onnx: str = ""
    from_text: str = ""


#: The kinds of values. The values of a "mixed" column are of several kinds, or of another one. The
#: encoder rejects "complex" numbers. A column is "missing" if it has no values, and no dtype that
#: tells their kind.
VALUES: dict[ValueKind, AboutValues] = {
    "number": AboutValues(
        words="numbers",
        one="number",
        conversion="Convert it with pandas.to_numeric",
        column="number",
        use="numeric",
        onnx_type="number",
        onnx="number; NaN if missing",
        from_text="numbers",
    ),
    "date": AboutValues(
        words="dates",
        one="date",
        conversion="Convert it with pandas.to_datetime",
        column="date",
        use="dates",
        onnx_type="number",
        onnx="days since 1970-01-01 in UTC, as a number; NaN if missing",
    ),
    "duration": AboutValues(
        words="durations",
        one="time",
        conversion="Convert it with pandas.to_timedelta",
        column="duration",
        use="durations",
        onnx_type="number",
        onnx="days, as a number; NaN if missing",
        from_text="times of the day",
    ),
    "flag": AboutValues(
        words="booleans",
        one="boolean",
        conversion="Convert it to booleans",
        use="boolean",
        onnx_type="number",
        onnx="1 for true, 0 for false; NaN if missing",
        from_text="every value is true or false",
    ),
    "text": AboutValues(
        words="text",
        conversion="Convert it with astype(str)",
        use="text",
        onnx_type="string",
        onnx="string; empty if missing",
    ),
    "mixed": AboutValues("values of several kinds"),
    "complex": AboutValues("complex numbers", conversion="Convert it to complex numbers"),
    "missing": AboutValues("missing values", onnx_type="string", onnx="string; empty if missing"),
}
