"""Bugs of our own making, where history is thin: functions of old put back, and small changes that tests notice."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dspy_ci.codebase.functions import Function, functions
from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.learn.proposal import Planted, Proposal
from dspy_ci.patches.templates.place import Mutation, Place
from dspy_ci.patches.templates.table import FAMILIES
from dspy_ci.ports.history import Commit
from dspy_ci.ports.sandbox import TestReport
from dspy_ci.suspects.evidence import is_test

_TESTS = 40
"""As many of the tests that run a function are asked whether they notice."""


@dataclass(frozen=True, slots=True)
class Ground:
    """The code as it is, and which tests run what."""

    code: Snapshot
    head: Commit
    report: TestReport
    """A run of passing tests with their executed lines."""

    def tests_of(self, function: Function) -> tuple[str, ...]:
        """The passing tests that run the body of a function, quick ones first."""
        body = range(function.node.body[0].lineno, function.end + 1)
        found = [
            name
            for name, files in self.report.lines.items()
            if name in self.report.passed and not files.get(function.path, frozenset()).isdisjoint(body)
        ]
        return tuple(sorted(found, key=lambda name: (self.report.results[name].seconds, name))[:_TESTS])


def covered(ground: Ground) -> tuple[tuple[Function, tuple[str, ...]], ...]:
    """The functions outside of tests that passing tests run, with those tests."""
    return tuple(
        (function, tests)
        for path in ground.code.python_paths
        for function in _plantable(ground.code, path)
        if (tests := ground.tests_of(function))
    )


def _plantable(code: Snapshot, path: str) -> tuple[Function, ...]:
    source = code.source(path)
    return () if is_test(path) or source is None or source.encoding != "utf-8" else _functions(code, path)


def plants(ground: Ground, seed: int) -> Iterator[tuple[Proposal, tuple[str, ...]]]:
    """Small changes in covered functions with the test files that may notice, in random order.

    Each family of changes comes as often as any other.
    """
    rng = random.Random(seed)  # noqa: S311 - a shuffle, no secret
    known = covered(ground)
    seen: set[tuple[Planted, ...]] = set()
    for _ in range(40 * len(known)):
        function, tests = rng.choice(known)
        mutation = _mutation(function, ground.code, rng)
        planted = tuple(Planted(function.path, *span) for span in mutation.spans) if mutation else ()
        if planted and planted not in seen:
            seen.add(planted)
            yield Proposal("planted", ground.head, planted=planted), _files(tests)


def _mutation(function: Function, code: Snapshot, rng: random.Random) -> Mutation | None:
    place = Place.of(code, function)
    if place is None:
        return None
    found: dict[str, list[Mutation]] = {}
    for statement in place.statements:
        for node in place.nodes(statement):
            for family in FAMILIES:
                found.setdefault(family.NAME, []).extend(family.mutations(node, place))
    usual = [mutations for mutations in found.values() if mutations]
    if not usual:
        return None
    chosen = rng.choice(usual)
    return rng.choices(chosen, [mutation.odds for mutation in chosen])[0]


def reversals(ground: Ground, before: Snapshot, paths: tuple[str, ...]) -> Iterator[tuple[Proposal, tuple[str, ...]]]:
    """The functions that a commit changed and that are still as it left them, put back to what they were before."""
    for path in paths:
        now, then = _codes(ground.code, path), _codes(before, path)
        tests = {function.name: ground.tests_of(function) for function in _functions(ground.code, path)}
        for name, (start, end, text) in now.items():
            old = then.get(name)
            if old and old[2] != text and tests.get(name):
                proposal = Proposal("reversed", ground.head, planted=(Planted(path, start, end, old[2]),))
                yield proposal, _files(tests[name])


def _functions(code: Snapshot, path: str) -> tuple[Function, ...]:
    tree = code.tree(path)
    return functions(path, tree)[:-1] if tree else ()


def _codes(code: Snapshot, path: str) -> Mapping[str, tuple[int, int, str]]:
    """Qualified name to where a function stands, and its lines."""
    text = code.text(path) or ""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found = {}
    for function in _functions(code, path):
        start, end = starts[function.start - 1], starts[min(function.end, len(starts) - 1)]
        found[function.name] = (start, end, text[start:end])
    return found


def _files(tests: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({name.split("::")[0] for name in tests}))
