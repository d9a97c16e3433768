"""GitLab, Jenkins, Travis, CircleCI and Buildkite about themselves: machines lost, time over, builds cancelled."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.failures.confidence import LINE, SUMMARY, WRAPPER
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure, Kind
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import Format

_GITLAB: tuple[tuple[str, Kind], ...] = (
    (r"Job failed \(system failure\)|Preparation failed|.*runner system failure", "infra"),
    (r".*execution took longer than", "timeout"),
    (r".*cancell?ed", "cancelled"),
    (r".*(?:toomanyrequests|rate limit|i/o timeout|no such host|TLS handshake)", "network"),
    (r".*(?:pull access denied|unauthorized|denied: )", "permission"),
    (r".*failed to pull image", "dependency"),
)
_JENKINS_LOST = re.compile(
    r"Cannot contact |Could not connect to |hudson\.remoting\.|java\.nio\.channels\.|Caused by: |\tat |Also: |\s+at "
    r"|java\.io\.(?:EOF|IO)Exception|FATAL: |Agent was removed|.*Connection was broken|Unexpected termination"
)
_PIPELINE_PLACE = re.compile(
    r"(?:WorkflowScript|[\w./-]*Jenkinsfile): (?P<line>\d+): (?P<message>.*?)(?: @ line \d+, column (?P<col>\d+)\.)?$"
)


def gitlab(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`ERROR: Job failed (system failure): ...`; a plain exit code is no cause."""
    del cursor
    message = match["message"]
    kind = next((kind for pattern, kind in _GITLAB if re.match(pattern, message)), None)
    if kind:
        yield Failure("gitlab-runner", kind, f"ERROR: {message}", confidence=LINE)


def agent_lost(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """The connection to an agent broke; several exceptions tell of it."""
    lines = [match.string, *cursor.take_while(_JENKINS_LOST.match, limit=300)]
    told = [text.strip() for text in lines if not re.match(r"\s+at ", text)]
    yield Failure("jenkins", "infra", "\n".join(told[:8]), confidence=LINE)


def pipeline(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """A Jenkinsfile that does not compile."""
    del cursor
    place = _PIPELINE_PLACE.match(match[0])
    if place:
        yield Failure(
            "jenkins",
            "config",
            place["message"],
            file="Jenkinsfile",
            line=int(place["line"]),
            col=int(place["col"]) if place["col"] else None,
            confidence=LINE,
        )


def step(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`No such DSL method`, and steps that may not be used."""
    del cursor
    yield Failure("jenkins", "config", match["message"], confidence=LINE)


def out_of_time(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """The CI system ended a job that took too long or fell silent."""
    del cursor
    yield Failure("ci", "timeout", match[0], confidence=LINE)


def cancelled(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """Somebody ended the build; any other failure explains more."""
    del cursor
    yield Failure("ci", "cancelled", match[0], confidence=WRAPPER)


def lost(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """The machine went away."""
    del cursor
    yield Failure("ci", "infra", match[0], confidence=SUMMARY)


FORMAT = Format(
    "runners",
    starts={
        r"ERROR: (?P<message>(?:Job failed|Preparation failed).*)": gitlab,
        r"(?:Cannot contact \S+: |hudson\.remoting\.\w*Exception|java\.nio\.channels\.ClosedChannelException"
        r"|FATAL: (?:command execution failed|Unable to delete|Remote call on)|Agent went offline)": agent_lost,
        r"WorkflowScript: \d+: .+": pipeline,
        r"\S*Jenkinsfile: \d+: .+": pipeline,
        r"java\.lang\.NoSuchMethodError: (?P<message>No such DSL method .*)": step,
        r"(?:Timeout has been exceeded|Cancelling nested steps due to timeout)": out_of_time,
        r"No output has been received in the last \S+, this potentially indicates a stalled build.*": out_of_time,
        r"The job exceeded the maximum time limit for jobs, and has been terminated\.": out_of_time,
        r"Too long with no output \(exceeded [^)]*\).*": out_of_time,
        r"(?:Finished: ABORTED|Aborted by \S.*|Your build was cancell?ed\.?|Build was cancell?ed"
        r"|Received cancellation signal.*)": cancelled,
        r"(?:There has been a runner system failure|An error occurred while provisioning|Agent lost: ).*": lost,
    },
    meta=True,
)
