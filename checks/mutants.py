"""Mutants: copies of a module in which one expression or statement is another."""

import ast
import copy
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass

from checks.checkouts import HERE

KNOWN = tomllib.loads((HERE / "checks" / "harmless.toml").read_text(encoding="utf-8"))
#: Changes that never make a difference: a pattern, and what takes its place in both lines.
ALIKE = [
    (r"(RandomState\(|default_rng\(|random_state=)[01]", r"\g<1>n"),  # any seed will do
    (r"(reshape\(.*)-[12]([,)])", r"\g<1>-n\g<2>"),  # any negative size is the one to compute
    ("frozen=(True|False)", "frozen"),  # nothing assigns to the fields
    (r"^(assert_never\(.*\)|pass)$", "pass"),  # only mypy reads it
    (r"(plain\(.+, )\d+\)", r"\g<1>n)"),  # the length at which a name is cut was chosen
]
#: A constant of a number, or its product.
CONSTANT = re.compile(r"-?(\d+ \* )?_?[A-Z][A-Z_]+( \* [^()]+)?")

PAIRS = [(ast.Lt, ast.LtE), (ast.Gt, ast.GtE), (ast.Eq, ast.NotEq), (ast.Is, ast.IsNot)]
PAIRS += [(ast.In, ast.NotIn), (ast.And, ast.Or), (ast.Add, ast.Sub), (ast.Mult, ast.Div)]
SWAPS: dict[type[ast.AST], type[ast.AST]] = dict(PAIRS) | {b: a for a, b in PAIRS}
SWAPS |= dict.fromkeys((ast.FloorDiv, ast.Mod, ast.Pow), ast.Mult)


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

    @property
    def is_harmless(self) -> bool:
        """Whether no test should fail: users see no difference, or a number was chosen."""
        parts = KNOWN["harmless"].get(self.module, {}).get(self.before, ())
        return (
            self.is_tuned
            or any(part in self.after for part in parts)
            or any(
                self.before != self.after
                and re.sub(pattern, new, self.before) == re.sub(pattern, new, self.after)
                for pattern, new in ALIKE
            )
        )


def mutants(module: str) -> Iterator[Mutant]:
    """Make all mutants of a module."""
    source = (HERE / "scratchmlp" / f"{module}.py").read_text(encoding="utf-8")
    for name, node in named_nodes(ast.parse(source)):
        for changed in changes(node):
            mutated = put(source, node, changed)
            pairs = enumerate(zip(source.splitlines(), mutated.splitlines(), strict=False), 1)
            line, before, after = next((i, a.strip(), b.strip()) for i, (a, b) in pairs if a != b)
            tuned = is_tuned(node, module, name)
            yield Mutant(module, line, before, after, mutated, name, tuned)


def put(source: str, node: ast.AST, changed: ast.AST) -> str:
    """Write a changed node into the source."""
    text = ast.unparse(ast.fix_missing_locations(changed))
    if isinstance(changed, ast.If):  # only its condition is another: keep the block
        node, text = node.test, ast.unparse(changed.test)
    elif isinstance(changed, ast.expr) and not isinstance(changed, ast.Constant):
        text = f"({text})"
    lines = source.encode().splitlines(keepends=True)
    begin = sum(map(len, lines[: node.lineno - 1])) + node.col_offset
    end = sum(map(len, lines[: node.end_lineno - 1])) + node.end_col_offset
    return (source.encode()[:begin] + text.encode() + source.encode()[end:]).decode()


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


def is_tuned(node: ast.AST, module: str, name: str) -> bool:
    """Tell whether a node is a number that was chosen, or a comparison with such a constant."""
    match node:
        case ast.Constant(value=int() | float()):
            return name.isupper() or name in KNOWN["tuned"].get(module, ())
        case ast.BinOp():
            return name.isupper()
        case ast.Compare(left, [ast.Lt() | ast.LtE() | ast.Gt() | ast.GtE()], [right]):
            return any(CONSTANT.fullmatch(ast.unparse(side)) for side in (left, right))
    return False
