"""What the solver hands to the publisher: findings and patches with their proof, and not one byte more."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from dspy_ci import __version__
from dspy_ci.causes.cause import Label
from dspy_ci.failures.failure import Failure
from dspy_ci.reports.facts import Target
from dspy_ci.reports.fix import FixStatus, Offer
from dspy_ci.reports.strict import read
from dspy_ci.verdicts.verdict import CheckDelta, State, TestDelta

SCHEMA = "dspy-ci/bundle/1"
MOST_BYTES = 4 << 20
MOST_FINDINGS = 300
MOST_PROPOSALS = 10
_SHORTER = (4000, 1000, 250, 60)
"""Characters of a message or an excerpt; the first number that lets the whole fit counts."""
_NAME = 1000
_IDS = 200


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is red, and whose doing it is as far as an experiment told."""

    failure: Failure
    root: bool = False
    """Whether it is a root cause."""
    count: int = 1
    """How many failures of the same words it stands for."""
    excerpt: str = ""
    """The lines of the log that show it."""
    cause: Label | None = None
    """None where no experiment was made."""
    why: str = ""
    """What the experiment showed."""
    chance: float | None = None
    """How often a flaky test fails."""
    url: str = ""
    """The job that showed it."""

    @property
    def key(self) -> str:
        """Sixteen hex digits that stay the same while the failure does: no line numbers."""
        return short(self.failure.fingerprint, self.failure.test_id or "")

    @property
    def foreign(self) -> bool:
        """Whether an experiment showed that the change did not cause it."""
        return self.cause in {"pre-existing", "flaky", "environment"}


@dataclass(frozen=True, slots=True)
class Proof:
    """What was proved about a patch, as far as it is shown."""

    state: str
    reason: str
    score: float | None = None
    tests: TestDelta = field(default_factory=TestDelta)
    types: CheckDelta | None = None
    lint: CheckDelta | None = None
    command: str = ""
    base: str | None = None
    digest: str = ""
    tier: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A patch."""

    id: str
    origin: str
    rationale: str
    diff: str
    """Canonical `git diff`."""
    proof: Proof
    safe: bool = False
    notes: tuple[str, ...] = ()

    @property
    def verified(self) -> bool:
        """Whether it may be offered as a fix."""
        return self.proof.state == State.VERIFIED.value

    @property
    def key(self) -> str:
        """Sixteen hex digits of what it changes, not of where: the lines may move meanwhile."""
        return short(*(line for line in self.diff.splitlines() if not line.startswith("@@")))


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Where the code ran."""

    tier: str
    name: str
    network: str = ""
    files: str = ""


@dataclass(frozen=True, slots=True)
class Bundle:
    """All that may leave the solver."""

    target: Target
    status: FixStatus
    summary: str
    """One sentence: the verdict on the whole run."""
    findings: tuple[Finding, ...] = ()
    """Root causes first."""
    proposals: tuple[Proposal, ...] = ()
    """Best first, verified ones before all others."""
    left_out: int = 0
    """Findings beyond the limit."""
    command: str = ""
    suspects: tuple[str, ...] = ()
    tried: int = 0
    seconds: float = 0.0
    cost: float = 0.0
    """US dollars that a model took."""
    model: str | None = None
    sandbox: Sandbox | None = None
    """None where nothing ran."""
    notes: tuple[str, ...] = ()
    tool_version: str = __version__

    @property
    def best(self) -> Proposal | None:
        """The first verified patch."""
        return next((proposal for proposal in self.proposals if proposal.verified), None)

    @property
    def digest(self) -> str:
        """Of what it says, without what differs between two runs of the same code."""
        said = [self.target.head_sha, self.status, self.summary, *(f"{one.key}{one.cause}" for one in self.findings)]
        return short(*said, *(f"{one.key}{one.proof.state}" for one in self.proposals), *self.notes)


def short(*parts: str) -> str:
    """Sixteen hex digits of the parts."""
    return hashlib.sha256("\0".join(parts).encode(errors="replace")).hexdigest()[:16]


def proposal_of(offer: Offer) -> Proposal:
    """A patch of a mending run as it leaves the solver."""
    patch, verdict, evidence = offer.patch, offer.verdict, offer.verdict.evidence
    tests = verdict.tests
    proof = Proof(
        verdict.state.value,
        verdict.reason,
        verdict.score,
        replace(
            tests, fixed=tests.fixed[:_IDS], still_red=tests.still_red[:_IDS], lost=tests.lost[:_IDS],
            unstable=tests.unstable[:_IDS],
        ),
        _cut(verdict.types),
        _cut(verdict.lint),
        evidence.command if evidence else "",
        evidence.base if evidence else None,
        evidence.digest if evidence else "",
        evidence.tier if evidence else "",
    )  # fmt: skip
    diff = patch.diff.encode(errors="replace").decode()
    return Proposal(patch.id, patch.origin, patch.rationale, diff, proof, patch.safe, offer.notes)


def _cut(delta: CheckDelta | None) -> CheckDelta | None:
    return delta and replace(delta, new=delta.new[:_IDS], fixed=delta.fixed[:_IDS])


def fitted(bundle: Bundle) -> Bundle:
    """The bundle within its limits; what is left out is counted, and long texts become as short as they must."""
    shorter = bundle
    for most in _SHORTER:
        shorter = _within(bundle, most)
        if len(bundle_text(shorter)) <= MOST_BYTES:
            break
    return shorter


def _within(bundle: Bundle, most: int) -> Bundle:
    """The bundle with no more findings and patches than allowed, and no text longer than so many characters."""
    kept = bundle.findings[:MOST_FINDINGS]
    return replace(
        bundle,
        findings=tuple(
            replace(one, failure=_brief(one.failure, most), excerpt=one.excerpt[:most], why=one.why[:most])
            for one in kept
        ),
        left_out=bundle.left_out + len(bundle.findings) - len(kept),
        proposals=bundle.proposals[:MOST_PROPOSALS],
        notes=tuple(note[:most] for note in bundle.notes[:50]),
    )


def _brief(failure: Failure, most: int) -> Failure:
    hint = failure.fixable_hint
    return replace(
        failure,
        message=failure.message[:most],
        test_id=failure.test_id and failure.test_id[:_NAME],
        frames=failure.frames[-10:],
        fixable_hint=replace(hint, text=hint.text[:most]) if hint else None,
    )


def bundle_record(bundle: Bundle) -> dict[str, Any]:
    """The bundle as plain values."""
    return {"schema": SCHEMA, **asdict(bundle)}


def bundle_text(bundle: Bundle) -> str:
    """The bundle as JSON."""
    return json.dumps(bundle_record(bundle), ensure_ascii=True, indent=1) + "\n"


def bundle_of(text: str | bytes) -> Bundle:
    """The bundle of a JSON text. Raises Unfit when it is anything else, or larger than allowed."""
    return _within(read(Bundle, text, schema=SCHEMA, most_bytes=MOST_BYTES), _SHORTER[0])
