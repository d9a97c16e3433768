"""The runner of these tests does what GitHub's does, as far as our files use it."""

import pytest

from tests.actions.runner.expressions import WrongExpressionError, filled, holds, value

WORLD = {
    "__status__": "failure",
    "github": {"event": {"number": 7, "labels": ["a", "B"]}, "ref": "refs/heads/main", "run_id": "12"},
    "inputs": {"mode": "solve", "model": "", "dry-run": "false"},
    "needs": {"read": {"result": "success"}},
    "steps": {},
}


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("github.event.workflow_run.id || github.run_id", "12"),
        ("inputs.mode == 'SOLVE'", True),
        ("inputs.mode != 'solve' && github.ref || ''", ""),
        ("inputs.mode == 'solve' && inputs.model || 'github'", "github"),  # an empty word lets the next one win
        ("steps.work.outputs.status || 'error'", "error"),
        ("inputs.dry-run == 'false'", True),
        ("inputs['dry-run']", "false"),
        ("github.event.labels[1]", "B"),
        ("contains(github.event.labels, 'b')", True),
        ("startsWith(github.ref, 'refs/heads/')", True),
        ("!cancelled() && needs.read.result == 'success'", True),
        ("'it''s'", "it's"),
        ("github.event.number > 6", True),
        ("null == 0", True),
    ],
)
def test_an_expression_means_what_it_means_at_github(text, means):
    assert value(text, WORLD) == means


@pytest.mark.parametrize("text", ["nobody.there", "github.event.", "made_up()", "a b", "1 +", "'open"])
def test_an_expression_that_the_runner_refuses_is_refused(text):
    with pytest.raises(WrongExpressionError):
        value(text, WORLD)


def test_a_condition_without_a_word_about_the_status_means_success():
    assert not holds("inputs.mode == 'solve'", WORLD)
    assert holds("always() && inputs.mode == 'solve'", WORLD)
    assert holds("${{ failure() }}", WORLD)


def test_a_condition_with_text_around_its_expression_is_a_mistake():
    with pytest.raises(WrongExpressionError):
        holds("${{ failure() }} == true", WORLD)


def test_what_an_expression_holds_is_no_expression():
    assert filled("a ${{ github.ref }}", {**WORLD, "github": {"ref": "${{ secrets.X }}"}}) == "a ${{ secrets.X }}"


def test_a_step_hands_on_by_the_files_of_the_runner(job):
    done = job.run(
        [
            {"id": "one", "run": 'echo "a=1" >> "$GITHUB_OUTPUT"\nprintf "b<<E\\nx\\ny\\nE\\n" >> "$GITHUB_OUTPUT"'},
            {"run": 'echo "WORD=here" >> "$GITHUB_ENV"; echo /opt/own >> "$GITHUB_PATH"'},
            {"run": 'echo hi >> "$GITHUB_STEP_SUMMARY"'},
            {"id": "two", "run": 'echo "c=$WORD ${PATH%%:*}" >> "$GITHUB_OUTPUT"'},
        ]
    )
    assert done["one"]["outputs"] == {"a": "1", "b": "x\ny"}
    assert done["two"]["outputs"] == {"c": "here /opt/own"}
    assert job.summary == "hi\n"


def test_a_red_step_skips_the_others_but_not_those_that_want_it(job):
    job.run(
        [
            {"name": "bad", "shell": "bash", "run": "false | true"},
            {"name": "next", "run": "true"},
            {"name": "last", "if": "always()", "run": "true"},
        ]
    )
    assert job.outcomes == {"bad": "failure", "next": "skipped", "last": "success"}
    assert job.status == "failure"


def test_eleven_errors_of_a_step_are_ten_annotations_and_stopped_commands_none(job):
    job.run([{"run": 'for i in $(seq 11); do echo "::error file=a%2Cb.py,line=$i::no%0Aend"; done\n'
                     'echo "::stop-commands::xyz"; echo "::error::quiet"; echo "::xyz::"\n'
                     'echo "::warning::heard"'}])  # fmt: skip
    errors = [note for note in job.annotations if note["level"] == "error"]
    assert len(errors) == 10
    assert errors[0] == {"level": "error", "text": "no\nend", "file": "a,b.py", "line": "1"}
    assert [note["text"] for note in job.annotations if note["level"] == "warning"] == ["heard"]
