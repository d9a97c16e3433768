"""A view or an iterator used like a list: what Python 2 gave as a list is made when it is asked for."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.failures.failure import Failure
from dspy_ci.patches.fixers.site import Site, said, sites
from dspy_ci.patches.patch import Patch
from dspy_ci.suspects.evidence import Evidence

NAME = "lazy-value"

_LAZY = r"'?(dict_keys|dict_values|dict_items|map|filter|zip|reversed|generator|set|range|enumerate|odict_\w+)'?"
_CALLS = {"map", "filter", "zip", "reversed", "enumerate", "keys", "values", "items", "set", "range"}
_SAYS = (
    rf"{_LAZY} object (?:is not subscriptable|does not support"
    r"|has no attribute '(?:sort|append|index|pop|copy|reverse)')"
    rf"|object of type {_LAZY} has no len"
    rf"|can only concatenate list \(not \"{_LAZY}\"\)|unsupported operand type\(s\) for \+: {_LAZY}"
)


def fixes(failure: Failure, evidence: Evidence) -> Iterator[Patch]:
    """A list made of it, where it is made or where it is used."""
    if not said(failure, _SAYS):
        return
    for site in sites(failure, evidence):
        seen = set()
        for node in (*site.nodes, *ast.walk(site.function.node)):
            if isinstance(node, ast.Call) and node not in seen and _is_lazy(node) and not _is_listed(node, site):
                seen.add(node)
                code = site.code(node)
                why = f"`{code}` is made when it is asked for; a list is needed here."
                yield site.patch([site.replace(node, f"list({code})")], NAME, why, 0.93)
        if seen:
            return


def _is_lazy(node: ast.Call) -> bool:
    return getattr(node.func, "attr", getattr(node.func, "id", "")) in _CALLS


def _is_listed(node: ast.Call, site: Site) -> bool:
    """Whether it is turned into something else at once, or walked through by a loop."""
    for other in ast.walk(site.function.node):
        if isinstance(other, ast.Call) and node in other.args:
            return getattr(other.func, "id", "") != "len"
        if isinstance(other, ast.For | ast.comprehension) and other.iter is node:
            return True
    return False
