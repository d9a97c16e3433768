from __future__ import annotations

from random import Random

import pytest

from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.patches.patch import Edit, Patch
from dspy_ci.ports.sandbox import Command, MemorySandbox, Outcome, TestReport, TestResult, TestRun
from dspy_ci.ports.trial import CommandTrial
from dspy_ci.verdicts.baseline import measure
from dspy_ci.verdicts.check import Check
from dspy_ci.verdicts.judge import judge
from dspy_ci.verdicts.verdict import State

FILES = {"calc.py": b"def add(a, b):\n    return a - b\n", "test_calc.py": b"def test_add(): ...\n"}
RUN = TestRun("python", 60)


def returning(expression):
    def check(files):
        return expression in files.get("calc.py", b"")

    return check


def passing(files):
    return b"lost" not in files.get("calc.py", b"")


SANDBOX = MemorySandbox(FILES, {"t::add": returning(b"a + b"), "t::other": passing})


def patch(text, path="calc.py", base=FILES):
    code = Snapshot.of(base)
    old = code.text(path) or ""
    return Patch(code, (Edit(path, 0, len(old), text),), "template:operator", "Because.")


def verdict(proposal, sandbox=SANDBOX, **options):
    with sandbox.open() as copy:
        return judge(proposal, measure(copy, RUN, **options), copy, tier="A", commit="abc")


def test_red_before_and_green_after_with_nothing_lost_is_verified():
    result = verdict(patch("def add(a, b):\n    return a + b\n"))
    assert result.verified
    assert result.score == 1.0
    assert result.tests.fixed == ("t::add",)
    assert result.tests.kept == 1
    assert result.evidence.canary
    assert len(result.evidence.runs) == 2


def test_a_target_that_stays_red_is_rejected_by_name():
    result = verdict(patch("def add(a, b):\n    return a * b\n"))
    assert result.state is State.REJECTED
    assert "t::add" in result.reason
    assert result.score < 1


def test_a_lost_test_is_rejected_even_when_all_targets_are_green():
    result = verdict(patch("def add(a, b):\n    return a + b  # lost\n"))
    assert result.state is State.REJECTED
    assert result.tests.lost == ("t::other",)
    assert result.score == pytest.approx(0.6471, abs=1e-3)  # (.6 / 2 + .25) / .85: lint is not configured


def test_code_that_does_not_parse_is_rejected_without_a_run():
    result = verdict(patch("def add(a, b:\n    return a + b\n"))
    assert (result.state, result.evidence.runs) == (State.REJECTED, ())


def test_an_edited_test_is_refused_without_a_run():
    result = verdict(patch("def test_add(): assert True\n", "test_calc.py"))
    assert (result.state, result.evidence.runs) == (State.REJECTED, ())
    assert "tests" in result.reason


def test_a_green_tree_cannot_reproduce_the_failure():
    green = MemorySandbox({"calc.py": b"a + b"}, {"t::add": returning(b"a + b")})
    result = verdict(patch("a + b + 0\n", base={"calc.py": b"a + b\n"}), green)
    assert result.state is State.UNVERIFIED
    assert "cannot be reproduced" in result.reason


def test_ids_that_change_between_runs_count_neither_way():
    flips = iter([True, False, True, False] * 9)
    sandbox = MemorySandbox(FILES, {"t::add": returning(b"a + b"), "t::flaky": lambda _: next(flips)})
    with sandbox.open() as copy:
        baseline = measure(copy, RUN)
        result = judge(patch("def add(a, b):\n    return a + b\n"), baseline, copy)
    assert baseline.unstable == {"t::flaky"}
    assert result.verified
    assert result.tests.unstable == ("t::flaky",)


def test_only_the_named_targets_must_turn_green():
    sandbox = MemorySandbox(FILES, {"t::add": returning(b"a + b"), "t::never": lambda _: False})
    proposal = patch("def add(a, b):\n    return a + b\n")
    assert verdict(proposal, sandbox, targets=["t::add"]).verified
    assert verdict(proposal, sandbox).state is State.REJECTED


def checker(command, files):
    bad = b"bad" in files["calc.py"]
    return Outcome(int(bad), "calc.py:2:5: error: Bad thing  [bad]\nFound 1 error\n" if bad else "", 0.1)


TYPES = Check("types", "mypy", (Command(("mypy",), 5),))
LINT = Check("lint", "ruff", (Command(("ruff",), 5),))


@pytest.mark.parametrize(
    ("check", "state"),
    [(TYPES, State.REJECTED), (LINT, State.VERIFIED)],
    ids=["types", "lint"],
)
def test_a_new_type_error_rejects_and_a_new_lint_finding_lowers_the_score(check, state):
    sandbox = MemorySandbox(FILES, SANDBOX.tests, checker)
    result = verdict(patch("def add(a, b):\n    return a + b  # bad\n"), sandbox, checks=[check])
    assert result.state is state
    assert "calc.py: error: Bad thing" in result.reason
    assert verdict(patch("def add(a, b):\n    return a + b\n"), sandbox, checks=[check]).score == 1.0
    if state is State.VERIFIED:
        assert result.score == pytest.approx(0.925)  # .6 + .25 + .15 / 2


def test_an_old_diagnostic_that_moved_is_not_new():
    def shifted(command, files):
        line = files["calc.py"].count(b"\n")
        return Outcome(1, f"calc.py:{line}: error: Old thing at line {line}\n", 0.1)

    sandbox = MemorySandbox(FILES, SANDBOX.tests, shifted)
    assert verdict(patch("import os\n\n\ndef add(a, b):\n    return a + b\n"), sandbox, checks=[TYPES]).verified


def test_a_checker_that_is_not_installed_is_said_and_its_weight_shared_out():
    result = verdict(patch("def add(a, b):\n    return a + b\n"), checks=[LINT])
    assert result.verified
    assert result.parts["lint"] is None
    assert "not installed" in result.reason


def test_tests_that_pass_on_spoiled_code_prove_nothing():
    class Elsewhere(MemorySandbox):
        def open(self):
            copy = super().open()
            fakes = {"run": copy.run, "test": self.test, "root": "/", "stale": tuple}
            return type("Copy", (), {**fakes, "__enter__": lambda s: s, "__exit__": lambda *a: None})()

        def test(self, run, files=None):
            status = "passed" if files else "failed"
            return TestReport({"t::add": TestResult(status)}, int(not files), "", 0.0, {"calc": "elsewhere.py"})

    result = verdict(patch("def add(a, b):\n    return a + b\n"), Elsewhere(FILES))
    assert result.state is State.UNVERIFIED
    assert "spoiled" in result.reason


def test_any_command_is_judged_by_its_exit_code_and_said_to_be_weaker():
    def make(command, files):
        return Outcome(int(b"a + b" not in files["calc.py"]), "", 0.1)

    trial = CommandTrial(Command(("make", "test"), 60))
    with MemorySandbox(FILES, {}, make).open() as copy:
        result = judge(patch("def add(a, b):\n    return a + b\n"), measure(copy, trial), copy)
    assert result.verified
    assert "weaker" in result.reason
    assert result.evidence.command == "make test"
    assert result.tests.fixed == ("make test",)


def test_a_command_whose_output_is_read_is_compared_test_by_test():
    def suite(command, files):
        lost = b"lost" in files["calc.py"]
        good = b"a + b" in files["calc.py"]
        return Outcome(int(lost or not good), f"one {'ok' if good else 'FAIL'}\ntwo {'FAIL' if lost else 'ok'}\n", 0.1)

    def read(output):
        return {line.split()[0]: "passed" if line.endswith("ok") else "failed" for line in output.splitlines()}

    trial = CommandTrial(Command(("go", "test"), 60), read)
    with MemorySandbox(FILES, {}, suite).open() as copy:
        result = judge(patch("def add(a, b):\n    return a + b  # lost\n"), measure(copy, trial, targets=["one"]), copy)
    assert result.tests.lost == ("two",)


def test_the_same_case_has_the_same_digest():
    one, two = (verdict(patch("def add(a, b):\n    return a + b\n")) for _ in range(2))
    assert one.evidence.digest == two.evidence.digest


@pytest.mark.parametrize(
    ("edited", "state"), [("calc.py", State.UNVERIFIED), ("README.md", State.VERIFIED)], ids=["imported", "other"]
)
def test_an_edit_of_what_the_tests_import_while_we_work_makes_the_proof_void(edited, state, monkeypatch):
    monkeypatch.setattr("dspy_ci.ports.sandbox.MemoryCopy.stale", lambda self: (edited,))
    result = verdict(patch("def add(a, b):\n    return a + b\n"))
    assert result.state is state
    assert edited in result.reason


def test_limits_follow_from_what_the_tests_took_on_the_base():
    class Timed(MemorySandbox):
        def open(self):
            results = {"t::slow": TestResult("failed", 3.0), "t::quick": TestResult("passed", 0.01)}
            report = TestReport(results, 1, "", 4.0)
            return type(
                "Copy", (), {"test": lambda *_: report, "__enter__": lambda s: s, "__exit__": lambda *a: None}
            )()

    with Timed(FILES).open() as copy:
        limited = measure(copy, TestRun("python", 900)).trial
        own = measure(copy, TestRun("python", 35, per_test=2.0)).trial
    assert (limited.per_test, limited.timeout) == (30.0, 40.0)
    assert (own.per_test, own.timeout) == (2.0, 35)


@pytest.mark.parametrize("green", [0.2, 0.5, 0.8])
def test_a_test_that_tosses_a_coin_proves_nothing(green):
    proved = 0
    for seed in range(100):
        dice = Random(seed)
        sandbox = MemorySandbox(FILES, {"t::coin": lambda files, dice=dice: dice.random() < green, "t::other": passing})
        proved += verdict(patch("def add(a, b):\n    return a + b\n"), sandbox).verified
    assert proved <= 1


def test_a_command_that_alternates_by_itself_proves_nothing():
    turns = iter([1, 1, *[0, 0, 0, 0] * 9])
    sandbox = MemorySandbox(FILES, commands=lambda command, files: Outcome(next(turns), "", 0.0))
    with sandbox.open() as copy:
        baseline = measure(copy, CommandTrial(Command(("x",), 10)))
        result = judge(patch("def add(a, b):\n    return a + b\n"), baseline, copy)
    assert result.state is State.UNVERIFIED
