"""go test: plain, verbose, as JSON events, and through gotestsum."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from dspy_ci.failures.confidence import BLOCK, SUMMARY
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure, Frame, Kind
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import Format
from dspy_ci.failures.trace import frame

_HEAD = re.compile(r"(?P<indent> *)--- (?P<verdict>FAIL|PASS|SKIP|BENCH): (?P<name>\S+)(?: \([\d.]+s\))?$")
_RUN = re.compile(r"=== (?P<what>RUN|CONT|NAME|PAUSE)\s+(?P<name>\S+)$")
_SUM = re.compile(r"=== FAIL: (?P<package>\S+) (?P<name>[A-Z]\S*) \([\d.]+s\)$")
_END = re.compile(r"(?:FAIL|ok  )\t(?P<package>\S+)(?:\t| \[)|##\[|=== (?:Failed|Errors)$|DONE \d+ tests")
_LOG = re.compile(r" +(?P<file>[^\s:]+\.go):(?P<line>\d+): ?(?P<message>.*)$")
_PANIC = re.compile(r"\s*(?:panic|fatal error): (?P<message>.*?)(?: \[recovered.*\])?$")
_STACK = re.compile(r"\s+(?P<file>(?:/|[A-Za-z]:[\\/])?\S+\.go):(?P<line>\d+)(?: \+0x[0-9a-f]+)?$")
_CALL = re.compile(r"(?:created by )?(?P<func>\S+?)(?:\(.*\))?(?: in goroutine \d+)?$")
_TEST_CALL = re.compile(r"\S+\.(?P<test>(?:Test|Fuzz|Benchmark|Example)\w*)(?:\.func\d+)*$")
_TIMED_OUT = re.compile(r"test timed out after|context deadline exceeded \(test")
_GOROOT = re.compile(
    r".*/(?:go(?:-?[\d.]+)?|go/\d[\d.]*/x64|libexec)/src/|.*/pkg/mod/|testing\.go$|_testmain\.go|\$GOROOT"
)
_FORGE = re.compile(r"(?:git|bitbucket|codeberg|gitea|sr\.ht)|golang\.org/x/")
_VERSION = re.compile(r"v\d+$")
_FAILING = re.compile(
    r"\b(?:[Ww]ant|[Gg]ot|[Ee]xpect|[Ee]rror|[Uu]nexpected|[Ff]ail|[Mm]ismatch|[Ss]hould|assert|not |diff)|=|^\s*$"
)
_LONGEST = 20_000


@dataclass
class Run:
    """What the tests of one package have printed so far."""

    outputs: dict[str, list[str]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    package: str = ""

    def say(self, test: str, text: str) -> None:
        """A line that belongs to a test; the empty name stands for the package."""
        self.outputs.setdefault(test, []).append(text)

    def judge(self, test: str, verdict: str) -> None:
        """How a test ended."""
        if verdict == "FAIL":
            self.failed.append(test)
        else:
            self.outputs.pop(test, None)

    def failures(self) -> Iterator[Failure]:
        """One failure per failed test; parents only where they say something themselves."""
        panicked = False
        for test in dict.fromkeys(self.failed):
            lines = self.outputs.get(test, [])
            parent = any(other.startswith(test + "/") for other in self.failed)
            panicked = panicked or any(map(_PANIC.match, lines))
            if not parent or any(map(_LOG.match, lines)) or any(map(_PANIC.match, lines)):
                yield _failure(test, lines, folder_of(self.package))
        if not panicked and any(map(_PANIC.match, self.outputs.get("", []))):
            yield _failure("", self.outputs[""], folder_of(self.package))


def text(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """Everything that one package prints, up to the line that names it."""
    run = Run()
    current = _read(run, match.string, "")
    for _ in range(_LONGEST):
        line = cursor.peek()
        if line is None or line.startswith("{"):
            break
        if end := _END.match(line):
            run.package = end["package"] or run.package
            break
        current = _read(run, cursor.take(), current)
    yield from run.failures()


def _read(run: Run, line: str, current: str) -> str:
    """Take one line in; the test that the following lines belong to."""
    if head := _HEAD.match(line):
        run.judge(head["name"], head["verdict"])
        return head["name"] if head["verdict"] == "FAIL" else ""
    if started := _RUN.match(line):
        return "" if started["what"] == "PAUSE" else started["name"]
    if summed := _SUM.match(line):
        run.judge(summed["name"], "FAIL")
        run.package = summed["package"]
        return summed["name"]
    run.say(current, line)
    return current


def events(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`go test -json`: one event per line."""
    runs: dict[str, Run] = {}
    built: list[str] = []
    first = cursor.number
    for line in _with(match.string, cursor):
        event = _event(line)
        if event is None:
            continue
        if event.get("Action") == "build-output":
            built.append(str(event.get("Output", "")).rstrip("\n"))
        elif isinstance(event.get("Package"), str):
            run = runs.setdefault(event["Package"], Run(package=event["Package"]))
            _take_in(run, event)
    yield from cursor.nested(built, first)
    for run in runs.values():
        yield from run.failures()


def _with(line: str, cursor: Cursor) -> Iterator[str]:
    yield line
    while (text := cursor.peek()) is not None and text.startswith('{"'):
        yield cursor.take()


def _event(line: str) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) else None


def _take_in(run: Run, event: dict[str, Any]) -> None:
    action, test = event.get("Action"), str(event.get("Test") or "")
    if action == "output":
        line = str(event.get("Output", "")).rstrip("\n")
        if not _HEAD.match(line) and not _RUN.match(line):
            run.say(test, line)
    elif action in {"fail", "pass", "skip"} and test:
        run.judge(test, str(action).upper())


def _failure(test: str, lines: Sequence[str], folder: str) -> Failure:
    at = next((i for i, line in enumerate(lines) if _PANIC.match(line)), None)
    if at is not None:
        return _panicked(test, lines[at:])
    logs = [(i, match) for i, line in enumerate(lines) if (match := _LOG.match(line))]
    ours = [(i, match) for i, match in logs if not _GOROOT.match(match["file"])]
    if not ours:
        return _unplaced(test, lines, [match["message"] for _, match in logs])
    # t.Log and t.Error print alike: a line that speaks of failure, else the last, since t.Fatal ends a test.
    i, log = next(((i, match) for i, match in ours if _FAILING.search(match["message"])), ours[-1])
    return Failure(
        "go",
        "test",
        log["message"].strip() or _continued(lines[i + 1 :]),
        file=log["file"] if "/" in log["file"] or not folder else f"{folder}/{log['file']}",
        line=int(log["line"]),
        test_id=test,
        confidence=BLOCK,
    )


def _continued(lines: Iterable[str]) -> str:
    """A message that begins on the next line, as testify writes it: what stands beside `Error:`."""
    told: list[str] = []
    for line in lines:
        if _LOG.match(line) or _HEAD.match(line) or not line.strip():
            break
        told.append(line.strip())
    start = next((i for i, line in enumerate(told) if line.startswith("Error:")), None)
    if start is None:
        return " ".join(told)
    end = next((i for i in range(start + 1, len(told)) if re.match(r"(?:Test|Messages):", told[i])), len(told))
    return " ".join([told[start][6:].strip(), *told[start + 1 : end]])


def _unplaced(test: str, lines: Sequence[str], logged: Sequence[str]) -> Failure:
    """No line of ours was logged: a data race, an example, or a plain os.Exit."""
    frames = tuple(reversed(list(_stack(lines))))
    place = next((found for found in reversed(frames) if found.in_repo), None)
    said = [line.strip() for line in lines if line.strip() and line not in {"FAIL", "PASS"}]
    message = next(iter(logged), "") or " ".join(said[:4]) or f"--- FAIL: {test}"
    return Failure(
        "go",
        "test",
        message,
        file=place.file if place else None,
        line=place.line if place else None,
        test_id=test,
        frames=frames,
        confidence=SUMMARY,
    )


def _panicked(test: str, lines: Sequence[str]) -> Failure:
    said = _PANIC.match(lines[0])
    message = said["message"] if said else lines[0]
    frames = tuple(reversed(list(_stack(lines))))
    place = next((found for found in reversed(frames) if found.in_repo), None)
    timed_out = bool(_TIMED_OUT.match(message))
    if timed_out:
        running = (m for line in lines if (m := re.match(r"\t(?P<name>(?:Test|Fuzz|Example)\S*) \(", line)))
        test = next((m["name"] for m in running), test)
    called = (m for found in frames if (m := _TEST_CALL.match(found.function or "")))
    test = test or next((m["test"] for m in called), "")
    kind: Kind = "test" if test else "crash"
    return Failure(
        "go",
        "timeout" if timed_out else kind,
        message,
        file=place.file if place else None,
        line=place.line if place else None,
        test_id=test or None,
        exception="panic",
        frames=frames,
        confidence=BLOCK,
    )


def _stack(lines: Sequence[str]) -> Iterator[Frame]:
    """The frames of the first goroutine, innermost first."""
    function = None
    for line in lines:
        if place := _STACK.match(line):
            found = frame(place["file"], place["line"], function)
            ours = found.in_repo and not _GOROOT.match(found.file)
            yield Frame(found.file, found.line, function, in_repo=ours)
        elif line and not line[0].isspace() and (call := _CALL.match(line)):
            function = call["func"]


def crash(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """A Go program that panicked outside any test."""
    lines = [match.string]
    lines += cursor.take_until(_ends_crash, limit=2000)
    if any(re.match(r"goroutine \d+ ", line) for line in lines):
        yield _panicked("", lines)


def _ends_crash(text: str) -> object:
    return _END.match(text) or _HEAD.match(text) or text.startswith("exit status")


def folder_of(package: str) -> str:
    """Where a package lies in its repository, by the habits of import paths."""
    parts = package.split("/")
    hosted = "." in parts[0]
    depth = 1 if not hosted else 3 if _FORGE.match(package) else 2
    usual = next((i for i, part in enumerate(parts) if part in {"internal", "pkg", "cmd"} and i), None)
    if usual is not None and usual > depth and hosted:
        depth = min(usual, 3)
    rest = parts[depth:]
    return "/".join(rest[1:] if rest and _VERSION.match(rest[0]) else rest)


FORMAT = Format(
    "go_test",
    starts={
        r"--- FAIL: \S+ \([\d.]+s\)$": text,
        r"=== RUN   \S+$": text,
        r"=== FAIL: \S+ [A-Z]\S* \([\d.]+s\)$": text,
        r'\{"(?:Time|Action|ImportPath)":"': events,
        r"(?:panic|fatal error): ": crash,
    },
)
