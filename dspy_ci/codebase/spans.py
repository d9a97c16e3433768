"""From positions in a syntax tree to offsets in the text, and back."""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from functools import cached_property, lru_cache

_LINE_END = re.compile(r"\r\n|\r|\n")


class Spans:
    """The text of one file with its line starts; `ast` counts columns in UTF-8 bytes, we count characters."""

    def __init__(self, text: str) -> None:
        """Keep the text; nothing is computed before it is asked for."""
        self.text = text

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """The offset of each line's first character."""
        return (0, *(match.end() for match in _LINE_END.finditer(self.text)))

    def offset(self, line: int, column: int) -> int:
        """The offset of a position as `ast` gives it: 1-based line, column in bytes."""
        start = self.starts[line - 1]
        head = self.text[start : start + column]
        if head.isascii():
            return start + column
        whole = self.line(line).encode(errors="surrogatepass")[:column]
        return start + len(whole.decode(errors="surrogatepass"))

    def of(self, node: ast.AST) -> tuple[int, int]:
        """Where the node lies in the text; decorators of a definition belong to it."""
        first = min((node, *getattr(node, "decorator_list", ())), key=lambda part: part.lineno)
        start = self.offset(first.lineno, first.col_offset)
        if first is not node:
            start = self.text.rindex("@", 0, start)
        return start, self.offset(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]

    def code(self, node: ast.AST) -> str:
        """The node as it is written."""
        start, end = self.of(node)
        return self.text[start:end]

    def line(self, number: int) -> str:
        """A line without its end."""
        start = self.starts[number - 1]
        found = _LINE_END.search(self.text, start)
        return self.text[start : found.start() if found else len(self.text)]

    def line_of(self, offset: int) -> int:
        """The 1-based number of the line that holds the offset."""
        return max(1, bisect_right(self.starts, offset))

    def line_start(self, number: int) -> int:
        """The offset of a line's first character; the end of the text for the line behind the last."""
        return self.starts[number - 1] if number <= len(self.starts) else len(self.text)


@lru_cache(maxsize=16)
def spans_of(text: str) -> Spans:
    """The spans of a text that many ask about."""
    return Spans(text)
