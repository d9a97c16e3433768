"""Which names a function can use, and of what kind they seem to be."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from dspy_ci.codebase.functions import Definition

Kind = Literal["number", "text", "flag", "list", "dict", "set", "tuple", "function", "class", "module", "self", "none"]
BUILTINS = frozenset(name for name in dir(builtins) if not name.startswith("_"))

_CALLS: Mapping[str, Kind] = {
    **dict.fromkeys(("len", "int", "float", "sum", "abs", "round", "ord", "hash", "pow"), "number"),
    **dict.fromkeys(("str", "repr", "chr", "input", "hex", "bin", "oct", "ascii", "format"), "text"),
    **dict.fromkeys(("list", "sorted"), "list"),
    **dict.fromkeys(("bool", "any", "all", "isinstance", "callable", "hasattr"), "flag"),
    "dict": "dict", "set": "set", "frozenset": "set", "tuple": "tuple",
}  # fmt: skip
_METHODS: Mapping[str, Kind] = {
    **dict.fromkeys(("append", "extend", "insert", "sort", "reverse"), "list"),
    **dict.fromkeys(("items", "keys", "values", "setdefault", "get"), "dict"),
    **dict.fromkeys(("add", "discard", "union", "issubset"), "set"),
    **dict.fromkeys(
        ("lower", "upper", "split", "strip", "startswith", "endswith", "replace", "isdigit", "isalpha", "encode"),
        "text",
    ),
}
_MADE: Mapping[str, Kind] = {
    **dict.fromkeys(("lower", "upper", "strip", "lstrip", "rstrip", "replace", "join", "format", "title"), "text"),
    **dict.fromkeys(("split", "splitlines"), "list"),
    **dict.fromkeys(("count", "index", "find", "rfind"), "number"),
    **dict.fromkeys(("startswith", "endswith", "isdigit", "isalpha", "isupper", "islower", "issubset"), "flag"),
}
_ANNOTATIONS: Mapping[str, Kind] = {
    **dict.fromkeys(("int", "float", "complex", "Decimal"), "number"),
    "str": "text", "bool": "flag", "list": "list", "List": "list", "Sequence": "list", "dict": "dict", "Dict": "dict",
    "Mapping": "dict", "set": "set", "Set": "set", "frozenset": "set", "tuple": "tuple", "Tuple": "tuple",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scope:
    """What is in reach of the code of one function."""

    locals: Mapping[str, int]
    """Parameters and assigned names, those of nested functions too, and the first line on which they are bound."""
    globals: Mapping[str, int]
    """Names that the module binds, and where."""
    kinds: Mapping[str, Kind]
    """What the names seem to hold, where that can be seen."""
    params: tuple[str, ...] = ()
    arity: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Functions of the module: how many positional arguments they need and take."""

    def names(self, line: int) -> tuple[str, ...]:
        """The local names that may be bound when the line runs; parameters first."""
        return tuple(name for name, first in self.locals.items() if first <= line)

    def known(self, name: str) -> bool:
        """Whether the name means something here."""
        return name in self.locals or name in self.globals or name in BUILTINS


def scope(function: Definition | ast.Module, module: ast.Module) -> Scope:
    """The scope of a function of the module, or of the module's own code."""
    outer, kinds, arity = _outer(module)
    if isinstance(function, ast.Module):
        return Scope(outer, outer, kinds, (), arity)
    inner, params = _inner(function)
    return Scope(inner, outer, {**kinds, **_kinds(function)}, params, arity)


@lru_cache(maxsize=16)
def _outer(module: ast.Module) -> tuple[dict[str, int], dict[str, Kind], dict[str, tuple[int, int]]]:
    """Names, kinds and arities of a module: the same for all of its functions."""
    return dict(bindings(module.body)), _kinds(module), dict(_arities(module))


def _inner(function: Definition) -> tuple[dict[str, int], tuple[str, ...]]:
    spec = function.args
    arguments = [*spec.posonlyargs, *spec.args, *([spec.vararg] if spec.vararg else [])]
    arguments += [*spec.kwonlyargs, *([spec.kwarg] if spec.kwarg else [])]
    params = tuple(argument.arg for argument in arguments)
    found = dict.fromkeys(params, function.lineno)
    for name, line in bindings(function.body):
        found.setdefault(name, line)
    for nested in (node for node in ast.walk(function) if isinstance(node, Definition) and node is not function):
        for name, line in _inner(nested)[0].items():
            found.setdefault(name, line)
    return found, params


def bindings(body: Iterable[ast.AST]) -> Iterator[tuple[str, int]]:
    """The names that the code binds in its own scope, with their lines, in order; the first of each name counts."""
    seen = set()
    for name, line in (pair for node in body for pair in _bound(node)):
        if name not in seen:
            seen.add(name)
            yield name, line


def _bound(node: ast.AST) -> Iterator[tuple[str, int]]:
    if isinstance(node, Definition | ast.ClassDef):
        yield node.name, node.lineno
        return
    if isinstance(node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        return
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id, node.lineno
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from (((alias.asname or alias.name).split(".")[0], node.lineno) for alias in node.names)
    elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
        yield node.name, node.lineno
    for child in ast.iter_child_nodes(node):
        yield from _bound(child)


def _arities(module: ast.Module) -> Iterator[tuple[str, tuple[int, int]]]:
    for node in module.body:
        if isinstance(node, Definition):
            spec = node.args
            most = len(spec.posonlyargs) + len(spec.args)
            yield node.name, (most - len(spec.defaults), 99 if spec.vararg else most)


def _kinds(root: ast.AST) -> dict[str, Kind]:
    found: dict[str, Kind] = {}
    for node in ast.walk(root):
        for name, kind in _clues(node):
            found.setdefault(name, kind)
    return found


def _clues(node: ast.AST) -> Iterator[tuple[str, Kind]]:
    if isinstance(node, ast.arg):
        kind = annotated(node.annotation)
        if node.arg in {"self", "cls"}:
            yield node.arg, "self"
        elif kind:
            yield node.arg, kind
    elif isinstance(node, ast.Assign):
        guess = kind_of(node.value, {})
        yield from ((goal.id, guess) for goal in node.targets if isinstance(goal, ast.Name) and guess)
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        kind = annotated(node.annotation)
        if kind:
            yield node.target.id, kind
    elif isinstance(node, ast.For) and isinstance(node.target, ast.Name) and _called(node.iter) == "range":
        yield node.target.id, "number"
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr in _METHODS:
        yield node.value.id, _METHODS[node.attr]
    elif isinstance(node, Definition):
        yield node.name, "function"
    elif isinstance(node, ast.ClassDef):
        yield node.name, "class"
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from (((alias.asname or alias.name).split(".")[0], "module") for alias in node.names)


def annotated(annotation: ast.expr | None) -> Kind | None:
    """The kind that a type annotation names."""
    if isinstance(annotation, ast.Subscript):
        return annotated(annotation.value)
    if isinstance(annotation, ast.Attribute):
        return _ANNOTATIONS.get(annotation.attr)
    return _ANNOTATIONS.get(annotation.id) if isinstance(annotation, ast.Name) else None


def kind_of(node: ast.expr, kinds: Mapping[str, Kind]) -> Kind | None:
    """What an expression seems to hold; None when that cannot be seen."""
    match node:
        case ast.Constant(value=bool()):
            return "flag"
        case ast.Constant(value=int() | float() | complex()):
            return "number"
        case ast.Constant(value=str()) | ast.JoinedStr():
            return "text"
        case ast.Constant(value=None):
            return "none"
        case ast.List() | ast.ListComp():
            return "list"
        case ast.Dict() | ast.DictComp():
            return "dict"
        case ast.Set() | ast.SetComp():
            return "set"
        case ast.Tuple():
            return "tuple"
        case ast.Compare() | ast.UnaryOp(op=ast.Not()):
            return "flag"
        case ast.Name(id=name):
            return kinds.get(name)
        case ast.UnaryOp(operand=inner) | ast.BoolOp(values=[inner, *_]) | ast.NamedExpr(value=inner):
            return kind_of(inner, kinds)
        case ast.BinOp(left=left, op=ast.Sub() | ast.Div() | ast.FloorDiv() | ast.Pow()):
            return kind_of(left, kinds) or "number"
        case ast.BinOp(left=left, right=right):
            return kind_of(left, kinds) or kind_of(right, kinds)
        case ast.IfExp(body=body, orelse=other):
            return kind_of(body, kinds) or kind_of(other, kinds)
        case ast.Call(func=ast.Attribute(attr=attr)):
            return _MADE.get(attr)
        case ast.Subscript(value=value, slice=ast.Slice()):
            return kind_of(value, kinds)
        case ast.Subscript(value=value):
            return "text" if kind_of(value, kinds) == "text" else None
    return _CALLS.get(_called(node) or "")


def _called(node: ast.expr) -> str | None:
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else None
