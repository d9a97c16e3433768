"""Methods and attributes of classes that the change took away or calls differently, where the class is certain."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dspy_ci.codebase.difference import Difference
from dspy_ci.codebase.interfaces import Symbol
from dspy_ci.codebase.signatures import Signature, call
from dspy_ci.failures.failure import Failure, Hint

_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class _Class:
    """A class whose members changed."""

    home: str
    name: str
    gone: frozenset[str]
    renamed: Mapping[str, str]
    resigned: Mapping[str, tuple[Signature, Signature]]

    @property
    def words(self) -> frozenset[str]:
        return self.gone | self.resigned.keys()


def found(difference: Difference) -> Iterator[Failure]:
    """Uses through `self`, through a variable that holds a new instance, or through an annotated parameter."""
    for changed in _classes(difference):
        paths = [path for path in difference.trees.mentions(changed.words) if path != changed.home]
        for path in (changed.home, *paths):
            tree = difference.after.tree(path)
            bound = _bound(difference, path, changed)
            if tree and bound and changed.name in (difference.after.text(path) or ""):
                yield from _wrong(tree, path, bound, changed)


def renamed(difference: Difference, name: str) -> str | None:
    """What the one class that lost a member calls it now; None when several lost it, or it is not the same."""
    losers = [changed for changed in _classes(difference) if name in changed.gone]
    return losers[0].renamed.get(name) if len(losers) == 1 else None


def _classes(difference: Difference) -> Iterator[_Class]:
    for path, old, after, new in difference.both:
        for name in old.symbols.keys() & new.symbols.keys() if path == after else ():
            was, now = old.symbols[name].members, new.symbols[name].members
            if was is None or now is None:
                continue
            gone = frozenset(was.keys() - now.keys())
            pairs = {key: (_seen(was[key]), _seen(now[key])) for key in was.keys() & now.keys() if key != "__init__"}
            resigned = {key: (a, b) for key, (a, b) in pairs.items() if a and b and a != b}
            if gone or resigned:
                yield _Class(path, name, gone, _renamed(was, now), resigned)


def _seen(member: Symbol) -> Signature | None:
    """What a method takes when it is called on an instance."""
    found = member.signature if isinstance(member.node, _Function) else None
    if found is None or not isinstance(member.node, _Function):
        return None
    static = any(isinstance(part, ast.Name) and part.id == "staticmethod" for part in member.node.decorator_list)
    return found if static else found.without_receiver()


def _renamed(was: Mapping[str, Symbol], now: Mapping[str, Symbol]) -> dict[str, str]:
    """Members that are there under another name and else the same."""
    come = {key: member.shape for key, member in now.items() if key not in was and member.shape}
    found = {}
    for key in was.keys() - now.keys():
        alike = [other for other, shape in come.items() if shape == was[key].shape]
        if len(alike) == 1:
            found[key] = alike[0]
    return found


def _bound(difference: Difference, path: str, changed: _Class) -> str | None:
    """The name of the class in a file; None when it does not have it, or when the name means more."""
    here = difference.interface("after", path)
    if here is None:
        return None
    if path == changed.home:
        return changed.name if changed.name in here.steady else None
    for item in here.imports:
        same = item.name == changed.name and item.bound in here.steady
        if same and difference.packages.files(item.module, path, item.level) == (changed.home,):
            return item.bound
    return None


def _wrong(tree: ast.Module, path: str, bound: str, changed: _Class) -> Iterator[Failure]:
    stored = {
        node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
    }
    stored |= _defined_below(tree, bound)
    calls = {id(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in _attributes(tree, bound, own=path == changed.home):
        if node.attr in changed.gone and node.attr not in stored:
            new = changed.renamed.get(node.attr)
            now = f"; it is now {new!r}" if new else ""
            said = f"uses {changed.name}.{node.attr} of {changed.home}, which is no more{now}"
            command = "dspy-ci hook fix" if new else f"git grep -n -w {node.attr}"
            yield _failure(path, node, said, "removed-name", command)
        elif node.attr in changed.resigned and id(node) in calls:
            before, after = changed.resigned[node.attr]
            given = call(calls[id(node)])
            objection = after.objection(given)
            if objection and before.objection(given) is None:
                said = f"calls {changed.name}.{node.attr}() of {changed.home} as before, which now {objection}"
                yield _failure(path, node, said, "changed-signature", f"git grep -n '{node.attr}('")


def _failure(path: str, node: ast.Attribute, said: str, code: str, command: str) -> Failure:
    line = node.end_lineno or node.lineno
    hint = Hint("command", command)
    return Failure("dspy-ci", "type", said, path, line, symbol=node.attr, code=code, fixable_hint=hint)


def _defined_below(tree: ast.Module, bound: str) -> set[str]:
    """What subclasses in the file define: `self` may be one of them."""
    below = (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    heirs = [node for node in below if any(isinstance(base, ast.Name) and base.id == bound for base in node.bases)]
    return {part.name for node in heirs for part in node.body if isinstance(part, _Function)}


def _attributes(tree: ast.Module, bound: str, *, own: bool) -> Iterator[ast.Attribute]:
    """The attributes that are read of something that is an instance of the class, or the class."""
    for scope in (tree, *(node for node in ast.walk(tree) if isinstance(node, _Function))):
        names = _instances(scope, bound)
        yield from _read(scope, names)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Call) and _is(node.value.func, bound):
            yield node
        elif own and isinstance(node, ast.ClassDef) and node.name == bound:
            for method in (part for part in node.body if isinstance(part, _Function)):
                first = [*method.args.posonlyargs, *method.args.args][:1]
                if first and first[0].arg in {"self", "cls"}:
                    yield from _read(method, {first[0].arg})


def _read(scope: ast.AST, names: set[str]) -> Iterator[ast.Attribute]:
    for node in ast.walk(scope) if names else ():
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.ctx, ast.Load)
            and getattr(node.value, "id", None) in names
        ):
            yield node


def _instances(scope: ast.Module | ast.FunctionDef | ast.AsyncFunctionDef, bound: str) -> set[str]:
    """Names that hold an instance in the scope, and nothing else in it."""
    count = Counter(
        node.id if isinstance(node, ast.Name) else node.arg
        for node in ast.walk(scope)
        if isinstance(node, ast.arg) or (isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load))
    )
    found = set()
    for node in ast.walk(scope):
        if isinstance(node, ast.arg) and _is(node.annotation, bound):
            found.add(node.arg)
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and _is(node.value.func, bound):
            found.update(goal.id for goal in node.targets if isinstance(goal, ast.Name))
    return {name for name in found if count[name] == 1}


def _is(node: ast.AST | None, bound: str) -> bool:
    return isinstance(node, ast.Name) and node.id == bound
