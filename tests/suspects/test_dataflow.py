"""Steps between a statement and what the failing test asserts."""

from __future__ import annotations

from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.failures.failure import Failure, Frame
from dspy_ci.suspects import dataflow
from dspy_ci.suspects.evidence import Evidence

SHOP = """\
class Cart:
    def __init__(self, prices):
        self.prices = prices
        self.seen = 0


def rate(kind):
    return {"book": 7}.get(kind, 19)


def total(cart, kind):
    note = "sum"
    whole = 0
    for price in cart.prices:
        whole += price
    print(note)
    return whole * (100 + rate(kind)) / 100


def other(cart):
    return total(cart, "book")
"""
TEST = """\
from shop import Cart, other, total


def test_total():
    unused = other(Cart([9]))
    cart = Cart([1, 2])
    found = total(cart, "book")
    assert found == 3.21
"""
SNAPSHOT = Snapshot.of({"shop.py": SHOP, "test_shop.py": TEST})
FAILURE = Failure(
    "pytest", "test", "no", test_id="test_shop.py::test_total", file="test_shop.py", line=8,
    frames=(Frame("test_shop.py", 8, "test_total", in_repo=True),),
)  # fmt: skip


def found(lines=None, failure=FAILURE):
    evidence = Evidence(SNAPSHOT, (failure,), lines or {}, red=frozenset({"test_shop.py::test_total"}))
    return {spot.line: clue for spot, clue in dataflow.clues(evidence).items()}


def test_the_fewer_steps_the_stronger_the_suspicion():
    scores = {line: round(clue.score, 2) for line, clue in found().items()}
    assert scores[17] == 0.7  # what `total` returns, one assignment away from the assertion
    assert scores[15] == scores[13] == 0.49  # what that needs
    assert scores[8] == 0.49  # what is called for it
    assert scores[3] == 0.49  # the cart, two assignments away
    assert 12 not in scores and 16 not in scores  # a note that goes nowhere  # noqa: PT018


def test_what_the_test_does_for_nothing_is_no_suspect():
    assert 21 not in found()


def test_the_reason_counts_the_steps():
    assert found()[17].why == "1 step from what the test asserts"
    assert found()[8].why == "2 steps from what the test asserts"


def test_functions_that_were_not_run_are_left_out():
    ran = {"test_shop.py::test_total": {"shop.py": frozenset({3, 4, 12, 13, 14, 15, 16, 17})}}
    assert 8 not in found(ran)
    assert 17 in found(ran)


def test_nothing_is_said_without_a_place_in_a_test():
    assert found(failure=Failure("pytest", "test", "no", file="shop.py", line=8)) == {}
    assert found(failure=Failure("pytest", "test", "no", file="test_shop.py", line=99)) == {}
