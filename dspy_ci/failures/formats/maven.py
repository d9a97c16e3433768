"""Maven: the compiler's list, surefire's blocks and summary, broken POMs, goals that could not be executed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.failures.confidence import BLOCK, LINE, SUMMARY, WRAPPER
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure, Kind
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import Format
from dspy_ci.failures.java_stack import FRAME, class_of, frames_of, raised

_PLACE = re.compile(r" @ line (?P<line>\d+), column (?P<col>\d+)")
_POM = re.compile(r"(?:POM|\() ?(?P<file>[^\s()]*pom\.xml|[^\s()]+\.pom)")
_SYMBOL = re.compile(r"(?:\[ERROR\])?\s+symbol: +(?:class|method|variable|constructor) (?P<name>\S.*)$")
_ARTIFACT = re.compile(
    r"(?:artifact|find|dependency:?|following artifacts could not be resolved:) (?P<name>[\w.-]+:[\w.-]+)(?::[\w.-]+)*"
)
_NETWORK = re.compile(
    r".*(?:timed out|Connection re|Unknown host|UnknownHost|Temporary failure|PKIX|handshake"
    r"|status code:? ?(?:5\d\d|429)"
    r"|Could not transfer artifact .* (?:from|to) .*\(5\d\d|Premature end)"
)
_WRAPPERS = re.compile(
    r".*(?:There (?:are|were) test (?:failures|errors)|Compilation failure|You have \d+ (?:Checkstyle|PMD))"
)
_ENDED = re.compile(r"\[(?:INFO|ERROR|WARNING)\]|##\[|$")
_SECTION = re.compile(r"\[ERROR\] (?P<name>Failures|Errors|Flakes): *$")
_ENTRY = re.compile(
    r"\[ERROR\]   (?P<id>[\w.$]+(?:\[[^\]]*\]|\{[^}]*\})?[\w.$]*(?:\([^)]*\))?)(?::(?P<line>\d+))?"
    r"(?P<chain>(?:->[\w.$]+:\d+)*)\s+(?:» )?(?P<message>\S.*)$"
)
_JAVA = r"(?P<file>(?:[A-Za-z]:)?[^\s:\[\]]+\.(?:java|kt|scala|groovy))"


def compiled(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`[ERROR] /path/A.java:[3,17] message`; the same list comes again at the end."""
    details = cursor.take_while(lambda text: re.match(r"\[ERROR\]   +\w+:|  +\w+:", text), limit=6)
    named = next((found["name"] for text in details if (found := _SYMBOL.match(text))), None)
    rule = match["rule"]
    yield Failure(
        "maven",
        "lint" if rule else "compile",
        match["message"],
        file=match["file"],
        line=int(match["line"]),
        col=int(match["col"]) if match["col"] else None,
        symbol=named,
        code=rule,
        confidence=LINE,
    )


def tested(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`pkg.Class.method -- Time elapsed: 0.01 s <<< FAILURE!`, older `method(pkg.Class)`; then the stack."""
    body = cursor.take_until(lambda text: _ENDED.match(text) and not FRAME.match(text), limit=1000)
    method, cls = match["method"], match["cls"]
    if cls and "." in method:
        method, cls = f"{method}({cls})", None
    name = f"{cls}.{method}" if cls else method
    exception, message = raised(body)
    frames = frames_of(body)
    owner = cls or name.partition("(")[0].rpartition(".")[0]
    ours = [frame for frame in frames if frame.in_repo]
    mine = [frame for frame in ours if class_of(frame) == owner]
    place = next(reversed(ours or mine), None)
    yield Failure(
        "maven",
        "test",
        message or exception or match[0],
        file=place.file if place else None,
        line=place.line if place else None,
        test_id=name,
        exception=exception,
        frames=frames,
        confidence=BLOCK,
    )


def summary(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`[ERROR] Failures:` and the list that repeats every test on one line."""
    if match["name"] == "Flakes":
        return
    for text in cursor.take_while(lambda text: re.match(r"\[ERROR\]   ", text), limit=2000):
        if entry := _ENTRY.match(text):
            yield _listed(entry)


def _listed(entry: re.Match[str]) -> Failure:
    last = re.search(r"(?:->)?(?P<name>[\w.$]+):(?P<line>\d+)$", entry["chain"])
    line = last["line"] if last else entry["line"]
    outer = entry["id"].rpartition(".")[0].rpartition(".")[2].partition("$")[0]
    return Failure(
        "maven",
        "test",
        entry["message"],
        file=f"{outer}.java" if outer and line else None,
        line=int(line) if line and outer else None,
        test_id=entry["id"],
        confidence=SUMMARY,
    )


def pom(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """A POM that cannot be read or does not make sense; the place stands at the end of the line."""
    del cursor
    file, place = _POM.search(match["message"]), _PLACE.search(match["message"])
    yield Failure(
        "maven",
        "config",
        match["message"],
        file=file["file"] if file else "pom.xml",
        line=int(place["line"]) if place else None,
        col=int(place["col"]) if place else None,
        confidence=BLOCK,
    )


def project(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`The project x (path/pom.xml) has 2 errors`, then one line for each."""
    for text in cursor.take_while(lambda text: re.match(r"\[ERROR\]     \S", text), limit=200):
        place = _PLACE.search(text)
        message = text.removeprefix("[ERROR]").strip()
        named = re.match(r"Non-(?:parseable|resolvable parent) POM", message)
        kind: Kind = "dependency" if named and "resolvable" in named[0] else "config"
        yield Failure(
            "maven",
            kind,
            message.partition(" @ line ")[0] if not named else message,
            file=match["file"],
            line=int(place["line"]) if place else None,
            col=int(place["col"]) if place else None,
            confidence=BLOCK,
        )


def goal(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`Failed to execute goal ...`: a wrapper for compiler and tests, else the reason."""
    more = cursor.take_while(
        lambda text: re.match(r"\[ERROR\] (?!\[|->|To see|Re-run|For more|After)\S", text), limit=20
    )
    message = match["message"].partition(" -> [Help")[0]
    text = " ".join([message, *(line.removeprefix("[ERROR] ") for line in more[:3])])
    named = _ARTIFACT.search(text)
    kind = _goal_kind(text)
    yield Failure(
        "maven",
        kind,
        f"[ERROR] {message}",
        symbol=named["name"] if named and kind in {"dependency", "network"} else None,
        confidence=WRAPPER if _WRAPPERS.match(text) or kind == "command" else SUMMARY,
    )


def _goal_kind(text: str) -> Kind:
    if _NETWORK.match(text):
        return "network"
    if re.search(r"resolve dependencies|could not be resolved|not find artifact|resolve plugin", text):
        return "dependency"
    if "terminated without properly saying" in text or "The forked VM" in text:
        return "crash"
    if re.search(r"invalid (?:target|source) release|enforce|Fatal error compiling|release version \d+ not", text):
        return "config"
    if re.search(r"spotless|fmt-maven|format violations|formatter", text):
        return "format"
    return "lint" if re.search(r"checkstyle|pmd|spotbugs", text) else "command"


def plugin(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """A plugin or a lifecycle phase that does not exist, a folder without POM."""
    del cursor
    message = match["message"]
    kind: Kind = "dependency" if message.startswith(("Plugin", "No plugin")) else "usage"
    if _NETWORK.match(message):
        kind = "network"
    yield Failure("maven", kind, f"[ERROR] {message}", confidence=LINE)


FORMAT = Format(
    "maven",
    starts={
        rf"\[ERROR\] {_JAVA}:\[(?P<line>\d+)(?:,(?P<col>\d+))?\] (?:\(\w+\) (?P<rule>\w+): )?(?P<message>.+)": compiled,
        rf"\[ERROR\] {_JAVA}:(?P<line>\d+)(?::(?P<col>\d+))?: (?P<message>.+?) \[(?P<rule>\w+)\]$": compiled,
        r"\[ERROR\] +(?!Tests run:)(?P<method>\S.*?)(?:\((?P<cls>(?:[\w$]+\.)*[A-Z][\w$]*)\))?"
        r"\s+(?:-- )?Time elapsed: [\d.,]+ s(?:ec)?\s+<<< (?:FAILURE|ERROR)!": tested,
        r"(?P<method>\w\S*?)\((?P<cls>[\w.$]+)\)\s+Time elapsed: [\d.,]+ s(?:ec)?\s+<<< (?:FAILURE|ERROR)!": tested,
        _SECTION.pattern: summary,
        r"\[FATAL\] (?P<message>Non-(?:parseable|readable) POM .*)": pom,
        r"\[ERROR\]   The project \S* \((?P<file>[^)]+)\) has \d+ errors?": project,
        r"\[ERROR\] (?P<message>Failed to execute goal .*)": goal,
        r"\[ERROR\] (?P<message>(?:Plugin \S+ or one|No plugin found|Unknown lifecycle|The goal you specified"
        r"|Could not find the).*)": plugin,
    },
)
