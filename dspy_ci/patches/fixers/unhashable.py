"""A list, set or dictionary used as a key."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.failures.failure import Failure
from dspy_ci.patches.fixers.site import Site, said, sites
from dspy_ci.patches.patch import Patch
from dspy_ci.suspects.evidence import Evidence

NAME = "unhashable"

_FROZEN = {"list": "tuple", "set": "frozenset", "bytearray": "bytes"}


def fixes(failure: Failure, evidence: Evidence) -> Iterator[Patch]:
    """The same that nobody can change, wherever the function uses it as a key."""
    found = said(failure, r"unhashable type: '(\w+)'")
    if not found or found[1] not in _FROZEN:
        return
    for site in sites(failure, evidence):
        keys = [
            node
            for node in _keys(site)
            if isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Subscript | ast.List | ast.ListComp)
        ]
        whole = {site.code(key) for key in keys if key.lineno <= site.line <= (key.end_lineno or key.lineno)}
        for code in sorted(whole):
            spans = [site.replace(key, f"{_FROZEN[found[1]]}({code})") for key in keys if site.code(key) == code]
            why = f"`{code}` is a {found[1]}, which is no key; a {_FROZEN[found[1]]} is."
            yield site.patch(spans, NAME, why, 0.93)


def _keys(site: Site) -> Iterator[ast.expr]:
    for node in ast.walk(site.function.node):
        if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Slice):
            yield node.slice
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in {
            "add",
            "get",
            "setdefault",
            "pop",
            "discard",
        }:
            yield from node.args[:1]
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
            yield node.left
        elif isinstance(node, ast.Set):
            yield from node.elts
        elif isinstance(node, ast.DictComp):
            yield node.key
        elif isinstance(node, ast.SetComp):
            yield node.elt
