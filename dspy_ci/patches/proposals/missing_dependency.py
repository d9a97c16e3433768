"""A package that the code imports and that is not there: what to declare, and what to run."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from dspy_ci.codebase.modules import module_paths
from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.failures.failure import Failure
from dspy_ci.patches.patch import Edit, Patch
from dspy_ci.patches.proposal import Proposal
from dspy_ci.patches.proposals.distributions import DISTRIBUTIONS
from dspy_ci.suspects.evidence import Evidence

NAME = "missing-dependency"

_LIST = re.compile(r"^dependencies\s*=\s*\[(?P<inside>[^\]]*)\]", re.MULTILINE)
_REQUIREMENTS = re.compile(r"(?:^|.*/)requirements\.(?:in|txt)")


def proposals(failure: Failure, evidence: Evidence) -> Iterator[Proposal]:
    """Install it where it is declared; else declare it, under the name of its distribution."""
    found = re.search(r"No module named '?([\w.]+)'?", failure.message)
    top = found[1].partition(".")[0] if found else ""
    if not top or top in sys.stdlib_module_names or any(module_paths(evidence.snapshot, top)):
        return
    name = DISTRIBUTIONS.get(top, top.replace("_", "-"))
    declaring = [path for path in ("pyproject.toml", *_requirements(evidence.snapshot)) if path in evidence.snapshot]
    holder = next((path for path in declaring if _declares(evidence.snapshot.text(path) or "", name)), None)
    if holder:
        command = (
            f"python -m pip install -r {holder}" if holder.endswith((".txt", ".in")) else "python -m pip install -e ."
        )
        text = f"`{top}` is declared in {holder}, and not installed where the tests run."
        yield Proposal(NAME, text, command)
        return
    target = next(iter(reversed(declaring)), None)
    diff = _declared(evidence.snapshot, target, name) if target else None
    where = f"; {target} is where to declare it" if target else ""
    sure = "" if top in DISTRIBUTIONS else " (look it up first: a distribution may have another name than its module)"
    text = f"`{top}` is imported and declared nowhere; it comes with the distribution {name}{where}{sure}."
    yield Proposal(NAME, text, f"python -m pip install {name}", diff)


def _requirements(code: Snapshot) -> list[str]:
    return [path for path in code.paths if _REQUIREMENTS.fullmatch(path)]


def _declares(text: str, name: str) -> bool:
    wanted = re.sub(r"[-_.]+", "[-_.]+", re.escape(name).replace("\\-", "-").replace("\\.", "."))
    return bool(re.search(rf"(?im)(?:^|[\"'\s]){wanted}(?![\w-])", text))


def _declared(code: Snapshot, path: str, name: str) -> str | None:
    """The diff that declares it; None where the file is built otherwise."""
    text = code.text(path) or ""
    if path == "pyproject.toml":
        found = _LIST.search(text)
        if found is None:
            return None
        at = found.end("inside")
        inside = found["inside"].rstrip()
        comma = "" if not inside or inside.endswith(",") else ","
        at = found.start("inside") + len(inside)
        added = f'{comma}\n    "{name}",' if "\n" in found["inside"] else f'{comma}{" " if inside else ""}"{name}"'
        edit = Edit(path, at, at, added)
    else:
        end = "" if not text or text.endswith("\n") else "\n"
        edit = Edit(path, len(text), len(text), f"{end}{name}\n")
    return Patch(code, (edit,), "proposal", "").diff
