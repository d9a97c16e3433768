"""What patches answer to the calls that the tests really make, recorded while they run, and to variations of them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.resources import files as resources

from dspy_ci.patches.patch import Patch
from dspy_ci.ports.sandbox import Copy
from dspy_ci.suspects.evidence import Evidence
from dspy_ci.trials.calls import Answer, Call
from dspy_ci.trials.comparing import told
from dspy_ci.trials.jury import Jury
from dspy_ci.trials.versions import Change, version

_NAME = "dspy_ci_witnessing"
_SCREEN = "dspy_ci_screening"
_MOST = 40
"""How many calls are recorded; twice as many variations are asked beside them."""
_TESTS = 40


def witnessed(
    patches: Sequence[Patch], evidence: Evidence, jury: Jury, copy: Copy, *, seed: int, seconds: float
) -> tuple[tuple[Call, ...], Mapping[Patch, tuple[Answer, ...]]]:
    """The recorded calls, and what each patch answers; one that changes more than function bodies answers nothing."""
    pairs = [(patch, found) for patch in patches if (found := version(patch))]
    if not pairs or any("::" not in name for name in jury.targets):
        return (), {}
    token, tests = secrets.token_hex(8), _tests(pairs[0][0], evidence, jury)
    inside = resources("dspy_ci.trials") / "inside"
    files = {f"{name}.py": (inside / f"{name.removeprefix('dspy_ci_')}.py").read_bytes() for name in (_NAME, _SCREEN)}
    files[f"{_NAME}.json"] = json.dumps(_job(pairs, token, tests, seed, seconds)).encode()
    run = replace(
        jury.run,
        per_test=max(0.3, (jury.run.per_test or 1.0) / 2),
        args=(*jury.run.args, "-s", "--tb=no", "-p", _NAME),
        ids=tests,
        timeout=seconds + 15.0,
    )
    output = copy.test(run, files).output
    asked = _asked(output, token)
    return asked, told(output, token, [patch for patch, _ in pairs], len(asked)) if asked else {}


def _tests(patch: Patch, evidence: Evidence, jury: Jury) -> tuple[str, ...]:
    """The failing tests first, then passing ones that run the patched file's lines."""
    paths = {edit.path for edit in patch.edits}
    near = [name for name in jury.guards if not paths.isdisjoint(evidence.lines.get(name, paths))]
    return (*jury.targets[: _TESTS // 2], *near[:_TESTS])


def _job(
    pairs: Sequence[tuple[Patch, tuple[Change, ...]]], token: str, tests: Sequence[str], seed: int, seconds: float
) -> dict[str, object]:
    lines: dict[str, list[tuple[int, int]]] = {}
    for _, changes in pairs:
        for change in changes:
            lines.setdefault(change.path, []).extend(change.functions)
    return {
        "token": token,
        "tests": tests,
        "texts": {path: pairs[0][0].base.text(path) for path in lines},
        "lines": lines,
        "versions": [changes for _, changes in pairs],
        "most": _MOST,
        "seed": seed,
        "each": 0.1,
        "limit": 2.0,
        "deadline": seconds,
    }


def _asked(output: str, token: str) -> tuple[Call, ...]:
    head = f"{token} asked "
    for line in output.splitlines():
        if line.startswith(head):
            try:
                return tuple(Call(str(code), recorded=bool(plain)) for code, plain in json.loads(line[len(head) :]))
            except (ValueError, TypeError):
                return ()
    return ()
