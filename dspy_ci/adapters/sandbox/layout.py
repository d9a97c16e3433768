"""Where a project's own modules lie: the names that must be imported from the copy."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from dspy_ci.adapters.sandbox.tree import SKIPPED, is_shared

_ROOTS = ("", "src", "lib", "python")
_NOT_MODULES = frozenset({"setup", "conftest", "noxfile", "tasks", "fabfile", "sitecustomize", "usercustomize"})


@dataclass(frozen=True, slots=True)
class Layout:
    """The project as the import system sees it."""

    roots: tuple[str, ...]
    """Folders from which modules are imported, relative; the repository's own root comes first."""
    names: frozenset[str]
    """Top-level modules and packages of the project."""
    shared: tuple[str, ...]
    """Folders below the root that belong to the environment, not to the project."""


def layout(root: str, extra: tuple[str, ...] = ()) -> Layout:
    """Read the layout from the folders themselves; `extra` are roots that path files of the environment name."""
    roots = [
        part for part in dict.fromkeys((*_ROOTS, *extra)) if Path(root, part).is_dir() and not _package(root, part)
    ]
    names = {name for part in roots for name in _names(Path(root, part), namespaces=part != "")}
    shared = tuple(
        entry.name for entry in sorted(Path(root).iterdir()) if entry.is_dir() and is_shared(str(entry), entry.name)
    )
    return Layout(tuple(roots), frozenset(names - sys.stdlib_module_names - _NOT_MODULES), shared)


def _package(root: str, part: str) -> bool:
    """A folder `lib` may be a package itself rather than a root of packages."""
    return part != "" and Path(root, part, "__init__.py").exists()


def _names(folder: Path, *, namespaces: bool) -> set[str]:
    found = set()
    for entry in folder.iterdir():
        name, _, suffix = entry.name.partition(".")
        if not name.isidentifier():
            continue
        if entry.is_dir() and not suffix:
            if name not in SKIPPED and ((entry / "__init__.py").exists() or (namespaces and _has_modules(entry))):
                found.add(name)
        elif entry.name.endswith((".py", ".so", ".pyd")):
            found.add(name)
    return found


def _has_modules(folder: Path) -> bool:
    """Whether a folder without `__init__.py` is a namespace package: modules lie in it, or in its folders."""
    return any(folder.glob("*.py")) or any(folder.glob("*/__init__.py"))
