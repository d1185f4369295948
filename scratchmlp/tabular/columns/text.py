"""Columns of text: their words and character n-grams, and numbers that summarize these."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack, vstack
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.utils import gen_batches

from scratchmlp.tabular.columns.fitted_column import Encoded, FittedColumn
from scratchmlp.tabular.columns.numeric import clip_smoothly
from scratchmlp.tabular.notes import Note, NoteCase
from scratchmlp.tabular.reading.from_text import note_long
from scratchmlp.tabular.reading.values import kind_of, to_text
from scratchmlp.tabular.vocabulary import ColumnKind, Use, ValueKind

_N_COMPONENTS = 30
_MOST_TERMS = 5000  # words, and as many n-grams
_MOST_ROWS = 10_000  # to learn from
#: Mean number of words of a text, above which n-grams would take long, and tell little.
_MOST_WORDS = 30
#: Sum of the variances of the components. Together they weigh less than a number, because text that
#: tells nothing would otherwise do harm.
_VARIANCE = 0.5**2
_TEXTS_AT_ONCE = 2000  # whose TF-IDF is in memory


class TextEncoder:
    """Encode text as its terms, and as the largest components of these.

    Terms are words and, unless texts are long, sequences of two to four characters within words.
    They occur in at least two texts. Components are those of a truncated singular value
    decomposition of the TF-IDF of the terms.

    Attributes
    ----------
    vectorizers : list of TfidfVectorizer
        One for words and one for n-grams. A vectorizer without any term is left out, and
        both are if there are fewer than two terms.
    svd : TruncatedSVD
        The components. There are none without vectorizers, and then there is no `svd` either.
    mean, scale : ndarray of shape (n_components,) and float
        What is subtracted from the components, and what they are divided by.
    """

    vectorizers: list[TfidfVectorizer]
    svd: TruncatedSVD
    mean: NDArray[np.float32]
    scale: float

    def fit(self, texts: Sequence[str]) -> Self:
        """Learn terms and components from texts.

        Parameters
        ----------
        texts : sequence of str
            Texts. If there are more than 10,000, as many of them are drawn.

        Returns
        -------
        TextEncoder
            The fitted encoder itself.
        """
        if len(texts) > _MOST_ROWS:
            drawn = np.random.RandomState(0).choice(len(texts), _MOST_ROWS, replace=False)
            texts = [texts[row] for row in drawn]
        self.vectorizers = [each for each in _vectorizers(texts) if _has_terms(each, texts)]
        if sum(len(each.vocabulary_) for each in self.vectorizers) < 2:  # an SVD needs two
            self.vectorizers = []
        if self.vectorizers:
            tf_idf = hstack(self.tf_idf(texts), format="csr")
            self.svd = TruncatedSVD(min(_N_COMPONENTS, *tf_idf.shape), random_state=0)
            with np.errstate(divide="ignore", invalid="ignore"):  # the variance may be 0
                components = self.svd.fit_transform(tf_idf)
            self.mean = components.mean(axis=0)
            variance = float(components.var(axis=0).sum())
            self.scale = np.sqrt(variance / _VARIANCE if variance > 0 else 1.0)
        return self

    @property
    def n_components(self) -> int:
        """Number of components."""
        return len(self.mean) if self.vectorizers else 0

    def tf_idf(self, texts: Sequence[str]) -> tuple[csr_array, ...]:
        """Compute the TF-IDF of words and of n-grams.

        Parameters
        ----------
        texts : sequence of str
            Texts.

        Returns
        -------
        tuple of csr_array of shape (n_samples, n_terms), float32
            One for each vectorizer.
        """
        return tuple(csr_array(each.transform(texts)) for each in self.vectorizers)

    def components(self, tf_idf: Sequence[csr_array]) -> NDArray[np.float32]:
        """Compute the scaled components.

        Parameters
        ----------
        tf_idf : sequence of csr_array
            Result of `tf_idf`.

        Returns
        -------
        ndarray of shape (n_samples, n_components), float32
            Components, limited to (-3, 3) as numbers are.
        """
        z = self.svd.transform(hstack(tf_idf, format="csr"))
        return clip_smoothly((z - self.mean) / self.scale)


@dataclass(frozen=True, eq=False, kw_only=True)
class TextColumn(FittedColumn):
    """A column of text; `expected` is the kind of its values, which may be numbers.

    Attributes
    ----------
    encoder : TextEncoder
        Fitted encoder of the texts.
    indicator : bool
        Whether an output tells that the text is missing.
    """

    encoder: TextEncoder
    indicator: bool
    kind: ColumnKind = "text"

    @classmethod
    def fit(cls, values: "pd.Series[Any]", **common: Any) -> Self:
        """Learn terms and components; `common` are the fields of `FittedColumn`."""
        return cls(
            encoder=TextEncoder().fit(to_texts(values)),
            indicator=bool(values.isna().any()),
            expected=kind_of(values),
            **common,
        )

    @property
    def _use_of_values(self) -> Use:
        return "text"

    @property
    def unrepeated(self) -> NoteCase | None:
        """Case of the `Note` if no word occurs twice."""
        return None if self.encoder.n_components else "terms"

    @property
    def n_terms(self) -> int:
        """Number of arrays of terms: one of words and, unless texts are long, one of n-grams."""
        return len(self.encoder.vectorizers)

    @property
    def remarks(self) -> list[str]:
        """What is not plain about the column, in words."""
        return ["no word occurs twice"] if self.unrepeated else super().remarks

    def number_suffixes(self) -> list[str]:
        """Return a suffix for each component, and perhaps "_missing"."""
        return self._component_suffixes() + ["_missing"] * self.indicator

    def _component_suffixes(self) -> list[str]:
        return [f"_svd{number + 1}" for number in range(self.encoder.n_components)]

    def read(self, name: str, column: "pd.Series[Any]") -> tuple["pd.Series[Any]", list[Note]]:
        """Read the same column of another table, and note texts that are cut."""
        values, notes = super().read(name, column)
        return values, [*notes, *note_long(name, values)]

    def is_like(self, received: ValueKind) -> bool:
        """Return whether values of a kind may be encoded as those of `fit`."""
        return super().is_like(received) or "mixed" in (received, self.expected)

    def encode(self, values: "pd.Series[Any]") -> Encoded:
        """Return the components, the indicator and the terms."""
        missing, encoder = values.isna().to_numpy(), self.encoder
        indicator = {"_missing": missing} if self.indicator else {}
        if not encoder.n_components:
            return Encoded(indicator)
        texts, components, terms = to_texts(values), [], []
        for rows in gen_batches(len(texts), _TEXTS_AT_ONCE):
            tf_idf = encoder.tf_idf(texts[rows])
            components.append(np.where(missing[rows, None], 0, encoder.components(tf_idf)))
            terms.append(indicators(tf_idf))
        numbers = dict(zip(self._component_suffixes(), np.concatenate(components).T, strict=True))
        joined = tuple(csr_array(vstack(chunks)) for chunks in zip(*terms, strict=True))
        return Encoded(numbers | indicator, terms=joined)

    def plain(self) -> dict[str, Any]:
        """Describe the column; the encoder stands in `TabularEncoder.text_encoders_`."""
        plain = super().plain()
        return plain | {"n_components": plain.pop("encoder").n_components}


def to_texts(column: "pd.Series[Any]") -> list[str]:
    """Convert the values of a column to text, cut if it is long. Missing values become empty."""
    missing = column.isna()
    values = column.to_numpy(dtype=object)
    return ["" if gone else to_text(value) for value, gone in zip(values, missing, strict=True)]


def indicators(tf_idf: Sequence[csr_array]) -> tuple[csr_array, ...]:
    """Return which terms occur in each text, as int8."""
    return tuple(
        csr_array((np.ones(each.nnz, np.int8), each.indices, each.indptr), shape=each.shape)
        for each in tf_idf
    )


def _vectorizers(texts: Sequence[str]) -> list[TfidfVectorizer]:
    """Return vectorizers for words and, if texts are short, for n-grams."""
    settings = {
        "min_df": 2,
        "max_features": _MOST_TERMS,
        "sublinear_tf": True,
        "dtype": np.float32,
    }
    words = TfidfVectorizer(token_pattern=r"\w+", **settings)
    if np.mean([len(text.split()) for text in texts]) > _MOST_WORDS:
        return [words]
    return [words, TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), **settings)]


def _has_terms(vectorizer: TfidfVectorizer, texts: Sequence[str]) -> bool:
    """Fit a vectorizer; return False if no term occurs in two texts."""
    try:
        vectorizer.fit(texts)
    except ValueError:  # "empty vocabulary" or "no terms remain"
        return False
    return True
