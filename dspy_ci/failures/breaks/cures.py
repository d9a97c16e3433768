"""Where a name went that a change took away, and the command that brings its users there."""

from __future__ import annotations

from dataclasses import dataclass

from dspy_ci.codebase.difference import Difference
from dspy_ci.failures.failure import Hint


@dataclass(frozen=True, slots=True)
class Successor:
    """The name that took another one's place."""

    path: str
    """The module that holds it."""
    name: str
    certain: bool
    """Whether it is the same thing but for its name and place."""


def successor(difference: Difference, path: str, name: str) -> Successor | None:
    """What became of a name of a module: renamed in its place, or moved; None when nobody can tell."""
    home = next((move.after for move in difference.moves if move.before == path), None)
    return _renamed(difference, path, home, name) or _moved(difference, path, name)


def _renamed(difference: Difference, path: str, home: str | None, name: str) -> Successor | None:
    new = difference.interface("after", home) if home else None
    old = difference.interface("before", path)
    if home is None or new is None or old is None:
        return None
    if name in new.symbols:
        return Successor(home, name, certain=home != path)
    gone = [symbol for symbol in old.symbols.values() if symbol.name not in new.symbols]
    come = [symbol for symbol in new.symbols.values() if symbol.name not in old.symbols]
    shape = old.symbols[name].shape
    alike = [symbol.name for symbol in come if shape and symbol.shape == shape]
    if len(alike) == 1 and sum(symbol.shape == shape for symbol in gone) == 1:
        return Successor(home, alike[0], certain=True)
    return Successor(home, come[0].name, certain=False) if len(gone) == len(come) == 1 else None


def _moved(difference: Difference, path: str, name: str) -> Successor | None:
    old = difference.interface("before", path)
    shape = old.symbols[name].shape if old else ""
    found = []
    for move in difference.python:
        new = difference.interface("after", move.after) if move.after and move.after != path else None
        was = difference.interface("before", move.before) if move.before else None
        if new and name in new.symbols and new.symbols[name].shape == shape and not (was and name in was.symbols):
            found.append(move.after or "")
    return Successor(found[0], name, certain=True) if shape and len(found) == 1 else None


def became(what: Successor | None, home: str) -> str:
    """Where the name of a module went, in words."""
    if what is None:
        return ""
    return f"; it is now {what.name!r}" if what.path == home else f"; it moved to {what.path}"


def cure(what: Successor | None, name: str) -> Hint:
    """The command that mends a use of a name that is gone, or that shows all of them."""
    if what and what.certain:
        return Hint("command", "dspy-ci hook fix")
    return Hint("command", f"git grep -n -w {name}")
