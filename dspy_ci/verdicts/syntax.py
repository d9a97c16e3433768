"""The floor of type checking: whether the changed code parses."""

from __future__ import annotations

from dspy_ci.codebase.snapshot import parse
from dspy_ci.patches.patch import Patch
from dspy_ci.verdicts.verdict import CheckDelta


def syntax(patch: Patch) -> CheckDelta:
    """Files of the patch that parsed before and do not now, and the other way round."""
    broken_before = {path for path in patch.sources if _is_python(path) and _is_broken(patch.base.text(path))}
    broken_after = {
        path for path, source in patch.sources.items() if _is_python(path) and source and _is_broken(source.text)
    }
    return CheckDelta(
        tool="syntax",
        new=tuple(f"{path}: does not parse" for path in sorted(broken_after - broken_before)),
        fixed=tuple(f"{path}: does not parse" for path in sorted(broken_before - broken_after)),
        before=len(broken_before),
        after=len(broken_after),
    )


def _is_python(path: str) -> bool:
    return path.endswith((".py", ".pyi"))


def _is_broken(text: str | None) -> bool:
    return text is not None and parse(text) is None
