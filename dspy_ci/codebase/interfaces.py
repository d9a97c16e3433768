"""What a module offers to others and what it takes from them, read from its syntax tree alone."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from dspy_ci.codebase.signatures import Call, Signature, call, record, signature

_DYNAMIC = frozenset({"globals", "exec", "eval", "vars", "locals", "setattr", "delattr"})
"""What binds names that are written nowhere, in the scope where it is called."""
_IMPORT_ERRORS = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Symbol:
    """A name that a module or a class defines."""

    name: str
    line: int
    node: ast.AST | None = field(default=None, repr=False, compare=False)
    """The definition or the assigned value; None when there are several."""

    @property
    def signature(self) -> Signature | None:
        """What it takes when it is called, where that can be seen."""
        if isinstance(self.node, _Function):
            return signature(self.node)
        return _constructor(self.node, self.members) if isinstance(self.node, ast.ClassDef) else None

    @property
    def shape(self) -> str:
        """Equal for two definitions that differ in their own name alone; empty when there is nothing to compare."""
        name = getattr(self.node, "name", None)
        try:
            written = ast.dump(self.node) if self.node else ""
        except RecursionError:
            return ""
        return written.replace(repr(name), "''") if name else written

    @property
    def members(self) -> Mapping[str, Symbol] | None:
        """Of a class: all that its instances have; None when nobody can tell."""
        return _members(self.node) if isinstance(self.node, ast.ClassDef) else None


@dataclass(frozen=True, slots=True)
class Import:
    """One name that is imported."""

    module: str
    """As it is written, without the leading dots."""
    level: int
    """How many leading dots."""
    name: str | None
    """None for `import module`, `*` for all."""
    bound: str
    """The name in this module."""
    line: int
    guarded: bool = False
    """Whether the code foresees that it fails."""


@dataclass(frozen=True, slots=True)
class Use:
    """A name, or a chain of attributes that starts at one, as it is used."""

    root: str
    attributes: tuple[str, ...]
    line: int
    call: Call | None = None


@dataclass(frozen=True)
class Interface:
    """A module seen from outside; each question costs one walk over its tree, once."""

    tree: ast.Module = field(repr=False)

    @cached_property
    def symbols(self) -> Mapping[str, Symbol]:
        """What it binds at its top level, by whatever statement."""
        found = {symbol.name: symbol for symbol in _symbols(self.tree.body)}
        for node, _ in _statements(self.tree):
            if isinstance(node, ast.Global):
                found.update({name: Symbol(name, node.lineno) for name in node.names if name not in found})
        return found

    @cached_property
    def open(self) -> bool:
        """Whether there may be more names than can be seen."""
        if "__getattr__" in self.symbols or any(_rebinds(node) for node in self._nodes):
            return True
        return any(_called(node) in {"exec", "locals", "vars"} for node in _own(self.tree))

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        """What it imports, wherever in the file."""
        return tuple(_imports(self.tree))

    @cached_property
    def uses(self) -> tuple[Use, ...]:
        """The names and chains of attributes that it reads."""
        return tuple(_uses(self.tree))

    @cached_property
    def steady(self) -> frozenset[str]:
        """Names that are bound once in the whole file, so that they mean one thing in it."""
        bound = Counter(name for node in self._nodes for name in _binds(node))
        return frozenset(name for name, count in bound.items() if count == 1)

    @cached_property
    def strings(self) -> tuple[tuple[str, int], ...]:
        """Short texts that could be a dotted name or a path, with their lines."""
        return tuple(_strings(self._nodes))

    @cached_property
    def _nodes(self) -> tuple[ast.AST, ...]:
        return tuple(ast.walk(self.tree))


def _binds(node: ast.AST) -> Iterator[str]:
    """The names that one node binds, in whatever scope."""
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id
    elif isinstance(node, _Function | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.alias):
        yield (node.asname or node.name).split(".")[0]
    elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
        yield node.name
    elif isinstance(node, ast.MatchMapping) and node.rest:
        yield node.rest


def _symbols(body: list[ast.stmt]) -> Iterator[Symbol]:
    """What statements bind in their own scope; a name with several definitions has no node."""
    found: dict[str, Symbol] = {}
    for node in body:
        for symbol in _bound(node):
            twice = symbol.name in found
            found[symbol.name] = Symbol(symbol.name, symbol.line) if twice else symbol
    yield from found.values()


def _bound(statement: ast.AST) -> Iterator[Symbol]:
    """What a statement and its parts bind in the scope that it stands in."""
    todo = [statement]
    while todo:
        node = todo.pop()
        line = getattr(node, "lineno", 0)
        if isinstance(node, _Function | ast.ClassDef):
            yield Symbol(node.name, node.lineno, node)
        elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            yield Symbol(node.targets[0].id, line, node.value)
            todo.append(node.value)
        elif not isinstance(node, ast.Lambda) and not _takes_all(node):
            yield from (Symbol(name, line) for name in _binds(node))
            todo += reversed(list(ast.iter_child_nodes(node)))


def _takes_all(node: ast.AST) -> bool:
    """Whether the node is an import of whatever a module has."""
    return isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)


def _constructor(node: ast.ClassDef, members: Mapping[str, Symbol] | None) -> Signature | None:
    """What making an instance takes."""
    if members is None or "__new__" in members:
        return None
    start = members.get("__init__")
    if start is None:
        return record(node)
    return start.signature.without_receiver() if start.signature else None


def _members(node: ast.ClassDef) -> Mapping[str, Symbol] | None:
    """All that instances have; None for a class with bases, decorators or attributes that nobody can see."""
    plain = all(isinstance(base, ast.Name) and base.id == "object" for base in node.bases)
    decorators = [getattr(part.func if isinstance(part, ast.Call) else part, "id", "") for part in node.decorator_list]
    if not plain or node.keywords or any(name != "dataclass" for name in decorators):
        return None
    members = {symbol.name: symbol for symbol in _symbols(node.body)}
    if not {"__getattr__", "__getattribute__", "__slots__"}.isdisjoint(members):
        return None
    for part in ast.walk(node):
        if _dynamic(part) or _rebinds(part) or (isinstance(part, ast.Attribute) and part.attr == "__dict__"):
            return None
        if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store):
            members.setdefault(part.attr, Symbol(part.attr, part.lineno))
    return members


def _dynamic(node: ast.AST) -> bool:
    """Whether the node may bind names that are written nowhere, in its own scope."""
    return _called(node) in _DYNAMIC


def _called(node: ast.AST) -> str | None:
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else None


def _rebinds(node: ast.AST) -> bool:
    """Whether the node may bind such names in the module, wherever it stands."""
    if isinstance(node, ast.Subscript):  # sys.modules[__name__]
        return isinstance(node.slice, ast.Name) and node.slice.id == "__name__"
    return _called(node) == "globals" or _takes_all(node)


def _own(tree: ast.Module) -> Iterator[ast.AST]:
    """The nodes of a module outside of its functions."""
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, _Function | ast.Lambda):
            todo += ast.iter_child_nodes(node)


def _imports(tree: ast.Module) -> Iterator[Import]:
    for node, guarded in _statements(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, 0, None, alias.asname or alias.name.split(".")[0], node.lineno, guarded)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                bound = alias.asname or alias.name
                yield Import(node.module or "", node.level, alias.name, bound, alias.lineno, guarded)


def _statements(tree: ast.Module) -> Iterator[tuple[ast.AST, bool]]:
    """All statements in order, however deep, and whether an import that fails there is foreseen.

    The expressions between them are most of a tree and hold no statement. No recursion: generated code nests deeply.
    """
    todo: list[tuple[ast.AST, bool]] = [(tree, False)]
    while todo:
        node, guarded = todo.pop()
        yield node, guarded
        inside = guarded or _foresees(node)
        parts = (getattr(node, name, None) for name in ("body", "handlers", "orelse", "finalbody", "cases"))
        inner = [(child, inside) for part in parts if isinstance(part, list) for child in part]
        todo += reversed(inner)


def _foresees(node: ast.AST) -> bool:
    """Whether an import that fails within the node is caught there."""
    if isinstance(node, ast.Try):
        return any(handler.type is None or _names(handler.type) & _IMPORT_ERRORS for handler in node.handlers)
    if isinstance(node, ast.With):
        return any(_names(item.context_expr) & {"suppress", "raises", "importorskip"} for item in node.items)
    return False


def _names(node: ast.AST) -> set[str]:
    """Every name and attribute below a node."""
    parts = (getattr(part, "id", None) or getattr(part, "attr", None) for part in ast.walk(node))
    return {part for part in parts if isinstance(part, str)}


def _uses(tree: ast.Module) -> Iterator[Use]:
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        called = node if isinstance(node, ast.Call) else None
        chain = _chain(called.func if called else node)
        if chain is None:
            todo += ast.iter_child_nodes(node)
            continue
        yield Use(*chain, getattr(node, "lineno", 0), call(called) if called else None)
        if called:
            todo += (*called.args, *called.keywords)


def _chain(node: ast.AST) -> tuple[str, tuple[str, ...]] | None:
    """The root and the attributes of `root.a.b` that is read."""
    attributes: list[str] = []
    while isinstance(node, ast.Attribute):
        attributes.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load):
        return None
    return node.id, tuple(reversed(attributes))


def _strings(nodes: tuple[ast.AST, ...]) -> Iterator[tuple[str, int]]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
            if 2 < len(text) < 200 and ("." in text or "/" in text) and " " not in text and "\n" not in text:
                yield text, node.lineno
