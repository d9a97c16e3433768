"""What the publisher checks once more before it believes a bundle: paths, sizes, secrets, signs that nobody sees."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from dspy_ci.deliveries.diffs import FileDiff, Mangled, file_diffs
from dspy_ci.logs.redaction import SHAPES, Redactor
from dspy_ci.patches.pathrules import FORBIDDEN, GUARDED
from dspy_ci.patches.policy import MAX_BYTES, MAX_FILES, MAX_LINES
from dspy_ci.reports.bundle import Bundle, Finding, Proof, Proposal
from dspy_ci.reports.markdown import hides

_HOOKS = re.compile(r"(?:.*/)?(?:\.husky|\.githooks|\.claude|\.vscode|\.devcontainer)(?:/.*)?")
_WORDS = frozenset({"password", "key", "authorization", "base64-block"})
"""Shapes that ordinary code has too: `password = ask()`; they count only where a value with a digit is added."""
_ID = re.compile(r"[0-9a-f]{6,64}")
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def screened(bundle: Bundle, secrets: Iterable[str]) -> tuple[Bundle, tuple[str, ...]]:
    """The bundle without secrets and without patches that must not be posted; and why they must not.

    Findings are never dropped. `secrets` are values that nobody may see, such as our own token.
    """
    redactor = Redactor(secrets)
    kept, refused = list[Proposal](), list[str]()
    for proposal in bundle.proposals:
        reason = next(refusals(proposal, redactor), None)
        if reason is None:
            kept.append(_cleaned(proposal, redactor.redact))
        else:
            refused.append(f"a patch is withheld: {redactor.redact(reason)}")
    status = "unfixed" if bundle.status == "fixed" and not any(one.verified for one in kept) else bundle.status
    clean = redactor.redact
    return replace(
        bundle,
        status=status,
        summary=clean(bundle.summary) if status == bundle.status else "A patch was found, and may not be posted.",
        findings=tuple(_finding(one, clean) for one in bundle.findings),
        proposals=tuple(kept),
        command=clean(bundle.command),
        suspects=tuple(map(clean, bundle.suspects)),
        model=clean(bundle.model) if bundle.model else None,
        notes=tuple(map(clean, bundle.notes)),
    ), tuple(refused)


def refusals(proposal: Proposal, redactor: Redactor) -> Iterator[str]:
    """Why a patch must not be posted, in words."""
    if not _ID.fullmatch(proposal.id):
        yield "its id is none of ours"
    if len(proposal.diff) > MAX_BYTES:
        yield f"it is larger than {MAX_BYTES >> 10} KiB"
        return
    if redactor.holds(proposal.diff):
        yield "it shows a secret of ours"
    try:
        files = file_diffs(proposal.diff)
    except Mangled as error:
        yield str(error)
        return
    yield from _sizes(files)
    for file in files:
        yield from _paths(file.path)
        yield from _lines(file)


def bad_target(bundle: Bundle) -> str | None:
    """Why the bundle speaks of nothing that can be found again."""
    target = bundle.target
    if not _SHA.fullmatch(target.head_sha):
        return "its head is no commit id"
    if target.pull is not None and not 0 < target.pull < 1 << 31:
        return "its pull request is no number"
    return None


def _sizes(files: tuple[FileDiff, ...]) -> Iterator[str]:
    lines = sum(len(change.old) + len(change.new) for file in files for change in file.changes)
    if len(files) > MAX_FILES or lines > MAX_LINES:
        yield f"it changes {len(files)} files and {lines} lines, more than {MAX_FILES} and {MAX_LINES}"


def _paths(path: str) -> Iterator[str]:
    shown = re.sub(r"[^ -~]", "?", path)[:120]
    for rule in (*FORBIDDEN, *GUARDED):
        if rule.matches(path):
            yield f"it writes {shown!r}: {rule.says}"
    if _HOOKS.fullmatch(path):
        yield f"it writes {shown!r}: tools run what lies there"
    if hides(path):
        yield f"it writes {shown!r}: the name holds signs that nobody sees"


def _lines(file: FileDiff) -> Iterator[str]:
    old = "\n".join(line for change in file.changes for line in change.old)
    new = "\n".join(line for change in file.changes for line in change.new)
    if "\0" in new:
        yield f"what it adds to {file.path!r} is binary"
    if any(hides(line) for change in file.changes for line in change.new if line not in change.old):
        yield f"what it adds to {file.path!r} holds signs that nobody sees"
    if _secret(new, old):
        yield f"what it adds to {file.path!r} looks like a secret"


def _secret(new: str, old: str) -> bool:
    """Whether new text holds what looks like a secret and did not stand there before."""
    found = ((shape.label, match) for shape in SHAPES for match in shape.pattern.finditer(new))
    values = ((label, match.groupdict().get("secret") or match[0]) for label, match in found)
    return any(
        value not in old and (label not in _WORDS or any(sign.isdigit() for sign in value)) for label, value in values
    )


def _cleaned(proposal: Proposal, clean: Callable[[str], str]) -> Proposal:
    proof = proposal.proof
    return replace(
        proposal,
        origin=clean(proposal.origin),
        rationale=clean(proposal.rationale),
        notes=tuple(map(clean, proposal.notes)),
        proof=_proof(proof, clean),
    )


def _proof(proof: Proof, clean: Callable[[str], str]) -> Proof:
    tests = proof.tests
    return replace(
        proof,
        reason=clean(proof.reason),
        command=clean(proof.command),
        tests=replace(
            tests, fixed=tuple(map(clean, tests.fixed)), still_red=tuple(map(clean, tests.still_red)),
            lost=tuple(map(clean, tests.lost)), unstable=tuple(map(clean, tests.unstable)),
        ),
    )  # fmt: skip


def _finding(one: Finding, clean: Callable[[str], str]) -> Finding:
    failure = one.failure
    told: dict[str, Any] = {
        name: clean(value)
        for name in ("message", "tool", "file", "symbol", "test_id", "code", "exception", "step", "job")
        if (value := getattr(failure, name))
    }
    hint = failure.fixable_hint
    hinted = replace(hint, text=clean(hint.text)) if hint else None
    failure = replace(failure, **told, fixable_hint=hinted)
    return replace(one, failure=failure, excerpt=clean(one.excerpt), why=clean(one.why))
