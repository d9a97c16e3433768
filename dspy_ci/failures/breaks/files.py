"""Files that the change removed or renamed and that other files still name by their path."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from shlex import quote

from dspy_ci.codebase.difference import Difference
from dspy_ci.failures.failure import Failure, Hint

_TOKEN = re.compile(r"[\w.@+-]+(?:/[\w.@+-]+)+|[\w@+-][\w.@+-]*\.\w+")
_LINK = re.compile(r"\]\(<?([^()<>\s#]+)>?(?:#[^()\s]*)?\)")
_READ = (".yml", ".yaml", ".toml", ".cfg", ".ini", ".sh", ".mk", ".json")
_NAMED = ("Makefile", "Dockerfile", "Containerfile", "justfile", "Justfile", "Procfile")
_HISTORY = re.compile(r"change|history|news|release|lock", re.IGNORECASE)


def found(difference: Difference) -> Iterator[Failure]:
    """Texts of code, links of prose and words of configuration that were a path in the repository and are none now."""
    for move in difference.moves:
        gone = move.before
        if gone is None or move.after == gone or gone in difference.after or _lives_on(difference, gone):
            continue
        for path in difference.trees.naming(gone.rpartition("/")[2]):
            if path not in {gone, move.after} and not _HISTORY.search(path.rpartition("/")[2]):
                yield from _named(difference, path, gone, move.after)


def _lives_on(difference: Difference, gone: str) -> bool:
    """Whether the path is still there for those who use it: as a folder, or on disk but out of git."""
    if difference.trees.lies_about(gone):
        return True
    return any(path.startswith(f"{gone}/") for path in difference.after.paths)


def _named(difference: Difference, path: str, gone: str, went: str | None) -> Iterator[Failure]:
    for text, line in _texts(difference, path):
        clean = text.removeprefix("./")
        places = {clean.lstrip("/"), posixpath.normpath(posixpath.join(posixpath.dirname(path), clean))}
        if gone in places:
            said = f"names {gone}, which {f'moved to {went}' if went else 'is gone'}"
            hint = Hint("command", f"git grep -n -F {quote(gone.rpartition('/')[2])}")
            yield Failure("dspy-ci", "link", said, path, line, symbol=gone, code="removed-file", fixable_hint=hint)


def _texts(difference: Difference, path: str) -> Iterator[tuple[str, int]]:
    """What may be a path, with its line."""
    name = path.rpartition("/")[2]
    if path.endswith(".py"):
        here = difference.interface("after", path)
        yield from ((text, line) for text, line in (here.strings if here else ()) if "/" in text)
        return
    pattern = _TOKEN if path.endswith(_READ) or name in _NAMED else _LINK if path.endswith(".md") else None
    text = difference.after.text(path) if pattern else None
    for number, line in enumerate((text or "").split("\n"), 1):
        if pattern and not line.lstrip().startswith("#"):
            yield from ((match[1] if pattern is _LINK else match[0], number) for match in pattern.finditer(line))
