from __future__ import annotations

import gzip
import io
import json
import sys
import zipfile
from pathlib import Path

import pytest

from dspy_ci.__main__ import run

GOLDEN = Path(__file__).parent.parent / "golden"
PYTEST = GOLDEN / "pytest" / "assert_basic.log"
RUFF = GOLDEN / "ruff" / "check_concise.log"


@pytest.fixture
def say(capsys):
    """Run one command line in this process: exit code, standard output, standard error."""

    def call(*words):
        code = run([str(word) for word in words])
        out, err = capsys.readouterr()
        return code, out, err

    return call


def records(out):
    return [json.loads(line) for line in out.splitlines()]


def test_json_names_the_root_cause_first(say):
    code, out, _ = say("explain", "--format", "json", PYTEST)
    (record,) = records(out)
    assert code == 1
    assert record["schema"] == "dspy-ci/explain/1"
    assert record["source"] == str(PYTEST)
    assert record["root"][0] == record["failures"][0]["fingerprint"]
    assert record["failures"][0]["frames"][0]["in_repo"] is True
    assert record["context"]["tokens"] > 0
    assert {"why", "command"} == set(record["plan"][0])


def test_several_logs_give_one_object_per_line(say):
    _, out, _ = say("explain", "--format", "json", PYTEST, RUFF)
    assert [record["source"] for record in records(out)] == [str(PYTEST), str(RUFF)]


def test_people_read_place_message_plan_and_advice(say):
    code, out, _ = say("explain", PYTEST)
    assert code == 1
    assert "1. pytest test: tests/test_cart.py:17  tests/test_cart.py::test_discount" in out
    assert "AssertionError: 10% off" in out
    assert "$ pytest tests/test_cart.py::test_discount" in out
    assert "Run again? deterministic" in out


def test_a_green_log_is_no_failure(say, tmp_path):
    log = tmp_path / "green.log"
    log.write_text("collected 3 items\n\ntests/test_a.py ...\n\n===== 3 passed in 0.1s =====\n")
    assert say("explain", log)[0] == 0


def test_standard_input_is_read(say, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(PYTEST.read_bytes())))
    code, out, _ = say("explain", "--format", "json", "-")
    assert code == 1
    assert len(records(out)[0]["failures"]) == 3


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"", "is empty"), (bytes(range(32)) * 300, "is no text")],
    ids=["empty", "binary"],
)
def test_what_is_no_log_gets_a_sentence_and_a_usage_error(say, tmp_path, content, sentence):
    log = tmp_path / "thing.log"
    log.write_bytes(content)
    code, out, err = say("explain", log)
    assert (code, out) == (2, "")
    assert sentence in err


def test_a_missing_file_gets_a_sentence_and_the_others_are_read(say, tmp_path):
    code, out, err = say("explain", "--format", "json", tmp_path / "none.log", PYTEST)
    assert code == 2
    assert len(records(out)) == 1
    assert "no such file" in err


def test_a_folder_is_read_as_one(say, tmp_path):
    (tmp_path / "a.log").write_bytes(PYTEST.read_bytes())
    (tmp_path / "b.txt").write_bytes(RUFF.read_bytes())
    (tmp_path / "c.png").write_bytes(b"\x89PNG")
    _, out, _ = say("explain", "--format", "json", tmp_path)
    (record,) = records(out)
    assert {failure["tool"] for failure in record["failures"]} == {"pytest", "ruff"}


def test_the_zip_of_a_run_names_jobs_and_steps(say, tmp_path):
    source = tmp_path / "run.zip"
    stamped = "".join(f"2026-11-20T18:35:51.6396184Z {line}\n" for line in PYTEST.read_text().splitlines())
    ended = "2026-11-20T18:35:51.6396184Z ##[error]Process completed with exit code 1.\n"
    with zipfile.ZipFile(source, "w") as archive:
        archive.writestr("0_tests.txt", stamped + ended)
        archive.writestr("tests/2_Run pytest.txt", stamped + ended)
        archive.writestr("tests/1_Set up job.txt", "2026-11-20T18:35:51.6396184Z ERROR: a decoy\n")
    code, out, _ = say("explain", "--format", "json", source)
    (record,) = records(out)
    assert code == 1
    assert [failure["step"] for failure in record["failures"]] == ["Run pytest"] * 3
    assert {failure["job"] for failure in record["failures"]} == {"tests"}


def test_a_packed_log_is_unpacked(say, tmp_path):
    source = tmp_path / "log.gz"
    source.write_bytes(gzip.compress(PYTEST.read_bytes()))
    assert len(records(say("explain", "--format", "json", source)[1])[0]["failures"]) == 3


def test_a_broken_archive_gets_a_sentence(say, tmp_path):
    source = tmp_path / "log.gz"
    source.write_bytes(gzip.compress(PYTEST.read_bytes())[:50])
    code, _, err = say("explain", source)
    assert code == 2
    assert "cannot unpack" in err


@pytest.mark.parametrize(
    "name", ["ruff_check_sarif", "ruff_check_junit", "ruff_check_gitlab", "mypy_json", "pyright_json"]
)
def test_a_report_for_machines_is_known_by_its_content(say, name):
    _, out, _ = say("explain", "--format", "json", GOLDEN / "document" / f"{name}.log")
    (record,) = records(out)
    assert len(record["failures"]) >= 5
    assert record["failures"][0]["confidence"] == 0.98


def test_secrets_of_the_environment_and_of_the_log_are_not_printed(say, tmp_path, monkeypatch):
    monkeypatch.setenv("DEPLOY_TOKEN", "blue-giraffe-77")
    log = tmp_path / "log.txt"
    log.write_text("::add-mask::kiwi kiwi\nERROR: file or directory not found: blue-giraffe-77\nfatal: kiwi kiwi\n")
    for words in (("explain", "--format", "json"), ("explain",), ("context",)):
        out = say(*words, log)[1]
        assert "not found" in out
        assert "giraffe" not in out
        assert "kiwi kiwi" not in out


def test_context_keeps_its_budget_and_counts_the_rest(say, tmp_path):
    log = tmp_path / "long.log"
    log.write_text("noise\n" * 5000 + PYTEST.read_text())
    code, out, _ = say("context", "--max-tokens", "300", "--format", "json", log)
    (record,) = records(out)
    assert code == 0
    assert record["tokens"] <= 300
    assert record["lines"]["total"] == record["lines"]["shown"] + record["lines"]["left_out"]
    assert "10% off" in record["text"]
