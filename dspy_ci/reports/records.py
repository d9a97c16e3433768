"""Records as JSON objects, with the field names of the public contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from dspy_ci.failures.failure import Failure
from dspy_ci.ports.lm import Usage
from dspy_ci.reports.fix import FixReport, Offer
from dspy_ci.suspects.suspect import Suspect
from dspy_ci.verdicts.verdict import Verdict

Record = dict[str, Any]


def failure_record(failure: Failure) -> Record:
    """One failure; what is absent is null."""
    return {**asdict(failure), "fingerprint": failure.fingerprint}


def suspect_record(suspect: Suspect) -> Record:
    """One suspect."""
    return {**asdict(suspect), "score": round(suspect.score, 4)}


def verdict_record(verdict: Verdict) -> Record:
    """One verdict, with its evidence."""
    return {
        "state": verdict.state.value,
        "reason": verdict.reason,
        "score": verdict.score,
        "parts": dict(verdict.parts),
        "tests": asdict(verdict.tests),
        "types": asdict(verdict.types) if verdict.types else None,
        "lint": asdict(verdict.lint) if verdict.lint else None,
        "evidence": asdict(verdict.evidence) if verdict.evidence else None,
    }


def offer_record(offer: Offer) -> Record:
    """One patch with its verdict."""
    patch = offer.patch
    return {
        "id": patch.id,
        "origin": patch.origin,
        "rationale": patch.rationale,
        "disposition": "safe" if patch.safe else "unsafe",
        "diff": patch.diff,
        "verdict": verdict_record(offer.verdict),
        "notes": list(offer.notes),
    }


def usage_record(usage: Usage) -> Record:
    """What a model used; the cost is 0 where no price is known."""
    return {**asdict(usage), "cost": round(usage.cost, 6)}


def fix_record(report: FixReport) -> Record:
    """The whole of `fix --format json`."""
    guarantees: Mapping[str, Any] = asdict(report.guarantees) if report.guarantees else {}
    promises = {name: guarantees[name] for name in ("files", "network", "secrets", "processes") if name in guarantees}
    return {
        "schema": "dspy-ci/fix/1",
        "status": report.status,
        "summary": report.summary,
        "command": report.command,
        "failures": [failure_record(failure) for failure in report.failures],
        "cause": report.cause,
        "suspects": [suspect_record(suspect) for suspect in report.suspects],
        "patches": [offer_record(offer) for offer in report.offers],
        "proposals": [asdict(proposal) for proposal in report.proposals],
        "candidates_tried": report.tried,
        "candidates_until_found": report.first,
        "elapsed_s": round(report.seconds, 3),
        "sandbox": {"tier": guarantees.get("tier"), "name": guarantees.get("name"), "guarantees": promises},
        "notes": list(report.notes),
        "model": report.model,
        "usage": usage_record(report.usage) if report.usage else None,
    }
