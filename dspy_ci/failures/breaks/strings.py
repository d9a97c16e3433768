"""Dotted names in texts that mean what the change took away: patches of tests, settings, entry points."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.codebase.difference import Difference
from dspy_ci.failures.breaks.cures import became, successor
from dspy_ci.failures.failure import Failure, Hint

_ENTRY = re.compile(r"([A-Za-z_][\w.]*):([A-Za-z_]\w*)")
_PACKAGING = ("pyproject.toml", "setup.cfg", "setup.py")


def found(difference: Difference) -> Iterator[Failure]:
    """Texts `module.name` in the code, and `module:name` in the packaging, that no longer lead anywhere."""
    if not difference.removed:
        return
    for path in difference.users:
        here = difference.interface("after", path)
        for text, line in here.strings if here else ():
            module, _, name = text.rpartition(".")
            if all(part.isidentifier() for part in text.split(".")):
                yield from _named(difference, path, line, module, name)
    for path in _PACKAGING:
        written = difference.after.text(path) or ""
        for match in _ENTRY.finditer(written):
            yield from _named(difference, path, written.count("\n", 0, match.start()) + 1, match[1], match[2])


def _named(difference: Difference, path: str, line: int, module: str, name: str) -> Iterator[Failure]:
    """A failure when the name was in the module and is not any more."""
    files = difference.packages_before.files(module)
    if len(files) != 1 or name not in difference.removed.get(files[0], ()):
        return
    new = difference.interface("after", files[0])
    if (new and (new.open or name in new.symbols)) or difference.packages.files(f"{module}.{name}"):
        return
    if any(_has(difference, file, name) for file in difference.packages.files(module)):
        return
    said = f"names {module}.{name}, which is no more{became(successor(difference, files[0], name), files[0])}"
    hint = Hint("command", f"git grep -n -w {name}")
    yield Failure("dspy-ci", "import", said, path, line, symbol=name, code="removed-name", fixable_hint=hint)


def _has(difference: Difference, path: str, name: str) -> bool:
    found = difference.interface("after", path)
    return found is None or found.open or name in found.symbols
