"""The contract of the sandbox port, for every tier that holds here and for the twin in memory."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from dspy_ci.adapters.sandbox.local import LocalSandbox
from dspy_ci.adapters.sandbox.preflight import tried
from dspy_ci.errors import SandboxError
from dspy_ci.ports.sandbox import Command, MemorySandbox, TestRun

WRONG = b"def add(a, b):\n    return a - b\n"
RIGHT = b"def add(a, b):\n    return a + b\n"
TESTS = b"""
from calc import add


def test_add():
    assert add(0, 0) == 0
    assert add(1, 2) == 3


def test_zero():
    assert add(5, 0) == 5
"""
FILES = {"calc.py": WRONG, "test_calc.py": TESTS}
ADD, ZERO = "test_calc.py::test_add", "test_calc.py::test_zero"
TWIN = MemorySandbox(FILES, {ADD: lambda files: b"a + b" in files["calc.py"], ZERO: lambda _: True})

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    root = tmp_path_factory.mktemp("project")
    for name, data in FILES.items():
        (root / name).write_bytes(data)
    return root


@pytest.fixture(scope="module", params=["A", "B", "E"])
def copy(request, project):
    """One copy serves all tests: that they do not disturb each other is part of the contract."""
    trial = tried(request.param)
    if not trial.works:
        pytest.skip(f"tier {request.param}: {trial}")
    with LocalSandbox(str(project), request.param).open() as opened:
        yield opened


@pytest.fixture(scope="module", params=["A", "B", "E", "memory"])
def any_copy(request, project):
    if request.param == "memory":
        yield TWIN.open()
    elif not tried(request.param).works:
        pytest.skip("does not hold here")
    else:
        with LocalSandbox(str(project), request.param).open() as opened:
            yield opened


def run(**options):
    return TestRun(sys.executable, 60, **options)


@pytest.mark.parametrize("cold", [True, False], ids=["cold", "warm"])
def test_every_test_is_reported_by_its_id_and_the_canary_names_the_module(any_copy, cold):
    report = any_copy.test(run(cold=cold))
    assert report.problem is None
    assert report.red == {ADD}
    assert report.passed == {ZERO}
    assert report.modules["calc"] == "calc.py"
    assert (report.foreign, report.tampered, report.warm) == ((), (), not cold)


def test_a_run_sees_its_own_files_and_the_next_one_does_not(any_copy, project):
    only = run(ids=(ADD,), stop_at_first=True)
    assert any_copy.test(only, {"calc.py": RIGHT}).passed == {ADD}
    assert any_copy.test(only).red == {ADD}
    assert (project / "calc.py").read_bytes() == WRONG


def test_missing_ids_do_not_hide_the_others(any_copy):
    assert any_copy.test(run(ids=("test_calc.py::test_gone", ZERO))).passed == {ZERO}


def test_stopping_at_the_first_failure_leaves_out_the_rest(any_copy):
    assert any_copy.test(run(stop_at_first=True)).results.keys() == {ADD}


def test_passed_assertions_of_a_failed_test_are_counted(copy):
    assert copy.test(run()).results[ADD].assertions == 1


def test_what_a_command_writes_is_gone_after_it(copy):
    show = Command(("sh", "-c", "find . | sort; cat *.py; ls -a $HOME $TMPDIR"), 10)
    mess = (
        "echo x > new; echo y >> calc.py; rm test_calc.py; mkdir -p d/e; chmod 0 d; mkfifo p; touch $HOME/x $TMPDIR/y"
    )
    before = copy.run(show).output
    assert copy.run(Command(("sh", "-c", f"{mess}; ls"), 10)).code == 0
    assert copy.run(show).output == before


SHOWN = """\
import unittest


class Vain:
    def __init__(self):
        self.seen = 0

    def __repr__(self):
        return "vain"

    def __eq__(self, other):
        return False


def test_plain():
    assert Vain() == Vain()


class Old(unittest.TestCase):
    def test_old(self):
        self.assertEqual(Vain(), Vain())
"""


def test_what_shows_a_failure_is_no_line_of_the_test(copy):
    report = copy.test(run(trace=True), {"test_calc.py": SHOWN.encode()})
    assert report.red == {"test_calc.py::test_plain", "test_calc.py::Old::test_old"}
    for lines in report.lines.values():
        assert {6, 12} <= lines["test_calc.py"]
        assert 9 not in lines["test_calc.py"]


def test_files_that_a_candidate_adds_and_removes_are_as_before_after_it(copy):
    ls = Command(("sh", "-c", "find . | sort"), 10)
    before = copy.run(ls).output
    changed = copy.run(ls, {"a/b/c.py": b"1", "calc.py": None}).output
    assert "./a/b/c.py" in changed
    assert "./calc.py" not in changed
    assert copy.run(ls).output == before


def test_a_command_that_takes_too_long_is_killed_with_all_that_it_started(copy):
    outcome = copy.run(Command(("sh", "-c", "sleep 60 & (setsid sleep 61 &) ; echo on; sleep 62"), 0.5))
    assert outcome.code is None
    assert outcome.output == "on\n"
    assert outcome.seconds < 5


def test_output_without_end_is_cut(copy):
    endless = "print('x' * 79, flush=True)\nwhile 1: print('y' * 8000)"
    outcome = copy.run(Command((sys.executable, "-c", endless), 1))
    assert len(outcome.output) < 2 << 20
    assert outcome.output.startswith("xxx")
    assert "dropped" in outcome.output


@pytest.mark.parametrize("path", ["../outside", "/etc/x", "a/../../x", ""])
def test_a_path_that_leaves_the_copy_is_refused_and_the_copy_goes_on(copy, path):
    with pytest.raises(SandboxError, match="leaves the copy"):
        copy.run(Command(("true",), 10), {path: b""})
    assert copy.run(Command(("true",), 10)).code == 0


def test_executed_lines_are_traced_per_test(copy):
    report = copy.test(run(trace=True))
    assert report.lines[ZERO]["calc.py"] >= {2}
    assert {path for files in report.lines.values() for path in files} == {"calc.py", "test_calc.py"}


DEEP = b"""
import sys
from calc import add


def test_deep():
    def down():
        down()
    try:
        down()
    except RecursionError:
        pass


def test_after_deep():
    add(1, 2)


def test_untraced():
    sys.settrace(None)


def test_after_untraced():
    add(1, 2)
"""


def test_tracing_survives_a_test_that_ends_it(copy):
    """An interpreter drops a tracer that finds no room in a deep recursion; all later tests seemed to run nothing."""
    report = copy.test(run(trace=True), {"test_calc.py": DEEP})
    for name in ("test_after_deep", "test_after_untraced"):
        assert report.lines[f"test_calc.py::{name}"]["calc.py"] >= {2}


@pytest.mark.parametrize("cold", [True, False], ids=["cold", "warm"])
def test_a_test_that_takes_longer_than_it_may_has_failed(copy, cold):
    slow = b"import time\n\ndef test_slow():\n    time.sleep(60)\n\ndef test_quick():\n    pass\n"
    report = copy.test(run(per_test=0.3, cold=cold), {"test_calc.py": slow})
    assert report.red == {"test_calc.py::test_slow"}
    assert report.passed == {"test_calc.py::test_quick"}
    assert "longer" in report.results["test_calc.py::test_slow"].message


def test_a_run_that_takes_too_long_has_a_problem_and_names_the_test(copy):
    report = copy.test(TestRun(sys.executable, 1), {"calc.py": b"def add(a, b):\n    while 1: pass\n"})
    assert report.problem == "the run was killed for time"
    assert report.red == {ADD}
    assert copy.test(run()).passed == {ZERO}


def test_a_file_that_cannot_be_collected_is_an_error_under_its_path(copy):
    report = copy.test(run(), {"test_other.py": b"import nowhere_at_all\n"})
    assert report.results["test_other.py"].status == "error"
    assert "nowhere_at_all" in report.results["test_other.py"].message
    assert report.passed == {ZERO}


def test_a_file_that_could_not_be_collected_can_be_asked_for_by_its_path(copy):
    only = run(ids=("test_other.py",))
    good = b"def test_one(): pass\n\ndef test_two(): pass\n"
    assert copy.test(only, {"test_other.py": b"import nowhere\n"}).red == {"test_other.py"}
    report = copy.test(only, {"test_other.py": good})
    assert report.mended(["test_other.py"]) == {"test_other.py"}
    assert report.passed == {"test_other.py::test_one", "test_other.py::test_two"}


def test_skips_and_expected_failures_are_not_passes(copy):
    text = b"""
import pytest

@pytest.mark.skip
def test_skipped(): pass

@pytest.mark.xfail
def test_expected(): assert 0

@pytest.mark.xfail
def test_unexpected(): pass

@pytest.fixture
def broken(): 1 / 0

def test_set_up(broken): pass
"""
    results = copy.test(run(), {"test_calc.py": text}).results
    statuses = {name.partition("::")[2]: result.status for name, result in results.items()}
    assert statuses == {
        "test_skipped": "skipped", "test_expected": "xfailed", "test_unexpected": "xpassed", "test_set_up": "error",
    }  # fmt: skip


def test_the_project_s_own_options_do_not_hide_results(copy):
    ini = b'[pytest]\naddopts = -x --maxfail=1 -q --no-header -k "add or zero"\n'
    assert copy.test(run(), {"pytest.ini": ini}).passed == {ZERO}


def test_usage_errors_and_empty_selections_are_problems_and_no_failures(copy):
    assert copy.test(run(args=("--no-such-option",))).problem
    assert copy.test(run(args=("-k", "nothing_of_this_name"))).problem == "no test was run"


def test_a_command_that_does_not_exist_fails_like_in_a_shell(copy):
    assert copy.run(Command(("no-such-program",), 5)).code == 127


def test_nothing_is_left_when_a_copy_is_closed(project, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("dspy_ci.adapters.sandbox.copy._fastest", lambda source: None)
    for tier in ("A", "B", "E"):
        if tried(tier).works:
            with LocalSandbox(str(project), tier).open() as opened:
                opened.test(run())
                opened.run(Command(("sh", "-c", "mkdir -p $HOME/a/b; chmod 0 $HOME/a; setsid sleep 99 &"), 5))
            assert list(tmp_path.iterdir()) == []


@pytest.fixture(params=["A", "B", "E"])
def sandbox(request, tmp_path):
    """A project of its own for tests that change it."""
    if not tried(request.param).works:
        pytest.skip("does not hold here")
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)
    return LocalSandbox(str(tmp_path), request.param)


def ran(copy, files):
    return copy.test(run(ids=(ADD,)), files)


@pytest.mark.parametrize(
    "conftest", ["import calc\n", "import threading\nthreading.Thread(target=input, daemon=True)\n"]
)
def test_selected_tests_see_the_candidate_whatever_the_configuration_imports(sandbox, conftest):
    Path(sandbox.root, "conftest.py").write_text(conftest)
    with sandbox.open() as copy:
        for _ in range(2):
            assert ran(copy, {"calc.py": RIGHT}).passed
            assert ran(copy, {}).red
            assert not ran(copy, {"calc.py": b"def add(a, b):\n    raise SystemExit\n"}).passed


def test_a_candidate_that_changes_the_configuration_is_run_with_its_own(copy):
    refused = b"import pytest\n\n\ndef pytest_runtest_setup(item):\n    pytest.skip('never')\n"
    assert ran(copy, {"calc.py": RIGHT}).passed
    assert ran(copy, {"conftest.py": refused}).ids("skipped")
    assert ran(copy, {"calc.py": RIGHT}).passed


def test_a_candidate_that_kills_its_parent_does_not_end_the_copy(copy):
    assert ran(copy, {"calc.py": RIGHT}).passed
    killer = b"import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nos._exit(1)\n"
    assert not ran(copy, {"calc.py": killer}).passed
    assert ran(copy, {"calc.py": RIGHT}).passed


def test_the_working_directory_is_the_candidate_s(copy):
    text = b"def test_add():\n    assert 'a + b' in open('calc.py').read()\n"
    for _ in range(2):
        assert ran(copy, {"calc.py": RIGHT, "test_calc.py": text}).passed
        assert ran(copy, {"test_calc.py": text}).red


def test_what_a_test_prints_reaches_the_report(copy):
    noisy = b"print('hello from the candidate')\n\n\ndef add(a, b):\n    return 0\n"
    assert ran(copy, {"calc.py": RIGHT}).passed
    assert "test_add" in ran(copy, {"calc.py": noisy}).output


def test_edits_of_the_original_are_noticed_and_do_not_break_the_copy(sandbox):
    with sandbox.open() as copy:
        assert copy.stale() == ()
        Path(sandbox.root, "notes.txt").write_text("x")
        Path(sandbox.root, "calc.py").write_bytes(RIGHT)
        assert copy.stale() == ("calc.py", "notes.txt")
        assert copy.run(Command(("sh", "-c", "echo x >> test_calc.py; rm calc.py"), 5)).code == 0
        assert copy.run(Command(("ls",), 5), {"calc.py": WRONG}).code == 0
