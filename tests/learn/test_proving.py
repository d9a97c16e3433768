"""Which tests are looked at for a commit, which checkers, and for how long."""

from dataclasses import dataclass, field, replace

import pytest

from dspy_ci.errors import UsageError
from dspy_ci.learn.case import Dismissed
from dspy_ci.learn.mining import tried
from dspy_ci.learn.proposal import Proposal
from dspy_ci.learn.proving import Bench, _brief, _ended, _selections, _wanted, checked, proved
from dspy_ci.ports.history import Commit
from dspy_ci.ports.sandbox import NOTHING, Command, Outcome, TestReport, TestResult, TestRun
from dspy_ci.verdicts.check import Check

TREE = ("app.py", "tests/unit/test_a.py", "tests/e2e/test_b.py", "tests/unit2/test_c.py")


@pytest.mark.parametrize(
    ("args", "kept"),
    [
        ((), ["tests/unit/test_a.py", "tests/e2e/test_b.py", "tests/unit2/test_c.py"]),
        (("-q", "-m", "not slow"), ["tests/unit/test_a.py", "tests/e2e/test_b.py", "tests/unit2/test_c.py"]),
        (("-q", "-m", "not slow", "./tests/unit/"), ["tests/unit/test_a.py"]),
        (("tests/e2e/test_b.py::test_x", "tests/unit2"), ["tests/e2e/test_b.py", "tests/unit2/test_c.py"]),
        (("tests/nothing",), ["tests/unit/test_a.py", "tests/e2e/test_b.py", "tests/unit2/test_c.py"]),
    ],
    ids=["all", "no place", "a folder", "a test and a folder", "no such place"],
)
def test_only_tests_that_the_users_command_runs_are_run(args, kept):
    assert _wanted(TREE[1:], TestRun("python", 1.0, args=args), TREE) == kept


@dataclass
class Past:
    """A history of one commit, `2` upon `1`, as far as proving asks for it."""

    texts: dict
    root: str = "/past"

    def head(self):
        return "2"

    def tree(self, commit):
        del commit
        return {path: path for path in self.texts}

    def read(self, blob):
        return self.texts[blob].encode()

    def overlay(self, commit):
        del commit
        return NOTHING


@dataclass
class Bed:
    """A copy that answers every test run with the same report, and remembers what it was asked."""

    report: TestReport
    asked: list = field(default_factory=list)
    root: str = "/bed"

    def test(self, run, files=NOTHING):
        del files
        self.asked.append(run)
        return self.report

    def run(self, command, files=NOTHING):
        del files
        self.asked.append(command)
        return Outcome(0, "", 0.0)


CODE = {
    "app.py": "def one():\n    return 1\n",
    "tests/test_app.py": "from app import one\n",
    "tests/test_other.py": "from app import one\n",
    "tests/test_far.py": "",
}
RUN = TestRun("python", 600.0)
SEEN = {
    "tests/test_app.py::test_one": TestResult("passed", 3.0),
    "tests/test_app.py::test_two": TestResult("passed", 1.0),
    "tests/test_net.py::test_net": TestResult("failed", 20.0),
    "tests/test_zoo.py::test_zoo": TestResult("error"),
}
ENDED = TestReport(SEEN, 1, "", 5.0)
KILLED = TestReport(SEEN, None, "", 60.0, problem="the run was killed for time")


def bench(**known):
    return Bench(Past(CODE), RUN, **known)


def test_a_short_suite_is_run_whole_and_its_tests_may_take_ten_times_as_long_as_the_slowest():
    found, _ = tried(bench(), Bed(ENDED))
    assert (found.quick, found.run.per_test, found.run.timeout) == (True, 30.0, 160.0)
    assert found.paces == {"tests/test_app.py": 4.0, "tests/test_net.py": 20.0, "tests/test_zoo.py": 0.0}


def test_a_long_suite_is_not_waited_for_and_no_commit_may_take_long():
    bed = Bed(KILLED)
    found, _ = tried(bench(), bed)
    (first,) = bed.asked
    assert first.timeout < RUN.timeout
    assert first.per_test < first.timeout  # one test that hangs does not hide all others
    assert not found.quick
    assert found.run.per_test < found.run.timeout < first.timeout


@pytest.mark.parametrize(
    "report",
    [replace(KILLED, results={}), replace(KILLED, code=1, problem="the process ended before its time (exit code 1)")],
    ids=["nothing passed", "it crashed"],
)
def test_a_suite_of_which_nothing_is_known_is_not_mined_with(report):
    with pytest.raises(UsageError, match="must run before older ones can"):
        tried(bench(), Bed(report))


def proposal(*tests, subject="Mend one", body=""):
    return Proposal("tests", Commit("2", "1", 0, subject, body), tests, ("app.py",))


@pytest.mark.parametrize(
    ("known", "tests", "found"),
    [
        ({"quick": True}, ("tests/test_app.py",), [None]),
        ({"quick": False}, ("tests/test_app.py", "tests/data.txt"), [["tests/test_app.py"]]),
        ({"quick": False, "paces": {"tests/test_app.py": 1.0}}, (), [["tests/test_app.py", "tests/test_other.py"]]),
        ({"quick": False, "paces": {"tests/test_app.py": 99.0, "tests/test_other.py": 1.0}}, (),
         [["tests/test_other.py"]]),
    ],
    ids=["all of a short suite", "its own", "those it reaches", "the quick ones of them"],
)  # fmt: skip
def test_of_a_long_suite_a_commit_is_shown_by_its_own_tests_or_else_by_quick_ones(known, tests, found):
    assert list(_selections(proposal(*tests), bench(**known))) == found


def test_what_a_commit_reaches_is_run_only_if_something_was_wrong():
    assert list(_selections(proposal(subject="Add one"), bench(quick=False))) == []
    revert = replace(proposal(subject="Add one"), kind="revert")
    assert list(_selections(revert, bench(quick=False))) == [["tests/test_app.py"]]


def test_tests_that_are_red_on_the_newest_commit_too_show_nothing():
    found, _ = tried(bench(), Bed(KILLED))
    assert found.sick == {"tests/test_net.py::test_net"}
    bed = Answering([TestReport(dict(list(SEEN.items())[:-1]), 1, "", 1.0)])
    assert proved(proposal("tests/test_app.py"), found, bed).reason == "no test is red before it"


def test_what_was_not_timed_comes_last():
    assert _brief(["a", "b", "c", "d"], {"b": 6.0, "d": 2.0}) == ["a", "b", "d"]
    assert _brief(["a"], {}) == ["a"]
    assert _brief([], {"a": 1.0}) == []


@pytest.mark.parametrize(
    ("subject", "body", "asked"),
    [("Change one", "", 0), ("Annotate what one returns", "", 2), ("Change one", "mypy saw it", 2)],
)
def test_a_slow_checker_is_asked_only_about_commits_that_speak_of_it(subject, body, asked):
    types = Check("types", "mypy", (Command(("mypy",), 9.0),))
    bed = Bed(ENDED)
    assert (
        list(checked(proposal(subject=subject, body=body), bench(checks=(types,), slow=frozenset({"mypy"})), bed)) == []
    )
    assert len(bed.asked) == asked
    assert list(checked(proposal(), bench(checks=(types,)), bed)) == []
    assert len(bed.asked) == asked + 2


def test_of_a_run_that_was_killed_what_had_ended_counts_and_a_red_test_is_enough():
    names = ["t.py::test_a", "t.py::test_b", "t.py::test_c"]
    cut = replace(KILLED, results=dict(zip(names, map(TestResult, ("failed", "passed", "error")), strict=True)))
    assert _ended(cut) == ("t.py::test_a", "t.py::test_b")
    assert _ended(replace(cut, results={name: cut.results[name] for name in names[1:]})) == ()
    assert _ended(replace(cut, results={})) == ()


def test_a_case_whose_tests_take_long_is_shown_by_those_that_ended():
    names = ["tests/test_app.py::test_one", "tests/test_app.py::test_slow", "tests/test_app.py::test_two"]

    def report(*statuses, **more):
        return TestReport(
            dict(zip(names, map(TestResult, statuses), strict=False)), **{"code": 1, **more}, output="", seconds=1.0
        )

    cut = report("failed", "error", code=None, problem="the run was killed for time")
    red, green = report("failed"), report("passed", code=0)
    bed = Answering([cut, green, red, green, red, green])
    case = proved(proposal("tests/test_app.py"), bench(quick=False), bed)
    assert case.targets == (names[0],)
    assert all(run.ids == (names[0],) for run in bed.asked[1:])
    assert isinstance(proved(proposal("tests/test_app.py"), bench(quick=True), Answering([cut])), Dismissed)


class Answering(Bed):
    """A copy that answers one test run after the other."""

    def __init__(self, reports):
        super().__init__(reports[0])
        self.reports = iter(reports)

    def test(self, run, files=NOTHING):
        super().test(run, files)
        return next(self.reports)
