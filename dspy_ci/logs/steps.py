"""Where steps begin and end inside the log of a CI job."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from dspy_ci.logs.page import Page

_MARK = re.compile(
    r"##\[(?:group|endgroup|section)\]|\[Pipeline\] |Post job cleanup\.$|Current runner version:"
    r"|(?:~~~|---|\+\+\+) (?!FAIL:|PASS:|SKIP:)\S"
)
_FIRST = frozenset("#[PC~-+")
"""First characters of marks: a set is asked faster than a pattern."""
_FOLDS = re.compile(r"\x1e([+-])([^\x1e]*)\x1e")
_STAGE = re.compile(r"\[Pipeline\] (?:\{ \((.*)\)$|// (stage)$)")
_HEADER = re.compile(r"shell: |with:$|env:$")
_LONGEST_HEADER = 400


class Segmenter:
    """Cuts lines into pages, one step after another; remembers between blocks in which step it is."""

    def __init__(self, job: str | None = None, step: str | None = None) -> None:
        """Start with the names that came from outside; they win over those that the log makes up."""
        self._job, self._step = job, step
        self._named = step is not None
        self._stream = "out"
        self._nested: list[str] = []
        self.buildkite = False

    def pages(self, texts: list[str], prefixes: Mapping[int, tuple[str, str]], number: int) -> Iterator[Page]:
        """The pages of one block whose first line has this number."""
        marks = {i for i, text in enumerate(texts) if text[:1] in _FIRST and _MARK.match(text)}
        marks.update(i for i, text in enumerate(texts) if "\x1e" in text)
        start = 0
        for index in sorted(marks | prefixes.keys()):
            before = (self._job, self._step, self._stream)
            closes = index in marks and self._closes(texts[index])
            end = index + 1 if closes else index
            job, step, stream = before
            if index in prefixes:
                self._enter(*prefixes[index])
            if index in marks:
                texts[index] = self._read(texts, index)
            if before != (self._job, self._step, self._stream):
                if end > start:
                    yield Page(tuple(texts[start:end]), number + start, step, job, stream)
                start = end
        if start < len(texts):
            yield Page(tuple(texts[start:]), number + start, self._step, self._job, self._stream)

    @staticmethod
    def _closes(text: str) -> bool:
        """Whether a marker belongs to what it ends."""
        return text.startswith("##[endgroup]")

    def _enter(self, job: str, step: str) -> None:
        named = bool(step) and step != "UNKNOWN STEP"
        if (job, step if named else self._step) != (self._job, self._step):
            self._stream = "meta" if named and step.startswith(("Post ", "Complete job")) else "out"
        self._job, self._named = job, named
        if named:
            self._step = step

    def _read(self, texts: Sequence[str], index: int) -> str:
        """Take a marker's meaning in; the text that is left of its line."""
        text = texts[index]
        if "\x1e" in text:
            return self._fold(text)
        if text.startswith("##["):
            self._github(texts, index)
        elif text == "Post job cleanup.":
            self._begin(text.rstrip("."), "meta")
        elif text.startswith("Current runner"):
            self._begin("Set up job")
        elif stage := _STAGE.match(text):
            self._stage(stage[1])
        elif self.buildkite and text[:4] in {"~~~ ", "--- ", "+++ "} and not _is_diff(texts, index):
            self._begin(text[4:])
        return text

    def _begin(self, step: str | None, stream: str = "out") -> None:
        self._stream = stream
        if not self._named:
            self._step = step

    def _github(self, texts: Sequence[str], index: int) -> None:
        text = texts[index]
        if text.startswith("##[group]Run ") and _is_header(texts, index):
            self._begin(text[9:], "meta")
        elif text.startswith("##[endgroup]") and self._stream == "meta" and self._step != "Post job cleanup":
            self._stream = "out"
        elif text.startswith("##[section]Starting: "):
            self._begin(text[21:])

    def _fold(self, text: str) -> str:
        for sign, name in _FOLDS.findall(text):
            if sign == "+":
                self._nested.append(name)
            elif name in self._nested:
                del self._nested[self._nested.index(name) :]
        self._begin(self._nested[-1] if self._nested else None)
        return _FOLDS.sub("", text).replace("\x1e", "")

    def _stage(self, name: str | None) -> None:
        if name:
            self._nested.append(name)
        elif self._nested:
            self._nested.pop()
        self._begin(self._nested[-1] if self._nested else None)


def _is_header(texts: Sequence[str], index: int) -> bool:
    """Whether a group is the echo of a step, and not a group that a script opened under such a name."""
    for distance, text in enumerate(texts[index + 1 : index + _LONGEST_HEADER]):
        if text.startswith("##[endgroup]"):
            return distance == 0
        if _HEADER.match(text):
            return True
        if text.startswith("##[group]"):
            break  # groups do not nest: this one was never closed
    return True


def _is_diff(texts: Sequence[str], index: int) -> bool:
    """Whether a line of dashes or plusses heads a diff instead of a step."""
    around = [text[:4] for text in texts[max(index - 1, 0) : index + 3]]
    here = texts[index][:4]
    return here != "~~~ " and any(
        pair == ["--- ", "+++ ", "@@ -"] for pair in (around[:3], around[-3:]) if here in pair[:2]
    )
