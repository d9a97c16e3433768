"""Code that does not parse: a colon, a bracket, a quote, an indentation, conflict markers, another language's words."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import NamedTuple

from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.codebase.spans import Spans
from dspy_ci.failures.failure import Failure
from dspy_ci.patches.fixers.conflict import resolutions
from dspy_ci.patches.patch import Edit, Patch
from dspy_ci.suspects.evidence import Evidence

NAME = "syntax"

_ROUNDS = 3
_BLOCK = r"(?:async\s+)?(?:def|class|if|elif|else|for|while|try|except|finally|with|match|case)\b"
_CLOSERS = {"(": ")", "[": "]", "{": "}"}
_WORDS: tuple[tuple[str, str, str], ...] = (
    (r"^(\s*)else\s+if\b|^(\s*)else?if\b", r"\1\2elif", "`elif` is how Python says `else if`"),
    (r"\s*&&\s*", " and ", "`and` is how Python says `&&`"),
    (r"\s*\|\|\s*", " or ", "`or` is how Python says `||`"),
    (r"!(?!=)\s*(?=[\w(])", "not ", "`not` is how Python says `!`"),
    (r"<>", "!=", "`<>` is Python 2"),
    (r"^(\s*)(\w+)\+\+;?\s*$", r"\1\2 += 1", "Python has no `++`"),
    (r"^(\s*)(\w+)--;?\s*$", r"\1\2 -= 1", "Python has no `--`"),
    (r"^(\s*)print\s+>>\s*([\w.]+)\s*,\s*(.*)$", r"\1print(\3, file=\2)", "`print` is a function"),
    (r"^(\s*)print\s+(?!\()(.+?),?\s*$", r"\1print(\2)", "`print` is a function"),
    (r"^(\s*)print\s+(\(.*\).+)$", r"\1print(\2)", "`print` is a function"),
    (r"^(\s*)print\s*$", r"\1print()", "`print` is a function"),
    (r"^(\s*)exec\s+([^(].*)$", r"\1exec(\2)", "`exec` is a function"),
    (r"^(\s*except\s+)([\w.]+|\([^)]*\))\s*,\s*(\w+)\s*:", r"\1\2 as \3:", "`except ... as` names the exception"),
    (r"^(\s*except\s+)([\w.]+(?:\s*,\s*[\w.]+)+)\s*:", r"\1(\2):", "several exceptions need parentheses"),
    (r"^(\s*raise\s+)([\w.]+)\s*,\s*(.+)$", r"\1\2(\3)", "`raise` takes one exception"),
    (r"\b0([0-7]+)\b", r"0o\1", "octal numbers start with `0o`"),
    (r"\b(\d+)[lL]\b", r"\1", "Python 3 has no long numbers"),
    (r"\bur(['\"])", r"r\1", "`ur` is Python 2"),
    (r"`([^`]+)`", r"repr(\1)", "backticks are Python 2"),
    (r"^(\s*)(?:function|func|fn|fun)\s+(\w+)", r"\1def \2", "`def` is how Python says `function`"),
    (r"^(\s*)(?:const|let|var)\s+", r"\1", "Python declares nothing"),
    (r"\)\s*\{\s*$", "):", "a block starts with `:`"),
    (r"^(\s*(?:if|elif|while)\b.*?[^=!<>:])=(?!=)", r"\1==", "`==` compares, `=` assigns"),
    (r"^(\s*\S.*?)\s*;\s*$", r"\1", "a stray `;`"),
    (r"^```.*$", "", "a stray Markdown fence"),
)


class Change(NamedTuple):
    """Another text of the whole file, and why."""

    text: str
    why: str


def fixes(failure: Failure, evidence: Evidence) -> Iterator[Patch]:
    """The changes around the parser's complaint after which the file parses; up to three faults in one file."""
    named = {failure.file, *(frame.file for frame in failure.frames)}
    paths = [path for path in evidence.paths if evidence.snapshot.tree(path) is None]
    kind = failure.kind in {"syntax", "collection"} or failure.exception in {
        "SyntaxError",
        "IndentationError",
        "TabError",
    }
    for path in sorted(paths, key=lambda path: path not in named) if kind or named.intersection(paths) else ():
        text = evidence.snapshot.text(path)
        if text is not None:
            for rank, change in enumerate(mended(text)):
                yield _patch(evidence.snapshot, path, text, change, 0.99 - 0.03 * rank)


def mended(text: str) -> Iterator[Change]:
    """Texts near this one that parse; each once."""
    seen: set[str] = set()
    todo, following = [Change(text, "")], list[Change]()
    for _ in range(_ROUNDS):
        for known in todo:
            fault = complaint(known.text)
            for change in _changes(known.text, fault) if fault else ():
                if change.text in seen:
                    continue
                seen.add(change.text)
                why = "; ".join(filter(None, (known.why, change.why)))
                after = complaint(change.text)
                if after is None:
                    yield Change(change.text, why)
                elif fault and (after.lineno or 0) > (fault.lineno or 0) + 1 and len(following) < 8:
                    following.append(Change(change.text, why))
        if not following:
            return
        todo, following = following, []


def complaint(text: str) -> SyntaxError | None:
    """What the compiler says about the text; None when it is content."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "file", "exec", dont_inherit=True)
    except SyntaxError as error:
        return error
    except (ValueError, RecursionError, MemoryError):
        return SyntaxError("unreadable", ("file", 1, 1, ""))
    return None


def _changes(text: str, fault: SyntaxError) -> Iterator[Change]:
    yield from (Change(other, why) for other, why in resolutions(text))
    spans = Spans(text)
    last = len(spans.starts)
    line = min(max(fault.lineno or 1, 1), last)
    if isinstance(fault, TabError) or "\t" in spans.line(line):
        yield Change(text.expandtabs(4), "tabs and spaces were mixed")
    before = next((number for number in range(line - 1, 0, -1) if spans.line(number).strip()), line)
    for number in dict.fromkeys((line, before, max(1, line - 1))):
        old = spans.line(number)
        start = spans.line_start(number)
        for new, why in _rewritten(old, spans.line(before) if number == line else "", fault):
            if new != old:
                yield Change(text[:start] + new + text[start + len(old) :], f"{why} (line {number})")
    yield from _emptied(text, spans, line, before, fault)


def _emptied(text: str, spans: Spans, line: int, before: int, fault: SyntaxError) -> Iterator[Change]:
    """A block without a body: the next lines belong in it, or nothing does."""
    if "expected an indented block" not in (fault.msg or ""):
        return
    head = spans.line(before)
    inner = re.match(r"\s*", head)[0] + "    "  # type: ignore[index]
    at = spans.line_start(line)
    yield Change(f"{text[:at]}{inner}{text[at:].lstrip(' ')}", f"line {line} belongs into the block")
    yield Change(f"{text[:at]}{inner}pass\n{text[at:]}", f"the block of line {before} had no body")


def _rewritten(line: str, before: str, fault: SyntaxError) -> Iterator[tuple[str, str]]:
    code, comment = _split(line)
    for pattern, new, why in _WORDS:
        yield re.sub(pattern, new, code) + comment, why
    if re.match(rf"\s*{_BLOCK}", code) and not code.rstrip().endswith(":"):
        yield code.rstrip().rstrip(";,") + ":" + comment, "a `:` was missing"
    yield from ((text + comment, why) for text, why in _brackets(code))
    yield from ((text + comment, why) for text, why in _quotes(code))
    yield from ((text + comment, why) for text, why in _commas(code, fault))
    for width in _widths(line, before):
        yield " " * width + line.lstrip(), "the indentation was wrong"


def _split(line: str) -> tuple[str, str]:
    """Code and trailing comment, where no quote makes that doubtful."""
    at = line.find("#")
    if at < 0 or "'" in line or '"' in line:
        return line, ""
    code = line[:at].rstrip()
    return code, line[len(code) :]


def _brackets(code: str) -> Iterator[tuple[str, str]]:
    """A closing bracket added where one may be missing, or one too many taken away."""
    body = code.rstrip()
    colon = ":" if body.endswith(":") else ""
    core = body[: len(body) - len(colon)]
    unclosed = _unclosed(core)
    if unclosed:
        yield core + "".join(_CLOSERS[opener] for opener in reversed(unclosed)) + colon, "a bracket was not closed"
        yield core.rstrip(",") + _CLOSERS[unclosed[-1]] + colon, "a bracket was not closed"
    for closer in ")]}":
        yield core + closer + colon, f"a `{closer}` was missing"
        for match in reversed([*re.finditer(re.escape(closer), body)]):
            yield body[: match.start()] + body[match.end() :], f"there was one `{closer}` too many"
        for other in ")]}":
            at = body.rfind(other)
            if at >= 0 and other != closer:
                yield body[:at] + closer + body[at + 1 :], f"`{other}` closed what another bracket opened"
    for match in re.finditer(r"(?<=[\w\])'\"])(?=,|\s*(?:[=+*/<>]|if\b|for\b|and\b|or\b|in\b))", body):
        for opener in unclosed[-1:]:
            yield body[: match.start()] + _CLOSERS[opener] + body[match.start() :], "a bracket was not closed"


def _unclosed(code: str) -> list[str]:
    stack: list[str] = []
    for char in re.sub(r"'[^']*'|\"[^\"]*\"", "", code):
        if char in _CLOSERS:
            stack.append(char)
        elif char in ")]}" and stack and _CLOSERS[stack[-1]] == char:
            stack.pop()
    return stack


def _quotes(code: str) -> Iterator[tuple[str, str]]:
    body = code.rstrip()
    for quote in "'\"":
        if body.count(quote) % 2:
            yield body + quote, "a quote was missing"
            match = re.search(r"[)\]},:]+$", body)
            for at in range(match.start() if match else len(body), len(body)):
                yield body[:at] + quote + body[at:], "a quote was missing"


def _commas(code: str, fault: SyntaxError) -> Iterator[tuple[str, str]]:
    """A comma between two elements on the line, or behind its last one."""
    body = code.rstrip()
    if body and body[-1] not in ",([{:\\":
        yield body + ",", "a comma was missing"
    places = re.finditer(r"(?<=[\w\])}'\"])\s+(?=[\w\[({'\"])", body)
    spots = sorted((match.start() for match in places), key=lambda at: abs(at - (fault.offset or 0)))
    for at in spots[:6]:
        yield body[:at] + "," + body[at:], "a comma was missing"


def _widths(line: str, before: str) -> Iterator[int]:
    if not line.strip():
        return
    width, last = (len(text) - len(text.lstrip()) for text in (line.expandtabs(4), before.expandtabs(4)))
    opened = before.rstrip().endswith(":")
    choices = (
        (last + 4, last, last - 4, width - 4, width + 4, last - 8)
        if opened
        else (last, last - 4, last - 8, width - 4, width + 4)
    )
    yield from (choice for choice in dict.fromkeys((*choices, round(width / 4) * 4)) if choice >= 0)


def _patch(snapshot: Snapshot, path: str, text: str, change: Change, weight: float) -> Patch:
    why = f"{path} did not parse: {change.why}."
    return Patch(snapshot, (Edit(path, 0, len(text), change.text),), f"fixer:{NAME}", why, weight=weight)
