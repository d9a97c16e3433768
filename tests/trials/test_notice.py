"""Changes that tests notice, and changes that they do not."""

from __future__ import annotations

import sys

import pytest

from dspy_ci.adapters.sandbox.local import LocalSandbox
from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.patches.patch import Edit, Patch
from dspy_ci.ports.sandbox import TestRun
from dspy_ci.trials.notice import Fate, Known, noticed, steady
from dspy_ci.trials.versions import touched, version

CODE = """\
RATE = 2


def price(amount, tax=1):
    if amount < 0:
        return 0
    return amount * RATE * tax


def never(amount):
    return amount + 1
"""
TESTS = """\
import os

import pytest
import shop


def test_price():
    assert shop.price(3) == 6


def test_negative():
    assert shop.price(-3) == 0


@pytest.fixture
def folder(tmp_path):
    yield tmp_path
    assert list(tmp_path.iterdir())


def test_files(folder):
    (folder / str(shop.price(1))).touch()
"""
SNAPSHOT = Snapshot.of({"shop.py": CODE, "test_shop.py": TESTS})
RUN = TestRun(sys.executable, 60, args=("-q",))


def changed(old, new):
    start = CODE.index(old)
    return Patch(SNAPSHOT, (Edit("shop.py", start, start + len(old), new),), "mutant", "Because.")


@pytest.fixture(scope="module")
def copies(tmp_path_factory):
    root = tmp_path_factory.mktemp("shop")
    (root / "shop.py").write_text(CODE)
    (root / "test_shop.py").write_text(TESTS)
    sandbox = LocalSandbox(str(root))
    with sandbox.open() as one, sandbox.open() as two:
        yield [one, two]


@pytest.fixture(scope="module")
def known(copies):
    report = copies[0].test(TestRun(sys.executable, 60, args=("-q",), trace=True))
    seconds = {name: result.seconds for name, result in report.results.items()}
    return Known(report.lines, seconds, steady(RUN, report.passed, copies[0], 60))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "fate", "by"),
    [
        (("amount * RATE", "amount + RATE"), Fate.NOTICED, "test_price"),
        (("return 0", "return 1"), Fate.NOTICED, "test_negative"),
        (("amount < 0", "amount <= 0"), Fate.UNNOTICED, None),
        (("amount + 1", "amount - 1"), Fate.UNCOVERED, None),
        (("return 0", "while True: pass"), Fate.NOTICED, "test_negative"),
        (("return 0", "__import__('os')._exit(0)"), Fate.NOTICED, None),
        (("RATE = 2", "RATE = 3"), Fate.NOTICED, "test_price"),
        (("tax=1", "tax=1.0"), Fate.UNNOTICED, None),
        (("tax=1", "tax=2"), Fate.NOTICED, "test_price"),
    ],
)
def test_a_change_is_noticed_by_the_tests_that_run_its_line(copies, known, change, fate, by):
    [found] = noticed([changed(*change)], known, RUN, copies, 30)
    assert (found.fate, found.by and found.by.split("::")[1]) == (fate, by)


@pytest.mark.slow
def test_many_changes_are_all_answered_for(copies, known):
    patches = [changed("amount * RATE", f"amount * RATE + {number}") for number in range(40)]
    found = {notice.patch: notice.fate for notice in noticed(patches, known, RUN, copies, 30)}
    assert [found[patch] for patch in patches] == [Fate.UNNOTICED] + 39 * [Fate.NOTICED]


@pytest.mark.slow
def test_what_there_is_no_time_for_is_said(copies, known):
    [found] = noticed([changed("return 0", "return 1")], known, RUN, copies, -1)
    assert found.fate is Fate.UNTRIED


def test_the_lines_of_a_change_are_those_of_its_innermost_statement():
    assert touched(changed("return 0", "return 1")) == {"shop.py": {6}}
    assert touched(changed("amount < 0", "amount <= 0")) == {"shop.py": {5, 6}}


def test_only_changes_inside_a_body_can_share_a_process():
    assert version(changed("return 0", "return 1"))
    assert version(changed("RATE = 2", "RATE = 3")) is None
    assert version(changed("tax=1", "tax=2")) is None
