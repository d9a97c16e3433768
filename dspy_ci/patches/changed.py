"""What a program changes in a copy, brought back as a patch that is judged like any other."""

from __future__ import annotations

import ast
import base64
import json
import sys
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from dspy_ci.codebase.snapshot import Snapshot, decode, parse
from dspy_ci.patches.patch import Edit, Patch
from dspy_ci.ports.sandbox import NOTHING, Command, Copy, Files

_MARK = "==== what was changed ===="
_PATIENCE = 60.0
NOTHING_SET: Mapping[str, str] = MappingProxyType({})
_SCRIPT = f"""
import base64, json, os, subprocess, sys
SKIP = {{".git", "node_modules", "target", "__pycache__", ".venv", "venv", ".mypy_cache", ".ruff_cache"}}
def look():
    found = {{}}
    for folder, below, names in os.walk("."):
        below[:] = [name for name in below if name not in SKIP]
        for name in names:
            path = os.path.join(folder, name)
            if os.path.isfile(path) and not os.path.islink(path):
                mark = os.stat(path)
                found[os.path.relpath(path).replace(os.sep, "/")] = (mark.st_mtime_ns, mark.st_size, mark.st_ino)
    return found
before = look()
try:
    subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
except OSError:
    pass
after = {{path: mark for path, mark in look().items() if before.get(path) != mark and mark[1] < 200_000}}
files = {{path: base64.b64encode(open(path, "rb").read()).decode() for path in sorted(after)[:40]}}
print("\\n{_MARK}" + json.dumps(files))
"""


def changed(
    argv: tuple[str, ...], copy: Copy, code: Snapshot, laid: Files = NOTHING, env: Mapping[str, str] = NOTHING_SET
) -> Iterator[Patch]:
    """The patch that a program would make of the code, whose files are laid on the copy; or nothing."""
    command = Command((sys.executable, "-I", "-c", _SCRIPT, *argv), _PATIENCE, env)
    output = copy.run(command, laid).output
    files = _files(output.rpartition(_MARK)[2]) if _MARK in output else {}
    edits = tuple(_edits(files, code))
    if edits:
        told = argv[2:] if argv[1:2] == ("-m",) else (argv[0].rpartition("/")[2], *argv[1:])
        shown, tool = " ".join(told), _tool(told)
        yield Patch(
            code, edits, f"autofix:{tool}", f"The tool's own cure: `{shown}`.", safe="--unsafe-fixes" not in argv
        )


def _tool(words: tuple[str, ...]) -> str:
    """The program that mends: behind npx, what it runs."""
    behind = (word for word in words[1:] if not word.startswith("-"))
    return next(behind, words[0]) if words[0] == "npx" else words[0]


def _edits(files: Mapping[str, bytes], code: Snapshot) -> Iterator[Edit]:
    for path, data in sorted(files.items()):
        old = code.source(path)
        if old is None or old.data == data or b"\0" in data:
            continue
        yield Edit(path, 0, len(old.text), decode(data).text)


def _files(text: str) -> dict[str, bytes]:
    """What the script told; nothing when its words were cut."""
    try:
        told = json.loads(text.strip())
        return {str(path): base64.b64decode(data) for path, data in told.items()}
    except (ValueError, AttributeError, TypeError):
        return {}


def harmless(patch: Patch) -> frozenset[str]:
    """The Python files of a patch that mean the same as before, to the last constant: only their form differs."""
    return frozenset(
        path for path, after in patch.sources.items() if after and _same(patch.base.text(path), after.text)
    )


def _same(before: str | None, after: str) -> bool:
    old, new = parse(before) if before is not None else None, parse(after)
    return old is not None and new is not None and ast.dump(old) == ast.dump(new)
