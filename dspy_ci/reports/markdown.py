"""Markdown whose foreign parts stay text: no mention, no link, no image, no HTML, no way out of a fence."""

from __future__ import annotations

import re
import unicodedata

_RUN = re.compile(r"`+")
_SPAN = re.compile(r"`([^`\n]+)`")
_PUNCTUATION = re.compile(r"([\\*_{}\[\]!|~<>&`$]|^[#+=-]|^\d+(?=[.)]))")
_NAMED = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
_ZERO = "\u200b"
_LINKS = re.compile(r"(?i)(?:https?|ftp|xmpp|mailto):|(?<![a-z0-9])(?:file|data|javascript|vbscript):|www\.")
_BIDI = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_SUGGESTED = re.compile(r"^(?P<ticks>`{3,})suggestion[ \t]*\n(?P<text>.*?)^(?P=ticks)[ \t]*$", re.MULTILINE | re.DOTALL)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_LONGEST_LINE = 1000


def visible(text: str) -> str:
    """The text without signs that nobody sees: controls, escapes, zero width, directions; line feeds and tabs stay."""
    if text.isascii():
        return _CONTROLS.sub("", text)
    return "".join(sign for sign in text if sign in "\n\t" or not _hidden(sign))


def hides(text: str) -> bool:
    """Whether the text holds signs that change what a reader sees without being seen."""
    return any(sign not in "\n\t\r\f" and _hidden(sign) for sign in text)


def _hidden(sign: str) -> bool:
    if " " <= sign <= "~":
        return False
    return unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} or sign in _BIDI


def code(text: str, *, most: int = 300) -> str:
    """The text as an inline code span, whatever it holds."""
    flat = " ".join(visible(text).split()) or " "
    flat = flat if len(flat) <= most else f"{flat[: most - 1]}…"
    ticks = "`" * (_longest(flat) + 1)
    pad = " " if flat[:1] == "`" or flat[-1:] == "`" else ""
    return f"{ticks}{pad}{flat}{pad}{ticks}"


def fence(text: str, info: str = "") -> str:
    """The text as a fenced block; the fence is longer than any run of backticks inside."""
    lines = [line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}…" for line in visible(text).split("\n")]
    body = "\n".join(lines).strip("\n")
    ticks = "`" * max(3, _longest(body) + 1)
    return f"{ticks}{info}\n{body}\n{ticks}"


def suggestion(text: str) -> str:
    """A committable block; the text stands there to the letter. Empty text takes the lines away."""
    ticks = "`" * max(3, _longest(text) + 1)
    return f"{ticks}suggestion\n{text}\n{ticks}" if text else f"{ticks}suggestion\n{ticks}"


def suggested(body: str) -> str | None:
    """The text of the first committable block of a comment; None when there is none."""
    match = _SUGGESTED.search(body.replace("\r\n", "\n"))
    return match["text"].removesuffix("\n") if match else None


def prose(text: str, *, most: int = 1000) -> str:
    """A sentence with foreign words in it: code spans stay, all other markup becomes what it looks like."""
    flat = " ".join(visible(text).split())
    flat = flat if len(flat) <= most else f"{flat[: most - 1]}…"
    parts, last = [], 0
    for match in _SPAN.finditer(flat):
        parts += [_escaped(flat[last : match.start()]), code(match[1])]
        last = match.end()
    return "".join([*parts, _escaped(flat[last:])])


def folded(title: str, body: str) -> str:
    """A part that opens on a click; the title is ours."""
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"


def within(text: str, limit: int, *, where: str) -> str:
    """The text, or head and tail of it with a note in between; no fence and no fold is left open.

    `limit` counts characters; `where` says where all of it can be read.
    """
    if len(text) <= limit:
        return text
    note = f"\n\n_Cut: {len(text)} characters are too many for one comment; all of it is in {where}._\n\n"
    lines = [line if len(line) <= limit // 4 else f"{line[: limit // 4]}…" for line in text.split("\n")]
    room = max(0, limit - len(note) - 200)  # for the ends of fences and folds
    head, state = _head(lines, room * 2 // 3)
    tail = _tail(lines[len(head) :], state, room - sum(len(line) + 1 for line in head))
    return "\n".join([*head, *state.closing()]) + note + "\n".join(tail)


class _State:
    """Which fence and how many folds are open."""

    def __init__(self) -> None:
        self.fence, self.folds = "", 0

    def take(self, line: str) -> None:
        bare = line.strip()
        if self.fence:
            if bare == self.fence:
                self.fence = ""
        elif match := re.match(r"`{3,}", bare):
            self.fence = match[0]
        else:
            self.folds += bare.count("<details>") - bare.count("</details>")

    @property
    def clean(self) -> bool:
        return not self.fence and not self.folds

    def closing(self) -> list[str]:
        return [*([self.fence] if self.fence else []), *["", "</details>"] * self.folds]


def _head(lines: list[str], room: int) -> tuple[list[str], _State]:
    state, kept = _State(), list[str]()
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            break
        kept.append(line)
        state.take(line)
    return kept, state


def _tail(lines: list[str], before: _State, room: int) -> list[str]:
    """The longest end that fits and begins outside of every fence and fold."""
    state = _State()
    state.fence, state.folds = before.fence, before.folds
    starts = [0] if state.clean else []
    for place, line in enumerate(lines, 1):
        state.take(line)
        if state.clean:
            starts.append(place)
    sizes = [0]
    for line in reversed(lines):
        sizes.append(sizes[-1] + len(line) + 1)
    start = next((start for start in starts if sizes[len(lines) - start] <= room), len(lines))
    return lines[start:]


def _longest(text: str) -> int:
    return max((len(run) for run in _RUN.findall(text)), default=0)


def _escaped(text: str) -> str:
    text = _LINKS.sub(lambda match: f"{match[0][:-1]}{_ZERO}{match[0][-1]}", text)
    text = text.replace("@", f"@{_ZERO}")
    text = re.sub(r"(?i)(gh)-(?=\d)", rf"\1{_ZERO}-", text)
    text = re.sub(r"#(?=\d)", f"#{_ZERO}", text)
    return _PUNCTUATION.sub(_plain, text)


def _plain(match: re.Match[str]) -> str:
    sign = match[1]
    return f"{sign}{_ZERO}" if sign.isdigit() else _NAMED.get(sign) or f"\\{sign}"
