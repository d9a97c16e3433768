"""What no patch may do, decided before anything runs: each refusal has its own word and its own sentence."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from dspy_ci.codebase.snapshot import Source, parse
from dspy_ci.patches.doubts import Doubt, doubts
from dspy_ci.patches.patch import Patch
from dspy_ci.patches.pathrules import FORBIDDEN, GUARDED
from dspy_ci.patches.screens import comment_facts, emptied, facts

MAX_FILES = 20
MAX_LINES = 400
MAX_BYTES = 64 << 10

_SAYS: Mapping[str, str] = {
    "noqa-added": "silences the linter with {0!r}",
    "type-ignore-added": "silences the type checker with {0!r}",
    "coverage-ignored": "hides code from coverage with {0!r}",
    "skip-added": "skips tests with {0}",
    "leaves-process": "can end or signal the test process with {0}",
    "reaches-runner": "reaches into the test runner with {0!r}",
    "rewrites-runtime": "replaces part of the running interpreter: {0}",
    "peeks-at-runtime": "looks at or steers its caller with {0}",
    "detects-tests": "behaves differently under test: {0}",
    "test-hook": "adds the pytest hook {0}",
    "equal-to-all": "adds {0} that always gives the same answer",
}


class Refusal(NamedTuple):
    """One rule that a patch breaks."""

    rule: str
    path: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Permit:
    """What the user has asked for in so many words."""

    paths: frozenset[str] = frozenset()
    """Guarded files that may be edited."""
    rules: frozenset[str] = frozenset()
    """Rules that do not hold this time; those about paths nobody may write always hold."""


NO_PERMIT = Permit()


def refusals(patch: Patch, permit: Permit = NO_PERMIT) -> Iterator[Refusal]:
    """Every rule that the patch breaks; none means that it may be run."""
    yield from _sizes(patch)
    yield from _collisions(patch)
    for path, after in patch.sources.items():
        for refusal in (*_paths(path), *_contents(patch, path, after)):
            if refusal.rule not in permit.rules:
                yield refusal
        for rule in GUARDED:
            if rule.matches(path) and rule.name not in permit.rules and path not in permit.paths:
                yield Refusal(rule.name, path, f"refused to edit {_shown(path)}: {rule.says}")
                break


def marks(patch: Patch) -> tuple[Doubt, ...]:
    """Signs that the patch special-cases what the tests ask; for people to read, and for the order among equals."""
    found: list[Doubt] = []
    for path, after in patch.sources.items():
        before_tree, after_tree = patch.base.tree(path), parse(after.text) if after else None
        if path.endswith(".py") and before_tree and after_tree:
            found += doubts(before_tree, after_tree, path, patch.base)
    return tuple(found)


def _sizes(patch: Patch) -> Iterator[Refusal]:
    if len(patch.sources) > MAX_FILES:
        yield Refusal("too-large", "", f"refused: it changes {len(patch.sources)} files, more than {MAX_FILES}")
    elif len(patch.diff) > MAX_BYTES or patch.size > MAX_LINES:
        most = f"{MAX_LINES} lines or {MAX_BYTES >> 10} KiB"
        yield Refusal("too-large", "", f"refused: it changes {patch.size} lines, more than {most}")


def _collisions(patch: Patch) -> Iterator[Refusal]:
    """New paths that some file systems take for another file."""
    known = {_folded(path): path for path in patch.base.paths}
    for path in patch.sources:
        other = known.setdefault(_folded(path), path)
        if other != path:
            sentence = f"refused to add {_shown(path)}: only its case differs from {_shown(other)}"
            yield Refusal("case-collision", path, sentence)


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()


def _paths(path: str) -> Iterator[Refusal]:
    for rule in FORBIDDEN:
        if rule.matches(path):
            yield Refusal(rule.name, path, f"refused to write {_shown(path)}: {rule.says}")


def _contents(patch: Patch, path: str, after: Source | None) -> Iterator[Refusal]:
    if after is None:
        return
    if "\0" in after.text:
        yield Refusal("binary", path, f"refused to write {_shown(path)}: the content is binary")
        return
    before = patch.base.text(path) or ""
    added = comment_facts(after.text) - comment_facts(before)
    old, new = parse(before), parse(after.text)
    if path.endswith((".py", ".pyi")) and new:
        added += facts(new) - (facts(old) if old else facts(parse("") or new))
        for name in emptied(old, new) if old else ():
            yield Refusal("body-emptied", path, f"refused: it empties {name} in {path}")
    for rule, seen in sorted(added):
        yield Refusal(rule, path, f"refused: {path} {_SAYS[rule].format(seen)}")


def _shown(path: str) -> str:
    """A path that cannot disturb a terminal or a report."""
    return re.sub(r"[^ -~]", "?", path)[:120] or "''"
