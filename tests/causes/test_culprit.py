import time
from random import Random

import pytest

from dspy_ci.causes.culprit import Culprits, culprit
from dspy_ci.causes.hunk import changes
from dspy_ci.causes.laboratory import Laboratory
from dspy_ci.ports.memory import MemoryMemory
from dspy_ci.ports.sandbox import Command, MemorySandbox, Outcome, TestRun
from dspy_ci.ports.trees import MemoryTrees
from dspy_ci.ports.trial import CommandTrial

BASE = {f"m{number}.txt": b"fine\n" for number in range(20)}
RUN = TestRun("python", 60)


def head(*guilty):
    return {name: b"bad\n" if int(name[1:-4]) in guilty else b"new\n" for name in BASE}


def bad(files, *numbers):
    return all(files[f"m{number}.txt"] == b"bad\n" for number in numbers)


def answer(sandbox, after, trial=RUN, memory=None, **options):
    with Laboratory(sandbox, "tree", memory=memory or MemoryMemory(), **options) as lab:
        *_, last = culprit(changes(MemoryTrees(BASE, after)), trial, lab)
    assert isinstance(last, Culprits)
    return last


def files(found):
    return sorted((hunk.path for hunk in found.hunks), key=len)


def test_hunks_that_only_together_turn_the_base_red_are_found_together():
    sandbox = MemorySandbox(BASE, {"t": lambda files: not bad(files, 3, 11)})
    found = answer(sandbox, head(3, 11))
    assert files(found) == ["m3.txt", "m11.txt"]
    assert (found.status, found.complete, found.mended) == ("found", True, True)


def test_every_red_test_is_explained():
    sandbox = MemorySandbox(
        BASE, {f"t{number}": lambda files, number=number: not bad(files, number) for number in (3, 7, 9)}
    )
    found = answer(sandbox, head(3, 7))
    assert files(found) == ["m3.txt", "m7.txt"]
    assert [guilt.tests for guilt in found.guilts] == [("t3",), ("t7",)]


def test_what_is_to_blame_beside_the_smallest_set_is_told_apart():
    sandbox = MemorySandbox(BASE, {"t": lambda files: not bad(files, 3) and not bad(files, 7)})
    found = answer(sandbox, head(3, 7))
    assert len(found.hunks) == 1
    assert {hunk.path for guilt in found.guilts for hunk in guilt.hunks} == {"m3.txt", "m7.txt"}
    assert [guilt.alternative for guilt in found.guilts] == [False, True]


def test_any_command_will_do():
    def run(command, files):
        return Outcome(1 if bad(files, 5) else 0, "boom\n", 0.1)

    found = answer(MemorySandbox(BASE, commands=run), head(5), CommandTrial(Command(("check",), 60)))
    assert files(found) == ["m5.txt"]


def test_what_git_calls_untestable_is_unresolved():
    def run(command, files):
        if (files["m1.txt"] == b"new\n") != (files["m2.txt"] == b"new\n"):
            return Outcome(125, "", 0.1)
        return Outcome(1 if bad(files, 5) else 0, "boom\n", 0.1)

    found = answer(MemorySandbox(BASE, commands=run), head(5), CommandTrial(Command(("check",), 60)))
    assert files(found) == ["m5.txt"]


def test_a_green_head_has_no_culprit():
    assert answer(MemorySandbox(BASE, {"t": lambda _: True}), head(1)).status == "green"


def test_what_is_red_on_the_base_is_not_blamed_on_the_change():
    found = answer(MemorySandbox(BASE, {"t": lambda _: False}), head(1))
    assert (found.status, found.guilts) == ("base-red", ())


def test_nothing_is_run_twice_with_a_memory():
    sandbox, memory = MemorySandbox(BASE, {"t": lambda files: not bad(files, 3, 11)}), MemoryMemory()
    first, second = (answer(sandbox, head(3, 11), memory=memory) for _ in range(2))
    assert files(first) == files(second)
    assert second.runs == 1  # the traced one, of which the lines are wanted


def test_a_new_test_that_the_base_passes_shows_the_culprit_and_is_not_part_of_it():
    after = {**head(4), "t.py": b"new test\n"}
    tests = {
        "t.py::t": lambda files: "t.py" not in files or not bad(files, 4),
        "t.py::new": lambda files: "t.py" not in files,
    }
    found = answer(MemorySandbox(BASE, tests), after)
    assert files(found) == ["m4.txt"]
    assert (found.held, found.unmet) == (("t.py",), ("t.py::new",))


def test_chance_is_no_culprit():
    dice = Random(1)
    sandbox = MemorySandbox(BASE, {"t": lambda files: files["m1.txt"] == b"fine\n" or dice.random() < 0.5})
    found = [answer(sandbox, head()).status for _ in range(60)]  # enough throws for the share to settle
    assert set(found) <= {"flaky", "green", "found"}
    assert found.count("flaky") >= 15
    assert answer(MemorySandbox(BASE, {"t": lambda _: dice.random() < 0.5}), head()).status != "unreproduced"


def test_when_the_budget_is_over_the_answer_is_red_and_says_that_it_is_not_reduced():
    def slow(files):
        time.sleep(0.02)
        return not bad(files, 3, 11)

    found = answer(MemorySandbox(BASE, {"t": slow}), head(3, 11), deadline=time.monotonic() + 0.15)
    assert found.status == "found"
    assert not found.complete
    assert {"m3.txt", "m11.txt"} <= set(files(found))


@pytest.mark.parametrize("width", [2, 4])
def test_several_copies_find_the_same(width):
    sandbox = MemorySandbox(BASE, {"t": lambda files: not bad(files, 3, 11)})
    with Laboratory(sandbox, "tree") as lab:
        *_, found = culprit(changes(MemoryTrees(BASE, head(3, 11))), RUN, lab, width)
    assert files(found) == ["m3.txt", "m11.txt"]


def test_only_what_was_asked_about_is_looked_into():
    sandbox = MemorySandbox(
        BASE, {f"t{number}": lambda files, number=number: not bad(files, number) for number in (3, 7)}
    )
    with Laboratory(sandbox, "tree") as lab:
        *_, found = culprit(changes(MemoryTrees(BASE, head(3, 7))), RUN, lab, wanted=("t7",))
    assert files(found) == ["m7.txt"]


@pytest.mark.parametrize("chance", [0.1, 0.5, 0.9])
def test_a_coin_blames_nobody(chance):
    named = 0
    for seed in range(100):
        dice = Random(seed)
        sandbox = MemorySandbox(BASE, {"t": lambda files, dice=dice: dice.random() >= chance})
        named += bool(answer(sandbox, head(3)).hunks)
    assert named <= 2
