"""The GitHub runner about itself: lost, out of time, cancelled, without disk, without permission, misconfigured."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.failures.confidence import LINE, WRAPPER
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure, Kind
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import Format

_RULES: tuple[tuple[str, Kind], ...] = (
    (r"The runner has received a shutdown signal", "infra"),
    (r".*lost communication with the server|.*We stopped hearing from agent", "infra"),
    (
        r"The (?:hosted|self-hosted) runner (?:encountered an error|.*Disconnect)|The job was not (?:acquired|started)",
        "infra",
    ),
    (r"(?:Failed to (?:CreateArtifact|FinalizeArtifact|GetSignedArtifactURL)|Unable to download actions? )", "infra"),
    (r"GitHub Actions has encountered an internal error|An internal error|.*Service Unavailable", "infra"),
    (r".*exceeded the maximum execution time|The action .*has timed out|.*ran longer than the maximum time", "timeout"),
    (
        r"Unable to (?:resolve action|find (?:Node|Go) version)|Can't find 'action\.yml'|Input required and not",
        "config",
    ),
    (
        r"(?:The template is not valid|.*Unrecognized named-value|.*uses a deprecated version of|Unexpected input)",
        "config",
    ),
    (r"An error occurred trying to start process|(?:Invalid|Unable to process file) (?:workflow|command)", "config"),
    (r"(?:The v|V)ersion .* (?:was )?not found|No file in .* matched to|Unable to download artifact", "dependency"),
    (
        r".*(?:Resource not accessible by integration|Bad credentials|Not authorized|Parameter token or opts\.auth)",
        "permission",
    ),
    (
        r".*(?:API rate limit exceeded|secondary rate limit|ECONNRESET|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|Connection timed)",
        "network",
    ),
    (r"No space left on device", "disk"),
    (r"Canceling since a higher priority", "cancelled"),
)
_KINDS = tuple((re.compile(pattern), kind) for pattern, kind in _RULES)
_WORKFLOW = re.compile(
    r".*?(?P<file>[\w./-]*\.github/workflows/[\w.-]+\.ya?ml)(?: \(Line: (?P<line>\d+), Col: (?P<col>\d+)\))?"
)
_ACTION = re.compile(r"Unable to resolve action `?(?P<name>[^`,\s]+)")


def said(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """An error of the runner; others that it prints in this form belong to the tools."""
    del cursor
    message = match["message"]
    kind = next((kind for pattern, kind in _KINDS if pattern.match(message)), None)
    if kind is None:
        return
    place, action = _WORKFLOW.match(message), _ACTION.match(message)
    yield Failure(
        "github-actions",
        kind,
        message,
        file=place["file"] if place else None,
        line=int(place["line"]) if place and place["line"] else None,
        col=int(place["col"]) if place and place["col"] else None,
        symbol=action["name"] if action else None,
        confidence=LINE,
    )


def cancelled(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """Cancelled by whom, it does not say: any other failure of the job explains more."""
    del cursor
    yield Failure("github-actions", "cancelled", match["message"], confidence=WRAPPER)


FORMAT = Format(
    "github",
    starts={
        r"(?:##\[error\]|Error: )(?P<message>(?:The operation was cancell?ed|The job was cancell?ed"
        r"|The run was cancell?ed).*)": cancelled,
        r"##\[error\](?P<message>\S.*)": said,
        r"Error: (?P<message>\S.*)": said,
        r"(?:GraphQL|HttpError|RequestError \[HttpError\]): (?P<message>\S.*)": said,
        r"(?P<message>The runner has received a shutdown signal.*)": said,
    },
    meta=True,
)
