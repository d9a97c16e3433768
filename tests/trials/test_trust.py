"""What a patch looks like as a whole speaks for it or against it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.patches.patch import Edit, Patch
from dspy_ci.trials.trust import Standing, plausibility, safe

CODE = """\
class Money:
    def __eq__(self, other):
        if self.cents != other.cents:
            return False
        return True

    def is_zero(self, tolerance):
        if self.cents != 0:
            return False
        return True
"""
TESTS = "def test_it():\n    assert Money(750).is_zero(1)\n"
SNAPSHOT = Snapshot.of({"money.py": CODE, "tests/test_money.py": TESTS})


def patch(old, new, after=""):
    start = CODE.index(old, CODE.index(after))
    return Patch(SNAPSHOT, (Edit("money.py", start, start + len(old), new),), "template:x", "Why.")


@pytest.mark.parametrize(
    ("old", "new", "after", "credit"),
    [
        ("return False", "return True", "", 0.3),
        ("self.cents != other", "self.cents == other", "", 1.0),
        ("return False", "return True", "is_zero", 1.0),
        ("self.cents != 0", "self.cents > tolerance", "is_zero", 1.8),
        ("self.cents != 0", "self.cents != 750", "is_zero", 0.3),
    ],
)
def test_what_speaks_for_a_patch_and_against_it(old, new, after, credit):
    assert plausibility(patch(old, new, after)) == pytest.approx(credit)


@pytest.mark.parametrize(
    ("origin", "trusted"), [("fixer:renames", True), ("fixer:missing-raise", False), ("template:x", False)]
)
def test_a_named_cause_is_trusted_and_a_guess_must_be_told_from_its_neighbours(origin, trusted):
    alone = Standing(share=1.0, questions=9, examples=0, contradictions=0, tried=9, open=5)
    assert safe(replace(patch("!= 0", "== 1", "is_zero"), origin=origin), alone) is trusted
    assert safe(replace(patch("!= 0", "== 1", "is_zero"), origin=origin), replace(alone, open=0))
