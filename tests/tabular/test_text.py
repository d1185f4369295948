"""Columns of text: components in the encoder, and the terms that members select."""

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn import config_context
from sklearn.exceptions import DataConversionWarning
from sklearn.metrics import roc_auc_score

from scratchmlp.batches import Data
from scratchmlp.tabular import TabularEncoder, TabularMLPClassifier, TabularMLPRegressor
from scratchmlp.tabular.columns import text as text_module
from scratchmlp.tabular.columns.encoded_table import EncodedTable, layout_of
from scratchmlp.tabular.columns.encoder import encode_with
from scratchmlp.tabular.inputs.inputs import InputsPlan
from scratchmlp.tabular.inputs.term_selection import TermSelection
from scratchmlp.tabular.vocabulary import MOST_CHARACTERS

pytestmark = pytest.mark.filterwarnings(
    "ignore::scratchmlp.tabular.MisleadingDataWarning"
)  # few rows

SMALL = {"cv": 2, "max_iter": 12, "random_state": 0}


def rng():
    return np.random.default_rng(0)


def sentences(n, n_words=10):
    """Sentences of random words, which all are equally frequent, and which contain "word7x"."""
    words = np.array([f"word{number}x" for number in range(200)])
    drawn = rng().integers(200, size=(n, n_words))
    return np.array([" ".join(words[row]) for row in drawn], dtype=object), (drawn == 7).any(axis=1)


def texts(values, **others):
    return pd.DataFrame({"t": pd.Series(values, dtype=object), **others})


def fit(values, **settings):
    return TabularEncoder(text_features=["t"], **settings).fit(texts(values))


def test_text_becomes_thirty_components_without_bins():
    values, _ = sentences(200)
    encoder = TabularEncoder().fit(texts(values, x=np.arange(200.0)))
    names = [*(f"t_svd{number}" for number in range(1, 31)), "x"]
    assert list(encoder.get_feature_names_out()) == names
    assert encoder.numeric_outputs_.tolist() == [30]
    assert encoder.columns_["t"]["n_components"] == 30
    out = encoder.transform(texts(values, x=0.0))[:, :30]
    assert (abs(out) < 3).all()
    assert out.var(axis=0).sum() == pytest.approx(0.5**2, rel=0.1)


def test_components_of_rare_texts_are_limited():
    values = ["red green"] * 600 + ["black white"] * 2
    assert (abs(fit(values).transform(texts(values))) < 3).all()


def test_components_are_reproducible_also_from_some_rows_and_terms(monkeypatch):
    monkeypatch.setattr(text_module, "_MOST_ROWS", 40)
    monkeypatch.setattr(text_module, "_MOST_TERMS", 25)
    X = texts(sentences(100)[0])
    a, b = (TabularEncoder(text_features=["t"]).fit(X, y) for y in (None, np.arange(100)))
    np.testing.assert_array_equal(a.transform(X), b.transform(X))
    encoder = a.text_encoders_["t"]
    assert [len(each.vocabulary_) for each in encoder.vectorizers] == [25, 25]
    assert encoder.vectorizers[0]._tfidf.n_features_in_ == 25


def test_similar_words_have_similar_components():
    values = ["refunded the order", "great and fast delivery"] * 20
    encoder = fit(values)
    out = encoder.transform(texts(["a refund", "deliveries", *values[:2]]))
    nearest = np.linalg.norm(out[:2, None] - out[None, 2:], axis=2).argmin(axis=1)
    assert nearest.tolist() == [0, 1]


ANY_TEXT = [
    (["the and of"] * 8 + ["the"], True),
    (["so it is"] * 8, True),
    (["a", "b", "a", "b", "c", "c"], True),  # with a blank at either end, they are n-grams
    (["?!", "", "...", " "] * 3, True),
    (["", " ", "\t", "\n"] * 3, False),
    (["ab", "cd", "ef", "gh"], False),
    (["ab", "ac", "de", "fg"], False),  # a single n-gram occurs twice
    (["\udc80 low", "\udc80 low", "\U0001f600 low"] * 2, True),
    ([1, "1 a", 2.5, "2.5"] * 3, True),
    (["東京都港区", "東京都渋谷区", "京都市"] * 4, True),
]


@pytest.mark.parametrize(("values", "has_terms"), ANY_TEXT)
@pytest.mark.filterwarnings("ignore:Left out text of which no word occurs twice, in columns. t")
def test_any_text_is_encoded(values, has_terms):
    n = len(values)
    encoder = fit(values)
    assert (encoder.columns_["t"]["n_components"] > 0) == has_terms
    assert [case for case, _ in encoder.notes_] == ["terms"] * (not has_terms)
    new = texts([*values, None, "", "unseen", "\ud800", "ω" * 1000])
    assert np.isfinite(encoder.transform(new)).all()
    assert np.isfinite(encoder.transform(texts(["text", "more text"]))).all()
    model = TabularMLPClassifier(text_features=["t"], cv=2, max_iter=1, random_state=0)
    model.fit(texts(values, x=rng().normal(size=n)), np.arange(n) % 2)
    assert np.isfinite(model.predict_proba(new.assign(x=0))).all()


def test_the_number_of_texts_at_once_does_not_matter(monkeypatch):
    values, _ = sentences(50)
    values[7] = None
    encoder = fit(values)
    expected = encode_with(encoder, texts(values))[0]
    monkeypatch.setattr(text_module, "_TEXTS_AT_ONCE", 16)
    encoded = encode_with(encoder, texts(values))[0]
    np.testing.assert_allclose(encoded.numbers, expected.numbers, atol=1e-6)
    for terms, others in zip(encoded.terms, expected.terms, strict=True):
        assert terms.dtype == np.int8
        np.testing.assert_array_equal(terms.toarray(), others.toarray())


def test_missing_text_is_marked_and_empty_text_is_not():
    values, _ = sentences(50)
    values[:2] = None, pd.NA
    out = fit(values).transform(texts([None, "", values[5], np.nan]))
    assert out[:, -1].tolist() == [1, 0, 0, 1]
    np.testing.assert_array_equal(out[[0, 3], :-1], 0)
    assert out[1, :-1].any()


def test_a_word_that_decides_is_found_among_two_hundred():
    values, contains = sentences(600)
    y = contains ^ (rng().random(600) < 0.1)
    model = TabularMLPClassifier(cv=2, max_iter=16, random_state=0)
    of_text, of_answer = (
        roc_auc_score(y, model.fit(texts(column), y).oof_proba_[:, 1])
        for column in (values, np.where(contains, "yes", "no"))
    )
    assert of_text > of_answer - 0.03


def test_a_word_reaches_several_classes_and_several_targets():
    values, contains = sentences(300)
    others = np.char.find(values.astype(str), "word8x") >= 0
    X = texts(np.where(contains, "it is word7x and " + values, values))
    three = np.where(contains, "yes", np.where(others, "b", "c"))
    assert TabularMLPClassifier(**SMALL).fit(X, three).score(X, three) > 0.9
    Y = np.c_[contains, -3.0 * contains]
    assert TabularMLPRegressor(**SMALL | {"max_iter": 32}).fit(X, Y).score(X, Y) > 0.7


def test_each_member_selects_terms_on_its_own_training_rows():
    values, contains = sentences(400)
    fold = np.arange(400) % 2
    y = np.where(fold == 0, contains, rng().random(400) < 0.5)
    splits = [(np.flatnonzero(fold == k), np.flatnonzero(fold != k)) for k in (0, 1)]
    model = TabularMLPClassifier(cv=splits, max_iter=2, random_state=0).fit(texts(values), y)
    words = model.encoder_.text_encoders_["t"].vectorizers[0].get_feature_names_out()
    selected = [words[member.inputs.supervised[0].selected[0]] for member in model.members_]
    assert "word7x" in selected[0]
    assert "word7x" not in selected[1]


def rows_of_terms(terms, y):
    """Return training rows that have a number and some terms."""
    numbers, no_codes = np.arange(len(y), dtype=np.float32)[:, None], np.zeros((len(y), 0), "int32")
    table = EncodedTable(numbers, no_codes, (csr_array(terms.astype(np.int8)),), layout_of({}))
    return Data(table, y, None, np.eye(2, dtype=np.float32))


@pytest.mark.parametrize("n_rows", [2, 3, 40])
def test_terms_of_all_rows_or_of_none_are_not_selected(n_rows):
    """NumPy would warn of them, and of targets that are all the same."""
    numbers = np.arange(n_rows)
    terms = np.c_[numbers >= 0, numbers < 0, numbers % 2]
    for y, expected in [(numbers % 2, [2] * (n_rows > 2)), (numbers * 0, [])]:
        selection = TermSelection.fit(rows_of_terms(terms, y))
        assert [chosen.tolist() for chosen in selection.selected] == [expected]
    constant = rows_of_terms(terms[:, :2], numbers % 2)
    assert TermSelection.fit(constant).transform(constant.X).shape == (n_rows, 0)


def test_terms_may_be_selected_before():
    rows = rows_of_terms(np.arange(60)[:, None] % 2, np.arange(60) % 2)
    for terms in (None, TermSelection.fit(rows)):
        fitted, [encoded] = InputsPlan(0, terms, None, {}).fit(rows)
        np.testing.assert_array_equal(encoded, np.arange(60)[:, None] % 2)
        np.testing.assert_array_equal(encoded, fitted.array(rows.X)[:, 1:])


@pytest.mark.parametrize("by_class", [False, True])
def test_rows_without_weight_are_not_learned_from(by_class):
    """The encoder does not see rows of weight 0, and the members no classes of weight 0 either."""
    values, contains = sentences(300)
    junk = texts([*values, *["word9x junk"] * 60])
    y = np.r_[contains, np.full(60, 1 + by_class)]
    weight = None if by_class else np.r_[np.ones(300), np.zeros(60)]
    class_weight = {0: 1, 1: 1, 2: 0} if by_class else None
    model = TabularMLPClassifier(cv=2, max_iter=1, class_weight=class_weight)
    model.fit(junk, y, sample_weight=weight)
    vectorizer = model.encoder_.text_encoders_["t"].vectorizers[0]
    assert ("junk" in vectorizer.vocabulary_) == by_class
    for member in model.members_:
        selected = vectorizer.get_feature_names_out()[member.inputs.supervised[0].selected[0]]
        assert "junk" not in selected


def test_predictions_do_not_depend_on_memory_and_members_hold_no_vocabulary():
    values, contains = sentences(300)
    X, model = texts(values), TabularMLPClassifier(cv=2, max_iter=2)
    expected = model.fit(X, contains).predict_proba(X)
    with config_context(working_memory=0.05):  # MB
        np.testing.assert_allclose(model.predict_proba(X), expected, rtol=1e-5)
    encoder, *members, whole = (
        len(pickle.dumps(each)) for each in (model.encoder_, *model.members_, model)
    )
    of_rows_and_epochs = 30_000
    assert whole < encoder + sum(members) + of_rows_and_epochs


@pytest.mark.parametrize("dtype", ["category", pd.SparseDtype(object, "a b c")])
def test_new_texts_may_be_categories_or_sparse(dtype):
    encoder = fit(sentences(60)[0])
    new = ["a b c", "word7x", "word9x word11x"]  # no two are of one length
    result = encoder.transform(texts(new).astype(dtype))
    np.testing.assert_array_equal(result, encoder.transform(texts(new)))


@pytest.mark.parametrize(("n_words", "n_vectorizers"), [(10, 2), (40, 1)])
def test_many_words_have_no_n_grams_and_long_texts_are_cut(n_words, n_vectorizers):
    values, _ = sentences(60, n_words)
    long, cut = values.copy(), values.copy()
    for row in (3, 30):
        filler = values[row].ljust(MOST_CHARACTERS - 1)
        long[row], cut[row] = f"{filler}x word9x word11x", f"{filler}x"
    with pytest.warns(DataConversionWarning, match="Only the first 5,000 characters of 2 of 60"):
        of_long = fit(long)
    of_cut = fit(cut)
    assert len(of_cut.text_encoders_["t"].vectorizers) == n_vectorizers
    assert [case for case, _ in of_long.notes_] == ["long"]
    assert of_cut.notes_ == []
    expected = of_cut.transform(texts(cut))
    for encoder in (of_long, of_cut):
        with pytest.warns(DataConversionWarning, match="5,000 characters of 2 of 60 values of t"):
            np.testing.assert_array_equal(encoder.transform(texts(long)), expected)
