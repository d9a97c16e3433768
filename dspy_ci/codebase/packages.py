"""Which files of a tree an import statement means."""

from __future__ import annotations

import sys
from bisect import bisect_right
from functools import cached_property
from pathlib import PurePosixPath

from dspy_ci.codebase.snapshot import Snapshot

_STANDARD = sys.stdlib_module_names - {"test"}
_COMPILED = (".so", ".pyd", ".pyx", ".c", ".cpp", ".rs")


class Packages:
    """The modules of a snapshot by dotted name; whatever folder may be on the path counts as being on it."""

    def __init__(self, snapshot: Snapshot, *, loose: bool = False) -> None:
        """Keep the tree; nothing is searched before it is asked for.

        Loosely, folders inside of packages and names of the standard library count as well: rather one module too many.
        """
        self._snapshot = snapshot
        self._loose = loose
        self._roots: dict[str, tuple[str, ...]] = {}

    def files(self, module: str, importer: str = "", level: int = 0) -> tuple[str, ...]:
        """The Python files that the module may be; empty for foreign ones, for namespaces and for what is absent."""
        found = (f"{place}{end}" for place in self._places(module, importer, level) for end in (".py", "/__init__.py"))
        return tuple(path.removeprefix("/") for path in found if path.removeprefix("/") in self._snapshot)

    def exists(self, module: str, importer: str = "", level: int = 0) -> bool:
        """Whether the tree has it in any form: a file, a stub, an extension's source, a folder."""
        return any(self._stands(place) for place in self._places(module, importer, level))

    def opaque(self, module: str, importer: str = "", level: int = 0) -> bool:
        """Whether the module is there in a form that we cannot read: a stub or the source of an extension."""
        return any(self._compiled(place.strip("/")) for place in self._places(module, importer, level))

    def owns(self, module: str) -> bool:
        """Whether the first part of a dotted name is a module, package or folder of the tree."""
        return bool(self._roots_of(module.partition(".")[0]))

    def holds(self, name: str) -> bool:
        """Whether any file or folder of the tree is called so, importable or not."""
        return bool(self._search(name))

    def regular(self, module: str, importer: str = "", level: int = 0) -> bool:
        """Whether every place where the module may be is a package with an `__init__.py`, so that nothing joins it."""
        places = self._places(module, importer, level)
        return bool(places) and all(f"{place}/__init__.py".removeprefix("/") in self._snapshot for place in places)

    def name(self, path: str) -> str:
        """The dotted name under which a file is imported: up to the outermost folder that is a package."""
        parts = list(PurePosixPath(path).with_suffix("").parts)
        first = len(parts) - 1
        while first > 0 and "/".join([*parts[:first], "__init__.py"]) in self._snapshot:
            first -= 1
        return ".".join(parts[first:-1] if parts[-1] == "__init__" else parts[first:])

    def _places(self, module: str, importer: str, level: int) -> tuple[str, ...]:
        """The paths without suffix at which the module may lie."""
        tail = module.replace(".", "/")
        if level:
            parts = importer.split("/")[:-level]
            return ("/".join([*parts, *([tail] if tail else [])]),) if len(importer.split("/")) >= level else ()
        return tuple(f"{root}{tail}" for root in self._roots_of(module.partition(".")[0]))

    def _stands(self, place: str) -> bool:
        place = place.strip("/")
        return f"{place}.py" in self._snapshot or self._is_folder(place) or self._compiled(place)

    def _compiled(self, place: str) -> bool:
        return bool(place) and any(path.endswith((".pyi", *_COMPILED)) for path in self._below(f"{place}."))

    def _is_folder(self, place: str) -> bool:
        return not place or any(True for _ in self._below(f"{place}/"))

    def _below(self, prefix: str) -> tuple[str, ...]:
        """One path, at the most a few, that begin so."""
        first = bisect_right(self._snapshot.paths, prefix)
        return tuple(path for path in self._snapshot.paths[first : first + 4] if path.startswith(prefix))

    def _roots_of(self, top: str) -> tuple[str, ...]:
        """The folders, with a final slash, that hold the top-level module or package and are no packages themselves."""
        if top not in self._roots:
            found = self._search(top) if top and (self._loose or top not in _STANDARD) else []
            self._roots[top] = tuple(filter(self._on_path, found))
        return self._roots[top]

    def _on_path(self, root: str) -> bool:
        """Whether Python may look there: not in a package, of which it looks into the folder around."""
        return self._loose or not root or f"{root}__init__.py" not in self._snapshot

    def _search(self, top: str) -> list[str]:
        found: dict[str, None] = {}
        for needle in (f"/{top}/", f"/{top}.py\n", *(f"/{top}{end}\n" for end in _COMPILED[:3])):
            at = self._listing.find(needle)
            while at >= 0:
                start = self._listing.rfind("\n", 0, at) + 1
                root = self._listing[start + 1 : at + 1]
                found[root] = None
                at = self._listing.find(needle, self._after(f"{root}{top}/") if needle[-1] == "/" else at + 1)
        return list(found)

    def _after(self, folder: str) -> int:
        """Where the listing goes on behind all files of a folder."""
        index = bisect_right(self._snapshot.paths, f"{folder}\U0010ffff")
        return self._starts[index] - 1

    @cached_property
    def _listing(self) -> str:
        return "".join(f"/{path}\n" for path in self._snapshot.paths)

    @cached_property
    def _starts(self) -> list[int]:
        """The offset of each path's line in the listing, and of its end."""
        starts = [0]
        for path in self._snapshot.paths:
            starts.append(starts[-1] + len(path) + 2)
        return starts
