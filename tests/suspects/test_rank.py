from __future__ import annotations

from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.failures.failure import Failure, Frame
from dspy_ci.ports.repo import Change
from dspy_ci.suspects.evidence import Evidence
from dspy_ci.suspects.rank import rank

FILES = {
    "shop/__init__.py": "",
    "shop/cart.py": """\
def total(items):
    if items:
        return sum(items)
    return 1


def other():
    return 2
""",
    "shop/deep.py": "def inner(x):\n    y = x\n    return y.size\n",
    "tests/test_cart.py": "from shop.cart import total\n\ndef test_empty():\n    assert total([]) == 0\n",
}
SNAPSHOT = Snapshot.of(FILES)


def test_the_innermost_frame_of_our_own_code_is_the_first_suspect():
    frames = (Frame("tests/test_cart.py", 4), Frame("shop/cart.py", 3), Frame("shop/deep.py", 3))
    first = rank(Evidence(SNAPSHOT, (Failure("pytest", "test", "AttributeError: size", frames=frames),)))[0]
    assert (first.file, first.start, first.symbol) == ("shop/deep.py", 3, "inner")
    assert "the exception was raised here" in first.why


def test_lines_that_only_failing_tests_run_come_first():
    lines = {"t::red": {"shop/cart.py": frozenset({2, 4})}, "t::green": {"shop/cart.py": frozenset({2, 3})}}
    found = rank(Evidence(SNAPSHOT, (), lines, frozenset({"t::red"}), frozenset({"t::green"})))
    assert [suspect.start for suspect in found if suspect.symbol] == [4, 2]
    assert found[0].score == 1.0


def test_what_no_failing_test_ran_is_no_suspect():
    lines = {"t::red": {"shop/cart.py": frozenset({2, 4})}}
    found = rank(Evidence(SNAPSHOT, (), lines, frozenset({"t::red"})))
    assert {suspect.symbol for suspect in found if suspect.symbol} == {"total"}


def test_tests_are_never_suspects():
    frames = (Frame("tests/test_cart.py", 4),)
    lines = {"tests/test_cart.py::test_empty": {"tests/test_cart.py": frozenset({4})}}
    failure = Failure("pytest", "test", "assert 1 == 0", test_id="tests/test_cart.py::test_empty", frames=frames)
    found = rank(Evidence(SNAPSHOT, (failure,), lines, frozenset(lines)))
    assert {suspect.file for suspect in found} <= {"shop/cart.py", "shop/deep.py"}


def test_without_any_run_the_namesake_of_the_test_is_suspected():
    failure = Failure("pytest", "test", "boom", test_id="tests/test_cart.py::test_empty")
    found = rank(Evidence(SNAPSHOT, (failure,)))
    assert found[0].file == "shop/cart.py"
    assert "the namesake of tests/test_cart.py" in found[0].why


def test_recent_changes_break_the_tie():
    change = Change("shop/cart.py", frozenset({8}), age=0)
    failure = Failure("pytest", "test", "boom", test_id="tests/test_cart.py::test_empty")
    assert rank(Evidence(SNAPSHOT, (failure,), changes=(change,)))[0].start == 8


ENDLESS = """\
def count(n):
    i = 0
    total = 0
    while i < n:
        total += i
    return total
"""


def test_a_loop_is_suspected_when_a_test_does_not_end():
    failure = Failure("pytest", "test", "Failed: the test ran longer than 2 s")
    lines = {"t::red": {"count.py": frozenset({2, 3, 4, 5})}}
    found = rank(Evidence(Snapshot.of({"count.py": ENDLESS}), (failure,), lines, frozenset({"t::red"})))
    assert [suspect.start for suspect in found if suspect.symbol][:2] == [4, 5]
    assert "this loop may not end" in found[0].why


def test_a_base_case_is_suspected_when_the_recursion_does_not_end():
    code = "def fact(n):\n    one = 1\n    if n == one:\n        return one\n    return n * fact(n)\n"
    failure = Failure("pytest", "test", "maximum recursion depth exceeded", exception="RecursionError")
    lines = {"t::red": {"fact.py": frozenset({2, 3, 5})}}
    found = rank(Evidence(Snapshot.of({"fact.py": code}), (failure,), lines, frozenset({"t::red"})))
    assert [suspect.start for suspect in found if suspect.symbol] == [5, 3, 2]


def test_nothing_known_means_no_suspects():
    assert rank(Evidence(SNAPSHOT, ())) == ()
