"""A patch that leaves what it should have mended idle is known by the lines that nothing runs any more."""

from __future__ import annotations

import sys

import pytest

from dspy_ci.adapters.sandbox.local import LocalSandbox
from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.patches.patch import Edit, Patch
from dspy_ci.ports.sandbox import TestRun
from dspy_ci.suspects.evidence import Evidence
from dspy_ci.trials.bypass import bypassed
from dspy_ci.trials.jury import Jury

FILES = {
    "sorting.py": """\
def bubble(xs):
    xs = list(xs)
    for i in range(len(xs)):
        for j in range(len(xs) - i - 1):
            if xs[j] > xs[j + 1]:
                xs[j], xs[j + 1] = xs[j + 1], xs[j]
        return xs


def other(xs):
    return xs
""",
    "test_sorting.py": """\
from sorting import bubble

def test_two():
    assert bubble([2, 1]) == [1, 2]

def test_three():
    assert bubble([3, 2, 1]) == [1, 2, 3]
""",
}
SNAPSHOT = Snapshot.of(FILES)
RED, GREEN = "test_sorting.py::test_three", "test_sorting.py::test_two"


def patch(old: str, new: str) -> Patch:
    start = FILES["sorting.py"].index(old)
    return Patch(SNAPSHOT, (Edit("sorting.py", start, start + len(old), new),), "template:x", "Why.")


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    root = tmp_path_factory.mktemp("sorting")
    for path, text in FILES.items():
        (root / path).write_text(text)
    run = TestRun(sys.executable, 30.0, per_test=2.0)
    with LocalSandbox(str(root)).open() as copy:
        traced = copy.test(TestRun(sys.executable, 30.0, trace=True))
        evidence = Evidence(SNAPSHOT, (), lines=traced.lines, red=frozenset({RED}), green=frozenset({GREEN}))
        yield evidence, Jury(run, (RED,), (GREEN,), quick=True, errors={}), copy


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "idle"),
    [
        ("        return xs\n\n", "    return xs\n\n", []),
        ("list(xs)", "sorted(xs)", [6]),
        ("    xs = list(xs)\n", "    return sorted(xs)\n    xs = list(xs)\n", [3, 4, 5, 6, 7]),
        ("    xs = list(xs)\n", "    if len(xs) == 3:\n        return sorted(xs)\n    xs = list(xs)\n", []),
        ("    return xs\n", "    return xs[:]\n", []),
    ],
)
def test_lines_that_idle_are_named(bench, old, new, idle):
    assert [line for _, line in bypassed(patch(old, new), *bench)] == idle


@pytest.mark.slow
def test_nothing_is_said_where_nothing_was_traced(bench):
    evidence, jury, copy = bench
    blind = Evidence(SNAPSHOT, (), red=evidence.red, green=evidence.green)
    assert bypassed(patch("list(xs)", "sorted(xs)"), blind, jury, copy) == ()
