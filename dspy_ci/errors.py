"""The errors that we foresee, each with an exit code and a hint.

DspyCiError            3  our own fault
+- UsageError          2  the command line or the settings are wrong
+- MissingError        4  an outside thing is missing or refused: tool, token, model, interpreter
|  +- SandboxError     4  no sandbox could be opened, or it broke
|  |  +- IsolationError 4  code that nobody trusts would have run where nothing isolates it
|  +- ModelError       4  a language model is missing, refused, or gave no answer that can be used
|  +- ForgeError       4  the forge did not do what it was asked
|     +- Forbidden     4  the token lacks a permission, which is named
|     +- NotFound      4  there is no such thing, or the token may not see it
|     +- Refused       4  the forge understood and would not (422)
|     +- Throttled     4  too many requests, even after waiting
|     +- Unreachable   4  no answer, or none that makes sense, even after trying again
+- RedError            1  what was asked about is red (control flow: the report is already printed)
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a process of ours says when it ends; the same for every verb."""

    SUCCESS = 0
    RED = 1
    USAGE = 2
    FAULT = 3
    MISSING = 4
    INTERRUPTED = 130


class DspyCiError(Exception):
    """A foreseen failure: a sentence for people and what to type next."""

    exit_code = ExitCode.FAULT

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        """Keep the sentence (lower case, no final stop) and the hint."""
        super().__init__(message)
        self.hint = hint


class UsageError(DspyCiError):
    """The command line or the settings ask for something that cannot be."""

    exit_code = ExitCode.USAGE


class MissingError(DspyCiError):
    """A needed outside thing is missing or refused."""

    exit_code = ExitCode.MISSING


class SandboxError(MissingError):
    """The sandbox could not be opened, or broke while we needed it."""


class ModelError(MissingError):
    """A language model is missing, refused, or gave no answer that can be used."""

    def __init__(
        self, kind: str, message: str, *, hint: str | None = None, wait: float | None = None, spent: bool = False
    ) -> None:
        """Keep the sentence, and what a caller may act upon."""
        super().__init__(message, hint=hint)
        self.kind = kind
        """`offline unreachable timeout cut garbage redirect auth missing rate billing too-long refused server empty
        truncated useless budget`"""
        self.wait = wait
        """Seconds after which the server wants to be asked again."""
        self.spent = spent
        """Whether the server may have worked for the answer, and will count it."""


class IsolationError(SandboxError):
    """Isolation was demanded and could not be had; never a reason to go on without it."""


class ForgeError(MissingError):
    """The forge did not do what it was asked."""


class Forbidden(ForgeError):  # noqa: N818 - the words of the forge
    """The token lacks a permission."""

    def __init__(self, message: str, *, permission: str | None = None, hint: str | None = None) -> None:
        """Keep the permission that would do, such as `pull-requests: write`."""
        super().__init__(message, hint=hint)
        self.permission = permission


class NotFound(ForgeError):  # noqa: N818 - the same
    """There is no such thing, or the token may not see it."""


class Refused(ForgeError):  # noqa: N818 - the same
    """The forge understood the request and would not fulfil it."""


class Throttled(ForgeError):  # noqa: N818 - the same
    """Too many requests, even after waiting as long as we are willing to."""


class Unreachable(ForgeError):  # noqa: N818 - the same
    """No answer, or none that makes sense, even after trying again."""


class RedError(DspyCiError):
    """Ends a verb whose subject is red, after its report was printed; carries no message of its own."""

    exit_code = ExitCode.RED

    def __init__(self) -> None:
        super().__init__("")
