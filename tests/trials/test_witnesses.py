"""Patches asked what the tests really ask, objects and all."""

from __future__ import annotations

import sys

import pytest

from dspy_ci.adapters.sandbox.local import LocalSandbox
from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.patches.patch import Edit, Patch
from dspy_ci.ports.sandbox import TestRun
from dspy_ci.suspects.evidence import Evidence
from dspy_ci.trials.jury import Jury
from dspy_ci.trials.rivals import Court, settled
from dspy_ci.trials.witnesses import witnessed

FILES = {
    "shop.py": """\
class Cart:
    def __init__(self):
        self.items = []

    def _price(self, item, amount):
        return item[1] * amount

    def add(self, name, price, amount=1):
        self.items.append(((name, price), amount))
        return self

    def total(self):
        return sum(self._price(item, amount) for item, amount in self.items) - 1


def outer(cart):
    return [cart.total() for _ in range(2)]
""",
    "test_shop.py": """\
from shop import Cart, outer

def test_total():
    assert Cart().add("tea", 3, 2).add("jam", 4).total() == 10

def test_outer():
    assert outer(Cart().add("tea", 5)) == [5, 5]
""",
}
SNAPSHOT = Snapshot.of(FILES)
RED = ("test_shop.py::test_total", "test_shop.py::test_outer")


def patch(old: str, new: str, weight: float = 1.0) -> Patch:
    start = FILES["shop.py"].index(old)
    return Patch(SNAPSHOT, (Edit("shop.py", start, start + len(old), new),), "template:x", "Why.", weight=weight)


@pytest.fixture(scope="module")
def court(tmp_path_factory):
    root = tmp_path_factory.mktemp("shop")
    for path, text in FILES.items():
        (root / path).write_text(text)
    jury = Jury(TestRun(sys.executable, 30.0, per_test=2.0), RED, (), quick=True, errors={})
    with LocalSandbox(str(root)).open() as copy:
        yield Court(Evidence(SNAPSHOT, (), red=frozenset(RED)), jury, copy)


def asked_of(patches, court):
    return witnessed(patches, court.evidence, court.jury, court.copy, seed=0, seconds=20.0)


@pytest.mark.slow
def test_methods_are_asked_with_the_objects_that_the_tests_made(court):
    right, wrong = patch(" - 1", ""), patch("self.items) - 1", "self.items[:2])")
    asked, answers = asked_of([right, wrong], court)
    assert any(call.recorded and call.code.startswith("Cart.total(") for call in asked)
    assert {kind for kind, _ in answers[right]} == {"int"}
    assert len(answers[right]) == len(answers[wrong]) == len(asked)


@pytest.mark.slow
def test_what_a_call_does_to_its_arguments_is_part_of_the_answer(court):
    kept = patch(
        "        self.items.append(((name, price), amount))", "        self.items += [((name, price), amount)]"
    )
    lost = patch("        self.items.append(((name, price), amount))", "        pass")
    _, answers = asked_of([kept, lost], court)
    assert answers[kept] != answers[lost]


@pytest.mark.slow
def test_the_same_seed_asks_the_same(court):
    one = patch(" - 1", "")
    assert asked_of([one], court) == asked_of([one], court)


@pytest.mark.slow
def test_a_patch_outside_of_functions_answers_nothing(court):
    assert asked_of([patch("class Cart:", "class Cart(object):")], court) == ((), {})


@pytest.mark.slow
def test_a_rival_that_differs_on_such_calls_makes_a_patch_unsafe(court):
    right, wrong = patch(" - 1", "", 0.9), patch("self.items) - 1", "self.items[:2])")
    first, second = settled([right, wrong], court)
    assert not first.safe or first.edits == right.edits
    assert not second.safe
