from __future__ import annotations

import sys

import pytest

from dspy_ci.adapters.sandbox.local import LocalSandbox
from dspy_ci.errors import SandboxError
from dspy_ci.ports.sandbox import Command, TestRun

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

pytestmark = pytest.mark.slow


@pytest.fixture
def project(tmp_path):
    (tmp_path / "calc.py").write_bytes(WRONG)
    (tmp_path / "test_calc.py").write_bytes(TESTS)
    return tmp_path


@pytest.fixture
def sandbox(project):
    return LocalSandbox(str(project))


@pytest.mark.parametrize("cold", [True, False], ids=["cold", "warm"])
def test_every_test_is_reported_by_its_id_and_the_canary_names_the_copied_module(sandbox, cold):
    with sandbox.open() as copy:
        report = copy.test(TestRun(sys.executable, 60, cold=cold))
    assert report.problem is None
    assert report.red == {"test_calc.py::test_add"}
    assert report.passed == {"test_calc.py::test_zero"}
    assert report.results["test_calc.py::test_add"].assertions == 1
    assert report.modules["calc"] == "calc.py"
    assert (report.foreign, report.tampered, report.warm) == ((), (), not cold)


def test_a_run_sees_its_own_files_and_the_next_one_does_not(sandbox, project):
    run = TestRun(sys.executable, 60, ids=("test_calc.py::test_add",), stop_at_first=True)
    with sandbox.open() as copy:
        assert copy.test(run, {"calc.py": RIGHT}).passed == {"test_calc.py::test_add"}
        assert copy.test(run).red == {"test_calc.py::test_add"}
        assert copy.run(Command(("cat", "calc.py"), 10)).output == WRONG.decode()
    assert (project / "calc.py").read_bytes() == WRONG


def test_what_a_command_writes_is_gone_after_it(sandbox):
    script = "echo x > new; echo y >> calc.py; rm test_calc.py; mkdir -p d/e; chmod 000 d; mkfifo pipe; ls"
    with sandbox.open() as copy:
        before = copy.run(Command(("sh", "-c", "find . | sort; cat *.py"), 10)).output
        copy.run(Command(("sh", "-c", script), 10))
        assert copy.run(Command(("sh", "-c", "find . | sort; cat *.py"), 10)).output == before


def test_a_command_that_takes_too_long_is_killed_with_all_that_it_started(sandbox):
    with sandbox.open() as copy:
        outcome = copy.run(Command(("sh", "-c", "sleep 60 & (setsid sleep 61 &) ; echo on; sleep 62"), 0.5))
        assert outcome.code is None
        assert outcome.output == "on\n"
        assert outcome.seconds < 5


def test_a_path_that_leaves_the_copy_is_refused(sandbox):
    with sandbox.open() as copy, pytest.raises(SandboxError, match="leaves the copy"):
        copy.run(Command(("true",), 10), {"../outside": b""})


def test_executed_lines_are_traced_per_test(sandbox):
    with sandbox.open() as copy:
        report = copy.test(TestRun(sys.executable, 60, trace=True))
    assert report.lines["test_calc.py::test_zero"]["calc.py"] >= {2}
    assert all(not path.startswith("<") for files in report.lines.values() for path in files)


@pytest.mark.parametrize("cold", [True, False], ids=["cold", "warm"])
def test_a_test_that_takes_longer_than_it_may_has_failed(sandbox, cold):
    slow = b"import time\n\ndef test_slow():\n    time.sleep(60)\n\ndef test_quick():\n    pass\n"
    with sandbox.open() as copy:
        report = copy.test(TestRun(sys.executable, 60, per_test=0.3, cold=cold), {"test_calc.py": slow})
    assert report.red == {"test_calc.py::test_slow"}
    assert report.passed == {"test_calc.py::test_quick"}
    assert "longer" in report.results["test_calc.py::test_slow"].message


@pytest.mark.parametrize("cold", [True, False], ids=["cold", "warm"])
def test_a_file_that_cannot_be_collected_is_an_error_under_its_path(sandbox, cold):
    with sandbox.open() as copy:
        report = copy.test(TestRun(sys.executable, 60, cold=cold), {"test_other.py": b"import nowhere_at_all\n"})
    assert report.results["test_other.py"].status == "error"
    assert "nowhere_at_all" in report.results["test_other.py"].message
    assert report.passed == {"test_calc.py::test_zero"}


@pytest.mark.parametrize("cold", [True, False], ids=["cold", "warm"])
def test_a_process_that_leaves_early_with_success_has_a_problem(sandbox, cold):
    with sandbox.open() as copy:
        report = copy.test(TestRun(sys.executable, 60, cold=cold), {"calc.py": b"import os\nos._exit(0)\n"})
    assert report.problem
    assert not report.passed


def test_missing_ids_do_not_hide_the_others(sandbox):
    run = TestRun(sys.executable, 60, ids=("test_calc.py::test_gone", "test_calc.py::test_zero"))
    with sandbox.open() as copy:
        assert copy.test(run).passed == {"test_calc.py::test_zero"}


def test_a_file_that_could_not_be_collected_can_be_asked_for_by_its_path(sandbox):
    run = TestRun(sys.executable, 60, ids=("test_other.py",))
    good = b"def test_one(): pass\n\ndef test_two(): pass\n"
    with sandbox.open() as copy:
        assert copy.test(run, {"test_other.py": b"import nowhere\n"}).red == {"test_other.py"}
        report = copy.test(run, {"test_other.py": good})
    assert report.mended(["test_other.py"]) == {"test_other.py"}
    assert report.passed == {"test_other.py::test_one", "test_other.py::test_two"}


def ran(copy, files):
    return copy.test(TestRun(sys.executable, 60, ids=("test_calc.py::test_add",)), files)


@pytest.mark.parametrize(
    "conftest", ["", "import calc\n", "import threading\nthreading.Thread(target=input, daemon=True)\n"]
)
def test_selected_tests_see_the_candidate_whatever_the_configuration_imports(sandbox, project, conftest):
    (project / "conftest.py").write_text(conftest)
    with sandbox.open() as copy:
        for _ in range(2):
            assert ran(copy, {"calc.py": RIGHT}).passed
            assert ran(copy, {}).red
            assert not ran(copy, {"calc.py": b"def add(a, b):\n    raise SystemExit\n"}).passed


def test_a_candidate_that_changes_the_configuration_is_run_with_its_own(sandbox):
    refused = b"import pytest\n\n\ndef pytest_runtest_setup(item):\n    pytest.skip('never')\n"
    with sandbox.open() as copy:
        assert ran(copy, {"calc.py": RIGHT}).passed
        assert ran(copy, {"conftest.py": refused}).ids("skipped")
        assert ran(copy, {"calc.py": RIGHT}).passed


def test_a_candidate_that_kills_its_own_process_does_not_end_the_server(sandbox):
    with sandbox.open() as copy:
        assert ran(copy, {"calc.py": RIGHT}).passed
        killed = ran(copy, {"calc.py": b"import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nos._exit(1)\n"})
        assert not killed.passed
        assert ran(copy, {"calc.py": RIGHT}).passed


def test_what_a_test_prints_reaches_the_report(sandbox):
    noisy = b"print('hello from the candidate')\n\n\ndef add(a, b):\n    return 0\n"
    with sandbox.open() as copy:
        assert ran(copy, {"calc.py": RIGHT}).passed
        assert "test_add" in ran(copy, {"calc.py": noisy}).output
