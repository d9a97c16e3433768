"""A list, dictionary or set of the class that its objects fill as if it were their own: they share it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.codebase.functions import Definition
from dspy_ci.failures.failure import Failure
from dspy_ci.patches.fixers.site import Site, executed, said
from dspy_ci.patches.patch import Patch
from dspy_ci.patches.templates.place import Span
from dspy_ci.suspects.evidence import Evidence

NAME = "shared-state"

_FRESH = {"list", "dict", "set", "deque", "defaultdict", "OrderedDict", "Counter", "bytearray"}
_CHANGING = {
    "append", "appendleft", "extend", "insert", "add", "update", "setdefault", "pop", "popitem", "remove", "clear",
    "discard", "sort",
}  # fmt: skip
_OTHERWISE = {"Enum", "IntEnum", "StrEnum", "Flag", "NamedTuple", "TypedDict", "Protocol"}
"""Classes whose bodies mean something else."""


def fixes(failure: Failure, evidence: Evidence) -> Iterator[Patch]:
    """The value made anew for each object, in `__init__`."""
    if not said(failure, r"(?i)assert|==|!=|KeyError|IndexError"):
        return
    seen = set()
    for site in executed(failure, evidence):
        for owner in (node for node in ast.walk(site.tree) if isinstance(node, ast.ClassDef)):
            if site.function.node in owner.body and (site.path, owner.lineno) not in seen and _is_plain(owner):
                seen.add((site.path, owner.lineno))
                for node in owner.body:
                    yield from _moved(node, owner, site)


def _is_plain(owner: ast.ClassDef) -> bool:
    marks = {
        getattr(getattr(mark, "func", mark), "attr", getattr(getattr(mark, "func", mark), "id", ""))
        for mark in owner.decorator_list
    }
    bases = {getattr(base, "attr", getattr(base, "id", "")) for base in owner.bases}
    return not marks & {"dataclass", "define", "attrs", "s", "frozen", "mutable"} and not bases & _OTHERWISE


def _moved(node: ast.stmt, owner: ast.ClassDef, site: Site) -> Iterator[Patch]:
    target = node.targets[0] if isinstance(node, ast.Assign) and len(node.targets) == 1 else None
    target = node.target if isinstance(node, ast.AnnAssign) else target
    value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
    if not isinstance(target, ast.Name) or value is None or not _is_fresh(value):
        return
    if _is_filled(target.id, owner) and not _is_own(target.id, owner):
        start = next((n for n in owner.body if isinstance(n, Definition) and n.name == "__init__"), None)
        code = f"self.{target.id} = {site.code(value)}"
        why = f"All objects of `{owner.name}` share one `{target.id}`; each gets its own."
        spans = _into(start, node, code, site) if start else _instead(node, owner, code, site)
        if spans:
            yield site.patch(spans, NAME, why, 0.9)


def _is_fresh(value: ast.expr) -> bool:
    called = isinstance(value, ast.Call) and getattr(value.func, "attr", getattr(value.func, "id", "")) in _FRESH
    return isinstance(value, ast.List | ast.Dict | ast.Set) or called


def _is_filled(name: str, owner: ast.ClassDef) -> bool:
    """Whether a method changes it through the object."""
    for node in ast.walk(owner):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Attribute(value=ast.Name(id="self"), attr=attr), attr=method)):
                if attr == name and method in _CHANGING:
                    return True
            case ast.Subscript(value=ast.Attribute(value=ast.Name(id="self"), attr=attr), ctx=ast.Store() | ast.Del()):
                if attr == name:
                    return True
    return False


def _is_own(name: str, owner: ast.ClassDef) -> bool:
    """Whether an object gets one of its own somewhere."""
    return any(
        isinstance(node, ast.Attribute) and node.attr == name and isinstance(node.ctx, ast.Store)
        for node in ast.walk(owner)
    )


def _removed(node: ast.stmt, site: Site) -> Span:
    spans = site.spans
    return Span(spans.line_start(node.lineno), spans.line_start((node.end_lineno or node.lineno) + 1), "")


def _into(start: ast.FunctionDef | ast.AsyncFunctionDef, node: ast.stmt, code: str, site: Site) -> list[Span]:
    is_doc = isinstance(start.body[0], ast.Expr) and isinstance(start.body[0].value, ast.Constant)
    first = start.body[1] if is_doc and len(start.body) > 1 else start.body[0]
    line = site.spans.line_start(first.lineno)
    indent = site.spans.text[line : site.spans.of(first)[0]]
    newline = "\r\n" if "\r\n" in site.spans.text else "\n"
    return [] if indent.strip() else [_removed(node, site), Span(line, line, f"{indent}{code}{newline}")]


def _instead(node: ast.stmt, owner: ast.ClassDef, code: str, site: Site) -> list[Span]:
    """An `__init__` in the place of the attribute; none where a base may have one that wants arguments."""
    if any(getattr(base, "id", "") != "object" for base in owner.bases):
        return []
    indent = " " * node.col_offset
    newline = "\r\n" if "\r\n" in site.spans.text else "\n"
    text = f"{indent}def __init__(self):{newline}{indent}    {code}{newline}"
    return [_removed(node, site)._replace(text=text)]
