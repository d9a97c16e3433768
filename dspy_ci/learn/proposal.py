"""A bug that may be in the history, or that was planted; nothing is proved yet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

from dspy_ci.patches.pathrules import is_test
from dspy_ci.ports.history import Commit, History
from dspy_ci.ports.sandbox import Files

Kind = Literal["tests", "revert", "feature", "lint", "types", "reversed", "planted"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""`feature` is a commit whose tests could not even start before it."""
PLANTED = frozenset({"reversed", "planted"})
"""Kinds that no commit made, but we."""

_REVERT = re.compile(r"\bThis reverts commit [0-9a-f]{7,40}")
_FIXING = re.compile(
    r"\b(?:fix\w*|bug\w*|revert\w*|correct\w*|regress\w*|wrong\w*|crash\w*|broken|repair\w*|mend\w*|handle\w*|issue\w*)\b",
    re.IGNORECASE,
)


class Planted(NamedTuple):
    """A span of a file of the base replaced by other text."""

    path: str
    start: int
    end: int
    text: str


class State(NamedTuple):
    """Two trees that differ in one thing."""

    base: Files
    """Laid over the working tree, it is the tree on which the proposal stands."""
    red: Files
    """The same for the tree in which the bug is."""
    fix: Files
    """What turns the red tree green."""

    @property
    def green(self) -> Files:
        """The files of the mended tree."""
        return {**self.red, **self.fix}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change that may turn something red green, and how to build the trees before and after it."""

    kind: Kind
    commit: Commit
    tests: tuple[str, ...] = ()
    """Paths that the red tree takes from the commit."""
    sources: tuple[str, ...] = ()
    """Paths that the fix takes from the commit."""
    planted: tuple[Planted, ...] = ()
    """With these the commit's own tree is red; taking them back is the fix."""

    @property
    def id(self) -> str:
        """The same whenever the same history is mined."""
        where = "".join(f":{path}:{start}:{end}:{text}" for path, start, end, text in self.planted)
        mark = f":{_digest(where)}" if where else ""
        return f"{self.kind}:{self.commit.id[:12]}{mark}"

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that the fix changes."""
        return self.sources or tuple(sorted({plant.path for plant in self.planted}))

    @property
    def base(self) -> str:
        """The commit upon whose tree the red one is built."""
        return self.commit.id if self.planted else self.commit.parent

    @property
    def seems_a_fix(self) -> bool:
        """Whether its author says that something was wrong."""
        return bool(_FIXING.search(f"{self.commit.subject}\n{self.commit.body}"))


def proposals(commit: Commit, changed: Files) -> Iterator[Proposal]:
    """What a commit may prove with its tests; nothing when it changes tests alone, or no Python."""
    tests = tuple(path for path in changed if is_test(path))
    sources = tuple(path for path in changed if not is_test(path))
    if any(path.endswith(".py") for path in sources):
        kind: Kind = "revert" if _REVERT.search(commit.body) or commit.subject.startswith("Revert ") else "tests"
        yield Proposal(kind, commit, tests, sources)


def state(proposal: Proposal, history: History) -> State:
    """The trees of a proposal. Raises OSError when a file cannot be had."""
    base = history.overlay(proposal.base)
    if proposal.planted:
        return _planted(proposal, base, history)
    then = history.tree(proposal.commit.id)
    now = {path: history.read(then[path]) if path in then else None for path in (*proposal.tests, *proposal.sources)}
    return State(
        base,
        {**base, **{path: now[path] for path in proposal.tests}},
        {path: now[path] for path in proposal.sources},
    )


def _planted(proposal: Proposal, base: Files, history: History) -> State:
    tree = history.tree(proposal.commit.id)
    whole = {path: history.read(tree[path]) for path in proposal.paths}
    spoilt = {path: spoilt_text(data.decode("utf-8"), proposal.planted, path).encode() for path, data in whole.items()}
    return State(base, {**base, **spoilt}, whole)


def spoilt_text(text: str, planted: tuple[Planted, ...], path: str) -> str:
    """The text of a file with what was planted in it."""
    for plant in sorted((plant for plant in planted if plant.path == path), reverse=True):
        text = text[: plant.start] + plant.text + text[plant.end :]
    return text


def texts(files: Mapping[str, bytes | None]) -> dict[str, str | None]:
    """Files as text; what cannot be decoded is replaced."""
    return {path: None if data is None else data.decode("utf-8", "replace") for path, data in files.items()}


def _digest(text: str) -> str:
    import hashlib  # noqa: PLC0415 - only planted ones need a name of their own

    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:10]
