from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.slow

FILES = {
    "calc.py": "def add(a, b):\n    return a - b\n\n\ndef one():\n    return 1\n",
    "test_calc.py": """\
import calc


def test_add():
    assert calc.add(1, 2) == 3


def test_one():
    assert calc.one() == 1
""",
}
MEND = "--- a/calc.py\n+++ b/calc.py\n@@ @@\n def add(a, b):\n-    return a - b\n+    return a + b\n"


def scored(dspy_ci, root, *args, stdin=""):
    done = dspy_ci("score", "--format", "json", *args, cwd=root, stdin=stdin)
    return (json.loads(done.stdout) if done.stdout else done.stderr), done.returncode


def test_a_tree_is_scored_by_the_share_of_its_tests_that_pass(dspy_ci, repository):
    record, code = scored(dspy_ci, repository(FILES))
    assert code == 1
    assert record["schema"] == "dspy-ci/score/1"
    assert record["parts"] == {"tests": 0.5, "types": 1.0, "lint": None}
    assert record["score"] == pytest.approx((0.6 * 0.5 + 0.25) / 0.85, abs=1e-4)


def test_a_checker_that_is_named_counts_and_an_empty_one_does_not(dspy_ci, repository):
    root = repository(FILES)
    record, _ = scored(dspy_ci, root, "--lint-cmd", "sh -c 'echo calc.py:1:1: X1 bad; exit 1'")
    assert record["parts"]["lint"] == 0.5
    assert record["checks"][0]["diagnostics"] == ["calc.py: X1 bad"]
    assert scored(dspy_ci, root, "--lint-cmd", "")[0]["parts"]["lint"] is None


def test_a_patch_that_mends_is_verified_and_the_tree_stays_as_it_was(dspy_ci, repository):
    root = repository(FILES)
    record, code = scored(dspy_ci, root, "--patch", "-", stdin=MEND)
    assert (code, record["score"], record["verdict"]["state"]) == (0, 1.0, "verified")
    assert record["verdict"]["evidence"]["canary"] is True
    assert (root / "calc.py").read_text() == FILES["calc.py"]


def test_a_patch_that_loses_a_test_is_rejected_by_its_name(dspy_ci, repository):
    losing = f"{MEND} \n \n def one():\n-    return 1\n+    return 2\n"
    record, code = scored(dspy_ci, repository(FILES), "--patch", "-", stdin=losing)
    assert (code, record["verdict"]["state"]) == (1, "rejected")
    assert record["verdict"]["tests"]["lost"] == ["test_calc.py::test_one"]


def test_a_patch_that_does_not_apply_is_a_usage_error_with_a_sentence(dspy_ci, repository):
    done = dspy_ci("score", "--patch", "-", cwd=repository(FILES), stdin=MEND.replace("a - b", "a * b"))
    assert done.returncode == 2
    assert "no line" in done.stderr
    assert "Traceback" not in done.stderr


def test_doctor_tells_about_every_tier(dspy_ci, repository):
    done = dspy_ci("doctor", "--format", "json", cwd=repository(FILES))
    record = json.loads(done.stdout)
    assert [row["subject"] for row in record["sandbox"]] == ["tier A", "tier B", "tier E", "tier C", "tier D"]
    assert done.returncode == (0 if any(row["good"] for row in record["sandbox"][:2]) else 4)


def test_an_unknown_tier_is_a_usage_error(dspy_ci, repository):
    done = dspy_ci("score", "--sandbox", "Z", cwd=repository(FILES))
    assert done.returncode == 2
    assert "A, B or E" in done.stderr
