"""What GitHub Actions tells a job: the run, the event, and the files to answer in."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dspy_ci.errors import MissingError, UsageError

TOKENS = ("DSPY_CI_GITHUB_TOKEN", "GITHUB_TOKEN", "GH_TOKEN")
"""Where a token is looked for, the first one that is not empty."""
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_LARGEST = 32 << 20
_API = "https://api.github.com"
_SERVER = "https://github.com"


@dataclass(frozen=True, slots=True)
class Event:
    """The run that we are about."""

    name: str = ""
    repository: str = ""
    head_sha: str = ""
    head_ref: str = ""
    head_repo: str | None = None
    run_id: int | None = None
    attempt: int = 1
    pull: int | None = None
    """None too where the event does not tell: a fork's pull request must be looked up by its head."""
    base_sha: str | None = None
    base_ref: str | None = None
    api: str = _API
    server: str = _SERVER

    @property
    def run_url(self) -> str:
        """Where people see the run."""
        return f"{self.server}/{self.repository}/actions/runs/{self.run_id}" if self.run_id else ""

    @property
    def from_fork(self) -> bool:
        """Whether the head lies in another repository."""
        return self.head_repo is not None and self.head_repo != self.repository


def event(environment: Mapping[str, str]) -> Event:
    """The event of this job. Raises UsageError where it is one that must not be answered, or makes no sense."""
    name = environment.get("GITHUB_EVENT_NAME", "")
    if name == "pull_request_target":
        raise UsageError(
            "pull_request_target runs with a token that may write, next to code of strangers",
            hint="use pull_request, and workflow_run for forks; docs/github.md shows how",
        )
    told = _payload(environment.get("GITHUB_EVENT_PATH"))
    common: dict[str, Any] = {
        "name": name,
        "repository": environment.get("GITHUB_REPOSITORY", ""),
        "run_id": _number(environment.get("DSPY_CI_RUN_ID") or environment.get("GITHUB_RUN_ID")),
        "attempt": _number(environment.get("GITHUB_RUN_ATTEMPT")) or 1,
        "api": environment.get("GITHUB_API_URL") or _API,
        "server": environment.get("GITHUB_SERVER_URL") or _SERVER,
    }
    try:
        return Event(**{**common, **_about(name, told, environment)})
    except (KeyError, TypeError, ValueError, AttributeError):
        raise UsageError(f"the payload of the event {name!r} makes no sense") from None


def _about(name: str, told: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    """What the payload says about head and base; other events may hold a run or a pull request that is a mere hint."""
    if (pull := told.get("pull_request")) and (name.startswith("pull_request") or not name):
        return {
            "head_sha": _sha(pull["head"]["sha"]),
            "head_ref": str(pull["head"]["ref"]),
            "head_repo": str(pull["head"]["repo"]["full_name"]) if pull["head"].get("repo") else "",
            "pull": int(pull["number"]),
            "base_sha": _sha(pull["base"]["sha"]),
            "base_ref": str(pull["base"]["ref"]),
        }
    if (run := told.get("workflow_run")) and name in {"workflow_run", ""}:
        return {
            "head_sha": _sha(run["head_sha"]),
            "head_ref": str(run["head_branch"]),
            "head_repo": str(run["head_repository"]["full_name"]),
            "run_id": int(run["id"]),
            "attempt": int(run.get("run_attempt") or 1),
        }
    before = told.get("before")
    known = isinstance(before, str) and _SHA.fullmatch(before) and set(before) != {"0"}
    return {
        "head_sha": environment.get("GITHUB_SHA", ""),
        "head_ref": environment.get("GITHUB_REF_NAME", ""),
        "head_repo": environment.get("GITHUB_REPOSITORY", ""),
        "base_sha": before if known else None,
    }


def token(environment: Mapping[str, str]) -> str | None:
    """The token of the job, where there is one."""
    return next((value for name in TOKENS if (value := environment.get(name, "").strip())), None)


def answer(environment: Mapping[str, str], outputs: Mapping[str, str], page: str) -> None:
    """Write outputs and summary where the runner asks for them. Raises MissingError when that is impossible."""
    try:
        if path := environment.get("GITHUB_OUTPUT"):
            with Path(path).open("a", encoding="utf-8") as sink:
                sink.writelines(_output(name, value) for name, value in outputs.items())
        if path := environment.get("GITHUB_STEP_SUMMARY"):
            with Path(path).open("a", encoding="utf-8", errors="replace") as sink:
                sink.write(page)
    except OSError as error:
        raise MissingError(f"cannot answer the runner: {(error.strerror or str(error)).lower()}") from error


def _output(name: str, value: str) -> str:
    """A block whose end nobody can guess, so that no value can begin an output of its own."""
    end = f"end-{secrets.token_hex(16)}"
    return f"{name}<<{end}\n{value}\n{end}\n"


def _payload(path: str | None) -> Mapping[str, Any]:
    if not path:
        return {}
    try:
        if os.path.getsize(path) > _LARGEST:  # noqa: PTH202 - a plain question
            raise UsageError("the payload of the event is too large")
        told = json.loads(Path(path).read_bytes())
    except (OSError, ValueError) as error:
        raise UsageError(f"the payload of the event cannot be read: {error}") from None
    return told if isinstance(told, dict) else {}


def _sha(value: Any) -> str:
    if not isinstance(value, str) or not _SHA.fullmatch(value):
        raise ValueError(value)
    return value


def _number(text: str | None) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdigit():
        raise UsageError(f"{text!r} is no number of a run")
    return int(text)
