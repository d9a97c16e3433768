"""What each role finds in its environment: the reader and the publisher a token, the solver none."""

from __future__ import annotations

import re
from collections.abc import Mapping

from dspy_ci.errors import UsageError
from dspy_ci.logs.redaction import secret_values

_SYSTEM = re.compile(
    r"PATH|HOME|USER|LOGNAME|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|TEMP|TMP|CI|RUNNER_\w+|XDG_\w+|SSL_CERT_\w+"
    r"|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|(?:http|https|no|all)_proxy|(?:HTTP|HTTPS|NO|ALL)_PROXY|NO_COLOR|FORCE_COLOR"
    r"|SYSTEMROOT|COLUMNS|LD_LIBRARY_PATH"
)
_GITHUB = re.compile(r"GITHUB_(?!TOKEN|ENV$|PATH$|STATE$|OUTPUT$|STEP_SUMMARY$)\w+")
_ANSWERS = frozenset({"GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"})
_TOKENS = frozenset({"DSPY_CI_GITHUB_TOKEN", "GITHUB_TOKEN", "GH_TOKEN"})
_POWERS = re.compile(
    r"(?:DSPY_CI_)?(?:GITHUB|GH|PUSH)_(?:\w+_)?TOKEN|DSPY_CI_(?:PUSH|APP)_\w+|ACTIONS_(?:RUNTIME|ID_TOKEN_REQUEST|CACHE|RESULTS)_\w+"
    r"|GITHUB_(?:ENV|PATH|STATE|OUTPUT|STEP_SUMMARY)"
)
_MODEL_KEY = re.compile(r"\w+_API_KEY|DSPY_CI_MODEL\w*")
_SHAPE = re.compile(r"gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{20,}")


def for_reader(environment: Mapping[str, str]) -> dict[str, str]:
    """A token and the event; no key of a model, no file that steers later steps."""
    return _only(environment, _TOKENS | {"DSPY_CI_RUN_ID"})


def for_publisher(environment: Mapping[str, str]) -> dict[str, str]:
    """The same, and the files in which a step answers."""
    return _only(environment, _TOKENS | _ANSWERS | {"DSPY_CI_RUN_ID"})


def for_solver(environment: Mapping[str, str]) -> dict[str, str]:
    """Everything but what opens a door: no token, no secret but the key of a model, no file that steers later steps."""
    secret = set(secret_values(environment))
    return {
        name: value
        for name, value in environment.items()
        if not _opens(name, value) and (value.strip() not in secret or _MODEL_KEY.fullmatch(name))
    }


def refuse_powers(environment: Mapping[str, str]) -> None:
    """Raises UsageError where the environment holds a token, for code of strangers is about to run."""
    found = sorted(name for name, value in environment.items() if value.strip() and _is_token(name, value))
    if found:
        raise UsageError(
            f"the solver runs code of a change and must not hold a token, and {found[0]} is set",
            hint="start it without, or run plain `dspy-ci action`, which keeps the roles apart",
        )


def _only(environment: Mapping[str, str], names: frozenset[str]) -> dict[str, str]:
    return {
        name: value
        for name, value in environment.items()
        if name in names or _SYSTEM.fullmatch(name) or _GITHUB.fullmatch(name)
    }


def _opens(name: str, value: str) -> bool:
    return bool(_POWERS.fullmatch(name)) or bool(_SHAPE.search(value))


def _is_token(name: str, value: str) -> bool:
    return bool(_SHAPE.search(value)) or (name.endswith("TOKEN") and bool(_POWERS.fullmatch(name)))
