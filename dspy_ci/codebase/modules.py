"""Dotted module names and the files that hold them."""

from __future__ import annotations

from collections.abc import Iterator

from dspy_ci.codebase.snapshot import Snapshot


def module_paths(snapshot: Snapshot, name: str) -> Iterator[str]:
    """The files that `import name` may load: under the root, `src/` or any other folder."""
    tail = name.replace(".", "/")
    wanted = (f"{tail}.py", f"{tail}/__init__.py")
    for path in snapshot.python_paths:
        if path in wanted or path.endswith(tuple(f"/{end}" for end in wanted)):
            yield path


def module_name(snapshot: Snapshot, path: str) -> str:
    """The dotted name under which a file is imported: up to the outermost folder that is a package."""
    parts = path.removesuffix(".py").split("/")
    first = len(parts) - 1
    while first > 0 and "/".join([*parts[:first], "__init__.py"]) in snapshot:
        first -= 1
    named = parts[first:] if parts[-1] != "__init__" else parts[first:-1]
    return ".".join(named)
