"""What a comment asks for: `/dspy VERB ARGUMENT...` on its first line, and nowhere else."""

from __future__ import annotations

import re
import unicodedata

from dspy_ci.requests.request import Command

_START = re.compile(r"/dspy(?![^\s\W]|[-/.:])")
_WORD = re.compile(r'[ \t]+(?:"((?:[^"\\]|\\.)*)"|\'([^\']*)\'|“([^”]*)”|([^\s"\'“][^ \t]*))(?=[ \t]|$)')
_ESCAPED = re.compile(r'\\(["\\])')
_LONGEST = 4000
_MOST = 20


class Unclear(ValueError):  # noqa: N818 - it is the comment that is unclear, and no error of ours
    """A line that begins like a command and is none; says why, in words for the person who wrote it."""


def command(body: str) -> Command | None:
    """The command in a comment; None when it holds none. Raises Unclear.

    Only the very first line counts, and it must begin with `/dspy`: so nothing in a quote, in a code block, behind
    spaces or further down is a command. Arguments keep their case; quotes hold words together, and within double
    quotes a backslash protects a quote or a backslash, and nothing else.
    """
    line = body.split("\n", 1)[0].removesuffix("\r")
    if not _START.match(line):
        return None
    if len(line) > _LONGEST:
        raise Unclear(f"a command has at most {_LONGEST} characters")
    if any(_hidden(sign) for sign in line):
        raise Unclear("the command holds invisible or unusual characters, so that nobody can see what it says")
    words = _words(line.removeprefix("/dspy").rstrip())
    if len(words) > _MOST:
        raise Unclear(f"a command has at most {_MOST} words")
    if not words:
        return Command("help")
    verb = words[0].lower() if words[0].isascii() else words[0]
    return Command(verb, tuple(words[1:]))


def _words(text: str) -> list[str]:
    words, place = [], 0
    while place < len(text):
        match = _WORD.match(text, place)
        if not match:
            raise Unclear("a quote is not closed, or something follows it without a space")
        double, single, curly, bare = match.groups()
        words.append(_ESCAPED.sub(r"\1", double) if double is not None else single or curly or bare or "")
        place = match.end()
    return words


def _hidden(sign: str) -> bool:
    """Whether a reader would not see the character as what it is: controls, formats, odd spaces, unassigned ones."""
    return sign not in " \t" and unicodedata.category(sign)[0] in "CZ"
