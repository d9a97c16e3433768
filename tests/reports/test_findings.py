from dspy_ci.causes.cause import Cause
from dspy_ci.causes.chances import rate
from dspy_ci.causes.triage import Suspense
from dspy_ci.failures.failure import Failure
from dspy_ci.reports.facts import Excerpt, Facts, JobFacts, Target
from dspy_ci.reports.findings import found_in, judged

SAID = "def test_b():\n>   assert f() == 1\nE   assert 2 == 1\n\ntest_b.py:9: AssertionError"


def failure(test, **more):
    return Failure("pytest", "test", f"assert {test}", test_id=f"test_a.py::{test}", **more)


def suspense(test, label):
    return Suspense(test, None, cause=Cause(label, rate(3, 10), "fails so"), message=SAID)


def test_each_failure_stands_once_roots_first_with_their_log():
    a, b = failure("a"), failure("b")
    explained = failure("c", suppressed_by=a.fingerprint)
    jobs = (
        JobFacts(
            "linux", failures=(b, a, explained), roots=(a.fingerprint,), excerpts=(Excerpt(a.fingerprint, "E a"),)
        ),
        JobFacts("mac", failures=(a,), roots=(a.fingerprint,)),
    )
    first, second = found_in(Facts(Target("o/r", "1" * 40), jobs))
    assert (first.failure.test_id, first.root, first.count, first.excerpt) == ("test_a.py::a", True, 2, "E a")
    assert (second.failure.test_id, second.root, second.failure.job) == ("test_a.py::b", False, "linux")


def test_an_experiment_says_whose_doing_it_is_and_adds_what_only_it_saw():
    facts = Facts(Target("o/r", "1" * 40), (JobFacts("linux", failures=(failure("a"),)),))
    seen = [suspense("test_a.py::a", "flaky"), suspense("test_b.py::test_b", "change")]
    found = {one.failure.test_id: one for one in judged(found_in(facts), seen)}
    assert found["test_a.py::a"].foreign
    assert found["test_a.py::a"].chance is not None
    added = found["test_b.py::test_b"]
    assert (added.cause, added.foreign, added.failure.file, added.failure.line) == ("change", False, "test_b.py", 9)
