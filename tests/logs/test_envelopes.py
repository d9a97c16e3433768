from __future__ import annotations

import pytest

from dspy_ci.logs.envelopes import lines_of, pages_of

STAMP = "2026-11-20T18:35:51.6396184Z "


def texts(log):
    return [line.text for line in lines_of(log)]


def steps(log):
    return [(line.step, line.stream, line.text) for line in lines_of(log)]


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("\x1b[31mFAILED\x1b[0m a", "FAILED a"),
        ("^[[31mFAILED^[[0m a", "FAILED a"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b(B\x1b[mplain", "plain"),
        ("\x1b_bk;t=1795168272160\x07line\r", "line"),
        ("10%\r50%\r100% done", "100% done"),
        ("nul\x00 byte", "nul byte"),
        ("bell\x07", "bell"),
    ],
)
def test_only_what_the_tool_meant_is_left_of_a_line(raw, clean):
    assert texts(raw + "\n") == [clean]


def test_line_numbers_are_those_of_the_source():
    log = "a\r\n\nprogress\rb\nc"
    assert [(line.number, line.text) for line in lines_of(log)] == [(1, "a"), (2, ""), (3, "b"), (4, "c")]


def test_stamps_and_the_byte_order_mark_go():
    log = f"\ufeff{STAMP}first\n{STAMP}\n{STAMP}  third".encode()
    assert texts(log) == ["first", "", "  third"]


def test_a_stamp_in_the_middle_of_a_line_stays():
    assert texts(f"see {STAMP}there\n") == [f"see {STAMP}there"]


def test_chunks_may_break_lines_and_characters_anywhere():
    raw = f"{STAMP}über\n{STAMP}zweite\n".encode()
    assert texts(raw[i : i + 1] for i in range(len(raw))) == ["über", "zweite"]


def test_utf_16_is_known_by_its_mark():
    assert texts("eins\nzwei\n".encode("utf-16")) == ["eins", "zwei"]


def test_bad_bytes_do_not_hurt():
    assert texts(b"caf\xe9 \xff\n") == ["caf\ufffd \ufffd"]


def test_of_a_line_of_megabytes_head_and_tail_are_kept():
    (line,) = texts("begin " + "x" * 3_000_000 + " end\n")
    assert line.startswith("begin ")
    assert line.endswith(" end")
    assert len(line) < 5000


def test_a_line_without_end_does_not_grow_while_it_is_read():
    chunks = (b"y" * 100_000 for _ in range(100))
    (line,) = texts(chunks)
    assert len(line) < 1_200_000


def test_the_steps_of_a_github_job_are_told_apart():
    log = "\n".join(
        STAMP + text
        for text in (
            "Current runner version: '2.3'",
            "##[group]Run pytest",
            "pytest",
            "shell: /usr/bin/bash -e {0}",
            "##[endgroup]",
            "F",
            "##[error]Process completed with exit code 1.",
            "Post job cleanup.",
            "fatal: not a real failure",
        )
    )
    assert steps(log) == [
        ("Set up job", "out", "Current runner version: '2.3'"),
        ("Run pytest", "meta", "##[group]Run pytest"),
        ("Run pytest", "meta", "pytest"),
        ("Run pytest", "meta", "shell: /usr/bin/bash -e {0}"),
        ("Run pytest", "meta", "##[endgroup]"),
        ("Run pytest", "out", "F"),
        ("Run pytest", "out", "##[error]Process completed with exit code 1."),
        ("Post job cleanup", "meta", "Post job cleanup."),
        ("Post job cleanup", "meta", "fatal: not a real failure"),
    ]


def test_a_group_that_a_script_calls_run_is_no_step():
    log = "##[group]Run the tests\nE   boom\n##[endgroup]\n"
    assert {(step, stream) for step, stream, _ in steps(log)} == {(None, "out")}


def test_the_prefix_of_gh_names_job_and_step():
    log = f"tests (3.11)\tRun pytest\t{STAMP}F\nlint\tUNKNOWN STEP\t{STAMP}E501\n"
    assert [(line.job, line.step, line.text) for line in lines_of(log)] == [
        ("tests (3.11)", "Run pytest", "F"),
        ("lint", "Run pytest", "E501"),
    ]


def test_gitlab_sections_are_steps():
    log = (
        "section_start:1:prepare\r\x1b[0K\x1b[36mPreparing\x1b[0m\n"
        "section_end:2:prepare\r\x1b[0Ksection_start:3:step_script[collapsed=true]\r\x1b[0KExecuting\nboom\n"
        "section_end:4:step_script\r\x1b[0K\x1b[31mERROR: Job failed: exit code 1\x1b[0m\n"
    )
    assert steps(log) == [
        ("prepare", "out", "Preparing"),
        ("step_script", "out", "Executing"),
        ("step_script", "out", "boom"),
        (None, "out", "ERROR: Job failed: exit code 1"),
    ]


def test_jenkins_stages_are_steps():
    log = "[Pipeline] { (Test)\n+ pytest\n[Pipeline] // stage\nERROR: script returned exit code 1\n"
    assert [(step, text) for step, _, text in steps(log)] == [
        ("Test", "[Pipeline] { (Test)"),
        ("Test", "+ pytest"),
        (None, "[Pipeline] // stage"),
        (None, "ERROR: script returned exit code 1"),
    ]


def test_buildkite_heads_are_steps_and_diffs_are_not():
    mark = "\x1b_bk;t=1\x07"
    log = f"{mark}~~~ Preparing\r\n{mark}+++ :hammer: test\r\n{mark}--- a.py\r\n{mark}+++ a.py\r\n{mark}@@ -1 +1 @@\r\n"
    assert [step for step, _, _ in steps(log)] == ["Preparing"] + [":hammer: test"] * 4


def test_names_from_outside_win():
    page = next(pages_of("Current runner version: 1\n", job="build", step="Test"))
    assert (page.job, page.step) == ("build", "Test")
