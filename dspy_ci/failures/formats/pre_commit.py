"""Pre-commit: one section per hook; what a hook prints is read by the format of its tool."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.failures.confidence import BLOCK, LINE
from dspy_ci.failures.cursor import LOOKAHEAD, Cursor
from dspy_ci.failures.failure import Failure, Hint, Kind
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import Format

_RESULT = re.compile(r".+?\.{3,}(?:\(.*\))?(?:Passed|Failed|Skipped)$")
_END = re.compile(r"pre-commit hook\(s\) made changes|All changes made by hooks:|##\[|nox > |\S+: exit \d")
_ID = re.compile(r"- hook id: (?P<id>\S+)")
_MISSING = re.compile(r"Executable `(?P<name>[^`]+)` not found")
_CHANGED = re.compile(r"diff --git a/(?P<file>\S+) b/")
_NAMED = re.compile(r"(?:Fixing|reformatted|Rewriting|Sorting|fixed) `?(?P<file>[\w./-]+\.\w+)`?$")
_FORMATTERS = re.compile(
    r"black|format|fmt|isort|prettier|whitespace|end-of-file|line-ending|eof|pyupgrade|sort|yapf|autopep8"
)


def hook(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """A hook that failed: it changed files, its program is missing, or its output says what is wrong."""
    header = cursor.take_while(lambda text: text.startswith("- "), limit=6)
    hook_id = next((found["id"] for text in header if (found := _ID.match(text))), match["name"].strip())
    first = cursor.number + 1
    body = cursor.take_until(lambda text: _RESULT.match(text) or _END.match(text))
    missing = next((found for text in body if (found := _MISSING.match(text))), None)
    modified = any("files were modified" in text for text in header)
    if missing:
        yield Failure("pre_commit", "command", missing[0], symbol=missing["name"], confidence=BLOCK)
        return
    if modified:
        yield _modified(hook_id, body, cursor)
    inside = list(cursor.nested(body, first))
    yield from inside
    if not modified and not any(isinstance(found, Failure) for found in inside):
        message = next((text for text in body if text.strip()), "the hook failed")
        yield Failure(hook_id, _kind(hook_id), message, file=_file_in(message), confidence=LINE)


def _modified(hook_id: str, body: list[str], cursor: Cursor) -> Failure:
    message = next((text for text in body if re.search(r"reformatted|[Ff]ix|[Rr]ewr", text)), "")
    named = [found["file"] for text in body if (found := _NAMED.search(text))]
    patch, changed = _changes(cursor)
    files = named or changed
    return Failure(
        hook_id,
        _kind(hook_id),
        f"files were modified by this hook: {message}".rstrip(": "),
        file=files[0] if len(files) == 1 or named else None,
        confidence=LINE,
        fixable_hint=Hint("patch", patch) if patch else Hint("command", f"pre-commit run {hook_id} --all-files"),
    )


def _changes(cursor: Cursor) -> tuple[str, list[str]]:
    """The diff that `--show-diff-on-failure` prints at the end, and the files in it."""
    start = cursor.ahead(re.compile("All changes made by hooks:"), limit=LOOKAHEAD)
    if start is None:
        return "", []
    lines: list[str] = []
    for distance in range(start + 1, LOOKAHEAD):
        text = cursor.peek(distance)
        if text is None or not re.match(
            r"diff |index |new file|old mode|new mode|deleted|similarity|rename|[-+@ \\]|$", text
        ):
            break
        lines.append(text)
    return "\n".join(lines), [found["file"] for text in lines if (found := _CHANGED.match(text))]


def _kind(hook_id: str) -> Kind:
    return "format" if _FORMATTERS.search(hook_id) else "lint"


def _file_in(message: str) -> str | None:
    match = re.match(r"(?P<file>[\w./-]+\.\w+)(?::| )", message)
    return match["file"] if match else None


FORMAT = Format("pre_commit", starts={r"(?P<name>[^.\s].*?)\.{3,}Failed$": hook})
