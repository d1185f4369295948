"""Change the package in one place at a time, and see whether its tests notice.

A mutant is a copy of the package in which one expression or statement is another: ``<``
becomes ``<=``, ``+`` becomes ``-``, ``and`` becomes ``or``, a number grows by one, True becomes
False, a condition is negated, a statement is left out. The tests that call the changed function or
class run on a copy of the repository in a temporary folder. A mutant that no test fails on has
survived, and either a test is missing or the change makes no difference. Mutants that are known to
make none, and numbers that experiments chose, are not drawn.
CONTRIBUTING.md says how to read what is printed.

Usage: python -m benchmarks mutation [--modules NAME ...] [--n N] [--seed N] [--jobs N]
"""

import argparse
import ast
import copy
import json
import multiprocessing
import os
import random
import re
import shutil
import signal
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from queue import SimpleQueue

import mutation_tests
import pytest
from mutation_tests import CHOSEN, RECORD

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "scratchmlp"
NOT_CORE = {"__init__", "__main__", "atomic_write", "callbacks", "public"}
#: The modules of each package, as paths in scratchmlp/ without ".py".
PACKAGES = {
    "core": sorted(path.stem for path in SOURCES.glob("*.py") if path.stem not in NOT_CORE),
    **{
        folder: sorted(
            path.relative_to(SOURCES).with_suffix("").as_posix()
            for path in SOURCES.glob(f"{folder}/**/[!_]*.py")
        )
        for folder in ("estimators", "tabular", "cli", "io", "reporting", "dask")
    },
}
#: Files of tests that call nothing of the package, or that work in processes of their own.
OTHERS = ["accuracy", "atomic_write", "benchmarks", "interrupts", "links", "private_names"]
OTHERS += ["browser", "failures", "faults"]
#: Functions and classes whose numbers experiments have chosen, as those of constants.
TUNED = {
    "cli/article": ("_make_search",),
    "io/onnx/folds": ("_probes",),
    "reporting/dependence": ("_draw_levels", "_draw_ordered", "_limits"),
    "reporting/importances": ("what_matters",),
    "reporting/mistakes": ("_predicted",),
    "tabular/ensemble/default_estimators": ("_boosting", "_boosting_settings", "_forest"),
    "tabular/inspection/uncertainty": ("_model",),
    "tabular/networks/recipe": (
        "Recipe",
        "classification_recipe",
        "regression_recipe",
        "_recipe",
        "_n_epochs",
        "_bin_encoders",
    ),
    "tabular/columns/text": ("_vectorizers",),
}
#: Mutants that no test could kill: module, line before and part of it after, and why.
HARMLESS = {
    (
        "activations",
        "return 1 + np.exp(np.minimum(-z, 80))",
        "81",
    ): "any bound will do whose exponential float32 holds",
    (
        "activations",
        "derivative *= (n + np.minimum(z, 20) * (4 * e * (e + 1) / (n + 2))) / (n + 2)",
        "21",
    ): "from z = 20 on this term is below rounding",
    (
        "activations",
        "return np.exp(np.minimum(z, 20))",
        "21",
    ): "from z = 20 on, t is 1 in either type",
    (
        "arrays",
        'return "F" if n_units < 64 else "C"',
        "",
    ): "speed only: from which width on rows are stored in one piece",
    (
        "batches",
        "self._X = np.empty((0, 0))  # memory for the inputs of a shuffled batch",
        "",
    ): "an array without rows, whatever its columns",
    (
        "kernels",
        "ger(1.0, ones, row, a=Z, overwrite_a=1)",
        "overwrite_a=2",
    ): "any number but 0 is true",
    (
        "kernels",
        "ger(1.0, row, ones, a=Z.T, overwrite_a=1)",
        "overwrite_a=2",
    ): "any number but 0 is true",
    (
        "prediction",
        'a = z if getattr(activation, "in_place", False) else np.empty_like(z)',
        "not getattr",
    ): "memory only: forward may always write over its scores",
    (
        "training",
        "ftol = np.finfo(float).eps * np.clip(1e11 * lbfgs.tol, 64, 1e7)",
        "100000000001.0",
    ): "a relative change of 1e-11",
    (
        "training",
        "total += value * batch[0].shape[0]",
        "batch[1]",
    ): "a batch has as many targets as inputs",
    (
        "batches",
        "return X.astype(dtype, copy=False), Y, sample_weight",
        "copy=True",
    ): "memory only",
    (
        "kernels",
        "return grad * (longest / length) if length > longest else grad",
        "length >= longest",
    ): "a gradient as long as that is multiplied by 1",
    (
        "kernels",
        "for block in gen_batches(len(theta), _BLOCK // theta.itemsize):",
        "",
    ): "speed only: the length of a block",
    (
        "run",
        "del column[n_entries.get(name, 0) :]",
        "1",
    ): "a column that is new is removed as a whole",
    (
        "schedules",
        "return self.start + (1 - self.start) * _half_cosine(1 - t / self.warmup)",
        "(1 + t / self.warmup)",
    ): "half a cosine is symmetric about 1",
    (
        "stacked",
        "return (np.ascontiguousarray(X) if self.is_whole else X), np.ascontiguousarray(Y), weight",
        "not self",
    ): "speed only: where rows are in one piece",
    (
        "stacked",
        "n_numbers = n_rows * (sizes[0] + 2 * sum(sizes[1:])) + n_parameters",
        "n_numbers",
    ): "memory only: how many networks train at the same time",
    (
        "network",
        "out[...] = random_state.random_sample(out.shape) >= rate",
        "> rate",
    ): "no number that is drawn is the rate",
    (
        "stacked",
        "(data.X.shape, data.X.dtype, data.Y.shape, data.sample_weight is None),",
        "is not None",
    ): "networks with weights and without differ either way",
    (
        "stacked",
        "self.is_whole = self.slices == [slice(0, n_rows)]",
        "slice(1",
    ): "speed only: where rows are in one piece",
    (
        "estimators/base",
        'if incremental and hasattr(self, "theta_"):',
        "or",
    ): "speed only: fit validates parameters that are valid a second time",
    (
        "estimators/targets",
        "if Y.itemsize < y.dtype.itemsize:",
        "<=",
    ): "numbers of the same size have been checked with X",
    (
        "estimators/targets",
        "unseen = np.setdiff1d(classes_of(y), self.classes, assume_unique=True)",
        "assume_unique=False",
    ): "speed only: both are unique",
    (
        "estimators/classifier",
        'elif self._loss.output == "softmax" and len(self.classes_) > 1:',
        "> 2",
    ): "speed only: for two classes both ways are equal up to rounding",
    (
        "tabular/ensemble/cross_fitting",
        'with threads(0), threadpool_limits(1, user_api="openmp"):',
        "",
    ): "speed only: how many threads compute",
    (
        "tabular/inspection/uncertainty",
        'with threads(0), threadpool_limits(1, user_api="openmp"):',
        "",
    ): "speed only: how many threads compute",
    (
        "tabular/columns/encoder",
        'if not hasattr(X, "dtype") and check_array(X, **settings).dtype.kind == "U":',
        " or ",
    ): "objects are read as the numbers or the text that they are",
    (
        "tabular/ensemble/ensemble",
        "scores: HeldOutScores = HeldOutScores(np.empty((0, 0)), None)",
        "np.empty",
    ): "an array without rows, whatever its columns",
    (
        "tabular/inspection/importances",
        "kept = scales > _TINY * len(outputs) ** 0.5  # others are constant",
        "",
    ): "a constant column has a scale of 0, up to rounding, and others have far larger ones",
    (
        "tabular/ensemble/ensemble",
        "common = {name: own[name] for name in networks.get_params(deep=False) if name in own}",
        "True",
    ): "networks have no parameters of parameters that the ensemble has",
    (
        "tabular/reading/values",
        "frame = nw.from_native(X, eager_only=True)",
        "False",
    ): "lazy frames are refused before",
    (
        "tabular/ensemble/cross_fitting",
        "results += Parallel(n_jobs=n_jobs, batch_size=1)(",
        "batch_size=2",
    ): "speed only: how many fits a process gets at a time",
    (
        "tabular/networks/executor",
        "histories = Parallel(n_jobs=self.n_jobs, batch_size=1)(",
        "batch_size=2",
    ): "speed only: how many fits a process gets at a time",
    (
        "tabular/reading/dates",
        "return None, 0.0",
        "1.0",
    ): "seconds without a day are not used",
    (
        "tabular/reading/codes",
        "return shortest if shortest == longest else 0",
        "else 1",
    ): "fewer digits than codes have",
    (
        "tabular/columns/text",
        '"sublinear_tf": True,',
        "False",
    ): "chosen by experiments",
    (
        "tabular/reading/from_text",
        "return bool((~unread).sum() > MANY and (n_others <= max(1, FEW * n_known) or one_word))",
        "n_others < max",
    ): "equality with a share that experiments chose",
    (
        "tabular/inspection/held_out",
        'with threads(0), threadpool_limits(1, user_api="openmp"):',
        "",
    ): "speed only: how many threads compute",
    (
        "tabular/ensemble/ensemble",
        "return problem._replace(seeds=(problem.seeds + n_alike) % np.iinfo(np.int32).max)",
        "problem.seeds - n_alike",
    ): "other seeds, which differ as well",
    (
        "tabular/networks/fold_evaluator",
        "if rank < self._heap[0][:2]:",
        "<=",
    ): "ranks differ by their epochs",
    (
        "tabular/networks/member",
        "evaluate(*batch)  # also allocates the arrays, so it is not timed",
        "pass",
    ): "speed only: an estimate of the time of an epoch would be higher",
    (
        "tabular/networks/fold_evaluator",
        "if rank < self._heap[0][:2]:",
        "[:3]",
    ): "ranks differ by their epochs, so what comes third decides nothing",
    (
        "tabular/base",
        "@_fit_context(prefer_skip_nested_validation=True)",
        "False",
    ): "speed only: whether parameters of parts are validated again",
    (
        "tabular/reading/values",
        "found = pd.api.types.infer_dtype(column.dropna(), skipna=True)",
        "skipna=False",
    ): "there is no missing value to skip",
    (
        "tabular/reading/dates",
        'found = _DAY_AND_TIME.fullmatch(_ORDINAL.sub("", _WEEKDAY.sub("", value, count=1)))',
        "",
    ): "a date with two weekdays, which nobody writes",
    (
        "tabular/inspection/importances",
        "return directions[:, sizes**2 > _TINY * sizes[0] ** 2]",
        "",
    ): "any limit will do that is far below the largest size and above rounding",
    (
        "tabular/reading/codes",
        "return by_design or (n > 5 * SMALL and _n_digits(numbers) >= LONG)",
        "6",
    ): "a number that was chosen",
    (
        "tabular/reading/codes",
        "return repeat and sparse and len(np.unique(different % 10)) > 5",
        "6",
    ): "a number that was chosen",
    (
        "tabular/inspection/held_out",
        "if estimator.oof_score_ - score > max(gain / 2, _CLEAR):",
        "3",
    ): "a number that was chosen",
    (
        "tabular/calibration",
        "[0.0, _MEAN_FLOOR / 2],",
        "3",
    ): "a number that was chosen",
    (
        "tabular/networks/fold_evaluator",
        "if len(self.raw) * raw.nbytes > self.N_BYTES:",
        ">=",
    ): "memory only",
    (
        "tabular/inputs/inputs",
        "return np.hstack(parts) if len(parts) > 1 else parts[0]",
        ">= 1",
    ): "a stack of one part is this part",
    (
        "tabular/inspection/uncertainty",
        "numbers = np.full(n_rows, -1, np.intp)",
        "-2",
    ): "any number that no member has",
    (
        "tabular/reading/numbers",
        'word, n = words.most_common(1)[0] if words else ("", 0)',
        '("", 1)',
    ): "the word is empty in either case",
    (
        "tabular/reading/codes",
        "by_design = bool(n**2 / 2 / (high - low + 1) > PAIRS)",
        "",
    ): "numbers of an estimate that is compared with a number that was chosen",
    (
        "tabular/networks/member",
        "with threads(0):  # one BLAS thread: other members may train at the same time",
        "",
    ): "speed only: how many threads compute",
    (
        "cli/article",
        "eps=0.3,",
        "",
    ): "a margin of a picture",
    (
        "cli/article",
        'color = "white" if image.norm(loss) > 0.5 else "black"',
        ">= 0.5",
    ): "the color of a text on a color between dark and light",
    (
        "cli/article",
        "linear = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1_000))",
        "",
    ): "it converges in fewer iterations",
    (
        "cli/comparison",
        "n_jobs = jobs or (-1 if len(table.X) > SMALL else 1)",
        "else 2",
    ): "speed only: how many processes train",
    (
        "cli/comparison",
        "one_thread = threadpool_limits(1 if len(X) <= SMALL else None)",
        "(2 if",
    ): "speed only: how many threads compute",
    (
        "cli/sniffing",
        "csv.field_size_limit(2**31 - 1)  # cells may be longer than the default, 128 KB",
        "",
    ): "any limit will do that no cell reaches",
    (
        "cli/sniffing",
        "return fitting * whole / max(1, len(rows) * len(cells))",
        "max(2",
    ): "a single cell has no separator, so its score is compared with no other",
    (
        "io/onnx/folds",
        "estimator, double = models[0].estimator, graph.of_dtype(np.float64)",
        "models[1]",
    ): "estimators of all folds have one type",
    (
        "io/onnx/folds",
        'return double.add("Softmax", z, axis=-1) if is_classifier(linear) else z',
        "axis=1",
    ): "the last of two axes",
    (
        "io/onnx/folds",
        "if not np.allclose(found, expected, rtol=0, atol=_TOLERANCE * max(1.0, abs(expected)"
        ".max())):",
        "2.0",
    ): "a tolerance that was chosen",
    (
        "io/onnx/encoded_table",
        "z = g.scale(known, centers, np.where(scales > 0, scales, 1.0))",
        "2.0",
    ): "no output comes from a column whose scale is 0",
    (
        "io/onnx/encoded_table",
        'if column.expected in ("date", "duration") and levels:',
        " or ",
    ): "other levels are the same numbers in both ways",
    (
        "io/onnx/graph",
        "checker.check_model(model)",
        "pass",
    ): "finds only mistakes of this package",
    (
        "io/onnx/layers",
        'Softmax: _operator("Softmax", axis=-1),',
        "axis=1",
    ): "the last of two axes: only single networks have it",
    (
        "io/onnx/tabular",
        "if (np.diff(order) != 1).any():",
        "!= 2",
    ): "speed only: members that are in order are taken in this order",
    (
        "reporting/columns",
        "lines = [(text, number(value, 4)) for text, value in pairs]",
        "5",
    ): "a number of digits",
    (
        "reporting/dependence",
        "ax.xaxis.set_major_locator(MaxNLocator(5))",
        "pass",
    ): "how many ticks there are",
    (
        "reporting/dependence",
        "if len(values) <= N_POINTS // 2:  # most rows have the same value",
        "",
    ): "a number that was chosen",
    (
        "reporting/dependence",
        "often, least = near.mode()[:1], near.sort_values()[:1]",
        "2",
    ): "one more value on the curve",
    (
        "reporting/content",
        "def number(value: float, n_digits: int = 3) -> Number:",
        "",
    ): "a number of digits",
    (
        "reporting/dependence",
        'return Picture(name, f"Mean {what}{classes} by {levels} of {name}.", plot, (4.2, 3.0))',
        "",
    ): "the size of a picture",
    (
        "reporting/evaluated",
        "if n <= most:",
        "n < most",
    ): "a sample of all rows, in order, is all rows",
    (
        "reporting/evaluated",
        "with no_warning, threadpool_limits(1):",
        "2",
    ): "speed only: how many threads compute",
    (
        "reporting/quality",
        '_POINTS = {"s": 9, "alpha": 0.45, "color": COLORS[0], "linewidths": 0}',
        "",
    ): "the look of points",
    (
        "reporting/importances",
        '_OUTLINE = {"edgecolor": COLORS[0], "linewidth": 0.8}  # pale bars alone are hard to see',
        "",
    ): "the look of bars",
    (
        "reporting/quality",
        "color=COLORS[0],",
        "",
    ): "any color will do",
    (
        "reporting/quality",
        "axis.set_major_locator(MaxNLocator(5))",
        "",
    ): "how many ticks there are",
    (
        "reporting/quality",
        "size = (5.2, 3.6) if len(names) == 1 else (5.9, 3.3)",
        "",
    ): "the size of a picture",
}
#: A constant of a number, or its product.
CONSTANT = re.compile(r"-?(\d+ \* )?_?[A-Z][A-Z_]+( \* [^()]+)?")
#: Changes that never make a difference: a pattern, what both lines have instead, and why.
ALIKE = [
    (r"(RandomState\(|default_rng\(|random_state=)[01]", r"\g<1>n", "any seed will do"),
    (
        r"(reshape\(.*)-[12]([,)])",
        r"\g<1>-n\g<2>",
        "NumPy takes any negative size for the one to compute",
    ),
    ("frozen=(True|False)", "frozen", "nothing assigns to the fields"),
    (r"^(assert_never\(.*\)|pass)$", "pass", "only mypy reads it"),
    (r"(plain\(.+, )\d+\)", r"\g<1>n)", "the length at which a name is cut was chosen"),
]
#: What each run of tests imports, but for the package: a server has it, and forks the processes.
LIBRARIES = ["pandas", "scipy.stats", "sklearn.ensemble", "sklearn.model_selection"]
LIBRARIES += ["sklearn.neural_network", "sklearn.utils.estimator_checks"]
LIBRARIES += ["matplotlib.figure", "skops.io"]
PROCESSES = multiprocessing.get_context("forkserver")

SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
}


@dataclass(frozen=True)
class Mutant:
    """One change: the module's text with it, the line before and after, and what is another."""

    module: str
    line: int
    before: str
    after: str
    source: str
    name: str  # of the function, class or constant of numbers that is another, or ""
    is_tuned: bool

    def __str__(self) -> str:
        return f"scratchmlp/{self.module}.py:{self.line}\n    - {self.before}\n    + {self.after}"


def changes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what a node may become; the nodes below it are looked at by themselves."""
    match node:
        case ast.Compare(ops=[op, *_]) if type(op) in SWAPS:
            yield replaced(node, ops=[SWAPS[type(op)](), *node.ops[1:]])
        case ast.BinOp(op=op) | ast.BoolOp(op=op) | ast.AugAssign(op=op) if type(op) in SWAPS:
            yield replaced(node, op=SWAPS[type(op)]())
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield node.operand
        case ast.Constant(value=bool()):
            yield ast.Constant(not node.value)
        case ast.Constant(value=int() | float()):
            yield ast.Constant(node.value + 1)
        case ast.If(test=test) | ast.IfExp(test=test) if not isinstance(test, ast.Compare):
            yield replaced(node, test=ast.UnaryOp(ast.Not(), test))
    match node:
        case ast.AugAssign() | ast.Expr(value=ast.Call()):
            yield ast.Pass()
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield ast.Pass()


def replaced(node: ast.AST, **fields: object) -> ast.AST:
    """Copy a node, with other fields."""
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Walk a tree, but for types, the insides of f-strings and `strict` of zip.

    Those are messages, and `strict` is an assertion.
    """
    for name, field in ast.iter_fields(tree):
        if name in ("annotation", "returns"):
            continue
        for node in field if isinstance(field, list) else [field]:
            match node:
                case ast.JoinedStr() | ast.keyword(arg="strict"):
                    pass
                case ast.AST():
                    yield node
                    yield from nodes(node)


def mutants(module: str) -> Iterator[Mutant]:
    """Make all mutants of a module."""
    source = (ROOT / "scratchmlp" / f"{module}.py").read_text(encoding="utf-8")
    lines = source.encode().splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    for name, node in named_nodes(ast.parse(source)):
        for changed in changes(node):
            first, last = (node.lineno, node.end_lineno) if hasattr(node, "lineno") else (0, 0)
            begin, end = starts[first - 1] + node.col_offset, starts[last - 1] + node.end_col_offset
            text = ast.unparse(ast.fix_missing_locations(changed))
            if isinstance(changed, ast.If):  # only its condition is another: keep the block
                begin = starts[node.test.lineno - 1] + node.test.col_offset
                end = starts[node.test.end_lineno - 1] + node.test.end_col_offset
                text = ast.unparse(changed.test)
            elif isinstance(changed, ast.expr) and not isinstance(changed, ast.Constant):
                text = f"({text})"
            mutated = (source.encode()[:begin] + text.encode() + source.encode()[end:]).decode()
            changed_line = first_difference(source, mutated)
            yield Mutant(module, *changed_line, mutated, name, is_tuned(node, module, name))


def first_difference(source: str, mutated: str) -> tuple[int, str, str]:
    """Return the number of the first line that differs, and the line in both texts."""
    pairs = zip(source.splitlines(), mutated.splitlines(), strict=False)
    return next((i, a.strip(), b.strip()) for i, (a, b) in enumerate(pairs, 1) if a != b)


def named_nodes(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Walk a module; yield the function, class or constant of numbers of each node, or ""."""
    for statement in tree.body:
        match statement:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                pass
            case ast.Assign([target], ast.Constant() | ast.BinOp() | ast.Tuple()):
                name = ast.unparse(target)
            case _:
                name = ""
        yield from ((name, node) for node in nodes(ast.Module([statement], [])))


def is_tuned(node: ast.AST, module: str, name: str) -> bool:
    """Tell whether a node is a number that was chosen, or a comparison with such a constant."""
    match node:
        case ast.Constant(value=int() | float()):
            return name.isupper() or name in TUNED.get(module, ())
        case ast.BinOp():
            return name.isupper()
        case ast.Compare(left, [ast.Lt() | ast.LtE() | ast.Gt() | ast.GtE()], [right]):
            return any(CONSTANT.fullmatch(ast.unparse(each)) for each in (left, right))
    return False


def package_of(module: str) -> str:
    """Return the package of a module."""
    return next(package for package, modules in PACKAGES.items() if module in modules)


def files_of(package: str) -> list[str]:
    """Return the files with the tests of a package: the core and the estimators share theirs."""
    if package in ("core", "estimators"):
        core = [f"scratchmlp/{module}.py" for module in PACKAGES["core"]]
        return [*core, "scratchmlp/estimators", *tests_in("tests"), "tests/estimators"]
    tests = "cluster" if package == "dask" else package
    return [f"scratchmlp/{package}", *tests_in(f"tests/{tests}")]


def tests_in(folder: str) -> list[str]:
    """Return the files of tests in a folder, without `OTHERS`."""
    names = sorted(path.stem.removeprefix("test_") for path in ROOT.glob(f"{folder}/test_*.py"))
    return [f"{folder}/test_{name}.py" for name in names if name not in OTHERS]


def run_tests(folder: Path, tests: list[str], seconds: float = 300, **variables: Path) -> bool:
    """Tell whether tests pass in a copy of the repository, each within so many seconds."""
    process = PROCESSES.Process(target=run_pytest, args=(folder, tests, seconds, variables))
    process.start()
    try:
        process.join()
        return process.exitcode == 0
    finally:  # end what the tests have started, too
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def run_pytest(folder: Path, tests: list[str], seconds: float, variables: dict[str, Path]) -> None:
    """Run tests in this process, as `python -m pytest` does, and exit with its status."""
    os.setsid()  # a group of processes
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    paths = [str(folder), str(folder / "benchmarks")]
    os.environ |= {name: str(path) for name, path in variables.items()}
    os.environ |= {
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONDONTWRITEBYTECODE": "1",  # files of one second and one size would be confused
    }
    sys.dont_write_bytecode = True
    sys.path[:0] = paths
    os.chdir(folder)
    options = ["-x", "-q", "-p", "no:cacheprovider"]
    options += ["-o", f"faulthandler_timeout={seconds}"]  # a loop without end is noticed, too
    code = pytest.main([*options, *tests], plugins=[mutation_tests])
    os._exit(code)  # without waiting for the processes of joblib, which stay for five minutes


class Suite:
    """The tests of a package.

    Attributes
    ----------
    seconds : dict of str to float
        Seconds of each test.
    called : dict of str to set of tuple of (str, str)
        Modules and names of the functions and classes that it calls.
    """

    def __init__(self, package: str, folder: Path) -> None:
        record = folder / "record.json"
        if not run_tests(folder, files_of(package), **{RECORD: record}):
            sys.exit(f"The tests of {package} fail without a mutation.")
        recorded = json.loads(record.read_text(encoding="utf-8"))
        self.seconds = {test: seconds for test, (seconds, _) in recorded.items()}
        self.called = {test: set(map(tuple, called)) for test, (_, called) in recorded.items()}

    def calling(self, mutant: Mutant) -> list[str]:
        """Return the tests that call what is mutated or, if none does, its module."""
        tests = [t for t, called in self.called.items() if (mutant.module, mutant.name) in called]
        return tests or [t for t, called in self.called.items() if mutant.module in dict(called)]

    def passes(self, mutant: Mutant, folder: Path) -> bool:
        """Tell whether the tests pass that call what is mutated.

        Files with tests that call little else come first, and so do these tests in a file.
        """
        tests = sorted(self.calling(mutant), key=lambda test: len(self.called[test]))
        if not tests:
            return True
        files: dict[str, list[str]] = defaultdict(list)
        for test in tests:
            files[test.partition("::")[0]].append(test)
        chosen = folder / "chosen.txt"
        chosen.write_text("\n".join(chain(*files.values())), encoding="utf-8")
        limit = 30 + 2 * max(self.seconds[test] for test in tests)
        return run_tests(folder, list(files), limit, **{CHOSEN: chosen})


def survives(mutant: Mutant, folder: Path, suite: Suite) -> bool:
    """Tell whether tests pass with a mutant."""
    path = folder / "scratchmlp" / f"{mutant.module}.py"
    original = path.read_text(encoding="utf-8")
    path.write_text(mutant.source, encoding="utf-8")
    try:
        return suite.passes(mutant, folder)
    finally:
        path.write_text(original, encoding="utf-8")


def is_harmless(mutant: Mutant) -> bool:
    """Tell whether no test should fail: nothing that users see changes, or a number was chosen."""
    return (
        mutant.is_tuned
        or any(
            (module, before) == (mutant.module, mutant.before) and part in mutant.after
            for module, before, part in HARMLESS
        )
        or any(
            mutant.before != mutant.after
            and re.sub(pattern, new, mutant.before) == re.sub(pattern, new, mutant.after)
            for pattern, new, _ in ALIKE
        )
    )


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--modules",
        nargs="+",
        choices=[*PACKAGES, *chain(*PACKAGES.values())],
        default=["core"],
        metavar="MODULE",
        help="modules, such as losses or tabular/folds, or all of core or cli (default: core)",
    )
    parser.add_argument("--n", type=int, default=300, help="number of mutants (default: 300)")
    parser.add_argument("--seed", type=int, default=0, help="which mutants (default: 0)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default: 2)")
    return parser.parse_args()


def main() -> None:
    """Draw mutants, run the tests on each, and print those that survive."""
    arguments = parse_arguments()
    modules = [module for name in arguments.modules for module in PACKAGES.get(name, [name])]
    os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"
    PROCESSES.set_forkserver_preload(LIBRARIES)
    found = [mutant for module in modules for mutant in mutants(module)]
    drawn = [mutant for mutant in found if not is_harmless(mutant)]
    n_harmless, names = len(found) - len(drawn), ", ".join(arguments.modules)
    print(f"{len(drawn)} mutants of {names}, without {n_harmless} that are harmless", flush=True)
    if len(drawn) > arguments.n:
        drawn = random.Random(arguments.seed).sample(drawn, arguments.n)
    survivors = []
    with tempfile.TemporaryDirectory() as temporary:
        copies: SimpleQueue[Path] = SimpleQueue()
        for i in range(arguments.jobs):
            ignored = shutil.ignore_patterns(".*", "__pycache__", "_build", "auto_examples")
            copies.put(shutil.copytree(ROOT, Path(temporary) / str(i), ignore=ignored))
        first = copies.get()
        packages = {package_of(module) for module in modules}
        suites = {package: Suite(package, first) for package in packages}
        copies.put(first)

        def test(numbered: tuple[int, Mutant]) -> None:
            i, mutant = numbered
            if i % 25 == 0:
                print(f"mutant {i} of {len(drawn)}", file=sys.stderr, flush=True)
            folder = copies.get()
            if survives(mutant, folder, suites[package_of(mutant.module)]):
                survivors.append(mutant)
                print(mutant, flush=True)
            copies.put(folder)

        with ThreadPoolExecutor(arguments.jobs) as pool:
            list(pool.map(test, enumerate(drawn)))
    n_killed = len(drawn) - len(survivors)
    print(f"{n_killed} of {len(drawn)} mutants killed: {100 * n_killed / len(drawn):.1f} %")


if __name__ == "__main__":
    main()
