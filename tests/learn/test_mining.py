"""`train mine` on histories whose every commit is known to be a cure, or to be none."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import habits
import histories
import pytest

from dspy_ci.adapters.casefiles import CaseFiles
from dspy_ci.commands.mining import field, remembered
from dspy_ci.learn.case import Case, case_record, read_record
from dspy_ci.learn.proving import proved

pytestmark = pytest.mark.slow  # commits are run in real sandboxes


def cases(root):
    return [one for one in remembered(CaseFiles(root / ".dspy_data")).values() if isinstance(one, Case)]


def test_all_known_cures_are_found_and_nothing_else_of_the_history_is_called_one(money):
    root, known, _ = money
    found = {case.proposal.commit.id: case.proposal.kind for case in cases(root) if not case.proposal.planted}
    assert found == known


def test_thin_history_is_filled_up_with_planted_bugs(money):
    root, _, said = money
    assert said["cases"] == len(cases(root)) >= 7
    assert {case.proposal.kind for case in cases(root)} >= {"reversed"}


def test_every_case_is_a_case_again_when_it_is_looked_at_anew(money):
    root, _, _ = money
    with field(root) as found, found.sandbox.open() as copy:
        mined = [case for case in cases(root) if case.proposal.kind != "lint"]
        mined = mined[:5]  # each is seen six times
        again = [proved(case.proposal, found.bench, copy, case.tests or None) for case in mined]
    assert [isinstance(case, Case) and case.targets for case in again] == [case.targets for case in mined]


def test_cases_are_looked_at_again_cold_and_one_that_is_not_seen_again_is_taken_out(money, tmp_path):
    root, _, said = money
    data = tmp_path / "data"
    shutil.copytree(root / ".dspy_data", data)
    wrong = next(case for case in cases(root) if case.proposal.kind == "revert")
    never_red = replace(wrong, targets=(*wrong.targets, "test_money.py::test_total"))
    CaseFiles(data).append("cases.jsonl", case_record(never_red))
    again = json.loads(histories.mined(root, "--cases", "0", "--verify", "--data", str(data)).stdout)
    seen = again["reproduced"]
    assert (seen["cases"], seen["of"]) == (said["cases"] - 1, said["cases"])
    assert seen["missed"] == {wrong.id: "not red before it: test_money.py::test_total"}
    assert seen["per_minute"] > 0 == again["cases_per_minute"]
    assert again["cases"] == said["cases"] - 1
    assert again["dismissed"]["not seen again"] == 1
    rows = "".join(path.read_text() for path in data.glob("*_*.jsonl"))
    assert wrong.id not in rows


def test_a_run_says_how_quick_it_was_and_how_much_came_of_it(money):
    _, known, said = money
    assert said["cases_per_minute"] == pytest.approx(60 * said["cases"] / said["elapsed_s"], rel=0.02)
    assert 0 < said["yield"] < 1
    assert said["sources"]["history"] == {"looked_at": len(histories.money()) - 1, "cases": len(known)}
    assert sum(source["cases"] for source in said["sources"].values()) == said["cases"]
    assert said["cases"] >= len(known)


def test_the_working_tree_is_as_it_was(money, git):
    root, _, _ = money
    assert git(root, "status", "--porcelain") == ""


def test_a_second_run_knows_everything(money):
    root, _, said = money
    started = time.monotonic()
    again = json.loads(histories.mined(root, "--cases", "7").stdout)
    assert (again["cases"], again["new"]) == (said["cases"], 0)
    assert time.monotonic() - started < 60


def test_datasets_have_the_schemas_of_their_modules_and_say_where_they_come_from(money):
    root, known, _ = money
    rows = {
        path.name: [json.loads(line) for line in path.read_text().splitlines()]
        for path in (root / ".dspy_data").glob("*_*.jsonl")
    }
    fields = {
        "context": {"task", "logs_preview", "context_keywords", "key_points_keywords"},
        "task": {"task", "context", "plan_keywords", "commands_keywords"},
        "code": {"snapshot", "ask", "keywords"},
        "codegen": {"task", "context", "file_hints"},
        "orch": {"query", "workspace", "logs", "targets", "topic"},
    }
    for name, own in rows.items():
        for row in own:
            assert row.keys() == {*fields[name.partition("_")[0]], "provenance"}
    assert set(known) <= {row["provenance"]["commit"] for own in rows.values() for row in own}
    assert all((root / ".dspy_data" / row["logs"]).is_file() for row in rows["orch_train.jsonl"])


def test_the_newest_cures_are_held_out(texts):
    times = {
        part: [
            json.loads(line)["provenance"]["time"]
            for line in (texts / ".dspy_data" / f"task_{part}.jsonl").read_text().splitlines()
        ]
        for part in ("train", "validation", "heldout")
    }
    assert max(times["train"]) < min(times["validation"]) <= max(times["validation"]) < min(times["heldout"])


def test_a_killed_run_goes_on_without_loss(tmp_path):
    root = tmp_path / "project"
    known = histories.told(root, habits.story_of("ledger", 4))
    argv = [sys.executable, "-m", "dspy_ci", "train", "mine", "-q", "--cases", "0"]
    running = subprocess.Popen(argv, cwd=root, start_new_session=True, stdout=subprocess.DEVNULL)
    journal = root / ".dspy_data" / "cases.jsonl"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not (journal.exists() and journal.stat().st_size):
        time.sleep(0.05)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    with journal.open("a") as torn:
        torn.write('{"schema": "dspy-ci/case/1", "id": "torn')
    kept = len(cases(root))
    said = json.loads(histories.mined(root, "--cases", "0").stdout)
    assert kept < said["cases"] == len(known) == 4
    assert {case.proposal.commit.id for case in cases(root)} == set(known)


def test_secrets_stay_out_of_datasets(repository, git, write):
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    test = f"from m import one\n\n\ndef test_one():\n    print('{token}')\n    assert one() == 1\n"
    root = repository({"m.py": "def one():\n    return 2\n", "pyproject.toml": histories.PYPROJECT})
    write(root, {"m.py": f"def one():\n    # {token}\n    return 1\n", "test_m.py": test})
    git(root, "add", "-A")
    git(root, "commit", "-qm", f"Mend one, seen with {token}")
    assert histories.mined(root, "--cases", "0").returncode == 0
    texts = [path.read_text() for path in (root / ".dspy_data").rglob("*") if path.is_file()]
    assert len(cases(root)) == 1
    assert not any(token in text for text in texts)


def test_several_repositories_are_mined_and_one_that_cannot_be_does_not_stop_the_others(repository, tmp_path):
    test = "from m import one\n\n\ndef test_one():\n    assert one() == 1\n"
    root = repository({"m.py": "def one():\n    return 2\n"}, {"m.py": "def one():\n    return 1\n", "test_m.py": test})
    (tmp_path / "no").mkdir()
    done = histories.mined(tmp_path, "--cases", "0", str(tmp_path / "no"), str(root))
    missing, found = map(json.loads, done.stdout.splitlines())
    assert "not a git working tree" in missing["problem"]
    assert (found["repository"], found["cases"]) == (str(root), 1)
    assert done.returncode == 0


def test_spark_is_asked_for_where_it_is_missing(repository):
    try:
        import pyspark  # noqa: F401, PLC0415 - an extra
    except ImportError:
        done = histories.mined(repository({"a.txt": "a"}), "--engine", "spark")
        assert done.returncode == 4
        assert "pip install 'dspy-ci[spark]'" in done.stderr
    else:
        pytest.skip("Spark is installed")


def test_our_own_history_holds_cures(tmp_path, git):
    root = Path(__file__).parents[2]
    if not (root / ".git").exists() or int(git(root, "rev-list", "--count", "HEAD")) < 50:
        pytest.skip("this copy has no history")
    words = ("--commits", "3", "--cases", "0", "--budget", "60s", "--data", str(tmp_path / "data"), "--type-cmd", "")
    done = histories.mined(root, *words, "--test-cmd", "pytest -q -m 'not slow' tests/codebase")
    assert done.returncode in {0, 1}, done.stderr
    said = json.loads(done.stdout)
    assert said["looked_at"] == 3
    assert said["cases"] == sum(said["kinds"].values())


def test_a_case_survives_its_file(money):
    root, _, _ = money
    for case in cases(root):
        assert read_record(json.loads(json.dumps(case_record(case)))) == case


@pytest.mark.parametrize("record", [{}, {"schema": "other"}, {"schema": "dspy-ci/case/1", "id": "x", "proposal": 3}])
def test_what_is_no_case_is_not_read_as_one(record):
    assert read_record(record) is None
