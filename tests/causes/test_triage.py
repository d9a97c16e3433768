import json
from random import Random

import pytest

from dspy_ci.causes.hunk import changes
from dspy_ci.causes.laboratory import Laboratory
from dspy_ci.causes.triage import Asked, Verdicts, triage
from dspy_ci.failures.failure import Failure
from dspy_ci.ports.memory import MemoryMemory
from dspy_ci.ports.sandbox import Command, MemorySandbox, Outcome, TestRun
from dspy_ci.ports.trees import MemoryTrees
from dspy_ci.ports.trial import CommandTrial

BASE = {"a.py": b"fine\n"}
HEAD = {"a.py": b"bad\n"}
RUN = TestRun("python", 60)


def answer(tests=None, trial=RUN, asked=None, memory=None, commands=None):
    sandbox = MemorySandbox(BASE, tests or {}, commands)
    with Laboratory(sandbox, "tree", memory=memory or MemoryMemory()) as lab:
        *_, last = triage(changes(MemoryTrees(BASE, HEAD)), trial, lab, asked or Asked(), 1)
    assert isinstance(last, Verdicts)
    return last


def labels(found):
    return {one.test: one.cause.label for one in found.found}


def fails(dice, chance):
    return lambda _: dice.random() >= chance


def test_each_failure_gets_its_cause():
    tests = {
        "change": lambda files: files["a.py"] == b"fine\n",
        "old": lambda _: False,
        "flaky": fails(Random(3), 0.5),
        "fine": lambda _: True,
    }
    found = labels(answer(tests))
    assert found.pop("flaky", "flaky") == "flaky"
    assert found == {"change": "change", "old": "pre-existing"}


def test_a_green_head_has_no_failures():
    found = answer({"fine": lambda _: True})
    assert (found.found, found.green, found.problem) == ((), 1, None)


def test_only_the_tests_of_the_log_are_judged():
    tests = {"one": lambda _: False, "two": lambda _: False}
    asked = Asked({"two": Failure("pytest", "test", "boom", test_id="two")})
    assert labels(answer(tests, asked=asked)) == {"two": "pre-existing"}


def test_what_the_log_blames_on_the_network_and_passes_here_is_the_environment():
    asked = Asked({"one": Failure("pytest", "network", "no route", test_id="one")}, runs=6)
    assert labels(answer({"one": lambda _: True}, asked=asked)) == {"one": "environment"}


def test_what_the_log_saw_fail_and_passes_here_is_not_explained_away():
    asked = Asked({"one": Failure("pytest", "test", "boom", test_id="one")}, runs=6)
    assert labels(answer({"one": lambda _: True}, asked=asked)) == {"one": "unreproduced"}


@pytest.mark.parametrize(
    ("head", "base", "label"),
    [
        ("ValueError: one", "", "change"),
        ("ValueError: one", "ValueError: one", "pre-existing"),
        ("ValueError: one", "KeyError: 'two'", "change"),
        ("curl: (6) Could not resolve host: x.example", "curl: (6) Could not resolve host: x.example", "environment"),
    ],
)
def test_a_command_is_judged_by_what_it_says(head, base, label):
    def run(command, files):
        said = head if files["a.py"] == b"bad\n" else base
        told = f'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    f()\n{said}\n'
        return Outcome(1 if said else 0, told if "Error" in said else f"{said}\n", 0.1)

    found = answer(trial=CommandTrial(Command(("check",), 60)), commands=run)
    assert labels(found) == {"check": label}


def test_what_was_run_before_is_remembered():
    tests, memory = {"old": lambda _: False}, MemoryMemory()
    first, second = answer(tests, memory=memory), answer(tests, memory=memory)
    assert labels(first) == labels(second)
    assert (second.runs, second.remembered) == (0, first.runs)
    assert all(json.loads(text) for text in memory.texts.values())


def test_a_test_that_fails_only_beside_others_is_run_beside_them():
    spoiled = []

    def spoils(_):
        spoiled.append(1)
        return True

    def suffers(files):
        broken = bool(spoiled) and files["a.py"] == b"bad\n"
        spoiled.clear()
        return not broken

    assert labels(answer({"a": spoils, "b": suffers})) == {"b": "change"}


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"results": [1]}', '{"results": {}, "code": 1}'])
def test_a_damaged_memory_is_no_memory(text):
    memory = MemoryMemory()
    first = answer({"old": lambda _: False}, memory=memory)
    memory.texts.update(dict.fromkeys(memory.texts, text))
    second = answer({"old": lambda _: False}, memory=memory)
    assert (labels(second), second.runs) == (labels(first), first.runs)
