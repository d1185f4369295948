"""Checks of the values of encoders and of ensembles for tables."""

from collections.abc import Callable
from numbers import Integral
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from sklearn.base import is_classifier, is_regressor
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from scratchmlp.io.array_headers import is_number
from scratchmlp.io.column_checks import check_column
from scratchmlp.io.conformal_checks import check_difficulty, check_scores
from scratchmlp.io.errors import require
from scratchmlp.io.network_checks import check_feature_names, check_theta
from scratchmlp.network import Network
from scratchmlp.tabular import PiecewiseLinearEncoder, TabularEncoder
from scratchmlp.tabular.base import BaseTabular
from scratchmlp.tabular.calibration import Calibration
from scratchmlp.tabular.column_encoding import output_names
from scratchmlp.tabular.cross_fitting import FoldModel
from scratchmlp.tabular.encoded_table import EncodedTable, layout_of
from scratchmlp.tabular.ensemble import BaseTabularEnsemble, Part
from scratchmlp.tabular.inputs import Bins, Inputs
from scratchmlp.tabular.logarithms import Logarithms
from scratchmlp.tabular.member import HISTORY_COLUMNS, Member
from scratchmlp.tabular.mlp import BaseTabularMLP
from scratchmlp.tabular.target_encoding import TargetEncoding
from scratchmlp.tabular.targets import TabularClassifierMixin, TabularRegressorMixin
from scratchmlp.tabular.term_selection import TermSelection
from scratchmlp.tabular.text import TextEncoder

# Encoders.


def _check_bins(encoder: PiecewiseLinearEncoder) -> None:
    """Check the edges of a fitted encoder."""
    if not hasattr(encoder, "bin_edges_"):
        return
    edges, encodings = encoder.bin_edges_, encoder.encodings_
    valid = isinstance(edges, list) and isinstance(encodings, list)
    require(valid and len(edges) == len(encodings), "bins without encodings.")
    check_feature_names(encoder, len(edges))
    for each, encoding in zip(edges, encodings, strict=True):
        valid = _is_vector(each, np.float64) and bool((np.diff(each) > 0).all())
        valid = valid and encoding in ("linear", "steps", "both")
        require(valid, "the edges of bins are not in order.")


def _check_encoder(encoder: TabularEncoder) -> None:
    """Check a fitted encoder of tables."""
    if not hasattr(encoder, "columns_"):
        return
    columns, texts = encoder.columns_, encoder.text_encoders_
    valid = isinstance(columns, dict) and all(isinstance(name, str) for name in columns)
    require(valid and columns and isinstance(texts, dict), "it has no columns.")
    check_feature_names(encoder, len(columns))
    for name, fitted in columns.items():
        check_column(name, fitted)
    text = {name: fitted for name, fitted in columns.items() if fitted["kind"] == "text"}
    require(text.keys() == texts.keys(), "text without encoders.")
    for name, fitted in text.items():
        valid = isinstance(texts[name], TextEncoder)
        valid = valid and texts[name].n_components == fitted["n_components"]
        require(valid, f"the text {name!r:.80} has other components.")
    notes = encoder.notes_
    valid = isinstance(notes, list) and all({*map(type, note)} <= {str} for note in notes)
    require(valid, "the notes of columns are no text.")


def _check_text(encoder: TextEncoder) -> None:
    """Check the vectorizers and the components of text."""
    vectorizers = encoder.vectorizers
    require(isinstance(vectorizers, list), "text has no terms.")
    for each in vectorizers:
        valid = type(each) is TfidfVectorizer and each.analyzer in ("word", "char_wb")
        valid = valid and each.token_pattern in (r"\w+", r"(?u)\b\w\w+\b")
        functions = each.preprocessor, each.tokenizer, each.stop_words
        valid = valid and functions == (None, None, None) and each.input == "content"
        require(valid and hasattr(each, "vocabulary_"), "text has other terms.")
    if not vectorizers:
        return
    n_terms, svd = sum(len(each.vocabulary_) for each in vectorizers), encoder.svd
    components = svd.components_
    require(
        isinstance(svd, TruncatedSVD)
        and components.shape == (len(encoder.mean), n_terms)
        and components.dtype.kind == "f"
        and np.isfinite(components).all()
        and encoder.mean.ndim == 1
        and np.isfinite(encoder.mean).all()
        and is_number(encoder.scale)
        and encoder.scale > 0,
        "the components of text have no terms.",
    )
    found = encoder.components(encoder.tf_idf(["word"]))
    require(found.shape == (1, encoder.n_components), "text has other components.")


# What members and folds are made of.


def _check_part_of_inputs(each: Any) -> None:
    """Check the types within encodings: their sizes are checked with the table."""
    if isinstance(each, Inputs):
        supervised = isinstance(each.supervised, tuple) and all(
            isinstance(encoding, TargetEncoding | TermSelection) for encoding in each.supervised
        )
        valid = isinstance(each.bins, Bins | None) and isinstance(
            each.logarithms, Logarithms | None
        )
        require(supervised and valid, "the inputs of a member are not encoded.")
    elif isinstance(each, Bins):
        valid = isinstance(each.encoder, PiecewiseLinearEncoder) and _is_rows(each.columns)
        require(
            valid and hasattr(each.encoder, "bin_edges_"), "bins have no encoder or no columns."
        )
    elif isinstance(each, Logarithms):
        n = len(each.outputs)
        widths: Any = each.widths
        valid = _is_rows(each.outputs) and _is_vector(each.scales, np.float64)
        valid = valid and _is_vector(widths, np.float64) and bool((widths > 0).all())
        require(
            valid and len(each.scales) == len(widths) == n,
            "logarithms have no widths or no columns.",
        )


def _check_calibration(calibration: Calibration) -> None:
    temperature, floor = calibration
    valid = is_number(temperature) and temperature > 0 and is_number(floor) and floor >= 0
    require(valid, "the calibration has no temperature or no floor.")


def _check_inputs(inputs: Any, columns: dict[str, Any], n_terms: list[int]) -> None:
    """Check that encodings fit the columns of a table."""
    require(isinstance(inputs, Inputs), "a member has no inputs.")
    layout = layout_of(columns)
    for encoding in inputs.supervised:
        if isinstance(encoding, TargetEncoding):
            tables = encoding.tables
            valid = [len(table) for table in tables] == [n + 1 for n in layout.n_levels]
            for table in tables:
                valid = valid and table.dtype == np.float32 and table.ndim == 2
                valid = valid and table.shape[1] > 0 and bool(np.isfinite(table).all())
            require(valid, "an encoding has other categories than the table.")
        else:
            selected = encoding.selected
            valid = len(selected) == len(n_terms) and all(
                _is_rows(each) and (each < n).all()
                for each, n in zip(selected, n_terms, strict=True)
            )
            require(valid, "a selection has other terms than the table.")
    n_numbers = len(layout.numbers)
    if inputs.bins:
        columns_of_bins = inputs.bins.columns
        valid = bool((columns_of_bins < n_numbers).all())
        valid = valid and inputs.bins.encoder.n_features_in_ == len(columns_of_bins)
        require(valid, "bins of numbers that do not exist.")
    if inputs.logarithms:
        valid = bool(np.isin(inputs.logarithms.outputs, layout.numbers).all())
        require(valid, "logarithms of numbers that do not exist.")


# Estimators.


def _example(encoder: TabularEncoder) -> tuple[EncodedTable, list[int]]:
    """Return one encoded row, whose values are missing, and the numbers of terms of text."""
    layout = layout_of(encoder.columns_)
    n_terms = [
        len(vectorizer.vocabulary_)
        for name in encoder.columns_
        for vectorizer in getattr(encoder.text_encoders_.get(name), "vectorizers", ())
    ]
    terms = tuple(csr_array((1, n), dtype=np.int8) for n in n_terms)
    numbers = np.zeros((1, len(layout.numbers)), np.float32)
    codes = np.full((1, len(layout.starts)), -1, np.int32)
    return EncodedTable(numbers, codes, terms, layout), n_terms


def _n_outputs(estimator: BaseTabular) -> int:
    """Return the number of classes or targets."""
    if isinstance(estimator, TabularClassifierMixin):
        return len(estimator.classes_)
    return len(estimator._mean)


def _check_targets(estimator: BaseTabular) -> None:
    """Check the targets of a fitted estimator, and its encoder."""
    if not hasattr(estimator, "encoder_"):
        return
    encoder = estimator.encoder_
    valid = isinstance(encoder, TabularEncoder) and hasattr(encoder, "columns_")
    require(valid, "the ensemble has no encoder.")
    held_out = getattr(estimator, "held_out_", [])  # a file may lack it
    require(isinstance(held_out, list) and all(map(_is_rows, held_out)), "folds without rows.")
    if isinstance(estimator, TabularClassifierMixin):
        classes = estimator.classes_
        valid = isinstance(classes, np.ndarray) and classes.ndim == 1 and len(classes) > 0
        require(valid, "the classifier has no classes.")
        _check_calibration(Calibration(estimator.temperature_, estimator.floor_))
    if isinstance(estimator, TabularRegressorMixin):
        names = ("_mean", "_deviation", "_low", "_high")
        values = [getattr(estimator, name) for name in names]
        n = len(values[0])
        valid = all(_is_vector(each, np.float64) and len(each) == n > 0 for each in values)
        valid = valid and type(estimator._one_column) is bool
        valid = valid and (n == 1 or not estimator._one_column)
        valid = valid and estimator._output in ("identity", "exp")
        require(valid and (values[2] <= values[3]).all(), "the targets have no mean or no range.")


def _check_networks(estimator: BaseTabularMLP) -> None:
    """Check the members of a fitted ensemble of networks."""
    if not hasattr(estimator, "members_"):
        return
    members, (example, n_terms) = estimator.members_, _example(estimator.encoder_)
    require(isinstance(members, list) and members, "the ensemble has no members.")
    for member in members:
        valid = isinstance(member, Member) and isinstance(member.network, Network)
        require(valid, "a member is no network.")
        check_theta(member.theta, member.network)
        _check_inputs(member.inputs, estimator.encoder_.columns_, n_terms)
        width = member.inputs.of(example).shape[1]
        valid = member.network.sizes[0] == width
        valid = valid and member.network.sizes[-1] == _n_outputs(estimator)
        require(valid, f"a network has not {width} inputs or the outputs.")
    n = len(members)
    valid = len(estimator.stop_reasons_) == n and len(estimator.best_epochs_) == n
    require(valid, "a member has no best epoch or no reason for its end.")
    _check_uncertainty(estimator, example)
    _check_history(getattr(estimator, "history_", None), n)  # a file may lack it


def _check_history(history: Any, n_members: int) -> None:
    """Check the table of how members trained."""
    if history is None:
        return
    names = ["member", "epoch", *HISTORY_COLUMNS]
    require(isinstance(history, dict) and list(history) == names, "the history has other columns.")
    member, epoch, *numbers = history.values()
    valid = _is_rows(member) and _is_rows(epoch) and bool((member < n_members).all())
    for each in numbers:
        valid = valid and isinstance(each, np.ndarray) and each.dtype == np.float32
        valid = valid and each.shape == member.shape == epoch.shape
    require(valid, "the history is no table of numbers.")


def _check_blend(estimator: BaseTabularEnsemble) -> None:
    """Check the parts of a fitted ensemble of several estimators."""
    if not hasattr(estimator, "_parts"):
        return
    parts, weights = estimator._parts, estimator.weights_
    valid = isinstance(parts, dict) and isinstance(weights, dict) and parts.keys() == weights.keys()
    valid = valid and all(is_number(weight) and weight >= 0 for weight in weights.values())
    require(
        valid and sum(weights.values()) > 0,
        "the weights of the ensemble are not those of its parts.",
    )
    require(
        weights.keys() == estimator.oof_scores_.keys(),
        "the scores of the ensemble are not those of its parts.",
    )
    names = output_names(estimator.encoder_.columns_)
    lengths = set()
    for part in parts.values():
        require(isinstance(part, Part), "a part of the ensemble has no estimators.")
        valid = isinstance(part.calibration, Calibration | None)
        require(valid, "a part of the ensemble has no calibration.")
        lengths.add(part.n_members)
        if isinstance(part.fitted, BaseTabularMLP):
            own = part.fitted.encoder_.columns_
            valid = output_names(own) == names
            valid = valid and is_classifier(part.fitted) == is_classifier(estimator)
            valid = valid and _n_outputs(part.fitted) == _n_outputs(estimator)
            require(valid, "the networks are those of another table.")
        else:
            for model in part.fitted:
                _check_fold(model, estimator)
    require(len(lengths) == 1, "the parts have different folds.")
    example, _ = _example(estimator.encoder_)
    _check_uncertainty(estimator, example)
    shape = estimator._held_out_scores.scores.shape
    for part in parts.values():
        check_scores(part.scores, shape[1])
        require(part.scores.scores.shape == shape, "a part of the ensemble has other scores.")


def _check_uncertainty(estimator: BaseTabular, example: EncodedTable) -> None:
    """Check what intervals and sets are made from."""
    known = estimator._held_out_scores
    n_scores = 1 if isinstance(estimator, TabularClassifierMixin) else _n_outputs(estimator)
    check_scores(known, n_scores)
    if isinstance(estimator, TabularRegressorMixin):
        check_difficulty(estimator._difficulty, n_scores, example)


def _check_fold(model: Any, estimator: BaseTabularEnsemble) -> None:
    """Check an estimator of scikit-learn of one fold."""
    example, n_terms = _example(estimator.encoder_)
    require(isinstance(model, FoldModel), "a fold has no model.")
    fitted, inputs, n_outputs, least = model
    _check_inputs(inputs, estimator.encoder_.columns_, n_terms)
    valid = n_outputs == _n_outputs(estimator) and is_number(least) and 0 <= least <= 1
    require(valid, "a fold has other outputs.")
    widths = [inputs.of_trees(example).shape[1], inputs.of(example).shape[1]]
    valid = isinstance(fitted.n_features_in_, Integral) and fitted.n_features_in_ in widths
    kind = is_classifier if is_classifier(estimator) else is_regressor
    require(valid and kind(fitted), "a fold has another estimator.")
    if is_classifier(fitted):
        classes = fitted.classes_
        valid = classes.dtype.kind == "i" and len(np.unique(classes)) == len(classes)
        valid = valid and ((classes >= 0) & (classes < n_outputs)).all()
        require(valid, "a fold has other classes.")
    require(model.predict(example).shape == (1, n_outputs), "a fold has other outputs.")


def _is_vector(value: Any, dtype: Any) -> bool:
    """Return whether a value is a vector of finite numbers."""
    is_array = isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype == dtype
    return is_array and bool(np.isfinite(value).all())


def _is_rows(value: Any) -> bool:
    """Return whether a value is a vector of positions."""
    valid = isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype.kind == "i"
    return valid and bool((value >= 0).all())


CHECKS: dict[type, Callable[[Any], None]] = {
    PiecewiseLinearEncoder: _check_bins,
    TabularEncoder: _check_encoder,
    TextEncoder: _check_text,
    Calibration: _check_calibration,
    BaseTabular: _check_targets,
    BaseTabularMLP: _check_networks,
    BaseTabularEnsemble: _check_blend,
    **dict.fromkeys((Inputs, Bins, Logarithms), _check_part_of_inputs),
}
