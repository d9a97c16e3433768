"""Candidates on a real pytest in a real copy."""

from __future__ import annotations

import sys

import pytest

from dspy_ci.adapters.sandbox.local import LocalSandbox
from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.patches.patch import Edit, Patch
from dspy_ci.ports.sandbox import TestRun
from dspy_ci.search import Budget, Case, Finished, search
from dspy_ci.suspects.evidence import Evidence
from dspy_ci.suspects.rank import rank
from dspy_ci.trials.jury import error_class, jury
from dspy_ci.trials.screen import screened

FILES = {
    "shop/__init__.py": "",
    "shop/cart.py": """\
LIMIT = 3


class Cart:
    def __init__(self, items):
        self.items = items

    def total(self):
        found = 0
        for price in self.items:
            found -= price
        return found


def cheap(price):
    return price < LIMIT
""",
    "tests/test_cart.py": """\
from shop.cart import Cart, cheap

def test_total():
    assert Cart([1, 2]).total() == 3

def test_empty():
    assert Cart([]).total() == 0

def test_cheap():
    assert cheap(3)
    assert not cheap(4)
""",
    "pyproject.toml": "[tool.pytest.ini_options]\npythonpath = ['.']\n",
}
TOTAL, EMPTY, CHEAP = (f"tests/test_cart.py::test_{name}" for name in ("total", "empty", "cheap"))
RUN = TestRun(sys.executable, 60)
SNAPSHOT = Snapshot.of(FILES)


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    root = tmp_path_factory.mktemp("project")
    for path, text in FILES.items():
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(text)
    with LocalSandbox(str(root)).open() as opened:
        yield opened


def red(*names):
    lines = {name: {"shop/cart.py": frozenset(range(1, 20))} for name in (TOTAL, EMPTY, CHEAP)}
    return Evidence(SNAPSHOT, (), lines, frozenset(names), frozenset({TOTAL, EMPTY} - set(names)))


def changed(old, new):
    text = FILES["shop/cart.py"]
    start = text.index(old)
    return Patch(SNAPSHOT, (Edit("shop/cart.py", start, start + len(old), new),), "template:x", "Because.")


def court(*names):
    evidence = red(*names)
    return jury(evidence, rank(evidence), RUN, seconds={}, messages={})


@pytest.mark.slow
def test_the_jury_tells_what_mends_from_what_does_not(copy):
    trial = court(TOTAL).trial
    assert trial(changed("found -=", "found +="), copy).plausible
    assert not trial(changed("found -=", "found *="), copy).plausible
    assert trial(changed("found = 0", "found = 6"), copy).gain < 1.0


@pytest.mark.slow
def test_the_screen_agrees_with_the_jury_and_says_nothing_of_what_it_cannot_try(copy):
    right, wrong = changed("found -=", "found +="), changed("found -=", "found *=")
    harmful, outside = changed("found = 0", "found = 6"), changed("LIMIT = 3", "LIMIT = 4")
    seen = screened([right, wrong, harmful, outside], court(TOTAL), copy, 20.0)
    assert seen[right.edits].plausible
    assert seen[wrong.edits].gain == 0
    assert 0 <= seen[harmful.edits].gain < 1
    assert outside.edits not in seen


@pytest.mark.slow
def test_an_endless_candidate_costs_its_limit_and_no_more(copy):
    endless = changed("return found", "while True: pass")
    right = changed("found -=", "found +=")
    seen = screened([endless, right], court(TOTAL), copy, 20.0)
    assert not seen[endless.edits].plausible
    assert seen[right.edits].plausible


@pytest.mark.slow
@pytest.mark.parametrize("names", [(TOTAL,), (TOTAL, CHEAP)])
def test_the_search_mends_one_place_and_two(copy, names):
    evidence = red(*names)
    case = Case(evidence, rank(evidence), RUN)
    *_, last = search(case, [copy], Budget(40, more=0.1))
    assert isinstance(last, Finished)
    assert last.patches
    assert "+            found += price" in last.patches[0].diff
    assert ("LIMIT" in last.patches[0].diff) == (CHEAP in names)


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("x\nE   TypeError: no\n", "TypeError"),
        ("E   assert 1 == 2\nE    +  where", "AssertionError"),
        ("E   a.b.CustomError: told", "a.b.CustomError"),
        ("nothing", ""),
    ],
)
def test_the_class_of_an_error_is_read_from_its_text(message, name):
    assert error_class(message) == name
