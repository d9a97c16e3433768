"""Markdown read as GitHub reads it, and what must not be in it."""

import re

from markdown_it import MarkdownIt

OURS = re.compile(
    r"<summary>[\w ()]*</summary>|</?(?:details|sub)>|<!-- dspy-ci:(?:remark|summary|outdated):1 [\w=-]+ -->"
)
RUN = "https://github.com/o/r/actions/runs/42"
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def _inline(tokens):
    for token in tokens:
        yield token
        yield from _inline(token.children or ())


def assert_neutral(text):
    """No image, no foreign link, no foreign HTML, no mention, no reference to an issue, nothing that nobody sees."""
    for token in _inline(_READER.parse(text)):
        assert token.type != "image"
        if token.type == "link_open":
            assert token.attrs["href"] == RUN
        if token.type in {"html_inline", "html_block"}:
            assert not OURS.sub("", token.content).strip(), token.content
        if token.type == "text":
            assert not re.search(r"@[\w-]", token.content), token.content
            assert not re.search(r"#\d|\bGH-\d", token.content), token.content
            assert not re.search(r"https?://|www\.", token.content), token.content
    assert not _UNSEEN.search(text)


def kinds(text):
    """The blocks that a text is made of."""
    return [token.type for token in _READER.parse(text)]
