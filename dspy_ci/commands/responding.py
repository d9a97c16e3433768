"""What `respond` and `serve-bot` share: the desk at which a comment is answered, made of a token and a place."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from dspy_ci import models, settings
from dspy_ci.adapters import actionsevent
from dspy_ci.adapters.checkouts import Checkouts
from dspy_ci.adapters.github.client import Pace
from dspy_ci.adapters.github.forge import API, GitHub
from dspy_ci.adapters.sandbox import choice
from dspy_ci.adapters.workbenches import LocalWorkshop
from dspy_ci.commands.answering import Desk, answer
from dspy_ci.commands.rehearsing import Rehearsal
from dspy_ci.commands.requested import Bench
from dspy_ci.commands.terminal import show_json
from dspy_ci.deliveries.publishing import publish
from dspy_ci.errors import ExitCode, MissingError, NotFound, UsageError
from dspy_ci.ports.forge import Forge
from dspy_ci.reports.bundle import Bundle
from dspy_ci.reports.facts import Target
from dspy_ci.reports.markdown import visible
from dspy_ci.reports.workflow import inert
from dspy_ci.requests.gate import Limits
from dspy_ci.requests.said import Broken, Said, said

_LARGEST = 32 << 20
_MODEL = re.compile(r"DSPY_CI_(?:MODEL\w*|OLLAMA|MAX_COST|MAX_TOKENS)|\w+_API_KEY|OPENAI_\w+|\w*OLLAMA\w*|MODEL_NAME")
"""What a model needs of the environment."""


@dataclass(frozen=True, slots=True)
class House:
    """Where and as whom we work."""

    api: str = API
    server: str = "https://github.com"
    here: Path | None = None
    """A working tree that may be at the right commit already."""
    budget: str | None = None
    allow_unsandboxed: bool = False
    limits: Limits = field(default_factory=Limits)
    pace: Pace | None = None
    run_url: str = ""


def respond(
    *, event: str, event_name: str, dry_run: bool, budget: str | None, allow_unsandboxed: bool, per_commit: int,
    per_day: int,
) -> int:  # fmt: skip
    """Answer the comment of an event file; the exit code."""
    found = _said(event_name, Path(event))
    if isinstance(found, str):
        return _over("ignored", found)
    env = os.environ
    known = actionsevent.token(env)
    house = House(
        env.get("GITHUB_API_URL", API), env.get("GITHUB_SERVER_URL", "https://github.com"), Path.cwd(), budget,
        allow_unsandboxed, Limits(per_commit, per_day), pace(env.get("GITHUB_API_URL", API)),
    )  # fmt: skip
    if not known:
        raise MissingError("there is no token to answer with", hint="set GITHUB_TOKEN")
    forge: Forge = GitHub(found.repo, known, api=house.api, pace=house.pace)
    push_token = env.get("DSPY_CI_PUSH_TOKEN")
    pusher: Forge | None = GitHub(found.repo, push_token, api=house.api, pace=house.pace) if push_token else None
    rehearsal = Rehearsal(forge, found.number) if dry_run else None
    if rehearsal:
        forge, pusher = rehearsal.forge, rehearsal.forge if pusher else None
    outcome = answer(found, desk(found, forge, house, known, pusher))
    for posting in rehearsal.drafts.posted if rehearsal else ():
        show_json({"verb": posting.verb, **posting.values})
    return _over(outcome.word, outcome.text)


def pace(api: str, pause: float | None = None) -> Pace:
    """How fast we post: as GitHub asks, and without a pause on a forge that plays it on this machine."""
    near = urlsplit(api).hostname in {"127.0.0.1", "::1", "localhost"}
    return Pace(between_writes=pause if pause is not None else 0.0 if near else 1.0)


def _over(word: str, text: str) -> int:
    """Tell the runner and the log how it ended."""
    actionsevent.answer(os.environ, {"status": word}, "")
    first = text.strip().split("\n", 1)[0]
    sys.stderr.write(inert(f"{word}: {visible(first)}\n"))
    return ExitCode.SUCCESS


def desk(said_: Said, forge: Forge, house: House, token: str, pusher: Forge | None) -> Desk:
    """Everything that answering a comment takes."""
    checkouts = Checkouts(f"{house.server}/{said_.repo}.git", said_.number, token, house.here)
    model = _model(os.environ)
    budget = ("--budget", house.budget) if house.budget else ()
    workshop = LocalWorkshop(checkouts.at, _fit(allowed=house.allow_unsandboxed), options=budget, model=model)
    secrets = tuple(one for one in (token, os.environ.get("DSPY_CI_PUSH_TOKEN")) if one)

    def published(bundle: Bundle) -> tuple[Bundle, str]:
        target = Target(said_.repo, bundle.target.head_sha, said_.number)
        done = publish(bundle, target, forge, secrets=secrets, run_url=house.run_url)
        return done.bundle, f"[The summary]({done.comment.url})" if done.comment and done.comment.url else ""

    bench = Bench(forge, workshop, pusher, published, lambda sha: _settings(forge, sha, house))
    return Desk(bench, house.limits)


def _model(environment: Mapping[str, str]) -> dict[str, str]:
    """What the processes that may ask a model are given; empty when none is set."""
    chosen = settings.load(Path(), {**environment, settings.NO_FILE: "1"})
    if isinstance(models.choice(chosen, environment, needed=True), str):
        return {}
    return {name: value for name, value in environment.items() if _MODEL.fullmatch(name)}


def _said(name: str, path: Path) -> Said | str:
    try:
        data = path.read_bytes()
        if len(data) > _LARGEST:
            raise UsageError(f"{path} is too large for an event")
        return said(name, json.loads(data))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from error
    except Broken as error:
        raise UsageError(f"{path} is no event that we know: {error}") from None
    except (ValueError, RecursionError):
        raise UsageError(f"{path} is no JSON") from None


def _fit(*, allowed: bool) -> Callable[[Path], None]:
    """Whether foreign code may be run in a folder: where it is isolated, or where somebody has said so."""

    def check(folder: Path) -> None:
        if not allowed:
            choice.chosen(str(folder), isolated=True)

    return check


def _settings(forge: Forge, sha: str, house: House) -> Mapping[str, str]:
    """The settings of the base branch; those of the pull request count for nothing."""
    try:
        text = forge.read("pyproject.toml", sha).decode("utf-8", "replace")
    except NotFound:
        text = ""
    waived = {"DSPY_CI_ALLOW_UNSANDBOXED": "1"} if house.allow_unsandboxed else {"CI": "true"}
    return {**settings.as_environment(text), **waived}
