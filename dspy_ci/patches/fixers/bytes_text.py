"""Bytes where text is wanted, and text where bytes are."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.failures.failure import Failure
from dspy_ci.patches.fixers.site import said, sites
from dspy_ci.patches.patch import Patch
from dspy_ci.suspects.evidence import Evidence

NAME = "bytes-text"

_TO_BYTES = (
    r"a bytes-like object is required, not 'str'|can't concat str to bytes|Strings must be encoded before hashing"
    r"|Unicode-objects must be encoded|memoryview: a bytes-like object|argument should be a bytes-like object"
)
_TO_TEXT = (
    r"can only concatenate str \(not \"bytes\"\)|must be str, not bytes|cannot use a string pattern on a bytes-like"
    r"|expected str instance, bytes found|startswith first arg must be bytes|type bytes is not JSON serializable"
)
_HOLDERS = ast.Name | ast.Attribute | ast.Call | ast.Subscript | ast.Constant | ast.JoinedStr


def fixes(failure: Failure, evidence: Evidence) -> Iterator[Patch]:
    """Encoded or decoded: each value of the line in turn, arguments first."""
    method = "encode" if said(failure, _TO_BYTES) else "decode" if said(failure, _TO_TEXT) else None
    for site in sites(failure, evidence) if method else ():
        arguments = [value for node in site.nodes if isinstance(node, ast.Call) for value in node.args]
        sides = [side for node in site.nodes if isinstance(node, ast.BinOp) for side in (node.left, node.right)]
        owners = [
            node.func.value
            for node in site.nodes
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        ]
        for rank, node in enumerate(dict.fromkeys([*arguments, *sides, *owners])):
            if isinstance(node, _HOLDERS) and not _is_already(node, method or ""):
                code = site.code(node)
                why = f"`{code}` is {'text, bytes are' if method == 'encode' else 'bytes, text is'} wanted."
                yield site.patch([site.replace(node, f"{code}.{method}()")], NAME, why, max(0.5, 0.92 - 0.04 * rank))
        return


def _is_already(node: ast.expr, method: str) -> bool:
    """Whether a literal is what is wanted."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) == (method == "decode")
    return isinstance(node, ast.JoinedStr) and method == "decode"
