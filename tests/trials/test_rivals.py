"""Plausible patches told apart by what they answer."""

from __future__ import annotations

import ast
import sys
from dataclasses import replace

import pytest

from dspy_ci.adapters.sandbox.local import LocalSandbox
from dspy_ci.codebase.functions import functions
from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.patches.patch import Edit, Patch
from dspy_ci.ports.sandbox import TestRun
from dspy_ci.suspects.evidence import Evidence
from dspy_ci.trials.calls import calls
from dspy_ci.trials.jury import Jury
from dspy_ci.trials.rivals import Court, settled

FILES = {
    "lib/__init__.py": "",
    "lib/most.py": '''\
def most(numbers):
    """The largest number.

    >>> most([4, 9, 5])
    9
    """
    best = numbers[0]
    for number in numbers:
        if number < best:
            best = number
    return best
''',
    "tests/test_most.py": """\
import pytest
from lib.most import most

def test_one():
    numbers = [1, 2, 3]
    assert most(numbers) == 3

@pytest.mark.parametrize("given, wanted", [([1, 8], 8), ([4, 9, 3, 2], 9), ([7, 6, 5], 7)])
def test_more(given, wanted):
    assert most(given) == wanted

def test_unknown(tmp_path):
    assert most(tmp_path)
""",
}
SNAPSHOT = Snapshot.of(FILES)
TESTS = ("tests/test_most.py",)
MOST = functions("lib/most.py", ast.parse(FILES["lib/most.py"]))[0]


def patch(old, new, weight=1.0):
    text = FILES["lib/most.py"]
    start = text.index(old)
    return Patch(
        SNAPSHOT, (Edit("lib/most.py", start, start + len(old), new),), "template:x", "Because.", weight=weight
    )


def test_calls_come_from_docstring_tests_and_parameters():
    found = calls(MOST, SNAPSHOT, TESTS, seed=0)
    assert found[0][:2] == ("most([4, 9, 5])", "9")
    codes = [call.code for call in found]
    assert {"most([1, 2, 3])", "most([4, 9, 3, 2])", "most([1, 8])"} <= set(codes)
    assert len(codes) == len(set(codes)) > 20
    assert not any("tmp_path" in code for code in codes)


def test_calls_depend_on_the_seed_alone():
    assert calls(MOST, SNAPSHOT, TESTS, seed=7) == calls(MOST, SNAPSHOT, TESTS, seed=7)


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    root = tmp_path_factory.mktemp("project")
    for path, text in FILES.items():
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(text)
    with LocalSandbox(str(root)).open() as opened:
        yield opened


def court(copy):
    red = tuple(
        f"{TESTS[0]}::{name}"
        for name in ("test_one", "test_more[given0-8]", "test_more[given1-9]", "test_more[given2-7]")
    )
    run = TestRun(sys.executable, 30.0, per_test=2.0)
    return Court(Evidence(SNAPSHOT, (), red=frozenset(red)), Jury(run, red, (), quick=True, errors={}), copy)


@pytest.mark.slow
def test_the_docstring_outweighs_a_better_guess(copy):
    guess = patch("return best", "return number", weight=5.0)
    right, alike = patch("number < best", "number > best"), patch("number < best", "best < number", weight=0.5)
    first, second, last = settled([guess, right, alike], court(copy))
    assert (first.edits, second.edits, last.edits) == (right.edits, alike.edits, guess.edits)
    assert not first.safe
    assert "gives" in first.rationale
    assert "Another patch that passes differs: `most(" in last.rationale


@pytest.mark.slow
def test_patches_that_agree_are_safe(copy):
    found = settled([patch("number < best", "number > best"), patch("<", ">=")], court(copy))
    assert [one.safe for one in found] == [True, True]


@pytest.mark.slow
def test_a_patch_that_the_tests_cannot_tell_from_its_neighbours_is_a_guess(copy):
    asked = court(copy)
    weak = replace(asked, jury=replace(asked.jury, targets=asked.jury.targets[:1]))
    assert not settled([patch("number < best", "number > best")], weak)[0].safe


@pytest.mark.slow
def test_an_endless_or_broken_version_comes_last(copy):
    endless = patch("best = numbers[0]", "while True: pass", weight=9.0)
    right = patch("number < best", "number > best")
    assert settled([endless, right], court(copy))[0].edits == right.edits


def test_nothing_to_settle():
    assert settled([], court(None)) == ()
