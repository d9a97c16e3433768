"""Stack traces of the JVM, wherever they are printed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dspy_ci.failures.failure import Frame

EXCEPTION = r"(?P<exc>(?:[a-z_$][\w$]*\.)+[A-Z][\w$]*|[A-Z]\w*(?:Error|Exception|Failure))"
RAISED = re.compile(rf"\s*(?:Caused by: )?{EXCEPTION}(?:: (?P<msg>.*)|$)")
_FRAME = re.compile(
    r"\s*at (?:[\w.-]*@?[\w.-]*//?)?(?P<func>(?P<cls>[\w.$]+)\.[\w$<>]+)\((?P<file>[\w$-]+\.\w+):(?P<line>\d+)\)"
)
FRAME = re.compile(r"\s*(?:at \S|\.\.\. \d+ (?:more|common)|Suppressed: |Caused by: )")
_FOREIGN = re.compile(
    r"(?:java|javax|jdk|sun|com\.sun|jakarta|kotlin|kotlinx|scala|groovy|clojure|android)\."
    r"|org\.(?:junit|opentest4j|hamcrest|assertj|mockito|testng|gradle|apache|codehaus|springframework|hibernate|spockframework)\."
    r"|com\.(?:google|intellij|fasterxml)\.|junit\.|reactor\.|io\.(?:netty|kotest|mockk)\.|net\.bytebuddy\.|worker\."
)


def frames_of(lines: Sequence[str]) -> tuple[Frame, ...]:
    """The frames that lines show, outermost first; the log knows only the names of the files, not their folders."""
    found = [
        Frame(match["file"], int(match["line"]), match["func"], in_repo=not _FOREIGN.match(match["cls"]))
        for text in lines
        if (match := _FRAME.match(text))
    ]
    return tuple(reversed(found))


def class_of(frame: Frame) -> str:
    """The class, with its package, that the function of a frame belongs to."""
    return (frame.function or "").rpartition(".")[0].partition("$")[0]


def raised(lines: Sequence[str]) -> tuple[str | None, str]:
    """Exception and message of the first line that shows one."""
    match = next((match for text in lines if (match := RAISED.match(text))), None)
    if not match:
        return None, next((text.strip() for text in lines if text.strip()), "")
    return match["exc"], (match["msg"] or "").strip()
