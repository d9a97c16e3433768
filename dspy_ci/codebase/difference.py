"""A change of the repository as a whole: the code before, the code after, and what lies between."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from dspy_ci.codebase.interfaces import Import, Interface, Symbol
from dspy_ci.codebase.packages import Packages
from dspy_ci.codebase.signatures import Signature
from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.ports.trees import Move, Side, Trees


@dataclass(frozen=True)
class Difference:
    """Two snapshots and the moves between them; whatever is asked is read and parsed once."""

    trees: Trees
    excluded: tuple[str, ...] = ()
    """Patterns of paths that nobody judges: broken on purpose, or foreign."""
    _interfaces: dict[tuple[Side, str], Interface | None] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def moves(self) -> tuple[Move, ...]:
        """The changes of files that are judged."""
        return tuple(move for move in self.trees.moves() if not self.skips(move.after or move.before or ""))

    @cached_property
    def before(self) -> Snapshot:
        """The code as it was."""
        return Snapshot(self.trees.paths("before"), lambda path: self.trees.read("before", path))

    @cached_property
    def after(self) -> Snapshot:
        """The code as it is to be."""
        return Snapshot(self.trees.paths("after"), lambda path: self.trees.read("after", path))

    @cached_property
    def packages_before(self) -> Packages:
        """The modules as they were."""
        return Packages(self.before)

    @cached_property
    def packages(self) -> Packages:
        """The modules as they are to be."""
        return Packages(self.after)

    def snapshot(self, side: Side) -> Snapshot:
        """The code of a side."""
        return self.before if side == "before" else self.after

    def interface(self, side: Side, path: str) -> Interface | None:
        """The interface of a module; None when it is absent or does not parse."""
        key = (side, path)
        if key not in self._interfaces:
            tree = self.snapshot(side).tree(path)
            self._interfaces[key] = Interface(tree) if tree else None
        return self._interfaces[key]

    @cached_property
    def python(self) -> tuple[Move, ...]:
        """The moves of Python modules."""
        return tuple(move for move in self.moves if (move.after or move.before or "").endswith(".py"))

    @cached_property
    def both(self) -> tuple[tuple[str, Interface, str, Interface], ...]:
        """The modules that stand on both sides and parse on both: path and interface before, and after."""
        found = []
        for move in self.python:
            old = self.interface("before", move.before) if move.before else None
            new = self.interface("after", move.after) if move.after else None
            if move.before and move.after and old and new:
                found.append((move.before, old, move.after, new))
        return tuple(found)

    @cached_property
    def removed(self) -> Mapping[str, Mapping[str, Symbol]]:
        """By path of a module as it was: the names that cannot be imported from there any more."""
        gone = [move.before for move in self.python if move.before and move.before != move.after]
        found = {path: dict(old.symbols) for path in gone if (old := self.interface("before", path))}
        for path, old, after, new in self.both:
            if path == after:
                found[path] = {name: symbol for name, symbol in old.symbols.items() if name not in new.symbols}
        return {path: names for path, names in found.items() if names or path in gone}

    @cached_property
    def resigned(self) -> Mapping[tuple[str, str], tuple[Signature, Signature]]:
        """By path and name: what a function or class took and what it takes, where that differs."""
        found = {}
        for path, old, after, new in self.both:
            for name in old.symbols.keys() & new.symbols.keys() if path == after else ():
                was, now = old.symbols[name].signature, new.symbols[name].signature
                if was and now and was != now:
                    found[path, name] = (was, now)
        return found

    @cached_property
    def takes_away(self) -> bool:
        """Whether anybody else can be hurt: a name or module is gone, or a function takes other things."""
        return bool(self.removed or self.resigned)

    @cached_property
    def users(self) -> tuple[str, ...]:
        """The Python files that this change may have broken: those it touches and those that name what it took away."""
        touched = {move.after for move in self.python if move.after}
        if not self.takes_away:
            return tuple(sorted(touched))
        names = {name for path, symbols in self.removed.items() for name in symbols if path in self.after}
        names |= {name for _, name in self.resigned}
        gone = {_stem(path) for path in self.removed if path not in self.after}
        stems = gone | {_stem(path) for path in self.removed} | {_stem(path) for path, _ in self.resigned}
        named = [path for path in self.trees.mentions(names | gone) if path.endswith(".py") and not self.skips(path)]
        return tuple(
            sorted(touched | {path for path in named if any(s in (self.after.text(path) or "") for s in stems)})
        )

    def touches(self, item: Import) -> bool:
        """Whether an import may mean a module that lost something; quick, and rather yes than no."""
        return not self._lost.isdisjoint((*item.module.split("."), item.name or ""))

    @cached_property
    def _lost(self) -> frozenset[str]:
        """The words by which the modules that lost something are imported."""
        return frozenset(_stem(path) for path in self.removed) | {""}

    def skips(self, path: str) -> bool:
        """Whether nobody judges the file."""
        return any(fnmatch.fnmatchcase(path, pattern) or path.startswith(f"{pattern}/") for pattern in self.excluded)


def _stem(path: str) -> str:
    """The word by which a module is imported."""
    parts = path.removesuffix(".py").split("/")
    return parts[-2] if parts[-1] == "__init__" and len(parts) > 1 else parts[-1]
