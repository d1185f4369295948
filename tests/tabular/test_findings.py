"""What a fit says would mislead the user, on tables whose truth is known."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.model_selection import GroupKFold, KFold, TimeSeriesSplit

from scratchmlp import io
from scratchmlp.batches import sampled
from scratchmlp.cli.comparison import with_option
from scratchmlp.tabular import (
    MisleadingDataWarning,
    TabularEncoder,
    TabularEnsembleClassifier,
    TabularMLPClassifier,
    TabularMLPRegressor,
)
from scratchmlp.tabular.misleading import findings as module
from scratchmlp.tabular.misleading.sentinels import BELOW_ZERO, find_sentinel, may_have_sentinel
from scratchmlp.tabular.notes import Note, alike_in, questions
from scratchmlp.tabular.preparation import folds_decide, problem_of
from tests.helpers.tabular_estimators import CLASSIFIERS

SMALL = {"hidden_layer_sizes": 4, "max_iter": 1, "cv": 3, "random_state": 0}
SEEDS = st.integers(0, 10_000)
few_examples = settings(max_examples=4, deadline=None)


def estimator_for(y, **parameters):
    """Return networks that learn nothing."""
    is_class = np.asarray(y).dtype.kind != "f"
    return (TabularMLPClassifier if is_class else TabularMLPRegressor)(**SMALL | parameters)


@pytest.fixture(autouse=True)
def codes_without_warnings():
    """Let whole numbers be taken for codes: other tests tell what that warns of."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Took whole numbers for codes")
        yield


def fit(X, y, **parameters):
    """Fit such networks, without warnings of what is found."""
    with warnings.catch_warnings(action="ignore", category=MisleadingDataWarning):
        return estimator_for(y, **parameters).fit(X, y)


def notes(X, y, *, sample_weight=None, groups=None, **parameters):
    """Return what such a fit finds, without training."""
    estimator = estimator_for(y, **parameters)
    problem = problem_of(estimator, X, y, sample_weight, groups)
    return module.find_misleading(problem, X, which_are_alike=not folds_decide(estimator, groups))


def found(*arguments, **more):
    """Return the cases and columns that such a fit finds."""
    return [
        (each.case, each.column)
        for each in notes(*arguments, **more)
        if each.case not in ("codes", "hidden")
    ]


def noise(rng, n, n_columns=3):
    """Return a table of numbers that tell nothing."""
    return pd.DataFrame(rng.normal(size=(n, n_columns))).add_prefix("noise")


def labels(rng, n, n_classes=2):
    return np.array(["no", "yes", "maybe", "never"])[rng.integers(n_classes, size=n)]


def leaky(n=300, seed=0):
    """Return a table with a column that tells the classes, and the classes."""
    rng = np.random.default_rng(seed)
    y = labels(rng, n)
    return noise(rng, n).assign(decision=np.where(y == "yes", 3, 1) + 0.1 * rng.random(n)), y


# Leaks.


@few_examples
@given(SEEDS, st.integers(2, 4), st.sampled_from(["text", "number", "missing"]))
def test_a_column_that_tells_the_class_is_a_leak(seed, n_classes, kind):
    rng = np.random.default_rng(seed)
    y = labels(rng, 300, n_classes)
    X = noise(rng, 300)
    number = pd.Series(y).map({"no": 5.0, "yes": 1.0, "maybe": 2.5, "never": 4.0})
    copies = {
        "text": "is " + pd.Series(y),
        "number": number + 0.1 * rng.random(300),
        "missing": number.where(y != "no") + 0.1 * rng.random(300),
    }
    X.insert(int(rng.integers(4)), "after", copies[kind])
    model = fit(X, y)
    [leak] = model.findings_
    assert (leak.case, leak.column) == ("leak", "after")
    assert leak.values["left"] < 1 / 8
    assert leak.values["right"] > 0.95 > leak.values["usual"]
    assert "column after alone predicts" in str(leak)


@few_examples
@given(SEEDS, st.floats(0.0, 0.4))
def test_what_predicts_well_is_no_leak(seed, share):
    rng = np.random.default_rng(seed)
    signal = rng.normal(size=400)
    X = noise(rng, 400).assign(
        good=signal, group=pd.Series(np.round(signal)).map("group {:.0f}".format)
    )
    y = np.sqrt(0.4 + share) * signal + np.sqrt(0.6 - share) * rng.normal(size=400)
    assert found(X, y) == []
    assert found(X, np.where(y > 0, "high", "low")) == []


@few_examples
@given(
    SEEDS,
    st.sampled_from([np.log, lambda y: 1.8 * y + 32, lambda y: -y, lambda y: y**-0.5]),
    st.floats(0.1, 3),
    st.integers(0, 20),
)
def test_a_copy_of_the_target_in_another_unit_is_a_leak(seed, convert, deviation, n_missing):
    rng = np.random.default_rng(seed)
    y = rng.lognormal(0, deviation, 300)
    converted = np.where(rng.permutation(300) < n_missing, np.nan, convert(y))
    [leak] = notes(noise(rng, 300).assign(converted=converted), y)
    assert (leak.case, leak.column, leak.values["copy"]) == ("leak", "converted", True)
    assert "in another unit" in str(leak)


def test_a_column_that_explains_almost_all_of_a_number_is_a_leak():
    rng = np.random.default_rng(0)
    y = rng.normal(size=400)
    [leak] = notes(noise(rng, 400).assign(part=y + 0.1 * rng.normal(size=400)), y)
    assert (leak.case, leak.column) == ("leak", "part")
    assert "explains 9" in str(leak)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("n_rows", [30, 59])
def test_few_rows_tell_a_column_that_follows_the_target(n_rows, seed):
    rng = np.random.default_rng(seed)
    y = rng.normal(size=n_rows)
    follows = 0.986 * y + np.sqrt(1 - 0.986**2) * rng.normal(size=n_rows)
    assert found(noise(rng, n_rows).assign(follows=follows), y) == [("leak", "follows")]
    assert found(noise(rng, n_rows - 1, 12), rng.normal(size=n_rows - 1)) == []


OF_TARGET = "columns that tell the target ({} rows are held out, 30 are needed)"
OF_ROWS = "persons or times whose rows are alike ({} rows, 100 are needed)"


@pytest.mark.parametrize(
    ("n_rows", "cv", "alike", "told"),
    [
        (29, 3, True, f"{OF_TARGET.format(29)}, and {OF_ROWS.format(29)}"),
        (29, 3, False, OF_TARGET.format(29)),  # the user has said which rows are alike
        (30, 3, False, None),
        (99, 3, True, OF_ROWS.format(99)),
        (100, 3, True, None),
        (100, TimeSeriesSplit(2, test_size=10), True, OF_TARGET.format(20)),
    ],
)
def test_what_few_rows_cannot_tell_is_said(n_rows, cv, alike, told):
    X = noise(np.random.default_rng(0), n_rows)
    problem = problem_of(TabularMLPRegressor(cv=cv), X, np.arange(float(n_rows)))
    said = module.not_looked_for(problem, which_are_alike=alike)
    assert said == (told and f"Not looked for: {told}.")


HOURS = pd.date_range("2020-01-01", "2022-12-31 23:00", freq="h")
DAYS = HOURS[HOURS.hour == 0]
FIRST = DAYS[DAYS.day == 1]  # of each month
SUNDAY, MONTH = HOURS.day_of_week == 6, FIRST.month
N = np.arange(1000)
#: What rows with the same target have in a column, what others have, and what is said of the first:
#: nothing of a part of a month.
FIXING = {
    "text": (["in"], ["out", "unknown"], "plan is 'in'"),
    "flag": ([True], [False], "plan is True"),
    "nullable": (["in"], ["out", None], "plan is 'in'"),
    "missing": ([None], N / 7, "plan is missing"),
    "known": (N / 7, [None], "plan is known"),
    "known text": ([f"no. {i}" for i in N // 9], [None], "plan is known"),
    "largest": ([7.0], N / 1000, "plan is 7"),
    "huge": (1e9 + N % 3, N / 1000, "plan is at least 1000000000"),
    "tiny": (-1e9 - N % 3, N / 1000, "plan is at most -1000000000"),
    "Sunday": (HOURS[SUNDAY], HOURS[~SUNDAY], "the weekday of plan is Sun"),
    "no Sunday": (HOURS[~SUNDAY], HOURS[SUNDAY], "the weekday of plan is not Sun"),
    "January": (FIRST[MONTH == 1], FIRST[MONTH > 1], "the month of plan is January"),
    "New Year": (FIRST[MONTH == 1], DAYS[DAYS.day_of_year > 1], None),
    "midnight": (DAYS, HOURS[HOURS.hour > 6], "the hour of plan is 0"),
}


@pytest.mark.parametrize("kind", FIXING)
def test_a_value_that_fixes_the_target_is_a_leak(kind):
    rng = np.random.default_rng(0)
    eligible = rng.random(1000) < 0.4
    takes_part = eligible & (rng.random(1000) < 0.57)
    *both, which = FIXING[kind]
    own, others = (
        pd.Series(np.resize(rng.permutation(each), 1000)).astype(object) for each in both
    )
    X = noise(rng, 1000).assign(plan=own.where(takes_part, others).infer_objects())
    y = np.where(eligible, "eligible", "not")
    leaks = [each.clause for each in notes(X, y) if each.case == "leak"]
    said = f"the target is 'eligible' in all {takes_part.sum()} rows in which {which}"
    assert leaks == ([said] if which else [])
    y[np.flatnonzero(takes_part)[0]] = "not"  # one exception, and nothing is fixed
    assert ("leak", "plan") not in found(X, y)


def test_a_value_must_fix_the_target_also_in_rows_that_are_not_looked_at(monkeypatch):
    monkeypatch.setattr(module, "_MOST_ROWS", 900)
    rng, plan = np.random.default_rng(0), N % 4 > 2
    X, y = noise(rng, 1000).assign(plan=plan), np.where(plan | (N % 4 == 0), "yes", "no")
    assert found(X, y) == [("leak", "plan")]
    unseen = np.setdiff1d(np.flatnonzero(plan), sampled(1000, 900))
    y[unseen[0]] = "no"
    assert found(X, y) == []


def test_rows_of_weight_0_tell_nothing():
    X, y = leaky()
    other = np.arange(300) % 3 == 0
    X.loc[other, "decision"] = np.random.default_rng(1).permutation(X["decision"])[other]
    assert found(X, y) == []
    assert found(X, y, sample_weight=(~other).astype(float)) == [("leak", "decision")]


@pytest.mark.parametrize(
    "cv", [3, 2, KFold(5), [(np.arange(150), np.arange(150, 300))]], ids=["3", "2", "KFold", "one"]
)
def test_leaks_are_looked_for_in_any_folds(cv):
    X, y = leaky()
    assert found(X, y, cv=cv) == [("leak", "decision")]
    assert found(X, y, cv=3, groups=np.arange(300) % 7) == [("leak", "decision")]


# Sentinels.


@few_examples
@given(
    SEEDS,
    st.sampled_from([-1, 1]),
    st.floats(2.0, 1e6),
    st.integers(2, 100),
    st.floats(-1e3, 1e3),
    st.floats(1e-3, 1e3),
)
def test_repeated_numbers_far_from_the_others_are_sentinels(
    seed, sign, distance, n_rows, low, span
):
    rng = np.random.default_rng(seed)
    numbers = low + span * rng.random(200)
    far = numbers.max() + distance * np.ptp(numbers) * 1.001
    far = far if sign > 0 else 2 * numbers.min() - far + np.ptp(numbers)
    numbers[:n_rows] = far
    X = noise(rng, 200).assign(coded=rng.permutation(numbers))
    [sentinel] = notes(X, labels(rng, 200))
    assert (sentinel.case, sentinel.column) == ("sentinel", "coded")
    assert sentinel.values["value"] == far
    assert sentinel.values["n_rows"] == n_rows
    others = numbers[n_rows:]
    assert (sentinel.values["low"], sentinel.values["high"]) == (others.min(), others.max())


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ([1, 2, 3, 4, 10, 10], 10),  # two spans away
        ([1, 2, 3, 4, 9.9, 9.9], None),
        ([1, 2, 3, 4, 10], None),  # in one row
        ([-99, -99, 0, 1, 2, np.nan], -99),
        ([0, 1, 9, 9], None),  # two others, such as those of a flag
        ([9, 9, 9], None),
        ([-1, -1, *range(50)], -1),  # near, but the only negative number
        ([-9, -9, *range(6)], -9),
        ([-99, -99, 20.5, *range(50)], -99),
        ([-1, -1, *range(5)], None),  # a scale
        ([-1, *range(50)], None),  # in one row
        ([-2, -1, -1, *range(50)], None),
        ([-3, -3, *range(50)], None),  # no code
        ([], None),
    ],
)
def test_where_a_sentinel_begins(numbers, expected):
    assert find_sentinel(np.array(numbers, float)) == expected


@given(
    st.lists(st.integers(-50, 50) | st.just(999) | st.just(-(10**6)), min_size=4)
    | st.lists(st.integers(0, 9) | st.just(-1) | st.just(10**9), min_size=9)
)
@example([0, 1, -1, -1, 10**9, 10**9, 10**9, 10**9, 10**9])
def test_encoded_numbers_never_hide_a_sentinel(numbers):
    table = pd.DataFrame({"x": np.array(numbers, float)})
    with warnings.catch_warnings(action="ignore"):
        encoder = TabularEncoder().fit(table)
    encoded = encoder.transform(table)[:, 0]
    below_zero = encoder.transform(pd.DataFrame({"x": [BELOW_ZERO]}))[0, 0]
    if find_sentinel(table["x"].to_numpy()) is not None:
        assert may_have_sentinel(encoded, below_zero)


@pytest.mark.parametrize("code", [-1, -9, -99])
def test_a_negative_code_among_quantities_is_a_sentinel(code):
    rng = np.random.default_rng(0)
    X = noise(rng, 200).assign(weeks=np.r_[[code] * 2, rng.integers(0, 52, 198)])
    assert found(X, labels(rng, 200)) == [("sentinel", "weeks")]


def test_a_sentinel_of_text_that_is_numbers_is_found():
    rng = np.random.default_rng(0)
    price = [f"{value:.2f} €" for value in np.r_[rng.uniform(5, 15, 197), [999] * 3]]
    X = pd.DataFrame({"price": price, "other": rng.normal(size=200)})
    assert found(X, labels(rng, 200)) == [("sentinel", "price")]


@pytest.mark.parametrize(("number", "written"), [(999.0, "999"), (1e300, "1e+300")])
def test_a_sentinel_is_written_as_the_user_would(number, written):
    rng = np.random.default_rng(0)
    X = noise(rng, 200).assign(coded=np.r_[rng.random(197), [number] * 3])
    [sentinel] = notes(X, labels(rng, 200))
    assert f"missing_values={{'coded': {written}}}" in str(sentinel)


def test_sentinels_of_several_columns_are_one_question():
    rng = np.random.default_rng(0)
    X = noise(rng, 200).assign(late=rng.integers(9, size=200), early=rng.integers(9, size=200))
    X.loc[:4, "late"], X.loc[:9, "early"] = 999, 9999
    with pytest.warns(MisleadingDataWarning) as caught:
        model = TabularMLPClassifier(**SMALL).fit(X, labels(rng, 200))
    assert [(note.case, note.column) for note in model.findings_] == [
        ("sentinel", "late"),
        ("sentinel", "early"),
    ]
    assert str(caught[0].message) == (
        "Numbers of 2 columns are far from all others: late is 999 in 5 rows, early is 9999 in 10 "
        "rows. Do these numbers stand for missing values? Then set missing_values={'late': 999, "
        "'early': 9999}."
    )
    command = "If these numbers stand for missing values, add --na 'late=999' --na 'early=9999'."
    [question] = questions(model.findings_)
    assert with_option(question).endswith(command)


def test_leaks_of_several_columns_are_one_question():
    X, y = leaky()
    X = X.assign(**{"after it": 10 - 2 * X["decision"]})
    with pytest.warns(MisleadingDataWarning) as caught:
        model = TabularMLPClassifier(**SMALL).fit(X, y)
    first, second = model.findings_
    assert str(caught[0].message) == (
        f"2 columns tell the target: {first.clause}; {second.clause}. Are they known when you "
        f"predict? If not, drop the columns {[first.column, second.column]}."
    )
    [question] = questions(model.findings_)
    assert with_option(question).endswith(
        f"If not, add --ignore {first.column!r} {second.column!r}."
    )
    many = questions([first._replace(column=f"c{i}") for i in range(9)])
    assert many[0].clause.endswith("; 6 more")


# Rows that are alike.


def persons(seed, n_persons=120, n_rows=8, effect=3.0):
    """Return rows of persons, who each have a number, and what it adds to a target."""
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(n_persons), n_rows)
    own = rng.normal(size=(2, n_persons))[:, person]
    X = pd.DataFrame({"size": own[0], "x": rng.normal(size=len(person))})
    X["person"] = [f"P{number}" for number in person]
    y = X["x"] + effect * own[1] + rng.normal(size=len(person))
    order = rng.permutation(len(X))
    return X.loc[order].reset_index(drop=True), y[order].to_numpy(), person[order]


@pytest.mark.parametrize(
    ("loss", "text"), [(57234.5, "57,200"), (2.994, "2.99"), (0.01234, "0.0123"), (606.0, "606")]
)
def test_losses_have_three_digits_and_no_exponent(loss, text):
    for case in ("entity", "time"):
        values = {"random": loss, "apart": 2 * loss, "loss": "a log-loss"}
        assert f"a log-loss of {text} " in str(Note(case, "x", values))


@few_examples
@given(SEEDS, st.booleans())
def test_rows_of_the_same_entity_are_alike(seed, classes):
    X, y, person = persons(seed)
    y = np.where(y > 0, "high", "low") if classes else y
    entity, hidden = fit(X, y).findings_
    assert (hidden.case, hidden.column) == ("hidden", "person")
    assert (entity.case, entity.column) == ("entity", "person")
    assert entity.values["apart"] > 1.1 * entity.values["random"]
    assert "If all rows that you will predict are of new values, drop the column" in str(entity)
    assert found(X, y, groups=person) == []  # the user has decided
    assert found(X, y, cv=GroupKFold(3), groups=person) == []


def test_an_entity_whose_rows_have_the_same_target_is_no_leak():
    X, _, person = persons(0, n_rows=20)
    y = np.where(np.random.default_rng(0).random(120) < 0.5, "ill", "well")[person]
    assert found(X, y) == [("entity", "person")]
    assert found(X, y, groups=np.arange(len(y))) == []


def test_a_column_whose_rows_are_alike_is_no_leak():
    """One question is about both columns of cities, which explain nearly all of the target."""
    rng = np.random.default_rng(0)
    city = rng.permutation(np.repeat(np.arange(40), 60))
    X = noise(rng, len(city)).assign(city=[f"city {i}" for i in city], countyid=7 * city + 3)
    assert found(X, 5 * rng.normal(size=40)[city] + X["noise0"]) == [("entity", "city")]


@few_examples
@given(SEEDS)
def test_entities_whose_rows_are_not_alike_are_none(seed):
    X, y, _ = persons(seed, effect=0.0)
    assert found(X, y) == []


def test_a_small_increase_of_the_loss_is_not_told():
    small, large = (persons(3, effect=effect)[:2] for effect in (0.5, 1.0))
    assert found(*small) == []
    assert found(*large) == [("entity", "person")]


def test_a_small_part_of_the_variance_is_told_if_the_rest_is_known():
    X, y, _ = persons(3)
    far = X["x"] > 0
    assert ("entity", "person") in found(X.assign(far=far), y + 20 * far)


NUMBERED = [("nr", 1, True), ("School_no", 1, True), ("v7", 1, True), ("v7", 7, False)]


@pytest.mark.parametrize(("name", "step", "even"), NUMBERED)
def test_whole_numbers_are_asked_about(name, step, even):
    X, y, person = persons(0)
    if not even:
        drawn = np.random.default_rng(1).random(len(person)) < (person % 4 + 1) / 4
        X, y, person = X[drawn], y[drawn], person[drawn]
    numbers = person * step + 11
    assert found(X.assign(**{name: numbers}).drop(columns="person"), y) == [("entity", name)]


@pytest.mark.parametrize("name", ["week", "half"])
def test_times_and_other_numbers_are_no_entities(name):
    X, y, person = persons(0)
    numbers = person / 2 if name == "half" else person
    assert found(X.assign(**{name: numbers}).drop(columns="person"), y) == []


def test_a_single_question_is_about_a_person_with_a_number_a_name_and_a_birthplace():
    X, y, person = persons(0)
    X = X.rename(columns={"person": "name"})
    place = [f"place {number // 3}" for number in person]
    asked = [("entity", "patient")]
    assert found(X.assign(patient=person, place=place), y) == asked
    assert found(X.assign(place=place, patient=person)[::-1], y[::-1]) == asked


@pytest.mark.parametrize(("n_frequent", "expected"), [(5, []), (30, [("entity", "kind")])])
@pytest.mark.parametrize("word", ["kind ", None])
def test_columns_of_which_few_values_have_most_rows_are_no_entities(word, n_frequent, expected):
    """New rows are hardly of other kinds, whether these are words or numbers, such as gains."""
    X, y, _ = persons(0)
    rng = np.random.default_rng(0)
    kind = rng.integers(np.where(rng.random(len(y)) < 0.85, n_frequent, 30))
    named = [f"{word}{number}" for number in kind] if word else kind
    X = X.drop(columns="person").assign(kind=named)
    assert found(X, y + 5 * rng.normal(size=30)[kind]) == expected


def test_persons_and_schools_that_do_not_tell_each_other_are_two_questions():
    X, y, _ = persons(0)
    rng = np.random.default_rng(0)
    school = rng.integers(60, size=len(X))
    y = y + 3 * rng.normal(size=60)[school]
    X = X.assign(school=school)
    assert sorted(found(X, y)) == [("entity", "person"), ("entity", "school")]


def test_codes_within_what_is_asked_about_are_hidden_with_it():
    """A pig of a new litter is a new pig."""
    rng = np.random.default_rng(0)
    pig = rng.permutation(np.repeat(np.arange(96), 10))
    number = 4001 + rng.permutation(400)[pig]
    X = noise(rng, len(pig)).assign(litter=[f"L{each}" for each in pig // 4], v7=number)
    y = 3 * rng.normal(size=24)[pig // 4] + 1.5 * rng.normal(size=96)[pig]
    found = notes(X, y + 2 * rng.normal(size=len(pig)))
    assert [(note.case, note.column) for note in found] == [("entity", "litter"), ("codes", "v7")]
    assert alike_in(found) == ["litter", "v7"]


@pytest.mark.parametrize(("share", "expected"), [(0.4, []), (0.6, [("entity", "person")])])
def test_an_entity_that_most_rows_lack_is_not_asked_about(share, expected):
    X, y, _ = persons(0)
    known = np.random.default_rng(0).random(len(y)) < share
    assert found(X.assign(person=X["person"].where(known)), y) == expected


def test_rows_count_by_their_weights_in_whether_persons_are_predicted_worse():
    """The rows that count are alike; the others of the same person are not."""
    X, y, _ = persons(0, n_rows=16)
    hardly = np.arange(len(y)) % 4 > 0
    y = np.where(hardly, 3 * np.random.default_rng(0).normal(size=len(y)), y)
    assert found(X, y) == []
    assert found(X, y, sample_weight=np.where(hardly, 0.01, 1.0)) == [("entity", "person")]


def in_time(seed, trend, n=800):
    """Return rows of three years, of which a number depends on the others and on the time."""
    rng = np.random.default_rng(seed)
    day = rng.integers(1000, size=n)
    X = noise(rng, n).assign(day=pd.Timestamp("2020-01-01") + pd.to_timedelta(day, unit="D"))
    return X, X["noise0"].to_numpy() + trend * day / 300 + rng.normal(size=n)


@few_examples
@given(SEEDS)
def test_later_rows_may_be_different(seed):
    [time] = notes(*in_time(seed, trend=3.0))
    assert (time.case, time.column) == ("time", "day")
    assert time.values["apart"] > 1.1 * time.values["random"]
    assert "TimeSeriesSplit" in str(time)
    assert found(*in_time(seed, trend=0.0)) == []


@pytest.mark.parametrize(
    ("name", "unit", "start", "asked"),
    [
        ("year", 50, 2000, True),
        ("tax_yr", 50, 75, True),
        ("study.day", 1, 0, True),
        ("year", 50, 0, False),  # of school, for instance
        ("year", 130, 2000, False),  # fewer than --time takes
        ("birth_year", 50, 1950, False),
        ("year built", 50, 1980, False),
        ("day", 40, 1, False),  # of a month
    ],
)
def test_numbers_that_are_times_by_their_name_are_asked_about(name, unit, start, asked):
    X, y = in_time(0, trend=3.0)
    day = (X.pop("day") - pd.Timestamp("2020-01-01")).dt.days
    assert found(X.assign(**{name: start + day // unit}), y) == [("time", name)] * asked


# All of them.


def test_fit_warns_once_of_all():
    X, y = leaky()
    wide = pd.concat([X] + [X[["decision"]].add_suffix(f"_{i}") for i in range(6)], axis=1)
    with pytest.warns(MisleadingDataWarning) as caught:
        model = TabularMLPClassifier(**SMALL).fit(wide, y)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert len(model.findings_) == 7
    assert str(caught[0].message) == str(questions(model.findings_)[0])


def test_of_many_questions_the_warning_says_how_many_more_there_are():
    losses = {"random": 1.0, "apart": 2.0, "loss": "a log-loss"}
    notes = [Note("entity", f"c{i}", losses) for i in range(7)]
    with pytest.warns(MisleadingDataWarning) as caught:
        module.warn_of_misleading(notes)
    asked = " ".join(map(str, notes[:5]))
    assert str(caught[0].message) == f"{asked} For 2 more, see findings_."


def test_nothing_is_looked_for_if_the_user_says_so():
    X, y = leaky()
    quiet, loud = TabularMLPClassifier(**SMALL, inspect_table=False).fit(X, y), fit(X, y)
    assert quiet.findings_ == []
    assert [each.column for each in loud.findings_] == ["decision"]
    np.testing.assert_array_equal(quiet.predict_proba(X), loud.predict_proba(X))
    assert [each.column for each in loud.set_params(inspect_table=False).fit(X, y).findings_] == []


def test_findings_contain_what_the_encoder_notes():
    X, y = leaky()
    with pytest.warns(UserWarning, match="single value"):
        model = fit(X.assign(same=1), y)
    constant, leak = model.findings_
    assert str(constant).startswith("Left out columns with a single value: same. Drop them")
    assert (constant.case, leak.case) == ("constant", "leak")


@pytest.mark.parametrize("copy", ["file", "pickle"])
def test_saved_models_keep_their_findings(copy, tmp_path):
    X, y = leaky()
    model = fit(X.assign(review=np.where(np.arange(300) % 20, np.arange(300) % 7, 999)), y)
    assert len(model.findings_) == 2
    if copy == "pickle":
        again = pickle.loads(pickle.dumps(model))
    else:
        io.save(model, tmp_path / "model")
        again = io.load(tmp_path / "model")
    assert [*map(str, again.findings_)] == [*map(str, model.findings_)]


@few_examples
@given(SEEDS)
def test_the_order_of_the_columns_does_not_change_what_is_found(seed):
    X, y, _ = persons(seed)
    X = X.assign(coded=np.where(np.arange(len(X)) % 20, X["size"].round(2), 999))
    shuffled = np.random.default_rng(seed).permutation(X.columns)
    assert found(X[shuffled], y) == found(X, y) == [("sentinel", "coded"), ("entity", "person")]


@pytest.mark.nightly  # starts processes
def test_ensembles_find_the_same_with_any_number_of_jobs():
    X, y = leaky()
    findings = []
    for n_jobs in (1, 2):
        ensemble = TabularEnsembleClassifier(CLASSIFIERS, cv=3, random_state=0, n_jobs=n_jobs)
        with pytest.warns(MisleadingDataWarning) as caught:
            findings.append(ensemble.fit(X, y).findings_)
        assert len(caught) == 1
    assert findings[0] == findings[1]
    assert findings[0][0].column == "decision"


def test_a_category_of_which_nearly_all_rows_have_one_value_can_be_asked_about():
    """The rows that are drawn may have fewer values than there are folds."""
    rng = np.random.default_rng(0)
    city = rng.permutation(["main"] * 2160 + [f"v{i}" for i in range(45)] * 2)
    model = TabularMLPRegressor(cv=2, max_iter=1, hidden_layer_sizes=4, random_state=19)
    model.fit(pd.DataFrame({"city": city}), rng.normal(size=len(city)))
    assert model.findings_ == []


def test_a_slow_trend_is_told():
    assert found(*in_time(2, trend=0.5)) == [("time", "day")]


@pytest.mark.parametrize("seed", [1, 14])
def test_a_few_large_losses_do_not_decide_about_a_time(seed):
    X, _ = in_time(seed, trend=0.0, n=400)
    noise = np.random.default_rng(seed).standard_t(1.5, size=len(X))
    assert found(X, X["noise0"].to_numpy() + noise) == []
