"""The actions that need no token, executed step by step."""

import json
import subprocess
from pathlib import Path

import pytest

PIN = "0" * 40
FIX = {"id": "fix", "uses": f"dspy-ci/dspy-ci/actions/fix@{PIN}", "with": {"budget": "15s"}}
EXPLAIN = {"id": "explain", "uses": f"dspy-ci/dspy-ci/actions/explain@{PIN}", "with": {"log": "build.log"}}


@pytest.mark.slow
def test_fix_on_red_leaves_a_patch_that_applies_and_an_annotation_where_it_fails(red, checked_out):
    job = checked_out(red)
    outputs = job.run([FIX])["fix"]["outputs"]
    assert job.status == "success", job.log
    assert (outputs["status"], outputs["failures"], outputs["patches"]) == ("fixed", "1", "1"), job.log
    assert outputs["sandbox"] in "ABE"
    subprocess.run(["git", "apply", outputs["patch-path"]], cwd=job.workspace, check=True)
    assert "range(0, len(items), size)" in (job.workspace / "shelf.py").read_text()
    assert json.loads(Path(outputs["record-path"]).read_text())["schema"] == "dspy-ci/fix/1"
    assert "```diff\ndiff --git a/shelf.py b/shelf.py" in job.summary
    assert job.annotations[0]["file"] == "tests/test_shelf.py"


@pytest.mark.slow
def test_fix_on_green_says_green_and_offers_nothing(green, checked_out):
    job = checked_out(green)
    outputs = job.run([FIX])["fix"]["outputs"]
    assert (outputs["status"], outputs["failures"], outputs["patches"], outputs["patch-path"]) == (
        "green",
        "0",
        "0",
        "",
    )
    assert job.annotations == []


@pytest.mark.slow
def test_fix_without_a_repository_is_an_error_and_says_so(job):
    outputs = job.run([FIX])["fix"]["outputs"]
    assert (job.status, outputs["status"]) == ("failure", "error")
    assert "not a git repository" in job.log


def test_explain_needs_no_repository_and_no_token(job):
    (job.workspace / "build.log").write_text(
        "=== FAILURES ===\n____ test_x ____\n\n>   assert 1 == 2\nE   assert 1 == 2\n\n"
        "tests/test_a.py:3: AssertionError\n"
        "=== short test summary info ===\nFAILED tests/test_a.py::test_x - assert 1 == 2\n=== 1 failed in 0.01s ===\n"
    )
    outputs = job.run([EXPLAIN])["explain"]["outputs"]
    assert (outputs["status"], outputs["failures"]) == ("unfixed", "1"), job.log
    assert job.annotations == [
        {"level": "error", "file": "tests/test_a.py", "line": "3", "title": "dspy-ci", "text": "assert 1 == 2"}
    ]
    assert "assert 1 == 2" in job.summary


def test_explain_of_a_log_that_is_not_there_is_an_error(job):
    outputs = job.run([EXPLAIN])["explain"]["outputs"]
    assert (job.status, outputs["status"]) == ("failure", "error")
    assert "build.log" in job.log
