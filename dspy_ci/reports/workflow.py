"""Workflow commands: annotations by standard output, and foreign text that cannot become a command."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from dspy_ci.ports.forge import Annotation, Level
from dspy_ci.reports.markdown import visible

MOST = 10
"""Annotations of one level that GitHub keeps of one step; the rest is dropped silently."""
_ORDER = re.compile(r"(?:^|(?<=[\r\n]))[^\S\r\n]*:(?=:)|#(?=#\[)")
"""Where a command begins: `::name` at the start of a line, blanks before it or not; `##[name]` anywhere."""
_WORDS: dict[Level, str] = {"failure": "error", "warning": "warning", "notice": "notice"}


def command(name: str, message: str, properties: Mapping[str, object]) -> str:
    """One workflow command; nothing in it can begin another one."""
    told = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items() if value not in {None, ""})
    return f"::{name}{f' {told}' if told else ''}::{_data(message)}"


def annotated(notes: Iterable[Annotation]) -> Iterator[str]:
    """A command for each annotation."""
    for note in notes:
        places = {"file": note.path, "line": note.start_line, "endLine": note.end_line, "title": note.title}
        yield command(_WORDS[note.level], visible(note.message), places)


def muted(text: str, token: str) -> str:
    """Foreign text for standard output: what looks like a command in it is none. `token` is known to nobody else."""
    return f"::stop-commands::{token}\n{text}\n::{token}::"


def inert(text: str) -> str:
    """Foreign text of which no line is a command: what would begin one has a blank within."""
    return _ORDER.sub(r"\g<0> ", text)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(visible(text)).replace(":", "%3A").replace(",", "%2C")
