"""The publisher: bundle in, words on the pull request out. It holds a token, and neither code nor model."""

from __future__ import annotations

import json
import os
import re
import secrets
import sys
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path

from dspy_ci.adapters import actionsevent
from dspy_ci.adapters.localpull import NUMBER, REPOSITORY, local_pull
from dspy_ci.commands.targets import forge_of, target_of
from dspy_ci.deliveries.publishing import Published, headline, publish
from dspy_ci.errors import ExitCode, UsageError
from dspy_ci.logs.redaction import secret_values
from dspy_ci.ports.drafts import Drafts, snapshot
from dspy_ci.ports.forge import Forge
from dspy_ci.reports.bundle import MOST_BYTES, Bundle, bundle_of
from dspy_ci.reports.facts import Target
from dspy_ci.reports.workflow import annotated, muted

_DRAFTS = "drafts.json"
_ID = re.compile(r"[0-9a-f]{6,64}")


def publish_bundle(source: Path, *, dry_run: bool, folder: Path | None = None) -> int:
    """Deliver a bundle; the exit code: 0 when it was delivered, whatever it says."""
    event = actionsevent.event(os.environ)
    bundle = bundle_of(_bytes(source))
    forge = forge_of(event, os.environ)
    target = target_of(event, forge, folder)
    if dry_run:
        return _rehearsed(bundle, target, forge, source.parent, folder)
    done = publish(bundle, target, forge, secrets=secret_values(os.environ), run_url=event.run_url)
    _answer(done, source.parent)
    return ExitCode.SUCCESS


def _rehearsed(bundle: Bundle, target: Target, forge: Forge | None, out: Path, folder: Path | None) -> int:
    """Deliver to a forge that posts nothing, and show what it would have posted."""
    drafts = Drafts()
    if forge is not None and target.pull is not None:
        drafts = Drafts(snapshot(forge, target.pull), me=forge.identity())
    elif folder is not None:  # no forge: the pull request that this branch would make
        drafts = Drafts(local_pull(folder, target.head_sha))
        target = replace(target, repository=REPOSITORY, pull=NUMBER)
        bundle = replace(bundle, target=replace(bundle.target, repository=REPOSITORY, pull=NUMBER))
    done = publish(bundle, target, drafts, secrets=secret_values(os.environ))
    told = [asdict(posting) for posting in drafts.posted]
    (out / _DRAFTS).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    _print("\n".join(f"would {one.verb.replace('_', ' ')}: {json.dumps(one.values)}" for one in drafts.posted))
    sys.stderr.write(f"nothing was posted; all of it stands in {out / _DRAFTS}\n")
    _answer(done, out)
    return ExitCode.SUCCESS


def _answer(done: Published, out: Path) -> None:
    """Outputs and summary for the runner, annotations and a line for the log."""
    actionsevent.answer(os.environ, outputs(done, out), done.page)
    for line in annotated(done.commands):
        sys.stdout.write(f"{line}\n")
    notes = "".join(f"\n  {note}" for note in done.notes)
    told = f"{headline(done)}{notes}"
    _print(told)


def _print(text: str) -> None:
    """Print text with foreign words in it; the runner obeys none of them."""
    sys.stdout.write(f"{muted(text, secrets.token_hex(16)) if 'GITHUB_ACTIONS' in os.environ else text}\n")


def outputs(done: Published, out: Path) -> dict[str, str]:
    """The outputs of the action."""
    bundle, patch = done.bundle, _patch(done.bundle, out)
    return {
        "status": bundle.status,
        "failures": str(len(bundle.findings) + bundle.left_out),
        "patches": str(sum(one.verified for one in bundle.proposals)),
        "patch-path": str(patch) if patch else "",
        "comment-url": done.comment.url if done.comment else "",
        "comment-id": str(done.comment.id) if done.comment else "",
        "cost": f"{bundle.cost:.4f}",
    }


def _patch(bundle: Bundle, out: Path) -> Path | None:
    """The file of the best patch: what was checked is written, whatever lies there under its name."""
    best = bundle.best
    if best is None or not _ID.fullmatch(best.id):
        return None
    patch = out / f"{best.id}.patch"
    with suppress(FileNotFoundError):
        patch.unlink()  # it may be a link to elsewhere
    patch.write_bytes(best.diff.encode("utf-8", "surrogateescape"))
    return patch


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as source:
            return source.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from error
