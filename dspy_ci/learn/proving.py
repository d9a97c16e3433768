"""The proof of a proposal: red before, green after, nothing lost, and all of it again in fresh processes."""

from __future__ import annotations

import ast
import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from statistics import fmean

from dspy_ci.adapters.testcommands import narrowed
from dspy_ci.codebase.functions import functions
from dspy_ci.codebase.reach import is_test as is_test_module
from dspy_ci.codebase.reach import reached
from dspy_ci.codebase.snapshot import Snapshot, Source, decode
from dspy_ci.learn.case import Case, Dismissed
from dspy_ci.learn.proposal import Proposal, State, state
from dspy_ci.patches.diff import unified
from dspy_ci.ports.history import History
from dspy_ci.ports.sandbox import Copy, Files, TestReport, TestRun
from dspy_ci.verdicts.check import Check, delta, look

_AGAIN = ((2, True), (3, False))
"""With which luck everything is seen once more, and whether in a fresh process."""
_REACHED = 12.0
"""Seconds of tests that a commit without tests of its own is worth, where the suite is long."""
_SPOKEN = {
    "types": re.compile(r"\b(?:typ(?:e[ds]?|ing)|annotat\w*|mypy|\w*pyright|pyrefly|tsc)\b", re.IGNORECASE),
    "lint": re.compile(r"\b(?:lint\w*|ruff|flake8|pylint|eslint|unused|imports?|warnings?)\b", re.IGNORECASE),
}
"""Words of commits that mend what a checker found."""
_LONGEST_LOG = 24_000
_LONGEST_CODE = 8_000


@dataclass(frozen=True)
class Bench:
    """What is needed to prove proposals of one repository."""

    history: History
    run: TestRun
    checks: tuple[Check, ...] = ()
    quick: bool = True
    """Whether the whole suite is so fast that it can be run for every commit."""
    paces: Mapping[str, float] = field(default_factory=dict)
    """How many seconds each test file took on the newest commit, as far as that is known."""
    sick: frozenset[str] = frozenset()
    """Tests of a long suite that are red on the newest commit too: they want what no sandbox has, and show nothing."""
    slow: frozenset[str] = frozenset()
    """Checkers that take so long that they are asked only about commits that speak of what they look at."""
    tier: str = "?"
    clean: Callable[[str], str] = str

    def test(
        self, copy: Copy, files: Files, tests: Sequence[str] | None, *, ids: Iterable[str] = (), seed: int = 1,
        cold: bool = False,
    ) -> TestReport:  # fmt: skip
        """Run test files, or all."""
        run = self.run if tests is None else self.narrowed(tests)
        return copy.test(replace(run, ids=tuple(sorted(ids)), cold=cold, seed=seed), files)

    def narrowed(self, tests: Sequence[str]) -> TestRun:
        """The run of these test files alone."""
        return replace(self.run, args=narrowed(self.run.args, tuple(tests), tuple(tests)) or ())

    def snapshot(self, commit: str) -> Snapshot:
        """The code as a commit left it."""
        tree = self.history.tree(commit)
        return Snapshot(tuple(sorted(tree)), lambda path: self.history.read(tree[path]))


def proved(proposal: Proposal, bench: Bench, copy: Copy, only: Sequence[str] | None = None) -> Case | Dismissed:
    """The case that a proposal is, or why it is none. `only` names the test files when they are known."""
    started = time.monotonic()
    if any(bench.clean(plant.text) != plant.text for plant in proposal.planted):
        return Dismissed(proposal.id, "it holds what looks like a secret")
    try:
        trees = state(proposal, bench.history)
    except (OSError, UnicodeDecodeError) as error:
        return Dismissed(proposal.id, f"a file cannot be had: {error}")
    reasons: list[str] = []
    for tests in [only] if only else _selections(proposal, bench):
        found = _by_tests(proposal, trees, bench, copy, tests)
        if isinstance(found, Case):
            return replace(_described(found, trees, bench), seconds=round(time.monotonic() - started, 2))
        reasons.append(found)
    return Dismissed(proposal.id, reasons[0] if reasons else "no test has to do with it")


def _selections(proposal: Proposal, bench: Bench) -> Iterator[Sequence[str] | None]:
    """The test files to look at; None for all.

    Of a long suite the commit's own, which say what it mends; where it brings none and says that something was wrong,
    those that it reaches, the quick ones first, as many as do not take long.
    """
    if bench.quick:
        yield None
        return
    tree = bench.history.tree(proposal.commit.id)
    own = _wanted((path for path in proposal.tests if is_test_module(path) and path in tree), bench.run, tree)
    if own:
        yield own
        return
    if proposal.kind == "tests" and not proposal.seems_a_fix:
        return
    found = _wanted(reached(bench.snapshot(proposal.commit.id), proposal.paths) or (), bench.run, tree)
    if brief := _brief(found, bench.paces):
        yield brief


def _brief(tests: Iterable[str], paces: Mapping[str, float]) -> list[str]:
    """As many of the test files as take no longer than `_REACHED` together; last those of which that is not known."""
    usual = fmean(paces.values()) if paces else _REACHED
    known = sorted((path not in paces, paces.get(path, usual), path) for path in tests)
    ends = accumulate(seconds for _, seconds, _ in known)
    return sorted(path for (*_, path), end in zip(known, ends, strict=True) if end <= _REACHED)


def _wanted(tests: Iterable[str], run: TestRun, tree: Collection[str]) -> list[str]:
    """The test files that the user's command runs: those in the places that it names, where it names some."""
    words = (word.partition("::")[0].rstrip("/").removeprefix("./") for word in run.args if not word.startswith("-"))
    places = [word for word in words if any(path == word or path.startswith(f"{word}/") for path in tree)]
    return [path for path in tests if not places or any(f"{path}/".startswith(f"{place}/") for place in places)]


def _by_tests(proposal: Proposal, trees: State, bench: Bench, copy: Copy, tests: Sequence[str] | None) -> Case | str:
    """The case, or why these tests show nothing."""
    before = bench.test(copy, trees.red, tests)
    seen = () if bench.quick or before.code is not None else _ended(before)
    if before.problem and not seen:
        return f"the tests cannot be run before it: {before.problem}"
    before = replace(before, results={name: before.results[name] for name in seen or before.results})
    red = before.red - bench.sick
    if not red:
        return "no test is red before it"
    if proposal.planted and any("ran longer than" in before.results[name].message for name in red):
        return "it never ends"
    after = bench.test(copy, trees.green, tests, ids=seen)
    if after.problem or after.foreign:
        return f"the tests cannot be run after it: {after.problem or after.foreign[0]}"
    targets = after.mended(red)
    if not targets:
        return "no test becomes green with it"
    targets = _again(trees, bench, copy, targets)
    if not targets:
        return "red and green change places by chance"
    if lost := _lost(trees, bench, copy, before.passed - after.passed):
        return f"it loses {lost[0]}"
    case = Case(
        proposal, tuple(sorted(targets)), len(before.passed & after.passed), tuple(tests or ()),
        _cut(bench.clean(before.output)), tier=bench.tier,
    )  # fmt: skip
    return _told_apart(case, before)


def _ended(report: TestReport) -> tuple[str, ...]:
    """Of a run that was killed for time, the tests that ended, if they are enough to show something: one is red."""
    ended = tuple(report.results)[:-1]
    return ended if report.red.intersection(ended) else ()


def _again(trees: State, bench: Bench, copy: Copy, targets: frozenset[str]) -> frozenset[str]:
    """Those of the targets that are red and green again in fresh processes, with other luck."""
    for seed, cold in _AGAIN:
        if not targets:
            break
        before = bench.test(copy, trees.red, None, ids=targets, seed=seed, cold=cold)
        after = bench.test(copy, trees.green, None, ids=targets, seed=seed, cold=cold)
        targets = frozenset(targets & before.red & after.mended(targets))
    return targets


def _lost(trees: State, bench: Bench, copy: Copy, suspected: frozenset[str]) -> list[str]:
    """Tests that pass without the fix and fail with it, seen twice."""
    if not suspected:
        return []
    before = bench.test(copy, trees.red, None, ids=suspected, cold=True)
    after = bench.test(copy, trees.green, None, ids=suspected, cold=True)
    return sorted(suspected & before.passed - after.passed)


def _told_apart(case: Case, before: TestReport) -> Case:
    """A commit whose tests could not even be collected before it brings something new, rather than mending it."""
    silent = all(
        "::" not in name or before.results[name].status == "error" for name in case.targets if name in before.results
    )
    if silent and case.proposal.kind == "tests" and not case.proposal.seems_a_fix:
        return replace(case, proposal=replace(case.proposal, kind="feature"))
    return case


def checked(proposal: Proposal, bench: Bench, copy: Copy) -> Iterator[Case]:
    """What linter and type checker have to say: diagnostics that the change takes away, none that it brings."""
    try:
        trees = state(proposal, bench.history)
    except OSError:
        return
    full, told = whole(trees), f"{proposal.commit.subject}\n{proposal.commit.body}"
    for check in bench.checks:
        if check.tool in bench.slow and not _SPOKEN[check.part].search(told):
            continue
        started = time.monotonic()
        before, after = look(check, copy, trees.base), look(check, copy, full)
        change = delta(before, after)
        kept = {path for path, data in full.items() if data is not None}
        gone = [line for line in change.fixed if line.partition(":")[0] in kept] if change and not change.new else []
        if not gone:
            continue
        again = delta(look(check, copy, trees.base), look(check, copy, full))
        if again == change:
            case = Case(
                replace(proposal, kind=check.part), tuple(map(bench.clean, gone)), tier=bench.tier,
                log=_cut(bench.clean("\n".join(sorted(before.diagnostics or {})))),
                seconds=round(time.monotonic() - started, 2),
            )  # fmt: skip
            yield _described(case, trees, bench)


def whole(trees: State) -> Files:
    """The tree with all that the commit changes, tests too: a linter reads those as well."""
    green = trees.green.items()
    return {**trees.base, **{path: data for path, data in green if path in trees.fix or trees.base.get(path) != data}}


def _described(case: Case, trees: State, bench: Bench) -> Case:
    """The case with its fix in words: diff, functions, their code."""
    paths = [path for path in case.proposal.paths if path.endswith(".py")]
    old = {path: _bytes(trees.red, path, case, bench) for path in case.proposal.paths}
    diff = "".join(unified(path, _source(old[path]), _source(trees.fix.get(path))) for path in case.proposal.paths)
    touched = [found for path in paths for found in _touched(path, old[path], trees.fix.get(path))]
    code = "\n\n".join(text for _, text in touched)
    return replace(
        case,
        diff=bench.clean(diff),
        functions=tuple(name for name, _ in touched),
        code=bench.clean(code)[:_LONGEST_CODE],
    )


def _bytes(red: Files, path: str, case: Case, bench: Bench) -> bytes | None:
    """The file as it was in the red tree: laid over it, or as the base has it."""
    if path in red:
        return red[path]
    tree = bench.history.tree(case.proposal.base)
    return bench.history.read(tree[path]) if path in tree else None


def _source(data: bytes | None) -> Source | None:
    return decode(data) if data is not None else None


def _touched(path: str, old: bytes | None, new: bytes | None) -> Iterator[tuple[str, str]]:
    """The functions of the old text that the new one does not have, with their code."""
    if old is None:
        return
    text = decode(old).text
    snapshot = Snapshot.of({path: old, **({f"{path}.new.py": new} if new else {})})
    tree, later = snapshot.tree(path), snapshot.tree(f"{path}.new.py")
    if tree is None:
        return
    lines, kept = text.splitlines(), _codes(later, decode(new).text if new else "")
    for function in functions(path, tree)[:-1]:
        code = "\n".join(lines[function.start - 1 : function.end])
        if kept.get(function.name) != code:
            yield f"{path}::{function.name}", code


def _codes(tree: ast.Module | None, text: str) -> dict[str, str]:
    lines = text.splitlines()
    found = functions("", tree)[:-1] if tree else ()
    return {function.name: "\n".join(lines[function.start - 1 : function.end]) for function in found}


def _cut(text: str) -> str:
    """Head and tail of a long log."""
    if len(text) <= _LONGEST_LOG:
        return text
    half = _LONGEST_LOG // 2
    return f"{text[:half]}\n...\n{text[-half:]}"
