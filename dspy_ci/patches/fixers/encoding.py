"""Text read or written in the machine's encoding instead of UTF-8."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.failures.failure import Failure
from dspy_ci.patches.fixers.site import Site, said, sites
from dspy_ci.patches.patch import Patch
from dspy_ci.patches.templates.place import Span
from dspy_ci.suspects.evidence import Evidence

NAME = "encoding"

_METHODS = {"read_text", "write_text", "open"}


def fixes(failure: Failure, evidence: Evidence) -> Iterator[Patch]:
    """`encoding="utf-8"` for the files that the function opens as text."""
    if failure.exception not in {"UnicodeDecodeError", "UnicodeEncodeError"} and not said(
        failure, r"codec can't (?:de|en)code"
    ):
        return
    for site in sites(failure, evidence):
        calls = [n for n in ast.walk(site.function.node) if isinstance(n, ast.Call) and _opens_text(n, site)]
        spans = [_told(call, site) for call in calls]
        if spans:
            yield site.patch(spans, NAME, "The file is UTF-8, whatever the machine's own encoding is.", 0.95)


def _opens_text(call: ast.Call, site: Site) -> bool:
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    if name not in _METHODS or any(keyword.arg == "encoding" for keyword in call.keywords):
        return False
    binary = any(
        isinstance(part, ast.Constant) and isinstance(part.value, str) and "b" in part.value for part in call.args[1:]
    )
    return not binary and site.code(call).endswith(")")


def _told(call: ast.Call, site: Site) -> Span:
    _, end = site.spans.of(call)
    comma = ", " if call.args or call.keywords else ""
    return Span(end - 1, end - 1, f'{comma}encoding="utf-8"')
