"""What the user says of columns: names that exist, and options that do not contradict."""

import pandas as pd
import pytest

from scratchmlp.cli.messages import InputError
from scratchmlp.cli.reading import RawTable
from scratchmlp.cli.roles import Roles, check_roles

TABLE = RawTable(pd.DataFrame(columns=["churned", "plan", "day", "customer"]), [])
LISTS = ("ignore", "categorical", "text", "date")
SINGLE = ("id", "groups", "time")


def roles(*fields, name="day"):
    return Roles(**{field: [name] if field in LISTS else name for field in fields})


@pytest.mark.parametrize("field", [*LISTS, *SINGLE])
def test_each_column_exists(field):
    with pytest.raises(InputError) as error:
        check_roles(TABLE, "c.csv", "churned", roles(field, name="Plans"))
    assert str(error.value) == (
        f"c.csv has no column 'Plans', which --{field} names. Did you mean 'plan'? Its columns: "
        "'churned', 'plan', 'day', 'customer'."
    )


def test_the_target_exists():
    with pytest.raises(InputError, match=r"which --target names\. Did you mean 'churned'\?"):
        check_roles(TABLE, "c.csv", "churn", Roles())
    with pytest.raises(InputError, match=r"which --target names\. Its columns"):
        check_roles(TABLE, "c.csv", "zzz", Roles())


@pytest.mark.parametrize("field", [*LISTS, *SINGLE])
def test_the_target_has_no_other_role(field):
    with pytest.raises(InputError, match=f"^--{field} names 'day', the column to predict. "):
        check_roles(TABLE, "c.csv", "day", roles(field))


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        (("ignore", "text"), "No model uses the column of --ignore."),
        (("categorical", "text"), "A column has one type."),
        (("text", "date"), "A column has one type."),
        (("categorical", "id"), "No model uses the column of --id."),
        (("ignore", "time"), "No model uses the column of --ignore or --time."),
    ],
)
def test_two_options_that_contradict(fields, rule):
    first, second = (f"--{field}" for field in fields)
    with pytest.raises(InputError) as error:
        check_roles(TABLE, "c.csv", "churned", roles(*fields))
    assert str(error.value) == (
        f"{first} and {second} name the same column, 'day'. {rule} Remove it from one of them."
    )


@pytest.mark.parametrize(
    ("fields", "kept_out"),
    [
        (("id", "groups"), True),
        (("id", "time"), True),
        (("time", "date"), False),
        (("id", "time", "date"), False),
    ],
)
def test_options_that_may_name_the_same_column(fields, kept_out):
    named = roles(*fields)
    check_roles(TABLE, "c.csv", "churned", named)
    assert ("day" in named.not_features()) == kept_out


def test_a_column_may_be_named_twice_by_one_option():
    check_roles(TABLE, "c.csv", "churned", Roles(ignore=["day", "day"]))
