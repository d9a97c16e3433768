"""The culprit search beside plain delta debugging: how often exact, and in how many runs.

Run with `nox -s bench`. DSPY_CI_BENCH_PRS says how many pull requests run in real sandboxes (default 6); the same
thirty are always judged by a quick oracle that knows the guilty lines.
"""

from __future__ import annotations

import os
from dataclasses import replace
from statistics import median

import pytest
from pull_requests import generated

from dspy_ci.adapters.interpreters import find
from dspy_ci.adapters.sandbox.choice import chosen
from dspy_ci.causes.culprit import Culprits, culprit
from dspy_ci.causes.ddmin import ddmin
from dspy_ci.causes.hunk import changes, hunks, laid
from dspy_ci.causes.laboratory import Laboratory
from dspy_ci.ports.sandbox import MemorySandbox, TestReport, TestResult, TestRun
from dspy_ci.ports.trees import MemoryTrees

COUNT = 30
REAL = int(os.environ.get("DSPY_CI_BENCH_PRS", "6"))


class Counted:
    """What plain delta debugging asks: are these hunks red; no selection is counted twice."""

    def __init__(self, red):
        self.red, self.known = red, {}

    def __call__(self, chosen):
        key = frozenset(chosen)
        if key and key not in self.known:
            self.known[key] = self.red(key)
        return self.known.get(key, False)

    @property
    def runs(self):
        return len(self.known) - 1  # the head is known to be red, for both


def simulated(request):
    """A sandbox whose tests are predicates on the files, failing as pytest's would."""

    def state(files):
        text = b"".join(data for path, data in files.items() if path.startswith("lib/"))
        for number in range(80):
            if b"= helper_%d()" % number in text and b"def helper_%d(" % number not in text:
                return "NameError"
        return {line for line in request.guilty if line in text}

    class Copy:
        root = "/simulated"

        def test(self, run, files):
            found = state({**request.before, **{path: data or b"" for path, data in files.items()}})
            names = ["t"] if request.together else [f"t{line}" for line in sorted(request.guilty)]
            results = {name: self.result(name, found) for name in names if not run.ids or name in run.ids}
            red = any(result.status != "passed" for result in results.values())
            return TestReport(results, int(red), "", 0.0)

        def result(self, name, found):
            if found == "NameError":
                return TestResult("error", message="E   NameError: name 'helper' is not defined\n\na.py:1: NameError")
            broken = found == request.guilty if request.together else any(name == f"t{line}" for line in found)
            said = "E   assert 2 == 1\n\ntest_lib.py:3: AssertionError"
            return TestResult("failed", message=said) if broken else TestResult("passed")

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

    class Sandbox:
        guarantees = MemorySandbox({}).guarantees

        def open(self):
            return Copy()

    return Sandbox()


def judged(request, sandbox, run):
    """Ours and plain ddmin on one pull request: whether ours is exact, and the runs of both."""
    found = changes(MemoryTrees(request.before, request.after))
    every = hunks(found)
    guilty = {hunk for hunk in every if request.guilty & set(hunk.new)}
    with Laboratory(sandbox, "base") as lab:
        *_, answer = culprit(found, run, lab)
        assert isinstance(answer, Culprits)
        targets = sorted({name for guilt in answer.guilts for name in guilt.tests})
        copy = lab.copy()

        def red(chosen):
            report = copy.test(replace(run, ids=tuple(targets)), laid(found, [every[i] for i in chosen]))
            return set(targets) <= report.ids("failed")

        plain = Counted(red)
        kept = ddmin(range(len(every)), lambda some: len(some) == len(every) or plain(some))
    return set(answer.hunks) == guilty, {every[i] for i in kept} == guilty, answer.narrowing, plain.runs + 1, len(every)


def table(rows):
    print(f"\n{'hunks':>6} {'guilty':>7} {'ours':>5} {'ddmin':>6} {'exact':>6} {'ddmin exact':>12}")
    for request, (exact, plain_exact, ours, plain, count) in rows:
        kind = f"{len(request.guilty)}{'&' if request.together else '|'}"
        print(f"{count:>6} {kind:>7} {ours:>5} {plain:>6} {exact!s:>6} {plain_exact!s:>12}")
    ours, plain = (median(row[index] for _, row in rows) for index in (2, 3))
    ratio = median(row[2] / row[3] for _, row in rows)
    exact = sum(row[0] for _, row in rows)
    print(f"exact {exact} of {len(rows)}; median runs {ours} against {plain} of ddmin; median ratio {ratio:.2f}")
    return exact, ratio


def test_thirty_pull_requests_by_a_quick_oracle(capsys):
    requests = [generated(seed) for seed in range(COUNT)]
    rows = [(one, judged(one, simulated(one), TestRun("python", 60))) for one in requests]
    with capsys.disabled():
        exact, ratio = table(rows)
    assert exact >= 28
    assert ratio <= 0.5


@pytest.mark.slow
def test_pull_requests_in_real_sandboxes(tmp_path, write, capsys):
    rows = []
    for seed in range(REAL):
        request, root = generated(seed), tmp_path / str(seed)
        write(root, request.before)
        python = find(root, os.environ).path
        rows.append((request, judged(request, chosen(str(root)), TestRun(python, 120, args=("-q",)))))
    with capsys.disabled():
        exact, ratio = table(rows)
    assert exact >= len(rows) * 28 / 30
    assert ratio <= 0.5
