"""A call that does not fit its function: unknown, missing or surplus arguments, a forgotten `self`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import product

from dspy_ci.codebase.functions import Definition
from dspy_ci.failures.failure import Failure
from dspy_ci.patches.fixers.site import Site, said, similar, site_at, sites
from dspy_ci.patches.patch import Patch
from dspy_ci.patches.templates.place import Span
from dspy_ci.suspects.evidence import Evidence

NAME = "wrong-call"

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def fixes(failure: Failure, evidence: Evidence) -> Iterator[Patch]:
    """The call or the definition changed so that they fit."""
    if found := said(failure, r"(?:(\w+)\.)?(\w+)\(\) got an unexpected keyword argument '(\w+)'"):
        yield from _unexpected(found[2], found[3], failure, evidence)
    if found := said(failure, r"(?:(\w+)\.)?(\w+)\(\) takes (\d+) positional arguments? but (\d+) (?:was|were) given"):
        yield from _surplus(found[2], int(found[4]) - int(found[3]), failure, evidence)
    if found := said(
        failure, r"(?:(\w+)\.)?(\w+)\(\) missing \d+ required (?:positional|keyword-only) arguments?: '(\w+)'"
    ):
        yield from _missing(found[2], found[3], failure, evidence)


def _definitions(name: str, evidence: Evidence) -> Iterator[tuple[Site, _Function, bool]]:
    """Our own functions of that name, and whether they are methods; for `__init__`, all of them."""
    for path in evidence.paths:
        tree = evidence.snapshot.tree(path) if name in (evidence.snapshot.text(path) or "") else None
        for node in ast.walk(tree) if tree else ():
            inside = isinstance(node, ast.ClassDef)
            for part in getattr(node, "body", ()) if isinstance(node, ast.ClassDef | ast.Module) else ():
                site = (
                    site_at(evidence, path, part.lineno) if isinstance(part, Definition) and part.name == name else None
                )
                if site:
                    yield site, part, inside


def _calls(name: str, site: Site) -> list[ast.Call]:
    found = [node for node in site.nodes if isinstance(node, ast.Call)]
    named = [node for node in found if name in {getattr(node.func, "id", ""), getattr(node.func, "attr", "")}]
    return named or (found if name == "__init__" else [])


def _unexpected(name: str, argument: str, failure: Failure, evidence: Evidence) -> Iterator[Patch]:
    suggested = said(failure, r"Did you mean '(\w+)'")
    params = [key for _, node, _ in _definitions(name, evidence) for key in _parameters(node)]
    follows = [other for other in evidence.renamed.get(argument, ()) if other in params]
    hints = [*follows, *([suggested[1]] if suggested else [])]
    others = list(dict.fromkeys([*hints, *similar(argument, params), *params]))[:4]
    for site in sites(failure, evidence):
        for call in _calls(name, site):
            taken = {keyword.arg for keyword in call.keywords}
            for given in (keyword for keyword in call.keywords if keyword.arg == argument):
                for rank, other in enumerate(key for key in others if key not in taken):
                    span = Span(*site.spans.of(given), f"{other}={site.code(given.value)}")
                    why = f"`{name}()` has no parameter `{argument}`; it has `{other}`."
                    yield site.patch([span], NAME, why, 0.95 - 0.15 * rank)
    for site, node, _ in _definitions(name, evidence):
        for other in similar(argument, _parameters(node), most=1):
            spans = _renamed(node, other, argument, site)
            yield site.patch(spans, NAME, f"`{name}()` is called with `{argument}`; its parameter was `{other}`.", 0.8)


def _parameters(node: _Function) -> list[str]:
    spec = node.args
    return [
        argument.arg
        for argument in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)
        if argument.arg not in {"self", "cls"}
    ]


def _renamed(node: _Function, old: str, new: str, site: Site) -> list[Span]:
    found = []
    for part in ast.walk(node):
        if isinstance(part, ast.arg) and part.arg == old:
            start, _ = site.spans.of(part)
            found.append(Span(start, start + len(old), new))
        elif isinstance(part, ast.Name) and part.id == old:
            found.append(site.replace(part, new))
    return found


def _surplus(name: str, count: int, failure: Failure, evidence: Evidence) -> Iterator[Patch]:
    for site, node, inside in _definitions(name, evidence):
        spec = node.args
        first = spec.args[0].arg if spec.args else ""
        if inside and count == 1 and first not in {"self", "cls"}:
            yield from _with_self(node, site)
    for site in sites(failure, evidence):
        for call in _calls(name, site):
            if 0 < count <= len(call.args):
                kept = [site.code(part) for part in (*call.args[: len(call.args) - count], *call.keywords)]
                span = site.replace(call, f"{site.code(call.func)}({', '.join(kept)})")
                yield site.patch([span], NAME, f"`{name}()` takes fewer arguments.", 0.7)


def _with_self(node: _Function, site: Site) -> Iterator[Patch]:
    start = site.spans.offset(node.lineno, node.col_offset)
    at = site.spans.text.index("(", start) + 1
    comma = ", " if _parameters(node) or node.args.vararg or node.args.kwarg else ""
    why = f"The method `{node.name}` lacks its `self`."
    yield site.patch([Span(at, at, f"self{comma}")], NAME, why, 0.99)
    line = site.spans.line_start(node.lineno)
    indent = site.spans.text[line:start]
    if not node.decorator_list:
        yield site.patch([Span(line, line, f"{indent}@staticmethod\n")], NAME, f"`{node.name}` uses no object.", 0.7)


def _missing(name: str, argument: str, failure: Failure, evidence: Evidence) -> Iterator[Patch]:
    """The argument passed from a variable of that name, or made optional with a usual default."""
    for site in sites(failure, evidence):
        for call in _calls(name, site):
            first = site.scope.params[0] if site.scope.params[:1] in {("self",), ("cls",)} else None
            for value in [argument] * site.scope.known(argument) + [f"{first}.{argument}"] * bool(first):
                inner = [site.code(part) for part in (*call.args, *call.keywords)] + [f"{argument}={value}"]
                span = site.replace(call, f"{site.code(call.func)}({', '.join(inner)})")
                yield site.patch([span], NAME, f"`{name}()` needs `{argument}`, which is at hand.", 0.85)
    for site, node, inside in _definitions(name, evidence):
        if inside and argument == (_all_parameters(node) or [""])[-1] and "self" not in _all_parameters(node)[:1]:
            continue
        last = [part for part in node.args.args[-1:] if part.arg == argument]
        for part, default in product(last, ("None", "0", "''")):
            _, end = site.spans.of(part)
            mark = " = " if part.annotation else "="
            yield site.patch([Span(end, end, f"{mark}{default}")], NAME, f"`{argument}` becomes optional.", 0.4)


def _all_parameters(node: _Function) -> list[str]:
    return [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
