"""A default value that is shared between calls, or is the wrong one."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.codebase.functions import Definition
from dspy_ci.patches.templates.place import Mutation, Place, Span

NAME = "default"
PRIOR = 2.0
"""More than any other: a default that calls share is a fault wherever it stands."""


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """A mutable default made anew in each call."""
    if not isinstance(node, Definition):
        return
    spec = node.args
    plain = [*spec.posonlyargs, *spec.args]
    pairs = [*zip(plain[len(plain) - len(spec.defaults) :], spec.defaults, strict=True)]
    pairs += [(argument, value) for argument, value in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if value]
    for argument, value in pairs:
        if isinstance(value, ast.List | ast.Dict | ast.Set) or place.code(value) in {"set()", "list()", "dict()"}:
            yield from _made_anew(node, argument.arg, value, place)


def _made_anew(
    node: ast.FunctionDef | ast.AsyncFunctionDef, name: str, value: ast.expr, place: Place
) -> Iterator[Mutation]:
    body = node.body
    is_doc = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant) and len(body) > 1
    first = body[1] if is_doc else body[0]
    line = place.spans.line_start(first.lineno)
    start, _ = place.spans.of(first)
    indent = place.text[line:start]
    if indent.strip():
        return
    code = place.code(value)
    lines = f"{indent}if {name} is None:{place.newline}{indent}    {name} = {code}{place.newline}"
    spans = (Span(*place.spans.of(value), "None"), Span(line, line, lines))
    yield Mutation(spans, f"makes a new `{code}` for `{name}` in each call, instead of sharing one", 1.0)
