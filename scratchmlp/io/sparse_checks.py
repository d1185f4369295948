"""Checks of the objects of scikit-learn that make sparse arrays, whose columns nothing checks."""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer, TfidfVectorizer
from sklearn.preprocessing import MultiLabelBinarizer, OneHotEncoder

from scratchmlp.io.errors import require


def _check_one_hot(encoder: OneHotEncoder) -> None:
    """Check the numbers of the columns of each category."""
    if not hasattr(encoder, "categories_"):
        return
    categories, n_outputs = encoder.categories_, encoder._n_features_outs
    dropped = encoder._drop_idx_after_grouping
    grouped = encoder._infrequent_enabled
    n = len(categories)
    none = [None] * n
    mappings = encoder._default_to_infrequent_mappings if grouped else none
    infrequent = encoder._infrequent_indices if grouped else none
    dropped = none if dropped is None else list(dropped)
    require(encoder.n_features_in_ == n, "categories are not those of the features.")
    valid: Any = len(n_outputs) == len(mappings) == len(infrequent) == len(dropped) == n
    require(valid, "categories have no columns.")
    for each, mapping, indices, drop, n_columns in zip(
        categories, mappings, infrequent, dropped, n_outputs, strict=True
    ):
        require((mapping is None) == (indices is None), "categories have no columns.")
        n_groups = len(each) if mapping is None else _n_groups(mapping, len(each))
        if each.dtype.kind not in "OUS":  # they are found by bisection
            valid = np.array_equal(np.unique(each), each, equal_nan=each.dtype.kind in "fcmM")
            require(valid, "categories are not in order.")
        valid = drop is None or (isinstance(drop, int | np.integer) and 0 <= drop < n_groups)
        valid = valid and n_columns == n_groups - (drop is not None)
        require(valid, "categories have other columns.")


def _n_groups(mapping: Any, n_categories: int) -> int:
    """Return the number of groups that categories are mapped to."""
    groups = np.unique(mapping)
    valid = mapping.shape == (n_categories,) and mapping.dtype.kind == "i"
    valid = valid and np.array_equal(groups, np.arange(len(groups)))
    require(valid, "infrequent categories have other columns.")
    return len(groups)


def _check_multilabel(binarizer: MultiLabelBinarizer) -> None:
    """Check the numbers of the columns of each label."""
    if not hasattr(binarizer, "classes_"):
        return
    expected = {label: column for column, label in enumerate(binarizer.classes_)}
    require(len(expected) == len(binarizer.classes_), "a label occurs twice.")
    cached = binarizer._cached_dict
    require(cached is None or cached == expected, "labels have other columns.")


def _check_vocabulary(vectorizer: CountVectorizer) -> None:
    """Check the numbers of the terms, which index sparse arrays, and where text comes from."""
    valid = vectorizer.input == "content"
    require(valid, "input is not 'content': a prediction would read files.")
    if not hasattr(vectorizer, "vocabulary_"):
        return
    vocabulary = vectorizer.vocabulary_
    valid = isinstance(vocabulary, dict) and {*map(type, vocabulary)} <= {str}
    valid = valid and {*map(type, vocabulary.values())} <= {int, np.int64}
    numbers = np.sort(np.fromiter(vocabulary.values(), np.int64, len(vocabulary)))
    valid = valid and np.array_equal(numbers, np.arange(len(numbers)))
    require(valid, "terms have no numbers of their own.")
    if isinstance(vectorizer, TfidfVectorizer) and vectorizer.use_idf:
        valid = np.shape(vectorizer.idf_) == (len(vocabulary),)
        require(valid, "terms have no frequencies.")


def _check_frequencies(transformer: TfidfTransformer) -> None:
    idf = getattr(transformer, "idf_", None)
    valid = idf is None or (idf.ndim == 1 and idf.dtype.kind == "f" and np.isfinite(idf).all())
    require(valid, "the frequencies of terms are no numbers.")


CHECKS: dict[type, Callable[[Any], None]] = {
    CountVectorizer: _check_vocabulary,
    MultiLabelBinarizer: _check_multilabel,
    OneHotEncoder: _check_one_hot,
    TfidfTransformer: _check_frequencies,
}
