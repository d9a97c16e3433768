"""Two hundred failures whose cause is known: how many `triage` names right, in how many runs.

Run with `nox -s bench`. The tests are dice: a failure happens on either side with a probability; the experiment is the
real one, on a sandbox in memory.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from random import Random

from dspy_ci.causes.hunk import changes
from dspy_ci.causes.laboratory import Laboratory
from dspy_ci.causes.triage import Asked, Verdicts, triage
from dspy_ci.ports.sandbox import MemorySandbox, TestReport, TestResult, TestRun
from dspy_ci.ports.trees import MemoryTrees

BASE, HEAD = {"a.py": b"was\n"}, {"a.py": b"is\n"}
ASSERTION = "E   assert 1 == 2\n\ntest_a.py:3: AssertionError"
OTHER = "E   ValueError: no\n\ntest_a.py:3: ValueError"
NETWORK = "E   socket.gaierror: [Errno -2] Name or service not known\n\nsocket.py:3: gaierror"
KINDS = {  # what must be said, and: how often it fails on the head, how often on the base, what it says on either
    "flaky, p = 0.1": ("flaky", 0.1, 0.1, ASSERTION, ASSERTION),
    "flaky, p = 0.5": ("flaky", 0.5, 0.5, ASSERTION, ASSERTION),
    "flaky, p = 0.9": ("flaky", 0.9, 0.9, ASSERTION, ASSERTION),
    "pre-existing": ("pre-existing", 1.0, 1.0, ASSERTION, ASSERTION),
    "environment": ("environment", 1.0, 1.0, NETWORK, NETWORK),
    "regression": ("change", 1.0, 0.0, ASSERTION, ASSERTION),
    "regression that is flaky": ("change", 0.5, 0.0, ASSERTION, ASSERTION),
    "regression of a test that was red": ("change", 1.0, 1.0, ASSERTION, OTHER),
    "regression of a flaky test": ("change", 1.0, 0.3, ASSERTION, ASSERTION),
    "regression that needs a network": ("change", 1.0, 0.0, NETWORK, NETWORK),
}
EACH = 20


class Dice:
    """A sandbox and its copy: every run throws dice."""

    guarantees = MemorySandbox({}).guarantees
    root = "/dice"

    def __init__(self, kind, seed):
        _, self.head, self.base, self.said, self.told = KINDS[kind]
        self.dice, self.discovered = Random(seed), False

    def open(self):
        return self

    def test(self, run, files):
        on_head = files.get("a.py", b"was\n") == b"is\n"
        chance, said = (self.head, self.said) if on_head else (self.base, self.told)
        red = self.dice.random() < chance or (on_head and not self.discovered)  # only red tests are triaged
        self.discovered |= on_head
        return TestReport({"t": TestResult("failed", 0, said) if red else TestResult("passed")}, int(red), "", 0.0)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


def label(kind, seed):
    with Laboratory(Dice(kind, seed), "base") as lab:
        *_, found = triage(changes(MemoryTrees(BASE, HEAD)), TestRun("python", 60), lab, Asked(), 1)
    assert isinstance(found, Verdicts)
    (one,) = found.found
    return one.cause.label, found.runs


def test_two_hundred_failures(capsys):
    found, runs = defaultdict(Counter), Counter()
    for kind in KINDS:
        for seed in range(EACH):
            said, cost = label(kind, seed)
            found[kind][said] += 1
            runs[kind] += cost
    right = sum(found[kind][expected] for kind, (expected, *_) in KINDS.items())
    with capsys.disabled():
        print(f"\n{'planted':<36} {'right':>6} {'runs':>6}  said")
        for kind, (expected, *_) in KINDS.items():
            print(f"{kind:<36} {found[kind][expected]:>3}/{EACH} {runs[kind] / EACH:>6.1f}  {dict(found[kind])}")
        print(f"right {right} of {EACH * len(KINDS)}")
    assert right >= 0.95 * EACH * len(KINDS)
    assert not any(found[kind]["flaky"] for kind, (expected, *_) in KINDS.items() if expected == "change")
