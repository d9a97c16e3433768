"""The conductor, on the twins of its ports: no process runs, so every promise is a matter of milliseconds."""

from dataclasses import replace

import pytest

from dspy_ci.errors import UsageError
from dspy_ci.pipeline import Step, Task, elsewhere, mend, reproduced, unseen
from dspy_ci.ports.repo import MemoryRepo
from dspy_ci.ports.sandbox import MemorySandbox, TestReport, TestResult, TestRun
from dspy_ci.reports.fix import FixReport

FILES = {
    "calc.py": b"def add(a, b):\n    return a - b\n",
    "test_calc.py": b"from calc import add\n\n\ndef test_add():\n    assert add(1, 2) == 3\n",
}
ADD, ZERO = "test_calc.py::test_add", "test_calc.py::test_zero"
TASK = Task("pytest", TestRun("python", 10), budget=20.0)


def mended(files, tests, **options):
    events = list(mend(replace(TASK, **options), MemoryRepo(files), MemorySandbox(files, tests)))
    assert isinstance(events[-1], FixReport)
    assert not any(isinstance(event, FixReport) for event in events[:-1])
    return events


def adds(files):
    return b"a + b" in files["calc.py"]


def test_a_green_repository_yields_no_patch():
    report = mended(FILES, {ADD: lambda _: True})[-1]
    assert (report.status, report.offers, report.tried) == ("green", (), 0)


def test_a_red_one_is_mended_and_the_steps_are_told_in_their_order():
    events = mended(FILES, {ADD: adds, ZERO: lambda _: True})
    report = events[-1]
    assert [event.stage for event in events if isinstance(event, Step)] == [
        "test",
        "explain",
        "suspect",
        "search",
        "prove",
    ]
    assert report.status == "fixed"
    assert "+    return a + b" in report.best.patch.diff
    assert report.best.verdict.tests.fixed == (ADD,)


def test_what_cannot_be_mended_is_said():
    report = mended(FILES, {ADD: lambda _: False}, budget=2.0)[-1]
    assert (report.status, report.offers) == ("unfixed", ())
    assert report.summary.startswith("Not mended")


def test_failures_of_a_log_that_do_not_show_here_are_not_mended():
    report = mended(FILES, {ADD: adds, ZERO: lambda _: True}, wanted=frozenset({ZERO}))[-1]
    assert (report.status, report.offers) == ("green", ())
    assert "cannot be reproduced" in report.summary


def test_a_run_that_says_nothing_about_the_code_is_a_usage_error():
    with pytest.raises(UsageError, match="no test was run"):
        mended(FILES, {})


def test_tests_that_were_stopped_elsewhere_get_a_second_look_too():
    def stopped(line, path="m.py"):
        return TestResult("failed", 2.0, f"t.py:3: \n{path}:{line}: Failed\nE   the test ran longer than 2 s")

    results = {
        "a": stopped(10),
        "b": stopped(12),
        "c": stopped(90),
        "d": stopped(10, "n.py"),
        "e": TestResult("failed"),
    }
    assert elsewhere(TestReport(results, 1, "", 9.0), ("a", "b", "c", "d", "e")) == ("c", "d", "e")


class Slow:
    """A copy where tests need so many seconds each; as many as fit are run."""

    def __init__(self, needed):
        self.needed = needed

    def test(self, run):
        results, left = {}, run.timeout
        for number, (name, seconds) in enumerate(self.needed.items()):
            if run.ids and name not in run.ids:
                continue
            left -= min(seconds, run.per_test)
            if left < 0:
                return TestReport(results, None, "", run.timeout, problem="the run was killed for time")
            late = f"m.py:{100 * number}: Failed\nE   the test ran longer than {run.per_test:g} s"
            results[name] = TestResult("passed", seconds) if seconds < run.per_test else TestResult("failed", 0.0, late)
        return TestReport(results, 1, "", 0.0)


def test_slow_tests_are_not_taken_for_red_ones():
    report = reproduced(replace(TASK, run=TestRun("python", 99)), Slow({"a": 1, "b": 3, "endless": 999, "c": 4}))
    assert (report.passed, report.red, unseen(report)) == ({"a", "b", "c"}, {"endless"}, 0)


def test_what_there_is_no_time_for_counts_neither_way_and_is_said():
    report = reproduced(replace(TASK, run=TestRun("python", 99)), Slow({"a": 1, "b": 3, "c": 4, "d": 4, "e": 4}))
    assert (report.passed, report.red, unseen(report)) == ({"a", "b", "c", "d"}, set(), 1)
