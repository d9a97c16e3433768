"""A coroutine that was called but not awaited, or awaited though it is none."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.failures.failure import Failure
from dspy_ci.patches.fixers.site import Site, said, site_at, sites
from dspy_ci.patches.patch import Patch
from dspy_ci.suspects.evidence import Evidence

NAME = "missing-await"


def fixes(failure: Failure, evidence: Evidence) -> Iterator[Patch]:
    """`await` before the calls of the line, or before a call of the coroutine that the failure names."""
    if said(failure, r"can't be used in 'await' expression"):
        yield from _superfluous(failure, evidence)
    elif said(failure, r"coroutine|async_generator|was never awaited"):
        yield from _missing(failure, evidence)
    else:
        for path in sorted(evidence.lines.get(failure.test_id or "", ())):
            if whole := site_at(evidence, path, 1):
                yield from _judged(whole)


def _superfluous(failure: Failure, evidence: Evidence) -> Iterator[Patch]:
    for site in sites(failure, evidence):
        for node in site.nodes:
            if isinstance(node, ast.Await):
                why = f"`{site.code(node.value)}` is no coroutine."
                yield site.patch([site.replace(node, site.code(node.value))], NAME, why, 0.9)


def _missing(failure: Failure, evidence: Evidence) -> Iterator[Patch]:
    for site in sites(failure, evidence):
        if isinstance(site.function.node, ast.AsyncFunctionDef):
            yield from _awaited(site)
    for path in sorted(evidence.lines.get(failure.test_id or "", ())):
        if whole := site_at(evidence, path, 1):
            yield from _lost(whole)


def _lost(site: Site) -> Iterator[Patch]:
    """What coroutines give is kept, returned or dropped without `await`, anywhere in a file that the test ran."""
    coroutines = _coroutines(site)
    for function in ast.walk(site.tree):
        if isinstance(function, ast.AsyncFunctionDef):
            for node in ast.walk(function):
                call = node.value if isinstance(node, ast.Assign | ast.AnnAssign | ast.Return | ast.Expr) else None
                if isinstance(call, ast.Call) and _name(call) in coroutines:
                    why = f"`{site.code(call)}` is a coroutine and was not awaited."
                    yield site.patch([site.replace(call, f"await {site.code(call)}")], NAME, why, 0.9)


def _judged(site: Site) -> Iterator[Patch]:
    """A coroutine asked whether it is true, compared or looked into: it always is something, and never the answer."""
    if "async def" not in site.spans.text:
        return
    coroutines = _coroutines(site)
    for node in ast.walk(site.tree):
        for part in _looked_at(node):
            if isinstance(part, ast.Call) and _name(part) in coroutines and _is_inside_async(part, site):
                code = site.code(part)
                text = (
                    f"(await {code})"
                    if isinstance(node, ast.Compare | ast.Attribute | ast.Subscript)
                    else f"await {code}"
                )
                why = f"`{code}` is a coroutine and was not awaited."
                yield site.patch([site.replace(part, text)], NAME, why, 0.9)


def _looked_at(node: ast.AST) -> list[ast.expr]:
    match node:
        case ast.If(test=part) | ast.While(test=part) | ast.IfExp(test=part) | ast.UnaryOp(op=ast.Not(), operand=part):
            return [part]
        case ast.BoolOp(values=parts):
            return parts
        case ast.Compare(left=left, comparators=parts):
            return [left, *parts]
        case ast.For(iter=part) | ast.Attribute(value=part) | ast.Subscript(value=part):
            return [part]
    return []


def _is_inside_async(call: ast.Call, site: Site) -> bool:
    functions = (node for node in ast.walk(site.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    around = [node for node in functions if node.lineno <= call.lineno <= (node.end_lineno or node.lineno)]
    return bool(around) and isinstance(max(around, key=lambda node: node.lineno), ast.AsyncFunctionDef)


def _awaited(site: Site) -> Iterator[Patch]:
    awaited = {node.value for node in ast.walk(site.function.node) if isinstance(node, ast.Await)}
    coroutines = _coroutines(site)
    calls = [n for n in ast.walk(site.function.node) if isinstance(n, ast.Call) and n not in awaited]
    calls.sort(key=lambda call: (_name(call) not in coroutines, abs(call.lineno - site.line)))
    for call in calls[:8]:
        code = site.code(call)
        holder = next(
            (n for n in ast.walk(site.tree) if isinstance(n, ast.Attribute | ast.Subscript) and n.value is call), None
        )
        text = f"(await {code})" if holder else f"await {code}"
        weight = 0.97 if _name(call) in coroutines else 0.6
        yield site.patch([site.replace(call, text)], NAME, f"`{code}` is a coroutine and was not awaited.", weight)


def _coroutines(site: Site) -> set[str]:
    trees = (site.evidence.snapshot.tree(path) for path in site.evidence.paths)
    return {n.name for tree in trees if tree for n in ast.walk(tree) if isinstance(n, ast.AsyncFunctionDef)}


def _name(call: ast.Call) -> str:
    return getattr(call.func, "attr", getattr(call.func, "id", ""))
