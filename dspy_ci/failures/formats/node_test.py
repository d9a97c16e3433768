"""Node's own test runner: TAP with its YAML blocks, and the list of failing tests of its spec reporter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from dspy_ci.failures.confidence import BLOCK, SUMMARY
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure, Frame, Kind
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import Format
from dspy_ci.failures.js_stack import bare_path, frames_of, raised
from dspy_ci.failures.trace import blamed

_NOT_OK = re.compile(r"(?P<indent> *)not ok \d+(?: -)? (?P<name>.*?)\s*$")
_SKIPPED = re.compile(r"# (?:TODO|SKIP|todo|skip)\b")
_SUBTEST = re.compile(r"(?P<indent> *)# Subtest: (?P<name>.*)$")
_KEY = re.compile(r" *(?P<key>\w+): ?(?P<value>.*)$")
_LOCATION = re.compile(r"(?P<file>.+):(?P<line>\d+):\d+$")
_PARENTS = {"subtestsFailed", "cancelledByParent"}
_SPEC = re.compile(r"test at (?P<file>.+):(?P<line>\d+):\d+$")
_MARK = re.compile(r"[✖✗] (?P<name>.*?) \([\d.]+ ?ms\)$")
_LONGEST_BLOCK = 1000


def subtest(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """A test at the left margin with everything inside it: nested tests carry the names of their parents."""
    names = {0: match["name"]}
    while (text := cursor.peek()) is not None:
        if inner := _SUBTEST.match(text):
            if not inner["indent"]:
                return
            cursor.take()
            names[len(inner["indent"])] = inner["name"]
        elif result := _NOT_OK.match(text):
            cursor.take()
            depth = len(result["indent"])
            parents = [name for at, name in sorted(names.items()) if at < depth and not _is_file(name)]
            yield from _tested(result, parents, cursor)
            if not depth:
                return
        elif re.match(r"(?:ok|Bail out!|1\.\.|# tests) ?", text):
            return
        else:
            cursor.take()


def _is_file(name: str) -> bool:
    """Older versions wrap the tests of a file into a test that is called like it."""
    return bool(re.search(r"[\\/].*\.\w+$|\.[cm]?[jt]sx?$", name))


def _tested(result: re.Match[str], parents: Sequence[str], cursor: Cursor) -> Iterator[Finding]:
    first = cursor.number
    if not re.match(r"\s*---$", cursor.peek() or ""):
        return
    block = cursor.take_until(lambda text: re.match(r"\s*\.\.\.$", text), limit=_LONGEST_BLOCK)
    cursor.take()
    said = _yaml(block)
    if _SKIPPED.search(result["name"]) or said.get("failureType", "").strip("'\"") in _PARENTS:
        return
    name = " > ".join([*parents, result["name"]])
    yield _failure(name, said, (first, cursor.number))


def _yaml(block: Sequence[str]) -> Mapping[str, str]:
    """The keys of the first level, with what is indented below them."""
    depth = len(block[0]) - len(block[0].lstrip())
    said: dict[str, str] = {}
    key = ""
    for text in block[1:]:
        match = _KEY.match(text) if len(text) - len(text.lstrip()) == depth else None
        if match:
            key = match["key"]
            said.setdefault(key, match["value"] if match["value"] not in {"|-", "|", ">-"} else "")
        elif key:
            said[key] += "\n" + text
    return said


def _failure(name: str, said: Mapping[str, str], span: tuple[int, int]) -> Failure:
    frames = frames_of(f"at {text.strip()}" for text in said.get("stack", "").splitlines() if text.strip())
    where = _LOCATION.match(said.get("location", "").strip("'\""))
    place = blamed(frames) or (Frame(bare_path(where["file"]), int(where["line"])) if where else None)
    error = said.get("error", "").strip().strip("'\"")
    kind: Kind = "timeout" if "testTimeoutFailure" in said.get("failureType", "") else "test"
    return Failure(
        "node_test",
        kind,
        error.partition("\n")[0].strip() or name,
        file=place.file if place else None,
        line=place.line if place else None,
        code=said.get("code", "").strip("'\"") or None,
        test_id=None if _is_file(name) else name,
        exception=said.get("name", "").strip("'\"") or None,
        frames=frames,
        log_span=span,
        confidence=BLOCK,
    )


def spec(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`✖ failing tests:` and per test its place, its name, the error."""
    del match
    while (text := cursor.peek()) is not None:
        where = _SPEC.match(text)
        if where:
            cursor.take()
            yield from _listed(where, cursor)
        elif text.strip():
            return
        else:
            cursor.take()


def _listed(where: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    first = cursor.number
    head = _MARK.match(cursor.take())
    body = cursor.take_while(lambda text: not text or text.startswith(" "), limit=_LONGEST_BLOCK)
    text = next((text.strip() for text in body if text.strip()), "")
    if not head or re.match(r"'?\d+ subtests? failed", text):
        return
    exception, code, message = raised(text)
    frames = frames_of(body)
    place = blamed(frames) or Frame(bare_path(where["file"]), int(where["line"]))
    yield Failure(
        "node_test",
        "test",
        message.strip("'") or text,
        file=place.file,
        line=place.line,
        code=code if code and "_" in code else None,
        test_id=None if _is_file(head["name"]) else head["name"],
        exception=exception,
        frames=frames,
        log_span=(first, cursor.number),
        confidence=SUMMARY,
    )


FORMAT = Format(
    "node_test",
    starts={
        r"# Subtest: (?P<name>.*)$": subtest,
        r"[✖✗] failing tests:$": spec,
    },
)
