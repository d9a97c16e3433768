"""Text and numbers mixed: one side has to be converted."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.failures.failure import Failure
from dspy_ci.patches.fixers.site import Site, said, sites
from dspy_ci.patches.patch import Patch
from dspy_ci.suspects.evidence import Evidence

NAME = "mixed-types"

_TWO_TYPES = r"(?:unsupported operand type\(s\) for [^:]+:|not supported between instances of) '(\w+)' and '(\w+)'"
_NUMBERS = {"int", "float", "complex", "Decimal"}


def fixes(failure: Failure, evidence: Evidence) -> Iterator[Patch]:
    """A conversion around the operand, element or argument that does not fit."""
    if said(failure, r'can only concatenate str \(not "\w+"\) to str|must be str, not|sequence item \d+: expected str'):
        yield from _converted("str", failure, evidence)
    elif found := said(failure, _TWO_TYPES):
        yield from _either(found[1], found[2], failure, evidence)
    elif said(failure, r"indices must be integers|object cannot be interpreted as an integer"):
        yield from _converted("int", failure, evidence)
    elif said(failure, r"unhashable type: 'list'"):
        yield from _converted("tuple", failure, evidence)


def _either(left: str, right: str, failure: Failure, evidence: Evidence) -> Iterator[Patch]:
    if left in _NUMBERS or right in _NUMBERS:
        yield from _converted(left if left in _NUMBERS else right, failure, evidence)
    if "str" in {left, right}:
        yield from _converted("str", failure, evidence)


def _converted(name: str, failure: Failure, evidence: Evidence) -> Iterator[Patch]:
    for site in sites(failure, evidence):
        for node in dict.fromkeys(_operands(site)):
            code = site.code(node)
            if not code.startswith(f"{name}("):
                yield site.patch(
                    [site.replace(node, f"{name}({code})")], NAME, f"`{code}` is converted by `{name}()`.", 0.7
                )
            if isinstance(node, ast.GeneratorExp | ast.ListComp):
                text = f"{name}({site.code(node.elt)})"
                yield site.patch([site.replace(node.elt, text)], NAME, f"Each element is converted by `{name}()`.", 0.7)
        joins = [n for n in site.nodes if isinstance(n, ast.Call) and getattr(n.func, "attr", "") == "join" and n.args]
        for call in joins:
            code = site.code(call.args[0])
            text = f"map({name}, {code})"
            yield site.patch([site.replace(call.args[0], text)], NAME, f"Each element of `{code}` is converted.", 0.8)


def _operands(site: Site) -> Iterator[ast.expr]:
    for node in site.nodes:
        if isinstance(node, ast.BinOp):
            yield from (part for part in (node.left, node.right) if not isinstance(part, ast.BinOp))
        elif isinstance(node, ast.Compare):
            yield from (node.left, *node.comparators)
        elif isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Slice):
            yield node.slice
        elif isinstance(node, ast.Call):
            yield from (part for part in node.args if not isinstance(part, ast.Starred))
