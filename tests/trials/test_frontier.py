from __future__ import annotations

from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.failures.failure import Failure
from dspy_ci.patches.patch import Edit, Patch
from dspy_ci.suspects.evidence import Evidence
from dspy_ci.suspects.rank import rank
from dspy_ci.trials.frontier import BEAM, Frontier, shifted, without
from dspy_ci.trials.trial import Trial, gain

FILES = {
    "one.py": "def one(a):\n    return a + 1\n",
    "two.py": "def two(a):\n    return a < 2\n",
    "tests/test_one.py": "",
}
SNAPSHOT = Snapshot.of(FILES)
LINES = {"t::one": {"one.py": frozenset({2})}, "t::two": {"two.py": frozenset({2})}}
EVIDENCE = Evidence(SNAPSHOT, (Failure("pytest", "test", "no", test_id="t::one"),), LINES, frozenset(LINES))


def patch(new, weight=1.0, base=SNAPSHOT):
    text = base.text("one.py")
    start = text.index("a + 1")
    return Patch(base, (Edit("one.py", start, start + 5, new),), "template:x", "Because.", weight=weight)


def frontier():
    return Frontier(EVIDENCE, rank(EVIDENCE))


def test_the_most_promising_comes_first_and_nothing_comes_twice():
    waiting = frontier()
    waiting.add([patch("a + 2", 0.2), patch("a - 1", 0.9), patch("(a) - 1", 0.5)])
    assert [step.patch.edits[0].text for step in iter(waiting.take, None)] == ["a - 1", "a + 2"]


def test_a_helpful_patch_is_built_upon_where_tests_are_still_red():
    waiting = frontier()
    waiting.add([patch("a - 1")])
    step = waiting.take()
    waiting.grow(Trial(step.patch, frozenset({"t::one"}), 0.5), step)
    following = waiting.take()
    assert set(following.patch.sources) == {"one.py", "two.py"}
    assert following.patch.sources["one.py"].text == "def one(a):\n    return a - 1\n"
    assert following.reached == 0.5


def test_what_brought_nothing_new_is_not_built_upon():
    waiting = frontier()
    waiting.add([patch("a - 1")])
    step = waiting.take()
    waiting.grow(Trial(step.patch), step)
    assert waiting.take() is None


def test_few_patches_are_built_upon_for_the_same_mended_tests():
    waiting = frontier()
    waiting.add([patch(f"a + {number}", number) for number in range(9, 1, -1)])
    steps = [waiting.take() for _ in range(8)]
    for step in steps:
        waiting.grow(Trial(step.patch, frozenset({"t::one"}), 0.5), step)
    rest = list(iter(waiting.take, None))
    built_upon = {step.patch.sources["one.py"].text for step in rest if "two.py" in step.patch.sources}
    assert len(built_upon) == BEAM


def test_suspects_move_with_their_lines():
    text = FILES["one.py"]
    first = Patch(SNAPSHOT, (Edit("one.py", 0, 0, "import os\n\n"),), "fixer:x", "Because.")
    suspect = next(suspect for suspect in rank(EVIDENCE) if (suspect.file, suspect.start) == ("one.py", 2))
    assert text.count("\n") == 2
    assert [moved.start for moved in shifted([suspect], first)] == [4]


def test_what_is_mended_no_longer_speaks():
    left = without(EVIDENCE, frozenset({"t::one"}))
    assert (left.red, left.green, left.failures) == ({"t::two"}, {"t::one"}, ())
    assert rank(left)[0].file == "two.py"


def test_gain_counts_losses_and_hopes_little_of_another_error():
    assert gain({"a"}, 0, 1) == 1.0
    assert gain({"a"}, 1, 1) == 0.0
    assert gain({"a", "b"}, 1, 2) == 0.5
    assert 0 < gain((), 0, 2, changed=1) < 0.1
    assert gain((), 0, 2) == 0.0


def mutant(old, new, number, weight=1.0, rationale="Because."):
    text = SEVERAL.text("one.py")
    start = [at for at in range(len(text)) if text.startswith(old, at)][number]
    return Patch(SEVERAL, (Edit("one.py", start, start + len(old), new),), "template:x", rationale, weight=weight)


SEVERAL = Snapshot.of({"one.py": "def one(a):\n    a.append(1)\n    a.append(2)\n    a.append(3)\n"})


def test_the_same_change_is_also_tried_in_several_places():
    waiting = frontier()
    waiting.add([mutant("append", "extend", number) for number in range(3)])
    tried = [step.patch.sources["one.py"].text.count("extend") for step in iter(waiting.take, None)]
    assert sorted(tried) == [1, 1, 1, 2, 2, 2, 3]
    assert tried[:3] == [1, 1, 1]


def test_different_changes_are_not_put_together():
    waiting = frontier()
    waiting.add([mutant("append", "extend", 0, rationale="One."), mutant("append", "insert", 1, rationale="Two.")])
    assert len(list(iter(waiting.take, None))) == 2
