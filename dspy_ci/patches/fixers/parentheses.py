"""A function that was named but not called, or a value that was called."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.failures.failure import Failure
from dspy_ci.patches.fixers.site import said, sites
from dspy_ci.patches.patch import Patch
from dspy_ci.suspects.evidence import Evidence

NAME = "parentheses"

_FUNCTION = r"'(?:function|method|builtin_function_or_method|method_descriptor)'|<(?:bound method|function|built-in)"


def fixes(failure: Failure, evidence: Evidence) -> Iterator[Patch]:
    """Parentheses put behind an attribute or name of the line, or taken away."""
    if said(failure, r"'\w+' object is not callable"):
        for site in sites(failure, evidence):
            for node in site.nodes:
                if isinstance(node, ast.Call) and not node.keywords and len(node.args) < 2:
                    owner = site.code(node.func)
                    if not node.args:
                        yield site.patch(
                            [site.replace(node, owner)], NAME, f"`{owner}` is a value, not a function.", 0.95
                        )
                    else:
                        text = f"{owner}[{site.code(node.args[0])}]"
                        yield site.patch([site.replace(node, text)], NAME, f"`{owner}` is indexed, not called.", 0.8)
    elif said(failure, _FUNCTION):
        for site in sites(failure, evidence):
            called = {node.func for node in site.nodes if isinstance(node, ast.Call)}
            for node in site.nodes:
                if isinstance(node, ast.Attribute) and node not in called and isinstance(node.ctx, ast.Load):
                    code = site.code(node)
                    yield site.patch(
                        [site.replace(node, f"{code}()")], NAME, f"`{code}` is a function and was not called.", 0.9
                    )
