"""A described change as a bundle: what `edit` says is read as strictly as anything else that leaves a workshop."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from dspy_ci.reports.bundle import SCHEMA
from dspy_ci.reports.facts import Target


def edited(record: Mapping[str, Any], target: Target) -> str:
    """The bundle, in JSON, of a record of `edit`; what makes no sense in it is refused by whoever reads the bundle."""
    patches = record.get("patches")
    proposals = [_proposal(one) for one in patches if isinstance(one, Mapping)] if isinstance(patches, list) else []
    found = any(one["proof"]["state"] == "verified" for one in proposals)
    summary = str(record.get("summary") or "No change was made.")[:1000]
    told = {
        "schema": SCHEMA, "target": asdict(target), "status": "fixed" if found else "unfixed", "summary": summary,
        "proposals": proposals, "model": record.get("model"), "notes": record.get("notes") or [],
    }  # fmt: skip
    return json.dumps(told)


def _proposal(patch: Mapping[str, Any]) -> dict[str, Any]:
    verdict = patch.get("verdict")
    verdict = verdict if isinstance(verdict, Mapping) else {}
    evidence = verdict.get("evidence")
    proof = {name: verdict.get(name) for name in ("state", "reason", "score", "tests", "types", "lint")}
    if isinstance(evidence, Mapping):
        proof |= {name: evidence.get(name) for name in ("command", "base", "digest", "tier")}
    told = {name: patch.get(name) for name in ("id", "origin", "rationale", "diff")}
    return {**told, "proof": proof, "safe": patch.get("disposition") == "safe", "notes": patch.get("notes") or []}
