"""A step that may fail on input that is to be expected, and nobody catches it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from dspy_ci.patches.templates.place import Mutation, Place, Span

NAME = "rescue"
PRIOR = 0.3

_RAISES: Mapping[str, str] = {
    "int": "ValueError", "float": "ValueError", "Decimal": "ArithmeticError", "index": "ValueError",
    "loads": "ValueError", "fromisoformat": "ValueError", "strptime": "ValueError", "next": "StopIteration",
    "decode": "UnicodeDecodeError", "remove": "ValueError", "open": "FileNotFoundError", "mean": "ValueError",
    "read_text": "FileNotFoundError",
    "unlink": "FileNotFoundError", "getattr": "AttributeError",
}  # fmt: skip
"""By what is called, what it raises on input that does not fit."""
_STARTS = ("None", "''", "0", "[]", "{}")


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """The step within `try`, and where it fails what the function does elsewhere, or a value for none."""
    if not isinstance(node, ast.Assign | ast.AugAssign | ast.Return | ast.Expr) or node not in place.blocks:
        return
    indent, code = place.indent(node), place.code(node)
    if indent is None or "\n" in code or _is_caught(node, place):
        return
    for error in dict.fromkeys(_errors(node)):
        for action, odds in _actions(node, place):
            lines = ("try:", f"    {code}", f"except {error}:", f"    {action}")
            text = f"{place.newline}{indent}".join(lines)
            span = Span(*place.spans.of(node), text)
            yield Mutation((span,), f"does `{action}` where `{code}` raises {error}", odds)


def _errors(node: ast.stmt) -> Iterator[str]:
    """What the parts of the step may raise."""
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple | ast.List):
        yield "ValueError"
    for part in ast.walk(node):
        match part:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in _RAISES:
                yield _RAISES[name]
            case ast.Subscript(slice=ast.Constant(value=int()) | ast.UnaryOp(), ctx=ast.Load()):
                yield "IndexError"
            case ast.Subscript(slice=ast.Constant(value=str()), ctx=ast.Load()):
                yield "KeyError"
            case ast.Subscript(slice=ast.Name() | ast.Attribute(), ctx=ast.Load()):
                yield "LookupError"
            case ast.BinOp(op=ast.Div() | ast.FloorDiv() | ast.Mod()) if not isinstance(part.left, ast.Constant):
                yield "ZeroDivisionError"


def _actions(node: ast.stmt, place: Place) -> Iterator[tuple[str, float]]:
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        name = node.targets[0].id
        yield from ((f"{name} = {value}", 0.5 if value == "None" else 0.25) for value in _STARTS)
    if isinstance(node, ast.Expr):
        yield "pass", 0.5
    parent = place.parents.get(node)
    if isinstance(parent, ast.For | ast.While):
        yield "continue", 0.7
    if isinstance(place.function.node, ast.Module):
        return
    returned = [ast.unparse(other) for other in place.statements if isinstance(other, ast.Return) and other is not node]
    short = [code for code in dict.fromkeys(returned) if len(code) < 60 and "\n" not in code][:4]
    yield from ((code, 0.6) for code in short)
    yield from ((code, 0.3) for code in ("return None", "return False", "return 0", "return ''") if code not in short)


def _is_caught(node: ast.AST, place: Place) -> bool:
    parent = place.parents.get(node)
    while parent:
        if isinstance(parent, ast.Try):
            return True
        parent = place.parents.get(parent)
    return False
