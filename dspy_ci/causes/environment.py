"""What of the machine a failure points at: a network, a disk, a program, a package that is not there."""

from __future__ import annotations

import re
from collections.abc import Collection

from dspy_ci.causes.manner import told
from dspy_ci.failures.diagnosis import diagnose
from dspy_ci.failures.failure import Kind
from dspy_ci.logs.envelopes import pages_of
from dspy_ci.ports.sandbox import TestResult

KINDS: dict[Kind, str] = {
    "network": "the network cannot be reached",
    "disk": "the disk is full or cannot be written",
    "permission": "a permission is missing",
    "oom": "memory ran out",
    "infra": "the machine that runs the job failed",
    "dependency": "a dependency is missing",
    "command": "a program is missing",
}
"""Kinds of failures that are the machine's, with a sentence for each."""

_SIGNS = (
    ((r"name or service not known|temporary failure in name resolution|nodename nor servname|getaddrinfo failed"
     r"|network is unreachable|no route to host|connection refused|could not resolve host"
     r"|failed to establish a new connection|max retries exceeded|err_(?:name_not_resolved|connection_refused)"
     r"|could not connect to (?:the )?server|connection to server .* failed|getaddrinfo e(?:ai_again|notfound)"),
     KINDS["network"]),
    (r"no space left on device|disk quota exceeded|read-only file system|too many open files", KINDS["disk"]),
    (r"\[errno (?:1|13)\] |permission denied|operation not permitted|eacces", KINDS["permission"]),
    (r"\bmemoryerror\b|cannot allocate memory|out of memory", KINDS["oom"]),
    ((r"command not found|executable file not found|is not installed or not in path|not found on path"
     r"|no such file or directory: '[\w+-]+'|winerror 2\b|spawn [\w-]+ enoent|executable needs to be in path"),
     KINDS["command"]),
    (r"cannot open shared object file|library not loaded|dll load failed", "a library of the system is missing"),
    (r"unsupported locale setting|zoneinfonotfounderror|no time zone found", "a locale or time zone is missing"),
    ((r"no display name and no \$display|cannot (?:open|connect to) display|could not connect to display"
     r"|qt platform plugin"), "there is no display"),
    (r"cuda (?:error|driver)|no cuda gpus|no nvidia driver", "there is no graphics card"),
)  # fmt: skip
_VARIABLE = re.compile(r"os\.environ\b|\bgetenv\(|<frozen os>:\d+: KeyError|/os\.py:\d+: KeyError")
_MODULE = re.compile(r"No module named '?([\w.]+)'?")
_NO_EXCUSE = frozenset({"AssertionError", "Failed", "NameError", "SyntaxError"})
"""Failures of the code itself, whatever words they hold."""


def outside(name: str, result: TestResult, modules: Collection[str]) -> str | None:
    """What of the machine the failure of a test points at, in words; None when it points at nothing but the code.

    `modules` are the names of the project's own modules: one of those that is missing is the code's fault.
    """
    failure = told(name, result)
    said = f"{failure.exception or ''}: {failure.message}"
    if failure.exception in _NO_EXCUSE:
        return None
    if missing := _MODULE.search(said):
        return f"{missing[1]} is not installed" if missing[1].split(".")[0] not in modules else None
    if failure.exception == "KeyError" and _VARIABLE.search(result.message):
        return f"the environment variable {failure.message.strip()} is not set"
    return next((why for pattern, why in _SIGNS if re.search(pattern, said, re.IGNORECASE)), None)


def outside_of(output: str, modules: Collection[str]) -> str | None:
    """The same for the output of a command: None unless every root cause in it is the machine's."""
    causes = diagnose(pages_of([output.encode(errors="replace")])).causes()
    own = any((failure.symbol or "").split(".")[0] in modules for failure in causes if failure.symbol)
    return KINDS[causes[0].kind] if causes and not own and all(failure.kind in KINDS for failure in causes) else None
