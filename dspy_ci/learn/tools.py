"""The safe tools on a snapshot in memory: what the orchestrator chose is really run, and can do no harm."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatch
from typing import NamedTuple

from dspy_ci.codebase.functions import functions
from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.programs import code as explaining
from dspy_ci.programs import plan as planning
from dspy_ci.programs.context import PROGRAM as CONTEXT
from dspy_ci.programs.orchestrate import Action

_MOST = 40
"""Lines that a tool shows."""
_WIDEST = 300
_PATTERN = 200
_NESTED = re.compile(r"[+*}]\)?[+*{]|\([^)]*[+*|][^)]*\)[+*{]")
"""Patterns that may take for ever."""
_WORD = re.compile(r"[A-Za-z_]\w+")


def used(action: Action, code: Snapshot, log: str) -> str:
    """What the tool shows; a sentence when it cannot be used so."""
    return "\n".join(line[:_WIDEST] for line in _TOOLS[action.tool](action.arguments, code, log).splitlines()[:_MOST])


def _grep(arguments: Mapping[str, str], code: Snapshot, log: str) -> str:
    del log
    pattern = arguments["pattern"]
    try:
        wanted = re.compile(re.escape(pattern) if _NESTED.search(pattern) or len(pattern) > _PATTERN else pattern)
    except re.error:
        wanted = re.compile(re.escape(pattern))
    glob = arguments.get("glob", "*")
    return "\n".join(
        f"{path}:{number}: {line.strip()}"
        for path in code.paths
        if fnmatch(path, glob)
        for number, line in enumerate((code.text(path) or "").splitlines(), 1)
        if wanted.search(line[:_WIDEST])
    )


def _extract(arguments: Mapping[str, str], code: Snapshot, log: str) -> str:
    del log
    path, symbol = arguments["file"], arguments.get("symbol", "")
    text, tree = code.text(path), code.tree(path)
    if text is None:
        return ""
    lines = text.splitlines()
    for function in functions(path, tree) if tree and symbol else ():
        if function.name in {symbol, symbol.rpartition(".")[2]} or function.name.endswith(f".{symbol}"):
            return f"{path} {symbol}\n" + "\n".join(lines[function.start - 1 : function.end])
    return "" if symbol else f"{path}\n{text}"


def _context(arguments: Mapping[str, str], code: Snapshot, log: str) -> str:
    del arguments, code
    return CONTEXT.offline({"logs_preview": log})


def _codectx(arguments: Mapping[str, str], code: Snapshot, log: str) -> str:
    del log
    whole = whole_of(code, below(code, arguments["path"])[:_MOST])
    return explaining.PROGRAM.offline({"snapshot": whole}) if whole else ""


def below(code: Snapshot, place: str) -> tuple[str, ...]:
    """The Python files at a place: the file itself, or those in the folder and below."""
    place = place.removeprefix("./").rstrip("/")
    return tuple(
        path for path in code.python_paths if path == place or path.startswith(f"{place}/") or place in {"", "."}
    )


def whole_of(code: Snapshot, paths: Iterable[str]) -> str:
    """Files as a snapshot for `code`, each whole."""
    return "\n".join(f"=== {path} ===\n{code.text(path) or ''}" for path in paths)


def _search(arguments: Mapping[str, str], code: Snapshot, log: str) -> str:
    del log
    found = matches(code, code.python_paths, arguments["query"])
    return "\n".join(f"{match.path}:{match.line} {match.name}" for match in found[:5])


class Match(NamedTuple):
    """A function that shares words with a text."""

    path: str
    line: int
    name: str


def matches(code: Snapshot, paths: Iterable[str], text: str) -> list[Match]:
    """The functions of the files that share words with a text, those that share most first."""
    wanted = {word.casefold() for word in _WORD.findall(text)}
    return [match for _, match in sorted(_matches(code, paths, wanted))]


def _matches(code: Snapshot, paths: Iterable[str], wanted: set[str]) -> Iterator[tuple[int, Match]]:
    for path in paths:
        text, tree = code.text(path) or "", code.tree(path)
        lines = text.splitlines()
        for function in functions(path, tree)[:-1] if tree else ():
            body = "\n".join(lines[function.start - 1 : function.end])
            words = {part.casefold() for word in _WORD.findall(f"{path} {body}") for part in (word, *word.split("_"))}
            if shared := len(wanted & words):
                yield -shared, Match(path, function.start, function.name)


def _plan(arguments: Mapping[str, str], code: Snapshot, log: str) -> str:
    del code
    return planning.PROGRAM.offline({"task": arguments["task"], "context": log})


_TOOLS: Mapping[str, Callable[[Mapping[str, str], Snapshot, str], str]] = {
    "grep": _grep,
    "extract": _extract,
    "context": _context,
    "codectx": _codectx,
    "search": _search,
    "plan": _plan,
    "index": lambda _arguments, code, _log: f"{len(code.python_paths)} files are searchable.",
    "edit": lambda arguments, _code, _log: f"A change would be proposed and proved: {arguments['task']}",
}
