import pytest

from dspy_ci.ports.forge import Comment, User
from dspy_ci.requests.attempts import Attempt, answers

OURS = User("our-app[bot]", "Bot")
ATTEMPT = Attempt(12, "fix", "ab" * 20, "2026-01-02", spent=True, key="")


@pytest.mark.parametrize(
    "attempt", [ATTEMPT, Attempt(1), Attempt(3, "ignore", key="*"), Attempt(3, "ignore", key="a1b2")]
)
def test_a_mark_says_what_it_was_made_of(attempt):
    comment = Comment(1, OURS, attempt.mark + "\nsome text")
    assert list(answers([comment], OURS.login)) == [(comment, attempt)]


@pytest.mark.parametrize("author", ["eve", "our-app", "our-app[bot] ", "OUR-APP[bot]", ""])
def test_a_forged_mark_counts_for_nothing(author):
    assert list(answers([Comment(1, User(author), ATTEMPT.mark)], OURS.login)) == []


def test_without_knowing_ourselves_nothing_is_ours():
    assert list(answers([Comment(1, User(""), ATTEMPT.mark)], None)) == []


@pytest.mark.parametrize(
    "body", ["x" + ATTEMPT.mark, "\n" + ATTEMPT.mark, ATTEMPT.mark.replace("=1", "=9"), "<!-- dspy-ci:answer"]
)
def test_a_mark_stands_at_the_very_beginning_or_is_none(body):
    assert list(answers([Comment(1, OURS, body)], OURS.login)) == []
