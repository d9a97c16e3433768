"""A stored patch as a commit: fitted to the branch once more, screened once more, and signed by who asked for it."""

from __future__ import annotations

import os

from dspy_ci import __version__
from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.deliveries.diffs import Mangled, file_diffs
from dspy_ci.deliveries.screening import refusals
from dspy_ci.errors import NotFound, UsageError
from dspy_ci.logs.redaction import Redactor, secret_values
from dspy_ci.patches import policy
from dspy_ci.patches.applier import Unapplied, applied
from dspy_ci.patches.patch import Patch
from dspy_ci.ports.forge import Pulls, Pushes
from dspy_ci.reports.bundle import Proof, Proposal
from dspy_ci.requests.request import Request
from dspy_ci.requests.said import Said
from dspy_ci.requests.shelf import Shelved

_AGAIN = "`/dspy fix` looks for one that may be committed"


def commit(stored: Shelved, request: Request, forge: Pulls, pusher: Pushes) -> str:
    """Put the patch on the branch of the pull request; the id of the commit.

    Raises UsageError when it may not be committed or does not fit, Refused when the branch has moved on.
    """
    pull = request.pull
    if reason := next(
        refusals(Proposal(stored.id, "stored", "", stored.diff, Proof("verified", "")), _redactor()), None
    ):
        raise UsageError(f"the patch may not be committed: {reason}; {_AGAIN}")
    patch = patched(stored, forge, pull.head_sha)
    made = pusher.push(branch=pull.head_ref, parent=pull.head_sha, message=message(stored, request), files=patch.files)
    return made.sha


def patched(stored: Shelved, forge: Pulls, sha: str) -> Patch:
    """The patch on the files of a commit, to the letter what was proved. Raises UsageError when it cannot be."""
    try:
        base = Snapshot.of(dict(_files(stored.diff, forge, sha)))
    except Mangled as error:
        raise UsageError(f"the patch cannot be read: {error}") from None
    patch = applied(stored.diff, base, origin="stored", rationale="Stored when it was proved.")
    if isinstance(patch, Unapplied) or patch.diff != stored.diff:
        raise UsageError(f"the patch does not fit the branch any more; {_AGAIN}")
    if broken := next(policy.refusals(patch), None):
        raise UsageError(f"the patch may not be committed: it breaks the rule {broken.rule!r}; {_AGAIN}")
    return patch


def message(stored: Shelved, request: Request) -> str:
    """What the commit says: what was mended, who asked, and where the proof stands."""
    said = request.said
    return (
        f"Mend what CI found red\n\n"
        f"Patch {stored.id} was proved on {stored.sha}: red before, green after, nothing lost.\n\n"
        f"Dspy-CI-Patch: {stored.id}\n"
        f"{_trailer(said)}\n"
        f"Dspy-CI-Version: {__version__}\n"
        f"Co-authored-by: {said.author.login} <{_address(said)}>\n"
    )


def committed_for(said: Said, forge: Pulls) -> str | None:
    """The head, when it is the commit that this very comment asked for: whoever made it did not come to say so."""
    pull = forge.pull(said.number)
    if pull.from_fork:  # anybody may write our trailers there
        return None
    return pull.head_sha if _trailer(said) in forge.commit(pull.head_sha).message.splitlines() else None


def _trailer(said: Said) -> str:
    return f"Dspy-CI-Request: {said.repo}#{said.number} comment {said.comment}"


def _address(said: Said) -> str:
    number = f"{said.account}+" if said.account else ""
    return f"{number}{said.author.login}@users.noreply.github.com"


def _files(diff: str, forge: Pulls, sha: str) -> list[tuple[str, bytes]]:
    found = []
    for file in file_diffs(diff):
        if file.kind == "added":
            try:
                found.append((file.path, forge.read(file.path, sha)))
            except NotFound:
                continue
        else:
            found.append((file.path, forge.read(file.path, sha)))
    return found


def _redactor() -> Redactor:
    return Redactor(secret_values(os.environ))
