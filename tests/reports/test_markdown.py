import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading import assert_neutral, kinds

from dspy_ci.reports.markdown import code, fence, folded, prose, suggestion, visible, within

PIECES = [
    "`", "``", "```", "~~~", "\n", " ", "  ", "\t", "*", "_", "[", "]", "(", ")", "!", "<", ">", "&", "#", "1", "@",
    "eve", "http://", "www.", "x.example", "\\", "|", "-", "+", "=", "$", "{", "}", ":", "GH-", "<!--", "-->", "<b>",
    "</details>", "\u202e", "\u200b", "\0", "\x1b[31m", "a", "&lt;", "fixes ",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), max_size=25).map("".join)


@given(TEXTS)
def test_a_sentence_stays_one_sentence(text):
    told = prose(text)
    assert_neutral(f"- Note: {told}")
    assert_neutral(f"### {told}")
    assert_neutral(told)
    assert kinds(f"### x {told}") == ["heading_open", "inline", "heading_close"]
    assert set(kinds(f"x {told}")) <= {"paragraph_open", "inline", "paragraph_close"}


@given(TEXTS)
def test_a_span_stays_one_span(text):
    assert_neutral(f"x {code(text)} y")
    shown = re.sub(r"\s+", " ", visible(text)).strip() or " "
    assert shown[:250] in code(text) or "…" in code(text)


@given(TEXTS)
def test_a_fence_holds_everything_and_ends(text):
    assert_neutral(f"{fence(text, 'text')}\nafter")
    assert kinds(f"{fence(text, 'text')}\nafter") == ["fence", "paragraph_open", "inline", "paragraph_close"]


@given(TEXTS)
def test_a_suggestion_is_one_block_to_the_letter(text):
    assert kinds(f"{suggestion(text)}\nafter")[0] == "fence"
    assert len(kinds(f"{suggestion(text)}\nafter")) == 4
    assert text in suggestion(text)


PARTS = st.one_of(TEXTS.map(fence), TEXTS.map(lambda text: folded("More", fence(text))), TEXTS.map(prose))


@given(st.lists(PARTS, max_size=12), st.integers(400, 1500))
def test_a_cut_leaves_nothing_open(parts, limit):
    text = "\n\n".join(parts)
    cut = within(text, limit, where="the artifact")
    assert len(cut) <= max(limit, 400)
    assert_neutral(cut)
    assert cut.count("<details>") == cut.count("</details>") or "</details>" in text.replace("\n\n</details>", "")
    assert kinds(f"{cut}\n\nafter")[-3:] == ["paragraph_open", "inline", "paragraph_close"]


def test_a_short_text_is_not_cut():
    assert within("short", 100, where="x") == "short"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("`total` uses `a` instead of `b`.", "`total` uses `a` instead of `b`."),
        ("read-only below an overlay (tier A)", "read-only below an overlay (tier A)"),
        ("2 tests, 10 passed: fine", "2 tests, 10 passed: fine"),
        ("see @eve", "see @\u200beve"),
        ("a < b", "a &lt; b"),
    ],
)
def test_plain_words_stay_readable(text, shown):
    assert prose(text) == shown
